// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

const (
	testName = "essai.exemple.fr/journal"
	sealed   = "766a39653be872195acbb456535c44122471de918829328cb51bf1b7008d9285" // SHA-256 of "Délibération d'essai\n"
)

var rooms = []dbtest.Room{{Name: "journal", FS: Migrations()}}

// at is the instant of the tests.
var at = time.Date(2026, 3, 12, 13, 4, 5, 678901000, time.UTC)

func testKey(tb testing.TB) *Key {
	tb.Helper()
	secret, err := NewKey(testName)
	if err != nil {
		tb.Fatal(err)
	}
	k, err := ParseKey(secret)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func newJournal(tb testing.TB, d *db.DB) *Journal {
	tb.Helper()
	return New(d, testKey(tb), tb.TempDir(), func() time.Time { return at })
}

// both runs a test body on both engines, with a journal of its own.
func both(t *testing.T, body func(t *testing.T, j *Journal)) {
	t.Helper()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		body(t, newJournal(t, d))
	})
}

func act(i int) Act {
	return Act{
		Kind: "schema-transmission", At: at.Add(time.Duration(i) * time.Second), Holder: fmt.Sprintf("9300%d", i%10),
		Actor: Personal{fmt.Sprintf("personne-%d", i%3), fmt.Sprintf("Personne d'essai %d", i%3)},
		Hat:   "Direction de la petite enfance", Subject: fmt.Sprintf("schema/%d", i),
		Document: []string{sealed},
		Body:     map[string]any{"version": i, "avis": []any{"favorable", true, nil}, "témoins": []Personal{{"personne-9", "Témoin é"}}},
	}
}

