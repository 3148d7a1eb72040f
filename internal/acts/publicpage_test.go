// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web/webtest"
)

func TestPublicPages(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, visitor{})
		a := webtest.Get(t, s, "/actes")
		a.CheckPage(t)
		if text := a.Text(t, "main"); !strings.Contains(text, "Aucun acte n'est encore inscrit") {
			t.Errorf("empty: %s", text)
		}
		if a := webtest.Get(t, s, "/actes/points/dernier.txt"); a.Status != http.StatusNotFound {
			t.Errorf("no checkpoint yet: %d", a.Status)
		}
		for i := range 27 {
			s.add(t, act(i))
			s.sign(t)
		}
		s.add(t, act(27))
		first, second := webtest.Get(t, s, "/actes"), webtest.Get(t, s, "/actes?page=2")
		for page, want := range map[*webtest.Answer]int{first: 25, second: 2} {
			page.CheckPage(t)
			if n := page.Count(t, "#points tbody tr"); n != want {
				t.Errorf("%d rows, want %d", n, want)
			}
		}
		if got := first.Texts(t, ".stat-value"); got[0] != "28" || got[1] != "27" {
			t.Errorf("counts %v", got)
		}
		if got := first.Text(t, ".acts-key code"); got != string(s.journal.Key()) {
			t.Errorf("key %q", got)
		}
		if got := second.Attr(t, "#points tbody tr:last-child a", "href"); got != "/actes/points/1.txt" {
			t.Errorf("the oldest is %q", got)
		}
		if first.Attr(t, ".pager a[rel=next]", "href") != "/actes?page=2" || second.Attr(t, ".pager a[rel=prev]", "href") != "/actes" {
			t.Error("the pager does not lead")
		}
		for _, path := range []string{"/actes?page=3", "/actes/points/28.txt", "/actes/points/07.txt", "/actes/points/7", "/actes/points/-1.txt", "/actes/points/..txt"} {
			if a := webtest.Get(t, s, path); a.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
		s.checkFiles(t)
	})
}

// checkFiles: what can be downloaded is what the offline tools read, and names nobody.
func (s *site) checkFiles(t *testing.T) {
	t.Helper()
	keys, err := journal.ParsePublicKeys(webtest.Get(t, s, "/actes/cle.txt").Body)
	if err != nil || len(keys) != 1 || keys[0] != s.journal.Key() {
		t.Errorf("cle.txt: %v, %v", keys, err)
	}
	for path, size := range map[string]int64{"/actes/points/9.txt": 9, "/actes/points/dernier.txt": 27} {
		c, err := journal.ParseCheckpoint(webtest.Get(t, s, path).Body, keys...)
		if err != nil || c.Size != size {
			t.Errorf("%s: %+v, %v", path, c, err)
		}
	}
	var data struct {
		Journal string
		Cle     string
		Actes   int
		Pages   int
		Points  []struct {
			Actes int
			Note  string
		}
	}
	twin := webtest.Get(t, s, "/actes.json?page=2")
	if err := json.Unmarshal([]byte(twin.Body), &data); err != nil {
		t.Fatal(err)
	}
	if data.Journal != journalName || data.Cle != string(keys[0]) || data.Actes != 28 || data.Pages != 2 || len(data.Points) != 2 || data.Points[1].Actes != 1 {
		t.Errorf("twin: %+v", data)
	}
	for _, path := range []string{"/actes", "/actes?page=2", "/actes.json", "/actes/points/9.txt", "/actes/cle.txt"} {
		body := webtest.Get(t, s, path).Body
		for _, private := range []string{"essai 1", authorName, "Autrice", witnessName, "93010", "Bondy", "schemas/", "Direction"} {
			if strings.Contains(body, private) {
				t.Errorf("%s tells %q", path, private)
			}
		}
	}
}

// A visitor learns nothing of an act, not even whether it exists.
func TestVisitorsSeeNoAct(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, db.SQLite, rooms...), visitor{})
	id := s.add(t, act(0))[0]
	s.sign(t)
	for _, of := range []string{id, db.NewID()} {
		if a := webtest.Get(t, s, Path(of)+"/recu.json"); a.Status != http.StatusForbidden {
			t.Errorf("receipt of %s: %d", of, a.Status)
		}
	}
	for _, path := range []string{"/actes/journal", Path(id), Path(db.NewID()), "/actes/controle"} {
		if a := webtest.Get(t, s, path); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/connexion") {
			t.Errorf("%s: %d to %s", path, a.Status, a.Header.Get("Location"))
		}
	}
	if a := webtest.Post(t, s, "/actes/controle", ""); a.Status == http.StatusSeeOther && strings.HasPrefix(a.Header.Get("Location"), controlPath) {
		t.Error("a visitor started a verification")
	}
}

// After a change of key, the page shows both, and the checkpoints of both.
func TestFormerKeyIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, db.SQLite, rooms...), visitor{})
	s.add(t, act(0))
	s.sign(t)
	former := s.journal.Key()
	s.room.Journal = journal.New(s.db, testKey(t), t.TempDir(), s.room.Now, former)
	a := webtest.Get(t, s, "/actes")
	if got := a.Texts(t, ".acts-key code"); len(got) != 2 || got[1] != string(former) {
		t.Errorf("keys %v", got)
	}
	if keys, err := journal.ParsePublicKeys(webtest.Get(t, s, "/actes/cle.txt").Body); err != nil || len(keys) != 2 {
		t.Errorf("cle.txt: %v, %v", keys, err)
	}
	s.room.Journal = journal.New(s.db, testKey(t), t.TempDir(), s.room.Now)
	if a := webtest.Get(t, s, "/actes"); a.Status != http.StatusInternalServerError || !strings.Contains(a.Text(t, "main"), journal.FormerKeysFile) {
		t.Errorf("a key nobody knows: %d %s", a.Status, a.Text(t, "h1"))
	}
}
