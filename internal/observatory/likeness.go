// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"slices"

	"maillage/internal/territory"
)

// sizeRatio bounds the population of the towns looked at: three times smaller or larger is
// another trade. It only spares work: distances would rule the others out.
const sizeRatio = 3

// PeersOf finds the towns comparable to one, on the last figures known of each criterion.
func (s *Snapshot) PeersOf(ctx context.Context, id territory.ID, choice Choice) ([]Peer, error) {
	place, ok := s.reg.Get(id)
	if !ok || place.Kind != territory.Commune {
		return nil, nil
	}
	criteria := slices.DeleteFunc(Criteria(), func(k Criterion) bool { return len(s.periods[k.Indicator]) == 0 })
	near := s.reg.In(place.Departement, territory.Commune)
	columns, err := s.latestColumns(ctx, criteria, near)
	if err != nil {
		return nil, err
	}
	profile := func(t *territory.Territory) Profile {
		p := Profile{Territory: t, Values: make(map[string]Value, len(columns))}
		for _, c := range columns {
			p.Values[c.Indicator.Code] = c.Of(t.ID)
		}
		return p
	}
	town := profile(place)
	size := town.Values[MunicipalPopulation]
	within := func(v Value) bool {
		return !size.Known() || !v.Known() || v.Number*sizeRatio >= size.Number && v.Number <= size.Number*sizeRatio
	}
	pinned := map[territory.ID]bool{}
	for _, id := range choice.Pinned {
		pinned[id] = true
	}
	candidates := s.reg.All(territory.Commune)
	if choice.Departement {
		candidates = slices.Clone(near)
		for _, id := range choice.Pinned {
			if t, ok := s.reg.Get(id); ok && t.Departement != place.Departement {
				candidates = append(candidates, t)
			}
		}
	}
	var others []Profile
	for _, t := range candidates {
		if t.ID != id && (pinned[t.ID] || within(s.sizeOf(columns, t.ID))) {
			others = append(others, profile(t))
		}
	}
	return Peers(town, others, criteria, choice), nil
}

func (s *Snapshot) latestColumns(ctx context.Context, criteria []Criterion, near []*territory.Territory) ([]*Column, error) {
	var columns []*Column
	for _, k := range criteria {
		p, ok := s.LatestIn(ctx, k.Indicator, near)
		if !ok {
			if p, ok = s.Latest(k.Indicator); !ok {
				continue
			}
		}
		c, err := s.Column(ctx, k.Indicator, p)
		if err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return columns, nil
}

func (s *Snapshot) sizeOf(columns []*Column, id territory.ID) Value {
	for _, c := range columns {
		if c.Indicator.Code == MunicipalPopulation {
			return c.Of(id)
		}
	}
	return Value{}
}
