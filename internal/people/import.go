// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
)

// Import is a pasted list that was taken in.
type Import struct {
	ID     string
	At     time.Time
	ByName string
	Undone time.Time // zero while it counts
	Rows   []importRow
}

// importRow is something an import created or completed.
type importRow struct {
	Rank    int
	Kind    string // personne, organisation, affiliation, courriel, telephone
	Row     string
	Kept    string // why undoing left it
	Undone  bool
	Version int64
	Filled  string // the value that was written in an empty attribute; "" when it is not known
}

// The kinds of rows: what was created, or which empty attribute of a person was filled.
const (
	rowPerson       = "personne"
	rowOrganisation = "organisation"
	rowTie          = "affiliation"
	rowMail         = "courriel"
	rowPhone        = "telephone"
)

// decision is what becomes of a line, once somebody said OK.
type decision struct {
	line   planLine
	person string       // ID of who it is; "" for somebody new
	name   [2]string    // family, given, of somebody new
	org    string       // ID of the organisation; "" for none, or for one to create
	create Organisation // to be created when its name is not empty
}

// intake takes decisions in, one after the other, in one transaction.
type intake struct {
	room    *Room
	tx      *sql.Tx
	id      string
	rank    int
	from    clock.Date
	created map[string]string // organisations created by this import, by key
}

// takeIn writes a list that was looked at, whole or not at all, and returns the import's ID.
func (r *Room) takeIn(ctx context.Context, list []decision) (id string, err error) {
	ctx = withGroup(ctx, history.NewGroup())
	err = r.DB.Tx(ctx, func(tx *sql.Tx) error {
		who := actor.From(ctx)
		in := &intake{room: r, tx: tx, id: db.NewID(), from: r.Today(), created: map[string]string{}}
		id = in.id
		_, err := tx.ExecContext(ctx, `insert into people_import (id, at, by_person, by_name, undone_at) values ($1, $2, $3, $4, '')`,
			in.id, db.Instant(r.Now()), who.Person, who.Name)
		for _, d := range list {
			if err == nil {
				err = in.take(ctx, d)
			}
		}
		return err
	})
	return id, err
}

func (in *intake) take(ctx context.Context, d decision) error {
	org, err := in.organisation(ctx, d)
	if err != nil {
		return err
	}
	who, err := in.person(ctx, d)
	if err != nil || org == "" {
		return err
	}
	ties, err := in.room.Ties(ctx, in.tx, who.ID)
	if err != nil {
		return err
	}
	for _, t := range ties {
		if t.Org.ID == org && t.On(in.from) {
			return nil
		}
	}
	id, err := in.room.createTie(ctx, in.tx, who, Affiliation{Person: who.ID, Organisation: org, Title: d.line.Title, Period: Period{From: in.from}})
	if err != nil {
		return err
	}
	return in.note(ctx, importRow{Kind: rowTie, Row: id, Version: 1})
}

func (in *intake) organisation(ctx context.Context, d decision) (string, error) {
	if d.org != "" || d.create.Name == "" {
		return d.org, nil
	}
	key := nameKey(d.create.Name)
	if id := in.created[key]; id != "" {
		return id, nil
	}
	id, err := in.room.createOrganisation(ctx, in.tx, d.create)
	if err != nil {
		return "", err
	}
	in.created[key] = id
	return id, in.note(ctx, importRow{Kind: rowOrganisation, Row: id, Version: 1})
}

