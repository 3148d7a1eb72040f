// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/files"
	"maillage/internal/platform/history"
	"maillage/internal/platform/journal"
)

// HolderOfJournal forgets what opens the commitments of the acts; the dictionary makes the copy.
func HolderOfJournal(j *journal.Journal, now func() time.Time) Holder { return journalHolder{j, now} }

type journalHolder struct {
	*journal.Journal
	now func() time.Time
}

func (journalHolder) Export(context.Context, string) ([]Section, error) { return nil, nil }

func (h journalHolder) Erase(ctx context.Context, tx *sql.Tx, person string) error {
	_, err := h.Journal.Erase(ctx, tx, person, h.now())
	return err
}

// HolderOfHistory copies the changes a person made and those of values about them, without the
// values about others that stand beside.
func HolderOfHistory(h *history.Room) Holder { return historyHolder{h} }

type historyHolder struct{ *history.Room }

func (h historyHolder) Export(ctx context.Context, person string) ([]Section, error) {
	list, err := h.Room.Export(ctx, person)
	if err != nil {
		return nil, err
	}
	columns := []string{"Date", "Objet", "Intitulé", "Action", "Au titre de", "Champ", "Avant", "Après"}
	about := Section{Title: "Modifications qui concernent la personne", Processing: "Historique des modifications", Columns: columns}
	made := Section{Title: "Modifications faites par la personne", Role: "auteur", Processing: "Historique des modifications", Columns: columns}
	for _, e := range list {
		s := &about
		if e.Role == "auteur" {
			s = &made
		}
		row := []string{db.Instant(e.At), e.Subject, e.Label, e.Verb, e.Function, "", "", ""}
		if len(e.Fields) == 0 {
			s.Rows = append(s.Rows, row)
		}
		for _, f := range e.Fields {
			s.Rows = append(s.Rows, append(row[:5:5], f.Label, f.Before, f.After))
		}
	}
	return []Section{about, made}, nil
}

func (h historyHolder) Erase(ctx context.Context, tx *sql.Tx, person string) error {
	return h.Forget(ctx, tx, person)
}

// HolderOfFiles hands out and forgets the files about a person, contents included, and forgets who
// put the others; the dictionary makes the copy of the list.
func HolderOfFiles(s *files.Store) Holder { return filesHolder{s} }

type filesHolder struct{ *files.Store }

func (filesHolder) Export(context.Context, string) ([]Section, error) { return nil, nil }

func (h filesHolder) Attach(ctx context.Context, person string, add func(string, func() (io.ReadCloser, error)) error) error {
	list, err := h.OfPerson(ctx, person)
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.Scope.Person != person { // put by them, about something else: the list tells it
			continue
		}
		if err := add(f.Name, func() (io.ReadCloser, error) { return h.Read(ctx, f) }); err != nil {
			return err
		}
	}
	return nil
}

func (h filesHolder) Erase(ctx context.Context, tx *sql.Tx, person string) error {
	_, err := h.Store.Erase(ctx, tx, files.Erasure{Person: person})
	return err
}

func (h filesHolder) Sweep(ctx context.Context) error {
	_, err := h.Clean(ctx)
	return err
}

// PurgerOfHistory blanks the values of old changes.
func PurgerOfHistory(d *db.DB, now func() time.Time) Purger { return historyPurger{d, now} }

type historyPurger struct {
	db  *db.DB
	now func() time.Time
}

func (p historyPurger) room(age time.Duration) *history.Room {
	return history.New(p.db, p.now, history.Settings{KeepValues: age})
}

func (p historyPurger) Due(ctx context.Context, age time.Duration) (Due, error) {
	n, ids, err := p.room(age).Expired(ctx, examples)
	return Due{Rows: n, Examples: ids}, err
}

func (p historyPurger) Purge(ctx context.Context, age time.Duration) (int, error) {
	return p.room(age).Purge(ctx)
}

// PurgerFunc is a Purger made of two functions, for a room that has its own end of life.
type PurgerFunc struct {
	Count func(ctx context.Context, age time.Duration) (Due, error)
	Do    func(ctx context.Context, age time.Duration) (int, error)
}

// Due counts.
func (p PurgerFunc) Due(ctx context.Context, age time.Duration) (Due, error) {
	return p.Count(ctx, age)
}

// Purge removes.
func (p PurgerFunc) Purge(ctx context.Context, age time.Duration) (int, error) {
	return p.Do(ctx, age)
}

// PurgerOfFiles removes the deleted files that can no longer be brought back; the delay is that
// room's own.
func PurgerOfFiles(s *files.Store) Purger {
	return PurgerFunc{
		Count: func(ctx context.Context, _ time.Duration) (Due, error) {
			n, ids, err := s.Expired(ctx, examples)
			return Due{Rows: n, Examples: ids}, err
		},
		Do: func(ctx context.Context, _ time.Duration) (int, error) {
			swept, err := s.Sweep(ctx, files.Grace)
			return swept.Files, err
		},
	}
}

// PurgerOfFolder removes the files of a folder, those of its own folders excepted, that nobody has
// touched since. A folder that is not there is empty.
func PurgerOfFolder(dir string, now func() time.Time) Purger {
	old := func(age time.Duration) (names []string, err error) {
		list, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		for _, e := range list {
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.ModTime().Before(now().Add(-age)) {
				names = append(names, e.Name())
			}
		}
		return names, err
	}
	return PurgerFunc{
		Count: func(_ context.Context, age time.Duration) (Due, error) {
			names, err := old(age)
			return Due{Rows: len(names), Examples: names[:min(examples, len(names))]}, err
		},
		Do: func(_ context.Context, age time.Duration) (n int, err error) {
			names, err := old(age)
			for _, name := range names {
				if gone := os.Remove(filepath.Join(dir, name)); gone == nil {
					n++
				} else if !errors.Is(gone, fs.ErrNotExist) {
					err = errors.Join(err, gone)
				}
			}
			return n, err
		},
	}
}
