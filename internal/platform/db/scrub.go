// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"fmt"
	"time"
)

// scrubPatience is how long Scrub waits for readers of what was before.
const scrubPatience = 30 * time.Second

// Scrub removes from the files of the database what was deleted from the tables named: the
// pages that are free, the free part of those in use, the log. Writers wait meanwhile. On
// SQLite it rewrites the whole file, whatever the tables; on PostgreSQL each table, and the
// server's own log keeps what was until it is recycled or archived. [ErrBusy] says that somebody
// still reads what was before: nothing is lost by trying again.
func (d *DB) Scrub(ctx context.Context, tables ...string) error {
	if d.engine == Postgres {
		for _, t := range tables {
			if _, err := d.write.ExecContext(ctx, "vacuum full "+quote(t)); err != nil {
				return fmt.Errorf("nettoyage de %s : %w", t, err)
			}
		}
		return nil
	}
	if _, err := d.write.ExecContext(ctx, "vacuum"); err != nil {
		return fmt.Errorf("nettoyage de %s : %w", d.place, explainSQLite(err))
	}
	for end := time.Now().Add(scrubPatience); ; {
		var busy, pages, moved int
		err := d.write.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &pages, &moved) // waits 5 s for readers
		if err != nil && !isBusy(err) {
			return fmt.Errorf("nettoyage de %s : %w", d.place, explainSQLite(err))
		}
		if err == nil && busy == 0 {
			return nil
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("%w : une lecture longue retient l'ancien état de %s ; le nettoyage sera refait", ErrBusy, d.place)
		}
	}
}
