// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/mail"
)

var rooms = []dbtest.Room{{Name: "mail", FS: mail.Migrations()}}

// Capture is a server in memory. Fail says what becomes of a message; nil is taken.
type Capture struct {
	mu    sync.Mutex
	Taken []received
	Dials int
	Down  error
	// Fail is asked before the mark (after false) and after the dot (after true).
	Fail func(to string, after bool) error
}

func (c *Capture) Dial(context.Context) (mail.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Dials++
	return c, c.Down
}

func (c *Capture) Close() error { return nil }

func (c *Capture) Send(_ context.Context, from, to string, text []byte, commit func() error) error {
	if c.Fail != nil {
		if err := c.Fail(to, false); err != nil {
			return err
		}
	}
	if err := commit(); err != nil {
		return err
	}
	c.mu.Lock()
	c.Taken = append(c.Taken, received{from: from, to: to, text: string(text)})
	c.mu.Unlock()
	if c.Fail != nil {
		return c.Fail(to, true)
	}
	return nil
}

// recipients is who got something, in order.
func (c *Capture) recipients() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, r := range c.Taken {
		list = append(list, strings.TrimSuffix(r.to, "@ville.example"))
	}
	return strings.Join(list, " ")
}

// world is an outbox whose clock the test moves.
type world struct {
	*testing.T
	*mail.Outbox
	d   *db.DB
	at  time.Time
	mu  sync.Mutex
	out *Capture
}

// both runs a story on both engines, on Tuesday 10 March 2026 at 10:00.
func both(t *testing.T, story func(w *world)) {
	t.Helper()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		t.Parallel()
		story(newWorld(t, d))
	})
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	o, err := mail.New(d, identity, files)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, Outbox: o, d: d, at: paris(t, "2026-03-10 10:00"), out: &Capture{}}
	o.Now = func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.at }
	return w
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) tx(fn func(tx *sql.Tx) error) {
	w.Helper()
	if err := w.d.Tx(w.Context(), fn); err != nil {
		w.Fatal(err)
	}
}

// letter is a message to name.
func letter(name string, k mail.Kind) mail.Message {
	return mail.Message{To: mail.Address{Addr: name + "@ville.example"}, Subject: "Pour " + name, Kind: k, HTML: "<p>Bonjour</p>"}
}

func (w *world) queue(m mail.Message, opt mail.Options) (ticket mail.Ticket) {
	w.Helper()
	w.tx(func(tx *sql.Tx) (err error) {
		ticket, err = w.Queue(w.Context(), tx, m, opt)
		return err
	})
	return ticket
}

func (w *world) flush() int {
	w.Helper()
	n, err := w.Flush(w.Context(), w.out, mail.Pace{})
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func (w *world) entry(id string) mail.Entry {
	w.Helper()
	list, err := w.List(w.Context(), mail.Filter{}, 100)
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range list {
		if e.ID == id {
			return e
		}
	}
	w.Fatalf("no message %s", id)
	return mail.Entry{}
}

func (w *world) state(id string, want mail.State) mail.Entry {
	w.Helper()
	e := w.entry(id)
	if e.State != want {
		w.Errorf("state %s (%s), want %s", e.State, e.Reason, want)
	}
	return e
}

func TestAMailAndItsDeedGoTogether(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		undone := errors.New("undone")
		err := w.d.Tx(w.Context(), func(tx *sql.Tx) error {
			if _, err := w.Queue(w.Context(), tx, letter("a", mail.Answer), mail.Options{}); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) || w.flush() != 0 {
			w.Errorf("got %v, sent %q", err, w.out.recipients())
		}
		id := w.queue(letter("b", mail.Answer), mail.Options{}).ID
		if w.flush() != 1 || w.flush() != 0 || w.out.recipients() != "b" {
			w.Errorf("sent %q", w.out.recipients())
		}
		if e := w.state(id, mail.Sent); e.Attempts != 1 || e.Finished.IsZero() || e.To.Addr != "b@ville.example" {
			w.Errorf("entry %+v", e)
		}
	})
}

