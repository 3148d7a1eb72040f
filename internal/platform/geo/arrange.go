// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"cmp"
	"slices"
)

// arrangement is a plane graph: noded edges, each seen from both sides as two half-edges,
// with the number of times each side is covered.
//
// Half-edge 2i runs along edges[i] from its end a to its end b, 2i+1 the other way.
type arrangement struct {
	edges   []edge
	weight  []int     // covering left of 2i minus covering right of it
	points  []vertex  // sorted
	out     [][]int32 // half-edges leaving each point, counter-clockwise from the south
	left    []int     // covering of the face left of each half-edge
	labeled []bool    // of each point
}

// newArrangement takes noded edges and their weights; edges of weight zero separate nothing
// and are left out.
func newArrangement(edges []edge, weights []int) *arrangement {
	a := &arrangement{}
	for i, e := range edges {
		if weights[i] != 0 {
			a.edges, a.weight = append(a.edges, e), append(a.weight, weights[i])
			a.points = append(a.points, e.a, e.b)
		}
	}
	slices.SortFunc(a.points, vertex.compare)
	a.points = slices.Compact(a.points)
	a.out = make([][]int32, len(a.points))
	for i, e := range a.edges {
		h := int32(2 * i) // #nosec G115 -- vertices are limited to millions
		p, q := a.index(e.a), a.index(e.b)
		a.out[p] = append(a.out[p], h)
		a.out[q] = append(a.out[q], h+1)
	}
	for p := range a.out {
		slices.SortFunc(a.out[p], a.byAngle)
	}
	a.label()
	return a
}

func (a *arrangement) index(v vertex) int {
	i, _ := slices.BinarySearchFunc(a.points, v, vertex.compare)
	return i
}

func (a *arrangement) from(h int32) vertex {
	if h&1 == 0 {
		return a.edges[h/2].a
	}
	return a.edges[h/2].b
}

func (a *arrangement) to(h int32) vertex { return a.from(h ^ 1) }

func (a *arrangement) weightOf(h int32) int {
	if h&1 == 0 {
		return a.weight[h/2]
	}
	return -a.weight[h/2]
}

// byAngle orders half-edges that leave the same point by direction, counter-clockwise from
// just after the south: at the least point of a component, the first edge has the outside on
// its right.
func (a *arrangement) byAngle(g, h int32) int {
	o, p, q := a.from(g), a.to(g), a.to(h)
	if c := cmp.Compare(half(o, p), half(o, q)); c != 0 {
		return c
	}
	return cmp.Compare(0, cross(o, p, q))
}

// half is 0 for directions from south (excluded) by east to north (included), else 1.
func half(o, p vertex) int {
	if p.x > o.x || p.x == o.x && p.y > o.y {
		return 0
	}
	return 1
}

// label finds the covering on each side of each half-edge, component by component: from the
// covering of the place the component lies in, then around each point in turn.
func (a *arrangement) label() {
	a.left = make([]int, 2*len(a.edges))
	a.labeled = make([]bool, len(a.points))
	if len(a.points) == 0 {
		return
	}
	tree := newBoxTree(len(a.edges), func(i int) bounds { return a.edges[i].bound() })
	for start := range a.points { // ascending: each component is met at its least point
		if !a.labeled[start] {
			a.flood(start, a.coveringAt(tree, a.points[start]))
		}
	}
}

// coveringAt walks from the far west to the point and counts what it crosses. Edges that end
// at the point do not count: they belong to its own component and lie to the east.
func (a *arrangement) coveringAt(tree *boxTree, p vertex) int {
	covering := 0
	ray := emptyBounds.with(p)
	ray.x0 = -2 * gridReach
	tree.query(ray, func(i int32) bool {
		e := a.edges[i]
		if (e.a.y > p.y) == (e.b.y > p.y) {
			return true
		}
		up := e.b.y > e.a.y
		// West of the point: the point is right of the edge when it goes up.
		if c := cross(e.a, e.b, p); c == 0 || (c < 0) != up {
			return true
		}
		if up {
			covering -= a.weight[i]
		} else {
			covering += a.weight[i]
		}
		return true
	})
	return covering
}

