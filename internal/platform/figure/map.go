// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"maillage/internal/platform/figure/classes"
	"maillage/internal/platform/figure/palette"
	"maillage/internal/platform/french"
)

// Map colours territories by classes of a ratio: their contours, or equal cells when there
// are none. Quantities that count things (children, places) belong in circles, not in
// colours: a large territory would seem to have more.
type Map struct {
	Frame
	Areas []Area
	// Classes of the values; the zero Classes means five quantiles. They are rounded to
	// the unit's decimals, as the values are, so that the legend tells the truth.
	Classes classes.Classes
	// Pivot, when known, is the value away from which colours darken on both sides (a
	// departmental mean); PivotName says what it is.
	Pivot     Value
	PivotName string
	// Cells draws equal cells at Col and Row in place of contours, and says so.
	Cells bool
	// Borders are outlines of larger territories drawn over the areas (EPT), in degrees.
	Borders []orb.MultiPolygon
	// Uncoloured leaves the areas plain: for quantities, which the circles show.
	Uncoloured bool
	// Circles adds circles whose area is proportional to each Area.Size.
	Circles *Circles
	// Noun of what is counted in the legend; "commune", "communes" by default.
	One, Many string
}

// Circles says what the circles of a map measure.
type Circles struct {
	Name string // "naissances domiciliées, 2023"
	Unit Unit
}

// Area is a territory of a map.
type Area struct {
	Code  string
	Name  string
	Short string           // written when the name has no room: "Auberv."
	Shape orb.MultiPolygon // longitude and latitude in WGS84 degrees
	Col   int              // cell, from the left
	Row   int              // cell, from the top
	Value Value
	Size  Value // for Circles
	// Selected draws a strong outline.
	Selected bool
	Href     string
}

func (m Map) frame() Frame      { return m.Frame }
func (m Map) with(f Frame) Spec { m.Frame = f; return m }

// noun gives the words of what is counted.
func (m Map) noun() (one, many string) {
	if m.One == "" {
		return "commune", "communes"
	}
	return m.One, cmp.Or(m.Many, m.One+"s")
}

// Choropleth is how a map classes its values: what its legend and its colours come from.
type choropleth struct {
	classes classes.Classes
	colours []string
	counts  []int
	covered bool // no value lies outside the bounds
	pivotAt int  // the class that starts at the pivot, or -1
}

// values are the known ones, rounded as they are printed.
func (m Map) values() []float64 {
	var out []float64
	for _, a := range m.Areas {
		if a.Value.ok() {
			out = append(out, french.Round(a.Value.V, m.Unit.Decimals))
		}
	}
	return out
}

func (m Map) choropleth() choropleth {
	if m.Uncoloured {
		return choropleth{pivotAt: -1}
	}
	values := m.values()
	c := choropleth{classes: m.Classes, covered: true, pivotAt: -1}
	if c.classes.Len() == 0 {
		c.classes = classes.Quantile(values, 5)
	}
	c.classes = c.classes.Rounded(m.Unit.Decimals)
	if m.Pivot.ok() && c.classes.Len() > 0 {
		c.addPivot(french.Round(m.Pivot.V, m.Unit.Decimals))
	}
	if c.classes.Len() > 7 { // more than the eye tells apart
		c.classes = classes.Quantile(values, 7).Rounded(m.Unit.Decimals)
		c.pivotAt = -1
	}
	n := c.classes.Len()
	if c.colours == nil {
		c.colours = palette.Sequential(n)
	}
	c.counts = c.classes.Counts(values)
	for _, v := range values {
		c.covered = c.covered && c.classes.Covers(v)
	}
	return c
}

// addPivot makes the pivot a bound and takes colours that diverge from it, if there are at
// most three classes on each side.
func (c *choropleth) addPivot(pivot float64) {
	b := c.classes.Bounds
	if pivot <= b[0] || pivot >= b[len(b)-1] {
		return // all values on one side: nothing diverges
	}
	at, found := slices.BinarySearch(b, pivot)
	if !found {
		b = slices.Insert(slices.Clone(b), at, pivot)
	}
	below, above := at, len(b)-1-at
	if m := max(below, above); m <= 3 {
		ramp := palette.Diverging(2 * m)
		c.classes.Bounds = b
		c.colours = ramp[m-below : m+above]
		c.pivotAt = at
	}
}

