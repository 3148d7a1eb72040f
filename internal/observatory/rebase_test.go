// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"math"
	"strings"
	"testing"

	"maillage/internal/platform/clock"
	"maillage/internal/territory"
	"pgregory.net/rapid"
)

var (
	saintDenis = &territory.Territory{ID: "93066", Kind: territory.Commune, Name: "Saint-Denis"}
	partNames  = map[territory.ID]string{"93066": "Saint-Denis", "93059": "Pierrefitte-sur-Seine", "93200": "L'Île-Rouge"}
	births     = &Indicator{Code: "naissances", Kind: Count, Aggregation: Aggregation{Rule: Sum}}
	coverage   = &Indicator{Code: "couverture", Kind: Rate, Aggregation: Aggregation{Rule: WeightedMean, Weight: "enfants"}}
	median     = &Indicator{Code: "mediane", Kind: Rate, Aggregation: Aggregation{Rule: Never}}
	children   = &Indicator{Code: "enfants", Title: "Enfants de moins de 3 ans", Kind: Stock, Aggregation: Aggregation{Rule: Sum}}
	caf        = &Source{Name: "Caf"}
	bothPieces = []territory.Part{{ID: "93066", Share: 1, Exact: true}, {ID: "93059", Share: 1, Exact: true}}
)

func question(ind *Indicator, parts []territory.Part, values, weights map[territory.ID]Value) Rebasing {
	return Rebasing{
		Indicator: ind, Place: saintDenis, Period: "2021", Parts: parts, Since: clock.MustDate("2025-01-01"),
		Value:  func(id territory.ID) (Value, bool) { v, ok := values[id]; return v, ok },
		Name:   func(id territory.ID) string { return partNames[id] },
		Weigh:  func(id territory.ID, _ Period) (Value, bool) { v, ok := weights[id]; return v, ok },
		Weight: children, Source: caf,
	}
}

func known(n float64) Value  { return Value{Period: "2021", State: Observed, Number: n} }
func weight(n float64) Value { return Value{Period: "2020", State: Observed, Number: n} }

func TestRebaseSaintDenis(t *testing.T) {
	t.Parallel()
	weights := map[territory.ID]Value{"93066": weight(4810), "93059": weight(1456)}
	for _, c := range []struct {
		why    string
		q      Rebasing
		state  State
		number float64
		words  string // in the footnote, or in the reason when there is no number
	}{
		{"a count adds up", question(births, bothPieces, map[territory.ID]Value{"93066": known(2351), "93059": known(617)}, nil),
			Observed, 2968, "Saint-Denis avant 2025 : somme de Saint-Denis et de Pierrefitte-sur-Seine."},
		{"a rate is averaged", question(coverage, bothPieces, map[territory.ID]Value{"93066": known(30), "93059": known(20)}, weights),
			Estimated, (30*4810 + 20*1456) / 6266.0, "moyenne de Saint-Denis et de Pierrefitte-sur-Seine, pondérée par « Enfants de moins de 3 ans » (Caf, 2020)."},
		{"a median never", question(median, bothPieces, map[territory.ID]Value{"93066": known(18000), "93059": known(17000)}, weights),
			Missing, 0, "ne s'agrège pas"},
		{"a secret part hides the whole", question(births, bothPieces, map[territory.ID]Value{"93066": known(10), "93059": {State: Secret}}, nil),
			Secret, 0, "de Pierrefitte-sur-Seine manque (secret statistique)"},
		{"secrecy wins over absence", question(births, bothPieces, map[territory.ID]Value{"93059": {State: Secret}}, nil), Secret, 0, "secret"},
		{"a missing part is not a zero", question(births, bothPieces, map[territory.ID]Value{"93066": known(10)}, nil),
			Missing, 0, "le chiffre de Pierrefitte-sur-Seine manque (non publié)"},
		{"a missing weight", question(coverage, bothPieces, map[territory.ID]Value{"93066": known(30), "93059": known(20)}, map[territory.ID]Value{"93066": weight(3)}),
			Missing, 0, "le poids de Pierrefitte-sur-Seine"},
		{"weights of zero", question(coverage, bothPieces, map[territory.ID]Value{"93066": known(30), "93059": known(20)}, map[territory.ID]Value{"93066": weight(0), "93059": weight(0)}),
			NotApplicable, 0, "poids sont nuls"},
		{"unchanged borders", question(median, bothPieces[:1], map[territory.ID]Value{"93066": known(18000)}, nil), Observed, 18000, ""},
		{"another code", question(median, bothPieces[1:], map[territory.ID]Value{"93059": known(18000)}, nil), Observed, 18000, "valeur de Pierrefitte-sur-Seine"},
		{"a count shared out", question(births, []territory.Part{{ID: "93200", Share: 0.25}}, map[territory.ID]Value{"93200": known(100)}, nil),
			Estimated, 25, "la part de L'Île-Rouge"},
		{"a rate of what was split", question(coverage, []territory.Part{{ID: "93200", Share: 0.25}}, map[territory.ID]Value{"93200": known(40)}, nil),
			Estimated, 40, "dont il faisait partie"},
		{"a median of what was split", question(median, []territory.Part{{ID: "93200", Share: 0.25}}, map[territory.ID]Value{"93200": known(40)}, nil),
			Missing, 0, "ne s'agrège pas"},
	} {
		r := Rebase(c.q)
		v := r.Value
		text := r.Footnote
		if !v.Known() {
			text = v.Note
		}
		if v.State != c.state || math.Abs(v.Number-c.number) > 1e-9 || !strings.Contains(text, c.words) || (c.words == "") != (text == "") {
			t.Errorf("%s: %+v, footnote %q; want %v %v %q", c.why, v, r.Footnote, c.state, c.number, c.words)
		}
		if v.Territory != "93066" || len(r.Parts) != len(c.q.Parts) {
			t.Errorf("%s: territory %s, %d parts", c.why, v.Territory, len(r.Parts))
		}
	}
}

