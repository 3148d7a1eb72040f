// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// newTransferPage shows the form, with what was typed in f when there is one.
func (p *pages) newTransferPage(req *http.Request, body *Territory, f *web.Form, choices []*Territory) (transferPage, error) {
	base := "/territoires/" + string(body.ID) + "/competences"
	page := transferPage{ID: body.ID, Grouping: body.Kind != Commune, Syndicat: body.Kind == Syndicat, Action: base + "/gestion",
		Draft: p.room.Store.Drafts.Form(req, transferDraft(body.ID), ""),
		Page: web.Page{Scripts: []string{"autosave.js"}, Title: "Transferts de compétences : " + body.Name, Nav: "territoires", Robots: "noindex",
			Crumbs: append(p.crumbs(body), web.Crumb{Label: "Compétences", Href: base})},
		Competences: competenceBoxes(f),
		From:        f.Field(web.Field{Name: "depuis", Label: "À partir du", Type: "date", Required: true, Hint: "Premier jour où la compétence est exercée par le nouveau titulaire"}),
		To:          f.Field(web.Field{Name: "jusqu_au", Label: "Jusqu'au", Type: "date", Hint: "Dernier jour, si le transfert a une fin"}),
		Proof:       f.Field(web.Field{Name: "preuve", Label: "Décision", Required: true, Hint: "Référence et date, par exemple « délibération n° 2025-12 du 3 avril 2025 »"}),
		End:         f.Field(web.Field{Name: "fin", Label: "Dernier jour", Type: "date", Hint: "Pour mettre fin aux transferts choisis"}),
	}
	if page.Grouping {
		page.Communes = p.communeBoxes(body, f)
	} else {
		page.Holder = p.holderField(body, f)
		page.Choices = choiceField(f, choices)
	}
	page.Present = p.presentBoxes(body, f)
	acts, err := p.room.Store.LastActs(req.Context(), body.ID, 5)
	for _, a := range acts {
		page.Acts = append(page.Acts, p.undoable(body.ID, a))
	}
	return page, err
}

func ticked(f *web.Form, name, value string) bool {
	return f != nil && slices.Contains(f.Values[name], value)
}

func wrong(f *web.Form, name string) string {
	if f == nil {
		return ""
	}
	return f.Errors[name]
}

func competenceBoxes(f *web.Form) checks {
	c := checks{Name: "competence", Legend: "Compétences transférées", Required: true, Error: wrong(f, "competence")}
	for _, x := range Competences() {
		c.Boxes = append(c.Boxes, box{Value: string(x), Label: x.Label(), Checked: ticked(f, "competence", string(x))})
	}
	return c
}

// communeBoxes are the members of a grouping; for a syndicat, the communes of its département.
func (p *pages) communeBoxes(body *Territory, f *web.Form) *checks {
	today := clock.On(p.site.Now())
	var list []*Territory
	for _, id := range p.room.Registry.Members(body.ID, today) {
		if t, ok := p.room.Registry.Get(id); ok && t.Current() {
			list = append(list, t)
		}
	}
	hint := "Les membres de « " + body.Name + " »"
	if body.Kind == Syndicat {
		list = p.room.Registry.In(body.Departement, Commune)
		hint = "Les communes du département ; pour une commune d'ailleurs, passez par sa propre page"
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b *Territory) int { return french.Compare(a.Name, b.Name) })
	c := &checks{Name: "commune", Legend: "Communes qui transfèrent", Hint: hint, Required: true, Many: true, Error: wrong(f, "commune")}
	for _, t := range list {
		b := box{Value: string(t.ID), Label: t.Name, Checked: ticked(f, "commune", string(t.ID))}
		if n := p.given(t.ID, body.ID, today); n > 0 {
			b.Note = french.Plural(n, "compétence transférée", "compétences transférées")
		}
		c.Boxes = append(c.Boxes, b)
	}
	return c
}

// given counts the competences that a commune has transferred to a body.
func (p *pages) given(commune, body ID, day clock.Date) int {
	n := 0
	for _, h := range p.room.State().GivenBy(commune) {
		if h.Holder == body && h.On(day) {
			n++
		}
	}
	return n
}

// holderField proposes the commune's own groupings first, then those of its département.
func (p *pages) holderField(commune *Territory, f *web.Form) *suggested {
	s := &suggested{Field: f.Field(web.Field{Name: "titulaire", Label: "Transférées à", Required: true, Autocomplete: "off",
		Hint: "Nom ou numéro SIREN d'un EPCI, d'un EPT ou d'un syndicat enregistré"})}
	add := func(t *Territory) {
		if text := t.Name + " (" + string(t.ID) + ")"; !slices.Contains(s.Among, text) {
			s.Among = append(s.Among, text)
		}
	}
	for _, id := range []ID{commune.EPT, commune.EPCI} {
		if t, ok := p.room.Registry.Get(id); ok {
			add(t)
		}
	}
	for _, x := range p.room.State().Syndicats {
		if x.Departement == commune.Departement {
			add(x.territory(p.room.Registry))
		}
	}
	for _, kind := range []Kind{EPT, EPCI} {
		for _, t := range p.room.Registry.In(commune.Departement, kind) {
			add(t)
		}
	}
	return s
}

// choiceField asks which of several bodies was meant.
func choiceField(f *web.Form, choices []*Territory) *web.Field {
	if len(choices) == 0 {
		return nil
	}
	field := web.Field{Name: "choix", Label: "Lequel ?", Type: "radio", Required: true}
	for _, t := range choices {
		field.Options = append(field.Options, web.Option{Value: string(t.ID), Label: t.Name, Hint: t.Kind.title() + ", SIREN " + string(t.ID)})
	}
	field = f.Field(field)
	return &field
}

// presentBoxes are the transfers recorded, the latest first.
func (p *pages) presentBoxes(body *Territory, f *web.Form) *checks {
	list := slices.Clone(p.transfersAbout(body))
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b Holding) int {
		if n := french.Compare(p.room.Name(a.Commune), p.room.Name(b.Commune)); n != 0 {
			return n
		}
		return b.From.Compare(a.From)
	})
	c := &checks{Name: "transfert", Legend: "Transferts enregistrés", Required: true, Many: len(list) > 8, Error: wrong(f, "transfert")}
	for _, h := range list {
		who := p.room.Name(h.Commune)
		if body.Kind == Commune {
			who = "à " + p.room.Name(h.Holder)
		}
		c.Boxes = append(c.Boxes, box{Value: h.ID, Label: strings.Join([]string{h.Competence.Short(), who}, ", "),
			Note: capital(h.Period()) + " ; " + h.Proof, Checked: ticked(f, "transfert", h.ID)})
	}
	return c
}

const undone = "Annulation : "

// undoTitle names the undoing of an act; that of an undoing is the act again.
func undoTitle(title string) string {
	if again, ok := strings.CutPrefix(title, undone); ok {
		return "Rétabli : " + lower(again)
	}
	return undone + lower(strings.TrimPrefix(title, "Rétabli : "))
}

func lower(s string) string {
	for i, c := range s {
		return strings.ToLower(string(c)) + s[i+len(string(c)):]
	}
	return s
}

// hourOf is « 14 h 02 », in Paris.
func hourOf(t time.Time) string {
	return strings.Replace(t.In(clock.Paris).Format("15:04"), ":", "\u00a0h\u00a0", 1)
}
