// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"
)

func TestNameSpot(t *testing.T) {
	t.Parallel()
	crescent := orb.MultiPolygon{{{{0, 0}, {4, 0}, {4, 1}, {1, 1}, {1, 3}, {4, 3}, {4, 4}, {0, 4}, {0, 0}}}}
	at, width := nameSpot(crescent)
	if !planar.MultiPolygonContains(crescent, at) || width < 3.9 {
		t.Errorf("crescent: %v, %v wide: not in one of its arms", at, width)
	}
	square := orb.MultiPolygon{{{{2, 48}, {3, 48}, {3, 49}, {2, 49}, {2, 48}}}}
	if at, width := nameSpot(square); math.Hypot(at[0]-2.5, at[1]-48.5) > 1e-9 || width != 1 {
		t.Errorf("square: %v, %v wide: not its middle", at, width)
	}
	ring := orb.MultiPolygon{{square[0][0], {{2.1, 48.1}, {2.1, 48.9}, {2.9, 48.9}, {2.9, 48.1}, {2.1, 48.1}}}}
	if at, _ := nameSpot(ring); !planar.MultiPolygonContains(ring, at) {
		t.Errorf("ring: %v is in its hole", at)
	}
	if at, width := nameSpot(nil); at != (orb.Point{}) || width != 0 {
		t.Errorf("nothing: %v, %v", at, width)
	}
}

// Stars around a centre are as crooked as outlines get.
func TestNameSpotIsInside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		reaches := rapid.SliceOfN(rapid.Float64Range(0.05, 1), 3, 24).Draw(t, "reaches")
		var ring orb.Ring
		for i, r := range reaches {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(len(reaches)))
			ring = append(ring, orb.Point{2 + r*cos, 48 + r*sin})
		}
		mp := orb.MultiPolygon{{append(ring, ring[0])}}
		at, width := nameSpot(mp)
		if !planar.MultiPolygonContains(mp, at) {
			t.Fatalf("%v is outside of %v", at, mp)
		}
		if b := mp.Bound(); width < 0 || width > b.Max[0]-b.Min[0]+1e-9 {
			t.Fatalf("%v wide in %v", width, b)
		}
	})
}
