// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web"
)

// cards is a room with one table, as rooms that use history are.
var cards = dbtest.Room{Name: "card", FS: migrationsOf(`create table card_card (id text primary key, name text not null,
	phone text not null, withdrawn_at text not null default '')`)}

var rooms = []dbtest.Room{{Name: "history", FS: Migrations()}, cards}

// desk is a history with a kind, its clock and who acts.
type desk struct {
	*Room
	t   *testing.T
	d   *db.DB
	at  time.Time
	who actor.Actor
}

func newDesk(t *testing.T, d *db.DB) *desk {
	k := &desk{t: t, d: d, at: time.Date(2026, 11, 23, 13, 2, 0, 0, time.UTC),
		who: actor.Actor{Person: "p1", Name: "Marie Dupont", Hat: "h1", Title: "Secrétariat du comité"}}
	k.Room = New(d, func() time.Time { return k.at }, Settings{})
	k.Register(Kind{Name: "card", Label: "Fiche", Href: func(id string) string { return "/fiches/" + id }, Undoer: Table{Name: "card_card",
		Columns: map[string]string{"nom": "name", "telephone": "phone"}, Withdrawn: "withdrawn_at", Now: k.now}})
	return k
}

func (k *desk) ctx() context.Context { return actor.With(context.Background(), k.who) }

type card struct {
	Name  string `history:"nom,Nom,personal"`
	Phone string `history:"telephone,Téléphone,personal"`
}

// save writes a card and its history, a minute after what was done before; it returns the entry's ID.
func (k *desk) save(id string, verb Verb, before, after *card) string {
	k.t.Helper()
	k.at = k.at.Add(time.Minute)
	err := k.d.Tx(k.ctx(), func(tx *sql.Tx) error {
		if after != nil {
			_, err := tx.ExecContext(k.ctx(), `insert into card_card (id, name, phone) values ($1, $2, $3)
				on conflict (id) do update set name = excluded.name, phone = excluded.phone`, id, after.Name, after.Phone)
			if err != nil {
				return err
			}
		}
		e := Entry{Subject: "card/" + id, Label: "Fiche " + id, Verb: verb, Scope: web.Scope{Person: id}}
		if before == nil {
			e.Fields = Diff(nil, after, id)
		} else {
			e.Fields = Diff(before, after, id)
		}
		return k.Record(k.ctx(), tx, e)
	})
	if err != nil {
		k.t.Fatal(err)
	}
	list, err := k.List(k.ctx(), Filter{Subject: "card/" + id}, 1)
	if err != nil || len(list) == 0 {
		k.t.Fatalf("nothing recorded: %v", err)
	}
	return list[0].ID
}

func (k *desk) read(id string) (c card, withdrawn bool) {
	k.t.Helper()
	var w string
	err := k.d.Read().QueryRowContext(k.ctx(), `select name, phone, withdrawn_at from card_card where id = $1`, id).Scan(&c.Name, &c.Phone, &w)
	if err != nil {
		k.t.Fatal(err)
	}
	return c, w != ""
}

func (k *desk) undo(id string, force bool) string {
	k.t.Helper()
	k.at = k.at.Add(time.Minute)
	done, err := k.Undo(k.ctx(), id, force)
	if err != nil {
		k.t.Fatalf("undo: %v", err)
	}
	return done[0].ID
}

func TestChangeUndoneAndDoneAgain(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		first, second := &card{"Marie", "01"}, &card{"Marie", "02"}
		k.save("a", Create, nil, first)
		changed := k.save("a", Update, first, second)
		e, err := k.Get(k.ctx(), changed)
		if err != nil || len(e.Fields) != 1 || e.Fields[0] != (Field{Name: "telephone", Label: "Téléphone", Before: "01", After: "02", Personal: "a"}) {
			t.Fatalf("recorded %+v, %v: want the telephone alone", e, err)
		}
		if e.By != k.who || !e.At.Equal(k.at) {
			t.Errorf("author %+v at %s", e.By, e.At)
		}
		undone := k.undo(changed, false)
		if c, _ := k.read("a"); c != *first {
			t.Errorf("after undo %+v", c)
		}
		if _, err := k.Undo(k.ctx(), changed, false); !errors.Is(err, ErrUndone) {
			t.Errorf("undone twice: %v", err)
		}
		again := k.undo(undone, false)
		if c, _ := k.read("a"); c != *second {
			t.Errorf("after redo %+v", c)
		}
		if e, _ := k.Get(k.ctx(), again); verbLabel(e) != "rétablissement" {
			t.Errorf("redo is told as %q", verbLabel(e))
		}
		k.undo(changed, false) // holds again, so it can be undone again
		if c, _ := k.read("a"); c != *first {
			t.Errorf("after second undo %+v", c)
		}
	})
}

