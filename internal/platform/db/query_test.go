// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

func TestQueryAndChange(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		rename := func(from, to string) error {
			return d.Change(t.Context(), "notes", func(tx *sql.Tx) error {
				res, err := tx.Exec("update note set id = $1 where id = $2", to, from)
				return db.One(res, err, errRefused)
			})
		}
		execute(t, d, "insert into note (id, body) values ('a', ''), ('b', '')")
		if err := rename("a", "c"); err != nil {
			t.Error(err)
		}
		if err := rename("a", "d"); !errors.Is(err, errRefused) {
			t.Errorf("nothing to rename: %v", err)
		}
		if err := rename("b", "c"); !db.IsUnique(err) {
			t.Errorf("a name that is taken: %v", err)
		}
		names, err := db.Query(t.Context(), d.Read(), func(scan func(...any) error) (id string, err error) {
			err = scan(&id)
			return id, err
		}, "select id from note order by id limit 10")
		if err != nil || !slices.Equal(names, []string{"b", "c"}) {
			t.Errorf("got %v, %v", names, err)
		}
		_, err = db.Query(t.Context(), d.Read(), func(scan func(...any) error) (n int, err error) {
			err = scan(&n)
			return n, err
		}, "select id from note limit 10")
		if err == nil {
			t.Error("text was read as a number")
		}
		versions, err := d.Versions(t.Context())
		if err != nil || versions["notes"] != 1 {
			t.Errorf("versions %v, %v", versions, err)
		}
	})
}

func TestOptionalInstant(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{{}, time.Date(2026, 1, 31, 23, 59, 59, 1000, time.UTC)} {
		back, err := db.ParseOptionalInstant(db.OptionalInstant(at))
		if err != nil || !back.Equal(at) {
			t.Errorf("%v came back as %v, %v", at, back, err)
		}
	}
}

// TestPrepared: statements prepared in a transaction serve many rows, and stop
// with it.
func TestPrepared(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		err := d.Tx(t.Context(), func(tx *sql.Tx) error {
			insert, err := tx.Prepare("insert into note (id, body) values ($1, $2)")
			if err != nil {
				return err
			}
			defer insert.Close()
			for _, id := range []string{"b", "a"} {
				if _, err := insert.Exec(id, ""); err != nil {
					return err
				}
			}
			read, err := tx.Prepare("select id from note where id >= $1 order by id")
			if err != nil {
				return err
			}
			defer read.Close()
			rows, err := read.Query("a")
			if err != nil {
				return err
			}
			defer rows.Close()
			var ids []string
			for rows.Next() {
				var id string
				if err := rows.Scan(&id); err != nil {
					return err
				}
				ids = append(ids, id)
			}
			if !slices.Equal(ids, []string{"a", "b"}) {
				t.Errorf("read %v", ids)
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
