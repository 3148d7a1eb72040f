// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// of is the state that the status columns of a row give to a figure; told is false when
// they say nothing special.
func (s Status) of(r Row, blank bool) (state statistic.State, told bool) {
	if s.State != None {
		return s.own(r, blank)
	}
	// SDMX code list of confidentiality: anything but F (free) is withheld.
	if c := cell(r, s.Confidential); c != "" && c != "F" && c != "_Z" {
		return statistic.Secret, true
	}
	switch cell(r, s.Observation) { // SDMX code list of observation status
	case "P":
		return statistic.Provisional, !blank
	case "E", "I", "F":
		return statistic.Estimated, !blank
	case "O", "M", "L", "H":
		return statistic.Missing, true
	case "Q":
		return statistic.Secret, true
	}
	// In the files by IRIS of Insee and the Cnaf, which carry a NOTE, a blank is a secret.
	if blank && s.Note != None {
		return statistic.Secret, true
	}
	return 0, false
}

// severalKeys says that an indicator of a long table is the sum of several keys (C101 and C107).
func (a *reader) severalKeys(m *Measure) bool {
	n := 0
	for i := range a.plan.Measures {
		if o := &a.plan.Measures[i]; o.Include && o.Indicator == m.Indicator {
			n++
		}
	}
	return n > 1
}

// gather adds a figure to those of the other pieces of its territory.
func (a *reader) gather(r Row, index int, where resolution, period statistic.Period, n float64, state statistic.State) {
	m := &a.plan.Measures[index]
	if !m.Additive && where.arr {
		a.tallies["chiffres d'arrondissements de Paris, Lyon ou Marseille, qui ne s'additionnent pas"]++
		return
	}
	if !m.Additive {
		a.tellOnce(m.Indicator, Issue{Severity: Error, Kind: KindSubCommunal, File: a.plan.Table.File, Line: r.Line, Column: m.Label, Indicator: m.Indicator,
			Message: "« " + m.Label + " » est donné par quartier et ne s'additionne pas", Remedy: "Retirez cette colonne, ou importez le fichier communal."})
		return
	}
	k := sumKey{where.id, period, a.first(index)}
	s := a.sums[k]
	if s == nil {
		s = &sum{line: r.Line}
		a.sums[k] = s
	}
	if where.arr {
		s.arr.add(n, state)
	} else {
		s.whole.add(n, state)
	}
}

// first is the first measure of the same indicator, under which its sums are kept.
func (a *reader) first(index int) int {
	for i := range a.plan.Measures {
		if a.plan.Measures[i].Include && a.plan.Measures[i].Indicator == a.plan.Measures[index].Indicator {
			return i
		}
	}
	return index
}

// former points out a commune that merged before the register begins: its figures would
// belong to a geography that cannot be re-based.
func (a *reader) former(r Row, where resolution) {
	a.tellOnce(string(where.former), a.plan.formerPlace(a.places, r, where.former, where.id, "ces limites sont antérieures au registre, la ligne est laissée de côté"))
}

func (a *reader) tellOnce(key string, i Issue) {
	if !a.once[key] {
		a.once[key] = true
		a.tell(i)
	}
}

// tell yields an issue, unless there were already many of its kind.
func (a *reader) tell(i Issue) {
	a.told[i.Kind]++
	if a.told[i.Kind] <= manyIssues {
		a.give(Item{Line: i.Line, Issue: &i})
	}
}

func (a *reader) give(i Item) {
	if !a.stopped && !a.yield(i) {
		a.stopped = true
	}
}

// finish yields the sums, then the counts; it says whether anyone still listens.
func (a *reader) finish() bool {
	keys := slices.SortedFunc(maps.Keys(a.sums), func(x, y sumKey) int {
		return cmp.Or(cmp.Compare(x.measure, y.measure), cmp.Compare(x.place, y.place), cmp.Compare(x.period, y.period))
	})
	direct := a.directPlaces()
	for _, k := range keys {
		s := a.sums[k]
		p := s.whole
		if p == (pieces{}) {
			if direct[k.place] {
				a.tallies["lignes d'arrondissements, la commune entière étant dans le fichier"]++
				continue
			}
			p = s.arr
		}
		a.give(Item{Line: s.line, Value: p.value(a.plan.Measures[k.measure].Indicator, k.place, k.period)})
	}
	for _, kind := range slices.Sorted(maps.Keys(a.told)) {
		if n := a.told[kind]; n > manyIssues {
			severity := Warning
			if kind == KindBadNumber || kind == KindBadPeriod {
				severity = Error
			}
			a.give(Item{Issue: &Issue{Severity: severity, Kind: kind, File: a.plan.Table.File, Count: n - manyIssues,
				Message: "et " + french.Int(n-manyIssues) + " autres problèmes du même genre"}})
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(a.tallies)) {
		n := a.tallies[reason]
		a.give(Item{Issue: &Issue{Severity: Note, Kind: KindDropped, File: a.plan.Table.File, Count: n, Message: "Laissé de côté, " + reason + " : " + french.Int(n)}})
	}
	return !a.stopped
}

// directPlaces are the communes with arrondissements that also have a row of their own.
func (a *reader) directPlaces() map[territory.ID]bool {
	out := map[territory.ID]bool{}
	if a.plan.Geo.Split {
		return out
	}
	for _, where := range a.resolved {
		if where.id != "" && !where.arr && where.former == "" {
			out[where.id] = true
		}
	}
	return out
}

// value is the sum of pieces. With some pieces hidden or missing it is a lower bound, and
// says so; with none known it has no number.
func (p pieces) value(indicator string, place territory.ID, period statistic.Period) statistic.Value {
	all := p.known + p.secret + p.missing
	switch {
	case p.known == 0 && p.secret > 0:
		return statistic.None(indicator, place, period, statistic.Secret, "")
	case p.known == 0:
		return statistic.None(indicator, place, period, statistic.Missing, "")
	}
	v := statistic.Value{Indicator: indicator, Territory: place, Period: period, State: statistic.Observed, Number: p.total}
	if p.known < all {
		v.State = statistic.Estimated
		v.Note = fmt.Sprintf("au moins ce nombre : %d des %d parties sommées sont sous secret ou non publiées", all-p.known, all)
	}
	return v
}
