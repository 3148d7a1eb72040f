// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// townPage is what the law asks of one territory, what is done and what comes next.
type townPage struct {
	web.Page
	ID                 string
	Done               *doneNotice
	Gone               *web.Empty // the commune no longer exists on that date; nothing else is shown
	DateForm           []web.Field
	Index              web.Table
	Announcements      []announcementLine
	Groups             []cardGroup
	Others             web.Table
	Facts              []web.Fact
	Competences        []web.Fact
	CompetenceNote     string
	Timeline           []web.Step
	CTGs               []ctgCard
	NewCTG             string // address, empty when a convention changes nothing here
	Taken              []takenOut
	Members            *web.Table
	MembersTitle       string
	Readings           []string
	Sources            []web.Source
	List, Sheet, Rules string // addresses
}

// cardGroup is a section of cards.
type cardGroup struct {
	ID, Title, Text string
	Cards           []card
}

var townTemplate = web.NewTemplate[townPage](pageFiles, "pages/town.html", "pages/parts.html")

func (h *handlers) town(w http.ResponseWriter, r *http.Request) error {
	id, _, err := h.place(r)
	if err != nil {
		return err
	}
	a, err := h.ask(r, h.clock(), paramDate, "fait", "id")
	if err != nil {
		return err
	}
	if _, ext := suffix(r.PathValue("id")); ext != "" {
		return h.sendTown(w, r, id, a, ext)
	}
	status := http.StatusOK
	if !a.form.Valid() { // today is shown, with the error beside the control
		status, a.date = http.StatusBadRequest, a.today
	}
	return townTemplate.Render(w, r, status, h.townPage(id, a))
}

func (h *handlers) townAPI(w http.ResponseWriter, r *http.Request) error {
	id, _, err := h.place(r)
	if err != nil {
		return err
	}
	a, err := h.ask(r, h.clock(), paramDate)
	if err != nil {
		return err
	}
	return h.sendTown(w, r, id, a, ".json")
}

func (h *handlers) sendTown(w http.ResponseWriter, r *http.Request, id territory.ID, a asked, ext string) error {
	if err := a.problem(); err != nil {
		return err
	}
	if heirs := h.heirs(id, a.date); heirs != "" {
		return web.NotFound("Cette commune n'existe plus " + onDate(a.date) + " : voyez " + heirs + ".")
	}
	town, facts, _ := h.Town(id, a.date)
	name := "obligations-" + strings.ToLower(string(id)) + "-" + a.date.String()
	switch ext {
	case ".csv":
		return sendCSV(w, r, name, ExportHeader, ExportRows([]Town{town}))
	case ".xlsx":
		return sendXLSX(w, r, name, workbook([]Town{town}, a.date, town.Territory.Name+" ("+string(id)+")."))
	}
	return web.JSON(w, r, townJSON(town, Announce(h.Rules, facts, a.date), a.date))
}

// heirs names what a commune became, when it no longer exists on a date; "" otherwise.
func (h *handlers) heirs(id territory.ID, date clock.Date) string {
	t, ok := h.Places.Registry.Get(id)
	if !ok || t.To.IsZero() || date.Before(t.To) {
		return ""
	}
	return h.bodies(h.Places.Registry.Successors(id))
}

