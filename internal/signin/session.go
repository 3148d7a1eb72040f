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
	renewal  = 4 * time.Hour      // the token changes, see renew
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
	rotated time.Time
	tokens
}

// tokens are the hashes that a session is known by.
type tokens struct {
	token, former, formerUntil string
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

// start writes a new session and returns its ID and its token.
func (s sessions) start(ctx context.Context, tx *sql.Tx, n Session, now time.Time) (id, token string, err error) {
	id, token = db.NewID(), newToken()
	_, err = tx.ExecContext(ctx, `
		insert into signin_session (id, token, former, former_until, person, hat, method, device, created_at, seen_at, expires_at, proved_at, ended_at, rotated_at)
		values ($1, $2, '', '', $3, $4, $5, $6, $7, $8, $9, $10, '', $11)`,
		id, hashed(token), n.Person, n.Hat, n.Method, n.Device, db.Instant(now), db.Instant(now),
		db.Instant(now.Add(absolute)), db.OptionalInstant(n.Proved), db.Instant(now))
	return id, token, err
}

const sessionColumns = `id, person, hat, method, device, created_at, seen_at, expires_at, proved_at, rotated_at, token, former, former_until`

func scanSession(scan func(...any) error) (Session, error) {
	var s Session
	var created, seen, expires, proved, rotated string
	if err := scan(&s.ID, &s.Person, &s.Hat, &s.Method, &s.Device, &created, &seen, &expires, &proved, &rotated,
		&s.token, &s.former, &s.formerUntil); err != nil {
		return s, err
	}
	var errs [5]error
	s.Created, errs[0] = db.ParseInstant(created)
	s.Seen, errs[1] = db.ParseInstant(seen)
	s.Expires, errs[2] = db.ParseInstant(expires)
	s.Proved, errs[3] = db.ParseOptionalInstant(proved)
	s.rotated, errs[4] = db.ParseOptionalInstant(rotated)
	return s, errors.Join(errs[:]...)
}

// find is the living session of a token, errNoSession when there is none.
//
// A session has one token, and for a while the one before. After a change that lends more
// rights (a proof, another hat) the former one lasts a minute and lends none of them. After
// the change of every few hours it lasts until the new one was seen, then a minute: an answer lost on the
// line takes nobody out. A former token that comes back later is a copy: the session ends,
// for the thief and for its owner, who signs in again.
func (s sessions) find(ctx context.Context, token string, now time.Time) (Session, error) {
	h := hashed(token)
	list, err := db.Query(ctx, s.db.Read(), scanSession, `
		select `+sessionColumns+` from signin_session
		where (token = $1 or former = $2) and ended_at = '' and expires_at > $3 and seen_at > $4
		limit 2`, h, h, db.Instant(now), db.Instant(now.Add(-idle)))
	if err != nil {
		return Session{}, err
	}
	if len(list) != 1 {
		return Session{}, errNoSession
	}
	found := list[0]
	switch {
	case found.token == h && found.former != "" && found.formerUntil == "":
		return found, s.settle(ctx, found, now)
	case found.token == h || found.formerUntil == "":
		return found, nil
	case db.Instant(now) < found.formerUntil:
		found.Proved = time.Time{}
		return found, nil
	}
	err = s.db.Tx(ctx, func(tx *sql.Tx) error { return s.end(ctx, tx, []any{found.Person}, found.ID, "copie", now) })
	if err != nil && !errors.Is(err, errNoSession) {
		return Session{}, err
	}
	return Session{}, errNoSession
}

// settle lets the former token go, now that the new one has arrived.
func (s sessions) settle(ctx context.Context, n Session, now time.Time) error {
	return s.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update signin_session set former_until = $1 where id = $2 and token = $3 and former_until = ''`,
			db.Instant(now.Add(overlap)), n.ID, n.token)
		return err
	})
}

// touch notes that the session is in use.
func (s sessions) touch(ctx context.Context, id string, now time.Time) error {
	return s.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update signin_session set seen_at = $1 where id = $2 and ended_at = ''`, db.Instant(now), id)
		return err
	})
}

