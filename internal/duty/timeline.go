// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"
	"slices"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// Moment is a date in the life of a territory's duties.
type Moment struct {
	Date        clock.Date
	Title, Text string
	Badge       web.Badge
}

// moments gathers the dates of a territory, oldest first: rules that begin, what was done,
// conventions, transfers, thresholds, and what is due.
func moments(rules *Rules, f Facts, duties []Duty, announcements []Announcement, date clock.Date) []Moment {
	list := beginnings(duties)
	for _, e := range f.Evidence {
		list = append(list, Moment{Date: e.Date, Title: capital(rules.evidenceLabel(e.Kind, "")), Text: e.Reference,
			Badge: web.Badge{Kind: web.Success, Text: "Enregistré"}})
	}
	for _, d := range duties {
		if !d.Due.IsZero() && d.Applies && d.Due != d.Since {
			title := "Échéance"
			if d.State == Covered {
				title = "Fin de la convention qui en tient lieu"
			}
			list = append(list, Moment{Date: d.Due, Title: title, Text: d.Rule.Title, Badge: d.State.Badge()})
		}
	}
	for _, c := range f.CTGs {
		list = append(list, Moment{Date: c.From, Title: "Convention territoriale globale : début", Text: c.Reference},
			Moment{Date: c.To, Title: "Convention territoriale globale : fin", Text: c.Reference})
	}
	list = append(list, transfersOf(f)...)
	for _, a := range announcements {
		if a.Kind != Straddling && a.Kind != CrossedUp && a.Kind != CrossedDown {
			list = append(list, Moment{Date: a.On, Title: "Seuil de " + french.Int(a.Threshold) + " habitants", Text: a.Sentence, Badge: a.Kind.Badge()})
		}
	}
	list = slices.DeleteFunc(list, func(m Moment) bool { return m.Date.IsZero() })
	slices.SortStableFunc(list, func(a, b Moment) int { return a.Date.Compare(b.Date) })
	return list
}

// beginnings groups by day the duties that begin to bind.
func beginnings(duties []Duty) []Moment {
	var list []Moment
	for _, d := range duties {
		if !d.Applies && !d.binds() {
			continue
		}
		day := d.Since
		if day.IsZero() {
			day = d.Rule.ValidFrom
		}
		title := "Commence à s'appliquer"
		if i := slices.IndexFunc(list, func(m Moment) bool { return m.Date == day }); i >= 0 {
			list[i].Text += " ; " + shortTitle(d.Rule)
			continue
		}
		list = append(list, Moment{Date: day, Title: title, Text: capital(shortTitle(d.Rule))})
	}
	return list
}

// transfersOf tells what a commune gave away, or what a body received, once for each day and
// competence.
func transfersOf(f Facts) []Moment {
	var list []Moment
	for _, a := range f.Assignments {
		list = append(list, Moment{Date: a.From, Title: fmt.Sprintf("« %s » transférée à %s", capital(a.Competence.Label()), a.Holder.Name), Text: a.Deliberation})
		if !a.To.IsZero() {
			list = append(list, Moment{Date: a.To.AddDays(1), Title: fmt.Sprintf("« %s » revient à la commune", capital(a.Competence.Label()))})
		}
	}
	type key struct {
		day clock.Date
		c   Competence
		end bool
	}
	count := map[key]int{}
	var order []key
	add := func(k key) {
		if count[k] == 0 {
			order = append(order, k)
		}
		count[k]++
	}
	for _, t := range f.Transfers {
		add(key{t.From, t.Competence, false})
		if !t.To.IsZero() {
			add(key{t.To.AddDays(1), t.Competence, true})
		}
	}
	for _, k := range order {
		verb := "reçue de"
		if k.end {
			verb = "rendue à"
		}
		list = append(list, Moment{Date: k.day, Title: fmt.Sprintf("« %s » %s %s", capital(k.c.Label()), verb, french.Plural(count[k], "commune", "communes"))})
	}
	return list
}

// stepsOf shows the moments with the evaluated date among them.
func stepsOf(list []Moment, date clock.Date) []web.Step {
	here := web.Step{Date: date.French(), ISO: date.String(), Title: "Date de cette page", Current: true}
	var steps []web.Step
	for _, m := range list {
		if m.Date.After(date) && here.Title != "" {
			steps = append(steps, here)
			here.Title = ""
		}
		steps = append(steps, web.Step{Date: m.Date.French(), ISO: m.Date.String(), Title: m.Title, Text: m.Text, Badge: m.Badge})
	}
	if here.Title != "" {
		steps = append(steps, here)
	}
	return steps
}
