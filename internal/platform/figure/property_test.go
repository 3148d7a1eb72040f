// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"maillage/internal/platform/figure/classes"
)

var anyWords = rapid.OneOf(
	rapid.SampledFrom([]string{"", "Bondy", "L’Île-Saint-Denis", "Saint-Ouen-sur-Seine", "Communauté d’agglomération de la Très Longue Vallée",
		"Taux « brut » : 60 % !", "a", strings.Repeat("interminable", 12), "Épinay\u00a0/ \u202f"}),
	rapid.StringOf(rapid.RuneFrom([]rune("aéWw -'’<&\"\u202f\u200b\x00\ufffe漢🙂"))),
)

var anyNumber = rapid.OneOf(
	rapid.Float64Range(0, 100),
	rapid.Float64(),
	rapid.SampledFrom([]float64{0, -1, 1e-9, 1e18, -1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}),
)

var anyValue = rapid.Custom(func(t *rapid.T) Value {
	return Value{
		V: anyNumber.Draw(t, "v"), State: State(rapid.IntRange(0, 6).Draw(t, "state")), //nolint:gosec // small
		Estimated: rapid.Bool().Draw(t, "estimated"), Reason: rapid.SampledFrom([]string{"", "", "moins de 5 enfants"}).Draw(t, "reason"),
	}
})

var anyYear = rapid.OneOf(rapid.IntRange(2010, 2026), rapid.IntRange(-5, 99999))

func anySeries(t *rapid.T) Series {
	return Series{Name: anyWords.Draw(t, "series"), Highlight: rapid.Bool().Draw(t, "highlight"), Irregular: rapid.Bool().Draw(t, "irregular"),
		Points: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point { return Point{anyYear.Draw(t, "year"), anyValue.Draw(t, "value")} }), 0, 8).Draw(t, "points")}
}

func anyFrame(t *rapid.T) Frame {
	return Frame{
		ID: rapid.SampledFrom([]string{"", "a b", "é", "9", "ok"}).Draw(t, "id"), Title: anyWords.Draw(t, "title"), Subtitle: anyWords.Draw(t, "subtitle"),
		Unit:   Unit{Name: anyWords.Draw(t, "unit"), Suffix: rapid.SampledFrom([]string{"", "\u202f%"}).Draw(t, "suffix"), Decimals: rapid.IntRange(-1, 12).Draw(t, "decimals")},
		Period: rapid.SampledFrom([]string{"", "2021"}).Draw(t, "period"), Source: anyWords.Draw(t, "source"), Notes: rapid.SliceOfN(anyWords, 0, 2).Draw(t, "notes"),
		Width: rapid.OneOf(rapid.Float64Range(200, 1200), anyNumber).Draw(t, "width"), Bare: rapid.Bool().Draw(t, "bare"), Interactive: rapid.Bool().Draw(t, "interactive"),
	}
}

func anyReferences(t *rapid.T) []Reference {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Reference {
		return Reference{anyWords.Draw(t, "reference"), anyNumber.Draw(t, "at")}
	}), 0, 6).Draw(t, "references")
}

func anyClasses(t *rapid.T) classes.Classes {
	raw := rapid.SliceOfN(anyNumber, 0, 9).Draw(t, "for classes")
	switch rapid.IntRange(0, 3).Draw(t, "method") {
	case 0:
		return classes.Jenks(raw, 4)
	case 1:
		return classes.Equal(raw, 9)
	case 2:
		return classes.Manual(raw, 10, 20)
	}
	return classes.Classes{}
}

func anyShape(t *rapid.T) orb.MultiPolygon {
	var mp orb.MultiPolygon
	for range rapid.IntRange(0, 2).Draw(t, "polygons") {
		var ring orb.Ring
		for range rapid.IntRange(0, 6).Draw(t, "points") {
			ring = append(ring, orb.Point{rapid.OneOf(rapid.Float64Range(2, 3), rapid.Float64Range(-180, 180), anyNumber).Draw(t, "lon"),
				rapid.OneOf(rapid.Float64Range(48, 49), rapid.Float64Range(-90, 90), anyNumber).Draw(t, "lat")})
		}
		mp = append(mp, orb.Polygon{ring})
	}
	return mp
}

