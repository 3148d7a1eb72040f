// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"maillage/internal/people"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/privacy"
)

// TestEveryColumnIsDeclared opens the service as it is shipped and compares its database with
// what the rooms declare: a new column that nobody declared fails here.
func TestEveryColumnIsDeclared(t *testing.T) {
	t.Parallel()
	d, err := privacy.Parse(dictionaries()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			base := dbtest.New(t, engine)
			a := &App{DB: base, log: slog.New(slog.DiscardHandler)}
			if err := a.migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			columns := map[string][]string{}
			for table, list := range dbtest.Schema(t, base) {
				for _, c := range list {
					columns[table] = append(columns[table], c.Name)
				}
			}
			for _, fault := range privacy.Undeclared(d, columns) {
				t.Error(fault)
			}
		})
	}
}

// TestARestoredBackupBringsNobodyBack: somebody erased after a backup is erased again when the
// service opens over it, by an act of its own.
func TestARestoredBackupBringsNobodyBack(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Dir, cfg.Demo, cfg.Network = t.TempDir(), true, false
	open := func() *App {
		a, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	found := func(a *App) []people.Person {
		list, err := a.People.Matching(t.Context(), "recherche", 10)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	a := open()
	before := found(a)
	if len(before) != 1 {
		t.Fatalf("%d persons", len(before))
	}
	backup := filepath.Join(t.TempDir(), "sauvegarde")
	if err := a.DB.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	ctx := actor.With(t.Context(), actor.Machine("Essai"))
	if _, err := a.Privacy.Erase(ctx, before[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Restore(t.Context(), cfg.database(), backup, db.RestoreOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	a = open()
	defer a.Close()
	if list := found(a); len(list) != 0 {
		t.Errorf("back: %+v", list)
	}
	var leaf string
	if err := a.DB.Read().QueryRow(`select leaf from journal_leaf where kind = $1`, privacy.KindErasure).Scan(&leaf); err != nil || strings.Contains(strings.ToLower(leaf), "recherche") {
		t.Errorf("the act: %s, %v", leaf, err)
	}
}
