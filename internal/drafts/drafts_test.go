// SPDX-License-Identifier: EUPL-1.2

package drafts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

var rooms = []dbtest.Room{{Name: "drafts", FS: Migrations()}}

var start = time.Date(2026, 11, 23, 13, 2, 0, 0, time.UTC)

func open(t *testing.T, d *db.DB, now *time.Time) *Room {
	t.Helper()
	r, err := Open(context.Background(), d, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// site serves the drafts to one person, "" is a visitor.
func site(t *testing.T, r *Room, person string) http.Handler {
	a := actor.Actor{}
	if person != "" {
		a = actor.Actor{Person: person, Name: "P", Hat: "h", Title: "Agent"}
	}
	return webtest.Server(t, web.Config{Guard: webtest.Open{Actor: a}}, r.Routes()...)
}

// send posts a body with the account that the server told.
func send(t *testing.T, h http.Handler, path, body string) *webtest.Answer {
	t.Helper()
	_, told, _ := strings.Cut(webtest.Get(t, h, "/brouillons/x").Body, `"account":"`)
	account, _, _ := strings.Cut(told, `"`)
	body = strings.Replace(body, `{`, `{"account":"`+account+`",`, 1)
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return webtest.Do(t, h, r)
}

func accept(t *testing.T, r *Room, person, key string) {
	t.Helper()
	ctx := actor.With(context.Background(), actor.Actor{Person: person})
	if err := r.db.Tx(ctx, func(tx *sql.Tx) error { return r.Accept(ctx, tx, key) }); err != nil {
		t.Fatal(err)
	}
}

func TestDraftFromTypingToAcceptance(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		now := start
		r := open(t, d, &now)
		h := site(t, r, "p1")
		for _, step := range []struct {
			name, body string
			status     int
			want       string
		}{
			{"first", `{"key":"fiche/1","version":0,"base":"v1","values":{"nom":["Marie"]}}`, 200, `"version":1`},
			{"next", `{"key":"fiche/1","version":1,"base":"v1","values":{"nom":["Marie D"],"themes":["a","b"],"accord":[]}}`, 200, `"version":2`},
			{"the same again, its answer lost", `{"key":"fiche/1","version":1,"base":"v1","values":{"accord":[],"themes":["a","b"],"nom":["Marie D"]}}`, 200, `"version":2`},
			{"another tab, which knows the first only", `{"key":"fiche/1","version":1,"base":"v1","values":{"nom":["Ali"]}}`, 409, `"nom":["Marie D"]`},
			{"the same, once it was told", `{"key":"fiche/1","version":2,"base":"v1","values":{"nom":["Ali"]}}`, 200, `"version":3`},
		} {
			a := send(t, h, "/brouillons", step.body)
			if a.Status != step.status || !strings.Contains(a.Body, step.want) {
				t.Errorf("%s: %d %s, want %d with %s", step.name, a.Status, a.Body, step.status, step.want)
			}
		}
		if a := webtest.Get(t, h, "/brouillons/fiche/1"); !strings.Contains(a.Body, `"Ali"`) || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("kept: %s, %s", a.Body, a.Header.Get("Cache-Control"))
		}
		accept(t, r, "p1", "fiche/1")
		a := webtest.Get(t, h, "/brouillons/fiche/1")
		if strings.Contains(a.Body, "values") || !strings.Contains(a.Body, `"version":4`) || !strings.Contains(a.Body, `"accepted":"2026-11-23T13:02:00Z"`) {
			t.Errorf("after acceptance: %s", a.Body)
		}
		if a := send(t, h, "/brouillons", `{"key":"fiche/1","version":3,"base":"v1","values":{"nom":["late"]}}`); a.Status != 409 {
			t.Errorf("a save that arrives after the acceptance: %d", a.Status)
		}
		if a := send(t, h, "/brouillons", `{"key":"fiche/1","version":4,"base":"v2","values":{"nom":["new"]}}`); a.Status != 200 {
			t.Errorf("a new draft: %d %s", a.Status, a.Body)
		}
		if a := send(t, h, "/brouillons/supprimer", `{"key":"fiche/1"}`); a.Status != 200 || !strings.Contains(a.Body, `"version":6`) {
			t.Errorf("thrown away: %d %s", a.Status, a.Body)
		}
		if a := webtest.Get(t, h, "/brouillons/fiche/1"); strings.Contains(a.Body, "new") {
			t.Errorf("after throwing away: %s", a.Body)
		}
	})
}

func TestDraftIsOnesOwn(t *testing.T) {
	t.Parallel()
	now := start
	r := open(t, dbtest.New(t, db.SQLite, rooms...), &now)
	mine, theirs, visitor := site(t, r, "p1"), site(t, r, "p2"), site(t, r, "")
	send(t, mine, "/brouillons", `{"key":"f","version":0,"base":"","values":{"nom":["secret"]}}`)
	if a := webtest.Get(t, theirs, "/brouillons/f"); a.Status != 200 || !strings.Contains(a.Body, `"version":0`) || strings.Contains(a.Body, "secret") {
		t.Errorf("another person reads %d %s", a.Status, a.Body)
	}
	send(t, theirs, "/brouillons/supprimer", `{"key":"f"}`)
	accept(t, r, "p2", "f")
	if a := webtest.Get(t, mine, "/brouillons/f"); !strings.Contains(a.Body, "secret") {
		t.Errorf("another person dropped it: %s", a.Body)
	}
	for _, a := range []*webtest.Answer{webtest.Get(t, visitor, "/brouillons/f"), send(t, visitor, "/brouillons", `{"key":"f","version":0,"base":"","values":{}}`)} {
		if a.Status != http.StatusNotFound {
			t.Errorf("a visitor gets %d %s", a.Status, a.Body)
		}
	}
	if r.account("p1") == r.account("p2") || strings.Contains(r.account("p1"), "p1") {
		t.Error("the keys of two accounts are alike, or tell the person")
	}
	if again := open(t, r.db, &now); again.account("p1") != r.account("p1") {
		t.Error("the key of an account changes when the service restarts")
	}
}

