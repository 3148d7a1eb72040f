// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"html/template"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fontFamily has no quote, so that it needs no escaping.
const fontFamily = "Inter, Go, Liberation Sans, Arial, Helvetica, sans-serif"

// SVG writes the scene: well-formed XML that is also HTML, with presentation attributes
// and classes but no style, ids that start with the figure's.
func (s *Scene) SVG() template.HTML {
	w := &svgWriter{id: s.id, live: s.live}
	w.b = make([]byte, 0, 16<<10)
	w.nodes(s.nodes)
	body := w.b
	w.b = make([]byte, 0, len(body)+2048)
	w.raw(`<svg xmlns="http://www.w3.org/2000/svg" class="mf`)
	if s.class != "" {
		w.raw(" " + s.class)
	}
	w.raw(`" viewBox="0 0 `).num(s.W).raw(" ").num(s.H)
	w.raw(`" width="`).num(s.W).raw(`" height="`).num(s.H)
	role := "img"
	if s.live {
		role = "group"
	}
	w.raw(`" role="` + role + `" aria-labelledby="`).raw(s.id + `-t" aria-describedby="` + s.id + `-d"`)
	w.raw(` font-family="` + fontFamily + `" font-size="13" fill="#1d232b">`)
	w.raw(`<title id="` + s.id + `-t">`).esc(s.title).raw(`</title>`)
	w.raw(`<desc id="` + s.id + `-d">`).esc(s.desc).raw(`</desc>`)
	w.defs()
	w.b = append(w.b, body...)
	w.raw("</svg>")
	return template.HTML(w.b) // #nosec G203 -- every text went through esc, every id through cleanID
}

type svgWriter struct {
	b        []byte
	id       string
	live     bool
	patterns []fill
}

func (w *svgWriter) raw(s string) *svgWriter { w.b = append(w.b, s...); return w }

// num writes a coordinate to the hundredth of a pixel; what is not a number is 0, so
// that a drawing is never broken.
func (w *svgWriter) num(v float64) *svgWriter {
	w.b = appendNum(w.b, v)
	return w
}

func appendNum(b []byte, v float64) []byte {
	if math.IsNaN(v) || math.Abs(v) > 1e7 {
		v = 0
	}
	n := int64(math.Round(v * 100))
	if n < 0 {
		b = append(b, '-')
		n = -n
	}
	b = strconv.AppendInt(b, n/100, 10)
	if f := n % 100; f != 0 {
		b = append(b, '.', byte('0'+f/10))
		if f%10 != 0 {
			b = append(b, byte('0'+f%10))
		}
	}
	return b
}

// esc writes text for XML content and attributes; characters that XML refuses are dropped.
func (w *svgWriter) esc(s string) *svgWriter {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1, r < ' ' && r != '\n' && r != '\t', r >= 0x7f && r < 0xa0, r == 0xfffe || r == 0xffff:
			// not a character of XML
		case r == '<':
			w.raw("&lt;")
		case r == '>':
			w.raw("&gt;")
		case r == '&':
			w.raw("&amp;")
		case r == '"':
			w.raw("&#34;")
		case r == '\'':
			w.raw("&#39;")
		default:
			w.b = append(w.b, s[i:i+n]...)
		}
		i += n
	}
	return w
}

// attr writes a number attribute.
func (w *svgWriter) attr(name string, v float64) *svgWriter {
	return w.raw(" ").raw(name).raw(`="`).num(v).raw(`"`)
}

// paint writes fill and stroke, the light values as attributes and the names as classes.
func (w *svgWriter) paint(f fill, stroke ink, width, dash float64, round bool) {
	class := ""
	switch {
	case f.kind != flat:
		w.raw(` fill="url(#`).raw(w.pattern(f)).raw(`)"`)
	case f.none():
		w.raw(` fill="none"`)
	default:
		w.raw(` fill="`).raw(f.ink.hex).raw(`"`)
		if f.ink.name != "" {
			class = "mf-f-" + f.ink.name
		}
	}
	if stroke != (ink{}) && width > 0 {
		w.raw(` stroke="`).raw(stroke.hex).raw(`"`)
		if width != 1 {
			w.attr("stroke-width", width)
		}
		if dash > 0 {
			w.raw(` stroke-dasharray="`).num(dash).raw(" ").num(dash * 0.75).raw(`"`)
		}
		if round {
			w.raw(` stroke-linejoin="round" stroke-linecap="round"`)
		}
		if stroke.name != "" {
			if class != "" {
				class += " "
			}
			class += "mf-s-" + stroke.name
		}
	}
	if class != "" {
		w.raw(` class="`).raw(class).raw(`"`)
	}
}

