// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	netmail "net/mail"
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

func TestRefusals(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		later := &mail.Refusal{Code: 451, Text: "4.7.1 later"}
		w.out.Fail = func(to string, after bool) error {
			switch {
			case strings.HasPrefix(to, "inconnue") && !after:
				return &mail.Refusal{Code: 550, Text: "5.1.1 nobody", Permanent: true}
			case strings.HasPrefix(to, "grise") && !after && later != nil:
				return later
			}
			return nil
		}
		unknown, grey := w.queue(letter("inconnue", mail.Answer), mail.Options{}).ID, w.queue(letter("grise", mail.Answer), mail.Options{}).ID
		w.flush()
		if e := w.state(unknown, mail.Failed); !strings.Contains(e.Reason, "550 5.1.1 nobody") {
			w.Errorf("reason %q", e.Reason)
		}
		e := w.state(grey, mail.Queued)
		if wait := e.Due.Sub(w.at); wait < 48*time.Second || wait > 72*time.Second || e.Attempts != 1 || e.Uncertain != 0 {
			w.Errorf("again in %v: %+v", wait, e)
		}
		w.wait(2 * time.Minute)
		later = nil
		if w.flush(); w.out.recipients() != "grise" {
			w.Errorf("sent %q", w.out.recipients())
		}
		w.state(grey, mail.Sent)
		w.out.Fail = nil
		w.tx(func(tx *sql.Tx) error { return w.Retry(w.Context(), tx, unknown) })
		if w.flush(); w.out.recipients() != "grise inconnue" {
			w.Errorf("sent %q", w.out.recipients())
		}
		err := w.d.Tx(w.Context(), func(tx *sql.Tx) error { return w.Retry(w.Context(), tx, unknown) })
		if !errors.Is(err, mail.ErrUnknown) {
			w.Errorf("retry of what was sent: %v", err)
		}
	})
}

func TestItIsGivenUpAfterFourDays(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		w.out.Fail = func(string, bool) error { return &mail.Refusal{Code: 452, Text: "full"} }
		id := w.queue(letter("a", mail.Answer), mail.Options{}).ID
		start := w.at
		for w.entry(id).State == mail.Queued && w.at.Sub(start) < 10*24*time.Hour {
			w.flush()
			w.wait(10 * time.Minute)
		}
		e := w.state(id, mail.GivenUp)
		if age := e.Finished.Sub(start); age < 3*24*time.Hour || age > mail.MaxAge || e.Attempts < 20 || e.Attempts > 45 || !strings.Contains(e.Reason, "4 jours") {
			w.Errorf("after %v and %d attempts: %s", age, e.Attempts, e.Reason)
		}
	})
}

func TestACodeIsWipedAndExpires(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		sent, late := w.queue(letter("a", mail.Access), mail.Options{}).ID, ""
		w.flush()
		w.out.Down = errors.New("down")
		late = w.queue(letter("b", mail.Access), mail.Options{}).ID
		if _, err := w.Flush(w.Context(), w.out, mail.Pace{}); err == nil {
			w.Error("no error")
		}
		if e := w.state(late, mail.Queued); e.Attempts != 0 {
			w.Errorf("a server that is down cost %d attempts", e.Attempts)
		}
		w.out.Down = nil
		w.wait(mail.AccessLife)
		if w.flush(); w.out.recipients() != "a" {
			w.Errorf("sent %q", w.out.recipients())
		}
		w.state(sent, mail.Sent)
		w.state(late, mail.GivenUp)
		var n int
		if err := w.d.Read().QueryRow(`select count(*) from mail_outbox where message = ''`).Scan(&n); err != nil || n != 2 {
			w.Errorf("%d wiped, %v", n, err)
		}
		if err := w.d.Tx(w.Context(), func(tx *sql.Tx) error { return w.Retry(w.Context(), tx, late) }); !errors.Is(err, mail.ErrUnknown) {
			w.Errorf("retry of a wiped one: %v", err)
		}
	})
}

func TestMissingFileIsFinalAndBrokenStoreIsNot(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		m := letter("a", mail.Answer)
		m.Attachments = []mail.Attachment{{Ref: "absent", Name: "a.pdf", Type: "application/pdf"}}
		id := w.queue(m, mail.Options{}).ID
		w.flush()
		if e := w.state(id, mail.Failed); !strings.Contains(e.Reason, "a.pdf") {
			w.Errorf("reason %q", e.Reason)
		}
		if w.out.recipients() != "" {
			w.Errorf("sent %q", w.out.recipients())
		}
	})
}