func TestAKeyQueuesOnce(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		first := w.queue(letter("a", mail.Notice), mail.Options{Key: "convocation/1/a"})
		w.flush()
		again := w.queue(letter("a", mail.Notice), mail.Options{Key: "convocation/1/a"})
		if !first.New || again.New || again.ID != first.ID || w.flush() != 0 || w.out.recipients() != "a" {
			w.Errorf("first %+v, again %+v, sent %q", first, again, w.out.recipients())
		}
	})
}

func TestAGroupCanBeUndoneForTenMinutes(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		group := func(name string) mail.Ticket {
			m := letter(name, mail.Notice)
			m.Group = "g/" + name[:1]
			return w.queue(m, mail.Options{})
		}
		cancel := func(g string) (n int, err error) {
			err = w.d.Tx(w.Context(), func(tx *sql.Tx) error { n, err = w.Cancel(w.Context(), tx, g); return err })
			return n, err
		}
		kept := group("a1")
		if want := paris(t, "2026-03-10 10:10"); !kept.CancelUntil.Equal(want) || !kept.Due.Equal(want) {
			w.Errorf("ticket %+v", kept)
		}
		group("b1")
		group("b2")
		w.wait(9*time.Minute + 59*time.Second)
		if n, err := cancel("g/b"); n != 2 || err != nil || w.flush() != 0 {
			w.Errorf("cancelled %d, %v", n, err)
		}
		if _, err := cancel("g/b"); !errors.Is(err, mail.ErrUnknown) {
			w.Errorf("twice: %v", err)
		}
		if _, err := cancel("g/absent"); !errors.Is(err, mail.ErrUnknown) {
			w.Errorf("absent: %v", err)
		}
		w.wait(time.Second)
		if n, err := cancel("g/a"); n != 0 || !errors.Is(err, mail.ErrTooLate) {
			w.Errorf("too late: %d, %v", n, err)
		}
		if w.flush() != 1 || w.out.recipients() != "a1" {
			w.Errorf("sent %q", w.out.recipients())
		}
	})
}

func TestAnUrgentGroupIsListedAsUrgent(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		for _, urgent := range []bool{false, true} {
			m := letter("claire", mail.Notice)
			m.Group = "envoi/" + strconv.FormatBool(urgent)
			w.queue(m, mail.Options{Urgent: urgent})
		}
		groups, err := w.Groups(w.Context(), 10)
		if err != nil || len(groups) != 2 {
			w.Fatalf("%v, %v", groups, err)
		}
		for _, g := range groups {
			if want := g.ID == "envoi/true"; g.Urgent != want {
				w.Errorf("%s: urgent = %v", g.ID, g.Urgent)
			}
		}
	})
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		id := w.queue(letter("a", mail.Reminder), mail.Options{Key: "rappel/7", NotBefore: w.at.Add(time.Hour)}).ID
		w.tx(func(tx *sql.Tx) error {
			if n, err := w.Withdraw(w.Context(), tx, "rappel/7"); n != 1 || err != nil {
				w.Errorf("withdrawn %d, %v", n, err)
			}
			return nil
		})
		w.wait(2 * time.Hour)
		if w.flush() != 0 {
			w.Error("it left")
		}
		w.state(id, mail.Cancelled)
	})
}

func TestQuietTimesHoldAtTheTimeOfSending(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		w.wait(10*time.Hour + 50*time.Minute) // 20:50
		for _, m := range []mail.Message{letter("code", mail.Access), letter("reponse", mail.Answer), letter("rappel", mail.Reminder)} {
			w.queue(m, mail.Options{Expires: w.at.Add(100 * time.Hour)})
		}
		w.queue(letter("force", mail.Reminder), mail.Options{Urgent: true})
		w.wait(20 * time.Minute) // the server was down until 21:10
		if w.flush(); w.out.recipients() != "code force" {
			w.Errorf("at night %q left", w.out.recipients())
		}
		h, err := w.Health(w.Context())
		if err != nil || h.Count[mail.Queued] != 2 || h.Count[mail.Sent] != 2 || !h.Late.IsZero() {
			w.Errorf("health %+v, %v", h, err)
		}
		w.wait(10 * time.Hour)
		if h, err = w.Health(w.Context()); err != nil || !h.Late.Equal(paris(t, "2026-03-10 20:50")) {
			w.Errorf("in the morning, health %+v, %v", h, err)
		}
		if w.flush(); w.out.recipients() != "code force reponse rappel" {
			w.Errorf("in the morning %q left", w.out.recipients())
		}
	})
}

