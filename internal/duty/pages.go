// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"embed"
	"net/http"
	"strings"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

//go:embed pages
var pageFiles embed.FS

var _ = web.AddStyle("obligations.css", mustRead("pages/duty.css"))

func mustRead(name string) []byte {
	b, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return b
}

const section = "obligations" // key in the menu

// manageDuties is what the policy table says of recording evidence, CTG and announcements.
const manageDuties web.Access = "obligation.gerer"

// Routes are the addresses of this room. now gives the instant at which a request is answered.
func (r *Room) Routes(now func() time.Time) []web.Route {
	h := &handlers{Room: r, clock: now}
	public := func(pattern string, handler web.Handler) web.Route {
		return web.Route{Pattern: pattern, Access: web.Public, Handler: handler}
	}
	manage := func(pattern string, handler web.Handler) web.Route {
		return web.Route{Pattern: pattern, Access: manageDuties, Scope: web.OnPath("id"), Handler: handler}
	}
	const one = "/obligations/{id}"
	return []web.Route{
		public("GET /obligations", h.list),
		public("GET /obligations.csv", h.listFile),
		public("GET /obligations.xlsx", h.listFile),
		public("GET /obligations.json", h.listFile),
		public("GET /obligations/regles", h.rules),
		public("GET /obligations/regles.csv", h.rulesFile),
		public("GET /obligations/regles.xlsx", h.rulesFile),
		public("GET /obligations/regles.json", h.rulesFile),
		public("GET "+one, h.town),
		public("GET /api/v1/obligations", h.listFile),
		public("GET /api/v1/territoires/{id}/obligations", h.townAPI),

		manage("GET "+one+"/preuves/nouvelle", h.evidenceForm),
		manage("POST "+one+"/preuves/nouvelle", h.addEvidence),
		manage("POST "+one+"/preuves/{preuve}/retirer", h.withdrawEvidence),
		manage("POST "+one+"/preuves/{preuve}/remettre", h.restoreEvidence),
		manage("GET "+one+"/ctg/nouvelle", h.ctgForm),
		manage("POST "+one+"/ctg/nouvelle", h.addCTG),
		manage("POST "+one+"/ctg/{ctg}/retirer", h.withdrawCTG),
		manage("POST "+one+"/ctg/{ctg}/remettre", h.restoreCTG),
	}
}

// handlers is the room as seen from the web.
type handlers struct {
	*Room
	clock func() time.Time
}

// suffix cuts the ending of a machine twin off a name: "93066.csv" is "93066" and ".csv".
func suffix(name string) (stem, ext string) {
	for _, ext := range []string{".csv", ".xlsx", ".json"} {
		if stem, ok := strings.CutSuffix(name, ext); ok {
			return stem, ext
		}
	}
	return name, ""
}

// place is the territory that an address names, with its facts.
func (h *handlers) place(r *http.Request) (territory.ID, Facts, error) {
	stem, _ := suffix(r.PathValue("id"))
	id := territory.ID(strings.ToUpper(stem))
	facts, ok := h.Facts(id)
	if !ok {
		if heirs := h.Places.Registry.Successors(id); len(heirs) > 0 {
			return "", Facts{}, web.NotFound("Le code " + clip(stem) + " n'est plus employé : voyez " + h.bodies(heirs) + ".")
		}
		return "", Facts{}, web.NotFound("Aucune obligation n'est connue pour « " + clip(stem) + " » : les obligations concernent " +
			"les communes, leurs groupements et les départements. Cherchez le vôtre par son nom.")
	}
	return id, facts, nil
}

func (h *handlers) bodies(ids []territory.ID) string {
	var out []string
	for _, id := range ids {
		out = append(out, h.Places.Name(id)+" ("+string(id)+")")
	}
	return and(out)
}

// downloads are the machine twins of a page.
func downloads(a asked, path string, pairs ...string) []web.Link {
	return []web.Link{
		{Label: "Tableau (CSV)", Href: a.link(path+".csv", pairs...), Note: "séparé par des virgules, UTF-8"},
		{Label: "Classeur (XLSX)", Href: a.link(path+".xlsx", pairs...)},
		{Label: "Données (JSON)", Href: a.link(path+".json", pairs...)},
	}
}

// onDate is « au 1er janvier 2026 », as the pages say it.
func onDate(d clock.Date) string { return "au " + d.French() }