// pattern is the id of the pattern, which defs will write.
func (w *svgWriter) pattern(f fill) string {
	at := -1
	for i, p := range w.patterns {
		if p == f {
			at = i
		}
	}
	if at < 0 {
		at = len(w.patterns)
		w.patterns = append(w.patterns, f)
	}
	return w.id + "-" + patternNames[f.kind] + strconv.Itoa(at)
}

func (w *svgWriter) defs() {
	if len(w.patterns) == 0 {
		return
	}
	w.raw("<defs>")
	for _, f := range w.patterns {
		g := patternGeometry[f.kind]
		w.raw(`<pattern id="`).raw(w.pattern(f)).raw(`" patternUnits="userSpaceOnUse"`)
		w.attr("width", g.size).attr("height", g.size)
		if g.turn != 0 {
			w.raw(` patternTransform="rotate(`).num(g.turn).raw(`)"`)
		}
		w.raw(">")
		w.shape("rect", flatFill(f.ink), ink{}, 0, "", func() {
			w.attr("width", g.size).attr("height", g.size)
		})
		w.patternMarks(f.over, g)
		w.raw("</pattern>")
	}
	w.raw("</defs>")
}

func (w *svgWriter) patternMarks(over ink, g patternShape) {
	if g.dot > 0 {
		w.shape("circle", flatFill(over), ink{}, 0, "", func() {
			w.attr("cx", g.size/2).attr("cy", g.size/2).attr("r", g.dot)
		})
		return
	}
	w.shape("rect", flatFill(over), ink{}, 0, "", func() { w.attr("width", g.line).attr("height", g.size) })
	if g.cross {
		w.shape("rect", flatFill(over), ink{}, 0, "", func() { w.attr("width", g.size).attr("height", g.line) })
	}
}

// shape writes an element, with its tooltip if it has one.
func (w *svgWriter) shape(name string, f fill, stroke ink, width float64, title string, geometry func()) {
	w.raw("<").raw(name)
	geometry()
	w.paint(f, stroke, width, 0, false)
	w.close(name, title)
}

func (w *svgWriter) close(name, title string) {
	if title == "" {
		w.raw("/>")
		return
	}
	w.raw("><title>").esc(title).raw("</title></").raw(name).raw(">")
}

func (w *svgWriter) nodes(nodes []node) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *rect:
			w.shape("rect", n.fill, n.stroke, n.width, n.title, func() {
				w.attr("x", n.x).attr("y", n.y).attr("width", math.Max(0, n.w)).attr("height", math.Max(0, n.h))
				if n.rx > 0 {
					w.attr("rx", n.rx)
				}
			})
		case *circle:
			w.shape("circle", n.fill, n.stroke, n.width, n.title, func() {
				w.attr("cx", n.x).attr("cy", n.y).attr("r", math.Max(0, n.r))
			})
		case *line:
			w.raw("<line").attr("x1", n.x1).attr("y1", n.y1).attr("x2", n.x2).attr("y2", n.y2)
			w.paint(fill{}, n.stroke, n.width, n.dash, n.round)
			w.raw("/>")
		case *path:
			w.path(n)
		case *text:
			w.text(n)
		case *group:
			w.group(n)
		}
	}
}

func (w *svgWriter) path(p *path) {
	w.raw(`<path d="`)
	for _, ring := range p.rings {
		for i, pt := range ring {
			if i == 0 {
				w.raw("M")
			} else {
				w.raw("L")
			}
			w.num(pt.x).raw(" ").num(pt.y)
		}
		if p.closed {
			w.raw("Z")
		}
	}
	w.raw(`"`)
	if p.closed && len(p.rings) > 1 {
		w.raw(` fill-rule="evenodd"`)
	}
	w.paint(p.fill, p.stroke, p.width, p.dash, !p.closed || p.stroke != (ink{}))
	w.close("path", p.title)
}

