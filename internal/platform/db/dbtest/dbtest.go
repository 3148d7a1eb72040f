// SPDX-License-Identifier: EUPL-1.2

// Package dbtest gives each test a database of its own on both engines, so
// that nothing is shared between tests and no SQL is written for one engine only.
//
// SQLite files lie in the test's temporary folder. PostgreSQL is the server at
// MAILLAGE_TEST_POSTGRES_URL (scripts/tester.sh starts one and sets it), or else
// a private one that the first test starts and that stops by itself some twenty
// seconds after the last. A machine without PostgreSQL fails the tests: half
// a proof would look like a whole one.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"maillage/internal/platform/db"
)

// Room is a room whose migrations a test wants applied.
type Room struct {
	Name string
	FS   fs.FS
}

// Run runs body twice, as the subtests "sqlite" and "postgres", each with a
// fresh database that holds only the platform's own tables.
func Run(t *testing.T, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	RunMigrated(t, nil, body)
}

// RunMigrated is [Run] with the rooms' tables in place. The migrations run once
// and each test gets a copy, in a few milliseconds on SQLite and a few tens on
// PostgreSQL.
func RunMigrated(t *testing.T, rooms []Room, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) { body(t, New(t, engine, rooms...)) })
	}
}

// New is a fresh database on one engine, closed and removed at the end of the
// test or benchmark.
func New(tb testing.TB, engine db.Engine, rooms ...Room) *db.DB {
	tb.Helper()
	d, err := db.Open(context.Background(), URL(tb, engine, rooms...))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return d
}

// URL is the address of a fresh database on one engine, for tests that open
// it themselves (several processes, a program under test).
func URL(tb testing.TB, engine db.Engine, rooms ...Room) string {
	tb.Helper()
	if engine == db.Postgres {
		return postgresURL(tb, rooms)
	}
	content, err := migratedFile(tb, rooms)
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "maillage.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return "sqlite:" + path
}

// files caches the migrated SQLite file of each set of rooms.
var files sync.Map // key → func() ([]byte, error)

func migratedFile(tb testing.TB, rooms []Room) ([]byte, error) {
	key, err := fingerprint(rooms)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(tb.TempDir(), "modele.db") // made here: a cleanup must not fall on another test's
	once, _ := files.LoadOrStore(key, sync.OnceValues(func() ([]byte, error) {
		if err := migrate("sqlite:"+path, rooms); err != nil {
			return nil, err
		}
		return os.ReadFile(path)
	}))
	return once.(func() ([]byte, error))()
}

// migrate applies the rooms' migrations, or at least the platform's own.
func migrate(url string, rooms []Room) (err error) {
	ctx := context.Background()
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() {
		if e := d.Close(); err == nil {
			err = e
		}
	}()
	for _, r := range append([]Room{{Name: "dbtest", FS: noFiles{}}}, rooms...) {
		if err := d.Migrate(ctx, r.Name, r.FS); err != nil {
			return err
		}
	}
	return nil
}

// fingerprint is the same for rooms with the same files.
func fingerprint(rooms []Room) (string, error) {
	h := sha256.New()
	for _, r := range rooms {
		fmt.Fprintf(h, "room %s\n", r.Name)
		err := fs.WalkDir(r.FS, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			content, err := fs.ReadFile(r.FS, path)
			fmt.Fprintf(h, "%s %d\n%s", path, len(content), content)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("room %s: %w", r.Name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// noFiles is a room without migrations.
type noFiles struct{}

// Open finds nothing but the empty root.
func (noFiles) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadDir says that the root is empty.
func (noFiles) ReadDir(string) ([]fs.DirEntry, error) { return nil, nil }
