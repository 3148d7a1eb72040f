// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"net/http"
	"net/url"
)

// Access names what a route does, as the policy table of the service lists it:
// "obligation.prouver". A route whose access the table does not know is refused at start.
type Access string

const (
	// Undeclared is the zero value: a route that forgot to say is refused at start.
	Undeclared Access = ""
	// Public pages are for everyone; the only access that needs no Guard.
	Public Access = "public"
)

// Scope is what an access is asked on. The zero Scope is the service as a whole.
type Scope struct {
	Territory string // Insee code, SIREN of an EPCI, code of a département
	Body      string // ID of an instance: the plenary, a working group
	Person    string // ID of the person the object is about or belongs to
}

// Guard knows the people and decides what they may; the server asks it at the door of every
// route, and pages ask it through May what to offer. It is the only place where that is decided.
type Guard interface {
	// Knows says that the policy table has this access.
	Knows(Access) bool
	// Enter recognises who sends r, by the cookie of their session: the context it returns
	// carries them. A visitor gets the request's own context and no Account.
	Enter(w http.ResponseWriter, r *http.Request) (context.Context, *Account, error)
	// Check returns nil when the one who is in ctx may do a on s, or the Problem or Detour to
	// answer. An object out of reach answers ErrForeign, as one that does not exist.
	Check(ctx context.Context, a Access, s Scope) error
}

// Account is what the header shows of the person who is signed in.
type Account struct {
	Name string
	Hat  string // title of the hat worn
	Hats []Hat  // all of them, the one worn included
	Menu []Link // where else the hat worn may go
}

// Hat is one of the functions a person may act under.
type Hat struct {
	ID, Title string
	Current   bool
}

// ErrForeign is the one answer for what does not exist and for what exists elsewhere.
func ErrForeign() error {
	return NotFound("Cette page n'existe pas, ou votre fonction actuelle n'y donne pas accès. " +
		"Si vous avez plusieurs fonctions, changez-en dans le menu de votre compte, en haut de la page.")
}

// Detour sends elsewhere first, to sign in for instance, with the way back in "retour".
// A write cannot be repeated by a redirection: it gets Problem, with a link.
type Detour struct {
	Path    string
	Problem *Problem
}

func (d *Detour) Error() string { return "detour by " + d.Path + ": " + d.Problem.Error() }

// to is the address of the detour, for a person who comes from r.
func (d *Detour) to(r *http.Request) string {
	back := r.URL.RequestURI()
	if !isRead(r) {
		back = ""
		if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host {
			back = from.RequestURI()
		}
	}
	if back = SafeLocal(back, ""); back == "" || back == "/" {
		return d.Path
	}
	return d.Path + "?" + url.Values{"retour": {back}}.Encode()
}

// May tells whether the person behind r may do a on s: pages offer only what would be accepted.
func May(r *http.Request, a Access, s Scope) bool {
	v := visitOf(r.Context())
	return a == Public || v != nil && v.server.check(r.Context(), a, s) == nil
}

// May tells a template whether to offer something on the service as a whole.
func (p Page) May(a Access) bool { return p.request != nil && May(p.request, a, Scope{}) }

// MayOn tells a template whether to offer something on a territory.
func (p Page) MayOn(a Access, territory string) bool {
	return p.request != nil && May(p.request, a, Scope{Territory: territory})
}

// OnPath is the Scope of a route whose address names its territory: OnPath("insee").
func OnPath(name string) func(*http.Request) (Scope, error) {
	return func(r *http.Request) (Scope, error) { return Scope{Territory: r.PathValue(name)}, nil }
}

// check asks the guard; without one only what is public is open.
func (s *Server) check(ctx context.Context, a Access, on Scope) error {
	switch {
	case a == Public:
		return nil
	case s.cfg.Guard == nil:
		return Forbidden("Cette page n'est pas ouverte sur ce service.")
	}
	return s.cfg.Guard.Check(ctx, a, on)
}
