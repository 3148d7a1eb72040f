// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) }

func text(body string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return web.Bytes(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(body))
	}
}

func failing(err error) web.Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

// site has one route for each way to answer.
func site(t *testing.T, cfg web.Config) *web.Server {
	t.Helper()
	return webtest.Server(t, cfg,
		web.Route{Pattern: "GET /ok", Access: web.Public, Handler: text("bonjour")},
		web.Route{Pattern: "GET /long", Access: web.Public, Handler: text(strings.Repeat("bonjour ", 500))},
		web.Route{Pattern: "GET /introuvable", Access: web.Public, Handler: failing(web.NotFound("Rien ici."))},
		web.Route{Pattern: "GET /demande", Access: web.Public, Handler: failing(fmt.Errorf("room: %w", web.BadRequest("Année illisible.")))},
		web.Route{Pattern: "GET /champs.json", Access: web.Public, Handler: failing(web.Invalid(map[string]string{"annee": "Écrivez AAAA."}))},
		web.Route{Pattern: "GET /champs", Access: web.Public, Handler: failing(web.Invalid(map[string]string{"annee": "Écrivez AAAA."}))},
		web.Route{Pattern: "GET /conflit", Access: web.Public, Handler: failing(web.Conflict("Modifié entre-temps."))},
		web.Route{Pattern: "GET /pause", Access: web.Public, Handler: failing(web.Unavailable("Revenez.", time.Minute))},
		web.Route{Pattern: "GET /lent", Access: web.Public, Handler: failing(context.DeadlineExceeded)},
		web.Route{Pattern: "GET /plein", Access: web.Public, Handler: failing(fmt.Errorf("write: %w", db.ErrFull))},
		web.Route{Pattern: "GET /occupe", Access: web.Public, Handler: failing(db.ErrBusy)},
		web.Route{Pattern: "GET /copie", Access: web.Public, Handler: failing(db.ErrNotCopied)},
		web.Route{Pattern: "GET /defaut", Access: web.Public, Handler: failing(errors.New("secret: disk 7 full"))},
		web.Route{Pattern: "GET /panique", Access: web.Public, Handler: func(http.ResponseWriter, *http.Request) error { panic("secret: nil map") }},
		web.Route{Pattern: "GET /api/panique", Access: web.Public, Handler: func(http.ResponseWriter, *http.Request) error { panic("secret") }},
		web.Route{Pattern: "POST /envoi", Access: web.Public, MaxBody: 100, Handler: func(w http.ResponseWriter, r *http.Request) error {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			return web.Bytes(w, r, http.StatusOK, "text/plain; charset=utf-8", b)
		}},
		web.Route{Pattern: "POST /gerer", Access: "gerer", Handler: text("fait")},
	)
}

func TestEveryAnswerIsGuardedAndTold(t *testing.T) {
	t.Parallel()
	s := site(t, web.Config{BaseURL: "https://maillage.example.fr"})
	cases := []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/ok", "", 200, "bonjour"},
		{"HEAD", "/ok", "", 200, ""},
		{"GET", "/static/absent.css", "", 404, "rechargez la page"},
		{"GET", "/nulle-part", "", 404, "Aucune page"},
		{"GET", "/introuvable", "", 404, "Rien ici."},
		{"GET", "/demande", "", 400, "Année illisible."},
		{"GET", "/champs", "", 422, "Écrivez AAAA."},
		{"POST", "/ok", "", 405, "Cette page existe"},
		{"DELETE", "/envoi", "", 405, "Cette page existe"},
		{"GET", "/conflit", "", 409, "Modifié entre-temps."},
		{"POST", "/envoi", strings.Repeat("x", 101), 413, "limite de 100 octets"},
		{"GET", "/pause", "", 503, "Revenez."},
		{"GET", "/lent", "", 503, "trop de temps"},
		{"GET", "/plein", "", 507, "disque du service est plein"},
		{"GET", "/occupe", "", 503, "rien n’a été enregistré"},
		{"GET", "/copie", "", 503, "copie de sécurité"},
		{"GET", "/defaut", "", 500, "Numéro de la demande"},
		{"GET", "/panique", "", 500, "Numéro de la demande"},
		{"POST", "/gerer", "", 403, "pas ouverte sur ce service"},
		{"GET", "/metrics", "", 403, "depuis le serveur lui-même"},
		{"GET", "/healthz", "", 200, "ok"},
		{"GET", "/readyz", "", 200, "ok"},
	}
	for _, c := range cases {
		t.Run(c.method+c.path, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(c.method, "https://maillage.example.fr"+c.path, strings.NewReader(c.body))
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			a := webtest.Do(t, s, r)
			if a.Status != c.status {
				t.Errorf("status %d, want %d", a.Status, c.status)
			}
			if !strings.Contains(strings.Join(strings.Fields(a.Body), " "), c.says) {
				t.Errorf("does not say %q:\n%s", c.says, a.Body)
			}
			if strings.Contains(a.Body, "secret") {
				t.Errorf("tells an internal detail:\n%s", a.Body)
			}
			checkHeaders(t, a.Header)
			if strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && c.method != "HEAD" {
				a.CheckPage(t)
			}
		})
	}
}