// person creates somebody, or fills what is empty on their record.
func (in *intake) person(ctx context.Context, d decision) (Person, error) {
	if d.person == "" {
		p := Person{FamilyName: d.name[0], GivenName: d.name[1], Mail: d.line.Mail, Phone: spacedPhone(d.line.Phone)}
		id, err := in.room.createPerson(ctx, in.tx, p)
		if err != nil {
			return p, err
		}
		p.ID = id
		return p, in.note(ctx, importRow{Kind: rowPerson, Row: id, Version: 1})
	}
	p, err := in.room.Person(ctx, in.tx, d.person)
	if err != nil {
		return p, err
	}
	var filled []importRow
	if p.Mail == "" && d.line.Mail != "" {
		p.Mail = strings.ToLower(d.line.Mail)
		filled = append(filled, importRow{Kind: rowMail, Filled: p.Mail})
	}
	if p.Phone == "" && d.line.Phone != "" {
		p.Phone = spacedPhone(d.line.Phone)
		filled = append(filled, importRow{Kind: rowPhone, Filled: p.Phone})
	}
	if len(filled) == 0 {
		return p, nil
	}
	if err := in.room.changePerson(ctx, in.tx, p); err != nil {
		return p, err
	}
	p.Version++
	for _, row := range filled {
		row.Row, row.Version = p.ID, p.Version
		if err := in.note(ctx, row); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (in *intake) note(ctx context.Context, row importRow) error {
	in.rank++
	_, err := in.tx.ExecContext(ctx, `
		insert into people_import_row (import, rank, kind, row_id, kept, undone, version, filled) values ($1, $2, $3, $4, '', 0, $5, $6)`,
		in.id, in.rank, row.Kind, row.Row, row.Version, row.Filled)
	return err
}

// What UndoImport tells apart, by errors.Is.
var ErrImportUndone = errors.New("cet import est déjà annulé")

// UndoImport takes out what an import created, last first, and empties what it filled. What has
// been used or changed since stays, with the reason; asking again tries again what stayed.
func (r *Room) UndoImport(ctx context.Context, id string) error {
	ctx = withGroup(ctx, history.NewGroup())
	return r.DB.Tx(ctx, func(tx *sql.Tx) error {
		list, err := r.importRows(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrUnknown
		}
		left := 0
		for i := len(list) - 1; i >= 0; i-- {
			row := list[i]
			if row.Undone {
				continue
			}
			why, err := r.undoRow(ctx, tx, row)
			if err != nil {
				return err
			}
			left += bit(why != "")
			_, err = tx.ExecContext(ctx, `update people_import_row set kept = $1, undone = $2 where import = $3 and rank = $4`, why, bit(why == ""), id, row.Rank)
			if err != nil {
				return err
			}
		}
		undone := db.Instant(r.Now())
		if left > 0 {
			undone = ""
		}
		_, err = tx.ExecContext(ctx, `update people_import set undone_at = $1 where id = $2`, undone, id)
		return err
	})
}

const changedSince = "la fiche a été modifiée depuis"

// undoRow takes one row back and says why it does not, "" when it does.
func (r *Room) undoRow(ctx context.Context, tx *sql.Tx, row importRow) (string, error) {
	switch row.Kind {
	case rowTie:
		return r.undoTie(ctx, tx, row)
	case rowOrganisation:
		o, err := r.organisationAsIs(ctx, tx, row.Row)
		return takeOut(ctx, r, tx, row, organisations, o.Version, err, func() history.Entry { return organisationEntry(&o, nil) })
	case rowPerson:
		p, err := r.personAsIs(ctx, tx, row.Row)
		return takeOut(ctx, r, tx, row, persons, p.Version, err, func() history.Entry { return personEntry(&p, nil) })
	}
	return r.undoFilled(ctx, tx, row)
}

// undoFilled blanks an attribute that was filled, while it bears the value of the import.
func (r *Room) undoFilled(ctx context.Context, tx *sql.Tx, row importRow) (string, error) {
	p, err := r.personAsIs(ctx, tx, row.Row)
	if err != nil {
		return "", ignoreUnknown(err)
	}
	at := &p.Phone
	if row.Kind == rowMail {
		at = &p.Mail
	}
	switch *at {
	case "":
		return "", nil
	case row.Filled:
		*at = ""
		return "", r.changePerson(ctx, tx, p)
	}
	return changedSince, nil
}

func (r *Room) undoTie(ctx context.Context, tx *sql.Tx, row importRow) (string, error) {
	t, err := r.Tie(ctx, tx, row.Row)
	who := Person{}
	if err == nil {
		who, err = r.Person(ctx, tx, t.Person)
	}
	return takeOut(ctx, r, tx, row, affiliations, t.Version, err, func() history.Entry { return tieEntry(who, t.Org, &t.Affiliation, nil) })
}

// takeOut withdraws a row unless it was changed or used since; one that is gone already is done.
func takeOut(ctx context.Context, r *Room, tx *sql.Tx, row importRow, table string, version int64, err error, note func() history.Entry) (string, error) {
	if errors.Is(err, ErrUnknown) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	why, err := r.used(ctx, tx, table, row.Row)
	if err != nil || why != "" {
		return why, err
	}
	if version != row.Version {
		return changedSince, nil
	}
	if err := r.withdraw(ctx, tx, table, row.Row, r.Now()); err != nil {
		return "", err
	}
	return "", r.record(ctx, tx, note())
}

func (s *Store) importRows(ctx context.Context, q db.Querier, id string) ([]importRow, error) {
	return db.Query(ctx, q, func(scan func(...any) error) (importRow, error) {
		var x importRow
		var undone int
		err := scan(&x.Rank, &x.Kind, &x.Row, &x.Kept, &undone, &x.Version, &x.Filled)
		x.Undone = undone == 1
		return x, err
	}, `select rank, kind, row_id, kept, undone, version, filled from people_import_row where import = $1 order by rank limit 20000`, id)
}

// Imports are the latest imports, with their rows.
func (s *Store) Imports(ctx context.Context, limit int) ([]Import, error) {
	list, err := db.Query(ctx, s.DB.Read(), func(scan func(...any) error) (Import, error) {
		var x Import
		var at, undone string
		if err := scan(&x.ID, &at, &x.ByName, &undone); err != nil {
			return x, err
		}
		var err error
		if x.At, err = db.ParseInstant(at); err == nil {
			x.Undone, err = db.ParseOptionalInstant(undone)
		}
		return x, err
	}, `select id, at, by_name, undone_at from people_import order by at desc, id desc limit $1`, limit)
	for i := range list {
		if err == nil {
			list[i].Rows, err = s.importRows(ctx, s.DB.Read(), list[i].ID)
		}
	}
	return list, err
}

type groupKey struct{}

// withGroup has all that is recorded under ctx be one gesture of the history.
func withGroup(ctx context.Context, group string) context.Context {
	return context.WithValue(ctx, groupKey{}, group)
}

func groupOf(ctx context.Context) string {
	g, _ := ctx.Value(groupKey{}).(string)
	return g
}
