// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// perDegree is the fineness of the grid: a millionth of a degree, 11 cm.
const perDegree = 1e6

// gridReach bounds coordinates so that every cross product below fits in 64 bits, doubled
// coordinates included. It is 400 degrees: more than a turn.
const gridReach = 400_000_000

// vertex is a point of the grid. In tiles the same arithmetic serves on tile units.
type vertex struct{ x, y int32 }

// snap rounds to the grid; false for what is not a place (NaN, infinity, out of reach).
func snap(p orb.Point) (vertex, bool) {
	x, y := math.Round(p[0]*perDegree), math.Round(p[1]*perDegree)
	if !(math.Abs(x) <= gridReach && math.Abs(y) <= gridReach) { // false for NaN too
		return vertex{}, false
	}
	return vertex{int32(x), int32(y)}, true
}

func (v vertex) point() orb.Point {
	return orb.Point{float64(v.x) / perDegree, float64(v.y) / perDegree}
}

func (v vertex) compare(w vertex) int {
	return cmp.Or(cmp.Compare(v.x, w.x), cmp.Compare(v.y, w.y))
}

// cross is twice the signed area of the triangle abc: positive when c is left of ab. Exact.
func cross(a, b, c vertex) int64 {
	return (int64(b.x)-int64(a.x))*(int64(c.y)-int64(a.y)) - (int64(b.y)-int64(a.y))*(int64(c.x)-int64(a.x))
}

// ring is a closed line without its repeated last vertex; shape is one polygon, shell first.
type (
	ring  []vertex
	shape []ring
)

// area2 is twice the signed area, positive when counter-clockwise. Summed in floating point
// beyond 2^53 it would lose the sign of slivers; in int64 it is exact up to a hemisphere.
func (r ring) area2() int64 {
	var s int64
	for i := 1; i+1 < len(r); i++ {
		s += cross(r[0], r[i], r[i+1])
	}
	return s
}

// canonical starts the ring at its least vertex, so that equal rings compare equal.
func (r ring) canonical() ring {
	least := 0
	for i := range r {
		if r[i].compare(r[least]) < 0 {
			least = i
		}
	}
	return append(slices.Clone(r[least:]), r[:least]...)
}

func (r ring) turned() ring {
	out := slices.Clone(r)
	slices.Reverse(out[1:])
	return out
}

// position of a point relative to a closed ring.
type position int

const (
	outside position = iota
	onEdge
	inside
)

// locate places the point (x2/2, y2/2) relative to the ring: doubled coordinates make the
// middle of an edge exact.
func (r ring) locate(x2, y2 int64) position {
	in := false
	for i, a := range r {
		on, flips := passes(a, r[(i+1)%len(r)], x2, y2)
		if on {
			return onEdge
		}
		in = in != flips
	}
	if in {
		return inside
	}
	return outside
}

// passes tells whether the doubled point is on the edge, and whether the edge crosses the ray
// from the point to the east.
func passes(a, b vertex, x2, y2 int64) (on, crosses bool) {
	ax, ay, bx, by := 2*int64(a.x)-x2, 2*int64(a.y)-y2, 2*int64(b.x)-x2, 2*int64(b.y)-y2
	c := ax*by - ay*bx
	on = c == 0 && min(ax, bx) <= 0 && max(ax, bx) >= 0 && min(ay, by) <= 0 && max(ay, by) >= 0
	return on, (ay > 0) != (by > 0) && (c > 0) == (by > ay)
}

// locator answers many questions about one ring: beyond a few edges it looks only at those
// that the ray may meet.
type locator struct {
	r    ring
	tree *boxTree
}

const plainLocate = 64

func (l *locator) locate(x2, y2 int64) position {
	if len(l.r) <= plainLocate {
		return l.r.locate(x2, y2)
	}
	next := func(i int) vertex { return l.r[(i+1)%len(l.r)] }
	if l.tree == nil {
		l.tree = newBoxTree(len(l.r), func(i int) bounds { return emptyBounds.with(l.r[i]).with(next(i)) })
	}
	in, edge := false, false
	y := float64(y2) / 2
	l.tree.query(bounds{float64(x2) / 2, y, 2 * gridReach, y}, func(i int32) bool {
		on, crosses := passes(l.r[i], next(int(i)), x2, y2)
		edge = edge || on
		in = in != crosses
		return !edge
	})
	switch {
	case edge:
		return onEdge
	case in:
		return inside
	}
	return outside
}

// middle is the doubled middle of the ring's first edge.
func (r ring) middle() (x2, y2 int64) {
	return int64(r[0].x) + int64(r[1].x), int64(r[0].y) + int64(r[1].y)
}

func (r ring) bound() bounds {
	b := emptyBounds
	for _, v := range r {
		b = b.with(v)
	}
	return b
}

func (r ring) orb() orb.Ring {
	out := make(orb.Ring, 0, len(r)+1)
	for _, v := range r {
		out = append(out, v.point())
	}
	return append(out, out[0])
}

func toOrb(shapes []shape) orb.MultiPolygon {
	var mp orb.MultiPolygon
	for _, s := range shapes {
		poly := make(orb.Polygon, len(s))
		for i, r := range s {
			poly[i] = r.orb()
		}
		mp = append(mp, poly)
	}
	return mp
}

// edge is a segment without direction, its lesser end first.
type edge struct{ a, b vertex }

func newEdge(a, b vertex) edge {
	if b.compare(a) < 0 {
		a, b = b, a
	}
	return edge{a, b}
}

func (e edge) compare(f edge) int { return cmp.Or(e.a.compare(f.a), e.b.compare(f.b)) }

func (e edge) bound() bounds { return emptyBounds.with(e.a).with(e.b) }

// bounds is a closed box. Floating point holds every grid coordinate exactly and lets the
// same tree serve rings in metres.
type bounds struct{ x0, y0, x1, y1 float64 }

var emptyBounds = bounds{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}

func (b bounds) with(v vertex) bounds {
	x, y := float64(v.x), float64(v.y)
	return bounds{min(b.x0, x), min(b.y0, y), max(b.x1, x), max(b.y1, y)}
}

func (b bounds) union(c bounds) bounds {
	return bounds{min(b.x0, c.x0), min(b.y0, c.y0), max(b.x1, c.x1), max(b.y1, c.y1)}
}

func (b bounds) grown(d float64) bounds { return bounds{b.x0 - d, b.y0 - d, b.x1 + d, b.y1 + d} }

func (b bounds) meets(c bounds) bool {
	return b.x0 <= c.x1 && c.x0 <= b.x1 && b.y0 <= c.y1 && c.y0 <= b.y1
}
