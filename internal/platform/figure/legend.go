// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"cmp"
	"math"

	"github.com/paulmach/orb"

	"maillage/internal/platform/french"
	"maillage/internal/platform/geo"
)

// LegendClass is a class of a map as its drawing shows it, so that another drawing of the
// same map (the one that a browser pans) has the same bounds, colours and words.
type LegendClass struct {
	From, To float64 // in the map's unit: [From, To), but for the last class, [From, To]
	Colour   string  // "#rrggbb", the same in light and in dark
	Label    string  // "de 21,7 à moins de 31,1"
	Rank     string  // "2e classe sur 5"; empty when there is one class only
	Count    int     // areas in it
	Pivot    string  // said above the class that starts at the pivot, else empty
}

// Legend lists the classes of the map, from the least to the greatest values.
func (m Map) Legend() []LegendClass {
	ch := m.choropleth()
	list := make([]LegendClass, ch.classes.Len())
	for i := range list {
		list[i] = LegendClass{From: ch.classes.Bounds[i], To: ch.classes.Bounds[i+1], Colour: ch.colour(i),
			Label: ch.phrase(i, m.Unit), Rank: ch.rank(i), Count: ch.counts[i]}
		if i == ch.pivotAt {
			list[i].Pivot = cmp.Or(m.PivotName, "valeur pivot") + " : " + m.Unit.format(list[i].From)
		}
	}
	return list
}

// Absence is a reason why areas have no value. Secret is drawn hatched, NotApplicable
// plain, the others dotted.
type Absence struct {
	State State
	Words string // "secret statistique"
	Count int
}

// Absences lists the reasons in the order in which the areas come.
func (m Map) Absences() []Absence {
	var list []Absence
	at := map[string]int{}
	for _, a := range m.Areas {
		if a.Value.ok() {
			continue
		}
		why := a.Value.why()
		i, seen := at[why]
		if !seen {
			i = len(list)
			at[why] = i
			list = append(list, Absence{State: a.Value.absence(), Words: why})
		}
		list[i].Count++
	}
	return list
}

// absence is the state of a value without a number: one built by hand from NaN is missing.
func (v Value) absence() State {
	if v.State == Known {
		return Missing
	}
	return v.State
}

// Reading is what a map says of one of its areas.
type Reading struct {
	Area  Area
	Class int    // of Legend; -1 when there is no value
	State State  // Known, or why there is no value
	Short string // "22,0", or why there is no value
	Full  string // "22,0 places pour 100 enfants de moins de 3 ans"
	Rank  string // "2e classe sur 5"
	// Radius of its circle as a part of the largest, 0 to 1; 0 without circles.
	Radius float64
}

// Sentence is the reading out of context: "Aubervilliers : 22,0 places – 2e classe sur 5".
func (r Reading) Sentence() string {
	s := cmp.Or(r.Area.Name, r.Area.Code, "territoire sans nom") + "\u00a0: " + r.Full
	if r.Rank != "" {
		s += " – " + r.Rank
	}
	return s
}

// Readings are the areas in their order, with the class that the drawing gives them.
func (m Map) Readings() []Reading {
	ch, largest := m.choropleth(), m.largest()
	list := make([]Reading, len(m.Areas))
	for i, a := range m.Areas {
		r := Reading{Area: a, Class: -1, State: a.Value.absence(), Short: m.Unit.text(a.Value), Full: m.Unit.full(a.Value)}
		if a.Value.ok() {
			r.State = Known
			r.Class = ch.classes.Of(french.Round(a.Value.V, m.Unit.Decimals))
			r.Rank = ch.rank(r.Class)
		}
		if m.Circles != nil && a.Size.ok() && a.Size.V > 0 {
			r.Radius = math.Sqrt(a.Size.V / largest)
		}
		list[i] = r
	}
	return list
}

// CircleKey is a circle of the legend.
type CircleKey struct {
	Share float64 // of the largest radius
	Label string  // the number it stands for: "20 000"
}

// CircleKeys are two round sizes, the larger near the greatest; none without circles.
func (m Map) CircleKeys() []CircleKey {
	largest := m.largest()
	if m.Circles == nil || largest <= 0 {
		return nil
	}
	var list []CircleKey
	for _, share := range []float64{1, 0.25} {
		v := niceBelow(largest*share, 8, 6, 5, 4, 3, 2, 1.5, 1)
		list = append(list, CircleKey{math.Sqrt(v / largest), m.Circles.Unit.format(v)})
	}
	return list
}

// largest of the sizes, 0 when there is none.
func (m Map) largest() float64 {
	most := 0.0
	for _, a := range m.Areas {
		if a.Size.ok() {
			most = math.Max(most, a.Size.V)
		}
	}
	return most
}

// Bound is the part of France that holds most of the areas, in WGS84 degrees: the view to
// open on. Elsewhere (overseas, in a map of the whole country) it would show the sea.
// False when no area has an outline.
func (m Map) Bound() (orb.Bound, bool) {
	type land struct {
		bound orb.Bound
		areas int
	}
	at := map[string]*land{}
	var first *land
	for _, a := range m.Areas {
		b, ok := geo.Bound(a.Shape)
		if !ok {
			continue
		}
		l, _ := geo.LandOf(b) // what lies outside of France is one land, without a name
		g := at[l.Name]
		if g == nil {
			g = &land{bound: b}
			at[l.Name] = g
		}
		g.bound = g.bound.Union(b)
		if g.areas++; first == nil || g.areas > first.areas {
			first = g
		}
	}
	if first == nil {
		return orb.Bound{}, false
	}
	return first.bound, true
}
