// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"slices"
	"testing"

	"github.com/paulmach/orb"
)

func clockwise(xy ...int) orb.Ring {
	r := closed(xy...)
	slices.Reverse(r)
	return r
}

func TestNestByOrientation(t *testing.T) {
	t.Parallel()
	outer, hole := clockwise(0, 0, 100, 0, 100, 100, 0, 100), closed(10, 10, 90, 10, 90, 90, 10, 90)
	island, pond := clockwise(20, 20, 80, 20, 80, 80, 20, 80), closed(30, 30, 70, 30, 70, 70)
	far, lost := clockwise(500, 0, 600, 0, 600, 100), closed(900, 0, 950, 0, 950, 50)
	got := nestByOrientation([]orb.Ring{pond, hole, outer, lost, island, far})
	want := orb.MultiPolygon{{outer, hole}, {island, pond}, {far}, {lost}}
	if !got.Equal(want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	turned := nestByOrientation([]orb.Ring{closed(0, 0, 100, 0, 100, 100)})
	if g, _ := Repair(turned); len(g) != 1 || Area(g) <= 0 {
		t.Errorf("a shell turned the wrong way gives %v", g)
	}
	var many []orb.Ring
	for i := range maxNested {
		x := i % 100 * 1000
		y := i / 100 * 1000
		many = append(many, clockwise(x, y, x+900, y, x+900, y+900, x, y+900), closed(x+100, y+100, x+200, y+100, x+200, y+200))
	}
	g, _ := Repair(nestByOrientation(many))
	if len(g) != maxNested || len(g[0]) != 2 {
		t.Errorf("%d polygons, the first with %d rings", len(g), len(g[0]))
	}
}
