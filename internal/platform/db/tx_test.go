// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

const noteTable = "create table note (id text primary key, body text not null)"

var errRefused = errors.New("refused")

func count(tb testing.TB, d *db.DB, query string, args ...any) (n int) {
	tb.Helper()
	if err := d.Read().QueryRow(query, args...).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

func write(ctx context.Context, d *db.DB, id string) error {
	return d.Tx(ctx, func(tx *sql.Tx) error { return note(ctx, tx, id) })
}

func note(ctx context.Context, tx *sql.Tx, id string) error {
	_, err := tx.ExecContext(ctx, "insert into note (id, body) values ($1, $2)", id, "")
	return err
}

func TestTwoHundredWriters(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		var wg sync.WaitGroup
		for w := range 200 {
			wg.Go(func() {
				id := fmt.Sprintf("%03d", w)
				err := d.Tx(t.Context(), func(tx *sql.Tx) error {
					if err := note(t.Context(), tx, id); err != nil {
						return err
					}
					if w%3 == 0 {
						return errRefused
					}
					return nil
				})
				seen := 0
				if e := d.Read().QueryRow("select count(*) from note where id = $1", id).Scan(&seen); e != nil {
					t.Error(e)
				}
				switch {
				case w%3 == 0 && (!errors.Is(err, errRefused) || seen != 0):
					t.Errorf("writer %d that fails: error %v, %d rows", w, err, seen)
				case w%3 != 0 && (err != nil || seen != 1):
					t.Errorf("writer %d: error %v, %d rows seen after the answer", w, err, seen)
				}
			})
		}
		wg.Wait()
		if n := count(t, d, "select count(*) from note"); n != 133 {
			t.Errorf("%d rows, want 133", n)
		}
	})
}

