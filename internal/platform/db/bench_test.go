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

// BenchmarkBulkInsert writes 100,000 rows of 6 small columns and commits: to a
// bare table, then to one with a key and a covering index.
func BenchmarkBulkInsert(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine.String()+"/bare", func(b *testing.B) { benchmarkBulk(b, engine) })
		b.Run(engine.String()+"/indexed", func(b *testing.B) {
			benchmarkBulk(b, engine,
				"create unique index value_key on value (territory, indicator, period, batch)",
				"create index value_map on value (indicator, period, territory, batch, state, number)")
		})
	}
}

func benchmarkBulk(b *testing.B, engine db.Engine, indexes ...string) {
	const rows = 100_000
	for b.Loop() {
		b.StopTimer()
		d := dbtest.New(b, engine)
		execute(b, d, valueTable)
		for _, index := range indexes {
			execute(b, d, index)
		}
		b.StartTimer()
		err := d.Bulk(b.Context(), func(tx *sql.Tx) error {
			_, err := db.BulkInsert(b.Context(), tx, "value", valueColumns, values(rows))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkOpen opens a migrated database, checks its migrations and closes it.
func BenchmarkOpen(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine.String(), func(b *testing.B) {
			files := folder("0001_a.sql", valueTable)
			url := dbtest.URL(b, engine, dbtest.Room{Name: "room", FS: files})
			for b.Loop() {
				d, err := db.Open(b.Context(), url)
				if err != nil {
					b.Fatal(err)
				}
				if err := d.Migrate(b.Context(), "room", files); err != nil {
					b.Fatal(err)
				}
				if err := d.Close(); err != nil {
					b.Fatal(err)
				}
			}
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

// BenchmarkTxAlone is what grouping is measured against: a hundred writers, who
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
