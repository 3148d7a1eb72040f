// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/web"
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

// What callers tell apart, by errors.Is.
var (
	// ErrUnknown: there is no such entry.
	ErrUnknown = errors.New("cette modification n'est pas à l'historique")
	// ErrUndone: the change was undone already.
	ErrUndone = errors.New("cette modification est déjà annulée")
	// ErrTooLate: the change is older than the time during which it can be undone.
	ErrTooLate = errors.New("cette modification est trop ancienne pour être annulée")
	// ErrForgotten: the values to set back were erased.
	ErrForgotten = errors.New("les anciennes valeurs de cette modification ont été effacées")
	// ErrNotUndoable: no room says how to undo a change of that kind.
	ErrNotUndoable = errors.New("ce genre de modification ne s'annule pas d'ici")
	// ErrGone is for an Undoer: the subject no longer exists.
	ErrGone = errors.New("cette fiche n'existe plus")
)

const day = 24 * time.Hour

// Settings are the times of the room; zero values mean the usual ones.
type Settings struct {
	UndoFor    time.Duration // how long a change can be undone: 30 days
	KeepValues time.Duration // how long before and after are kept, then Purge blanks them: 2 years
}

// Undoer puts back what an entry changed: each field that is still as the entry left it (see
// Entry.Check) takes its value Before; what was created is taken out, what was taken out comes
// back. It writes in tx and nowhere else, and may run more than once. An Undoer that keeps
// things in memory has a method Refresh(ctx) error, called once the undo is durable.
type Undoer interface {
	Undo(ctx context.Context, tx *sql.Tx, e Entry) error
}

// Kind is a kind of subject.
type Kind struct {
	Name   string                           // "people/person"
	Label  string                           // "Personne"
	Href   func(id string) string           // the page of a subject; nil: none
	Show   func(field, value string) string // what people read for a value that is a code; nil: the value
	Access web.Access                       // what changing it asks for: whoever may change it sees its history and undoes; empty: see read
	Undoer Undoer                           // nil: changes of this kind are shown and cannot be undone
}

// Room is the history of one database.
type Room struct {
	db    *db.DB
	now   func() time.Time
	set   Settings
	kinds []Kind
}

// New is the history kept in d, whose migrations of this room have been applied.
func New(d *db.DB, now func() time.Time, set Settings) *Room {
	set.UndoFor = cmp.Or(set.UndoFor, 30*day)
	set.KeepValues = max(cmp.Or(set.KeepValues, 730*day), set.UndoFor)
	return &Room{db: d, now: now, set: set}
}

// Register says what a kind is called and how its changes are undone. It is called while the
// rooms are built, before requests come.
func (h *Room) Register(k Kind) {
	if h.kind(k.Name).Name != "" {
		panic("history: kind registered twice: " + k.Name)
	}
	h.kinds = append(h.kinds, k)
}

// kind is a kind registered, or the zero Kind.
func (h *Room) kind(name string) Kind {
	for _, k := range h.kinds {
		if k.Name == name {
			return k
		}
	}
	return Kind{}
}

// show is a value as people read it.
func (k Kind) show(field, value string) string {
	if k.Show == nil || value == "" {
		return value
	}
	return k.Show(field, value)
}

// Record writes what a gesture changed, in the transaction that changes it. The author is the
// actor of ctx. Entries of one call are one gesture, as those that name the same Group (see
// NewGroup). Fields equal before and after are left out, and an Update left without field too.
// A nil Room keeps nothing.
func (h *Room) Record(ctx context.Context, tx *sql.Tx, entries ...Entry) error {
	if h == nil {
		return nil
	}
	group := NewGroup()
	for i, e := range entries {
		if e.Kind() == "" || e.SubjectID() == "" || e.Verb == "" {
			return fmt.Errorf("history: subject %q, verb %q: want kind/id and a verb", e.Subject, e.Verb)
		}
		e.Fields = slices.DeleteFunc(slices.Clone(e.Fields), func(f Field) bool { return f.Before == f.After })
		if e.Verb == Update && len(e.Fields) == 0 {
			continue
		}
		e.ID, e.At, e.By, e.Group = db.NewID(), h.now(), actor.From(ctx), cmp.Or(e.Group, group)
		if err := insert(ctx, tx, e, i); err != nil {
			return fmt.Errorf("history of %s: %w", e.Subject, err)
		}
	}
	return nil
}

// NewGroup names a gesture whose changes are recorded by several calls.
func NewGroup() string { return db.NewID() }

