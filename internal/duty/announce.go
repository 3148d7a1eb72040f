// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// AnnouncementKind says what is announced about a threshold.
type AnnouncementKind string

// Crossed: the population in force went over or under. Decided: a population already
// published will do so. Expected: the trend would. Straddling: population municipale and
// population totale are on different sides.
const (
	CrossedUp    AnnouncementKind = "passe-au-dessus"
	CrossedDown  AnnouncementKind = "passe-au-dessous"
	DecidedUp    AnnouncementKind = "passera-au-dessus"
	DecidedDown  AnnouncementKind = "passera-au-dessous"
	ExpectedUp   AnnouncementKind = "tendance-au-dessus"
	ExpectedDown AnnouncementKind = "tendance-au-dessous"
	Straddling   AnnouncementKind = "entre-deux-populations"
)

// Announcement tells a territory that a threshold was, will be or may be crossed.
type Announcement struct {
	Kind      AnnouncementKind
	Threshold int
	Count     int        // inhabitants in force on the evaluated date
	On        clock.Date // day the crossing takes or would take effect
	Rules     []Rule     // what depends on the threshold
	Sentence  string
	Method    string // how a trend was drawn and how sure it is; empty for facts
}

// Announce lists, for the date, the thresholds that the territory crossed with the population
// in force, will cross with one already known, or would cross within five years if the trend
// went on; and those between its two populations. Nothing is announced for competences that a
// commune has transferred. The law has no hysteresis: a fall is told, and nothing is deleted.
func Announce(rules *Rules, facts Facts, date clock.Date) []Announcement {
	var out []Announcement
	for _, s := range series(rules, facts, date) {
		now, ok := InForce(s.populations, date)
		if !ok {
			continue
		}
		out = append(out, s.crossed(now)...)
		known := s.decided(now)
		if len(known) == 0 { // a published figure makes the trend idle
			known = s.expected(now)
		}
		out = append(out, known...)
		if now.TotalKnown && now.Municipal > 0 && now.Total > s.threshold && now.Municipal <= s.threshold {
			out = append(out, s.straddling(now))
		}
	}
	return out
}

// watched is one threshold, the rules that hang on it and the populations it looks at, oldest first.
type watched struct {
	name        string
	threshold   int
	rules       []Rule
	populations []Population
	trend       []Population // the same within constant limits
	sum         bool         // of several communes
}

// series groups the rules of the territory by threshold and by the communes that count.
func series(rules *Rules, facts Facts, date clock.Date) []*watched {
	var out []*watched
	byKey := map[string]*watched{}
	for _, code := range rules.Codes() {
		rule, ok := rules.At(code, date)
		if !ok || rule.Above == 0 || rule.Who != ToHolder && rule.Who != ToTown || !concerns(rule.Who, facts.Territory.Kind) {
			continue
		}
		h := newHearing(rules, rule, facts, date)
		if rule.Who == ToHolder && len(h.held) == 0 {
			continue
		}
		key := fmt.Sprint(rule.Above)
		for _, t := range h.from {
			key += " " + t.Commune.ID
		}
		w := byKey[key]
		if w == nil {
			w = &watched{name: facts.Territory.Name, threshold: rule.Above}
			w.populations = sortedPopulations(facts.Populations)
			w.trend = w.populations
			if facts.Rebased != nil { // a merger is not growth
				w.trend = sortedPopulations(facts.Rebased)
			}
			if facts.Territory.Kind != Commune {
				w.populations, w.sum = summed(h.from), true
				w.trend = w.populations
			}
			byKey[key] = w
			out = append(out, w)
		}
		w.rules = append(w.rules, rule)
	}
	return out
}

func sortedPopulations(ps []Population) []Population {
	return slices.SortedFunc(slices.Values(ps), func(a, b Population) int {
		return cmp.Or(a.InForce.Compare(b.InForce), cmp.Compare(a.Year, b.Year))
	})
}

