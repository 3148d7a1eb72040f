// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"fmt"
	"strings"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/web"
)

// Verb says what was done to a subject. A room may use words of its own ("fusion"), which are
// shown as they are.
type Verb string

// The verbs of all rooms.
const (
	Create Verb = "create"
	Update Verb = "update"
	Delete Verb = "delete"
)

// Entry is what one gesture changed on one subject.
type Entry struct {
	Subject string // kind and ID: "people/person/018f…"
	Label   string // what people call it: "Marie Dupont", "Crèche des Lilas"
	Verb    Verb
	Fields  []Field
	Scope   web.Scope // who may see and undo it
	Group   string    // the gesture; empty: the one call of Record

	// Filled in by the room of history.
	ID       string
	At       time.Time
	By       actor.Actor // Name is empty once forgotten
	Turn     int         // 0 done, 1 undone, 2 done again…
	Undoes   string      // the entry that this one undoes
	UndoneBy string      // the entry that undid this one, while it holds
	Blanked  bool        // its values were purged for their age
	Forced   bool        // asks an Undoer to set back whatever the present values are

	present map[string]string // what Check saw, while undoing
}

// Field is one value that changed.
type Field struct {
	Name          string // the room's: "telephone"
	Label         string // people's: "Téléphone"
	Before, After string
	Personal      string // ID of the person whom the value is about; empty: nobody
	Forgotten     bool   // the values were erased
}

// Kind is the subject without its ID: "people/person".
func (e Entry) Kind() string {
	if i := strings.LastIndexByte(e.Subject, '/'); i > 0 {
		return e.Subject[:i]
	}
	return ""
}

// SubjectID is the last part of the subject.
func (e Entry) SubjectID() string { return e.Subject[strings.LastIndexByte(e.Subject, '/')+1:] }

// Check is for an Undoer: it compares the present value of a field with the one that the entry
// left, and returns a Conflict when it was changed since, unless the undo is Forced. What it
// sees is the value "before" of the undo's own entry.
func (e Entry) Check(field, present string) error {
	for _, f := range e.Fields {
		if f.Name != field {
			continue
		}
		if e.present != nil {
			e.present[field] = present
		}
		if present != f.After && !e.Forced {
			return &Conflict{Entry: e, Field: f, Present: present}
		}
		return nil
	}
	return fmt.Errorf("history: %s has no field %q", e.Subject, field)
}

// forgotten says that a value that undoing needs is no longer known.
func (e Entry) forgotten() bool {
	for _, f := range e.Fields {
		if f.Forgotten {
			return true
		}
	}
	return e.Blanked
}

// reverse is the entry that undoing e records.
func (e Entry) reverse() Entry {
	r := Entry{Subject: e.Subject, Label: e.Label, Verb: e.Verb, Scope: e.Scope, Turn: e.Turn + 1, Undoes: e.ID}
	switch e.Verb {
	case Create:
		r.Verb = Delete
	case Delete:
		r.Verb = Create
	}
	for _, f := range e.Fields {
		before := f.After
		if seen, ok := e.present[f.Name]; ok {
			before = seen
		}
		r.Fields = append(r.Fields, Field{Name: f.Name, Label: f.Label, Before: before, After: f.Before, Personal: f.Personal})
	}
	return r
}

// Conflict refuses an undo: a field was changed since.
type Conflict struct {
	Entry   Entry
	Field   Field
	Present string
	Later   *Entry // the last change of the field, nil when history does not know it
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("history: %s, field %s: changed since entry %s", c.Entry.Subject, c.Field.Name, c.Entry.ID)
}
