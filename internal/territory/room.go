// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"maillage/internal/platform/clock"
)

// Room is the register with what people recorded on top of it: holders and contours.
type Room struct {
	Registry *Registry
	Store    *Store
	Home     ID // the département whose service this is

	refreshing sync.Mutex
	now        atomic.Pointer[State]
}

// State is what was recorded at one version of the database. It never changes.
type State struct {
	Version int64
	Recorded
	Outlines *Outlines

	byCommune, byHolder map[ID][]Holding
}

// Open reads what was recorded in a migrated database.
func Open(ctx context.Context, reg *Registry, store *Store, home ID) (*Room, error) {
	if d, ok := reg.Get(home); !ok || d.Kind != Departement {
		return nil, fmt.Errorf("departement : « %s » n'est pas le code d'un département, par exemple 93", home)
	}
	r := &Room{Registry: reg, Store: store, Home: home}
	return r, r.Refresh(ctx)
}

// State is the present one; a request keeps the one it began with.
func (r *Room) State() *State { return r.now.Load() }

// Refresh reads anew if this or another process has written.
func (r *Room) Refresh(ctx context.Context) error {
	r.refreshing.Lock()
	defer r.refreshing.Unlock()
	versions, err := r.Store.db.Versions(ctx)
	if err != nil {
		return err
	}
	version, old := versions[ChangeName], r.now.Load()
	if old != nil && old.Version == version {
		return nil
	}
	s := &State{Version: version}
	if s.Recorded, err = r.Store.Recorded(ctx); err != nil {
		return fmt.Errorf("territory: %w", err)
	}
	s.file()
	if s.Outlines, err = NewOutlines(ctx, r.Registry, r.Store); err != nil {
		return fmt.Errorf("territory: %w", err)
	}
	if old != nil && old.Outlines.Version == s.Outlines.Version {
		s.Outlines = old.Outlines // with the shapes it has read
	}
	r.now.Store(s)
	return nil
}

func (s *State) file() {
	s.byCommune, s.byHolder = map[ID][]Holding{}, map[ID][]Holding{}
	for _, h := range s.Holdings {
		s.byCommune[h.Commune] = append(s.byCommune[h.Commune], h)
		s.byHolder[h.Holder] = append(s.byHolder[h.Holder], h)
	}
}

// GivenBy lists the transfers a commune made, past ones included.
func (s *State) GivenBy(commune ID) []Holding { return s.byCommune[commune] }

// ReceivedBy lists the transfers a body received, past ones included.
func (s *State) ReceivedBy(holder ID) []Holding { return s.byHolder[holder] }

// Holder is who exercises a competence for a commune on a date: the commune itself, or the
// body it transferred it to with that transfer.
func (s *State) Holder(commune ID, c Competence, d clock.Date) (ID, *Holding) {
	for i, h := range s.byCommune[commune] {
		if h.Competence == c && h.On(d) {
			return h.Holder, &s.byCommune[commune][i]
		}
	}
	return commune, nil
}

// Name is the name of any body, syndicats included; the identifier when it is unknown.
func (r *Room) Name(id ID) string { return nameOf(r.Registry, r.State().Recorded, id) }

// ImportContours reads a file of contours and puts them in use at once, as the command line
// does: nothing or all of it. It returns what was recorded, with notes for the person.
func (r *Room) ImportContours(ctx context.Context, path, name string, opt ContourOptions, progress ContourProgress) (ContourSet, error) {
	p, err := PrepareContours(ctx, r.Registry, path, name, opt, time.Now(), progress)
	if err != nil {
		return ContourSet{}, err
	}
	p.Set.Accepted = p.Set.Created
	if progress != nil {
		progress("Enregistrement", 0, 0)
	}
	if err := r.Store.AddContours(ctx, p.Set, p.Shapes()); err != nil {
		return ContourSet{}, fmt.Errorf("%s : les contours n'ont pas pu être enregistrés : %w", name, err)
	}
	return p.Set, r.Refresh(ctx)
}