// Undoable says whether a change can be undone now, but for what a later change forbids.
func (h *Room) Undoable(e Entry) bool { return h.refusal(e) == nil }

func (h *Room) refusal(e Entry) error {
	switch {
	case e.UndoneBy != "":
		return ErrUndone
	case h.now().Sub(e.At) >= h.set.UndoFor:
		return ErrTooLate
	case e.forgotten():
		return ErrForgotten
	case h.kind(e.Kind()).Undoer == nil:
		return ErrNotUndoable
	}
	return nil
}

// Undo sets back what a gesture changed, of which id is one entry: all of it or nothing. It
// returns what it recorded. A field changed since is a *Conflict; force sets it back all the same.
func (h *Room) Undo(ctx context.Context, id string, force bool) ([]Entry, error) {
	var done []Entry
	err := h.db.Tx(ctx, func(tx *sql.Tx) (err error) {
		done, err = h.undo(ctx, tx, id, force)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, e := range done {
		if r, ok := h.kind(e.Kind()).Undoer.(interface{ Refresh(context.Context) error }); ok {
			if err := r.Refresh(ctx); err != nil {
				return done, fmt.Errorf("history: %s after undo: %w", e.Subject, err)
			}
		}
	}
	return done, nil
}

func (h *Room) undo(ctx context.Context, tx *sql.Tx, id string, force bool) ([]Entry, error) {
	gesture, err := h.gesture(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if len(gesture) > maxGesture {
		return nil, ErrNotUndoable
	}
	var done []Entry
	group := NewGroup()
	for i, e := range slices.Backward(gesture) {
		if err := h.refusal(e); err != nil {
			return nil, err
		}
		e.Forced, e.present = force, map[string]string{}
		if err := h.settled(ctx, tx, e, gesture); err != nil {
			return nil, err
		}
		if err := h.kind(e.Kind()).Undoer.Undo(ctx, tx, e); err != nil {
			return nil, explain(ctx, tx, err)
		}
		back := e.reverse()
		back.ID, back.At, back.By, back.Group = db.NewID(), h.now(), actor.From(ctx), group
		if err := insert(ctx, tx, back, len(gesture)-1-i); err != nil {
			return nil, err
		}
		if err := markUndone(ctx, tx, e, back.ID); err != nil {
			return nil, err
		}
		done = append(done, back)
	}
	return done, nil
}

// settled refuses to undo a field that history itself knows to have changed since, for an
// Undoer that forgets to look.
func (h *Room) settled(ctx context.Context, tx *sql.Tx, e Entry, gesture []Entry) error {
	if e.Forced {
		return nil
	}
	conflicts, err := changedSince(ctx, tx, e, gesture)
	if err != nil || len(conflicts) == 0 {
		return err
	}
	return conflicts[0]
}

// changedSince are the fields of e that history knows to have changed since. A later change that
// left the same value does not count, nor one of the same gesture: it is undone before.
func changedSince(ctx context.Context, q db.Querier, e Entry, gesture []Entry) ([]*Conflict, error) {
	var list []*Conflict
	for _, f := range e.Fields {
		last, value, err := lastChange(ctx, q, e.Subject, f.Name)
		if err != nil {
			return nil, err
		}
		own := slices.ContainsFunc(gesture, func(g Entry) bool { return g.ID == last })
		if last == "" || own || value == f.After {
			continue
		}
		later, err := get(ctx, q, last)
		if err != nil {
			return nil, err
		}
		list = append(list, &Conflict{Entry: e, Field: f, Present: value, Later: &later})
	}
	return list, nil
}

// conflicts are all that stands against undoing a gesture, as far as history knows.
func (h *Room) conflicts(ctx context.Context, id string) ([]*Conflict, error) {
	gesture, err := h.Gesture(ctx, id)
	if err != nil {
		return nil, err
	}
	var all []*Conflict
	for _, e := range gesture {
		list, err := changedSince(ctx, h.db.Read(), e, gesture)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// explain gives a Conflict the last change of its field, who and when.
func explain(ctx context.Context, tx *sql.Tx, err error) error {
	c, ok := errors.AsType[*Conflict](err)
	if !ok || c.Later != nil {
		return err
	}
	last, _, e := lastChange(ctx, tx, c.Entry.Subject, c.Field.Name)
	if e != nil {
		return e
	}
	if last != "" && last != c.Entry.ID {
		later, e := get(ctx, tx, last)
		if e != nil {
			return e
		}
		c.Later = &later
	}
	return err
}
