// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"strings"
	"testing"
)

func TestExportRows(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	var towns []Town
	for _, c := range seineSaintDenis(t) {
		towns = append(towns, NewTown(rules, townOf93(c), day("2026-01-01")))
	}
	byDuty := map[string]int{}
	for row := range ExportRows(towns) {
		if len(row) != len(ExportHeader) {
			t.Fatalf("row of %d cells", len(row))
		}
		byDuty[row[2].(string)]++
		if row[0] == "93048" && row[2] == "Relais petite enfance (RPE)" {
			if row[3] != "à faire (prévu par la loi depuis le 1er janvier 2026)" || row[4] != "2026-01-01" ||
				!strings.HasPrefix(row[5].(string), "articles L. 214-1-3") || !strings.HasPrefix(row[6].(string), "Montreuil compte 112\u202f549 habitants") {
				t.Errorf("row %q", row)
			}
		}
	}
	for title, want := range map[string]int{
		"Recenser les besoins et les modes d'accueil":                                             39,
		"Informer et accompagner les familles":                                                    39,
		"Planifier le développement des modes d'accueil":                                          39,
		"Soutenir la qualité des modes d'accueil":                                                 39,
		"Schéma pluriannuel de maintien et de développement de l'offre d'accueil du jeune enfant": 35,
		"Relais petite enfance (RPE)":                                                             35,
		"Avis préalable sur les projets d'établissements d'accueil":                               39,
	} {
		if byDuty[title] != want {
			t.Errorf("%q: %d rows, want %d", title, byDuty[title], want)
		}
	}
	if len(byDuty) != 7 {
		t.Errorf("duties in the export: %v", byDuty)
	}
}

func TestOrderByHelp(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	on := day("2026-01-01")
	big, small, alone, done := town("1", "Grande", 80000), town("2", "Moyenne", 11000), town("3", "Seule", 50000), town("4", "Prête", 12000)
	alone.Team = Team{Known: true, FTE: 0.2}
	for _, kind := range []string{"diagnostic", "guichet", "plan", "rpe", "schema-adopte", "schema-transmis"} {
		done.Evidence = append(done.Evidence, Evidence{Kind: kind, Date: day("2025-12-01")})
	}
	var towns []Town
	for _, f := range []Facts{done, big, small, alone} {
		towns = append(towns, NewTown(rules, f, on))
	}
	var got []string
	for _, t := range OrderByHelp(towns, on) {
		got = append(got, t.Territory.Name)
	}
	if want := "Seule Moyenne Grande Prête"; strings.Join(got, " ") != want {
		t.Errorf("order %v, want %s", got, want)
	}
}

// Two towns alike but for how long ago a date passed come in the same order as without it.
func TestOrderByHelpIgnoresLateness(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	on := day("2027-01-01")
	a, b := town("1", "Alpha", 20000), town("2", "Bêta", 20000)
	a.Evidence = []Evidence{{Kind: "schema-adopte", Date: day("2026-09-01")}}
	b.Evidence = []Evidence{{Kind: "schema-adopte", Date: day("2025-02-01")}}
	got := OrderByHelp([]Town{NewTown(rules, b, on), NewTown(rules, a, on)}, on)
	if got[0].Territory.Name != "Alpha" {
		t.Errorf("the older date came first: %s", got[0].Territory.Name)
	}
}

func TestNextDate(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	f := town("1", "Ville", 20000)
	f.Evidence = []Evidence{{Kind: "schema-adopte", Date: day("2025-10-15")}}
	d, ok := NextDate(Evaluate(rules, f, day("2025-11-01")), day("2025-11-01"))
	if !ok || d.Rule.Code != "schema" || d.Due != day("2025-11-15") {
		t.Errorf("next date %s for %s", d.Due, d.Rule.Code)
	}
	if _, ok := NextDate(nil, day("2025-11-01")); ok {
		t.Error("a date without duties")
	}
}
