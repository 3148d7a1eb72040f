// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// Sizes of the real files, as received.
const (
	ratesRows      = 5022    // txcouv_pe_com, 2017 to 2021, data.caf.fr
	facilitiesRows = 1035564 // bpe_ens_2018.csv, Insee
)

// ratesHeader is that of the Cnaf's file of coverage rates by commune, 2017 to 2021.
const ratesHeader = "\ufeffDate référence;Numéro commune;Nom commune;Numéro EPCI;Nom EPCI;Numéro Département;Nom Département;" +
	"Taux de couv EAJE PSU;Taux de couv hors EAJE PSU;Taux de couv EAJE - ensemble;Taux de couv préscolarisation;" +
	"Taux de couv assistantes maternelles;Taux de couv salarié à domicile;Taux de couv accueil individuel - ensemble;Taux de couv global\n"

// chance is the same from one run to the next, so that runs can be compared.
func chance() *rand.Rand { return rand.New(rand.NewPCG(93066, 2026)) } // #nosec G404 -- made-up figures, no secret

// bySize lists the communes of today, the most populous first, with their population.
func bySize(reg *territory.Registry) ([]*territory.Territory, map[territory.ID]int) {
	places := slices.Clone(reg.All(territory.Commune))
	size := make(map[territory.ID]int, len(places))
	day := clock.NewDate(reg.Years()[len(reg.Years())-1], time.January, 1)
	for _, t := range places {
		if p, ok := reg.Population(t.ID, day); ok {
			size[t.ID] = p.Municipal
		}
	}
	slices.SortFunc(places, func(a, b *territory.Territory) int {
		return cmp.Or(size[b.ID]-size[a.ID], cmp.Compare(a.ID, b.ID))
	})
	return places, size
}

// writeRates writes rows of made-up coverage rates in the shape of the Cnaf's file: the large
// communes over five years, codes without their leading zero, rates that add up.
func writeRates(w io.Writer, reg *territory.Registry, rows int) error {
	places, _ := bySize(reg)
	out, r := bufio.NewWriter(w), chance()
	_, _ = out.WriteString(ratesHeader)
	name := func(id territory.ID) string {
		t, ok := reg.Get(id)
		if !ok {
			return ""
		}
		return strings.ToUpper(french.Fold(t.Name))
	}
	for i := range rows {
		t := places[i/5]
		psu, other, school, minders, home := 60*r.Float64(), 5*r.Float64(), 8*r.Float64(), 50*r.Float64(), 4*r.Float64()
		_, _ = fmt.Fprintf(out, "%d;%s;%s;%s;%s;%s;%s;%.1f;%.1f;%.1f;%.1f;%.1f;%.1f;%.1f;%.1f\n", 2017+i%5, strings.TrimLeft(t.Code, "0"), name(t.ID),
			t.EPCI, name(t.EPCI), strings.TrimLeft(string(t.Departement), "0"), name(t.Departement),
			psu, other, psu+other, school, minders, home, minders+home, psu+other+school+minders+home)
	}
	return out.Flush() // it remembers the first error
}

// quarter is about how many inhabitants an IRIS has; communes under 10 000 have one at most.
const quarter = 2500

// facilityTypes are the codes of Insee's base of facilities, as many as in 2018, with those
// that the observatory knows among them.
func facilityTypes() []string {
	var types []string
	for _, family := range []struct {
		letter      string
		domain, max int
	}{{"A", 1, 26}, {"A", 2, 8}, {"A", 3, 4}, {"A", 4, 6}, {"A", 5, 7}, {"B", 1, 3}, {"B", 2, 6}, {"B", 3, 16}, {"C", 1, 5}, {"C", 2, 1},
		{"C", 3, 5}, {"C", 4, 9}, {"D", 1, 13}, {"D", 2, 43}, {"D", 3, 4}, {"D", 4, 5}, {"D", 5, 2}, {"D", 6, 6}, {"D", 7, 9}, {"E", 1, 9}, {"F", 1, 21}, {"F", 3, 6}, {"G", 1, 4}} {
		for n := 1; n <= family.max; n++ {
			types = append(types, fmt.Sprintf("%s%d%02d", family.letter, family.domain, n))
		}
	}
	return types
}

// writeFacilities writes rows of made-up facilities in the shape of Insee's file by IRIS.
func writeFacilities(w io.Writer, reg *territory.Registry, rows int) error {
	places, size := bySize(reg)
	slices.SortFunc(places, func(a, b *territory.Territory) int { return cmp.Compare(a.ID, b.ID) })
	out, r, types := bufio.NewWriterSize(w, 1<<16), chance(), facilityTypes()
	_, _ = out.WriteString("REG,DEP,DEPCOM,DCIRIS,AN,TYPEQU,NB_EQUIP\n")
	quarters := 0
	for _, t := range places {
		quarters += quartersOf(size[t.ID])
	}
	written, done := 0, 0
	for _, t := range places {
		n := quartersOf(size[t.ID])
		for q := range n {
			done++
			place := t.Code
			if n > 1 {
				place = fmt.Sprintf("%s_%04d", t.Code, 101+q)
			}
			// The rows are shared out evenly; the types of a quarter are a run of the list.
			for k := r.IntN(len(types)); written < rows*done/quarters; k++ {
				_, _ = fmt.Fprintf(out, "%s,%s,%s,%s,2018,%s,%d\n", strings.TrimPrefix(string(t.Region), "R"), t.Departement, t.Code, place,
					types[k%len(types)], 1+r.IntN(4))
				written++
			}
		}
	}
	return out.Flush() // it remembers the first error
}

func quartersOf(inhabitants int) int {
	if inhabitants < 10000 {
		return 1
	}
	return 1 + inhabitants/quarter
}
