// SPDX-License-Identifier: EUPL-1.2

package figure

import "strconv"

// Spark is a line the height of a word, to stand in a table or a sentence. It has no
// number: the page writes the last one beside it.
type Spark struct {
	Frame
	Points []Point
	Height float64 // in pixels; 0 for 24. Frame.Width 0 is 96.
}

func (s Spark) frame() Frame      { return s.Frame }
func (s Spark) with(f Frame) Spec { s.Frame = f; return s }

func (s Spark) series() []Series { return []Series{{Name: s.Title, Points: s.Points}} }

// Table has a row a year.
func (s Spark) Table() Table { return yearTable(s.Frame, s.series()) }

// Sentence gives the first and the last value.
func (s Spark) Sentence() string {
	if s.Alt != "" {
		return s.Alt
	}
	return courseOf(s.series()[0], s.Unit, true) + "."
}

// Scene draws the line, from zero, with a dot at its last value.
func (s Spark) Scene() *Scene {
	w, h := s.Width, s.Height
	if !(w >= 24 && w <= most) {
		w = 96
	}
	if !(h >= 12 && h <= most) {
		h = 24
	}
	title := s.Title
	if title == "" {
		title = "Évolution"
	}
	sc := &Scene{W: w, H: h, id: s.id(), title: title, desc: s.Sentence(), class: "mf-spark"}
	series := s.series()[0]
	ys := years([]Series{series})
	var values []float64
	for _, p := range s.Points {
		if p.Value.ok() {
			values = append(values, p.Value.V)
		}
	}
	if len(values) == 0 {
		sc.add(&rect{x: 1, y: h/2 - 5, w: w - 2, h: 10, fill: noValue, stroke: quiet, width: 1})
		return sc
	}
	lo, hi := domain(values, false)
	pl := plot{l: 4, r: w - 5, t: 4, b: h - 3}
	pl.y = scale{lo, hi, pl.b, pl.t}
	pl.x = scale{float64(ys[0]), float64(ys[len(ys)-1]), pl.l, pl.r}
	if len(ys) == 1 {
		pl.x = scale{float64(ys[0]) - 1, float64(ys[0]) + 1, pl.l, pl.r}
	}
	sc.add(&line{x1: pl.l, y1: pl.y.at(0), x2: pl.r, y2: pl.y.at(0), stroke: grid, width: 1})
	sc.add(trace(pl, series, seriesInks[0], 1.75)...)
	points := sortedPoints(s.Points)
	for k := len(points) - 1; k >= 0; k-- {
		if v := points[k].Value; v.ok() {
			sc.add(marker(0, pl.x.at(float64(points[k].Year)), pl.y.at(v.V), 3, seriesInks[0], v.Estimated,
				strconv.Itoa(points[k].Year)+" : "+s.Unit.full(v)))
			break
		}
	}
	return sc
}
