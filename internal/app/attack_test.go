// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"maillage/internal/people/policy"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// writes are the routes that change something, each with an address.
func writes(site *web.Server) (list []web.Route) {
	for _, rt := range site.Routes() {
		if !strings.HasPrefix(rt.Pattern, http.MethodGet) {
			list = append(list, rt)
		}
	}
	return list
}

func guarded(t *testing.T) (*App, *web.Server) {
	t.Helper()
	a := house(t)
	a.guard = a.SignIn
	site := a.site()
	if err := site.Err(); err != nil {
		t.Fatal(err)
	}
	return a, site
}

// TestForgedRequestsChangeNothing sends every write from another site, with the session of the
// administrator: what a hostile page could have the browser send.
func TestForgedRequestsChangeNothing(t *testing.T) {
	t.Parallel()
	a, site := guarded(t)
	admin := stepInto(t, a, site, policy.Administrator)
	before := digest(t, a)
	n := 0
	for _, rt := range writes(site) {
		method, pattern, _ := strings.Cut(rt.Pattern, " ")
		for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://localhost.evil.example"}, {"Origin", "null"}} {
			if rt.Access == web.Public && strings.Contains(pattern, "desabonnement") {
				continue // RFC 8058: mail services post there, without cookie; its own token decides
			}
			r := httptest.NewRequest(method, "http://localhost"+fill(pattern, ownPlace), strings.NewReader(""))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header[0], header[1])
			r.AddCookie(admin.cookie)
			if got := webtest.Do(t, site, r); got.Status != http.StatusForbidden {
				t.Errorf("%s with %s: %s: %d, want 403", rt.Pattern, header[0], header[1], got.Status)
			}
			n++
		}
	}
	if digest(t, a) != before {
		t.Error("a forged request changed the database")
	}
	t.Logf("%d forged requests", n)
}

