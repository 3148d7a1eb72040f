// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"math"
	"reflect"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"
)

// at is a point some grid steps from a place in Bondy: small numbers in tests, real degrees.
func at(x, y int) orb.Point {
	return vertex{int32(2_484_400 + x), int32(48_902_300 + y)}.point()
}

func closed(xy ...int) orb.Ring {
	var r orb.Ring
	for i := 0; i < len(xy); i += 2 {
		r = append(r, at(xy[i], xy[i+1]))
	}
	return append(r, r[0])
}

// gridArea is the exact area in grid steps squared, twice.
func gridArea(mp orb.MultiPolygon) (sum int64) {
	shapes, _ := cleanAll(mp)
	for _, s := range shapes {
		for _, r := range s {
			sum += r.area2()
		}
	}
	return sum
}

func TestRepair(t *testing.T) {
	t.Parallel()
	square := closed(0, 0, 100, 0, 100, 100, 0, 100)
	nan := math.NaN()
	cases := []struct {
		name    string
		in      orb.MultiPolygon
		want    orb.MultiPolygon
		changed bool
	}{
		{"a valid square is left alone", orb.MultiPolygon{{square}}, orb.MultiPolygon{{square}}, false},
		{"an open ring is closed", orb.MultiPolygon{{square[:4]}}, orb.MultiPolygon{{square}}, true},
		{"a repeated vertex goes", orb.MultiPolygon{{closed(0, 0, 100, 0, 100, 0, 100, 100, 0, 100)}}, orb.MultiPolygon{{square}}, true},
		{"a spike goes", orb.MultiPolygon{{closed(0, 0, 100, 0, 180, 0, 100, 0, 100, 100, 0, 100)}}, orb.MultiPolygon{{square}}, true},
		{"a spike at the start goes", orb.MultiPolygon{{closed(-50, -50, 0, 0, 100, 0, 100, 100, 0, 100, 0, 0)}}, orb.MultiPolygon{{closed(0, 0, 100, 0, 100, 100, 0, 100)}}, true},
		{"a clockwise shell is turned", orb.MultiPolygon{{closed(0, 0, 0, 100, 100, 100, 100, 0)}}, orb.MultiPolygon{{square}}, true},
		{
			"a bow-tie becomes two triangles", orb.MultiPolygon{{closed(0, 0, 100, 100, 100, 0, 0, 100)}},
			orb.MultiPolygon{{closed(0, 0, 50, 50, 0, 100)}, {closed(50, 50, 100, 0, 100, 100)}}, true,
		},
		{
			"a hole outside its shell becomes a polygon", orb.MultiPolygon{{square, closed(200, 0, 200, 50, 250, 50, 250, 0)}},
			orb.MultiPolygon{{square}, {closed(200, 0, 250, 0, 250, 50, 200, 50)}}, true,
		},
		{
			"polygons that overlap are merged", orb.MultiPolygon{{square}, {closed(50, 50, 150, 50, 150, 150, 50, 150)}},
			orb.MultiPolygon{{closed(0, 0, 100, 0, 100, 50, 150, 50, 150, 150, 50, 150, 50, 100, 0, 100)}}, true,
		},
		{"twice the same polygon is one", orb.MultiPolygon{{square}, {square}}, orb.MultiPolygon{{square}}, true},
		{"a line goes", orb.MultiPolygon{{closed(0, 0, 100, 0, 50, 0)}, {square}}, orb.MultiPolygon{{square}}, true},
		{"what is no place goes", orb.MultiPolygon{{append(orb.Ring{{nan, 48}, {math.Inf(1), 0}}, square...)}}, orb.MultiPolygon{{square}}, true},
		{"nothing stays nothing", nil, nil, false},
		{"a polygon without rings goes", orb.MultiPolygon{{}}, nil, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, changed := Repair(c.in)
			if !reflect.DeepEqual(got, c.want) || changed != c.changed {
				t.Errorf("Repair(%v)\n = %v, %v\nwant %v, %v", c.in, got, changed, c.want, c.changed)
			}
			if err := CheckValid(got); err != nil {
				t.Errorf("the result is not valid: %v", err)
			}
		})
	}
}

