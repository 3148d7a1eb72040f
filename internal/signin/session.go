// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"time"

	"maillage/internal/platform/db"
)

//go:embed migrations
var migrations embed.FS

// Migrations are the tables of this room.
func Migrations() fs.FS { return migrations }

// How long sessions last. CNIL and ANSSI leave it to each service; these suit a shared office
// machine and a working day.
const (
	idle     = 8 * time.Hour      // without a request
	absolute = 7 * 24 * time.Hour // whatever happens
	overlap  = time.Minute        // the former token is honoured, for requests under way
	notice   = 5 * time.Minute    // precision of seen_at
)

// Session is one browser of one person.
type Session struct {
	ID      string
	Person  string
	Hat     string // ID of the hat worn, "" for none
	Method  string // how they signed in
	Device  string // browser and system, in words
	Created time.Time
	Seen    time.Time
	Expires time.Time
	Proved  time.Time // when a second factor was last shown; zero: never
	stale   bool      // known by its former token
}

// errNoSession: the token opens nothing, or no longer.
var errNoSession = errors.New("session inconnue ou terminée")

func newToken() string { return rand.Text() + rand.Text() }

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// sessions keeps them.
type sessions struct{ db *db.DB }

// start writes a new session and returns its token.
func (s sessions) start(ctx context.Context, tx *sql.Tx, n Session, now time.Time) (token string, err error) {
	token = newToken()
	_, err = tx.ExecContext(ctx, `
		insert into signin_session (id, token, former, former_until, person, hat, method, device, created_at, seen_at, expires_at, proved_at, ended_at)
		values ($1, $2, '', '', $3, $4, $5, $6, $7, $8, $9, $10, '')`,
		db.NewID(), hashed(token), n.Person, n.Hat, n.Method, n.Device, db.Instant(now), db.Instant(now),
		db.Instant(now.Add(absolute)), db.OptionalInstant(n.Proved))
	return token, err
}

const sessionColumns = `id, person, hat, method, device, created_at, seen_at, expires_at, proved_at`

func scanSession(scan func(...any) error) (Session, error) {
	var s Session
	var created, seen, expires, proved string
	if err := scan(&s.ID, &s.Person, &s.Hat, &s.Method, &s.Device, &created, &seen, &expires, &proved); err != nil {
		return s, err
	}
	var errs [4]error
	s.Created, errs[0] = db.ParseInstant(created)
	s.Seen, errs[1] = db.ParseInstant(seen)
	s.Expires, errs[2] = db.ParseInstant(expires)
	s.Proved, errs[3] = db.ParseOptionalInstant(proved)
	return s, errors.Join(errs[:]...)
}

// find is the living session of a token, errNoSession when there is none.
func (s sessions) find(ctx context.Context, token string, now time.Time) (Session, error) {
	h, at := hashed(token), db.Instant(now)
	list, err := db.Query(ctx, s.db.Read(), scanSession, `
		select `+sessionColumns+` from signin_session
		where (token = $1 or former = $2 and former_until > $3) and ended_at = '' and expires_at > $4 and seen_at > $5`,
		h, h, at, at, db.Instant(now.Add(-idle)))
	if err != nil {
		return Session{}, err
	}
	if len(list) != 1 {
		return Session{}, errNoSession
	}
	return list[0], nil
}

// touch notes that the session is in use.
func (s sessions) touch(ctx context.Context, id string, now time.Time) error {
	return s.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update signin_session set seen_at = $1 where id = $2 and ended_at = ''`, db.Instant(now), id)
		return err
	})
}

// rotate gives the session another token, and lets the present one live for a moment.
func (s sessions) rotate(ctx context.Context, tx *sql.Tx, id string, now time.Time) (token string, err error) {
	token = newToken()
	res, err := tx.ExecContext(ctx, `
		update signin_session set former = token, former_until = $1, token = $2, seen_at = $3
		where id = $4 and ended_at = ''`, db.Instant(now.Add(overlap)), hashed(token), db.Instant(now), id)
	return token, db.One(res, err, errNoSession)
}

// wear changes the hat of a session.
func (s sessions) wear(ctx context.Context, tx *sql.Tx, id, hat string) error {
	res, err := tx.ExecContext(ctx, `update signin_session set hat = $1 where id = $2 and ended_at = ''`, hat, id)
	return db.One(res, err, errNoSession)
}

// end ends a session of a person, at once and for every process.
func (s sessions) end(ctx context.Context, tx *sql.Tx, person, id string, now time.Time) error {
	res, err := tx.ExecContext(ctx, `
		update signin_session set ended_at = $1, token = id, former = ''
		where id = $2 and person = $3 and ended_at = ''`, db.Instant(now), id, person)
	return db.One(res, err, errNoSession)
}
