// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"maillage/internal/platform/figure"
)

// What has no figure carries none to the browser, and says why.
func TestLivePlaces(t *testing.T) {
	t.Parallel()
	shape := orb.MultiPolygon{{{{2, 48}, {3, 48}, {3, 49}, {2, 49}, {2, 48}}}}
	area := func(code string, v figure.Value) figure.Area {
		return figure.Area{Code: code, Name: "Ville", Short: "Ville", Shape: shape, Value: v}
	}
	hidden := figure.Absent(figure.Secret)
	hidden.V = 987.654 // must not travel
	m := figure.Map{Frame: figure.Frame{Unit: figure.Unit{Name: "places", Decimals: 1}}, Areas: []figure.Area{
		area("a", figure.Num(12.34)), area("b", hidden), area("c", figure.Absent(figure.NotPublished)), area("d", figure.Absent(figure.NotApplicable))}}
	want := []livePlace{
		{Code: "a", Value: "12,3", Sentence: "Ville\u00a0: 12,3 places"},
		{Code: "b", Class: -1, Pattern: "hachures", Value: "secret statistique", Sentence: "Ville\u00a0: secret statistique"},
		{Code: "c", Class: -1, Pattern: "points", Value: "non publié", Sentence: "Ville\u00a0: non publié"},
		{Code: "d", Class: -1, Pattern: "uni", Value: "sans objet", Sentence: "Ville\u00a0: sans objet"},
	}
	for i, r := range m.Readings() {
		got, w := livePlaceOf(r), want[i]
		w.Name, w.At, w.Width, w.Bound = "Ville", [2]float64{2.5, 48.5}, 1, [4]float64{2, 48, 3, 49}
		if got != w {
			t.Errorf("%+v\nwant %+v", got, w)
		}
		if body, err := json.Marshal(got); err != nil || strings.Contains(string(body), "987") {
			t.Errorf("%s, %v: a secret travels", body, err)
		}
	}
}
