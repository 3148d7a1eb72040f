// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
)

// SeedDemo registers the promises of a demonstration that are not there yet, so that the table of
// reminders can be tried: what visitors changed of the others stays.
func (r *Room) SeedDemo(ctx context.Context, list ...Promise) error {
	return r.DB.Tx(ctx, func(tx *sql.Tx) error {
		for _, p := range list {
			_, err := recordByKey(ctx, tx, p.Key)
			if errors.Is(err, ErrUnknown) {
				err = r.Register(ctx, tx, p)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
