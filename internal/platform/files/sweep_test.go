// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
	"maillage/internal/platform/web"
)

func TestDeleteUndoSweep(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, root := open(t, d, files.Config{})
		now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
		s.Now = func() time.Time { return now }
		f := put(t, s, pdf("x"), meta("a.pdf"))
		act := func(verb func(context.Context, *sql.Tx, string) error) error {
			return inTx(t, d, func(ctx context.Context, tx *sql.Tx) error { return verb(ctx, tx, f.ID) })
		}
		check := func(step string, err, want error, open bool, contents int) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", step, err, want)
			}
			if _, err := s.Sweep(t.Context(), files.Grace); err != nil {
				t.Errorf("%s: %v", step, err)
			}
			if _, err := s.Get(t.Context(), f.ID); (err == nil) != open {
				t.Errorf("%s: get: %v", step, err)
			}
			if n := len(stored(t, root)); n != contents {
				t.Errorf("%s: %d contents, want %d", step, n, contents)
			}
		}
		check("restore what is there", act(s.Restore), files.ErrUnknown, true, 1)
		check("delete", act(s.Delete), nil, false, 1)
		check("delete twice", act(s.Delete), files.ErrUnknown, false, 1)
		now = now.Add(files.Undo)
		check("restore on the last day", act(s.Restore), nil, true, 1)
		check("delete again", act(s.Delete), nil, false, 1)
		now = now.Add(files.Undo + time.Second)
		if err := act(s.Restore); !errors.Is(err, files.ErrTooLate) {
			t.Errorf("restore too late: %v", err)
		}
		check("after thirty days", nil, nil, false, 0)
		check("restore what is gone", act(s.Restore), files.ErrUnknown, false, 0)
	})
}

func TestSweepLeavesFreshContentAlone(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, root := open(t, d, files.Config{})
		now := time.Now()
		s.Now = func() time.Time { return now }
		k, err := s.Keep(acting(t), bytes.NewReader(pdf("x")), "a.pdf")
		if err != nil {
			t.Fatal(err)
		}
		old, fresh := filepath.Join(root, "arrivee", "recu-1"), filepath.Join(root, "arrivee", "recu-2")
		if err := errors.Join(os.WriteFile(old, nil, 0o600), os.WriteFile(fresh, nil, 0o600), os.Chtimes(old, time.Time{}, now.Add(-48*time.Hour))); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Sweep(t.Context(), files.Grace); err != nil || got != (files.Swept{}) || len(stored(t, root)) != 1 {
			t.Errorf("swept %+v, %v; want nothing", got, err)
		}
		if left, _ := os.ReadDir(filepath.Dir(old)); len(left) != 1 || left[0].Name() != "recu-2" {
			t.Errorf("left arriving: %v, want the fresh one", left)
		}
		now = now.Add(files.Grace)
		if got, err := s.Sweep(t.Context(), files.Grace); err != nil || got != (files.Swept{Contents: 1}) || len(stored(t, root)) != 0 {
			t.Errorf("swept %+v, %v; want one content", got, err)
		}
		err = inTx(t, d, func(ctx context.Context, tx *sql.Tx) error {
			_, err := s.Add(ctx, tx, k, meta("a.pdf"))
			return err
		})
		if !errors.Is(err, files.ErrGone) {
			t.Errorf("add what was swept: %v, want ErrGone", err)
		}
	})
}

func TestErasePerson(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, root := open(t, d, files.Config{})
		about := meta("about.pdf")
		about.Scope = web.Scope{Person: "p1"}
		put(t, s, pdf("about p1"), about)
		deleted := put(t, s, pdf("about p1, deleted"), about)
		if err := inTx(t, d, func(ctx context.Context, tx *sql.Tx) error { return s.Delete(ctx, tx, deleted.ID) }); err != nil {
			t.Fatal(err)
		}
		theirs := put(t, s, pdf("put by p1"), meta("minutes.pdf"))
		if list, err := s.OfPerson(t.Context(), "p1"); err != nil || len(list) != 3 {
			t.Errorf("of p1: %v, %v; want 3", list, err)
		}
		n, err := s.EraseNow(t.Context(), files.Erasure{Person: "p1"})
		if err != nil || n != 2 {
			t.Fatalf("erased %d, %v; want 2", n, err)
		}
		if n := len(stored(t, root)); n != 1 {
			t.Errorf("%d contents left, want that of the minutes", n)
		}
		if got, err := s.Get(t.Context(), theirs.ID); err != nil || got.Person != "" || got.Title != somebody.Title {
			t.Errorf("the minutes: by %q, %q, %v; want by nobody, with the title", got.Person, got.Title, err)
		}
		if list, err := s.OfPerson(t.Context(), "p1"); err != nil || len(list) != 0 {
			t.Errorf("of p1 once erased: %v, %v", list, err)
		}
		for _, e := range []files.Erasure{{}, {Person: "p1", Subject: "seance/1"}} {
			if _, err := s.EraseNow(t.Context(), e); err == nil {
				t.Errorf("erase %+v: no error", e)
			}
		}
	})
}

