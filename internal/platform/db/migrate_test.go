// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

func folder(files ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return m
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		one := folder("0001_a.sql", "create table a (id text primary key); insert into a values ('x');")
		for range 2 { // the second time does nothing
			if err := d.Migrate(t.Context(), "room", one); err != nil {
				t.Fatal(err)
			}
		}
		two := folder(
			"migrations/0001_a.sql", "create table a (id text primary key);\r\ninsert into a values ('x');",
			"migrations/0002_b.sqlite.sql", "create table b (engine text); insert into b values ('sqlite')",
			"migrations/0002_b.postgres.sql", "create table b (engine text); insert into b values ('postgres')",
			"migrations/lisez-moi.txt", "not SQL")
		two["migrations/0001_a.sql"].Data = []byte(strings.ReplaceAll(string(one["0001_a.sql"].Data), "\n", "\r\n"))
		if err := d.Migrate(t.Context(), "room", two); err != nil {
			t.Fatal(err)
		}
		var engine string
		if err := d.Read().QueryRow("select engine from b").Scan(&engine); err != nil || engine != d.Engine().String() {
			t.Errorf("engine %q, %v", engine, err)
		}
		if n := count(t, d, "select count(*) from a"); n != 1 {
			t.Errorf("%d rows in a", n)
		}
		// Another room starts from 1 on its own.
		if err := d.Migrate(t.Context(), "other", folder("0001_c.sql", "create table c (id text)")); err != nil {
			t.Error(err)
		}
	})
}

func TestMigrateRefusals(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		applied := folder("0001_a.sql", "create table a (id text)", "0002_b.sql", "create table b (id text)")
		if err := d.Migrate(t.Context(), "territory", applied); err != nil {
			t.Fatal(err)
		}
		err := d.Migrate(t.Context(), "territory", folder("0001_a.sql", "create table a (id text)"))
		if !errors.Is(err, db.ErrNewer) || !strings.Contains(err.Error(), "La base a été écrite par une version plus récente de Maillage (territory : migration 2, ce programme connaît 1). Installez la version récente ou restaurez une sauvegarde") {
			t.Errorf("newer database: %v", err)
		}
		err = d.Migrate(t.Context(), "territory", folder("0001_a.sql", "create table a (id text, more text)", "0002_b.sql", "create table b (id text)"))
		if !errors.Is(err, db.ErrChanged) || !strings.Contains(err.Error(), "0001_a.sql") || !strings.Contains(err.Error(), "territory") {
			t.Errorf("changed file: %v", err)
		}
		err = d.Migrate(t.Context(), "broken", folder("0001_a.sql", "create table fine (id text)", "0002_b.sql", "create table fine2 (id text); create tabel x"))
		if err == nil || !strings.Contains(err.Error(), "0002_b.sql de « broken »") {
			t.Errorf("broken file: %v", err)
		}
		for _, table := range []string{"fine", "fine2"} {
			if _, err := d.Read().Exec("select * from " + table); err == nil {
				t.Errorf("table %s remains of a failed migration", table)
			}
		}
		if n := count(t, d, "select count(*) from platform_migration where room = 'broken'"); n != 0 {
			t.Errorf("%d migrations recorded of a failed room", n)
		}
	})
}

func TestMigrateBadNames(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite)
	for name, files := range map[string]fstest.MapFS{
		"hole":           folder("0001_a.sql", "", "0003_b.sql", ""),
		"two of a kind":  folder("0001_a.sql", "", "0001_b.sql", ""),
		"bad name":       folder("1_a.sql", ""),
		"half a pair":    folder("0001_a.sqlite.sql", ""),
		"whole and pair": folder("0001_a.sql", "", "0001_a.sqlite.sql", "", "0001_a.postgres.sql", ""),
		"a way back":     folder("0001_a.sql", "-- +goose Up\n-- +goose Down\ndrop table a"),
	} {
		if err := d.Migrate(t.Context(), "room", files); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestMigrateTogether is several programs that start at once on a new database.
func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t, engine)
			files := folder("0001_a.sql", "create table a (id text primary key); insert into a values ('once')", "0002_b.sql", "create table b (id text)")
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					d, err := db.Open(t.Context(), url)
					if err != nil {
						t.Error(err)
						return
					}
					defer d.Close()
					if err := d.Migrate(t.Context(), "room", files); err != nil {
						t.Error(err)
					}
					if n := count(t, d, "select count(*) from a"); n != 1 {
						t.Errorf("%d rows, want 1", n)
					}
				})
			}
			wg.Wait()
		})
	}
}
