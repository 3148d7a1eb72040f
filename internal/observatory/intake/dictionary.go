// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/french"
)

// Dictionary knows under which columns and keys files carry the indicators. It is made once
// from the catalogue and is safe for concurrent use.
type Dictionary struct {
	indicators map[string]*statistic.Indicator
	computed   map[string]bool   // codes of derived indicators, which no file brings
	exact      map[string]string // folded header → code
	patterns   []pattern
	keys       []key
}

// pattern is a header with a year or a level in it: "TP60{aa}", "txcouv_{s}".
type pattern struct {
	re   *regexp.Regexp
	code string
}

// key is how a long table names an indicator: every column must have its value.
type key struct {
	text  string // "TYPEQU=D502"
	code  string
	pairs []pair
}

type pair struct{ column, value string } // column folded

var placeholders = []struct{ written, sentinel, expression string }{
	{"{s}", "zzszz", `(?:com|epci|ept|dep|reg|nat|fr|france)`},
	{"{aaaa}", "zzyyyyzz", `((?:19|20)\d\d)`},
	{"{aa}", "zzyyzz", `(\d\d)`},
}

// NewDictionary gathers the headers, keys, codes and titles of indicators. Derived ones are
// left out: they are computed, not read.
func NewDictionary(indicators []statistic.Indicator) *Dictionary {
	d := &Dictionary{indicators: map[string]*statistic.Indicator{}, computed: map[string]bool{}, exact: map[string]string{}}
	for i := range indicators {
		n := indicators[i]
		if n.Derived() {
			d.computed[n.Code] = true
			continue
		}
		d.indicators[n.Code] = &n
		for _, h := range n.Headers {
			d.header(h, n.Code)
		}
		for _, k := range n.Keys {
			d.keys = append(d.keys, newKey(k, n.Code))
		}
	}
	for code, n := range d.indicators { // after the headers, which know better
		for _, name := range []string{code, n.Title} {
			if f := french.Fold(name); d.exact[f] == "" {
				d.exact[f] = code
			}
		}
	}
	return d
}

func (d *Dictionary) header(h, code string) {
	marked := h
	for _, p := range placeholders {
		marked = strings.ReplaceAll(marked, p.written, p.sentinel)
	}
	folded := french.Fold(marked)
	if marked == h {
		d.exact[folded] = code
		return
	}
	expression := regexp.QuoteMeta(folded)
	for _, p := range placeholders {
		expression = strings.ReplaceAll(expression, p.sentinel, p.expression)
	}
	d.patterns = append(d.patterns, pattern{regexp.MustCompile("^" + expression + "$"), code})
}

func newKey(text, code string) key {
	k := key{text: text, code: code}
	for _, part := range strings.Split(text, "&") {
		column, value, _ := strings.Cut(part, "=")
		k.pairs = append(k.pairs, pair{french.Fold(column), value})
	}
	return k
}

// Indicator is what the dictionary knows of a code.
func (d *Dictionary) Indicator(code string) (*statistic.Indicator, bool) {
	n, ok := d.indicators[code]
	return n, ok
}

// Computed says that the code is that of a derived indicator: it is taken, and no file brings it.
func (d *Dictionary) Computed(code string) bool { return d.computed[code] }

// lookup finds the indicator of a header, and the year the header gives, 0 when none.
func (d *Dictionary) lookup(label string) (code string, year int) {
	folded := french.Fold(label)
	if code = d.exact[folded]; code != "" {
		return code, 0
	}
	for _, p := range d.patterns {
		if m := p.re.FindStringSubmatch(folded); m != nil {
			if len(m) > 1 {
				year = fullYear(m[1])
			}
			return p.code, year
		}
	}
	// "Population municipale 2023", "2023 – Population municipale".
	if stem, y := withoutYear(folded); y != 0 {
		return d.exact[stem], y
	}
	return "", 0
}

// fullYear reads two digits as a year from 1950 to 2049.
func fullYear(digits string) int {
	y, err := strconv.Atoi(digits)
	switch {
	case err != nil:
		return 0
	case len(digits) == 4:
		return y
	case y < 50:
		return 2000 + y
	default:
		return 1900 + y
	}
}

var yearWord = regexp.MustCompile(`(^|[^0-9])((?:19|20)\d\d)([^0-9]|$)`)

// withoutYear takes the one year out of a folded label; 0 when there is none, or several.
func withoutYear(folded string) (stem string, year int) {
	found := yearsIn(folded)
	if len(found) != 1 {
		return folded, 0
	}
	stem = strings.Replace(folded, strconv.Itoa(found[0]), " ", 1)
	return strings.Join(strings.Fields(stem), " "), found[0]
}

// yearsIn lists the years written in a text, each once.
func yearsIn(text string) []int {
	var out []int
	for text != "" {
		m := yearWord.FindStringSubmatchIndex(text)
		if m == nil {
			break
		}
		if y := fullYear(text[m[4]:m[5]]); !slices.Contains(out, y) {
			out = append(out, y)
		}
		text = text[m[5]:]
	}
	return out
}

// keysFor lists the keys all of whose columns are in the header (folded labels).
func (d *Dictionary) keysFor(labels []string) []key {
	var out []key
	for _, k := range d.keys {
		if !slices.ContainsFunc(k.pairs, func(p pair) bool { return !slices.Contains(labels, p.column) }) {
			out = append(out, k)
		}
	}
	return out
}
