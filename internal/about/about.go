// SPDX-License-Identifier: EUPL-1.2

// Package about tells what the service is, where its data come from, how accessible it is,
// and how programs talk to it. It knows no figure and no rule.
package about

import (
	"bytes"
	"embed"
	"encoding/json"
	"net/http"
	"sync"

	"maillage/internal/platform/web"
)

//go:embed pages/*.html
var pages embed.FS

//go:embed openapi.json
var openAPI []byte

// Source is a producer of data, as the page of sources lists it.
type Source = web.Source

// Room is the pages about the service itself.
type Room struct {
	Version string
	Sources func() []Source // of the data in use, asked at each visit
}

type page struct {
	web.Page
	Version string
	Sources []Source
}

var (
	aboutTemplate         = web.NewTemplate[page](pages, "pages/a-propos.html")
	sourcesTemplate       = web.NewTemplate[page](pages, "pages/sources.html")
	accessibilityTemplate = web.NewTemplate[page](pages, "pages/accessibilite.html")
)

// Routes are the addresses of the room.
func (r *Room) Routes() []web.Route {
	show := func(t *web.Template[page], title, lead string) web.Handler {
		return func(w http.ResponseWriter, req *http.Request) error {
			return t.Render(w, req, http.StatusOK, page{Page: web.Page{Title: title, Lead: lead}, Version: r.Version, Sources: r.Sources()})
		}
	}
	return []web.Route{
		{Pattern: "GET /a-propos", Access: web.Public, Handler: show(aboutTemplate, "À propos", "Un logiciel libre pour planifier, conduire et partager l'accueil des jeunes enfants.")},
		{Pattern: "GET /sources", Access: web.Public, Handler: show(sourcesTemplate, "Sources et licences des données", "Chaque chiffre porte son année et sa source ; voici ces sources.")},
		{Pattern: "GET /accessibilite", Access: web.Public, Handler: show(accessibilityTemplate, "Accessibilité", "Ce qui est fait, ce qui est vérifié, et comment signaler un obstacle.")},
		{Pattern: "GET /api/openapi.json", Access: web.Public, Handler: serveOpenAPI},
	}
}

// compact is the description without the spaces that make it readable in the source.
var compact = sync.OnceValues(func() ([]byte, error) {
	var b bytes.Buffer
	err := json.Compact(&b, openAPI)
	return b.Bytes(), err
})

func serveOpenAPI(w http.ResponseWriter, r *http.Request) error {
	body, err := compact()
	if err != nil {
		return err
	}
	return web.Bytes(w, r, http.StatusOK, "application/json; charset=utf-8", body)
}