func add(tb testing.TB, j *Journal, a Act) Pending {
	tb.Helper()
	var p Pending
	err := j.Tx(context.Background(), func(tx *sql.Tx) (err error) {
		p, err = j.Append(context.Background(), tx, a)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func fill(tb testing.TB, j *Journal, n int) []Pending {
	tb.Helper()
	var list []Pending
	err := j.Tx(context.Background(), func(tx *sql.Tx) error {
		list = nil
		for i := range n {
			p, err := j.Append(context.Background(), tx, act(i))
			if err != nil {
				return err
			}
			list = append(list, p)
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

func sign(tb testing.TB, j *Journal) *Checkpoint {
	tb.Helper()
	c, err := j.Checkpoint(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func execute(tb testing.TB, j *Journal, query string, args ...any) {
	tb.Helper()
	err := j.db.Tx(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(context.Background(), query, args...)
		return err
	})
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
}

// sound fails unless the audit finds nothing.
func sound(tb testing.TB, j *Journal) *Audit {
	tb.Helper()
	a, err := j.Audit(context.Background(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	if !a.Sound() {
		tb.Fatalf("audit: %v", a.Findings)
	}
	return a
}

func TestAppendSignProve(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		ctx := t.Context()
		if _, err := j.Checkpoint(ctx); !errors.Is(err, ErrEmpty) {
			t.Errorf("checkpoint of an empty journal: %v", err)
		}
		sound(t, j)
		p := add(t, j, act(0))
		if _, err := j.Receipt(ctx, p.ID); !errors.Is(err, ErrUnsigned) {
			t.Errorf("receipt before a checkpoint: %v", err)
		}
		first := sign(t, j)
		if again := sign(t, j); again.Note != first.Note {
			t.Error("a checkpoint of the same tree is a new one")
		}
		list := fill(t, j, 40)
		second := sign(t, j)
		if second.Size != 41 || second.Seq != 1 {
			t.Errorf("second checkpoint = n° %d of %d leaves, want n° 1 of 41", second.Seq, second.Size)
		}
		for _, p := range append(list, p) {
			r, err := j.Receipt(ctx, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			data, err := r.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			back, err := ParseReceipt(data)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyReceipt(back, j.Key()); err != nil {
				t.Fatal(err)
			}
			if tlog.RecordHash(back.Text) != p.Hash || back.Index != p.Index {
				t.Errorf("receipt of leaf %d is about another", p.Index)
			}
		}
		proof, err := j.Consistency(ctx, first, second)
		if err != nil {
			t.Fatal(err)
		}
		if err := Consistent(first, second, proof); err != nil {
			t.Error(err)
		}
		if _, err := j.Receipt(ctx, db.NewID()); !errors.Is(err, ErrUnknown) {
			t.Errorf("receipt of nothing: %v", err)
		}
		a := sound(t, j)
		if a.Leaves != 41 || a.Checkpoints != 2 || a.Openings != 82 {
			t.Errorf("audit counted %+v", a)
		}
		if list, err := j.OfSubject(ctx, "schema/3", 10); err != nil || len(list) != 1 || list[0].Leaf.Subject != "schema/3" {
			t.Errorf("OfSubject = %v, %v", list, err)
		}
		if list, err := j.OfHolder(ctx, "93003", 2); err != nil || len(list) != 2 || list[0].Index < list[1].Index {
			t.Errorf("OfHolder = %v, %v", list, err)
		}
		if list, err := j.Checkpoints(ctx, 10); err != nil || len(list) != 2 || list[0].Seq != 1 {
			t.Errorf("Checkpoints = %v, %v", list, err)
		}
	})
}

func TestSameActTwice(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		a := act(0)
		a.ID = db.NewID()
		add(t, j, a)
		err := j.Tx(t.Context(), func(tx *sql.Tx) error { _, err := j.Append(t.Context(), tx, a); return err })
		if !db.IsUnique(err) {
			t.Errorf("the same act again: %v", err)
		}
		sound(t, j)
	})
}

// TestConcurrentAppends: fifty at once, some of which change their mind, by the journal's
// own Tx and by the database's: the indexes are dense and the tree is sound.
func TestConcurrentAppends(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		ctx := t.Context()
		errUndone := errors.New("undone")
		var wg sync.WaitGroup
		var mu sync.Mutex
		var places []int64
		for i := range 50 {
			wg.Go(func() {
				run := j.Tx
				if i%2 == 0 {
					run = j.db.Tx
				}
				var p Pending
				err := run(ctx, func(tx *sql.Tx) (err error) {
					if p, err = j.Append(ctx, tx, act(i)); err == nil && i%5 == 4 {
						err = errUndone
					}
					return err
				})
				if i%5 == 4 && errors.Is(err, errUndone) {
					return
				}
				if err != nil {
					t.Errorf("append %d: %v", i, err)
				}
				mu.Lock()
				defer mu.Unlock()
				places = append(places, p.Index)
				if len(places)%10 == 0 {
					if _, err := j.Checkpoint(ctx); err != nil {
						t.Errorf("checkpoint: %v", err)
					}
				}
			})
		}
		wg.Wait()
		slices.Sort(places)
		for i, n := range places {
			if int64(i) != n {
				t.Fatalf("places %v have a hole or a double", places)
			}
		}
		if a := sound(t, j); a.Leaves != 40 {
			t.Errorf("%d leaves, want 40", a.Leaves)
		}
	})
}

func TestRollbackLeavesNoGap(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		fill(t, j, 3)
		boom := errors.New("boom")
		err := j.Tx(t.Context(), func(tx *sql.Tx) error {
			if _, err := j.Append(t.Context(), tx, act(3)); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		err = j.Tx(t.Context(), func(tx *sql.Tx) error {
			return errors.Join(boom, db.Try(t.Context(), tx, func() error {
				_, err := j.Append(t.Context(), tx, Act{})
				return err
			}))
		})
		if !errors.Is(err, ErrBadAct) {
			t.Errorf("a bad act: %v", err)
		}
		if p := add(t, j, act(4)); p.Index != 3 {
			t.Errorf("the act after an undone one is n° %d, want 3", p.Index)
		}
		sign(t, j)
		sound(t, j)
	})
}

func TestRefusedActs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Act){
		"an ID of version 4":         func(a *Act) { a.ID = "7d444840-9dc0-41d5-8f2b-2b0f4a1c1e11" },
		"a kind with a capital":      func(a *Act) { a.Kind = "Transmission" },
		"no instant":                 func(a *Act) { a.At = time.Time{} },
		"no hat":                     func(a *Act) { a.Hat = "" },
		"a hat of two lines":         func(a *Act) { a.Hat = "a\nb" },
		"a name written backwards":   func(a *Act) { a.Subject = "a\u202eb" },
		"an actor without an ID":     func(a *Act) { a.Actor.Person = "" },
		"a document without a hash":  func(a *Act) { a.Document = []string{"delib.pdf"} },
		"a float":                    func(a *Act) { a.Body = map[string]any{"x": 1.5} },
		"a reserved key":             func(a *Act) { a.Body = map[string]any{"engagement": "x"} },
		"a person without an ID":     func(a *Act) { a.Body = map[string]any{"x": Personal{Value: "y"}} },
		"a personal datum in Latin1": func(a *Act) { a.Actor.Value = "\xe9" },
		"a document for a body":      func(a *Act) { a.Body = map[string]any{"x": strings.Repeat("x", maxLeaf)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := act(0)
			a.ID = db.NewID()
			if _, _, err := a.seal(); err != nil {
				t.Fatalf("before: %v", err)
			}
			change(&a)
			if _, _, err := a.seal(); !errors.Is(err, ErrBadAct) {
				t.Errorf("taken: %v", err)
			}
		})
	}
}

func TestErasure(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		ctx := t.Context()
		list := fill(t, j, 5)
		sign(t, j)
		before, err := j.Receipt(ctx, list[1].ID)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := j.Reveal(ctx, before.Leaf.Actor); err != nil || s != "Personne d'essai 1" {
			t.Errorf("before: %q, %v", s, err)
		}
		if m, err := j.Personals(ctx, "personne-1"); err != nil || len(m) != 2 {
			t.Errorf("Personals = %v, %v", m, err)
		}
		var n int64
		err = j.Tx(ctx, func(tx *sql.Tx) (err error) { n, err = j.Erase(ctx, tx, "personne-1", at); return err })
		if err != nil || n != 2 {
			t.Fatalf("Erase = %d, %v, want 2", n, err)
		}
		if _, err := j.Reveal(ctx, before.Leaf.Actor); !errors.Is(err, ErrErased) {
			t.Errorf("after: %v", err)
		}
		if m, err := j.Personals(ctx, "personne-1"); err != nil || len(m) != 0 {
			t.Errorf("Personals = %v, %v", m, err)
		}
		after, err := j.Receipt(ctx, list[1].ID)
		if err != nil {
			t.Fatal(err)
		}
		data1, err1 := before.Marshal()
		data2, err2 := after.Marshal()
		if err1 != nil || err2 != nil || string(data1) != string(data2) {
			t.Error("the receipt is no longer the same")
		}
		if a := sound(t, j); a.Erased != 2 {
			t.Errorf("audit counts %d erased, want 2", a.Erased)
		}
	})
}

// TestErasedBytesAreGone: once the file is closed, neither it nor its log holds the name.
func TestErasedBytesAreGone(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, db.SQLite, rooms...)
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	j := newJournal(t, d)
	for i := range 30 {
		add(t, j, act(i))
	}
	err = j.Tx(t.Context(), func(tx *sql.Tx) error { _, err := j.Erase(t.Context(), tx, "personne-1", at); return err })
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(url, "sqlite:")
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	kept := false
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "Personne d'essai 1") {
			t.Errorf("%s still holds the erased name", filepath.Base(f))
		}
		kept = kept || strings.Contains(string(data), "Personne d'essai 2")
	}
	if !kept {
		t.Error("the other names are gone too: the test reads the wrong file")
	}
}
