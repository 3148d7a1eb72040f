// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

// ContourSet is one import of contours.
type ContourSet struct {
	ID        string
	Title     string
	Day       clock.Date // geography of the contours
	Source    string
	Licence   string
	File      string
	Content   string   // what it holds, in French: « 39 communes »
	Notes     []string // what was repaired or set aside, for people
	Count     int      // territories
	Created   time.Time
	Accepted  time.Time // zero while somebody is still to look at it
	Withdrawn time.Time
}

// InUse says that pages draw from the set.
func (c ContourSet) InUse() bool { return !c.Accepted.IsZero() && c.Withdrawn.IsZero() }

// Shape is the outline of one territory at one level of detail, as geo.Marshal writes it.
type Shape struct {
	Territory ID
	Level     int
	Data      []byte
}

const contourColumns = `id, title, day, source, licence, file, content, notes, shape_count, created_at, accepted_at, withdrawn_at`

// AddContours records a set and its shapes in one transaction. One that is not accepted is kept
// aside until AcceptContours; those that nobody accepted within forgotten are removed.
func (s *Store) AddContours(ctx context.Context, set ContourSet, shapes iter.Seq[Shape]) error {
	notes, err := json.Marshal(set.Notes)
	if err != nil {
		return err
	}
	return s.db.Bulk(ctx, func(tx *sql.Tx) error {
		if err := dropProposals(ctx, tx, set.Created.Add(-forgotten)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into territory_contour_set (`+contourColumns+`)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '')`,
			set.ID, set.Title, set.Day.String(), set.Source, set.Licence, set.File, set.Content, string(notes), set.Count,
			db.Instant(set.Created), db.OptionalInstant(set.Accepted))
		if err != nil {
			return err
		}
		_, err = db.BulkInsert(ctx, tx, "territory_contour", []string{"contour_set", "level", "territory", "shape"},
			func(yield func([]any) bool) {
				for sh := range shapes {
					if ctx.Err() != nil || !yield([]any{set.ID, sh.Level, string(sh.Territory), sh.Data}) {
						return
					}
				}
			})
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		return db.Bump(ctx, tx, ChangeName)
	})
}

// forgotten is how long a proposal waits for somebody to accept it.
const forgotten = 7 * 24 * time.Hour

func dropProposals(ctx context.Context, tx *sql.Tx, before time.Time) error {
	const old = `accepted_at = '' and created_at < $1`
	_, err := tx.ExecContext(ctx, `delete from territory_contour where contour_set in (select id from territory_contour_set where `+old+`)`, db.Instant(before))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `delete from territory_contour_set where `+old, db.Instant(before))
	return err
}

// ContourSets lists the imports of contours, the last accepted first.
func (s *Store) ContourSets(ctx context.Context) ([]ContourSet, error) {
	return db.Query(ctx, s.db.Read(), scanContourSet, `select `+contourColumns+` from territory_contour_set
		order by case when accepted_at = '' then 1 else 0 end, accepted_at desc, created_at desc, id desc limit 1000`)
}

// ContourSet reads one set.
func (s *Store) ContourSet(ctx context.Context, id string) (ContourSet, error) {
	list, err := db.Query(ctx, s.db.Read(), scanContourSet, `select `+contourColumns+` from territory_contour_set where id = $1 limit 1`, id)
	if err == nil && len(list) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return ContourSet{}, err
	}
	return list[0], nil
}

func scanContourSet(scan func(...any) error) (ContourSet, error) {
	var c ContourSet
	var day, notes, created, accepted, withdrawn string
	if err := scan(&c.ID, &c.Title, &day, &c.Source, &c.Licence, &c.File, &c.Content, &notes, &c.Count, &created, &accepted, &withdrawn); err != nil {
		return c, err
	}
	var errs [4]error
	c.Created, errs[0] = db.ParseInstant(created)
	c.Accepted, errs[1] = db.ParseOptionalInstant(accepted)
	c.Withdrawn, errs[2] = db.ParseOptionalInstant(withdrawn)
	errs[3] = errors.Join(c.Day.UnmarshalText([]byte(day)), json.Unmarshal([]byte(notes), &c.Notes))
	if err := errors.Join(errs[:]...); err != nil {
		return c, fmt.Errorf("contours %s: %w", c.ID, err)
	}
	return c, nil
}

// AcceptContours lets pages draw from a set that was proposed.
func (s *Store) AcceptContours(ctx context.Context, id string, at time.Time) error {
	return s.markContours(ctx, `update territory_contour_set set accepted_at = $1 where id = $2 and accepted_at = ''`, at, id)
}

// WithdrawContours takes a set out of use.
func (s *Store) WithdrawContours(ctx context.Context, id string, at time.Time) error {
	return s.markContours(ctx, `update territory_contour_set set withdrawn_at = $1 where id = $2 and accepted_at <> '' and withdrawn_at = ''`, at, id)
}

// RestoreContours puts a withdrawn set back in its place.
func (s *Store) RestoreContours(ctx context.Context, id string) error {
	return s.markContours(ctx, `update territory_contour_set set withdrawn_at = $1 where id = $2 and withdrawn_at <> ''`, time.Time{}, id)
}

func (s *Store) markContours(ctx context.Context, text string, at time.Time, id string) error {
	return s.db.Change(ctx, ChangeName, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, text, db.OptionalInstant(at), id)
		return db.One(res, err, ErrChanged)
	})
}

// DropContours removes a proposal for good.
func (s *Store) DropContours(ctx context.Context, id string) error {
	return s.db.Bulk(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from territory_contour where contour_set in
			(select id from territory_contour_set where id = $1 and accepted_at = '')`, id)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `delete from territory_contour_set where id = $1 and accepted_at = ''`, id)
		if err := db.One(res, err, ErrChanged); err != nil {
			return err
		}
		return db.Bump(ctx, tx, ChangeName)
	})
}

// Shapes gives the outlines of a set at one level, by identifier, one at a time.
func (s *Store) Shapes(ctx context.Context, set string, level int, yield func(Shape) error) error {
	rows, err := s.db.Read().QueryContext(ctx, `select territory, shape from territory_contour
		where contour_set = $1 and level = $2 order by territory`, set, level)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		sh := Shape{Level: level}
		if err := rows.Scan(&sh.Territory, &sh.Data); err != nil {
			return err
		}
		if err := yield(sh); err != nil {
			return err
		}
	}
	return rows.Err()
}
