// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"fmt"
	"slices"
	"strings"

	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// Weigher gives the weight of a territory for a period: the value of the weighing indicator,
// of the nearest year known when that of the period is not; the year taken is its Period.
type Weigher func(id territory.ID, p Period) (Value, bool)

// Rebasing is a question: what was the indicator worth, over this period, on today's borders
// of the place, when it was published for the territories that make it up?
type Rebasing struct {
	Indicator *Indicator
	Place     *territory.Territory
	Period    Period
	Parts     []territory.Part                 // of the geography of the publication
	Value     func(territory.ID) (Value, bool) // as published
	Name      func(territory.ID) string        // of a part
	Since     clock.Date                       // when today's borders began; zero when not known
	Weigh     Weigher                          // for a weighted mean; else nil
	Weight    *Indicator                       // the weighing indicator, for the footnote
	Source    *Source                          // of the weighing indicator, for the footnote
}

// Rebased is the answer. Footnote is to be printed under the figure; it is "" when today's
// borders are those of the publication. Parts are the values as published, the other reading.
type Rebased struct {
	Value    Value
	Footnote string
	Parts    []Value
}

// Rebase brings values published for an older geography to today's. Counts add up, rates
// with a weight are averaged, and what may not be aggregated stays unknown, with the reason.
// A secret part makes the whole secret, a missing one makes it missing: a sum of what
// happens to be known would be taken for the total.
func Rebase(q Rebasing) Rebased {
	r := Rebased{Parts: make([]Value, len(q.Parts))}
	state, absent := Observed, []string{}
	for i, p := range q.Parts {
		v, ok := q.Value(p.ID)
		if !ok {
			v = statistic.None(q.Indicator.Code, p.ID, q.Period, Missing, "")
		}
		r.Parts[i] = v
		state = statistic.Combine(state, v.State)
	}
	switch {
	case len(q.Parts) == 0:
		r.Value = q.none(Missing, "")
		return r
	case q.unchanged():
		r.Value = r.Parts[0]
		r.Value.Territory = q.Place.ID
		return r
	}
	for i, v := range r.Parts {
		if v.State == state && !state.HasNumber() {
			absent = append(absent, french.DeName(q.Name(q.Parts[i].ID)))
		}
	}
	switch {
	case !state.HasNumber():
		r.Value = q.none(state, fmt.Sprintf("%s : le chiffre %s manque (%s)", q.when(), list(absent), state.Label()))
	case q.Indicator.Aggregation.Rule == Sum:
		r.Value, r.Footnote = q.sum(r.Parts, state)
	case len(q.Parts) == 1 && (q.Indicator.Aggregation.Rule == WeightedMean || q.whole()):
		r.Value, r.Footnote = q.single(r.Parts[0], state)
	case q.Indicator.Aggregation.Rule == WeightedMean:
		r.Value, r.Footnote = q.mean(r.Parts)
	default:
		r.Value = q.none(Missing, fmt.Sprintf("%s : publié seulement pour les territoires %s d'alors, et cet indicateur ne s'agrège pas", q.when(), list(q.names())))
	}
	if r.Value.Known() {
		r.Value.Note = withNotes(r.Footnote, r.Parts)
	}
	return r
}

// unchanged says that the place is published in its own borders.
func (q Rebasing) unchanged() bool {
	return len(q.Parts) == 1 && q.Parts[0].ID == q.Place.ID && q.whole()
}

// whole says that each part lies within the place from end to end.
func (q Rebasing) whole() bool {
	return !slices.ContainsFunc(q.Parts, func(p territory.Part) bool { return p.Share < 1 })
}

func (q Rebasing) none(s State, note string) Value {
	return statistic.None(q.Indicator.Code, q.Place.ID, q.Period, s, note)
}

func (q Rebasing) some(s State, n float64) Value {
	return Value{Indicator: q.Indicator.Code, Territory: q.Place.ID, Period: q.Period, State: s, Number: n}
}