func TestDigest(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		note := func(name, key, label string, r mail.Rhythm) {
			w.tx(func(tx *sql.Tx) error {
				return w.Note(w.Context(), tx, mail.Address{Addr: name + "@ville.example"}, key, mail.DigestItem{Topic: "Plan", Label: label}, r)
			})
		}
		w.Unsubscribe = func(addr string) string { return "https://maillage.example/fin?a=" + addr[:1] }
		note("a", "action/1", "ébauche", mail.DefaultRhythm)
		note("a", "action/2", "autre", mail.DefaultRhythm)
		note("a", "action/1", "version finale", mail.DefaultRhythm)
		note("b", "action/1", "pour b", mail.DefaultRhythm)
		note("c", "action/1", "jamais", mail.Rhythm{Every: mail.Never})
		gather := func() int {
			n, err := w.Gather(w.Context())
			if err != nil {
				w.Fatal(err)
			}
			w.flush()
			return n
		}
		if n := gather(); n != 0 {
			w.Errorf("%d too early", n)
		}
		w.tx(func(tx *sql.Tx) error {
			return w.Reschedule(w.Context(), tx, "b@ville.example", mail.Rhythm{Every: mail.Immediate})
		})
		if n := gather(); n != 1 || w.out.recipients() != "b" {
			w.Errorf("at once: %d, %q", n, w.out.recipients())
		}
		w.wait(7 * 24 * time.Hour)
		note("0", "k", "poison", mail.Rhythm{Every: mail.Immediate}) // whose unsubscription is refused
		w.Unsubscribe = func(addr string) string {
			if addr[0] == '0' {
				return "ftp://x"
			}
			return "https://maillage.example/fin?a=" + addr[:1]
		}
		if n, err := w.Gather(w.Context()); n != 1 || !errors.Is(err, mail.ErrInvalid) {
			w.Errorf("beside one that fails: %d, %v", n, err)
		}
		w.tx(func(tx *sql.Tx) error { _, err := w.Erase(w.Context(), tx, "0@ville.example"); return err })
		if n := gather(); n != 0 || gather() != 0 || w.out.recipients() != "b a" {
			w.Errorf("on Tuesday: %d, %q", n, w.out.recipients())
		}
		text := w.out.Taken[1].text
		if !strings.Contains(text, "2_nouvelles") || !strings.Contains(text, "version finale") || strings.Contains(text, "bauche") || !strings.Contains(text, "List-Unsubscribe: <https://maillage.example/fin?a=a>") {
			w.Errorf("digest:\n%s", text)
		}
	})
}

func TestPurgeAndErase(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		w.queue(letter("a", mail.Answer), mail.Options{Key: "k"})
		w.flush()
		w.wait(time.Hour)
		w.queue(letter("b", mail.Answer), mail.Options{})
		if n, err := w.Purge(w.Context(), w.at); n != 1 || err != nil {
			w.Errorf("purged %d, %v", n, err)
		}
		w.tx(func(tx *sql.Tx) error {
			err := w.Note(w.Context(), tx, letter("b", mail.Digest).To, "k", mail.DigestItem{Topic: "t", Label: "l"}, mail.DefaultRhythm)
			if err != nil {
				return err
			}
			if n, err := w.Erase(w.Context(), tx, "b@ville.example"); n != 2 || err != nil {
				w.Errorf("erased %d, %v", n, err)
			}
			return nil
		})
		if list, err := w.List(w.Context(), mail.Filter{}, 10); len(list) != 0 || err != nil || w.flush() != 0 {
			w.Errorf("left: %v, %v", list, err)
		}
	})
}