// TestUnexpectedFieldsAreRefused: no form takes a field that it does not show, whoever sends it.
func TestUnexpectedFieldsAreRefused(t *testing.T) {
	t.Parallel()
	a, site := guarded(t)
	n := 0
	for _, rt := range writes(site) {
		method, pattern, _ := strings.Cut(rt.Pattern, " ")
		if pattern == "/deconnexion" || strings.HasSuffix(pattern, "/defi") {
			continue // one can always leave; a challenge reads nothing
		}
		for _, field := range []string{"role", "person", "version", "is_admin", "champ-inattendu"} {
			admin := stepInto(t, a, site, policy.Administrator)
			r := httptest.NewRequest(method, "http://localhost"+fill(pattern, ownPlace), strings.NewReader(url.Values{field: {"administrateur"}, field + "[]": {"x"}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.AddCookie(admin.cookie)
			if got := webtest.Do(t, site, r); got.Status < 400 || got.Status >= 500 {
				t.Errorf("%s with a field %q: %d", rt.Pattern, field, got.Status)
			}
			n++
		}
	}
	t.Logf("%d forms", n)
}

// TestForgedHostsReachNothing: neither Host nor the headers of proxies change what is answered.
func TestForgedHostsReachNothing(t *testing.T) {
	t.Parallel()
	a, site := guarded(t)
	admin := stepInto(t, a, site, policy.Administrator)
	for _, rt := range site.Routes() {
		method, pattern, _ := strings.Cut(rt.Pattern, " ")
		if method != http.MethodGet || pattern == "/healthz" || pattern == "/readyz" {
			continue
		}
		path := fill(pattern, ownPlace)
		r := httptest.NewRequest(method, "http://evil.example"+path, nil)
		r.AddCookie(admin.cookie)
		if got := webtest.Do(t, site, r); got.Status != http.StatusMisdirectedRequest {
			t.Errorf("%s with a forged Host: %d", rt.Pattern, got.Status)
		}
		r = httptest.NewRequest(method, "http://localhost"+path, nil)
		for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Url", "X-Rewrite-Url", "Forwarded", "X-Forwarded-For", "X-Http-Method-Override"} {
			r.Header.Set(name, "evil.example")
		}
		r.AddCookie(admin.cookie)
		got := webtest.Do(t, site, r)
		for name, values := range got.Header {
			if strings.Contains(strings.Join(values, " "), "evil.example") {
				t.Errorf("%s: header %s repeats what a proxy's header said", rt.Pattern, name)
			}
		}
		if strings.Contains(got.Body, "evil.example") {
			t.Errorf("%s repeats what a proxy's header said", rt.Pattern)
		}
	}
}

// elsewhere are addresses that browsers read as another site, or that would split a header.
var elsewhere = []string{"//evil.example", "https://evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "///evil.example",
	"http:evil.example", "javascript:alert(1)", "/%0d%0aSet-Cookie:a=b", "/\r\nSet-Cookie: a=b", "//evil.example/%2f..", "https:/evil.example", "/.//evil.example"}

// TestNoWayBackLeadsElsewhere tries every address that takes one on a visitor and on a person
// who is signed in.
func TestNoWayBackLeadsElsewhere(t *testing.T) {
	t.Parallel()
	a, site := guarded(t)
	tried := 0
	defer func() {
		if tried < 6 {
			t.Errorf("only %d addresses take a way back", tried)
		}
	}()
	for _, rt := range site.Routes() {
		method, pattern, _ := strings.Cut(rt.Pattern, " ")
		takes := slices.ContainsFunc([]string{"/connexion", "/demonstration", "/moi", "/premier", "/desab"}, func(p string) bool { return strings.HasPrefix(pattern, p) })
		if strings.Contains(pattern, "{") || method == http.MethodGet && !takes {
			continue
		}
		signedIn := stepInto(t, a, site, policy.Agent)
		if !takesWayBack(t, method, pattern, browser{site: site}) && !takesWayBack(t, method, pattern, signedIn) {
			continue
		}
		tried++
		for _, back := range elsewhere {
			for _, who := range []browser{{site: site}, signedIn} {
				form := url.Values{"retour": {back}}.Encode()
				r := httptest.NewRequest(method, "http://localhost"+pattern, strings.NewReader(form))
				if method == http.MethodGet {
					r = httptest.NewRequest(method, "http://localhost"+pattern+"?"+form, nil)
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if who.cookie != nil {
					r.AddCookie(who.cookie)
				}
				got := webtest.Do(t, site, r)
				checkWay(t, rt.Pattern, back, got)
			}
		}
	}
}

// takesWayBack says that an address reads "retour": one that does not refuses the field.
func takesWayBack(t *testing.T, method, pattern string, who browser) bool {
	t.Helper()
	form := url.Values{"retour": {"/territoires"}}.Encode()
	r := httptest.NewRequest(method, "http://localhost"+pattern, strings.NewReader(form))
	if method == http.MethodGet {
		r = httptest.NewRequest(method, "http://localhost"+pattern+"?"+form, nil)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if who.cookie != nil {
		r.AddCookie(who.cookie)
	}
	got := webtest.Do(t, who.site, r)
	return got.Status != http.StatusBadRequest && !byTheGuard(got)
}

func checkWay(t *testing.T, pattern, back string, got *webtest.Answer) {
	t.Helper()
	to := got.Header.Get("Location")
	if u, err := url.Parse(to); err != nil || u.IsAbs() || u.Host != "" || strings.HasPrefix(to, `/\`) || strings.ContainsAny(to, "\r\n\t\\") {
		t.Errorf("%s with %q leads to %q", pattern, back, to)
	}
	for _, c := range got.Header["Set-Cookie"] {
		if strings.HasPrefix(c, "a=b") {
			t.Errorf("%s with %q sets a cookie: %s", pattern, back, c)
		}
	}
	if strings.Contains(got.Body, `href="`+back+`"`) || strings.Contains(got.Body, `href="//evil`) || strings.Contains(got.Body, `value="//evil`) {
		t.Errorf("%s with %q repeats it in the page", pattern, back)
	}
}

// TestInventedSessionsAreNobody: cookies that no session stands behind open nothing.
func TestInventedSessionsAreNobody(t *testing.T) {
	t.Parallel()
	a, site := guarded(t)
	good := stepInto(t, a, site, policy.Administrator).cookie
	flipped := []byte(good.Value)
	flipped[len(flipped)/2] ^= 1
	for _, value := range []string{"", "x", strings.Repeat("A", 52), string(flipped), good.Value + "A", good.Value[1:], strings.ToLower(good.Value), "' or 1=1 --", strings.Repeat("A", 100_000)} {
		c := *good
		c.Value = value
		if got := (browser{site, &c}).do(t, http.MethodGet, "/observatoire/indicateurs/nouveau"); got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/connexion") {
			t.Errorf("the cookie %.20q: %d to %q", value, got.Status, got.Header.Get("Location"))
		}
	}
	if got := (browser{site, good}).do(t, http.MethodGet, "/observatoire/indicateurs/nouveau"); got.Status != http.StatusOK {
		t.Errorf("the real one: %d", got.Status)
	}
}
