// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

func TestStory(t *testing.T) {
	webtest.CheckTemplates(t)
	s, err := open(context.Background(), dbtest.New(t, db.SQLite))
	if err != nil {
		t.Fatal(err)
	}
	h := s.server(web.Config{})
	if err := h.Err(); err != nil {
		t.Fatal(err)
	}
	if a := webtest.Get(t, h, "/fiche"); a.Status != http.StatusSeeOther {
		t.Errorf("a visitor: %d", a.Status)
	}
	if a := webtest.Get(t, h, "/publique"); a.Count(t, "form[data-autosave]") != 0 {
		t.Error("a visitor's form keeps what is typed")
	}
	as := func(method, path, body string) *webtest.Answer {
		r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		r.AddCookie(&http.Cookie{Name: cookie, Value: "p1"})
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return webtest.Do(t, h, r)
	}
	if a := as("POST", "/fiche", "nom=Lilas&acces=ouvert"); a.Status != http.StatusSeeOther {
		t.Fatalf("saved: %d %s", a.Status, a.Body)
	}
	a := as("GET", "/fiche", "")
	a.CheckPage(t)
	if a.Count(t, "form[data-autosave='fiche/1']") != 1 || a.Attr(t, "#nom", "value") != "Lilas" || a.Count(t, ".hist-line form") != 1 {
		t.Errorf("page %s", a.Body)
	}
	if a := as("POST", "/fiche", "nom=&note=longue"); a.Status != http.StatusUnprocessableEntity || a.Text(t, "#note") != "longue" {
		t.Errorf("refused: %d, note %q", a.Status, a.Text(t, "#note"))
	}
}
