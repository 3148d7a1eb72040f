// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

func TestSmokeBoth(t *testing.T) {
	ctx := context.Background()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(ctx, func(tx *sql.Tx) error { return db.Bump(ctx, tx, "a") })
		if err != nil {
			t.Fatal(err)
		}
		err = d.Bulk(ctx, func(tx *sql.Tx) error {
			n, err := db.BulkInsert(ctx, tx, "platform_change", []string{"name", "version"}, func(yield func([]any) bool) {
				for i := range 1000 {
					if !yield([]any{db.NewID(), i}) {
						return
					}
				}
			})
			t.Log(n)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		v, err := d.Versions(ctx)
		if err != nil || len(v) != 1001 {
			t.Fatal(v, err)
		}
	})
}
