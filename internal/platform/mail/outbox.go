// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"maillage/internal/platform/db"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations are the tables of this room.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // cannot happen: the folder is embedded
	}
	return sub
}

// State is where a queued message stands.
type State string

// The states of a message. The last four are final, save that [Outbox.Retry] takes back what
// failed or was given up.
const (
	Queued    State = "queued"    // waits for its time or its turn
	Sending   State = "sending"   // transmitted, and the answer of the server not yet recorded
	Sent      State = "sent"      // a server has taken it in charge
	Failed    State = "failed"    // refused for good
	GivenUp   State = "given-up"  // tried in vain for too long, or past its usefulness
	Cancelled State = "cancelled" // undone before it left
)

// French is the state for people.
func (s State) French() string {
	switch s {
	case Queued:
		return "en attente"
	case Sending:
		return "en cours d'envoi"
	case Sent:
		return "envoyé"
	case Failed:
		return "refusé"
	case GivenUp:
		return "abandonné"
	case Cancelled:
		return "annulé"
	}
	return string(s)
}

// Undo is how long a group mail can be undone.
const Undo = 10 * time.Minute

// MaxAge is how long a message is tried after it was due (RFC 5321 § 4.5.4.1: four to five days).
const MaxAge = 4 * 24 * time.Hour

// AccessLife is how long an [Access] message is worth sending: what it opens lives ten minutes.
const AccessLife = 10 * time.Minute

// ErrTooLate is returned when what is to be undone has left.
var ErrTooLate = errors.New("il est trop tard pour annuler : l'envoi est parti")

// ErrUnknown is returned for a message or a group that is not in the outbox.
var ErrUnknown = errors.New("ce courriel n'existe pas")

// Outbox keeps the messages and sends them. It is safe for concurrent use.
type Outbox struct {
	// Now is the clock, time.Now when nil.
	Now func() time.Time
	// Log hears what happens to messages: identifiers and reasons, never texts or addresses.
	Log *slog.Logger
	// Unsubscribe is the one-click address that ends the digest of an address (see
	// [Message.Unsubscribe]); nil when there is none.
	Unsubscribe func(addr string) string

	db    *db.DB
	from  Identity
	files Files
	wake  chan struct{}
}

// New is the outbox kept in d, whose migrations have been applied. files may be nil when no
// message has attachments.
func New(d *db.DB, from Identity, files Files) (*Outbox, error) {
	if err := from.Check(); err != nil {
		return nil, err
	}
	return &Outbox{db: d, from: from, files: files, wake: make(chan struct{}, 1), Log: slog.New(slog.DiscardHandler)}, nil
}

func (o *Outbox) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

// Options are when and how often a message may leave. The zero value suits most.
type Options struct {
	// NotBefore is the earliest instant wished for.
	NotBefore time.Time
	// CancelUntil is until when it can be undone; it does not leave before. A message with a
	// Group has one in any case: [Undo] from now when it is zero.
	CancelUntil time.Time
	// Expires is when it becomes useless; zero for never, [AccessLife] from now for Access.
	Expires time.Time
	// Key makes it unique: while a message with this key is in the outbox, whatever its state,
	// queueing another does nothing. Name the deed and the person: "convocation/17/p-42".
	Key string
	// Urgent sends it in quiet times too. It does not shorten the delay of undoing.
	Urgent bool
}

// Ticket is what is known of a message when it has been queued.
type Ticket struct {
	ID          string
	New         bool      // false: a message with this key was there already, and is the one described
	Due         time.Time // when it will leave at the earliest, quiet times counted
	CancelUntil time.Time // zero when it cannot be undone
}

