// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"context"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"maillage/internal/platform/db"
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

// Pending is an act appended in a transaction that may yet be undone: what
// [Journal.Receipt] asks for once it is committed and signed.
type Pending struct {
	ID    string
	Index int64 // its leaf, from 0
	Hash  tlog.Hash
}

// Append adds the act to the tree inside tx, which also holds what the act changes: both
// are committed, or neither. db.IsUnique tells that an act with that ID is there already.
func (j *Journal) Append(ctx context.Context, tx *sql.Tx, a Act) (Pending, error) {
	if a.ID == "" {
		a.ID = db.NewID()
	}
	leaf, openings, err := a.seal()
	if err != nil {
		return Pending{}, err
	}
	if err := j.wipe(ctx, tx); err != nil {
		return Pending{}, err
	}
	// Before the rest: on PostgreSQL this takes the lock of the row.
	var size int64
	err = tx.QueryRowContext(ctx, `update journal_head set size = size + 1 where id = 1 returning size`).Scan(&size)
	if err != nil {
		return Pending{}, fmt.Errorf("journal: %w", err)
	}
	n := size - 1
	hashes, err := tlog.StoredHashes(n, leaf, stored(ctx, tx))
	if err != nil {
		return Pending{}, err
	}
	_, err = tx.ExecContext(ctx, `insert into journal_leaf (idx, id, kind, at, holder, subject, leaf)
		values ($1, $2, $3, $4, $5, $6, $7)`, n, a.ID, a.Kind, db.Instant(a.At), a.Holder, a.Subject, string(leaf))
	if err != nil {
		return Pending{}, fmt.Errorf("journal, acte %s: %w", a.ID, err)
	}
	if err := insertHashes(ctx, tx, tlog.StoredHashIndex(0, n), hashes); err != nil {
		return Pending{}, fmt.Errorf("journal, acte %s: %w", a.ID, err)
	}
	for _, o := range openings {
		_, err := tx.ExecContext(ctx, `insert into journal_opening (commitment, idx, person, salt, value)
			values ($1, $2, $3, $4, $5)`, o.commitment, n, o.person, o.salt, o.value)
		if err != nil {
			return Pending{}, fmt.Errorf("journal, acte %s: %w", a.ID, err)
		}
	}
	return Pending{a.ID, n, hashes[0]}, nil
}

// insertHashes adds consecutive hashes in one statement; a leaf completes few subtrees.
func insertHashes(ctx context.Context, tx *sql.Tx, pos int64, hashes []tlog.Hash) error {
	var text strings.Builder
	args := make([]any, 0, 2*len(hashes))
	text.WriteString("insert into journal_hash (pos, hash) values ")
	for i, h := range hashes {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString("($" + strconv.Itoa(2*i+1) + ",$" + strconv.Itoa(2*i+2) + ")")
		args = append(args, pos+int64(i), hex.EncodeToString(h[:]))
	}
	_, err := tx.ExecContext(ctx, text.String(), args...)
	return err
}

// row is one stored hash.
type row struct {
	pos  int64
	hash string
}

func scanRow(scan func(...any) error) (r row, err error) { return r, scan(&r.pos, &r.hash) }

func parseHash(s string) (h tlog.Hash, ok bool) {
	if !hexSHA256.MatchString(s) {
		return h, false
	}
	_, err := hex.Decode(h[:], []byte(s))
	return h, err == nil
}

// stored reads the hashes of the tree: at most a few tens at a time, as many as it has levels.
func stored(ctx context.Context, q db.Querier) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil
		}
		args := make([]any, len(indexes))
		for i, pos := range indexes {
			args[i] = pos
		}
		rows, err := db.Query(ctx, q, scanRow, "select pos, hash from journal_hash where pos in ("+db.In(1, len(args))+")", args...)
		if err != nil {
			return nil, err
		}
		found := make(map[int64]tlog.Hash, len(rows))
		for _, r := range rows {
			if h, ok := parseHash(r.hash); ok {
				found[r.pos] = h
			}
		}
		hashes := make([]tlog.Hash, len(indexes))
		for i, pos := range indexes {
			h, ok := found[pos]
			if !ok {
				level, n := tlog.SplitStoredHashIndex(pos)
				return nil, fmt.Errorf("%w (%s manque ou est illisible)", ErrAltered, hashName(level, n))
			}
			hashes[i] = h
		}
		return hashes, nil
	}
}

