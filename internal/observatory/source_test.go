// SPDX-License-Identifier: EUPL-1.2

package observatory_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"maillage/internal/observatory"
	"maillage/internal/observatory/intake"
	"maillage/internal/observatory/remote"
	"maillage/internal/observatory/remote/remotetest"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// Every data set, fetched from a server that plays its producer, is read without a question:
// real register, real catalogue.
func TestWhatIsFetchedIsRecognised(t *testing.T) {
	t.Parallel()
	o := opened(t, dbtest.New(t, db.SQLite, rooms...))
	s := remotetest.New(t)
	s.PageSize = 4
	c := remote.New(s.URL)
	for code, want := range map[string][]string{
		"txcouv_pe_com": {"couverture_globale 06161 2023 58.8", "couverture_globale 93066 2023 31.6", "couverture_eaje 93005 2023 15.1"},
		// A rate above 100 is real; the filler row XX (195.8) is not a territory.
		"txcouv_pe_epci":              {"couverture_globale 200055887 2023 101.4", "couverture_globale 200054781 2023 61.2"},
		"txcouv_pe_dep":               {"couverture_globale 01 2023 62.1", "couverture_globale 2A 2023 44", "couverture_eaje 93 2023 19.9"},
		"txcouv_pe_reg":               {"couverture_globale R11 2023 58.2", "couverture_globale R01 2023 45.1"},
		"txcouv_pe_nat":               {"couverture_globale FR 2023 60.9", "couverture_eaje FR 2022 22.9"}, // a date for the year
		"nbpla_pe_com":                {"places_total 93066 2023 2901", "places_eaje 93001 2023 812"},
		"nbpla_pe_epci":               {"places_total 200054781 2023 141000"},
		"nbpla_pe_dep":                {"places_total 93 2023 26100", "places_eaje 01 2023 3400"},
		"DS_ETAT_CIVIL_NAIS_COMMUNES": {"naissances 93066 2023 2212", "naissances 93 2024 25400"},
		"DS_POPULATIONS_REFERENCE":    {"population_totale 93066 2023 150900", "population_municipale 93 2023 1704000"},
		"DS_BPE":                      {"eaje_bpe 93066 2024 41", "eaje_bpe 93 2024 512"}, // the total, not the public part
		"DS_FILOSOFI_CC":              {"pauvrete_60 93066 2023 37.5", "niveau_vie_median 93 2023 19100"},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			d, ok := remote.Find(code)
			if !ok {
				t.Fatal("not in the catalogue")
			}
			if _, ok := o.Catalogue.Source(d.Source); !ok {
				t.Errorf("source %q is not in the catalogue", d.Source)
			}
			f, err := observatory.Fetch(t.Context(), c, d, remote.Options{Departement: "93"}, t.TempDir(), nil)
			if err != nil {
				t.Fatal(err)
			}
			got := readAll(t, o, f)
			for _, w := range want {
				if !slices.Contains(got, w) {
					t.Errorf("%s is missing from\n%s", w, strings.Join(got, "\n"))
				}
			}
			if slices.ContainsFunc(got, func(v string) bool { return strings.HasSuffix(v, " 195.8") || strings.HasSuffix(v, " 20") }) {
				t.Errorf("a filler or a part is read:\n%s", strings.Join(got, "\n"))
			}
		})
	}
	if n := len(remote.Datasets()); n != 12 {
		t.Errorf("%d data sets, of which 12 are tried here", n)
	}
}

