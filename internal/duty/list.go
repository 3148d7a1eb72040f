// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// listPage is the duties of a département's towns, side by side.
type listPage struct {
	web.Page
	Filters       []web.Field
	Stats         []web.Stat
	Announcements []announcementLine
	Many          bool // announcements: too many to come before the towns
	Towns         int
	Order, ToDo   string
	Grid          *web.Table // nil when the parameters are wrong
	Holders       *web.Table // nil when there is none
	NoHolder      web.Empty
	Own           *web.Table
	Readings      []string
	Nation, Rules string // addresses
}

// announcementLine is an announcement with the way to its territory.
type announcementLine struct {
	Name, Href, Sentence, Method string
	Badge                        web.Badge
}

// fewAnnouncements is how many can be read before the table without hiding it.
const fewAnnouncements = 3

var listTemplate = web.NewTemplate[listPage](pageFiles, "pages/list.html", "pages/parts.html")

func (h *handlers) list(w http.ResponseWriter, r *http.Request) error {
	a, err := h.ask(r, h.clock(), paramDepartement, paramTerritoire, paramDate, paramOrder)
	switch {
	case err != nil:
		return err
	case !a.form.Valid():
		return listTemplate.Render(w, r, http.StatusBadRequest, h.wrongList(a))
	case a.territoire != "":
		return web.Redirect(w, r, a.town(string(a.territoire)))
	case a.departement == territory.France:
		return h.national(w, r, a)
	}
	o, ok := h.Overview(a.departement, a.date)
	if !ok {
		return web.NotFound("Ce département n'est pas connu.")
	}
	return listTemplate.Render(w, r, http.StatusOK, h.listPage(a, o))
}

// listFile answers the machine twins of the list, and the API, which is its JSON.
func (h *handlers) listFile(w http.ResponseWriter, r *http.Request) error {
	a, err := h.ask(r, h.clock(), paramDepartement, paramTerritoire, paramDate, paramOrder)
	if err != nil {
		return err
	}
	if a.territoire != "" && a.form.Text(paramDepartement) != "" {
		a.form.Fail(paramTerritoire, "Donnez un territoire ou un département, pas les deux.")
	}
	if err := a.problem(); err != nil {
		return err
	}
	_, ext := suffix(r.URL.Path)
	switch {
	case a.territoire != "":
		return h.sendTown(w, r, a.territoire, a, cmp.Or(ext, ".json"))
	case a.departement == territory.France:
		return h.sendNation(w, r, a, cmp.Or(ext, ".json"))
	}
	return h.sendList(w, r, a, cmp.Or(ext, ".json"))
}

func (h *handlers) sendList(w http.ResponseWriter, r *http.Request, a asked, ext string) error {
	o, ok := h.Overview(a.departement, a.date)
	if !ok {
		return web.NotFound("Ce département n'est pas connu.")
	}
	name := "obligations-" + strings.ToLower(o.Departement.ID) + "-" + a.date.String()
	switch ext {
	case ".csv":
		return sendCSV(w, r, name, ExportHeader, ExportRows(o.All()))
	case ".xlsx":
		about := o.Departement.Name + " (" + o.Departement.ID + ") : ses communes, puis les groupements qui agissent pour elles."
		return sendXLSX(w, r, name, workbook(o.All(), a.date, about))
	}
	return web.JSON(w, r, listJSON(o))
}

// filters are the controls above a list, with what was typed and its errors.
func (h *handlers) filters(a asked) []web.Field {
	departement := web.Field{Name: paramDepartement, Label: "Département", Type: "select", Required: true, Value: string(a.departement),
		Options: []web.Option{{Value: string(territory.France), Label: "Toute la France (comptes)"}}}
	known := slices.Clone(h.Places.Registry.All(territory.Departement))
	slices.SortFunc(known, func(x, y *territory.Territory) int { return cmp.Compare(x.ID, y.ID) })
	for _, d := range known {
		departement.Options = append(departement.Options, web.Option{Value: string(d.ID), Label: string(d.ID) + " – " + d.Name})
	}
	order := web.Field{Name: paramOrder, Label: "Ordre des communes", Type: "select", Required: true, Value: a.order,
		Options: []web.Option{{Value: byHelp, Label: "Où proposer un appui"}, {Value: byName, Label: "Alphabétique"}}}
	date := web.Field{Name: paramDate, Label: "À la date du", Type: "date", Required: true, Value: a.date.String(),
		Min: firstDate.String(), Max: lastDate.String()}
	fields := []web.Field{a.asTyped(departement), a.asTyped(date)}
	if a.departement == territory.France {
		return fields // nothing to put in order
	}
	return append(fields, a.asTyped(order))
}

