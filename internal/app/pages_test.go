// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"maillage/internal/people/policy"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
	"maillage/internal/territory"
)

// house is the whole program over a database of its own, with made-up contours and one import.
func house(t *testing.T) *App {
	t.Helper()
	cfg := defaults()
	cfg.Dir, cfg.Demo, cfg.Network = t.TempDir(), true, false
	a, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a.guard = webtest.Open{}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	square := func(code string, lon, lat float64) map[string]any {
		const side = 0.05
		return map[string]any{"type": "Feature", "properties": map[string]any{"code": code}, "geometry": map[string]any{"type": "Polygon",
			"coordinates": [][][]float64{{{lon, lat}, {lon + side, lat}, {lon + side, lat + side}, {lon, lat + side}, {lon, lat}}}}}
	}
	var squares []any
	for i, c := range a.Places.Registry.In("93", territory.Commune) {
		squares = append(squares, square(c.Code, 2.3+0.05*float64(i%6), 48.8+0.05*float64(i/6)))
	}
	doc, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": squares})
	path := filepath.Join(t.TempDir(), "contours.geojson")
	if err == nil {
		err = os.WriteFile(path, doc, 0o600)
	}
	if err == nil {
		_, err = a.Places.ImportContours(t.Context(), path, "contours.geojson", territory.ContourOptions{Source: "essai"}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// examples give a value to every wildcard of the patterns, and a question to the addresses
// that need one. A new route needs its example here.
func examples(a *App) (wildcards map[string]string, questions map[string][]string) {
	wildcards = map[string]string{"{$}": "", "{id}": "93066", "{code}": "couverture_globale", "{batch}": a.Observatory.Snapshot().Batches()[0].ID,
		"{set}": territory.CurrentOutlines, "{jeton}": "aucun", "/departement/{file}": "/departement/93.geojson", "/actes/points/{file}": "/actes/points/dernier.txt",
		"/tuiles/{z}/{x}/{file}": "/tuiles/9/259/176.mvt"}
	questions = map[string][]string{
		"/api/v1/valeurs":          {"?indicateur=couverture_globale", "?indicateur=population_totale&niveau=departement"},
		"/api/v1/territoires":      {"?q=epinay"},
		"/territoires":             {"", "?q=st+ouen", "?q=zzzz"},
		"/observatoire":            {"", "?vue=tableau", "?vue=series&villes=93066,93010", "?dans=FR", "?indicateur=caf_enfants_0_2&classes=jenks&nombre=4", "?indicateur=evolution_naissances", "?indicateur=faux&dans=faux"},
		"/observatoire/carte.json": {"?indicateur=couverture_globale"},
		"/obligations":             {"", "?departement=93&date=2026-01-01", "?departement=75"},
		"/territoires/93066":       {"", "?ancienne=93059", "?avec=93010&sans=93001&comparer=1&critere=pauvrete_60&partout=1"},
	}
	return wildcards, questions
}

// addresses are every public address with an example, and the pages of management of what exists.
func addresses(t *testing.T, a *App, routes []web.Route) []string {
	t.Helper()
	wildcards, questions := examples(a)
	longestFirst := slices.SortedFunc(maps.Keys(wildcards), func(x, y string) int { return len(y) - len(x) })
	var list []string
	for _, rt := range routes {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		about := strings.HasPrefix(path, "/territoires/{id}/") || strings.HasPrefix(path, "/obligations/{id}/") || !strings.Contains(path, "{")
		if method != http.MethodGet || rt.Access != web.Public && !about {
			continue
		}
		for _, name := range longestFirst {
			path = strings.Replace(path, name, wildcards[name], 1)
		}
		if strings.Contains(path, "{") {
			t.Errorf("route %q has no example", rt.Pattern)
		}
		if path == "/static/" {
			var err error
			if path, err = web.AssetURL("favicon.svg"); err != nil {
				t.Fatal(err)
			}
		}
		asked := questions[path]
		if asked == nil {
			asked = []string{""}
		}
		for _, q := range asked {
			list = append(list, path+q)
		}
	}
	return append(list, "/territoires/93", "/territoires/FR", "/territoires/R11", "/territoires/200057867", "/territoires/2A004", "/territoires/97411",
		"/territoires/93066.csv", "/territoires/93066.xlsx", "/territoires/93066.json", "/territoires/93/fiche")
}

// otherwise are the addresses that answer with another status than 200: /metrics is for this
// machine only, and the test asks from elsewhere; the steps of signing in want the one before.
var otherwise = map[string]int{"/metrics": http.StatusForbidden, "/favicon.ico": http.StatusFound, "/premier-acces": http.StatusGone,
	"/connexion/code": http.StatusBadRequest, "/connexion/fournisseur": http.StatusNotFound, "/connexion/fournisseur/retour": http.StatusNotFound,
	"/connexion/fournisseur/sortie": http.StatusSeeOther, "/connexion/fournisseur/partir": http.StatusSeeOther, "/connexion/second-facteur": http.StatusSeeOther, "/actes/points/dernier.txt": http.StatusNotFound, "/connexion/lien/aucun": http.StatusNotFound,
	"/connexion/adresse/aucun": http.StatusGone}

// Every address declares who may use it, answers, bears the security headers, and its page is
// well formed.
func TestEveryAddressAnswers(t *testing.T) {
	t.Parallel()
	a, site := guarded(t)
	admin := stepInto(t, a, site, policy.Administrator)
	for _, rt := range site.Routes() {
		if rt.Access == web.Undeclared {
			t.Errorf("route %q declares no access", rt.Pattern)
		}
	}
	for _, path := range addresses(t, a, site.Routes()) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			answer := webtest.Get(t, site, path)
			if answer.Status == http.StatusSeeOther && strings.HasPrefix(answer.Header.Get("Location"), "/connexion") {
				answer = admin.do(t, http.MethodGet, path)
			}
			want := otherwise[path]
			if want == 0 {
				want = http.StatusOK
			}
			if answer.Status != want {
				t.Fatalf("status %d, want %d: %.300s", answer.Status, want, answer.Body)
			}
			checkHeaders(t, answer)
			if want >= 300 && want < 400 {
				return
			}
			switch kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";"); kind {
			case "text/html":
				if want != http.StatusFound {
					checkPage(t, answer)
				}
			case "application/json", "application/geo+json":
				if !json.Valid([]byte(answer.Body)) {
					t.Errorf("not JSON: %.200s", answer.Body)
				}
			}
		})
	}
}

