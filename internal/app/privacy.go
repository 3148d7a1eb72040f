// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"path/filepath"
	"time"

	"maillage/internal/correspondence"
	"maillage/internal/drafts"
	"maillage/internal/duty"
	"maillage/internal/observatory"
	"maillage/internal/people"
	"maillage/internal/platform/db"
	"maillage/internal/platform/files"
	"maillage/internal/platform/history"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/mail"
	"maillage/internal/privacy"
	"maillage/internal/signin"
	"maillage/internal/territory"
)

// dictionaries are what the rooms declare of their tables. A table that is in none fails
// TestEveryColumnIsDeclared.
func dictionaries() []string {
	return []string{people.Dictionary(), signin.Dictionary(), drafts.Dictionary(), history.Dictionary(), journal.Dictionary(), files.Dictionary(),
		mail.Dictionary(), correspondence.Dictionary(), privacy.OwnDictionary(), territory.Dictionary(), observatory.Dictionary(), duty.Dictionary(),
		db.Dictionary()}
}

// openPrivacy opens the room that answers for personal data, once all the others are open, and
// erases again whom a restored backup brought back. When that fails the service opens all the same.
func (a *App) openPrivacy(ctx context.Context) (*privacy.Room, error) {
	d, err := privacy.Parse(dictionaries()...)
	if err != nil {
		return nil, err
	}
	r := &privacy.Room{DB: a.DB, Dictionary: d, People: a.People.Store, Journal: a.Journal, History: a.History, Now: time.Now,
		Holders: map[string]privacy.Holder{"journal": privacy.HolderOfJournal(a.Journal, time.Now), "history": privacy.HolderOfHistory(a.History),
			"files": privacy.HolderOfFiles(a.Files)},
		Purgers: map[string]privacy.Purger{"history_entry": privacy.PurgerOfHistory(a.DB, time.Now), "files_file": privacy.PurgerOfFiles(a.Files),
			privacy.Deposits: privacy.PurgerOfFolder(a.files(), time.Now)},
		Bumped: []string{territory.ChangeName, "observatory", "duty"}, // free texts of these rooms are kept in memory
		Ledger: privacy.Ledger{Path: filepath.Join(a.Config.Dir, privacy.LedgerName)}}
	if err := r.Check(); err != nil {
		return nil, err
	}
	n, err := r.Replay(ctx)
	if n > 0 {
		a.log.WarnContext(ctx, "erasures done again after a restoration", "persons", n)
	}
	if err != nil { // the service is worth more open: /donnees says it, and the daily job tries again
		a.log.ErrorContext(ctx, "erasures of the ledger could not be done again", "error", err)
	}
	return r, nil
}
