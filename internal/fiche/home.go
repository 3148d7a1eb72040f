// SPDX-License-Identifier: EUPL-1.2

package fiche

import (
	"net/http"
	"slices"

	"maillage/internal/duty"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

var homeTemplate = web.NewTemplate[home](pages, "pages/accueil.html", "pages/parts.html")

type home struct {
	web.Page
	Departement string
	ID          territory.ID
	Towns       []townLink
	Stats       []web.Stat
	Map         *web.Figure
	Doors       []web.Link
}

type townLink struct{ Name, Href string }

// home is the front page: find a town, see the département at a glance.
func (r *Room) home(w http.ResponseWriter, req *http.Request) error {
	s, err := r.find(req.Context(), r.places.Home)
	if err != nil {
		return err
	}
	p := home{Page: web.Page{Title: "Maillage", Heading: "La petite enfance, commune par commune", Nav: "accueil",
		Lead: "Ce que la loi demande à chaque commune, ce que l'on sait de l'accueil des jeunes enfants, et la source de chaque chiffre."},
		Departement: s.place.Name, ID: s.place.ID}
	towns := r.places.Registry.In(s.place.ID, territory.Commune)
	for _, t := range towns {
		p.Towns = append(p.Towns, townLink{t.Name, "/territoires/" + string(t.ID)})
	}
	p.Stats = append([]web.Stat{r.populationStat(s)}, r.dutyStats(towns, s.today)...)
	if stat, ok := s.figureStat("couverture_globale"); ok && !stat.Void {
		p.Stats = append(p.Stats, stat)
	}
	if p.Map, err = r.situation(req.Context(), s); err != nil {
		return err
	}
	p.Doors = []web.Link{
		{Label: "Toutes les obligations", Href: "/obligations", Note: "les communes " + french.DeName(s.place.Name) + " et ce que la loi leur demande"},
		{Label: "L'observatoire", Href: "/observatoire", Note: "cartes, tableaux et séries de chaque indicateur"},
	}
	if web.May(req, "observatoire.importer", web.Scope{}) {
		p.Doors = append(p.Doors, web.Link{Label: "Importer un fichier", Href: "/observatoire/imports", Note: "vos statistiques visibles partout en une minute"})
	}
	return homeTemplate.Render(w, req, http.StatusOK, p)
}

// dutyStats counts, by the rules, who owes the scheme and the relay.
func (r *Room) dutyStats(towns []*territory.Territory, today clock.Date) []web.Stat {
	owed := map[string]int{}
	for _, t := range towns {
		town, _, ok := r.duties.Town(t.ID, today)
		if !ok {
			continue
		}
		for _, d := range duty.Applying(town.Duties) {
			owed[d.Rule.Code]++
		}
	}
	stat := func(code, label string) web.Stat {
		return web.Stat{Label: label, Value: french.Int(owed[code]), Unit: "communes sur " + french.Int(len(towns)),
			When: today.French(), Href: "/obligations", Source: "règles de droit, population totale"}
	}
	stats := []web.Stat{stat("schema", "Doivent un schéma pluriannuel"), stat("rpe", "Doivent un relais petite enfance")}
	return slices.DeleteFunc(stats, func(s web.Stat) bool { return s.Value == "" })
}
