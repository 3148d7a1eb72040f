// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"maillage/internal/drafts"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
)

// The kinds of what this room records, as history knows them.
const (
	batchKind     = "observatory/import"
	indicatorKind = "observatory/indicateur"
)

// indicatorDraft names the definition that somebody is typing.
const indicatorDraft = indicatorKind + "/nouveau"

// Remember registers this room's kinds with the history, which its store writes from then on, and
// keeps what is typed in d.
func (o *Observatory) Remember(h *history.Room, d *drafts.Room, now func() time.Time) {
	o.Store.History, o.Store.Drafts = h, d
	h.Register(history.Kind{Name: batchKind, Label: "Import de données", Access: "observatoire.importer", Undoer: undoer(now),
		Href: func(id string) string { return "/observatoire/imports/" + id }})
	h.Register(history.Kind{Name: indicatorKind, Label: "Indicateur", Access: "observatoire.indicateur", Href: func(code string) string { return "/observatoire/indicateurs/" + code }})
}

func (b *Batch) added() history.Entry {
	return history.Entry{Subject: batchKind + "/" + b.ID, Label: b.Title, Verb: history.Create, Fields: []history.Field{
		{Name: "fichier", Label: "Fichier", After: b.File}, {Name: "valeurs", Label: "Valeurs", After: strconv.Itoa(b.Count)}}}
}

func defined(i Indicator) history.Entry {
	return history.Entry{Subject: indicatorKind + "/" + i.Code, Label: i.Title, Verb: history.Create,
		Fields: []history.Field{{Name: "titre", Label: "Titre", After: i.Title}}}
}

func batchMoved(id, title, before, after string) history.Entry {
	return history.Moved(history.Entry{Subject: batchKind + "/" + id, Label: title}, "Retiré le", before, after)
}

// withdrawal is when an import was taken out, "" while it counts, and its title.
func withdrawal(ctx context.Context, tx *sql.Tx, id string) (at, title string, err error) {
	err = tx.QueryRowContext(ctx, `select withdrawn_at, title from observatory_batch where id = $1`, id).Scan(&at, &title)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknownBatch
	}
	return at, title, err
}

// undoer takes an import out, or sets its withdrawal back.
func undoer(now func() time.Time) history.Undoer {
	return history.Withdrawn{Now: now,
		Read: func(ctx context.Context, tx *sql.Tx, e history.Entry) (string, error) {
			at, _, err := withdrawal(ctx, tx, e.SubjectID())
			if errors.Is(err, ErrUnknownBatch) {
				err = history.ErrGone
			}
			return at, err
		},
		Write: func(ctx context.Context, tx *sql.Tx, e history.Entry, since string) error {
			if _, err := tx.ExecContext(ctx, `update observatory_batch set withdrawn_at = $1 where id = $2`, since, e.SubjectID()); err != nil {
				return err
			}
			return db.Bump(ctx, tx, changeName)
		}}
}
