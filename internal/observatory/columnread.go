// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"

	"maillage/internal/territory"
)

// readColumn reads what was published and brings it to today's borders, then withholds what
// the source's rule of secrecy withholds.
func (s *Snapshot) readColumn(ctx context.Context, ind *Indicator, p Period) (*Column, error) {
	c := s.emptyColumn(ind, p)
	num, ok := s.nums[ind.Code]
	if !ok {
		return c, nil
	}
	others, before, err := s.readCells(ctx, c, num)
	if err != nil {
		return nil, err
	}
	weigh := s.weigher(ctx, ind)
	published := func(id territory.ID) (stored, bool) { r, ok := others[id]; return r, ok }
	for id, former := range s.past {
		v, err := s.today(ind, id, p, published, weigh)
		if err != nil {
			return nil, err
		}
		c.set(s.positions[id], v)
		for _, f := range former {
			if r, ok := others[f]; ok {
				c.published[f] = r.Value
			}
		}
	}
	for id, r := range before {
		c.published[id] = r.Value
	}
	for id, r := range others {
		if t, ok := s.reg.Get(id); ok && t.Kind != territory.Commune {
			c.others[id] = r.Value
		}
	}
	s.protect(c)
	return c, nil
}

// readCells sets the communes that kept their borders, for which what was published stands,
// and returns the values of the other territories; before are those that communes whose borders
// changed since had in the borders of that time, even when an import in today's came later.
func (s *Snapshot) readCells(ctx context.Context, c *Column, num int) (others, before map[territory.ID]stored, err error) {
	others, before = map[territory.ID]stored{}, map[territory.ID]stored{}
	active := s.activeBatches()
	at, text := -1, "" // the commune of the last row, whose younger imports replace it
	err = s.store.eachOfColumn(ctx, num, c.Period, func(r row) {
		if !active[r.batch] {
			return
		}
		if text != string(r.place) {
			text, at = string(r.place), -1
			if i, ok := s.positions[territory.ID(text)]; ok && s.past[territory.ID(text)] == nil {
				at = i
			}
		}
		if at >= 0 {
			if c.communes[at].state.HasNumber() {
				c.known-- // an older import's
			}
			c.place(at, r.state, r.number, string(r.note))
			return
		}
		v := stored{batch: r.batch, Value: Value{Indicator: c.Indicator.Code, Territory: territory.ID(text),
			Period: c.Period, State: r.state, Number: r.number, Note: string(r.note)}}
		others[v.Territory] = v
		if s.older(v) {
			before[v.Territory] = v
		}
	})
	return others, before, err
}

// older says that a value speaks of borders that its commune no longer has.
func (s *Snapshot) older(v stored) bool {
	return s.past[v.Territory] != nil && !s.since(v.Territory, s.geography(v.batch)).IsZero()
}

// activeBatches are the numbers of the imports that count.
func (s *Snapshot) activeBatches() map[int]bool {
	active := make(map[int]bool, len(s.batches))
	for num, b := range s.batches {
		active[num] = b.Active()
	}
	return active
}

// protected says that the values of an indicator fall under a rule of secrecy.
func (s *Snapshot) protected(ind *Indicator) (Secrecy, bool) {
	src, ok := s.Source(ind.Code)
	if !ok || src.Secrecy.MinCount <= 1 || ind.Kind == Rate {
		return Secrecy{}, false
	}
	return src.Secrecy, true
}

// protect withholds every count below the threshold, in today's borders and in those of the
// publication, then what would give one of them away: département by département, since their
// totals are shown beside the communes.
func (s *Snapshot) protect(c *Column) {
	rule, ok := s.protected(c.Indicator)
	if !ok {
		return
	}
	for _, d := range s.reg.All(territory.Departement) {
		members := s.members(d.ID)
		if !c.sensitive(rule, members) {
			continue
		}
		cells := make([]Value, len(members))
		places := s.reg.In(d.ID, territory.Commune)
		for i, at := range members {
			cells[i] = c.commune(at, places[i].ID)
		}
		hidden, total := Protect(rule, c.Indicator, cells, c.Of(d.ID))
		for i, at := range members {
			c.hide(at, hidden[i])
		}
		c.whole.Delete(d.ID)
		c.others[d.ID] = total
	}
	all := s.reg.All(territory.Commune)
	for i := range c.communes { // those of no département
		if c.sensitive(rule, []int{i}) {
			c.hide(i, Withhold(rule, c.Indicator, c.commune(i, all[i].ID)))
		}
	}
	for id, v := range c.others {
		c.others[id] = Withhold(rule, c.Indicator, v)
	}
	s.protectParts(c, rule)
}

// sensitive says that one of the communes at least is, or is to be, under secrecy.
func (c *Column) sensitive(rule Secrecy, members []int) bool {
	for _, i := range members {
		k := c.communes[i]
		if k.state == Secret || k.state.HasNumber() && k.number > 0 && k.number < float64(rule.MinCount) {
			return true
		}
	}
	return false
}

// hide replaces a number by the reason why it is withheld.
func (c *Column) hide(i int, v Value) {
	if v.State != c.communes[i].state {
		c.known--
		c.place(i, v.State, v.Number, v.Note)
	}
}

// protectParts withholds the other reading of a merged commune: what is below the threshold,
// and everything when the commune itself is withheld, since its parts would add up to it.
func (s *Snapshot) protectParts(c *Column, rule Secrecy) {
	for id, v := range c.published {
		c.published[id] = Withhold(rule, c.Indicator, v)
	}
	for id, former := range s.past {
		whole := c.communes[s.positions[id]]
		for _, f := range former {
			v, ok := c.published[f]
			if ok && whole.state == Secret && v.Known() {
				v.State, v.Number, v.Note = Secret, 0, complementaryNote
				c.published[f] = v
			}
		}
	}
}
