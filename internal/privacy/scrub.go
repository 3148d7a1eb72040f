// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

// ErrUnclean: the erasure is done and durable; only the bytes that it freed are still in the files
// of the database. [Room.RunDaily] takes them out.
var ErrUnclean = errors.New("les fichiers de la base gardent encore des octets de ce qui a été effacé")

// Rows of privacy_setting that this file keeps for itself.
const (
	pendingScrub = "nettoyage"      // the instant of the latest erasure whose bytes may still be there; "": none
	scrubLease   = "nettoyage-bail" // until when a process that scrubs keeps the others from it
)

// scrubTime is how long a process that scrubs is believed to be at it.
const scrubTime = time.Hour

// The daily job scrubs at night, in Paris, since writers wait meanwhile; what no night came for
// (a service that runs in office hours only) is not left longer than scrubWithin.
const (
	nightFrom, nightTo = 2, 5 // hours
	scrubWithin        = 22 * time.Hour
)

// keepRow writes a row of this file, without a trace in the history: nobody chose it.
func keepRow(ctx context.Context, tx *sql.Tx, name, value string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `insert into privacy_setting (name, value, set_at) values ($1, $2, $3)
		on conflict (name) do update set value = excluded.value, set_at = excluded.set_at`, name, value, db.Instant(at))
	return err
}

// clearRow empties a row of this file unless it was written anew.
func clearRow(ctx context.Context, tx *sql.Tx, name, value string) error {
	_, err := tx.ExecContext(ctx, `update privacy_setting set value = '' where name = $1 and value = $2`, name, value)
	return err
}

// scrubNeeded notes, in the transaction of an erasure, that its bytes are to be taken out.
func (r *Room) scrubNeeded(ctx context.Context, tx *sql.Tx) error {
	return keepRow(ctx, tx, pendingScrub, db.Instant(r.Now())+" "+db.NewID(), r.Now())
}

// finish takes out of the files what the transaction removed. The error is an [ErrUnclean] when
// that has to wait.
func (r *Room) finish(ctx context.Context) error {
	return errors.Join(r.sweepHolders(ctx), r.Scrub(ctx))
}

func (r *Room) sweepHolders(ctx context.Context) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(r.Holders)) {
		if s, ok := r.Holders[name].(Swept); ok {
			if err := s.Sweep(ctx); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// scrubLater takes the error of an erasure: when only the files could not be cleaned, all is well.
func scrubLater(err error) (later bool, _ error) {
	if errors.Is(err, ErrUnclean) {
		return true, nil
	}
	return false, err
}

// Scrub takes out of the database's files the bytes of what was erased, if there are any. One
// process does at a time; the error is an [ErrUnclean] when another is at it, or the database busy.
func (r *Room) Scrub(ctx context.Context) error {
	r.scrubbing.Lock()
	defer r.scrubbing.Unlock()
	lease := db.Instant(r.Now().Add(scrubTime)) + " " + db.NewID()
	pending, err := r.takeScrub(ctx, lease)
	if err != nil || pending == "" {
		return err
	}
	var tables []string
	for _, t := range r.Dictionary.Tables {
		if len(t.Links) > 0 || len(t.Free) > 0 {
			tables = append(tables, t.Name)
		}
	}
	err = r.DB.Scrub(ctx, tables...)
	if errors.Is(err, db.ErrBusy) {
		err = fmt.Errorf("%w : %w", ErrUnclean, err)
	}
	return errors.Join(err, r.DB.Tx(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
		if err == nil {
			if err := clearRow(ctx, tx, pendingScrub, pending); err != nil {
				return err
			}
		}
		return clearRow(ctx, tx, scrubLease, lease)
	}))
}

// takeScrub says what is to be scrubbed, "" for nothing, and keeps other processes from it.
func (r *Room) takeScrub(ctx context.Context, lease string) (pending string, err error) {
	err = r.DB.Tx(ctx, func(tx *sql.Tx) error {
		rows := map[string]string{}
		_, err := db.Query(ctx, tx, func(scan func(...any) error) (struct{}, error) {
			var name, value string
			err := scan(&name, &value)
			rows[name] = value
			return struct{}{}, err
		}, `select name, value from privacy_setting where name in ($1, $2) order by name limit 2`, pendingScrub, scrubLease)
		if pending = rows[pendingScrub]; err != nil || pending == "" {
			return err
		}
		if rows[scrubLease] > db.Instant(r.Now()) {
			return fmt.Errorf("%w : un autre processus les nettoie", ErrUnclean)
		}
		return keepRow(ctx, tx, scrubLease, lease, r.Now())
	})
	return pending, err
}

// scrubDue says that the daily job is to scrub now.
func (r *Room) scrubDue(ctx context.Context) (bool, error) {
	set, err := r.Settings(ctx)
	since := set.Text(pendingScrub)
	if err != nil || since == "" {
		return false, err
	}
	now := r.Now()
	hour := now.In(clock.Paris).Hour()
	return hour >= nightFrom && hour < nightTo || since < db.Instant(now.Add(-scrubWithin)), nil
}
