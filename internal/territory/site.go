// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"embed"
	"time"

	"maillage/internal/platform/figure"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/web"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed pages/territory.css
var css []byte

var (
	_ = web.AddStyle("figure.css", []byte(figure.CSS))
	_ = web.AddStyle("territory.css", css)
)

// Site is what the pages of the room need of the program they run in.
type Site struct {
	Jobs    *jobs.Runner
	Dir     string // folder for uploaded and downloaded files, made when needed
	Now     func() time.Time
	Network bool // official contours may be fetched from the network
	// Official is the base address of the public geography API; empty: OfficialAPI.
	Official string
}

// pages are the addresses of the room, in the program they run in.
type pages struct {
	room *Room
	site Site
	work works
}

// maxUpload is the largest file of contours accepted, in bytes: what compresses well reaches
// the bounds of package geo long before.
const maxUpload = 300 << 20

// Routes are the addresses of the room. Those of a territory's own page and sheet belong to
// another.
func (r *Room) Routes(site Site) []web.Route {
	p := &pages{room: r, site: site}
	return append(p.publicRoutes(), p.manageRoutes()...)
}

func (p *pages) publicRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /territoires", Access: web.Public, Handler: p.list},
		{Pattern: "GET /territoires.csv", Access: web.Public, Handler: p.listCSV},
		{Pattern: "GET /territoires.xlsx", Access: web.Public, Handler: p.listXLSX},
		{Pattern: "GET /territoires.json", Access: web.Public, Handler: p.listJSON},
		{Pattern: "GET /api/v1/territoires", Access: web.Public, Handler: p.apiList},
		{Pattern: "GET /api/v1/territoires/{id}", Access: web.Public, Handler: p.apiOne},

		{Pattern: "GET /territoires/{id}/competences", Access: web.Public, Handler: p.holders},
		{Pattern: "GET /territoires/{id}/competences.csv", Access: web.Public, Handler: p.holdersCSV},
		{Pattern: "GET /territoires/{id}/competences.xlsx", Access: web.Public, Handler: p.holdersXLSX},
		{Pattern: "GET /territoires/{id}/competences.json", Access: web.Public, Handler: p.holdersJSON},
		{Pattern: "GET /territoires/syndicats", Access: web.Public, Handler: p.syndicats},

		{Pattern: "GET /territoires/contours", Access: web.Public, Handler: p.contours},
		{Pattern: "GET /contours/{set}/departement/{file}", Access: web.Public, Handler: p.outlineFile},
		{Pattern: "GET /contours/tuiles.json", Access: web.Public, Handler: p.tileJSON},
		{Pattern: "GET /contours/tuiles/{z}/{x}/{file}", Access: web.Public, Handler: p.tile},
	}
}

func (p *pages) manageRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /territoires/{id}/competences/gestion", Access: "territoire.titulaires", Scope: web.OnPath("id"), Handler: p.transfers},
		{Pattern: "POST /territoires/{id}/competences/gestion", Access: "territoire.titulaires", Scope: web.OnPath("id"), Handler: p.recordTransfers},
		{Pattern: "POST /territoires/{id}/competences/fin", Access: "territoire.titulaires", Scope: web.OnPath("id"), Handler: p.endTransfers},
		{Pattern: "POST /territoires/{id}/competences/annulation", Access: "territoire.titulaires", Scope: web.OnPath("id"), Handler: p.undoAct},
		{Pattern: "GET /territoires/syndicats/nouveau", Access: "territoire.syndicats", Handler: p.newSyndicat},
		{Pattern: "POST /territoires/syndicats/nouveau", Access: "territoire.syndicats", Handler: p.addSyndicat},
		{Pattern: "POST /territoires/syndicats/retrait", Access: "territoire.syndicats", Handler: p.dropSyndicat},
		{Pattern: "POST /territoires/syndicats/annulation", Access: "territoire.syndicats", Handler: p.undoSyndicat},

		{Pattern: "GET /territoires/contours/gestion", Access: "territoire.contours", Handler: p.contourDesk},
		{Pattern: "POST /territoires/contours/gestion", Access: "territoire.contours", Handler: p.uploadContours, MaxBody: maxUpload + 1<<20},
		{Pattern: "POST /territoires/contours/officiels", Access: "territoire.contours", Handler: p.fetchContours},
		{Pattern: "GET /territoires/contours/travaux/{work}", Access: "territoire.contours", Handler: web.ProgressPage(p.workStatus)},
		{Pattern: "POST /territoires/contours/travaux/{work}/arret", Access: "territoire.contours", Handler: p.stopWork},
		{Pattern: "GET /territoires/contours/jeux/{set}", Access: "territoire.contours", Handler: p.contourSet},
		{Pattern: "POST /territoires/contours/jeux/{set}/{action}", Access: "territoire.contours", Handler: p.actOnContours},
	}
}
