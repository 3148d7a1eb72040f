// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"github.com/peterstace/simplefeatures/geom"
	"pgregory.net/rapid"
)

// partition covers a square of side×side squares, each of step grid units, with regions
// drawn at random: regions may have holes, islands and parts that touch at corners. Each
// border is then bent by inner vertices, the same for both sides.
func partition(seed uint64, side, regions, inner int) []orb.MultiPolygon {
	draw := rand.New(rand.NewPCG(seed, 93))
	const step = 4000
	owner := make([]int, side*side)
	for i := range owner {
		owner[i] = draw.IntN(regions)
	}
	for range 3 { // let regions grow together
		for i := range owner {
			if x := i % side; x > 0 && draw.IntN(2) == 0 {
				owner[i] = owner[i-1]
			} else if i >= side && draw.IntN(2) == 0 {
				owner[i] = owner[i-side]
			}
		}
	}
	out := make([]orb.MultiPolygon, regions)
	for r := range regions {
		var squares []shape
		for i, o := range owner {
			if o == r {
				x, y := int32(i%side*step), int32(i/side*step)
				squares = append(squares, shape{{{x, y}, {x + step, y}, {x + step, y + step}, {x, y + step}}})
			}
		}
		shapes := merged(squares)
		for _, s := range shapes {
			for k := range s {
				s[k] = bent(s[k], seed, inner)
			}
		}
		out[r] = toOrb(shapes)
	}
	return out
}

// bent puts inner vertices on each edge, off it by an amount that depends on the edge only.
func bent(r ring, seed uint64, inner int) ring {
	var out ring
	for i, a := range r {
		b := r[(i+1)%len(r)]
		e := newEdge(a, b)
		out = append(out, a)
		draw := rand.New(rand.NewPCG(seed^uint64(uint32(e.a.x)), uint64(uint32(e.a.y))<<32|uint64(uint32(e.b.x+e.b.y))))
		var points ring
		for k := 1; k <= inner; k++ {
			t, n := int32(k), int32(inner+1)
			most := 4000 / n * min(t, n-t) * 2 / 5 // so near a corner that the next edge is not met
			off := draw.Int32N(2*most+1) - most
			points = append(points, vertex{
				e.a.x + (e.b.x-e.a.x)/n*t + off*sign(e.b.y-e.a.y),
				e.a.y + (e.b.y-e.a.y)/n*t + off*sign(e.b.x-e.a.x),
			})
		}
		if a != e.a {
			for k := len(points) - 1; k >= 0; k-- {
				out = append(out, points[k])
			}
		} else {
			out = append(out, points...)
		}
	}
	return out
}

func sign(v int32) int32 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func TestSimplifyKeepsBordersShared(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := partition(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(2, 6).Draw(t, "side"),
			rapid.IntRange(1, 6).Draw(t, "regions"), rapid.IntRange(0, 9).Draw(t, "inner"))
		for _, mp := range in {
			if err := CheckValid(mp); err != nil {
				t.Fatalf("the test's own partition is wrong: %v", err)
			}
		}
		tolerance := math.Pow(10, rapid.Float64Range(0, 4.5).Draw(t, "log10 of the tolerance"))
		checkCoverage(t, in, Simplify(in, tolerance))
	})
}

func checkCoverage(t interface {
	Helper()
	Fatalf(string, ...any)
}, in, out []orb.MultiPolygon) {
	t.Helper()
	if len(out) != len(in) {
		t.Fatalf("%d geometries for %d", len(out), len(in))
	}
	var all []shape
	var sum int64
	for i := range out {
		if err := CheckValid(out[i]); err != nil {
			t.Fatalf("geometry %d is not valid: %v\n%v", i, err, out[i])
		}
		if len(out[i]) != len(in[i]) {
			t.Fatalf("geometry %d had %d polygons and has %d", i, len(in[i]), len(out[i]))
		}
		shapes, _ := cleanAll(out[i])
		all = append(all, shapes...)
		sum += gridArea(out[i])
	}
	// The square is covered without gap or overlap: the union is one polygon without holes
	// whose area is exactly the sum.
	union := merged(all)
	if got := gridArea(toOrb(union)); got != sum {
		t.Fatalf("the union has an area of %d half steps², the parts %d", got, sum)
	}
	if len(union) != 1 || len(union[0]) != 1 {
		t.Fatalf("the union has %d polygons, the first with %d rings", len(union), len(union[0]))
	}
}

