// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// ask is a GET on localhost with headers given as name, value, name, value.
func ask(t *testing.T, s http.Handler, path string, headers ...string) *webtest.Answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return webtest.Do(t, s, r)
}

func unzip(t *testing.T, s string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

func TestCompressionIsNegotiated(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("bonjour ", 500)
	s := webtest.Server(t, web.Config{},
		web.Route{Pattern: "GET /court", Access: web.Public, Handler: text("bonjour")},
		web.Route{Pattern: "GET /long", Access: web.Public, Handler: text(long)},
		web.Route{Pattern: "GET /cache", Access: web.Public, Handler: web.Cached(func() string { return "1" }, text(long))},
		web.Route{Pattern: "GET /image", Access: web.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
			return web.Bytes(w, r, 200, "image/png", []byte(long))
		}},
		web.Route{Pattern: "GET /flux", Access: web.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Content-Type", "text/event-stream")
			for range 500 {
				fmt.Fprint(w, "data: x\n\n")
			}
			return http.NewResponseController(w).Flush()
		}},
		web.Route{Pattern: "GET /morceaux", Access: web.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			for i := range 4000 {
				if _, err := io.WriteString(w, long[i:i+1]); err != nil {
					return err
				}
			}
			return nil
		}},
	)
	for _, c := range []struct {
		path, accept string
		zipped, vary bool
	}{
		{"/long", "gzip", true, true}, {"/long", "br;q=1.0, gzip;q=0.8", true, true}, {"/long", "*", true, true},
		{"/long", "", false, true}, {"/long", "gzip;q=0", false, true}, {"/long", "br", false, true},
		{"/long", "gzip;q=0, *", false, true}, {"/long", "identity", false, true}, {"/long", "gzip;q=nonsense", false, true},
		{"/court", "gzip", false, false}, {"/image", "gzip", false, false}, {"/flux", "gzip", false, false},
		{"/morceaux", "gzip", true, true}, {"/cache", "gzip", true, true}, {"/cache", "", false, true},
	} {
		for range 3 { // the third answer of /cache comes from memory
			a := ask(t, s, c.path, "Accept-Encoding", c.accept)
			body := a.Body
			if zipped := a.Header.Get("Content-Encoding") == "gzip"; zipped != c.zipped {
				t.Errorf("%s, %q: zipped %v, want %v", c.path, c.accept, zipped, c.zipped)
			} else if zipped {
				body = unzip(t, body)
			}
			if got := a.Header.Get("Vary") == "Accept-Encoding"; got != c.vary {
				t.Errorf("%s, %q: Vary %q", c.path, c.accept, a.Header.Get("Vary"))
			}
			if n := a.Header.Get("Content-Length"); n != "" && n != fmt.Sprint(len(a.Body)) {
				t.Errorf("%s, %q: Content-Length %s for %d bytes", c.path, c.accept, n, len(a.Body))
			}
			if len(c.path) > 6 && c.path != "/flux" && body != long {
				t.Errorf("%s, %q: content changed", c.path, c.accept)
			}
		}
	}
	zipped, plain := ask(t, s, "/long", "Accept-Encoding", "gzip"), ask(t, s, "/long")
	if zipped.Header.Get("Etag") == plain.Header.Get("Etag") {
		t.Error("same strong ETag for other bytes")
	}
}

func TestETagGives304(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("bonjour ", 500)
	s := webtest.Server(t, web.Config{},
		web.Route{Pattern: "GET /court", Access: web.Public, Handler: text("bonjour")},
		web.Route{Pattern: "GET /long", Access: web.Public, Handler: text(long)},
		web.Route{Pattern: "GET /cache", Access: web.Public, Handler: web.Cached(func() string { return "1" }, text(long))},
	)
	css, _ := web.AssetURL("app.css")
	for _, path := range []string{"/court", "/long", "/cache", css} {
		for range 3 {
			for _, accept := range []string{"gzip", ""} {
				tag := ask(t, s, path, "Accept-Encoding", accept).Header.Get("Etag")
				if !regexp.MustCompile(`^"[\w.-]+"$`).MatchString(tag) {
					t.Fatalf("%s: no strong ETag: %q", path, tag)
				}
				for header, want := range map[string]int{tag: 304, `"x", W/` + tag: 304, "*": 304, `"x"`: 200} {
					a := ask(t, s, path, "If-None-Match", header, "Accept-Encoding", accept)
					if a.Status != want {
						t.Errorf("%s, If-None-Match %s: %d, want %d", path, header, a.Status, want)
					}
					if want == 304 && (a.Body != "" || a.Header.Get("Etag") == "" || a.Header.Get("Content-Encoding") != "") {
						t.Errorf("%s: a 304 with %q, %v", path, a.Body, a.Header)
					}
				}
			}
		}
	}
}

