// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// listing is a search or a list of territories, as an address asks for it.
type listing struct {
	text        string
	departement ID
	kind        Kind
}

// searchDepth bounds the answers of a search before they are filtered.
const searchDepth = 500

// resembling is how many answers that only resemble what was typed are worth reading.
const resembling = 8

// readListing reads q, departement and type; what is not a known value is told with the remedy.
func (r *Room) readListing(v url.Values) (listing, error) {
	q := listing{text: shortened(strings.TrimSpace(v.Get("q")), 200), departement: ID(strings.ToUpper(strings.TrimSpace(v.Get("departement")))),
		kind: Kind(strings.ToLower(strings.TrimSpace(v.Get("type"))))}
	wrong := map[string]string{}
	if d, ok := r.Registry.Get(q.departement); q.departement != "" && (!ok || d.Kind != Departement && d.Kind != Collectivite) {
		wrong["departement"] = "« " + clipped(string(q.departement)) + " » n'est pas le code d'un département, par exemple 93, 2A ou 971."
	}
	if q.kind != "" && !slices.Contains(kinds, q.kind) {
		wrong["type"] = "« " + clipped(string(q.kind)) + " » n'est pas un type : écrivez commune, epci, ept, departement, region ou syndicat."
	}
	if len(wrong) > 0 {
		return q, web.Invalid(wrong)
	}
	return q, nil
}

// values are the parameters of the same listing.
func (q listing) values() url.Values {
	v := url.Values{}
	for name, text := range map[string]string{"q": q.text, "departement": string(q.departement), "type": string(q.kind)} {
		if text != "" {
			v.Set(name, text)
		}
	}
	return v
}

func (q listing) address(path string, more ...string) string {
	v := q.values()
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// entry of a listing: a territory of the register, or a syndicat recorded here.
type listed struct {
	*Territory
	why   string
	close bool
}

// href is the page of a territory; that of a syndicat is what it was given.
func (l listed) href() string {
	if l.Kind == Syndicat {
		return "/territoires/" + string(l.ID) + "/competences"
	}
	return "/territoires/" + string(l.ID)
}

// find answers a listing: a search by its best answers, a list with the home first.
func (r *Room) find(q listing) []listed {
	if q.text != "" {
		return r.search(q)
	}
	home, rest := r.list(q)
	return append(home, rest...)
}

func (r *Room) search(q listing) []listed {
	near := r.Home
	if q.departement != "" {
		near = q.departement
	}
	var found []listed
	closeOnes := 0
	for _, h := range r.Registry.SearchNear(q.text, near, searchDepth) {
		if h.Close {
			closeOnes++
		}
		if q.takes(r, h.Territory) && (!h.Close || closeOnes <= resembling) {
			found = append(found, listed{h.Territory, h.Why, h.Close})
		}
	}
	var own []listed
	for _, s := range r.State().Syndicats {
		if why, ok := s.answers(q.text); ok && q.takes(r, s.territory(r.Registry)) {
			own = append(own, listed{s.territory(r.Registry), why, false})
		}
	}
	if len(own) > 0 { // what was found as such makes what only resembles it pointless
		found = slices.DeleteFunc(found, func(l listed) bool { return l.close })
	}
	return append(own, found...)
}

// takes applies the filters.
func (q listing) takes(r *Room, t *Territory) bool {
	if q.kind != "" && t.Kind != q.kind {
		return false
	}
	return q.departement == "" || t.Departement == q.departement || t.ID == q.departement ||
		(t.Kind == EPCI || t.Kind == EPT) && slices.Contains(r.Registry.In(q.departement, t.Kind), t)
}

// list gives every current territory that passes the filters, by kind and name: those of the
// home, then the others.
func (r *Room) list(q listing) (first, rest []listed) {
	wanted := kinds
	if q.kind != "" {
		wanted = []Kind{q.kind}
	}
	for _, kind := range wanted {
		home := map[ID]bool{}
		for _, t := range r.Registry.In(r.Home, kind) {
			home[t.ID] = true
		}
		home[r.Home] = true
		for _, t := range r.all(q, kind) {
			if home[t.ID] || t.Departement == r.Home {
				first = append(first, listed{Territory: t})
			} else {
				rest = append(rest, listed{Territory: t})
			}
		}
	}
	return first, rest
}

// all are the territories of a kind in the département asked for, by name.
func (r *Room) all(q listing, kind Kind) []*Territory {
	if kind == Syndicat {
		var list []*Territory
		for _, s := range r.State().Syndicats {
			if t := s.territory(r.Registry); q.takes(r, t) {
				list = append(list, t)
			}
		}
		return list
	}
	if q.departement == "" {
		return r.Registry.All(kind)
	}
	list := r.Registry.In(q.departement, kind)
	if d, ok := r.Registry.Get(q.departement); ok && d.Kind == kind {
		list = append([]*Territory{d}, list...)
	}
	return list
}

// territory shows a syndicat among those of the register.
func (s SyndicatMixte) territory(reg *Registry) *Territory {
	t := &Territory{ID: s.ID, Kind: Syndicat, Name: s.Name, Code: string(s.ID), SIREN: string(s.ID), Departement: s.Departement}
	if d, ok := reg.Get(s.Departement); ok {
		t.Region = d.Region
	}
	return t
}

// answers says whether a syndicat is what was typed.
func (s SyndicatMixte) answers(text string) (why string, ok bool) {
	words := strings.Fields(french.Fold(text))
	if len(words) == 0 {
		return "", false
	}
	if code := strings.Join(words, ""); len(code) >= 4 && strings.HasPrefix(string(s.ID), code) {
		return "SIREN " + string(s.ID), true
	}
	return "", everyWord(french.Fold(s.Name), words)
}

// exact is the one territory whose code in full was typed.
func (q listing) exact(found []listed) (listed, bool) {
	others := func(l listed) bool { return l.Current() } // the former communes of the one found follow it
	if len(found) == 0 || slices.ContainsFunc(found[1:], others) || q.kind != "" || q.departement != "" || found[0].close || !found[0].Current() {
		return listed{}, false
	}
	typed := strings.ToUpper(strings.ReplaceAll(q.text, " ", ""))
	return found[0], len(typed) >= 5 && (typed == found[0].Code || typed == found[0].SIREN)
}

// headcount is the population that counts for a territory on a day: the last with a known PTOT,
// or else the last municipal one.
func (r *Registry) headcount(t *Territory, day clock.Date) (Population, bool) {
	if !t.Current() {
		day = t.To.AddDays(-1)
	}
	if p, ok := r.TotalPopulation(t.ID, day); ok {
		return p, true
	}
	return r.Population(t.ID, day)
}

// pageOf reads the number of the page asked for, brought back among those that exist.
func pageOf(text string, total, size int) (page, pages int) {
	pages = max(1, (total+size-1)/size)
	page, err := strconv.Atoi(text)
	if err != nil {
		page = 1
	}
	return max(1, min(page, pages)), pages
}
