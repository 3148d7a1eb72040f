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

	"maillage/internal/platform/db"
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

// ErrUnknown is returned for something that is not recorded.
var ErrUnknown = errors.New("cet enregistrement n'existe pas")

// Store is the only place that touches the tables of this room.
type Store struct{ db *db.DB }

// NewStore keeps evidence in d, whose duty migrations have been applied.
func NewStore(d *db.DB) *Store { return &Store{d} }

// RecordedEvidence is an evidence as recorded for a territory.
type RecordedEvidence struct {
	ID, Territory string
	Evidence
	Created time.Time
}

// RecordedCTG is a convention as recorded for a territory.
type RecordedCTG struct {
	ID, Territory string
	CTG
	Created time.Time
}

// Evidence lists what was recorded and not withdrawn, oldest act first.
func (s *Store) Evidence(ctx context.Context) ([]RecordedEvidence, error) {
	return db.Query(ctx, s.db.Read(), func(scan func(...any) error) (RecordedEvidence, error) {
		var e RecordedEvidence
		var day, created string
		if err := scan(&e.ID, &e.Territory, &e.Kind, &day, &e.Year, &e.Reference, &e.Document, &created); err != nil {
			return e, err
		}
		var err error
		e.Created, err = db.ParseInstant(created)
		return e, errors.Join(err, e.Date.UnmarshalText([]byte(day)))
	}, `select id, territory, kind, day, year, reference, document, created_at
		from duty_evidence where withdrawn_at = '' order by day, id limit 200000`)
}

// AddEvidence records an evidence.
func (s *Store) AddEvidence(ctx context.Context, e RecordedEvidence) error {
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into duty_evidence (id, territory, kind, day, year, reference, document, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			e.ID, e.Territory, e.Kind, e.Date.String(), e.Year, e.Reference, e.Document, db.Instant(e.Created))
		return err
	})
}

// WithdrawEvidence takes an evidence out, or back in with the zero instant.
func (s *Store) WithdrawEvidence(ctx context.Context, id string, at time.Time) error {
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `update duty_evidence set withdrawn_at = $1 where id = $2`, db.OptionalInstant(at), id)
		return db.One(res, err, ErrUnknown)
	})
}

// CTGs lists the conventions recorded and not withdrawn.
func (s *Store) CTGs(ctx context.Context) ([]RecordedCTG, error) {
	return db.Query(ctx, s.db.Read(), func(scan func(...any) error) (RecordedCTG, error) {
		var c RecordedCTG
		var from, to, items, created string
		if err := scan(&c.ID, &c.Territory, &from, &to, &items, &c.Reference, &c.Document, &created); err != nil {
			return c, err
		}
		var err error
		c.Created, err = db.ParseInstant(created)
		err = errors.Join(err, c.From.UnmarshalText([]byte(from)), c.To.UnmarshalText([]byte(to)), json.Unmarshal([]byte(items), &c.Items))
		if err != nil {
			return c, fmt.Errorf("ctg %s: %w", c.ID, err)
		}
		return c, nil
	}, `select id, territory, valid_from, valid_to, items, reference, document, created_at
		from duty_ctg where withdrawn_at = '' order by valid_from, id limit 200000`)
}

// AddCTG records a convention.
func (s *Store) AddCTG(ctx context.Context, c RecordedCTG) error {
	items, err := json.Marshal(c.Items)
	if err != nil {
		return err
	}
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into duty_ctg (id, territory, valid_from, valid_to, items, reference, document, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			c.ID, c.Territory, c.From.String(), c.To.String(), string(items), c.Reference, c.Document, db.Instant(c.Created))
		return err
	})
}

// WithdrawCTG takes a convention out, or back in with the zero instant.
func (s *Store) WithdrawCTG(ctx context.Context, id string, at time.Time) error {
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `update duty_ctg set withdrawn_at = $1 where id = $2`, db.OptionalInstant(at), id)
		return db.One(res, err, ErrUnknown)
	})
}