// TestPutAgainstSweep puts the same few contents from many goroutines while others sweep without
// grace and erase: what was acknowledged and not erased is whole, and nothing else is left.
func TestPutAgainstSweep(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, root := open(t, d, files.Config{})
		ctx := acting(t)
		var mu sync.Mutex
		alive := map[string]int{} // file → content
		var workers, sweepers sync.WaitGroup
		done := make(chan struct{})
		for range 2 {
			sweepers.Go(func() {
				for {
					if _, err := s.Sweep(ctx, 0); err != nil {
						t.Errorf("sweep: %v", err)
						return
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		for range 4 {
			workers.Go(func() {
				for range 15 {
					c := rand.IntN(3)
					f, err := s.Put(ctx, bytes.NewReader(pdf(fmt.Sprint(c))), meta("a.pdf"))
					for errors.Is(err, files.ErrGone) { // swept five times in a row: nobody sweeps like this
						f, err = s.Put(ctx, bytes.NewReader(pdf(fmt.Sprint(c))), meta("a.pdf"))
					}
					if err != nil {
						t.Errorf("put: %v", err)
						return
					}
					if rand.IntN(4) > 0 {
						if _, err := s.EraseNow(ctx, files.Erasure{ID: f.ID}); err != nil {
							t.Errorf("erase: %v", err)
						}
						continue
					}
					mu.Lock()
					alive[f.ID] = c
					mu.Unlock()
				}
			})
		}
		workers.Wait()
		close(done)
		sweepers.Wait()
		contents := map[int]bool{}
		for id, c := range alive {
			contents[c] = true
			if !bytes.Equal(read(t, s, id), pdf(fmt.Sprint(c))) {
				t.Errorf("%s came back altered", id)
			}
		}
		if _, err := s.Sweep(ctx, 0); err != nil {
			t.Fatal(err)
		}
		if got := len(stored(t, root)); got != len(contents) {
			t.Errorf("%d contents in the folder, want %d", got, len(contents))
		}
	})
}

// TestOrphans: a content that the database does not know goes when it is old, in a folder and in a
// bucket; what is not ours never does.
func TestOrphans(t *testing.T) {
	t.Parallel()
	dead := func(i int) string { return fmt.Sprintf("%064d-%016d", i, i) }
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		s, root := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{})
		f := put(t, s, pdf("x"), meta("a.pdf"))
		dir := filepath.Join(root, "contenus", "00")
		if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, dead(1)), nil, 0o600), os.WriteFile(filepath.Join(dir, "LISEZMOI"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Sweep(t.Context(), files.Grace); err != nil || got.Orphans != 0 {
			t.Errorf("swept %+v, %v; want nothing that is recent", got, err)
		}
		s.Now = func() time.Time { return time.Now().Add(files.Orphan + time.Hour) }
		if got, err := s.Sweep(t.Context(), files.Grace); err != nil || got != (files.Swept{Orphans: 1}) || len(stored(t, root)) != 2 {
			t.Errorf("swept %+v, %v; want one orphan", got, err)
		}
		if !bytes.Equal(read(t, s, f.ID), pdf("x")) {
			t.Error("the file has gone with it")
		}
	})
	t.Run("bucket", func(t *testing.T) {
		t.Parallel()
		server, setting := startS3(t, false)
		s, _ := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{Backend: setting, Arrival: t.TempDir()})
		f := put(t, s, pdf("x"), meta("a.pdf"))
		for i := range 5 {
			server.objects["un préfixe/00/"+dead(i)] = nil
		}
		server.objects["un préfixe/LISEZMOI"], server.objects["ailleurs/00/"+dead(1)] = nil, nil
		s.Now = func() time.Time { return time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC) }
		if got, err := s.Sweep(t.Context(), files.Grace); err != nil || got != (files.Swept{Orphans: 5}) || len(server.objects) != 3 {
			t.Errorf("swept %+v, %v, %d objects left; want five orphans, three left", got, err, len(server.objects))
		}
		if !bytes.Equal(read(t, s, f.ID), pdf("x")) {
			t.Error("the file has gone with them")
		}
	})
}
