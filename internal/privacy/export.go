// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"maillage/internal/platform/db"
)

// Section is a table of what is known of a person.
type Section struct {
	Title      string
	Role       string // what the person is in it: "auteur"; "" for whom it is about
	Processing string // of the register, "" when none
	Columns    []string
	Rows       [][]string
}

// maxRows bounds a section: nobody has that many, and a mistake must not fill the memory.
const maxRows = 100_000

// Known is everything the service knows of a person, section by section.
func (r *Room) Known(ctx context.Context, person string) (Identity, []Section, error) {
	w, err := r.identity(ctx, r.DB.Read(), person)
	if err != nil {
		return w, nil, err
	}
	var sections []Section
	for _, t := range r.Dictionary.Tables {
		for _, l := range t.Links {
			if t.Copy == ByRoom {
				continue
			}
			s, err := r.section(ctx, t, l, w)
			if err != nil {
				return w, nil, fmt.Errorf("%s: %w", t.Name, err)
			}
			if len(s.Rows) > 0 {
				sections = append(sections, s)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Holders)) {
		for _, id := range w.IDs {
			more, err := r.Holders[name].Export(ctx, id)
			if err != nil {
				return w, nil, fmt.Errorf("%s: %w", name, err)
			}
			sections = append(sections, slices.DeleteFunc(more, func(s Section) bool { return len(s.Rows) == 0 })...)
		}
	}
	texts, err := r.mentions(ctx, w)
	if err != nil {
		return w, nil, err
	}
	if len(texts.Rows) > 0 {
		sections = append(sections, texts)
	}
	return w, sections, nil
}

func (r *Room) section(ctx context.Context, t *Table, l Link, w Identity) (Section, error) {
	columns := t.shown(l)
	s := Section{Title: t.Title, Role: l.Role, Processing: t.of.Title}
	for _, c := range columns {
		s.Columns = append(s.Columns, t.Personal[c])
	}
	var args []any
	where := r.Dictionary.where(l, w, &args)
	var err error
	s.Rows, err = r.texts(ctx, r.DB.Read(), columns, fmt.Sprintf("select %s from %s where %s order by 1 limit %d",
		strings.Join(columns, ", "), t.Name, where, maxRows), args...)
	return s, err
}

// texts reads rows of n columns as texts. Names of tables and columns come from the
// dictionaries, never from a request.
func (r *Room) texts(ctx context.Context, q db.Querier, columns []string, text string, args ...any) ([][]string, error) {
	return db.Query(ctx, q, func(scan func(...any) error) ([]string, error) {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := scan(into...); err != nil {
			return nil, err
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = textOf(v)
		}
		return row, nil
	}, text, args...)
}

func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return string(v)
	case bool:
		if v {
			return "oui"
		}
		return "non"
	}
	return fmt.Sprint(v)
}

// likely is a pattern that finds a text wherever it is.
func likely(term string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(term) + "%"
}
