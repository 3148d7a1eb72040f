// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// Criterion is one respect in which two towns are compared, with its words.
type Criterion struct {
	Indicator string // code; the values come from Profile.Values
	Unit      string // as written after the figures: "habitants", "%"; "" for none
	Decimals  int
	Log       bool    // compared by ratio rather than by difference: populations, densities
	Weight    float64 // in the distance; above 0

	Name   string // "population", "taux de pauvreté": for lists, and for what is not known
	Near   string // "population proche"
	Higher string // "population plus forte": the peer has more than the town
	Lower  string // "population plus faible"
}

// Criteria are the respects compared when a person chooses none: what makes the work of a
// town in childcare like that of another.
func Criteria() []Criterion {
	return []Criterion{
		{"population_municipale", "habitants", 0, true, 2, "population", "population proche", "population plus forte", "population plus faible"},
		{"densite", "habitants par km²", 0, true, 1, "densité", "densité proche", "densité plus forte", "densité plus faible"},
		{"pauvrete_60", "%", 0, false, 1.5, "taux de pauvreté", "taux de pauvreté voisin", "taux de pauvreté plus élevé", "taux de pauvreté plus bas"},
		{"part_enfants_0_2", "enfants de moins de 3 ans pour 100 habitants", 1, false, 1.5, "part d'enfants", "part d'enfants voisine", "part d'enfants plus forte", "part d'enfants plus faible"},
		{"monoparents_pour_100", "familles monoparentales pour 100 enfants", 0, false, 1, "part de familles monoparentales", "part de familles monoparentales voisine", "plus de familles monoparentales", "moins de familles monoparentales"},
		{"couverture_globale", "places pour 100 enfants", 1, false, 1, "taux de couverture", "taux de couverture voisin", "taux de couverture plus élevé", "taux de couverture plus bas"},
	}
}

// Profile is a territory and what is known of it, by indicator.
type Profile struct {
	Territory *territory.Territory
	Values    map[string]Value
}

// Choice is what a person may change in the list of comparable towns.
type Choice struct {
	Count       int            // how many; 8 when 0
	Departement bool           // those of the same département first, others only to make up the number
	Off         []string       // criteria left out, by indicator
	Pinned      []territory.ID // always in the list, at its head
	Excluded    []territory.ID // never in it
}

// Peer is one comparable town, with the reasons for its likeness.
type Peer struct {
	Territory *territory.Territory
	Distance  float64 // 0 is alike in every respect; 1 is the distance of two towns taken at random
	Pinned    bool
	Elsewhere bool     // in another département
	Reasons   []Reason // the closest respect first
	Unknown   []string // names of the criteria that could not be compared
}

// Reason is one sentence: "population proche : 43 234 contre 42 524 habitants".
type Reason struct {
	Indicator string
	Alike     bool // false when it tells a difference
	Text      string
	gap       float64
}

// Alike is closer than this many standard deviations; two normal values are closer than
// 0.5 about one time in four.
const alike = 0.5

// randomGap is the mean squared distance, in standard deviations, of two values drawn at
// random: what a criterion that is not known counts for, so that ignorance is neither
// likeness nor distance.
const randomGap = 2.0

// Peers lists the territories most like the town, the closest first. Only those of the same
// kind are compared, on the criteria that the town itself has a figure for.
func Peers(town Profile, others []Profile, criteria []Criterion, choice Choice) []Peer {
	m := newMeter(town, others, criteria, choice.Off)
	var list []Peer
	for _, o := range others {
		if o.Territory.ID == town.Territory.ID || o.Territory.Kind != town.Territory.Kind || slices.Contains(choice.Excluded, o.Territory.ID) {
			continue
		}
		p := Peer{Territory: o.Territory, Pinned: slices.Contains(choice.Pinned, o.Territory.ID),
			Elsewhere: o.Territory.Departement != town.Territory.Departement}
		known := false
		p.Distance, known = m.distance(o)
		if known || p.Pinned {
			list = append(list, p)
		}
	}
	rank := func(p Peer) int {
		switch {
		case p.Pinned:
			return 0
		case choice.Departement && p.Elsewhere:
			return 2
		default:
			return 1
		}
	}
	slices.SortFunc(list, func(a, b Peer) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(a.Distance, b.Distance), strings.Compare(string(a.Territory.ID), string(b.Territory.ID)))
	})
	count := choice.Count
	if count <= 0 {
		count = 8
	}
	list = slices.Clip(list[:min(len(list), max(count, len(choice.Pinned)))])
	byID := map[territory.ID]Profile{}
	for _, o := range others {
		byID[o.Territory.ID] = o
	}
	for i := range list {
		list[i].Reasons, list[i].Unknown = m.reasons(byID[list[i].Territory.ID])
	}
	return list
}