func TestRebaseKeepsSumsAndBoundsRates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "parts")
		var parts []territory.Part
		values, weights := map[territory.ID]Value{}, map[territory.ID]Value{}
		sum, low, high := 0.0, math.Inf(1), math.Inf(-1)
		for i := range n {
			id := territory.ID(rune('a' + i))
			parts = append(parts, territory.Part{ID: id, Share: 1, Exact: true})
			v := float64(rapid.IntRange(0, 1_000_000).Draw(t, "value")) / 10
			values[id], weights[id] = known(v), weight(float64(rapid.IntRange(0, 1_000_000).Draw(t, "weight")))
			sum += v
			low, high = min(low, v), max(high, v)
		}
		if got := Rebase(question(births, parts, values, nil)).Value; got.Number != sum || got.State != Observed {
			t.Fatalf("sum %v, want %v", got, sum)
		}
		got := Rebase(question(coverage, parts, values, weights)).Value
		if got.Known() && (got.Number < low || got.Number > high) {
			t.Fatalf("mean %v outside of %v..%v", got.Number, low, high)
		}
		if !got.Known() && got.State != NotApplicable {
			t.Fatalf("mean lost: %+v", got)
		}
		hidden := parts[rapid.IntRange(0, n-1).Draw(t, "hidden")].ID
		values[hidden] = Value{State: Secret}
		for _, ind := range []*Indicator{births, coverage, median} {
			if got := Rebase(question(ind, parts, values, weights)).Value; got.State != Secret || got.Number != 0 {
				t.Fatalf("%s: a secret part shows: %+v", ind.Code, got)
			}
		}
	})
}

func TestNearest(t *testing.T) {
	t.Parallel()
	at := func(p Period, s State) Value { return Value{Period: p, State: s} }
	values := []Value{at("2015", Observed), at("2018", Secret), at("2019", Estimated), at("2023", Observed)}
	for p, want := range map[Period]Period{"2018": "2019", "2021": "2019", "2022": "2023", "2000": "2015"} {
		if got, ok := Nearest(values, p); !ok || got.Period != want {
			t.Errorf("Nearest(%s) = %s, %v, want %s", p, got.Period, ok, want)
		}
	}
	if _, ok := Nearest(values[1:2], "2018"); ok {
		t.Error("a secret weighs nothing")
	}
}
