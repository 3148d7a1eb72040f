// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"maillage/internal/platform/db"
)

// Entry is a message of the outbox as its list shows it, without its text.
type Entry struct {
	ID          string
	Key, Group  string
	Kind        Kind
	To          Address
	Subject     string
	State       State
	Created     time.Time
	Due         time.Time // when it leaves at the earliest
	CancelUntil time.Time // zero when it cannot be undone
	Finished    time.Time // zero while it waits
	Urgent      bool      // leaves in quiet times too
	Attempts    int
	// Uncertain counts the attempts whose end nobody knows: each may have made a duplicate.
	Uncertain int
	Reason    string // why the latest attempt failed, in French
}

// Filter selects entries; empty fields select all.
type Filter struct {
	Group     string
	Single    bool // those of no group only
	Key       string
	State     State
	Recipient string // an address
}

const entryColumns = `id, key, group_id, kind, recipient, name, subject, state, created_at, due_at, cancel_until, finished_at, urgent, attempts, uncertain, reason`

func scanEntry(scan func(...any) error) (Entry, error) {
	var e Entry
	var kind, state, created, due, until, finished string
	err := scan(&e.ID, &e.Key, &e.Group, &kind, &e.To.Addr, &e.To.Name, &e.Subject, &state, &created, &due, &until, &finished,
		&e.Urgent, &e.Attempts, &e.Uncertain, &e.Reason)
	e.Kind, e.State = Kind(kind), State(state)
	return e, errors.Join(err, parse(created, &e.Created), parse(due, &e.Due), parse(until, &e.CancelUntil), parse(finished, &e.Finished))
}

// Entry is one message, ErrUnknown when it is not in the outbox.
func (o *Outbox) Entry(ctx context.Context, q db.Querier, id string) (Entry, error) {
	list, err := db.Query(ctx, q, scanEntry, `select `+entryColumns+` from mail_outbox where id = $1`, id)
	if err == nil && len(list) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Entry{}, err
	}
	return list[0], nil
}

// List is the newest entries first, at most limit.
func (o *Outbox) List(ctx context.Context, f Filter, limit int) ([]Entry, error) {
	return db.Query(ctx, o.db.Read(), scanEntry, `select `+entryColumns+`
		from mail_outbox
		where (group_id = $1 or $1 = '') and (state = $2 or $2 = '') and (recipient = $3 or $3 = '')
			and (key = $4 or $4 = '') and (group_id = '' or $5 = '')
		order by created_at desc, id desc limit $6`, f.Group, string(f.State), f.Recipient, f.Key, map[bool]string{true: "oui"}[f.Single], limit)
}

// Message is the text of a message, for a demonstration: elsewhere what is written to somebody is theirs.
// Unknown or wiped it is [ErrUnknown].
func (o *Outbox) Message(ctx context.Context, id string) (m Message, err error) {
	list, err := db.Query(ctx, o.db.Read(), text, `select message from mail_outbox where id = $1 and message <> ''`, id)
	if err == nil && len(list) == 0 {
		err = ErrUnknown
	}
	if err == nil {
		err = json.Unmarshal([]byte(list[0]), &m)
	}
	return m, err
}

// Document is the message as a mailbox shows it: a page of HTML, and its twin in plain text.
func (m Message) Document() (html, plainText string, err error) {
	if m.HTML != "" {
		if html, err = document(m); err != nil {
			return "", "", err
		}
	}
	return html, plain(m), nil
}

// Group is a group mail as its list shows it.
type Group struct {
	ID          string
	Subject     string // of one of its messages
	Kind        Kind
	Created     time.Time
	Due         time.Time // the latest
	CancelUntil time.Time
	Urgent      bool // leaves in quiet times too
	Count       map[State]int
	Total       int
}

// Cancellable says that it can still be undone, all of it.
func (g Group) Cancellable(now time.Time) bool {
	return now.Before(g.CancelUntil) && g.Count[Queued] > 0 && g.Count[Queued]+g.Count[Cancelled] == g.Total
}

