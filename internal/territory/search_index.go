// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"fmt"
	"math"
	"strings"

	"maillage/internal/platform/french"
	"maillage/refdata"
)

// index is what search looks in. Every name (present, past, of a former commune) is an entry;
// every start of a word of it is a position, filed by its first two letters. So a query only
// reads the names that have a word beginning like it: a few thousand at most.
type index struct {
	entries   []entry
	positions [pairsOfLetters][]position
	codes     [pairsOfLetters][]codeEntry
}

// entry is one name of a territory.
type entry struct {
	folded string
	t      *Territory
	weight float32 // 10 × log10 of its inhabitants
	letter uint32  // set of the letters of folded, for the tolerant search
	start  uint8   // where the name proper begins, after an article or « CC du »
	why    string  // empty when the name is the present one
}

type position struct {
	entry int32
	at    uint8
}

// codeEntry is a code a territory answers to.
type codeEntry struct {
	code string // lower case
	t    *Territory
	kind codeKind
	rank float32 // the more the code says, and the more inhabitants, the higher
}

type codeKind uint8

const (
	oldSIREN codeKind = iota
	siren
	postalCode
	oldCode
	ownCode
)

// why tells what was found.
func (e *codeEntry) why() string {
	code := strings.ToUpper(e.code)
	switch e.kind {
	case oldSIREN:
		return "ancien SIREN " + code
	case siren:
		return "SIREN " + code
	case postalCode:
		return "code postal " + code
	case oldCode:
		return fmt.Sprintf("ancien code %s de %s", code, e.t.Name)
	}
	if e.t.Kind == EPCI || e.t.Kind == EPT {
		return "SIREN " + code
	}
	return "code " + code
}

// pairsOfLetters: a letter, digit or end of word, twice.
const pairsOfLetters = 38 * 38

func pair(s string) int {
	first, second := symbol(s, 0), symbol(s, 1)
	return first*38 + second
}

// symbol is 1 to 26 for a letter, 27 to 36 for a digit, 37 for anything else, 0 for the end
// of the word.
func symbol(s string, i int) int {
	if i >= len(s) || s[i] == ' ' {
		return 0
	}
	switch c := s[i]; {
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 1
	case c >= '0' && c <= '9':
		return int(c-'0') + 27
	}
	return 37
}

func newIndex(r *Registry, data *refdata.Dataset, folded []string) *index {
	x := &index{entries: make([]entry, 0, len(r.list)+len(data.Aliases))}
	weights := r.weights(data)
	for i, t := range r.list {
		x.add(t, folded[i], weights[i], formerly(t))
	}
	communes := r.list[len(r.list)-len(data.Communes):]
	own := weights[len(r.list)-len(data.Communes):]
	for i := range data.Communes {
		c := &data.Communes[i]
		for _, p := range c.Past {
			if p.Name != c.Name {
				x.add(communes[i], french.Fold(p.Name), own[i]-5, "ancien nom : "+p.Name)
			}
		}
	}
	for _, a := range data.Aliases {
		if t := r.byID[ID(a.Commune)]; a.Name != "" && t != nil {
			// A part of a town must not hide the towns that bear its name.
			x.add(t, french.Fold(a.Name), 20, aliasWhy(a))
		}
	}
	x.file()
	x.addCodes(r, data, weights)
	return x
}

// weights ranks homonyms: ten times the order of magnitude of the last known population,
// and a little more for a commune, which is what people mostly look for.
func (r *Registry) weights(data *refdata.Dataset) []float32 {
	list := make([]float32, len(r.list))
	communes := len(r.list) - len(data.Communes)
	last := len(r.years) - 1
	for i, t := range r.list[:communes] {
		if s := r.sums[t.ID]; s != nil {
			list[i] = magnitude(s[last].municipal)
		}
	}
	for i := range data.Communes {
		n := 0
		for _, p := range data.Communes[i].Populations {
			n = max(n, p.Municipal)
		}
		list[communes+i] = magnitude(n) + 3
	}
	return list
}

