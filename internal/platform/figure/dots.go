// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"maillage/internal/platform/figure/classes"
	"maillage/internal/platform/french"
)

// Dots shows the place of one territory among its peers: on each row, an indicator with
// its own scale, a dot a peer, the median, and the territory.
type Dots struct {
	Frame
	Rows []DotRow
	// Peers names them: "communes de Seine-Saint-Denis".
	Peers string
}

// DotRow is one indicator.
type DotRow struct {
	Label string
	Unit  Unit // of this row; the zero Unit is the frame's
	Self  Peer
	Peers []Peer // Self may or may not be among them
}

// Peer is a territory and its value.
type Peer struct {
	Name  string
	Value Value
}

func (d Dots) frame() Frame      { return d.Frame }
func (d Dots) with(f Frame) Spec { d.Frame = f; return d }

func (d Dots) unit(r DotRow) Unit {
	if r.Unit == (Unit{}) {
		return d.Unit
	}
	return r.Unit
}

// others are the known peers by value, without Self, and how many have no value.
func (r DotRow) others() (known []Peer, absent int) {
	for _, p := range r.Peers {
		switch {
		case p.Name == r.Self.Name:
		case p.Value.ok():
			known = append(known, p)
		default:
			absent++
		}
	}
	slices.SortStableFunc(known, func(a, b Peer) int { return cmp.Compare(a.Value.V, b.Value.V) })
	return known, absent
}

// all are the known values, Self's included: what the median is of.
func (r DotRow) all() []float64 {
	known, _ := r.others()
	var out []float64
	for _, p := range known {
		out = append(out, p.Value.V)
	}
	if r.Self.Value.ok() {
		out = append(out, r.Self.Value.V)
	}
	return out
}

// Table has a row an indicator: the territory, the least, the median, the greatest.
func (d Dots) Table() Table {
	t := Table{Caption: d.heading(), Header: []string{"Indicateur", "Territoire", "Minimum", "Médiane", "Maximum", "Effectif"}}
	for _, r := range d.Rows {
		u, all := d.unit(r), r.all()
		row := []Cell{words(r.Label), u.cell(r.Self.Value)}
		if len(all) == 0 {
			t.Rows = append(t.Rows, append(row, u.cell(Value{}), u.cell(Value{}), u.cell(Value{}), Cell{Text: "0", Number: true}))
			continue
		}
		m, _ := classes.Median(all)
		t.Rows = append(t.Rows, append(row, u.cell(Num(slices.Min(all))), u.cell(Num(m)), u.cell(Num(slices.Max(all))),
			Cell{Text: french.Int(len(all)), Number: true}))
	}
	if len(d.Rows) > 0 && d.Rows[0].Self.Name != "" {
		t.Header[1] = d.Rows[0].Self.Name
	}
	return t
}

// Sentence sets each value beside the median and the extent; it ranks nobody.
func (d Dots) Sentence() string {
	var parts []string
	for _, r := range d.Rows {
		parts = append(parts, d.describe(r))
	}
	if len(parts) == 0 {
		parts = []string{"aucune valeur à montrer"}
	}
	return d.sentence(strings.Join(parts, " ; "))
}

func (d Dots) describe(r DotRow) string {
	u, all := d.unit(r), r.all()
	s := r.Label + " : " + strings.TrimSpace(r.Self.Name+" "+u.full(r.Self.Value))
	if len(all) > 1 {
		m, _ := classes.Median(all)
		s += " (médiane " + u.format(m) + ", de " + u.format(slices.Min(all)) + " à " + u.format(slices.Max(all)) +
			" pour " + french.Plural(len(all), "territoire", "territoires") + ")"
	}
	return s
}

// Scene draws the rows.
func (d Dots) Scene() *Scene {
	c := newCanvas(d.Frame, d)
	if len(d.Rows) == 0 {
		return c.empty()
	}
	list := &group{list: true}
	for i, r := range d.Rows {
		if i > 0 {
			c.y += 10
			if !c.f.narrow() {
				c.add(&line{x1: c.l, y1: c.y - 4, x2: c.r, y2: c.y - 4, stroke: grid, width: 1})
			}
		}
		list.nodes = append(list.nodes, d.row(c, r))
	}
	c.add(list)
	var notes []string
	if d.Peers != "" {
		notes = append(notes, "Un point : une des "+d.Peers+". Trait vertical : médiane. Chaque ligne a sa propre échelle.")
	}
	return c.finish(notes...)
}

const (
	dotR   = 4.0
	stripH = 30.0
)

