// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// inherit takes over the columns of an older snapshot that nothing has changed since: an
// import of one indicator must not send the next visitor of every page back to the database.
func (s *Snapshot) inherit(old *Snapshot) {
	if old == nil || s.reg != old.reg {
		return
	}
	now, before := fingerprints{s, map[string]string{}}, fingerprints{old, map[string]string{}}
	for _, e := range old.columns.settled() {
		code := e.key.code
		ind, ok := s.indicators[code]
		if !ok || !reflect.DeepEqual(*ind, *e.column.Indicator) || now.of(code) != before.of(code) {
			continue
		}
		o := e.column
		c := &Column{Indicator: ind, Period: o.Period, snap: s, communes: o.communes, others: o.others, published: o.published,
			notes: o.notes, noteOf: o.noteOf, known: o.known} // whole is left out: what it sums may have changed
		s.columns.put(e.key, c, e.size)
	}
}

// fingerprints say from which imports the columns of each indicator come, itself, the
// indicator that weighs it and the operands of its formula together.
type fingerprints struct {
	s    *Snapshot
	done map[string]string
}

func (f fingerprints) of(code string) string {
	if known, ok := f.done[code]; ok {
		return known
	}
	f.done[code] = "" // an indicator weighed by itself ends here
	var text strings.Builder
	for _, num := range slices.Sorted(maps.Keys(f.s.batches)) {
		if f.s.batches[num].Active() && slices.Contains(f.s.brought[num], code) {
			fmt.Fprintf(&text, "%d,", num)
		}
	}
	if ind := f.s.indicators[code]; ind != nil && ind.Aggregation.Weight != "" {
		text.WriteString("*" + f.of(ind.Aggregation.Weight))
	}
	if d := f.s.formulas[code]; d != nil {
		for _, r := range d.program.Refs() {
			text.WriteString("/" + f.of(r.Name))
		}
	}
	f.done[code] = text.String()
	return f.done[code]
}

// Warm reads what every page asks for before anybody does: the last figures of each indicator,
// the years of the coverage rate, and what a town's sheet checks for secrecy. It stops when
// ctx ends, when a younger snapshot takes over, or when half of the memory for columns is used.
func (o *Observatory) Warm(ctx context.Context) {
	o.counts()
	s := o.Snapshot()
	for _, k := range s.asked() {
		if ctx.Err() != nil || o.Snapshot() != s || s.columns.half() {
			return
		}
		if _, err := s.Column(ctx, k.code, k.period); err != nil {
			return // the page that asks will tell
		}
	}
}

// asked are the columns that pages ask for most, the most useful first.
func (s *Snapshot) asked() []columnKey {
	var last, years, secret []columnKey
	for _, ind := range s.Published() {
		_, protected := s.protected(ind)
		for i, p := range slices.Backward(s.periods[ind.Code]) {
			k := columnKey{ind.Code, p}
			switch {
			case i == len(s.periods[ind.Code])-1:
				last = append(last, k)
			case ind.Code == defaultIndicator:
				years = append(years, k)
			case protected:
				secret = append(secret, k)
			}
		}
	}
	return slices.Concat(last, years, secret)
}
