// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"cmp"
	"slices"
	"sync"

	"maillage/internal/platform/clock"
	"maillage/internal/territory"
)

// Nation counts the communes of France by band of the law on one date.
type Nation struct {
	Date         clock.Date
	Bands        Bands
	Departements []DepartementBands // by code
	Unknown      []Inhabitants      // communes without any known population totale
	Years        map[int]int        // how many communes are counted with the population totale of each reference year
}

// DepartementBands is the same for one département.
type DepartementBands struct {
	ID, Name string
	Bands
}

// Nation counts France as of a date. A count takes a few hundred milliseconds and is kept.
func (r *Room) Nation(date clock.Date) *Nation {
	return r.nations.on(date, func() *Nation { return countNation(r.Places.Registry, date) })
}

// nationCache keeps the counts of the last dates asked for.
type nationCache struct {
	mu    sync.Mutex
	order []clock.Date
	made  map[clock.Date]func() *Nation
}

// nationsKept bounds the memory: a count weighs a few tens of kilobytes.
const nationsKept = 24

// on makes each count once, whoever asks meanwhile.
func (c *nationCache) on(date clock.Date, make func() *Nation) *Nation {
	c.mu.Lock()
	once, ok := c.made[date]
	if !ok {
		if c.made == nil {
			c.made = map[clock.Date]func() *Nation{}
		}
		if len(c.order) == nationsKept {
			delete(c.made, c.order[0])
			c.order = c.order[1:]
		}
		once = sync.OnceValue(make)
		c.made[date] = once
		c.order = append(c.order, date)
	}
	c.mu.Unlock()
	return once()
}

func countNation(reg *territory.Registry, date clock.Date) *Nation {
	n := &Nation{Date: date, Years: map[int]int{}}
	var all []Inhabitants
	for _, d := range reg.All(territory.Departement) {
		var communes []Inhabitants
		for _, id := range communesOn(reg, d.ID, date) {
			c := Inhabitants{ID: string(id)}
			if t, ok := reg.At(id, date); ok {
				c.Name = t.Name
			}
			p, ok := reg.TotalPopulation(id, date)
			if !ok {
				n.Unknown = append(n.Unknown, c)
				continue
			}
			c.Total, c.Municipal = p.Total, p.Municipal
			n.Years[p.Year]++
			communes = append(communes, c)
		}
		n.Departements = append(n.Departements, DepartementBands{string(d.ID), d.Name, CountBands(communes)})
		all = append(all, communes...)
	}
	slices.SortFunc(n.Departements, func(a, b DepartementBands) int { return cmp.Compare(a.ID, b.ID) })
	n.Bands = CountBands(all)
	return n
}