// TestSimplifyAgreesWithAnotherLibrary asks simplefeatures for the union, independently of
// our own arithmetic.
func TestSimplifyAgreesWithAnotherLibrary(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		out := Simplify(partition(seed, 4, 5, 5), 300)
		var sum float64
		var parts []geom.Geometry
		for _, mp := range out {
			if len(mp) == 0 {
				continue
			}
			g, err := geom.UnmarshalWKT(wkt.MarshalString(mp)) // it checks validity too
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			parts = append(parts, g)
			sum += g.Area()
		}
		union, err := geom.UnaryUnion(geom.NewGeometryCollection(parts).AsGeometry())
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if math.Abs(union.Area()-sum) > 1e-9*sum {
			t.Errorf("seed %d: union %v, sum %v", seed, union.Area(), sum)
		}
	}
}

func TestSimplifyMatchesBordersDrawnApart(t *testing.T) {
	t.Parallel()
	// The right one has a vertex on the common border that the left one has not.
	left := orb.MultiPolygon{{closed(0, 0, 1000, 0, 1000, 1000, 0, 1000)}}
	right := orb.MultiPolygon{{closed(1000, 0, 2000, 0, 2000, 1000, 1000, 1000, 1000, 400)}}
	out := Simplify([]orb.MultiPolygon{left, right, nil}, 0)
	want := orb.MultiPolygon{{closed(0, 0, 1000, 0, 1000, 400, 1000, 1000, 0, 1000)}}
	if !reflect.DeepEqual(out[0], want) {
		t.Errorf("left = %v, want %v", out[0], want)
	}
	if out[2] != nil {
		t.Errorf("nothing became %v", out[2])
	}
	checkCoverage(t, []orb.MultiPolygon{left, right}, Simplify([]orb.MultiPolygon{left, right}, 1e6))
}

func TestSimplifyNeverLosesATerritory(t *testing.T) {
	t.Parallel()
	// A town of 30 m inside another, and an island far off.
	small := closed(5000, 5000, 5200, 5000, 5300, 5100, 5200, 5300, 5000, 5200)
	hole := orb.Ring{}
	for i := range small {
		hole = append(hole, small[len(small)-1-i])
	}
	town := orb.MultiPolygon{{small}}
	around := orb.MultiPolygon{{closed(0, 0, 9000, 0, 9000, 9000, 4000, 9500, 0, 9000), hole}, {closed(20000, 0, 20010, 0, 20015, 5, 20010, 10, 20000, 10)}}
	for _, tolerance := range []float64{1, 100, 1e4, 1e7} {
		out := Simplify([]orb.MultiPolygon{town, around}, tolerance)
		for i, mp := range out {
			if err := CheckValid(mp); err != nil || Area(mp) <= 0 {
				t.Errorf("tolerance %v: geometry %d has area %v: %v", tolerance, i, Area(mp), err)
			}
		}
		if len(out[1]) != 2 || len(out[1][0]) != 2 {
			t.Errorf("tolerance %v: the hole or the island went: %v", tolerance, out[1])
		}
	}
}

func TestSimplifyLevelsNest(t *testing.T) {
	t.Parallel()
	in := partition(7, 6, 6, 9)
	levels, err := SimplifyLevels(context.Background(), in, Levels[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range levels {
		finer := in
		if i > 0 {
			finer = levels[i-1]
		}
		has := map[orb.Point]bool{}
		for _, mp := range finer {
			for _, poly := range mp {
				for _, r := range poly {
					for _, p := range r {
						has[p] = true
					}
				}
			}
		}
		for _, mp := range levels[i] {
			for _, poly := range mp {
				for _, r := range poly {
					for _, p := range r {
						if !has[p] {
							t.Fatalf("level %d has a vertex that the finer one has not: %v", i, p)
						}
					}
				}
			}
		}
	}
}

func TestSimplifyLevelsStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := SimplifyLevels(ctx, partition(1, 2, 2, 2), Levels[:], nil); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestLevelFor(t *testing.T) {
	t.Parallel()
	last := len(Levels)
	for zoom := range 20 {
		l := LevelFor(zoom)
		if l > last {
			t.Errorf("zoom %d is coarser than the one before", zoom)
		}
		last = l
	}
	if LevelFor(0) != len(Levels)-1 || LevelFor(18) != 0 {
		t.Errorf("LevelFor(0) = %d, LevelFor(18) = %d", LevelFor(0), LevelFor(18))
	}
}

func BenchmarkSimplify(b *testing.B) {
	in := partition(93, 40, 300, 9)
	n := 0
	for _, mp := range in {
		for _, poly := range mp {
			for _, r := range poly {
				n += len(r)
			}
		}
	}
	b.ReportMetric(float64(n), "vertices")
	for b.Loop() {
		Simplify(in, 100)
	}
}
