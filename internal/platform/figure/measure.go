// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Pages draw with Inter or the reader's sans serif, pictures with the Go fonts. Widths
// are those of the Go fonts and eight per cent more, and four more for bold figures: measured in
// a browser, Inter then exceeds them on no name of a commune, number or label of these figures.
const (
	widen      = 1.08
	boldDigits = 1.04
	lineHeight = 1.28
	tableRunes = 0x180 // Latin, Latin-1 and Latin Extended-A: all of French
	thinSpace  = 0.22  // em, U+202F, which the Go fonts lack
	unknownEm  = 1.0   // em, any other writing: wide, to be safe
	ellipsis   = "…"
	noBreak    = "\u00a0\u202f"
)

// advances are widths in em: a table for Latin, a map for the signs.
type advances struct {
	latin [tableRunes]float32
	other map[rune]float32
}

var fonts = sync.OnceValue(func() [2]*advances {
	return [2]*advances{readAdvances(goregular.TTF, 1), readAdvances(gobold.TTF, boldDigits)}
})

const signs = "–—‘’“”…‰€−≥≤×≈→↑↓†•●○■□▲△▼▽◆◇"

func readAdvances(ttf []byte, digits float32) *advances {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic(err) // cannot happen: the font is compiled in
	}
	a := &advances{other: map[rune]float32{'\u202f': thinSpace, '\u2009': thinSpace, '\u200b': 0}}
	for r := rune(' '); r < tableRunes; r++ {
		a.latin[r] = advance(f, r)
	}
	for r := '0'; r <= '9'; r++ {
		a.latin[r] *= digits
	}
	for _, r := range signs {
		a.other[r] = advance(f, r)
	}
	return a
}

func advance(f *sfnt.Font, r rune) float32 {
	var b sfnt.Buffer
	i, err := f.GlyphIndex(&b, r)
	if err != nil || i == 0 {
		return unknownEm
	}
	w, err := f.GlyphAdvance(&b, i, fixed.I(int(f.UnitsPerEm())), 0)
	if err != nil {
		return unknownEm
	}
	return float32(w) / 64 / float32(f.UnitsPerEm())
}

// textWidth is the width of a line of text in pixels, rather too large than too small.
func textWidth(s string, size float64, bold bool) float64 {
	f := fonts()[0]
	if bold {
		f = fonts()[1]
	}
	em := float32(0)
	for _, r := range s {
		if r < tableRunes {
			em += f.latin[r]
		} else if w, ok := f.other[r]; ok {
			em += w
		} else {
			em += unknownEm
		}
	}
	return float64(em) * size * widen
}

// fit shortens s to the width with an ellipsis; it may return "" when nothing fits.
func fit(s string, size float64, bold bool, width float64) string {
	if textWidth(s, size, bold) <= width {
		return s
	}
	room := width - textWidth(ellipsis, size, bold)
	used, cut := 0.0, 0
	for i, r := range s {
		used += textWidth(string(r), size, bold)
		if used > room {
			break
		}
		cut = i + utf8.RuneLen(r)
	}
	short := strings.TrimRight(s[:cut], " -,;:'’("+noBreak)
	if short == "" {
		return ""
	}
	return short + ellipsis
}

// wrap breaks s into at most lines lines, at spaces, and after hyphens where a name needs
// it; what is left over ends in an ellipsis. A word that does not fit by itself is cut.
func wrap(s string, size float64, bold bool, width float64, lines int) []string {
	if lines < 1 || s == "" {
		return nil
	}
	var out []string
	for rest := s; rest != ""; {
		if textWidth(rest, size, bold) <= width {
			return append(out, rest)
		}
		if len(out) == lines-1 {
			return append(out, fit(rest, size, bold, width))
		}
		head := breakBefore(rest, size, bold, width)
		out = append(out, fit(strings.TrimRight(head, " "), size, bold, width))
		rest = strings.TrimLeft(rest[len(head):], " ")
	}
	return out
}

// flow wraps a paragraph: like wrap, but when the last line would be a word or two, the
// lines are made even.
func flow(s string, size float64, bold bool, width float64, lines int) []string {
	out := wrap(s, size, bold, width, lines)
	if n := len(out); n < 2 || textWidth(out[n-1], size, bold) > width*0.4 {
		return out
	}
	for w := width * 0.95; w > width*0.5; w -= width * 0.05 {
		even := wrap(s, size, bold, w, lines)
		if len(even) != len(out) || even[len(even)-1] != strings.TrimSuffix(even[len(even)-1], ellipsis) {
			break
		}
		out = even
		if textWidth(out[len(out)-1], size, bold) > w*0.6 {
			break
		}
	}
	return out
}

// breakBefore is the longest start of s that fits and ends where a line may end: at a
// space, or after a hyphen when no space leaves the line half full.
func breakBefore(s string, size float64, bold bool, width float64) string {
	space, hyphen := 0, 0
	for i, r := range s {
		if r != ' ' && r != '-' || r == ' ' && heldTogether(s, i) {
			continue
		}
		to := i
		if r == '-' {
			to = i + 1
		}
		if textWidth(s[:to], size, bold) > width {
			break
		}
		if r == ' ' {
			space = to
		} else {
			hyphen = to
		}
	}
	switch {
	case space > 0 && (space > hyphen || textWidth(s[:space], size, bold) > width/2):
		return s[:space]
	case hyphen > 0:
		return s[:hyphen]
	}
	// The first word alone is too long: it takes the line and is cut there.
	if i := strings.IndexAny(s, " -"); i > 0 {
		if s[i] == '-' {
			i++
		}
		return s[:i]
	}
	return s
}

// heldTogether tells whether French typography forbids a new line at the space s[i]:
// before a sign that hangs on the word before it, after an opening quote.
func heldTogether(s string, i int) bool {
	next := s[i+1:]
	for _, sign := range []string{"%", ":", ";", "?", "!", "»", "€", "–"} {
		if strings.HasPrefix(next, sign) {
			return true
		}
	}
	return strings.HasSuffix(s[:i], "«")
}

// widest is the greatest width of the lines.
func widest(lines []string, size float64, bold bool) float64 {
	w := 0.0
	for _, l := range lines {
		w = max(w, textWidth(l, size, bold))
	}
	return w
}
