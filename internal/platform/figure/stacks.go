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
	return c.finish()
}

func (s Stacks) layout(c *canvas) *stackDrawing {
	d := &stackDrawing{s: s}
	width := c.r - c.l
	share := 0.32
	if s.narrow() {
		share = 0.3
	}
	nameW, right, longest := 0.0, 30.0, 0.0
	for _, r := range s.Rows {
		ls := wrap(r.Label, labelSize, r.Highlight, width*share, 2)
		d.names = append(d.names, ls)
		nameW = max(nameW, widest(ls, labelSize, r.Highlight))
		right = max(right, textWidth(d.after(r), labelSize, true)+10)
		longest = max(longest, r.length())
	}
	d.nameR = c.l + nameW
	right = min(right, width*0.32)
	d.x = scale{0, longest, d.nameR + 8, c.r - right}
	return d
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
	g := &group{item: true, label: d.s.describe(r), href: safeHref(r.Href)}
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
	if f.kind != flat {
		t.ink, t.halo = darkText, ink{hex: f.ink.hex}
	}
	return []node{t}
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
		if !bold {
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

// heads names the parts above the first bar, each on a line down to its own segment; where
// there is no room for that, a key gives them in the order of the stack.
func (d *stackDrawing) heads(c *canvas) {
	if !d.callouts(c) {
		d.key(c)
	}
}

// callouts tries to lead each name to its segment of the first row.
func (d *stackDrawing) callouts(c *canvas) bool {
	first := d.s.Rows[0]
	var at, widths []float64
	sum := 0.0
	for k := range d.s.Parts {
		v := first.value(k)
		if !v.ok() || v.V <= 0 {
			return false
		}
		x0, x1 := d.x.at(sum), d.x.at(sum+v.V)
		sum += v.V
		if x1-x0 < 3 {
			return false // too thin to point at
		}
		at = append(at, (x0+x1)/2)
		widths = append(widths, textWidth(d.s.Parts[k], noteSize, false))
	}
	tiers, ok := calloutTiers(at, widths, c.r)
	if !ok {
		return false
	}
	rows := 0
	for _, t := range tiers {
		rows = max(rows, t+1)
	}
	step := noteSize * 1.3
	base := c.y + step*float64(rows) + 2
	g := &group{hidden: true}
	for k, name := range d.s.Parts {
		y := base - step*float64(tiers[k])
		g.nodes = append(g.nodes,
			&line{x1: at[k], y1: y - 9, x2: at[k], y2: base + 8, stroke: axis, width: 1},
			&text{x: at[k] + 4, y: y - 4, s: name, size: noteSize, ink: fg, halo: paper})
	}
	c.add(g)
	c.y = base + 3
	return true
}

// calloutTiers gives each name, written to the right of its line, a level such that no
// name crosses the line of one further right; at most four levels.
func calloutTiers(at, widths []float64, right float64) ([]int, bool) {
	tiers := make([]int, len(at))
	for i := len(at) - 1; i >= 0; i-- {
		reach := at[i] + 4 + widths[i]
		if reach > right {
			return nil, false
		}
		for j := i + 1; j < len(at); j++ {
			if at[j]-3 < reach {
				tiers[i] = max(tiers[i], tiers[j]+1)
			}
		}
		if tiers[i] > 4 {
			return nil, false
		}
	}
	return tiers, true
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
