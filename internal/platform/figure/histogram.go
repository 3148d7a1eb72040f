// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"slices"
	"strings"

	"maillage/internal/platform/figure/classes"
	"maillage/internal/platform/french"
)

// Histogram shows how values spread: a bar a class, as wide as the class, whose area (and,
// among equal widths, height) is the number of values in it; the number stands on top.
type Histogram struct {
	Frame
	Values []Value
	// Classes are those of a map, drawn in its colours; the zero Classes means equal
	// intervals at round numbers.
	Classes classes.Classes
	Marks   []Reference // values to point at: the territory, the mean
	One     string      // what is counted: "commune"
	Many    string
}

func (h Histogram) frame() Frame      { return h.Frame }
func (h Histogram) with(f Frame) Spec { h.Frame = f; return h }

func (h Histogram) noun() (one, many string) { return Map{One: h.One, Many: h.Many}.noun() }

// cut is the values as printed, the classes and what they hold.
func (h Histogram) cut() (values []float64, c choropleth) {
	m := Map{Frame: h.Frame, Classes: h.Classes}
	for _, v := range h.Values {
		if v.ok() {
			m.Areas = append(m.Areas, Area{Value: v})
			values = append(values, french.Round(v.V, h.Unit.Decimals))
		}
	}
	if h.Classes.Len() > 0 {
		return values, m.choropleth()
	}
	if len(values) == 0 {
		return nil, choropleth{}
	}
	n := min(max(int(math.Sqrt(float64(len(values))))+1, 4), 20)
	lo, hi := slices.Min(values), slices.Max(values)
	c.covered, c.pivotAt = true, -1
	if lo == hi {
		c.classes = classes.Classes{Bounds: []float64{lo, hi}}
	} else {
		bounds, _ := ticks(lo, hi, n)
		c.classes = classes.Classes{Bounds: slices.Compact(bounds)}
	}
	c.counts = c.classes.Counts(values)
	return values, c
}

// Table has a row a class.
func (h Histogram) Table() Table {
	_, many := h.noun()
	t := Table{Caption: h.heading(), Header: []string{upperFirst(h.classHead()), "Nombre de " + many}}
	_, c := h.cut()
	for i := range c.classes.Len() {
		t.Rows = append(t.Rows, []Cell{words(c.phrase(i, h.Unit)), {Text: french.Int(c.counts[i]), Number: true}})
	}
	for _, s := range h.absent() {
		t.Rows = append(t.Rows, []Cell{words(s.why()), {Text: french.Int(h.countOf(s)), Number: true}})
	}
	return t
}

func (h Histogram) classHead() string {
	if h.Unit.Name == "" {
		return "classe"
	}
	return h.Unit.Name
}

// absent are one value a reason for not being known.
func (h Histogram) absent() []Value {
	var out []Value
	for _, v := range h.Values {
		if !v.ok() && !slices.ContainsFunc(out, func(o Value) bool { return o.why() == v.why() }) {
			out = append(out, v)
		}
	}
	return out
}

func (h Histogram) countOf(like Value) int {
	n := 0
	for _, v := range h.Values {
		if !v.ok() && v.why() == like.why() {
			n++
		}
	}
	return n
}

// Sentence gives the extent, the fullest class and the marks.
func (h Histogram) Sentence() string {
	values, c := h.cut()
	if len(values) == 0 {
		return h.sentence("aucune valeur à montrer")
	}
	one, many := h.noun()
	most := 0
	for i, n := range c.counts {
		if n > c.counts[most] {
			most = i
		}
	}
	parts := []string{french.Plural(len(values), one, many) + ", de " + h.Unit.format(slices.Min(values)) + " à " + h.Unit.full(Num(slices.Max(values)))}
	if c.classes.Len() > 1 {
		parts = append(parts, "la classe la plus fournie va "+c.phrase(most, h.Unit)+" ("+french.Plural(c.counts[most], one, many)+")")
	}
	for _, m := range h.Marks {
		parts = append(parts, m.Label+" : "+h.Unit.text(Num(m.Value)))
	}
	for _, v := range h.absent() {
		parts = append(parts, french.Plural(h.countOf(v), one, many)+" sans valeur ("+v.why()+")")
	}
	return h.sentence(strings.Join(parts, " ; "))
}

// Scene draws the histogram.
func (h Histogram) Scene() *Scene {
	c := newCanvas(h.Frame, h)
	values, ch := h.cut()
	if len(values) == 0 {
		return c.empty()
	}
	b := ch.classes.Bounds
	lo, hi := b[0], b[len(b)-1]
	if lo == hi {
		lo, hi = domain([]float64{lo}, true)
	}
	first, last := h.Unit.format(lo), h.Unit.format(hi)
	x := scale{lo, hi, c.l + textWidth(first, noteSize, false)/2, c.r - textWidth(last, noteSize, false)/2}
	if x.to-x.from < (c.r-c.l)/2 {
		x.from, x.to = c.l, c.r
	}
	var at []float64
	var labels []string
	for _, m := range h.Marks {
		if Num(m.Value).ok() {
			at = append(at, x.at(m.Value))
			labels = append(labels, m.Label+" : "+h.Unit.format(m.Value))
		}
	}
	flags := placeFlags(at, labels, labelSize, c.l, c.r)
	tiers := 0
	for _, f := range flags {
		tiers = max(tiers, f.tier+1)
	}
	step := labelSize*lineHeight + 1
	top := c.y + step*float64(tiers)
	plotH := 150.0
	base := top + 18 + plotH
	shapes, numbers := h.bars(c, ch, x, base, plotH)
	marks := &group{hidden: true}
	for i, f := range flags {
		y := top - step*float64(f.tier)
		marks.nodes = append(marks.nodes, &line{x1: at[i], y1: y - 2, x2: at[i], y2: base, stroke: fg, width: 1.25, dash: 4},
			&text{x: f.x, y: y - 5, s: f.s, size: labelSize, ink: fg, halo: paper, full: cutWhole(f.s, labels[i])})
	}
	c.add(shapes, marks, numbers)
	c.y = base + 20
	return c.finish(h.notes(ch)...)
}

