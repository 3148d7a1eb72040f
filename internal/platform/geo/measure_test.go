// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"
)

func TestArea(t *testing.T) {
	t.Parallel()
	// A degree by a degree at 48° N on GRS80: the exact area of the ellipsoid between two
	// parallels, 8 214.00 km² (integral of the meridian and parallel radii, by Simpson).
	var want float64
	const steps = 1000
	for i := 0; i <= steps; i++ {
		lon, lat := degreeMetres(48 + float64(i)/steps)
		weight := 2.0
		switch {
		case i == 0 || i == steps:
			weight = 1
		case i%2 == 1:
			weight = 4
		}
		want += weight * lon * lat / steps / 3
	}
	square := orb.MultiPolygon{{{{2, 48}, {3, 48}, {3, 49}, {2, 49}, {2, 48}}}}
	if got := Area(square); math.Abs(got-want) > 1e-6*want {
		t.Errorf("Area = %.0f m², want %.0f", got, want)
	}
	hole := append(square[0], orb.Ring{{2.4, 48.4}, {2.6, 48.4}, {2.6, 48.6}, {2.4, 48.6}, {2.4, 48.4}}) // turning the wrong way
	if got := Area(orb.MultiPolygon{hole}); got >= want || got < 0.95*want {
		t.Errorf("with a hole Area = %.0f m²", got)
	}
	if Area(nil) != 0 || Area(orb.MultiPolygon{{}}) != 0 {
		t.Error("nothing has an area")
	}
}

func TestPointOnSurfaceOfACrescent(t *testing.T) {
	t.Parallel()
	// Like L'Île-Saint-Denis: the centroid falls in the Seine.
	var crescent orb.Ring
	for i := range 41 {
		a := math.Pi * float64(i) / 40
		crescent = append(crescent, orb.Point{2.33 + 0.02*math.Cos(a), 48.93 + 0.013*math.Sin(a)})
	}
	for i := range 41 {
		a := math.Pi * float64(40-i) / 40
		crescent = append(crescent, orb.Point{2.33 + 0.017*math.Cos(a), 48.93 + 0.011*math.Sin(a)})
	}
	mp, _ := Repair(orb.MultiPolygon{{append(crescent, crescent[0])}})
	if Contains(mp, Centroid(mp)) {
		t.Fatal("the test's crescent holds its centroid")
	}
	p := PointOnSurface(mp)
	if !Contains(mp, p) {
		t.Errorf("PointOnSurface = %v, outside", p)
	}
}

func TestPointOnSurfaceIsAlwaysInside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mp, _ := Repair(scribble(t))
		if len(mp) == 0 {
			return
		}
		if p := PointOnSurface(mp); !Contains(mp, p) {
			t.Fatalf("PointOnSurface(%v) = %v", mp, p)
		}
	})
}

func TestPointOnSurfaceIsTheMiddleOfTheLargest(t *testing.T) {
	t.Parallel()
	mp := orb.MultiPolygon{{closed(0, 0, 100, 0, 100, 100)}, {closed(1000, 0, 3000, 0, 3000, 1000, 2000, 1000, 2000, 3000, 1000, 3000)}}
	p := PointOnSurface(mp)
	k := math.Cos(48.9 * deg)
	// The largest circle of an L is in its corner; longitudes are shorter, so it is not quite centred.
	x, y := (p[0]-at(1000, 0)[0])*perDegree*k, (p[1]-at(1000, 0)[1])*perDegree
	if x < 300 || x > 700 || y < 300 || y > 2900 {
		t.Errorf("PointOnSurface = (%.0f, %.0f)", x, y)
	}
	if PointOnSurface(nil) != (orb.Point{}) {
		t.Error("nothing has a middle")
	}
	line := orb.MultiPolygon{{closed(0, 0, 100, 0)}}
	if p := PointOnSurface(line); !finite(p) {
		t.Errorf("a line gives %v", p)
	}
}

func TestCentroidBoundContains(t *testing.T) {
	t.Parallel()
	square := orb.MultiPolygon{{closed(0, 0, 0, 100, 100, 100, 100, 0)}} // clockwise all the same
	if c := Centroid(square); math.Hypot(c[0]-at(50, 50)[0], c[1]-at(50, 50)[1]) > 1e-12 {
		t.Errorf("Centroid = %v, want %v", c, at(50, 50))
	}
	holed := orb.MultiPolygon{{closed(0, 0, 100, 0, 100, 100, 0, 100), closed(0, 0, 0, 100, 50, 100, 50, 0)}}
	if c := Centroid(holed); math.Abs(c[0]-at(75, 0)[0]) > 1e-12 {
		t.Errorf("Centroid of a right half = %v", c)
	}
	b, ok := Bound(square)
	if !ok || b.Min != at(0, 0) || b.Max != at(100, 100) {
		t.Errorf("Bound = %v, %v", b, ok)
	}
	if _, ok := Bound(orb.MultiPolygon{{{{math.NaN(), 1}}}}); ok {
		t.Error("NaN has a bound")
	}
	if !Contains(square, at(50, 50)) || Contains(square, at(150, 50)) || !Contains(square, at(0, 50)) {
		t.Error("Contains is wrong")
	}
}
