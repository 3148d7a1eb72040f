// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"math"
	"slices"
)

// noder cuts edges where they meet so that, afterwards, two edges share nothing but ends.
//
// It is iterated snap rounding (Hobby 1999; Halperin and Packer 2002): every end and every
// crossing, rounded to the grid, is a hot pixel, and an edge that passes through the pixel
// of a point is bent to go through the point. Edges move by less than a grid step.
type noder struct {
	splits map[edge][]vertex // inner points of an edge that was cut, from its end a to its end b
	budget int               // pairs of edges that may still be looked at
	room   int               // crossings that may still be kept
}

// maxNodingRounds is far above the two or three rounds that real data needs.
const maxNodingRounds = 24

// pairsPerEdge bounds the work: contours have some ten neighbours per edge, only a hostile
// scribble has hundreds.
const pairsPerEdge, minPairs = 400, 20_000_000

// crossingsPerEdge bounds the memory, likewise: repaired contours have a few in all.
const crossingsPerEdge, minCrossings = 4, 500_000

// node cuts the edges (sorted, without duplicates) and returns the pieces likewise, and how
// each cut edge is to be replaced. It fails only on a scribble that would take for ever.
func node(edges []edge) ([]edge, *noder, bool) {
	n := &noder{splits: map[edge][]vertex{}, budget: minPairs + pairsPerEdge*len(edges), room: minCrossings + crossingsPerEdge*len(edges)}
	for range maxNodingRounds {
		found := n.pass(edges)
		if n.spent() {
			return nil, n, false
		}
		if len(found) == 0 {
			return edges, n, true
		}
		for e, points := range found {
			n.splits[e] = alongEdge(e, points)
		}
		edges = n.apply(edges)
	}
	return nil, n, false
}

// uniqueEdges sorts and removes duplicates in place.
func uniqueEdges(edges []edge) []edge {
	slices.SortFunc(edges, edge.compare)
	return slices.Compact(edges)
}

func (n *noder) apply(edges []edge) []edge {
	out := make([]edge, 0, len(edges)+len(n.splits))
	for _, e := range edges {
		if _, cut := n.splits[e]; !cut {
			out = append(out, e)
			continue
		}
		chain := n.chain(nil, e.a, e.b, 0)
		last := e.a
		for _, v := range append(chain, e.b) {
			out = append(out, newEdge(last, v))
			last = v
		}
	}
	return uniqueEdges(out)
}

// chain appends the inner points of the segment from u to v, after all cuts, in that order.
func (n *noder) chain(out []vertex, u, v vertex, depth int) []vertex {
	e := newEdge(u, v)
	points, cut := n.splits[e]
	if !cut || depth > maxNodingRounds {
		return out
	}
	last := u
	for i := range points {
		p := points[i]
		if u != e.a {
			p = points[len(points)-1-i]
		}
		out = append(n.chain(out, last, p, depth+1), p)
		last = p
	}
	return n.chain(out, last, v, depth+1)
}

// nodedRing is the ring with the points that the noding put on its edges.
func (n *noder) nodedRing(r ring) ring {
	if len(n.splits) == 0 {
		return r
	}
	out := make(ring, 0, len(r))
	for i, v := range r {
		out = append(out, v)
		out = n.chain(out, v, r[(i+1)%len(r)], 0)
	}
	return out
}

// pass finds where edges meet elsewhere than at their ends.
func (n *noder) pass(edges []edge) map[edge][]vertex {
	found := map[edge][]vertex{}
	var crossings []vertex
	tree := newBoxTree(len(edges), func(i int) bounds { return edges[i].bound() })
	for i, e := range edges {
		tree.query(e.bound().grown(1), func(j int32) bool {
			if n.budget--; n.spent() {
				return false
			}
			if int(j) <= i {
				return true
			}
			f := edges[j]
			touch(found, e, f.a)
			touch(found, e, f.b)
			touch(found, f, e.a)
			touch(found, f, e.b)
			if p, ok := crossing(e, f); ok {
				n.room--
				crossings = append(crossings, p)
				insert(found, e, p)
				insert(found, f, p)
			}
			return true
		})
		if n.spent() {
			return nil
		}
	}
	slices.SortFunc(crossings, vertex.compare)
	for _, p := range slices.Compact(crossings) {
		tree.query(emptyBounds.with(p).grown(1), func(j int32) bool {
			n.budget--
			touch(found, edges[j], p)
			return n.budget >= 0
		})
	}
	return found
}

func (n *noder) spent() bool { return n.budget < 0 || n.room < 0 }

func touch(found map[edge][]vertex, e edge, p vertex) {
	if throughPixel(e, p) {
		insert(found, e, p)
	}
}

func insert(found map[edge][]vertex, e edge, p vertex) {
	if p != e.a && p != e.b {
		found[e] = append(found[e], p)
	}
}

// throughPixel says whether the edge enters the open unit square around p, other than as one
// of its ends: by separating axes, the two of the square and the normal of the edge.
func throughPixel(e edge, p vertex) bool {
	if p == e.a || p == e.b {
		return false
	}
	if p.x < e.a.x || p.x > e.b.x || p.y < min(e.a.y, e.b.y) || p.y > max(e.a.y, e.b.y) {
		return false // ends are whole, so the half step around p changes nothing
	}
	dx, dy := int64(e.b.x)-int64(e.a.x), int64(e.b.y)-int64(e.a.y)
	c := cross(e.a, e.b, p)
	return 2*abs64(c) < abs64(dx)+abs64(dy)
}

func abs64(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// crossing is the grid point nearest to where the insides of two edges cross. Computed in
// floating point: it may err by a ten-millionth of a step, never by a step.
func crossing(e, f edge) (vertex, bool) {
	c1, c2 := cross(e.a, e.b, f.a), cross(e.a, e.b, f.b)
	if c1 == 0 || c2 == 0 || (c1 > 0) == (c2 > 0) {
		return vertex{}, false
	}
	c3, c4 := cross(f.a, f.b, e.a), cross(f.a, f.b, e.b)
	if c3 == 0 || c4 == 0 || (c3 > 0) == (c4 > 0) {
		return vertex{}, false
	}
	t := float64(c3) / (float64(c3) - float64(c4))
	x := float64(e.a.x) + t*(float64(e.b.x)-float64(e.a.x))
	y := float64(e.a.y) + t*(float64(e.b.y)-float64(e.a.y))
	return vertex{int32(math.Floor(x + 0.5)), int32(math.Floor(y + 0.5))}, true
}

// alongEdge sorts the points from a to b and removes duplicates.
func alongEdge(e edge, points []vertex) []vertex {
	dx, dy := int64(e.b.x)-int64(e.a.x), int64(e.b.y)-int64(e.a.y)
	rank := func(p vertex) int64 {
		return (int64(p.x)-int64(e.a.x))*dx + (int64(p.y)-int64(e.a.y))*dy
	}
	slices.SortFunc(points, func(p, q vertex) int {
		if rp, rq := rank(p), rank(q); rp != rq {
			if rp < rq {
				return -1
			}
			return 1
		}
		return p.compare(q)
	})
	return slices.Compact(points)
}
