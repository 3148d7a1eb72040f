// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

const promiseColumns = `id, key, subject, path, holder, overseer, made, due, ladder, forced, kept, dropped_at`

func scanRecord(scan func(...any) error) (Record, error) {
	var p Record
	var made, due, ladder, kept, dropped string
	err := scan(&p.ID, &p.Key, &p.Subject, &p.Path, &p.Person, &p.Overseer, &made, &due, &ladder, &p.Forced, &kept, &dropped)
	if err != nil {
		return p, err
	}
	p.Dropped = dropped != ""
	return p, errors.Join(json.Unmarshal([]byte(ladder), &p.Ladder), p.Made.UnmarshalText([]byte(made)),
		p.Due.UnmarshalText([]byte(due)), p.Kept.UnmarshalText([]byte(kept)))
}

// records reads promises with their pauses.
func records(ctx context.Context, q db.Querier, where string, args ...any) ([]Record, error) {
	list, err := db.Query(ctx, q, scanRecord, `select `+promiseColumns+` from correspondence_promise `+where, args...)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Pauses, err = pausesOf(ctx, q, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func oneRecord(ctx context.Context, q db.Querier, where string, arg string) (Record, error) {
	list, err := records(ctx, q, where, arg)
	if err == nil && len(list) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Record{}, err
	}
	return list[0], nil
}

func recordByKey(ctx context.Context, q db.Querier, key string) (Record, error) {
	return oneRecord(ctx, q, `where key = $1 limit 1`, key)
}

func recordByID(ctx context.Context, q db.Querier, id string) (Record, error) {
	return oneRecord(ctx, q, `where id = $1 limit 1`, id)
}

// mostPromises is how many a list shows.
const mostPromises = 2000

// pageOfPromises is how many are read at once.
const pageOfPromises = 500

// openRecords are the promises that may still be reminded of, the next due first.
func openRecords(ctx context.Context, q db.Querier) ([]Record, error) {
	return records(ctx, q, `where kept = '' and dropped_at = '' order by due, id limit $1`, mostPromises)
}

// eachOpen calls fn with every promise that may still be reminded of, in the order of their IDs. It
// reads them a page at a time: none is too old, or too late, to have its turn.
func eachOpen(ctx context.Context, q db.Querier, fn func(Record)) error {
	for after := ""; ; {
		list, err := records(ctx, q, `where kept = '' and dropped_at = '' and id > $1 order by id limit $2`, after, pageOfPromises)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, p := range list {
			fn(p)
		}
		after = list[len(list)-1].ID
	}
}

// openHolders are the persons who have promised something that is still open.
func openHolders(ctx context.Context, q db.Querier) ([]string, error) {
	return db.Query(ctx, q, func(scan func(...any) error) (id string, err error) { return id, scan(&id) },
		`select distinct holder from correspondence_promise where kept = '' and dropped_at = '' order by holder`)
}

// openOf are the open promises that one of the holders made or that one of the overseers follows,
// the next due first.
func openOf(ctx context.Context, q db.Querier, holders, overseers []string) ([]Record, error) {
	var args []any
	for _, id := range slices.Concat(holders, overseers) {
		args = append(args, id)
	}
	args = append(args, mostPromises)
	return records(ctx, q, fmt.Sprintf(`where kept = '' and dropped_at = '' and (holder in (%s) or overseer in (%s)) order by due, id limit $%d`,
		db.In(1, len(holders)), db.In(len(holders)+1, len(overseers)), len(args)), args...)
}

// keptRecords are those that ended since a day, the latest first.
func keptRecords(ctx context.Context, q db.Querier, since clock.Date) ([]Record, error) {
	return records(ctx, q, `where kept >= $1 order by kept desc, id limit $2`, since.String(), 100)
}

func addPromise(ctx context.Context, tx *sql.Tx, p Promise, now time.Time) error {
	ladder, err := json.Marshal(p.Ladder)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into correspondence_promise (`+promiseColumns+`, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', $11)`,
		db.NewID(), p.Key, p.Subject, p.Path, p.Person, p.Overseer, p.Made.String(), p.Due.String(), string(ladder), p.Forced, db.Instant(now))
	return err
}

func changePromise(ctx context.Context, tx *sql.Tx, id string, p Promise) error {
	ladder, err := json.Marshal(p.Ladder)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `update correspondence_promise set subject = $1, path = $2, holder = $3, overseer = $4, made = $5, due = $6,
		ladder = $7, forced = $8, kept = '', dropped_at = '' where id = $9`,
		p.Subject, p.Path, p.Person, p.Overseer, p.Made.String(), p.Due.String(), string(ladder), p.Forced, id)
	return db.One(res, err, ErrUnknown)
}

