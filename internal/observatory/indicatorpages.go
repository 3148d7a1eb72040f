// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"net/http"
	"strings"

	"maillage/internal/drafts"
	"maillage/internal/platform/figure"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

var indicatorsTemplate = web.NewTemplate[indicatorsPage](pageFiles, "pages/indicateurs.html")

type indicatorsPage struct {
	web.Page
	Themes  []indicatorTheme
	Sources []web.Source
}

type indicatorTheme struct {
	Title string
	Count string // "17 indicateurs, dont 8 sans chiffre"
	Open  bool   // the first one, and what people brought themselves
	Table web.Table
	empty int // how many have no figure yet
}

func (r *room) indicators(w http.ResponseWriter, req *http.Request) error {
	s := r.Snapshot()
	p := indicatorsPage{Page: web.Page{Title: "Indicateurs", Nav: "observatoire", Crumbs: observatoryCrumbs,
		Lead: "Ce que mesure chaque chiffre, d'où il vient et ce qu'il ne dit pas."}}
	for _, ind := range s.Indicators() {
		title := s.ThemeTitle(ind.Theme)
		if len(p.Themes) == 0 || p.Themes[len(p.Themes)-1].Title != title {
			p.Themes = append(p.Themes, indicatorTheme{Title: title, Open: len(p.Themes) == 0 || title == s.ThemeTitle(""), Table: web.Table{ID: "t-" + ind.Code, Caption: title, Quiet: true, Stack: true,
				Columns: []web.Column{{Label: "Indicateur"}, {Label: "Unité"}, {Label: "Années"}, {Label: "Source"}}}})
		}
		theme := &p.Themes[len(p.Themes)-1]
		if len(s.Periods(ind.Code)) == 0 {
			theme.empty++
		}
		t := &theme.Table
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: ind.Title, Href: "/observatoire/indicateurs/" + ind.Code}, {Text: ind.Unit},
			{Text: years(s.Periods(ind.Code)), Void: len(s.Periods(ind.Code)) == 0}, {Text: s.Credit(ind.Code)}}})
	}
	for i, t := range p.Themes {
		p.Themes[i].Count = french.Plural(len(t.Table.Rows), "indicateur", "indicateurs")
		if t.empty > 0 {
			p.Themes[i].Count += ", dont " + french.Int(t.empty) + " sans chiffre encore"
		}
	}
	for i := range s.cat.Sources {
		src := &s.cat.Sources[i]
		p.Sources = append(p.Sources, web.Source{Name: src.Name, Producer: src.Producer, Href: src.URL, Licence: src.Licence, Method: src.Method,
			Note: strings.TrimSpace(src.Limits + " " + src.SecrecyNote)})
	}
	return indicatorsTemplate.Render(w, req, http.StatusOK, p)
}

var observatoryCrumbs = []web.Crumb{{Label: "Observatoire", Href: "/observatoire"}}

// years is "2017 à 2021", or why there is none.
func years(list []Period) string {
	switch len(list) {
	case 0:
		return "pas encore de chiffre"
	case 1:
		return list[0].French()
	}
	return list[0].French() + " à " + list[len(list)-1].French()
}

var indicatorTemplate = web.NewTemplate[indicatorPage](pageFiles, "pages/indicateur.html")

type indicatorPage struct {
	web.Page
	Indicator *Indicator
	Facts     []web.Fact
	Lines     *web.Figure
	Batches   *web.Table
	Source    []web.Source
}

func (r *room) indicator(w http.ResponseWriter, req *http.Request) error {
	s := r.Snapshot()
	ind, ok := s.Indicator(req.PathValue("code"))
	if !ok {
		return web.NotFound("Aucun indicateur ne porte ce code ; leur liste est sur la page « Indicateurs ».")
	}
	p := indicatorPage{Indicator: ind, Page: web.Page{Title: ind.Title, Nav: "observatoire", Lead: ind.Definition,
		Crumbs: append(observatoryCrumbs, web.Crumb{Label: "Indicateurs", Href: "/observatoire/indicateurs"})}}
	p.Facts = append(r.definition(s, ind)[1:], web.Fact{Label: "Code", Value: ind.Code},
		web.Fact{Label: "Regroupement", Value: aggregationWords(s, ind)}, web.Fact{Label: "Années", Value: years(s.Periods(ind.Code))})
	if len(s.Periods(ind.Code)) > 0 {
		chart, err := s.LinesOf(req.Context(), ind, []territory.ID{r.Home, territory.France}, figure.Frame{ID: "f-series", Title: ind.Title, Bare: true})
		if err != nil {
			return err
		}
		notes := strings.Join(chart.Notes, " ")
		chart.Notes = nil
		f := FigureOf("series", s.Name(r.Home)+" et France", chart, s.Credit(ind.Code), notes)
		p.Lines = &f
	}
	if src, ok := s.Source(ind.Code); ok {
		p.Source = []web.Source{{Name: src.Name, Producer: src.Producer, Href: src.URL, Licence: src.Licence, Method: src.Method, Note: src.SecrecyNote}}
	}
	return indicatorTemplate.Render(w, req, http.StatusOK, p)
}

