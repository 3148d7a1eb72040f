// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// unsubscribePath takes a GET, which shows a button, and a POST, which ends the subscription. The
// one-click POST of a mailbox (RFC 8058) has neither cookie, nor Origin, nor Sec-Fetch-Site: the
// server's cross-origin check lets it in, and stops the page of another site that would send one.
const unsubscribePath = "/desabonnement"

// leaveHint warns that a newsletter would bear no way out.
func (r *Room) leaveHint() string {
	if strings.HasPrefix(r.Base, "https://") {
		return ""
	}
	return "Ce service n'a pas d'adresse publique en https : le lien de désinscription ne peut pas y être joint. Dites dans le texte comment se désabonner."
}

// unsubscribeURL is the address that ends a subscription, "" where the site has no https
// address: RFC 8058 wants one.
func (r *Room) unsubscribeURL(t Topic, addr string) string {
	if !strings.HasPrefix(r.Base, "https://") {
		return ""
	}
	return r.Base + unsubscribePath + "?" + url.Values{"jeton": {r.keys.token(t, addr)}}.Encode()
}

type unsubscribePage struct {
	web.Page
	Action string // with the token; "" when there is none
	Known  string // the address, all but hidden
	Topic  string
	Digest bool
	Done   string // "arret" or "reprise" once done
}

var unsubscribeTemplate = web.NewTemplate[unsubscribePage](pageFiles, "pages/unsubscribe.html")

// subscription reads the token of a request; ok is false when there is none.
func (r *Room) subscription(req *http.Request) (t Topic, addr string, ok bool, err error) {
	token := req.URL.Query().Get("jeton")
	if token == "" {
		return "", "", false, nil
	}
	t, addr, err = r.keys.read(token)
	if err != nil {
		return "", "", false, web.NotFound("Ce lien de désabonnement est incomplet ou mal recopié. Ouvrez celui qui est au bas du courriel, " +
			"ou répondez à ce courriel : une personne s'en chargera.").Because(err)
	}
	return t, addr, true, nil
}

func (r *Room) unsubscribeForm(w http.ResponseWriter, req *http.Request) error {
	return r.showUnsubscribe(w, req, "")
}

func (r *Room) showUnsubscribe(w http.ResponseWriter, req *http.Request, done string) error {
	t, addr, ok, err := r.subscription(req)
	if err != nil {
		return err
	}
	p := unsubscribePage{Done: done, Page: web.Page{Title: "Ne plus recevoir de courriels", Robots: "noindex"}}
	switch {
	case !ok:
	case done == "arret":
		p.Heading = "C'est fait"
	case done == "reprise":
		p.Heading = "C'est rétabli"
	}
	if ok {
		p.Action, p.Known, p.Topic = unsubscribePath+"?"+url.Values{"jeton": {req.URL.Query().Get("jeton")}}.Encode(), masked(addr), t.label()
		p.Digest = t == Digests
	}
	w.Header().Set("Cache-Control", "no-store")
	return unsubscribeTemplate.Render(w, req, http.StatusOK, p)
}

// unsubscribe ends the subscription, or takes it up again for who asks so on the page. It answers
// at once, without a redirection (RFC 8058 § 3.1), and as often as it is asked.
func (r *Room) unsubscribe(w http.ResponseWriter, req *http.Request) error {
	t, addr, ok, err := r.subscription(req)
	if err != nil {
		return err
	}
	if !ok {
		return web.BadRequest("Il manque le jeton qui dit de quelle adresse il s'agit : ouvrez le lien qui est au bas du courriel.")
	}
	back := false
	if req.Header.Get("Content-Type") != "" { // mailboxes send a form; one without is still a click
		form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"List-Unsubscribe", "choix"}})
		if err != nil {
			return err
		}
		defer form.Close()
		back = form.Text("choix") == "reprendre"
	}
	ctx := req.Context()
	if err := r.subscribe(ctx, t, addr, back); err != nil {
		return err
	}
	if back {
		return r.showUnsubscribe(w, req, "reprise")
	}
	return r.showUnsubscribe(w, req, "arret")
}

// subscribe ends or takes up what an address gets on a topic. The rhythm of the digest goes to
// « jamais », or back to the usual one.
func (r *Room) subscribe(ctx context.Context, t Topic, addr string, back bool) error {
	rhythm := mail.Rhythm{Every: mail.Never}
	if back {
		rhythm = mail.DefaultRhythm
	}
	if t == Digests && r.SetRhythm != nil { // first: what fails is asked again
		if err := r.SetRhythm(ctx, addr, rhythm); err != nil {
			return err
		}
	}
	return r.DB.Tx(ctx, func(tx *sql.Tx) error {
		if err := optOut(ctx, tx, r.keys.fingerprint(addr), t, !back, r.Now()); err != nil || t != Digests {
			return err
		}
		return r.Outbox.Reschedule(ctx, tx, addr, rhythm)
	})
}

// masked lets somebody know their own address without telling it to another.
func masked(addr string) string {
	local, domain, _ := strings.Cut(addr, "@")
	first, _ := utf8.DecodeRuneInString(local)
	return string(first) + "…@" + domain
}
