// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"

	"maillage/internal/platform/clock"
)

var day = clock.MustDate

// shipped are the rules of the product.
func shipped(t testing.TB) *Rules {
	t.Helper()
	rules, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// town is a commune whose two populations are n for every year from 2021 to 2026.
func town(id, name string, n int) Facts {
	f := Facts{Territory: Territory{id, name, Commune}}
	for year := 2021; year <= 2026; year++ {
		f.Populations = append(f.Populations, Population{Year: year - 3, InForce: clock.NewDate(year, 1, 1), Municipal: n, Total: n, TotalKnown: true})
	}
	return f
}

// give transfers the competences of a commune from the first day of 2025.
func give(f Facts, to Territory, cs ...Competence) Facts {
	for _, c := range cs {
		f.Assignments = append(f.Assignments, Assignment{Competence: c, Holder: to, From: day("2025-01-01")})
	}
	return f
}

// of is the duty with that code.
func of(t testing.TB, duties []Duty, code string) Duty {
	t.Helper()
	for _, d := range duties {
		if d.Rule.Code == code {
			return d
		}
	}
	t.Fatalf("no duty %q", code)
	return Duty{}
}

// codes of the duties that apply, in the order of the rules.
func codes(duties []Duty) string {
	var out []string
	for _, d := range Applying(duties) {
		out = append(out, d.Rule.Code)
	}
	return strings.Join(out, " ")
}

// seineSaintDenis reads the 39 communes of the 93 with their populations 2023.
func seineSaintDenis(t testing.TB) []Inhabitants {
	t.Helper()
	file, err := os.Open("testdata/communes-93.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []Inhabitants
	for _, row := range rows[1:] {
		total, err1 := strconv.Atoi(row[2])
		municipal, err2 := strconv.Atoi(row[3])
		if err1 != nil || err2 != nil {
			t.Fatalf("row %v", row)
		}
		out = append(out, Inhabitants{row[0], row[1], total, municipal})
	}
	return out
}

// townOf93 gives the facts of a commune of the 93, population 2023 in force on 1 January 2026.
func townOf93(c Inhabitants) Facts {
	return Facts{Territory: Territory{c.ID, c.Name, Commune},
		Populations: []Population{{Year: 2023, InForce: day("2026-01-01"), Municipal: c.Municipal, Total: c.Total, TotalKnown: true}}}
}
