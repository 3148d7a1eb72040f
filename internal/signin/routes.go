// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"embed"

	"maillage/internal/platform/web"
)

//go:embed pages
var pageFiles embed.FS

//go:embed pages/signin.css
var pageCSS []byte

var _ = web.AddStyle("connexion.css", pageCSS)

// Routes are the addresses of this room.
func (r *Room) Routes() []web.Route {
	routes := []web.Route{
		{Pattern: "GET /connexion", Access: web.Public, Handler: r.door},
		{Pattern: "POST /connexion", Access: web.Public, Handler: r.askMail},
		{Pattern: "GET /connexion/code", Access: web.Public, Handler: r.codeForm},
		{Pattern: "POST /connexion/code", Access: web.Public, Handler: r.tryCode},
		{Pattern: "GET /connexion/lien/{jeton}", Access: web.Public, Handler: r.linkForm},
		{Pattern: "POST /connexion/lien/{jeton}", Access: web.Public, Handler: r.pressLink},
		{Pattern: "GET /premier-acces", Access: web.Public, Handler: r.firstForm},
		{Pattern: "POST /premier-acces", Access: web.Public, Handler: r.firstIn},
		{Pattern: "POST /moi/fonction", Access: "moi", Handler: r.wearHat},
		{Pattern: "POST /deconnexion", Access: web.Public, Handler: r.signOut},
	}
	if r.Demo {
		routes = append(routes,
			web.Route{Pattern: "GET /demonstration", Access: web.Public, Handler: r.demonstration},
			web.Route{Pattern: "POST /demonstration", Access: web.Public, Handler: r.stepIn})
	}
	return routes
}
