// SPDX-License-Identifier: EUPL-1.2

package intake

import "slices"

// alikeHeaders is the share of columns in common above which two headers are taken to be
// those of one series of files: a producer adds a column now and then.
const alikeHeaders = 0.8

// Match finds, among plans remembered from earlier imports, the one made for a file with the
// same header as fresh: the same signature, else the most columns in common.
func Match(remembered []Plan, fresh *Plan) (*Plan, bool) {
	best, bestShare := -1, alikeHeaders
	for i := range remembered {
		if remembered[i].Signature == fresh.Signature {
			return &remembered[i], true
		}
		if s := inCommon(remembered[i].Columns, fresh.Columns); s >= bestShare {
			best, bestShare = i, s
		}
	}
	if best < 0 {
		return nil, false
	}
	return &remembered[best], true
}

func inCommon(a, b []string) float64 {
	in := map[string]bool{}
	for _, l := range a {
		in[stem(l)] = true
	}
	both := 0
	for _, l := range b {
		if in[stem(l)] {
			both++
		}
	}
	return float64(both) / float64(max(len(a), len(b), 1))
}

// Adopt takes up in fresh what a person decided in a remembered plan: which column is the
// territory, which indicators the columns are, which are left out. The level of the
// territories and the years are those of the fresh file, since one producer gives the same
// header to its files by commune, EPCI and département; and a decision about a column that is
// no longer there, or no longer holds what it did, is dropped.
func Adopt(fresh, remembered *Plan) *Plan {
	p := *fresh
	p.Adopted = remembered.Table.File
	p.Measures = slices.Clone(fresh.Measures)
	p.Geo = fresh.geoAfter(remembered)
	p.Period = fresh.periodAfter(remembered)
	for _, old := range remembered.Measures {
		i := slices.IndexFunc(p.Measures, func(m Measure) bool {
			return m.Key == old.Key && stem(m.Label) == stem(old.Label)
		})
		if i < 0 {
			continue
		}
		m := &p.Measures[i]
		m.Indicator, m.Proposal, m.Unit, m.Additive, m.Confidence = old.Indicator, old.Proposal, old.Unit, old.Additive, Sure
		// A rate is left out of a file of pieces of communes, and read in the next one of whole
		// communes: that was no decision about the column.
		if p.Geo.Split == remembered.Geo.Split || m.Additive {
			m.Include = old.Include
		}
	}
	p.Doubts = slices.DeleteFunc(slices.Clone(fresh.Doubts), func(i Issue) bool { return p.settles(i) })
	return &p
}

// sameColumn is the column of p that bears the label of a column of old; None.
func (p *Plan) sameColumn(old *Plan, column int) int {
	if column < 0 || column >= len(old.Columns) {
		return None
	}
	want := stem(old.Columns[column])
	return slices.IndexFunc(p.Columns, func(l string) bool { return stem(l) == want })
}

// settles says that what was in doubt no longer is.
func (p *Plan) settles(i Issue) bool {
	switch i.Kind {
	case KindNoGeography:
		return p.Geo.Kind != GeoNone
	case KindNoMeasure:
		return slices.ContainsFunc(p.Measures, func(m Measure) bool { return m.Include })
	case KindNoPeriod:
		return p.Period.Mode != PeriodAsk
	default:
		return false
	}
}