func magnitude(n int) float32 { return float32(10 * math.Log10(float64(n)+1)) }

func formerly(t *Territory) string {
	if t.Current() {
		return ""
	}
	return "n'existe plus depuis le " + t.To.French()
}

func aliasWhy(a refdata.Alias) string {
	switch a.Kind {
	case "arrondissement":
		return a.Name + " en est un arrondissement"
	case "associee":
		return a.Name + " en est une commune associée"
	}
	return a.Name + " en est une commune déléguée"
}

func (x *index) add(t *Territory, folded string, weight float32, why string) {
	if folded == "" || len(folded) > math.MaxUint8 {
		return
	}
	x.entries = append(x.entries, entry{
		folded: folded, t: t, weight: weight, letter: letters(folded), start: uint8(properStart(t, folded)), why: why,
	})
}

// properStart skips the type of a grouping, then articles: « cc du pays de gex » is looked
// for as « pays de gex », « l ile saint denis » as « ile saint denis ».
func properStart(t *Territory, folded string) int {
	i := 0
	if t.Kind == EPCI {
		if word, _, ok := strings.Cut(folded, " "); ok && groupingWords[word] {
			i = len(word) + 1
		}
	}
	return i + afterArticles(folded[i:])
}

// afterArticles is where what follows up to two articles begins: « de la », « l ».
func afterArticles(s string) int {
	i := 0
	for range 2 {
		word, _, ok := strings.Cut(s[i:], " ")
		if !ok || !articles[word] {
			break
		}
		i += len(word) + 1
	}
	return i
}

var groupingWords = map[string]bool{"cc": true, "ca": true, "cu": true, "metropole": true, "communaute": true}

var articles = map[string]bool{"l": true, "le": true, "la": true, "les": true, "du": true, "de": true, "des": true, "d": true}

func letters(s string) uint32 {
	var set uint32
	for i := range len(s) {
		if c := s[i]; c >= 'a' && c <= 'z' {
			set |= 1 << (c - 'a')
		}
	}
	return set
}

// file puts every start of a word in its drawer.
func (x *index) file() {
	var counts [pairsOfLetters]int
	each := func(visit func(drawer int, p position)) {
		for i := range x.entries {
			s := x.entries[i].folded
			for at := 0; at < len(s); {
				visit(pair(s[at:]), position{int32(i), uint8(at)})
				next := strings.IndexByte(s[at:], ' ')
				if next < 0 {
					break
				}
				at += next + 1
			}
		}
	}
	each(func(d int, _ position) { counts[d]++ })
	for d, n := range counts {
		x.positions[d] = make([]position, 0, n)
	}
	each(func(d int, p position) { x.positions[d] = append(x.positions[d], p) })
}

// addCodes files every code by its first two signs.
func (x *index) addCodes(r *Registry, data *refdata.Dataset, weights []float32) {
	put := func(code string, t *Territory, kind codeKind, weight float32) {
		if code != "" {
			d := pair(code)
			x.codes[d] = append(x.codes[d], codeEntry{code, t, kind, 10*float32(kind) + weight/10})
		}
	}
	for i, t := range r.list {
		put(strings.ToLower(string(t.ID)), t, ownCode, weights[i])
		if t.SIREN != t.Code {
			put(t.SIREN, t, siren, weights[i])
		}
		for _, p := range t.PostalCodes {
			put(p, t, postalCode, weights[i])
		}
	}
	for i := range data.Communes {
		c := &data.Communes[i]
		for _, p := range c.Past {
			if p.SIREN != c.SIREN {
				put(p.SIREN, r.byID[ID(c.Code)], oldSIREN, 0)
			}
		}
	}
	for _, a := range data.Aliases {
		if t := r.byID[ID(a.Commune)]; t != nil && r.byID[ID(a.Code)] == nil {
			put(strings.ToLower(a.Code), t, oldCode, 0)
		}
	}
}