func (a *arrangement) flood(start, outside int) {
	type visit struct{ point, first, covering int } // covering right of out[point][first]
	stack := []visit{{start, 0, outside}}
	a.labeled[start] = true
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		covering, around := v.covering, a.out[v.point]
		for k := range around {
			h := around[(v.first+k)%len(around)]
			covering += a.weightOf(h)
			a.left[h] = covering
			a.left[h^1] = covering - a.weightOf(h)
			next := a.index(a.to(h))
			if !a.labeled[next] {
				a.labeled[next] = true
				// Right of the twin, as it leaves the next point, is left of h.
				stack = append(stack, visit{next, slices.Index(a.out[next], h^1), covering})
			}
		}
	}
}

// border says that the half-edge has the inside on its left and the outside on its right.
func (a *arrangement) border(h int32, inside func(int) bool) bool {
	return inside(a.left[h]) && !inside(a.left[h^1])
}

// shapes extracts the places whose covering is inside, as polygons whose interiors are
// connected, shell first.
func (a *arrangement) shapes(inside func(covering int) bool) []shape {
	done := make([]bool, 2*len(a.edges))
	var shells []shape
	var lost []ring // holes that touch no shell
	for h := range done {
		h := int32(h) // #nosec G115
		if done[h] || !a.border(h, inside) {
			continue
		}
		loops := simpleLoops(a.walk(h, done, inside))
		at := slices.IndexFunc(loops, func(r ring) bool { return r.area2() > 0 })
		if at < 0 {
			lost = append(lost, loops...)
			continue
		}
		loops[0], loops[at] = loops[at], loops[0]
		shells = append(shells, loops)
	}
	placeHoles(shells, lost)
	return tidy(shells)
}

// walk follows a border, keeping to the same face at points where several meet.
func (a *arrangement) walk(h int32, done []bool, inside func(int) bool) ring {
	var r ring
	for !done[h] {
		done[h] = true
		r = append(r, a.from(h))
		around := a.out[a.index(a.to(h))]
		k := slices.Index(around, h^1)
		for {
			k = (k + len(around) - 1) % len(around) // clockwise from where we came: the face's next side
			if a.border(around[k], inside) {
				break
			}
		}
		h = around[k]
	}
	return r
}

// simpleLoops cuts a walk at the points it visits twice.
func simpleLoops(walk ring) []ring {
	var loops []ring
	at := make(map[vertex]int, len(walk))
	var stack ring
	for _, v := range append(walk, walk[0]) {
		if i, again := at[v]; again {
			loop := slices.Clone(stack[i:])
			for _, w := range loop {
				delete(at, w)
			}
			stack = stack[:i]
			if len(loop) > 2 {
				loops = append(loops, loop)
			}
		}
		at[v] = len(stack)
		stack = append(stack, v)
	}
	return loops
}

// placeHoles gives each hole to the smallest shell around it.
func placeHoles(shells []shape, holes []ring) {
	if len(holes) == 0 || len(shells) == 0 {
		return
	}
	tree := newBoxTree(len(shells), func(i int) bounds { return shells[i][0].bound() })
	area, outer := make([]int64, len(shells)), make([]locator, len(shells))
	for i := range shells {
		area[i], outer[i].r = shells[i][0].area2(), shells[i][0]
	}
	for _, hole := range holes {
		best := -1
		x2, y2 := hole.middle()
		tree.query(hole.bound(), func(i int32) bool {
			k := int(i)
			if (best < 0 || area[k] < area[best]) && outer[k].locate(x2, y2) == inside {
				best = k
			}
			return true
		})
		if best >= 0 {
			shells[best] = append(shells[best], hole)
		}
	}
}

// tidy puts rings and polygons in an order that depends on nothing but the result.
func tidy(shapes []shape) []shape {
	for _, s := range shapes {
		for i := range s {
			s[i] = s[i].canonical()
		}
		slices.SortFunc(s[1:], func(a, b ring) int { return slices.CompareFunc(a, b, vertex.compare) })
	}
	slices.SortFunc(shapes, func(a, b shape) int { return slices.CompareFunc(a[0], b[0], vertex.compare) })
	return shapes
}
