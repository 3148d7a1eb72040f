// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) }

func (w *world) site(who actor.Actor) *web.Server {
	w.Helper()
	return webtest.Server(w.T, web.Config{Guard: webtest.Open{Actor: who}}, w.Routes()...)
}

func onSQLite(t *testing.T) *world {
	t.Helper()
	return newWorld(t, dbtest.New(t, db.SQLite, houseRooms()...))
}

// TestPagesHold: each page is a whole page, and the public one speaks of every processing.
func TestPagesHold(t *testing.T) {
	w := onSQLite(t)
	person, _ := settled(w)
	site := w.site(actor.Actor{Person: person, Name: given, Title: "Signataire"})
	for _, path := range []string{"/donnees", "/donnees-personnelles", "/donnees/registre", "/donnees/reglages", "/donnees/conservation",
		"/donnees/effacement", "/donnees/effacement?q=quiver", "/donnees/effacement?q=personne+de+ce+nom", "/donnees/effacement/" + person, "/moi/donnees"} {
		a := webtest.Get(t, site, path)
		if a.Status != 200 {
			t.Fatalf("%s: %d\n%s", path, a.Status, a.Body)
		}
		a.CheckPage(t)
	}
	public := webtest.Get(t, w.site(actor.Actor{}), "/donnees-personnelles")
	for _, p := range w.Dictionary.Processings {
		if !slices.Contains(public.Texts(t, "h3"), strings.ReplaceAll(p.Title, "’", "'")) {
			t.Errorf("the public page lacks %q: %q", p.Title, public.Texts(t, "h3"))
		}
	}
	if c := public.Header.Get("Set-Cookie"); c != "" {
		t.Errorf("a visitor gets %q", c)
	}
	if got := webtest.Get(t, site, "/donnees/effacement/0198-personne").Status; got != 404 {
		t.Errorf("nobody: %d", got)
	}
}

// TestRegisterAsFiles: one row for each personal column, in both formats.
func TestRegisterAsFiles(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	site := w.site(asAdministrator(w))
	columns := 0
	for _, table := range w.Dictionary.Tables {
		columns += len(table.Personal)
	}
	csv := webtest.Get(t, site, "/donnees/registre.csv")
	if got := strings.Count(csv.Body, "\r\n"); got != columns+1 {
		t.Errorf("%d lines for %d columns", got, columns)
	}
	for _, want := range []string{"signin_session;device;Navigateur et système", "history_field;value_before;Valeur avant;oui"} {
		if !strings.Contains(csv.Body, want) {
			t.Errorf("no %q", want)
		}
	}
	if xlsx := webtest.Get(t, site, "/donnees/registre.xlsx"); !strings.HasPrefix(xlsx.Body, "PK") {
		t.Error("no workbook")
	}
}

// TestSettingsAreSaid: what is not filled in is said to be missing, what is appears, and a faulty
// form loses nothing.
func TestSettingsAreSaid(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	site := w.site(asAdministrator(w))
	if a := webtest.Get(t, site, "/donnees-personnelles"); a.Count(t, ".badge.warning") < 3 {
		t.Error("nothing is said to be missing")
	}
	form := url.Values{"responsable": {"Caf d'essai"}, "responsable-adresse": {"1 rue d'Essai\n93000 Bobigny"}, "responsable-contact": {"donnees@caf.example"},
		"dpo": {"Mission protection des données"}, "dpo-contact": {"pas une adresse"}, "hebergeur": {"Hébergeur, France"}, "mesures": {"Salle fermée"}, "sauvegardes": {"30"}}
	a := webtest.Post(t, site, "/donnees/reglages", form.Encode())
	if a.Status != 422 || a.Attr(t, "#dpo-contact", "value") != "pas une adresse" || a.Attr(t, "#responsable", "value") != "Caf d'essai" {
		t.Fatalf("%d\n%s", a.Status, a.Body)
	}
	a.CheckPage(t)
	form.Set("dpo-contact", "dpo@caf.example")
	if a := webtest.Post(t, site, "/donnees/reglages", form.Encode()); a.Status != 303 {
		t.Fatalf("%d\n%s", a.Status, a.Body)
	}
	a = webtest.Get(t, site, "/donnees-personnelles")
	for _, want := range []string{"Caf d'essai", "donnees@caf.example", "dpo@caf.example", "au plus 30"} {
		if !strings.Contains(strings.ReplaceAll(a.Body, "’", "'"), want) {
			t.Errorf("the public page lacks %q", want)
		}
	}
	if a.Count(t, ".badge.warning") != 0 {
		t.Error("something is still said to be missing")
	}
	list, err := w.History.Export(t.Context(), asAdministrator(w).Person)
	if err != nil || len(list) != 1 || len(list[0].Fields) != 8 {
		t.Errorf("history: %+v, %v", list, err)
	}
}

