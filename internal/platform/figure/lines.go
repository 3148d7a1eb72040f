// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/platform/french"
)

// Lines shows how quantities went over the years. A missing year breaks the line; a
// change of method or of geography is marked and breaks it too.
type Lines struct {
	Frame
	Series []Series
	Breaks []Break
	// Free lets the axis start elsewhere than at zero, for what has no meaningful zero;
	// the figure then says so.
	Free bool
	// Height of the plot in pixels; 0 for the usual.
	Height float64
}

// Series is a named quantity over the years, in any order.
type Series struct {
	Name      string
	Points    []Point
	Highlight bool
	// Irregular series (censuses) have no yearly step: only a point given without a value
	// breaks their line. Of the others, the step is the least distance of two points.
	Irregular bool
}

// Point is the value of a year. A year without a point is missing, as one whose value is.
type Point struct {
	Year  int
	Value Value
}

// Break marks a change at the start of Year: a new method, a new geography.
type Break struct {
	Year int
	Note string
	// Joined keeps the lines whole, when the older values were re-based on the new
	// definition.
	Joined bool
}

func (l Lines) frame() Frame      { return l.Frame }
func (l Lines) with(f Frame) Spec { l.Frame = f; return l }

// sortedPoints returns the points by year, the last of those of the same year.
func sortedPoints(points []Point) []Point {
	out := slices.Clone(points)
	slices.SortStableFunc(out, func(a, b Point) int { return a.Year - b.Year })
	n := 0
	for i, p := range out {
		if i+1 < len(out) && out[i+1].Year == p.Year {
			continue
		}
		out[n] = p
		n++
	}
	return out[:n]
}

