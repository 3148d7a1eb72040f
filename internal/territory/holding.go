// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// Competence is one of the four missions of the organising authority, which a commune may
// hand over one by one (CASF art. L. 214-1-3, I and III).
type Competence string

// The four competences, in the order of the law.
const (
	Recenser  Competence = "recenser"
	Informer  Competence = "informer"
	Planifier Competence = "planifier"
	Qualite   Competence = "qualite"
)

// Competences lists the four in the order of the law.
func Competences() []Competence { return []Competence{Recenser, Informer, Planifier, Qualite} }

// Label names the competence as a page does.
func (c Competence) Label() string {
	switch c {
	case Recenser:
		return "Recenser les besoins et l'offre"
	case Informer:
		return "Informer et accompagner les familles"
	case Planifier:
		return "Planifier le développement de l'offre"
	case Qualite:
		return "Soutenir la qualité des modes d'accueil"
	}
	return string(c)
}

// Short names the competence in a column's head.
func (c Competence) Short() string {
	if c == Qualite {
		return "Soutenir la qualité"
	}
	return strings.ToUpper(string(c[:1])) + string(c[1:])
}

// Holding says that Holder exercises a competence in place of Commune, from From to To, both
// included; the zero To means still.
type Holding struct {
	ID         string
	Commune    ID
	Competence Competence
	Holder     ID
	From, To   clock.Date
	Proof      string // reference of the decision that transfers, e.g. « délibération n° 2025-12 »
	Created    time.Time
	Act        string // the last act that touched it
}

// On says that the holding is in force on d.
func (h Holding) On(d clock.Date) bool {
	return !d.Before(h.From) && (h.To.IsZero() || !d.After(h.To))
}

// Overlaps says that two holdings are in force on a common day.
func (h Holding) Overlaps(o Holding) bool {
	return (o.To.IsZero() || !h.From.After(o.To)) && (h.To.IsZero() || !o.From.After(h.To))
}

// Period is "depuis le 1er janvier 2025" or "du 1er janvier au 31 décembre 2025".
func (h Holding) Period() string {
	if h.To.IsZero() {
		return "depuis le " + h.From.French()
	}
	return "du " + h.From.French() + " au " + h.To.French()
}

// FieldError is a mistake in one field of a form, in French.
type FieldError struct{ Field, Message string }

func (e *FieldError) Error() string { return e.Message }

// What callers of the store tell apart.
var (
	// ErrOverlap: the competence is already handed over at that time.
	ErrOverlap = errors.New("cette compétence est déjà transférée à ces dates")
	// ErrInUse: a syndicat that still holds competences cannot be withdrawn.
	ErrInUse = errors.New("ce syndicat exerce encore des compétences")
)

// Recorded is what people recorded at one moment: the rules look at it as a whole.
type Recorded struct {
	Syndicats []SyndicatMixte
	Holdings  []Holding
}

// Syndicat finds a recorded grouping by its SIREN.
func (r Recorded) Syndicat(siren ID) (SyndicatMixte, bool) {
	i := slices.IndexFunc(r.Syndicats, func(s SyndicatMixte) bool { return s.ID == siren })
	if i < 0 {
		return SyndicatMixte{}, false
	}
	return r.Syndicats[i], true
}

