// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"net/http"
	"time"
)

// cookieName bears the prefix that browsers only take over https, for the whole host and its
// root (RFC 6265bis §4.1.3.2). Over http, as in a demonstration on one's own machine, some
// browsers refuse it: the name is then plain.
func (r *Room) cookieName() string { return r.named("maillage") }

// askCookie says which browser asked for a mail, a passkey or a provider; it is given only
// then, and lives a quarter of an hour.
func (r *Room) askCookie() string { return r.named("maillage-demande") }

func (r *Room) named(name string) string {
	if r.Secure {
		return "__Host-" + name
	}
	return name
}

func (r *Room) token(req *http.Request) string { return cookieOf(req, r.cookieName()) }

func cookieOf(req *http.Request, name string) string {
	c, err := req.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// give puts a session's token in the browser, until it closes.
func (r *Room) give(w http.ResponseWriter, token string) {
	http.SetCookie(w, r.cookie(r.cookieName(), token, 0))
}

// forget takes the cookie back.
func (r *Room) forget(w http.ResponseWriter) { http.SetCookie(w, r.cookie(r.cookieName(), "", -1)) }

// browser is what the asking browser holds, "" when it holds nothing of the right form.
func (r *Room) browser(req *http.Request) string {
	if v := cookieOf(req, r.askCookie()); len(v) == len(newToken()) {
		return v
	}
	return ""
}

// askLife is how long the cookie of an asking browser lives: a little more than what it asks for.
const askLife = 15 * time.Minute

func (r *Room) mark(w http.ResponseWriter, browser string) {
	http.SetCookie(w, r.cookie(r.askCookie(), browser, int(askLife.Seconds())))
}

func (r *Room) unmark(w http.ResponseWriter) { http.SetCookie(w, r.cookie(r.askCookie(), "", -1)) }

func (r *Room) cookie(name, value string, maxAge int) *http.Cookie {
	// #nosec G124 -- over http, on one's own machine, a secure cookie would not come back
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: r.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// private keeps a page of this room out of every cache.
func private(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }
