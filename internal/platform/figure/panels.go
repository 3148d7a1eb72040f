// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"strconv"
	"strings"

	"maillage/internal/platform/french"
)

// MaxPanels is how many small charts a figure may hold; beyond, nobody compares.
const MaxPanels = 12

// Panels puts small line charts of the same scale side by side: one territory each, with
// a reference drawn in all of them.
type Panels struct {
	Frame
	Panels    []Panel
	Reference Series // the département, in every panel; no points for none
	Free      bool   // the axis need not start at zero
}

// Panel is one small chart.
type Panel struct {
	Title     string
	Points    []Point
	Highlight bool
	Href      string
}

func (p Panels) frame() Frame      { return p.Frame }
func (p Panels) with(f Frame) Spec { p.Frame = f; return p }

func (p Panels) series() []Series {
	out := make([]Series, 0, len(p.Panels)+1)
	for _, q := range p.Panels {
		out = append(out, Series{Name: q.Title, Points: q.Points, Highlight: q.Highlight})
	}
	if len(p.Reference.Points) > 0 {
		out = append(out, p.Reference)
	}
	return out
}

// Table has a column a panel and one for the reference.
func (p Panels) Table() Table { return yearTable(p.Frame, p.series()) }

// Sentence gives the course of each panel, three at most, and of the reference.
func (p Panels) Sentence() string {
	parts := []string{french.Plural(len(p.Panels), "petit graphique", "petits graphiques") + " à la même échelle"}
	for i, q := range p.Panels {
		if i < 3 || q.Highlight {
			parts = append(parts, courseOf(Series{Name: q.Title, Points: q.Points}, p.Unit, i == 0))
		}
	}
	if len(p.Reference.Points) > 0 {
		parts = append(parts, courseOf(p.Reference, p.Unit, false))
	}
	return p.sentence(strings.Join(parts, " ; "))
}

// Scene draws the panels in rows.
func (p Panels) Scene() *Scene {
	for _, q := range p.Panels {
		p.Interactive = p.Interactive || safeHref(q.Href) != ""
	}
	c := newCanvas(p.Frame, p)
	var values []float64
	all := p.series()
	for _, s := range all {
		for _, pt := range s.Points {
			if pt.Value.ok() {
				values = append(values, pt.Value.V)
			}
		}
	}
	shown := p.Panels[:min(len(p.Panels), MaxPanels)]
	if len(values) == 0 || len(shown) == 0 {
		return c.empty()
	}
	columns := 4
	switch {
	case p.narrow():
		columns = 2
	case p.width() < 640:
		columns = 3
	}
	columns = min(columns, len(shown))
	lo, hi := domain(values, p.Free)
	at, decimals := ticks(lo, hi, 3)
	d := panelDrawing{p: p, ys: years(all), ticks: at, decimals: decimals}
	d.gutter = d.tickWidth(c)
	for _, q := range shown {
		d.some = d.some || q.Highlight
	}
	const gap = 14.0
	d.w = (c.r - c.l - d.gutter - gap*float64(columns-1)) / float64(columns)
	list := &group{list: true}
	for i, q := range shown {
		col := i % columns
		if i > 0 && col == 0 {
			c.y += d.height() + 12
		}
		if col == 0 {
			d.titles = d.titleLines(shown[i:min(i+columns, len(shown))])
		}
		list.nodes = append(list.nodes, d.panel(c, q, c.l+d.gutter+float64(col)*(d.w+gap), col == 0))
	}
	c.add(list)
	c.y += d.height()
	return c.finish(p.notes(len(shown))...)
}

func (p Panels) notes(shown int) []string {
	var out []string
	if n := len(p.Panels) - shown; n > 0 {
		out = append(out, "Les "+strconv.Itoa(shown)+" premiers sont dessinés ; le tableau les donne tous.")
	}
	if len(p.Reference.Points) > 0 {
		out = append(out, "Trait gris : "+p.Reference.Name+".")
	}
	if p.Free {
		out = append(out, "L'axe vertical ne part pas de zéro.")
	}
	return out
}

// panelDrawing is what the panels share.
type panelDrawing struct {
	p         Panels
	ys        []int
	ticks     []float64
	decimals  int
	gutter, w float64
	titles    int  // lines kept for each title of the row
	some      bool // a panel is highlighted
}

const panelPlot = 84.0

func (d *panelDrawing) titleHeight() float64 { return float64(d.titles)*labelSize*1.18 + 8 }
func (d *panelDrawing) height() float64      { return d.titleHeight() + panelPlot + 22 }

func (d *panelDrawing) tick(v float64) string {
	return Unit{Suffix: d.p.Unit.Suffix, Decimals: d.decimals}.format(v)
}

func (d *panelDrawing) tickWidth(c *canvas) float64 {
	w := 0.0
	for _, v := range d.ticks {
		w = max(w, textWidth(d.tick(v), noteSize, false))
	}
	return min(w, (c.r-c.l)*0.2) + 6
}

func (d *panelDrawing) titleLines(shown []Panel) int {
	n := 1
	for _, q := range shown {
		n = max(n, len(wrap(q.Title, labelSize, true, d.w, 2)))
	}
	return n
}

