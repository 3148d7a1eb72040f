// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/territory"
)

// Room answers, for any territory and any date, what the law asks of it.
type Room struct {
	Rules  *Rules
	Places *territory.Room
	Store  *Store
	// Newer gives the legal populations, with their total, that were imported for years the
	// register does not know; nil when nothing imports them.
	Newer func(territory.ID) []territory.Population

	refreshing sync.Mutex
	now        atomic.Pointer[recorded]
	nations    nationCache
}

// recorded is what people recorded at one version of the database. It never changes.
type recorded struct {
	version  int64
	evidence map[string][]RecordedEvidence // by territory, withdrawn ones included
	ctgs     map[string][]RecordedCTG      // by territory, withdrawn ones included
}

// Open reads what was recorded in a migrated database.
func Open(ctx context.Context, rules *Rules, places *territory.Room, store *Store) (*Room, error) {
	r := &Room{Rules: rules, Places: places, Store: store}
	return r, r.Refresh(ctx)
}

// Refresh reads anew if this or another process has written.
func (r *Room) Refresh(ctx context.Context) error {
	r.refreshing.Lock()
	defer r.refreshing.Unlock()
	versions, err := r.Store.db.Versions(ctx)
	if err != nil {
		return err
	}
	version := versions[changeName]
	if s := r.now.Load(); s != nil && s.version == version {
		return nil
	}
	s := &recorded{version: version, evidence: map[string][]RecordedEvidence{}, ctgs: map[string][]RecordedCTG{}}
	evidence, err := r.Store.Evidence(ctx)
	if err != nil {
		return fmt.Errorf("duty: %w", err)
	}
	for _, e := range evidence {
		s.evidence[e.Territory] = append(s.evidence[e.Territory], e)
	}
	ctgs, err := r.Store.CTGs(ctx)
	if err != nil {
		return fmt.Errorf("duty: %w", err)
	}
	for _, c := range ctgs {
		s.ctgs[c.Territory] = append(s.ctgs[c.Territory], c)
	}
	r.now.Store(s)
	return nil
}

// Version changes whenever what was recorded does.
func (r *Room) Version() int64 { return r.now.Load().version }

// Recorded lists what counts for a territory.
func (r *Room) Recorded(id territory.ID) ([]RecordedEvidence, []RecordedCTG) {
	return r.recorded(id, true)
}

// Withdrawn lists what was taken out for a territory, to be put back; a reading of a
// convention that a newer one replaced is not among them.
func (r *Room) Withdrawn(id territory.ID) ([]RecordedEvidence, []RecordedCTG) {
	evidence, ctgs := r.recorded(id, false)
	return evidence, slices.DeleteFunc(ctgs, func(c RecordedCTG) bool { return c.Replaced })
}

func (r *Room) recorded(id territory.ID, counts bool) (evidence []RecordedEvidence, ctgs []RecordedCTG) {
	s := r.now.Load()
	for _, e := range s.evidence[string(id)] {
		if e.Withdrawn.IsZero() == counts {
			evidence = append(evidence, e)
		}
	}
	for _, c := range s.ctgs[string(id)] {
		if c.Withdrawn.IsZero() == counts {
			ctgs = append(ctgs, c)
		}
	}
	return evidence, ctgs
}

// Town evaluates a territory on a date; false when the identifier is unknown.
func (r *Room) Town(id territory.ID, date clock.Date) (Town, Facts, bool) {
	facts, ok := r.Facts(id)
	if !ok {
		return Town{}, Facts{}, false
	}
	return NewTown(r.Rules, facts, date), facts, true
}

// kindOf are the kinds of the rules, for those of the register.
var kindOf = map[territory.Kind]Kind{territory.Commune: Commune, territory.EPCI: EPCI, territory.EPT: EPT,
	territory.Departement: Departement, territory.Syndicat: Syndicat}

// Facts brings together what the rules look at.
func (r *Room) Facts(id territory.ID) (Facts, bool) {
	f := Facts{}
	places := r.Places.State()
	t, known := r.Places.Registry.Get(id)
	switch {
	case known && kindOf[t.Kind] != "":
		f.Territory = Territory{string(id), t.Name, kindOf[t.Kind]}
	case slices.ContainsFunc(places.Syndicats, func(s territory.SyndicatMixte) bool { return s.ID == id }):
		f.Territory = Territory{string(id), r.Places.Name(id), Syndicat}
	default:
		return f, false
	}
	if known {
		f.Populations, f.Rebased = r.populations(id), rebased(r.Places.Registry, id)
	}
	for _, h := range places.GivenBy(id) {
		f.Assignments = append(f.Assignments, Assignment{Competence: Competence(h.Competence),
			Holder: r.body(h.Holder), From: h.From, To: h.To, Deliberation: h.Proof})
	}
	for _, h := range places.ReceivedBy(id) {
		f.Transfers = append(f.Transfers, Transfer{Commune: r.body(h.Commune), Populations: r.populations(h.Commune),
			Competence: Competence(h.Competence), From: h.From, To: h.To, Deliberation: h.Proof})
	}
	evidence, ctgs := r.Recorded(id)
	for _, e := range evidence {
		f.Evidence = append(f.Evidence, e.Evidence)
	}
	for _, c := range ctgs {
		f.CTGs = append(f.CTGs, c.CTG)
	}
	return f, true
}

func (r *Room) body(id territory.ID) Territory {
	kind := Syndicat
	if t, ok := r.Places.Registry.Get(id); ok {
		kind = kindOf[t.Kind]
	}
	return Territory{string(id), r.Places.Name(id), kind}
}

// populations are those of the register, completed by those imported.
func (r *Room) populations(id territory.ID) []Population {
	list := legalPopulations(r.Places.Registry, id)
	if r.Newer == nil {
		return list
	}
	for _, p := range r.Newer(id) {
		q := Population{Year: p.Year, InForce: p.InForce, Municipal: p.Municipal, Total: p.Total, TotalKnown: true}
		at := slices.IndexFunc(list, func(old Population) bool { return old.InForce == q.InForce })
		switch {
		case at < 0:
			list = append(list, q)
		case list[at].Missing != 0 || !list[at].TotalKnown:
			list[at] = q
		}
	}
	slices.SortFunc(list, func(a, b Population) int { return a.InForce.Compare(b.InForce) })
	return list
}

// legalPopulations are those in force year after year, each within the limits of its day,
// with the last known population totale where that of the year is not in the sources.
func legalPopulations(reg *territory.Registry, id territory.ID) []Population {
	var list []Population
	for _, year := range reg.Years() {
		day := clock.NewDate(year, time.January, 1)
		p, ok := reg.Population(id, day)
		if !ok {
			continue
		}
		q := Population{Year: p.Year, InForce: p.InForce, Municipal: p.Municipal, Total: p.Total, TotalKnown: p.TotalKnown}
		if !p.TotalKnown {
			if older, ok := reg.TotalPopulation(id, day); ok {
				q = Population{Year: older.Year, InForce: p.InForce, Municipal: older.Municipal, Total: older.Total,
					TotalKnown: true, Missing: p.Year, MissingPM: p.Municipal}
			}
		}
		if n := len(list); n == 0 || list[n-1].InForce != q.InForce { // where one census holds for several years
			list = append(list, q)
		}
	}
	return list
}

// rebased are the same years within the limits of today.
func rebased(reg *territory.Registry, id territory.ID) []Population {
	var list []Population
	for _, p := range reg.Populations(id) {
		list = append(list, Population{Year: p.Year, InForce: p.InForce, Municipal: p.Municipal, Total: p.Total, TotalKnown: p.TotalKnown})
	}
	return list
}