func TestCheckValidNamesTheFault(t *testing.T) {
	t.Parallel()
	square := closed(0, 0, 100, 0, 100, 100, 0, 100)
	cases := []struct {
		name string
		in   orb.MultiPolygon
		want string
	}{
		{"open", orb.MultiPolygon{{square[:4]}}, "polygone n° 1, anneau n° 1 : n'est pas fermé"},
		{"short", orb.MultiPolygon{{square[:2]}}, "polygone n° 1, anneau n° 1 : moins de trois sommets"},
		{"crossing", orb.MultiPolygon{{closed(0, 0, 100, 100, 100, 0, 0, 100)}}, "deux bords se croisent près de (2,48440 ; 48,90240)"},
		{"touching itself", orb.MultiPolygon{{closed(0, 0, 50, 50, 100, 0, 100, 100, 50, 50, 0, 100)}}, "polygone n° 1 : un anneau se touche lui-même en (2,48445 ; 48,90235)"},
		{"hole outside", orb.MultiPolygon{{square, closed(200, 0, 200, 50, 250, 50, 250, 0)}}, "polygone n° 1 : le trou n° 1 sort du polygone"},
		{"hole in hole", orb.MultiPolygon{{square, closed(10, 10, 10, 90, 90, 90, 90, 10), closed(20, 20, 20, 30, 30, 30)}}, "polygone n° 1 : le trou n° 2 est dans un autre trou"},
		{"hole cutting in two", orb.MultiPolygon{{closed(0, 0, 50, 0, 100, 0, 100, 100, 50, 100, 0, 100), closed(50, 0, 40, 50, 50, 100, 60, 50)}}, "polygone n° 1 : des anneaux coupent le polygone en deux en (2,48445 ; 48,90240)"},
		{"nested polygons", orb.MultiPolygon{{square}, {closed(10, 10, 20, 10, 20, 20)}}, "le polygone n° 2 est dans le polygone n° 1"},
		{"shared edge", orb.MultiPolygon{{square}, {closed(100, 0, 200, 0, 100, 100)}}, "deux bords se recouvrent en (2,48450 ; 48,90230)"},
		{"clockwise", orb.MultiPolygon{{closed(0, 0, 0, 100, 100, 100, 100, 0)}}, "polygone n° 1, anneau n° 1 : tourne dans le mauvais sens"},
		{"valid hole", orb.MultiPolygon{{square, closed(10, 10, 10, 90, 90, 90, 90, 10)}}, ""},
		{"hole touching the shell once", orb.MultiPolygon{{closed(0, 0, 50, 0, 100, 0, 100, 100, 0, 100), closed(50, 0, 40, 50, 60, 50)}}, ""},
		{"polygons touching at a corner", orb.MultiPolygon{{square}, {closed(100, 100, 200, 100, 200, 200)}}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := CheckValid(c.in); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("CheckValid = %q, want %q", got, c.want)
			}
		})
	}
}

// scribble draws rings on a small grid, where every degeneracy happens all the time.
func scribble(t *rapid.T) orb.MultiPolygon {
	side := rapid.SampledFrom([]int{4, 9, 40, 2000}).Draw(t, "side")
	coordinate := rapid.IntRange(0, side)
	var mp orb.MultiPolygon
	for range rapid.IntRange(1, 3).Draw(t, "polygons") {
		var poly orb.Polygon
		for range rapid.IntRange(1, 3).Draw(t, "rings") {
			var xy []int
			for range rapid.IntRange(1, 12).Draw(t, "vertices") {
				xy = append(xy, coordinate.Draw(t, "x"), coordinate.Draw(t, "y"))
			}
			poly = append(poly, closed(xy...))
		}
		mp = append(mp, poly)
	}
	return mp
}

func TestRepairAlwaysGivesValidGeometry(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := scribble(t)
		wasValid := IsValid(in)
		got, changed := Repair(in)
		if err := CheckValid(got); err != nil {
			t.Fatalf("Repair gave %v: %v", got, err)
		}
		if wasValid && (changed || !reflect.DeepEqual(got, in)) {
			t.Fatalf("Repair changed a valid geometry to %v", got)
		}
		if again, changed := Repair(got); changed || !reflect.DeepEqual(again, got) {
			t.Fatalf("Repair of a repaired geometry gave %v, %v", again, changed)
		}
	})
}

// TestRepairCountsOddPlaces compares with the definition: a point of a polygon counts when
// an odd number of rings surround it, and polygons add up.
func TestRepairCountsOddPlaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := scribble(t)
		got, _ := Repair(in)
		p := orb.Point{
			at(0, 0)[0] + rapid.Float64Range(0, 2000).Draw(t, "px")/perDegree,
			at(0, 0)[1] + rapid.Float64Range(0, 2000).Draw(t, "py")/perDegree,
		}
		want := false
		for _, poly := range in {
			odd := false
			for _, r := range poly {
				if math.Abs(signedDistance(p, []orb.Ring{r})) < 2/perDegree {
					return // crossings are rounded to the grid: too near a border to tell
				}
				if signedDistance(p, []orb.Ring{r}) > 0 {
					odd = !odd
				}
			}
			want = want || odd
		}
		if Contains(got, p) != want {
			t.Fatalf("Contains(%v, %v) = %v, want %v", got, p, !want, want)
		}
	})
}

func TestRepairSurvivesATangle(t *testing.T) {
	t.Parallel()
	var xy []int
	seed := uint32(93)
	for range 3000 {
		seed = seed*1664525 + 1013904223
		xy = append(xy, int(seed>>12&0xfffff), int(seed>>4&0xfff)*200)
	}
	got, changed := Repair(orb.MultiPolygon{{closed(xy...)}})
	if !changed {
		t.Error("a tangle was found valid")
	}
	if err := CheckValid(got); err != nil {
		t.Error(err)
	}
}

func BenchmarkRepairValid(b *testing.B) {
	mp := orb.MultiPolygon{{wavy(10_000)}}
	for b.Loop() {
		Repair(mp)
	}
}

// wavy is a valid ring of n vertices some kilometres wide.
func wavy(n int) orb.Ring {
	var r orb.Ring
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		d := 0.05 * (1 + 0.2*math.Sin(9*a) + 0.02*math.Sin(97*a))
		v, _ := snap(orb.Point{2.48 + d*math.Cos(a), 48.9 + d*math.Sin(a)})
		r = append(r, v.point())
	}
	return append(r, r[0])
}