// meter measures likeness to one town.
type meter struct {
	town     Profile
	criteria []Criterion
	own      []float64 // of the town, on the scale compared
	spread   []float64 // standard deviation among all
	unknown  []string  // criteria the town itself has no figure for
}

func newMeter(town Profile, others []Profile, criteria []Criterion, off []string) *meter {
	m := &meter{town: town}
	for _, c := range criteria {
		if slices.Contains(off, c.Indicator) {
			continue
		}
		own, ok := c.scaled(town)
		if !ok {
			m.unknown = append(m.unknown, c.Name)
			continue
		}
		var all []float64
		for _, o := range others {
			if v, ok := c.scaled(o); ok && o.Territory.Kind == town.Territory.Kind {
				all = append(all, v)
			}
		}
		m.criteria, m.own, m.spread = append(m.criteria, c), append(m.own, own), append(m.spread, deviation(all))
	}
	return m
}

// scaled is the figure of a profile on the scale compared; ok is false when it is not known.
func (c Criterion) scaled(p Profile) (float64, bool) {
	v, ok := p.Values[c.Indicator]
	switch {
	case !ok || !v.Known():
		return 0, false
	case c.Log && v.Number <= 0:
		return 0, false
	case c.Log:
		return math.Log(v.Number), true
	default:
		return v.Number, true
	}
}

func deviation(all []float64) float64 {
	if len(all) < 2 {
		return 0
	}
	mean, squares := 0.0, 0.0
	for i, v := range all {
		d := v - mean
		mean += d / float64(i+1)
		squares += d * (v - mean)
	}
	return math.Sqrt(squares / float64(len(all)-1))
}

// gap is how far apart the town and the other are on a criterion, in standard deviations,
// positive when the other has more.
func (m *meter) gap(i int, o Profile) (float64, bool) {
	v, ok := m.criteria[i].scaled(o)
	if !ok {
		return 0, false
	}
	if m.spread[i] == 0 {
		return 0, true
	}
	return (v - m.own[i]) / m.spread[i], true
}

// distance is 1 for two towns taken at random; known is false when nothing can be compared.
func (m *meter) distance(o Profile) (d float64, known bool) {
	weights := 0.0
	for i, c := range m.criteria {
		square := randomGap
		if g, ok := m.gap(i, o); ok {
			square, known = g*g, true
		}
		d += c.Weight * square
		weights += c.Weight
	}
	if weights == 0 {
		return 0, false
	}
	return math.Sqrt(d / weights / randomGap), known
}

func (m *meter) reasons(o Profile) (out []Reason, unknown []string) {
	unknown = slices.Clone(m.unknown)
	for i, c := range m.criteria {
		g, ok := m.gap(i, o)
		if !ok {
			unknown = append(unknown, c.Name)
			continue
		}
		words := c.Near
		switch {
		case g > alike:
			words = c.Higher
		case g < -alike:
			words = c.Lower
		}
		theirs, ours := o.Values[c.Indicator], m.town.Values[c.Indicator]
		text := words + " : " + french.Number(theirs.Number, c.Decimals) + " contre " + french.Number(ours.Number, c.Decimals)
		switch c.Unit {
		case "":
		case "%":
			text += "\u202f%"
		default:
			text += " " + c.Unit
		}
		out = append(out, Reason{c.Indicator, math.Abs(g) <= alike, text, math.Abs(g)})
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return cmp.Compare(a.gap, b.gap) })
	return out, unknown
}
