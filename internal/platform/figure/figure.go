// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"hash/fnv"
	"html/template"
	"strconv"
	"strings"
)

// Widths of the drawings, in CSS pixels.
const (
	Wide   = 720.0 // a column of text on a screen or an A4 sheet
	Narrow = 360.0 // a telephone
	least  = 240.0
	most   = 4000.0
)

// Frame is what every figure has: words around the drawing, unit, width.
type Frame struct {
	ID       string   // prefix of the ids, unique in the page; "" is made from the title
	Title    string   // what the figure shows
	Subtitle string   // where, when; the unit is added when it is not there
	Unit     Unit     // of all values
	Period   string   // "2021", said beside values
	Source   string   // "Cnaf, data.caf.fr, 2021"
	Notes    []string // limits, footnotes
	Width    float64  // in CSS pixels; 0 is Wide

	Bare        bool   // the page prints title, source and notes itself
	Interactive bool   // marks can be reached by keyboard and read one by one; links make it so
	Alt         string // replaces the sentence
}

// Spec is a declared figure.
type Spec interface {
	// Scene draws it. Any declaration gives a drawing, if only one that says "aucune donnée".
	Scene() *Scene
	// Table is the data, as it stands beside the figure.
	Table() Table
	// Sentence says in French what the figure shows.
	Sentence() string

	frame() Frame
	with(Frame) Spec
}

// SVG draws a figure for a page or a file.
func SVG(s Spec) template.HTML { return s.Scene().SVG() }

// Responsive draws a figure twice, for a column and for a telephone; CSS shows one of
// them, and the one that is hidden is hidden from assistive technology as well.
func Responsive(s Spec) template.HTML {
	f := s.frame()
	id := f.id()
	var b strings.Builder
	for _, v := range []struct {
		class string
		width float64
	}{{"wide", Wide}, {"narrow", Narrow}} {
		f.Width, f.ID = v.width, id+"-"+v.class[:1]
		b.WriteString(`<div class="mf-` + v.class + `">`)
		b.WriteString(string(SVG(s.with(f))))
		b.WriteString("</div>")
	}
	return template.HTML(b.String()) // #nosec G203 -- made of SVG, which escapes
}

// id is the prefix of the ids: letters, digits and hyphens, a letter first.
func (f Frame) id() string {
	if f.ID != "" {
		return cleanID(f.ID)
	}
	h := fnv.New32a()
	for _, s := range []string{f.Title, f.Subtitle, f.Period, f.Source} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return "mf" + strconv.FormatUint(uint64(h.Sum32()), 36)
}

func cleanID(s string) string {
	out := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, s)
	if out == "" || out[0] < 'A' {
		out = "f" + out
	}
	return out
}

// width is the drawing's width, kept within what can be drawn.
func (f Frame) width() float64 {
	if !(f.Width > 0) {
		return Wide
	}
	return min(max(f.Width, least), most)
}

// narrow tells whether the drawing is for a telephone.
func (f Frame) narrow() bool { return f.width() < 520 }

// subtitle adds period and unit to the subtitle when it does not name them.
func (f Frame) subtitle() string {
	parts := []string{}
	for _, s := range []string{f.Subtitle, f.Unit.Name, f.Period} {
		if s == "" || strings.Contains(strings.Join(parts, ", "), s) || strings.Contains(f.Title, s) {
			continue
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// heading is the figure's name for sentences.
func (f Frame) heading() string {
	switch {
	case f.Title == "":
		return "Figure"
	case f.Period == "" || strings.Contains(f.Title, f.Period):
		return f.Title
	}
	return f.Title + ", " + f.Period
}

// sentence ends what a figure says with its source, unless the caller wrote it all.
func (f Frame) sentence(body string) string {
	if f.Alt != "" {
		return f.Alt
	}
	s := f.heading() + " : " + body + "."
	if f.Source != "" {
		s += " Source : " + strings.TrimSuffix(f.Source, ".") + "."
	}
	return s
}
