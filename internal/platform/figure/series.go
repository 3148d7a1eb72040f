// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"strconv"
)

// seriesInk gives a series its colour; the highlighted one is the page's accent.
func seriesInk(s Series, i int) ink {
	if s.Highlight {
		return accent
	}
	return seriesInks[i%len(seriesInks)]
}

// drawSeries draws one line: whole segments between years that follow each other, dashed
// towards an estimate, broken where a year is missing or a Break falls.
func drawSeries(p plot, s Series, i int, u Unit, breaks []Break) node {
	col := seriesInk(s, i)
	width := 2.0
	if s.Highlight {
		width = 3
	}
	g := &group{item: true, label: courseOf(s, u, true)}
	points := sortedPoints(s.Points)
	step := s.step()
	var run []point
	flush := func() {
		if len(run) > 1 {
			g.nodes = append(g.nodes, &path{rings: [][]point{run}, stroke: col, width: width})
		}
		run = nil
	}
	var before *Point
	for k := range points {
		pt := points[k]
		if !pt.Value.ok() {
			flush()
			before = nil
			continue
		}
		here := point{p.x.at(float64(pt.Year)), p.y.at(pt.Value.V)}
		switch {
		case before == nil || pt.Year-before.Year > step || broken(breaks, before.Year, pt.Year):
			flush()
			run = []point{here}
		case pt.Value.Estimated || before.Value.Estimated:
			flush()
			from := point{p.x.at(float64(before.Year)), p.y.at(before.Value.V)}
			g.nodes = append(g.nodes, &path{rings: [][]point{{from, here}}, stroke: col, width: width, dash: 4})
			run = []point{here}
		default:
			run = append(run, here)
		}
		before = &points[k]
	}
	flush()
	for _, pt := range points {
		if pt.Value.ok() {
			x, y := p.x.at(float64(pt.Year)), p.y.at(pt.Value.V)
			title := s.Name + ", " + strconv.Itoa(pt.Year) + " : " + u.full(pt.Value)
			g.nodes = append(g.nodes, marker(i, x, y, markerSize(s), col, pt.Value.Estimated, title))
		}
	}
	return g
}

func markerSize(s Series) float64 {
	if s.Highlight {
		return 4.5
	}
	return 3.75
}

// step is how far apart two points may be with no year missing between them: 1 for
// yearly figures, 5 for a survey every five years.
func (s Series) step() int {
	step := math.MaxInt32
	if s.Irregular {
		return step
	}
	points := sortedPoints(s.Points)
	for i := 1; i < len(points); i++ {
		step = min(step, points[i].Year-points[i-1].Year)
	}
	return step
}

// broken tells whether a break falls after year a and not after year b.
func broken(breaks []Break, a, b int) bool {
	for _, k := range breaks {
		if !k.Joined && k.Year > a && k.Year <= b {
			return true
		}
	}
	return false
}

// marker draws the point of the i-th series: each has a shape, so that colour is never
// alone. An estimated point is hollow.
func marker(i int, x, y, r float64, col ink, hollow bool, title string) node {
	f, stroke, width := flatFill(col), paper, 1.25
	if hollow {
		f, stroke, width = flatFill(paper), col, 2
	}
	var ring []point
	switch i % 6 {
	case 0:
		return &circle{x: x, y: y, r: r, fill: f, stroke: stroke, width: width, title: title}
	case 1:
		k := r * 0.9
		ring = []point{{x - k, y - k}, {x + k, y - k}, {x + k, y + k}, {x - k, y + k}}
	case 2:
		ring = []point{{x, y - r*1.2}, {x + r*1.15, y + r*0.9}, {x - r*1.15, y + r*0.9}}
	case 3:
		k := r * 1.3
		ring = []point{{x, y - k}, {x + k, y}, {x, y + k}, {x - k, y}}
	case 4:
		ring = []point{{x, y + r*1.2}, {x + r*1.15, y - r*0.9}, {x - r*1.15, y - r*0.9}}
	default:
		a, b := r*1.35, r*0.45
		ring = []point{
			{x - b, y - a}, {x + b, y - a}, {x + b, y - b}, {x + a, y - b}, {x + a, y + b}, {x + b, y + b},
			{x + b, y + a}, {x - b, y + a}, {x - b, y + b}, {x - a, y + b}, {x - a, y - b}, {x - b, y - b},
		}
	}
	return &path{rings: [][]point{ring}, closed: true, fill: f, stroke: stroke, width: width, title: title}
}

// endLabels are the names of the series at the right of their lines.
type endLabels struct {
	width  float64
	labels []endLabel
}

type endLabel struct {
	lines []string
	whole string
	value string // the last value, after the name
	year  int    // of the last known value
	v     float64
	bold  bool
	i     int
	col   ink
}

const endGap = 24.0 // from the plot to the names: leader and marker

