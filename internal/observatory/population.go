// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/territory"
)

// The two legal populations come from the register of territories, so that the thresholds of
// the law and the observatory never disagree; an import gives the years, and the totals, that
// the register does not have, and the law reads them too (ImportedPopulations).
const (
	TotalPopulation     = "population_totale"
	MunicipalPopulation = "population_municipale"
)

func isPopulation(code string) bool { return code == TotalPopulation || code == MunicipalPopulation }

// populationPeriods are the reference years for which the register has populations.
func (s *Snapshot) populationPeriods() map[string][]Period {
	m := map[string][]Period{}
	for _, code := range []string{MunicipalPopulation, TotalPopulation} {
		m[code] = slices.Clone(s.periods[code])
		for _, p := range s.reg.Populations(territory.France) {
			if year := Period(fmt.Sprint(p.Year)); !slices.Contains(m[code], year) {
				m[code] = append(m[code], year)
			}
		}
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

// populationColumn is that of the register; where it has no figure, what was imported.
func (s *Snapshot) populationColumn(ctx context.Context, ind *Indicator, p Period) (*Column, error) {
	imported, err := s.readColumn(ctx, ind, p)
	if err != nil {
		return nil, err
	}
	counted := s.counts()[columnKey{ind.Code, p}]
	if counted == nil {
		return imported, nil
	}
	if imported.known == 0 && len(imported.others) == 0 {
		imported.communes, imported.others, imported.notes, imported.known = counted.communes, counted.others, counted.notes, counted.known
		return imported, nil
	}
	for _, i := range s.positions {
		if k := counted.communes[i]; k.state.HasNumber() {
			if imported.communes[i].state.HasNumber() {
				imported.known--
			}
			imported.set(i, Value{State: k.state, Number: k.number, Note: counted.notes[k.note]})
		}
	}
	for id, v := range counted.others {
		if v.Known() {
			imported.others[id] = v
		}
	}
	return imported, nil
}

// addPopulations puts the populations of the register in a sheet, over those imported.
func (s *Snapshot) addPopulations(sheet Sheet, id territory.ID) {
	for _, p := range s.reg.Populations(id) {
		for _, code := range []string{TotalPopulation, MunicipalPopulation} {
			if _, ok := s.indicators[code]; !ok {
				continue
			}
			v := populationValue(code, id, p)
			at := slices.IndexFunc(sheet[code], func(old Value) bool { return old.Period == v.Period })
			switch {
			case at < 0:
				sheet[code] = append(sheet[code], v)
			case v.Known():
				sheet[code][at] = v
			}
		}
	}
}

// yearsToForce is how long after its reference year a population enters into force: the one of
// 2023 is in force on 1 January 2026 (Insee, populations de référence).
const yearsToForce = 3

// ImportedPopulations are the pairs of legal populations that imports brought for a place, for
// the years whose total the register does not know.
func (s *Snapshot) ImportedPopulations(ctx context.Context, id territory.ID) []territory.Population {
	var list []territory.Population
	for _, p := range s.importedYears {
		total, err1 := s.Column(ctx, TotalPopulation, p)
		municipal, err2 := s.Column(ctx, MunicipalPopulation, p)
		if err1 != nil || err2 != nil {
			continue
		}
		t, m := total.Of(id), municipal.Of(id)
		if !t.Known() || !m.Known() {
			continue
		}
		list = append(list, territory.Population{Year: p.Year(), InForce: clock.NewDate(p.Year()+yearsToForce, time.January, 1),
			Municipal: int(m.Number), Total: int(t.Number), TotalKnown: true, Source: "fichier importé"})
	}
	return list
}