func (w *svgWriter) text(t *text) {
	if t.s == "" {
		return
	}
	w.raw("<text").attr("x", t.x).attr("y", t.y)
	if t.size != 13 {
		w.attr("font-size", t.size)
	}
	if t.bold {
		w.raw(` font-weight="700"`)
	}
	switch t.anchor {
	case middle:
		w.raw(` text-anchor="middle"`)
	case end:
		w.raw(` text-anchor="end"`)
	case start:
	}
	if t.halo != (ink{}) {
		w.raw(` paint-order="stroke"`)
	}
	w.paint(flatFill(t.ink), t.halo, 3.5, 0, t.halo != (ink{}))
	w.raw(">")
	if t.full != "" && t.full != t.s {
		w.raw("<title>").esc(t.full).raw("</title>")
	}
	w.esc(t.s).raw("</text>")
}

// group writes a mark as a link or a list item when marks can be reached, and as a
// plain group with its tooltip when the drawing is one image.
func (w *svgWriter) group(g *group) {
	if w.live && g.href != "" {
		w.link(g)
		return
	}
	w.raw("<g")
	if g.class != "" {
		w.raw(` class="`).raw(g.class).raw(`"`)
	}
	switch {
	case g.hidden && w.live:
		w.raw(` aria-hidden="true" pointer-events="none"`)
	case g.list && w.live:
		w.raw(` role="list"`)
	case g.item && w.live:
		w.raw(` role="listitem" tabindex="0" aria-label="`).esc(g.label).raw(`"`)
	}
	w.raw(">")
	if g.item && g.label != "" {
		w.raw("<title>").esc(g.label).raw("</title>")
	}
	w.nodes(g.nodes)
	w.raw("</g>")
}

// link writes the shapes of a mark in a link that its label names, and the writing beside
// it: broken over lines as it is, it would contradict the name.
func (w *svgWriter) link(g *group) {
	var shapes, words []node
	for _, n := range g.nodes {
		if _, ok := n.(*text); ok {
			words = append(words, n)
		} else {
			shapes = append(shapes, n)
		}
	}
	w.raw(`<g role="listitem"`)
	if g.class != "" {
		w.raw(` class="`).raw(g.class).raw(`"`)
	}
	w.raw(`><a href="`).esc(g.href).raw(`" aria-label="`).esc(g.label).raw(`"><title>`).esc(g.label).raw("</title>")
	if g.hit != (box{}) {
		w.raw(`<rect fill="none" pointer-events="all"`).attr("x", g.hit.l).attr("y", g.hit.t).attr("width", g.hit.r-g.hit.l).attr("height", g.hit.b-g.hit.t).raw("/>")
	}
	w.nodes(shapes)
	w.raw(`</a>`)
	if len(words) > 0 {
		w.raw(`<g aria-hidden="true" pointer-events="none">`)
		w.nodes(words)
		w.raw("</g>")
	}
	w.raw("</g>")
}

// patternShape is how a pattern repeats: a tile of size pixels, turned, with an upright line or
// a dot in it.
type patternShape struct {
	size, turn, line, dot float64
	cross                 bool
}

var patternGeometry = [...]patternShape{
	hatch:   {size: 5, turn: 45, line: 1.3},
	stripes: {size: 7, turn: 45, line: 2.4},
	dots:    {size: 6, dot: 1.25},
	dashes:  {size: 5, turn: 90, line: 1.5},
	crossed: {size: 7, turn: 45, line: 1.2, cross: true},
}

// safeHref lets through what a page may link to: paths, fragments, https. Anything
// else, such as a script, gives no link.
func safeHref(h string) string {
	if strings.HasPrefix(h, "//") || strings.HasPrefix(h, `/\`) {
		return ""
	}
	if strings.HasPrefix(h, "/") || strings.HasPrefix(h, "#") || strings.HasPrefix(h, "?") ||
		strings.HasPrefix(h, "https://") || strings.HasPrefix(h, "http://") {
		return h
	}
	return ""
}
