// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"database/sql"
	"errors"
	"net/http"

	"maillage/internal/people"
	"maillage/internal/platform/web"
)

type demoPage struct {
	web.Page
	Back     string
	Accounts []demoAccount
}

type demoAccount struct {
	ID, Name string
	Hats     []string
}

var demoTemplate = web.NewTemplate[demoPage](pageFiles, "pages/demonstration.html")

// demonstration lists the accounts one may step into.
func (r *Room) demonstration(w http.ResponseWriter, req *http.Request) error {
	list, err := r.People.DemoAccounts(req.Context())
	if err != nil {
		return err
	}
	private(w)
	page := demoPage{Back: backOf(req.URL.Query().Get("retour")), Page: web.Page{Title: "Essayer les rôles", Robots: "noindex",
		Lead: "Chaque compte ci-dessous porte le nom de ce qu'il fait : il est inventé, ses droits sont ceux de sa fonction."}}
	for _, a := range list {
		line := demoAccount{ID: a.Person.ID, Name: a.Person.Name()}
		for _, h := range a.Hats {
			line.Hats = append(line.Hats, h.Title())
		}
		page.Accounts = append(page.Accounts, line)
	}
	return demoTemplate.Render(w, req, http.StatusOK, page)
}

// stepIn opens a session of a demonstration account; a second factor counts as shown.
func (r *Room) stepIn(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"compte", "retour"}})
	if err != nil {
		return err
	}
	p, err := r.People.Person(req.Context(), r.People.DB.Read(), form.Text("compte"))
	if errors.Is(err, people.ErrUnknown) || err == nil && !p.Demo {
		return web.ErrForeign()
	}
	if err != nil {
		return err
	}
	if err := r.begin(w, req, p, opening{method: "demonstration", proved: r.Now()}); err != nil {
		return err
	}
	return web.Redirect(w, req, web.SafeLocal(form.Text("retour"), "/"))
}

// wearHat changes the hat of the session.
func (r *Room) wearHat(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"fonction", "retour"}})
	if err != nil {
		return err
	}
	v, _ := visitorOf(req.Context())
	if v == nil {
		return web.ErrForeign()
	}
	worn := false
	for _, h := range v.hats {
		worn = worn || h.ID == form.Text("fonction")
	}
	if !worn {
		return web.ErrForeign()
	}
	var token string
	now := r.Now()
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) (err error) {
		if err = r.sessions.wear(req.Context(), tx, v.session.ID, form.Text("fonction")); err != nil {
			return err
		}
		token, err = r.sessions.rotate(req.Context(), tx, v.session.ID, now)
		return err
	})
	if err != nil {
		return err
	}
	r.give(w, token)
	return web.Redirect(w, req, web.SafeLocal(form.Text("retour"), "/"))
}

// signOut ends the session, for every process and every tab, and the provider's after it.
func (r *Room) signOut(w http.ResponseWriter, req *http.Request) error {
	ctx, idToken := req.Context(), ""
	if v, ok := visitorOf(ctx); ok {
		err := r.sessions.db.Tx(ctx, func(tx *sql.Tx) (err error) {
			if err = r.sessions.end(ctx, tx, []any{v.session.Person}, v.session.ID, "déconnexion", r.Now()); err == nil {
				idToken, err = r.takeHint(ctx, tx, v.session.ID)
			}
			return err
		})
		if err != nil && !errors.Is(err, errNoSession) {
			return err
		}
	}
	r.forget(w)
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	to, err := r.leaveProvider(ctx, idToken)
	if err != nil {
		return err
	}
	return web.Redirect(w, req, web.SafeLocal(to, "/"))
}