func (h *handlers) townPage(id territory.ID, a asked) townPage {
	town, facts, _ := h.Town(id, a.date)
	name := town.Territory.Name
	p := townPage{ID: string(id), Page: web.Page{Title: titleOf(town.Territory), Nav: section,
		Description: "Ce que la loi demande pour l'accueil du jeune enfant, pour quand et pourquoi.",
		Crumbs:      []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Obligations", Href: a.link("/obligations")}, {Label: name, Href: "/territoires/" + string(id)}},
		Downloads:   downloads(a, "/obligations/"+string(id))},
		DateForm: []web.Field{a.asTyped(web.Field{Name: paramDate, Label: "À la date du", Type: "date", Required: true,
			Value: a.date.String(), Min: firstDate.String(), Max: lastDate.String()})},
		Rules: "/obligations/regles", Sheet: "/territoires/" + string(id)}
	if t, ok := h.Places.Registry.Get(id); ok && t.Departement != "" {
		p.List = a.link("/obligations", paramDepartement, string(t.Departement))
		p.Crumbs[1].Href = p.List
	}
	if heirs := h.heirs(id, a.date); heirs != "" {
		p.gone(h.Places.Registry, id, a)
		return p
	}
	announcements := Announce(h.Rules, facts, a.date)
	p.Lead = leadOf(town, a.date)
	p.Done = h.doneNotice(id, a)
	p.Index = indexTable(town, a.date)
	for _, n := range announcements {
		p.Announcements = append(p.Announcements, lineOf(town.Territory, n, ""))
	}
	p.Groups, p.Others = h.cards(id, town, a)
	p.Facts, p.Competences = h.identity(facts, a), h.competences(facts, a)
	p.CompetenceNote = competenceNote(facts.Territory.Kind)
	p.Timeline = stepsOf(moments(h.Rules, facts, town.Duties, announcements, a.date), a.date)
	p.conventions(h, id, town)
	p.Taken = h.takenOut(id)
	p.members(h, id, a)
	p.Readings = []string{PopulationNote, CountingNote}
	p.Sources = sourcesOf(town.Duties)
	return p
}

func titleOf(t Territory) string {
	if t.Kind == Departement || t.Kind == Syndicat {
		return "Obligations : " + t.Name
	}
	return "Obligations " + french.DeName(t.Name)
}

// gone says what became of a commune and where to look.
func (p *townPage) gone(reg *territory.Registry, id territory.ID, a asked) {
	t, _ := reg.Get(id)
	e := web.Empty{Title: t.Name + " n'existe plus comme commune " + onDate(a.date)}
	for _, event := range reg.Events(id) {
		e.Text = event.Sentence
	}
	for _, heir := range reg.Successors(id) {
		if s, ok := reg.Get(heir); ok {
			e.Actions = append(e.Actions, web.Link{Label: "Voir les obligations " + french.DeName(s.Name), Href: a.town(string(heir))})
		}
	}
	e.Actions = append(e.Actions, web.Link{Label: "Voir ce qui valait la veille, le " + t.To.AddDays(-1).French(),
		Href: "/obligations/" + string(id) + "?date=" + t.To.AddDays(-1).String()})
	p.Gone, p.Downloads = &e, nil
}

// leadOf is the answer in one sentence: how many duties, how many steps left, what comes next.
func leadOf(t Town, date clock.Date) string {
	bound := Applying(t.Duties)
	open := 0
	for _, d := range bound {
		if d.State.Open() {
			open++
		}
	}
	s := fmt.Sprintf("%s : %s", capital(onDate(date)), french.Plural(len(bound), "obligation s'applique", "obligations s'appliquent"))
	switch {
	case len(bound) == 0:
		s = fmt.Sprintf("%s, aucune obligation ne s'applique.", capital(onDate(date)))
	case open == 0:
		s += ", et rien n'est en attente."
	default:
		s += fmt.Sprintf(", %s.", french.Plural(open, "étape reste à faire ou à enregistrer", "étapes restent à faire ou à enregistrer"))
	}
	if next, ok := NextDate(t.Duties, date); ok {
		s += fmt.Sprintf(" Prochaine date : le %s, %s.", next.Due.French(), Countdown(date, next.Due))
	}
	return s
}

// indexTable is the page in one screen: what applies or is to come, its state, the next step.
func indexTable(t Town, date clock.Date) web.Table {
	table := web.Table{ID: "en-bref", Caption: "En bref, " + onDate(date), Quiet: true, Stack: true,
		Columns: []web.Column{{Label: "Obligation"}, {Label: "État"}, {Label: "Prochaine date"}, {Label: "Le plus court prochain pas"}}}
	for _, d := range t.Duties {
		if !shown(d) {
			continue
		}
		next := web.Cell{Text: web.Unbreakable(d.NextStep)}
		if d.NextStep == "" {
			next = web.Cell{Text: "rien pour l'instant", Void: true}
		}
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: d.Rule.Title, Href: "#" + d.Rule.Code},
			{Badge: d.State.Badge()}, dateCell([]Duty{d}, date), next}})
	}
	return table
}

