// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"maillage/internal/platform/figure/palette"
)

func TestQuantitiesAreCirclesNotColours(t *testing.T) {
	t.Parallel()
	square := func(x float64) orb.MultiPolygon {
		return orb.MultiPolygon{{{{x, 48}, {x + 0.1, 48}, {x + 0.1, 48.1}, {x, 48.1}, {x, 48}}}}
	}
	m := Map{Frame: Frame{Title: "Naissances"}, Uncoloured: true, Circles: &Circles{Name: "Naissances"}, Areas: []Area{
		{Code: "1", Name: "Petite", Shape: square(2), Value: Num(10), Size: Num(10)},
		{Code: "2", Name: "Grande", Shape: square(2.1), Value: Num(1000), Size: Num(1000)},
	}}
	svg := string(SVG(m))
	for _, colour := range palette.Sequential(5)[1:] {
		if strings.Contains(svg, colour) {
			t.Errorf("a map of quantities uses the class colour %s", colour)
		}
	}
	if n := strings.Count(svg, "<circle"); n < 2 {
		t.Errorf("%d circles drawn, want one an area", n)
	}
}
