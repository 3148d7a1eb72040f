// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"embed"
	"net/http"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/figure"
	"maillage/internal/platform/french"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed pages/observatoire.css
var pageCSS []byte

var _ = web.AddStyle("observatoire.css", pageCSS)

// Site is what the pages need besides the values.
type Site struct {
	Home   territory.ID // the département shown first
	Dir    string       // folder of the files dropped
	Places *territory.Room
	Jobs   *jobs.Runner
	Now    func() time.Time

	Network bool   // data sets may be fetched at their source
	Remote  string // address in place of every source, for tests; empty: their own
}

// room serves the pages of the observatory.
type room struct {
	*Observatory
	Site
}

// Routes are the addresses of the room.
func (o *Observatory) Routes(site Site) []web.Route {
	r := &room{o, site}
	routes := []web.Route{
		{Pattern: "GET /observatoire", Access: web.Public, Handler: r.explore},
		{Pattern: "GET /observatoire/carte.json", Access: web.Public, Handler: r.liveMap},
		{Pattern: "GET /observatoire/indicateurs", Access: web.Public, Handler: r.indicators},
		{Pattern: "GET /observatoire/indicateurs/{code}", Access: web.Public, Handler: r.indicator},
		{Pattern: "GET /observatoire/indicateurs/nouveau", Access: "observatoire.indicateur", Handler: r.newIndicator},
		{Pattern: "POST /observatoire/indicateurs/nouveau", Access: "observatoire.indicateur", Handler: r.createIndicator},
		{Pattern: "GET /api/v1/indicateurs", Access: web.Public, Handler: r.apiIndicators},
		{Pattern: "GET /api/v1/valeurs", Access: web.Public, Handler: r.apiValues},
	}
	for ext, h := range r.downloads() {
		routes = append(routes, web.Route{Pattern: "GET /observatoire" + ext, Access: web.Public, Handler: h})
	}
	return append(routes, r.importRoutes()...)
}

var exploreTemplate = web.NewTemplate[explorePage](pageFiles, "pages/observatoire.html")

type explorePage struct {
	web.Page
	View       View
	Indicators []group
	Periods    []web.Option
	Withins    []web.Option
	Methods    []web.Option
	Numbers    []web.Option
	Tabs       web.Tabs
	Map        *web.Figure
	MapData    string // address of what the island draws, empty when there are no contours
	Lines      *web.Figure
	Table      *web.Table
	Remarks    []string // the footnotes of Table, numbered from 1
	Definition []web.Fact
	Stock      bool
	NoFigure   *web.Empty
	Towns      string
}

// group is an optgroup of indicators.
type group struct {
	Title   string
	Options []web.Option
}

func (r *room) explore(w http.ResponseWriter, req *http.Request) error {
	s := r.Snapshot()
	v := s.ReadView(req.URL.Query(), r.Home)
	p := explorePage{View: v, Towns: v.TownsText(), Page: web.Page{Title: v.Indicator.Title + ", observatoire", Nav: "observatoire",
		Heading: v.Indicator.Title, Lead: lead(v)}}
	for _, name := range []string{paramIndicator, paramPeriod, paramWithin, paramMethod, paramNumber, paramBounds, paramTowns} {
		if text := v.Problems[name]; text != "" {
			p.Notices = append(p.Notices, web.Notice{Kind: web.Warning, Text: text})
		}
	}
	r.choices(s, v, &p)
	if v.Period == "" {
		p.NoFigure = &web.Empty{Title: "Aucun chiffre pour cet indicateur",
			Text:    "Il est défini, mais aucun fichier importé ne le contient encore.",
			Actions: []web.Link{{Label: "Voir les autres indicateurs", Href: "/observatoire/indicateurs"}}}
		if web.May(req, "observatoire.importer", web.Scope{}) {
			p.NoFigure.Actions = slices.Insert(p.NoFigure.Actions, 0, web.Link{Label: "Importer un fichier", Href: "/observatoire/imports"})
		}
		return exploreTemplate.Render(w, req, http.StatusOK, p)
	}
	if err := r.figures(req.Context(), s, v, &p); err != nil {
		return err
	}
	return exploreTemplate.Render(w, req, http.StatusOK, p)
}

func lead(v View) string {
	text := "Communes"
	if v.Within.Kind == territory.Country {
		text = "Départements"
	}
	text += " " + french.DeName(v.Within.Name)
	if v.Period != "" {
		text += ", " + v.Period.French()
	}
	return text + "."
}

