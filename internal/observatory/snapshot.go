// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"maillage/internal/territory"
)

// Observatory answers from memory what it has read once: a Snapshot holds for one state of
// the database and is replaced as a whole when an import is accepted or withdrawn.
type Observatory struct {
	Store     *Store
	Registry  *territory.Registry
	Catalogue *Catalogue

	ground     *Ground
	counts     func() map[columnKey]*Column
	refreshing sync.Mutex
	now        atomic.Pointer[Snapshot]
}

// New opens the observatory over a migrated database.
func New(ctx context.Context, store *Store, ground *Ground, cat *Catalogue) (*Observatory, error) {
	o := &Observatory{Store: store, Registry: ground.reg, Catalogue: cat, ground: ground}
	o.counts = sync.OnceValue(func() map[columnKey]*Column { return countPeople(ground.reg) })
	return o, o.Refresh(ctx)
}

// Snapshot is the present state. It never changes; a request keeps the one it began with.
func (o *Observatory) Snapshot() *Snapshot { return o.now.Load() }

// Refresh looks whether this or another process has changed the values, and reads anew if so.
func (o *Observatory) Refresh(ctx context.Context) error {
	o.refreshing.Lock()
	defer o.refreshing.Unlock()
	versions, err := o.Store.db.Versions(ctx)
	if err != nil {
		return err
	}
	version := versions[changeName]
	if s := o.now.Load(); s != nil && s.Version == version {
		return nil
	}
	s, err := o.read(ctx, version)
	if err != nil {
		return fmt.Errorf("observatory: %w", err)
	}
	s.inherit(o.now.Load())
	o.now.Store(s)
	return nil
}

// Snapshot is everything known of the indicators at one version of the database.
type Snapshot struct {
	Version int64
	*Ground

	store         *Store
	cat           *Catalogue
	batches       map[int]*Batch
	codes         map[int]string
	nums          map[string]int
	indicators    map[string]*Indicator
	ordered       []*Indicator
	periods       map[string][]Period
	brought       map[int][]string // by batch: the indicators it brought
	importedYears []Period         // for which an import brought total populations
	formulas      map[string]*derived
	columns       *columnCache
	counts        func() map[columnKey]*Column // the populations, laid out once
}

func (o *Observatory) read(ctx context.Context, version int64) (*Snapshot, error) {
	s := &Snapshot{Version: version, store: o.Store, Ground: o.ground, cat: o.Catalogue,
		batches: map[int]*Batch{}, nums: map[string]int{}, indicators: map[string]*Indicator{},
		periods: map[string][]Period{}, brought: map[int][]string{}, formulas: map[string]*derived{}}
	s.columns, s.counts = newColumnCache(columnBudget), o.counts
	batches, err := o.Store.Batches(ctx)
	if err != nil {
		return nil, err
	}
	for i := range batches {
		s.batches[batches[i].Num] = &batches[i]
	}
	if s.codes, err = o.Store.codes(ctx); err != nil {
		return nil, err
	}
	for num, code := range s.codes {
		s.nums[code] = num
	}
	local, err := o.Store.LocalIndicators(ctx)
	if err != nil {
		return nil, err
	}
	s.index(local)
	if err := s.readPeriods(ctx); err != nil {
		return nil, err
	}
	return s, s.compile()
}

func (s *Snapshot) index(local []Indicator) {
	for i := range s.cat.Indicators {
		s.indicators[s.cat.Indicators[i].Code] = &s.cat.Indicators[i]
	}
	for i := range local {
		if _, shipped := s.indicators[local[i].Code]; !shipped {
			s.indicators[local[i].Code] = &local[i]
		}
	}
	for _, ind := range s.indicators {
		s.ordered = append(s.ordered, ind)
	}
	themes := map[string]int{}
	for _, t := range s.cat.Themes {
		themes[t.Code] = t.Order
	}
	rank := func(i *Indicator) int {
		if n, ok := themes[i.Theme]; ok {
			return n
		}
		return 1 << 20 // what people bring comes after what is shipped
	}
	slices.SortFunc(s.ordered, func(a, b *Indicator) int {
		return cmpInts(rank(a)-rank(b), a.Order-b.Order, compareText(a.Code, b.Code))
	})
}

func cmpInts(ns ...int) int {
	for _, n := range ns {
		if n != 0 {
			return n
		}
	}
	return 0
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (s *Snapshot) readPeriods(ctx context.Context) error {
	coverage, err := s.store.Coverage(ctx)
	if err != nil {
		return err
	}
	for _, c := range coverage {
		if !slices.Contains(s.brought[c.Batch], c.Indicator) {
			s.brought[c.Batch] = append(s.brought[c.Batch], c.Indicator)
		}
		if b := s.batches[c.Batch]; b != nil && b.Active() && !slices.Contains(s.periods[c.Indicator], c.Period) {
			s.periods[c.Indicator] = append(s.periods[c.Indicator], c.Period)
		}
	}
	s.importedYears = slices.Clone(s.periods[TotalPopulation])
	slices.Sort(s.importedYears)
	for code, list := range s.populationPeriods() {
		s.periods[code] = list
	}
	for code := range s.periods {
		slices.Sort(s.periods[code])
	}
	return nil
}

// Indicator is the definition of a code; false when there is none.
func (s *Snapshot) Indicator(code string) (*Indicator, bool) {
	ind, ok := s.indicators[code]
	return ind, ok
}

// Indicators are all definitions, by theme then order.
func (s *Snapshot) Indicators() []*Indicator { return s.ordered }

// Published are the indicators for which there is at least one figure.
func (s *Snapshot) Published() []*Indicator {
	var list []*Indicator
	for _, ind := range s.ordered {
		if len(s.Periods(ind.Code)) > 0 {
			list = append(list, ind)
		}
	}
	return list
}

// Periods are those with at least one figure, oldest first.
func (s *Snapshot) Periods(code string) []Period { return s.periods[code] }

// Latest is the last period of an indicator; false when it has no figure.
func (s *Snapshot) Latest(code string) (Period, bool) {
	list := s.periods[code]
	if len(list) == 0 {
		return "", false
	}
	return list[len(list)-1], true
}

// LatestIn is the last period with a figure for one of the places at least: France may be
// published years ahead of its communes.
func (s *Snapshot) LatestIn(ctx context.Context, code string, places []*territory.Territory) (Period, bool) {
	for _, p := range slices.Backward(s.periods[code]) {
		c, err := s.Column(ctx, code, p)
		if err == nil && slices.ContainsFunc(places, func(t *territory.Territory) bool { return c.Of(t.ID).Known() }) {
			return p, true
		}
	}
	return "", false
}

// Source is the producer of an indicator's figures.
func (s *Snapshot) Source(code string) (*Source, bool) {
	ind, ok := s.indicators[code]
	if !ok {
		return nil, false
	}
	return s.cat.Source(ind.Source)
}

// Batches are all imports, the youngest first.
func (s *Snapshot) Batches() []*Batch {
	list := make([]*Batch, 0, len(s.batches))
	for _, b := range s.batches {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *Batch) int { return b.Num - a.Num })
	return list
}

// ThemeTitle is the heading of a theme; what people bring without one has its own.
func (s *Snapshot) ThemeTitle(code string) string {
	for _, t := range s.cat.Themes {
		if t.Code == code {
			return t.Title
		}
	}
	return "Autres chiffres importés"
}
