// SPDX-License-Identifier: EUPL-1.2

package figure

// Scene is a drawing: shapes and texts placed in pixels, y downwards. It knows
// nothing of what it shows but the words that say so.
type Scene struct {
	W, H  float64
	id    string // prefix of the ids
	title string
	desc  string
	live  bool // marks can be reached one by one; else the drawing is one image
	class string
	nodes []node
}

// node is one of rect, line, path, text, group.
type node interface{}

// rect is a rectangle; rx rounds its corners.
type rect struct {
	x, y, w, h, rx float64
	fill           fill
	stroke         ink
	width          float64
	title          string
}

// line is a straight stroke.
type line struct {
	x1, y1, x2, y2 float64
	stroke         ink
	width          float64
	dash           float64 // length of dashes and gaps; 0 for a solid line
	round          bool
}

// point of a path.
type point struct{ x, y float64 }

// path is one or several polylines, filled (even-odd) or stroked.
type path struct {
	rings  [][]point
	closed bool
	fill   fill
	stroke ink
	width  float64
	dash   float64
	title  string
}

// circle stays a primitive: SVG has it and the rasteriser approaches it.
type circle struct {
	x, y, r float64
	fill    fill
	stroke  ink
	width   float64
	title   string
}

type anchor uint8

const (
	start anchor = iota
	middle
	end
)

// text is one line of writing; y is its baseline.
type text struct {
	x, y   float64
	s      string
	size   float64
	bold   bool
	anchor anchor
	ink    ink
	halo   ink    // outline that keeps the text legible over marks; zero for none
	full   string // the whole text, when s had to be cut
}

// group holds marks that belong together and the words that name them.
type group struct {
	label  string // what assistive technology says; also the tooltip
	item   bool   // a mark of its own: one listitem, or a link if href is set
	list   bool   // the list that holds the items
	href   string
	hidden bool // decoration: not for assistive technology
	class  string
	hit    box // where a pointer follows href, when the shapes alone would not do
	nodes  []node
}

func (s *Scene) add(n ...node) { s.nodes = append(s.nodes, n...) }

// box is where a text lies: left, top, right, bottom.
func (t text) box() (l, top, r, b float64) {
	w := textWidth(t.s, t.size, t.bold)
	switch t.anchor {
	case middle:
		l = t.x - w/2
	case end:
		l = t.x - w
	case start:
		l = t.x
	}
	return l, t.y - 0.8*t.size, l + w, t.y + 0.25*t.size
}

// walk visits every node, groups first.
func walk(nodes []node, visit func(node)) {
	for _, n := range nodes {
		visit(n)
		if g, ok := n.(*group); ok {
			walk(g.nodes, visit)
		}
	}
}