func (r *room) choices(s *Snapshot, v View, p *explorePage) {
	for _, ind := range s.Published() {
		title := s.ThemeTitle(ind.Theme)
		if len(p.Indicators) == 0 || p.Indicators[len(p.Indicators)-1].Title != title {
			p.Indicators = append(p.Indicators, group{Title: title})
		}
		g := &p.Indicators[len(p.Indicators)-1]
		g.Options = append(g.Options, web.Option{Value: ind.Code, Label: ind.Title, Selected: ind == v.Indicator})
	}
	for _, period := range slices.Backward(s.Periods(v.Indicator.Code)) {
		p.Periods = append(p.Periods, web.Option{Value: string(period), Label: period.French(), Selected: period == v.Period})
	}
	p.Withins = r.withins(s, v)
	for _, m := range Classing {
		p.Methods = append(p.Methods, web.Option{Value: m.Code, Label: m.Label, Selected: m.Code == v.Method})
	}
	for n := leastClasses; n <= mostClasses; n++ {
		p.Numbers = append(p.Numbers, web.Option{Value: french.Int(n), Label: french.Int(n), Selected: n == v.Classes})
	}
	p.Tabs = web.Tabs{Label: "Façons de voir"}
	for _, t := range [][2]string{{"carte", "Carte"}, {"tableau", "Tableau"}, {"series", "Séries"}} {
		shown := t[0]
		if shown == "carte" {
			shown = ""
		}
		p.Tabs.Items = append(p.Tabs.Items, web.Tab{Label: t[1], Href: v.Address("/observatoire", paramShown, shown), Current: t[0] == v.Shown})
	}
	for _, d := range []web.Link{{Label: "CSV", Kind: ".csv"}, {Label: "Excel", Kind: ".xlsx"}, {Label: "JSON", Kind: ".json"},
		{Label: "GeoJSON", Kind: ".geojson"}, {Label: "Image SVG", Kind: ".svg"}, {Label: "Image PNG", Kind: ".png"}} {
		p.Downloads = append(p.Downloads, web.Link{Label: d.Label, Href: v.Address("/observatoire" + d.Kind)})
	}
	p.Definition = r.definition(s, v.Indicator)
}

// withins are the territories to choose from: the home département and its groupings, France,
// then every département.
func (r *room) withins(s *Snapshot, v View) []web.Option {
	var list []web.Option
	seen := map[territory.ID]bool{}
	add := func(t *territory.Territory) {
		if !seen[t.ID] {
			seen[t.ID] = true
			list = append(list, web.Option{Value: string(t.ID), Label: t.Name, Selected: t.ID == v.Within.ID})
		}
	}
	if home, ok := s.reg.Get(r.Home); ok {
		add(home)
	}
	for _, kind := range []territory.Kind{territory.EPT, territory.EPCI} {
		for _, t := range s.reg.In(r.Home, kind) {
			add(t)
		}
	}
	if fr, ok := s.reg.Get(territory.France); ok {
		add(fr)
	}
	if !seen[v.Within.ID] {
		add(v.Within)
	}
	for _, t := range s.reg.All(territory.Departement) {
		add(t)
	}
	return list
}

func (r *room) definition(s *Snapshot, ind *Indicator) []web.Fact {
	facts := []web.Fact{{Label: "Définition", Value: ind.Definition}, {Label: "Unité", Value: ind.Unit}}
	limits := ind.Limits
	if src, ok := s.Source(ind.Code); ok {
		facts = append(facts, web.Fact{Label: "Source", Value: src.Name + ", " + src.Licence, Href: src.URL})
		limits = strings.TrimSpace(src.Limits + " " + limits)
	}
	facts = append(facts, web.Fact{Label: "Limites", Value: limits})
	if ind.Derived() {
		facts = append(facts, web.Fact{Label: "Calcul", Value: ind.Formula})
	}
	return slices.DeleteFunc(facts, func(f web.Fact) bool { return f.Value == "" })
}

// figures draws the map, the table or the series of the view.
func (r *room) figures(ctx context.Context, s *Snapshot, v View, p *explorePage) error {
	c, err := s.Column(ctx, v.Indicator.Code, v.Period)
	if err != nil {
		return err
	}
	places := s.Places(v.Within)
	switch v.Shown {
	case "series":
		return r.lines(ctx, s, v, places, p)
	case "tableau":
		t, notes := r.table(s, v, c, places)
		p.Table, p.Remarks = &t, notes
		return nil
	}
	m, ok, err := r.drawMap(ctx, s, v, c, places)
	if err != nil {
		return err
	}
	t, notes := r.table(s, v, c, places)
	p.Remarks = notes
	if !ok {
		p.NoFigure = &web.Empty{Title: "Pas de carte pour ce territoire",
			Text:    "Ses contours ne sont pas encore importés. Le tableau ci-dessous dit la même chose.",
			Actions: []web.Link{{Label: "Importer des contours", Href: "/territoires/contours"}}}
		p.Table = &t
		return nil
	}
	f := FigureOf("carte", v.Indicator.Title+", "+v.Period.French(), m, s.Credit(v.Indicator.Code), schematic(m))
	f.Table = &t
	p.Map, p.Stock = &f, v.Indicator.Kind != Rate
	if !m.Cells {
		p.MapData = v.Address("/observatoire/carte.json")
		p.Scripts, p.Styles = append(p.Scripts, "map.js"), append(p.Styles, mapStyle)
	}
	return nil
}