// together runs fns as one group of the SQLite writer, in order, and returns
// what each got: the writer is kept busy until they all wait.
func together(t *testing.T, d *db.DB, fns ...func() error) []error {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.Bulk(context.Background(), func(*sql.Tx) error { close(held); <-hold; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-held
	got := make([]error, len(fns))
	for i, fn := range fns {
		wg.Go(func() { got[i] = fn() })
		for d.Waiting() <= i { // its place in the queue is what the test is about
			runtime.Gosched()
		}
	}
	close(hold)
	wg.Wait()
	return got
}

func TestGroupSharesOneCommit(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite)
	execute(t, d, noteTable)
	before := d.Stats()
	var fns []func() error
	for i := range 40 {
		fns = append(fns, func() error { return write(t.Context(), d, fmt.Sprint(i)) })
	}
	for i, err := range together(t, d, fns...) {
		if err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	got := d.Stats()
	if got.Writes-before.Writes != 40 || got.Commits-before.Commits != 1 {
		t.Errorf("%d writes in %d commits, want 40 in 1", got.Writes-before.Writes, got.Commits-before.Commits)
	}
}

// endless writes until it is interrupted.
const endless = `
	insert into note (id, body)
	with recursive n (x) as (select 1 union all select x + 1 from n)
	select 'endless ' || x, '' from n`

func TestGroupSurvivesItsMembers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		bad  func(ctx context.Context, d *db.DB) error
		want error // nil: any
	}{
		{"an error", func(ctx context.Context, d *db.DB) error {
			return d.Tx(ctx, func(tx *sql.Tx) error {
				return errors.Join(note(ctx, tx, "bad"), errRefused)
			})
		}, errRefused},
		{"a duplicate key", func(ctx context.Context, d *db.DB) error { return write(ctx, d, "0") }, nil},
		{"an interrupted write, which undoes the whole transaction", func(ctx context.Context, d *db.DB) error {
			ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			return d.Tx(ctx, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, endless)
				return err
			})
		}, context.DeadlineExceeded},
		{"an interrupted write whose error is ignored", func(ctx context.Context, d *db.DB) error {
			return d.Tx(ctx, func(tx *sql.Tx) error {
				short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
				_, _ = tx.ExecContext(short, endless)
				if note(ctx, tx, "bad") == nil {
					t.Error("a statement ran outside of any transaction")
				}
				return nil
			})
		}, nil},
		{"an interrupted write, then a prepared statement", func(ctx context.Context, d *db.DB) error {
			return d.Tx(ctx, func(tx *sql.Tx) error {
				insert, err := tx.PrepareContext(ctx, "insert into note (id, body) values ('bad', '') returning id")
				if err != nil {
					return err
				}
				defer insert.Close()
				short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
				_, _ = tx.ExecContext(short, endless)
				var id string
				_, err = insert.ExecContext(ctx)
				if err == nil || insert.QueryRowContext(ctx).Scan(&id) == nil || tx.QueryRowContext(ctx, "select 1").Scan(&id) == nil {
					t.Error("a prepared statement ran outside of any transaction")
				}
				return nil
			})
		}, nil},
		{"a full disk", func(ctx context.Context, d *db.DB) error {
			return d.Tx(ctx, func(tx *sql.Tx) error {
				if _, err := tx.ExecContext(ctx, "pragma max_page_count = 40"); err != nil {
					return err
				}
				_, err := tx.ExecContext(ctx, endless)
				return err
			})
		}, nil},
		{"a commit of its own", func(ctx context.Context, d *db.DB) error {
			return d.Tx(ctx, func(tx *sql.Tx) error { return errors.Join(note(ctx, tx, "bad"), tx.Commit()) })
		}, nil},
		{"a rollback of its own", func(ctx context.Context, d *db.DB) error {
			return d.Tx(ctx, func(tx *sql.Tx) error { return errors.Join(note(ctx, tx, "bad"), tx.Rollback()) })
		}, nil},
		{"a deferred foreign key", func(ctx context.Context, d *db.DB) error {
			return d.Tx(ctx, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, "insert into child (parent) values ('nobody')")
				return err
			})
		}, nil},
		{"rows left open", func(ctx context.Context, d *db.DB) error {
			return d.Tx(ctx, func(tx *sql.Tx) error {
				rows, err := tx.QueryContext(ctx, "select id from note")
				if err != nil {
					return err
				}
				rows.Next() // and never closed
				return errors.Join(note(ctx, tx, "bad"), errRefused)
			})
		}, errRefused},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, db.SQLite)
			execute(t, d, noteTable)
			execute(t, d, "create table child (parent text references note (id) deferrable initially deferred)")
			good := func(id string) func() error { return func() error { return write(t.Context(), d, id) } }
			got := together(t, d, good("0"), good("1"), func() error { return c.bad(t.Context(), d) }, good("3"), good("4"))
			for i, err := range got {
				if (err != nil) != (i == 2) {
					t.Errorf("member %d: %v", i, err)
				}
			}
			if c.want != nil && !errors.Is(got[2], c.want) {
				t.Errorf("bad member got %v, want %v", got[2], c.want)
			}
			if n := count(t, d, "select count(*) from note where id in ('0', '1', '3', '4')"); n != 4 {
				t.Errorf("%d of the 4 good rows are there", n)
			}
			if n := count(t, d, "select count(*) from note"); n != 4 {
				t.Errorf("%d rows in all, want 4", n)
			}
		})
	}
}