// shown says that a duty deserves a card: it binds, will, or is in other hands.
func shown(d Duty) bool {
	return d.Applies || d.State == Upcoming || d.State == Transferred || d.State == Unknown
}

func (h *handlers) identity(f Facts, a asked) []web.Fact {
	facts := []web.Fact{{Label: "Code", Value: f.Territory.ID}}
	p, ok := InForce(f.Populations, a.date)
	if f.Territory.Kind == Departement || !ok {
		return facts
	}
	total := web.Fact{Label: "Population totale", Value: peopled(p.Total), Note: fmt.Sprintf("%d%s", p.Year, standing(p))}
	if !p.TotalKnown {
		total.Value, total.Note = "non connue", ""
	}
	return append(facts, total, web.Fact{Label: "Population municipale", Value: peopled(p.Municipal), Note: fmt.Sprint(p.Year)},
		web.Fact{Label: "Seuils de la loi", Value: fmt.Sprintf("plus de %s, plus de %s", french.Int(LowThreshold), french.Int(HighThreshold)), Note: "habitants"})
}

// competences says who exercises each of the four.
func (h *handlers) competences(f Facts, a asked) []web.Fact {
	var list []web.Fact
	if f.Territory.Kind == Departement {
		return nil
	}
	for _, c := range Competences() {
		fact := web.Fact{Label: c.Number() + " " + capital(c.Label())}
		if f.Territory.Kind == Commune {
			fact.Value = "la commune"
			if t, ok := f.assignment(c, a.date); ok {
				fact.Value, fact.Href, fact.Note = t.Holder.Name, a.town(t.Holder.ID), "depuis le "+t.From.French()+deliberation(t)
			}
		} else {
			from := f.transferors([]Competence{c}, a.date)
			fact.Value = "aucune commune"
			if len(from) > 0 {
				var communes []string
				for _, t := range from {
					communes = append(communes, t.Commune.Name)
				}
				slices.SortFunc(communes, french.Compare)
				fact.Value, fact.Note = french.Plural(len(from), "commune", "communes"), and(communes)+" ; "+inhabitants(sumFigure(from, a.date).count)
			}
		}
		list = append(list, fact)
	}
	return list
}

func competenceNote(k Kind) string {
	if k == Commune {
		return "Une compétence qui n'a pas été expressément transférée reste à la commune. Elle peut confier des missions à son CCAS, sans lui transférer la compétence."
	}
	return "Un groupement n'exerce que les compétences expressément transférées ; la population qui compte est la somme de celles des communes qui l'ont fait."
}

// members shows the communes of a grouping, or those that act through it, in one grid.
func (p *townPage) members(h *handlers, id territory.ID, a asked) {
	ids := h.Places.Registry.Members(id, a.date)
	for _, t := range h.Places.State().ReceivedBy(id) {
		if t.On(a.date) && !slices.Contains(ids, t.Commune) {
			ids = append(ids, t.Commune)
		}
	}
	if len(ids) == 0 || len(ids) > 200 { // the Métropole du Grand Paris is read by département
		return
	}
	var towns []Town
	for _, m := range ids {
		if town, _, ok := h.Town(m, a.date); ok {
			towns = append(towns, town)
		}
	}
	slices.SortFunc(towns, func(x, y Town) int {
		return cmp.Or(french.Compare(x.Territory.Name, y.Territory.Name), cmp.Compare(x.Territory.ID, y.Territory.ID))
	})
	g := grid("communes-membres", "Communes et leurs obligations, "+onDate(a.date), towns, a.date, a.town)
	p.Members, p.MembersTitle = &g, "Ses "+french.Plural(len(towns), "commune", "communes")
}

// sourcesOf lists the texts behind the duties, once each.
func sourcesOf(duties []Duty) []web.Source {
	var list []web.Source
	seen := map[string]bool{}
	for _, d := range duties {
		for _, s := range d.Rule.Sources {
			if !seen[s.Key] && shown(d) {
				seen[s.Key] = true
				list = append(list, web.Source{Name: s.Title, Href: s.Address, Vintage: "lu le " + s.Read.French()})
			}
		}
	}
	return append(list, web.Source{Name: "Populations légales", Producer: "Insee, par @etalab/decoupage-administratif", Licence: "Licence Ouverte 2.0"})
}