func schematic(m figure.Map) string {
	text := strings.Join(m.Notes, " ")
	if m.Cells {
		text = "Carte schématique : chaque commune est un carré de même taille, placé d'après son centre ; des contours importés la remplaceraient. " + text
	}
	return strings.TrimSpace(text)
}

func (r *room) drawMap(ctx context.Context, s *Snapshot, v View, c *Column, places []*territory.Territory) (figure.Map, bool, error) {
	level := territory.DepartementDetail
	if len(places) > 400 || v.Within.Kind == territory.Country {
		level = territory.FranceDetail
	}
	shapes, err := r.Site.Places.State().Outlines.At(ctx, level)
	if err != nil {
		return figure.Map{}, false, err
	}
	m, ok := s.MapOf(c, MapRequest{Places: places, Selected: v.Towns, Classes: v.Cut(c, places), Shapes: shapes,
		Frame: figure.Frame{ID: "f-carte", Title: v.Indicator.Title, Subtitle: v.Within.Name, Bare: true, Interactive: true},
		Href:  func(id territory.ID) string { return "/territoires/" + string(id) }})
	return m, ok, nil
}

func (r *room) lines(ctx context.Context, s *Snapshot, v View, places []*territory.Territory, p *explorePage) error {
	ids := slices.Clone(v.Towns)
	if len(ids) == 0 {
		ids = append(ids, v.Within.ID)
		if v.Within.ID != territory.France {
			ids = append(ids, territory.France)
		}
	}
	chart, err := s.LinesOf(ctx, v.Indicator, ids, figure.Frame{ID: "f-series", Title: v.Indicator.Title, Bare: true, Interactive: true})
	if err != nil {
		return err
	}
	notes := strings.Join(chart.Notes, " ")
	chart.Notes = nil
	f := FigureOf("series", v.Indicator.Title, chart, s.Credit(v.Indicator.Code), notes)
	p.Lines = &f
	return nil
}

// table is the map in words: every territory, its value, its class. What there is to say of a
// value is a footnote: the same words, the same number.
func (r *room) table(s *Snapshot, v View, c *Column, places []*territory.Territory) (t web.Table, notes []string) {
	t = web.Table{ID: "valeurs", Caption: v.Indicator.Title + ", " + v.Period.French(), Columns: []web.Column{
		{Label: "Territoire"}, {Label: "Valeur", Unit: v.Indicator.Unit, Numeric: true}}}
	classed := v.Indicator.Kind == Rate
	if classed {
		t.Columns = append(t.Columns, web.Column{Label: "Classe", Numeric: true})
	}
	cut := v.Cut(c, places)
	row := func(id territory.ID, name string, total bool) web.Row {
		x := c.Of(id)
		value := web.Cell{Text: Text(v.Indicator, x), Void: !x.Known()}
		if text := remark(x); text != "" && text != value.Text {
			n := slices.Index(notes, text)
			if n < 0 {
				n, notes = len(notes), append(notes, text)
			}
			value.Text += "\u00a0(" + french.Int(n+1) + ")"
		}
		cells := []web.Cell{{Text: name, Href: "/territoires/" + string(id)}, value}
		if classed {
			class := ""
			if x.Known() && !total {
				class = french.Int(cut.Of(x.Number)+1) + " sur " + french.Int(cut.Len())
			}
			cells = append(cells, web.Cell{Text: class})
		}
		return web.Row{Total: total, Current: slices.Contains(v.Towns, id), Cells: cells}
	}
	for _, place := range places {
		t.Rows = append(t.Rows, row(place.ID, place.Name, false))
	}
	t.Rows = append(t.Rows, row(v.Within.ID, v.Within.Name, true))
	if v.Within.ID != territory.France {
		t.Rows = append(t.Rows, row(territory.France, "France", true))
	}
	return t, notes
}

// remark says what a value is, when it is not simply observed.
func remark(v Value) string {
	if v.State == Observed && v.Note == "" {
		return ""
	}
	label := v.State.Label()
	if v.Note == "" || !v.Known() && label == v.Note {
		return label
	}
	if label == "" {
		return v.Note
	}
	return label + " : " + v.Note
}
