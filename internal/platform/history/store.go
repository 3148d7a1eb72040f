// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

func insert(ctx context.Context, tx *sql.Tx, e Entry, rank int) error {
	_, err := tx.ExecContext(ctx, `insert into history_entry (id, group_id, rank, at, subject, kind, label, verb,
			person, name, hat, title, territory, body, owner, turn, undoes)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		e.ID, e.Group, rank, db.Instant(e.At), e.Subject, e.Kind(), e.Label, string(e.Verb), e.By.Person, e.By.Name, e.By.Hat, e.By.Title,
		e.Scope.Territory, e.Scope.Body, e.Scope.Person, e.Turn, e.Undoes)
	for i, f := range e.Fields {
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `insert into history_field (entry, rank, name, label, value_before, value_after, personal)
			values ($1, $2, $3, $4, $5, $6, $7)`, e.ID, i, f.Name, f.Label, f.Before, f.After, f.Personal)
	}
	return err
}

// markUndone notes on e that the entry by undid it; what e itself had undone holds again.
func markUndone(ctx context.Context, tx *sql.Tx, e Entry, by string) error {
	res, err := tx.ExecContext(ctx, `update history_entry set undone_by = $1 where id = $2 and undone_by = ''`, by, e.ID)
	if err := db.One(res, err, ErrUndone); err != nil {
		return err
	}
	if e.Undoes == "" {
		return nil
	}
	_, err = tx.ExecContext(ctx, `update history_entry set undone_by = '' where id = $1 and undone_by = $2`, e.Undoes, e.ID)
	return err
}

const entryColumns = `e.id, e.group_id, e.at, e.subject, e.label, e.verb, e.person, e.name, e.hat, e.title,
	e.territory, e.body, e.owner, e.turn, e.undoes, e.undone_by, e.blanked_at`

func scanEntry(scan func(...any) error) (Entry, error) {
	var e Entry
	var at, verb, blanked string
	err := scan(&e.ID, &e.Group, &at, &e.Subject, &e.Label, &verb, &e.By.Person, &e.By.Name, &e.By.Hat, &e.By.Title,
		&e.Scope.Territory, &e.Scope.Body, &e.Scope.Person, &e.Turn, &e.Undoes, &e.UndoneBy, &blanked)
	if err != nil {
		return e, err
	}
	e.Verb, e.Blanked = Verb(verb), blanked != ""
	if e.At, err = db.ParseInstant(at); err != nil {
		return e, fmt.Errorf("history entry %s: %w", e.ID, err)
	}
	return e, nil
}

// maxGesture is how many subjects one gesture may touch to be undone here: an import is undone by its own room.
const maxGesture = 2000

// entries reads the entries that a condition keeps, with their fields. The text after "where"
// ends with the order and the limit.
func entries(ctx context.Context, q db.Querier, where string, args ...any) ([]Entry, error) {
	list, err := db.Query(ctx, q, scanEntry, `select `+entryColumns+` from history_entry e where `+where, args...)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, e := range list {
		at[e.ID] = i
	}
	for start := 0; start < len(list); start += inBatch {
		batch := list[start:min(start+inBatch, len(list))]
		ids := make([]any, len(batch))
		for i, e := range batch {
			ids[i] = e.ID
		}
		if err := readFields(ctx, q, ids, func(entry string, f Field) { i := at[entry]; list[i].Fields = append(list[i].Fields, f) }); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// inBatch is how many names a list of placeholders holds at most.
const inBatch = 200

func readFields(ctx context.Context, q db.Querier, ids []any, take func(entry string, f Field)) error {
	type row struct {
		entry string
		Field
	}
	rows, err := db.Query(ctx, q, func(scan func(...any) error) (row, error) {
		var x row
		err := scan(&x.entry, &x.Name, &x.Label, &x.Before, &x.After, &x.Personal, &x.Forgotten)
		return x, err
	}, `select entry, name, label, value_before, value_after, personal, forgotten from history_field
		where entry in (`+db.In(1, len(ids))+`) order by entry, rank`, ids...)
	for _, x := range rows {
		take(x.entry, x.Field)
	}
	return err
}

func get(ctx context.Context, q db.Querier, id string) (Entry, error) {
	list, err := entries(ctx, q, `e.id = $1 order by e.id limit 1`, id)
	switch {
	case err != nil:
		return Entry{}, err
	case len(list) == 0:
		return Entry{}, ErrUnknown
	}
	return list[0], nil
}

// Get is one entry; ErrUnknown when there is none.
func (h *Room) Get(ctx context.Context, id string) (Entry, error) { return get(ctx, h.db.Read(), id) }

// Gesture are the entries of the gesture that id belongs to, in their order.
func (h *Room) Gesture(ctx context.Context, id string) ([]Entry, error) {
	return h.gesture(ctx, h.db.Read(), id)
}

func (h *Room) gesture(ctx context.Context, q db.Querier, id string) ([]Entry, error) {
	e, err := get(ctx, q, id)
	if err != nil {
		return nil, err
	}
	return entries(ctx, q, `e.group_id = $1 order by e.at, e.rank, e.id limit `+strconv.Itoa(maxGesture+1), e.Group)
}

// lastChange is the youngest entry that changed a field of a subject and whose values are still
// known, and the value it left; "" when there is none.
func lastChange(ctx context.Context, q db.Querier, subject, field string) (id, value string, err error) {
	rows, err := db.Query(ctx, q, func(scan func(...any) error) ([2]string, error) {
		var x [2]string
		err := scan(&x[0], &x[1])
		return x, err
	}, `select e.id, f.value_after from history_entry e join history_field f on f.entry = e.id
		where e.subject = $1 and f.name = $2 and not f.forgotten and e.blanked_at = '' order by e.at desc, e.id desc limit 1`, subject, field)
	if err != nil || len(rows) == 0 {
		return "", "", err
	}
	return rows[0][0], rows[0][1], nil
}

// Filter says which entries a list shows; its zero value is all of them.
type Filter struct {
	Subject  string     // one subject
	Kind     string     // or all those of a kind
	Person   string     // author
	From, To clock.Date // days in Paris, both included
	Before   string     // ID of an entry: only those older than it
}

// List are the entries of a filter, youngest first.
func (h *Room) List(ctx context.Context, f Filter, limit int) ([]Entry, error) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(text string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			text = strings.Replace(text, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		where = append(where, text)
	}
	if f.Subject != "" {
		add("e.subject = ?", f.Subject)
	}
	if f.Kind != "" {
		add("e.kind = ?", f.Kind)
	}
	if f.Person != "" {
		add("e.person = ?", f.Person)
	}
	if !f.From.IsZero() {
		add("e.at >= ?", db.Instant(f.From.Start()))
	}
	if !f.To.IsZero() {
		add("e.at < ?", db.Instant(f.To.AddDays(1).Start()))
	}
	if f.Before != "" {
		last, err := h.Get(ctx, f.Before)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return nil, err
		}
		if err == nil {
			add("(e.at < ? or e.at = ? and e.id < ?)", db.Instant(last.At), db.Instant(last.At), last.ID)
		}
	}
	return entries(ctx, h.db.Read(), strings.Join(where, " and ")+` order by e.at desc, e.id desc limit `+strconv.Itoa(limit), args...)
}

// Author is somebody who changed something.
type Author struct{ Person, Name string }

// Authors are those who changed something since an instant, by name; those forgotten are not among them.
func (h *Room) Authors(ctx context.Context, since time.Time) ([]Author, error) {
	return db.Query(ctx, h.db.Read(), func(scan func(...any) error) (Author, error) {
		var a Author
		err := scan(&a.Person, &a.Name)
		return a, err
	}, `select person, max(name) from history_entry where at >= $1 and person <> '' and name <> ''
		group by person order by max(name), person limit 500`, db.Instant(since))
}

// others counts the other subjects of the gestures of a list, by gesture.
func (h *Room) others(ctx context.Context, list []Entry) (map[string]int, error) {
	counts := map[string]int{}
	for start := 0; start < len(list); start += inBatch {
		var groups []any
		for _, e := range list[start:min(start+inBatch, len(list))] {
			groups = append(groups, e.Group)
		}
		type row struct {
			group string
			n     int
		}
		rows, err := db.Query(ctx, h.db.Read(), func(scan func(...any) error) (row, error) {
			var x row
			err := scan(&x.group, &x.n)
			return x, err
		}, `select group_id, count(*) from history_entry where group_id in (`+db.In(1, len(groups))+`) group by group_id`, groups...)
		if err != nil {
			return nil, err
		}
		for _, x := range rows {
			counts[x.group] = x.n - 1
		}
	}
	return counts, nil
}
