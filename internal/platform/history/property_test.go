// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// Whatever people change and undo, in any order: a refused undo changes nothing; one that is
// done sets its fields back and touches no other; and the last change that history knows of a
// field left the value that is there.
func TestUndoLaws(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite, rooms...)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		k := newDesk(t, d)
		id := string(rune('a'+run%26)) + time.Duration(run).String()
		now := card{"n0", "p0"}
		k.save(id, Create, nil, &now)
		var made []string
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			if len(made) == 0 || rapid.Bool().Draw(rt, "change") {
				next := card{rapid.SampledFrom([]string{"n0", "n1", "n2"}).Draw(rt, "name"), rapid.SampledFrom([]string{"p0", "p1", "p2"}).Draw(rt, "phone")}
				if next == now {
					continue
				}
				made = append(made, k.save(id, Update, &now, &next))
				now = next
				continue
			}
			which := rapid.SampledFrom(made).Draw(rt, "undo")
			force := rapid.Bool().Draw(rt, "force")
			e, err := k.Get(k.ctx(), which)
			if err != nil {
				rt.Fatal(err)
			}
			k.at = k.at.Add(time.Minute)
			want := now
			done, err := k.Undo(k.ctx(), which, force)
			if _, refused := errors.AsType[*Conflict](err); err != nil && !errors.Is(err, ErrUndone) && (!refused || force) {
				rt.Fatalf("undo: %v", err)
			}
			if err == nil {
				made = append(made, done[0].ID)
				for _, f := range e.Fields {
					if f.Name == "nom" {
						want.Name = f.Before
					} else {
						want.Phone = f.Before
					}
				}
			}
			if got, _ := k.read(id); got != want {
				rt.Fatalf("after undoing %+v (force %v: %v): %+v, want %+v", e.Fields, force, err, got, want)
			}
			now = want
		}
		for field, present := range map[string]string{"nom": now.Name, "telephone": now.Phone} {
			if _, value, err := lastChange(k.ctx(), d.Read(), "card/"+id, field); err != nil || value != present {
				rt.Fatalf("%s: history says %q (%v), there is %q", field, value, err, present)
			}
		}
	})
}

func TestUndoneOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		c1, c2 := &card{"Marie", "01"}, &card{"Marie", "02"}
		k.save("a", Create, nil, c1)
		id := k.save("a", Update, c1, c2)
		var done atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, err := k.Undo(k.ctx(), id, false)
				if err == nil {
					done.Add(1)
				} else if !errors.Is(err, ErrUndone) && !errors.Is(err, db.ErrBusy) {
					t.Errorf("undo: %v", err)
				}
			})
		}
		all.Wait()
		if c, _ := k.read("a"); done.Load() != 1 || c != *c1 {
			t.Errorf("undone %d times: %+v", done.Load(), c)
		}
	})
}
