// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"sync"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

var engines = []db.Engine{db.SQLite, db.Postgres}

// execute runs one statement in a transaction.
func execute(tb testing.TB, d *db.DB, query string, args ...any) {
	tb.Helper()
	if err := d.Tx(tb.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}); err != nil {
		tb.Fatal(err)
	}
}

const valueTable = `
	create table value (
	  territory text not null,
	  indicator integer not null,
	  period    text not null,
	  batch     integer not null,
	  state     integer not null,
	  number    double precision
	)`

var valueColumns = []string{"territory", "indicator", "period", "batch", "state", "number"}

// values are n rows like the observatory's.
func values(n int) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		row := make([]any, 6)
		for i := range n {
			row[0], row[1], row[2], row[3], row[4], row[5] = fmt.Sprintf("%05d", i%35000), i/35000, "2024", 1, 0, float64(i)/3
			if !yield(row) {
				return
			}
		}
	}
}

// BenchmarkBulkInsert writes 100,000 rows of 6 small columns and commits.
func BenchmarkBulkInsert(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine.String(), func(b *testing.B) {
			const rows = 100_000
			d := dbtest.New(b, engine)
			execute(b, d, valueTable)
			for b.Loop() {
				err := d.Bulk(b.Context(), func(tx *sql.Tx) error {
					_, err := db.BulkInsert(b.Context(), tx, "value", valueColumns, values(rows))
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkTx is one durable insert by each of n writers at once.
func BenchmarkTx(b *testing.B) {
	for _, engine := range engines {
		for _, writers := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/%d", engine, writers), func(b *testing.B) {
				d := dbtest.New(b, engine)
				execute(b, d, "create table note (id text primary key, body text not null)")
				b.ResetTimer()
				var wg sync.WaitGroup
				for w := range writers {
					wg.Go(func() {
						for range (b.N + w) / writers {
							if err := insertNote(b.Context(), d); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			})
		}
	}
}

// BenchmarkTxAlone is what grouping is measured against: as many writers, who
// each wait for a commit of their own.
func BenchmarkTxAlone(b *testing.B) {
	d := dbtest.New(b, db.SQLite)
	execute(b, d, "create table note (id text primary key, body text not null)")
	b.ResetTimer()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for range b.N / 100 {
				err := d.Bulk(b.Context(), func(tx *sql.Tx) error { return addNote(b.Context(), tx) })
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

func insertNote(ctx context.Context, d *db.DB) error {
	return d.Tx(ctx, func(tx *sql.Tx) error { return addNote(ctx, tx) })
}

func addNote(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "insert into note (id, body) values ($1, $2)", db.NewID(), "une note")
	return err
}
