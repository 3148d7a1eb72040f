// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"maillage/internal/platform/db"
)

// Transport opens sessions with a mail server. [SMTP] is the one that runs; the interface is there
// because what lies behind is outside the house, and tests replace it.
type Transport interface {
	// Dial returns a session that is ready to send: greeted, encrypted and authenticated.
	Dial(ctx context.Context) (Session, error)
}

// Session sends messages one after the other. After an error it is good for nothing but Close.
type Session interface {
	// Send transmits a message, then calls commit, and only if that returns nil does what makes the
	// server take it. The error is a [*Refusal], what commit returned, an [ErrUncertain], or
	// another when the line failed before commit: only with ErrUncertain may it have been taken.
	Send(ctx context.Context, from, to string, text []byte, commit func() error) error
	// Close ends the session.
	Close() error
}

// Pace is how fast messages leave. The zero value is a good one.
type Pace struct {
	PerMinute int           // claims in any sixty seconds, over all senders of the database; 0: 60
	Poll      time.Duration // between two looks at the outbox; 0: 2 s
	// Lease is how long one message belongs to one sender; half of it is the time it has to be
	// sent, the answer of the server included. After a crash the message waits for its end. 0: 10 min;
	// never more than a minute for Access.
	Lease time.Duration
}

func (p Pace) withDefaults() Pace {
	if p.PerMinute <= 0 {
		p.PerMinute = 60
	}
	if p.Poll <= 0 {
		p.Poll = 2 * time.Second
	}
	if p.Lease <= 0 {
		p.Lease = 10 * time.Minute
	}
	return p
}

// leaseFor is shorter for what somebody waits for.
func (p Pace) leaseFor(k Kind) time.Duration {
	if k == Access {
		return min(p.Lease, time.Minute)
	}
	return p.Lease
}

// mostPatient is the longest wait between two attempts to reach the server.
const mostPatient = time.Minute

// Run gathers digests and sends what is due, as it falls due, until ctx ends; then it ends the message it is
// sending and returns. Several may run at once, in several processes. A server that does not
// answer costs no message an attempt: they wait.
func (o *Outbox) Run(ctx context.Context, t Transport, p Pace) {
	p = p.withDefaults()
	failures := 0
	for ctx.Err() == nil {
		n, wait, err := o.turn(ctx, t, p)
		switch {
		case err == nil:
			failures = 0
		case ctx.Err() != nil:
			return
		default:
			failures++
			wait = min(p.Poll<<min(failures, 10), mostPatient)
			o.Log.ErrorContext(ctx, "mail not sent", "error", err, "failures", failures)
		}
		if n > 0 {
			o.Log.InfoContext(ctx, "mail attempted", "messages", n)
		}
		if wait <= 0 {
			wait = p.Poll
		}
		o.sleep(ctx, min(wait, max(p.Poll, mostPatient)), err == nil)
	}
}

// turn gathers the digests that are due, then sends what is.
func (o *Outbox) turn(ctx context.Context, t Transport, p Pace) (attempted int, wait time.Duration, err error) {
	_, gathering := o.Gather(ctx)
	attempted, wait, err = o.flush(ctx, t, p)
	return attempted, wait, errors.Join(gathering, err)
}

func (o *Outbox) sleep(ctx context.Context, d time.Duration, wakeable bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	wake := o.wake
	if !wakeable {
		wake = nil // a broken server is not asked more often because people write more
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}

// Flush sends what is due now and returns how many messages were attempted. The error is that of
// the server that could not be reached or of the database; what befell a message is on the message.
func (o *Outbox) Flush(ctx context.Context, t Transport, p Pace) (attempted int, err error) {
	attempted, _, err = o.flush(ctx, t, p.withDefaults())
	return attempted, err
}

func (o *Outbox) flush(ctx context.Context, t Transport, p Pace) (attempted int, wait time.Duration, err error) {
	var s Session
	defer func() {
		if s != nil {
			_ = s.Close() // every message of the session is settled
		}
	}()
	owner := db.NewID()
	for ctx.Err() == nil {
		if s == nil {
			due, err := o.anyDue(ctx)
			if err != nil || !due {
				return attempted, 0, err
			}
			if s, err = t.Dial(ctx); err != nil {
				return attempted, 0, err
			}
		}
		c, wait, err := o.take(ctx, owner, p)
		if err != nil || c == nil {
			return attempted, wait, err
		}
		attempted++
		err = o.attempt(ctx, s, c, p)
		if err != nil {
			_ = s.Close() // its state is unknown
			s = nil
		}
		if err := o.conclude(ctx, c, err); err != nil {
			return attempted, 0, err
		}
	}
	return attempted, 0, ctx.Err()
}

// anyDue says whether there is something to connect for. It does not lock, and what it says may be
// out of date: take decides.
func (o *Outbox) anyDue(ctx context.Context) (bool, error) {
	now := o.now()
	kinds := allowedKinds(now)
	var n int
	err := o.db.Read().QueryRowContext(ctx, `select count(*) from (select id from mail_outbox
		where state in ('queued', 'sending') and due_at <= $1 and lease_until <= $1
			and (urgent or kind in (`+db.In(2, len(kinds))+`)) limit 1) as due`, append([]any{db.Instant(now)}, kinds...)...).Scan(&n)
	return n > 0, err
}

// attempt composes and sends one message. It does not stop when ctx ends: a message under way is
// ended, in half a lease at most.
func (o *Outbox) attempt(ctx context.Context, s Session, c *claim, p Pace) error {
	if c.broken != nil {
		return c.broken
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.leaseFor(c.kind)/2)
	defer cancel()
	text, err := Compose(ctx, o.from, c.message, c.id, c.dated, o.files)
	if err != nil {
		return err
	}
	return s.Send(ctx, o.from.From.Addr, c.message.To.Addr, text, func() error { return o.mark(ctx, c) })
}

// conclude records how the attempt on c ended. While the database does not answer it insists, as
// long as the lease lasts: a message that a server took and that is not recorded is sent again.
func (o *Outbox) conclude(ctx context.Context, c *claim, cause error) error {
	if errors.Is(cause, errLost) {
		o.Log.InfoContext(ctx, "mail let go", "id", c.id)
		return nil
	}
	if errors.Is(cause, ErrUncertain) {
		c.uncertain++
	}
	end := judge(cause, c.kind, o.now(), c.dated, c.expires, c.attempts, c.uncertain, rand.Float64()) // #nosec G404 -- jitter, not a secret
	ctx = context.WithoutCancel(ctx)
	for {
		err := o.finish(ctx, c, end)
		if errors.Is(err, errLost) {
			o.Log.WarnContext(ctx, "mail settled by another", "id", c.id)
			return nil
		}
		if err == nil {
			o.Log.InfoContext(ctx, "mail settled", "id", c.id, "state", string(end.state), "attempts", c.attempts)
			return nil
		}
		if !o.now().Before(c.lease) {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}