func TestFieldChangedSinceIsNotUndoneInSilence(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		c1, c2, c3 := &card{"Marie", "01"}, &card{"Marie", "02"}, &card{"Marie", "03"}
		k.save("a", Create, nil, c1)
		old := k.save("a", Update, c1, c2)
		k.who = actor.Actor{Person: "p2", Name: "Ali Ben", Hat: "h2", Title: "Agent, Bondy"}
		later := k.save("a", Update, c2, c3)
		_, err := k.Undo(k.ctx(), old, false)
		c, ok := errors.AsType[*Conflict](err)
		if !ok || c.Later == nil || c.Later.ID != later || c.Later.By.Name != "Ali Ben" || c.Present != "03" {
			t.Fatalf("conflict %+v, %v", c, err)
		}
		if now, _ := k.read("a"); now != *c3 {
			t.Errorf("a refused undo changed %+v", now)
		}
		forced := k.undo(old, true)
		if now, _ := k.read("a"); now != *c1 {
			t.Errorf("after a confirmed undo %+v", now)
		}
		e, err := k.Get(k.ctx(), forced)
		if err != nil || e.Fields[0].Before != "03" || e.Fields[0].After != "01" {
			t.Errorf("the undo recorded %+v: want what was there before it", e.Fields)
		}
		k.undo(forced, false)
		if now, _ := k.read("a"); now != *c3 {
			t.Errorf("undoing the undo gave %+v", now)
		}
	})
}

