// SPDX-License-Identifier: EUPL-1.2

package fiche

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"maillage/internal/duty"
	"maillage/internal/observatory"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
	"maillage/internal/territory"
)

// Not parallel, so that it runs before the others: the checker reads templates as they are
// before their first rendering.
func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) }

// served opens the rooms below over a fresh database, on 24 November 2026, with the figures
// shipped with the product.
func served(t *testing.T) *web.Server {
	t.Helper()
	d := dbtest.New(t, db.SQLite, dbtest.Room{Name: "territory", FS: territory.Migrations()},
		dbtest.Room{Name: "observatory", FS: observatory.Migrations()}, dbtest.Room{Name: "duty", FS: duty.Migrations()})
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reg, err := territory.Load()
	fail(err)
	places, err := territory.Open(t.Context(), reg, territory.NewStore(d), "93")
	fail(err)
	rules, err := duty.Load()
	fail(err)
	duties, err := duty.Open(t.Context(), rules, places, duty.NewStore(d))
	fail(err)
	catalogue, err := observatory.Shipped()
	fail(err)
	store := observatory.NewStore(d)
	fail(store.SeedOnce(t.Context(), now))
	obs, err := observatory.New(t.Context(), store, observatory.NewGround(reg), catalogue)
	fail(err)
	return webtest.Server(t, web.Config{}, New(places, duties, obs, func() time.Time { return now }).Routes()...)
}

func TestPagesOfTerritories(t *testing.T) {
	t.Parallel()
	srv := served(t)
	for _, c := range []struct {
		path string
		want []string // on the page
		not  []string
	}{
		{"/", []string{"Seine-Saint-Denis", "35", "Aubervilliers", "Vaujours"}, nil},
		{"/territoires/93066", []string{"149\u202f936", "plus de 10\u202f000", "30,3", "pondérée par", "2025", "Villes comparables"}, []string{"en infraction"}},
		{"/territoires/93015", []string{"5\u202f217", "non publié", "10 000 habitants ou moins"}, []string{"0,0"}},
		{"/territoires/93", []string{"1\u202f710\u202f659", "32,2", "Communes"}, nil},
		{"/territoires/200057867", []string{"Plaine Commune", "455\u202f226"}, nil},
		{"/territoires/FR", []string{"France", "60,9"}, nil},
		{"/territoires/93066/fiche", []string{"Saint-Denis", "Relais petite enfance", "Montreuil", "Sources"}, nil},
	} {
		a := webtest.Get(t, srv, c.path)
		if a.Status != http.StatusOK {
			t.Errorf("GET %s = %d, want 200", c.path, a.Status)
			continue
		}
		a.CheckPage(t)
		text := plain(a.Text(t, "main"))
		for _, w := range c.want {
			if !strings.Contains(text, plain(w)) {
				t.Errorf("%s does not say %q", c.path, w)
			}
		}
		for _, w := range c.not {
			if strings.Contains(text, w) {
				t.Errorf("%s says %q", c.path, w)
			}
		}
	}
}

// plain makes every space an ordinary one.
func plain(text string) string {
	return strings.Join(strings.Fields(text), " ")
}

func TestFormerCommuneLeadsToTheOneOfToday(t *testing.T) {
	t.Parallel()
	srv := served(t)
	a := webtest.Get(t, srv, "/territoires/93059")
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/territoires/93066?ancienne=93059" {
		t.Fatalf("GET /territoires/93059 = %d to %q", a.Status, a.Header.Get("Location"))
	}
	if text := webtest.Get(t, srv, "/territoires/93066?ancienne=93059").Text(t, "main"); !strings.Contains(text, "Pierrefitte-sur-Seine n") {
		t.Error("the page does not say that Pierrefitte-sur-Seine is no longer a commune")
	}
	if a := webtest.Get(t, srv, "/territoires/99999"); a.Status != http.StatusNotFound || !strings.Contains(a.Text(t, "main"), "99999") {
		t.Errorf("an unknown code = %d", a.Status)
	}
}

func TestTwinsSayWhatThePageSays(t *testing.T) {
	t.Parallel()
	srv := served(t)
	rows, err := csv.NewReader(strings.NewReader(webtest.Get(t, srv, "/territoires/93066.csv").Body)).ReadAll()
	if err != nil || len(rows) < 50 || rows[0][0] != "territoire" {
		t.Fatalf("csv: %d rows, %v", len(rows), err)
	}
	found := false
	for _, r := range rows {
		if r[2] == "couverture_globale" && r[4] == "2021" {
			found = r[5] == "30.3" && r[7] == "estime" && strings.Contains(r[8], "Pierrefitte")
		}
	}
	if !found {
		t.Error("the csv does not give the re-based rate of 2021 with its note")
	}
	a := webtest.Get(t, srv, "/territoires/93015.json")
	if kind := a.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("json served as %q", kind)
	}
	var doc struct {
		Values map[string][]struct {
			Number *float64 `json:"valeur"`
			State  string   `json:"etat"`
		} `json:"valeurs"`
	}
	if err := json.Unmarshal([]byte(a.Body), &doc); err != nil {
		t.Fatal(err)
	}
	for _, v := range doc.Values["couverture_globale"] {
		if v.Number != nil {
			t.Errorf("Coubron has a coverage rate of %v, which nobody published", *v.Number)
		}
	}
}

func TestComparisonMayBeChanged(t *testing.T) {
	t.Parallel()
	srv := served(t)
	text := webtest.Get(t, srv, "/territoires/93066?comparer=1&critere=pauvrete_60&avec=Coubron&sans=93048&partout=").Text(t, "section[aria-labelledby=comparables]")
	if !strings.Contains(text, "Coubron") || strings.Contains(text, "Montreuil") {
		t.Errorf("pinned and excluded towns are not heeded: %s", text)
	}
	if text := webtest.Get(t, srv, "/territoires/93066?comparer=1&avec=Nullepartville").Text(t, "main"); !strings.Contains(text, "Nullepartville") {
		t.Error("a town that does not exist is not told")
	}
}