// summed adds, for each date in force that all the communes share, their populations.
func summed(from []Transfer) []Population {
	byDate := map[clock.Date]Population{}
	seen := map[clock.Date]int{}
	for _, t := range from {
		for _, p := range t.Populations {
			s, known := byDate[p.InForce]
			if !known {
				s = Population{Year: p.Year, InForce: p.InForce, TotalKnown: true}
			}
			s.Total += p.Count()
			s.Municipal += p.Municipal
			s.TotalKnown = s.TotalKnown && p.TotalKnown
			s.Missing = max(s.Missing, p.Missing)
			byDate[p.InForce] = s
			seen[p.InForce]++
		}
	}
	var out []Population
	for day, p := range byDate {
		if seen[day] == len(from) {
			if !p.TotalKnown { // a mixed sum is counted as it is, and said to be municipal
				p.Municipal = p.Total
			}
			out = append(out, p)
		}
	}
	return sortedPopulations(out)
}

// crossed compares the population in force with the one before it.
func (w *watched) crossed(now Population) []Announcement {
	i := slices.Index(w.populations, now)
	if i <= 0 {
		return nil
	}
	before := w.populations[i-1]
	switch {
	case before.Count() <= w.threshold && now.Count() > w.threshold:
		return []Announcement{w.announce(CrossedUp, now, now.InForce,
			"Depuis le %s, %s compte %s, contre %s auparavant : le seuil de %s est dépassé. Cela concerne : %s.",
			now.InForce.French(), w.name, w.figure(now), french.Int(before.Count()), french.Int(w.threshold), w.titles())}
	case before.Count() > w.threshold && now.Count() <= w.threshold:
		return []Announcement{w.announce(CrossedDown, now, now.InForce,
			"Depuis le %s, %s compte %s, contre %s auparavant : le seuil de %s n'est plus dépassé. La loi ne prévoit pas de maintien ; "+
				"ne s'imposent plus : %s. Rien n'est effacé ici, et poursuivre reste possible.",
			now.InForce.French(), w.name, w.figure(now), french.Int(before.Count()), french.Int(w.threshold), w.titles())}
	}
	return nil
}

// decided looks at the next population already known.
func (w *watched) decided(now Population) []Announcement {
	i := slices.Index(w.populations, now)
	if i < 0 || i+1 >= len(w.populations) {
		return nil
	}
	next := w.populations[i+1]
	kind, verb := DecidedUp, "sera dépassé. Cela concernera"
	switch {
	case now.Count() <= w.threshold && next.Count() > w.threshold:
	case now.Count() > w.threshold && next.Count() <= w.threshold:
		kind, verb = DecidedDown, "ne sera plus dépassé. La loi ne prévoit pas de maintien ; ne s'imposeront plus"
	default:
		return nil
	}
	return []Announcement{w.announce(kind, now, next.InForce,
		"Au %s, la population de %s en vigueur passera de %s à %s : le seuil de %s %s : %s.",
		next.InForce.French(), w.name, french.Int(now.Count()), inhabitants(next.Count()), french.Int(w.threshold), verb, w.titles())}
}

func (w *watched) straddling(now Population) Announcement {
	return w.announce(Straddling, now, now.InForce,
		"%s : la population municipale (%s) est au-dessous du seuil de %s, la population totale (%s) au-dessus. "+
			"C'est la population totale qui est retenue ; pour une commune seule, la loi dit seulement « habitants » (à vérifier).",
		w.name, french.Int(now.Municipal), french.Int(w.threshold), french.Int(now.Total))
}

func (w *watched) announce(kind AnnouncementKind, now Population, on clock.Date, format string, args ...any) Announcement {
	return Announcement{Kind: kind, Threshold: w.threshold, Count: now.Count(), On: on, Rules: w.rules,
		Sentence: fmt.Sprintf(format, args...)}
}

func (w *watched) figure(p Population) string {
	sum := ""
	if w.sum {
		sum = "somme, "
	}
	return fmt.Sprintf("%s (%spopulation %s %d)", inhabitants(p.Count()), sum, measure(p.TotalKnown, "totale", "municipale"), p.Year)
}

// titles lists what hangs on the threshold, in the order of the rules, but for what merely
// follows from the scheme.
func (w *watched) titles() string {
	var titles []string
	for _, r := range w.rules {
		if r.Fulfilment != ByUpdate && r.Fulfilment != ByReports {
			titles = append(titles, uncapital(r.Title))
		}
	}
	return strings.Join(titles, " ; ")
}