// panel draws one small chart; the axis is written in the first column only.
func (d *panelDrawing) panel(c *canvas, q Panel, x float64, axisHere bool) node {
	s := Series{Name: q.Title, Points: q.Points, Highlight: q.Highlight}
	g := &group{item: true, label: courseOf(s, d.p.Unit, true), href: safeHref(q.Href), hit: box{x, c.y, x + d.w, c.y + d.height()}}
	titles := wrap(q.Title, labelSize, true, d.w, 2)
	for k, l := range titles {
		y := c.y + labelSize + labelSize*1.18*float64(k+d.titles-len(titles))
		g.nodes = append(g.nodes, &text{x: x, y: y, s: l, size: labelSize, bold: true, ink: fg, full: cutWhole(l, q.Title)})
	}
	top := c.y + d.titleHeight()
	pl := plot{l: x, r: x + d.w, t: top, b: top + panelPlot}
	pl.y = scale{d.ticks[0], d.ticks[len(d.ticks)-1], pl.b, pl.t}
	pl.x = scale{float64(d.ys[0]), float64(d.ys[len(d.ys)-1]), x + 5, x + d.w - d.endWidth()}
	if len(d.ys) == 1 {
		pl.x.lo, pl.x.hi = pl.x.lo-1, pl.x.hi+1
	}
	g.nodes = append(g.nodes, d.axes(pl, axisHere)...)
	if ref := d.p.Reference; len(ref.Points) > 0 {
		g.nodes = append(g.nodes, trace(pl, ref, quiet, 1.5)...)
	}
	col, width := seriesInks[0], 2.0
	switch {
	case q.Highlight:
		col, width = accent, 2.75
	case d.some:
		col = mark
	}
	g.nodes = append(g.nodes, trace(pl, s, col, width)...)
	g.nodes = append(g.nodes, d.last(pl, s, col)...)
	return g
}

// endWidth keeps room for the last number.
func (d *panelDrawing) endWidth() float64 {
	w := 0.0
	for _, q := range d.p.Panels {
		for _, pt := range q.Points {
			if pt.Value.ok() {
				w = max(w, textWidth(d.p.Unit.format(pt.Value.V), noteSize, true))
			}
		}
	}
	return min(w, d.w*0.45) + 10
}

func (d *panelDrawing) axes(pl plot, labels bool) []node {
	var out []node
	for _, v := range d.ticks {
		y, col := pl.y.at(v), grid
		if v == 0 {
			col = axis
		}
		out = append(out, &line{x1: pl.l, y1: y, x2: pl.r, y2: y, stroke: col, width: 1})
		if labels {
			s := fit(d.tick(v), noteSize, false, d.gutter-6)
			out = append(out, &text{x: pl.l - 6, y: y + 4, s: s, size: noteSize, anchor: end, ink: soft})
		}
	}
	first, last := strconv.Itoa(d.ys[0]), strconv.Itoa(d.ys[len(d.ys)-1])
	out = append(out, &text{x: pl.l, y: pl.b + 15, s: first, size: noteSize, ink: soft})
	if w := textWidth(last, noteSize, false); len(d.ys) > 1 && w*2+8 < pl.x.to-pl.l+w/2 {
		out = append(out, &text{x: min(pl.x.to, pl.r-w/2), y: pl.b + 15, s: last, size: noteSize, anchor: middle, ink: soft})
	}
	return out
}

// last writes the last known number at the end of the line.
func (d *panelDrawing) last(pl plot, s Series, col ink) []node {
	points := sortedPoints(s.Points)
	for k := len(points) - 1; k >= 0; k-- {
		if v := points[k].Value; v.ok() {
			x, y := pl.x.at(float64(points[k].Year)), pl.y.at(v.V)
			n := fit(d.p.Unit.format(v.V), noteSize, true, pl.r-x-7)
			return []node{marker(0, x, y, 3.25, col, v.Estimated, ""),
				&text{x: x + 7, y: min(max(y+4, pl.t+4), pl.b-3), s: n, size: noteSize, bold: true, ink: fg, halo: paper}}
		}
	}
	y := pl.b - panelPlot/2
	why := fit("aucune valeur", noteSize, false, pl.r-pl.l)
	return []node{&text{x: pl.l + 6, y: y, s: why, size: noteSize, ink: soft, halo: paper}}
}

// trace is a line without markers but for lone points, broken where years are missing.
func trace(pl plot, s Series, col ink, width float64) []node {
	var out []node
	var run []point
	flush := func() {
		switch len(run) {
		case 0:
		case 1:
			out = append(out, &circle{x: run[0].x, y: run[0].y, r: width, fill: flatFill(col)})
		default:
			out = append(out, &path{rings: [][]point{run}, stroke: col, width: width})
		}
		run = nil
	}
	points := sortedPoints(s.Points)
	step := s.step()
	last := 0
	for _, p := range points {
		if !p.Value.ok() || (len(run) > 0 && p.Year-last > step) {
			flush()
		}
		if p.Value.ok() {
			run = append(run, point{pl.x.at(float64(p.Year)), pl.y.at(p.Value.V)})
			last = p.Year
		}
	}
	flush()
	return out
}
