// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"cmp"
	"math"
	"slices"

	"maillage/internal/platform/figure/palette"
	"maillage/internal/platform/french"
)

// schematicNote is said whenever cells stand for contours.
const schematicNote = "Carte schématique : chaque territoire est une case de même taille, posée près de sa place réelle ; " +
	"les surfaces et les voisinages ne sont pas exacts."

// Scene draws the map, its legend and its notes.
func (m Map) Scene() *Scene {
	for _, a := range m.Areas {
		m.Interactive = m.Interactive || safeHref(a.Href) != ""
	}
	c := newCanvas(m.Frame, m)
	if len(m.Areas) == 0 {
		return c.empty()
	}
	d := &mapDrawing{m: m, c: c, ch: m.choropleth()}
	legend := d.legend()
	top, right := c.y, c.r
	beside := !m.Cells && c.W >= 860
	if beside {
		right = c.r - legend.width - 20
	}
	var notes []string
	if m.Cells {
		d.cells(right)
		notes = append(notes, schematicNote)
	} else {
		notes = d.contours(right)
	}
	d.draw()
	legend.radius = d.radius
	if beside {
		bottom := c.y
		c.y = top + 4
		legend.draw(c, right+20)
		c.y = max(c.y, bottom)
	} else {
		c.y += 10
		legend.draw(c, c.l)
	}
	return c.finish(notes...)
}

// mapDrawing is a map being drawn.
type mapDrawing struct {
	m       Map
	c       *canvas
	ch      choropleth
	placed  []placedArea
	borders [][][]point
	radius  float64 // of the largest circle
	top     float64 // the largest size
}

// placedArea is an area in pixels.
type placedArea struct {
	area  Area
	rings [][]point
	cell  bool
	label []node
}

// cells lays the areas out as equal squares and gives them labels.
func (d *mapDrawing) cells(right float64) {
	minC, minR, maxC, maxR := math.MaxInt, math.MaxInt, math.MinInt, math.MinInt
	for _, a := range d.m.Areas {
		minC, maxC = min(minC, a.Col), max(maxC, a.Col)
		minR, maxR = min(minR, a.Row), max(maxR, a.Row)
	}
	// Cells come from SchematicCells; a stray one must not make the drawing endless.
	cols, rows := min(max(maxC-minC+1, 1), 400), min(max(maxR-minR+1, 1), 400)
	width := right - d.c.l
	size := min(width/float64(cols), 92)
	height := size * 0.82
	left := d.c.l + (width-size*float64(cols))/2
	d.radius = min(size, height) * 0.2
	for _, a := range d.m.Areas {
		x := left + float64(min(max(a.Col-minC, 0), cols-1))*size
		y := d.c.y + float64(min(max(a.Row-minR, 0), rows-1))*height
		p := placedArea{area: a, cell: true, rings: [][]point{rectRing(x+1, y+1, size-2, height-2, 0)}}
		d.label(&p, box{x + 3, y + 2, x + size - 3, y + height - 2})
		d.placed = append(d.placed, p)
	}
	d.c.y += height * float64(rows)
}

// fillOf is the paint of an area and the ink of writing on it.
func (d *mapDrawing) fillOf(v Value) (f fill, on, halo ink) {
	switch {
	case v.ok():
		hex := d.ch.colour(d.ch.classes.Of(french.Round(v.V, d.m.Unit.Decimals)))
		on = darkText
		if palette.TextOn(hex, darkText.hex, lightText.hex) == lightText.hex {
			on = lightText
		}
		return flatFill(ink{hex: hex}), on, ink{}
	case v.State == Secret:
		return noValue, fg, paper
	case v.State == NotApplicable:
		return flatFill(paper), fg, ink{}
	}
	return dotted, fg, paper
}

