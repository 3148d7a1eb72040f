// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"maillage/internal/platform/db"
)

// Act is one official act, as a room hands it to [Journal.Append].
type Act struct {
	ID       string    // UUID of version 7; made by Append when empty
	Kind     string    // a slug: schema-transmission, releve-approbation…
	At       time.Time // when it was done; kept in UTC, to the microsecond
	Holder   string    // the territory or the autorité organisatrice it is about, by its ID; may be empty
	Actor    Personal  // who did it
	Hat      string    // « au titre de » : the function, not a name
	Subject  string    // the object, as room/ID; may be empty
	Document []string  // SHA-256 of the documents it seals, in hexadecimal, in their order
	// Body is what else the act says, in the values [Canonical] knows, and [Personal]
	// anywhere a personal datum stands. The key "engagement" is taken.
	Body map[string]any
}

// Personal is a personal datum. Only its commitment enters the leaf; the value goes to
// the erasable table, under the person whose erasure must take it away.
type Personal struct {
	Person string // the ID by which [Journal.Erase] finds it; not in the leaf either
	Value  string
}

// IsZero says that there is nothing to hide: the leaf says null.
func (p Personal) IsZero() bool { return p == Personal{} }

const (
	saltSize = 32
	// maxLeaf bounds a leaf, in bytes: an act refers to documents, it does not hold them.
	maxLeaf = 64 << 10
	// commitmentKey marks, in a leaf, an object that is a commitment.
	commitmentKey = "engagement"
	leafFormat    = "maillage-acte/1"
)

// ErrBadAct: the act lacks something or holds what it may not.
var ErrBadAct = errors.New("acte refusé")

// opening is what the erasable table keeps of a commitment.
type opening struct {
	commitment, person, salt, value string // salt and commitment in hexadecimal
}

// commitment is SHA-256(salt || value), in hexadecimal, where the value is the canonical
// JSON of the person's ID and the datum, so that neither can be changed. The salt has a
// fixed length, so that no other cut of the same bytes gives the same commitment.
func commitment(salt []byte, p Personal) (string, error) {
	value, err := Canonical([]string{p.Person, p.Value})
	sum := sha256.Sum256(append(slices.Clone(salt), value...))
	return hex.EncodeToString(sum[:]), err
}

// Opens says that the salt and the datum are those of a commitment (salt and commitment
// in hexadecimal), as somebody who was handed them checks without the database.
func Opens(commit, salt string, p Personal) bool {
	raw, err := hex.DecodeString(salt)
	if err != nil || len(raw) != saltSize {
		return false
	}
	have, err := commitment(raw, p)
	return err == nil && have == commit
}

var (
	slug      = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	hexSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// check says in French what is wrong with the act.
func (a *Act) check() error {
	id, err := uuid.Parse(a.ID)
	switch {
	case err != nil || id.Version() != 7 || id.String() != a.ID:
		return fmt.Errorf("%w : l'identifiant « %s » n'est pas un UUID de version 7", ErrBadAct, a.ID)
	case len(a.Kind) > 64 || !slug.MatchString(a.Kind):
		return fmt.Errorf("%w : la nature « %s » s'écrit en minuscules, chiffres et traits d'union", ErrBadAct, a.Kind)
	case a.At.IsZero() || a.At.UTC().Year() > 9999:
		return fmt.Errorf("%w : il n'a pas de date", ErrBadAct)
	case a.Hat == "":
		return fmt.Errorf("%w : il ne dit pas à quel titre il est fait", ErrBadAct)
	case !oneLine(a.Hat), !oneLine(a.Holder), !oneLine(a.Subject):
		return fmt.Errorf("%w : son titulaire, son titre ou son objet contient des caractères de commande", ErrBadAct)
	case a.Actor.Value != "" && a.Actor.Person == "":
		return fmt.Errorf("%w : son auteur n'a pas d'identifiant", ErrBadAct)
	}
	for _, d := range a.Document {
		if !hexSHA256.MatchString(d) {
			return fmt.Errorf("%w : « %s » n'est pas l'empreinte SHA-256 d'un document", ErrBadAct, d)
		}
	}
	return nil
}

// seal is the leaf of the act and what opens its commitments.
func (a *Act) seal() (leaf []byte, openings []opening, err error) {
	if err := a.check(); err != nil {
		return nil, nil, err
	}
	s := sealer{}
	leaf, err = Canonical(map[string]any{
		"format":    leafFormat,
		"id":        a.ID,
		"nature":    a.Kind,
		"date":      db.Instant(a.At),
		"titulaire": a.Holder,
		"auteur":    s.value(a.Actor),
		"titre":     a.Hat,
		"objet":     a.Subject,
		"documents": a.Document,
		"contenu":   s.value(a.Body),
	})
	if err = errors.Join(s.err, err); err != nil {
		return nil, nil, fmt.Errorf("%w : %w", ErrBadAct, err)
	}
	if len(leaf) > maxLeaf {
		return nil, nil, fmt.Errorf("%w : %d octets, pour %d au plus ; mettez le détail dans un document", ErrBadAct, len(leaf), maxLeaf)
	}
	return leaf, s.openings, nil
}

// sealer replaces personal data by commitments.
type sealer struct {
	openings []opening
	err      error
}

func (s *sealer) value(v any) any {
	switch v := v.(type) {
	case Personal:
		return s.hide(v)
	case []Personal:
		list := make([]any, len(v))
		for i, p := range v {
			list[i] = s.hide(p)
		}
		return list
	case []any:
		list := make([]any, len(v))
		for i, x := range v {
			list[i] = s.value(x)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if k == commitmentKey {
				s.err = fmt.Errorf("la clé « %s » est réservée", k)
			}
			object[k] = s.value(v[k])
		}
		return object
	}
	return v
}

func (s *sealer) hide(p Personal) any {
	if p.IsZero() {
		return nil
	}
	if p.Person == "" {
		s.err = errors.New("une donnée personnelle n'a pas d'identifiant de personne")
	}
	p.Value = norm.NFC.String(p.Value)
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // crypto/rand does not fail
	c, err := commitment(salt, p)
	if err != nil {
		s.err = fmt.Errorf("donnée personnelle : %w", err)
	}
	o := opening{c, p.Person, hex.EncodeToString(salt), p.Value}
	s.openings = append(s.openings, o)
	return map[string]any{commitmentKey: o.commitment}
}
