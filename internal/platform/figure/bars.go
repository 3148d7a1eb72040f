// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"maillage/internal/platform/french"
)

// Order is how rows are sorted. Rows without a value come last unless the order is given.
type Order uint8

// Orders of rows.
const (
	Descending Order = iota
	Ascending
	ByName // French alphabetical order
	Given
)

// Bars compares one quantity among territories: horizontal bars from zero, each with its
// number, and dashed reference lines.
type Bars struct {
	Frame
	Rows  []BarRow
	Refs  []Reference // the département, France
	Order Order
	Max   float64 // end of the scale when several figures share it; 0 to fit the values
}

// BarRow is one bar.
type BarRow struct {
	Label     string
	Value     Value
	Highlight bool
	Href      string
}

// Reference is a line to compare with.
type Reference struct {
	Label string
	Value float64
}

func (b Bars) frame() Frame      { return b.Frame }
func (b Bars) with(f Frame) Spec { b.Frame = f; return b }

// sorted returns the rows in the order asked for.
func (b Bars) sorted() []BarRow {
	rows := slices.Clone(b.Rows)
	if b.Order == Given {
		return rows
	}
	slices.SortStableFunc(rows, func(x, y BarRow) int {
		if x.Value.ok() != y.Value.ok() {
			if x.Value.ok() {
				return -1
			}
			return 1
		}
		by := 0
		if x.Value.ok() {
			switch b.Order {
			case Descending:
				by = cmp.Compare(y.Value.V, x.Value.V)
			case Ascending:
				by = cmp.Compare(x.Value.V, y.Value.V)
			case ByName, Given:
			}
		}
		return cmp.Or(by, french.Compare(x.Label, y.Label))
	})
	return rows
}

// Table lists the rows in the order of the drawing, then the references.
func (b Bars) Table() Table {
	t := Table{Caption: b.heading(), Header: []string{"Territoire", b.columnName()}}
	for _, r := range b.sorted() {
		t.Rows = append(t.Rows, []Cell{words(r.Label), b.Unit.cell(r.Value)})
	}
	for _, r := range b.Refs {
		t.Rows = append(t.Rows, []Cell{words(r.Label), b.Unit.cell(Num(r.Value))})
	}
	return t
}

// Sentence gives the extent, the highlighted rows, the references and what is missing.
func (b Bars) Sentence() string {
	var known []BarRow
	var absent []Value
	var more []string
	for _, r := range b.sorted() {
		if r.Value.ok() {
			known = append(known, r)
		} else {
			absent = append(absent, r.Value)
		}
		if r.Highlight {
			more = append(more, r.Label+" : "+b.Unit.full(r.Value))
		}
	}
	slices.SortStableFunc(known, func(x, y BarRow) int { return cmp.Compare(x.Value.V, y.Value.V) })
	var parts []string
	switch n := len(known); {
	case n == 0:
		parts = append(parts, "aucune valeur à montrer")
	case n == 1:
		if !known[0].Highlight {
			parts = append(parts, known[0].Label+" : "+b.Unit.full(known[0].Value))
		}
	default:
		lo, hi := known[0], known[n-1]
		parts = append(parts, french.Plural(n, "valeur", "valeurs")+", de "+b.Unit.format(lo.Value.V)+" ("+lo.Label+
			") à "+b.Unit.full(Num(hi.Value.V))+" ("+hi.Label+")")
	}
	parts = append(parts, more...)
	for _, r := range b.Refs {
		parts = append(parts, r.Label+" : "+b.Unit.text(Num(r.Value)))
	}
	parts = append(parts, absences(absent)...)
	return b.sentence(strings.Join(parts, " ; "))
}

// absences counts values without a number, by reason.
func absences(values []Value) []string {
	var order []string
	count := map[string]int{}
	for _, v := range values {
		if count[v.why()] == 0 {
			order = append(order, v.why())
		}
		count[v.why()]++
	}
	out := make([]string, 0, len(order))
	for _, why := range order {
		out = append(out, french.Plural(count[why], "sans valeur", "sans valeur")+" ("+why+")")
	}
	return out
}

// Scene draws the bars.
func (b Bars) Scene() *Scene {
	for _, r := range b.Rows {
		b.Interactive = b.Interactive || safeHref(r.Href) != ""
	}
	c := newCanvas(b.Frame, b)
	if len(b.Rows) == 0 {
		return c.empty()
	}
	d := b.layout(c)
	d.references(c)
	top := c.y
	list := &group{list: true}
	for i := range d.rows {
		list.nodes = append(list.nodes, d.row(c, i))
	}
	bottom := c.y
	zero := d.x.at(0)
	behind := &group{hidden: true}
	for _, x := range d.refX {
		behind.nodes = append(behind.nodes, d.reference(x, top-4, bottom)...)
	}
	behind.nodes = append(behind.nodes, &line{x1: zero, y1: top, x2: zero, y2: bottom, stroke: axis, width: 1})
	c.add(d.drawn...)
	c.add(behind, list)
	c.y += 4
	return c.finish()
}

// barDrawing is the geometry of a Bars.
type barDrawing struct {
	b     Bars
	rows  []BarRow
	names [][]string
	x     scale
	nameR float64 // right edge of the names
	refX  []float64
	drawn []node // the bars themselves, under the reference lines
	holes []box  // where numbers stand: no line there
}

// reference is a dashed line from top to bottom that stops before the numbers.
func (d *barDrawing) reference(x, top, bottom float64) []node {
	var out []node
	for _, h := range d.holes {
		if x < h.l-3 || x > h.r+3 {
			continue
		}
		if h.t-top > 4 {
			out = append(out, &line{x1: x, y1: top, x2: x, y2: h.t, stroke: fg, width: 1.25, dash: 4})
		}
		top = h.b
	}
	if bottom > top {
		out = append(out, &line{x1: x, y1: top, x2: x, y2: bottom, stroke: fg, width: 1.25, dash: 4})
	}
	return out
}