// Queue writes a message in the transaction of the deed it tells. It leaves after the commit,
// when it is due; nothing leaves if the transaction is undone. The error is an [ErrInvalid] when
// the message cannot be sent as it is.
func (o *Outbox) Queue(ctx context.Context, tx *sql.Tx, m Message, opt Options) (Ticket, error) {
	if err := m.Check(); err != nil {
		return Ticket{}, err
	}
	now := o.now()
	opt = opt.withDefaults(m, now)
	if !opt.Expires.IsZero() && !opt.Expires.After(now) {
		return Ticket{}, invalid("le message est déjà périmé")
	}
	text, err := json.Marshal(m)
	if err != nil {
		return Ticket{}, err
	}
	t := Ticket{ID: db.NewID(), New: true, Due: opt.due(m.Kind, now), CancelUntil: opt.CancelUntil}
	if opt.Key == "" {
		opt.Key = t.ID
	}
	res, err := tx.ExecContext(ctx, `insert into mail_outbox
		(id, key, group_id, kind, priority, urgent, recipient, name, subject, message, state, created_at, due_at, cancel_until, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict (key) do nothing`,
		t.ID, opt.Key, m.Group, string(m.Kind), opt.priority(m.Kind), opt.Urgent, m.To.Addr, m.To.Name, m.Subject, string(text), string(Queued),
		db.Instant(now), db.Instant(t.Due), db.OptionalInstant(opt.CancelUntil), db.OptionalInstant(opt.Expires))
	if err != nil {
		return Ticket{}, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return t, err
	}
	return ticketOf(ctx, tx, opt.Key)
}

func (opt Options) withDefaults(m Message, now time.Time) Options {
	if m.Group != "" && opt.CancelUntil.IsZero() {
		opt.CancelUntil = now.Add(Undo)
	}
	if m.Kind == Access && opt.Expires.IsZero() {
		opt.Expires = now.Add(AccessLife)
	}
	return opt
}

// due is the earliest allowed instant after all that is to be waited for.
func (opt Options) due(k Kind, now time.Time) time.Time {
	t := now
	for _, other := range []time.Time{opt.NotBefore, opt.CancelUntil} {
		if other.After(t) {
			t = other
		}
	}
	if opt.Urgent {
		return t
	}
	return NextAllowed(t, k)
}

func (opt Options) priority(k Kind) int {
	if opt.Urgent {
		return 0
	}
	return priorities[k]
}

func ticketOf(ctx context.Context, tx *sql.Tx, key string) (Ticket, error) {
	list, err := db.Query(ctx, tx, func(scan func(...any) error) (Ticket, error) {
		var t Ticket
		var due, until string
		err := scan(&t.ID, &due, &until)
		return t, errors.Join(err, parse(due, &t.Due), parse(until, &t.CancelUntil))
	}, `select id, due_at, cancel_until from mail_outbox where key = $1`, key)
	if err != nil {
		return Ticket{}, err
	}
	if len(list) == 0 {
		return Ticket{}, fmt.Errorf("courriel « %s » : %w", key, ErrUnknown)
	}
	return list[0], nil
}

// parse reads an optional instant into t.
func parse(s string, t *time.Time) (err error) {
	*t, err = db.ParseOptionalInstant(s)
	return err
}

// cancelText undoes what its condition selects; a code to open a door is wiped, as when it ends otherwise.
const cancelText = `update mail_outbox set state = 'cancelled', finished_at = $1, lease_owner = '', lease_until = '',
	message = case when kind = 'acces' then '' else message end`

// Cancel undoes a group mail as long as its delay runs, and returns how many messages will not
// leave. When the delay is over it is [ErrTooLate] and nothing is undone: never half of a group.
func (o *Outbox) Cancel(ctx context.Context, tx *sql.Tx, group string) (int, error) {
	if group == "" {
		return 0, ErrUnknown
	}
	now := db.Instant(o.now())
	var all, late int
	err := tx.QueryRowContext(ctx, `select count(*), count(case when cancel_until <= $1 or state <> 'queued' then 1 end)
		from mail_outbox where group_id = $2 and state <> 'cancelled'`, now, group).Scan(&all, &late)
	switch {
	case err != nil:
		return 0, err
	case all == 0:
		return 0, ErrUnknown
	case late > 0:
		return 0, ErrTooLate
	}
	return cancelled(tx.ExecContext(ctx, cancelText+` where group_id = $2 and state = 'queued'`, now, group))
}

// Withdraw takes back what has lost its reason, in the transaction that takes the reason away:
// the reminder of a promise that has been kept. It returns how many messages will not leave; what
// has left is none of its business.
func (o *Outbox) Withdraw(ctx context.Context, tx *sql.Tx, key string) (int, error) {
	return cancelled(tx.ExecContext(ctx, cancelText+` where key = $2 and state = 'queued'`, db.Instant(o.now()), key))
}

func cancelled(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Wake hastens the senders of this process: call it after the commit that queued a message that
// somebody waits for. Without it the message is found by the next look.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default: // awake already
	}
}
