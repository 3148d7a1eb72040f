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

// Gather queues the digests that are due, one message for each person with all the lines that wait
// for them, and returns how many. The lines go in the transaction that queues the message.
func (o *Outbox) Gather(ctx context.Context) (int, error) {
	for n := 0; ; n++ {
		found, err := o.gatherOne(ctx)
		if err != nil || !found {
			return n, err
		}
	}
}

func (o *Outbox) gatherOne(ctx context.Context) (found bool, err error) {
	due, err := db.Query(ctx, o.db.Read(), text, `select recipient from mail_digest_item where due_at <= $1 order by due_at, id limit 1`, db.Instant(o.now()))
	if err != nil || len(due) == 0 {
		return false, err
	}
	return true, o.db.Tx(ctx, func(tx *sql.Tx) error {
		lines, err := db.Query(ctx, tx, text, `select item from mail_digest_item where recipient = $1 order by created_at, id limit 10000`, due[0])
		if err != nil || len(lines) == 0 {
			return err // another process has gathered them
		}
		var to Address
		items := make([]DigestItem, len(lines))
		for i, line := range lines {
			var w waiting
			if err := json.Unmarshal([]byte(line), &w); err != nil {
				return fmt.Errorf("digest of %d lines: %w", len(lines), err)
			}
			to, items[i] = w.To, w.DigestItem // the newest name is the right one
		}
		m := MergeDigest(to, items)
		if o.Unsubscribe != nil {
			m.Unsubscribe = o.Unsubscribe(to.Addr)
		}
		if _, err := o.Queue(ctx, tx, m, Options{}); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from mail_digest_item where recipient = $1`, due[0])
		return err
	})
}

func text(scan func(...any) error) (s string, err error) {
	err = scan(&s)
	return s, err
}
