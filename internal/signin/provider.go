// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"time"

	"maillage/internal/platform/db"
)

// Provider is where people have an account that vouches for them (OpenID Connect).
type Provider interface {
	// Name is what its button says.
	Name() string
}

// link notes that an account at a provider is somebody's.
func (r *Room) link(ctx context.Context, tx *sql.Tx, issuer, subject, person string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into signin_identity (issuer, subject, person, created_at, used_at) values ($1, $2, $3, $4, $5)
		on conflict (issuer, subject) do update set person = excluded.person, used_at = excluded.used_at`,
		issuer, subject, person, db.Instant(now), db.Instant(now))
	return err
}
