// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"strconv"
	"strings"

	"maillage/internal/platform/french"
)

// Stacks shows the parts of a whole, a row for each territory or year: the modes of care,
// for instance. The total is printed as given, beside the bar: it is never recomputed from
// rounded parts, and need not equal their sum.
type Stacks struct {
	Frame
	Parts []string // at most eight, in the order of the stack
	Rows  []StackRow
	// RowName heads the first column of the table: "Année", "Territoire" (the default).
	RowName string
	// TotalName names the number at the end: "Total" by default; "-" for none.
	TotalName string
}

// StackRow is one stack: as many values as there are parts, and the total.
type StackRow struct {
	Label     string
	Values    []Value
	Total     Value
	Highlight bool
	Href      string
}

func (s Stacks) frame() Frame      { return s.Frame }
func (s Stacks) with(f Frame) Spec { s.Frame = f; return s }

func (s Stacks) totalName() string {
	if s.TotalName == "" {
		return "Total"
	}
	return s.TotalName
}

// value of a part; a row that is too short misses its last parts.
func (r StackRow) value(part int) Value {
	if part < len(r.Values) {
		return r.Values[part]
	}
	return Value{}
}

// Table has a column a part and one for the total.
func (s Stacks) Table() Table {
	name := s.RowName
	if name == "" {
		name = "Territoire"
	}
	t := Table{Caption: s.heading(), Header: append([]string{name}, s.Parts...)}
	if s.totalName() != "-" {
		t.Header = append(t.Header, s.totalName())
	}
	for _, r := range s.Rows {
		row := []Cell{words(r.Label)}
		for i := range s.Parts {
			row = append(row, s.Unit.cell(r.value(i)))
		}
		if s.totalName() != "-" {
			row = append(row, s.Unit.cell(r.Total))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Sentence describes the highlighted row, or else the last, part by part.
func (s Stacks) Sentence() string {
	if len(s.Rows) == 0 || len(s.Parts) == 0 {
		return s.sentence("aucune valeur à montrer")
	}
	row := s.Rows[len(s.Rows)-1]
	for _, r := range s.Rows {
		if r.Highlight {
			row = r
		}
	}
	one := french.Plural(len(s.Rows), "barre", "barres")
	if len(s.Rows) > 1 {
		one += ", de " + s.Rows[0].Label + " à " + s.Rows[len(s.Rows)-1].Label
	}
	return s.sentence(one + " ; " + s.describe(row))
}

// describe is a row in words.
func (s Stacks) describe(r StackRow) string {
	var parts []string
	if s.totalName() != "-" {
		parts = append(parts, strings.ToLower(s.totalName())+" "+s.Unit.full(r.Total))
	}
	for i, p := range s.Parts {
		parts = append(parts, p+" "+s.Unit.text(r.value(i)))
	}
	return r.Label + " : " + strings.Join(parts, ", ")
}

// stackDrawing is the geometry of a Stacks.
type stackDrawing struct {
	s     Stacks
	names [][]string
	nameR float64
	x     scale
}

// Scene draws the stacks.
func (s Stacks) Scene() *Scene {
	if len(s.Parts) > len(stackFills) {
		s.Parts = s.Parts[:len(stackFills)]
		s.Notes = append([]string{"Seules les huit premières parts sont dessinées ; le tableau les donne toutes."}, s.Notes...)
	}
	for _, r := range s.Rows {
		s.Interactive = s.Interactive || safeHref(r.Href) != ""
	}
	c := newCanvas(s.Frame, s)
	if len(s.Rows) == 0 || len(s.Parts) == 0 {
		return c.empty()
	}
	d := s.layout(c)
	d.heads(c)
	top := c.y
	list := &group{list: true}
	for i := range s.Rows {
		list.nodes = append(list.nodes, d.row(c, i))
	}
	zero := d.x.from
	c.add(list, &line{x1: zero, y1: top, x2: zero, y2: c.y, stroke: axis, width: 1})
	c.y += 4
	return c.finish(d.notes()...)
}

// notes say which parts the hatched marks stand for.
func (d *stackDrawing) notes() []string {
	var rows []string
	for _, r := range d.s.Rows {
		if n := r.gaps(len(d.s.Parts)); n > 0 && n < len(d.s.Parts) {
			rows = append(rows, r.Label+" ("+d.absentWords(r)+")")
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if n := len(rows); n > 4 {
		rows = append(rows[:3], french.Plural(n-3, "autre ligne", "autres lignes"))
	}
	return []string{"Hachures, parts sans valeur : " + strings.Join(rows, " ; ") + "."}
}

func (s Stacks) layout(c *canvas) *stackDrawing {
	d := &stackDrawing{s: s}
	width := c.r - c.l
	share := 0.32
	if s.narrow() {
		share = 0.3
	}
	nameW, longest := 0.0, 0.0
	for _, r := range s.Rows {
		ls := wrap(r.Label, labelSize, r.Highlight, width*share, 2)
		d.names = append(d.names, ls)
		nameW = max(nameW, widest(ls, labelSize, r.Highlight))
		longest = max(longest, r.length())
	}
	d.nameR = c.l + nameW
	x0 := d.nameR + 8
	d.x = scale{0, longest, x0, c.r - 4}
	for _, r := range s.Rows {
		w := textWidth(d.after(r), labelSize, r.Total.ok()) + 8
		if r.gaps(len(s.Parts)) > 0 {
			w += 14
		}
		d.x.to = min(d.x.to, endFor(x0, c.r, r.length(), longest, w))
	}
	return d
}

// endFor is where the scale may end so that a bar of that length leaves the width w for the
// writing after it; the writing takes at most six tenths of the room.
func endFor(x0, right, length, longest, w float64) float64 {
	if !(length > 0) || !(longest > 0) {
		return right
	}
	room := right - x0 - min(w, (right-x0)*0.6)
	return x0 + min(room*(longest/length), 1e6)
}

// gaps is how many parts have no value.
func (r StackRow) gaps(parts int) int {
	n := 0
	for k := range parts {
		if !r.value(k).ok() {
			n++
		}
	}
	return n
}

// length is the sum of the known parts: a length of bar, not a total to print.
func (r StackRow) length() float64 {
	sum := 0.0
	for _, v := range r.Values {
		if v.ok() && v.V > 0 && sum+v.V < math.MaxFloat64 {
			sum += v.V
		}
	}
	return sum
}

// after is what stands at the end of a bar: the total as given, or why there is none.
func (d *stackDrawing) after(r StackRow) string {
	if d.s.totalName() == "-" {
		return ""
	}
	if !r.Total.ok() {
		return strings.ToLower(d.s.totalName()) + " " + r.Total.why()
	}
	return d.s.Unit.text(r.Total)
}

// row draws one stack. A part without a value is a hatched mark after the others, of the
// same width whatever it hides.
func (d *stackDrawing) row(c *canvas, i int) node {
	r := d.s.Rows[i]
	h := 30.0
	if len(d.names[i]) > 1 {
		h = 38
	}
	mid, thick := c.y+h/2, 22.0
	g := &group{item: true, label: d.s.describe(r), href: safeHref(r.Href), hit: box{c.l, c.y, c.r, c.y + h}}
	g.nodes = linesAt(d.nameR, mid, d.names[i], r.Label, labelSize, r.Highlight, end, fg, ink{})
	sum, absent := 0.0, 0
	for k, name := range d.s.Parts {
		v := r.value(k)
		if !v.ok() {
			absent++
			continue
		}
		if v.V <= 0 {
			continue
		}
		x0, x1 := d.x.at(sum), d.x.at(sum+v.V)
		sum += v.V
		f := stackFills[k]
		g.nodes = append(g.nodes, &rect{x: x0, y: mid - thick/2, w: max(x1-x0, 0.75), h: thick, fill: f, stroke: paper, width: 1,
			title: r.Label + ", " + name + " : " + d.s.Unit.full(v)})
		g.nodes = append(g.nodes, d.inside(v, f, x0, x1, mid)...)
	}
	g.nodes = append(g.nodes, d.tail(c, r, d.x.at(sum), mid, thick, absent)...)
	c.y += h
	return g
}

// inside writes the number in its part when it has room.
func (d *stackDrawing) inside(v Value, f fill, x0, x1, mid float64) []node {
	s := d.s.Unit.format(v.V)
	if textWidth(s, noteSize, false)+8 > x1-x0 {
		return nil
	}
	t := &text{x: (x0 + x1) / 2, y: mid + 4.2, s: s, size: noteSize, anchor: middle, ink: lightText}
	if f.kind == flat {
		return []node{t}
	}
	t.ink = darkText // on a plate that hides the pattern
	w := textWidth(s, noteSize, false) + 4
	return []node{&rect{x: t.x - w/2, y: mid - 8, w: w, h: 16, rx: 2, fill: flatFill(ink{hex: f.ink.hex})}, t}
}

// tail writes the total and what is absent.
func (d *stackDrawing) tail(c *canvas, r StackRow, x, mid, thick float64, absent int) []node {
	var out []node
	s, bold := d.after(r), r.Total.ok()
	if absent > 0 {
		w := 14.0
		if absent == len(d.s.Parts) {
			w = 40
		}
		out = append(out, &rect{x: x, y: mid - thick/2, w: w, h: thick, fill: noValue, stroke: quiet, width: 1, title: d.absentWords(r)})
		x += w
		if absent == len(d.s.Parts) && !bold {
			s = d.absentWords(r)
		}
	}
	short := fit(s, labelSize, bold, c.r-x-6)
	return append(out, &text{x: x + 6, y: mid + 4.5, s: short, size: labelSize, bold: bold, ink: fg, full: cutWhole(short, s)})
}

// absentWords says which parts have no value and why.
func (d *stackDrawing) absentWords(r StackRow) string {
	var out []string
	same := true
	for k, p := range d.s.Parts {
		if v := r.value(k); !v.ok() {
			out = append(out, p+" : "+v.why())
			same = same && v.why() == r.value(0).why()
		}
	}
	if len(out) == len(d.s.Parts) && same {
		return r.value(0).why()
	}
	return strings.Join(out, ", ")
}

// heads names the parts above the first bar, each with a line to its own segment; where
// there is no room for that, a key gives them in the order of the stack.
func (d *stackDrawing) heads(c *canvas) {
	if !d.callouts(c) {
		d.key(c)
	}
}

// callouts tries to write all names in one row, as near to their segments of the first bar
// as they can be. Their order is that of the segments: no line crosses another.
func (d *stackDrawing) callouts(c *canvas) bool {
	const swatch = 15.0
	first := d.s.Rows[0]
	var at, widths []float64
	sum, total := 0.0, 0.0
	for k, name := range d.s.Parts {
		v := first.value(k)
		if !v.ok() || v.V <= 0 {
			return false
		}
		x0, x1 := d.x.at(sum), d.x.at(sum+v.V)
		if x1-x0 < 2 {
			return false // too thin to point at
		}
		sum += v.V
		at = append(at, (x0+x1)/2)
		widths = append(widths, swatch+textWidth(name, noteSize, false)+14)
		total += widths[k]
	}
	if total > c.r-c.l+14 {
		return false
	}
	placed := spread(at, widths, c.l, c.r+14)
	for k, x := range placed {
		if math.Abs(x-at[k]) > 110 {
			return false // the eye would not follow so long a line
		}
	}
	base := c.y + 32
	g := &group{hidden: true}
	for k, x := range placed {
		left := x - widths[k]/2
		mid := left + (widths[k]-14)/2
		g.nodes = append(g.nodes,
			&path{rings: [][]point{{{mid, base - 13}, {mid, base - 10}, {at[k], base + 1}, {at[k], base + 4}}}, stroke: axis, width: 1},
			&rect{x: left, y: base - 28, w: 11, h: 11, fill: stackFills[k]},
			&text{x: left + swatch, y: base - 18, s: d.s.Parts[k], size: noteSize, ink: fg})
	}
	c.add(g)
	c.y = base
	return true
}

// key gives the parts in the order of the stack, numbered by their patterns.
func (d *stackDrawing) key(c *canvas) {
	g := &group{hidden: true}
	x := c.l
	c.y += 16
	for k, name := range d.s.Parts {
		s := fit(name, noteSize, false, c.r-c.l-26)
		w := 22 + textWidth(s, noteSize, false) + 16
		if x > c.l && x+w-16 > c.r {
			x = c.l
			c.y += 20
		}
		g.nodes = append(g.nodes, &rect{x: x, y: c.y - 11, w: 16, h: 13, fill: stackFills[k]},
			&text{x: x + 22, y: c.y, s: s, size: noteSize, ink: fg, full: cutWhole(s, name)})
		x += w
	}
	c.add(g)
	c.y += 10
}

// StackOverYears builds the rows of a Stacks from series of the same years.
func StackOverYears(parts []Series, totals Series) (names []string, rows []StackRow) {
	all := append(append([]Series{}, parts...), totals)
	for _, p := range parts {
		names = append(names, p.Name)
	}
	for _, y := range years(all) {
		r := StackRow{Label: strconv.Itoa(y)}
		for _, p := range parts {
			r.Values = append(r.Values, inYear(p, y))
		}
		r.Total = inYear(totals, y)
		rows = append(rows, r)
	}
	return names, rows
}

func inYear(s Series, year int) Value {
	v := Value{}
	for _, p := range s.Points {
		if p.Year == year {
			v = p.Value
		}
	}
	return v
}