// label writes name and value in a box, or the name, or the short name, or nothing.
func (d *mapDrawing) label(p *placedArea, room box) {
	_, on, halo := d.fillOf(p.area.Value)
	w, h := room.r-room.l, room.b-room.t
	const size = noteSize
	step := size * 1.16
	value := ""
	if p.area.Value.ok() {
		value = d.m.Unit.format(p.area.Value.V)
	}
	for _, try := range []struct {
		name  string
		value string
	}{{p.area.Name, value}, {p.area.Name, ""}, {p.area.Short, value}, {p.area.Short, ""}, {"", value}} {
		lines := wrap(try.name, size, false, w, 3)
		if try.name == "" && try.value == "" || anyCut(lines, try.name) {
			continue
		}
		n := len(lines)
		if try.value != "" {
			lines = append(lines, try.value)
		}
		if float64(len(lines))*step > h || textWidth(try.value, size, true) > w || (d.m.Circles != nil && try.value != "") {
			continue
		}
		y := (room.t+room.b)/2 - step*float64(len(lines)-1)/2 + size*0.35
		if d.m.Circles != nil {
			y = room.t + size
			if y+step*float64(n-1) > room.b-2*d.circleRadius(p.area)-7 {
				continue
			}
		}
		for k, l := range lines {
			p.label = append(p.label, &text{x: (room.l + room.r) / 2, y: y + step*float64(k), s: l, size: size, bold: k >= n, anchor: middle, ink: on, halo: halo})
		}
		return
	}
}

// anyCut tells whether the lines lost a part of s.
func anyCut(lines []string, s string) bool {
	if s == "" {
		return false
	}
	n := 0
	for _, l := range lines {
		if cutWhole(l, s) != "" || l == "" {
			return true
		}
		n += len(l)
	}
	return n+len(lines)-1 < len(s)
}

// draw puts areas, borders, circles and the outlines of the selected ones, in that order.
func (d *mapDrawing) draw() {
	list := &group{list: true}
	over := &group{hidden: true}
	for _, b := range d.borders {
		over.nodes = append(over.nodes, &path{rings: b, closed: true, stroke: fg, width: 1.5})
	}
	for _, p := range d.placed {
		f, _, _ := d.fillOf(p.area.Value)
		width := 0.75
		if p.cell {
			width = 1
		}
		g := &group{item: true, label: d.m.label(p.area, d.ch), href: safeHref(p.area.Href), class: "mf-area"}
		g.nodes = append(g.nodes, &path{rings: p.rings, closed: true, fill: f, stroke: axis, width: width})
		if !p.area.Selected { // else written above its outline
			g.nodes = append(g.nodes, p.label...)
		}
		list.nodes = append(list.nodes, g)
		if p.area.Selected {
			over.nodes = append(over.nodes,
				&path{rings: p.rings, closed: true, stroke: paper, width: 5},
				&path{rings: p.rings, closed: true, stroke: fg, width: 2.5})
		}
	}
	d.c.add(list, over)
	d.circles()
	for _, p := range d.placed {
		if p.area.Selected && len(p.label) > 0 {
			d.c.add(&group{hidden: true, nodes: p.label})
		}
	}
}

// circles are drawn from the largest to the smallest, each with a white halo.
func (d *mapDrawing) circles() {
	if d.m.Circles == nil {
		return
	}
	order := slices.Clone(d.placed)
	slices.SortStableFunc(order, func(a, b placedArea) int { return cmp.Compare(b.area.Size.V, a.area.Size.V) })
	g := &group{hidden: true}
	for _, p := range order {
		v := p.area.Size
		if !v.ok() || v.V <= 0 {
			continue
		}
		x, y := anchorOf(p)
		r := d.circleRadius(p.area)
		if p.cell {
			y = bounds(p.rings).b - r - 4
		}
		g.nodes = append(g.nodes, &circle{x: x, y: y, r: r, fill: flatFill(circleInk), stroke: paper, width: 1.5})
	}
	d.c.add(g)
}

// circleRadius makes the area of the circle proportional to the size.
func (d *mapDrawing) circleRadius(a Area) float64 {
	largest := d.largest()
	if !a.Size.ok() || a.Size.V <= 0 || largest <= 0 {
		return 0
	}
	return d.radius * math.Sqrt(a.Size.V/largest)
}

var circleInk = ink{"", "#33475b"}

func (d *mapDrawing) largest() float64 {
	if d.top > 0 {
		return d.top
	}
	d.top = d.m.largest()
	return d.top
}
