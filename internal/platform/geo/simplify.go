// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"context"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// Levels are the tolerances in metres at which the contours of a referential are stored:
// a town, a département, a région, the whole country on a screen.
var Levels = [4]float64{15, 100, 400, 1600}

// LevelFor is the index in Levels of the coarsest contours whose smallest detail is under a
// pixel of a 512-pixel tile at a zoom, at the latitude of Paris.
func LevelFor(zoom int) int {
	pixel := 2 * math.Pi * grs80A * math.Cos(48.85*deg) / 512 / math.Pow(2, float64(max(zoom, 0)))
	for i := len(Levels) - 1; i > 0; i-- {
		if Levels[i] <= pixel {
			return i
		}
	}
	return 0
}

// Simplify generalises the polygons of one layer together, so that neighbours keep the same
// border. tolMetres is the side of the smallest detail kept: a vertex goes when the triangle
// it makes with its neighbours is smaller than tolMetres², weighted by its sharpness.
//
// The result has one geometry per input, in the same order, all valid; where the input had
// neither gap nor overlap neither has the result, at any tolerance; every ring keeps at
// least three vertices. Invalid input is repaired first. With a tolerance of zero or less
// the geometries are only repaired and their borders matched.
func Simplify(polys []orb.MultiPolygon, tolMetres float64) []orb.MultiPolygon {
	out, err := SimplifyLevels(context.Background(), polys, []float64{tolMetres}, nil)
	if err != nil {
		panic(err) // cannot happen: the only error is that of the context
	}
	return out[0]
}

