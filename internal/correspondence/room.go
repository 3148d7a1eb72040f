// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations are the tables of this room.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // cannot happen: the folder is embedded
	}
	return sub
}

// Room is the outbox, the promises and the group mails of a service.
type Room struct {
	DB     *db.DB
	Outbox *mail.Outbox
	People *people.Store
	Now    func() time.Time
	// Base is the address that links in mails start with: "https://maillage.ville.fr".
	Base string
	// Sends says that a mail server is set; without one mails stay in the outbox.
	Sends bool
	// Demo shows the text of the mails to everyone: nobody real is written to.
	Demo bool
	// DeputyOf tells who stands in for a person who is away on a day, "" for nobody. It must be set.
	DeputyOf func(ctx context.Context, person string, day clock.Date) (string, error)
	// Audience names the groups that /courriels/nouveau writes to; nil: that page is not there.
	Audience Audience
	// SetRhythm writes the rhythm of the digest of the person an address belongs to; nil: only
	// what waits for them is dropped. An address that is nobody's is no error.
	SetRhythm func(ctx context.Context, addr string, r mail.Rhythm) error

	keys keys
}

// Open makes the room over its tables, and has digests bear the address that ends them.
func Open(ctx context.Context, d *db.DB, outbox *mail.Outbox, directory *people.Store, base string, now func() time.Time) (*Room, error) {
	r := &Room{DB: d, Outbox: outbox, People: directory, Base: base, Now: now}
	secret, err := r.secret(ctx)
	if err != nil {
		return nil, err
	}
	if r.keys, err = newKeys(secret); err != nil {
		return nil, err
	}
	outbox.Unsubscribe = func(addr string) string { return r.unsubscribeURL(Digests, addr) }
	return r, nil
}

// secret is the key of this service, made the first time.
func (r *Room) secret(ctx context.Context) (secret []byte, err error) {
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails
	var kept string
	err = r.DB.Tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `select secret from correspondence_secret where id = 'courriels'`).Scan(&kept)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		kept = hex.EncodeToString(fresh)
		_, err = tx.ExecContext(ctx, `insert into correspondence_secret (id, secret) values ('courriels', $1)`, kept)
		return err
	})
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(kept)
}

// today is the day in Paris.
func (r *Room) today() clock.Date { return clock.On(r.Now()) }
