// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// TestMain plays fewer cases than rapid would: those of the schedule write to a database. For a longer
// hunt: go test -rapid.checks 1000
func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		if err := flag.Set("rapid.checks", "25"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

var tables = []dbtest.Room{{Name: "mail", FS: mail.Migrations()}, {Name: "people", FS: people.Migrations()}, {Name: "correspondence", FS: Migrations()}}

var sender = mail.Identity{From: mail.Address{Name: "Maillage", Addr: "ne-pas-repondre@maillage.example"}}

// house is a room over a database of its own, with a clock that tests set.
type house struct {
	*Room
	t  testing.TB
	mu sync.Mutex
	at time.Time
}

func newHouse(t testing.TB, d *db.DB, at string) *house {
	t.Helper()
	h := &house{t: t, at: paris(at)}
	now := func() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.at }
	outbox, err := mail.New(d, sender, nil)
	if err != nil {
		t.Fatal(err)
	}
	outbox.Now = now
	if h.Room, err = Open(context.Background(), d, outbox, &people.Store{DB: d}, "https://maillage.example", now); err != nil {
		t.Fatal(err)
	}
	desk := &people.Room{Store: h.People}
	h.DeputyOf = func(ctx context.Context, person string, day clock.Date) (string, error) {
		p, err := desk.DeputyOf(ctx, person, day)
		if errors.Is(err, people.ErrUnknown) || p.ID == person {
			return "", nil
		}
		return p.ID, err
	}
	return h
}

func onEngines(t *testing.T, at string, body func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.RunMigrated(t, tables, func(t *testing.T, d *db.DB) { body(t, newHouse(t, d, at)) })
}

// onSQLite is for what does not depend on the engine.
func onSQLite(t *testing.T, at string) *house {
	t.Helper()
	return newHouse(t, dbtest.New(t, db.SQLite, tables...), at)
}

func paris(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, clock.Paris)
	if err != nil {
		panic(err)
	}
	return t
}

func (h *house) goTo(at string) { h.set(paris(at)) }

func (h *house) set(at time.Time) { h.mu.Lock(); defer h.mu.Unlock(); h.at = at }

// as is a context in which somebody acts.
func as(person string) context.Context {
	return actor.With(context.Background(), actor.Actor{Person: person, Name: "Secrétariat", Title: "Secrétariat du comité, Caf"})
}

func (h *house) tx(fn func(tx *sql.Tx) error) {
	h.t.Helper()
	if err := h.DB.Tx(context.Background(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// person adds somebody to the directory.
func (h *house) person(name, addr string) (id string) {
	h.t.Helper()
	h.tx(func(tx *sql.Tx) (err error) {
		id, err = h.People.AddPerson(context.Background(), tx, people.Person{GivenName: name, FamilyName: "Essai", Mail: addr}, h.Now())
		return err
	})
	return id
}

// away notes an absence; to may be "" for until further notice, deputy "" for nobody.
func (h *house) away(person, from, to, deputy string) {
	h.t.Helper()
	h.tx(func(tx *sql.Tx) error {
		_, err := tx.ExecContext(context.Background(), `update people_person set absent_from = $1, absent_to = $2, deputy = $3 where id = $4`, from, to, deputy, person)
		return err
	})
}

func (h *house) register(p Promise) Record {
	h.t.Helper()
	h.tx(func(tx *sql.Tx) error { return h.Register(context.Background(), tx, p) })
	rec, err := recordByKey(context.Background(), h.DB.Read(), p.Key)
	if err != nil {
		h.t.Fatal(err)
	}
	return rec
}

func (h *house) sweep(want int) {
	h.t.Helper()
	n, err := h.Sweep(context.Background())
	if err != nil || n != want {
		h.t.Errorf("at %s: %d reminders queued, %v; want %d", h.Now().In(clock.Paris).Format("2006-01-02 15:04"), n, err, want)
	}
}

// mails are the messages of the outbox, the oldest first.
func (h *house) mails() []mail.Entry {
	h.t.Helper()
	list, err := h.Outbox.List(context.Background(), mail.Filter{}, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

func (h *house) waiting() (list []mail.Entry) {
	h.t.Helper()
	for _, e := range h.mails() {
		if e.State == mail.Queued {
			list = append(list, e)
		}
	}
	return list
}

// site serves the room to a person.
func (h *house) site(person string) http.Handler {
	h.t.Helper()
	t, ok := h.t.(*testing.T)
	if !ok {
		panic("pages are for tests")
	}
	var who actor.Actor
	if person != "" {
		who = actor.Actor{Person: person, Name: "Secrétariat", Hat: "h", Title: "Secrétariat du comité, Caf"}
	}
	return webtest.Server(t, web.Config{Guard: webtest.Open{Actor: who}}, h.Routes()...)
}
