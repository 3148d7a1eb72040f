// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// toDoNote keeps the reader of a list from taking silence for a fault.
const toDoNote = "« À faire » veut dire qu'aucune preuve n'est enregistrée ici, et non que rien n'est fait : " +
	"beaucoup de communes accueillaient et renseignaient les familles bien avant la loi."

// gridColumns are the main duties, by code of rule.
var gridColumns = []struct{ code, label string }{
	{"recenser", "Recenser"}, {"informer", "Informer"}, {codePlan, "Planifier"},
	{"soutenir-qualite", "Soutenir la qualité"}, {codeScheme, "Schéma"}, {codeRelay, "Relais (RPE)"},
}

// grid is the table of towns by main duties, in the order given.
func grid(id, caption string, towns []Town, date clock.Date, href func(id string) string) web.Table {
	t := web.Table{ID: id, Caption: caption, Stack: true, Quiet: true, Columns: []web.Column{{Label: "Commune"}, {Label: "Habitants", Numeric: true}}}
	for _, c := range gridColumns {
		t.Columns = append(t.Columns, web.Column{Label: c.label})
	}
	t.Columns = append(t.Columns, web.Column{Label: "Prochaine date"})
	for _, town := range towns {
		row := web.Row{Cells: []web.Cell{{Text: town.Territory.Name, Href: href(town.Territory.ID)}, populationCell(town.Population)}}
		for _, c := range gridColumns {
			row.Cells = append(row.Cells, gridCell(find(town.Duties, c.code)))
		}
		row.Cells = append(row.Cells, dateCell(town.Duties, date))
		t.Rows = append(t.Rows, row)
	}
	return t
}

func populationCell(n int) web.Cell {
	if n == 0 {
		return web.Cell{Text: "inconnue", Void: true}
	}
	return web.Cell{Text: french.Int(n)}
}

func peopled(n int) string {
	if n == 0 {
		return "population inconnue"
	}
	return french.Plural(n, "habitant", "habitants")
}

// gridCell shows a state in a word. What does not concern the town stays in the background,
// and so does what simply is not recorded: in a list, the eye must find who has moved or has
// a date ahead, not who has not.
func gridCell(d Duty) web.Cell {
	switch d.State {
	case ToDo:
		return web.Cell{Badge: web.Badge{Kind: web.Neutral, Text: "À faire"}}
	case "", NotConcerned:
		return web.Cell{Text: "sans objet", Void: true}
	case Optional:
		return web.Cell{Text: "facultatif", Void: true}
	case Transferred:
		return web.Cell{Badge: d.State.Badge(), Note: "à " + names(d.Holders)}
	case Upcoming:
		if !d.Due.IsZero() {
			return web.Cell{Badge: d.State.Badge(), Note: "au " + d.Due.French()}
		}
	case Covered:
		return web.Cell{Badge: web.Badge{Kind: d.State.Badge().Kind, Text: "Par la CTG"}}
	}
	return web.Cell{Badge: d.State.Badge()}
}

func names(list []Territory) string {
	var out []string
	for _, t := range list {
		out = append(out, t.Name)
	}
	return and(out)
}

func dateCell(duties []Duty, date clock.Date) web.Cell {
	next, ok := NextDate(duties, date)
	if !ok {
		return web.Cell{Text: "aucune", Void: true}
	}
	cell := web.Cell{Text: next.Due.French(), Note: Countdown(date, next.Due)}
	switch {
	case next.State == Covered:
		cell.Note += ", fin de la CTG"
	case len(duties) > 1:
		cell.Note += web.Unbreakable(" : " + shortTitle(next.Rule))
	}
	return cell
}

// shortTitle is the name of a duty where room is scarce.
func shortTitle(r Rule) string {
	for _, c := range gridColumns {
		if c.code == r.Code {
			return uncapitalWord(c.label)
		}
	}
	return uncapital(r.Title)
}

// uncapitalWord leaves acronyms alone.
func uncapitalWord(s string) string {
	if len(s) > 1 && s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return uncapital(s)
}

// tallyStats are the counts as figures.
func tallyStats(t Tally, when string) []web.Stat {
	commune := func(n int) string { return plain(n, "commune", "communes") }
	scheme := "Schéma pluriannuel et relais petite enfance"
	if t.Relay != t.Scheme || !t.RelayComing.IsZero() {
		scheme = "Schéma pluriannuel"
	}
	stats := []web.Stat{
		{Label: scheme, Value: french.Int(t.Scheme), Unit: commune(t.Scheme), When: when,
			Note: fmt.Sprintf("Plus de %s habitants. Les quatre compétences s'y ajoutent.", french.Int(HighThreshold))},
		{Label: "Quatre compétences, sans le schéma", Value: french.Int(t.Four), Unit: commune(t.Four), When: when,
			Note: fmt.Sprintf("De %s à %s habitants : recenser, informer, planifier, soutenir la qualité.", french.Int(LowThreshold+1), french.Int(HighThreshold))},
		{Label: "Recenser et informer seulement", Value: french.Int(t.Two), Unit: commune(t.Two), When: when,
			Note: fmt.Sprintf("%s habitants ou moins.", french.Int(LowThreshold))},
	}
	if t.Relay != t.Scheme || !t.RelayComing.IsZero() {
		relay := web.Stat{Label: "Relais petite enfance", Value: french.Int(t.Relay), Unit: commune(t.Relay), When: when,
			Note: fmt.Sprintf("Plus de %s habitants.", french.Int(HighThreshold))}
		if !t.RelayComing.IsZero() {
			relay.Note += " À compter du " + t.RelayComing.French() + "."
		}
		stats = append(stats, relay)
	}
	if t.Moved > 0 {
		stats = append(stats, web.Stat{Label: "Compétences transférées, en tout ou partie", Value: french.Int(t.Moved), Unit: commune(t.Moved), When: when,
			Note: "L'autorité qui agit pour elles est indiquée plus bas.", Href: "#titulaires"})
	}
	if t.Unknown > 0 {
		stats = append(stats, web.Stat{Label: "Population inconnue à cette date", Value: french.Int(t.Unknown), Unit: commune(t.Unknown), When: when})
	}
	return stats
}

// plain is the word alone: the figure is beside it.
func plain(n int, one, many string) string {
	if n > 1 {
		return many
	}
	return one
}

// holdersTable lists who acts in the place of communes.
func holdersTable(holders []Holder, date clock.Date, href func(id string) string) web.Table {
	t := web.Table{ID: "table-titulaires", Caption: "Autorités qui exercent une compétence à la place de communes, au " + date.French(), Stack: true,
		Columns: []web.Column{{Label: "Autorité"}, {Label: "Compétences reçues"}, {Label: "Ce qui lui est demandé"}, {Label: "Prochaine date"}}}
	for _, h := range holders {
		row := web.Row{Cells: []web.Cell{{Text: h.Territory.Name, Href: href(h.Territory.ID)}}}
		var got []string
		for _, r := range h.Received {
			got = append(got, fmt.Sprintf("%s (%s, %s)", r.Competence.Label(), french.Plural(r.Communes, "commune", "communes"), inhabitants(r.Population)))
		}
		var asked []string
		for _, d := range Applying(h.Duties) {
			asked = append(asked, shortTitle(d.Rule))
		}
		row.Cells = append(row.Cells, web.Cell{Text: and(got)}, web.Cell{Text: orElse(and(asked), "rien à cette date")}, dateCell(h.Duties, date))
		t.Rows = append(t.Rows, row)
	}
	return t
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
