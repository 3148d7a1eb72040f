// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// transferSpec is what the form of transfers may send: the largest EPCI has 158 communes.
var transferSpec = web.FormSpec{Fields: []string{"competence", "commune", "titulaire", "choix", "depuis", "jusqu_au", "preuve"}, MaxParts: 1500}

// transfersOf reads the transfers that a form describes, each commune by each competence. What
// is wrong is marked in the form; choices are the bodies among which the name typed hesitates.
func (p *pages) transfersOf(body *Territory, f *web.Form, now time.Time) (list []Holding, choices []*Territory) {
	competences := p.competencesOf(f)
	communes := []ID{body.ID}
	holder := body.ID
	if body.Kind == Commune {
		holder, choices = p.holderOf(body, f)
	} else if communes = p.communesOf(f); len(communes) == 0 {
		f.Fail("commune", "Choisissez au moins une commune.")
	}
	from, to := f.Date("depuis"), f.Date("jusqu_au")
	if from.IsZero() {
		f.Fail("depuis", "Donnez la date d'effet du transfert.")
	}
	proof := f.Required("preuve", "Donnez la référence de la décision, par exemple « délibération n° 2025-12 du 3 avril 2025 ».")
	if len([]rune(proof)) > 300 {
		f.Fail("preuve", "La référence dépasse 300 caractères : gardez le numéro et la date de la décision.")
	}
	if !f.Valid() {
		return nil, choices
	}
	for _, commune := range communes {
		for _, c := range competences {
			list = append(list, Holding{ID: db.NewID(), Commune: commune, Competence: c, Holder: holder, From: from, To: to, Proof: proof, Created: now})
		}
	}
	return list, nil
}

func (p *pages) competencesOf(f *web.Form) []Competence {
	var list []Competence
	for _, c := range Competences() { // in the order of the law, each once
		if slices.Contains(f.Values["competence"], string(c)) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		f.Fail("competence", "Choisissez au moins une compétence.")
	}
	return list
}

func (p *pages) communesOf(f *web.Form) []ID {
	var list []ID
	for _, code := range f.Values["commune"] {
		t, ok := p.room.Registry.Get(ID(code))
		if !ok || t.Kind != Commune {
			f.Fail("commune", fmt.Sprintf("« %s » n'est pas le code d'une commune : rouvrez la page et recommencez.", clipped(code)))
		}
		if !slices.Contains(list, ID(code)) {
			list = append(list, ID(code))
		}
	}
	return list
}

var sirenIn = regexp.MustCompile(`(?:^|\D)(\d{3})[ \x{a0}\x{202f}]?(\d{3})[ \x{a0}\x{202f}]?(\d{3})(?:\D|$)`)

// holderOf finds the body a commune transfers to, by its SIREN or its name.
func (p *pages) holderOf(commune *Territory, f *web.Form) (ID, []*Territory) {
	text := f.Required("titulaire", "Donnez le nom ou le numéro SIREN de l'EPCI, de l'EPT ou du syndicat.")
	if text == "" {
		return "", nil
	}
	if m := sirenIn.FindStringSubmatch(text); m != nil {
		return p.holderBySIREN(ID(m[1]+m[2]+m[3]), f), nil
	}
	found := p.holdersNamed(commune, text)
	if choice := ID(f.Text("choix")); choice != "" && slices.ContainsFunc(found, func(t *Territory) bool { return t.ID == choice }) {
		return choice, nil
	}
	switch len(found) {
	case 0:
		f.Fail("titulaire", fmt.Sprintf("Aucun EPCI, EPT ou syndicat enregistré ne s'appelle « %s ». Donnez son numéro SIREN, ou enregistrez d'abord le syndicat.", clipped(text)))
		return "", nil
	case 1:
		return found[0].ID, nil
	}
	f.Fail("choix", fmt.Sprintf("%d organismes répondent au nom de « %s » : choisissez.", len(found), clipped(text)))
	return "", found
}

