// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"slices"

	"maillage/internal/observatory/formula"
	"maillage/internal/territory"
)

// Sheet is everything known of one territory: by indicator, its values, oldest first, on
// today's geography.
type Sheet map[string][]Value

// At is the value of an indicator at a period; false when the sheet has none.
func (s Sheet) At(code string, p Period) (Value, bool) {
	for _, v := range s[code] {
		if v.Period == p {
			return v, true
		}
	}
	return Value{}, false
}

// Latest is the last value that carries a number; false when there is none.
func (s Sheet) Latest(code string) (Value, bool) {
	for _, v := range slices.Backward(s[code]) {
		if v.Known() {
			return v, true
		}
	}
	return Value{}, false
}

// Sheet reads one territory in one query, whatever the number of indicators.
func (s *Snapshot) Sheet(ctx context.Context, id territory.ID) (Sheet, error) {
	ids := append([]territory.ID{id}, s.former(id)...)
	rows, err := s.store.ofTerritories(ctx, s.codes, ids)
	if err != nil {
		return nil, err
	}
	type key struct {
		code   string
		period Period
	}
	byKey := map[key][]stored{}
	var keys []key
	for _, r := range rows {
		k := key{r.Indicator, r.Period}
		if len(byKey[k]) == 0 {
			keys = append(keys, k)
		}
		byKey[k] = append(byKey[k], r)
	}
	sheet := Sheet{}
	for _, k := range keys {
		ind, ok := s.indicators[k.code]
		if !ok {
			continue
		}
		raw := s.youngest(byKey[k])
		if len(raw) == 0 {
			continue
		}
		v, err := s.today(ind, id, k.period, func(id territory.ID) (stored, bool) { r, ok := raw[id]; return r, ok }, s.weigher(ctx, ind))
		if err != nil {
			return nil, err
		}
		if v, err = s.protectOne(ctx, ind, v); err != nil {
			return nil, err
		}
		sheet[k.code] = append(sheet[k.code], v)
	}
	s.addPopulations(sheet, id)
	sheet.sort()
	s.addDerived(sheet, id)
	return sheet, nil
}

// AsPublished is the other reading of a commune whose borders changed: for itself in its borders
// of then, and for each commune it comes from, the values as they were published. What is
// withheld today is withheld there. It is empty for a commune that did not change.
func (s *Snapshot) AsPublished(ctx context.Context, id territory.ID) (map[territory.ID]Sheet, error) {
	rows, err := s.store.ofTerritories(ctx, s.codes, s.Former(id))
	if err != nil {
		return nil, err
	}
	young := map[columnKey]map[territory.ID]stored{}
	for _, r := range rows { // by territory, indicator, period, then import
		k := columnKey{r.Indicator, r.Period}
		if b := s.batches[r.batch]; b == nil || !b.Active() || r.Territory == id && !s.older(r) {
			continue
		}
		if young[k] == nil {
			young[k] = map[territory.ID]stored{}
		}
		young[k][r.Territory] = r
	}
	sheets := map[territory.ID]Sheet{}
	for k, values := range young {
		for place, v := range values {
			shown, err := s.partShown(ctx, id, k, v.Value)
			if err != nil {
				return nil, err
			}
			if sheets[place] == nil {
				sheets[place] = Sheet{}
			}
			sheets[place][k.code] = append(sheets[place][k.code], shown)
		}
	}
	for _, sheet := range sheets {
		sheet.sort()
	}
	return sheets, nil
}

// partShown is a published value of a part of id, withheld if it must be.
func (s *Snapshot) partShown(ctx context.Context, id territory.ID, k columnKey, v Value) (Value, error) {
	ind, ok := s.indicators[k.code]
	if !ok {
		return v, nil
	}
	if _, protected := s.protected(ind); !protected {
		return v, nil
	}
	c, err := s.Column(ctx, k.code, k.period)
	if err != nil {
		return v, err
	}
	if shown, ok := c.published[v.Territory]; ok {
		return shown, nil
	}
	return Value{Indicator: k.code, Territory: v.Territory, Period: k.period}, nil
}

func (s Sheet) sort() {
	for code := range s {
		slices.SortFunc(s[code], func(a, b Value) int { return compareText(string(a.Period), string(b.Period)) })
	}
}

// Series is one indicator of one territory over every period that has figures somewhere: a
// year without a value is there, with its reason. Larger territories are brought together
// from their communes when nothing is published for them.
func (s *Snapshot) Series(ctx context.Context, code string, id territory.ID) ([]Value, error) {
	list := make([]Value, 0, len(s.periods[code]))
	for _, p := range s.periods[code] {
		c, err := s.Column(ctx, code, p)
		if err != nil {
			return nil, err
		}
		list = append(list, c.Of(id))
	}
	return list, nil
}

// addDerived computes the formulas from the sheet's own values.
func (s *Snapshot) addDerived(sheet Sheet, id territory.ID) {
	for _, ind := range s.ordered { // operands may be derived too: twice is deep enough for a chain of two
		s.deriveInto(sheet, id, ind.Code)
	}
}

func (s *Snapshot) deriveInto(sheet Sheet, id territory.ID, code string) {
	d, done := s.formulas[code], sheet[code]
	if d == nil || done != nil {
		return
	}
	refs := d.program.Refs()
	for _, r := range refs {
		s.deriveInto(sheet, id, r.Name)
	}
	for _, p := range s.periods[code] {
		in := make([]formula.Column, len(refs))
		for k, r := range refs {
			v, _ := sheet.At(r.Name, p.AddYears(r.Lag))
			in[k] = formula.Column{Numbers: []float64{v.Number}, States: []State{v.State}}
		}
		sheet[code] = append(sheet[code], s.explainDerived(Value{Indicator: code, Territory: id, Period: p}, d.program, in))
	}
}
