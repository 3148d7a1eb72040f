// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web/webtest"
)

func TestActAndItsReceipt(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, agent{Open: known})
		id := s.add(t, act(0), act(1))[1]
		a := webtest.Get(t, s, Path(id))
		a.CheckPage(t)
		if text := a.Text(t, "main"); !strings.Contains(text, "sera signé dans quelques secondes") || a.Count(t, "a[download]") != 0 {
			t.Errorf("unsigned: %s", text)
		}
		if r := webtest.Get(t, s, Path(id)+"/recu.json"); r.Status != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
			t.Errorf("receipt too soon: %d", r.Status)
		}
		s.sign(t)
		a = webtest.Get(t, s, Path(id))
		a.CheckPage(t)
		text := plain(a.Text(t, "main"))
		for _, want := range []string{"Transmission d'un schéma", "Saint-Denis (93066)", "Direction de la petite enfance", authorName,
			"favorable ; néant ; oui", "donnée personnelle scellée, non affichée", document, "acte n° 2", "Version transmise", "la 1", "n° 1, 2 actes", string(s.journal.Key())} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in %s", want, text)
			}
		}
		if strings.Contains(a.Body, witnessName) {
			t.Error("the page tells a personal datum of the act's body")
		}
		if got := a.Attr(t, "section[aria-labelledby=acte] a", "href"); got != "/schemas/1" {
			t.Errorf("the object is at %q", got)
		}
		r := webtest.Get(t, s, a.Attr(t, "a[download]", "href"))
		if _, err := journal.VerifyText([]byte(r.Body), s.journal.Key()); err != nil || !strings.Contains(r.Header.Get("Content-Disposition"), "recu-schema-transmission-"+id+".json") {
			t.Errorf("receipt: %v, %v", err, r.Header)
		}
		if r := webtest.Get(t, s, Path(id)+"/autre.json"); r.Status != http.StatusNotFound {
			t.Errorf("another file: %d", r.Status)
		}
		s.erase(t)
		if text := webtest.Get(t, s, Path(id)).Text(t, "main"); strings.Contains(text, authorName) || !strings.Contains(text, "l'acte reste valable") {
			t.Errorf("erased: %s", text)
		}
	})
}

func (s *site) erase(t *testing.T) {
	t.Helper()
	err := s.journal.Tx(t.Context(), func(tx *sql.Tx) error { _, err := s.journal.Erase(t.Context(), tx, "p-1", at); return err })
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever does not read the directory is not told who acted; an act of the service itself
// names nobody; an act whose name was changed in the database says so.
func TestAuthor(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, db.SQLite, rooms...), agent{Open: known, blind: true})
	own := act(1)
	own.Actor = journal.Personal{}
	ids := s.add(t, act(0), own)
	for i, want := range []string{"votre fonction ne lit pas l'annuaire", "le service lui-même"} {
		if a := webtest.Get(t, s, Path(ids[i])); !strings.Contains(a.Text(t, "main"), want) || strings.Contains(a.Body, authorName) {
			t.Errorf("act %d: %s", i, a.Text(t, "main"))
		}
	}
	open := newSite(t, s.db, known)
	s.execute(t, "update journal_opening set value = 'Quelqu''un d''autre' where person = 'p-1'")
	if text := webtest.Get(t, open, Path(ids[0])).Text(t, "main"); !strings.Contains(text, "ce nom a été modifié hors du service") {
		t.Errorf("changed: %s", text)
	}
}

func TestListOfActs(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, agent{Open: known})
		a := webtest.Get(t, s, listPath)
		a.CheckPage(t)
		if !strings.Contains(a.Text(t, ".empty"), "ne contient encore aucun acte") {
			t.Errorf("empty: %s", a.Text(t, "main"))
		}
		var list []journal.Act
		for i := range 60 {
			list = append(list, act(i))
		}
		foreign, resumed := act(60), act(61)
		foreign.Holder, foreign.Hat = "75056", "Titre d'ailleurs"
		resumed.Holder, resumed.Kind, resumed.Subject, resumed.Hat = "", journal.KindResumed, "", "=1+1"
		ids := s.add(t, append(list, foreign, resumed)...)
		for _, x := range []struct {
			query string
			rows  int
			first string
		}{
			{"", 50, "Reprise du journal après une restauration"},
			{"?page=2", 11, "Transmission d'un schéma"},
			{"?page=9", 11, "Transmission d'un schéma"},
			{"?territoire=93066", 30, "Transmission d'un schéma"},
			{"?nature=journal-reprise", 1, "Reprise du journal après une restauration"},
			{"?du=2026-03-14", 27, "Reprise du journal après une restauration"},
			{"?au=2026-03-12&territoire=&nature=", 10, "Transmission d'un schéma"},
			{"?territoire=93010&du=2026-03-13&au=2026-03-13", 12, "Transmission d'un schéma"},
		} {
			a := webtest.Get(t, s, listPath+x.query)
			a.CheckPage(t)
			if n := a.Count(t, "#actes tbody tr"); n != x.rows || a.Text(t, "#actes tbody a") != x.first {
				t.Errorf("%s: %d rows from %q, want %d from %q", x.query, n, a.Text(t, "#actes tbody a"), x.rows, x.first)
			}
			if strings.Contains(a.Body, "75056") || strings.Contains(a.Body, "ailleurs") || strings.Contains(a.Body, authorName) {
				t.Errorf("%s: tells of a foreign act, or a name", x.query)
			}
		}
		s.checkForeign(t, ids[60])
		twin := webtest.Get(t, s, webtest.Get(t, s, listPath+"?territoire=93066&page=1").Attr(t, ".downloads a", "href"))
		lines := strings.Split(strings.TrimSpace(twin.Body), "\n")
		if len(lines) != 31 || !strings.HasPrefix(lines[1], "60,"+ids[59]+",schema-transmission,Transmission d'un schéma,2026-03-15T00:04:05.678901Z,93066,") {
			t.Errorf("twin of %d lines: %s", len(lines), lines[min(1, len(lines)-1)])
		}
		if all := webtest.Get(t, s, listPath+".csv").Body; strings.Count(all, "\n") != 62 || !strings.Contains(all, ",'=1+1,") || strings.Contains(all, "75056") || strings.Contains(all, authorName) {
			t.Errorf("the whole twin: %d lines", strings.Count(all, "\n"))
		}
		if a := webtest.Get(t, s, listPath+".csv?nature=x"); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong filter of the twin: %d", a.Status)
		}
		if got := webtest.Get(t, s, listPath+"?territoire=93066&nature=schema-transmission").Attr(t, "#actes tbody a", "href"); got != Path(ids[59]) {
			t.Errorf("the first leads to %q", got)
		}
		if a := webtest.Get(t, newSite(t, s.db, known), Path(ids[60])); a.Status != http.StatusOK {
			t.Errorf("the service's own hat: %d", a.Status)
		}
	})
}