// aggregationWords says how the values of communes make that of a larger territory.
func aggregationWords(s *Snapshot, ind *Indicator) string {
	switch ind.Aggregation.Rule {
	case Sum:
		return "Les valeurs des communes s'additionnent."
	case WeightedMean:
		if w, ok := s.Indicator(ind.Aggregation.Weight); ok {
			return "Moyenne des communes, pondérée par « " + w.Title + " » : une estimation, dite telle."
		}
	}
	if ind.Derived() {
		return "Le calcul est refait sur les totaux du territoire."
	}
	return "Ne se regroupe pas : seul ce qui est publié est montré."
}

var newIndicatorTemplate = web.NewTemplate[newIndicatorPage](pageFiles, "pages/nouvel-indicateur.html")

type newIndicatorPage struct {
	web.Page
	Fields []web.Field
	Codes  []web.Fact
	Draft  drafts.Form
}

var newIndicatorForm = web.FormSpec{Fields: []string{"titre", "code", "unite", "decimales", "calcul", "definition", "limites"}}

func (r *room) newIndicator(w http.ResponseWriter, req *http.Request) error {
	return r.showNewIndicator(w, req, http.StatusOK, &web.Form{})
}

func (r *room) showNewIndicator(w http.ResponseWriter, req *http.Request, status int, f *web.Form) error {
	s := r.Snapshot()
	p := newIndicatorPage{Draft: r.Store.Drafts.Form(req, indicatorDraft, ""), Page: web.Page{Scripts: []string{"autosave.js"}, Title: "Nouvel indicateur calculé", Nav: "observatoire",
		Crumbs: append(observatoryCrumbs, web.Crumb{Label: "Indicateurs", Href: "/observatoire/indicateurs"}),
		Lead:   "Un indicateur calculé s'écrit à partir d'autres, désignés par leur code."}}
	if n := len(f.Errors); n > 0 {
		p.Notices = []web.Notice{{Kind: web.Danger, Title: french.Plural(n, "élément est", "éléments sont") + " à corriger",
			Text: "Rien n'est perdu de ce que vous avez saisi, et rien n'est encore enregistré."}}
	}
	for _, field := range []web.Field{
		{Name: "titre", Label: "Titre", Required: true, Hint: "Par exemple : Enfants de moins de 3 ans par place de crèche"},
		{Name: "code", Label: "Code", Required: true, Hint: "Minuscules sans accent, chiffres et tirets bas : enfants_par_creche"},
		{Name: "calcul", Label: "Calcul", Required: true, Hint: "Par exemple : 100 * caf_enfants_0_2 / population_municipale ; l'année précédente s'écrit code[-1]"},
		{Name: "unite", Label: "Unité", Required: true, Hint: "Par exemple : %, habitants, enfants pour 100 habitants"},
		{Name: "decimales", Label: "Décimales", InputMode: "numeric", Hint: "De 0 à 4"},
		{Name: "definition", Label: "Définition", Type: "textarea", Required: true},
		{Name: "limites", Label: "Ce que ce chiffre ne dit pas", Type: "textarea", Required: true},
	} {
		p.Fields = append(p.Fields, f.Field(field))
	}
	for _, ind := range s.Published() {
		p.Codes = append(p.Codes, web.Fact{Label: ind.Code, Value: ind.Title, Note: ind.Unit})
	}
	return newIndicatorTemplate.Render(w, req, status, p)
}

func (r *room) createIndicator(w http.ResponseWriter, req *http.Request) error {
	f, err := web.ReadForm(req, newIndicatorForm)
	if err != nil {
		return err
	}
	defer f.Close()
	ind := Indicator{Title: f.Required("titre", "Donnez un titre."), Code: f.Required("code", "Donnez un code."),
		Unit: f.Required("unite", "Donnez l'unité."), Formula: f.Required("calcul", "Écrivez le calcul."),
		Definition: f.Required("definition", "Dites ce que mesure l'indicateur."), Limits: f.Required("limites", "Dites ce que ce chiffre ne dit pas."),
		Decimals: int(f.Number("decimales")), Kind: Rate, Direction: Neutral}
	ind.Short, ind.Theme = ind.Title, "calculs"
	ind.Aggregation.Rule = Never
	if ind.Decimals < 0 || ind.Decimals > 4 {
		f.Fail("decimales", "De 0 à 4 décimales.")
	}
	if f.Valid() {
		if err := r.Snapshot().NewIndicator(ind); err != nil {
			f.Fail(fieldOf(err), upperFirst(err.Error()))
		}
	}
	if !f.Valid() {
		return r.showNewIndicator(w, req, http.StatusUnprocessableEntity, f)
	}
	if err := r.Store.SaveIndicator(req.Context(), ind); err != nil {
		return err
	}
	if err := r.Refresh(req.Context()); err != nil {
		return err
	}
	return web.Redirect(w, req, "/observatoire/indicateurs/"+ind.Code)
}

// fieldOf is the field that a refusal speaks of.
func fieldOf(err error) string {
	if strings.HasPrefix(err.Error(), "le code") {
		return "code"
	}
	return "calcul"
}

func upperFirst(s string) string {
	for i, r := range s {
		if i == 0 {
			return strings.ToUpper(string(r)) + s[len(string(r)):]
		}
	}
	return s
}