// years are those that some series has a point for, whatever its value.
func years(series []Series) []int {
	var out []int
	for _, s := range series {
		for _, p := range s.Points {
			out = append(out, p.Year)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Table has a row a year, from the first to the last.
func (l Lines) Table() Table { return yearTable(l.Frame, l.Series) }

func yearTable(f Frame, series []Series) Table {
	t := Table{Caption: f.heading(), Header: []string{"Année"}}
	at := make([]map[int]Value, len(series))
	for i, s := range series {
		t.Header = append(t.Header, s.Name)
		at[i] = map[int]Value{}
		for _, p := range s.Points {
			at[i][p.Year] = p.Value
		}
	}
	for _, y := range years(series) {
		row := []Cell{words(strconv.Itoa(y))}
		for i := range series {
			row = append(row, f.Unit.cell(at[i][y]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Sentence gives the first and last value of each series and the breaks.
func (l Lines) Sentence() string {
	var parts []string
	for _, s := range l.Series {
		parts = append(parts, courseOf(s, l.Unit, len(parts) == 0))
	}
	if len(parts) == 0 {
		parts = []string{"aucune valeur à montrer"}
	}
	for _, b := range l.Breaks {
		parts = append(parts, "rupture en "+strconv.Itoa(b.Year)+optional(" (", b.Note, ")"))
	}
	return l.sentence(strings.Join(parts, " ; "))
}

func optional(before, s, after string) string {
	if s == "" {
		return ""
	}
	return before + s + after
}

// courseOf says where a series starts and ends and which years it lacks; the unit is
// named where it was not yet.
func courseOf(s Series, u Unit, named bool) string {
	if !named {
		u.Name = ""
	}
	points := sortedPoints(s.Points)
	var known []Point
	for _, p := range points {
		if p.Value.ok() {
			known = append(known, p)
		}
	}
	switch len(known) {
	case 0:
		return s.Name + " : aucune valeur"
	case 1:
		return s.Name + " : " + u.full(known[0].Value) + " en " + strconv.Itoa(known[0].Year)
	}
	a, b := known[0], known[len(known)-1]
	out := s.Name + " : de " + u.text(a.Value) + " en " + strconv.Itoa(a.Year) + " à " + u.full(b.Value) + " en " + strconv.Itoa(b.Year)
	if gaps := gapYears(points, s.step()); len(gaps) > 0 {
		out += ", sans valeur en " + french.Plural(len(gaps), "année", "années")
		if len(gaps) <= 3 {
			out = out[:strings.LastIndex(out, " en ")] + " en " + joinYears(gaps)
		}
	}
	return out
}

// gapYears are the years, by step, without a value between the first and the last known one.
func gapYears(points []Point, step int) []int {
	var out []int
	last := 0
	seen := false
	for _, p := range points {
		if !p.Value.ok() {
			continue
		}
		if seen && p.Year-last < 200 {
			for y := last + step; y < p.Year; y += step {
				out = append(out, y)
			}
		}
		last, seen = p.Year, true
	}
	return out
}

func joinYears(ys []int) string {
	var b strings.Builder
	for i, y := range ys {
		switch {
		case i > 0 && i == len(ys)-1:
			b.WriteString(" et ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(y))
	}
	return b.String()
}

// plot is a drawing area with its two scales.
type plot struct {
	x, y     scale
	l, t     float64
	r, b     float64
	ticks    []float64
	decimals int
}

// Scene draws the lines.
func (l Lines) Scene() *Scene {
	c := newCanvas(l.Frame, l)
	ys := years(l.Series)
	var values []float64
	for _, s := range l.Series {
		for _, p := range s.Points {
			if p.Value.ok() {
				values = append(values, p.Value.V)
			}
		}
	}
	if len(values) == 0 {
		return c.empty()
	}
	ends := l.endLabels(c, ys[len(ys)-1])
	notes := l.breakFlags(c, ys)
	p := l.axes(c, ys, values, ends)
	l.drawBreaks(c, p, notes)
	list := &group{list: true}
	for _, above := range []bool{false, true} { // the highlighted ones over the others
		for i, s := range l.Series {
			if s.Highlight == above {
				list.nodes = append(list.nodes, drawSeries(p, s, i, l.Unit, l.Breaks))
			}
		}
	}
	c.add(list)
	ends.draw(c, p)
	return c.finish(l.notes()...)
}

// notes say what the drawing does not: the axis, hollow points, why a line is broken.
func (l Lines) notes() []string {
	var out, gaps []string
	if l.Free {
		out = append(out, "L'axe vertical ne part pas de zéro.")
	}
	estimated := false
	for _, s := range l.Series {
		for _, p := range sortedPoints(s.Points) {
			switch {
			case p.Value.ok():
				estimated = estimated || p.Value.Estimated
			default:
				gaps = append(gaps, s.Name+optional(" ", strconv.Itoa(p.Year), "")+" ("+p.Value.why()+")")
			}
		}
	}
	if estimated {
		out = append(out, "Point creux : valeur estimée.")
	}
	if n := len(gaps); n > 4 {
		gaps = append(gaps[:3], french.Plural(n-3, "autre", "autres"))
	}
	if len(gaps) > 0 {
		out = append(out, "Sans valeur : "+strings.Join(gaps, ", ")+".")
	}
	return out
}

// axes lays out the plot: as high as its labels need, gridlines at round numbers, years that fit.
func (l Lines) axes(c *canvas, ys []int, values []float64, ends *endLabels) plot {
	lo, hi := domain(values, l.Free)
	n := 5
	height := 250.0
	if c.f.narrow() {
		height = 210
	}
	if l.Height >= 60 && l.Height <= 2000 {
		height = l.Height
	}
	height = max(height, ends.height())
	p := plot{t: c.y + 8, b: c.y + 8 + height}
	p.ticks, p.decimals = ticks(lo, hi, n)
	lo, hi = p.ticks[0], p.ticks[len(p.ticks)-1]
	gutter := 0.0
	labels := make([]string, len(p.ticks))
	for i, v := range p.ticks {
		labels[i] = Unit{Suffix: l.Unit.Suffix, Decimals: p.decimals}.format(v)
		gutter = max(gutter, textWidth(labels[i], noteSize, false))
	}
	gutter = min(gutter, (c.r-c.l)*0.3)
	p.l, p.r = c.l+gutter+8, c.r-ends.width
	p.y = scale{lo, hi, p.b, p.t}
	p.x = scale{float64(ys[0]), float64(ys[len(ys)-1]), p.l + 8, p.r - 8}
	if len(ys) == 1 {
		p.x = scale{float64(ys[0]) - 1, float64(ys[0]) + 1, p.l + 8, p.r - 8}
	}
	deco := &group{hidden: true}
	for i, v := range p.ticks {
		y, col := p.y.at(v), grid
		if v == 0 {
			col = axis
		}
		deco.nodes = append(deco.nodes, &line{x1: p.l, y1: y, x2: p.r, y2: y, stroke: col, width: 1},
			&text{x: p.l - 8, y: y + 4, s: fit(labels[i], noteSize, false, gutter), size: noteSize, anchor: end, ink: soft})
	}
	deco.nodes = append(deco.nodes, yearTicks(c, p, ys)...)
	c.add(deco)
	c.y = p.b + 26
	return p
}

// yearTicks writes the years that have room, the first and the last before the others.
func yearTicks(c *canvas, p plot, ys []int) []node {
	var out []node
	label := func(y int) *text {
		s := strconv.Itoa(y)
		w := textWidth(s, noteSize, false)
		x := min(max(p.x.at(float64(y)), c.l+w/2), c.r-w/2)
		return &text{x: x, y: p.b + 18, s: s, size: noteSize, anchor: middle, ink: soft}
	}
	const gap = 6.0
	lastLeft, _, _, _ := label(ys[len(ys)-1]).box()
	free := math.Inf(-1)
	for i, y := range ys {
		x := p.x.at(float64(y))
		if i == 0 || i == len(ys)-1 || p.x.at(float64(ys[i]))-p.x.at(float64(ys[i-1])) > 2 {
			out = append(out, &line{x1: x, y1: p.b, x2: x, y2: p.b + 4, stroke: axis, width: 1})
		}
		t := label(y)
		l, _, r, _ := t.box()
		if l < free || i < len(ys)-1 && r+gap > lastLeft && i > 0 {
			continue
		}
		out = append(out, t)
		free = r + gap
	}
	return out
}
