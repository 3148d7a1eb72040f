// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/refdata"
)

// ID identifies a territory among all kinds: the INSEE code of a commune ("93066", "2A004"),
// the SIREN of an EPCI, an EPT or a syndicat ("200054781"), the code of a département ("93",
// "2A", "971"), "R" and the code of a région ("R11"), or France.
type ID string

// France is the 101 départements. The overseas collectivités (975, 977, 978, 984, 986 to 989)
// are outside of it, as in the tables of Insee.
const France ID = "FR"

// Kind is what sort of territory one is.
type Kind string

// The kinds. A Collectivite stands for a département overseas; a Syndicat is only known once
// a competence is given to it.
const (
	Commune      Kind = "commune"
	EPCI         Kind = "epci"
	EPT          Kind = "ept"
	Departement  Kind = "departement"
	Region       Kind = "region"
	Country      Kind = "france"
	Collectivite Kind = "collectivite"
	Syndicat     Kind = "syndicat"
)

// Territory is one territory as it is today, or as it last was.
type Territory struct {
	ID    ID
	Kind  Kind
	Name  string
	Code  string // its code among its kind: "93066", "93", "11"; the SIREN of a grouping
	SIREN string // empty for départements, régions, overseas communes
	// Departement, Region, EPCI and EPT contain it. For an EPCI or an EPT, Departement and
	// Region are those where most of its inhabitants live.
	Departement, Region, EPCI, EPT ID
	PostalCodes                    []string
	// From is the first day it exists, zero when it is older than the first vintage; To is
	// the first day it no longer does, zero while it exists.
	From, To clock.Date
	EPCIType string // CC, CA, CU, METRO, MET69 or EPT
}

// Current says whether the territory exists today.
func (t *Territory) Current() bool { return t.To.IsZero() }

// Registry is the whole of France, read once. See the package documentation.
type Registry struct {
	years    []int
	sources  []refdata.Source
	census   map[ID]*refdata.Exception // by département
	list     []*Territory              // every one, communes last, in the order of the dataset
	byID     map[ID]*Territory
	communes map[ID]*refdata.Commune
	grouping map[ID]*refdata.Grouping
	byKind   map[Kind][]*Territory // current, by name
	children map[ID][]*Territory   // current communes of a département, EPCI or EPT, by name
	members  []func() map[ID][]ID  // by vintage: grouping → its communes, by code
	sums     map[ID][]sum          // one a vintage, of everything made of communes
	aliases  map[ID]ID             // codes that were no commune since 2021
	regionOf map[ID]ID             // by département
	joins    []map[ID][]Part       // by vintage: commune → its parts in the vintage before
	leaves   []map[ID][]ID         // by vintage: commune of the vintage before → what it became
	events   map[ID][]*Event
	index    *index
}

// Years are the vintages known, oldest first.
func (r *Registry) Years() []int { return slices.Clone(r.years) }

// Get finds a territory by its identifier, former communes included.
func (r *Registry) Get(id ID) (*Territory, bool) {
	t, ok := r.byID[id]
	return t, ok
}

// All lists the current territories of a kind by name.
func (r *Registry) All(kind Kind) []*Territory { return slices.Clip(r.byKind[kind]) }

// In lists the current territories of a kind that are in parent, by name. An EPCI is in
// every département where it has a commune, and an EPT in its metropolis.
func (r *Registry) In(parent ID, kind Kind) []*Territory {
	p, ok := r.byID[parent]
	if !ok {
		return nil
	}
	if kind == Commune {
		if list, ok := r.children[parent]; ok {
			return slices.Clip(list)
		}
	}
	var in map[ID]bool
	if kind == EPCI || kind == EPT {
		in = r.groupingsIn(p)
	}
	var list []*Territory
	for _, t := range r.byKind[kind] {
		if in[t.ID] || in == nil && r.inside(t, p) {
			list = append(list, t)
		}
	}
	return list
}

func (r *Registry) groupingsIn(p *Territory) map[ID]bool {
	in := make(map[ID]bool)
	for _, c := range r.byKind[Commune] {
		if r.inside(c, p) {
			in[c.EPCI], in[c.EPT] = true, true
		}
	}
	delete(in, p.ID)
	return in
}

// inside tells whether t lies wholly in p; a grouping is told by groupingsIn.
func (r *Registry) inside(t, p *Territory) bool {
	if t == p {
		return false
	}
	switch p.Kind {
	case Country:
		return t.Kind == Region || t.Region != ""
	case Region:
		return t.Region == p.ID
	case Departement, Collectivite:
		return t.Departement == p.ID
	case EPCI:
		return t.EPCI == p.ID
	case EPT:
		return t.EPT == p.ID
	default:
		return false
	}
}

// At is the territory as it was on a day: its name, SIREN and groupings of that vintage. It
// is false when the territory did not exist. Days before the first vintage are answered with
// the first, days after the last with the last.
func (r *Registry) At(id ID, d clock.Date) (*Territory, bool) {
	t, ok := r.byID[id]
	if !ok || !r.exists(t, d) {
		return nil, false
	}
	year := r.years[r.vintage(d)]
	past := *t
	if c := r.communes[id]; c != nil {
		s := stateIn(c, year)
		past.Name, past.SIREN = s.Name, s.SIREN
		past.EPCI, past.EPT = ID(s.EPCI), ID(s.EPT)
	}
	if g := r.grouping[id]; g != nil {
		for _, p := range g.Past {
			if p.First <= year && year <= p.Last {
				past.Name, past.EPCIType = p.Name, p.Type
			}
		}
	}
	return &past, true
}

func (r *Registry) exists(t *Territory, d clock.Date) bool {
	return !d.Before(t.From) && (t.To.IsZero() || d.Before(t.To))
}

// vintage is the index of the vintage in which a day falls.
func (r *Registry) vintage(d clock.Date) int {
	return min(max(d.Year-r.years[0], 0), len(r.years)-1)
}

func stateIn(c *refdata.Commune, year int) *refdata.State {
	for i := range c.Past {
		if c.Past[i].First <= year && year <= c.Past[i].Last {
			return &c.Past[i].State
		}
	}
	return &c.State
}

// membersIn lists the communes of a grouping in a vintage, by code.
func (r *Registry) membersIn(grouping ID, vintage int) []ID { return r.members[vintage]()[grouping] }

// listMembers reads the memberships of a vintage, the first time they are asked for.
func (r *Registry) listMembers(vintage int) map[ID][]ID {
	year := r.years[vintage]
	members := make(map[ID][]ID, len(r.grouping))
	for id, c := range r.communes {
		if year < c.First || year > c.Last {
			continue
		}
		s := stateIn(c, year)
		for _, g := range [...]string{s.EPCI, s.EPT} {
			if g != "" {
				members[ID(g)] = append(members[ID(g)], id)
			}
		}
	}
	for _, list := range members {
		slices.Sort(list)
	}
	return members
}

// Members lists the communes of an EPCI or EPT on a day, by code, former ones included. The
// package of 2026 repeats the memberships of 2025.
func (r *Registry) Members(grouping ID, d clock.Date) []ID {
	if r.grouping[grouping] == nil {
		return nil
	}
	return slices.Clone(r.membersIn(grouping, r.vintage(d)))
}

func splitCodes(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
