// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"container/heap"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// PointOnSurface is a point well inside the geometry, where a label or a circle belongs: the
// centre of the largest circle that fits in its largest polygon, to 1 % of its size. It is
// always inside, however curved the shape; the empty geometry gives the zero point, one
// without area its centroid.
func PointOnSurface(mp orb.MultiPolygon) orb.Point {
	var best orb.Polygon
	var area float64
	for _, poly := range mp {
		if a := Area(orb.MultiPolygon{poly}); a > area {
			best, area = poly, a
		}
	}
	if best == nil {
		return Centroid(mp)
	}
	return poleOf(best)
}

// Bounds on the search; the first is reached by real contours, the others by hostile ones:
// squares looked at, and edges looked at in all of them.
const polePrecision, maxPoleCells, maxPoleEdges = 0.01, 20_000, 100_000_000

// poleOf refines squares, the most promising first (the polylabel algorithm), in degrees
// with longitudes shrunk so that circles are round.
func poleOf(poly orb.Polygon) orb.Point {
	b := poly.Bound()
	mx, my := degreeMetres(b.Center()[1])
	k := math.Max(mx/my, 1e-3)
	flat := make([]orb.Ring, len(poly))
	for i, r := range poly {
		flat[i] = make(orb.Ring, len(r))
		for j, p := range r {
			flat[i][j] = orb.Point{(p[0] - b.Min[0]) * k, p[1] - b.Min[1]}
		}
	}
	w, h := (b.Max[0]-b.Min[0])*k, b.Max[1]-b.Min[1]
	best := cellAt(widest(flat, h), 0, flat)
	if c := cellAt(orb.Point{w / 2, h / 2}, 0, flat); c.dist > best.dist {
		best = c
	}
	size := math.Min(w, h)
	edges := 0
	for _, r := range flat {
		edges += len(r)
	}
	most := min(maxPoleCells, maxPoleEdges/edges)
	var queue poleQueue
	if size > 0 && math.Max(w, h)/size < float64(most)/10 {
		for x := 0.0; x < w; x += size {
			for y := 0.0; y < h; y += size {
				queue = append(queue, cellAt(orb.Point{x + size/2, y + size/2}, size/2, flat))
			}
		}
	}
	heap.Init(&queue)
	for n := 0; len(queue) > 0 && n < most; n++ {
		c := heap.Pop(&queue).(poleCell)
		if c.dist > best.dist {
			best = c
		}
		if c.most-best.dist <= polePrecision*math.Max(w, h) && best.dist > 0 {
			break
		}
		q := c.half / 2
		for _, d := range [4][2]float64{{-q, -q}, {q, -q}, {-q, q}, {q, q}} {
			heap.Push(&queue, cellAt(orb.Point{c.at[0] + d[0], c.at[1] + d[1]}, q, flat))
		}
	}
	return orb.Point{best.at[0]/k + b.Min[0], best.at[1] + b.Min[1]}
}

type poleCell struct {
	at   orb.Point
	half float64
	dist float64 // to the border, negative outside
	most float64 // the best any point of the square can do
}

func cellAt(p orb.Point, half float64, rings []orb.Ring) poleCell {
	d := signedDistance(p, rings)
	return poleCell{at: p, half: half, dist: d, most: d + half*math.Sqrt2}
}

type poleQueue []poleCell

func (q poleQueue) Len() int           { return len(q) }
func (q poleQueue) Less(i, j int) bool { return q[i].most > q[j].most }
func (q poleQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *poleQueue) Push(x any)        { *q = append(*q, x.(poleCell)) }
func (q *poleQueue) Pop() any {
	last := len(*q) - 1
	c := (*q)[last]
	*q = (*q)[:last]
	return c
}

// signedDistance is the distance to the nearest edge, negative when the point is outside.
func signedDistance(p orb.Point, rings []orb.Ring) float64 {
	in := false
	least := math.Inf(1)
	for _, r := range rings {
		for i := range r {
			a, b := r[i], r[(i+1)%len(r)]
			if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1])+a[0] {
				in = !in
			}
			least = math.Min(least, squareDistance(p, a, b))
		}
	}
	if in {
		return math.Sqrt(least)
	}
	return -math.Sqrt(least)
}

func squareDistance(p, a, b orb.Point) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	if l := dx*dx + dy*dy; l > 0 {
		t := math.Max(0, math.Min(1, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/l))
		a = orb.Point{a[0] + t*dx, a[1] + t*dy}
	}
	dx, dy = p[0]-a[0], p[1]-a[1]
	return dx*dx + dy*dy
}

// widest is the middle of the longest stretch inside the polygon along some horizontals that
// pass between vertices: inside whenever the polygon has an area, however thin.
func widest(rings []orb.Ring, height float64) orb.Point {
	var ys []float64
	for _, r := range rings {
		for _, p := range r {
			ys = append(ys, p[1])
		}
	}
	slices.Sort(ys)
	ys = slices.Compact(ys)
	best, width := orb.Point{0, height / 2}, -1.0
	step := max(1, len(ys)/32)
	for i := 0; i+1 < len(ys); i += step {
		y := (ys[i] + ys[i+1]) / 2
		xs := crossingsAt(rings, y)
		for k := 0; k+1 < len(xs); k += 2 {
			if xs[k+1]-xs[k] > width {
				best, width = orb.Point{(xs[k] + xs[k+1]) / 2, y}, xs[k+1]-xs[k]
			}
		}
	}
	return best
}

func crossingsAt(rings []orb.Ring, y float64) []float64 {
	var xs []float64
	for _, r := range rings {
		for i := range r {
			a, b := r[i], r[(i+1)%len(r)]
			if (a[1] > y) != (b[1] > y) {
				xs = append(xs, (b[0]-a[0])*(y-a[1])/(b[1]-a[1])+a[0])
			}
		}
	}
	slices.Sort(xs)
	return xs
}