// renew changes the token of a session that came by the hash given, as n was read. Of two requests
// that come together one does; the other gets errNoSession and leaves the cookie as it is.
func (s sessions) renew(ctx context.Context, n Session, by string, now time.Time) (token string, err error) {
	token = newToken()
	return token, s.db.Tx(ctx, func(tx *sql.Tx) error {
		text := `update signin_session set former = token, former_until = '', token = $1, rotated_at = $2, seen_at = $3
			where id = $4 and token = $5 and (former_until <> '' or former = '') and ended_at = ''`
		if by == n.former { // the answer that brought the present token was lost: nobody holds it
			text = `update signin_session set token = $1, rotated_at = $2, seen_at = $3
				where id = $4 and token = $5 and former_until = '' and ended_at = ''`
		}
		res, err := tx.ExecContext(ctx, text, hashed(token), db.Instant(now), db.Instant(now), n.ID, n.token)
		return db.One(res, err, errNoSession)
	})
}

// rotate gives the session another token because it lends other rights, and lets the present one live for a moment.
func (s sessions) rotate(ctx context.Context, tx *sql.Tx, id string, now time.Time) (token string, err error) {
	token = newToken()
	res, err := tx.ExecContext(ctx, `
		update signin_session set former = token, former_until = $1, token = $2, seen_at = $3, rotated_at = $4
		where id = $5 and ended_at = ''`, db.Instant(now.Add(overlap)), hashed(token), db.Instant(now), db.Instant(now), id)
	return token, db.One(res, err, errNoSession)
}

// wear changes the hat of a session.
func (s sessions) wear(ctx context.Context, tx *sql.Tx, id, hat string) error {
	res, err := tx.ExecContext(ctx, `update signin_session set hat = $1 where id = $2 and ended_at = ''`, hat, id)
	return db.One(res, err, errNoSession)
}

// prove notes that a second factor was shown.
func (s sessions) prove(ctx context.Context, tx *sql.Tx, id string, now time.Time) error {
	res, err := tx.ExecContext(ctx, `update signin_session set proved_at = $1 where id = $2 and ended_at = ''`, db.Instant(now), id)
	return db.One(res, err, errNoSession)
}

const endText = `update signin_session set ended_at = $1, ended_why = $2, token = id, former = '' `

// end ends a session of a person, at once and for every process. A person may have several
// records: duplicates merged since.
func (s sessions) end(ctx context.Context, tx *sql.Tx, records []any, id, why string, now time.Time) error {
	// #nosec G701 -- db.In writes $4, $5… and nothing else
	res, err := tx.ExecContext(ctx, endText+`where id = $3 and ended_at = '' and person in (`+db.In(4, len(records))+`)`,
		append([]any{db.Instant(now), why, id}, records...)...)
	return db.One(res, err, errNoSession)
}

// endAll ends every session of a person but one, "" for all.
func (s sessions) endAll(ctx context.Context, tx *sql.Tx, records []any, but, why string, now time.Time) error {
	_, err := tx.ExecContext(ctx, endText+`where id <> $3 and ended_at = '' and person in (`+db.In(4, len(records))+`)`,
		append([]any{db.Instant(now), why, but}, records...)...)
	return err
}

// living are the sessions of a person that are open, the last used first.
func (s sessions) living(ctx context.Context, records []any, now time.Time) ([]Session, error) {
	return db.Query(ctx, s.db.Read(), scanSession, `
		select `+sessionColumns+` from signin_session
		where ended_at = '' and expires_at > $1 and seen_at > $2 and person in (`+db.In(3, len(records))+`)
		order by seen_at desc, id desc
		limit 200`, append([]any{db.Instant(now), db.Instant(now.Add(-idle))}, records...)...)
}

// lastHat is the hat that a person wore last, "" when they never came.
func (s sessions) lastHat(ctx context.Context, q db.Querier, records []any) (string, error) {
	list, err := db.Query(ctx, q, func(scan func(...any) error) (hat string, err error) { return hat, scan(&hat) }, `
		select hat from signin_session where person in (`+db.In(1, len(records))+`) order by created_at desc, id desc limit 1`, records...)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}