// colour of a class.
func (c choropleth) colour(class int) string {
	if class < 0 || class >= len(c.colours) {
		return paper.hex
	}
	return c.colours[class]
}

// phrase is a class in words: nothing is in two classes.
func (c choropleth) phrase(class int, u Unit) string {
	b := c.classes.Bounds
	n := c.classes.Len()
	from, to := u.format(b[class]), u.format(b[class+1])
	switch {
	case b[class] == b[class+1]:
		if !c.covered {
			return from + " et plus"
		}
		return from
	case class == n-1 && n > 1 && !c.covered:
		return from + " et plus"
	case class == n-1:
		return "de " + from + " à " + to
	case class == 0 && !c.covered:
		return "moins de " + to
	}
	return "de " + from + " à moins de " + to
}

// rank is "1re classe sur 5".
func (c choropleth) rank(class int) string {
	if c.classes.Len() < 2 {
		return ""
	}
	return ordinal(class+1) + " classe sur " + strconv.Itoa(c.classes.Len())
}

func ordinal(n int) string {
	if n == 1 {
		return "1re"
	}
	return strconv.Itoa(n) + "e"
}

// label is what is said of an area out of context.
func (m Map) label(a Area, c choropleth) string {
	s := cmp.Or(a.Name, a.Code, "territoire sans nom") + " : " + m.Unit.full(a.Value)
	if m.Period != "" {
		s += ", " + m.Period
	}
	if a.Value.ok() {
		class := c.classes.Of(french.Round(a.Value.V, m.Unit.Decimals))
		if r := c.rank(class); r != "" {
			s += " — " + r
		}
	}
	if m.Circles != nil {
		s += " ; " + m.Circles.Name + " : " + m.Circles.Unit.text(a.Size)
	}
	return s
}

// Table lists the areas by name with their value and class.
func (m Map) Table() Table {
	c := m.choropleth()
	t := Table{Caption: m.heading(), Header: []string{"Territoire", m.columnName()}}
	if c.classes.Len() > 1 {
		t.Header = append(t.Header, "Classe")
	}
	if m.Circles != nil {
		t.Header = append(t.Header, upperFirst(m.Circles.Name))
	}
	areas := slices.Clone(m.Areas)
	slices.SortStableFunc(areas, func(a, b Area) int { return french.Compare(a.Name, b.Name) })
	for _, a := range areas {
		row := []Cell{words(cmp.Or(a.Name, a.Code)), m.Unit.cell(a.Value)}
		if c.classes.Len() > 1 {
			class := ""
			if i := c.classes.Of(french.Round(a.Value.V, m.Unit.Decimals)); a.Value.ok() {
				class = strconv.Itoa(i+1) + " (" + c.phrase(i, m.Unit) + ")"
			}
			row = append(row, words(class))
		}
		if m.Circles != nil {
			row = append(row, m.Circles.Unit.cell(a.Size))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Sentence gives the extent, the classes, the selected areas and what is missing.
func (m Map) Sentence() string {
	one, many := m.noun()
	kind := "carte"
	if m.Cells {
		kind = "carte schématique"
	}
	parts := []string{kind + " de " + french.Plural(len(m.Areas), one, many)}
	var lo, hi *Area
	var absent []Value
	var chosen []string
	for i := range m.Areas {
		a := &m.Areas[i]
		if a.Selected {
			chosen = append(chosen, a.Name+" : "+m.Unit.full(a.Value))
		}
		if !a.Value.ok() {
			absent = append(absent, a.Value)
			continue
		}
		if lo == nil || a.Value.V < lo.Value.V {
			lo = a
		}
		if hi == nil || a.Value.V > hi.Value.V {
			hi = a
		}
	}
	if lo != nil {
		parts = append(parts, "de "+m.Unit.format(lo.Value.V)+" ("+lo.Name+") à "+m.Unit.full(Num(hi.Value.V))+" ("+hi.Name+")")
	} else {
		parts = append(parts, "aucune valeur")
	}
	if n := m.choropleth().classes.Len(); n > 1 {
		parts = append(parts, strconv.Itoa(n)+" classes")
	}
	if len(chosen) > 3 {
		chosen = chosen[:3]
	}
	parts = append(parts, chosen...)
	return m.sentence(strings.Join(append(parts, absences(absent)...), " ; "))
}
