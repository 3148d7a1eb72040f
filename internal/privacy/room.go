// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/platform/journal"
)

//go:embed migrations
var migrations embed.FS

// Migrations are the tables of this room.
func Migrations() fs.FS { return migrations }

//go:embed donnees.toml
var ownDictionary string

// OwnDictionary is the dictionary of this room.
func OwnDictionary() string { return ownDictionary }

// What callers tell apart, by errors.Is.
var (
	// ErrUnknown: there is no such person.
	ErrUnknown = errors.New("cette personne n'est pas dans l'annuaire")
	// ErrErased: nothing is left to erase.
	ErrErased = errors.New("les données de cette personne sont déjà effacées")
)

// Holder is the code of a room that keeps data which the dictionary alone cannot copy or erase:
// contents outside the database, values about one person in another's rows.
type Holder interface {
	// Export is what the room knows of a person.
	Export(ctx context.Context, person string) ([]Section, error)
	// Erase forgets the person in tx. It may run more than once.
	Erase(ctx context.Context, tx *sql.Tx, person string) error
}

// Attached is what a Holder may also be, when it keeps whole files about a person: they go with the
// copy of their data.
type Attached interface {
	// Attach calls add with each file and a function that opens its content.
	Attach(ctx context.Context, person string, add func(name string, open func() (io.ReadCloser, error)) error) error
}

// Swept is what a Holder may also be, when something is to be done once the erasure is durable:
// contents to be taken out of a store of files.
type Swept interface {
	Sweep(ctx context.Context) error
}

// Purger is the code of a room that ends the life of its own rows, for tables whose dictionary
// says so.
type Purger interface {
	// Due counts what is older than age, with examples by ID.
	Due(ctx context.Context, age time.Duration) (Due, error)
	// Purge removes it and tells how much.
	Purge(ctx context.Context, age time.Duration) (int, error)
}

// Room answers for the personal data of the service.
type Room struct {
	DB         *db.DB
	Dictionary *Dictionary
	People     *people.Store
	Journal    *journal.Journal
	History    *history.Room     // notes changes of settings
	Holders    map[string]Holder // by room
	Purgers    map[string]Purger // by table; by category for what is in none
	Bumped     []string          // names to bump (db.Bump) so that caches are read anew
	Ledger     Ledger
	Now        func() time.Time

	scrubbing  sync.Mutex
	unreplayed atomic.Bool // the last Replay failed
}

// Check says what is missing: a room whose dictionary leaves something to its code must have it.
func (r *Room) Check() error {
	for _, t := range r.Dictionary.Tables {
		if t.Name == "privacy_erasure" {
			continue // the ledger itself
		}
		room := r.Dictionary.roomOf(t)
		if slices.ContainsFunc(t.Links, func(l Link) bool { return l.Effect == ByRoom }) && r.Holders[room] == nil {
			return fmt.Errorf("privacy: no holder for room %s, table %s", room, t.Name)
		}
		if t.Life.Effect == ByRoom && r.Purgers[t.Name] == nil {
			return fmt.Errorf("privacy: no purger for table %s", t.Name)
		}
	}
	if r.Purgers[Deposits] == nil {
		return fmt.Errorf("privacy: no purger for category %s", Deposits)
	}
	return nil
}

func (d *Dictionary) roomOf(t *Table) string {
	if t.of != nil {
		return t.of.Room
	}
	return ""
}