// Groups is the newest group mails first, at most limit.
func (o *Outbox) Groups(ctx context.Context, limit int) ([]Group, error) {
	var list []Group
	_, err := db.Query(ctx, o.db.Read(), func(scan func(...any) error) (struct{}, error) {
		var g Group
		var state, created, due, until string
		var n, urgent int
		if err := scan(&g.ID, &state, &n, &g.Subject, (*string)(&g.Kind), &created, &due, &until, &urgent); err != nil {
			return struct{}{}, err
		}
		if err := errors.Join(parse(created, &g.Created), parse(due, &g.Due), parse(until, &g.CancelUntil)); err != nil {
			return struct{}{}, err
		}
		g.Urgent = urgent == 1
		i := slices.IndexFunc(list, func(x Group) bool { return x.ID == g.ID })
		if i < 0 {
			g.Count = map[State]int{}
			list, i = append(list, g), len(list)
		}
		list[i].Count[State(state)] += n
		list[i].Total += n
		return struct{}{}, nil
	}, `select group_id, state, count(*), min(subject), min(kind), min(created_at), max(due_at), max(cancel_until),
			max(case when urgent then 1 else 0 end) from mail_outbox
		where group_id in (select group_id from mail_outbox where group_id <> '' group by group_id order by max(created_at) desc, group_id limit $1)
		group by group_id, state order by min(created_at), group_id, state`, limit)
	slices.SortStableFunc(list, func(a, b Group) int { return b.Created.Compare(a.Created) })
	return list, err
}

// Health is how the outbox stands.
type Health struct {
	Count map[State]int
	// Late is since when the oldest message that may leave waits; zero when none does.
	Late time.Time
}

// Health counts the messages by state, and finds the one that waits longest although it may leave.
func (o *Outbox) Health(ctx context.Context) (Health, error) {
	h := Health{Count: map[State]int{}}
	type count struct {
		state State
		n     int
	}
	counts, err := db.Query(ctx, o.db.Read(), func(scan func(...any) error) (c count, err error) {
		var state string
		err = scan(&state, &c.n)
		c.state = State(state)
		return c, err
	}, `select state, count(*) from mail_outbox group by state order by state limit 10`)
	if err != nil {
		return h, err
	}
	for _, c := range counts {
		h.Count[c.state] = c.n
	}
	now := o.now()
	kinds := allowedKinds(now)
	var oldest string
	err = o.db.Read().QueryRowContext(ctx, `select coalesce(min(due_at), '') from mail_outbox
		where state in ('queued', 'sending') and due_at <= $1 and (urgent or kind in (`+db.In(2, len(kinds))+`))`,
		append([]any{db.Instant(now)}, kinds...)...).Scan(&oldest)
	return h, errors.Join(err, parse(oldest, &h.Late))
}

// Retry takes back a message that was refused or given up, for instance once its address is
// mended elsewhere. It is sent as if for the first time, under the same Message-ID. A message that
// is not in one of these states, or whose text was wiped, is [ErrUnknown].
func (o *Outbox) Retry(ctx context.Context, tx *sql.Tx, id string) error {
	now := db.Instant(o.now())
	res, err := tx.ExecContext(ctx, `update mail_outbox set state = 'queued', due_at = $1, dated_at = '', attempts = 0, uncertain = 0,
		finished_at = '', reason = '' where id = $2 and state in ('failed', 'given-up') and message <> ''
			and (expires_at = '' or expires_at > $1)`, now, id)
	return db.One(res, err, ErrUnknown)
}

// Purge forgets the messages that ended before an instant, and returns how many. Their keys are
// forgotten with them: keep them longer than a deed can be repeated.
func (o *Outbox) Purge(ctx context.Context, before time.Time) (n int64, err error) {
	err = o.db.Tx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `delete from mail_outbox where finished_at <> '' and finished_at < $1`, db.Instant(before))
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return n, err
}

// Erase forgets everything that was or was to be sent to an address, in the transaction that
// erases the person, and returns how many messages and lines of digest. What waited does not leave.
func (o *Outbox) Erase(ctx context.Context, tx *sql.Tx, addr string) (n int64, err error) {
	for _, table := range []string{"mail_outbox", "mail_digest_item"} {
		res, err := tx.ExecContext(ctx, `delete from `+table+` where recipient = $1`, addr) // #nosec G202 -- one of our own tables
		if err != nil {
			return 0, err
		}
		k, err := res.RowsAffected()
		if err != nil {
			return 0, err
		}
		n += k
	}
	return n, nil
}
