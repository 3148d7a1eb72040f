// SPDX-License-Identifier: EUPL-1.2

package journal

// Kind is a kind of act, as the room that does it declares it.
type Kind struct {
	Slug  string // as in [Act.Kind]: "schema-transmission"
	Label string // what people read: "Transmission d'un schéma"
	// Href is the local address of what an act's subject names, "" when there is none; nil
	// when the kind has no page.
	Href func(subject string) string
}

// KindResumed is what [Journal.Resume] appends.
const KindResumed = "journal-reprise"

// Kinds are those of the journal itself.
func Kinds() []Kind {
	return []Kind{{Slug: KindResumed, Label: "Reprise du journal après une restauration"}}
}

// Labels are the labels of kinds, by slug.
func Labels(kinds []Kind) map[string]string {
	labels := make(map[string]string, len(kinds))
	for _, k := range kinds {
		labels[k.Slug] = k.Label
	}
	return labels
}
