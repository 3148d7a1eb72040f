// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// cardPage is a page of a room that shows the history of its subject.
type cardPage struct {
	web.Page
	History Card
}

var cardTemplate = web.NewTemplate[cardPage](With(fstest.MapFS{"fiche.html": {Data: []byte(
	`{{define "main"}}{{template "qui-a-change" (.History.Who "telephone")}}{{template "historique" .History}}{{end}}`)}}), "fiche.html", CardFile)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) }

// limited is a guard that lets see what is about one person, and common things.
type limited struct {
	webtest.Open
	person string
}

func (g limited) Check(_ context.Context, _ web.Access, s web.Scope) error {
	if s.Person == "" || s.Person == g.person {
		return nil
	}
	return web.ErrForeign()
}

func (k *desk) serve(guard web.Guard) *web.Server {
	routes := append(k.Routes(), web.Route{Pattern: "GET /fiches/{id}", Access: read, Handler: func(w http.ResponseWriter, r *http.Request) error {
		c, err := k.Card(r, "card/"+r.PathValue("id"))
		if err != nil {
			return err
		}
		return cardTemplate.Render(w, r, http.StatusOK, cardPage{Page: web.Page{Title: "Fiche"}, History: c})
	}})
	return webtest.Server(k.t, web.Config{Guard: guard}, routes...)
}

func TestPageUndoesAndAsksBeforeCoveringALaterChange(t *testing.T) {
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		h := k.serve(webtest.Open{Actor: k.who})
		c1, c2, c3 := &card{"Marie", "01"}, &card{"Marie", "02"}, &card{"Marie", "03"}
		k.save("a", Create, nil, c1)
		old := k.save("a", Update, c1, c2)
		k.save("a", Update, c2, c3)

		a := webtest.Get(t, h, "/fiches/a")
		a.CheckPage(t)
		if got := a.Count(t, ".hist-line form"); got != 3 {
			t.Errorf("%d changes can be undone, want 3", got)
		}
		if got := a.Text(t, ".hist-who p"); got != "Téléphone : changé par Marie Dupont, au titre de Secrétariat du comité, le 23 novembre 2026 à 14 h 05. Avant : 02." {
			t.Errorf("who: %q", got)
		}

		a = webtest.Post(t, h, "/historique/"+old+"/annuler", "retour=/fiches/a")
		a.CheckPage(t)
		if a.Status != http.StatusConflict || !strings.Contains(strings.Join(a.Texts(t, "#conflits td"), "|"), "03|Marie Dupontle 23 novembre 2026 à 14 h 05|01") {
			t.Errorf("asked: %d %q", a.Status, a.Texts(t, "#conflits td"))
		}
		if c, _ := k.read("a"); c != *c3 {
			t.Errorf("undone before the confirmation: %+v", c)
		}
		a = webtest.Post(t, h, "/historique/"+old+"/annuler", "retour=/fiches/a&confirmer=oui")
		if a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/fiches/a" {
			t.Errorf("confirmed: %d, to %s", a.Status, a.Header.Get("Location"))
		}
		if c, _ := k.read("a"); c != *c1 {
			t.Errorf("after the confirmation: %+v", c)
		}
		if a = webtest.Post(t, h, "/historique/"+old+"/annuler", "confirmer=oui"); a.Status != http.StatusConflict || !strings.Contains(a.Body, "déjà annulée") {
			t.Errorf("undone twice: %d", a.Status)
		}
		if a = webtest.Get(t, h, "/fiches/a"); !strings.Contains(a.Text(t, ".hist-line"), "Annulation") || !strings.Contains(a.Text(t, ".hist-line button"), "Rétablir") {
			t.Errorf("first line: %q", a.Text(t, ".hist-line"))
		}
		if a = webtest.Post(t, h, "/historique/"+old+"/annuler", "confirmer=oui&retour=//autre.site"); strings.Contains(a.Header.Get("Location"), "autre") {
			t.Errorf("led to %s", a.Header.Get("Location"))
		}
	})
}