func TestCachedPageFollowsItsVersion(t *testing.T) {
	t.Parallel()
	var version, calls atomic.Int64
	h := web.Cached(func() string { return fmt.Sprint(version.Load()) }, func(w http.ResponseWriter, r *http.Request) error {
		calls.Add(1)
		if r.URL.Query().Get("q") == "non" {
			return web.NotFound("Rien.")
		}
		return web.Bytes(w, r, 200, "text/plain; charset=utf-8", fmt.Appendf(nil, "v%d %s", version.Load(), r.URL.Query().Get("q")))
	})
	s := webtest.Server(t, web.Config{Guard: webtest.Open{}},
		web.Route{Pattern: "GET /p", Access: web.Public, Handler: h},
		web.Route{Pattern: "GET /prive", Access: "prive", Handler: h})
	expect := func(path, body string, wantCalls int64) {
		t.Helper()
		if a := webtest.Get(t, s, path); body != "" && a.Body != body {
			t.Errorf("%s: %q, want %q", path, a.Body, body)
		}
		if got := calls.Load(); got != wantCalls {
			t.Errorf("%s: %d calls, want %d", path, got, wantCalls)
		}
	}
	expect("/p?q=a&n=1", "v0 a", 1)
	expect("/p?q=a&n=1", "v0 a", 2) // kept from the second visit on
	expect("/p?q=a&n=1", "v0 a", 2)
	expect("/p?n=1&q=a", "v0 a", 2) // same question, other order
	expect("/p?q=b", "v0 b", 3)
	version.Store(1)
	expect("/p?q=a&n=1", "v1 a", 4)
	expect("/p?q=a&n=1", "v1 a", 4)
	expect("/p?q=non", "", 5)
	expect("/p?q=non", "", 6) // errors are not kept
	expect("/p?q=non", "", 7)
	for i := range int64(3) { // what is not public is never kept
		expect("/prive?q=a", "v1 a", 8+i)
	}
	if a := webtest.Do(t, s, httptest.NewRequest(http.MethodHead, "http://localhost/p?q=a&n=1", nil)); a.Status != 200 || a.Header.Get("Content-Length") != "4" {
		t.Errorf("HEAD: %d %v", a.Status, a.Header)
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	page := bytes.Repeat([]byte("x"), 10_000)
	s := webtest.Server(t, web.Config{CacheBytes: 100_000}, web.Route{Pattern: "GET /p/{n}", Access: web.Public,
		Handler: web.Cached(func() string { return "1" }, func(w http.ResponseWriter, r *http.Request) error {
			calls.Add(1)
			return web.Bytes(w, r, 200, "image/png", page)
		})})
	visit := func(n int) { webtest.Get(t, s, fmt.Sprintf("/p/%d", n)) }
	for range 2 {
		for n := range 50 {
			visit(n)
		}
	}
	calls.Store(0)
	for n := 49; n >= 0; n-- {
		visit(n)
	}
	if kept := 50 - calls.Load(); kept < 5 || kept > 10 {
		t.Errorf("%d pages of 10 kB kept in 100 kB", kept)
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	s := webtest.Server(t, web.Config{})
	for _, name := range []string{"app.css", "favicon.svg", "band.svg"} {
		url, err := web.AssetURL(name)
		if err != nil {
			t.Fatal(err)
		}
		a := ask(t, s, url)
		if a.Status != 200 || a.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || a.Body == "" {
			t.Errorf("%s: %d %v", url, a.Status, a.Header)
		}
		if z := ask(t, s, url, "Accept-Encoding", "gzip"); z.Header.Get("Content-Encoding") == "gzip" && unzip(t, z.Body) != a.Body {
			t.Errorf("%s: compressed content differs", url)
		}
		if got := ask(t, s, "/static/"+name).Status; got != 404 {
			t.Errorf("plain name %s: %d", name, got)
		}
		part := ask(t, s, url, "Range", "bytes=0-9", "Accept-Encoding", "gzip")
		if part.Status != 206 || part.Body != a.Body[:10] || part.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: range %d %q", url, part.Status, part.Body)
		}
	}
	css, _ := web.AssetURL("app.css")
	body := ask(t, s, css).Body
	if strings.Contains(body, "asset:") || !regexp.MustCompile(`url\("/static/band\.[0-9a-f]{12}\.svg"\)`).MatchString(body) {
		t.Error("asset addresses are not resolved in app.css")
	}
	if _, err := web.AssetURL("absent.css"); err == nil {
		t.Error("an unknown asset has an address")
	}
	if got := ask(t, s, "/favicon.ico").Status; got != http.StatusFound {
		t.Errorf("favicon.ico: %d", got)
	}
}

func TestAPageIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	s := webtest.Server(t, web.Config{},
		web.Route{Pattern: "GET /tot", Access: web.Public, Handler: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/csv")
			w.Header().Set("Content-Disposition", "attachment")
			_, _ = io.WriteString(w, "a;b\n")
			return errors.New("broken after four bytes")
		}})
	func() {
		defer func() { _ = recover() }()
		a := webtest.Get(t, s, "/tot") // still held back: becomes a page
		if a.Status != 500 || strings.Contains(a.Body, "a;b") || a.Header.Get("Content-Disposition") != "" {
			t.Errorf("%d %v %q", a.Status, a.Header, a.Body)
		}
	}()
}