func (p *pages) holderBySIREN(id ID, f *web.Form) ID {
	t, err := p.known(id)
	switch {
	case !validSIREN(string(id)):
		f.Fail("titulaire", fmt.Sprintf("« %s » n'est pas un numéro SIREN : sa clé de contrôle est fausse. Vérifiez les neuf chiffres.", id))
	case err != nil:
		f.Fail("titulaire", fmt.Sprintf("Le numéro %s n'est celui d'aucun EPCI, EPT ou syndicat enregistré. S'il s'agit d'un syndicat, enregistrez-le d'abord.", id))
	case t.Kind != EPCI && t.Kind != EPT && t.Kind != Syndicat:
		f.Fail("titulaire", fmt.Sprintf("« %s » ne peut pas recevoir la compétence : il faut un EPCI, un EPT ou un syndicat.", t.Name))
	}
	return id
}

// holdersNamed are the bodies that answer to a name, a whole name alone.
func (p *pages) holdersNamed(commune *Territory, text string) []*Territory {
	var found []*Territory
	for _, s := range p.room.State().Syndicats {
		if _, ok := s.answers(text); ok {
			found = append(found, s.territory(p.room.Registry))
		}
	}
	for _, h := range p.room.Registry.SearchNear(text, commune.ID, 60) {
		if (h.Territory.Kind == EPCI || h.Territory.Kind == EPT) && h.Territory.Current() && !h.Close {
			found = append(found, h.Territory)
		}
	}
	for _, t := range found {
		if french.Fold(t.Name) == french.Fold(text) {
			return []*Territory{t}
		}
	}
	return found[:min(len(found), 12)]
}

// titleOf tells an act in one sentence, for the person who may undo it.
func (p *pages) titleOf(list []Holding) string {
	h := list[0]
	what := fmt.Sprintf("« %s »", h.Competence.Short())
	if n := countOf(list, func(h Holding) string { return string(h.Competence) }); n > 1 {
		what = french.Plural(n, "compétence", "compétences")
	}
	who := nameOf(p.room.Registry, p.room.State().Recorded, h.Commune)
	if n := countOf(list, func(h Holding) string { return string(h.Commune) }); n > 1 {
		who = french.Plural(n, "commune", "communes")
	}
	return fmt.Sprintf("Transfert enregistré : %s, de %s à %s, %s", what, who, p.room.Name(h.Holder), h.Period())
}

func countOf(list []Holding, key func(Holding) string) int {
	seen := map[string]bool{}
	for _, h := range list {
		seen[key(h)] = true
	}
	return len(seen)
}

// blame shows in a form what the rules refused; other errors go on.
func blame(f *web.Form, err error) ([]string, error) {
	var told []string
	for _, e := range unjoin(err) {
		var field *FieldError
		switch {
		case errors.As(e, &field):
			f.Fail(field.Field, field.Message)
		case errors.Is(e, ErrOverlap), errors.Is(e, ErrInUse):
			told = append(told, capital(e.Error())+".")
		case errors.Is(e, ErrChanged), errors.Is(e, ErrUnknown):
			told = append(told, "Ce qui était affiché a changé entre-temps : relisez la liste ci-dessous, puis recommencez.")
		default:
			return nil, err
		}
	}
	if len(told) > 8 {
		told = append(told[:8], french.Plural(len(told)-8, "autre refus", "autres refus")+" de même nature.")
	}
	return slices.Compact(told), nil
}

// unjoin parts what errors.Join brought together.
func unjoin(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}

// ended are the transfers chosen, each replaced by one that ends on a day.
func ended(chosen []Holding, last clock.Date, now time.Time) (Change, error) {
	var c Change
	var wrong []error
	for _, h := range chosen {
		if last.Before(h.From) {
			wrong = append(wrong, &FieldError{"fin", fmt.Sprintf("Un des transferts choisis commence le %s, après cette date : retirez-le s'il n'a pas eu lieu.", h.From.French())})
		}
		c.Withdraw = append(c.Withdraw, h.ID)
		h.ID, h.To, h.Created = db.NewID(), last, now
		c.Holdings = append(c.Holdings, h)
	}
	return c, errors.Join(wrong...)
}
