// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"strings"
	"sync"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/geo"
	"maillage/internal/territory"
)

// Ground is what the observatory needs of the register of territories, found once: it does not
// change while the program runs, however often the figures do.
type Ground struct {
	reg       *territory.Registry
	positions map[territory.ID]int            // of the communes of today, in the registry's order
	past      map[territory.ID][]territory.ID // of the communes whose borders changed: where they come from
	within    sync.Map                        // territory.ID → []int: the positions of its communes
	layouts   sync.Map                        // codes of territories → func() layout: schematic maps
}

// NewGround walks the register.
func NewGround(reg *territory.Registry) *Ground {
	communes := reg.All(territory.Commune)
	g := &Ground{reg: reg, positions: make(map[territory.ID]int, len(communes)), past: map[territory.ID][]territory.ID{}}
	first := clock.NewDate(reg.Years()[0], 1, 1)
	for i, t := range communes {
		g.positions[t.ID] = i
		if len(reg.Events(t.ID)) > 0 { // nothing happened to the others, nineteen out of twenty
			g.follow(t.ID, first)
		}
	}
	return g
}

// follow notes where a commune comes from, if its borders or its code changed since a day.
func (g *Ground) follow(id territory.ID, first clock.Date) {
	parts := g.reg.Parts(id, first)
	if len(parts) == 1 && parts[0].ID == id && parts[0].Share == 1 {
		return
	}
	seen := map[territory.ID]bool{id: true}
	g.past[id] = []territory.ID{}
	for _, p := range parts {
		if !seen[p.ID] {
			seen[p.ID] = true
			g.past[id] = append(g.past[id], p.ID)
		}
	}
}

// members are the positions of the communes of a territory.
func (g *Ground) members(id territory.ID) []int {
	if list, ok := g.within.Load(id); ok {
		return list.([]int)
	}
	communes := g.reg.In(id, territory.Commune)
	list := make([]int, len(communes))
	for i, t := range communes {
		list[i] = g.positions[t.ID]
	}
	g.within.Store(id, list)
	return list
}

// layout is where a schematic map puts its squares; ok is false when it cannot be drawn.
type layout struct {
	cells map[territory.ID]geo.Cell
	ok    bool
}

// LayOut prepares the schematic map of some territories, which takes a few hundredths of a
// second the first time.
func (g *Ground) LayOut(places []*territory.Territory) (map[territory.ID]geo.Cell, bool) {
	var key strings.Builder
	for _, t := range places {
		key.WriteString(string(t.ID))
	}
	once, _ := g.layouts.LoadOrStore(key.String(), sync.OnceValue(func() layout {
		cells, ok := territory.Cells(places)
		return layout{cells, ok}
	}))
	l := once.(func() layout)()
	return l.cells, l.ok
}
