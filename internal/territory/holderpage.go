// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

var holdersTemplate = web.NewTemplate[holdersPage](pageFiles, "pages/competences.html", "pages/parts.html")

type holdersPage struct {
	web.Page
	ID      ID
	On      web.Field
	Day     clock.Date
	Stats   []web.Stat
	Table   *web.Table
	Steps   []web.Step
	Empty   *web.Empty
	Manage  string // where transfers are recorded
	Sources []web.Source
}

// law is who holds what when nothing was transferred.
const law = "La commune est autorité organisatrice de l'accueil du jeune enfant ; elle peut transférer ses quatre compétences, " +
	"toutes ou une par une, à un EPCI ou à un syndicat (article L. 214-1-3 du code de l'action sociale et des familles)."

// holding of a body on a day, as the grid of its communes shows it.
type grid struct {
	body     *Territory
	day      clock.Date
	communes []*Territory
	cells    map[ID]map[Competence]Holding // what each commune gave, to whom
}

// grid brings together the communes of a body, or those that transferred something to it.
func (p *pages) grid(body *Territory, day clock.Date) grid {
	reg, s := p.room.Registry, p.room.State()
	g := grid{body: body, day: day, cells: map[ID]map[Competence]Holding{}}
	seen := map[ID]bool{}
	add := func(id ID) {
		if t, ok := reg.Get(id); ok && !seen[id] {
			seen[id] = true
			g.communes = append(g.communes, t)
		}
	}
	switch body.Kind {
	case EPCI, EPT:
		for _, id := range reg.Members(body.ID, day) {
			add(id)
		}
	case Departement, Collectivite:
		for _, t := range reg.In(body.ID, Commune) {
			add(t.ID)
		}
	}
	for _, h := range s.ReceivedBy(body.ID) {
		if h.On(day) {
			add(h.Commune)
		}
	}
	for _, t := range g.communes {
		for _, c := range Competences() {
			if _, h := s.Holder(t.ID, c, day); h != nil {
				if g.cells[t.ID] == nil {
					g.cells[t.ID] = map[Competence]Holding{}
				}
				g.cells[t.ID][c] = *h
			}
		}
	}
	slices.SortFunc(g.communes, func(a, b *Territory) int { return french.Compare(a.Name, b.Name) })
	return g
}

// headcounts is the population that counts for a body, by competence: that of the communes that
// transferred it (CASF L. 214-1-3, III).
type headcounts struct {
	communes, people, unknown int
	years                     []int
}

func (g grid) counts(reg *Registry, c Competence) headcounts {
	var n headcounts
	for _, t := range g.communes {
		h, ok := g.cells[t.ID][c]
		if !ok || h.Holder != g.body.ID {
			continue
		}
		n.communes++
		p, ok := reg.TotalPopulation(t.ID, g.day)
		if !ok {
			n.unknown++
			continue
		}
		n.people += p.Total
		if !slices.Contains(n.years, p.Year) {
			n.years = append(n.years, p.Year)
		}
	}
	slices.Sort(n.years)
	return n
}

// when is the years of the populations added up: "2023", "2022 et 2023".
func (n headcounts) when() string {
	var years []string
	for _, y := range n.years {
		years = append(years, strconv.Itoa(y))
	}
	return enumerate(years)
}

// holdersOf reads the territory and the day of an address.
func (p *pages) holdersOf(req *http.Request) (*Territory, clock.Date, error) {
	t, err := p.known(ID(req.PathValue("id")))
	if err != nil {
		return nil, clock.Date{}, err
	}
	if !slices.Contains([]Kind{Commune, EPCI, EPT, Syndicat, Departement, Collectivite}, t.Kind) {
		return nil, clock.Date{}, web.NotFound("Les compétences se regardent pour une commune, un EPCI, un EPT, un syndicat ou un département.")
	}
	day := clock.On(p.site.Now())
	if text := req.URL.Query().Get("date"); text != "" {
		if day, err = clock.ParseDate(text); err != nil {
			return nil, day, web.Invalid(map[string]string{"date": err.Error()})
		}
	}
	return t, day, nil
}

