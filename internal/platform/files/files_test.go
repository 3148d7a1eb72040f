// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

var rooms = []dbtest.Room{{Name: "files", FS: files.Migrations()}}

// What attachments of mails refer to.
var _ mail.Files = (*files.Store)(nil)

var somebody = actor.Actor{Person: "p1", Name: "Compte d'essai", Hat: "h1", Title: "Secrétariat du comité"}

// acting is a context in which somebody acts.
func acting(t testing.TB) context.Context {
	t.Helper()
	return actor.With(t.Context(), somebody)
}

// open is a store in a folder of its own, or what cfg says.
func open(t testing.TB, d *db.DB, cfg files.Config) (s *files.Store, root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "depot")
	if cfg.Backend == "" {
		cfg.Backend = "dossier:" + root
	}
	s, err := files.Open(t.Context(), d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Log = slog.New(slog.DiscardHandler)
	return s, root
}

func meta(name string) files.Meta {
	return files.Meta{Name: name, Subject: "seance/1", Access: "seances.lire", Scope: web.Scope{Body: "b1"}}
}

func put(t testing.TB, s *files.Store, text []byte, m files.Meta) files.File {
	t.Helper()
	f, err := s.Put(acting(t), bytes.NewReader(text), m)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t testing.TB, s *files.Store, id string) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// stored are the contents that lie in a folder, by path.
func stored(t testing.TB, root string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, "contenus"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// inTx runs one verb in a transaction.
func inTx(t testing.TB, d *db.DB, fn func(context.Context, *sql.Tx) error) error {
	t.Helper()
	return d.Tx(t.Context(), func(tx *sql.Tx) error { return fn(acting(t), tx) })
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, root := open(t, d, files.Config{})
		at := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
		s.Now = func() time.Time { return at }
		text := pdf("compte rendu")
		got := put(t, s, text, meta("Compte rendu.pdf"))
		want := files.File{ID: got.ID, SHA256: got.SHA256, Size: int64(len(text)), Type: "application/pdf", Name: "Compte rendu.pdf",
			Subject: "seance/1", Access: "seances.lire", Scope: web.Scope{Body: "b1"}, Person: "p1", Title: "Secrétariat du comité", At: at, Scan: files.NotScanned}
		same := cmpopts.IgnoreUnexported(files.File{})
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Error(diff)
		}
		again, err := s.Get(t.Context(), got.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, again, same); diff != "" {
			t.Error(diff)
		}
		if !bytes.Equal(read(t, s, got.ID), text) {
			t.Error("another content came back")
		}
		list := stored(t, root)
		if len(list) != 1 || !strings.HasPrefix(filepath.Base(list[0]), got.SHA256+"-") {
			t.Errorf("stored %v, want one content under %s", list, got.SHA256)
		}
		if left, err := os.ReadDir(filepath.Join(root, "arrivee")); err != nil || len(left) != 0 {
			t.Errorf("left in the arrival folder: %v, %v", left, err)
		}
	})
}

func TestSameContentIsStoredOnce(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, root := open(t, d, files.Config{})
		a, b := put(t, s, pdf("x"), meta("a.pdf")), put(t, s, pdf("x"), meta("b.pdf"))
		if n := len(stored(t, root)); n != 1 {
			t.Errorf("%d contents, want 1", n)
		}
		if _, err := s.EraseNow(t.Context(), files.Erasure{ID: a.ID}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(read(t, s, b.ID), pdf("x")) {
			t.Error("erasing one file harmed the other")
		}
		if _, err := s.EraseNow(t.Context(), files.Erasure{ID: b.ID}); err != nil {
			t.Fatal(err)
		}
		if n := len(stored(t, root)); n != 0 {
			t.Errorf("%d contents left, want none", n)
		}
		if _, err := s.Open(t.Context(), b.ID); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("open an erased file: %v, want fs.ErrNotExist", err)
		}
	})
}
