// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"fmt"
	"net/http"
	"strconv"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

var listTemplate = web.NewTemplate[listPage](pageFiles, "pages/territoires.html", "pages/parts.html")

type listPage struct {
	web.Page
	Search      string
	Departement web.Field
	Kind        web.Field
	Filtered    bool
	Close       []web.Link // what may have been meant
	Found       bool       // something was found as it was typed
	Parts       []listPart
	Pager       web.Pager
	Empty       *web.Empty
	Sources     []web.Source
	Doors       []web.Link
}

// listPart is a table under its heading.
type listPart struct {
	Title string
	Table web.Table
}

// pageSize is the number of lines of a page of the list: the home département fits in one.
const pageSize = 100

func (p *pages) list(w http.ResponseWriter, req *http.Request) error {
	v := req.URL.Query()
	q, err := p.room.readListing(v)
	if err != nil {
		return err
	}
	home, rest := p.parts(q)
	found := append(home, rest...)
	if l, ok := q.exact(found); ok {
		return web.Redirect(w, req, l.href())
	}
	page := p.newListPage(q)
	if len(found) == 0 {
		page.Empty = p.nothing(q)
		return listTemplate.Render(w, req, http.StatusOK, page)
	}
	n, last := pageOf(v.Get("page"), len(found), pageSize)
	count := p.countOf(q, len(found))
	page.Pager = pagerOf(q, n, last, count)
	from, to := (n-1)*pageSize, min(n*pageSize, len(found))
	if cut := max(from, min(to, len(home))); cut > from && cut < to {
		name := p.room.Name(p.room.Home)
		page.Parts = []listPart{{name + " : " + p.countOf(q, len(home)), p.listTable("ici", name, found[from:cut])},
			{"Ailleurs en France : " + p.countOf(q, len(rest)), p.listTable("ailleurs", "Ailleurs en France", found[cut:to])}}
	} else {
		page.Parts = []listPart{{count, p.listTable("territoires", "Territoires", found[from:to])}}
	}
	page.Close, page.Found = p.closest(found)
	return listTemplate.Render(w, req, http.StatusOK, page)
}

// parts are the answers to a listing, those of the home apart when there is no search.
func (p *pages) parts(q listing) (home, rest []listed) {
	if q.text != "" || q.departement != "" {
		return nil, p.room.find(q)
	}
	return p.room.list(q)
}

// closest are the names that may have been meant, unless what was typed was found often enough.
func (p *pages) closest(found []listed) (links []web.Link, asTyped bool) {
	n := 0
	for _, l := range found {
		switch {
		case !l.close:
			n++
		case len(links) < 3:
			links = append(links, web.Link{Label: l.Name, Href: l.href(), Note: p.where(l.Territory)})
		}
	}
	return links, n > 0
}

func (p *pages) newListPage(q listing) listPage {
	page := listPage{Page: web.Page{Title: "Territoires", Nav: "territoires", Query: q.text,
		Lead:        "Toutes les communes de France, leurs intercommunalités, départements et régions, avec leur population et leurs codes officiels.",
		Description: "Communes, EPCI, EPT, départements et régions de France : codes officiels, SIREN, populations, histoire depuis 2021.",
		Downloads: []web.Link{{Label: "CSV", Href: q.address("/territoires.csv")}, {Label: "Excel", Href: q.address("/territoires.xlsx")},
			{Label: "JSON", Href: q.address("/territoires.json")}}},
		Search:   q.text,
		Filtered: q != listing{}, Sources: p.sources(),
	}
	if q.text != "" {
		page.Title, page.Robots = "Territoires : « "+q.text+" »", "noindex"
		page.Heading = "Territoires"
	}
	page.Departement = web.Field{Name: "departement", Label: "Département", Type: "select", Value: string(q.departement),
		Options: p.departementOptions("Toute la France")}
	page.Kind = web.Field{Name: "type", Label: "Type", Type: "select", Value: string(q.kind), Options: []web.Option{{Label: "Tous les types"}}}
	for _, k := range []Kind{Commune, EPT, EPCI, Departement, Region, Syndicat} {
		_, many := k.noun()
		page.Kind.Options = append(page.Kind.Options, web.Option{Value: string(k), Label: capital(many)})
	}
	page.Doors = []web.Link{
		{Label: "Qui exerce les quatre compétences", Href: "/territoires/" + string(p.room.Home) + "/competences"},
		{Label: "Les syndicats enregistrés", Href: "/territoires/syndicats"},
		{Label: "Les contours utilisés sur les cartes", Href: "/territoires/contours"},
	}
	return page
}

// departementOptions puts the home first, then all by code.
func (p *pages) departementOptions(none string) []web.Option {
	var options []web.Option
	if none != "" {
		options = []web.Option{{Label: none}}
	}
	add := func(t *Territory) {
		options = append(options, web.Option{Value: string(t.ID), Label: string(t.ID) + " – " + t.Name})
	}
	if home, ok := p.room.Registry.Get(p.room.Home); ok {
		add(home)
	}
	for _, d := range p.room.Registry.departements() {
		if d.ID != p.room.Home {
			add(d)
		}
	}
	return options
}

