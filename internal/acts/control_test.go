// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"net/http"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web/webtest"
)

// controlled starts a verification, waits for its end and reads its result.
func (s *site) controlled(t *testing.T) *webtest.Answer {
	t.Helper()
	a := webtest.Post(t, s, controlPath, "")
	at := a.Header.Get("Location")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(at, controlPath+"/") {
		t.Fatalf("started: %d to %s", a.Status, at)
	}
	for {
		a = webtest.Get(t, s, at)
		if a.Status == http.StatusSeeOther {
			break
		}
		a.CheckPage(t)
		if a.Count(t, "[data-running]") == 0 {
			t.Fatalf("stopped: %s", a.Text(t, "main"))
		}
	}
	result := webtest.Get(t, s, a.Header.Get("Location"))
	result.CheckPage(t)
	return result
}

func TestControl(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, known)
		webtest.Get(t, s, controlPath).CheckPage(t)
		s.add(t, act(0), act(1), act(2), act(3))
		s.sign(t)
		a := s.controlled(t)
		if a.Text(t, ".notice.success .notice-title") != "Rien d'altéré" || strings.Join(a.Texts(t, ".stat-value"), " ") != "4 1 8 0" {
			t.Errorf("sound: %s", a.Text(t, "main"))
		}
		s.erase(t)
		if a := s.controlled(t); strings.Join(a.Texts(t, ".stat-value"), " ") != "4 1 4 4" {
			t.Errorf("after an erasure: %s", a.Text(t, "main"))
		}
		s.execute(t, "update journal_leaf set leaf = replace(leaf, 'schemas/2', 'schemas/3') where idx = 2")
		s.execute(t, "update journal_opening set value = 'x' where idx = 1 and person = 'p-2'")
		a = s.controlled(t)
		text := plain(a.Text(t, "main"))
		for _, want := range []string{"Le journal a été altéré", "La feuille n° 3 a été modifiée", "Feuille n° 2", "Données personnelles"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in %s", want, text)
			}
		}
		desk := webtest.Get(t, s, controlPath)
		if got := desk.Texts(t, "section li"); len(got) != 3 || !strings.Contains(got[0], "altération") || !strings.HasSuffix(got[2], "rien d'altéré") {
			t.Errorf("desk: %v", got)
		}
	})
}

// Asking again while one is under way leads to it; one that is forgotten says what to do.
func TestControlOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, db.SQLite, rooms...), known)
	hold := make(chan struct{})
	s.runner.Start("avant", holds(hold))
	first := webtest.Post(t, s, controlPath, "").Header.Get("Location")
	if again := webtest.Post(t, s, controlPath, "").Header.Get("Location"); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	for _, path := range []string{first + "/resultat", controlPath + "/inconnu", controlPath + "/inconnu/resultat"} {
		if a := webtest.Get(t, s, path); a.Status != http.StatusNotFound || a.Count(t, "main a[href='/actes/controle']") != 1 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	if a := webtest.Post(t, s, controlPath, "role=administrateur"); a.Status != http.StatusBadRequest {
		t.Errorf("a field nobody expects: %d", a.Status)
	}
	close(hold)
	other := s.runner.Start("autre", holds(hold))
	if a := webtest.Get(t, s, controlPath+"/"+other); a.Status != http.StatusNotFound {
		t.Errorf("a job of another room: %d", a.Status)
	}
	denied := newSite(t, s.db, agent{Open: known})
	if a := webtest.Post(t, denied, controlPath, ""); a.Status != http.StatusForbidden {
		t.Errorf("without the access: %d", a.Status)
	}
}

func TestControlThatCannotRead(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, db.SQLite, rooms...), known)
	s.execute(t, "drop table journal_opening")
	at := webtest.Post(t, s, controlPath, "").Header.Get("Location")
	for {
		id := strings.TrimPrefix(at, controlPath+"/")
		if status, _ := s.runner.Get(id); status.State != jobs.Running {
			break
		}
	}
	if a := webtest.Get(t, s, at); a.Status != http.StatusOK || !strings.Contains(a.Text(t, ".notice.danger"), "La vérification n'a pas pu lire la base") {
		t.Errorf("%d %s", a.Status, a.Text(t, "main"))
	}
}

// An old copy of the database under the key and the witness that signed more: nothing is
// signed until somebody takes note, and everyone can see that they did.
func TestResumption(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, known)
		s.add(t, act(0))
		if a := webtest.Post(t, s, "/actes/reprise", "motif=x"); a.Status != http.StatusSeeOther || a.Header.Get("Location") != controlPath {
			t.Errorf("nothing to resume: %d", a.Status)
		}
		s.add(t, act(1), act(2))
		s.sign(t)
		receipt := s.receiptOf(t, s.entry(t, 2))
		s.execute(t, "delete from journal_leaf where idx = 2")
		s.execute(t, "delete from journal_opening where idx = 2")
		s.execute(t, "delete from journal_hash where pos >= 3")
		s.execute(t, "delete from journal_checkpoint")
		s.execute(t, "update journal_head set size = 2")
		desk := webtest.Get(t, s, controlPath)
		desk.CheckPage(t)
		if text := plain(desk.Text(t, "main")); !strings.Contains(text, "3 actes ont été signés") || desk.Count(t, "#motif") != 1 {
			t.Errorf("desk: %s", text)
		}
		for _, reason := range []string{"", "  ", strings.Repeat("é", 1001)} {
			a := webtest.Post(t, s, "/actes/reprise", "motif="+reason)
			a.CheckPage(t)
			if a.Status != http.StatusUnprocessableEntity || a.Count(t, "#motif-erreur") != 1 {
				t.Errorf("%.3q: %d", reason, a.Status)
			}
		}
		a := webtest.Post(t, s, "/actes/reprise", "motif=Disque+en+panne%0D%0Asauvegarde+remise")
		page := webtest.Get(t, s, a.Header.Get("Location"))
		if a.Status != http.StatusSeeOther || !strings.Contains(page.Text(t, "main"), "Disque en panne sauvegarde remise") || !strings.Contains(page.Text(t, "main"), "Agente d'essai") ||
			!strings.Contains(plain(page.Text(t, "section[aria-labelledby=contenu-acte]")), "Point de contrôle perdun° 1, signé le") {
			t.Errorf("resumed: %d, %s", a.Status, page.Text(t, "main"))
		}
		public := webtest.Get(t, s, "/actes")
		public.CheckPage(t)
		if text := plain(public.Text(t, "section[aria-labelledby=reprises]")); !strings.Contains(text, "point de contrôle n° 1") || !strings.Contains(text, "pour 3 actes") || strings.Contains(public.Body, "Disque") {
			t.Errorf("public: %s", text)
		}
		if desk := webtest.Get(t, s, controlPath); desk.Count(t, "#motif") != 0 {
			t.Error("resumed, and asked again")
		}
		if a := s.paste(t, receipt); a.Status != http.StatusOK || a.Count(t, ".notice.warning") != 1 {
			t.Errorf("the receipt of a lost act: %d", a.Status)
		}
	})
}

// entry is the ID of the act at a place.
func (s *site) entry(t *testing.T, index int64) string {
	t.Helper()
	list, err := s.journal.List(t.Context(), journal.Filter{}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Index == index {
			return e.Leaf.ID
		}
	}
	t.Fatalf("no act n° %d", index)
	return ""
}
