// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"maillage/internal/people/policy"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/files"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// The four places of a person of Bondy, at home in the Seine-Saint-Denis.
const (
	ownPlace   = "93010" // Bondy
	homePlace  = "93053" // Noisy-le-Sec: same département
	awayPlace  = "59350" // Lille
	noPlace    = "00000"
	unknownKey = "01890000-0000-7000-8000-000000000000"
)

// opens is the oracle: whether a reach opens a place, written without the policy's own code.
func opens(reach policy.Reach, scoped bool, place string) bool {
	switch reach {
	case policy.Service:
		return true
	case policy.Home:
		return !scoped || place == ownPlace || place == homePlace
	case policy.Commune, policy.Holder:
		return scoped && place == ownPlace
	case policy.Self:
		return !scoped
	}
	return false
}

var wildcard = regexp.MustCompile(`\{[a-zA-Z]+(\.\.\.)?\}`)

// fill gives a value to the wildcards of a path: the first is the place when the route is on one.
func fill(path string, first string) string {
	path = strings.Replace(path, "{$}", "", 1)
	n := 0
	return wildcard.ReplaceAllStringFunc(path, func(string) string {
		if n++; n == 1 && first != "" {
			return first
		}
		return unknownKey
	})
}

// onTerritory says that the scope of a route is the territory its path names first.
func onTerritory(rt web.Route) bool {
	if rt.Scope == nil {
		return false
	}
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	for _, name := range wildcard.FindAllString(rt.Pattern, -1) {
		r.SetPathValue(strings.Trim(name, "{}."), ownPlace)
	}
	s, err := rt.Scope(r)
	return err == nil && s == web.Scope{Territory: ownPlace}
}

// browser is the browser of one account.
type browser struct {
	site   http.Handler
	cookie *http.Cookie
}

// stepInto opens a session of the demonstration's first account that wears a hat.
func stepInto(t *testing.T, a *App, site http.Handler, hat policy.Hat) browser {
	t.Helper()
	accounts, err := a.People.DemoAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range accounts {
		if account.Hats[0].Role != hat {
			continue
		}
		r := httptest.NewRequest(http.MethodPost, "http://localhost/demonstration", strings.NewReader("compte="+account.Person.ID))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if c.Value != "" {
				return browser{site, c}
			}
		}
		t.Fatalf("%s: no cookie, status %d", hat, w.Code)
	}
	t.Fatalf("no account for %s", hat)
	return browser{}
}

