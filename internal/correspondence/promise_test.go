// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/mail"
)

// The promise of most tests: due on Tuesday, 3 March 2026.
func (h *house) promiseOf(person string) Record {
	return h.register(Promise{Key: "plan/5.1.2", Subject: "Rendre compte de l'action 5.1.2", Path: "/plan/5.1.2", Person: person,
		Made: clock.MustDate("2026-01-12"), Due: clock.MustDate("2026-03-03")})
}

func TestRemindersLeaveOnceEach(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-01-12 10:00", func(t *testing.T, h *house) {
		zoe := h.person("Zoé", "zoe@ville.example")
		h.promiseOf(zoe)
		h.sweep(0)
		h.goTo("2026-02-16 08:29")
		h.sweep(0)
		h.goTo("2026-02-16 08:30") // fifteen days before
		var group sync.WaitGroup
		var mu sync.Mutex
		total := 0
		for range 4 { // as many processes
			group.Go(func() {
				n, err := h.Sweep(context.Background())
				mu.Lock()
				defer mu.Unlock()
				if total += n; err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if total != 1 || len(h.mails()) != 1 {
			t.Fatalf("%d reminders, %d mails", total, len(h.mails()))
		}
		e := h.mails()[0]
		if e.To.Addr != "zoe@ville.example" || e.Kind != mail.Reminder || e.Subject != "Rappel : Rendre compte de l'action 5.1.2" {
			t.Errorf("%+v", e)
		}
		for _, at := range []string{"2026-02-16 08:31", "2026-02-20 12:00"} {
			h.goTo(at)
			h.sweep(0)
		}
		h.goTo("2026-03-02 09:00") // three days before is a Saturday: Monday rather
		h.sweep(1)
		h.goTo("2026-03-20 09:00") // stopped for long: the latest only
		h.sweep(1)
		h.sweep(0)
		if n := len(h.mails()); n != 3 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestWhatIsKeptIsNotRemindedOf(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-02-16 22:00", func(t *testing.T, h *house) {
		h.promiseOf(h.person("Zoé", "zoe@ville.example"))
		h.sweep(1) // queued at night: it leaves in the morning
		if e := h.mails()[0]; !e.Due.Equal(paris("2026-02-17 07:00")) {
			t.Errorf("due %s", e.Due)
		}
		h.tx(func(tx *sql.Tx) error { return h.Keep(t.Context(), tx, "plan/5.1.2", h.today()) })
		if n := len(h.waiting()); n != 0 {
			t.Errorf("%d mails still wait", n)
		}
		h.goTo("2026-03-20 09:00")
		h.sweep(0)
		err := h.DB.Tx(t.Context(), func(tx *sql.Tx) error { return h.Keep(t.Context(), tx, "plan/9", h.today()) })
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("an unknown promise is kept: %v", err)
		}
	})
}

func TestAPauseTakesBackWhatWaits(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-02-16 22:00", func(t *testing.T, h *house) {
		rec := h.promiseOf(h.person("Zoé", "zoe@ville.example"))
		h.sweep(1)
		h.tx(func(tx *sql.Tx) error {
			return h.Pause(as("secretaire"), tx, rec.ID, clock.MustDate("2026-02-20"), "élections municipales")
		})
		if n := len(h.waiting()); n != 0 {
			t.Errorf("%d mails wait in spite of the pause", n)
		}
		h.goTo("2026-02-19 10:00")
		h.sweep(0)
		h.goTo("2026-02-23 08:30") // the Monday after
		h.sweep(1)
		if n := len(h.waiting()); n != 1 {
			t.Errorf("%d mails after the pause", n)
		}
		h.sweep(0)
		rec, err := recordByID(t.Context(), h.DB.Read(), rec.ID)
		if err != nil || len(rec.Pauses) != 1 || rec.Pauses[0].Reason != "élections municipales" || rec.Pauses[0].Person != "secretaire" {
			t.Errorf("%+v, %v", rec.Pauses, err)
		}
	})
}

func TestResumingBringsTheRemindersBack(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-02-16 09:00")
	rec := h.promiseOf(h.person("Zoé", "zoe@ville.example"))
	h.tx(func(tx *sql.Tx) error {
		return h.Pause(as("s"), tx, rec.ID, clock.MustDate("2026-06-30"), "en attente de la préfecture")
	})
	h.sweep(0)
	h.goTo("2026-02-18 10:00")
	h.tx(func(tx *sql.Tx) error { return h.Resume(as("s"), tx, rec.ID) })
	h.sweep(1)
}

func TestPausesThatDoNotDo(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-02-16 09:00")
	rec := h.promiseOf(h.person("Zoé", "zoe@ville.example"))
	for _, c := range []struct{ until, reason, want string }{
		{"2026-02-15", "raison", "avant aujourd'hui"},
		{"2027-02-18", "raison", "un an"},
		{"2026-03-01", " ", "une raison"},
		{"2026-03-01", "a\nb", "une raison"},
		{"2026-03-01", strings.Repeat("é", 201), "200"},
	} {
		err := h.DB.Tx(t.Context(), func(tx *sql.Tx) error { return h.Pause(as("s"), tx, rec.ID, clock.MustDate(c.until), c.reason) })
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %v", c.until, c.reason, err)
		}
	}
}

