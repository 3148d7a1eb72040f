// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"net/http"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/jobs"
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
		for _, want := range []string{"Le journal a été altéré", "la feuille n° 2 a été modifiée", "feuille n° 1", "Données personnelles"} {
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