func (q Rebasing) sum(parts []Value, state State) (Value, string) {
	total := 0.0
	for i, v := range parts {
		total += v.Number * q.Parts[i].Share
	}
	if !q.whole() {
		return q.some(Estimated, total), q.when() + " : estimé d'après la part " + list(q.names()) + " qui en fait partie aujourd'hui."
	}
	if len(parts) == 1 {
		return q.single(parts[0], state)
	}
	return q.some(state, total), q.when() + " : somme " + list(q.names()) + "."
}

// single is the value of the one territory the place comes from: under another code or name,
// or as a piece of it when the territory was split.
func (q Rebasing) single(v Value, state State) (Value, string) {
	if !q.whole() {
		return q.some(Estimated, v.Number), q.when() + " : valeur " + q.names()[0] + ", dont il faisait partie."
	}
	return q.some(state, v.Number), q.when() + " : valeur " + q.names()[0] + ", son ancien nom ou code."
}

func (q Rebasing) mean(parts []Value) (Value, string) {
	low, high := parts[0].Number, parts[0].Number
	weights, total := 0.0, 0.0
	var years []string
	for i, v := range parts {
		w, ok := Value{}, false
		if q.Weigh != nil {
			w, ok = q.Weigh(q.Parts[i].ID, q.Period)
		}
		if !ok || !w.Known() || w.Number < 0 {
			return q.none(Missing, fmt.Sprintf("%s : pas de moyenne, le poids %s n'est pas connu", q.when(), q.names()[i])), ""
		}
		if year := w.Period.French(); !slices.Contains(years, year) {
			years = append(years, year)
		}
		low, high = min(low, v.Number), max(high, v.Number)
		weights += w.Number * q.Parts[i].Share
		total += w.Number * q.Parts[i].Share * v.Number
	}
	if weights == 0 {
		return q.none(NotApplicable, q.when()+" : pas de moyenne, les poids sont nuls"), ""
	}
	// The bounds undo the last bit of rounding, nothing else.
	n := min(max(total/weights, low), high)
	return q.some(Estimated, n), fmt.Sprintf("%s : moyenne %s, pondérée par « %s » (%s).", q.when(), list(q.names()), q.weightWords(), q.weightSource(years))
}

func (q Rebasing) weightWords() string {
	if q.Weight == nil {
		return "poids connus"
	}
	return q.Weight.Title
}

func (q Rebasing) weightSource(years []string) string {
	slices.Sort(years)
	if q.Source == nil {
		return strings.Join(years, ", ")
	}
	return q.Source.Name + ", " + strings.Join(years, ", ")
}

// when is how a footnote begins: "Saint-Denis avant 2025".
func (q Rebasing) when() string {
	if q.Since.IsZero() {
		return q.Place.Name + " dans ses limites d'aujourd'hui"
	}
	if q.Since.Month == 1 && q.Since.Day == 1 {
		return fmt.Sprintf("%s avant %d", q.Place.Name, q.Since.Year)
	}
	return q.Place.Name + " avant le " + q.Since.French()
}

// names are "de Saint-Denis", "de Pierrefitte-sur-Seine": the place itself first.
func (q Rebasing) names() []string {
	out := make([]string, len(q.Parts))
	for i, p := range q.Parts {
		out[i] = french.DeName(q.Name(p.ID))
	}
	return out
}

// list is "de A, de B et de C".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " et " + words[last]
}

// withNotes adds to the footnote what the parts say of themselves, each thing once.
func withNotes(footnote string, parts []Value) string {
	out := []string{footnote}
	for _, v := range parts {
		if v.Note != "" && !slices.Contains(out, v.Note) {
			out = append(out, v.Note)
		}
	}
	return strings.TrimSpace(strings.Join(out, " "))
}

// Nearest picks, among the values of one indicator and one place, the known one whose year
// is nearest to that of p, the older of two at the same distance; false when none is known.
func Nearest(values []Value, p Period) (Value, bool) {
	best, found := Value{}, false
	gap := func(v Value) int { return max(v.Period.Year()-p.Year(), p.Year()-v.Period.Year()) }
	for _, v := range values {
		if !v.Known() {
			continue
		}
		if !found || gap(v) < gap(best) || gap(v) == gap(best) && v.Period < best.Period {
			best, found = v, true
		}
	}
	return best, found
}