func (h Histogram) notes(ch choropleth) []string {
	var out []string
	b := ch.classes.Bounds
	for i := 2; i < len(b); i++ {
		if math.Abs((b[i]-b[i-1])-(b[1]-b[0])) > 1e-9*math.Abs(b[1]-b[0]) {
			out = append(out, "Classes d'étendues inégales : c'est la surface de la barre qui compte, et le nombre écrit au-dessus.")
			break
		}
	}
	one, many := h.noun()
	for _, v := range h.absent() {
		out = append(out, upperFirst(v.why())+" : "+french.Plural(h.countOf(v), one, many)+".")
	}
	return out
}

// bars draws a bar a class and the bounds that have room; the numbers come apart, to be drawn over the marks.
func (h Histogram) bars(c *canvas, ch choropleth, x scale, base, height float64) (shapes, numbers *group) {
	b := ch.classes.Bounds
	n := ch.classes.Len()
	left, right := make([]float64, n), make([]float64, n)
	density, most := make([]float64, n), 0.0
	for i := range n {
		left[i], right[i] = x.at(b[i]), x.at(b[i+1])
		if right[i]-left[i] < 6 { // a single value, or a class too thin to see
			mid := (left[i] + right[i]) / 2
			left[i], right[i] = max(mid-3, x.from), min(mid+3, x.to)
		}
		density[i] = float64(ch.counts[i]) / max(right[i]-left[i], 1)
		most = max(most, density[i])
	}
	list := &group{list: true}
	deco := &group{hidden: true}
	one, many := h.noun()
	free := math.Inf(-1)
	for i := range n {
		f := flatFill(mark)
		if len(ch.colours) > 0 {
			f = flatFill(ink{hex: ch.colour(i)})
		}
		tall := 0.0
		if most > 0 {
			tall = height * density[i] / most
		}
		g := &group{item: true, label: upperFirst(ch.phrase(i, h.Unit)) + " : " + french.Plural(ch.counts[i], one, many)}
		if ch.counts[i] > 0 {
			tall = max(tall, 1)
			g.nodes = append(g.nodes, &rect{x: left[i] + 0.5, y: base - tall, w: max(right[i]-left[i]-1, 1), h: tall, fill: f, stroke: axis, width: 0.75})
		}
		s := french.Int(ch.counts[i])
		if w := textWidth(s, noteSize, false); w+2 < right[i]-left[i] || (left[i]+right[i])/2-w/2 > free+4 && (left[i]+right[i])/2+w/2 < c.r {
			mid := (left[i] + right[i]) / 2
			mid = min(max(mid, c.l+w/2), c.r-w/2)
			deco.nodes = append(deco.nodes, &text{x: mid, y: base - tall - 5, s: s, size: noteSize, anchor: middle, ink: fg, halo: paper})
			free = mid + w/2
		}
		list.nodes = append(list.nodes, g)
	}
	deco.nodes = append(deco.nodes, &line{x1: x.from, y1: base, x2: x.to, y2: base, stroke: axis, width: 1})
	deco.nodes = append(deco.nodes, boundLabels(c, h.axisUnit(), b, x, base)...)
	return list, deco
}

// axisUnit writes round bounds without needless decimals.
func (h Histogram) axisUnit() Unit {
	u := h.Unit
	if h.Classes.Len() > 0 {
		return u
	}
	_, c := h.cut()
	if b := c.classes.Bounds; len(b) > 1 && b[1] > b[0] {
		u.Decimals = min(u.Decimals, stepDecimals(b[1]-b[0]))
	}
	return u
}

// boundLabels writes the bounds of the classes under them, first and last always.
func boundLabels(c *canvas, u Unit, b []float64, x scale, base float64) []node {
	var out []node
	free := math.Inf(-1)
	lastS := u.format(b[len(b)-1])
	lastLeft := x.at(b[len(b)-1]) - textWidth(lastS, noteSize, false)/2
	for i, v := range b {
		s := fit(u.format(v), noteSize, false, (c.r-c.l)/2)
		w := textWidth(s, noteSize, false)
		at := min(max(x.at(v), c.l+w/2), c.r-w/2)
		out = append(out, &line{x1: x.at(v), y1: base, x2: x.at(v), y2: base + 4, stroke: axis, width: 1})
		last := i == len(b)-1
		if at-w/2 < free+8 || !last && i > 0 && at+w/2+8 > lastLeft {
			continue
		}
		out = append(out, &text{x: at, y: base + 17, s: s, size: noteSize, anchor: middle, ink: soft})
		free = at + w/2
	}
	return out
}