func TestTheDeputyGetsTheReminder(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-02-16 09:00", func(t *testing.T, h *house) {
		zoe, yves, ines := h.person("Zoé", "zoe@ville.example"), h.person("Yves", "yves@ville.example"), h.person("Inès", "ines@ville.example")
		h.away(zoe, "2026-02-10", "", yves)
		h.away(yves, "2026-02-01", "2026-02-28", ines) // a deputy who is away has a deputy
		h.promiseOf(zoe)
		h.sweep(1)
		if to := h.mails()[0].To.Addr; to != "ines@ville.example" {
			t.Errorf("sent to %s", to)
		}
		m, err := h.Outbox.Message(t.Context(), h.mails()[0].ID)
		if err != nil || !strings.Contains(m.HTML, "en suppléance de Zoé Essai") || !strings.Contains(m.HTML, "https://maillage.example/plan/5.1.2") {
			t.Errorf("%v: %s", err, m.HTML)
		}
	})
}

func TestTheOverseerHearsOfWhatNobodyIsThereToDo(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-02-16 09:00")
	zoe, chief := h.person("Zoé", "zoe@ville.example"), h.person("Chef", "chef@ville.example")
	h.away(zoe, "2026-02-10", "2026-03-30", "")
	h.register(Promise{Key: "a", Subject: "Rendre l'avis", Path: "/a", Person: zoe, Overseer: chief, Made: clock.MustDate("2026-01-05"), Due: clock.MustDate("2026-03-03")})
	h.sweep(1)
	if n := len(h.mails()); n != 2 {
		t.Errorf("%d mails, want one to each", n)
	}
}

func TestNobodyToWriteTo(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-02-16 09:00")
	mute := h.person("Muet", "")
	h.promiseOf(mute)
	h.sweep(0)
	h.tx(func(tx *sql.Tx) error { // an address at last
		_, err := tx.ExecContext(t.Context(), `update people_person set mail = 'muet@ville.example' where id = $1`, mute)
		return err
	})
	h.sweep(1)
}

func TestANewDayStartsAnew(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-02-16 22:00", func(t *testing.T, h *house) {
		rec := h.promiseOf(h.person("Zoé", "zoe@ville.example"))
		h.sweep(1)
		rec.Due = clock.MustDate("2026-06-02")
		h.register(rec.Promise)
		if n := len(h.waiting()); n != 0 {
			t.Errorf("%d mails of the former day wait", n)
		}
		h.goTo("2026-05-18 08:30")
		h.sweep(1)
		h.tx(func(tx *sql.Tx) error { return h.Drop(t.Context(), tx, rec.Key) })
		if n := len(h.waiting()); n != 0 {
			t.Errorf("%d mails about what was dropped wait", n)
		}
	})
}

func TestForcedRemindersDoNotWait(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-08-15 08:30") // a Saturday, a holiday, in August
	h.register(Promise{Key: "f", Subject: "Ouvrir la crèche", Path: "/f", Person: h.person("Zoé", "zoe@ville.example"),
		Made: clock.MustDate("2026-08-01"), Due: clock.MustDate("2026-08-18"), Forced: true})
	h.sweep(1)
	if e := h.mails()[0]; e.Due.After(h.Now()) || !e.Urgent {
		t.Errorf("%+v", e)
	}
}

func TestPromisesThatDoNotDo(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-02-16 09:00")
	good := Promise{Key: "k", Subject: "s", Path: "/p", Person: "x", Due: clock.MustDate("2026-03-03")}
	for name, spoil := range map[string]func(*Promise){
		"clef":            func(p *Promise) { p.Key = "a b" },
		"une ligne":       func(p *Promise) { p.Subject = "a\r\nBcc: x" },
		"adresse de ce":   func(p *Promise) { p.Path = "//ailleurs.example" },
		"par quelqu'un":   func(p *Promise) { p.Person = "" },
		"une échéance":    func(p *Promise) { p.Due = clock.Date{} },
		"vient avant":     func(p *Promise) { p.Made = clock.MustDate("2026-03-04") },
		"ordre des jours": func(p *Promise) { p.Ladder = mail.Ladder{{Name: "b", Days: 1}, {Name: "a", Days: 0}} },
		"nom à lui":       func(p *Promise) { p.Ladder = mail.Ladder{{Name: "a", Days: 1}, {Name: "a", Days: 2}} },
	} {
		p := good
		spoil(&p)
		err := h.DB.Tx(t.Context(), func(tx *sql.Tx) error { return h.Register(t.Context(), tx, p) })
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.register(good)
}

// A gesture between the look and the transaction of a sweep is respected.
func TestTheTransactionLooksAgain(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-02-18 09:00") // the reminder of the 16th is late
	rec := h.promiseOf(h.person("Zoé", "zoe@ville.example"))
	still := func(what string) {
		t.Helper()
		h.tx(func(tx *sql.Tx) error {
			done, err := h.remind(t.Context(), tx, rec.ID)
			if done {
				t.Errorf("reminded, although %s meanwhile", what)
			}
			return err
		})
	}
	h.tx(func(tx *sql.Tx) error { return h.Pause(as("s"), tx, rec.ID, clock.MustDate("2026-02-20"), "raison") })
	still("paused")
	h.tx(func(tx *sql.Tx) error { return h.Resume(as("s"), tx, rec.ID) })
	h.tx(func(tx *sql.Tx) error { return h.Keep(t.Context(), tx, rec.Key, h.today()) })
	still("kept")
}
