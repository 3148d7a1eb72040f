// SPDX-License-Identifier: EUPL-1.2

package figure

// Sizes of the writing, in pixels. Nothing is smaller than note.
const (
	titleSize = 17.0
	labelSize = 13.0
	noteSize  = 12.0
	margin    = 6.0 // around the drawing, so that outlines are whole
)

// A canvas is a scene being drawn from the top down: heading, figure, notes.
type canvas struct {
	*Scene
	f    Frame
	y    float64 // top of what is still free
	l, r float64 // left and right edges
}

func newCanvas(f Frame, s Spec) *canvas {
	title := f.Title
	if title == "" {
		title = "Figure"
	}
	w := f.width()
	c := &canvas{f: f, y: margin, l: margin, r: w - margin, Scene: &Scene{
		W: w, id: f.id(), title: title, desc: s.Sentence(), live: f.Interactive,
	}}
	if f.Bare {
		return c
	}
	size := titleSize
	if f.narrow() {
		size = 16
	}
	if f.Title != "" {
		c.paragraph(f.Title, size, true, fg, 3)
	}
	if sub := f.subtitle(); sub != "" {
		c.y += 1
		c.paragraph(sub, labelSize, false, soft, 3)
	}
	if c.y > margin {
		c.y += 10
	}
	return c
}

// paragraph writes wrapped text over the whole width.
func (c *canvas) paragraph(s string, size float64, bold bool, i ink, lines int) {
	for _, l := range flow(s, size, bold, c.r-c.l, lines) {
		c.y += size * lineHeight
		t := &text{x: c.l, y: c.y - size*0.3, s: l, size: size, bold: bold, ink: i}
		if len(l) > 0 && l != s {
			t.full = cutWhole(l, s)
		}
		c.add(t)
	}
}

// cutWhole gives the whole text only when the line was cut.
func cutWhole(l, s string) string {
	if len(l) >= len(ellipsis) && l[len(l)-len(ellipsis):] == ellipsis {
		return s
	}
	return ""
}

// finish writes notes and source and closes the drawing.
func (c *canvas) finish(notes ...string) *Scene {
	c.y += 4
	if !c.f.Bare {
		notes = append(notes, c.f.Notes...)
		if c.f.Source != "" {
			notes = append(notes, "Source : "+c.f.Source)
		}
	}
	for _, n := range notes {
		c.y += 2
		c.paragraph(n, noteSize, false, soft, 6)
	}
	c.H = c.y + margin
	return c.Scene
}

// empty says that there is nothing to draw.
func (c *canvas) empty() *Scene {
	const h = 64
	c.add(&rect{x: c.l, y: c.y, w: c.r - c.l, h: h, fill: noValue, stroke: quiet, width: 1})
	c.add(&text{x: (c.l + c.r) / 2, y: c.y + h/2 + 5, s: "aucune donnée", size: labelSize, anchor: middle, ink: fg, halo: paper})
	c.y += h
	return c.finish()
}

// lines writes wrapped lines one under the other, centred on y.
func linesAt(x, y float64, ls []string, whole string, size float64, bold bool, a anchor, i, halo ink) []node {
	step := size * 1.18
	top := y - step*float64(len(ls)-1)/2 + size*0.35
	out := make([]node, 0, len(ls))
	for k, l := range ls {
		out = append(out, &text{
			x: x, y: top + step*float64(k), s: l, size: size, bold: bold, anchor: a, ink: i, halo: halo,
			full: cutWhole(l, whole),
		})
	}
	return out
}
