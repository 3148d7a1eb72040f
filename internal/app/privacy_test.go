// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"log/slog"
	"testing"

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