// do sends a request; a write carries a field that no form has, so that what is allowed still
// changes nothing.
func (c browser) do(t *testing.T, method, path string) *webtest.Answer {
	t.Helper()
	var body io.Reader
	if method != http.MethodGet {
		body = strings.NewReader("champ-inattendu=1")
	}
	r := httptest.NewRequest(method, "http://localhost"+path, body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	return webtest.Do(t, c.site, r)
}

// TestEveryRouteForEveryHat walks all routes × all hats × own, neighbouring, foreign and
// inexistent territory. What is refused is refused as the table says; a foreign object answers
// like one that does not exist.
func TestEveryRouteForEveryHat(t *testing.T) {
	t.Parallel()
	a := house(t)
	a.guard = a.SignIn
	site := a.site()
	if err := site.Err(); err != nil {
		t.Fatal(err)
	}
	rows := map[web.Access]policy.Row{}
	for _, row := range a.People.Policy.Rows() {
		rows[web.Access(row.Access)] = row
	}
	walked, opened := 0, map[string]int{}
	for _, hat := range policy.Hats() {
		reader, writer := stepInto(t, a, site, hat), browser{}
		for _, rt := range site.Routes() {
			if rt.Access == web.Public {
				continue
			}
			scoped := onTerritory(rt)
			if rt.Scope != nil && !scoped {
				continue // on an opaque object: see TestForeignObjects
			}
			for _, place := range []string{ownPlace, homePlace, awayPlace, noPlace} {
				if !scoped && place != ownPlace {
					continue
				}
				walked++
				who := reader
				if !strings.HasPrefix(rt.Pattern, http.MethodGet) { // a write that is allowed may end its session
					if writer.site == nil || rt.Access == "moi" {
						writer = stepInto(t, a, site, hat)
					}
					who = writer
				}
				reach := rows[rt.Access].Reach[hat]
				if opens(reach, scoped, place) {
					if opened[rt.Pattern+place]++; opened[rt.Pattern+place] > 2 {
						continue // the page itself is seen twice: it is long to write
					}
				}
				judge(t, who, rt, hat, reach, scoped, place)
			}
		}
	}
	if walked < 9*40 {
		t.Errorf("only %d cases were walked", walked)
	}
	t.Logf("%d cases", walked)
}

func judge(t *testing.T, who browser, rt web.Route, hat policy.Hat, reach policy.Reach, scoped bool, place string) {
	t.Helper()
	method, pattern, _ := strings.Cut(rt.Pattern, " ")
	path := fill(pattern, map[bool]string{true: place}[scoped])
	got := who.do(t, method, path)
	gone := got.Status == http.StatusNotFound
	foreign := gone && strings.Contains(got.Body, "votre fonction actuelle n’y donne pas accès")
	switch {
	case reach == policy.Nowhere:
		if got.Status != http.StatusForbidden {
			t.Errorf("%s as %s on %s: %d, want 403", rt.Pattern, hat, path, got.Status)
		}
	case !opens(reach, scoped, place):
		if !foreign {
			t.Errorf("%s as %s on %s: %d, want the answer of what does not exist", rt.Pattern, hat, path, got.Status)
		}
		if never := who.do(t, method, fill(pattern, noPlace)); scoped && withoutRequest(never.Body, path, fill(pattern, noPlace)) != withoutRequest(got.Body, path, fill(pattern, noPlace)) {
			t.Errorf("%s as %s: %s does not answer like what does not exist", rt.Pattern, hat, path)
		}
	case got.Status == http.StatusForbidden && strings.Contains(got.Body, "n’est pas ouverte à la fonction") || got.Status == http.StatusUnauthorized || foreign && !strings.Contains(pattern, "{") && !strings.HasSuffix(pattern, "/defi") ||
		strings.HasPrefix(got.Header.Get("Location"), "/connexion"):
		t.Errorf("%s as %s on %s: %d, although the table opens it", rt.Pattern, hat, path, got.Status)
	case got.Status >= 500:
		t.Errorf("%s as %s on %s: %d", rt.Pattern, hat, path, got.Status)
	}
}

// withoutRequest is a page without what names the request itself.
func withoutRequest(body string, paths ...string) string {
	for _, p := range paths {
		body = strings.ReplaceAll(body, p, "")
	}
	return body
}

// TestRefusedWritesChangeNoByte sends every write that the policy refuses, and compares the
// files of the database byte by byte before and after.
func TestRefusedWritesChangeNoByte(t *testing.T) {
	t.Parallel()
	a := house(t)
	a.guard = a.SignIn
	site := a.site()
	clients := map[policy.Hat]browser{"": {site: site}}
	for _, hat := range policy.Hats() {
		clients[hat] = stepInto(t, a, site, hat)
	}
	before := digest(t, a)
	refused := 0
	for _, rt := range site.Routes() {
		method, pattern, _ := strings.Cut(rt.Pattern, " ")
		if method == http.MethodGet || rt.Access == web.Public {
			continue
		}
		for hat, who := range clients {
			for _, place := range []string{awayPlace, homePlace, ownPlace} {
				if !onTerritory(rt) && place != ownPlace {
					continue
				}
				row := slices.IndexFunc(a.People.Policy.Rows(), func(r policy.Row) bool { return r.Access == string(rt.Access) })
				reach := a.People.Policy.Rows()[row].Reach[hat]
				if rt.Scope != nil && !onTerritory(rt) || reach != policy.Nowhere && opens(reach, onTerritory(rt), place) {
					continue
				}
				refused++
				if got := who.do(t, method, fill(pattern, place)); !byTheGuard(got) {
					t.Errorf("%s as %q on %s: %d, and not by the guard", rt.Pattern, hat, place, got.Status)
				}
			}
		}
	}
	if digest(t, a) != before {
		t.Error("a refused write changed the database")
	}
	if refused < 250 {
		t.Errorf("only %d writes were refused", refused)
	}
	t.Logf("%d refused writes", refused)
}

// byTheGuard says that the door refused, before the page could.
func byTheGuard(a *webtest.Answer) bool {
	switch a.Status {
	case http.StatusUnauthorized:
		return strings.Contains(a.Body, "vous n’êtes pas connecté")
	case http.StatusForbidden:
		return strings.Contains(a.Body, "n’est pas ouverte à la fonction") || strings.Contains(a.Body, "seconde preuve")
	case http.StatusNotFound:
		return strings.Contains(a.Body, "votre fonction actuelle n’y donne pas accès")
	}
	return false
}

// TestForeignObjects asks for what an opaque ID names, as every hat: an object out of reach
// answers as one that was never there, and a hat without the right gets no further than the door.
func TestForeignObjects(t *testing.T) {
	t.Parallel()
	a, site := guarded(t)
	objects := opaque(t, a)
	rows := map[web.Access]policy.Row{}
	for _, row := range a.People.Policy.Rows() {
		rows[web.Access(row.Access)] = row
	}
	walked := 0
	for _, hat := range policy.Hats() {
		who := stepInto(t, a, site, hat)
		for _, rt := range site.Routes() {
			if rt.Scope == nil || onTerritory(rt) {
				continue
			}
			method, pattern, _ := strings.Cut(rt.Pattern, " ")
			never := who.do(t, method, fill(pattern, unknownKey))
			for _, id := range objects {
				on, exists := scopeOf(rt, id)
				reach := rows[rt.Access].Reach[hat]
				within := exists && (reach == policy.Service || reach == policy.Home && on.Territory == "" && on.Body == "")
				if !exists || within {
					continue
				}
				walked++
				path := fill(pattern, id)
				got := who.do(t, method, path)
				if !byTheGuard(got) {
					t.Errorf("%s as %s on %s: %d, and not by the guard", rt.Pattern, hat, path, got.Status)
				}
				if withoutRequest(got.Body, path) != withoutRequest(never.Body, fill(pattern, unknownKey)) {
					t.Errorf("%s as %s on %s does not answer like what does not exist", rt.Pattern, hat, path)
				}
			}
		}
	}
	if walked < 120 {
		t.Errorf("only %d cases were walked", walked)
	}
	t.Logf("%d cases", walked)
}

// scopeOf is what the access of a route is asked on when its path names id.
func scopeOf(rt web.Route, id string) (web.Scope, bool) {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	for i, name := range wildcard.FindAllString(rt.Pattern, -1) {
		value := unknownKey
		if i == 0 {
			value = id
		}
		r.SetPathValue(strings.Trim(name, "{}."), value)
	}
	s, err := rt.Scope(r)
	return s, err == nil && s != web.Scope{}
}

// opaque are the IDs of what the house keeps: persons, organisations, their ties and hats, and a
// file of Noisy-le-Sec, which none of the accounts of Bondy may read.
func opaque(t *testing.T, a *App) (ids []string) {
	t.Helper()
	accounts, err := a.People.DemoAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := accounts[len(accounts)-1] // nobody whose hats are tried comes first under that name
	ids = append(ids, last.Person.ID)
	for _, h := range last.Hats {
		ids = append(ids, h.ID, h.Org.ID, h.Affiliation.ID)
	}
	f, err := a.Files.Put(actor.With(t.Context(), actor.Actor{Person: last.Person.ID, Title: "essai"}), strings.NewReader("commune;places\nNoisy-le-Sec;12\n"), files.Meta{Name: "places.csv",
		Subject: "essai/1", Access: "obligation.gerer", Scope: web.Scope{Territory: homePlace}})
	if err != nil {
		t.Fatal(err)
	}
	return append(ids, f.ID)
}

// digest is the SHA-256 of the database's files and of what was dropped beside it.
func digest(t *testing.T, a *App) (sum [sha256.Size]byte) {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(a.Config.Dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(p, "-shm") { // the readers' marks, not data
			return err
		}
		data, err := os.ReadFile(filepath.Clean(p))
		_, _ = io.WriteString(h, p)
		_, _ = h.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	copy(sum[:], h.Sum(nil))
	return sum
}
