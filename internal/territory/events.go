// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/refdata"
)

// EventKind is what happened to a territory.
type EventKind string

// The kinds of event.
const (
	Fusion             EventKind = "fusion"
	Scission           EventKind = "scission"
	Renommage          EventKind = "renommage"
	ChangementDeCode   EventKind = "changement-de-code"
	Intercommunalite   EventKind = "intercommunalite"  // a commune changes EPCI
	ChangementDeGroupe EventKind = "changement-d-epci" // an EPCI is replaced by others
)

// Event is one change of the map. Date is 1 January of the first vintage that shows it: the
// packages do not give the day of the decree, which for mergers is almost always that one.
type Event struct {
	Date     clock.Date
	Kind     EventKind
	From, To []ID   // what there was before, and after
	Sentence string // in French, complete
}

// Events lists what happened to a territory, oldest first. An event is found from every
// territory that it names in From or To; a change of EPCI also from its commune.
func (r *Registry) Events(id ID) []Event {
	list := make([]Event, len(r.events[id]))
	for i, e := range r.events[id] {
		list[i] = *e
	}
	return list
}

func (r *Registry) addEvents(data *refdata.Dataset) {
	for v := 1; v < len(r.years); v++ {
		touched := map[ID]bool{} // a merger or a split tells the new name by itself
		for _, id := range sortedKeys(r.joins[v]) {
			r.addUnion(v, id, touched)
		}
		for _, id := range sortedKeys(r.leaves[v]) {
			if len(r.leaves[v][id]) > 1 {
				r.addSplit(v, id, touched)
			}
		}
		for i := range data.Communes {
			c := &data.Communes[i]
			for _, p := range c.Past {
				if p.Last+1 == r.years[v] {
					r.addStateChange(v, c, &p.State, stateIn(c, r.years[v]), touched)
				}
			}
		}
	}
	r.addGroupingEvents(data)
	for _, list := range r.events {
		slices.SortStableFunc(list, func(a, b *Event) int {
			return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Sentence, b.Sentence))
		})
	}
}

func sortedKeys[V any](m map[ID]V) []ID {
	keys := make([]ID, 0, len(m))
	for id := range m {
		keys = append(keys, id)
	}
	slices.Sort(keys)
	return keys
}

// record files an event under every territory it names, once.
func (r *Registry) record(e *Event, also ...ID) {
	seen := map[ID]bool{}
	for _, list := range [...][]ID{e.From, e.To, also} {
		for _, id := range list {
			if id != "" && !seen[id] {
				seen[id] = true
				r.events[id] = append(r.events[id], e)
			}
		}
	}
}

func (r *Registry) day(v int) clock.Date { return clock.NewDate(r.years[v], time.January, 1) }

// addUnion tells of communes that became one, or of one that changed its code.
func (r *Registry) addUnion(v int, to ID, touched map[ID]bool) {
	parts := r.joins[v][to]
	if len(parts) == 0 || !parts[0].Exact {
		return
	}
	touched[to] = true
	before, after := r.years[v-1], r.years[v]
	date := r.day(v)
	e := &Event{Date: date, Kind: Fusion, To: []ID{to}}
	var joined []string
	seat := ""
	for _, p := range parts {
		touched[p.ID] = true
		e.From = append(e.From, p.ID)
		name := r.nameIn(p.ID, before)
		if p.ID == to {
			seat = name
		} else {
			joined = append(joined, name)
		}
	}
	now := r.nameIn(to, after)
	switch {
	case len(parts) == 1:
		e.Kind = ChangementDeCode
		e.Sentence = fmt.Sprintf("La commune %s a changé de code : %s est devenu %s (code officiel géographique du %s).",
			french.DeName(stateIn(r.communes[to], after).Name), parts[0].ID, to, date.French())
	case seat == now:
		e.Sentence = fmt.Sprintf("%s %s rejoint %s le %s.", enumerate(joined), have(joined), now, date.French())
	default:
		if seat != "" {
			joined = append([]string{seat}, joined...)
		}
		e.Sentence = fmt.Sprintf("%s %s formé %s le %s.", enumerate(joined), have(joined), now, date.French())
	}
	r.record(e)
}

