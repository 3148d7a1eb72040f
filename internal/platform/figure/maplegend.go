// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"strings"

	"maillage/internal/platform/french"
)

// mapLegend is a column of classes with their counts, which make a histogram, and of the
// reasons why areas have no value.
type mapLegend struct {
	rows    []legendRow
	width   float64 // of the widest row
	most    int
	circles []CircleKey
	name    string // of what the circles measure
	radius  float64
}

type legendRow struct {
	fill  fill
	s     string
	count int
	rule  bool // a line of text between two classes: the pivot
}

const (
	swatchW, swatchH = 24.0, 15.0
	legendStep       = 21.0
)

func (d *mapDrawing) legend() *mapLegend {
	l := &mapLegend{}
	one, many := d.m.noun()
	for i := range d.ch.classes.Len() {
		if i == d.ch.pivotAt {
			name := d.m.PivotName
			if name == "" {
				name = "valeur pivot"
			}
			l.rows = append(l.rows, legendRow{rule: true, s: name + " : " + d.m.Unit.format(d.ch.classes.Bounds[i])})
		}
		n := d.ch.counts[i]
		l.rows = append(l.rows, legendRow{fill: flatFill(ink{hex: d.ch.colour(i)}), count: n,
			s: d.ch.phrase(i, d.m.Unit) + " : " + together(french.Plural(n, one, many))})
		l.most = max(l.most, n)
	}
	l.rows = append(l.rows, d.absentRows(one, many)...)
	for _, r := range l.rows {
		l.width = max(l.width, swatchW+8+textWidth(r.s, noteSize, false))
	}
	if keys := d.m.CircleKeys(); len(keys) > 0 {
		l.name, l.circles = d.m.Circles.Name, keys
	}
	l.width = min(l.width+1, 300)
	return l
}

// absentRows has a row a reason, drawn as the areas are.
func (d *mapDrawing) absentRows(one, many string) []legendRow {
	var out []legendRow
	at := map[string]int{}
	for _, a := range d.m.Areas {
		if a.Value.ok() {
			continue
		}
		why := a.Value.why()
		i, seen := at[why]
		if !seen {
			f, _, _ := d.fillOf(a.Value)
			i = len(out)
			at[why] = i
			out = append(out, legendRow{fill: f})
		}
		out[i].count++
		out[i].s = why + " : " + together(french.Plural(out[i].count, one, many))
	}
	return out
}

// together keeps a count and its noun on one line.
func together(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }

// niceBelow is the greatest of the digits times a power of ten that is not above v; the
// digits descend to 1.
func niceBelow(v float64, digits ...float64) float64 {
	mag := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range digits {
		if n := m * mag; n <= v*1.0000001 && !math.IsInf(n, 0) {
			return n
		}
	}
	return v
}

// draw writes the legend from x down; where there is room, the counts are bars as well.
func (l *mapLegend) draw(c *canvas, x float64) {
	g := &group{hidden: true}
	textX := x + swatchW + 8
	barX := x + l.width + 14
	barMax := min(c.r-barX-4, 180)
	for _, r := range l.rows {
		mid := c.y + legendStep/2
		room := c.r - textX
		if r.rule {
			s := fit(r.s, noteSize, false, c.r-textX)
			g.nodes = append(g.nodes, &line{x1: x - 2, y1: mid, x2: x + swatchW + 2, y2: mid, stroke: fg, width: 1.5},
				&text{x: textX, y: mid + 4, s: s, size: noteSize, ink: fg, full: cutWhole(s, r.s)})
			c.y += legendStep
			continue
		}
		g.nodes = append(g.nodes, &rect{x: x, y: mid - swatchH/2, w: swatchW, h: swatchH, fill: r.fill, stroke: axis, width: 1})
		lines := wrap(r.s, noteSize, false, room, 2)
		g.nodes = append(g.nodes, linesAt(textX, mid+float64(len(lines)-1)*noteSize*0.59, lines, r.s, noteSize, false, start, fg, ink{})...)
		if barMax > 40 && r.count > 0 && l.most > 0 {
			w := barMax * float64(r.count) / float64(max(l.most, r.count))
			g.nodes = append(g.nodes, &rect{x: barX, y: mid - 5, w: w, h: 10, fill: r.fill, stroke: axis, width: 0.75})
		}
		c.y += legendStep + float64(len(lines)-1)*noteSize*1.18
	}
	c.add(g)
	l.drawCircles(c, x)
}

// drawCircles writes the sizes of the circles side by side under their name.
func (l *mapLegend) drawCircles(c *canvas, x float64) {
	if len(l.circles) == 0 {
		return
	}
	g := &group{hidden: true}
	c.y += 8
	for _, s := range wrap(l.name, noteSize, false, c.r-x, 3) {
		c.y += noteSize * lineHeight
		g.nodes = append(g.nodes, &text{x: x, y: c.y - 3, s: s, size: noteSize, ink: fg, full: cutWhole(s, l.name)})
	}
	r, at := l.radius, x
	for _, k := range l.circles {
		g.nodes = append(g.nodes, &circle{x: at + r, y: c.y + 6 + r, r: k.Share * r, fill: flatFill(circleInk), stroke: paper, width: 1.5},
			&text{x: at + 2*r + 6, y: c.y + 10 + r, s: k.Label, size: noteSize, ink: fg})
		at += 2*r + 20 + textWidth(k.Label, noteSize, false)
	}
	c.y += 2*r + 12
	c.add(g)
}
