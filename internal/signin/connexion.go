// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// doorPage is where one signs in.
type doorPage struct {
	web.Page
	Back     string
	Address  web.Field
	Mail     bool   // the service can write to people
	Passkeys bool   // it is at an address where passkeys work
	Provider string // name on the provider's button, "" for none
	NoMail   web.Notice
	Demo     bool
}

var doorTemplate = web.NewTemplate[doorPage](pageFiles, "pages/connexion.html")

// backOf is where to go afterwards: a page of this site, and not one of signing in.
func backOf(target string) string {
	back := web.SafeLocal(target, "/")
	path, _, _ := strings.Cut(back, "?")
	if path == "/connexion" || strings.HasPrefix(path, "/connexion/") || path == "/deconnexion" || path == "/premier-acces" {
		return "/"
	}
	return back
}

// after is path with the way back, unless it is the front page.
func after(path, back string) string {
	if back == "/" || back == "" {
		return path
	}
	return path + "?" + url.Values{"retour": {back}}.Encode()
}

// door shows the ways in.
func (r *Room) door(w http.ResponseWriter, req *http.Request) error {
	return r.showDoor(w, req, http.StatusOK, backOf(req.URL.Query().Get("retour")), nil)
}

func (r *Room) showDoor(w http.ResponseWriter, req *http.Request, status int, back string, form *web.Form, notices ...web.Notice) error {
	private(w)
	page := doorPage{Back: back, Mail: r.Outbox != nil, Passkeys: r.hasPasskeys(req), Demo: r.Demo,
		Page: web.Page{Title: "Se connecter", Robots: "noindex", Notices: notices, Scripts: []string{"passkey.js"}},
		Address: form.Field(web.Field{Name: "adresse", Label: "Adresse professionnelle", Type: "email", Required: true,
			Autocomplete: "username webauthn", InputMode: "email", Hint: "Celle que le secrétariat du comité connaît, par exemple prenom.nom@ville.fr."})}
	page.NoMail = web.Notice{Kind: web.Warning, Title: "Ce service n'envoie pas encore de courriel",
		Text: "Son administrateur n'a pas encore réglé l'envoi des courriels : aucun code ne peut partir pour l'instant."}
	if r.Provider != nil {
		page.Provider = r.Provider.Name()
	}
	return doorTemplate.Render(w, req, status, page)
}

// askMail takes an address, and answers the same whether somebody has it or not.
func (r *Room) askMail(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"adresse", "retour"}, MaxText: 2048})
	if err != nil {
		return err
	}
	back := backOf(form.Text("retour"))
	if r.Outbox == nil {
		return r.showDoor(w, req, http.StatusServiceUnavailable, back, form)
	}
	addr, err := mail.ParseAddress(form.Required("adresse", "Écrivez votre adresse professionnelle."))
	if err != nil && form.Valid() {
		form.Fail("adresse", "Cette adresse n'est pas complète : écrivez-la comme prenom.nom@ville.fr, sans accent ni espace.")
	}
	if !form.Valid() {
		return r.showDoor(w, req, http.StatusUnprocessableEntity, back, form)
	}
	a := ask{Kind: askIn, Address: strings.ToLower(addr), Back: back, Device: device(req)}
	browser, wait, err := r.sendAsk(req, a)
	if err != nil {
		return err
	}
	if !wait.IsZero() {
		return r.showDoor(w, req, http.StatusTooManyRequests, back, form, r.tooMany(w, wait))
	}
	r.mark(w, browser)
	return web.Redirect(w, req, "/connexion/code")
}

var errNobody = errors.New("nobody has this address")

// sendAsk writes an ask and its mail. For an address that nobody has it does the same and undoes the
// writing of the mail alone: neither the answer nor the time it takes tells which it was.
func (r *Room) sendAsk(req *http.Request, a ask) (browser string, wait time.Time, err error) {
	ctx, now := req.Context(), r.Now()
	err = r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, c := range []struct {
			who    string
			limits []limit
		}{{r.source(req), mailsOfSource}, {a.Address, mailsOfAccount}} {
			if wait, err = r.tries.hit(ctx, tx, c.who, c.limits, now); err != nil || !wait.IsZero() {
				return err
			}
		}
		if browser, err = r.markOf(ctx, tx, req); err != nil {
			return err
		}
		return r.writeAsk(ctx, tx, a, browser, now)
	})
	if err != nil || !wait.IsZero() {
		return "", wait, err
	}
	r.Outbox.Wake()
	return browser, wait, nil
}

// markOf is what the browser is to be known by while it asks: what it holds already if it asked for a mail
// before, so that whatever else it begins meanwhile leaves the code worth typing, and never one that it chose.
func (r *Room) markOf(ctx context.Context, q db.Querier, req *http.Request) (string, error) {
	browser := r.browser(req)
	known, err := r.asks.of(ctx, q, browser, inKinds...)
	if err != nil {
		return "", err
	}
	if len(known) == 0 {
		browser = newToken()
	}
	return browser, nil
}

func (r *Room) writeAsk(ctx context.Context, tx *sql.Tx, a ask, browser string, now time.Time) error {
	p, err := r.People.ByMail(ctx, tx, a.Address)
	nobody := errors.Is(err, people.ErrUnknown) || err == nil && p.Demo
	if err != nil && !nobody {
		return err
	}
	if !nobody {
		a.Person = p.ID
	}
	link, err := r.asks.add(ctx, tx, a, browser, now)
	if err != nil {
		return err
	}
	err = db.Try(ctx, tx, func() error {
		if _, err := r.Outbox.Queue(ctx, tx, r.accessLetter(a, p.Name(), link, now), mail.Options{}); err != nil {
			return err
		}
		if nobody {
			return errNobody
		}
		return nil
	})
	if errors.Is(err, errNobody) {
		return nil
	}
	return err
}

// tooMany says when to come back.
func (r *Room) tooMany(w http.ResponseWriter, wait time.Time) web.Notice {
	w.Header().Set("Retry-After", retryAfter(wait.Sub(r.Now())))
	return web.Notice{Kind: web.Danger, Title: "Trop de demandes",
		Text: "Par sécurité, les demandes sont limitées. Réessayez après le " + moment(wait.Add(time.Minute)) +
			", ou utilisez le code déjà reçu s'il a moins de dix minutes.", Link: web.Link{Label: "J'ai un code", Href: "/connexion/code"}}
}
