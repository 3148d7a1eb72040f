// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"fmt"

	"maillage/internal/territory"
)

// The two legal populations come from the register of territories, not from an import: the
// thresholds of the law and the observatory can then never disagree.
const (
	TotalPopulation     = "population_totale"
	MunicipalPopulation = "population_municipale"
)

func isPopulation(code string) bool { return code == TotalPopulation || code == MunicipalPopulation }

// populationPeriods are the reference years for which the register has populations.
func (s *Snapshot) populationPeriods() map[string][]Period {
	m := map[string][]Period{}
	for _, p := range s.reg.Populations("FR") {
		m[MunicipalPopulation] = append(m[MunicipalPopulation], Period(fmt.Sprint(p.Year)))
		m[TotalPopulation] = append(m[TotalPopulation], Period(fmt.Sprint(p.Year)))
	}
	return m
}

func populationValue(code string, id territory.ID, p territory.Population) Value {
	v := Value{Indicator: code, Territory: id, Period: Period(fmt.Sprint(p.Year))}
	switch {
	case code == MunicipalPopulation:
		v.State, v.Number = Observed, float64(p.Municipal)
	case p.TotalKnown:
		v.State, v.Number = Observed, float64(p.Total)
	default:
		v.Note = "La population totale de cette année n'est pas connue pour tout le territoire."
	}
	return v
}

// Warm does ahead of the first visit what is done once: it takes a third of a second.
func (o *Observatory) Warm() { o.counts() }

// countPeople lays out every legal population of the register as columns. The register does not
// change, so this is done once for the life of the program.
func countPeople(reg *territory.Registry) map[columnKey]*Column {
	columns := map[columnKey]*Column{}
	communes := reg.All(territory.Commune)
	column := func(k columnKey) *Column {
		c := columns[k]
		if c == nil {
			c = &Column{Period: k.period, communes: make([]cell, len(communes)), others: map[territory.ID]Value{},
				published: map[territory.ID]Value{}, notes: []string{""}, noteOf: map[string]uint32{}}
			columns[k] = c
		}
		return c
	}
	each := func(id territory.ID, put func(c *Column, v Value)) {
		for _, p := range reg.Populations(id) {
			for _, code := range []string{TotalPopulation, MunicipalPopulation} {
				v := populationValue(code, id, p)
				put(column(columnKey{code, v.Period}), v)
			}
		}
	}
	for i, t := range communes {
		each(t.ID, func(c *Column, v Value) { c.set(i, v) })
	}
	for _, kind := range []territory.Kind{territory.EPCI, territory.EPT, territory.Departement, territory.Region, territory.Country} {
		for _, t := range reg.All(kind) {
			each(t.ID, func(c *Column, v Value) { c.others[t.ID] = v })
		}
	}
	return columns
}

func (s *Snapshot) populationColumn(ind *Indicator, p Period) *Column {
	c := s.emptyColumn(ind, p)
	if counted := s.counts()[columnKey{ind.Code, p}]; counted != nil {
		c.communes, c.others, c.notes, c.known = counted.communes, counted.others, counted.notes, counted.known
	}
	return c
}

func (s *Snapshot) addPopulations(sheet Sheet, id territory.ID) {
	for _, p := range s.reg.Populations(id) {
		for _, code := range []string{TotalPopulation, MunicipalPopulation} {
			if _, ok := s.indicators[code]; ok {
				sheet[code] = append(sheet[code], populationValue(code, id, p))
			}
		}
	}
}
