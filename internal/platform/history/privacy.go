// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

// Forget erases what history holds of a person: the values about them, the label of what is
// theirs, and their name where they are the author. That a change took place stays, with its
// instant and the function it was made under; it can no longer be undone where values went.
func (h *Room) Forget(ctx context.Context, tx *sql.Tx, person string) error {
	if person == "" {
		return nil
	}
	for _, text := range []string{
		`update history_field set value_before = '', value_after = '', forgotten = true where personal = $1`,
		`update history_field set value_before = '', value_after = '', forgotten = true
			where entry in (select id from history_entry where owner = $1)`,
		`update history_entry set label = '' where owner = $1 or subject like '%/' || $1`,
		`update history_entry set name = '' where person = $1`,
	} {
		if _, err := tx.ExecContext(ctx, text, person); err != nil {
			return err
		}
	}
	return nil
}

// Expired counts the entries whose values Purge would blank, with the IDs of some, as many as asked.
func (h *Room) Expired(ctx context.Context, some int) (n int, ids []string, err error) {
	err = h.db.Read().QueryRowContext(ctx, `select count(*) from history_entry where blanked_at = '' and at < $1`, h.oldest()).Scan(&n)
	if err != nil || n == 0 {
		return n, nil, err
	}
	ids, err = db.Query(ctx, h.db.Read(), func(scan func(...any) error) (id string, err error) { return id, scan(&id) },
		`select id from history_entry where blanked_at = '' and at < $1 order by id limit $2`, h.oldest(), some)
	return n, ids, err
}

func (h *Room) oldest() string { return db.Instant(h.now().Add(-h.set.KeepValues)) }

// Purge blanks the values and labels of the entries older than Settings.KeepValues, and tells how many.
func (h *Room) Purge(ctx context.Context) (int, error) {
	var n int64
	err := h.db.Tx(ctx, func(tx *sql.Tx) error {
		oldest := h.oldest()
		_, err := tx.ExecContext(ctx, `update history_field set value_before = '', value_after = ''
			where entry in (select id from history_entry where blanked_at = '' and at < $1)`, oldest)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `update history_entry set label = '', blanked_at = $1 where blanked_at = '' and at < $2`,
			db.Instant(h.now()), oldest)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return int(n), err
}

// Exported is what history holds of a person, for the copy of their data.
type Exported struct {
	At       time.Time       `json:"date"`
	Subject  string          `json:"objet"`
	Label    string          `json:"intitule,omitempty"`
	Verb     string          `json:"action"`
	Role     string          `json:"role"` // "auteur" or "personne concernée"
	Function string          `json:"fonction,omitempty"`
	Fields   []ExportedField `json:"champs,omitempty"`
}

// ExportedField is a value about the person, or that the person wrote.
type ExportedField struct {
	Label  string `json:"champ"`
	Before string `json:"avant"`
	After  string `json:"apres"`
}

// Export lists the changes that a person made and those of values about them, oldest first.
// Values about other people are left out.
func (h *Room) Export(ctx context.Context, person string) ([]Exported, error) {
	list, err := entries(ctx, h.db.Read(), `e.person = $1 or e.owner = $1
			or e.id in (select entry from history_field where personal = $1) order by e.at, e.id limit 100000`, person)
	if err != nil || person == "" {
		return nil, err
	}
	var out []Exported
	for _, e := range list {
		x := Exported{At: e.At, Subject: e.Subject, Label: e.Label, Verb: verbLabel(e), Role: "personne concernée"}
		if e.By.Person == person {
			x.Role, x.Function = "auteur", e.By.Title
		}
		for _, f := range e.Fields {
			if f.Personal == person || f.Personal == "" && (e.Scope.Person == person || e.By.Person == person) {
				x.Fields = append(x.Fields, ExportedField{f.Label, f.Before, f.After})
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// instantWords is an instant as people read it: "le 23 novembre 2026 à 14 h 02".
func instantWords(t time.Time) string {
	p := t.In(clock.Paris)
	return fmt.Sprintf("le %s à %d\u00a0h\u00a0%02d", clock.On(t).French(), p.Hour(), p.Minute())
}

// verbLabel is what was done, as a noun.
func verbLabel(e Entry) string {
	switch {
	case e.Turn%2 == 1:
		return "annulation"
	case e.Turn > 0:
		return "rétablissement"
	}
	switch e.Verb {
	case Create:
		return "création"
	case Update:
		return "modification"
	case Delete:
		return "retrait"
	}
	return string(e.Verb)
}