// row draws one indicator: its name, the territory's number above the strip, extent and
// median below.
func (d Dots) row(c *canvas, r DotRow) node {
	u := d.unit(r)
	g := &group{item: true, label: d.describe(r)}
	left := c.l
	name := upperFirst(r.Label)
	if c.f.narrow() {
		for _, l := range flow(name, labelSize, true, c.r-c.l, 2) {
			c.y += labelSize * lineHeight
			g.nodes = append(g.nodes, &text{x: c.l, y: c.y - 4, s: l, size: labelSize, bold: true, ink: fg, full: cutWhole(l, name)})
		}
	} else {
		w := (c.r - c.l) * 0.3
		left = c.l + w + 16
		g.nodes = append(g.nodes, linesAt(c.l, c.y+20+stripH/2, wrap(name, labelSize, true, w, 3), name, labelSize, true, start, fg, ink{})...)
	}
	all := r.all()
	if len(all) == 0 {
		y := c.y + 16
		g.nodes = append(g.nodes, &rect{x: left, y: y, w: 40, h: stripH - 8, fill: noValue, stroke: quiet, width: 1},
			&text{x: left + 48, y: y + 15, s: fit(r.Self.Value.why(), labelSize, false, c.r-left-48), size: labelSize, ink: soft})
		c.y += 62
		return g
	}
	lo, hi := slices.Min(all), slices.Max(all)
	x := scale{lo, hi, left + dotR + 3, c.r - dotR - 3}
	if lo == hi {
		x = scale{lo - 1 - math.Abs(lo), hi + 1 + math.Abs(hi), x.from, x.to}
	}
	mid := c.y + 20 + stripH/2
	known, _ := r.others()
	g.nodes = append(g.nodes, &line{x1: x.from, y1: mid, x2: x.to, y2: mid, stroke: grid, width: 1})
	at := make([]float64, len(known))
	for i, p := range known {
		at[i] = x.at(p.Value.V)
	}
	for i, lift := range swarm(at) {
		g.nodes = append(g.nodes, &circle{x: at[i], y: mid + lift, r: dotR, fill: flatFill(mark), stroke: paper, width: 1,
			title: known[i].Name + " : " + u.full(known[i].Value)})
	}
	m, _ := classes.Median(all)
	mx := x.at(m)
	g.nodes = append(g.nodes, &line{x1: mx, y1: mid - stripH/2, x2: mx, y2: mid + stripH/2 + 2, stroke: fg, width: 1.75})
	g.nodes = append(g.nodes, d.self(c, r, u, x, mid)...)
	g.nodes = append(g.nodes, extent(c, u, lo, m, hi, x, left, mid+stripH/2+15, len(all))...)
	c.y = mid + stripH/2 + 22
	return g
}

// self is the territory: a diamond over the dots, its number above.
func (d Dots) self(c *canvas, r DotRow, u Unit, x scale, mid float64) []node {
	v := r.Self.Value
	if !v.ok() {
		s := fit(strings.TrimPrefix(r.Self.Name+" : "+v.why(), " : "), labelSize, false, c.r-x.from)
		return []node{&text{x: x.from, y: mid - stripH/2 - 5, s: s, size: labelSize, ink: soft}}
	}
	sx := x.at(v.V)
	whole := strings.TrimSpace(r.Self.Name + " " + u.text(v))
	s := fit(whole, labelSize, true, c.r-x.from)
	w := textWidth(s, labelSize, true)
	tx := min(max(sx-w/2, x.from-dotR), c.r-w)
	k := dotR * 2
	return []node{
		&path{rings: [][]point{{{sx, mid - k}, {sx + k, mid}, {sx, mid + k}, {sx - k, mid}}}, closed: true,
			fill: flatFill(accent), stroke: paper, width: 1.5, title: whole},
		&text{x: tx, y: mid - stripH/2 - 5, s: s, size: labelSize, bold: true, ink: fg, halo: paper, full: cutWhole(s, whole)},
	}
}

// extent writes least, median and greatest below the strip, moved apart if need be.
func extent(c *canvas, u Unit, lo, m, hi float64, x scale, left, y float64, n int) []node {
	labels, want := []string{u.format(lo), "médiane " + u.format(m), u.format(hi)}, []float64{x.at(lo), x.at(m), x.at(hi)}
	if n == 1 || lo == hi {
		labels, want = labels[1:2], want[1:2]
	}
	size := make([]float64, len(labels))
	total := 0.0
	for i, s := range labels {
		labels[i] = fit(s, noteSize, false, c.r-left)
		size[i] = textWidth(labels[i], noteSize, false) + 8
		total += size[i]
	}
	if total > c.r-left && len(labels) == 3 {
		labels, want, size = labels[1:2], want[1:2], size[1:2]
	}
	var out []node
	for i, at := range spread(want, size, left-4, c.r+4) {
		out = append(out, &text{x: at, y: y, s: labels[i], size: noteSize, anchor: middle, ink: soft})
	}
	return out
}

// swarm lifts dots that would hide each other, up and down by turns, as far as the strip allows.
func swarm(at []float64) []float64 {
	const step = 2*dotR - 1
	levels := []float64{0, -step, step}
	last := make([]float64, len(levels))
	for i := range last {
		last[i] = math.Inf(-1)
	}
	out := make([]float64, len(at))
	for i, x := range at {
		best := 0
		for k := range levels {
			if x-last[k] >= 2*dotR-0.5 {
				best = k
				break
			}
			if last[k] < last[best] {
				best = k
			}
		}
		out[i] = levels[best]
		last[best] = x
	}
	return out
}
