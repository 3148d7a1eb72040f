// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"maillage/internal/platform/db"
)

// What callers tell apart, by errors.Is.
var (
	// ErrUnknown: no act has that ID.
	ErrUnknown = errors.New("cet acte n'est pas au journal")
	// ErrUnsigned: the act is in the tree, but no checkpoint covers it yet.
	ErrUnsigned = errors.New("cet acte n'est pas encore couvert par un point de contrôle ; réessayez dans un instant")
	// ErrEmpty: there is nothing to sign.
	ErrEmpty = errors.New("le journal est vide")
	// ErrErased: the personal datum was erased; its commitment stays.
	ErrErased = errors.New("cette donnée personnelle a été effacée")
	// ErrAltered: what is stored is not what was written; Audit says where.
	ErrAltered = errors.New("le journal a été altéré ; lancez sa vérification complète")
)

// Journal is the journal of one database. It is safe for concurrent use.
type Journal struct {
	db     *db.DB
	key    *Key
	former []PublicKey
	dir    string
	now    func() time.Time
	turn   chan struct{} // holds one token: whose turn it is to append, on PostgreSQL
	sign   chan struct{} // holds one token: whose turn it is to sign
}

// New is the journal of d, whose migrations of this room have been applied. It signs with
// key and keeps its witness in the folder dir, which must be outside what a restored
// backup of the database brings back. Former keys are those it signed with before. The
// clock dates the checkpoints; nil is the machine's.
func New(d *db.DB, key *Key, dir string, now func() time.Time, former ...PublicKey) *Journal {
	if now == nil {
		now = time.Now
	}
	j := &Journal{db: d, key: key, former: former, dir: dir, now: now, turn: make(chan struct{}, 1), sign: make(chan struct{}, 1)}
	j.turn <- struct{}{}
	j.sign <- struct{}{}
	return j
}

// Key is the public key that checks what the journal signs.
func (j *Journal) Key() PublicKey { return j.key.public }

// Keys are the public keys whose signature is believed: the present one, then the former.
func (j *Journal) Keys() []PublicKey { return j.keys() }

func (j *Journal) keys() []PublicKey { return append([]PublicKey{j.key.public}, j.former...) }

// Tx is the database's Tx for functions that append. Any transaction may; but on
// PostgreSQL each commit makes those that run beside it start again, and this keeps the
// writers of one process in a row. (On SQLite the single writer does, with shared commits.)
func (j *Journal) Tx(ctx context.Context, fn func(*sql.Tx) error) error {
	if j.db.Engine() == db.SQLite {
		return j.db.Tx(ctx, fn)
	}
	if err := take(ctx, j.turn); err != nil {
		return err
	}
	defer func() { j.turn <- struct{}{} }()
	return j.db.Tx(ctx, fn)
}

func take(ctx context.Context, token chan struct{}) error {
	select {
	case <-token:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
