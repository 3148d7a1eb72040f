// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"fmt"
	"math"
	"slices"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/refdata"
)

// Population is the number of inhabitants of one reference year. Municipal and Total are
// always of that same year.
type Population struct {
	Year       int        // reference year
	InForce    clock.Date // first day it was the legal figure
	Municipal  int
	Total      int  // zero when TotalKnown is false
	TotalKnown bool // false: the sources do not give the PTOT of that year
	// Estimated: some of Municipal and Total comes from a commune that was split since, shared
	// out by the first populations known apart.
	Estimated bool
	Source    string // producer, years, package; in French
	Note      string // what the reader must know beside the figure, in French; often empty
}

// sum adds up the communes of a territory in one vintage.
type sum struct {
	communes, municipalKnown, totalKnown int
	municipal, total                     int
	exceptions                           int // communes counted in another year
}

// count adds a commune to every territory it was part of, vintage by vintage.
func (r *Registry) count(t *Territory, c *refdata.Commune) {
	for i, year := range r.years {
		if year < c.First || year > c.Last {
			continue
		}
		s := stateIn(c, year)
		p := r.figure(c, i)
		_, exception := r.census[t.Departement]
		parents := [...]ID{t.Departement, ID(s.EPCI), ID(s.EPT), t.Region, ""}
		if t.Region != "" {
			parents[4] = France
		}
		for _, id := range parents {
			if id == "" {
				continue
			}
			list := r.sums[id]
			if list == nil {
				list = make([]sum, len(r.years))
				r.sums[id] = list
			}
			list[i].add(p, exception)
		}
	}
}

func (s *sum) add(p refdata.Population, exception bool) {
	s.communes++
	if p.Municipal != refdata.Unknown {
		s.municipalKnown++
		s.municipal += p.Municipal
	}
	if p.Total != refdata.Unknown {
		s.totalKnown++
		s.total += p.Total
	}
	if exception {
		s.exceptions++
	}
}

// figure is the published population of a commune in a vintage. Where a single census holds
// for every vintage, its pair is that of the first.
func (r *Registry) figure(c *refdata.Commune, vintage int) refdata.Population {
	if r.census[ID(c.Departement)] != nil {
		return c.Populations[0]
	}
	return c.Populations[vintage]
}

// Population is the legal population in force on a day, within the limits of that day. It is
// false before the first vintage, for a territory that did not exist, and where the sources
// have no figure. After the last vintage it answers with the last: read InForce.
func (r *Registry) Population(id ID, at clock.Date) (Population, bool) {
	t, ok := r.byID[id]
	if !ok || at.Year < r.years[0] || !r.exists(t, at) {
		return Population{}, false
	}
	v := r.vintage(at)
	return r.population(t, v, v)
}

// TotalPopulation is the youngest population in force on or before a day whose PTOT is known,
// within the limits of that day. The thresholds of the law are read against it; its Year may
// be older than that of Population. It never uses an estimate.
func (r *Registry) TotalPopulation(id ID, at clock.Date) (Population, bool) {
	t, ok := r.byID[id]
	if !ok || at.Year < r.years[0] || !r.exists(t, at) {
		return Population{}, false
	}
	geography := r.vintage(at)
	for v := geography; v >= 0; v-- {
		if p, ok := r.population(t, geography, v); ok && p.TotalKnown && !p.Estimated {
			return p, true
		}
	}
	return Population{}, false
}

// Populations is the series of a territory within today's limits (or its last ones), oldest
// first, one entry a reference year; years the sources do not cover are absent.
func (r *Registry) Populations(id ID) []Population {
	t, ok := r.byID[id]
	if !ok {
		return nil
	}
	geography := len(r.years) - 1
	if !t.Current() {
		geography = r.vintage(t.To) - 1
	}
	var list []Population
	for v := 0; v <= geography; v++ {
		p, ok := r.population(t, geography, v)
		if ok && (len(list) == 0 || list[len(list)-1].Year != p.Year) {
			list = append(list, p)
		}
	}
	return list
}

// population is the figure in force in vintage v for the limits of a later or same vintage.
func (r *Registry) population(t *Territory, geography, v int) (Population, bool) {
	if t.Kind == Commune {
		return r.ofParts(t, r.rebase(t.ID, geography, v), v)
	}
	if t.Kind != EPCI && t.Kind != EPT || geography == v {
		list := r.sums[t.ID]
		if list == nil || list[v].communes == 0 {
			return Population{}, false
		}
		return r.ofSum(t, list[v], v, false)
	}
	var parts []Part
	for _, m := range r.membersIn(t.ID, geography) {
		parts = append(parts, r.rebase(m, geography, v)...)
	}
	return r.ofParts(t, merge(parts), v)
}