func TestFormOfVisitorKeepsNothing(t *testing.T) {
	t.Parallel()
	now := start
	r := open(t, dbtest.New(t, db.SQLite, rooms...), &now)
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	if got := r.Form(req, "f", "").Attrs(); got != "" {
		t.Errorf("a visitor's form has %s", got)
	}
	req = req.WithContext(actor.With(req.Context(), actor.Actor{Person: "p1"}))
	if got := (*Room)(nil).Form(req, "f", "").Attrs(); got != "" {
		t.Errorf("without a room of drafts, a form has %s", got)
	}
	if got := string(r.Form(req, "f/1", `a"b`).Attrs()); !strings.HasPrefix(got, `data-autosave="f/1" data-autosave-account="`) || !strings.Contains(got, `base="a&#34;b"`) {
		t.Errorf("attributes %s", got)
	}
}

func TestSavesThatAreRefused(t *testing.T) {
	t.Parallel()
	now := start
	r := open(t, dbtest.New(t, db.SQLite, rooms...), &now)
	h := site(t, r, "p1")
	many := strings.Repeat(`"x",`, maxFields) + `"x"`
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"another person named", `{"key":"f","version":0,"base":"","values":{},"person":"p2"}`, 400},
		{"a key in another case", `{"Key":"f","version":0,"base":"","values":{}}`, 400},
		{"a key twice", `{"key":"f","key":"g","version":0,"base":"","values":{}}`, 400},
		{"no values", `{"key":"f","version":0,"base":""}`, 400},
		{"a key with spaces", `{"key":"f g","version":0,"base":"","values":{}}`, 400},
		{"a key too long", `{"key":"` + strings.Repeat("f", 201) + `","version":0,"base":"","values":{}}`, 400},
		{"a password", `{"key":"f","version":0,"base":"","values":{"Mot-de-passe":["x"]}}`, 400},
		{"a value too long", `{"key":"f","version":0,"base":"","values":{"t":["` + strings.Repeat("é", maxValue/2+1) + `"]}}`, 413},
		{"too many values", `{"key":"f","version":0,"base":"","values":{"t":[` + many + `]}}`, 413},
		{"too large", `{"key":"f","version":0,"base":"","values":{"t":["` + strings.Repeat("x", maxBody) + `"]}}`, 413},
	} {
		if a := send(t, h, "/brouillons", c.body); a.Status != c.status {
			t.Errorf("%s: %d, want %d", c.name, a.Status, c.status)
		}
	}
	other := httptest.NewRequest(http.MethodPost, "http://localhost/brouillons", strings.NewReader(`{"account":"`+r.account("p2")+`","key":"f","version":0,"base":"","values":{}}`))
	other.Header.Set("Content-Type", "application/json")
	if a := webtest.Do(t, h, other); a.Status != http.StatusPreconditionFailed {
		t.Errorf("a page that another account opened: %d", a.Status)
	}
	for i := range maxDrafts + 1 {
		want := http.StatusOK
		if i == maxDrafts {
			want = http.StatusRequestEntityTooLarge
		}
		if a := send(t, h, "/brouillons", fmt.Sprintf(`{"key":"f/%d","version":0,"base":"","values":{"t":["x"]}}`, i)); a.Status != want {
			t.Fatalf("draft %d: %d, want %d", i, a.Status, want)
		}
	}
}

func TestDraftsArePurgedErasedAndExported(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), start
		r := open(t, d, &now)
		values := map[string][]string{"nom": {"Marie"}}
		for _, key := range []string{"a", "b"} {
			if _, err := r.save(ctx, "p1", key, 0, "", values); err != nil {
				t.Fatal(err)
			}
			now = now.Add(20 * 24 * time.Hour)
		}
		if _, err := r.save(ctx, "p1", "b", 0, "", map[string][]string{"nom": {"Ali"}}); !errors.Is(err, errStale) {
			t.Errorf("a stale save: %v", err)
		}
		accept(t, r, "p1", "c")
		if out, err := r.Export(ctx, "p1"); err != nil || len(out) != 2 || !slices.Equal(out[0].Values["nom"], []string{"Marie"}) {
			t.Errorf("exported %+v, %v", out, err)
		}
		if n, err := r.Expired(ctx); n != 1 || err != nil {
			t.Errorf("%d expired, %v", n, err)
		}
		if n, err := r.Purge(ctx); n != 1 || err != nil {
			t.Errorf("%d purged, %v", n, err)
		}
		if err := d.Tx(ctx, func(tx *sql.Tx) error { return r.Erase(ctx, tx, "p1") }); err != nil {
			t.Fatal(err)
		}
		if out, err := r.Export(ctx, "p1"); err != nil || len(out) != 0 {
			t.Errorf("after erasure %+v, %v", out, err)
		}
	})
}
