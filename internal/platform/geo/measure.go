// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Area is the area on the ellipsoid in square metres, holes taken off. It is the plane area
// in Lambert's cylindrical equal-area projection of GRS80, exact but for edges of hundreds
// of kilometres (Lambert-93 itself is conformal and errs by up to 0.3 %).
func Area(mp orb.MultiPolygon) float64 {
	var total float64
	for _, poly := range mp {
		for i, ring := range poly {
			a := math.Abs(ringArea(ring))
			if i > 0 {
				a = -a
			}
			total += a
		}
	}
	return total
}

// ringArea is signed: positive when counter-clockwise.
func ringArea(ring orb.Ring) float64 {
	n := len(ring)
	if n < 3 {
		return 0
	}
	lon0, y0 := ring[0][0], authalic(ring[0][1])
	var twice, px, py float64
	for i := 1; i <= n; i++ {
		p := ring[i%n]
		x, y := (p[0]-lon0)*deg, authalic(p[1])-y0
		twice += px*y - x*py
		px, py = x, y
	}
	return twice / 2 * grs80A * grs80A
}

// authalic is the northing of the equal-area cylinder over the equatorial radius.
func authalic(lat float64) float64 {
	s := math.Sin(lat * deg)
	es := grs80E * s
	return (1 - grs80E2) / 2 * (s/(1-es*es) - math.Log((1-es)/(1+es))/(2*grs80E))
}

// Bound is the box around the geometry in degrees, and false when there is nothing in it.
func Bound(mp orb.MultiPolygon) (orb.Bound, bool) {
	var b orb.Bound
	found := false
	for _, poly := range mp {
		for _, ring := range poly {
			for _, p := range ring {
				if !finite(p) {
					continue
				}
				if !found {
					b, found = orb.Bound{Min: p, Max: p}, true
				} else {
					b = b.Extend(p)
				}
			}
		}
	}
	return b, found
}

// Contains says whether the point is inside the geometry or on its border.
func Contains(mp orb.MultiPolygon, p orb.Point) bool {
	return planar.MultiPolygonContains(mp, p)
}

// Centroid is the centre of gravity of the area. It may fall outside a crescent: to place a
// label or a circle, use PointOnSurface. A geometry without area gives the middle of its
// box, an empty one the zero point.
func Centroid(mp orb.MultiPolygon) orb.Point {
	b, ok := Bound(mp)
	if !ok {
		return orb.Point{}
	}
	origin := b.Center()
	var sum, sx, sy float64
	for _, poly := range mp {
		for i, ring := range poly {
			a, cx, cy := ringMoments(ring, origin)
			if (a < 0) != (i > 0) { // whatever the orientation, shells add and holes take off
				a, cx, cy = -a, -cx, -cy
			}
			sum, sx, sy = sum+a, sx+cx, sy+cy
		}
	}
	if sum == 0 {
		return origin
	}
	return orb.Point{origin[0] + sx/sum/3, origin[1] + sy/sum/3}
}

// ringMoments is twice the signed area and three times its first moments about the origin,
// in degrees: an affine map moves a centroid with its shape, so degrees will do.
func ringMoments(ring orb.Ring, origin orb.Point) (a, mx, my float64) {
	n := len(ring)
	for i := range ring {
		p, q := ring[i], ring[(i+1)%n]
		x0, y0, x1, y1 := p[0]-origin[0], p[1]-origin[1], q[0]-origin[0], q[1]-origin[1]
		cross := x0*y1 - x1*y0
		a += cross
		mx += cross * (x0 + x1)
		my += cross * (y0 + y1)
	}
	return a, mx, my
}

// degreeMetres is the length of a degree of longitude and of latitude at a latitude, on
// GRS80. Within a commune it turns degrees into metres to better than 0.1 %.
func degreeMetres(lat float64) (lon, latitude float64) {
	s := math.Sin(lat * deg)
	w := 1 - grs80E2*s*s
	return grs80A * math.Cos(lat*deg) / math.Sqrt(w) * deg, grs80A * (1 - grs80E2) / (w * math.Sqrt(w)) * deg
}