// SimplifyLevels is Simplify at several tolerances in ascending order, for little more than
// the price of one: what a level keeps, the finer ones keep too. progress, which may be nil,
// is told steps done and their total. The only error is that of the context.
func SimplifyLevels(ctx context.Context, polys []orb.MultiPolygon, tolMetres []float64,
	progress func(done, total int)) ([][]orb.MultiPolygon, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	steps := len(polys) + len(tolMetres)*len(polys)/4 + 1
	layer := make([][]shape, len(polys))
	for i, mp := range polys {
		if i%64 == 0 {
			progress(i, steps)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		layer[i], _ = repair(mp)
	}
	c := newCoverage(layer)
	out := make([][]orb.MultiPolygon, 0, len(tolMetres))
	for i, tol := range tolMetres {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		progress(len(polys)+i*len(polys)/4, steps)
		c.simplify(math.Max(tol, 0) * math.Max(tol, 0))
		out = append(out, c.geometries())
	}
	progress(steps, steps)
	return out, nil
}

// coverage is a layer whose borders are shared: rings name vertices, and a vertex that is
// not a junction has the same two neighbours for all the rings that pass there. Taking it
// away is therefore taken away for all of them at once, and no arc need be cut out.
type coverage struct {
	layer    [][][][]int32 // feature, polygon, ring, vertex
	vertices []vertex      // sorted
	alive    []bool
	side     [][2]int32 // the two neighbours; {-1, …} for a junction, which never goes
	direct   map[[2]int32]bool
	tree     *boxTree
	queue    vertexQueue
	stamp    []uint32 // a queue entry with an older stamp is void
	blocked  []int32
	floor    float64 // area of the last vertex removed: areas never go down again
	apart    map[int]orb.MultiPolygon
	frozen   bool // the borders could not be matched: nothing may be removed
}

const junction = -1

func newCoverage(layer [][]shape) *coverage {
	c := &coverage{direct: map[[2]int32]bool{}, apart: map[int]orb.MultiPolygon{}}
	layer, edges, ok := c.matchBorders(layer)
	c.frozen = !ok
	for _, e := range edges {
		c.vertices = append(c.vertices, e.a, e.b)
	}
	slices.SortFunc(c.vertices, vertex.compare)
	c.vertices = slices.Compact(c.vertices)
	c.alive = make([]bool, len(c.vertices))
	for i := range c.alive {
		c.alive[i] = true
	}
	c.stamp = make([]uint32, len(c.vertices))
	c.name(layer)
	c.connect(edges)
	c.tree = newBoxTree(len(c.vertices), func(i int) bounds { return emptyBounds.with(c.vertices[i]) })
	for v := range c.vertices {
		c.push(int32(v)) // #nosec G115 -- vertices are limited to millions
	}
	return c
}

// matchBorders puts on each border the vertices that only one of its sides has, and returns
// the edges of all, sorted, each once. What is thinner than the grid and would be bent shut is
// set apart instead, as it came: a territory is never lost. ok is false when the borders are
// too tangled to be matched.
func (c *coverage) matchBorders(layer [][]shape) (matched [][]shape, edges []edge, ok bool) {
	edges = layerEdges(layer)
	_, meet, ok := meeting(edges)
	if !ok || !meet {
		return layer, edges, ok // they match already, as they should
	}
	_, n, ok := node(edges)
	if !ok {
		return layer, edges, false
	}
	matched = make([][]shape, len(layer))
	for i, shapes := range layer {
		matched[i] = n.nodedShapes(shapes)
		if len(matched[i]) == 0 && len(shapes) > 0 {
			c.apart[i] = toOrb(shapes)
		}
	}
	return matched, layerEdges(matched), true
}

func layerEdges(layer [][]shape) []edge {
	var edges []edge
	for _, shapes := range layer {
		edges = append(edges, edgesOf(shapes)...)
	}
	return uniqueEdges(edges)
}

// nodedShapes follows the cuts; where they bend a narrow place shut, the polygons are built
// anew from what is left of their edges.
func (n *noder) nodedShapes(shapes []shape) []shape {
	out := make([]shape, len(shapes))
	cut := false
	for i, s := range shapes {
		out[i] = make(shape, len(s))
		for j, r := range s {
			out[i][j] = n.nodedRing(r)
			cut = cut || len(out[i][j]) != len(r)
		}
	}
	if cut && checkShapes(out) != nil {
		return oddParts(unspiked(out))
	}
	return out
}

// unspiked drops the back-and-forth that bending leaves.
func unspiked(shapes []shape) []shape {
	var out []shape
	for _, s := range shapes {
		var t shape
		for _, r := range s {
			if r = withoutSpikes(r); len(r) > 2 {
				t = append(t, r)
			}
		}
		if len(t) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// name replaces grid points by their number.
func (c *coverage) name(layer [][]shape) {
	c.layer = make([][][][]int32, len(layer))
	for i, shapes := range layer {
		c.layer[i] = make([][][]int32, len(shapes))
		for j, s := range shapes {
			c.layer[i][j] = make([][]int32, len(s))
			for k, r := range s {
				named := make([]int32, len(r))
				for m, v := range r {
					named[m] = c.index(v)
				}
				c.layer[i][j][k] = named
			}
		}
	}
}

func (c *coverage) index(v vertex) int32 {
	i, _ := slices.BinarySearchFunc(c.vertices, v, vertex.compare)
	return int32(i) // #nosec G115
}

// connect finds junctions: the vertices with other than two edges.
func (c *coverage) connect(edges []edge) {
	degree := make([]int, len(c.vertices))
	c.side = make([][2]int32, len(c.vertices))
	for _, e := range edges {
		a, b := c.index(e.a), c.index(e.b)
		if degree[a] < 2 {
			c.side[a][degree[a]] = b
		}
		if degree[b] < 2 {
			c.side[b][degree[b]] = a
		}
		degree[a]++
		degree[b]++
	}
	for v, d := range degree {
		if d != 2 {
			c.side[v] = [2]int32{junction, junction}
		}
	}
	for _, e := range edges {
		a, b := c.index(e.a), c.index(e.b)
		if c.side[a][0] == junction && c.side[b][0] == junction {
			c.direct[pair(a, b)] = true
		}
	}
}

func pair(a, b int32) [2]int32 { return [2]int32{min(a, b), max(a, b)} }

func (c *coverage) push(v int32) {
	if c.side[v][0] == junction {
		return
	}
	c.stamp[v]++
	area := triangleArea(c.vertices[c.side[v][0]], c.vertices[v], c.vertices[c.side[v][1]])
	c.queue.push(queued{math.Max(area, c.floor), v, c.stamp[v]})
}

// simplify removes vertices by ascending area up to a limit in square metres. A vertex whose
// triangle holds another vertex stays: its removal would make a border cross another, and
// only then (an edge that crossed the new one would have to end inside the triangle, since
// before the removal nothing crossed). What was in the way may go later, so those that
// stayed are tried again while that helps.
func (c *coverage) simplify(limit float64) {
	for !c.frozen {
		gone := 0
		for len(c.queue) > 0 && c.queue[0].area < limit {
			q := c.queue.pop()
			if !c.alive[q.vertex] || q.stamp != c.stamp[q.vertex] {
				continue
			}
			if !c.removable(q.vertex) {
				c.blocked = append(c.blocked, q.vertex)
				continue
			}
			c.floor = q.area
			c.remove(q.vertex)
			gone++
		}
		again := c.blocked
		c.blocked = nil
		for _, v := range again {
			if c.alive[v] {
				c.push(v)
			}
		}
		if gone == 0 || len(again) == 0 {
			return
		}
	}
}

// removable says that v may go without a border crossing another or a ring collapsing.
func (c *coverage) removable(v int32) bool {
	a, b := c.side[v][0], c.side[v][1]
	if c.linked(a, b) {
		return false // the last triangle of a ring, or two borders that would become one
	}
	pa, pv, pb := c.vertices[a], c.vertices[v], c.vertices[b]
	free := true
	c.tree.query(emptyBounds.with(pa).with(pv).with(pb), func(i int32) bool {
		if i != a && i != b && i != v && c.alive[i] && inTriangle(pa, pv, pb, c.vertices[i]) {
			free = false
		}
		return free
	})
	return free
}

func (c *coverage) linked(a, b int32) bool {
	switch {
	case a == b:
		return true
	case c.side[a][0] != junction:
		return c.side[a][0] == b || c.side[a][1] == b
	case c.side[b][0] != junction:
		return c.side[b][0] == a || c.side[b][1] == a
	}
	return c.direct[pair(a, b)]
}

func (c *coverage) remove(v int32) {
	a, b := c.side[v][0], c.side[v][1]
	c.alive[v] = false
	c.relink(a, v, b)
	c.relink(b, v, a)
	if c.side[a][0] == junction && c.side[b][0] == junction {
		c.direct[pair(a, b)] = true
	}
	c.push(a)
	c.push(b)
}

func (c *coverage) relink(a, from, to int32) {
	for k := range c.side[a] {
		if c.side[a][k] == from {
			c.side[a][k] = to
			return
		}
	}
}

// geometries are the rings without the vertices that went.
func (c *coverage) geometries() []orb.MultiPolygon {
	out := make([]orb.MultiPolygon, len(c.layer))
	for i, polys := range c.layer {
		out[i] = c.apart[i]
		for _, rings := range polys {
			poly := make(orb.Polygon, 0, len(rings))
			for _, r := range rings {
				kept := make(ring, 0, len(r)/2+3)
				for _, v := range r {
					if c.alive[v] {
						kept = append(kept, c.vertices[v])
					}
				}
				poly = append(poly, kept.orb())
			}
			out[i] = append(out[i], poly)
		}
	}
	return out
}

// inTriangle includes the border; the triangle may turn either way or be flat.
func inTriangle(a, b, c, p vertex) bool {
	s1, s2, s3 := cross(a, b, p), cross(b, c, p), cross(c, a, p)
	return s1 >= 0 && s2 >= 0 && s3 >= 0 || s1 <= 0 && s2 <= 0 && s3 <= 0
}

// triangleArea is the effective area of the vertex b in square metres, weighted as in
// mapshaper: a sharp tip counts for 0.3, a near-straight passage for 1.7, so that outlines
// lose their whiskers before their curves. The scale is that of the place (local
// equirectangular): as exact as Lambert-93 for such sizes, and right overseas too.
func triangleArea(a, b, c vertex) float64 {
	mx, my := degreeMetres(float64(b.y) / perDegree)
	mx, my = mx/perDegree, my/perDegree
	ux, uy := (float64(a.x)-float64(b.x))*mx, (float64(a.y)-float64(b.y))*my
	vx, vy := (float64(c.x)-float64(b.x))*mx, (float64(c.y)-float64(b.y))*my
	area := math.Abs(ux*vy-uy*vx) / 2
	length := math.Sqrt((ux*ux + uy*uy) * (vx*vx + vy*vy))
	if length == 0 {
		return 0
	}
	return area * (1 - 0.7*(ux*vx+uy*vy)/length)
}

// queued is a vertex waiting its turn; vertexQueue a binary heap, least area first, ties in
// the order of vertices so that the result depends on nothing else.
type queued struct {
	area   float64
	vertex int32
	stamp  uint32
}

type vertexQueue []queued

func (q vertexQueue) less(i, j int) bool {
	return q[i].area < q[j].area || q[i].area == q[j].area && q[i].vertex < q[j].vertex
}

func (q *vertexQueue) push(e queued) {
	*q = append(*q, e)
	h := *q
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.less(i, up) {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (q *vertexQueue) pop() queued {
	h := *q
	top := h[0]
	last := len(h) - 1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	*q = h
	return top
}
