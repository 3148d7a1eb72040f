// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"testing"

	"maillage/internal/platform/db"
)

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(ctx, "sqlite:"+t.TempDir()+"/a/b/x y?.db")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("create table t (a integer, b text); insert into t values ($1, $2)", 1, "x")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Bulk(ctx, func(tx *sql.Tx) error {
		n, err := db.BulkInsert(ctx, tx, "t", []string{"a", "b"}, func(yield func([]any) bool) {
			for i := range 1000 {
				if !yield([]any{i, "y"}) {
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
	var n int
	if err := d.Read().QueryRow("select count(*) from t").Scan(&n); err != nil || n != 1001 {
		t.Fatal(n, err)
	}
	if err := d.Backup(ctx, t.TempDir()+"/copie.db"); err != nil {
		t.Fatal(err)
	}
}
