// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"maillage/internal/people"
	"maillage/internal/people/policy"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/web"
	"maillage/internal/signin/oidc"
)

// Room lets people in. It is the web.Guard of the service.
type Room struct {
	People *people.Room
	Now    func() time.Time
	Secure bool // the site is served over https
	Demo   bool // one may step into the accounts of the demonstration
	Menu   []Entry
	// Account are the pages of « Mon compte » that rooms above this one hold.
	Account []Place
	// Base is the public address, "https://maillage.exemple.fr", from the settings and never from a
	// request. Empty: mails have a code and no link.
	Base     string
	Outbox   Outbox         // nil: nobody signs in by mail
	Provider *oidc.Provider // nil: nobody signs in through a provider
	// LinkByAddress lets an account of the provider be known, the first time, by an address that the
	// provider vouches for; else a code sent to it is asked for.
	LinkByAddress bool
	Relays        []netip.Prefix // proxies whose X-Forwarded-For is believed, besides this machine's
	Log           *slog.Logger   // nil: nothing is told
	// Recorded writes a deed on somebody's account in the history; nil: nowhere.
	Recorded func(ctx context.Context, tx *sql.Tx, what, person string) error

	sessions sessions
	asks     asks
	tries    tries
	trips    trips
	factors  factors
}

// Open makes the room.
func Open(d *db.DB, dir *people.Room, now func() time.Time) *Room {
	return &Room{People: dir, Now: now, sessions: sessions{d}, asks: asks{d}, tries: tries{d}, trips: trips{d}, factors: factors{db: d}}
}

// Seal takes the key that the secrets of authenticators are kept under; "" for none. At least
// 32 characters, the same for every process and every restart.
func (r *Room) Seal(key string) { r.factors.seal = newSealer(key) }

// Entry is a place of the account's menu, shown to the hats that may go there.
type Entry struct {
	Label, Href string
	Access      web.Access
}

// visitor is who a request comes from, once recognised.
type visitor struct {
	session Session
	person  people.Person
	records []any // IDs of all their records, once held was asked
	hats    []people.Hat
	hat     people.Hat // the one worn; zero: none
	subject policy.Subject
}

type visitorKey struct{}

func visitorOf(ctx context.Context) (*visitor, bool) {
	v, ok := ctx.Value(visitorKey{}).(*visitor)
	return v, ok
}

// Knows says that the policy table has this access.
func (r *Room) Knows(a web.Access) bool { return r.People.Policy.Knows(string(a)) }

// Enter recognises the person of a session. A cookie that opens nothing is taken back.
func (r *Room) Enter(w http.ResponseWriter, req *http.Request) (context.Context, *web.Account, error) {
	ctx := req.Context()
	token := r.token(req)
	if token == "" {
		return ctx, nil, nil
	}
	v, err := r.recognise(ctx, token)
	if errors.Is(err, errNoSession) || errors.Is(err, people.ErrUnknown) {
		if to := req.Header.Get("Sec-Fetch-Dest"); to == "" || to == "document" { // else the late answer of a page left behind would take a new cookie back
			r.forget(w)
		}
		return ctx, nil, nil
	}
	if err != nil {
		return ctx, nil, err
	}
	if err := r.renewed(w, req, v.session, token); err != nil {
		return ctx, nil, err
	}
	account := &web.Account{Name: v.person.Name(), Hat: "sans fonction"}
	who := actor.Actor{Person: v.person.ID, Name: v.person.Name()}
	for _, h := range v.hats {
		account.Hats = append(account.Hats, web.Hat{ID: h.ID, Title: h.Title(), Current: h.ID == v.hat.ID})
	}
	if v.hat.ID != "" {
		account.Hat, who.Hat, who.Title = v.hat.Org.Name+" : "+v.hat.Role.Label(), v.hat.ID, v.hat.Title() // for whom first: the header cuts the end
	}
	for _, e := range r.Menu {
		if r.People.Policy.Decide(v.subject, string(e.Access), policy.Object{}) == policy.Allowed {
			account.Menu = append(account.Menu, web.Link{Label: e.Label, Href: e.Href})
		}
	}
	return context.WithValue(actor.With(ctx, who), visitorKey{}, v), account, nil
}

// renewed changes the token of a session every few hours, and at once when the browser missed the last change.
func (r *Room) renewed(w http.ResponseWriter, req *http.Request, s Session, token string) error {
	by, now := hashed(token), r.Now()
	lost := by == s.former && s.formerUntil == "" && now.Sub(s.rotated) > overlap // sooner, the answer may be on its way to another tab
	if req.Method != http.MethodGet || !lost && (by != s.token || now.Sub(s.rotated) < renewal) {
		return nil
	}
	fresh, err := r.sessions.renew(req.Context(), s, by, now)
	if errors.Is(err, errNoSession) { // another request did
		return nil
	}
	if err == nil {
		r.give(w, fresh)
	}
	return err
}

func (r *Room) recognise(ctx context.Context, token string) (*visitor, error) {
	now := r.Now()
	s, err := r.sessions.find(ctx, token, now)
	if err != nil {
		return nil, err
	}
	if now.Sub(s.Seen) > notice {
		if err := r.sessions.touch(ctx, s.ID, now); err != nil {
			return nil, err
		}
	}
	v := &visitor{session: s}
	if v.person, err = r.People.Person(ctx, r.People.DB.Read(), s.Person); err != nil {
		return nil, err
	}
	today := r.People.Today()
	if v.hats, err = r.People.HatsOn(ctx, v.person.ID, today); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(v.hats, func(h people.Hat) bool { return h.ID == s.Hat }); i >= 0 {
		v.hat = v.hats[i]
	} else if len(v.hats) > 0 { // the hat ended: the next one is worn
		v.hat = v.hats[0]
	}
	v.subject, err = r.People.Subject(ctx, v.hat, today, !s.Proved.IsZero())
	v.subject.Person = v.person.ID
	return v, err
}

// Check asks the policy table.
func (r *Room) Check(ctx context.Context, a web.Access, on web.Scope) error {
	v, ok := visitorOf(ctx)
	if !ok {
		return &web.Detour{Path: "/connexion", Problem: &web.Problem{Status: http.StatusUnauthorized, Title: "Connexion nécessaire",
			Detail: "Votre session est terminée, ou vous n'êtes pas connecté : rien n'a été enregistré. Connectez-vous, puis recommencez.",
			Link:   web.Link{Label: "Se connecter"}}}
	}
	switch r.People.Policy.Decide(v.subject, string(a), r.People.Object(on)) {
	case policy.Allowed:
		return nil
	case policy.Foreign:
		return web.ErrForeign()
	case policy.Unsure:
		return &web.Detour{Path: "/connexion/second-facteur", Problem: &web.Problem{Status: http.StatusForbidden, Title: "Seconde preuve nécessaire",
			Detail: "Cette fonction demande une seconde preuve d'identité : rien n'a été enregistré. Donnez-la, puis recommencez.",
			Link:   web.Link{Label: "Donner la seconde preuve"}}}
	}
	said := "Votre compte n'a pas de fonction en cours. Demandez-en une au secrétariat du comité."
	if v.hat.ID != "" {
		said = "Cette page n'est pas ouverte à la fonction « " + v.hat.Title() + " »."
	}
	if len(v.hats) > 1 {
		said += " Vous avez d'autres fonctions : changez-en dans le menu de votre compte, en haut de la page."
	}
	return web.Forbidden(said)
}
