// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"fmt"
	"slices"

	"maillage/internal/platform/clock"
	"maillage/internal/territory"
)

// today brings what was published for one indicator and period to today's borders of a place.
// published finds the value that counts for a territory of any geography.
func (s *Snapshot) today(ind *Indicator, id territory.ID, p Period, published func(territory.ID) (stored, bool), weigh Weigher) (Value, error) {
	own, ok := published(id)
	if _, changed := s.past[id]; !changed {
		if !ok {
			return Value{Indicator: ind.Code, Territory: id, Period: p}, nil
		}
		return own.Value, nil
	}
	place, known := s.reg.Get(id)
	if !known {
		return Value{}, fmt.Errorf("territory %s is not in the register", id)
	}
	geography, found := s.geographyOf(id, own, ok, published)
	if !found {
		return Value{Indicator: ind.Code, Territory: id, Period: p}, nil
	}
	q := Rebasing{Indicator: ind, Place: place, Period: p, Parts: s.reg.Parts(id, geography), Weigh: weigh,
		Value: func(part territory.ID) (Value, bool) { r, ok := published(part); return r.Value, ok },
		Name: func(part territory.ID) string {
			if t, ok := s.reg.At(part, geography); ok {
				return t.Name
			}
			return string(part)
		}, Since: s.since(id, geography)}
	if code := ind.Aggregation.Weight; code != "" {
		q.Weight = s.indicators[code]
		q.Source, _ = s.Source(code)
	}
	return Rebase(q).Value, nil
}

// geographyOf is the geography in which the place was published: that of its own value, or of
// one of its former communes.
func (s *Snapshot) geographyOf(id territory.ID, own stored, ok bool, published func(territory.ID) (stored, bool)) (clock.Date, bool) {
	if ok {
		return s.geography(own.batch), true
	}
	for _, f := range s.former(id) {
		if r, ok := published(f); ok {
			return s.geography(r.batch), true
		}
	}
	return clock.Date{}, false
}

// since is when the borders of a place last changed after a geography.
func (s *Snapshot) since(id territory.ID, geography clock.Date) clock.Date {
	var last clock.Date
	for _, e := range s.reg.Events(id) {
		if len(e.From) > 0 && e.Date.After(geography) && e.Date.After(last) && slices.Contains(e.To, id) {
			last = e.Date
		}
	}
	return last
}

// former lists the communes of earlier geographies of which some part is now in id.
func (s *Snapshot) former(id territory.ID) []territory.ID { return s.past[id] }

// Former lists the communes that a commune of today comes from, itself first; empty when its
// borders have not changed since the first vintage.
func (s *Snapshot) Former(id territory.ID) []territory.ID {
	past, changed := s.past[id]
	if !changed || len(past) == 0 {
		return nil
	}
	return append([]territory.ID{id}, past...)
}

// weigher weighs the former communes by the indicator that the aggregation names, at the
// nearest year known; nil when there is none.
func (s *Snapshot) weigher(ctx context.Context, ind *Indicator) Weigher {
	code := ind.Aggregation.Weight
	if ind.Aggregation.Rule != WeightedMean || code == "" {
		return nil
	}
	return func(id territory.ID, p Period) (Value, bool) {
		if isPopulation(code) {
			return Nearest(s.populations(code, id), p)
		}
		for _, year := range s.nearestPeriods(code, p) {
			c, err := s.Column(ctx, code, year)
			if err != nil {
				return Value{}, false
			}
			if v, ok := c.published[id]; ok && v.Known() {
				return v, true
			}
			if s.past[id] != nil {
				continue // today's figure weighs the whole, not the part that bore its name
			}
			if v := c.Of(id); v.Known() {
				return v, true
			}
		}
		return Value{}, false
	}
}

// nearestPeriods orders the periods of an indicator by their distance in years to p.
func (s *Snapshot) nearestPeriods(code string, p Period) []Period {
	list := slices.Clone(s.periods[code])
	gap := func(q Period) int { return max(q.Year()-p.Year(), p.Year()-q.Year()) }
	slices.SortStableFunc(list, func(a, b Period) int { return gap(a) - gap(b) })
	return list
}

func (s *Snapshot) populations(code string, id territory.ID) []Value {
	var list []Value
	for _, p := range s.reg.Populations(id) {
		list = append(list, populationValue(code, id, p))
	}
	return list
}

// protectOne withholds one value of a territory's own sheet by the primary rule. What was
// hidden to protect another is hidden here too, since the sheet reads that column.
func (s *Snapshot) protectOne(ctx context.Context, ind *Indicator, v Value) (Value, error) {
	src, ok := s.Source(ind.Code)
	if !ok || src.Secrecy.MinCount <= 1 || ind.Kind == Rate {
		return v, nil
	}
	c, err := s.Column(ctx, ind.Code, v.Period)
	if err != nil {
		return v, err
	}
	return c.Of(v.Territory), nil
}
