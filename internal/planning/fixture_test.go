// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"testing"

	"maillage/internal/platform/clock"
)

// fatal is what tests and rapid checks share.
type fatal interface {
	Helper()
	Fatal(args ...any)
}

func day(s string) clock.Date { return clock.MustDate(s) }

func num(s string) Number { return mustNumber(s) }

func ptr[T any](v T) *T { return &v }

func shipped(t fatal) *Scales {
	t.Helper()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// filled is the shipped scales with invented figures where none is sourced: tests of sums
// need figures, whatever they are worth.
func filled(t fatal) *Scales {
	t.Helper()
	value := func(code, v string) Scale {
		return Scale{Code: code, Value: ptr(num(v)), ValidFrom: day("2026-01-01"), Origin: "test"}
	}
	table := func(code string, rows ...Row) Scale {
		return Scale{Code: code, Rows: rows, ValidFrom: day("2026-01-01"), Origin: "test"}
	}
	s, err := shipped(t).With(
		value("psu-plafond-bas-complet", "10"), value("psu-plafond-haut-complet", "8"),
		value("psu-plafond-bas-partiel", "9"), value("psu-plafond-haut-partiel", "7.5"),
		value("ressources-plancher", "800"), value("cmg-plancher", "800"), value("bonus-handicap-plafond", "1300"),
		value("piaje-eaje-base", "7400"), value("piaje-eaje-gros-oeuvre", "1000"),
		value("piaje-eaje-durable", "700"), value("piaje-eaje-rattrapage", "900"),
		value("fme-place", "4000"), value("fme-part", "80"), value("rpe-taux", "43"), value("rpe-plafond", "70000"),
		value("sppe-unite", "20000"), value("bmaf", "470"),
		table("piaje-eaje-potentiel", Row{Below: ptr(num("900")), Value: ptr(num("1800"))}, Row{Value: ptr(num("300"))}),
		table("bonus-mixite", Row{UpTo: ptr(num("0.75")), Value: ptr(num("2100"))}, Row{Value: ptr(num("0"))}),
		table("bonus-handicap-taux", Row{Below: ptr(num("5")), Value: ptr(num("15"))}, Row{Value: ptr(num("30"))}),
		table("sppe-potentiel", Row{Below: ptr(num("900")), Value: ptr(num("2"))}, Row{Value: ptr(num("1"))}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// town is a plan with one of each thing: a crèche that grows, one that closes, a MAM.
func town() Plan {
	creche := Running{
		UnitCost: Euros(18500), Realised: num("1500"), Billed: num("1650"), MeanFee: num("1.1"), Full: true,
		Territory: ptr(Euros(1200)), TownShare: Whole(100),
	}
	return Plan{
		Title: "Plan", From: 2026, To: 2030, PriceYear: 2026, Growth: num("2"),
		Town: TownFacts{
			Name: "Ville", Department: "93", Population: 12000, Births3: 620, Potential: num("850"), CTG: true, CoFunded2023: 80,
		},
		Structures: []Structure{
			{ID: "a", Name: "Les Lilas", Kind: Creche, Zone: "nord", X: 651000, Y: 6869000, Places: 60, Running: creche},
			{ID: "b", Name: "Petit Pont", Kind: Creche, Zone: "sud", X: 652000, Y: 6868000, Places: 20, Running: creche},
			{ID: "c", Name: "Maison bleue", Kind: MAM, Zone: "sud", X: 652500, Y: 6868500},
			{ID: "r", Name: "Relais", Kind: RPE, Zone: "nord", Places: 1, Running: Running{
				UnitCost: Euros(65000), Missions: 1, TownShare: Whole(100),
			}},
		},
		Operations: []Operation{
			{
				ID: "o1", Title: "Agrandir les Lilas", Kind: Extension, Structure: "a", TownShare: Whole(100),
				Changes:    []PlaceChange{{"a", day("2027-09-01"), 20}},
				Spending:   []Spending{{2026, "études", Euros(60000)}, {2027, "travaux", Euros(540001)}},
				Structural: true, Jobs: []Job{{"auxiliaire de puériculture", num("3.5"), 2027}},
			},
			{ID: "o2", Title: "Fermer le Petit Pont", Kind: Closure, Structure: "b",
				Changes: []PlaceChange{{"b", day("2029-01-01"), -20}}},
			{ID: "o3", Title: "Ouvrir une MAM", Kind: Creation, Structure: "c", TownShare: Whole(50),
				Changes: []PlaceChange{{"c", day("2026-09-01"), 12}}, Spending: []Spending{{2026, "", Euros(150000)}}},
		},
	}
}

func codesOf(missing []Missing) map[string]bool {
	out := map[string]bool{}
	for _, m := range missing {
		out[m.Code] = true
	}
	return out
}

func line(t *testing.T, a Account, code string) Line {
	t.Helper()
	for _, l := range a.Lines {
		if l.Code == code {
			return l
		}
	}
	t.Fatalf("no line %q in %+v", code, a.Lines)
	return Line{}
}