func (p *pages) holders(w http.ResponseWriter, req *http.Request) error {
	t, day, err := p.holdersOf(req)
	if err != nil {
		return err
	}
	page := p.newHoldersPage(t, day, req.URL.Query().Get("date"), web.May(req, "territoire.titulaires", web.Scope{Territory: string(t.ID)}))
	if t.Kind == Commune {
		p.fillCommune(&page, t, day)
	} else {
		p.fillGrid(&page, p.grid(t, day))
	}
	return holdersTemplate.Render(w, req, http.StatusOK, page)
}

func (p *pages) newHoldersPage(t *Territory, day clock.Date, asked string, manage bool) holdersPage {
	base := "/territoires/" + string(t.ID)
	query := ""
	if asked != "" {
		query = "?date=" + day.String()
	}
	page := holdersPage{ID: t.ID, Day: day, Sources: p.sources(), Page: web.Page{
		Title: "Compétences " + french.DeName(t.Name), Nav: "territoires", Crumbs: p.crumbs(t),
		Heading: "Qui exerce les compétences " + french.DeName(t.Name), Lead: law,
		Description: "Qui exerce les quatre compétences de l'autorité organisatrice de l'accueil du jeune enfant, depuis quand et par quelle décision.",
		Downloads: []web.Link{{Label: "CSV", Href: base + "/competences.csv" + query}, {Label: "Excel", Href: base + "/competences.xlsx" + query},
			{Label: "JSON", Href: base + "/competences.json" + query}}},
		On: web.Field{Name: "date", Label: "Situation au", Type: "date", Value: day.String(), Required: true}}
	switch t.Kind {
	case Commune:
		page.Heading = "Qui exerce les compétences de la petite enfance " + french.AName(t.Name)
	case EPCI, EPT, Syndicat:
		page.Heading = "Compétences de la petite enfance transférées à " + t.Name
		page.Title = "Compétences transférées à " + t.Name
	default:
		page.Heading = "Qui exerce les compétences de la petite enfance : " + t.Name
	}
	if t.Kind != Departement && t.Kind != Collectivite && manage {
		page.Manage = base + "/competences/gestion"
	}
	return page
}

func (p *pages) crumbs(t *Territory) []web.Crumb {
	list := []web.Crumb{{Label: "Territoires", Href: "/territoires"}}
	if d, ok := p.room.Registry.Get(t.Departement); ok && d.ID != t.ID {
		list = append(list, web.Crumb{Label: d.Name, Href: "/territoires/" + string(d.ID)})
	}
	if t.Kind == Syndicat {
		return append(list, web.Crumb{Label: "Syndicats", Href: "/territoires/syndicats"})
	}
	return append(list, web.Crumb{Label: t.Name, Href: "/territoires/" + string(t.ID)})
}

func (p *pages) fillCommune(page *holdersPage, t *Territory, day clock.Date) {
	s := p.room.State()
	if !t.Current() {
		page.Notices = append(page.Notices, web.Notice{Kind: web.Info, Text: p.room.Registry.became(t.ID)})
	}
	table := &web.Table{ID: "competences", Caption: "Les quatre compétences, le " + day.French(), Stack: true, Columns: []web.Column{
		{Label: "Compétence"}, {Label: "Exercée par"}, {Label: "Depuis"}, {Label: "Décision"}}}
	for _, c := range Competences() {
		row := web.Row{Cells: []web.Cell{{Text: c.Label()}, {Text: "La commune"}, {Text: "–"}, {Text: "–"}}}
		if holder, h := s.Holder(t.ID, c, day); h != nil {
			row.Cells[1] = web.Cell{Text: p.room.Name(holder), Href: "/territoires/" + string(holder) + "/competences"}
			row.Cells[2] = web.Cell{Text: h.From.French()}
			if !h.To.IsZero() {
				row.Cells[2].Note = "jusqu'au " + h.To.French()
			}
			row.Cells[3] = web.Cell{Text: h.Proof}
		}
		table.Rows = append(table.Rows, row)
	}
	page.Table = table
	page.Steps = p.steps(s.GivenBy(t.ID), day, func(h Holding) string { return p.room.Name(h.Holder) })
}

