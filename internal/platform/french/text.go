// SPDX-License-Identifier: EUPL-1.2

package french

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// Fold is the form in which names are searched and matched: lower case, without accents,
// ligatures spelt out, and every run of punctuation, apostrophes and spaces one space.
// "L'Île-Saint-Denis" gives "l ile saint denis". Folding twice changes nothing.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	put := func(c rune) {
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(c)
	}
	if !ascii(s) {
		s = norm.NFKD.String(s)
	}
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			put(c)
		case c >= 'A' && c <= 'Z':
			put(c + 'a' - 'A')
		case c < utf8.RuneSelf:
			gap = true
		case unicode.Is(unicode.Mn, c), c == '\u00ad', c == '\u200b', c == '\u2060', c == '\ufeff':
			// accents, and marks that show nothing
		case unicode.IsLetter(c), unicode.IsDigit(c):
			foldLetter(c, put)
		default:
			gap = true
		}
	}
	return b.String()
}

// spelt are the letters that Unicode does not decompose but French keyboards replace.
var spelt = map[rune]string{'œ': "oe", 'æ': "ae", 'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ı': "i", 'ẞ': "ss"}

func foldLetter(c rune, put func(rune)) {
	c = unicode.ToLower(c)
	if two, ok := spelt[c]; ok {
		for _, r := range two {
			put(r)
		}
		return
	}
	put(c)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// A collator keeps buffers, so each caller borrows one.
var collators = sync.Pool{New: func() any {
	return collate.New(language.French, collate.Numeric)
}}

// Compare orders a and b as a French index does: accents and case count only between names
// otherwise alike, and figures count by value ("Crèche 2" before "Crèche 10"). It is 0 only
// for equal texts, so sorting with it always gives the same order.
func Compare(a, b string) int {
	c := collators.Get().(*collate.Collator)
	order := c.CompareString(a, b)
	collators.Put(c)
	if order == 0 {
		order = strings.Compare(a, b)
	}
	return order
}

// DeName puts "de" before the name of a commune or of a group of communes, contracting the
// article: "de Bondy", "d'Aubervilliers", "du Blanc-Mesnil", "des Lilas", "de La Courneuve",
// "de L'Île-Saint-Denis", "de Hem" but "d'Houilles", "de la CC du Grand Roye".
func DeName(name string) string {
	if rest, ok := strings.CutPrefix(name, "Le "); ok {
		return "du " + rest
	}
	if rest, ok := strings.CutPrefix(name, "Les "); ok {
		return "des " + rest
	}
	word := noun(name)
	switch {
	case feminine[word]:
		return "de la " + name
	case masculine[word]:
		return "du " + name
	case elides(name):
		return "d'" + name
	}
	return "de " + name
}

// AName puts "à" before the name of a commune or of a group of communes: "à Bondy",
// "au Raincy", "aux Lilas", "à La Courneuve", "à la Métropole du Grand Paris".
func AName(name string) string {
	if rest, ok := strings.CutPrefix(name, "Le "); ok {
		return "au " + rest
	}
	if rest, ok := strings.CutPrefix(name, "Les "); ok {
		return "aux " + rest
	}
	word := noun(name)
	switch {
	case feminine[word]:
		return "à la " + name
	case masculine[word]:
		return "au " + name
	}
	return "à " + name
}

// noun is the first word of a name that has several: "CC du Grand Roye", but not the
// commune Ville-sur-Terre, whose name is one word.
func noun(name string) string {
	word, _, several := strings.Cut(name, " ")
	if !several {
		return ""
	}
	return Fold(word)
}

// The common nouns that groups of communes are named with take their own article.
var (
	feminine  = set("ca cc cu communaute metropole collectivite region caisse")
	masculine = set("syndicat departement conseil centre sivom sivu pole")
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// elides says whether "de" loses its e before the name. Insee writes "d'" before every
// commune in Y, and before those in H that aspiratedNames does not list.
func elides(name string) bool {
	folded := Fold(name)
	if folded == "" {
		return false
	}
	switch folded[0] {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	case 'h':
		return !aspirated()[folded]
	}
	return false
}