func TestPanicGoesToTheCaller(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		for name, run := range map[string]func(context.Context, func(*sql.Tx) error) error{"Tx": d.Tx, "Bulk": d.Bulk} {
			func() {
				defer func() {
					if got := recover(); got != "aïe" {
						t.Errorf("%s: recovered %v", name, got)
					}
				}()
				_ = run(t.Context(), func(tx *sql.Tx) error {
					if err := note(t.Context(), tx, "panic"); err != nil {
						t.Error(err)
					}
					panic("aïe")
				})
			}()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = run(t.Context(), func(*sql.Tx) error { runtime.Goexit(); return nil })
			}()
			<-ended
		}
		if err := write(t.Context(), d, "after"); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, "select count(*) from note"); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestCancelledWhileQueued(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite)
	execute(t, d, noteTable)
	err := d.Bulk(t.Context(), func(*sql.Tx) error {
		for name, run := range map[string]func(context.Context, func(*sql.Tx) error) error{"Tx": d.Tx, "Bulk": d.Bulk} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			err := run(ctx, func(*sql.Tx) error { t.Errorf("%s ran after its caller gave up", name); return nil })
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := write(ctx, d, "c"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled beforehand: %v", err)
	}
}

func TestBulkKeepsReadersGoingAndTxWaiting(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		var wg sync.WaitGroup
		err := d.Bulk(t.Context(), func(tx *sql.Tx) error {
			if err := note(t.Context(), tx, "bulk"); err != nil {
				return err
			}
			if n := count(t, d, "select count(*) from note"); n != 0 {
				t.Errorf("a reader saw %d rows of an open transaction", n)
			}
			wg.Go(func() {
				if err := write(t.Context(), d, "small"); err != nil {
					t.Error(err)
				}
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if n := count(t, d, "select count(*) from note"); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}

func TestReadOnlyPools(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		if _, err := d.Read().Exec("insert into note (id, body) values ('x', '')"); err == nil {
			t.Error("Read wrote")
		}
		err := d.View(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.Exec("insert into note (id, body) values ('x', '')"); err == nil {
				t.Error("View wrote")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestViewIsOneInstant(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		err := d.View(t.Context(), func(tx *sql.Tx) error {
			var before, after int
			if err := tx.QueryRow("select count(*) from note").Scan(&before); err != nil {
				return err
			}
			if err := write(t.Context(), d, "meanwhile"); err != nil {
				return err
			}
			if err := tx.QueryRow("select count(*) from note").Scan(&after); err != nil {
				return err
			}
			if before != after {
				t.Errorf("saw %d rows, then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTrySurvives(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		err := d.Tx(t.Context(), func(tx *sql.Tx) error {
			if err := note(t.Context(), tx, "a"); err != nil {
				return err
			}
			err := db.Try(t.Context(), tx, func() error { return note(t.Context(), tx, "a") })
			if !db.IsUnique(err) {
				t.Errorf("duplicate: %v", err)
			}
			return db.Try(t.Context(), tx, func() error { return note(t.Context(), tx, "b") })
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, "select count(*) from note"); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}

func TestClosed(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := write(t.Context(), d, "late"); !errors.Is(err, db.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite)
	execute(t, d, noteTable)
	execute(t, d, "pragma max_page_count = 60")
	for name, run := range map[string]func(context.Context, func(*sql.Tx) error) error{"Tx": d.Tx, "Bulk": d.Bulk} {
		err := run(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(endless)
			return err
		})
		if !errors.Is(err, db.ErrFull) || !strings.Contains(err.Error(), "libérez de la place") {
			t.Errorf("%s: %v", name, err)
		}
		if err := write(t.Context(), d, name); err != nil {
			t.Errorf("after a full disk: %v", err)
		}
	}
	if n := count(t, d, "select count(*) from note"); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

// TestAnotherProcessHoldsTheFile opens the file twice, which SQLite cannot
// tell from two processes. Not parallel: it shortens the wait of all.
func TestAnotherProcessHoldsTheFile(t *testing.T) {
	db.SetMaxBusy(t, 300*time.Millisecond)
	url := dbtest.URL(t, db.SQLite)
	var pair [2]*db.DB
	for i := range pair {
		d, err := db.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		pair[i] = d
	}
	execute(t, pair[0], noteTable)
	err := pair[0].Bulk(t.Context(), func(*sql.Tx) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := write(ctx, pair[1], "impatient"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("impatient writer: %v", err)
		}
		if err := write(t.Context(), pair[1], "patient"); !errors.Is(err, db.ErrBusy) {
			t.Errorf("patient writer: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := write(t.Context(), pair[1], "after"); err != nil {
		t.Error(err)
	}
	if n := count(t, pair[0], "select count(*) from note"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}
