// SPDX-License-Identifier: EUPL-1.2

package journal

import "maillage/internal/platform/french"

// Kind is a kind of act, as the room that does it declares it.
type Kind struct {
	Slug  string // as in [Act.Kind]: "schema-transmission"
	Label string // what people read: "Transmission d'un schéma"
	// Href is the local address of what an act's subject names, "" when there is none; nil
	// when the kind has no page.
	Href func(subject string) string
	// Subject is what people read of an act's subject; nil when it reads as it is.
	Subject func(subject string) string
	// Show is what people read of a member of an act's body, the value as [ParseCanonical]
	// gives it; an empty label or text, or nil, leaves that one as it is.
	Show func(key string, value any) (label, text string)
}

// SubjectText is what people read of an act's subject.
func (k Kind) SubjectText(subject string) string {
	if k.Subject == nil || subject == "" {
		return subject
	}
	return k.Subject(subject)
}

// KindResumed is what [Journal.Resume] appends.
const KindResumed = "journal-reprise"

// Kinds are those of the journal itself.
func Kinds() []Kind {
	return []Kind{{Slug: KindResumed, Label: "Reprise du journal après une restauration", Show: showResumed}}
}

// showResumed tells the lost checkpoint, of which the act holds the whole note. Nothing is
// proved here: [Journal.LostIn] does.
func showResumed(key string, value any) (label, text string) {
	if key != lostKey {
		return "", ""
	}
	note, _ := value.(string)
	body, _, err := splitNote(note)
	if err != nil {
		return "Point de contrôle perdu", ""
	}
	c, err := parseBody(body)
	if err != nil {
		return "Point de contrôle perdu", ""
	}
	return "Point de contrôle perdu", "n° " + french.Int(int(Ordinal(c.Seq))) + ", signé le " + instant(c.At) + " pour " + french.Plural(int(c.Size), "acte", "actes")
}

// Ordinal is the number under which people read a leaf's index or a checkpoint's Seq: the
// tree and the receipts count from 0, people from 1.
func Ordinal(n int64) int64 { return n + 1 }

// BySlug finds kinds by their slug.
func BySlug(kinds []Kind) map[string]Kind {
	m := make(map[string]Kind, len(kinds))
	for _, k := range kinds {
		m[k.Slug] = k
	}
	return m
}
