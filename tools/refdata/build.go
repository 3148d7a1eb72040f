// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"maillage/refdata"
)

// build merges the packages into one dataset, sorted throughout.
func build(all map[string]*published) (*refdata.Dataset, error) {
	d := &refdata.Dataset{Sources: sources(all), Exceptions: []refdata.Exception{mayotte}}
	var snapshots []*snapshot
	for _, v := range vintages {
		s, err := read(v, all)
		if err != nil {
			return nil, err
		}
		d.Years = append(d.Years, v.year)
		snapshots = append(snapshots, s)
	}
	last := snapshots[len(snapshots)-1]
	d.Regions, d.Departements = places(last.pub)
	d.Groupings = groupings(snapshots, all)
	d.Communes = communes(snapshots)
	if err := link(d.Communes, snapshots); err != nil {
		return nil, err
	}
	d.Aliases = aliases(snapshots, d.Communes)
	return d, checkMayotte(d)
}

// mayotte: its last census is exhaustive and single; the packages repeat it every year.
var mayotte = refdata.Exception{
	Departement: "976", Year: 2017, InForce: "2018-01-01",
	Note: "Mayotte : recensement de 2017, authentifié par le décret n° 2017-1688 du 14 décembre 2017",
}

// checkMayotte fails when a package no longer repeats the census of 2017, for the
// exception would then be false.
func checkMayotte(d *refdata.Dataset) error {
	for _, c := range d.Communes {
		if c.Departement != mayotte.Departement {
			continue
		}
		for i, p := range c.Populations {
			if p.Municipal != refdata.Unknown && p.Municipal != c.Populations[0].Municipal {
				return fmt.Errorf("%s (%s) : la population de %d n'est plus celle de 2017, revoyez l'exception de Mayotte", c.Name, c.Code, d.Years[i])
			}
		}
	}
	return nil
}

func sources(all map[string]*published) []refdata.Source {
	var list []refdata.Source
	for _, p := range pinned {
		s := refdata.Source{Version: p.version, Integrity: all[p.version].integrity}
		var uses []string
		for _, v := range vintages {
			if v.geography == p.version {
				s.Vintage = v.year
				uses = append(uses, fmt.Sprintf("géographie du 1er janvier %d", v.year))
			}
			if v.municipal == p.version {
				uses = append(uses, fmt.Sprintf("populations municipales %d", v.year-3))
			}
		}
		if s.Vintage == 0 {
			s.Vintage = 2024
		}
		s.Use = strings.Join(uses, ", ")
		list = append(list, s)
	}
	return list
}

func places(pub *published) ([]refdata.Region, []refdata.Departement) {
	var regions []refdata.Region
	for _, r := range pub.regions {
		if r.Zone != "com" {
			regions = append(regions, refdata.Region{Code: r.Code, Name: r.Nom})
		}
	}
	var departements []refdata.Departement
	for _, p := range pub.departements {
		region := p.Region
		if p.Zone == "com" {
			region = ""
		}
		departements = append(departements, refdata.Departement{Code: p.Code, Name: p.Nom, Region: region, Zone: p.Zone})
	}
	slices.SortFunc(regions, func(a, b refdata.Region) int { return cmp.Compare(a.Code, b.Code) })
	slices.SortFunc(departements, func(a, b refdata.Departement) int { return cmp.Compare(a.Code, b.Code) })
	return regions, departements
}

func groupings(snapshots []*snapshot, all map[string]*published) []refdata.Grouping {
	byCode := map[string]*refdata.Grouping{}
	for _, s := range snapshots {
		rows := slices.Clone(s.pub.epci)
		ept := s.pub.ept
		if ept == nil {
			ept = all[firstEPT].ept
		}
		for _, g := range append(rows, ept...) {
			addGrouping(byCode, g, s.year)
		}
	}
	return sorted(byCode)
}

func addGrouping(byCode map[string]*refdata.Grouping, g groupingRow, year int) {
	name := strings.Join(strings.Fields(g.Nom), " ")
	was := byCode[g.Code]
	if was == nil {
		byCode[g.Code] = &refdata.Grouping{SIREN: g.Code, Type: g.Type, Name: name, First: year, Last: year}
		return
	}
	if was.Name != name || was.Type != g.Type {
		first := was.First
		if n := len(was.Past); n > 0 {
			first = was.Past[n-1].Last + 1
		}
		was.Past = append(was.Past, refdata.GroupingState{First: first, Last: was.Last, Type: was.Type, Name: was.Name})
		was.Name, was.Type = name, g.Type
	}
	was.Last = year
}

func communes(snapshots []*snapshot) []refdata.Commune {
	byCode := map[string]*refdata.Commune{}
	for i, s := range snapshots {
		for code, row := range s.communes {
			c := byCode[code]
			if c == nil {
				c = &refdata.Commune{Code: code, First: s.year, Populations: unknown(len(snapshots))}
				byCode[code] = c
			}
			addState(c, s.state(code), s.year)
			if len(row.CodesPostaux) > 0 {
				c.PostalCodes = postal(row.CodesPostaux)
			}
			if p, ok := s.pairs[code]; ok {
				c.Populations[i] = p
			} else if n, ok := s.alone[code]; ok {
				c.Populations[i].Municipal = n
			}
		}
	}
	return sorted(byCode)
}

func (s *snapshot) state(code string) refdata.State {
	row := s.communes[code]
	departement := row.Departement
	if departement == "" { // overseas communes of the package of 2021
		departement = code[:3]
	}
	return refdata.State{Name: row.Nom, Departement: departement, SIREN: s.siren[code], EPCI: s.epci[code], EPT: s.ept[code]}
}

func addState(c *refdata.Commune, now refdata.State, year int) {
	if c.Last != 0 && now.SIREN != "" && c.SIREN == "" {
		c.SIREN = now.SIREN // the islands without an EPCI have none in the package of 2021
	}
	if c.Last != 0 && c.State != now {
		first := c.First
		if n := len(c.Past); n > 0 {
			first = c.Past[n-1].Last + 1
		}
		c.Past = append(c.Past, refdata.PastState{First: first, Last: c.Last, State: c.State})
	}
	c.State, c.Last = now, year
}

func unknown(n int) []refdata.Population {
	return slices.Repeat([]refdata.Population{{Municipal: refdata.Unknown, Total: refdata.Unknown}}, n)
}

func postal(codes []string) string {
	codes = slices.Clone(codes)
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), ",")
}

func sorted[T any](byCode map[string]*T) []T {
	list := make([]T, 0, len(byCode))
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		list = append(list, *byCode[code])
	}
	return list
}
