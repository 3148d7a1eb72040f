// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"maillage/internal/drafts"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
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

// changeName is under which the room tells other processes that what was done changed.
const changeName = "duty"

// ErrUnknown is returned for something that is not recorded for that territory.
var ErrUnknown = errors.New("cet enregistrement n'existe pas")

// Store is the only place that touches the tables of this room.
type Store struct {
	History *history.Room // nil: nobody asks who changed what
	Drafts  *drafts.Room  // nil: what is typed is not kept

	db *db.DB
}

// NewStore keeps evidence in d, whose duty migrations have been applied.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

// RecordedEvidence is an evidence as recorded for a territory. Withdrawn is the instant it
// was taken out, zero while it counts.
type RecordedEvidence struct {
	ID, Territory string
	Evidence
	Created, Withdrawn time.Time
}

// RecordedCTG is a convention as recorded for a territory. Pages tells on which page of the
// document an item was found, by code of item, where somebody noted it. Replaced says that a
// newer reading of the same convention took its place.
type RecordedCTG struct {
	ID, Territory string
	CTG
	Pages              map[string]int
	Replaced           bool
	Created, Withdrawn time.Time
}

// Evidence lists what was recorded, withdrawn or not, oldest act first.
func (s *Store) Evidence(ctx context.Context) ([]RecordedEvidence, error) {
	return db.Query(ctx, s.db.Read(), func(scan func(...any) error) (RecordedEvidence, error) {
		var e RecordedEvidence
		var day, created, withdrawn string
		err := scan(&e.ID, &e.Territory, &e.Kind, &day, &e.Year, &e.Reference, &e.Document, &created, &withdrawn)
		if err != nil {
			return e, err
		}
		var err1, err2 error
		e.Created, err1 = db.ParseInstant(created)
		e.Withdrawn, err2 = db.ParseOptionalInstant(withdrawn)
		if err = errors.Join(err1, err2, e.Date.UnmarshalText([]byte(day))); err != nil {
			return e, fmt.Errorf("evidence %s: %w", e.ID, err)
		}
		return e, nil
	}, `select id, territory, kind, day, year, reference, document, created_at, withdrawn_at
		from duty_evidence order by day, id limit 200000`)
}

// AddEvidence records an evidence; db.IsUnique tells that its ID is already there.
func (s *Store) AddEvidence(ctx context.Context, e RecordedEvidence) error {
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into duty_evidence (id, territory, kind, day, year, reference, document, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			e.ID, e.Territory, e.Kind, e.Date.String(), e.Year, e.Reference, e.Document, db.Instant(e.Created))
		if err != nil {
			return err
		}
		return errors.Join(s.History.Record(ctx, tx, e.added()), s.Drafts.Accept(ctx, tx, evidenceDraft(e.Territory)))
	})
}

// WithdrawEvidence takes an evidence of a territory out; it can be put back.
func (s *Store) WithdrawEvidence(ctx context.Context, territory, id string, at time.Time) error {
	return s.setEvidence(ctx, territory, id, db.Instant(at))
}

// RestoreEvidence puts an evidence back in.
func (s *Store) RestoreEvidence(ctx context.Context, territory, id string) error {
	return s.setEvidence(ctx, territory, id, "")
}

func (s *Store) setEvidence(ctx context.Context, territory, id, withdrawn string) error {
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		before, label, err := withdrawal(ctx, tx, "duty_evidence", territory, id)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `update duty_evidence set withdrawn_at = $1 where id = $2 and territory = $3`,
			withdrawn, id, territory)
		if err := db.One(res, err, ErrUnknown); err != nil {
			return err
		}
		return s.History.Record(ctx, tx, moved(evidenceKind, territory, id, label, before, withdrawn))
	})
}

// CTGs lists the conventions recorded, withdrawn or not, oldest first.
func (s *Store) CTGs(ctx context.Context) ([]RecordedCTG, error) {
	return db.Query(ctx, s.db.Read(), func(scan func(...any) error) (RecordedCTG, error) {
		var c RecordedCTG
		var from, to, items, pages, replacedBy, created, withdrawn string
		err := scan(&c.ID, &c.Territory, &from, &to, &items, &pages, &c.Reference, &c.Document, &replacedBy, &created, &withdrawn)
		if err != nil {
			return c, err
		}
		c.Replaced = replacedBy != ""
		var err1, err2 error
		c.Created, err1 = db.ParseInstant(created)
		c.Withdrawn, err2 = db.ParseOptionalInstant(withdrawn)
		err = errors.Join(err1, err2, c.From.UnmarshalText([]byte(from)), c.To.UnmarshalText([]byte(to)),
			json.Unmarshal([]byte(items), &c.Items), json.Unmarshal([]byte(pages), &c.Pages))
		if err != nil {
			return c, fmt.Errorf("ctg %s: %w", c.ID, err)
		}
		return c, nil
	}, `select id, territory, valid_from, valid_to, items, pages, reference, document, replaced_by, created_at, withdrawn_at
		from duty_ctg order by valid_from, id limit 200000`)
}

// AddCTG records a convention; db.IsUnique tells that its ID is already there. When replaces
// names an earlier reading of it, that one is withdrawn in the same transaction.
func (s *Store) AddCTG(ctx context.Context, c RecordedCTG, replaces string) error {
	items, err1 := json.Marshal(c.Items)
	pages, err2 := json.Marshal(c.Pages)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into duty_ctg
			(id, territory, valid_from, valid_to, items, pages, reference, document, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			c.ID, c.Territory, c.From.String(), c.To.String(), string(items), string(pages), c.Reference, c.Document, db.Instant(c.Created))
		if err == nil {
			err = errors.Join(s.History.Record(ctx, tx, c.added()), s.Drafts.Accept(ctx, tx, ctgDraft(c.Territory)))
		}
		if err != nil || replaces == "" {
			return err
		}
		res, err := tx.ExecContext(ctx, `update duty_ctg set withdrawn_at = $1, replaced_by = $2
			where id = $3 and territory = $4 and withdrawn_at = ''`,
			db.Instant(c.Created), c.ID, replaces, c.Territory)
		return db.One(res, err, ErrUnknown)
	})
}

// WithdrawCTG takes a convention of a territory out. If it replaced an earlier reading, that
// one counts again: undoing leaves things as they were.
func (s *Store) WithdrawCTG(ctx context.Context, territory, id string, at time.Time) error {
	return s.setCTG(ctx, territory, id, db.Instant(at), "")
}

// RestoreCTG puts a convention back in, and out again the reading that it replaced.
func (s *Store) RestoreCTG(ctx context.Context, territory, id string, at time.Time) error {
	return s.setCTG(ctx, territory, id, "", db.Instant(at))
}

// setCTG sets the instant of withdrawal of a convention and that of the one it replaced.
func (s *Store) setCTG(ctx context.Context, territory, id, withdrawn, replaced string) error {
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		before, label, err := withdrawal(ctx, tx, "duty_ctg", territory, id)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `update duty_ctg set withdrawn_at = $1 where id = $2 and territory = $3`, withdrawn, id, territory)
		if err := db.One(res, err, ErrUnknown); err != nil {
			return err
		}
		if err := s.History.Record(ctx, tx, moved(ctgKind, territory, id, label, before, withdrawn)); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update duty_ctg set withdrawn_at = $1 where replaced_by = $2 and territory = $3`, replaced, id, territory)
		return err
	})
}
