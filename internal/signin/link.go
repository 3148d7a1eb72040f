// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"crypto/hmac"
	"database/sql"
	"errors"
	"net/http"
	"slices"

	"maillage/internal/platform/web"
)

// linkPage is where the link of a mail leads. Opening it changes nothing, since scanners of
// mail open links; its button works in the browser that asked and nowhere else, since some
// press buttons too. Elsewhere the page shows the code, to be typed where one asked.
type linkPage struct {
	web.Page
	Action string // of the button, "" without one
	Code   string // to be typed in the other browser, "" without one
	Device string // that asked
	Back   string
}

var linkTemplate = web.NewTemplate[linkPage](pageFiles, "pages/lien.html")

func (r *Room) linkForm(w http.ResponseWriter, req *http.Request) error {
	link := req.PathValue("jeton")
	a, err := r.asks.byLink(req.Context(), r.sessions.db.Read(), link)
	if err == nil && !slices.Contains(inKinds, any(a.Kind)) {
		err = errAskUnknown
	}
	if err == nil {
		err = a.state(r.Now())
	}
	switch {
	case isAskState(err):
		return r.refuseLink(w, req, err)
	case err != nil:
		return err
	}
	return r.showLink(w, req, http.StatusOK, a, link)
}

func (r *Room) showLink(w http.ResponseWriter, req *http.Request, status int, a ask, link string) error {
	private(w)
	page := linkPage{Device: a.Device, Back: a.Back, Page: web.Page{Title: "Se connecter", Robots: "noindex"}}
	if r.asked(req, a) {
		page.Action = "/connexion/lien/" + link
		page.Lead = "Il reste un geste : dites que c'est bien vous."
	} else {
		page.Title = "Finir dans l'autre navigateur"
		page.Code = spaced(codeOf(link))
	}
	return linkTemplate.Render(w, req, status, page)
}

// asked says that a request comes from the browser that asked.
func (r *Room) asked(req *http.Request, a ask) bool {
	browser := r.browser(req)
	return browser != "" && hmac.Equal([]byte(hashed(browser)), []byte(a.browser))
}

func (r *Room) refuseLink(w http.ResponseWriter, req *http.Request, why error) error {
	status := http.StatusGone
	if errors.Is(why, errAskUnknown) {
		status = http.StatusNotFound
	}
	return r.showDoor(w, req, status, "/", nil, stateNotice(why))
}

// pressLink takes the button of the link's page.
func (r *Room) pressLink(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{})
	if err != nil {
		return err
	}
	defer form.Close()
	var got entry
	elsewhere, link, now := false, req.PathValue("jeton"), r.Now()
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		got, elsewhere = entry{}, false
		a, err := r.asks.byLink(req.Context(), tx, link)
		if err == nil && (a.Person == "" || !slices.Contains(inKinds, any(a.Kind))) {
			err = errAskUnknown
		}
		if err == nil {
			err = a.state(now)
		}
		if err == nil && !r.asked(req, a) {
			got.ask, elsewhere = a, true
			return nil
		}
		if err == nil {
			got.ask = a
			if err = r.asks.use(req.Context(), tx, a, now); err == nil {
				err = r.enter(req, tx, &got, now)
			}
		}
		if isAskState(err) {
			got.why = err
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case elsewhere:
		return r.showLink(w, req, http.StatusForbidden, got.ask, link)
	case got.why != nil:
		return r.refuseLink(w, req, got.why)
	}
	return r.welcome(w, req, got.token, got.ask.Back)
}
