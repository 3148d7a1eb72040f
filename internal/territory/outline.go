// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"

	"github.com/paulmach/orb"
	"golang.org/x/sync/singleflight"

	"maillage/internal/platform/geo"
)

// Outlines gives the shapes to draw, on today's geography. The set accepted last wins for
// each territory, and a merged commune of which only the former parts are known is drawn in
// one piece, without the border that is gone. It is safe for concurrent use.
type Outlines struct {
	Sets []ContourSet // those in use, the last accepted first
	// Version changes whenever a shape may have: addresses that carry it may be kept for ever.
	Version string

	reg    *Registry
	store  *Store
	level  [len(geo.Levels)]outlineLevel
	tiles  tileCache
	making singleflight.Group
}

// outlineLevel is a level of detail, read when it is first asked for.
type outlineLevel struct {
	mu     sync.Mutex
	shapes map[ID]orb.MultiPolygon
	areas  []tileArea
}

// NewOutlines takes the sets in use; shapes are read when first asked.
func NewOutlines(ctx context.Context, reg *Registry, store *Store) (*Outlines, error) {
	sets, err := store.ContourSets(ctx)
	if err != nil {
		return nil, err
	}
	o := &Outlines{reg: reg, store: store, Sets: slices.DeleteFunc(sets, func(s ContourSet) bool { return !s.InUse() })}
	h := sha256.New()
	for _, year := range reg.Years() {
		_, _ = fmt.Fprintln(h, year)
	}
	for _, s := range o.Sets {
		_, _ = fmt.Fprintln(h, s.ID)
	}
	o.Version = hex.EncodeToString(h.Sum(nil))[:12]
	return o, nil
}

// At gives every outline known at a level of detail. The map is shared: it must not be
// modified.
func (o *Outlines) At(ctx context.Context, level int) (map[ID]orb.MultiPolygon, error) {
	l, err := o.at(ctx, level)
	if err != nil {
		return nil, err
	}
	return l.shapes, nil
}

// at reads a level once. A caller who left does not spoil it for the others.
func (o *Outlines) at(ctx context.Context, level int) (*outlineLevel, error) {
	level = max(0, min(level, len(o.level)-1))
	l := &o.level[level]
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shapes != nil {
		return l, nil
	}
	shapes := map[ID]orb.MultiPolygon{}
	for _, set := range o.Sets {
		list, err := o.read(ctx, set, level)
		if err != nil {
			return nil, fmt.Errorf("territory: contours %s: %w", set.ID, err)
		}
		for id, mp := range list {
			if _, known := shapes[id]; !known {
				shapes[id] = mp
			}
		}
	}
	l.shapes, l.areas = shapes, tileAreas(o.reg, shapes)
	return l, nil
}

// read gives a set on today's geography.
func (o *Outlines) read(ctx context.Context, set ContourSet, level int) (map[ID]orb.MultiPolygon, error) {
	raw := map[ID]orb.MultiPolygon{}
	var ids []ID
	err := o.store.Shapes(ctx, set.ID, level, func(sh Shape) error {
		mp, err := geo.Unmarshal(sh.Data)
		if err != nil {
			return fmt.Errorf("%s: %w", sh.Territory, err)
		}
		raw[sh.Territory] = mp
		ids = append(ids, sh.Territory)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return onToday(o.reg, set, ids, raw), nil
}

// onToday brings together the parts of what merged since the geography of the set, and leaves
// out what it could only draw in part.
func onToday(reg *Registry, set ContourSet, ids []ID, raw map[ID]orb.MultiPolygon) map[ID]orb.MultiPolygon {
	whole, _ := coverageOf(reg, set.Day, ids)
	out := make(map[ID]orb.MultiPolygon, len(raw))
	pieces := map[ID]int{}
	for _, id := range ids {
		if heir, ok := drawnIn(reg, id); ok && whole[heir] {
			out[heir] = append(out[heir], raw[id]...)
			pieces[heir]++
		}
	}
	for id, n := range pieces {
		if n > 1 {
			// Simplified together, the parts share their border to the grid point, and
			// polygons that share one are not valid apart: mending them makes them one.
			out[id], _ = geo.Repair(out[id])
		}
	}
	return out
}

// Content lists the territories of a set, as published.
func (s *Store) Content(ctx context.Context, set string) ([]ID, error) {
	var ids []ID
	err := s.Shapes(ctx, set, FranceDetail, func(sh Shape) error { ids = append(ids, sh.Territory); return nil })
	return ids, err
}
