// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"maillage/internal/platform/figure/classes"
)

func square(lon, lat, side float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{lon, lat}, {lon + side, lat}, {lon + side, lat + side}, {lon, lat + side}, {lon, lat}}}}
}

func TestLegendAndReadings(t *testing.T) {
	t.Parallel()
	m := Map{Frame: Frame{Unit: Unit{Name: "places pour 100 enfants", Decimals: 1}}, Areas: []Area{
		{Code: "93001", Name: "Aubervilliers", Value: Num(22.04), Shape: square(2.38, 48.91, 0.02), Selected: true},
		{Code: "93005", Name: "Aulnay-sous-Bois", Value: Num(31), Shape: square(2.49, 48.94, 0.02)},
		{Code: "93006", Name: "Bagnolet", Value: Num(44.26), Shape: square(2.42, 48.86, 0.02)},
		{Code: "93007", Name: "Le Blanc-Mesnil", Value: Absent(Secret), Shape: square(2.46, 48.93, 0.02)},
		{Code: "93008", Name: "Bobigny", Value: Absent(NotPublished), Shape: square(2.44, 48.90, 0.02)},
		{Code: "97101", Name: "Les Abymes", Value: Absent(Secret), Shape: square(-61.5, 16.27, 0.02)},
	}}
	legend := m.Legend()
	if len(legend) == 0 || legend[0].From != 22 || legend[len(legend)-1].To != 44.3 {
		t.Fatalf("legend: %+v", legend)
	}
	readings := m.Readings()
	last := readings[2]
	if last.Class != len(legend)-1 || last.Full != "44,3 places pour 100 enfants" || last.Short != "44,3" {
		t.Errorf("reading: %+v", last)
	}
	rank := strconv.Itoa(len(legend)) + "e classe sur " + strconv.Itoa(len(legend))
	if want := "Bagnolet\u00a0: 44,3 places pour 100 enfants – " + rank; last.Sentence() != want {
		t.Errorf("sentence %q, want %q", last.Sentence(), want)
	}
	if r := readings[3]; r.Class != -1 || r.State != Secret || r.Sentence() != "Le Blanc-Mesnil\u00a0: secret statistique" {
		t.Errorf("secret: %+v, %q", r, r.Sentence())
	}
	absences := m.Absences()
	if len(absences) != 2 || absences[0] != (Absence{Secret, "secret statistique", 2}) || absences[1].State != NotPublished {
		t.Errorf("absences: %+v", absences)
	}
	b, ok := m.Bound()
	if !ok || b.Min != (orb.Point{2.38, 48.86}) || math.Abs(b.Max[0]-2.51)+math.Abs(b.Max[1]-48.96) > 1e-9 {
		t.Errorf("bound %v: the mainland only", b)
	}
}

func TestBoundOfNothing(t *testing.T) {
	t.Parallel()
	if _, ok := (Map{Areas: []Area{{Code: "93001"}}}).Bound(); ok {
		t.Error("an area without outline has a bound")
	}
	if n := len((Map{}).Legend()); n != 0 {
		t.Errorf("%d classes of nothing", n)
	}
}

// The drawing is the reference: what the legend and the readings say must be in it.
func TestLegendAgreesWithTheDrawing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := Map{Frame: Frame{Title: "Taux", Unit: Unit{Decimals: rapid.IntRange(0, 2).Draw(t, "decimals")}, Interactive: true},
			Classes: classes.Jenks(rapid.SliceOfN(rapid.Float64Range(0, 100), 0, 9).Draw(t, "for classes"), 4), // another year's, or none
			Pivot:   rapid.SampledFrom([]Value{{}, Num(30)}).Draw(t, "pivot")}
		for i, v := range rapid.SliceOfN(rapid.Float64Range(0, 100), 1, 30).Draw(t, "values") {
			m.Areas = append(m.Areas, Area{Code: strconv.Itoa(i), Name: "n" + strconv.Itoa(i), Value: Num(v), Shape: square(2+float64(i)*0.1, 48, 0.1)})
		}
		m.Areas = append(m.Areas, Area{Code: "s", Name: "secrète", Value: Absent(Secret), Shape: square(2, 48.1, 0.1)})
		legend := m.Legend()
		counts := make([]int, len(legend))
		drawn := string(SVG(m))
		for _, r := range m.Readings() {
			if (r.Class >= 0) != (r.State == Known) {
				t.Fatalf("class %d in state %v", r.Class, r.State)
			}
			if r.Class < 0 {
				continue
			}
			counts[r.Class]++
			if !strings.Contains(drawn, legend[r.Class].Colour) {
				t.Fatalf("colour %s of %s is not drawn", legend[r.Class].Colour, r.Area.Name)
			}
			if r.Rank != "" && !strings.Contains(drawn, r.Short+" — "+r.Rank) {
				t.Fatalf("the drawing does not say %q", r.Short+" — "+r.Rank)
			}
		}
		for i, c := range legend {
			if c.Count != counts[i] {
				t.Fatalf("class %d counts %d, readings %d", i, c.Count, counts[i])
			}
			if i > 0 && c.From != legend[i-1].To {
				t.Fatalf("classes %d and %d do not meet", i-1, i)
			}
		}
	})
}

// Quantities are circles: their radii follow the square root, so that areas compare.
func TestCircles(t *testing.T) {
	t.Parallel()
	m := Map{Frame: Frame{Title: "Naissances"}, Uncoloured: true, Circles: &Circles{Name: "Naissances"}, Areas: []Area{
		{Code: "a", Name: "Grande", Value: Num(900), Size: Num(900), Shape: square(2, 48, 0.1)},
		{Code: "b", Name: "Petite", Value: Num(100), Size: Num(100), Shape: square(2.1, 48, 0.1)},
		{Code: "c", Name: "Aucune", Value: Num(0), Size: Num(0), Shape: square(2.2, 48, 0.1)},
		{Code: "d", Name: "Secrète", Value: Absent(Secret), Size: Absent(Secret), Shape: square(2.3, 48, 0.1)},
	}}
	for i, want := range []float64{1, 1. / 3, 0, 0} {
		r := m.Readings()[i]
		if math.Abs(r.Radius-want) > 1e-12 || r.Class != -1 || r.Rank != "" {
			t.Errorf("%s: %+v, want radius %v and no class", r.Area.Name, r, want)
		}
	}
	drawn := string(SVG(m))
	for _, k := range m.CircleKeys() {
		if !strings.Contains(drawn, ">"+k.Label+"<") || k.Share <= 0 || k.Share > 1 {
			t.Errorf("key %+v is not in the drawing", k)
		}
	}
	if len(m.CircleKeys()) != 2 || len(m.Legend()) != 0 {
		t.Errorf("keys %v, classes %v", m.CircleKeys(), m.Legend())
	}
	if m.Circles = nil; m.CircleKeys() != nil {
		t.Error("keys without circles")
	}
}