func TestListOfChanges(t *testing.T) {
	k := newDesk(t, dbtest.New(t, db.SQLite, rooms...))
	h := k.serve(webtest.Open{Actor: k.who})
	for range perPage + 5 {
		k.save("a", Create, nil, &card{"Marie", "01"})
	}
	first := webtest.Get(t, h, "/historique")
	first.CheckPage(t)
	next := first.Attr(t, "a[rel=next]", "href")
	if got := first.Count(t, ".hist-line"); got != perPage || next == "" {
		t.Fatalf("%d lines, then %q", got, next)
	}
	second := webtest.Get(t, h, next)
	if got := second.Count(t, ".hist-line"); got != 5 || second.Count(t, "a[rel=next]") != 0 {
		t.Errorf("second page: %d lines", got)
	}
	for query, want := range map[string]int{"fiche=card/a": perPage, "fiche=card/b": 0, "sujet=card": perPage, "personne=p2": 0, "du=2026-11-24": 0, "au=2026-11-22": 0} {
		if got := webtest.Get(t, h, "/historique?"+query).Count(t, ".hist-line"); got != want {
			t.Errorf("%s: %d lines, want %d", query, got, want)
		}
	}
	for _, query := range []string{"du=2026-11-24&au=2026-11-22", "du=hier"} {
		a := webtest.Get(t, h, "/historique?"+query)
		if a.Status != http.StatusUnprocessableEntity || a.Count(t, ".field.wrong") != 1 {
			t.Errorf("%s: %d", query, a.Status)
		}
	}
	if a := webtest.Get(t, h, "/historique?truc=1"); a.Status != http.StatusBadRequest {
		t.Errorf("unknown filter: %d", a.Status)
	}
}

// What is out of reach answers as what does not exist: on the list, alone, and in a gesture.
func TestEntriesOutOfReach(t *testing.T) {
	k := newDesk(t, dbtest.New(t, db.SQLite, rooms...))
	mine := k.save("p1", Create, nil, &card{"Marie", "01"})
	theirs := k.save("p2", Create, nil, &card{"Ali", "09"})
	h := k.serve(limited{webtest.Open{Actor: k.who}, "p1"})
	if a := webtest.Get(t, h, "/historique"); a.Count(t, ".hist-line") != 1 || strings.Contains(a.Body, "Ali") {
		t.Error("the list shows what is out of reach")
	}
	if a := webtest.Get(t, h, "/historique/"+mine); a.Status != http.StatusOK {
		t.Errorf("one's own: %d", a.Status)
	}
	absent := webtest.Get(t, h, "/historique/018f0000-0000-7000-8000-000000000000")
	for _, a := range []*webtest.Answer{webtest.Get(t, h, "/historique/"+theirs), webtest.Get(t, h, "/historique/x"),
		webtest.Post(t, h, "/historique/"+theirs+"/annuler", "confirmer=oui")} {
		if a.Status != absent.Status || a.Text(t, "h1") != absent.Text(t, "h1") || a.Text(t, ".lead") != absent.Text(t, ".lead") {
			t.Errorf("%d %q, as what does not exist: %d %q", a.Status, a.Text(t, ".lead"), absent.Status, absent.Text(t, ".lead"))
		}
	}
	if c, withdrawn := k.read("p2"); withdrawn || c.Name != "Ali" {
		t.Error("undone out of reach")
	}
	if a := webtest.Get(t, h, "/fiches/p2"); a.Count(t, ".hist-line") != 0 {
		t.Error("the card shows what is out of reach")
	}
}

func TestHostileValuesAreText(t *testing.T) {
	k := newDesk(t, dbtest.New(t, db.SQLite, rooms...))
	k.who = actor.Actor{Person: "p1", Name: `<b>x</b>`, Title: `"><script>`}
	k.save("a", Create, nil, &card{`<script>alert(1)</script>`, strings.Repeat("é", 5000)})
	h := k.serve(webtest.Open{Actor: k.who})
	for _, path := range []string{"/historique", "/fiches/a", "/historique?" + url.Values{"fiche": {`"><script>`}}.Encode()} {
		a := webtest.Get(t, h, path)
		a.CheckPage(t)
		if a.Count(t, "main script") != 0 || a.Count(t, "main b") != 0 {
			t.Errorf("%s runs what was typed", path)
		}
	}
	k.at = k.at.Add(31 * 24 * time.Hour)
	if a := webtest.Get(t, h, "/historique"); a.Count(t, ".hist-line form") != 0 {
		t.Error("an undo is offered after thirty days")
	}
}
