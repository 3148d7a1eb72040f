// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"slices"
	"strings"

	"maillage/internal/platform/french"
)

// Hit is one answer of a search.
type Hit struct {
	Territory *Territory
	// Why says, in French, what was found when it is not the name on show: "code postal
	// 93450", "Anctoville en est une commune déléguée". Often empty.
	Why string
	// Close: nothing typed was found as such, this only resembles it.
	Close bool
}

// Search finds territories by what people type first: the beginning of a name, of one of its
// words, of a code, SIREN or postal code, without accents, hyphens or capitals, "st" standing
// for "saint", with a slip or two in longer words. Former communes are found, each followed by
// what it became. The answers come best first, at most limit of them.
func (r *Registry) Search(q string, limit int) []Hit { return r.SearchNear(q, "", limit) }

// SearchNear is Search from a home: territories of the département of near (a département, a
// commune, an EPCI…) come before equally good ones from elsewhere.
func (r *Registry) SearchNear(q string, near ID, limit int) []Hit {
	if limit <= 0 {
		return nil
	}
	s := &search{x: r.index, home: r.home(near), best: make([]match, 0, limit+1), limit: limit}
	words, filter := understand(q)
	switch {
	case len(words) == 0 && filter == "":
		return nil
	case len(words) == 0:
		s.byCode(filter)
	default:
		s.filter = filter
		s.byName(words)
	}
	return r.withFormer(s.hits(r), limit)
}

// withFormer adds after a commune found first those that joined it: looking for either finds both.
func (r *Registry) withFormer(hits []Hit, limit int) []Hit {
	if len(hits) == 0 || hits[0].Territory.Kind != Commune || !hits[0].Territory.Current() {
		return hits
	}
	town := hits[0].Territory
	at := 1
	for _, e := range r.Events(town.ID) {
		for _, id := range e.From {
			t := r.byID[id]
			if t == nil || t.Current() || slices.ContainsFunc(hits, func(h Hit) bool { return h.Territory == t }) {
				continue
			}
			hits = slices.Insert(hits, at, Hit{Territory: t, Why: "aujourd'hui dans " + town.Name})
			at++
		}
	}
	return hits[:min(len(hits), limit)]
}

// home is the département that searches from near prefer.
func (r *Registry) home(near ID) ID {
	t := r.byID[near]
	if t == nil {
		return ""
	}
	if t.Kind == Departement || t.Kind == Collectivite {
		return t.ID
	}
	return t.Departement
}

// maxQuery bounds the work a hostile query can ask for; the longest name has 45 letters.
const maxQuery = 80

// understand parts a query into folded words and a code: "Saint-Denis (93)" is the words
// "saint denis" within "93", "93 450" the code "93450" alone.
func understand(q string) (words []string, code string) {
	if len(q) > maxQuery {
		q = strings.ToValidUTF8(q[:maxQuery], "")
	}
	for _, w := range strings.Fields(french.Fold(q)) {
		if codeLike(w) {
			code += w
		} else {
			words = append(words, w)
		}
	}
	return words, code
}

// codeLike is true of digits, and of the codes of Corsica and of régions: 2a004, r11.
func codeLike(w string) bool {
	digits := 0
	for i := range len(w) {
		if w[i] >= '0' && w[i] <= '9' {
			digits++
		}
	}
	if digits == len(w) {
		return true
	}
	corsica := len(w) >= 2 && w[0] == '2' && (w[1] == 'a' || w[1] == 'b')
	region := len(w) >= 2 && w[0] == 'r'
	return (corsica || region) && digits == len(w)-1
}

// match is a candidate answer; the higher the score the better.
type match struct {
	t     *Territory
	score float32
	why   string     // when it was found by name
	code  *codeEntry // when it was found by code
	close bool       // when it only resembles what was typed
}

// search holds the best matches found so far, best first, one a territory.
type search struct {
	x      *index
	home   ID
	filter string
	limit  int
	best   []match
	exact  bool // the query is somebody's whole name
}

// Scores of the classes; a home département is worth one class, a population at most 83.
const (
	classWhole    = 500 // a code in full
	classPrefix   = 400 // the name begins so
	classWord     = 300 // a word of the name begins so
	classWords    = 200 // every word typed begins a word of the name
	classTolerant = 100
	homeBonus     = 100
	exactBonus    = 10 // the whole name was typed: as if ten times more people lived there
)

func (s *search) offer(m match) {
	if s.home != "" && (m.t.Departement == s.home || m.t.ID == s.home) {
		m.score += homeBonus
	}
	if len(s.best) == s.limit && m.score <= s.best[len(s.best)-1].score {
		return
	}
	if !s.passes(m.t) {
		return
	}
	for i := range s.best {
		if s.best[i].t == m.t {
			if s.best[i].score >= m.score {
				return
			}
			s.best = slices.Delete(s.best, i, i+1)
			break
		}
	}
	at, _ := slices.BinarySearchFunc(s.best, m, func(a, b match) int {
		switch {
		case a.score > b.score || a.score == b.score && a.t.ID < b.t.ID:
			return -1
		}
		return 1
	})
	if len(s.best) == s.limit {
		if at == s.limit {
			return
		}
		s.best = s.best[:s.limit-1]
	}
	s.best = slices.Insert(s.best, at, m)
}

// passes applies the code typed beside a name: a département, an INSEE or postal code.
func (s *search) passes(t *Territory) bool {
	if s.filter == "" || codePrefix(t.Code, s.filter) || codePrefix(string(t.Departement), s.filter) {
		return true
	}
	return slices.ContainsFunc(t.PostalCodes, func(p string) bool { return strings.HasPrefix(p, s.filter) })
}

// codePrefix compares without regard to the capitals of Corsica.
func codePrefix(code, prefix string) bool {
	return len(code) >= len(prefix) && strings.EqualFold(code[:len(prefix)], prefix)
}

func (s *search) byCode(code string) {
	if len(code) == 14 { // a SIRET: the establishment of a SIREN
		code = code[:9]
	}
	drawers(code, func(drawer int) {
		for i := range s.x.codes[drawer] {
			e := &s.x.codes[drawer][i]
			if !strings.HasPrefix(e.code, code) {
				continue
			}
			// With so few digits, nobody means the SIREN of one of 3,500 towns.
			if (e.kind == siren || e.kind == oldSIREN) && len(code) < 4 {
				continue
			}
			score := classPrefix + e.rank
			if e.code == code {
				score = classWhole + homeBonus + e.rank
			}
			s.offer(match{t: e.t, score: score, code: e})
		}
	})
}

// hits turns matches into answers; what no longer exists is followed by what it became.
func (s *search) hits(r *Registry) []Hit {
	var out []Hit
	at := func(t *Territory) int { return slices.IndexFunc(out, func(h Hit) bool { return h.Territory == t }) }
	for _, m := range s.best {
		if at(m.t) < 0 {
			if m.code != nil {
				m.why = m.code.why()
			}
			out = append(out, Hit{m.t, m.why, m.close})
		}
		if m.t.Current() {
			continue
		}
		for _, id := range r.Successors(m.t.ID) {
			if heir := r.byID[id]; at(heir) < 0 {
				out = append(out, Hit{heir, r.became(m.t.ID), m.close})
			}
		}
	}
	return out[:min(len(out), s.limit)]
}

// became is the sentence that tells where a former territory went.
func (r *Registry) became(id ID) string {
	list := r.events[id]
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].Sentence
}
