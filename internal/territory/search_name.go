// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"math/bits"
	"strings"
)

// enough answers make the tolerant search pointless.
const enough = 5

func (s *search) byName(words []string) {
	typed := strings.Join(words, " ")
	readings := []string{typed}
	if full := expand(words); full != typed {
		readings = append(readings, full)
	}
	for _, q := range readings {
		s.prefixes(q)
	}
	for _, q := range readings {
		if strings.Contains(q, " ") && len(s.best) < s.limit {
			s.scattered(strings.Fields(q))
		}
	}
	// A whole name, or a long query that matched, means what it says; "bondi" may mean
	// Bondigoux or Bondy.
	if len(s.best) == 0 || !s.exact && len(typed) < slipsTwice && len(s.best) < min(enough, s.limit) {
		s.tolerant(readings[len(readings)-1])
		if tail, ok := strings.CutPrefix(words[0], "st"); ok && tail != "" { // "stdenis"
			s.tolerant("saint" + tail + typed[len(words[0]):])
		}
	}
}

// short are the abbreviations people write, by what they stand for.
var short = map[string]string{
	"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes",
	"s": "sur", "ss": "sous", "nd": "notre dame", "mt": "mont",
}

// expand writes abbreviations in full. "s" opens no name, and may be the first letter of a
// word being typed at the end.
func expand(words []string) string {
	full := make([]string, len(words))
	for i, w := range words {
		full[i] = w
		long, ok := short[w]
		if ok && (len(w) > 1 || i > 0 && i < len(words)-1) {
			full[i] = long
		}
	}
	return strings.Join(full, " ")
}

// prefixes offers the names, or the ends of names from a word on, that begin with q.
func (s *search) prefixes(q string) {
	drawers(q, func(drawer int) {
		for _, p := range s.x.positions[drawer] {
			e := &s.x.entries[p.entry]
			if !strings.HasPrefix(e.folded[p.at:], q) {
				continue
			}
			m := match{t: e.t, why: e.why, score: classWord + e.weight}
			if p.at <= e.start {
				m.score = classPrefix + e.weight
				if len(e.folded) == int(p.at)+len(q) {
					m.score += exactBonus
					s.exact = true
				}
			}
			s.offer(m)
		}
	})
}

// drawers visits the drawers of what begins like q.
func drawers(q string, visit func(drawer int)) {
	if len(q) == 1 {
		for second := range 38 {
			visit(symbol(q, 0)*38 + second)
		}
		return
	}
	visit(pair(q))
}

// scattered offers the names where every word typed begins some word, in any order.
func (s *search) scattered(words []string) {
	rare := words[0]
	for _, w := range words[1:] {
		if len(w) > len(rare) {
			rare = w
		}
	}
	drawers(rare, func(drawer int) {
		for _, p := range s.x.positions[drawer] {
			e := &s.x.entries[p.entry]
			if strings.HasPrefix(e.folded[p.at:], rare) && everyWord(e.folded, words) {
				s.offer(match{t: e.t, why: e.why, score: classWords + e.weight})
			}
		}
	})
}

func everyWord(name string, words []string) bool {
	for _, w := range words {
		if !strings.HasPrefix(name, w) && !strings.Contains(name, " "+w) {
			return false
		}
	}
	return true
}

// tolerant offers names whose beginning differs from q by one letter (two from eight letters
// on): added, missing, changed or swapped; and names written without their spaces.
func (s *search) tolerant(q string) {
	slips := slipsAllowed(q)
	proper := q[afterArticles(q):]
	joined := strings.ReplaceAll(q, " ", "")
	set := letters(joined)
	for i := range s.x.entries {
		e := &s.x.entries[i]
		if bits.OnesCount32(set&^e.letter) > slips {
			continue
		}
		d := slipsToPrefix(q, e.folded, slips)
		if d > slips && e.start > 0 {
			d = slipsToPrefix(proper, e.folded[e.start:], slips)
		}
		if d > slips {
			if !joinedPrefix(joined, e.folded) && !joinedPrefix(joined, e.folded[e.start:]) {
				continue
			}
			d = 0
		}
		why := e.why
		if why == "" {
			why = "orthographe proche"
		}
		s.offer(match{t: e.t, why: why, score: classTolerant - 45*float32(d) + e.weight, close: d > 0})
	}
}

// slipsTwice is the length from which two slips are forgiven.
const slipsTwice = 8

func slipsAllowed(q string) int {
	switch {
	case len(q) < 4:
		return 0
	case len(q) < slipsTwice:
		return 1
	}
	return 2
}

// joinedPrefix compares without spaces: "stdenis" is typed "saintdenis" by many.
func joinedPrefix(q, name string) bool {
	i := 0
	for j := 0; j < len(name) && i < len(q); j++ {
		if name[j] == ' ' {
			continue
		}
		if name[j] != q[i] {
			return false
		}
		i++
	}
	return i == len(q)
}

// slipsToPrefix is the number of slips between q and the closest beginning of name, or
// limit+1 when there are more: the distance of Damerau-Levenshtein (with neighbouring letters
// swapped) on a band of the table, which suffices for so few slips.
func slipsToPrefix(q, name string, limit int) int {
	if len(q) > maxQuery || len(name)+limit < len(q) {
		return limit + 1
	}
	var rows [3][maxQuery + 8]uint8
	width := min(len(name), len(q)+limit)
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range width + 1 {
		last[j] = uint8(min(j, limit+1))
	}
	for i := 1; i <= len(q); i++ {
		from, to := max(1, i-limit), min(width, i+limit)
		row[from-1] = uint8(min(i, limit+1))
		if from > 1 {
			row[from-1] = uint8(limit + 1)
		}
		least := row[from-1]
		for j := from; j <= to; j++ {
			cost := uint8(1)
			if q[i-1] == name[j-1] {
				cost = 0
			}
			d := min(last[j-1]+cost, row[j-1]+1)
			if j < i+limit {
				d = min(d, last[j]+1)
			}
			if i > 1 && j > 1 && q[i-1] == name[j-2] && q[i-2] == name[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if int(least) > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	best := uint8(limit + 1)
	for j := max(0, len(q)-limit); j <= width; j++ {
		best = min(best, last[j])
	}
	return int(best)
}
