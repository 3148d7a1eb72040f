// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"maillage/internal/platform/db"
)

// waiting is a line as it is kept.
type waiting struct {
	To Address `json:"to"`
	DigestItem
}

// Note keeps a line for the next digest of a person, in the transaction of the deed it tells. key
// is what it is about ("action/5.1.2"): while the line waits, a newer one on the same key takes its
// place, so that ten changes make one line. With the rhythm Never nothing is kept.
func (o *Outbox) Note(ctx context.Context, tx *sql.Tx, to Address, key string, item DigestItem, r Rhythm) error {
	if err := errors.Join(to.check("destinataire"), item.check()); err != nil {
		return err
	}
	if key == "" {
		return invalid("une ligne de résumé n'a pas de clef")
	}
	now := o.now()
	due := DigestTime(r, now)
	if due.IsZero() {
		return nil
	}
	text, err := json.Marshal(waiting{to, item})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into mail_digest_item (id, recipient, key, item, created_at, due_at)
		values ($1, $2, $3, $4, $5, $6)
		on conflict (recipient, key) do update set item = excluded.item`,
		db.NewID(), to.Addr, key, string(text), db.Instant(now), db.Instant(due))
	return err
}

// Reschedule moves the lines that wait for a person to a new rhythm; Never drops them.
func (o *Outbox) Reschedule(ctx context.Context, tx *sql.Tx, addr string, r Rhythm) error {
	due := DigestTime(r, o.now())
	if due.IsZero() {
		_, err := tx.ExecContext(ctx, `delete from mail_digest_item where recipient = $1`, addr)
		return err
	}
	_, err := tx.ExecContext(ctx, `update mail_digest_item set due_at = $1 where recipient = $2`, db.Instant(due), addr)
	return err
}

// mostDigests is how many are gathered in one go; the others follow in the next.
const mostDigests = 1000

// Gather queues the digests that are due, one message for each person with all the lines that wait
// for them, and returns how many. The lines go in the transaction that queues the message; a
// person whose digest fails keeps nobody else waiting.
func (o *Outbox) Gather(ctx context.Context) (n int, err error) {
	due, err := db.Query(ctx, o.db.Read(), text, `select recipient from mail_digest_item where due_at <= $1
		group by recipient order by min(due_at), recipient limit $2`, db.Instant(o.now()), mostDigests)
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, addr := range due {
		found, err := o.gatherFor(ctx, addr)
		if found && err == nil {
			n++
		}
		failures = append(failures, err)
	}
	return n, errors.Join(failures...)
}

// gatherFor queues the digest of one person; found is false when another process has done it.
func (o *Outbox) gatherFor(ctx context.Context, addr string) (found bool, err error) {
	err = o.db.Tx(ctx, func(tx *sql.Tx) error {
		lines, err := db.Query(ctx, tx, text, `select item from mail_digest_item where recipient = $1 order by created_at, id limit 10000`, addr)
		found = len(lines) > 0
		if err != nil || !found {
			return err
		}
		m, err := o.digestOf(lines)
		if err != nil {
			return err
		}
		if _, err := o.Queue(ctx, tx, m, Options{}); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from mail_digest_item where recipient = $1`, addr)
		return err
	})
	return found, err
}

// digestOf is the message made of the lines kept for a person.
func (o *Outbox) digestOf(lines []string) (Message, error) {
	var to Address
	items := make([]DigestItem, len(lines))
	for i, line := range lines {
		var w waiting
		if err := json.Unmarshal([]byte(line), &w); err != nil {
			return Message{}, fmt.Errorf("digest of %d lines: %w", len(lines), err)
		}
		to, items[i] = w.To, w.DigestItem // the newest name is the right one
	}
	m := MergeDigest(to, items)
	if o.Unsubscribe != nil {
		m.Unsubscribe = o.Unsubscribe(to.Addr)
	}
	return m, nil
}

func text(scan func(...any) error) (s string, err error) {
	err = scan(&s)
	return s, err
}
