// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"maillage/internal/platform/db"
)

// How long what has ended is kept: sessions so that somebody can see what happened to their
// account, the rest as long as an answer can tell "expired" from "unknown".
const (
	keepSessions = 90 * 24 * time.Hour
	keepAsks     = 24 * time.Hour
	keepSalts    = 48 * time.Hour
)

// Sweep removes what is over. It is to run every hour; running it twice does no harm.
func (r *Room) Sweep(ctx context.Context) error {
	now := r.Now()
	return r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		var errs []error
		for _, s := range []struct {
			text   string
			before time.Time
		}{
			{`delete from signin_session where ended_at <> '' and ended_at < $1`, now.Add(-keepSessions)},
			{`delete from signin_session where ended_at = '' and expires_at < $1`, now.Add(-keepSessions)},
			{`delete from signin_ask where expires_at < $1`, now.Add(-keepAsks)},
			{`delete from signin_trip where expires_at < $1`, now},
			{`delete from signin_tries where until < $1`, now},
			{`delete from signin_first where expires_at < $1`, now},
			{`delete from signin_address where until < $1`, now.Add(-keepSessions)},
		} {
			_, err := tx.ExecContext(ctx, s.text, db.Instant(s.before))
			errs = append(errs, err)
		}
		_, err := tx.ExecContext(ctx, `delete from signin_salt where day < $1`, now.Add(-keepSalts).UTC().Format(time.DateOnly))
		errs = append(errs, err)
		_, err = tx.ExecContext(ctx, `delete from signin_hint where session not in (select id from signin_session where ended_at = '' and expires_at > $1)`, db.Instant(now))
		return errors.Join(append(errs, err)...)
	})
}