// number adds the text of a row and keeps the reference lines out of it.
func (d *barDrawing) number(g *group, t *text) {
	g.nodes = append(g.nodes, t)
	l, top, r, bottom := t.box()
	d.holes = append(d.holes, box{l, top - 1, r, bottom})
}

func (b Bars) layout(c *canvas) *barDrawing {
	d := &barDrawing{b: b, rows: b.sorted()}
	width := c.r - c.l
	nameMax, nameW := width*0.36, 0.0
	if b.narrow() {
		nameMax = width * 0.42
	}
	var values []float64
	right, left := 0.0, 0.0
	for _, r := range d.rows {
		ls := wrap(r.Label, labelSize, r.Highlight, nameMax, 3)
		d.names = append(d.names, ls)
		nameW = max(nameW, widest(ls, labelSize, r.Highlight))
		w := textWidth(b.Unit.text(r.Value), labelSize, r.Highlight) + 8
		switch {
		case !r.Value.ok():
		case r.Value.V < 0:
			values = append(values, r.Value.V)
			left = max(left, w)
		default:
			values = append(values, r.Value.V)
			right = max(right, w)
		}
	}
	for _, r := range b.Refs {
		if Num(r.Value).ok() {
			values = append(values, r.Value)
		}
	}
	if b.Max > 0 && !math.IsInf(b.Max, 0) {
		values = append(values, b.Max)
	}
	lo, hi := domain(values, false)
	d.nameR = c.l + nameW
	x0, x1 := d.nameR+8+min(left, width*0.2), c.r-min(right, width*0.3)
	if lo == 0 { // only the longest bars need room for their numbers
		x1 = c.r - 4
		for _, r := range d.rows {
			if r.Value.ok() {
				w := textWidth(b.Unit.text(r.Value), labelSize, r.Highlight) + 8
				x1 = min(x1, endFor(x0, c.r, r.Value.V, hi, w))
			}
		}
	}
	d.x = scale{lo, hi, x0, max(x0+20, x1)}
	return d
}

// hatchW is the length of what stands for a bar that has no value.
const hatchW = 40.0

// row draws one row and moves down.
func (d *barDrawing) row(c *canvas, i int) node {
	r, names := d.rows[i], d.names[i]
	zero := d.x.at(0)
	var why []string
	if !r.Value.ok() {
		why = wrap(r.Value.why(), labelSize, false, c.r-zero-hatchW-6, 3)
	}
	h := 23.0
	if n := max(len(names), len(why)); n > 1 {
		h = 6 + float64(n)*labelSize*1.18
	}
	mid, thick := c.y+h/2, 15.0
	g := &group{item: true, label: r.Label + " : " + d.b.Unit.full(r.Value), href: safeHref(r.Href), hit: box{c.l, c.y, c.r, c.y + h}}
	g.nodes = linesAt(d.nameR, mid, names, r.Label, labelSize, r.Highlight, end, fg, ink{})
	if !r.Value.ok() {
		d.drawn = append(d.drawn, &rect{x: zero, y: mid - thick/2, w: hatchW, h: thick, fill: noValue, stroke: quiet, width: 1})
		for _, n := range linesAt(zero+hatchW+6, mid, why, r.Value.why(), labelSize, false, start, soft, paper) {
			d.number(g, n.(*text))
		}
		c.y += h
		return g
	}
	at := d.x.at(r.Value.V)
	col := mark
	if r.Highlight {
		col = accent
	}
	bar := &rect{x: min(zero, at), y: mid - thick/2, w: math.Abs(at - zero), h: thick, fill: flatFill(col)}
	if r.Value.Estimated {
		bar.fill, bar.stroke, bar.width = flatFill(paper), col, 1.5
		bar.y, bar.h = bar.y+0.75, bar.h-1.5
	}
	d.drawn = append(d.drawn, bar)
	number := &text{x: at + 6, y: mid + 4.5, s: d.b.Unit.text(r.Value), size: labelSize, bold: r.Highlight, ink: fg, halo: paper}
	room := c.r - at - 6
	if r.Value.V < 0 {
		number.x, number.anchor = at-6, end
		room = at - 6 - d.nameR
	}
	number.s = fit(number.s, labelSize, r.Highlight, room)
	d.number(g, number)
	c.y += h
	return g
}

// references writes the names of the lines above the bars, each on its own level when
// they would touch.
func (d *barDrawing) references(c *canvas) {
	var labels []string
	for _, r := range d.b.Refs {
		if Num(r.Value).ok() {
			d.refX = append(d.refX, d.x.at(r.Value))
			labels = append(labels, r.Label+" : "+d.b.Unit.format(r.Value))
		}
	}
	flags := placeFlags(d.refX, labels, labelSize, c.l, c.r)
	tiers := 0
	for _, f := range flags {
		tiers = max(tiers, f.tier+1)
	}
	step := labelSize*lineHeight + 1
	base := c.y + step*float64(tiers)
	for i, f := range flags {
		y := base - step*float64(f.tier)
		if f.tier > 0 {
			c.add(&line{x1: d.refX[i], y1: y - 2, x2: d.refX[i], y2: base, stroke: fg, width: 1.25, dash: 4})
		}
		c.add(&text{x: f.x, y: y - 5, s: f.s, size: labelSize, ink: fg, halo: paper, full: cutWhole(f.s, labels[i])})
	}
	if tiers > 0 {
		c.y = base + 3
	}
}
