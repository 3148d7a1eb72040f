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

// Remember registers this room's kinds with the history, which its store writes from then on, and
// keeps what is typed in d.
func (r *Room) Remember(h *history.Room, d *drafts.Room, now func() time.Time) {
	r.Store.History, r.Store.Drafts = h, d
	page := func(id string) string { return "" } // the page is that of the territory, which the scope names
	for kind, label := range map[string]string{evidenceKind: "Preuve d'une obligation", ctgKind: "Convention territoriale globale"} {
		h.Register(history.Kind{Name: kind, Label: label, Href: page, Access: manageDuties, Undoer: undoer(now)})
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
	return history.Moved(history.Entry{Subject: kind + "/" + id, Label: label, Scope: web.Scope{Territory: territory}}, "Retirée le", before, after)
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
func undoer(now func() time.Time) history.Undoer {
	return history.Withdrawn{Now: now,
		Read: func(ctx context.Context, tx *sql.Tx, e history.Entry) (string, error) {
			at, _, err := withdrawal(ctx, tx, tableOf(e), e.Scope.Territory, e.SubjectID())
			if errors.Is(err, ErrUnknown) {
				err = history.ErrGone
			}
			return at, err
		},
		Write: func(ctx context.Context, tx *sql.Tx, e history.Entry, since string) error {
			text := `update duty_evidence set withdrawn_at = $1 where id = $2 and territory = $3`
			if tableOf(e) == "duty_ctg" {
				text = `update duty_ctg set withdrawn_at = $1 where id = $2 and territory = $3`
			}
			if _, err := tx.ExecContext(ctx, text, since, e.SubjectID(), e.Scope.Territory); err != nil {
				return err
			}
			return db.Bump(ctx, tx, changeName)
		}}
}

func tableOf(e history.Entry) string {
	if e.Kind() == ctgKind {
		return "duty_ctg"
	}
	return "duty_evidence"
}
