// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/refdata"
)

// Load reads the reference file that travels in the binary.
func Load() (*Registry, error) {
	data, err := refdata.Open(refdata.Territories)
	if err != nil {
		return nil, err
	}
	return New(data)
}

// New builds the registry of a dataset, which it keeps: the caller must not change it.
// A dataset that contradicts itself gives refdata.ErrFormat.
func New(data *refdata.Dataset) (*Registry, error) {
	n := len(data.Communes)
	r := &Registry{
		years: data.Years, sources: data.Sources,
		census:   map[ID]*refdata.Exception{},
		list:     make([]*Territory, 0, n+2000),
		byID:     make(map[ID]*Territory, n+2000),
		communes: make(map[ID]*refdata.Commune, n),
		grouping: make(map[ID]*refdata.Grouping, len(data.Groupings)),
		byKind:   map[Kind][]*Territory{},
		children: make(map[ID][]*Territory, 2000),
		sums:     make(map[ID][]sum, 2000),
		aliases:  make(map[ID]ID, len(data.Aliases)),
		regionOf: map[ID]ID{},
		events:   map[ID][]*Event{},
	}
	for v := range r.years {
		r.members = append(r.members, sync.OnceValue(func() map[ID][]ID { return r.listMembers(v) }))
	}
	for i := range data.Exceptions {
		r.census[ID(data.Exceptions[i].Departement)] = &data.Exceptions[i]
	}
	r.addPlaces(data)
	r.addGroupings(data)
	if err := r.addCommunes(data); err != nil {
		return nil, err
	}
	for _, a := range data.Aliases {
		r.aliases[ID(a.Code)] = ID(a.Commune)
	}
	folded := r.sort()
	r.addChildren()
	r.locateGroupings(data)
	r.follow(data)
	r.addEvents(data)
	r.index = newIndex(r, data, folded)
	return r, nil
}

func (r *Registry) add(t *Territory) {
	r.list = append(r.list, t)
	r.byID[t.ID] = t
}

func (r *Registry) addPlaces(data *refdata.Dataset) {
	r.add(&Territory{ID: France, Kind: Country, Name: "France", Code: string(France)})
	for _, g := range data.Regions {
		id := ID("R" + g.Code)
		r.add(&Territory{ID: id, Kind: Region, Name: g.Name, Code: g.Code})
	}
	for _, p := range data.Departements {
		t := &Territory{ID: ID(p.Code), Kind: Departement, Name: p.Name, Code: p.Code}
		if p.Region == "" {
			t.Kind = Collectivite
		} else {
			t.Region = ID("R" + p.Region)
		}
		r.add(t)
		r.regionOf[t.ID] = t.Region
	}
}

func (r *Registry) addGroupings(data *refdata.Dataset) {
	slab := make([]Territory, len(data.Groupings))
	for i := range data.Groupings {
		g := &data.Groupings[i]
		t := &slab[i]
		*t = Territory{ID: ID(g.SIREN), Kind: EPCI, Name: g.Name, Code: g.SIREN, SIREN: g.SIREN, EPCIType: g.Type}
		if g.Type == "EPT" {
			t.Kind = EPT
		}
		t.From, t.To = r.life(g.First, g.Last)
		r.add(t)
		r.grouping[t.ID] = g
	}
}

func (r *Registry) life(first, last int) (from, to clock.Date) {
	if first > r.years[0] {
		from = clock.NewDate(first, time.January, 1)
	}
	if last < r.years[len(r.years)-1] {
		to = clock.NewDate(last+1, time.January, 1)
	}
	return from, to
}

func (r *Registry) addCommunes(data *refdata.Dataset) error {
	slab := make([]Territory, len(data.Communes))
	for i := range data.Communes {
		c := &data.Communes[i]
		t := &slab[i]
		*t = Territory{
			ID: ID(c.Code), Kind: Commune, Name: c.Name, Code: c.Code, SIREN: c.SIREN,
			Departement: ID(c.Departement), EPCI: ID(c.EPCI), EPT: ID(c.EPT),
			PostalCodes: splitCodes(c.PostalCodes),
		}
		region, ok := r.regionOf[t.Departement]
		if !ok {
			return fmt.Errorf("%w : la commune %s est dans le département inconnu « %s »", refdata.ErrFormat, c.Code, c.Departement)
		}
		t.Region = region
		t.From, t.To = r.life(c.First, c.Last)
		r.add(t)
		r.communes[t.ID] = c
		r.count(t, c)
	}
	return nil
}

// sort lists the current territories by name and returns the folded names, in the order of
// r.list: they order the lists (as French does but for accents between homonyms) and serve
// search.
func (r *Registry) sort() []string {
	folded := make([]string, len(r.list))
	order := make([]int32, len(r.list))
	for i, t := range r.list {
		folded[i] = french.Fold(t.Name)
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(strings.Compare(folded[a], folded[b]), strings.Compare(string(r.list[a].ID), string(r.list[b].ID)))
	})
	for _, i := range order {
		if t := r.list[i]; t.Current() {
			r.byKind[t.Kind] = append(r.byKind[t.Kind], t)
		}
	}
	return folded
}

func (r *Registry) addChildren() {
	for _, t := range r.byKind[Commune] {
		for _, parent := range [...]ID{t.Departement, t.EPCI, t.EPT} {
			if parent != "" {
				r.children[parent] = append(r.children[parent], t)
			}
		}
	}
}

// locateGroupings puts each EPCI and EPT where most of its inhabitants live.
func (r *Registry) locateGroupings(data *refdata.Dataset) {
	type place struct{ grouping, departement ID }
	weight := make(map[place]int, 2*len(data.Groupings))
	last := len(r.years) - 1
	for i := range data.Communes {
		c := &data.Communes[i]
		if c.Last != r.years[last] {
			continue
		}
		n := max(c.Populations[last].Municipal, 0) + 1 // an empty commune still weighs
		for _, g := range [...]string{c.EPCI, c.EPT} {
			if g != "" {
				weight[place{ID(g), ID(c.Departement)}] += n
			}
		}
	}
	most := make(map[ID]int, len(data.Groupings))
	for p, n := range weight {
		t := r.byID[p.grouping]
		if n > most[t.ID] || n == most[t.ID] && p.departement < t.Departement {
			most[t.ID], t.Departement, t.Region = n, p.departement, r.regionOf[p.departement]
		}
	}
	for _, t := range r.byKind[EPT] {
		t.EPCI = r.children[t.ID][0].EPCI
	}
}
