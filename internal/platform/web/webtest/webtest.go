// SPDX-License-Identifier: EUPL-1.2

// Package webtest helps rooms test their pages: every template against its struct, and
// answers of the real server read by CSS selectors.
package webtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"github.com/jba/templatecheck"
	"golang.org/x/net/html"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/web"
)

// CheckTemplates type-checks every (template, struct) pair of the program under test,
// branches never rendered included. A room calls it in one test of its own.
func CheckTemplates(t *testing.T) {
	t.Helper()
	for _, pair := range web.Templates() {
		if err := templatecheck.CheckHTML(pair.Template, pair.Data); err != nil {
			t.Errorf("%s with %T: %v", pair.Name, pair.Data, err)
		}
	}
}

// Server is a site for a test, with its log discarded.
func Server(t *testing.T, cfg web.Config, routes ...web.Route) *web.Server {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := web.New(cfg)
	s.Handle(routes...)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Answer is what the server sent, body read.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	doc    *html.Node
}

// Get asks for a path on localhost.
func Get(t *testing.T, h http.Handler, path string) *Answer {
	t.Helper()
	return Do(t, h, httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
}

// Post sends an urlencoded form, as a browser on the same site would.
func Post(t *testing.T, h http.Handler, path, form string) *Answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return Do(t, h, r)
}

// Do sends r to the server.
func Do(t *testing.T, h http.Handler, r *http.Request) *Answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &Answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}
}

func (a *Answer) all(t *testing.T, selector string) []*html.Node {
	t.Helper()
	if a.doc == nil {
		doc, err := html.Parse(strings.NewReader(a.Body))
		if err != nil {
			t.Fatal(err)
		}
		a.doc = doc
	}
	sel, err := cascadia.Parse(selector)
	if err != nil {
		t.Fatalf("selector %q: %v", selector, err)
	}
	return cascadia.QueryAll(a.doc, sel)
}

// Count is how many elements match a CSS selector.
func (a *Answer) Count(t *testing.T, selector string) int {
	t.Helper()
	return len(a.all(t, selector))
}

// Texts are the texts of the elements that match, spaces squeezed, with the apostrophes of a
// keyboard: tests are typed.
func (a *Answer) Texts(t *testing.T, selector string) []string {
	t.Helper()
	var texts []string
	for _, n := range a.all(t, selector) {
		texts = append(texts, strings.Join(strings.Fields(textOf(n)), " "))
	}
	return texts
}

// Text is the text of the first element that matches; the test fails without one.
func (a *Answer) Text(t *testing.T, selector string) string {
	t.Helper()
	texts := a.Texts(t, selector)
	if len(texts) == 0 {
		t.Fatalf("nothing matches %q in:\n%s", selector, a.Body)
	}
	return texts[0]
}

// Attr is an attribute of the first element that matches, "" without one.
func (a *Answer) Attr(t *testing.T, selector, name string) string {
	t.Helper()
	for _, n := range a.all(t, selector) {
		for _, at := range n.Attr {
			if at.Key == name {
				return at.Val
			}
		}
	}
	return ""
}

// CheckPage holds what is true of every page: one h1, a title, the language, landmarks,
// unique ids, no inline script or style, every label's target present.
func (a *Answer) CheckPage(t *testing.T) {
	t.Helper()
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("not a page: %q", a.Header.Get("Content-Type"))
	}
	for selector, want := range map[string]int{"h1": 1, "head > title": 1, "html[lang=fr]": 1, "main": 1, "[style]": 0, "style": 0, "script:not([src])": 0} {
		if got := a.Count(t, selector); got != want {
			t.Errorf("%q: %d elements, want %d", selector, got, want)
		}
	}
	if a.Text(t, "head > title") == "" || a.Text(t, "h1") == "" {
		t.Error("empty title or h1")
	}
	ids := map[string]bool{}
	for _, n := range a.all(t, "[id]") {
		id := attr(n, "id")
		if ids[id] {
			t.Errorf("id %q twice", id)
		}
		ids[id] = true
	}
	for _, name := range []string{"for", "aria-labelledby", "aria-describedby", "aria-controls"} {
		for _, n := range a.all(t, "["+name+"]") {
			for id := range strings.FieldsSeq(attr(n, name)) {
				if !ids[id] {
					t.Errorf("%s names %q, which is not in the page", name, id)
				}
			}
		}
	}
	if strings.Contains(a.Body, "ZgotmplZ") {
		t.Error("html/template refused a value (ZgotmplZ)")
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return strings.ReplaceAll(n.Data, "’", "'")
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(textOf(c))
	}
	return b.String()
}

// Open is a Guard that lets everyone do everything, for the tests of a room's pages: who may
// do what is tested where the policy is.
type Open struct{ Actor actor.Actor }

// Knows says yes to every access.
func (Open) Knows(web.Access) bool { return true }

// Enter makes Actor act, and shows them as signed in unless it is zero.
func (o Open) Enter(_ http.ResponseWriter, r *http.Request) (context.Context, *web.Account, error) {
	if o.Actor.IsZero() {
		return r.Context(), nil, nil
	}
	return actor.With(r.Context(), o.Actor), &web.Account{Name: o.Actor.Name, Hat: o.Actor.Title,
		Hats: []web.Hat{{ID: o.Actor.Hat, Title: o.Actor.Title, Current: true}}}, nil
}

// Check says yes.
func (Open) Check(context.Context, web.Access, web.Scope) error { return nil }
