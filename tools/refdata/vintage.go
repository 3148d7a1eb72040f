// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"strings"

	"maillage/refdata"
)

// vintage tells which package describes France on 1 January of a year, and which one
// carries the municipal populations in force on that day (reference year: year − 3).
//
// A package's communes.json is not always of the year of its epci.json: 1.1.1, 2.3.1, 4.1.0
// and 5.3.0 were rebuilt after the following December with the next populations. And when
// the populations are older than the map, a commune born of a merger only carries those of
// its seat. refdata/README.md tells how each year was established.
type vintage struct {
	year      int
	geography string // version of the package
	municipal string // version whose communes.json has the populations in force; "" if none
	overseas  bool   // municipal also dates those of 975, 977 and 978
}

var vintages = []vintage{
	{2021, "1.1.1", "", false},
	{2022, "2.3.1", "1.1.1", false},
	{2023, "3.1.1", "3.1.1", true},
	{2024, "4.1.0", "4.0.0", false}, // 4.0.0 repeats the overseas figures of 3.1.1
	{2025, "5.3.0", "4.1.0", true},
	{2026, "6.0.0", "6.0.0", true},
}

// firstEPT is the oldest vintage whose package lists the EPT. They exist since 2016 within
// unchanged limits (decrees of 11 December 2015), so earlier vintages take its list.
const firstEPT = "3.1.1"

// sameYear is the share of equal municipal populations above which two files are taken to
// be of one reference year. Two different years agree on 3 to 9 % of the communes, the
// same year on more than 99.8 % (the rest are mergers).
const sameYear = 0.99

// snapshot is France in one vintage.
type snapshot struct {
	vintage
	pub      *published
	communes map[string]communeRow
	epci     map[string]string // commune → SIREN of its EPCI
	ept      map[string]string
	siren    map[string]string // commune → SIREN
	pairs    map[string]refdata.Population
	alone    map[string]int // municipal population of communes without a pair
}

func read(v vintage, all map[string]*published) (*snapshot, error) {
	pub := all[v.geography]
	s := &snapshot{vintage: v, pub: pub, communes: map[string]communeRow{}, siren: map[string]string{}}
	for _, c := range pub.communes {
		if c.Type == "commune-actuelle" {
			s.communes[c.Code] = c
			s.siren[c.Code] = c.SIREN
		}
	}
	ept := pub.ept
	if ept == nil {
		ept = all[firstEPT].ept
	}
	s.epci, s.ept = members(pub.epci), members(ept)
	for _, g := range pub.epci {
		for _, m := range g.Membres {
			if s.siren[m.Code] == "" { // the package of 2021 has it only here
				s.siren[m.Code] = m.SIREN
			}
		}
	}
	return s, s.populate(all)
}

func members(groupings []groupingRow) map[string]string {
	of := map[string]string{}
	for _, g := range groupings {
		for _, m := range g.Membres {
			of[m.Code] = g.Code
		}
	}
	return of
}

// populate keeps the pairs (municipal, total) of the files that are of the right year, and
// the municipal populations of communes that have none.
func (s *snapshot) populate(all map[string]*published) error {
	municipal := map[string]int{}
	if s.municipal != "" {
		for _, c := range all[s.municipal].communes {
			if c.Type == "commune-actuelle" && c.Population != nil {
				municipal[c.Code] = *c.Population
			}
		}
	}
	s.pairs = map[string]refdata.Population{}
	for _, file := range [][]groupingRow{s.pub.epci, s.pub.ept} {
		found := pairs(file)
		if len(municipal) == 0 || agreement(found, municipal) > sameYear {
			for code, p := range found {
				if _, ok := s.communes[code]; ok {
					s.pairs[code] = p
				}
			}
		}
	}
	if len(s.pairs) == 0 {
		return fmt.Errorf("millésime %d : aucun fichier ne donne la population totale de l'année de référence %d", s.year, s.year-3)
	}
	s.alone = map[string]int{}
	for code, n := range municipal {
		if _, ok := s.pairs[code]; !ok && s.dates(code) {
			s.alone[code] = n
		}
	}
	return nil
}

// dates says whether the municipal population of a commune without a pair is that of the
// vintage's year, within the vintage's limits.
func (s *snapshot) dates(code string) bool {
	switch {
	case s.communes[code].Code == "":
		return false
	case strings.HasPrefix(code, "975"), strings.HasPrefix(code, "977"), strings.HasPrefix(code, "978"):
		return s.overseas
	case strings.HasPrefix(code, "98"):
		return false // their censuses have years of their own, which the packages do not give
	}
	// Without an EPCI there are only four islands, whose limits have not moved.
	return s.municipal == s.geography || s.epci[code] == ""
}

func pairs(groupings []groupingRow) map[string]refdata.Population {
	found := map[string]refdata.Population{}
	for _, g := range groupings {
		for _, m := range g.Membres {
			if m.PopulationMunicipale != nil && m.PopulationTotale != nil {
				found[m.Code] = refdata.Population{Municipal: *m.PopulationMunicipale, Total: *m.PopulationTotale}
			}
		}
	}
	return found
}

// agreement is the share of communes, known on both sides, with the same municipal population.
func agreement(found map[string]refdata.Population, municipal map[string]int) float64 {
	same, both := 0, 0
	for code, p := range found {
		if n, ok := municipal[code]; ok {
			both++
			if n == p.Municipal {
				same++
			}
		}
	}
	if both == 0 {
		return 0
	}
	return float64(same) / float64(both)
}
