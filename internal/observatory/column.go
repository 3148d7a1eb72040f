// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	lru "container/list"
	"context"
	"fmt"
	"sync"

	"maillage/internal/platform/clock"
	"maillage/internal/territory"
)

// columnBudget bounds the memory of the columns kept: about 400 of them for the whole of France.
const columnBudget = 256 << 20

// cell is a value without what its column already says; 16 bytes.
type cell struct {
	number float64
	note   uint32 // index in Column.notes; 0 is no note
	state  State
}

// Column is one indicator at one period everywhere, on today's geography.
type Column struct {
	Indicator *Indicator
	Period    Period

	snap     *Snapshot
	communes []cell // in the order of the registry
	others   map[territory.ID]Value
	// published keeps, of the communes whose borders changed, what was published for them and
	// for those they come from: the other reading.
	published map[territory.ID]Value
	notes     []string
	noteOf    map[string]uint32
	whole     sync.Map // territory.ID → Value: aggregates, made when asked
	known     int
}

// Of is the value of a territory: as published, re-based from former communes, or brought
// together from its communes when the indicator allows it, which the note says.
func (c *Column) Of(id territory.ID) Value {
	if i, ok := c.snap.positions[id]; ok {
		return c.commune(i, id)
	}
	if v, ok := c.others[id]; ok {
		return v
	}
	if v, ok := c.whole.Load(id); ok {
		return v.(Value)
	}
	v := c.aggregate(id)
	c.whole.Store(id, v)
	return v
}

func (c *Column) commune(i int, id territory.ID) Value {
	k := c.communes[i]
	v := Value{Indicator: c.Indicator.Code, Territory: id, Period: c.Period, State: k.state, Number: k.number, Note: c.notes[k.note]}
	return v
}

// Published is what was published for a territory in the geography of its time, when it differs
// from today's: the parts of a merged commune.
func (c *Column) Published(id territory.ID) (Value, bool) {
	v, ok := c.published[id]
	return v, ok
}

// Each hands over the value of every commune of today, in the registry's order.
func (c *Column) Each(f func(i int, state State, number float64)) {
	for i := range c.communes {
		f(i, c.communes[i].state, c.communes[i].number)
	}
}

// Known is how many communes have a number.
func (c *Column) Known() int { return c.known }

func (c *Column) set(i int, v Value) { c.place(i, v.State, v.Number, v.Note) }

func (c *Column) place(i int, state State, number float64, note string) {
	if state.HasNumber() {
		c.known++
	}
	c.communes[i] = cell{number, c.note(note), state}
}

func (c *Column) note(text string) uint32 {
	if text == "" {
		return 0
	}
	n, ok := c.noteOf[text]
	if !ok {
		n = uint32(min(len(c.notes), 1<<31)) // #nosec G115 -- bounded just here
		c.notes = append(c.notes, text)
		c.noteOf[text] = n
	}
	return n
}

func (s *Snapshot) emptyColumn(ind *Indicator, p Period) *Column {
	return &Column{Indicator: ind, Period: p, snap: s, communes: make([]cell, len(s.positions)),
		others: map[territory.ID]Value{}, published: map[territory.ID]Value{}, notes: []string{""}, noteOf: map[string]uint32{}}
}

// Column gives an indicator at a period everywhere; kept in memory once read.
// ErrUnknownIndicator when there is no such indicator.
func (s *Snapshot) Column(ctx context.Context, code string, p Period) (*Column, error) {
	ind, ok := s.indicators[code]
	if !ok {
		return nil, fmt.Errorf("« %s » : %w", code, ErrUnknownIndicator)
	}
	ctx = context.WithoutCancel(ctx) // others may be waiting for the same column
	return s.columns.get(columnKey{code, p}, func() (*Column, error) {
		switch {
		case s.formulas[code] != nil:
			return s.derivedColumn(ctx, ind, p)
		case isPopulation(code):
			return s.populationColumn(ctx, ind, p)
		}
		return s.readColumn(ctx, ind, p)
	})
}

// youngest keeps, of the values of one indicator and period, the one that counts for each territory.
func (s *Snapshot) youngest(rows []stored) map[territory.ID]stored {
	m := make(map[territory.ID]stored, len(rows))
	for _, r := range rows {
		if b := s.batches[r.batch]; b == nil || !b.Active() {
			continue
		}
		if old, ok := m[r.Territory]; !ok || old.batch < r.batch {
			m[r.Territory] = r
		}
	}
	return m
}

// geography is the day whose codes an import speaks.
func (s *Snapshot) geography(batch int) clock.Date {
	if b := s.batches[batch]; b != nil {
		return b.Geography
	}
	return clock.Date{}
}

type columnKey struct {
	code   string
	period Period
}

// columnCache keeps the columns used last within a budget, and reads each one once.
type columnCache struct {
	mu     sync.Mutex
	budget int
	used   int
	order  *lru.List // of *columnEntry, the most recent first
	byKey  map[columnKey]*lru.Element
}

type columnEntry struct {
	key    columnKey
	once   sync.Once
	column *Column
	err    error
	size   int
}

func newColumnCache(budget int) *columnCache {
	return &columnCache{budget: budget, order: lru.New(), byKey: map[columnKey]*lru.Element{}}
}

func (k *columnCache) get(key columnKey, read func() (*Column, error)) (*Column, error) {
	k.mu.Lock()
	el, ok := k.byKey[key]
	if ok {
		k.order.MoveToFront(el)
	} else {
		el = k.order.PushFront(&columnEntry{key: key})
		k.byKey[key] = el
	}
	e := el.Value.(*columnEntry)
	k.mu.Unlock()
	e.once.Do(func() {
		e.column, e.err = read()
		k.settle(el, e)
	})
	return e.column, e.err
}

// settle counts a column just read, or forgets a failed one so that it is tried again.
func (k *columnCache) settle(el *lru.Element, e *columnEntry) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e.err != nil {
		k.remove(el)
		return
	}
	if k.byKey[e.key] != el {
		return // pushed out while it was read: nobody will ask this entry again
	}
	const perCell, perValue = 16, 192
	e.size = perCell*len(e.column.communes) + perValue*(len(e.column.others)+len(e.column.published))
	k.used += e.size
	for k.used > k.budget && k.order.Len() > 1 {
		k.remove(k.order.Back())
	}
}

func (k *columnCache) remove(el *lru.Element) {
	e := el.Value.(*columnEntry)
	if k.byKey[e.key] == el {
		delete(k.byKey, e.key)
		k.order.Remove(el)
		k.used -= e.size
	}
}

// settled are the columns that have been read, the least recent first.
func (k *columnCache) settled() []*columnEntry {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []*columnEntry
	for el := k.order.Back(); el != nil; el = el.Prev() {
		if e := el.Value.(*columnEntry); e.size > 0 {
			list = append(list, e)
		}
	}
	return list
}

// put adds a column known already.
func (k *columnCache) put(key columnKey, c *Column, size int) {
	e := &columnEntry{key: key, column: c, size: size}
	e.once.Do(func() {})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.byKey[key] = k.order.PushFront(e)
	k.used += size
}

// half says that half of the budget is used.
func (k *columnCache) half() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return 2*k.used > k.budget
}
