// SPDX-License-Identifier: EUPL-1.2

package remote

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maillage/internal/observatory/remote/remotetest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// quick is a client that does not wait, and the waits it was asked for.
func quick(base string) (*Client, *[]time.Duration) {
	c := New(base)
	waits := &[]time.Duration{}
	c.sleep = func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return ctx.Err()
	}
	return c, waits
}

func set(t *testing.T, code string) Dataset {
	t.Helper()
	d, ok := Find(code)
	if !ok {
		t.Fatalf("no data set %s", code)
	}
	return d
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// left are the files of a folder, to see that nothing half done stays.
func left(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(list))
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestCatalogueGivesOnlyWhatIsKnown(t *testing.T) {
	t.Parallel()
	if n := len(Datasets()); n != 12 {
		t.Errorf("%d data sets", n)
	}
	d := set(t, "ds_bpe")
	if d.AllFrance() || !d.ByDepartement() || d.Host() != "api.insee.fr" {
		t.Errorf("%+v", d)
	}
	for _, bad := range []string{"http://data.caf.fr/x", "https://ailleurs.fr/x"} {
		c := catalogue{Servers: shippedCatalogue().Servers, Datasets: []Dataset{{Code: "a", Title: "a", Producer: "a", Licence: "a", Source: "a", Columns: []string{"a"}, File: bad}}}
		if c.check() == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func TestExportIsFetchedOnceAndAskedForChanges(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	c, _ := quick(s.URL)
	dir := filepath.Join(t.TempDir(), "sources")
	var done, total int64
	f, err := c.Fetch(t.Context(), set(t, "txcouv_pe_com"), Options{Departement: "93"}, dir, func(_ string, d, n int64) { done, total = d, n })
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "txcouv_pe_com.csv" || f.Unchanged || f.Size == 0 || done != f.Size || total != f.Size {
		t.Errorf("%+v, progress %d of %d", f, done, total)
	}
	if text := content(t, f.Path); !strings.HasPrefix(text, "\ufeffannee;numcom") || !strings.Contains(text, "2023;6161;") {
		t.Errorf("%q", text)
	}
	again, err := c.Fetch(t.Context(), set(t, "txcouv_pe_com"), Options{}, dir, nil)
	if err != nil || !again.Unchanged || again.Size != f.Size {
		t.Errorf("%+v, %v", again, err)
	}
	if asked := s.Asked(); len(asked) != 2 || asked[1].IfNoneMatch != `"txcouv_pe_com-2026-01-16"` || !strings.Contains(asked[0].Query, "delimiter=%3B") {
		t.Errorf("%+v", asked)
	}
	// A copy that somebody damaged is not taken for the newest.
	if err := os.WriteFile(f.Path, []byte("annee;x\n2023"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err = c.Fetch(t.Context(), set(t, "txcouv_pe_com"), Options{}, dir, nil); err != nil || again.Unchanged || again.Size != f.Size {
		t.Errorf("%+v, %v", again, err)
	}
	if got := left(t, dir); got != "txcouv_pe_com.csv txcouv_pe_com.csv.etag" {
		t.Errorf("left: %s", got)
	}
}

func TestCutDownloadGoesOn(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	c, _ := quick(s.URL)
	s.Fail("txcouv_pe_com", remotetest.Cut(200))
	f, err := c.Fetch(t.Context(), set(t, "txcouv_pe_com"), Options{}, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if asked := s.Asked(); len(asked) != 2 || asked[1].Range != "bytes=200-" {
		t.Errorf("%+v", asked)
	}
	if text := content(t, f.Path); strings.Count(text, "annee") != 1 || !strings.HasSuffix(text, "80\n") {
		t.Errorf("%q", text)
	}
}

// A fetch cut for good goes on in another run of the program; so does one of an archive.
func TestAnotherRunGoesOn(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	dir := t.TempDir()
	c, _ := quick(s.URL)
	c.tries = 1
	s.Fail("/file/", remotetest.Cut(150))
	births := set(t, "DS_ETAT_CIVIL_NAIS_COMMUNES")
	_, err := c.Fetch(t.Context(), births, Options{}, dir, nil)
	if !errors.Is(err, ErrRemote) || !strings.Contains(err.Error(), "api.insee.fr") {
		t.Fatalf("%v", err)
	}
	c, _ = quick(s.URL)
	f, err := c.Fetch(t.Context(), births, Options{}, dir, nil)
	if err != nil || f.Name != "DS_ETAT_CIVIL_NAIS_COMMUNES.zip" || content(t, f.Path) != string(remotetest.Births()) {
		t.Errorf("%+v, %v", f, err)
	}
	if asked := s.Asked(); asked[1].Range != "bytes=150-" {
		t.Errorf("%+v", asked)
	}
}

func TestServerThatChangedStartsAfresh(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	c, _ := quick(s.URL)
	s.Fail("txcouv_pe_dep", remotetest.Cut(60), remotetest.Status(http.StatusRequestedRangeNotSatisfiable, "text/plain", ""))
	f, err := c.Fetch(t.Context(), set(t, "txcouv_pe_dep"), Options{}, t.TempDir(), nil)
	if err != nil || strings.Count(content(t, f.Path), "\n") != 5 {
		t.Fatalf("%v", err)
	}
	if asked := s.Asked(); len(asked) != 3 || asked[2].Range != "" {
		t.Errorf("%+v", asked)
	}
}

// What is not the data is told in French with its remedy, and leaves nothing behind.
func TestFailuresAreTold(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(elsewhere.Close)
	for name, c := range map[string]struct {
		code  string
		part  string
		fault remotetest.Fault
		want  string
		tries int
	}{
		"portal":          {"txcouv_pe_com", "txcouv", remotetest.Status(200, "text/html", "<!doctype html><p>Identifiez-vous"), "par une page web au lieu des données", 1},
		"page as csv":     {"txcouv_pe_com", "txcouv", remotetest.Status(200, "text/csv", "\n<html>"), "par une page web", 1},
		"error as csv":    {"txcouv_pe_com", "txcouv", remotetest.Status(200, "text/csv", `{"error_code":"X","message":"Domain is inactive"}`), "message d'erreur au lieu de txcouv_pe_com « Domain is inactive »", 1},
		"gone":            {"txcouv_pe_com", "txcouv", remotetest.Status(404, "application/json", `{"message":"The requested dataset does not exist."}`), "(réponse 404) « The requested dataset does not exist. »", 1},
		"page in refusal": {"txcouv_pe_com", "txcouv", remotetest.Status(403, "text/html", "<p>non"), "(réponse 403) : le jeu", 1},
		"elsewhere":       {"txcouv_pe_com", "txcouv", remotetest.Elsewhere(elsewhere.URL), "renvoie vers un autre site", 1},
		"down":            {"txcouv_pe_com", "txcouv", remotetest.Status(503, "text/plain", ""), "momentanément indisponible (réponse 503)", 4},
		"empty":           {"txcouv_pe_com", "txcouv", remotetest.Status(200, "text/csv", "\ufeff"), "fichier vide", 4},
		"header alone":    {"txcouv_pe_com", "txcouv", remotetest.Status(200, "text/csv", "annee;numcom\n"), "n'a aucune ligne", 1},
		"other columns":   {"txcouv_pe_com", "txcouv", remotetest.Status(200, "text/csv", "an;x\n2023;1\n"), "n'a pas la colonne « annee »", 1},
		"line cut":        {"txcouv_pe_com", "txcouv", remotetest.Shortened(300), "est arrivé incomplet ou abîmé", 4},
		"cells cut":       {"txcouv_pe_com", "txcouv", remotetest.Status(200, "text/csv", "annee;a;b\n2023;1\n"), "est arrivé incomplet ou abîmé", 4},
		"archive cut":     {"DS_ETAT_CIVIL_NAIS_COMMUNES", "/file/", remotetest.Shortened(200), "est arrivé incomplet ou abîmé", 4},
		"archive is page": {"DS_ETAT_CIVIL_NAIS_COMMUNES", "/file/", remotetest.Status(200, "application/zip", "<html>"), "par une page web", 1},
		"insee refuses":   {"DS_ETAT_CIVIL_NAIS_COMMUNES", "/file/", remotetest.Status(400, "text/plain", "DS_X n'existe pas."), "« DS_X n'existe pas. »", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := remotetest.New(t)
			s.Fail(c.part, c.fault, c.fault, c.fault, c.fault)
			client, _ := quick(s.URL)
			dir := t.TempDir()
			_, err := client.Fetch(t.Context(), set(t, c.code), Options{}, dir, nil)
			if !errors.Is(err, ErrRemote) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if n := len(s.Asked()); n != c.tries {
				t.Errorf("%d requests, want %d", n, c.tries)
			}
			if got := left(t, dir); got != "" {
				t.Errorf("left: %s", got)
			}
		})
	}
}

func TestWaitsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	c, waits := quick(s.URL)
	s.Fail("txcouv_pe_nat", remotetest.TooMany(429, "7"), remotetest.TooMany(503, time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat)))
	steps := ""
	if _, err := c.Fetch(t.Context(), set(t, "txcouv_pe_nat"), Options{}, t.TempDir(), func(step string, _, _ int64) { steps += step + "\n" }); err != nil {
		t.Fatal(err)
	}
	if len(*waits) != 2 || (*waits)[0] != 7*time.Second || (*waits)[1] < 25*time.Second {
		t.Errorf("%v", *waits)
	}
	if !strings.Contains(steps, "data.caf.fr demande d'attendre 7 secondes") {
		t.Errorf("%s", steps)
	}
	s.Fail("txcouv_pe_dep", remotetest.TooMany(429, "600"))
	_, err := c.Fetch(t.Context(), set(t, "txcouv_pe_dep"), Options{}, t.TempDir(), nil)
	if err == nil || !strings.Contains(err.Error(), "demande d'attendre 10 minutes") {
		t.Errorf("%v", err)
	}
}

func TestSilentServerIsLeft(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	c, _ := quick(s.URL)
	c.idle = 60 * time.Millisecond
	s.Fail("txcouv_pe_com", remotetest.Silent(100))
	f, err := c.Fetch(t.Context(), set(t, "txcouv_pe_com"), Options{}, t.TempDir(), nil)
	if err != nil || !strings.HasSuffix(content(t, f.Path), "80\n") {
		t.Fatalf("%v", err)
	}
	if asked := s.Asked(); asked[1].Range != "bytes=100-" {
		t.Errorf("%+v", asked)
	}
}

func TestTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	for name, fault := range map[string]remotetest.Fault{"announced": nil, "not announced": remotetest.Shortened(400)} {
		c, _ := quick(s.URL)
		c.limit = 300
		if fault != nil {
			s.Fail("txcouv_pe_com", fault)
		}
		dir := t.TempDir()
		_, err := c.Fetch(t.Context(), set(t, "txcouv_pe_com"), Options{}, dir, nil)
		if !errors.Is(err, ErrRemote) || !strings.Contains(err.Error(), "rien n'est gardé") || left(t, dir) != "" {
			t.Errorf("%s: %v, left %s", name, err, left(t, dir))
		}
	}
}

func TestNoNetworkIsSaid(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c, _ := quick(s.URL)
	_, err := c.Fetch(t.Context(), set(t, "txcouv_pe_com"), Options{}, t.TempDir(), nil)
	if want := "ce serveur n'a pas accès à internet, ou data.caf.fr ne répond pas : téléchargez le fichier depuis un autre poste et déposez-le ici"; err == nil || err.Error() != want || !errors.Is(err, ErrRemote) {
		t.Errorf("%v", err)
	}
}

func TestGivingUpIsNotAFailureOfTheServer(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	s.Fail("txcouv_pe_com", remotetest.Silent(100))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	c := New(s.URL)
	if _, err := c.Fetch(ctx, set(t, "txcouv_pe_com"), Options{}, t.TempDir(), nil); !errors.Is(err, context.Canceled) || errors.Is(err, ErrRemote) {
		t.Errorf("%v", err)
	}
}

func TestPaceOfAServer(t *testing.T) {
	t.Parallel()
	var p pace
	s := server{Host: "x", PerMinute: 3}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var got []time.Duration
	for range 7 {
		got = append(got, p.turn(s, at))
	}
	for i, want := range []time.Duration{0, 0, 0, 60, 60, 60, 120} {
		if got[i] != want*time.Second {
			t.Errorf("request %d waits %v, want %v", i, got[i], want*time.Second)
		}
	}
	if d := p.turn(s, at.Add(10*time.Minute)); d != 0 {
		t.Errorf("later: %v", d)
	}
	if d := p.turn(server{Host: "y"}, at); d != 0 {
		t.Errorf("no limit: %v", d)
	}
}