func pausesOf(ctx context.Context, q db.Querier, promise string) ([]Pause, error) {
	return db.Query(ctx, q, func(scan func(...any) error) (Pause, error) {
		var p Pause
		var from, to string
		err := scan(&p.ID, &from, &to, &p.Reason, &p.Person, &p.Title)
		return p, errors.Join(err, p.From.UnmarshalText([]byte(from)), p.To.UnmarshalText([]byte(to)))
	}, `select id, first_day, last_day, reason, person, title from correspondence_pause
		where promise = $1 and last_day >= first_day order by first_day, id limit 200`, promise)
}

func addPause(ctx context.Context, tx *sql.Tx, promise string, p Pause, now time.Time) error {
	_, err := tx.ExecContext(ctx, `insert into correspondence_pause (id, promise, first_day, last_day, reason, person, title, created_at, lifted_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, '')`,
		db.NewID(), promise, p.From.String(), p.To.String(), p.Reason, p.Person, p.Title, db.Instant(now))
	return err
}

// liftPauses ends the pauses that hold today or later: their last day is yesterday.
func liftPauses(ctx context.Context, tx *sql.Tx, promise string, today clock.Date, now time.Time) error {
	_, err := tx.ExecContext(ctx, `update correspondence_pause set last_day = $1, lifted_at = $2 where promise = $3 and last_day >= $4`,
		today.AddDays(-1).String(), db.Instant(now), promise, today.String())
	return err
}

func remindersOf(ctx context.Context, q db.Querier, promise string) ([]reminder, error) {
	return db.Query(ctx, q, func(scan func(...any) error) (reminder, error) {
		var r reminder
		var queued string
		err := scan(&r.Key, &r.Promise, &r.ID, &r.Mails, &queued)
		if err == nil {
			r.Queued, err = db.ParseOptionalInstant(queued)
		}
		return r, err
	}, `select key, promise, id, mails, queued_at from correspondence_reminder where promise = $1 order by queued_at, key limit 500`, promise)
}

// addReminder notes a reminder; false when it was noted before.
func addReminder(ctx context.Context, tx *sql.Tx, r reminder) (bool, error) {
	res, err := tx.ExecContext(ctx, `insert into correspondence_reminder (key, promise, id, mails, queued_at)
		values ($1, $2, $3, $4, $5) on conflict (key) do nothing`,
		r.Key, r.Promise, r.ID, r.Mails, db.Instant(r.Queued))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func forgetReminder(ctx context.Context, tx *sql.Tx, key string) error {
	_, err := tx.ExecContext(ctx, `delete from correspondence_reminder where key = $1`, key)
	return err
}

// optOut notes that an address wants no more of a topic, or wants it again.
func optOut(ctx context.Context, tx *sql.Tx, fingerprint string, t Topic, out bool, now time.Time) error {
	if !out {
		_, err := tx.ExecContext(ctx, `delete from correspondence_optout where fingerprint = $1 and topic = $2`, fingerprint, string(t))
		return err
	}
	_, err := tx.ExecContext(ctx, `insert into correspondence_optout (fingerprint, topic, created_at) values ($1, $2, $3)
		on conflict (fingerprint, topic) do nothing`, fingerprint, string(t), db.Instant(now))
	return err
}

func hasOptedOut(ctx context.Context, q db.Querier, fingerprint string, t Topic) (bool, error) {
	list, err := db.Query(ctx, q, func(scan func(...any) error) (n int, err error) { err = scan(&n); return n, err },
		`select 1 from correspondence_optout where fingerprint = $1 and topic = $2 limit 1`, fingerprint, string(t))
	return len(list) > 0, err
}
