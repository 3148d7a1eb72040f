// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"slices"

	"github.com/paulmach/orb"
)

// Repair makes a geometry valid (see CheckValid) and says whether anything had to change
// beyond the rounding of each vertex to the grid.
//
// It closes rings, removes points that are no place, repeated points, spikes and rings
// without area, turns rings the right way, and rebuilds what is still not valid: inside a
// polygon a place counts when an odd number of its rings surround it, so that a bow-tie
// becomes two triangles and a hole outside its shell a polygon of its own; polygons that
// overlap are merged. Points move by less than 11 cm. A scribble with hundreds of crossings
// per edge is no contour and gives the empty geometry.
func Repair(mp orb.MultiPolygon) (orb.MultiPolygon, bool) {
	shapes, changed := repair(mp)
	return toOrb(shapes), changed
}

func repair(mp orb.MultiPolygon) ([]shape, bool) {
	shapes, changed := cleanAll(mp)
	if checkShapes(shapes) != nil {
		return rebuild(shapes), true
	}
	for _, s := range shapes {
		for i, r := range s {
			if (r.area2() > 0) != (i == 0) {
				s[i], changed = r.turned(), true
			}
		}
	}
	return shapes, changed
}

func cleanAll(mp orb.MultiPolygon) ([]shape, bool) {
	shapes := make([]shape, 0, len(mp))
	changed := false
	for _, poly := range mp {
		s := make(shape, 0, len(poly))
		for _, in := range poly {
			r, same := cleanRing(in)
			if !same {
				changed = true
			}
			if r != nil {
				s = append(s, r)
			}
		}
		if len(s) > 0 {
			shapes = append(shapes, s)
		} else {
			changed = true
		}
	}
	return shapes, changed
}

// cleanRing puts a ring on the grid without repeated points and spikes; nil when nothing
// with an area is left. same says that only rounding took place.
func cleanRing(in orb.Ring) (r ring, same bool) {
	closed := len(in) > 1 && in[0] == in[len(in)-1]
	out := make(ring, 0, len(in))
	for _, p := range in {
		if v, ok := snap(p); ok {
			out = append(out, v)
		}
	}
	if n := len(out); n > 1 && out[0] == out[n-1] {
		out = out[:n-1]
	}
	out = withoutSpikes(out)
	same = closed && len(out) == len(in)-1
	if len(out) < 3 || flat(out) {
		return nil, false
	}
	return out, same
}

// flat says that all points are on one line.
func flat(r ring) bool {
	for i := 2; i < len(r); i++ {
		if cross(r[0], r[1], r[i]) != 0 {
			return false
		}
	}
	return true
}

// withoutSpikes removes points equal to their neighbour, and points whose two neighbours are
// equal, until there are none; the ends of the slice are neighbours.
func withoutSpikes(r ring) ring {
	out := r[:0:0]
	for _, v := range r {
		out = append(out, v)
		for len(out) > 1 {
			n := len(out)
			if out[n-1] == out[n-2] {
				out = out[:n-1]
			} else if n > 2 && out[n-1] == out[n-3] {
				out = out[:n-2]
			} else {
				break
			}
		}
	}
	for len(out) > 2 {
		n := len(out)
		switch {
		case out[n-1] == out[0]:
			out = out[:n-1]
		case out[n-2] == out[0]:
			out = out[:n-1] // the last point is the tip
		case out[n-1] == out[1]:
			out = out[1:]
		default:
			return out
		}
	}
	return out
}

// rebuild makes shapes valid one by one, then together.
func rebuild(shapes []shape) []shape {
	var apart []shape
	for i, s := range shapes {
		if checkShapes(shapes[i:i+1]) != nil {
			apart = append(apart, oddParts([]shape{s})...)
			continue
		}
		for j, r := range s {
			if (r.area2() > 0) != (j == 0) {
				s[j] = r.turned()
			}
		}
		apart = append(apart, s)
	}
	// Rounding may make two parts touch along an edge: merging is repeated until valid.
	for range maxNodingRounds {
		if checkShapes(apart) == nil {
			return apart
		}
		apart = merged(apart)
	}
	return nil
}

// oddParts are the places that an odd number of the rings surround.
func oddParts(shapes []shape) []shape {
	edges, n, ok := node(uniqueEdges(edgesOf(shapes)))
	if !ok {
		return nil
	}
	times := countEdges(edges, n, shapes)
	for i := range times {
		times[i] &= 1
	}
	return newArrangement(edges, times).shapes(func(c int) bool { return c&1 != 0 })
}

// merged is the union of shapes that are each valid and turn the right way.
func merged(shapes []shape) []shape {
	edges, n, ok := node(uniqueEdges(edgesOf(shapes)))
	if !ok {
		return nil
	}
	return newArrangement(edges, countEdges(edges, n, shapes)).shapes(func(c int) bool { return c > 0 })
}

// countEdges counts how often the rings run along each noded edge from its end a to its end
// b, less the other way. Its parity is that of the plain count.
func countEdges(edges []edge, n *noder, shapes []shape) []int {
	times := make([]int, len(edges))
	for _, s := range shapes {
		for _, r := range s {
			r = n.nodedRing(r)
			for k, v := range r {
				w := r[(k+1)%len(r)]
				if v == w {
					continue
				}
				e := newEdge(v, w)
				i, found := slices.BinarySearchFunc(edges, e, edge.compare)
				switch {
				case !found: // cannot happen: chains and pieces come from the same cuts
				case e.a == v:
					times[i]++
				default:
					times[i]--
				}
			}
		}
	}
	return times
}
