// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"maillage/internal/platform/french"
	"maillage/internal/platform/geo"
)

// land is a part of the map with its own place and scale: the mainland, an overseas
// département in an inset.
type land struct {
	name    string
	project func(orb.Point) (x, y float64) // metres, y upwards
	areas   []int
	min     point
	max     point
}

// contours projects the areas, places the mainland in the width and the other lands in a
// row of insets below, and returns notes on what could not be drawn.
func (d *mapDrawing) contours(right float64) []string {
	lands, missing := d.lands()
	if len(lands) == 0 {
		d.cellsOfNothing()
		return []string{"Aucun contour n'est disponible pour ces territoires."}
	}
	main := lands[0]
	width := right - d.c.l
	ratio := (main.max.y - main.min.y) / max(main.max.x-main.min.x, 1e-9)
	height := min(width*ratio, 600)
	height = max(height, 40)
	perPixel := d.place(main, box{d.c.l + 2, d.c.y + 2, right - 2, d.c.y + height - 2})
	d.radius = min(width, height) * 0.034
	d.c.y += height
	d.scaleBar(perPixel, width)
	if len(lands) > 1 {
		d.insets(lands[1:], width)
	}
	d.labels()
	if len(missing) == 0 {
		return nil
	}
	n := len(missing)
	if n > 4 {
		missing = append(missing[:3], french.Plural(n-3, "autre", "autres"))
	}
	return []string{"Sans contour disponible : " + strings.Join(missing, ", ") + "."}
}

// cellsOfNothing keeps a line of height where there is nothing to draw.
func (d *mapDrawing) cellsOfNothing() { d.c.y += 20 }

// lands groups the areas by part of France, the one with the most areas first.
func (d *mapDrawing) lands() (out []*land, missing []string) {
	at := map[string]*land{}
	for i, a := range d.m.Areas {
		b, ok := geo.Bound(a.Shape)
		if ok {
			ok = onEarth(b.Min) && onEarth(b.Max)
		}
		if !ok {
			missing = append(missing, a.Name)
			continue
		}
		l, known := geo.LandOf(b)
		if !known {
			l = geo.Land{Name: "Autre territoire", Bound: b}
		}
		g := at[l.Name]
		if g == nil {
			g = &land{name: l.Name, project: projection(l), min: point{math.Inf(1), math.Inf(1)}, max: point{math.Inf(-1), math.Inf(-1)}}
			at[l.Name] = g
			out = append(out, g)
		}
		g.areas = append(g.areas, i)
		g.extend(a.Shape)
	}
	slices.SortStableFunc(out, func(a, b *land) int { return len(b.areas) - len(a.areas) })
	return out, missing
}

// extend widens the land to hold the shape.
func (l *land) extend(mp orb.MultiPolygon) {
	for _, poly := range mp {
		for _, ring := range poly {
			for _, p := range ring {
				if onEarth(p) {
					x, y := l.project(p)
					l.min = point{min(l.min.x, x), min(l.min.y, y)}
					l.max = point{max(l.max.x, x), max(l.max.y, y)}
				}
			}
		}
	}
}

// onEarth tells degrees from what a broken file may hold. The poles, which no conic
// projection reaches, are left out.
func onEarth(p orb.Point) bool {
	return math.Abs(p[0]) <= 180 && math.Abs(p[1]) < 89
}

// projection is Lambert-93 for the mainland, and elsewhere degrees true to scale in the
// middle of the land, which is small.
func projection(l geo.Land) func(orb.Point) (x, y float64) {
	if l.Name == geo.France[0].Name {
		return func(p orb.Point) (x, y float64) { return geo.ToLambert93(p[0], p[1]) }
	}
	const metresPerDegree = 6371008.8 * math.Pi / 180
	c := l.Bound.Center()
	k := math.Max(0.05, math.Cos(c[1]*math.Pi/180))
	return func(p orb.Point) (x, y float64) {
		return (p[0] - c[0]) * metresPerDegree * k, (p[1] - c[1]) * metresPerDegree
	}
}

// place fits a land in a box, centred, and returns metres per pixel.
func (d *mapDrawing) place(l *land, b box) float64 {
	w, h := max(l.max.x-l.min.x, 1e-6), max(l.max.y-l.min.y, 1e-6)
	k := min((b.r-b.l)/w, (b.b-b.t)/h)
	ox, oy := (b.l+b.r-w*k)/2, (b.t+b.b-h*k)/2
	to := func(p orb.Point) point {
		x, y := l.project(p)
		return point{ox + (x-l.min.x)*k, oy + (l.max.y-y)*k}
	}
	for _, i := range l.areas {
		d.placed = append(d.placed, placedArea{area: d.m.Areas[i], rings: pixels(d.m.Areas[i].Shape, to)})
	}
	for _, mp := range d.m.Borders {
		bb, ok := geo.Bound(mp)
		if land, known := geo.LandOf(bb); ok && (known && land.Name == l.name || !known) {
			d.borders = append(d.borders, clampRings(pixels(mp, to), b))
		}
	}
	return 1 / k
}