// ofParts adds up communes of vintage v, each for its share.
func (r *Registry) ofParts(t *Territory, parts []Part, v int) (Population, bool) {
	var s sum
	var municipal, total float64
	estimated := false
	for _, part := range parts {
		c := r.communes[part.ID]
		p := r.figure(c, v)
		s.add(p, r.census[ID(c.Departement)] != nil)
		municipal += part.Share * float64(p.Municipal)
		total += part.Share * float64(p.Total)
		estimated = estimated || !part.Exact
	}
	if estimated {
		s.municipal, s.total = int(math.Round(municipal)), int(math.Round(total))
	}
	return r.ofSum(t, s, v, estimated)
}

func (r *Registry) ofSum(t *Territory, s sum, v int, estimated bool) (Population, bool) {
	if s.communes == 0 || s.municipalKnown < s.communes {
		return Population{}, false
	}
	year := r.years[v]
	p := Population{
		Year: year - 3, InForce: clock.NewDate(year, time.January, 1), Municipal: s.municipal,
		TotalKnown: s.totalKnown == s.communes, Estimated: estimated,
	}
	if p.TotalKnown {
		p.Total = s.total
	}
	r.date(&p, s)
	p.Source = r.source(&p, v)
	switch {
	case estimated:
		p.Note = join(p.Note, "Estimation : une commune s'est scindée depuis, sa population est partagée selon les premières populations connues séparément.")
	case !p.TotalKnown && t.Kind == Commune:
		p.Note = join(p.Note, fmt.Sprintf("La population totale %d n'est pas dans les sources de ce logiciel.", p.Year))
	case !p.TotalKnown && s.totalKnown > 0:
		p.Note = join(p.Note, fmt.Sprintf("La population totale %d n'est connue que pour %s sur %s (%s habitants).",
			p.Year, french.Plural(s.totalKnown, "commune", "communes"), french.Int(s.communes), french.Int(s.total)))
	case !p.TotalKnown:
		p.Note = join(p.Note, fmt.Sprintf("La population totale %d n'est connue pour aucune de ses communes.", p.Year))
	}
	return p, true
}

// date gives a territory counted by another census its own year, and warns when only some
// of its communes are.
func (r *Registry) date(p *Population, s sum) {
	if s.exceptions == 0 {
		return
	}
	for _, e := range r.census {
		p.Note = join(p.Note, e.Note+".")
		if s.exceptions == s.communes {
			p.Year, p.InForce = e.Year, clock.MustDate(e.InForce)
		}
	}
}

func join(note, more string) string {
	if note == "" {
		return more
	}
	return note + " " + more
}

func (r *Registry) source(p *Population, v int) string {
	version := ""
	for _, s := range r.sources {
		if s.Vintage == r.years[v] {
			version = s.Version
		}
	}
	return fmt.Sprintf("Insee, populations %d en vigueur depuis le %s (paquet @etalab/decoupage-administratif %s)",
		p.Year, p.InForce.French(), version)
}

// Threshold tells how many communes of France are above a number of inhabitants on a day.
type Threshold struct {
	Inhabitants int
	Known       int  // communes with a known PTOT
	Total       int  // of those, strictly above on PTOT
	Municipal   int  // of those, strictly above on the PMUN of the same year
	Straddling  []ID // above on PTOT but not on PMUN, by code
	Unknown     []ID // communes of France without any known PTOT, by code
}

// Threshold compares, on a day, PTOT and PMUN of the same reference year against a number of
// inhabitants, for every commune of the 101 départements: CASF L.214-1-3 says « plus de », so
// a commune of exactly that number is not above.
func (r *Registry) Threshold(inhabitants int, at clock.Date) Threshold {
	out := Threshold{Inhabitants: inhabitants}
	for id := range r.communes {
		t := r.byID[id]
		if t.Region == "" || !r.exists(t, at) {
			continue
		}
		p, ok := r.TotalPopulation(id, at)
		if !ok {
			out.Unknown = append(out.Unknown, id)
			continue
		}
		out.Known++
		if p.Municipal > inhabitants {
			out.Municipal++
		}
		if p.Total > inhabitants {
			out.Total++
			if p.Municipal <= inhabitants {
				out.Straddling = append(out.Straddling, id)
			}
		}
	}
	slices.Sort(out.Straddling)
	slices.Sort(out.Unknown)
	return out
}