// Size is how many acts the journal holds.
func (j *Journal) Size(ctx context.Context) (int64, error) { return size(ctx, j.db.Read()) }

// rowQuerier is what reads one row: the pool or a transaction.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func size(ctx context.Context, q rowQuerier) (n int64, err error) {
	return n, q.QueryRowContext(ctx, "select size from journal_head where id = 1").Scan(&n)
}

// Entry is a leaf and its place.
type Entry struct {
	Index int64
	Leaf  *Leaf
	Text  string // the canonical JSON
}

// OfSubject lists the acts about an object, oldest first, at most limit.
func (j *Journal) OfSubject(ctx context.Context, subject string, limit int) ([]Entry, error) {
	return j.entries(ctx, "where subject = $1 order by idx limit $2", subject, limit)
}

// OfHolder lists the acts about a holder, newest first, at most limit.
func (j *Journal) OfHolder(ctx context.Context, holder string, limit int) ([]Entry, error) {
	return j.entries(ctx, "where holder = $1 order by idx desc limit $2", holder, limit)
}

// Act is the act of that ID.
func (j *Journal) Act(ctx context.Context, id string) (Entry, error) {
	list, err := j.entries(ctx, "where id = $1", id)
	if err != nil {
		return Entry{}, err
	}
	if len(list) == 0 {
		return Entry{}, ErrUnknown
	}
	return list[0], nil
}

// entries takes a condition of this file, never a text from elsewhere.
func (j *Journal) entries(ctx context.Context, condition string, args ...any) ([]Entry, error) {
	return db.Query(ctx, j.db.Read(), func(scan func(...any) error) (e Entry, err error) {
		if err := scan(&e.Index, &e.Text); err != nil {
			return e, err
		}
		if e.Leaf, err = ParseLeaf([]byte(e.Text)); err != nil {
			return e, fmt.Errorf("%w (feuille n° %d : %w)", ErrAltered, Ordinal(e.Index), err)
		}
		return e, nil
	}, "select idx, leaf from journal_leaf "+condition, args...) // #nosec G202 -- fixed conditions
}

// Reveal opens a commitment: the personal datum, or [ErrErased], or [ErrUnknown].
func (j *Journal) Reveal(ctx context.Context, commit string) (string, error) {
	var person, salt, value, erased string
	err := j.db.Read().QueryRowContext(ctx, `select person, salt, value, erased_at from journal_opening where commitment = $1`, commit).
		Scan(&person, &salt, &value, &erased)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", ErrUnknown
	case err != nil:
		return "", err
	case erased != "":
		return "", ErrErased
	case !Opens(commit, salt, Personal{person, value}):
		return "", fmt.Errorf("%w (le scellé %s ne s'ouvre plus)", ErrAltered, commit)
	}
	return value, nil
}

// Personals lists what the journal says of a person in the clear: for the export of
// their data. The key is the ID of the act.
func (j *Journal) Personals(ctx context.Context, person string) (map[string][]string, error) {
	rows, err := db.Query(ctx, j.db.Read(), func(scan func(...any) error) (r [2]string, err error) {
		return r, scan(&r[0], &r[1])
	}, `select l.id, o.value from journal_opening o join journal_leaf l on l.idx = o.idx
		where o.person = $1 and o.erased_at = '' order by o.idx, o.commitment limit 100000`, person)
	list := map[string][]string{}
	for _, r := range rows {
		list[r[0]] = append(list[r[0]], r[1])
	}
	return list, err
}

// Erase forgets in tx what the journal says of a person in the clear and tells how many
// commitments became unreadable for good. Leaves, proofs and receipts do not change.
func (j *Journal) Erase(ctx context.Context, tx *sql.Tx, person string, at time.Time) (int64, error) {
	if person == "" {
		return 0, errors.New("effacement : aucune personne n'est désignée")
	}
	if err := j.wipe(ctx, tx); err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, `update journal_opening set person = '', salt = '', value = '', erased_at = $1
		where person = $2 and erased_at = ''`, db.Instant(at), person)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// wipe has SQLite overwrite what it removes, here and wherever the row was before: when
// pages are split, copies of their rows stay in the free part of the old ones.
func (j *Journal) wipe(ctx context.Context, tx *sql.Tx) error {
	if j.db.Engine() != db.SQLite {
		return nil
	}
	_, err := tx.ExecContext(ctx, "pragma secure_delete = on")
	return err
}
