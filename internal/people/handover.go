// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

// Held is one thing that a person holds and that a successor can take over.
type Held struct {
	Holder string // name of the room that holds it
	ID     string // its identifier there
	Label  string // "Référent du groupe « places »"
	Href   string // its page, "" for none
	Note   string
}

// Holder is a room where people hold things: actions, seats, groups. It is declared here, by
// who uses it, and the rooms above plug themselves in.
type Holder interface {
	// Name is what Held.Holder says: "plan-actions".
	Name() string
	// Held lists what a person holds at present.
	Held(ctx context.Context, q db.Querier, person string) ([]Held, error)
	// HandOver gives one of them to a successor from a day on, in the transaction that accepts it.
	HandOver(ctx context.Context, tx *sql.Tx, held Held, to string, from clock.Date) error
}
