// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"maillage/internal/platform/db"
)

// claim is a message that this sender, and no other, may send until lease runs out.
type claim struct {
	id        string
	owner     string
	lease     time.Time
	kind      Kind
	message   Message
	dated     time.Time // of its Date header
	expires   time.Time
	attempts  int // this one counted
	uncertain int // earlier ones whose end nobody knows
	broken    error
}

// errRate is returned when the rate is used up; the wait is until there is room.
var errRate = errors.New("le débit permis est atteint")

// take leases the message that is to leave now, and returns nil when there is none. A message left
// in "sending" by a sender whose lease has lapsed is taken again: see the package comment.
func (o *Outbox) take(ctx context.Context, owner string, p Pace) (c *claim, wait time.Duration, err error) {
	err = o.db.Tx(ctx, func(tx *sql.Tx) error {
		now := o.now()
		var most int
		if most, wait, err = roomAt(ctx, tx, now, p.PerMinute); err != nil {
			return err
		}
		for {
			c, err = pick(ctx, tx, now, most)
			if err != nil || c == nil {
				return err
			}
			end := c.hopeless(now)
			if end.state == "" {
				break
			}
			if err := settle(ctx, tx, c.id, c.kind, end, now, ""); err != nil {
				return err
			}
		}
		c.owner, c.lease, c.attempts = owner, now.Add(p.leaseFor(c.kind)), c.attempts+1
		if c.dated.IsZero() {
			c.dated = now.Truncate(time.Second)
		}
		_, err := tx.ExecContext(ctx, `update mail_outbox set state = 'queued', lease_owner = $1, lease_until = $2, claimed_at = $3,
			dated_at = $4, attempts = $5, uncertain = $6 where id = $7`,
			owner, db.Instant(c.lease), db.Instant(now), db.Instant(c.dated), c.attempts, c.uncertain, c.id)
		return err
	})
	if errors.Is(err, errRate) {
		return nil, wait, nil
	}
	return c, 0, err
}

// anyPriority is a bound that every message passes.
const anyPriority = 9

// roomAt is the last priority that may leave at now: at most perMinute claims in any sixty
// seconds, over all senders, the last fifth of which is kept for what people wait for.
func roomAt(ctx context.Context, tx *sql.Tx, now time.Time, perMinute int) (most int, wait time.Duration, err error) {
	var used int
	var oldest string
	err = tx.QueryRowContext(ctx, `select count(*), coalesce(min(claimed_at), '') from mail_outbox where claimed_at > $1`,
		db.Instant(now.Add(-time.Minute))).Scan(&used, &oldest)
	if err != nil {
		return 0, 0, err
	}
	if used >= perMinute {
		var first time.Time
		if err := parse(oldest, &first); err != nil {
			return 0, 0, err
		}
		return 0, first.Add(time.Minute).Sub(now), errRate
	}
	if used >= perMinute-perMinute/5 {
		return 0, 0, nil
	}
	return anyPriority, 0, nil
}

// pick reads the first message that is due, free and allowed at this hour.
func pick(ctx context.Context, tx *sql.Tx, now time.Time, most int) (*claim, error) {
	kinds := allowedKinds(now)
	args := append([]any{db.Instant(now), most}, kinds...)
	list, err := db.Query(ctx, tx, func(scan func(...any) error) (*claim, error) {
		var c claim
		var text, state, dated, expires, kind string
		if err := scan(&c.id, &kind, &text, &state, &dated, &expires, &c.attempts, &c.uncertain); err != nil {
			return nil, err
		}
		c.kind = Kind(kind)
		if State(state) == Sending {
			c.uncertain++ // its sender was cut short in the window
		}
		if err := json.Unmarshal([]byte(text), &c.message); err != nil {
			c.broken = fmt.Errorf("%w : le texte enregistré est illisible (%w)", ErrInvalid, err)
		}
		return &c, errors.Join(parse(dated, &c.dated), parse(expires, &c.expires))
	}, `select id, kind, message, state, dated_at, expires_at, attempts, uncertain from mail_outbox
		where state in ('queued', 'sending') and due_at <= $1 and lease_until <= $1 and priority <= $2
			and (urgent or kind in (`+db.In(3, len(kinds))+`))
		order by priority, due_at, id limit 1`, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// hopeless is the end of a message that is not worth another attempt, or the zero outcome.
func (c *claim) hopeless(now time.Time) outcome {
	switch {
	case c.uncertain >= maxUncertain:
		return judge(ErrUncertain, c.kind, now, now, c.expires, c.attempts, c.uncertain, 0)
	case !c.expires.IsZero() && !now.Before(c.expires):
		return outcome{state: GivenUp, uncertain: c.uncertain, reason: "périmé avant d'être parti"}
	case !c.dated.IsZero() && now.Sub(c.dated) > MaxAge:
		return outcome{state: GivenUp, uncertain: c.uncertain, reason: fmt.Sprintf("pas parti en %d jours", int(MaxAge.Hours()/24))}
	}
	return outcome{}
}

// mark makes it known, durably, that the server is about to take the message. It refuses with
// errLost whoever no longer holds the lease.
func (o *Outbox) mark(ctx context.Context, c *claim) error {
	err := o.db.Tx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `update mail_outbox set state = 'sending'
			where id = $1 and lease_owner = $2 and state = 'queued' and lease_until > $3`, c.id, c.owner, db.Instant(o.now()))
		return db.One(res, err, errLost)
	})
	if err == nil && !o.now().Before(c.lease) {
		return errLost // the commit took longer than the lease: another may hold it
	}
	return err
}

// finish records how an attempt ended. It writes nothing when the lease has passed to another.
func (o *Outbox) finish(ctx context.Context, c *claim, end outcome) error {
	return o.db.Tx(ctx, func(tx *sql.Tx) error {
		return settle(ctx, tx, c.id, c.kind, end, o.now(), c.owner)
	})
}

// settle writes an outcome on the message that owner holds. What opens a door, an Access message,
// is wiped when it ends: nobody needs its code any more.
func settle(ctx context.Context, tx *sql.Tx, id string, k Kind, end outcome, now time.Time, owner string) error {
	if end.state == Queued {
		res, err := tx.ExecContext(ctx, `update mail_outbox set state = 'queued', due_at = $1, uncertain = $2, reason = $3,
			lease_owner = '', lease_until = '' where id = $4 and lease_owner = $5`,
			db.Instant(end.due), end.uncertain, end.reason, id, owner)
		return db.One(res, err, errLost)
	}
	wipe := ""
	if k == Access {
		wipe = ", message = ''"
	}
	guard := "lease_owner = $6"
	if owner == "" { // taken in this very transaction, whoever held it
		guard = "$6 = ''"
	}
	res, err := tx.ExecContext(ctx, `update mail_outbox set state = $1, finished_at = $2, uncertain = $3, reason = $4,
		lease_owner = '', lease_until = ''`+wipe+` where id = $5 and `+guard,
		string(end.state), db.Instant(now), end.uncertain, end.reason, id, owner)
	return db.One(res, err, errLost)
}