// wrongList shows the controls again, each with what was typed and what is wrong.
func (h *handlers) wrongList(a asked) listPage {
	p := listPage{Page: web.Page{Title: "Obligations", Nav: section, Robots: "noindex"}, Filters: h.filters(a)}
	problem := web.Notice{Kind: web.Danger, Title: "Cette adresse contient une valeur qui n'a pas été comprise"}
	for _, name := range []string{paramDepartement, paramTerritoire, paramDate, paramOrder} {
		if message := a.form.Errors[name]; message != "" {
			problem.Items = append(problem.Items, paramError(name, message))
		}
	}
	p.Notices = []web.Notice{problem}
	return p
}

func (h *handlers) listPage(a asked, o Overview) listPage {
	dep := o.Departement
	p := listPage{
		Page: web.Page{Title: "Obligations : " + dep.Name, Nav: section, Lead: o.Tally.Sentence(a.date),
			Description: "Ce que la loi demande aux communes de ce département pour l'accueil du jeune enfant, et où elles en sont.",
			Crumbs:      []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: dep.Name, Href: "/territoires/" + dep.ID}},
			Downloads:   downloads(a, "/obligations", paramDepartement, dep.ID)},
		Filters: h.filters(a), Stats: tallyStats(o.Tally, onDate(a.date)), Towns: len(o.Towns), Order: HelpOrder, ToDo: toDoNote,
		Readings: []string{PopulationNote, CountingNote},
		Nation:   a.link("/obligations", paramDepartement, string(territory.France)), Rules: "/obligations/regles",
		NoHolder: web.Empty{Title: "Aucune compétence transférée",
			Text: "À cette date, aucun transfert à une intercommunalité, à un établissement public territorial ou à un syndicat n'est enregistré : " +
				"chaque commune agit pour elle-même. Un transfert s'enregistre sur la page de la commune."},
	}
	towns := o.Towns
	if a.order == byHelp {
		towns = OrderByHelp(o.Towns, a.date)
	} else {
		p.Order = "Ordre alphabétique."
	}
	g := grid("grille", "Communes de "+dep.Name+" et leurs obligations, "+onDate(a.date), towns, a.date, a.town)
	p.Grid = &g
	if len(o.Holders) > 0 {
		t := holdersTable(o.Holders, a.date, a.town)
		p.Holders = &t
	}
	own := summaryTable("propres", "Ce que la loi demande au niveau départemental, "+onDate(a.date), o.Own.Duties, a.date, a.town(dep.ID))
	p.Own = &own
	for _, n := range o.Announcements {
		p.Announcements = append(p.Announcements, lineOf(n.Territory, n.Announcement, a.town(n.Territory.ID)))
	}
	p.Many = len(p.Announcements) > fewAnnouncements
	return p
}

func lineOf(t Territory, n Announcement, href string) announcementLine {
	return announcementLine{Name: t.Name, Href: href, Sentence: n.Sentence, Method: n.Method, Badge: n.Kind.Badge()}
}

// summaryTable is one line a duty: its state and its next date.
func summaryTable(id, caption string, duties []Duty, date clock.Date, href string) web.Table {
	t := web.Table{ID: id, Caption: caption, Quiet: true, Stack: true,
		Columns: []web.Column{{Label: "Obligation"}, {Label: "État"}, {Label: "Prochaine date"}}}
	for _, d := range duties {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: d.Rule.Title, Href: href + "#" + d.Rule.Code},
			{Badge: d.State.Badge()}, dateCell([]Duty{d}, date)}})
	}
	return t
}
