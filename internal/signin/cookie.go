// SPDX-License-Identifier: EUPL-1.2

package signin

import "net/http"

// cookieName bears the prefix that browsers only take over https, for the whole host and its
// root (RFC 6265bis §4.1.3.2). Over http, as in a demonstration on one's own machine, some
// browsers refuse it: the name is then plain.
func (r *Room) cookieName() string {
	if r.Secure {
		return "__Host-maillage"
	}
	return "maillage"
}

func (r *Room) token(req *http.Request) string {
	c, err := req.Cookie(r.cookieName())
	if err != nil {
		return ""
	}
	return c.Value
}

// give puts a session's token in the browser, until it closes.
func (r *Room) give(w http.ResponseWriter, token string) {
	http.SetCookie(w, r.cookie(token, 0))
}

// forget takes the cookie back.
func (r *Room) forget(w http.ResponseWriter) { http.SetCookie(w, r.cookie("", -1)) }

func (r *Room) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: r.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		Secure: r.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}
