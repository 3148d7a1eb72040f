// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"crypto/hmac"
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
	"maillage/internal/signin/oidc"
)

// link notes that an account at a provider is somebody's.
func (r *Room) link(ctx context.Context, tx *sql.Tx, issuer, subject, person string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into signin_identity (issuer, subject, person, created_at, used_at) values ($1, $2, $3, $4, $5)
		on conflict (issuer, subject) do update set person = excluded.person, used_at = excluded.used_at`,
		issuer, subject, person, db.Instant(now), db.Instant(now))
	return err
}

// linked is the person of an account at a provider, people.ErrUnknown when it is nobody's yet.
func (r *Room) linked(ctx context.Context, tx *sql.Tx, who oidc.Identity, now time.Time) (people.Person, error) {
	var id string
	err := tx.QueryRowContext(ctx, `update signin_identity set used_at = $1 where issuer = $2 and subject = $3 returning person`,
		db.Instant(now), who.Issuer, who.Subject).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return people.Person{}, people.ErrUnknown
	}
	if err != nil {
		return people.Person{}, err
	}
	return r.People.Person(ctx, tx, id)
}

// tie is an account at a provider that opens somebody's.
type tie struct{ ID, Host, When string }

// ties are those of a person, of the duplicates merged into their record too. One is named by a hash: its subject is nobody's business.
func (r *Room) ties(ctx context.Context, q db.Querier, records []any) ([]tie, error) {
	return db.Query(ctx, q, func(scan func(...any) error) (t tie, err error) {
		var issuer, subject, used string
		if err := scan(&issuer, &subject, &used); err != nil {
			return t, err
		}
		at, err := db.ParseInstant(used)
		if u, bad := url.Parse(issuer); bad == nil {
			t.Host = u.Host
		}
		t.ID, t.When = hashed(issuer+"\x00"+subject), moment(at)
		return t, err
	}, `select issuer, subject, used_at from signin_identity where person in (`+db.In(1, len(records))+`) order by created_at limit 20`, records...)
}

// untie forgets one.
func (r *Room) untie(ctx context.Context, tx *sql.Tx, records []any, id string) error {
	type key struct{ issuer, subject string }
	list, err := db.Query(ctx, tx, func(scan func(...any) error) (k key, err error) { return k, scan(&k.issuer, &k.subject) },
		`select issuer, subject from signin_identity where person in (`+db.In(1, len(records))+`) order by created_at limit 20`, records...)
	if err != nil {
		return err
	}
	for _, k := range list {
		if hashed(k.issuer+"\x00"+k.subject) == id {
			_, err := tx.ExecContext(ctx, `delete from signin_identity where issuer = $1 and subject = $2`, k.issuer, k.subject)
			return err
		}
	}
	return errNoSession
}

// toProvider sends somebody to the provider. It is a link and not a form: the policy of the pages lets
// no form lead elsewhere.
func (r *Room) toProvider(w http.ResponseWriter, req *http.Request) error {
	back := backOf(req.URL.Query().Get("retour"))
	if r.Provider == nil {
		return web.NotFound("Ce service n'a pas de fournisseur d'identité.")
	}
	if req.Header.Get("Sec-Fetch-Site") == "cross-site" { // another site does not begin for somebody
		return web.Redirect(w, req, after("/connexion", back))
	}
	if err := r.countTrip(w, req); err != nil {
		return err
	}
	to, flow, err := r.Provider.Begin()
	if err != nil {
		return r.providerFailed(w, req, back, err)
	}
	var browser string
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		if browser, err = r.markOf(req.Context(), tx, req); err != nil {
			return err
		}
		return r.trips.start(req.Context(), tx, flow.State, trip{Kind: tripProvider, Browser: hashed(browser), Back: back}, flow, r.Now())
	})
	if err != nil {
		return err
	}
	r.mark(w, browser)
	private(w)
	http.Redirect(w, req, to, http.StatusSeeOther)
	return nil
}

// fromProvider takes who comes back.
func (r *Room) fromProvider(w http.ResponseWriter, req *http.Request) error {
	if r.Provider == nil {
		return web.NotFound("Ce service n'a pas de fournisseur d'identité.")
	}
	ctx, now := req.Context(), r.Now()
	answer := req.URL.Query()
	var flow oidc.Flow
	var t trip
	err := r.sessions.db.Tx(ctx, func(tx *sql.Tx) (err error) {
		t, err = r.trips.end(ctx, tx, answer.Get("state"), tripProvider, &flow, now)
		return err
	})
	if err == nil && !hmac.Equal([]byte(t.Browser), []byte(hashed(r.browser(req)))) {
		err = errTrip
	}
	if err != nil {
		return r.providerFailed(w, req, "/", err)
	}
	who, err := r.Provider.Finish(ctx, flow, answer)
	if err != nil {
		return r.providerFailed(w, req, t.Back, err)
	}
	return r.welcomeFrom(w, req, who, t.Back)
}

// welcomeFrom lets in whom the provider vouches for, when the directory knows them.
func (r *Room) welcomeFrom(w http.ResponseWriter, req *http.Request, who oidc.Identity, back string) error {
	ctx, now := req.Context(), r.Now()
	o := opening{method: "oidc", idToken: who.IDToken}
	if who.TwoFactors {
		o.proved = now
	}
	var token string
	confirm := false
	err := r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		token, confirm = "", false
		p, err := r.linked(ctx, tx, who, now)
		if errors.Is(err, people.ErrUnknown) {
			if p, err = r.People.ByMail(ctx, tx, who.Mail); err != nil {
				return err
			}
			if p.Demo {
				return people.ErrUnknown
			}
			if !r.LinkByAddress || !who.Verified && !r.Provider.Vouches() {
				confirm = true
				return nil
			}
			err = r.link(ctx, tx, who.Issuer, who.Subject, p.ID, now)
		}
		if err == nil {
			token, err = r.open(req, tx, p, o, now)
		}
		return err
	})
	switch {
	case errors.Is(err, people.ErrUnknown):
		return r.showDoor(w, req, http.StatusForbidden, back, nil, web.Notice{Kind: web.Warning, Title: "Aucun compte à cette adresse",
			Text: "Vous êtes bien reconnu par " + r.Provider.Name() + ", mais l'adresse « " + orNone(who.Mail) + " » n'est celle d'aucun compte ici. " +
				"Demandez au secrétariat du comité de vous inscrire à cette adresse ; rien n'a été créé."})
	case err != nil:
		return err
	case confirm:
		return r.confirmLink(w, req, who, back)
	}
	return r.welcome(w, req, token, back)
}

// confirmLink has somebody show, once, that the address is theirs here too.
func (r *Room) confirmLink(w http.ResponseWriter, req *http.Request, who oidc.Identity, back string) error {
	addr, err := mail.ParseAddress(who.Mail)
	if err != nil || r.Outbox == nil {
		return r.showDoor(w, req, http.StatusServiceUnavailable, back, nil, web.Notice{Kind: web.Danger, Title: "La liaison ne peut pas être confirmée",
			Text: "La première fois, un code est envoyé à votre adresse, et ce service ne peut pas écrire. Prévenez son administrateur."})
	}
	browser, wait, err := r.sendAsk(req, ask{Kind: askLink, Address: strings.ToLower(addr), Back: back, Device: device(req), Issuer: who.Issuer, Subject: who.Subject})
	if err != nil {
		return err
	}
	if !wait.IsZero() {
		return r.showDoor(w, req, http.StatusTooManyRequests, back, nil, r.tooMany(w, wait))
	}
	r.mark(w, browser)
	return web.Redirect(w, req, "/connexion/code?lien=1")
}

// providerFailed says what went wrong, without what the provider's answer holds.
func (r *Room) providerFailed(w http.ResponseWriter, req *http.Request, back string, err error) error {
	name := r.Provider.Name()
	n := web.Notice{Kind: web.Danger}
	status := http.StatusBadGateway
	switch {
	case errors.Is(err, errTrip):
		status, n.Title = http.StatusBadRequest, "Connexion interrompue"
		n.Text = "Elle a commencé il y a plus d'un quart d'heure, dans un autre navigateur, ou elle a déjà abouti. Ou bien le navigateur a refusé le cookie technique qui relie l'aller au retour. Recommencez depuis cette page."
	case errors.Is(err, oidc.ErrDenied):
		status, n.Kind, n.Title = http.StatusForbidden, web.Warning, "Connexion annulée"
		n.Text = "Vous avez renoncé, ou " + name + " n'a pas accepté. Recommencez, ou recevez un code par courriel."
	case errors.Is(err, oidc.ErrUnavailable):
		n.Title, n.Text = name+" ne répond pas", "La panne est chez le fournisseur ou sur le chemin. Réessayez dans quelques minutes, ou recevez un code par courriel."
	case errors.Is(err, oidc.ErrInvalid):
		n.Title, n.Text = "Réponse refusée", "Ce que "+name+" a répondu ne peut pas être vérifié : par sécurité, personne n'est connecté. Si cela se répète, prévenez l'administrateur du service."
	default:
		return err
	}
	if r.Log != nil {
		r.Log.WarnContext(req.Context(), "provider", "err", err.Error())
	}
	return r.showDoor(w, req, status, back, nil, n)
}

// leftPage ends the provider's session too. A redirection after a form may not lead elsewhere, so the page moves on by itself.
type leftPage struct {
	web.Page
	To   string
	Name string
}

var leftTemplate = web.NewTemplate[leftPage](pageFiles, "pages/parti.html")

// takeHint is what the provider must be shown when this session ends, "" when it has no part in it.
func (r *Room) takeHint(ctx context.Context, tx *sql.Tx, session string) (idToken string, err error) {
	err = tx.QueryRowContext(ctx, `delete from signin_hint where session = $1 returning id_token`, session).Scan(&idToken)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return idToken, err
}

// leaveProvider is the page to go on to when the provider's session is to end too. It may ask the
// provider where: no transaction waits for that.
func (r *Room) leaveProvider(ctx context.Context, idToken string) (to string, err error) {
	if r.Provider == nil || idToken == "" {
		return "/", nil
	}
	state := newToken()
	to, ok := r.Provider.Logout(idToken, state)
	if !ok {
		return "/", nil
	}
	return "/connexion/fournisseur/partir?etat=" + state, r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		return r.trips.start(ctx, tx, state, trip{Kind: tripLogout}, to, r.Now())
	})
}

// leave shows the way on to the provider.
func (r *Room) leave(w http.ResponseWriter, req *http.Request) error {
	private(w)
	var to string
	_, err := r.trips.look(req.Context(), r.sessions.db.Read(), req.URL.Query().Get("etat"), tripLogout, &to, r.Now())
	if errors.Is(err, errTrip) || r.Provider == nil {
		return web.Redirect(w, req, "/")
	}
	if err != nil {
		return err
	}
	return leftTemplate.Render(w, req, http.StatusOK, leftPage{To: to, Name: r.Provider.Name(),
		Page: web.Page{Title: "Déconnexion", Heading: "Vous êtes déconnecté de Maillage", Robots: "noindex"}})
}

// left is where the provider sends back somebody who has left.
func (r *Room) left(w http.ResponseWriter, req *http.Request) error {
	var to string
	err := r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		_, err := r.trips.end(req.Context(), tx, req.URL.Query().Get("state"), tripLogout, &to, r.Now())
		return err
	})
	if errors.Is(err, errTrip) {
		return web.Redirect(w, req, "/")
	}
	if err != nil {
		return err
	}
	return r.showDoor(w, req, http.StatusOK, "/", nil, web.Notice{Kind: web.Success, Title: "Vous êtes déconnecté", Text: "De Maillage et de votre compte professionnel."})
}