// clampRings keeps a border that is larger than the map near its edge.
func clampRings(rings [][]point, b box) [][]point {
	for _, ring := range rings {
		for i, p := range ring {
			ring[i] = point{min(max(p.x, b.l), b.r), min(max(p.y, b.t), b.b)}
		}
	}
	return rings
}

// pixels projects rings to tenths of a pixel, the same for neighbours, and drops points
// that fall together. A ring that vanishes stays a speck, never nothing.
func pixels(mp orb.MultiPolygon, to func(orb.Point) point) [][]point {
	n := 0
	for _, poly := range mp {
		n += len(poly)
	}
	out := make([][]point, 0, n)
	for _, poly := range mp {
		for k, ring := range poly {
			line := make([]point, 0, len(ring))
			for _, p := range ring {
				if !onEarth(p) {
					continue
				}
				q := to(p)
				q = point{math.Round(q.x*10) / 10, math.Round(q.y*10) / 10}
				if m := len(line); m == 0 || line[m-1] != q {
					line = append(line, q)
				}
			}
			if m := len(line); m > 1 && line[0] == line[m-1] {
				line = line[:m-1]
			}
			if len(line) >= 3 {
				out = append(out, line)
			} else if k == 0 && len(line) > 0 {
				out = append(out, rectRing(line[0].x-0.5, line[0].y-0.5, 1, 1, 0))
			}
		}
	}
	return out
}

// scaleBar draws a round distance of about a fifth of the width.
func (d *mapDrawing) scaleBar(perPixel, width float64) {
	metres := niceBelow(max(perPixel*width*0.22, 1), 5, 2, 1)
	w := metres / perPixel
	s := french.Number(metres, 0) + " m"
	if metres >= 1000 {
		s = french.Number(metres/1000, 0) + " km"
	}
	x, y := d.c.l+1, d.c.y+14
	if w < 4 || w > width || metres > 4e7 { // the Earth is not larger
		return
	}
	d.c.y += 20
	d.c.add(&group{hidden: true, nodes: []node{
		&path{rings: [][]point{{{x, y - 5}, {x, y}, {x + w, y}, {x + w, y - 5}}}, stroke: fg, width: 1.25},
		&text{x: x + w + 6, y: y + 1, s: s, size: noteSize, ink: soft},
	}})
}

// insets draws the other lands in boxes side by side, each at its own scale.
func (d *mapDrawing) insets(lands []*land, width float64) {
	d.c.y += 8
	per := max(1, min(len(lands), int(width/104)))
	w := min((width-8*float64(per-1))/float64(per), 150)
	h := w * 0.8
	for k, l := range lands {
		if k > 0 && k%per == 0 {
			d.c.y += h + 36
		}
		x := d.c.l + float64(k%per)*(w+8)
		d.c.add(&rect{x: x, y: d.c.y, w: w, h: h, stroke: grid, width: 1})
		d.place(l, box{x + 4, d.c.y + 4, x + w - 4, d.c.y + h - 4})
		for j, s := range wrap(l.name, noteSize, false, w, 2) {
			d.c.add(&text{x: x, y: d.c.y + h + 14 + 14*float64(j), s: s, size: noteSize, ink: soft, full: cutWhole(s, l.name)})
		}
	}
	d.c.y += h + 36
}

// labels finds room within each contour for its name. The names of selected areas come
// first, and others give way to them.
func (d *mapDrawing) labels() {
	if d.m.Circles != nil {
		return // the circles stand there; names are in the titles and the table
	}
	var taken []*text
	for _, selected := range []bool{true, false} {
		for i := range d.placed {
			p := &d.placed[i]
			if p.area.Selected != selected {
				continue
			}
			b := bounds(p.rings)
			if !selected && (b.r-b.l < 24 || b.b-b.t < 16) {
				continue
			}
			d.labelInside(p, b)
			for _, n := range p.label {
				t, _ := n.(*text)
				if selected {
					taken = append(taken, t)
				} else if covers(taken, t) {
					p.label = nil
					break
				}
			}
		}
	}
}

// covers tells whether a text lies on one of the others.
func covers(others []*text, t *text) bool {
	l, top, r, b := t.box()
	for _, o := range others {
		ol, ot, or, ob := o.box()
		if l < or && ol < r && top < ob && ot < b {
			return true
		}
	}
	return false
}

