// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// TestReadThenWrite is the lost update: on both engines each of the callers
// sees what the others wrote.
func TestReadThenWrite(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, "create table counter (n integer not null)")
		execute(t, d, "insert into counter (n) values (0)")
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				err := d.Tx(t.Context(), func(tx *sql.Tx) error {
					var n int
					if err := tx.QueryRow("select n from counter").Scan(&n); err != nil {
						return err
					}
					_, err := tx.Exec("update counter set n = $1", n+1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := count(t, d, "select n from counter"); n != 20 {
			t.Errorf("counter at %d, want 20", n)
		}
	})
}

// TestWriteSkew: two callers each check a rule over rows the other is about to
// change; only serializable transactions stop them.
func TestWriteSkew(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, "create table duty (name text primary key, on_call integer not null)")
		execute(t, d, "insert into duty (name, on_call) values ('a', 1), ('b', 1)")
		var wg sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			wg.Go(func() {
				err := d.Tx(t.Context(), func(tx *sql.Tx) error {
					var n int
					if err := tx.QueryRow("select sum(on_call) from duty").Scan(&n); err != nil || n < 2 {
						return err
					}
					_, err := tx.Exec("update duty set on_call = 0 where name = $1", name)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := count(t, d, "select sum(on_call) from duty"); n != 1 {
			t.Errorf("%d on call, want 1", n)
		}
	})
}

// TestDeadlock has two transactions take the same rows in opposite order.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.Postgres)
	execute(t, d, "create table pair (id integer primary key, n integer not null)")
	execute(t, d, "insert into pair (id, n) values (1, 0), (2, 0)")
	var both, wg sync.WaitGroup
	both.Add(2)
	for _, order := range [][2]int{{1, 2}, {2, 1}} {
		first := true
		wg.Go(func() {
			err := d.Tx(t.Context(), func(tx *sql.Tx) error {
				for i, id := range order {
					if i == 1 && first {
						first = false
						both.Done()
						both.Wait() // each holds its first row
					}
					if _, err := tx.Exec("update pair set n = n + 1 where id = $1", id); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count(t, d, "select sum(n) from pair"); n != 4 {
		t.Errorf("sum %d, want 4", n)
	}
}

func TestRetryIsBounded(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.Postgres)
	runs := 0
	err := d.Tx(t.Context(), func(*sql.Tx) error { runs++; return &pgconn.PgError{Code: "40001"} })
	if !errors.Is(err, db.ErrBusy) || runs != db.MaxAttempts {
		t.Errorf("%d runs, %v", runs, err)
	}
	runs = 0
	err = d.Tx(t.Context(), func(*sql.Tx) error { runs++; return errRefused })
	if !errors.Is(err, errRefused) || runs != 1 {
		t.Errorf("an error of its own: %d runs, %v", runs, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = d.Tx(ctx, func(*sql.Tx) error { cancel(); return &pgconn.PgError{Code: "40P01"} })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled between two runs: %v", err)
	}
}

// TestBulkIsAlone: two imports never run at once.
func TestBulkIsAlone(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				err := d.Bulk(t.Context(), func(*sql.Tx) error {
					if !mu.TryLock() {
						return errors.New("two at once")
					}
					defer mu.Unlock()
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// TestCommitOutlivesTheVisitor: a context cancelled after the function's end
// does not make the outcome unknown.
func TestCommitOutlivesTheVisitor(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Tx(ctx, func(tx *sql.Tx) error {
			defer cancel()
			return note(ctx, tx, "a")
		})
		n := count(t, d, "select count(*) from note")
		if err != nil || n != 1 {
			t.Errorf("error %v, %d rows", err, n)
		}
	})
}
