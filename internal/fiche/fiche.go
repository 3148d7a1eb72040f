// SPDX-License-Identifier: EUPL-1.2

package fiche

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strings"
	"time"

	"maillage/internal/duty"
	"maillage/internal/observatory"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

//go:embed pages/*.html
var pages embed.FS

//go:embed pages/fiche.css
var css []byte

var _ = web.AddStyle("fiche.css", css)

// Room composes the pages of a territory from the rooms below.
type Room struct {
	places *territory.Room
	duties *duty.Room
	obs    *observatory.Observatory
	now    func() time.Time
}

// New composes the pages of the rooms given.
func New(places *territory.Room, duties *duty.Room, obs *observatory.Observatory, now func() time.Time) *Room {
	return &Room{places, duties, obs, now}
}

// Routes are the addresses of the room.
func (r *Room) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /{$}", Access: web.Public, Handler: r.home},
		{Pattern: "GET /territoires/{id}", Access: web.Public, Handler: r.territory},
		{Pattern: "GET /territoires/{id}/fiche", Access: web.Public, Handler: r.sheet},
	}
}

// subject is a territory with everything its pages show.
type subject struct {
	place  *territory.Territory
	today  clock.Date
	snap   *observatory.Snapshot
	sheet  observatory.Sheet
	town   duty.Town
	facts  duty.Facts
	bound  bool // the law asks something of it
	parent territory.ID
}

// find reads the territory that an address names; a former commune leads to what it became.
func (r *Room) find(ctx context.Context, id territory.ID) (*subject, error) {
	t, ok := r.places.Registry.Get(id)
	if !ok {
		return nil, web.NotFound(fmt.Sprintf("Aucun territoire ne porte le code « %s ». Cherchez-le par son nom, son code Insee, son code postal ou son numéro SIREN.", id))
	}
	s := &subject{place: t, today: clock.On(r.now()), snap: r.obs.Snapshot(), parent: t.Departement}
	if t.Kind == territory.Departement || t.Kind == territory.Region {
		s.parent = territory.France
	}
	if t.Kind == territory.Country {
		s.parent = ""
	}
	var err error
	if s.sheet, err = s.snap.Sheet(ctx, id); err != nil {
		return nil, err
	}
	s.town, s.facts, s.bound = r.duties.Town(id, s.today)
	return s, nil
}

func (r *Room) territory(w http.ResponseWriter, req *http.Request) error {
	id, ext := splitExt(req.PathValue("id"))
	if to, moved := r.moved(id); moved && ext == "" {
		return web.Redirect(w, req, "/territoires/"+string(to)+"?ancienne="+string(id))
	}
	s, err := r.find(req.Context(), id)
	if err != nil {
		return err
	}
	if ext != "" {
		return r.download(w, req, s, ext)
	}
	return r.page(w, req, s)
}

// moved says that a commune has been absorbed, and by which.
func (r *Room) moved(id territory.ID) (territory.ID, bool) {
	t, ok := r.places.Registry.Get(id)
	if !ok || t.Current() {
		return "", false
	}
	next := r.places.Registry.Successors(id)
	if len(next) != 1 {
		return "", false
	}
	return next[0], true
}

// splitExt separates the machine twin of a page from its address: "93066.csv".
func splitExt(name string) (territory.ID, string) {
	for _, ext := range []string{".csv", ".xlsx", ".json"} {
		if id, ok := strings.CutSuffix(name, ext); ok {
			return territory.ID(id), ext
		}
	}
	return territory.ID(name), ""
}

var kindNames = map[territory.Kind]string{territory.Commune: "Commune", territory.EPCI: "Établissement public de coopération intercommunale",
	territory.EPT: "Établissement public territorial", territory.Departement: "Département", territory.Region: "Région",
	territory.Country: "Pays", territory.Collectivite: "Collectivité d'outre-mer"}

// where places a territory in its département and grouping.
func (r *Room) where(t *territory.Territory) []web.Crumb {
	crumbs := []web.Crumb{{Label: "Territoires", Href: "/territoires"}}
	add := func(id territory.ID) {
		if p, ok := r.places.Registry.Get(id); ok && id != t.ID {
			crumbs = append(crumbs, web.Crumb{Label: p.Name, Href: "/territoires/" + string(id)})
		}
	}
	if t.Kind == territory.Commune || t.Kind == territory.EPCI || t.Kind == territory.EPT {
		add(t.Departement)
	}
	return crumbs
}

// identity is who the territory is.
func (r *Room) identity(s *subject) []web.Fact {
	t := s.place
	var facts []web.Fact
	add := func(label, value, note, href string) {
		if value != "" {
			facts = append(facts, web.Fact{Label: label, Value: value, Note: note, Href: href})
		}
	}
	named := func(label string, id territory.ID) {
		if p, ok := r.places.Registry.Get(id); ok && id != t.ID {
			add(label, p.Name, "", "/territoires/"+string(id))
		}
	}
	switch t.Kind {
	case territory.Commune:
		add("Code Insee", t.Code, "", "")
	case territory.Departement, territory.Region:
		add("Code", t.Code, "", "")
	}
	add("SIREN", t.SIREN, "", "")
	add("Code postal", strings.Join(t.PostalCodes, ", "), "", "")
	named("Établissement public territorial", t.EPT)
	named("Intercommunalité", t.EPCI)
	named("Département", t.Departement)
	named("Région", t.Region)
	if t.Kind != territory.Commune {
		if n := len(r.places.Registry.In(t.ID, territory.Commune)); n > 0 {
			add("Communes", french.Int(n), "", "")
		}
	}
	return facts
}

// populationStat is the population the law counts, with its two dates.
func (r *Room) populationStat(s *subject) web.Stat {
	stat := web.Stat{Label: "Population totale", Void: true, Value: "non connue"}
	p, ok := r.places.Registry.TotalPopulation(s.place.ID, s.today)
	if !ok {
		if known, found := s.figureStat("population_municipale"); found && !known.Void {
			return known // the count of the whole country is published without the total
		}
		return stat
	}
	stat.Value, stat.Unit, stat.Void = french.Int(p.Total), "habitants", false
	stat.When = fmt.Sprintf("population %d, en vigueur depuis le %s", p.Year, p.InForce.French())
	stat.Source = "Insee"
	stat.Note = "population municipale : " + french.Int(p.Municipal)
	return stat
}

// figureStat is the last known value of an indicator.
func (s *subject) figureStat(code string) (web.Stat, bool) {
	ind, ok := s.snap.Indicator(code)
	if !ok {
		return web.Stat{}, false
	}
	stat := web.Stat{Label: ind.Title, Source: s.snap.Credit(code),
		Href: "/observatoire?indicateur=" + code + "&dans=" + string(s.within())}
	v, ok := s.sheet.Latest(code)
	if !ok {
		stat.Value, stat.Void = "non publié", true
		if list := s.sheet[code]; len(list) > 0 {
			stat.Value, stat.Note = list[len(list)-1].State.Label(), list[len(list)-1].Note
		}
		return stat, true
	}
	stat.Value, stat.Unit, stat.When = observatory.Text(ind, v), unitWords(ind), v.Period.French()
	if v.State != observatory.Observed {
		stat.Note = v.Reason()
	}
	return stat, true
}

func unitWords(ind *observatory.Indicator) string {
	if ind.Unit == "%" {
		return ""
	}
	return ind.Unit
}

// within is the territory whose map shows this one.
func (s *subject) within() territory.ID {
	switch s.place.Kind {
	case territory.Departement, territory.EPT, territory.EPCI:
		return s.place.ID
	}
	return s.place.Departement
}
