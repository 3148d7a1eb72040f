// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"cmp"
	"slices"

	"maillage/internal/platform/clock"
	"maillage/refdata"
)

// Part is a territory of a former geography that makes up, wholly or for a share, one of a
// later geography.
type Part struct {
	ID    ID
	Share float64 // of the former territory, above 0 and up to 1
	// Exact is false when the former territory was split: Share is then that of the first
	// municipal populations known apart, not a measure of what is being shared out.
	Exact bool
}

// follow prepares the links between each vintage and the one before.
func (r *Registry) follow(data *refdata.Dataset) {
	r.joins = make([]map[ID][]Part, len(r.years))
	r.leaves = make([]map[ID][]ID, len(r.years))
	for v := range r.years {
		r.joins[v], r.leaves[v] = map[ID][]Part{}, map[ID][]ID{}
	}
	last := r.years[len(r.years)-1]
	for i := range data.Communes {
		c := &data.Communes[i]
		if c.Into != "" && c.Last < last {
			v := c.Last + 1 - r.years[0]
			r.leaves[v][ID(c.Code)] = []ID{ID(c.Into)}
			r.joins[v][ID(c.Into)] = append(r.joins[v][ID(c.Into)], Part{ID: ID(c.Code), Share: 1, Exact: true})
		}
		if c.SplitFrom != "" {
			v := c.First - r.years[0]
			r.leaves[v][ID(c.SplitFrom)] = append(r.leaves[v][ID(c.SplitFrom)], ID(c.Code))
		}
	}
	for v := range r.years {
		r.keepSeats(v)
		r.shareOut(v)
	}
}

// keepSeats adds, to the parts of a commune that took others over, what it was itself.
func (r *Registry) keepSeats(v int) {
	for id, parts := range r.joins[v] {
		if c := r.communes[id]; c != nil && c.First < r.years[v] {
			r.joins[v][id] = append([]Part{{ID: id, Share: 1, Exact: true}}, parts...)
		}
	}
}

// shareOut splits a commune between itself and those that left it.
func (r *Registry) shareOut(v int) {
	for from, to := range r.leaves[v] {
		if c := r.communes[from]; c == nil || c.Last < r.years[v] {
			continue // merged, not split
		}
		all := append([]ID{from}, to...)
		total := 0
		for _, id := range all {
			total += max(r.figure(r.communes[id], v).Municipal, 0)
		}
		for _, id := range all {
			share := 1 / float64(len(all))
			if total > 0 {
				share = float64(max(r.figure(r.communes[id], v).Municipal, 0)) / float64(total)
			}
			r.joins[v][id] = []Part{{ID: from, Share: share}}
		}
		r.leaves[v][from] = all
	}
}

// rebase lists the communes of vintage v that make up a commune of a later vintage.
func (r *Registry) rebase(id ID, later, v int) []Part {
	parts := []Part{{ID: id, Share: 1, Exact: true}}
	for w := later; w > v; w-- {
		if len(r.joins[w]) == 0 {
			continue
		}
		var before []Part
		for _, p := range parts {
			links, ok := r.joins[w][p.ID]
			if !ok {
				before = append(before, p)
				continue
			}
			for _, l := range links {
				before = append(before, Part{ID: l.ID, Share: p.Share * l.Share, Exact: p.Exact && l.Exact})
			}
		}
		parts = before
	}
	return parts
}

// Parts lists the territories of the geography of a day that make up a territory of today
// (or, for one that no longer exists, of its last day). A value published in that geography
// is re-based by adding up its parts, each for its share. A territory whose limits have not
// moved is its own single part; an EPCI whose communes changed is made of communes. The
// result is empty for an unknown territory, or for a day after its end. Geographies
// before the first vintage are taken to be the first.
func (r *Registry) Parts(id ID, geo clock.Date) []Part {
	t, ok := r.byID[id]
	if !ok {
		return nil
	}
	later := len(r.years) - 1
	if !t.Current() {
		later = r.vintage(t.To) - 1
	}
	v := r.vintage(geo)
	if v > later {
		return nil
	}
	switch t.Kind {
	case Commune:
		return r.rebase(id, later, v)
	case EPCI, EPT:
		return r.groupingParts(t, later, v)
	default:
		return []Part{{ID: id, Share: 1, Exact: true}}
	}
}

func (r *Registry) groupingParts(t *Territory, later, v int) []Part {
	var parts []Part
	for _, m := range r.membersIn(t.ID, later) {
		parts = append(parts, r.rebase(m, later, v)...)
	}
	parts = merge(parts)
	whole := !slices.ContainsFunc(parts, func(p Part) bool { return !p.Exact })
	then := r.membersIn(t.ID, v)
	if whole && slices.EqualFunc(parts, then, func(p Part, id ID) bool { return p.ID == id }) {
		return []Part{{ID: t.ID, Share: 1, Exact: true}}
	}
	return parts
}

// merge sorts parts by code and adds up the shares of one territory that came by two ways:
// a commune split into two that are both members is whole again.
func merge(parts []Part) []Part {
	slices.SortFunc(parts, func(a, b Part) int { return cmp.Compare(a.ID, b.ID) })
	out := parts[:0]
	for _, p := range parts {
		if n := len(out); n > 0 && out[n-1].ID == p.ID {
			out[n-1].Share += p.Share
			if out[n-1].Share > 1-1e-9 {
				out[n-1].Share, out[n-1].Exact = 1, true
			}
			continue
		}
		out = append(out, p)
	}
	return out
}

// Successors lists the territories of today that a territory is part of or was shared out
// to, by code: itself when it is current. It also answers for the codes of communes that
// had merged before the first vintage and for municipal arrondissements (75101 → 75056).
func (r *Registry) Successors(id ID) []ID {
	t, ok := r.byID[id]
	if !ok {
		if heir, ok := r.aliases[id]; ok {
			return []ID{heir}
		}
		return nil
	}
	if t.Current() {
		return []ID{id}
	}
	if t.Kind == Commune {
		return r.onward([]ID{id}, r.vintage(t.To))
	}
	end := r.vintage(t.To)
	heirs := map[ID]bool{}
	for _, m := range r.onward(r.membersIn(id, end-1), end) {
		if g := r.byID[m]; t.Kind == EPT {
			heirs[g.EPT] = true
		} else {
			heirs[g.EPCI] = true
		}
	}
	delete(heirs, "")
	return sortedIDs(heirs)
}

// onward follows communes of the vintage before v up to today.
func (r *Registry) onward(ids []ID, v int) []ID {
	for w := v; w < len(r.years); w++ {
		next := map[ID]bool{}
		for _, id := range ids {
			to, ok := r.leaves[w][id]
			if !ok {
				to = []ID{id}
			}
			for _, t := range to {
				next[t] = true
			}
		}
		ids = sortedIDs(next)
	}
	return ids
}

func sortedIDs(set map[ID]bool) []ID {
	list := make([]ID, 0, len(set))
	for id := range set {
		list = append(list, id)
	}
	slices.Sort(list)
	return list
}