// steps tells transfers over time, the latest first.
func (p *pages) steps(list []Holding, day clock.Date, to func(Holding) string) []web.Step {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Holding) int { return b.From.Compare(a.From) })
	var steps []web.Step
	for _, h := range list {
		step := web.Step{Date: capital(h.Period()), ISO: h.From.String(), Title: h.Competence.Label() + " : transférée à " + to(h),
			Text: h.Proof, Current: h.On(day)}
		switch {
		case h.On(day):
			step.Badge = web.Badge{Kind: web.Success, Text: "En vigueur"}
		case h.From.After(day):
			step.Badge = web.Badge{Kind: web.Pending, Text: "À venir"}
		default:
			step.Badge = web.Badge{Kind: web.Neutral, Text: "Terminé"}
		}
		steps = append(steps, step)
	}
	return steps
}

func (p *pages) fillGrid(page *holdersPage, g grid) {
	receives := g.body.Kind == EPCI || g.body.Kind == EPT || g.body.Kind == Syndicat
	if receives {
		page.Stats = p.countStats(g)
	}
	if len(g.communes) == 0 {
		page.Empty = &web.Empty{Title: "Aucune compétence transférée à cette date",
			Text: "Aucune commune n'a transféré de compétence à « " + g.body.Name + " » le " + g.day.French() + "."}
		if page.Manage != "" {
			page.Empty.Actions = []web.Link{{Label: "Enregistrer un transfert", Href: page.Manage}}
		}
		return
	}
	page.Table = p.gridTable(g, receives)
}

// countStats are the population that counts for each competence.
func (p *pages) countStats(g grid) []web.Stat {
	var stats []web.Stat
	for _, c := range Competences() {
		n := g.counts(p.room.Registry, c)
		s := web.Stat{Label: c.Short(), Value: french.Int(n.people), Unit: "habitants", Note: french.Plural(n.communes, "commune", "communes"),
			When: "population totale " + n.when(), Source: "Insee"}
		switch {
		case n.communes == 0:
			s.Void, s.Value, s.Unit, s.Note, s.When, s.Source = true, "Non transférée", "", "", "", ""
		case n.unknown > 0:
			s.Note += fmt.Sprintf(", dont %d de population totale inconnue, non comptée", n.unknown)
		}
		stats = append(stats, s)
	}
	return stats
}

func (p *pages) gridTable(g grid, receives bool) *web.Table {
	t := &web.Table{ID: "communes", Caption: "Qui exerce chaque compétence, commune par commune, le " + g.day.French(),
		Columns: []web.Column{{Label: "Commune"}, {Label: "Population totale", Numeric: true}}}
	for _, c := range Competences() {
		t.Columns = append(t.Columns, web.Column{Label: c.Short()})
	}
	for _, commune := range g.communes {
		row := web.Row{Cells: []web.Cell{{Text: commune.Name, Href: "/territoires/" + string(commune.ID) + "/competences"}, {Text: "non connue", Void: true}}}
		if n, ok := p.room.Registry.TotalPopulation(commune.ID, g.day); ok {
			row.Cells[1] = web.Cell{Text: french.Int(n.Total), Note: strconv.Itoa(n.Year)}
		}
		for _, c := range Competences() {
			row.Cells = append(row.Cells, p.gridCell(g, commune, c))
		}
		t.Rows = append(t.Rows, row)
	}
	if receives {
		total := web.Row{Total: true, Cells: []web.Cell{{Text: "Population qui compte"}, {}}}
		for _, c := range Competences() {
			n := g.counts(p.room.Registry, c)
			if n.communes == 0 {
				total.Cells = append(total.Cells, web.Cell{Text: "–"})
				continue
			}
			total.Cells = append(total.Cells, web.Cell{Text: french.Int(n.people), Note: french.Plural(n.communes, "commune", "communes")})
		}
		t.Rows = append(t.Rows, total)
	}
	return t
}

func (p *pages) gridCell(g grid, commune *Territory, c Competence) web.Cell {
	h, given := g.cells[commune.ID][c]
	switch {
	case !given:
		return web.Cell{Text: "La commune"}
	case h.Holder == g.body.ID:
		return web.Cell{Badge: web.Badge{Kind: web.Success, Text: "Transférée"}, Note: h.Period()}
	}
	return web.Cell{Text: p.room.Name(h.Holder), Href: "/territoires/" + string(h.Holder) + "/competences", Note: h.Period()}
}

// capital puts a capital on the first letter.
func capital(s string) string {
	for i, c := range s {
		return strings.ToUpper(string(c)) + s[i+len(string(c)):]
	}
	return s
}