// endLabels measures the names; they take at most two fifths of the width.
func (l Lines) endLabels(c *canvas, lastYear int) *endLabels {
	e := &endLabels{}
	room := (c.r - c.l) * 0.36
	if c.f.narrow() {
		room = (c.r - c.l) * 0.4
	}
	for i, s := range l.Series {
		points := sortedPoints(s.Points)
		for k := len(points) - 1; k >= 0; k-- {
			if !points[k].Value.ok() {
				continue
			}
			lab := endLabel{whole: s.Name, value: l.Unit.format(points[k].Value.V), year: points[k].Year,
				v: points[k].Value.V, bold: s.Highlight, i: i, col: seriesInk(s, i)}
			if lab.year != lastYear {
				lab.value += " (" + strconv.Itoa(lab.year) + ")"
			}
			full := lab.whole + " " + lab.value
			if s.Name == "" {
				full = lab.value
			}
			lab.lines = wrap(full, labelSize, s.Highlight, room-endGap, 3)
			if last := lab.lines[len(lab.lines)-1]; cutWhole(last, full) != "" {
				// The name is cut, never the number.
				lab.lines = append(wrap(s.Name, labelSize, s.Highlight, room-endGap, 2), fit(lab.value, labelSize, s.Highlight, room-endGap))
			}
			e.width = max(e.width, widest(lab.lines, labelSize, s.Highlight)+endGap)
			e.labels = append(e.labels, lab)
			break
		}
	}
	return e
}

func (lab endLabel) height() float64 { return float64(len(lab.lines))*labelSize*1.18 + 4 }

// height is what the labels need one under the other.
func (e *endLabels) height() float64 {
	h := 0.0
	for _, lab := range e.labels {
		h += lab.height()
	}
	return h
}

// draw places the names so that they do not overlap, and leads each to its line.
func (e *endLabels) draw(c *canvas, p plot) {
	want, size := make([]float64, len(e.labels)), make([]float64, len(e.labels))
	for k, lab := range e.labels {
		want[k], size[k] = p.y.at(lab.v), lab.height()
	}
	at := spread(want, size, p.t-8, max(p.b+8, p.t-8+e.height()))
	deco := &group{hidden: true}
	for k, lab := range e.labels {
		x := p.r + endGap
		from := p.x.at(float64(lab.year))
		if math.Abs(at[k]-want[k]) > 3 || p.r-8-from > 4 {
			// Thin, grey and dotted: not to be taken for the series going on.
			deco.nodes = append(deco.nodes, &path{rings: [][]point{{{from + 7, want[k]}, {p.r - 1, want[k]}, {x - 14, at[k]}}}, stroke: quiet, width: 1, dash: 2})
		}
		deco.nodes = append(deco.nodes, marker(lab.i, x-8, at[k], 3.75, lab.col, false, ""))
		whole := lab.whole + " " + lab.value
		deco.nodes = append(deco.nodes, linesAt(x, at[k], lab.lines, whole, labelSize, lab.bold, start, fg, paper)...)
	}
	c.add(deco)
}

// breakNote is a break with the place of its note.
type breakNote struct {
	b     Break
	lines []string
}

// breakFlags keeps room above the plot for the notes of the breaks that fall within it.
func (l Lines) breakFlags(c *canvas, ys []int) []breakNote {
	var out []breakNote
	for _, b := range l.Breaks {
		if b.Year <= ys[0] || b.Year > ys[len(ys)-1] {
			continue
		}
		note := b.Note
		if note == "" {
			note = "rupture de série"
		}
		out = append(out, breakNote{b, wrap(strconv.Itoa(b.Year)+" : "+note, noteSize, false, c.r-c.l, 2)})
	}
	for _, n := range out {
		c.y += float64(len(n.lines))*noteSize*lineHeight + 3
	}
	return out
}

// drawBreaks draws the marks, each under its note.
func (l Lines) drawBreaks(c *canvas, p plot, notes []breakNote) {
	total := 0.0
	for _, n := range notes {
		total += float64(len(n.lines))*noteSize*lineHeight + 3
	}
	y := p.t - 8 - total
	deco := &group{hidden: true}
	for _, n := range notes {
		x := p.x.at(float64(n.b.Year) - 0.5)
		w := widest(n.lines, noteSize, false)
		left := min(max(x-w/2, c.l), c.r-w)
		h := float64(len(n.lines)) * noteSize * lineHeight
		deco.nodes = append(deco.nodes, &line{x1: x, y1: y + h, x2: x, y2: p.b, stroke: soft, width: 1.25, dash: 3})
		for k, s := range n.lines {
			deco.nodes = append(deco.nodes, &text{x: left, y: y + noteSize*(1+lineHeight*float64(k)), s: s, size: noteSize, ink: soft, halo: paper,
				full: cutWhole(s, n.b.Note)})
		}
		y += h + 3
	}
	c.add(deco)
}
