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
				w.wait(11 * time.Minute) // longer than the lease
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