func (r *Registry) addSplit(v int, from ID, touched map[ID]bool) {
	e := &Event{Date: r.day(v), Kind: Scission, From: []ID{from}, To: r.leaves[v][from]}
	var names []string
	for _, id := range e.To {
		touched[id] = true
		names = append(names, r.nameIn(id, r.years[v]))
	}
	e.Sentence = fmt.Sprintf("La commune %s (%s) s'est séparée le %s en %s.",
		french.DeName(stateIn(r.communes[from], r.years[v-1]).Name), from, e.Date.French(), enumerate(names))
	r.record(e)
}

func (r *Registry) addStateChange(v int, c *refdata.Commune, was, now *refdata.State, touched map[ID]bool) {
	id, date := ID(c.Code), r.day(v)
	if was.Name != now.Name && !touched[id] {
		r.record(&Event{
			Date: date, Kind: Renommage, From: []ID{id}, To: []ID{id},
			Sentence: fmt.Sprintf("La commune %s (%s) s'appelle désormais %s (code officiel géographique du %s).", french.DeName(was.Name), c.Code, now.Name, date.French()),
		})
	}
	if was.EPCI == now.EPCI || was.EPCI == "" || now.EPCI == "" {
		return
	}
	left, joined := ID(was.EPCI), ID(now.EPCI)
	e := &Event{
		Date: date, Kind: Intercommunalite, From: []ID{left}, To: []ID{joined},
		Sentence: fmt.Sprintf("%s (%s) a changé d'intercommunalité le %s : « %s », puis « %s ».", now.Name, c.Code,
			date.French(), r.nameIn(left, r.years[v-1]), r.nameIn(joined, r.years[v])),
	}
	if r.byID[left].To == date || r.byID[joined].From == date {
		// The EPCI itself was replaced: one event tells it for all its communes.
		e.From, e.To = []ID{id}, []ID{id}
	}
	r.record(e, id)
}

// addGroupingEvents tells of EPCI that were replaced, and of those that took another name.
func (r *Registry) addGroupingEvents(data *refdata.Dataset) {
	for i := range data.Groupings {
		g := &data.Groupings[i]
		id := ID(g.SIREN)
		for k, p := range g.Past {
			next := g.Name
			if k+1 < len(g.Past) {
				next = g.Past[k+1].Name
			}
			// The DGCL also changes hyphens and spaces: that is no new name.
			if french.Fold(p.Name) != french.Fold(next) {
				date := clock.NewDate(p.Last+1, time.January, 1)
				r.record(&Event{
					Date: date, Kind: Renommage, From: []ID{id}, To: []ID{id},
					Sentence: fmt.Sprintf("« %s » s'appelle désormais « %s » (liste des EPCI du %s).", p.Name, next, date.French()),
				})
			}
		}
		if !r.byID[id].Current() {
			r.addReplacement(id)
		}
	}
}

func (r *Registry) addReplacement(id ID) {
	heirs := r.Successors(id)
	v := r.vintage(r.byID[id].To)
	var names []string
	for _, h := range heirs {
		names = append(names, "« "+r.nameIn(h, r.years[v])+" »")
	}
	r.record(&Event{
		Date: r.day(v), Kind: ChangementDeGroupe, From: []ID{id}, To: heirs,
		Sentence: fmt.Sprintf("« %s » n'existe plus depuis le %s ; ses communes sont dans %s.",
			r.nameIn(id, r.years[v-1]), r.day(v).French(), enumerate(names)),
	})
}

// nameIn is "Saint-Denis (93066)", with the name of a vintage; a grouping goes by its name.
func (r *Registry) nameIn(id ID, year int) string {
	if c := r.communes[id]; c != nil {
		return fmt.Sprintf("%s (%s)", stateIn(c, year).Name, id)
	}
	if g := r.grouping[id]; g != nil {
		for _, p := range g.Past {
			if p.First <= year && year <= p.Last {
				return p.Name
			}
		}
		return g.Name
	}
	return string(id)
}

func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " et " + names[len(names)-1]
}

func have(names []string) string {
	if len(names) == 1 {
		return "a"
	}
	return "ont"
}