// The archive of the whole of France holds its table beside another that describes it.
func TestArchiveOfBirthsIsRecognised(t *testing.T) {
	t.Parallel()
	o := opened(t, dbtest.New(t, db.SQLite, rooms...))
	d, _ := remote.Find("DS_ETAT_CIVIL_NAIS_COMMUNES")
	f, err := observatory.Fetch(t.Context(), remote.New(remotetest.New(t).URL), d, remote.Options{}, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := readAll(t, o, f)
	for _, want := range []string{"naissances 93066 2023 2212", "naissances 93059 2023 541", "naissances 93 2023 26105"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing from\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// readAll imports a file fetched, as a person would who accepts it as it is, and tells its figures.
func readAll(t *testing.T, o *observatory.Observatory, f remote.File) []string {
	t.Helper()
	x, err := o.Examine(t.Context(), observatory.File{Path: f.Path, Name: f.Name}, observatory.BestTable, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !x.Importable() {
		t.Fatalf("not importable: %v, %+v", x.Unsettled, x.Issues)
	}
	book, err := sheet.OpenNamed(t.Context(), f.Path, f.Name, sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	rows := func(yield func(intake.Row) error) error { return book.Rows(t.Context(), x.Plan.Table.Index, yield) }
	var list []string
	for item, err := range x.Plan.Apply(rows, o.Registry) {
		if err != nil {
			t.Fatal(err)
		}
		if v := item.Value; item.Issue == nil && v.Known() {
			list = append(list, fmt.Sprintf("%s %s %s %s", v.Indicator, v.Territory, v.Period, strconv.FormatFloat(v.Number, 'f', -1, 64)))
		}
	}
	return list
}

// offered is the site of an observatory whose sources are played by a server.
func offered(t *testing.T, network bool, sources string) (http.Handler, *observatory.Observatory) {
	t.Helper()
	o := opened(t, dbtest.New(t, db.SQLite, rooms...))
	run := jobs.NewRunner(1)
	t.Cleanup(run.Close)
	site := web.New(web.Config{Log: slog.New(slog.DiscardHandler), Guard: webtest.Open{}})
	site.Handle(o.Routes(observatory.Site{Home: "93", Dir: t.TempDir(), Jobs: run, Now: time.Now, Network: network, Remote: sources})...)
	if err := site.Err(); err != nil {
		t.Fatal(err)
	}
	return site, o
}

// follow goes where an answer leads, waiting for the job on its progress page, and returns the
// last page; a job that failed leaves its page.
func follow(t *testing.T, h http.Handler, a *webtest.Answer) (*webtest.Answer, string) {
	t.Helper()
	path := ""
	for range 400 {
		if a.Status == http.StatusSeeOther {
			path = a.Header.Get("Location")
		} else if !strings.HasPrefix(path, "/observatoire/taches/") || a.Status != http.StatusOK || a.Count(t, ".notice.danger") > 0 {
			return a, path
		} else {
			time.Sleep(5 * time.Millisecond)
		}
		a = webtest.Get(t, h, path)
	}
	t.Fatalf("the job does not end: %s", a.Body)
	return nil, ""
}

func TestFetchFromThePage(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	h, o := offered(t, true, s.URL)
	list := webtest.Get(t, h, "/observatoire/imports")
	list.CheckPage(t)
	if n := list.Count(t, "select[name=jeu] option"); n != 12 {
		t.Errorf("%d data sets are offered", n)
	}
	page, path := follow(t, h, webtest.Post(t, h, "/observatoire/imports/source", "jeu=DS_POPULATIONS_REFERENCE&etendue=departement"))
	if !strings.HasPrefix(path, "/observatoire/depots/") || page.Status != http.StatusOK {
		t.Fatalf("%d at %s: %s", page.Status, path, page.Body)
	}
	page.CheckPage(t)
	if !strings.Contains(page.Text(t, "h1"), "DS_POPULATIONS_REFERENCE-93.csv") || len(o.Snapshot().Batches()) != 0 {
		t.Errorf("%q: the preview comes first", page.Text(t, "h1"))
	}
	done, path := follow(t, h, webtest.Post(t, h, path, accepted(t, page)))
	if done.Status != http.StatusOK || !strings.HasPrefix(path, "/observatoire/imports/") || len(o.Snapshot().Batches()) != 1 {
		t.Errorf("%d at %s: %s", done.Status, path, done.Body)
	}
	// The file stays for the next time: the same day, nothing is asked again.
	before := len(s.Asked())
	_, path = follow(t, h, webtest.Post(t, h, "/observatoire/imports/source", "jeu=DS_POPULATIONS_REFERENCE&etendue=departement"))
	if !strings.HasPrefix(path, "/observatoire/depots/") || len(s.Asked()) != before {
		t.Errorf("at %s, %d requests more", path, len(s.Asked())-before)
	}
}

// accepted is the form of a preview as it stands, sent by its button that imports.
func accepted(t *testing.T, page *webtest.Answer) string {
	t.Helper()
	f := url.Values{"action": {"importer"}}
	for n := range page.Count(t, "input[name^=garder_]") {
		f.Set(fmt.Sprintf("garder_%d", n), "1")
	}
	return f.Encode()
}

func TestFetchThatFailsIsTold(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	h, o := offered(t, true, s.URL)
	s.Fail("txcouv_pe_com", remotetest.Status(200, "text/html", "<p>Portail"))
	page, _ := follow(t, h, webtest.Post(t, h, "/observatoire/imports/source", "jeu=txcouv_pe_com&etendue=france"))
	page.CheckPage(t)
	if text := page.Text(t, ".notice.danger"); !strings.Contains(text, "Le service data.caf.fr a répondu par une page web") {
		t.Errorf("%q", text)
	}
	if n := len(o.Snapshot().Batches()); n != 0 {
		t.Errorf("%d imports", n)
	}
	for form, want := range map[string]string{
		"jeu=inconnu&etendue=france":     "Choisissez un des jeux de données proposés",
		"jeu=DS_BPE&etendue=france":      "département par département",
		"jeu=DS_BPE&etendue=communaute":  "Choisissez une des réponses proposées",
		"jeu=txcouv_pe_com&etendue=":     "Choisissez une des réponses proposées",
		"jeu=&etendue=departement&jeu=x": "Choisissez un des jeux",
	} {
		page := webtest.Post(t, h, "/observatoire/imports/source", form)
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, want) {
			t.Errorf("%s: %d", form, page.Status)
		}
		page.CheckPage(t)
	}
}

func TestClosedNetworkOffersNothing(t *testing.T) {
	t.Parallel()
	h, _ := offered(t, false, "http://127.0.0.1:1")
	if page := webtest.Get(t, h, "/observatoire/imports"); page.Count(t, "select[name=jeu]") != 0 || strings.Contains(page.Body, "import source") {
		t.Error("a closed network offers to fetch")
	}
	if page := webtest.Post(t, h, "/observatoire/imports/source", "jeu=txcouv_pe_com&etendue=france"); page.Status != http.StatusForbidden || !strings.Contains(page.Body, "reseau") {
		t.Errorf("%d", page.Status)
	}
}
