// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"math"
	"slices"

	"github.com/paulmach/orb"

	"maillage/internal/platform/geo"
)

// Heights tried for a name, and how far above and below its line it must stay inside, both
// as parts of the height of the outline.
const nameTries, nameHalf = 13, 0.09

// nameSpot is where a name is best written in an outline: the middle of the widest stretch
// that is inside, and the width of that stretch in degrees of longitude. Between stretches
// of about the same width the one nearest to the middle wins. The point is always inside.
func nameSpot(mp orb.MultiPolygon) (orb.Point, float64) {
	poly := largest(mp)
	if poly == nil {
		return geo.PointOnSurface(mp), 0
	}
	b := poly.Bound()
	height := b.Max[1] - b.Min[1]
	var best orb.Point
	var width, merit float64
	for i := range nameTries {
		part := (float64(i) + 1) / (nameTries + 1)
		y := b.Min[1] + part*height
		for _, s := range clearAt(poly, y, nameHalf*height) {
			w := s[1] - s[0]
			if m := w * (1 - 0.35*math.Abs(part-0.5)); m > merit {
				best, width, merit = orb.Point{(s[0] + s[1]) / 2, y}, w, m
			}
		}
	}
	if merit == 0 {
		return geo.PointOnSurface(mp), 0
	}
	return best, width
}

func largest(mp orb.MultiPolygon) orb.Polygon {
	var best orb.Polygon
	area := 0.0
	for _, poly := range mp {
		if a := geo.Area(orb.MultiPolygon{poly}); a > area {
			best, area = poly, a
		}
	}
	return best
}

// clearAt are the stretches of longitude inside at y, and at half above and below.
func clearAt(poly orb.Polygon, y, half float64) [][2]float64 {
	found := insideAt(poly, y)
	for _, other := range []float64{y - half, y + half} {
		found = common(found, insideAt(poly, other))
	}
	return found
}

// insideAt are the stretches of a level line inside a polygon, by the even-odd rule.
func insideAt(poly orb.Polygon, y float64) [][2]float64 {
	var xs []float64
	for _, ring := range poly {
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			if (a[1] > y) != (b[1] > y) {
				xs = append(xs, a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]))
			}
		}
	}
	slices.Sort(xs)
	out := make([][2]float64, 0, len(xs)/2)
	for i := 1; i < len(xs); i += 2 {
		out = append(out, [2]float64{xs[i-1], xs[i]})
	}
	return out
}

func common(a, b [][2]float64) [][2]float64 {
	var out [][2]float64
	for _, s := range a {
		for _, t := range b {
			if l, r := max(s[0], t[0]), min(s[1], t[1]); r > l {
				out = append(out, [2]float64{l, r})
			}
		}
	}
	return out
}
