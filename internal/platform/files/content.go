// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"

	"maillage/internal/platform/db"
)

// How a content comes and goes.
//
// Its row is written first (claim), then the content goes to the backend, then its file's row is
// written in a transaction that sees the content's row still live (insert). To take a content away,
// a transaction that sees no file marks it leaving; only then does the backend lose it, and then
// its row goes. Transactions are serializable, so one of the two sees the other.
//
// Whoever puts a content that is leaving makes a new row, with a key of its own: a remover that
// slept between mark and removal takes away the old key, never the new content. A process killed in
// between leaves a row, live without file or leaving, and the next Sweep goes on from there. Killed
// while what it puts is being erased by another, it may leave a content without row: since a
// row comes before its content and goes after it, such a key is dead. Sweep removes it when it is
// old ([Orphan]), and not before: the database may be a backup that is about to be replaced.

// The name of a content: its hash, a dash, a mark.
const (
	hashLen = 64
	markLen = 16
	keyLen  = hashLen + 1 + markLen
)

// mark makes a key unlike any other of the same content.
func mark() string {
	var b [markLen / 2]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// settle sees to it that the content of a is in the backend, whole and durable.
func (s *Store) settle(ctx context.Context, a *arrival) (*Kept, error) {
	key, stored, err := s.claim(ctx, a)
	if err != nil {
		return nil, err
	}
	if stored { // what is there may have been damaged since: then it is mended
		if stored, err = s.intact(ctx, key, a); err != nil {
			return nil, err
		}
	}
	if !stored {
		if err := s.backend.Put(ctx, key, a.path, a.size); err != nil {
			return nil, explain(err)
		}
	}
	return &Kept{Name: a.name, Type: a.media, Size: a.size, SHA256: a.sha256, Scan: a.scan, key: key}, nil
}

// claim finds or makes the live row of a content, and says that it was wanted now.
func (s *Store) claim(ctx context.Context, a *arrival) (key string, stored bool, err error) {
	err = s.db.Tx(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `insert into files_content (key, sha256, size, state, stored, touched_at)
			values ($1, $2, $3, 'live', false, $4)
			on conflict (sha256) where state = 'live' do update set touched_at = excluded.touched_at
			returning key, stored`, a.sha256+"-"+mark(), a.sha256, a.size, db.Instant(s.Now())).Scan(&key, &stored)
	})
	return key, stored, err
}

// intact reads what is already there.
func (s *Store) intact(ctx context.Context, key string, a *arrival) (bool, error) {
	src, err := s.backend.Open(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v := verify(src, a.sha256, a.size)
	defer func() { _ = v.Close() }() // only read
	_, err = io.Copy(io.Discard, v)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return err == nil, nil // a disk that cannot read it any more is a reason to write it again
}

// insert writes a file's row, in a transaction that sees its content live.
func insert(ctx context.Context, tx *sql.Tx, f File) error {
	res, err := tx.ExecContext(ctx, "update files_content set stored = true where key = $1 and state = 'live'", f.key)
	if err := db.One(res, err, ErrGone); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into files_file (id, key, name, media_type, subject, access, scope_territory, scope_body,
			scope_person, by_person, by_title, put_at, scan)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		f.ID, f.key, f.Name, f.Type, f.Subject, string(f.Access), f.Scope.Territory, f.Scope.Body,
		f.Scope.Person, f.Person, f.Title, db.Instant(f.At), string(f.Scan))
	return err
}

// selectFiles reads files, oldest first.
func selectFiles(ctx context.Context, q db.Querier, where string, args ...any) ([]File, error) {
	return db.Query(ctx, q, scanFile, `select f.id, f.key, c.sha256, c.size, f.name, f.media_type, f.subject, f.access,
			f.scope_territory, f.scope_body, f.scope_person, f.by_person, f.by_title, f.put_at, f.scan, f.deleted_at
		from files_file f join files_content c on c.key = f.key
		where `+where+`
		order by f.id
		limit 1000`, args...)
}

func scanFile(scan func(...any) error) (File, error) {
	var f File
	var at, deleted string
	err := scan(&f.ID, &f.key, &f.SHA256, &f.Size, &f.Name, &f.Type, &f.Subject, &f.Access,
		&f.Scope.Territory, &f.Scope.Body, &f.Scope.Person, &f.Person, &f.Title, &at, &f.Scan, &deleted)
	if err != nil {
		return File{}, err
	}
	if f.At, err = db.ParseInstant(at); err != nil {
		return File{}, err
	}
	f.Deleted, err = db.ParseOptionalInstant(deleted)
	return f, err
}
