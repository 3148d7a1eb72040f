// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"maillage/internal/drafts"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/platform/web"
)

// The kinds of what this room records, as history knows them.
const (
	evidenceKind = "duty/preuve"
	ctgKind      = "duty/ctg"
)

// withdrawnField is the one field that changes after something was recorded.
const withdrawnField = "retrait"

// Remember registers this room's kinds with the history, which its store writes from then on, and
// keeps what is typed in d.
func (r *Room) Remember(h *history.Room, d *drafts.Room, now func() time.Time) {
	r.Store.History, r.Store.Drafts = h, d
	page := func(id string) string { return "" } // the page is that of the territory, which the scope names
	for kind, label := range map[string]string{evidenceKind: "Preuve d'une obligation", ctgKind: "Convention territoriale globale"} {
		h.Register(history.Kind{Name: kind, Label: label, Href: page, Access: manageDuties, Undoer: undoer{r, now}})
	}
}

func (e RecordedEvidence) added() history.Entry {
	return history.Entry{Subject: evidenceKind + "/" + e.ID, Label: cmp.Or(e.Reference, e.Kind), Verb: history.Create,
		Scope: web.Scope{Territory: e.Territory}, Fields: []history.Field{
			{Name: "date", Label: "Date", After: e.Date.String()}, {Name: "annee", Label: "Année", After: yearText(e.Year)},
			{Name: "reference", Label: "Référence", After: e.Reference}, {Name: "document", Label: "Document", After: e.Document}}}
}

func yearText(year int) string {
	if year == 0 {
		return ""
	}
	return strconv.Itoa(year)
}

func (c RecordedCTG) added() history.Entry {
	return history.Entry{Subject: ctgKind + "/" + c.ID, Label: cmp.Or(c.Reference, "Convention territoriale globale"), Verb: history.Create,
		Scope: web.Scope{Territory: c.Territory}, Fields: []history.Field{
			{Name: "debut", Label: "Début", After: c.From.String()}, {Name: "fin", Label: "Fin", After: c.To.String()},
			{Name: "reference", Label: "Référence", After: c.Reference}, {Name: "document", Label: "Document", After: c.Document}}}
}

// moved is something taken out, or put back in.
func moved(kind, territory, id, label, before, after string) history.Entry {
	verb := history.Delete
	if after == "" {
		verb = history.Create
	}
	return history.Entry{Subject: kind + "/" + id, Label: label, Verb: verb, Scope: web.Scope{Territory: territory},
		Fields: []history.Field{{Name: withdrawnField, Label: "Retirée le", Before: before, After: after}}}
}

// withdrawal is when something was taken out, "" while it counts, and what it is called.
func withdrawal(ctx context.Context, tx *sql.Tx, table, territory, id string) (at, label string, err error) {
	text := `select withdrawn_at, reference from duty_evidence where id = $1 and territory = $2`
	if table == "duty_ctg" {
		text = `select withdrawn_at, reference from duty_ctg where id = $1 and territory = $2`
	}
	err = tx.QueryRowContext(ctx, text, id, territory).Scan(&at, &label)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknown
	}
	return at, label, err
}

// undoer takes out what was added and sets back what was taken out.
type undoer struct {
	room *Room
	now  func() time.Time
}

// Undo implements history.Undoer. What was added is taken out rather than erased.
func (u undoer) Undo(ctx context.Context, tx *sql.Tx, e history.Entry) error {
	table, territory, id := "duty_evidence", e.Scope.Territory, e.SubjectID()
	text := `update duty_evidence set withdrawn_at = $1 where id = $2 and territory = $3`
	if e.Kind() == ctgKind {
		table, text = "duty_ctg", `update duty_ctg set withdrawn_at = $1 where id = $2 and territory = $3`
	}
	present, _, err := withdrawal(ctx, tx, table, territory, id)
	if errors.Is(err, ErrUnknown) {
		return history.ErrGone
	}
	if err != nil {
		return err
	}
	to := "" // what an undo took out comes back
	if e.Verb == history.Create {
		to = db.Instant(u.now()) // what was added goes
	}
	for _, f := range e.Fields {
		if f.Name == withdrawnField {
			if err := e.Check(withdrawnField, present); err != nil {
				return err
			}
			to = f.Before
		}
	}
	if _, err := tx.ExecContext(ctx, text, to, id, territory); err != nil {
		return err
	}
	return db.Bump(ctx, tx, changeName)
}
