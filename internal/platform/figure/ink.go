// SPDX-License-Identifier: EUPL-1.2

package figure

import _ "embed"

// CSS maps the classes of the figures to the page's colours (--fg, --bg, --muted,
// --accent, --grid, --focus) in light, dark and print, and shows one of the two
// drawings that Responsive gives. Serve it on every page with a figure.
//
//go:embed figure.css
var CSS string

// An ink is a colour with a name. The drawing carries the light value as an attribute,
// for files on their own and for mail; on a page, the class of the name takes over. An
// ink without a name keeps its value everywhere, as the classes of a map do. The zero
// ink paints nothing.
type ink struct {
	name string
	hex  string
}

var (
	fg     = ink{"fg", "#1d232b"}     // text, reference lines
	soft   = ink{"soft", "#56606c"}   // second text
	axis   = ink{"axis", "#7a838f"}   // baselines, outlines: 3:1
	grid   = ink{"grid", "#e1e5ea"}   // gridlines, decoration only
	paper  = ink{"bg", "#ffffff"}     // halos, gaps
	mark   = ink{"mark", "#7090b0"}   // a bar among others: 3:1
	accent = ink{"accent", "#0f4c81"} // the bar one looks for
	quiet  = ink{"quiet", "#8a929c"}  // peers, hatching: 3:1

	darkText  = ink{"", "#12181f"} // on a colour that does not change
	lightText = ink{"", "#ffffff"}
)

// Series are told apart by lightness and marker as well as by hue.
var seriesInks = []ink{
	{"s1", "#0f4c81"}, {"s2", "#c2570c"}, {"s3", "#2b8a7e"}, {"s4", "#8b3a8f"},
	{"s5", "#5f6b7a"}, {"s6", "#a3163a"}, {"s7", "#7a7a10"}, {"s8", "#3f87c7"},
}

// A fill is a flat ink, or a pattern of one ink over another.
type fill struct {
	ink  ink
	kind patternKind
	over ink // the lines or dots of the pattern
}

type patternKind uint8

const (
	flat    patternKind = iota
	hatch               // thin diagonals: secrecy, no value
	dots                // missing on maps
	stripes             // broad diagonals, parts of a stack
	dashes              // level lines
	crossed             // both diagonals
)

var patternNames = [...]string{
	hatch: "hatch", dots: "dots", stripes: "stripes", dashes: "dashes", crossed: "cross",
}

// flatFill wraps an ink.
func flatFill(i ink) fill { return fill{ink: i} }

func (f fill) none() bool { return f.ink == (ink{}) && f.kind == flat }

// noValue is how figures hatch what has no value: never a colour of the scale.
var (
	noValue = fill{ink: paper, kind: hatch, over: quiet}
	dotted  = fill{ink: paper, kind: dots, over: quiet}
)

// stackFills are the parts of a stack, in an order that alternates light and dark and
// changes pattern, so that a photocopy keeps them apart.
var stackFills = []fill{
	{ink: ink{"p1", "#174a7c"}},
	{ink: ink{"p2", "#b9d3ea"}, kind: stripes, over: ink{"p2l", "#5d8fbd"}},
	{ink: ink{"p3", "#2f7d76"}},
	{ink: ink{"p4", "#f3d49b"}, kind: dots, over: ink{"p4l", "#a86f1d"}},
	{ink: ink{"p5", "#7b4a94"}},
	{ink: ink{"p6", "#dfe3e8"}, kind: dashes, over: ink{"p6l", "#737d89"}},
	{ink: ink{"p7", "#8a5a2b"}},
	{ink: ink{"p8", "#cfe5c8"}, kind: crossed, over: ink{"p8l", "#5d8a52"}},
}
