// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"maillage/internal/platform/db"
)

// Grace is how long a content without file is left alone: somebody may be about to make one.
const Grace = 24 * time.Hour

// Orphan is how old a content that the database does not know must be to be removed: longer than
// anybody works on a database restored from a backup, without files put since.
const Orphan = 40 * 24 * time.Hour

// Swept counts what a sweep took away.
type Swept struct{ Files, Contents, Orphans int }

// Sweep removes for good the files deleted for longer than [Undo], the contents that no file has
// held for grace, and what interrupted arrivals left. It may run at any time, in several processes.
func (s *Store) Sweep(ctx context.Context, grace time.Duration) (swept Swept, err error) {
	now := s.Now()
	err = s.db.Tx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "delete from files_file where deleted_at <> '' and deleted_at < $1", db.Instant(now.Add(-Undo)))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		swept.Files = int(n)
		_, err = tx.ExecContext(ctx, `update files_content set state = 'leaving'
			where state = 'live' and touched_at <= $1
			and not exists (select 1 from files_file f where f.key = files_content.key)`, db.Instant(now.Add(-grace)))
		return err
	})
	if err != nil {
		return swept, err
	}
	if swept.Contents, err = s.Clean(ctx); err != nil {
		return swept, err
	}
	if swept.Orphans, err = s.removeOrphans(ctx, now.Add(-Orphan)); err != nil {
		return swept, err
	}
	before := now.Add(-max(grace, time.Hour))
	if err := s.backend.Tidy(ctx, before); err != nil {
		return swept, err
	}
	return swept, tidyDir(s.arrival, before)
}

// Expired counts the deleted files that Sweep would remove for good, with the IDs of some, as many as
// asked.
func (s *Store) Expired(ctx context.Context, some int) (n int, ids []string, err error) {
	before := db.Instant(s.Now().Add(-Undo))
	err = s.db.Read().QueryRowContext(ctx, "select count(*) from files_file where deleted_at <> '' and deleted_at < $1", before).Scan(&n)
	if err != nil || n == 0 {
		return n, nil, err
	}
	ids, err = db.Query(ctx, s.db.Read(), func(scan func(...any) error) (id string, err error) { return id, scan(&id) },
		"select id from files_file where deleted_at <> '' and deleted_at < $1 order by id limit $2", before, some)
	return n, ids, err
}

// Clean takes the contents that are leaving out of the backend; call it after a transaction in
// which Erase did something. What it cannot do, the next Sweep does.
func (s *Store) Clean(ctx context.Context) (n int, err error) {
	for last := ""; ; {
		keys, err := db.Query(ctx, s.db.Read(), func(scan func(...any) error) (key string, err error) {
			return key, scan(&key)
		}, "select key from files_content where state = 'leaving' and key > $1 order by key limit 500", last)
		if err != nil || len(keys) == 0 {
			return n, err
		}
		for _, key := range keys {
			if err := s.backend.Remove(ctx, key); err != nil {
				return n, err
			}
			if err := s.db.Tx(ctx, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, "delete from files_content where key = $1 and state = 'leaving'", key)
				return err
			}); err != nil {
				return n, err
			}
			n++
		}
		last = keys[len(keys)-1]
	}
}

// removeOrphans takes away old contents that have no row.
func (s *Store) removeOrphans(ctx context.Context, before time.Time) (n int, err error) {
	var batch []string
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		args := make([]any, len(batch))
		for i, key := range batch {
			args[i] = key
		}
		known, err := db.Query(ctx, s.db.Read(), func(scan func(...any) error) (key string, err error) {
			return key, scan(&key)
		}, "select key from files_content where key in ("+db.In(1, len(batch))+")", args...) // #nosec G202 -- placeholders
		if err != nil {
			return err
		}
		for _, key := range batch {
			if slices.Contains(known, key) {
				continue
			}
			if err := s.backend.Remove(ctx, key); err != nil {
				return err
			}
			n++
		}
		batch = batch[:0]
		return nil
	}
	err = s.backend.Each(ctx, before, func(key string) error {
		if batch = append(batch, key); len(batch) < 200 {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return n, err
}

// Erasure says which files are to be erased: all those about a person, all those of a subject, or one.
// Exactly one of the fields is set.
type Erasure struct{ Person, Subject, ID string }

// Erase removes files for good, in tx, deleted ones included, and their contents unless other files
// hold them; call Clean once tx is committed. For a person it also forgets that they put other
// files: who is known to have put them is then their title alone.
func (s *Store) Erase(ctx context.Context, tx *sql.Tx, e Erasure) (n int, err error) {
	where, value := "", ""
	switch e {
	case Erasure{Person: e.Person}:
		where, value = "scope_person = $1", e.Person
	case Erasure{Subject: e.Subject}:
		where, value = "subject = $1", e.Subject
	case Erasure{ID: e.ID}:
		where, value = "id = $1", e.ID
	}
	if value == "" {
		return 0, fmt.Errorf("files: nothing or too much to erase: %+v", e)
	}
	keys, err := db.Query(ctx, tx, func(scan func(...any) error) (key string, err error) {
		return key, scan(&key)
	}, "delete from files_file where "+where+" returning key", value) // #nosec G202 -- fixed texts
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		if _, err := tx.ExecContext(ctx, `update files_content set state = 'leaving'
			where key = $1 and state = 'live' and not exists (select 1 from files_file f where f.key = $1)`, key); err != nil {
			return 0, err
		}
	}
	if e.Person != "" {
		_, err = tx.ExecContext(ctx, "update files_file set by_person = '' where by_person = $1", e.Person)
	}
	return len(keys), err
}

// EraseNow is Erase in a transaction of its own, and Clean.
func (s *Store) EraseNow(ctx context.Context, e Erasure) (n int, err error) {
	if err := s.db.Tx(ctx, func(tx *sql.Tx) error {
		n, err = s.Erase(ctx, tx, e)
		return err
	}); err != nil {
		return 0, err
	}
	_, err = s.Clean(ctx)
	return n, err
}

// Verify reads every content that a file holds, and tells each one that is not what was put.
func (s *Store) Verify(ctx context.Context, bad func(File, error)) (n int, err error) {
	for last := ""; ; {
		list, err := selectFiles(ctx, s.db.Read(), "f.id > $1", last)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, f := range list {
			if err := s.verifyOne(ctx, f); err != nil {
				if !errors.Is(err, ErrAltered) {
					return n, err
				}
				bad(f, err)
			}
			n++
		}
		last = list[len(list)-1].ID
	}
}

func (s *Store) verifyOne(ctx context.Context, f File) error {
	r, err := s.Read(ctx, f)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}
