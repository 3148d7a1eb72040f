// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
)

// Bump notes, in the transaction that changes it, that what name stands for
// has changed. Processes that keep it in memory find out by polling
// [DB.Versions]; a transaction that is undone bumps nothing.
func Bump(ctx context.Context, tx *sql.Tx, name string) error {
	_, err := tx.ExecContext(ctx, `
		insert into platform_change (name, version) values ($1, 1)
		on conflict (name) do update set version = platform_change.version + 1`, name)
	return err
}

// Versions is the count of changes of each name that was ever bumped. It reads
// one small table, cheap enough to ask every second. Compare with "differs",
// not "greater": a restored backup goes back.
func (d *DB) Versions(ctx context.Context) (map[string]int64, error) {
	rows, err := d.read.QueryContext(ctx, "select name, version from platform_change")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	versions := map[string]int64{}
	for rows.Next() {
		var name string
		var version int64
		if err := rows.Scan(&name, &version); err != nil {
			return nil, err
		}
		versions[name] = version
	}
	return versions, rows.Err()
}