// TestCopyOfMyData: the archive opens, its JSON too, and it holds the person and nobody else.
func TestCopyOfMyData(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	person, _ := settled(w)
	w.person(people.Person{GivenName: "Autre", FamilyName: "Personne", Mail: "autre@ville.example"})
	a := webtest.Get(t, w.site(actor.Actor{Person: person, Name: given}), "/moi/donnees.zip")
	files := unzip(t, a.Body)
	if len(files) < 10 || !strings.Contains(files["donnees.html"], address) || strings.Contains(files["donnees.html"], "autre@ville") {
		t.Errorf("%d files", len(files))
	}
	whole, damaged := 0, 0 // the one that was put, and the one seeded without content
	for name, content := range files {
		if strings.HasPrefix(name, "fichiers/") && content == w.content {
			whole++
		}
		if strings.HasSuffix(name, ".illisible.txt") {
			damaged++
		}
	}
	if whole != 1 || damaged != 1 {
		t.Errorf("files about the person: %d whole, %d damaged", whole, damaged)
	}
	var doc copyJSON
	if err := json.Unmarshal([]byte(files["donnees.json"]), &doc); err != nil || doc.Person != given+" "+family || len(doc.Sections) < 10 {
		t.Errorf("%q, %d sections, %v", doc.Person, len(doc.Sections), err)
	}
	// By letter: handed to the administration, and in the journal.
	a = webtest.Post(t, w.site(asAdministrator(w)), "/donnees/effacement/"+person+"/copie", "")
	if len(unzip(t, a.Body)) < 10 {
		t.Errorf("%d", a.Status)
	}
	var kind string
	if err := w.DB.Read().QueryRow(`select kind from journal_leaf order by idx desc limit 1`).Scan(&kind); err != nil || kind != KindCopy {
		t.Errorf("last act: %q, %v", kind, err)
	}
}

func unzip(t *testing.T, body string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	return files
}

// TestErasingFromThePage: a wrong name erases nothing and is shown again; the right one erases;
// nobody erases themselves.
func TestErasingFromThePage(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	person, _ := settled(w)
	path := "/donnees/effacement/" + person
	site := w.site(asAdministrator(w))
	a := webtest.Post(t, site, path, url.Values{"confirmation": {"Zoé Quivernac"}}.Encode())
	if a.Status != 422 || a.Attr(t, "#confirmation", "value") != "Zoé Quivernac" || len(w.whereIs(address)) == 0 {
		t.Fatalf("%d\n%s", a.Status, a.Body)
	}
	a.CheckPage(t)
	own := webtest.Post(t, w.site(actor.Actor{Person: person, Name: given}), path, url.Values{"confirmation": {given + " " + family}}.Encode())
	if own.Status != 403 || len(w.whereIs(address)) == 0 {
		t.Errorf("one's own record: %d", own.Status)
	}
	a = webtest.Post(t, site, path, url.Values{"confirmation": {"zoelie  quivernac"}}.Encode())
	if a.Status != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/donnees/effacement?acte=") {
		t.Fatalf("%d %s\n%s", a.Status, a.Header.Get("Location"), a.Body)
	}
	webtest.Get(t, site, a.Header.Get("Location")).CheckPage(t)
	checkGone(w)
	if got := webtest.Get(t, site, path).Status; got != 404 {
		t.Errorf("afterwards: %d", got)
	}
}

// TestRetentionFromThePage: lengths are kept within bounds, nothing runs by itself until it is
// switched on, and what is switched on runs each day.
func TestRetentionFromThePage(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	settled(w)
	site := w.site(asAdministrator(w))
	form := url.Values{}
	for _, c := range Categories() {
		if c.Days > 0 {
			form.Set("jours-"+c.Name, "400")
		}
		if c.Own > 0 {
			form.Set("jours-"+c.Name, "60")
		}
	}
	form.Set("jours-historique", "3")
	form.Set("active-connexion", "oui")
	a := webtest.Post(t, site, "/donnees/conservation", form.Encode())
	if a.Status != 422 || a.Attr(t, "#jours-historique", "value") != "3" || a.Count(t, "#active-connexion[checked]") != 1 {
		t.Fatalf("%d\n%s", a.Status, a.Body)
	}
	a.CheckPage(t)
	form.Set("jours-historique", "300")
	if a := webtest.Post(t, site, "/donnees/conservation", form.Encode()); a.Status != 303 {
		t.Fatalf("%d\n%s", a.Status, a.Body)
	}
	w.Now = func() time.Time { return noon.AddDate(5, 0, 0) }
	if err := w.RunDaily(t.Context(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"signin_session": 0, "mail_outbox": 1} {
		var n int
		if err := w.DB.Read().QueryRow("select count(*) from " + table).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d rows, want %d (%v)", table, n, want, err)
		}
	}
	a = webtest.Get(t, site, "/donnees/conservation")
	if a.Count(t, "form[action='/donnees/conservation/courriels']") != 1 {
		t.Fatal("mails are not due")
	}
	if a := webtest.Post(t, site, "/donnees/conservation/courriels", ""); a.Status != 303 {
		t.Fatal(a.Status)
	}
	if got := webtest.Post(t, site, "/donnees/conservation/actes", "").Status; got != 404 {
		t.Errorf("acts: %d", got)
	}
}
