// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

const mixTable = `
	create table "mix ""2" (
	  rank   bigint not null,
	  label  text,
	  amount double precision,
	  yes    boolean
	)`

var mixColumns = []string{"rank", "label", "amount", "yes"}

func bulkInsert(ctx context.Context, d *db.DB, table string, columns []string, rows iter.Seq[[]any]) (n int64, err error) {
	err = d.Bulk(ctx, func(tx *sql.Tx) (err error) {
		n, err = db.BulkInsert(ctx, tx, table, columns, rows)
		return err
	})
	return n, err
}

// TestBulkInsertKeepsEverything: whatever the number of rows, whole statements
// or a rest, what goes in comes out.
func TestBulkInsertKeepsEverything(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, mixTable)
		rapid.Check(t, func(r *rapid.T) {
			execute(t, d, `delete from "mix ""2"`)
			n := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(148, 152), rapid.IntRange(299, 302)).Draw(r, "rows")
			label := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.StringMatching(`[a-zéœ' «»"\\\t\n]{0,6}`), func(s string) any { return s }))
			amount := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.Float64Range(-1e15, 1e15), func(f float64) any { return f }))
			want := make([][]any, n)
			for i := range want {
				want[i] = []any{int64(i), label.Draw(r, "label"), amount.Draw(r, "amount"), i%3 == 0}
			}
			got, err := bulkInsert(context.Background(), d, `mix "2`, mixColumns, slices.Values(want))
			if err != nil || got != int64(n) {
				r.Fatalf("%d of %d rows, %v", got, n, err)
			}
			checkMix(r, d, want)
		})
	})
}

func checkMix(r *rapid.T, d *db.DB, want [][]any) {
	rows, err := d.Read().Query(`select rank, label, amount, yes from "mix ""2" order by rank`)
	if err != nil {
		r.Fatal(err)
	}
	defer rows.Close()
	i := 0
	for ; rows.Next(); i++ {
		var rank int64
		var label sql.NullString
		var amount sql.NullFloat64
		var yes bool
		if err := rows.Scan(&rank, &label, &amount, &yes); err != nil {
			r.Fatal(err)
		}
		got := []any{rank, any(nil), any(nil), yes}
		if label.Valid {
			got[1] = label.String
		}
		if amount.Valid {
			got[2] = amount.Float64
		}
		if !slices.Equal(got, want[i]) {
			r.Fatalf("row %d: got %v, want %v", i, got, want[i])
		}
	}
	if i != len(want) || rows.Err() != nil {
		r.Fatalf("%d rows, want %d (%v)", i, len(want), rows.Err())
	}
}

func TestBulkInsertRefusals(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		columns := []string{"id", "body"}
		rows := func(last ...any) iter.Seq[[]any] {
			return func(yield func([]any) bool) {
				for range 1000 {
					if !yield([]any{db.NewID(), "x"}) {
						return
					}
				}
				yield(last)
			}
		}
		if _, err := bulkInsert(t.Context(), d, "note", columns, rows("short")); err == nil || !strings.Contains(err.Error(), "ligne 1001") {
			t.Errorf("short row: %v", err)
		}
		if _, err := bulkInsert(t.Context(), d, "note", columns, rows("null", nil)); err == nil {
			t.Error("a null was accepted")
		}
		if _, err := bulkInsert(t.Context(), d, "note", columns, rows(struct{}{}, "x")); err == nil {
			t.Error("a struct was accepted")
		}
		if _, err := bulkInsert(t.Context(), d, "note", nil, rows()); err == nil {
			t.Error("no column was accepted")
		}
		if _, err := bulkInsert(t.Context(), d, "nowhere", columns, rows("a", "b")); err == nil {
			t.Error("no table was accepted")
		}
		_, err := bulkInsert(t.Context(), d, "note", columns, func(yield func([]any) bool) {
			for range 2 {
				if !yield([]any{"same", ""}) {
					return
				}
			}
		})
		if !db.IsUnique(err) {
			t.Errorf("duplicate: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err = bulkInsert(ctx, d, "note", columns, func(yield func([]any) bool) {
			for yield([]any{db.NewID(), ""}) { // without end, but for the context
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if n := count(t, d, "select count(*) from note"); n != 0 {
			t.Errorf("%d rows remain of failed imports", n)
		}
	})
}
