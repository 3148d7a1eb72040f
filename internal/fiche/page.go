// SPDX-License-Identifier: EUPL-1.2

package fiche

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/observatory"
	"maillage/internal/platform/figure"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

var pageTemplate = web.NewTemplate[page](pages, "pages/territoire.html", "pages/parts.html")

type page struct {
	web.Page
	ID       territory.ID
	Kind     string
	Identity []web.Fact
	Stats    []web.Stat
	Remarks  []string // on the figures of Stats
	Counted  string   // the population the law counts, as a sentence
	Duties   []dutyCard
	Later    []dutyCard // what will come, or comes on request
	Coverage []web.Figure
	Map      *web.Figure
	Peers    *peers
	Themes   []theme
	Members  []territory.ID
	Towns    *web.Table
	Before   *web.Table // the other reading: as published before a merger
	Events   []web.Step
	Sources  []web.Source
}

// theme is a table of indicators under a heading, with its footnotes.
type theme struct {
	Title string
	Table web.Table
	Notes []string
	Open  bool // the first one, and what people brought themselves
}

// note gives a footnote its number, the same for the same words.
func (t *theme) note(text string) string {
	i := slices.Index(t.Notes, text)
	if i < 0 {
		i = len(t.Notes)
		t.Notes = append(t.Notes, text)
	}
	return "\u00a0(" + french.Int(i+1) + ")"
}

func (r *Room) page(w http.ResponseWriter, req *http.Request, s *subject) error {
	ctx, t := req.Context(), s.place
	p := page{ID: t.ID, Kind: kindNames[t.Kind], Identity: r.identity(s),
		Page: web.Page{Title: t.Name, Nav: "territoires", Crumbs: r.where(t),
			Description: t.Name + " : population, obligations, accueil du jeune enfant, chiffres et sources.",
			Downloads:   downloads("/territoires/" + string(t.ID))}}
	if f, ok := r.places.Registry.Get(territory.ID(req.URL.Query().Get("ancienne"))); ok && !f.Current() {
		p.Notices = append(p.Notices, web.Notice{Kind: web.Info, Text: f.Name +
			" n'est plus une commune : voici celle dont elle fait partie aujourd'hui. Leurs chiffres y sont réunis."})
	}
	p.Stats, p.Remarks = r.stats(s)
	p.Duties, p.Later = cards(s)
	if s.place.Kind == territory.Commune {
		p.Counted = shareCount(p.Duties)
		shareCount(p.Later)
	}
	var err error
	if p.Coverage, err = r.coverage(ctx, s); err != nil {
		return err
	}
	if p.Map, err = r.situation(ctx, s); err != nil {
		return err
	}
	if p.Map != nil {
		p.Coverage = append(p.Coverage, *p.Map)
	}
	if p.Peers, err = r.peers(ctx, s, req.URL.Query()); err != nil {
		return err
	}
	if p.Themes, err = r.themes(ctx, s); err != nil {
		return err
	}
	if p.Towns, err = r.towns(ctx, s); err != nil {
		return err
	}
	if p.Before, err = s.before(ctx); err != nil {
		return err
	}
	p.Events, p.Sources = r.events(t.ID), s.sources()
	return pageTemplate.Render(w, req, http.StatusOK, p)
}

func downloads(path string) []web.Link {
	return []web.Link{{Label: "CSV", Href: path + ".csv"}, {Label: "Excel", Href: path + ".xlsx"}, {Label: "JSON", Href: path + ".json"}}
}

// headline are the figures at the top, in this order, when they exist.
var headline = []string{"couverture_globale", "caf_enfants_0_2", "naissances", "pauvrete_60", "eaje_bpe"}

// stats are the figures at the top, with the remarks that go under them.
func (r *Room) stats(s *subject) (stats []web.Stat, remarks []string) {
	stats = []web.Stat{r.populationStat(s)}
	for _, code := range headline {
		stat, ok := s.figureStat(code)
		if !ok || len(stats) == mostStats || len(s.sheet[code]) == 0 && code != headline[0] {
			continue
		}
		if stat.Note != "" {
			remarks = append(remarks, stat.Label+" : "+stat.Note)
			stat.Note = "estimation, voir sous les chiffres"
			if stat.Void {
				stat.Note = "voir sous les chiffres"
			}
		}
		stats = append(stats, stat)
	}
	return stats, remarks
}