// labelInside tries the name, then the short name, on one to three lines, where the contour
// has room. Values are in the titles and the table.
func (d *mapDrawing) labelInside(p *placedArea, b box) {
	_, on, halo := d.fillOf(p.area.Value)
	const size = noteSize
	step := size * 1.12
	room := newRoom(p.rings, b)
	for _, name := range []string{p.area.Name, p.area.Short} {
		if name == "" {
			continue
		}
		for n := 1; n <= 3; n++ {
			lines := evenLines(name, size, n)
			if len(lines) != n {
				continue
			}
			at, ok := room.place(widest(lines, size, false)+1, step*float64(n)-2)
			if !ok {
				continue
			}
			y := at.y - step*float64(n-1)/2 + size*0.35
			for k, l := range lines {
				p.label = append(p.label, &text{x: at.x, y: y + step*float64(k), s: l, size: size, anchor: middle, ink: on, halo: halo})
			}
			return
		}
	}
	if p.area.Selected { // the one people look for is always named, over its borders if need be
		x, y := anchorOf(*p)
		_, on, _ := d.fillOf(p.area.Value)
		around := darkText
		if on != lightText {
			around = lightText
		}
		name := fit(p.area.Name, size, true, d.c.r-d.c.l)
		w := textWidth(name, size, true)
		p.label = []node{&text{x: min(max(x, d.c.l+w/2), d.c.r-w/2), y: y + 4, s: name, size: size, bold: true, anchor: middle, ink: on, halo: around}}
	}
}

// evenLines breaks a name into n lines as even as can be, or returns another number of
// lines when it cannot.
func evenLines(s string, size float64, n int) []string {
	if n == 1 {
		return []string{s}
	}
	whole := textWidth(s, size, false)
	for k := range 24 {
		share := 1/float64(n) + float64(k)/24
		if lines := wrap(s, size, false, whole*share, n); len(lines) == n && !anyCut(lines, s) {
			return lines
		}
	}
	return nil
}

// room is the inside of a contour as level lines, three pixels apart.
type room struct {
	b      box
	levels [][][2]float64
}

const levelStep = 3.0

func newRoom(rings [][]point, b box) *room {
	r := &room{b: b}
	for y := b.t; y <= b.b; y += levelStep {
		r.levels = append(r.levels, innerSpans(rings, y))
	}
	return r
}

// place looks for a box of that width and height inside the contour, the nearest to its
// middle.
func (r *room) place(w, h float64) (point, bool) {
	n := int(math.Ceil(h / levelStep))
	if w > r.b.r-r.b.l || n >= len(r.levels) {
		return point{}, false
	}
	centre := point{(r.b.l + r.b.r) / 2, (r.b.t + r.b.b) / 2}
	best, found := math.Inf(1), point{}
	for i := 0; i+n < len(r.levels); i++ {
		spans := r.levels[i]
		for _, level := range r.levels[i+1 : i+n+1] {
			if len(spans) == 0 {
				break
			}
			spans = meet(spans, level)
		}
		y := r.b.t + (float64(i)+float64(n)/2)*levelStep
		for _, s := range spans {
			if s[1]-s[0] < w {
				continue
			}
			x := min(max(centre.x, s[0]+w/2), s[1]-w/2)
			// A place with room to spare is preferred to one that is merely central.
			slack := min(s[1]-s[0]-w, 20)
			if dist := math.Hypot(x-centre.x, y-centre.y) - slack; dist < best {
				best, found = dist, point{x, y}
			}
		}
	}
	return found, !math.IsInf(best, 1)
}

// innerSpans are the intervals of a level line inside the rings.
func innerSpans(rings [][]point, y float64) [][2]float64 {
	var xs []float64
	for _, ring := range rings {
		a := ring[len(ring)-1]
		for _, c := range ring {
			if (a.y > y) != (c.y > y) {
				xs = append(xs, a.x+(y-a.y)/(c.y-a.y)*(c.x-a.x))
			}
			a = c
		}
	}
	slices.Sort(xs)
	out := make([][2]float64, 0, len(xs)/2)
	for i := 0; i+1 < len(xs); i += 2 {
		out = append(out, [2]float64{xs[i], xs[i+1]})
	}
	return out
}

// meet is what two lists of intervals have in common.
func meet(a, b [][2]float64) [][2]float64 {
	var out [][2]float64
	for _, p := range a {
		for _, q := range b {
			if l, r := max(p[0], q[0]), min(p[1], q[1]); l < r {
				out = append(out, [2]float64{l, r})
			}
		}
	}
	return out
}

// anchorOf is a point well inside an area: where the widest level line of its largest
// ring has its middle, so that a crescent keeps its circle.
func anchorOf(p placedArea) (x, y float64) {
	b := bounds(p.rings)
	best := -1.0
	x, y = (b.l+b.r)/2, (b.t+b.b)/2
	for k := 1; k < 16; k++ {
		level := b.t + (b.b-b.t)*float64(k)/16
		near := 1 - math.Abs(float64(k)-8)/16 // the middle wins over an equally wide edge
		for _, s := range innerSpans(p.rings, level) {
			if w := (s[1] - s[0]) * near; w > best {
				best, x, y = w, (s[0]+s[1])/2, level
			}
		}
	}
	return x, y
}
