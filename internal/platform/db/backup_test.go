// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// TestBackupAndRestore copies a database that is being written to, and
// brings the copy back as a new database and in place of another.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, "create table pair (id text not null, half integer not null)")
		fill(t, d, 2000)
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { // each transaction writes two halves
			for ctx.Err() == nil {
				_ = d.Tx(ctx, func(tx *sql.Tx) error {
					id := db.NewID()
					_, err := tx.Exec("insert into pair (id, half) values ($1, 1), ($2, 2)", id, id)
					return err
				})
			}
		})
		file := filepath.Join(t.TempDir(), "sauvegarde")
		var last, total int64
		err := d.BackupWith(t.Context(), file, func(done, of int64) { last, total = done, of })
		stop()
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if last != total || total == 0 {
			t.Errorf("progress ended at %d of %d", last, total)
		}
		if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
			t.Errorf("beside the backup: %v %v", entries, err)
		}
		if err := d.Backup(t.Context(), file); !errors.Is(err, db.ErrExists) {
			t.Errorf("a second backup to the same file: %v", err)
		}

		url := emptyURL(t, d.Engine())
		if err := db.Restore(t.Context(), url, file, db.RestoreOptions{}); err != nil {
			t.Fatal(err)
		}
		kept := checkHalves(t, url)
		if err := db.Restore(t.Context(), url, file, db.RestoreOptions{}); !errors.Is(err, db.ErrExists) {
			t.Errorf("over a database, unasked: %v", err)
		}
		spoil(t, url)
		if err := db.Restore(t.Context(), url, file, db.RestoreOptions{Overwrite: true}); err != nil {
			t.Fatal(err)
		}
		if again := checkHalves(t, url); again != kept {
			t.Errorf("restored %d halves, then %d", kept, again)
		}
	})
}

func fill(t *testing.T, d *db.DB, n int) {
	t.Helper()
	err := d.Bulk(t.Context(), func(tx *sql.Tx) error {
		_, err := db.BulkInsert(t.Context(), tx, "pair", []string{"id", "half"}, func(yield func([]any) bool) {
			for i := range 2 * n {
				if !yield([]any{fmt.Sprint(i / 2), 1 + i%2}) {
					return
				}
			}
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// emptyURL is the address of a database without a single table.
func emptyURL(t *testing.T, engine db.Engine) string {
	t.Helper()
	if engine == db.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "nouveau", "maillage.db")
	}
	url := dbtest.URL(t, engine)
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	execute(t, d, "drop table platform_change")
	execute(t, d, "drop table platform_migration")
	return url
}

func checkHalves(t *testing.T, url string) int {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	one, two := count(t, d, "select count(*) from pair where half = 1"), count(t, d, "select count(*) from pair where half = 2")
	if one != two || one < 2000 {
		t.Errorf("%d first halves, %d second halves", one, two)
	}
	return one
}

// spoil leaves things in the database that a restoration must remove.
func spoil(t *testing.T, url string) {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	execute(t, d, "create table later (id text primary key)")
	execute(t, d, "delete from pair")
}

func TestRestoreRefusals(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite)
	execute(t, d, "create table pair (id text not null, half integer not null)")
	fill(t, d, 5000)
	dir := t.TempDir()
	good := filepath.Join(dir, "bonne")
	if err := d.Backup(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	scratched := append([]byte(nil), content...)
	for i := len(scratched) / 2; i < len(scratched)/2+4096; i++ {
		scratched[i] ^= 0x5a
	}
	other := filepath.Join(dir, "autre")
	pool, err := sql.Open("sqlite", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec("create table x (y)"); err != nil {
		t.Fatal(err)
	}
	pool.Close()

	target := filepath.Join(dir, "cible", "maillage.db")
	before := dbAt(t, target, "avant")
	for name, backup := range map[string]string{
		"missing":           filepath.Join(dir, "absente"),
		"empty":             file("vide", nil),
		"text":              file("texte", []byte("commune;places\n")),
		"cut":               file("coupee", content[:len(content)/2]),
		"scratched":         file("rayee", scratched),
		"not ours":          other,
		"a database in use": d.Place(),
	} {
		err := db.Restore(t.Context(), "sqlite:"+target, backup, db.RestoreOptions{Overwrite: true})
		if err == nil || !strings.Contains(err.Error(), backup) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Restore(ctx, "sqlite:"+target, good, db.RestoreOptions{Overwrite: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	after, err := os.ReadFile(target)
	if err != nil || string(after) != string(before) {
		t.Errorf("a refused restoration changed its target (%v)", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(target)); err != nil || len(entries) != 1 {
		t.Errorf("a refused restoration left %v (%v)", entries, err)
	}
}

// dbAt makes a database with one note, and returns its bytes.
func dbAt(t *testing.T, path, id string) []byte {
	t.Helper()
	d, err := db.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, d, noteTable)
	if err := write(t.Context(), d, id); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestRestoreKeepsWhatItReplaces(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite)
	execute(t, d, noteTable)
	if err := write(t.Context(), d, "restored"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	backup, target := filepath.Join(dir, "copie"), filepath.Join(dir, "base", "maillage.db")
	if err := d.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	dbAt(t, target, "replaced")

	live, err := db.Open(t.Context(), "sqlite:"+target)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Restore(t.Context(), "sqlite:"+target, backup, db.RestoreOptions{Overwrite: true})
	if !errors.Is(err, db.ErrBusy) || !strings.Contains(err.Error(), "arrêtez Maillage") {
		t.Errorf("over a database in use: %v", err)
	}
	if n := count(t, live, "select count(*) from note where id = 'replaced'"); n != 1 {
		t.Error("the database in use was changed")
	}
	if err := live.Close(); err != nil {
		t.Fatal(err)
	}

	if err := db.Restore(t.Context(), "sqlite:"+target, backup, db.RestoreOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	aside, err := filepath.Glob(target + ".avant-restauration-*")
	if err != nil || len(aside) != 1 {
		t.Fatalf("set aside: %v %v", aside, err)
	}
	for path, id := range map[string]string{target: "restored", aside[0]: "replaced"} {
		d, err := db.Open(t.Context(), "sqlite:"+path)
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, "select count(*) from note where id = $1", id); n != 1 {
			t.Errorf("%s lacks %q", path, id)
		}
		d.Close()
	}

	// A damaged database is replaced too, log and all.
	if err := os.WriteFile(target, []byte("abîmée"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target+"-wal", []byte("reste d'un journal"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Restore(t.Context(), "sqlite:"+target, backup, db.RestoreOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	d2, err := db.Open(t.Context(), "sqlite:"+target)
	if err != nil {
		t.Fatal(err)
	}
	defer d2.Close()
	if n := count(t, d2, "select count(*) from note where id = 'restored'"); n != 1 {
		t.Error("not restored over a damaged file")
	}
}

func TestBackupCancelled(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		dir := t.TempDir()
		if err := d.Backup(ctx, filepath.Join(dir, "x")); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
			t.Errorf("left behind: %v %v", entries, err)
		}
	})
}