// Check says what is wrong with some of the holdings beside all the others: one error for each
// that is wrong, joined. A holding that is no longer recorded is not looked at.
func (r Recorded) Check(reg *Registry, some []Holding) error {
	at := map[ID][]Holding{}
	for _, h := range r.Holdings {
		at[h.Commune] = append(at[h.Commune], h)
	}
	var wrong []error
	for _, h := range some {
		if !slices.ContainsFunc(at[h.Commune], func(o Holding) bool { return o.ID == h.ID }) {
			continue
		}
		if err := r.checkOne(reg, h, at[h.Commune]); err != nil {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

// CheckHolders says whether every holder is still known, as after a syndicat was withdrawn.
func (r Recorded) CheckHolders(reg *Registry) error {
	n, example := 0, Holding{}
	for _, h := range r.Holdings {
		if _, known := reg.Get(h.Holder); known {
			continue
		}
		if _, recorded := r.Syndicat(h.Holder); !recorded {
			n++
			example = h
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%w : %s, dont « %s » pour %s. Retirez ou terminez d'abord ce qui lui est transféré",
		ErrInUse, french.Plural(n, "transfert", "transferts"), example.Competence.Short(), nameOf(reg, r, example.Commune))
}

func (r Recorded) checkOne(reg *Registry, h Holding, others []Holding) error {
	commune, ok := reg.Get(h.Commune)
	switch {
	case !ok || commune.Kind != Commune:
		return &FieldError{"commune", fmt.Sprintf("« %s » n'est pas le code d'une commune ; donnez son code Insee, par exemple 93066.", h.Commune)}
	case !slices.Contains(Competences(), h.Competence):
		return &FieldError{"competence", "Choisissez l'une des quatre compétences."}
	case h.From.IsZero():
		return &FieldError{"depuis", "Donnez la date d'effet du transfert."}
	case h.From.Year < 1990 || h.From.Year > 2100:
		return &FieldError{"depuis", fmt.Sprintf("La date d'effet, %s, n'est pas vraisemblable.", h.From.French())}
	case !h.To.IsZero() && h.To.Before(h.From):
		return &FieldError{"jusqu_au", fmt.Sprintf("La fin du transfert (%s) précède son début (%s).", h.To.French(), h.From.French())}
	case h.Proof == "":
		return &FieldError{"preuve", "Donnez la référence de la décision, par exemple « délibération n° 2025-12 du 3 avril 2025 »."}
	}
	if err := outlives(h, commune, "commune"); err != nil {
		return err
	}
	if err := r.checkHolder(reg, h); err != nil {
		return err
	}
	for _, o := range others {
		if o.ID != h.ID && o.Competence == h.Competence && h.Overlaps(o) {
			return fmt.Errorf("%w : %s a déjà transféré « %s » à %s %s. Terminez ou retirez d'abord ce transfert",
				ErrOverlap, commune.Name, h.Competence.Short(), nameOf(reg, r, o.Holder), o.Period())
		}
	}
	return nil
}

// outlives refuses a transfer that goes on after one of its two sides has ended.
func outlives(h Holding, t *Territory, field string) error {
	if t.Current() || !h.To.IsZero() && h.To.Before(t.To) {
		return nil
	}
	return &FieldError{field, fmt.Sprintf("%s n'existe plus depuis le %s : le transfert ne peut durer au-delà de la veille.", t.Name, t.To.French())}
}

// checkHolder accepts an EPCI, an EPT or a syndicat: a CCAS may be entrusted with missions
// but cannot receive the competence.
func (r Recorded) checkHolder(reg *Registry, h Holding) error {
	if _, ok := r.Syndicat(h.Holder); ok {
		return nil
	}
	t, ok := reg.Get(h.Holder)
	if !ok || (t.Kind != EPCI && t.Kind != EPT) {
		return &FieldError{"titulaire", fmt.Sprintf("« %s » n'est ni un EPCI, ni un EPT, ni un syndicat enregistré ; donnez son numéro SIREN à neuf chiffres.", h.Holder)}
	}
	return outlives(h, t, "titulaire")
}

// Doubts are what deserves a second look in a holding that is recorded all the same, in
// French: the memberships of the reference data may be older than the transfer.
func Doubts(reg *Registry, list []Holding) []string {
	var doubts []string
	seen := map[[2]ID]bool{}
	for _, h := range list {
		t, ok := reg.Get(h.Holder)
		pair := [2]ID{h.Commune, h.Holder}
		if !ok || seen[pair] || slices.Contains(reg.Members(h.Holder, h.From), h.Commune) {
			continue
		}
		seen[pair] = true
		doubts = append(doubts, fmt.Sprintf("D'après la liste des intercommunalités, %s n'était pas membre de « %s » au %s.",
			nameOf(reg, Recorded{}, h.Commune), t.Name, h.From.French()))
	}
	return doubts
}

// nameOf is the name of any body, its identifier when it is unknown.
func nameOf(reg *Registry, r Recorded, id ID) string {
	if t, ok := reg.Get(id); ok {
		return t.Name
	}
	if s, ok := r.Syndicat(id); ok {
		return s.Name
	}
	return string(id)
}

// SyndicatMixte is a grouping that the reference data does not list.
type SyndicatMixte struct {
	ID          ID // SIREN
	Row         string
	Name        string
	Departement ID
	Created     time.Time
}

// Check says everything that is wrong with a syndicat, one FieldError a field, joined.
func (s SyndicatMixte) Check(reg *Registry) error {
	var wrong []error
	fail := func(field, format string, args ...any) {
		wrong = append(wrong, &FieldError{field, fmt.Sprintf(format, args...)})
	}
	t, known := reg.Get(s.ID)
	switch {
	case !validSIREN(string(s.ID)):
		fail("siren", "« %s » n'est pas un numéro SIREN : neuf chiffres, dont le dernier est une clé de contrôle.", clipped(string(s.ID)))
	case known:
		fail("siren", "Ce numéro SIREN est celui de « %s », déjà connu : il n'y a pas à l'enregistrer.", t.Name)
	}
	switch n := len([]rune(s.Name)); {
	case n == 0:
		fail("nom", "Donnez le nom du syndicat.")
	case n > 200:
		fail("nom", "Le nom dépasse 200 caractères.")
	}
	if d, ok := reg.Get(s.Departement); !ok || d.Kind != Departement && d.Kind != Collectivite {
		fail("departement", "Donnez le code du département de son siège, par exemple 93.")
	}
	return errors.Join(wrong...)
}

// validSIREN checks the nine digits and their Luhn key.
func validSIREN(s string) bool {
	if len(s) != 9 {
		return false
	}
	sum := 0
	for i, c := range s {
		if c < '0' || c > '9' {
			return false
		}
		d := int(c - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