// A value that somebody changed without history (an import, a repair) is not overwritten either.
func TestValueChangedWithoutHistory(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		c1, c2 := &card{"Marie", "01"}, &card{"Marie", "02"}
		k.save("a", Create, nil, c1)
		id := k.save("a", Update, c1, c2)
		err := d.Tx(k.ctx(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(k.ctx(), `update card_card set phone = '09' where id = 'a'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Undo(k.ctx(), id, false)
		if c, ok := errors.AsType[*Conflict](err); !ok || c.Later != nil || c.Present != "09" {
			t.Errorf("%v", err)
		}
	})
}

func TestGestureIsUndoneWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		for _, id := range []string{"a", "b"} {
			k.save(id, Create, nil, &card{"Marie", "01"})
		}
		k.at = k.at.Add(time.Minute)
		err := d.Tx(k.ctx(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(k.ctx(), `update card_card set phone = '02'`)
			fields := Diff(card{"", "01"}, card{"", "02"}, "")
			return errors.Join(err, k.Record(k.ctx(), tx, Entry{Subject: "card/a", Verb: Update, Fields: fields},
				Entry{Subject: "card/b", Verb: Update, Fields: fields}, Entry{Subject: "card/c", Verb: Update, Fields: []Field{{Name: "x", Before: "1", After: "1"}}}))
		})
		if err != nil {
			t.Fatal(err)
		}
		list, err := k.List(k.ctx(), Filter{}, 2)
		if err != nil || list[0].Subject != "card/b" || list[1].Group != list[0].Group {
			t.Fatalf("%+v, %v: want one gesture over a and b, and nothing for c", list, err)
		}
		k.save("b", Update, &card{"Marie", "02"}, &card{"Marie", "03"})
		if _, err := k.Undo(k.ctx(), list[1].ID, false); err == nil {
			t.Error("b was changed since: want a refusal")
		}
		if c, _ := k.read("a"); c.Phone != "02" {
			t.Errorf("a was undone alone: %+v", c)
		}
		k.undo(list[1].ID, true)
		a, _ := k.read("a")
		b, _ := k.read("b")
		if a.Phone != "01" || b.Phone != "01" {
			t.Errorf("a %+v, b %+v", a, b)
		}
	})
}

func TestCreationIsTakenOutAndPutBack(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		created := k.save("a", Create, nil, &card{"Marie", "01"})
		out := k.undo(created, false)
		if _, withdrawn := k.read("a"); !withdrawn {
			t.Error("the creation still counts")
		}
		k.undo(out, false)
		if c, withdrawn := k.read("a"); withdrawn || c.Phone != "01" {
			t.Errorf("put back: %+v, withdrawn %v", c, withdrawn)
		}
	})
}

func TestThirtyDays(t *testing.T) {
	t.Parallel()
	k := newDesk(t, dbtest.New(t, db.SQLite, rooms...))
	c1, c2 := &card{"Marie", "01"}, &card{"Marie", "02"}
	k.save("a", Create, nil, c1)
	id := k.save("a", Update, c1, c2)
	start := k.at
	k.at = start.Add(30*day - time.Second)
	if e, _ := k.Get(k.ctx(), id); !k.Undoable(e) {
		t.Error("not undoable within thirty days")
	}
	k.at = start.Add(30 * day)
	if _, err := k.Undo(k.ctx(), id, true); !errors.Is(err, ErrTooLate) {
		t.Errorf("after thirty days: %v", err)
	}
	k.at = start.Add(730*day + time.Second)
	if n, ids, err := k.Expired(k.ctx(), 1); n != 2 || len(ids) != 1 || err != nil {
		t.Errorf("%d expired, %v, %v", n, ids, err)
	}
	if n, err := k.Purge(k.ctx()); n != 2 || err != nil {
		t.Errorf("%d purged, %v", n, err)
	}
	e, err := k.Get(k.ctx(), id)
	if err != nil || !e.Blanked || e.Label != "" || e.Fields[0].Before != "" || e.Fields[0].Label != "Téléphone" {
		t.Errorf("purged entry %+v, %v", e, err)
	}
	if n, _ := k.Purge(k.ctx()); n != 0 {
		t.Errorf("%d purged twice", n)
	}
}

func TestForgottenPersonLeavesOnlyTheChange(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		c1, c2 := &card{"Marie", "01"}, &card{"Marie", "02"}
		k.save("p1", Create, nil, c1)
		id := k.save("p1", Update, c1, c2)
		other := k.save("b", Create, nil, &card{"Ali", "09"})
		out, err := k.Export(k.ctx(), "p1")
		if err != nil || len(out) != 3 || out[1].Role != "auteur" || out[1].Fields[0].After != "02" || len(out[2].Fields) != 0 {
			t.Errorf("export %+v, %v: want three changes, and no value about others", out, err)
		}
		if err := d.Tx(k.ctx(), func(tx *sql.Tx) error { return k.Forget(k.ctx(), tx, "p1") }); err != nil {
			t.Fatal(err)
		}
		e, _ := k.Get(k.ctx(), id)
		if e.Label != "" || e.By.Name != "" || e.By.Title != "Secrétariat du comité" || !e.Fields[0].Forgotten || e.Fields[0].Before+e.Fields[0].After != "" {
			t.Errorf("forgotten entry %+v", e)
		}
		if _, err := k.Undo(k.ctx(), id, true); !errors.Is(err, ErrForgotten) {
			t.Errorf("undo of what was forgotten: %v", err)
		}
		if e, _ := k.Get(k.ctx(), other); e.Label == "" || e.By.Name != "" || e.Fields[1].After != "09" {
			t.Errorf("entry about another person %+v: want its values kept and its author forgotten", e)
		}
		assertNowhere(t, d, "Marie", "02")
	})
}

// assertNowhere looks for texts in every row of history.
func assertNowhere(t *testing.T, d *db.DB, texts ...string) {
	t.Helper()
	rows, err := db.Query(context.Background(), d.Read(), func(scan func(...any) error) (string, error) {
		var a, b, c, e string
		err := scan(&a, &b, &c, &e)
		return strings.Join([]string{a, b, c, e}, "|"), err
	}, `select value_before, value_after, label, '' from history_field union all select label, name, title, subject from history_entry limit 1000`)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range texts {
		if slices.ContainsFunc(rows, func(r string) bool { return strings.Contains(r, x) }) {
			t.Errorf("%q is still in the history", x)
		}
	}
}

func TestListFiltersAndGoesBack(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		start := k.at
		for _, id := range []string{"a", "b", "c"} {
			k.save(id, Create, nil, &card{"Marie", "01"})
		}
		k.at = start.Add(48 * time.Hour)
		k.who.Person, k.who.Name = "p2", "Ali Ben"
		k.save("a", Update, &card{"Marie", "01"}, &card{"Marie", "02"})
		all, err := k.List(k.ctx(), Filter{}, 10)
		if err != nil || len(all) != 4 {
			t.Fatalf("%d entries, %v", len(all), err)
		}
		today := clock.On(k.at)
		for _, c := range []struct {
			name string
			f    Filter
			want int
		}{
			{"one subject", Filter{Subject: "card/a"}, 2},
			{"a kind", Filter{Kind: "card"}, 4},
			{"another kind", Filter{Kind: "car"}, 0},
			{"an author", Filter{Person: "p2"}, 1},
			{"from a day", Filter{From: today}, 1},
			{"up to the day before", Filter{To: today.AddDays(-1)}, 3},
			{"older than", Filter{Before: all[1].ID}, 2},
			{"older than something unknown", Filter{Before: "x"}, 4},
		} {
			if got, err := k.List(k.ctx(), c.f, 10); len(got) != c.want || err != nil {
				t.Errorf("%s: %d entries, %v, want %d", c.name, len(got), err, c.want)
			}
		}
		if who, err := k.Authors(k.ctx(), start); err != nil || !slices.Equal(who, []Author{{"p2", "Ali Ben"}, {"p1", "Marie Dupont"}}) {
			t.Errorf("authors %v, %v", who, err)
		}
	})
}
