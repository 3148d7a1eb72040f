// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"

	"maillage/internal/people"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

// Handed lets the directory hand promises over with the rest of what a person holds.
type Handed struct{ *Room }

var _ people.Holder = Handed{}

// Name is what the directory calls this room.
func (Handed) Name() string { return "engagements" }

// Held are the promises that a person still has to keep.
func (Handed) Held(ctx context.Context, q db.Querier, person string) ([]people.Held, error) {
	list, err := records(ctx, q, `where holder = $1 and kept = '' and dropped_at = '' order by due, id limit $2`, person, mostPromises)
	var held []people.Held
	for _, p := range list {
		held = append(held, people.Held{Holder: Handed{}.Name(), ID: p.ID, Label: "Engagement : " + p.Subject, Href: p.Path, Note: "pour le " + p.Due.French()})
	}
	return held, err
}

// HandOver makes a promise its successor's. Reminders that have not left are planned anew, for
// the successor: who accepted is told from then on, whatever the first day.
func (h Handed) HandOver(ctx context.Context, tx *sql.Tx, held people.Held, to string, _ clock.Date) error {
	p, err := recordByID(ctx, tx, held.ID)
	if err != nil {
		return err
	}
	if err := h.takeBack(ctx, tx, p.ID); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `update correspondence_promise set holder = $1 where id = $2`, to, p.ID)
	return err
}
