// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"errors"
	"fmt"
	"slices"

	"github.com/paulmach/orb"
)

// IsValid says whether the geometry is valid on the grid: see CheckValid.
func IsValid(mp orb.MultiPolygon) bool { return CheckValid(mp) == nil }

// CheckValid returns the first fault of a geometry, in French, or nil. Valid means what OGC
// and RFC 7946 ask: closed rings of three points or more, no ring crossing or touching
// itself or running along another, rings of a polygon touching at single points that are
// vertices of both and never cutting it in two, holes inside their shell and outside each
// other, polygons apart, shells counter-clockwise and holes clockwise. An empty geometry is
// valid.
func CheckValid(mp orb.MultiPolygon) error {
	shapes := make([]shape, 0, len(mp))
	for i, poly := range mp {
		s := make(shape, 0, len(poly))
		for j, r := range poly {
			g, err := strictRing(r)
			if err != nil {
				return fmt.Errorf("polygone n° %d, anneau n° %d : %w", i+1, j+1, err)
			}
			s = append(s, g)
		}
		if len(s) == 0 {
			return fmt.Errorf("polygone n° %d : aucun anneau", i+1)
		}
		shapes = append(shapes, s)
	}
	if err := checkShapes(shapes); err != nil {
		return err
	}
	for i, s := range shapes {
		for j, r := range s {
			if (r.area2() > 0) != (j == 0) {
				return fmt.Errorf("polygone n° %d, anneau n° %d : tourne dans le mauvais sens", i+1, j+1)
			}
		}
	}
	return nil
}

// strictRing puts a ring on the grid and refuses what a valid ring has not.
func strictRing(in orb.Ring) (ring, error) {
	out := make(ring, 0, len(in))
	for k, p := range in {
		v, ok := snap(p)
		if !ok {
			return nil, fmt.Errorf("le sommet n° %d n'est pas un lieu", k+1)
		}
		out = append(out, v)
	}
	if len(out) < 4 {
		return nil, errors.New("moins de trois sommets")
	}
	if out[0] != out[len(out)-1] {
		return nil, errors.New("n'est pas fermé")
	}
	out = out[:len(out)-1]
	for k := range out {
		if out[k] == out[(k+1)%len(out)] {
			return nil, fmt.Errorf("le sommet n° %d est répété", k+1)
		}
	}
	return out, nil
}

// checkShapes checks all but orientation. The rings must have no repeated neighbours.
func checkShapes(shapes []shape) error {
	if err := checkCrossings(shapes); err != nil {
		return err
	}
	for i, s := range shapes {
		if err := checkTouching(s); err != nil {
			return fmt.Errorf("polygone n° %d : %w", i+1, err)
		}
		if err := checkHoles(s); err != nil {
			return fmt.Errorf("polygone n° %d : %w", i+1, err)
		}
	}
	return checkApart(shapes)
}

// checkCrossings finds edges that meet elsewhere than at their ends.
func checkCrossings(shapes []shape) error {
	edges := edgesOf(shapes)
	slices.SortFunc(edges, edge.compare)
	for i := 1; i < len(edges); i++ {
		if edges[i] == edges[i-1] {
			return fmt.Errorf("deux bords se recouvrent en %s", show(edges[i].a.point()))
		}
	}
	at, meet, ok := meeting(edges)
	switch {
	case !ok:
		return errors.New("tracé trop enchevêtré pour être un contour")
	case meet:
		return fmt.Errorf("deux bords se croisent près de %s", show(at.point()))
	}
	return nil
}

// meeting finds a place where two of the edges, all different, share a point that is not an
// end of both. ok is false for a scribble that would take for ever.
func meeting(edges []edge) (at vertex, meet, ok bool) {
	budget := minPairs + pairsPerEdge*len(edges)
	tree := newBoxTree(len(edges), func(i int) bounds { return edges[i].bound() })
	for i, e := range edges {
		tree.query(e.bound(), func(j int32) bool {
			if budget--; budget >= 0 && int(j) > i && meetInside(e, edges[j]) {
				at, meet = edges[j].a, true
			}
			return budget >= 0 && !meet
		})
		if budget < 0 || meet {
			return at, meet, meet
		}
	}
	return vertex{}, false, true
}