func TestUrgentGoesFirstAndBulkKeepsToItsRate(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		for i := range 12 {
			w.queue(letter(fmt.Sprintf("n%d", i), mail.Notice), mail.Options{})
		}
		pace := mail.Pace{PerMinute: 10}
		send := func() int {
			n, err := w.Flush(w.Context(), w.out, pace)
			if err != nil {
				w.Fatal(err)
			}
			return n
		}
		w.wait(time.Second)
		if n := send(); n != 8 {
			w.Errorf("%d in a minute, want 8 of 10", n)
		}
		w.queue(letter("code", mail.Access), mail.Options{})
		if n := send(); n != 1 || !strings.HasSuffix(w.out.recipients(), "code") {
			w.Errorf("%d, %q: the code waits behind the newsletter", n, w.out.recipients())
		}
		w.queue(letter("c2", mail.Access), mail.Options{})
		w.queue(letter("c3", mail.Access), mail.Options{})
		if n := send(); n != 1 {
			w.Errorf("%d beyond the rate", n)
		}
		w.wait(time.Minute)
		if n := send(); n != 5 || !strings.HasSuffix(w.out.recipients(), "c3 n8 n9 n10 n11") {
			w.Errorf("%d a minute later, %q", n, w.out.recipients())
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
		if n := gather(); n != 1 || gather() != 0 || w.out.recipients() != "b a" {
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

// TestLineCutAfterTheDot: an uncertain end is tried again, with the same bytes, three times in all.
func TestLineCutAfterTheDot(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		w.out.Fail = func(_ string, after bool) error {
			if after {
				return fmt.Errorf("%w (EOF)", mail.ErrUncertain)
			}
			return nil
		}
		id := w.queue(letter("a", mail.Answer), mail.Options{}).ID
		for range 10 {
			w.flush()
			w.wait(5 * time.Minute)
		}
		e := w.state(id, mail.GivenUp)
		if len(w.out.Taken) != 3 || e.Uncertain != 3 || !strings.Contains(e.Reason, "demandez") {
			w.Errorf("sent %d times: %+v", len(w.out.Taken), e)
		}
		for _, r := range w.out.Taken[1:] {
			if r.text != w.out.Taken[0].text {
				w.Error("what was sent again differs")
			}
		}
		m, err := netmail.ReadMessage(strings.NewReader(w.out.Taken[0].text))
		if err != nil || m.Header.Get("Message-ID") != identity.MessageID(id) {
			w.Errorf("Message-ID %q, %v", m.Header.Get("Message-ID"), err)
		}
	})
}

// TestASlowSenderLosesItsTurn: the lease passes to another while the first transmits; the first's mark
// is refused, so one message leaves once.
func TestASlowSenderLosesItsTurn(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		id := w.queue(letter("a", mail.Answer), mail.Options{}).ID
		quick := &Capture{}
		w.out.Fail = func(_ string, after bool) error {
			if !after {
				w.wait(3 * time.Minute) // longer than the lease
				if n, err := w.Flush(w.Context(), quick, mail.Pace{}); n != 1 || err != nil {
					w.Errorf("the quick one: %d, %v", n, err)
				}
			}
			return nil
		}
		w.flush()
		if w.out.recipients() != "" || quick.recipients() != "a" {
			w.Errorf("slow sent %q, quick %q", w.out.recipients(), quick.recipients())
		}
		if e := w.state(id, mail.Sent); e.Attempts != 2 || e.Uncertain != 0 {
			w.Errorf("entry %+v", e)
		}
	})
}

// TestErasedWhileItLeaves: what is withdrawn between the claim and the mark does not leave.
func TestErasedWhileItLeaves(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		w.queue(letter("a", mail.Answer), mail.Options{Key: "k"})
		w.out.Fail = func(_ string, after bool) error {
			if !after {
				w.tx(func(tx *sql.Tx) error { _, err := w.Withdraw(w.Context(), tx, "k"); return err })
			}
			return nil
		}
		if w.flush(); w.out.recipients() != "" {
			w.Errorf("sent %q", w.out.recipients())
		}
	})
}

// TestSeveralSenders: four senders over one outbox, each message once.
func TestSeveralSenders(t *testing.T) {
	t.Parallel()
	both(t, func(w *world) {
		const n = 40
		w.tx(func(tx *sql.Tx) error {
			for i := range n {
				if _, err := w.Queue(w.Context(), tx, letter(fmt.Sprintf("p%d", i), mail.Answer), mail.Options{}); err != nil {
					return err
				}
			}
			return nil
		})
		ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
		defer cancel()
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() { w.Outbox.Run(ctx, w.out, mail.Pace{PerMinute: 1000, Poll: 10 * time.Millisecond}) })
		}
		for {
			h, err := w.Health(ctx)
			if err != nil {
				w.Error(err)
				break
			}
			if h.Count[mail.Sent] == n {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
		senders.Wait()
		count := map[string]int{}
		for _, r := range w.out.Taken {
			count[r.to]++
		}
		if len(w.out.Taken) != n || len(count) != n {
			w.Errorf("%d sent to %d, want %d", len(w.out.Taken), len(count), n)
		}
	})
}

func TestWakeHastens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t, db.SQLite, rooms...))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var sender sync.WaitGroup
	sender.Go(func() { w.Outbox.Run(ctx, w.out, mail.Pace{Poll: time.Hour}) })
	w.queue(letter("a", mail.Access), mail.Options{})
	for w.out.recipients() == "" && ctx.Err() == nil {
		w.Wake()
		time.Sleep(5 * time.Millisecond)
	}
	if w.out.recipients() != "a" {
		t.Error("it still sleeps")
	}
	cancel()
	sender.Wait()
}

func TestIdentityIsChecked(t *testing.T) {
	t.Parallel()
	for _, i := range []mail.Identity{{}, {From: mail.Address{Addr: "a"}}, {From: mail.Address{Name: "a\nb", Addr: "a@b.fr"}}, {From: someone, Domain: "a b"}} {
		if _, err := mail.New(nil, i, nil); !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("%+v: %v", i, err)
		}
	}
}