func checkHeaders(t *testing.T, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("CSP %q lacks %s", csp, part)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("CSP is unsafe: %q", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
		"Strict-Transport-Security": "max-age=31536000"} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if h.Get("Permissions-Policy") == "" || h.Get("X-Request-Id") == "" {
		t.Error("Permissions-Policy or X-Request-Id missing")
	}
}

func TestMethodNotAllowedNamesThoseThatAre(t *testing.T) {
	t.Parallel()
	a := webtest.Post(t, site(t, web.Config{}), "/ok", "")
	if got := a.Header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow %q, want GET, HEAD", got)
	}
}

func TestTrailingSlash(t *testing.T) {
	t.Parallel()
	s := site(t, web.Config{})
	for path, want := range map[string]string{"/ok/": "/ok", "/ok/?q=a%20b": "/ok?q=a%20b", "/ok//": "/ok", "/absent/": "", "//mechant.example/": "/mechant.example/"} {
		a := webtest.Get(t, s, path)
		if got := a.Header.Get("Location"); got != want {
			t.Errorf("%s leads to %q (%d), want %q", path, got, a.Status, want)
		}
	}
}

func TestNoHSTSWithoutHTTPS(t *testing.T) {
	t.Parallel()
	if got := webtest.Get(t, site(t, web.Config{}), "/ok").Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("HSTS %q over http", got)
	}
}

func TestMachinesGetProblemJSON(t *testing.T) {
	t.Parallel()
	s := site(t, web.Config{})
	for path, status := range map[string]int{"/champs.json": 422, "/api/v1/absent": 404, "/api/panique": 500} {
		a := webtest.Get(t, s, path)
		var p struct {
			Title, Detail, RequestID string
			Status                   int
			Errors                   map[string]string
		}
		if err := json.Unmarshal([]byte(a.Body), &p); err != nil {
			t.Fatalf("%s: %v in %s", path, err, a.Body)
		}
		if got := a.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/problem+json") {
			t.Errorf("%s: %s", path, got)
		}
		if a.Status != status || p.Status != status || p.Title == "" || p.Detail == "" || p.RequestID != a.Header.Get("X-Request-Id") {
			t.Errorf("%s: %d %+v", path, a.Status, p)
		}
	}
	a := webtest.Get(t, s, "/champs.json")
	if !strings.Contains(a.Body, `"annee":"Écrivez AAAA."`) {
		t.Errorf("no field: %s", a.Body)
	}
}

func TestNotFoundOffersSearchAndLinks(t *testing.T) {
	t.Parallel()
	a := webtest.Get(t, site(t, web.Config{}), "/nulle-part?q=<script>")
	if a.Count(t, "main form[role=search] input[name=q]") != 1 {
		t.Error("no search")
	}
	if got := a.Texts(t, "main .links a"); !slices.Equal(got, []string{"Accueil", "Territoires", "Observatoire", "Obligations"}) {
		t.Errorf("links %v", got)
	}
	if strings.Contains(a.Body, "<script>") {
		t.Error("the address is echoed")
	}
}

func TestRoutesWithoutAccessAreRefused(t *testing.T) {
	t.Parallel()
	ok := text("x")
	for _, rt := range []web.Route{
		{Pattern: "GET /a", Handler: ok},
		{Pattern: "/a", Access: web.Public, Handler: ok},
		{Pattern: "GET /a", Access: web.Public},
		{Pattern: "GET /healthz", Access: web.Public, Handler: ok},
		{Pattern: "GET a", Access: web.Public, Handler: ok},
	} {
		s := web.New(web.Config{Log: slog.New(slog.DiscardHandler)})
		s.Handle(rt)
		if s.Err() == nil {
			t.Errorf("%+v accepted", rt)
		}
		if err := s.Run(t.Context(), nil); err == nil {
			t.Errorf("%+v started", rt)
		}
		if a := webtest.Get(t, s, "/healthz"); a.Status != http.StatusInternalServerError {
			t.Errorf("%+v: a site in error answers %d", rt, a.Status)
		}
	}
	for _, rt := range site(t, web.Config{}).Routes() {
		if rt.Access == web.Undeclared {
			t.Errorf("%s has no access", rt.Pattern)
		}
	}
}

func TestOnlyPublicWithoutGuard(t *testing.T) {
	t.Parallel()
	if a := webtest.Post(t, site(t, web.Config{Guard: webtest.Open{}}), "/gerer", ""); a.Status != http.StatusOK {
		t.Errorf("open: %d", a.Status)
	}
	if a := webtest.Post(t, site(t, web.Config{}), "/gerer", ""); a.Status != http.StatusForbidden {
		t.Errorf("closed: %d", a.Status)
	}
}

func TestWritesFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	s := site(t, web.Config{Guard: webtest.Open{}})
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"same site":           {"Sec-Fetch-Site", "same-origin", 200},
		"typed by hand":       {"Sec-Fetch-Site", "none", 200},
		"command line":        {"X-Nothing", "x", 200},
		"another site":        {"Sec-Fetch-Site", "cross-site", 403},
		"a sibling":           {"Sec-Fetch-Site", "same-site", 403},
		"old browser":         {"Origin", "http://autre.example", 403},
		"old browser, ours":   {"Origin", "http://localhost", 200},
		"old browser, hidden": {"Origin", "null", 403},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/gerer", nil)
		r.Header.Set(c.header, c.value)
		a := webtest.Do(t, s, r)
		if a.Status != c.status {
			t.Errorf("%s: %d, want %d", name, a.Status, c.status)
		}
		if c.status == 403 && !strings.Contains(a.Body, "rien n’a été enregistré") {
			t.Errorf("%s: not told in French:\n%s", name, a.Body)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	open, closed := site(t, web.Config{}), site(t, web.Config{BaseURL: "http://maillage.example.fr:8080"})
	for _, c := range []struct {
		s      *web.Server
		host   string
		path   string
		status int
	}{
		{open, "localhost:8080", "/ok", 200},
		{open, "127.0.0.1:8080", "/ok", 200},
		{open, "[::1]:8080", "/ok", 200},
		{open, "192.0.2.7", "/ok", 200},
		{open, "mechant.example", "/ok", 421},
		{open, "localhost.mechant.example", "/ok", 421},
		{open, "", "/ok", 421},
		{closed, "maillage.example.fr:8080", "/ok", 200},
		{closed, "MAILLAGE.example.fr", "/ok", 200},
		{closed, "localhost:8080", "/ok", 421},
		{closed, "mechant.example", "/ok", 421},
		{closed, "10.0.0.1", "/healthz", 200},
	} {
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		r.Host = c.host
		a := webtest.Do(t, c.s, r)
		if a.Status != c.status {
			t.Errorf("Host %q: %d, want %d", c.host, a.Status, c.status)
		}
		if c.host != "" && strings.Contains(a.Body, c.host) {
			t.Errorf("Host %q is echoed", c.host)
		}
	}
	for _, base := range []string{"maillage.fr", "ftp://x", "https://x/chemin", "https://", "https://a:b@c"} {
		if web.New(web.Config{BaseURL: base}).Err() == nil {
			t.Errorf("BaseURL %q accepted", base)
		}
	}
}

func TestLogTellsNoSearchAndNoDetailOfPeople(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	s := site(t, web.Config{Log: slog.New(slog.NewJSONHandler(&b, nil))})
	webtest.Get(t, s, "/ok?q=rue+des+Lilas")
	webtest.Get(t, s, "/jean.dupont")
	webtest.Get(t, s, "/defaut")
	log := b.String()
	for _, secret := range []string{"Lilas", "dupont", "192.0.2.1"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log tells %q:\n%s", secret, log)
		}
	}
	for _, fact := range []string{`"route":"GET /ok"`, `"status":200`, `"bytes":7`, `"ms":`, `"id":"`, "secret: disk 7 full"} {
		if !strings.Contains(log, fact) {
			t.Errorf("the log lacks %s:\n%s", fact, log)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := site(t, web.Config{})
	webtest.Get(t, s, "/ok")
	webtest.Get(t, s, "/inconnue-1")
	webtest.Get(t, s, "/inconnue-2")
	ask := func(from, forwarded string) *webtest.Answer {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/metrics", nil)
		r.RemoteAddr = from
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		return webtest.Do(t, s, r)
	}
	a := ask("127.0.0.1:5000", "")
	for _, line := range []string{`maillage_http_requests_total{route="GET /ok",status="200"} 1`,
		`maillage_http_requests_total{route="-",status="404"} 2`, "maillage_http_requests_in_flight 1", "go_goroutines",
		`maillage_http_request_seconds_count{route="GET /ok"} 1`} {
		if !strings.Contains(a.Body, line) {
			t.Errorf("no %s in:\n%s", line, a.Body)
		}
	}
	if got := ask("192.0.2.1:5000", "").Status; got != http.StatusForbidden {
		t.Errorf("from elsewhere: %d", got)
	}
	if got := ask("127.0.0.1:5000", "192.0.2.1").Status; got != http.StatusForbidden {
		t.Errorf("through a proxy of this machine: %d", got)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	broken := errors.New("secret: password wrong")
	s := webtest.Server(t, web.Config{Ready: map[string]func(context.Context) error{
		"base":    func(context.Context) error { return broken },
		"fichier": func(context.Context) error { return nil },
	}})
	a := webtest.Get(t, s, "/readyz")
	if a.Status != http.StatusServiceUnavailable || a.Body != "base : en défaut\nfichier : ok\n" {
		t.Errorf("%d %q", a.Status, a.Body)
	}
}

func TestSafeLocal(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/territoires?q=st+denis#carte": "/territoires?q=st+denis#carte",
		"//mechant.example":             "/", "/\\mechant.example": "/", "https://mechant.example": "/", "": "/",
		"javascript:alert(1)": "/", "/a\r\nSet-Cookie: x": "/", "territoires": "/", "/\tx": "/", "///x": "/",
	} {
		if got := web.SafeLocal(target, "/"); got != want {
			t.Errorf("SafeLocal(%q) = %q, want %q", target, got, want)
		}
	}
}