// checkForeign: an act elsewhere answers like one that does not exist, and so do the filters.
func (s *site) checkForeign(t *testing.T, id string) {
	t.Helper()
	for _, end := range []string{"", "/recu.json", "/autre"} {
		foreign, unknown := webtest.Get(t, s, Path(id)+end), webtest.Get(t, s, Path(db.NewID())+end)
		if foreign.Status != http.StatusNotFound || unknown.Status != foreign.Status || foreign.Text(t, "body") == "" || len(foreign.Body) != len(unknown.Body) {
			t.Errorf("%s: %d and %d, %d and %d bytes", end, foreign.Status, unknown.Status, len(foreign.Body), len(unknown.Body))
		}
	}
	for _, query := range []string{"territoire=75056", "territoire=93999", "nature=x", "du=hier", "du=2026-03-14&au=2026-03-12", "territoire=" + url.QueryEscape("93' or 1=1 --")} {
		a := webtest.Get(t, s, listPath+"?"+query)
		a.CheckPage(t)
		if a.Status != http.StatusUnprocessableEntity || a.Count(t, ".field.wrong") != 1 || a.Count(t, "#actes") != 0 {
			t.Errorf("%s: %d, %d fields told", query, a.Status, a.Count(t, ".field.wrong"))
		}
	}
	if a := webtest.Get(t, s, listPath+"?tri=date"); a.Status != http.StatusBadRequest {
		t.Errorf("a parameter nobody expects: %d", a.Status)
	}
}

func TestAlteredLeafIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, db.SQLite, rooms...), known)
	id := s.add(t, act(0))[0]
	s.execute(t, "update journal_leaf set leaf = replace(leaf, '{', '{ ')")
	for _, path := range []string{Path(id), listPath} {
		if a := webtest.Get(t, s, path); a.Status != http.StatusInternalServerError || !strings.Contains(a.Text(t, "main"), "n'est plus ce qui a été écrit") || a.Count(t, "a[href='/actes/controle']") != 1 {
			t.Errorf("%s: %d %s", path, a.Status, a.Text(t, "main"))
		}
	}
}

// TestActReadsInFrench: no identifier, no instant of machines, no number 0 reaches a reader.
func TestActReadsInFrench(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, db.SQLite, rooms...), agent{Open: known})
	a := act(0)
	a.Kind, a.Holder, a.Subject, a.Body = "essai-sans-territoire", "", "privacy/01a20bab-8577", map[string]any{"demandé le": "2026-11-24T03:48:39.927041Z"}
	id := s.add(t, a)[0]
	s.sign(t)
	page := webtest.Get(t, s, Path(id))
	page.CheckPage(t)
	text := plain(page.Text(t, "h1") + page.Text(t, ".lead") + page.Text(t, "section[aria-labelledby=acte]") + page.Text(t, "section[aria-labelledby=contenu-acte]") + page.Text(t, "section[aria-labelledby=preuve]"))
	for _, want := range []string{"Acte n° 1 du journal", "une chose", "24 novembre 2026 à 04 h 48 min 39 s", "acte n° 1", "n° 1, 1 acte", "le résumé de tout le journal"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	list := webtest.Get(t, s, listPath)
	list.CheckPage(t)
	for _, want := range []string{"une chose", "aucun en particulier"} {
		if !strings.Contains(plain(list.Text(t, "main")), want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	receipt := webtest.Get(t, s, page.Attr(t, "a[download]", "href")).Body
	verified := plain(s.paste(t, receipt).Text(t, "main"))
	for _, text := range []string{text, list.Text(t, "main"), verified} {
		if strings.Contains(text, "privacy/") || strings.Contains(plain(text), "n° 0") {
			t.Errorf("machine words in %s", text)
		}
	}
}
