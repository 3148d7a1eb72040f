// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"context"
	"database/sql"
	"time"

	"maillage/internal/platform/db"
)

// WithdrawnField is the field of an entry that says since when something is taken out.
const WithdrawnField = "retrait"

// Withdrawn undoes changes of what is never erased, but taken out and put back: evidence, imports.
// What was added goes, what was taken out comes back.
type Withdrawn struct {
	Now func() time.Time
	// Read is since when the subject is taken out, an instant or "" while it counts. It returns
	// ErrGone for one that is not there.
	Read func(ctx context.Context, tx *sql.Tx, e Entry) (string, error)
	// Write sets it.
	Write func(ctx context.Context, tx *sql.Tx, e Entry, since string) error
}

// Moved is the entry of something taken out, or put back, at a stroke.
func Moved(e Entry, label, before, after string) Entry {
	e.Verb = Delete
	if after == "" {
		e.Verb = Create
	}
	e.Fields = []Field{{Name: WithdrawnField, Label: label, Before: before, After: after}}
	return e
}

// Undo implements Undoer. Adding something that was taken out since is no longer undone without
// a confirmation.
func (w Withdrawn) Undo(ctx context.Context, tx *sql.Tx, e Entry) error {
	present, err := w.Read(ctx, tx, e)
	if err != nil {
		return err
	}
	for _, f := range e.Fields {
		if f.Name == WithdrawnField {
			if err := e.Check(f.Name, present); err != nil {
				return err
			}
			return w.Write(ctx, tx, e, f.Before)
		}
	}
	if e.Verb != Create {
		return w.Write(ctx, tx, e, "")
	}
	since := db.Instant(w.Now())
	if present != "" && !e.Forced {
		return &Conflict{Entry: e, Present: present, Field: Field{Name: WithdrawnField, Label: "Retrait", Before: since}}
	}
	return w.Write(ctx, tx, e, since)
}