// checkPage holds what is true of every page. A drawing has titles of its own.
func checkPage(t *testing.T, a *webtest.Answer) {
	t.Helper()
	for selector, want := range map[string]int{"h1": 1, "head > title": 1, "html[lang=fr]": 1, "main": 1, "[style]": 0, "style": 0, "script:not([src])": 0} {
		if got := a.Count(t, selector); got != want {
			t.Errorf("%q: %d elements, want %d", selector, got, want)
		}
	}
	if a.Text(t, "head > title") == "" || a.Text(t, "h1") == "" {
		t.Error("empty title or h1")
	}
	if strings.Contains(a.Body, "ZgotmplZ") {
		t.Error("html/template refused a value")
	}
	checkWellFormed(t, a.Body)
}

func checkHeaders(t *testing.T, a *webtest.Answer) {
	t.Helper()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Content-Security-Policy": "default-src 'none'",
		"Cross-Origin-Opener-Policy": "same-origin", "X-Request-Id": ""} {
		if got := a.Header.Get(name); got == "" || !strings.Contains(got, want) {
			t.Errorf("%s = %q", name, got)
		}
	}
	if got := a.Header.Get("Referrer-Policy"); got != "same-origin" && got != "no-referrer" { // stricter where the address is a secret
		t.Errorf("Referrer-Policy = %q", got)
	}
	if csp := a.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") {
		t.Errorf("lax policy: %s", csp)
	}
}

var voidElements = strings.Fields("area base br col embed hr img input link meta source track wbr")

// checkWellFormed holds a page to more than browsers ask: every element closed where it should
// be, no attribute twice. html.Parse would repair in silence.
func checkWellFormed(t *testing.T, page string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	var open []string
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("never closed: %v", open)
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			seen := map[string]bool{}
			for _, at := range token.Attr {
				if seen[at.Key] {
					t.Errorf("attribute twice in %s", token)
				}
				seen[at.Key] = true
			}
			if kind == html.StartTagToken && !slices.Contains(voidElements, token.Data) {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Errorf("</%s> closes %v", name, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

// What does not exist is said in French, on a page like the others; a program is told in JSON
// or with a status, never with a page of another status.
func TestWhatDoesNotExistIsSaid(t *testing.T) {
	t.Parallel()
	a := house(t)
	site := a.site()
	for path, words := range map[string]string{
		"/territoires/93999":            "Aucun territoire ne porte le code « 93999 »",
		"/territoires/93999/fiche":      "Aucun territoire ne porte le code",
		"/territoires/nimporte":         "Aucun territoire ne porte le code",
		"/obligations/93999":            "93999",
		"/observatoire/indicateurs/xyz": "",
		"/observatoire/imports/xyz":     "Cet import n'existe pas",
		"/page-absente":                 "Aucune page ne correspond",
	} {
		answer := webtest.Get(t, site, path)
		if answer.Status != http.StatusNotFound || !strings.Contains(answer.Text(t, "main"), words) {
			t.Errorf("%s: status %d, page %.120s", path, answer.Status, answer.Text(t, "main"))
		}
		checkHeaders(t, answer)
		checkPage(t, answer)
	}
	if got := webtest.Get(t, site, "/territoires/93059"); got.Status != http.StatusSeeOther || got.Header.Get("Location") != "/territoires/93066?ancienne=93059" {
		t.Errorf("a merged commune: %d to %q", got.Status, got.Header.Get("Location"))
	}
	for _, path := range []string{"/api/v1/valeurs?indicateur=faux", "/observatoire.csv?indicateur=faux", "/observatoire.json?periode=1066"} {
		if got := webtest.Get(t, site, path); got.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, got.Status)
		}
	}
}

// What is not public sends a visitor to sign in, or says that nothing was recorded.
func TestVisitorsSignInFirst(t *testing.T) {
	t.Parallel()
	a := house(t)
	a.guard = a.SignIn
	site := a.site()
	for _, rt := range site.Routes() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		if rt.Access == web.Public {
			continue
		}
		path = strings.NewReplacer("{", "", "}", "").Replace(path)
		var got *webtest.Answer
		want := http.StatusSeeOther
		if method == http.MethodPost {
			want = http.StatusUnauthorized
			got = webtest.Post(t, site, path, "x=1")
		} else {
			got = webtest.Get(t, site, path)
		}
		if got.Status != want {
			t.Errorf("%s: %d, want %d", rt.Pattern, got.Status, want)
		}
	}
}
