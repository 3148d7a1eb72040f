// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"database/sql"
	"embed"
	"net/http"
	"time"

	"maillage/internal/people"
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

// begin opens a session of p in the browser, under the first of their hats. Whoever was signed
// in there is signed out. proved is when a second factor was shown, zero for not.
func (r *Room) begin(w http.ResponseWriter, req *http.Request, p people.Person, method string, proved time.Time) error {
	ctx, now := req.Context(), r.Now()
	hats, err := r.People.HatsOn(ctx, p.ID, r.People.Today())
	if err != nil {
		return err
	}
	s := Session{Person: p.ID, Method: method, Device: device(req), Proved: proved}
	if len(hats) > 0 {
		s.Hat = hats[0].ID
	}
	var token string
	before, _ := visitorOf(ctx)
	err = r.sessions.db.Tx(ctx, func(tx *sql.Tx) (err error) {
		if before != nil {
			if err = r.sessions.end(ctx, tx, before.session.Person, before.session.ID, now); err != nil {
				return err
			}
		}
		token, err = r.sessions.start(ctx, tx, s, now)
		return err
	})
	if err != nil {
		return err
	}
	r.give(w, token)
	return nil
}