// where places a territory in a few words: « Commune, Seine-Saint-Denis ».
func (p *pages) where(t *Territory) string {
	text := t.Kind.title()
	if !t.Current() {
		text = "Ancienne commune"
		if t.Kind != Commune {
			text = "Ancien " + t.Kind.title()
		}
	}
	if d, ok := p.room.Registry.Get(t.Departement); ok && d.ID != t.ID {
		text += ", " + d.Name
	}
	return text
}

// countOf is « 39 communes », or how many were found.
func (p *pages) countOf(q listing, n int) string {
	one, many := "territoire", "territoires"
	if q.kind != "" {
		one, many = q.kind.noun()
	}
	if q.text != "" && n >= searchDepth {
		return fmt.Sprintf("plus de %s ; précisez la recherche", french.Plural(searchDepth, one, many))
	}
	return french.Plural(n, one, many)
}

func pagerOf(q listing, n, last int, total string) web.Pager {
	at := func(k int) string {
		if k == 1 {
			return q.address("/territoires")
		}
		return q.address("/territoires", "page", strconv.Itoa(k))
	}
	pager := web.Pager{Page: n, Pages: last, Total: total}
	if n > 1 {
		pager.Previous = at(n - 1)
	}
	if n > 2 {
		pager.First = at(1)
	}
	if n < last {
		pager.Next = at(n + 1)
	}
	if n < last-1 {
		pager.Last = at(last)
	}
	return pager
}

// nothing says what to do when a search or a filter finds nothing.
func (p *pages) nothing(q listing) *web.Empty {
	e := &web.Empty{Title: "Aucun territoire ne correspond"}
	switch {
	case q.text != "" && (q.departement != "" || q.kind != ""):
		e.Text = fmt.Sprintf("Rien ne correspond à « %s » avec ces filtres.", q.text)
		e.Actions = []web.Link{{Label: "Chercher sans les filtres", Href: listing{text: q.text}.address("/territoires")}}
	case q.text != "":
		e.Text = fmt.Sprintf("Rien ne correspond à « %s ». Essayez le début du nom, le code Insee, le code postal ou le numéro SIREN.", q.text)
		e.Actions = []web.Link{{Label: "Voir tous les territoires", Href: "/territoires"}}
	case q.kind == Syndicat:
		e.Title = "Aucun syndicat n'est enregistré"
		e.Text = "Les syndicats ne figurent pas dans les listes officielles : on les enregistre ici quand une commune leur transfère une compétence."
		e.Actions = []web.Link{{Label: "Les syndicats", Href: "/territoires/syndicats"}}
	default:
		e.Text = "Aucun territoire de ce type dans ce département."
		e.Actions = []web.Link{{Label: "Voir tous les territoires", Href: "/territoires"}}
	}
	return e
}

func (p *pages) listTable(id, where string, list []listed) web.Table {
	// On a phone the name stays in sight and the population comes first: cards would make a
	// page of a hundred territories endless.
	t := web.Table{ID: id, Caption: where + " : codes et populations", Quiet: true, Columns: []web.Column{
		{Label: "Territoire"}, {Label: "Population totale", Numeric: true}, {Label: "Année", Numeric: true}, {Label: "Type"}, {Label: "Code"}, {Label: "Département"}}}
	day := clock.On(p.site.Now())
	for _, l := range list {
		kind := l.Kind.title()
		if !l.Current() {
			kind = "Jusqu'au " + l.To.AddDays(-1).French()
		}
		row := web.Row{Cells: []web.Cell{{Text: l.Name, Href: l.href(), Note: l.why}, {Text: "non connue", Void: true}, {},
			{Text: kind}, {Text: l.Code}, {Text: p.departementOf(l.Territory)}}}
		if n, ok := p.room.Registry.headcount(l.Territory, day); ok {
			row.Cells[1], row.Cells[2] = web.Cell{Text: french.Int(n.Total)}, web.Cell{Text: strconv.Itoa(n.Year)}
			if !n.TotalKnown {
				row.Cells[1] = web.Cell{Text: french.Int(n.Municipal), Note: "municipale"}
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (p *pages) departementOf(t *Territory) string {
	d, ok := p.room.Registry.Get(t.Departement)
	if !ok || d.ID == t.ID {
		return ""
	}
	return string(d.ID) + " " + d.Name
}

func (p *pages) sources() []web.Source {
	return []web.Source{{Name: "Code officiel géographique et populations de référence", Producer: "Insee", Licence: "Licence Ouverte 2.0",
		Vintage: "paquets @etalab/decoupage-administratif", Note: "La population totale est celle que la loi retient pour ses seuils ; " +
			"l'année est celle du recensement, en vigueur trois ans plus tard."}}
}
