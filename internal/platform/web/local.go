// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"
	"net/url"
	"strings"
)

// SafeLocal returns target when it is a path of this site, else fallback: an address
// that comes from a request must not send people elsewhere ("//autre.site", "/\autre.site",
// "https:…").
func SafeLocal(target, fallback string) string {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") ||
		strings.ContainsFunc(target, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }) {
		return fallback
	}
	u, err := url.Parse(target)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil {
		return fallback
	}
	return target
}

// Redirect answers 303 to a path of this site, as after every accepted form.
func Redirect(w http.ResponseWriter, r *http.Request, target string) error {
	http.Redirect(w, r, SafeLocal(target, "/"), http.StatusSeeOther)
	return nil
}
