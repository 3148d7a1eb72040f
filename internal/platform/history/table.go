// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"maillage/internal/platform/db"
)

// Table is the Undoer of a kind whose fields are text columns of one table. A room gives that
// of its own table; names come from its source, never from a request.
type Table struct {
	Name    string            // "people_person"
	Key     string            // column of the subject's ID; empty: "id"
	Columns map[string]string // column of each field that may be undone
	// Withdrawn is the column of the instant of withdrawal, "" while the row counts: undoing a
	// creation sets it, undoing a withdrawal empties it. Empty: neither is undone.
	Withdrawn string
	Change    string // name to bump for other processes (db.Bump); empty: none
	Now       func() time.Time
	Reload    func(context.Context) error // called once the undo is durable; may be nil
}

// Undo implements Undoer.
func (t Table) Undo(ctx context.Context, tx *sql.Tx, e Entry) error {
	key := t.Key
	if key == "" {
		key = "id"
	}
	set := func(column, value string) error {
		res, err := tx.ExecContext(ctx, `update `+t.Name+` set `+column+` = $1 where `+key+` = $2`, value, e.SubjectID()) // #nosec G202 G701 -- names of the source
		return db.One(res, err, ErrGone)
	}
	if e.Verb == Delete {
		if t.Withdrawn == "" {
			return ErrNotUndoable
		}
		return errors.Join(set(t.Withdrawn, ""), t.bump(ctx, tx))
	}
	for _, f := range e.Fields {
		column, ok := t.Columns[f.Name]
		if !ok {
			return fmt.Errorf("history: table %s has no column for field %q", t.Name, f.Name)
		}
		var present string
		err := tx.QueryRowContext(ctx, `select `+column+` from `+t.Name+` where `+key+` = $1`, e.SubjectID()).Scan(&present)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrGone
		}
		if err == nil {
			err = e.Check(f.Name, present)
		}
		if err == nil && e.Verb != Create {
			err = set(column, f.Before)
		}
		if err != nil {
			return err
		}
	}
	if e.Verb == Create {
		if t.Withdrawn == "" {
			return ErrNotUndoable
		}
		if err := set(t.Withdrawn, db.Instant(t.Now())); err != nil {
			return err
		}
	}
	return t.bump(ctx, tx)
}

func (t Table) bump(ctx context.Context, tx *sql.Tx) error {
	if t.Change == "" {
		return nil
	}
	return db.Bump(ctx, tx, t.Change)
}

// Refresh calls Reload.
func (t Table) Refresh(ctx context.Context) error {
	if t.Reload == nil {
		return nil
	}
	return t.Reload(ctx)
}