func edgesOf(shapes []shape) []edge {
	n := 0
	for _, s := range shapes {
		for _, r := range s {
			n += len(r)
		}
	}
	edges := make([]edge, 0, n)
	for _, s := range shapes {
		for _, r := range s {
			for k, v := range r {
				edges = append(edges, newEdge(v, r[(k+1)%len(r)]))
			}
		}
	}
	return edges
}

// meetInside says whether two distinct edges share a point that is not an end of both.
func meetInside(e, f edge) bool {
	if on(e, f.a) || on(e, f.b) || on(f, e.a) || on(f, e.b) {
		return true
	}
	c1, c2 := cross(e.a, e.b, f.a), cross(e.a, e.b, f.b)
	c3, c4 := cross(f.a, f.b, e.a), cross(f.a, f.b, e.b)
	return c1 != 0 && c2 != 0 && c3 != 0 && c4 != 0 && (c1 > 0) != (c2 > 0) && (c3 > 0) != (c4 > 0)
}

// on says whether the point lies on the edge, ends excluded.
func on(e edge, p vertex) bool {
	return p != e.a && p != e.b && p.x >= e.a.x && p.x <= e.b.x &&
		p.y >= min(e.a.y, e.b.y) && p.y <= max(e.a.y, e.b.y) && cross(e.a, e.b, p) == 0
}

// checkTouching refuses a ring that passes twice through a point, and rings whose contacts
// form a chain that cuts the polygon in two: in the graph of rings and contact points, a
// cycle (OGC 06-103r4, § 6.1.11.1).
func checkTouching(s shape) error {
	parent := make([]int, len(s))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	n := 0
	for _, r := range s {
		n += len(r)
	}
	seen := make(map[vertex]int, n) // the last ring that passed here
	for i, r := range s {
		for _, v := range r {
			j, again := seen[v]
			seen[v] = i
			if !again {
				continue
			}
			if j == i {
				return fmt.Errorf("un anneau se touche lui-même en %s", show(v.point()))
			}
			// Contacts of three rings at one point chain 0-1, 1-2 and make no cycle.
			if a, b := root(i), root(j); a == b {
				return fmt.Errorf("des anneaux coupent le polygone en deux en %s", show(v.point()))
			} else {
				parent[a] = b
			}
		}
	}
	return nil
}

// checkHoles wants each hole inside the shell and outside the other holes.
func checkHoles(s shape) error {
	if len(s) == 1 {
		return nil
	}
	rings := locatorsOf(s)
	for i := 1; i < len(s); i++ {
		x2, y2 := s[i].middle()
		if rings[0].locate(x2, y2) != inside {
			return fmt.Errorf("le trou n° %d sort du polygone", i)
		}
	}
	tree := newBoxTree(len(s)-1, func(i int) bounds { return s[i+1].bound() })
	var fault error
	for i := 1; i < len(s) && fault == nil; i++ {
		x2, y2 := s[i].middle()
		tree.query(s[i].bound(), func(k int32) bool {
			if j := int(k) + 1; j != i && rings[j].locate(x2, y2) == inside {
				fault = fmt.Errorf("le trou n° %d est dans un autre trou", i)
			}
			return fault == nil
		})
	}
	return fault
}

func locatorsOf(rings []ring) []locator {
	out := make([]locator, len(rings))
	for i, r := range rings {
		out[i].r = r
	}
	return out
}

// checkApart wants no polygon inside another; crossings are already excluded.
func checkApart(shapes []shape) error {
	if len(shapes) < 2 {
		return nil
	}
	tree := newBoxTree(len(shapes), func(i int) bounds { return shapes[i][0].bound() })
	rings := make([][]locator, len(shapes))
	var fault error
	for i := range shapes {
		x2, y2 := shapes[i][0].middle()
		tree.query(shapes[i][0].bound(), func(k int32) bool {
			j := int(k)
			if j == i {
				return true
			}
			if rings[j] == nil {
				rings[j] = locatorsOf(shapes[j])
			}
			if covers(rings[j], x2, y2) {
				fault = fmt.Errorf("le polygone n° %d est dans le polygone n° %d", i+1, j+1)
			}
			return fault == nil
		})
		if fault != nil {
			return fault
		}
	}
	return nil
}

// covers says whether the doubled point is strictly inside the polygon, holes excluded.
func covers(s []locator, x2, y2 int64) bool {
	if s[0].locate(x2, y2) != inside {
		return false
	}
	for i := range s[1:] {
		if s[1+i].locate(x2, y2) == inside {
			return false
		}
	}
	return true
}