var anySpec = map[string]func(*rapid.T) Spec{
	"bars": func(t *rapid.T) Spec {
		return Bars{Frame: anyFrame(t), Refs: anyReferences(t), Max: anyNumber.Draw(t, "max"), Order: Order(rapid.IntRange(0, 5).Draw(t, "order")), //nolint:gosec // small
			Rows: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) BarRow {
				return BarRow{anyWords.Draw(t, "row"), anyValue.Draw(t, "value"), rapid.Bool().Draw(t, "highlight"), anyWords.Draw(t, "href")}
			}), 0, 12).Draw(t, "rows")}
	},
	"lines": func(t *rapid.T) Spec {
		l := Lines{Frame: anyFrame(t), Free: rapid.Bool().Draw(t, "free"), Height: anyNumber.Draw(t, "height")}
		for range rapid.IntRange(0, 7).Draw(t, "n") {
			l.Series = append(l.Series, anySeries(t))
		}
		for range rapid.IntRange(0, 2).Draw(t, "breaks") {
			l.Breaks = append(l.Breaks, Break{anyYear.Draw(t, "break"), anyWords.Draw(t, "note"), rapid.Bool().Draw(t, "joined")})
		}
		return l
	},
	"stacks": func(t *rapid.T) Spec {
		s := Stacks{Frame: anyFrame(t), Parts: rapid.SliceOfN(anyWords, 0, 10).Draw(t, "parts"), TotalName: rapid.SampledFrom([]string{"", "-", "Ensemble"}).Draw(t, "total")}
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			s.Rows = append(s.Rows, StackRow{Label: anyWords.Draw(t, "row"), Values: rapid.SliceOfN(anyValue, 0, 10).Draw(t, "values"), Total: anyValue.Draw(t, "total")})
		}
		return s
	},
	"panels": func(t *rapid.T) Spec {
		p := Panels{Frame: anyFrame(t), Reference: anySeries(t), Free: rapid.Bool().Draw(t, "free")}
		for range rapid.IntRange(0, 14).Draw(t, "panels") {
			p.Panels = append(p.Panels, Panel{Title: anyWords.Draw(t, "panel"), Points: anySeries(t).Points})
		}
		return p
	},
	"dots": func(t *rapid.T) Spec {
		d := Dots{Frame: anyFrame(t), Peers: anyWords.Draw(t, "peers")}
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			r := DotRow{Label: anyWords.Draw(t, "row"), Self: Peer{anyWords.Draw(t, "self"), anyValue.Draw(t, "value")}}
			for i := range rapid.IntRange(0, 20).Draw(t, "peers") {
				r.Peers = append(r.Peers, Peer{strconv.Itoa(i), anyValue.Draw(t, "peer")})
			}
			d.Rows = append(d.Rows, r)
		}
		return d
	},
	"histogram": func(t *rapid.T) Spec {
		return Histogram{Frame: anyFrame(t), Values: rapid.SliceOfN(anyValue, 0, 30).Draw(t, "values"), Classes: anyClasses(t), Marks: anyReferences(t)}
	},
	"spark": func(t *rapid.T) Spec {
		return Spark{Frame: anyFrame(t), Points: anySeries(t).Points, Height: anyNumber.Draw(t, "height")}
	},
	"map": func(t *rapid.T) Spec {
		m := Map{Frame: anyFrame(t), Classes: anyClasses(t), Pivot: anyValue.Draw(t, "pivot"), PivotName: anyWords.Draw(t, "pivot name"), Cells: rapid.Bool().Draw(t, "cells")}
		if rapid.Bool().Draw(t, "circles") {
			m.Circles = &Circles{Name: anyWords.Draw(t, "circles")}
		}
		for range rapid.IntRange(0, 8).Draw(t, "areas") {
			m.Areas = append(m.Areas, Area{Name: anyWords.Draw(t, "area"), Short: rapid.SampledFrom([]string{"", "Aub."}).Draw(t, "short"), Shape: anyShape(t),
				Col: rapid.OneOf(rapid.IntRange(0, 9), rapid.Int()).Draw(t, "col"), Row: rapid.IntRange(-9, 9).Draw(t, "row"), Value: anyValue.Draw(t, "value"),
				Size: anyValue.Draw(t, "size"), Selected: rapid.Bool().Draw(t, "selected"), Href: rapid.SampledFrom([]string{"", "/x", "javascript:1"}).Draw(t, "href")})
		}
		m.Borders = []orb.MultiPolygon{anyShape(t)}
		return m
	},
}

// The generators are shared, and rapid names them without a lock: these tests run one by one.

// Whatever is declared, the drawing is well-formed, without NaN, and nothing is written
// outside it.
func TestAnyDeclarationDraws(t *testing.T) {
	for name, draw := range anySpec {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := draw(t)
				sc := s.Scene()
				if err := checkScene(sc); err != nil {
					t.Fatal(err)
				}
				if err := checkSVG(string(sc.SVG())); err != nil {
					t.Fatal(err)
				}
				for _, row := range s.Table().Rows {
					if len(row) != len(s.Table().Header) {
						t.Fatalf("a row of %d cells under %d headings", len(row), len(s.Table().Header))
					}
				}
				s.Sentence()
			})
		})
	}
}

func TestSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "n")
		want, size, total := make([]float64, n), make([]float64, n), 0.0
		for i := range n {
			want[i] = rapid.Float64Range(-50, 350).Draw(t, "want")
			size[i] = rapid.Float64Range(1, 40).Draw(t, "size")
			total += size[i]
		}
		got := spread(want, size, 0, 300)
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			if want[a] < want[b] {
				return -1
			}
			if want[a] > want[b] {
				return 1
			}
			return 0
		})
		edge := math.Inf(-1)
		for _, i := range order {
			if got[i]-size[i]/2 < edge-1e-6 {
				t.Fatalf("%v of sizes %v overlap: %v", want, size, got)
			}
			edge = got[i] + size[i]/2
			if total <= 300 && (got[i]-size[i]/2 < -1e-6 || edge > 300+1e-6) {
				t.Fatalf("%v leaves 0 to 300 though there is room", got)
			}
		}
	})
	if got := spread([]float64{10, 100}, []float64{10, 10}, 0, 200); got[0] != 10 || got[1] != 100 {
		t.Errorf("labels with room have moved: %v", got)
	}
	if got := spread([]float64{50, 50}, []float64{10, 10}, 0, 200); got[0] != 45 || got[1] != 55 {
		t.Errorf("two labels at 50 went to %v", got)
	}
}

func TestTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.Float64()).Draw(t, "a")
		b := rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.Float64()).Draw(t, "b")
		if !(a < b) || math.IsInf(a, 0) || math.IsInf(b, 0) {
			return
		}
		at, decimals := ticks(a, b, 5)
		if len(at) < 2 || len(at) > 12 || decimals < 0 {
			t.Fatalf("ticks(%v, %v) = %v, %d", a, b, at, decimals)
		}
		step := at[len(at)-1] - at[0]
		if at[0] > a+1e-6*math.Abs(step) || at[len(at)-1] < b-1e-6*math.Abs(step) {
			t.Fatalf("ticks(%v, %v) = %v do not cover", a, b, at)
		}
		if !slices.IsSorted(at) {
			t.Fatalf("ticks do not ascend: %v", at)
		}
	})
	for _, tc := range []struct {
		lo, hi   float64
		want     []float64
		decimals int
	}{
		{0, 57.2, []float64{0, 20, 40, 60}, 0},
		{0, 1, []float64{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}, 1},
		{-12.4, 28, []float64{-20, -10, 0, 10, 20, 30}, 0},
		{0, 0.11, []float64{0, 0.025, 0.05, 0.07500000000000001, 0.1, 0.125}, 3},
	} {
		if at, d := ticks(tc.lo, tc.hi, 5); !slices.Equal(at, tc.want) || d != tc.decimals {
			t.Errorf("ticks(%v, %v) = %v, %d", tc.lo, tc.hi, at, d)
		}
	}
}

func TestWrapAndFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, w := anyWords.Draw(t, "s"), rapid.Float64Range(0, 400).Draw(t, "width")
		if got := fit(s, 13, false, w); got != "" && textWidth(got, 13, false) > w+1e-6 {
			t.Fatalf("fit(%q, %v) = %q, %v wide", s, w, got, textWidth(got, 13, false))
		}
		n := rapid.IntRange(1, 4).Draw(t, "lines")
		for _, f := range []func(string, float64, bool, float64, int) []string{wrap, flow} {
			lines := f(s, 13, false, w, n)
			if len(lines) > n {
				t.Fatalf("%d lines, at most %d", len(lines), n)
			}
			for _, l := range lines {
				if textWidth(l, 13, false) > w+1e-6 {
					t.Fatalf("line %q is %v wide, at most %v", l, textWidth(l, 13, false), w)
				}
			}
		}
	})
	for _, tc := range []struct {
		s    string
		w    float64
		want string
	}{
		{"Saint-Ouen-sur-Seine", 100, "Saint-Ouen-|sur-Seine"},
		{"Taux de pauvreté au seuil de 60 %", 200, "Taux de pauvreté au seuil de|60 %"},
		{"Bondy", 100, "Bondy"},
	} {
		if got := strings.Join(wrap(tc.s, 13, false, tc.w, 3), "|"); got != tc.want {
			t.Errorf("wrap(%q, %v) = %q, want %q", tc.s, tc.w, got, tc.want)
		}
	}
}
