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

func (s *Snapshot) populationColumn(ind *Indicator, p Period) *Column {
	c := s.emptyColumn(ind, p)
	at := func(id territory.ID) Value {
		for _, pop := range s.reg.Populations(id) {
			if pop.Year == p.Year() {
				return populationValue(ind.Code, id, pop)
			}
		}
		return Value{Indicator: ind.Code, Territory: id, Period: p}
	}
	for id, i := range s.positions {
		c.set(i, at(id))
	}
	for _, kind := range []territory.Kind{territory.EPCI, territory.EPT, territory.Departement, territory.Region, territory.Country} {
		for _, t := range s.reg.All(kind) {
			c.others[t.ID] = at(t.ID)
		}
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