// mostStats is how many figures stand in a row.
const mostStats = 5

// modes are the parts of the coverage rate, in the order of the stack.
var modes = []string{"couverture_eaje_psu", "couverture_eaje_hors_psu", "couverture_assistants_maternels",
	"couverture_garde_domicile", "couverture_prescolarisation"}

// coverage draws how childcare stands over the years: the rate beside the département and
// France, then its parts.
func (r *Room) coverage(ctx context.Context, s *subject) ([]web.Figure, error) {
	ind, ok := s.snap.Indicator("couverture_globale")
	if !ok || len(s.snap.Periods(ind.Code)) == 0 {
		return nil, nil
	}
	ids := []territory.ID{s.place.ID}
	for _, id := range []territory.ID{s.parent, territory.France} {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	lines, err := s.snap.LinesOf(ctx, ind, ids, figure.Frame{ID: "f-couverture", Title: ind.Title, Bare: true})
	if err != nil {
		return nil, err
	}
	limits := r.limits(s, ind)
	figures := []web.Figure{observatory.FigureOf("couverture", "Places pour 100 enfants de moins de 3 ans, par année", lines, s.snap.Credit(ind.Code), limits)}
	if stacks, ok := s.modes(); ok {
		figures = append(figures, observatory.FigureOf("modes", "Par mode d'accueil, "+french.AName(s.place.Name), stacks, s.snap.Credit(ind.Code), limits))
	}
	for i := range figures {
		figures[i].Sentence = ""
	}
	return figures, nil
}

func (r *Room) limits(s *subject, ind *observatory.Indicator) string {
	src, ok := s.snap.Source(ind.Code)
	if !ok {
		return ind.Limits
	}
	return strings.TrimSpace(src.Limits + " " + ind.Limits)
}

// modes stacks the parts of the rate, year by year; the total is the one published.
func (s *subject) modes() (figure.Stacks, bool) {
	total := s.sheet["couverture_globale"]
	ind, ok := s.snap.Indicator("couverture_globale")
	if !ok || len(total) == 0 {
		return figure.Stacks{}, false
	}
	chart := figure.Stacks{Frame: figure.Frame{ID: "f-modes", Title: "Taux de couverture par mode d'accueil", Bare: true,
		Unit: figure.Unit{Name: ind.Unit, Decimals: ind.Decimals}}, RowName: "Année", TotalName: "Ensemble"}
	for _, code := range modes {
		if m, ok := s.snap.Indicator(code); ok {
			chart.Parts = append(chart.Parts, m.Short)
		}
	}
	known := false
	for _, v := range total {
		row := figure.StackRow{Label: v.Period.French(), Total: observatory.Drawn(v)}
		for _, code := range modes {
			part, _ := s.sheet.At(code, v.Period)
			row.Values = append(row.Values, observatory.Drawn(part))
			known = known || part.Known()
		}
		chart.Rows = append(chart.Rows, row)
	}
	return chart, known
}

// situation is the small map that shows where the town lies, coloured by the coverage rate.
func (r *Room) situation(ctx context.Context, s *subject) (*web.Figure, error) {
	period, ok := s.snap.LatestIn(ctx, "couverture_globale", r.places.Registry.In(s.within(), territory.Commune))
	if !ok {
		return nil, nil
	}
	column, err := s.snap.Column(ctx, "couverture_globale", period)
	if err != nil {
		return nil, err
	}
	shapes, err := r.places.State().Outlines.At(ctx, territory.DepartementDetail)
	if err != nil {
		return nil, err
	}
	places := r.places.Registry.In(s.within(), territory.Commune)
	if len(places) > 400 {
		return nil, nil
	}
	m, ok := s.snap.MapOf(column, observatory.MapRequest{Places: places, Selected: []territory.ID{s.place.ID}, Shapes: shapes,
		Frame: figure.Frame{ID: "f-carte", Title: column.Indicator.Title, Bare: true},
		Href:  func(id territory.ID) string { return "/territoires/" + string(id) }})
	if !ok {
		return nil, nil
	}
	f := observatory.FigureOf("carte", column.Indicator.Title+", "+period.French(), m, s.snap.Credit("couverture_globale"), schematicNote(m))
	return &f, nil
}

func schematicNote(m figure.Map) string {
	text := strings.Join(m.Notes, " ")
	if m.Cells {
		text = "Carte schématique : chaque commune est un carré de même taille, placé d'après son centre. " + text
	}
	return strings.TrimSpace(text)
}

// themes lists every indicator that has a figure here, with the département and France beside.
func (r *Room) themes(ctx context.Context, s *subject) ([]theme, error) {
	var list []theme
	byTheme := map[string]int{}
	for _, ind := range s.snap.Indicators() {
		v, ok := s.sheet.Latest(ind.Code)
		if !ok {
			if len(s.sheet[ind.Code]) == 0 || ind.Derived() {
				continue
			}
			v = s.sheet[ind.Code][len(s.sheet[ind.Code])-1]
		}
		k, seen := byTheme[ind.Theme]
		if !seen {
			k = len(list)
			byTheme[ind.Theme] = k
			title := s.snap.ThemeTitle(ind.Theme)
			list = append(list, theme{Title: title, Table: s.themeTable(ind.Theme), Open: k == 0 || title == s.snap.ThemeTitle("")})
		}
		row, err := s.indicatorRow(ctx, ind, v, &list[k])
		if err != nil {
			return nil, err
		}
		list[k].Table.Rows = append(list[k].Table.Rows, row)
	}
	return list, nil
}

func (s *subject) themeTable(code string) web.Table {
	t := web.Table{ID: "t-" + code, Caption: s.snap.ThemeTitle(code), Quiet: true, Stack: true, Columns: []web.Column{
		{Label: "Indicateur"}, {Label: s.place.Name, Numeric: true}, {Label: "Année"}}}
	for _, id := range s.references() {
		t.Columns = append(t.Columns, web.Column{Label: s.snap.Name(id), Numeric: true})
	}
	t.Columns = append(t.Columns, web.Column{Label: "Source"})
	return t
}

// references are the larger territories shown beside this one.
func (s *subject) references() []territory.ID {
	switch s.place.Kind {
	case territory.Country:
		return nil
	case territory.Departement, territory.Region, territory.Collectivite:
		return []territory.ID{territory.France}
	}
	return []territory.ID{s.parent, territory.France}
}

func (s *subject) indicatorRow(ctx context.Context, ind *observatory.Indicator, v observatory.Value, t *theme) (web.Row, error) {
	row := web.Row{Cells: []web.Cell{
		{Text: ind.Title, Href: "/observatoire?indicateur=" + ind.Code + "&dans=" + string(s.within()), Note: ind.Unit},
		t.cell(ind, v), {Text: v.Period.French()}}}
	column, err := s.snap.Column(ctx, ind.Code, v.Period)
	if err != nil {
		return row, err
	}
	for _, id := range s.references() {
		row.Cells = append(row.Cells, t.cell(ind, column.Of(id)))
	}
	row.Cells = append(row.Cells, web.Cell{Text: s.snap.Credit(ind.Code)})
	return row, nil
}

// cell is a value with the number of its footnote.
func (t *theme) cell(ind *observatory.Indicator, v observatory.Value) web.Cell {
	c := valueCell(ind, v)
	if v.Note != "" {
		c.Text += t.note(v.Note)
	}
	return c
}

func valueCell(ind *observatory.Indicator, v observatory.Value) web.Cell {
	c := web.Cell{Text: observatory.Text(ind, v), Void: !v.Known()}
	if v.State == observatory.Estimated || v.State == observatory.Provisional {
		c.Text += "\u00a0" + v.State.Sign()
	}
	return c
}

// towns lists the communes of a larger territory, or the départements of a region.
func (r *Room) towns(ctx context.Context, s *subject) (*web.Table, error) {
	kind, names, one := territory.Commune, "Communes ", "Commune"
	if s.place.Kind == territory.Region || s.place.Kind == territory.Country {
		kind, names, one = territory.Departement, "Départements ", "Département"
	}
	places := r.places.Registry.In(s.place.ID, kind)
	if s.place.Kind == territory.Country {
		places = r.places.Registry.All(kind)
	}
	if s.place.Kind == territory.Commune || len(places) == 0 {
		return nil, nil
	}
	t := &web.Table{ID: "communes", Caption: names + french.DeName(s.place.Name), Quiet: true, Columns: []web.Column{
		{Label: one}, {Label: "Code"}, {Label: "Population totale", Numeric: true}, {Label: "Taux de couverture", Numeric: true}}}
	period, ok := s.snap.LatestIn(ctx, "couverture_globale", places)
	var column *observatory.Column
	if ok {
		var err error
		if column, err = s.snap.Column(ctx, "couverture_globale", period); err != nil {
			return nil, err
		}
		t.Columns[3].Unit = period.French()
	}
	for _, c := range places {
		row := web.Row{Cells: []web.Cell{{Text: c.Name, Href: "/territoires/" + string(c.ID)}, {Text: c.Code}, {Text: "non connue", Void: true}, {Text: "non publié", Void: true}}}
		if p, ok := r.places.Registry.TotalPopulation(c.ID, s.today); ok {
			row.Cells[2] = web.Cell{Text: french.Int(p.Total)}
		}
		if column != nil {
			row.Cells[3] = valueCell(column.Indicator, column.Of(c.ID))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// before is the other reading of the figures of a merged commune: each as it was published, for
// the communes of its time.
func (s *subject) before(ctx context.Context) (*web.Table, error) {
	former := s.snap.Former(s.place.ID)
	if len(former) < 2 {
		return nil, nil
	}
	t := &web.Table{ID: "publie", Caption: "Chiffres tels que publiés, avant la fusion", Quiet: true, Columns: []web.Column{{Label: "Indicateur"}, {Label: "Année"}}}
	for _, id := range former {
		t.Columns = append(t.Columns, web.Column{Label: s.snap.Name(id), Unit: "limites d'alors", Numeric: true})
	}
	published, err := s.snap.AsPublished(ctx, s.place.ID)
	if err != nil {
		return nil, err
	}
	for _, ind := range s.snap.Published() {
		for _, v := range s.sheet[ind.Code] {
			if _, ok := published[former[1]].At(ind.Code, v.Period); !ok {
				continue
			}
			row := web.Row{Cells: []web.Cell{{Text: ind.Title}, {Text: v.Period.French()}}}
			for _, id := range former {
				was, _ := published[id].At(ind.Code, v.Period)
				row.Cells = append(row.Cells, valueCell(ind, was))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	if len(t.Rows) == 0 {
		return nil, nil
	}
	return t, nil
}

// events tells what happened to the territory since 2021.
func (r *Room) events(id territory.ID) []web.Step {
	var steps []web.Step
	for _, e := range r.places.Registry.Events(id) {
		steps = append(steps, web.Step{Date: e.Date.French(), ISO: e.Date.String(), Title: e.Sentence})
	}
	return steps
}

// sources are those of the figures shown, each once.
func (s *subject) sources() []web.Source {
	var list []web.Source
	seen := map[string]bool{}
	for _, ind := range s.snap.Indicators() {
		src, ok := s.snap.Source(ind.Code)
		if !ok || seen[src.Code] || len(s.sheet[ind.Code]) == 0 {
			continue
		}
		seen[src.Code] = true
		list = append(list, web.Source{Name: src.Name, Producer: src.Producer, Href: src.URL, Licence: src.Licence, Method: src.Method, Note: src.Limits})
	}
	return list
}
