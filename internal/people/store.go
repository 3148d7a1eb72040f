// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"strings"
	"time"

	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
)

//go:embed migrations
var migrations embed.FS

// Migrations are the tables of this room.
func Migrations() fs.FS { return migrations }

// What callers tell apart, by errors.Is.
var (
	ErrUnknown = errors.New("cette fiche n'existe pas")
	ErrTaken   = errors.New("une autre fiche porte déjà cette adresse ou ce SIREN")
	ErrStale   = errors.New("cette fiche a changé entre-temps")
)

// Store keeps the directory. Its writing functions take the transaction of the gesture.
type Store struct{ DB *db.DB }

// AddOrganisation writes an organisation and returns its ID. A SIREN already in use is ErrTaken.
func (s *Store) AddOrganisation(ctx context.Context, tx *sql.Tx, o Organisation, now time.Time) (string, error) {
	id := db.NewID()
	_, err := tx.ExecContext(ctx, `
		insert into people_organisation (id, kind, name, siren, territory, merged_into, created_at, deleted_at, version, root, folded)
		values ($1, $2, $3, $4, $5, '', $6, '', 1, $7, $8)`, id, o.Kind, o.Name, o.SIREN, o.Territory, db.Instant(now), id, french.Fold(o.Name))
	return id, taken(err)
}

// AddPerson writes a person and returns their ID. An address already in use is ErrTaken.
func (s *Store) AddPerson(ctx context.Context, tx *sql.Tx, p Person, now time.Time) (string, error) {
	id := db.NewID()
	_, err := tx.ExecContext(ctx, `
		insert into people_person (id, given_name, family_name, mail, phone, absent_from, absent_to, deputy, rhythm, demo,
		  merged_into, created_at, deleted_at, version, root, folded)
		values ($1, $2, $3, $4, $5, '', '', '', $6, $7, '', $8, '', 1, $9, $10)`,
		id, p.GivenName, p.FamilyName, strings.ToLower(p.Mail), p.Phone, p.Rhythm, bit(p.Demo), db.Instant(now), id, p.folded())
	return id, taken(err)
}

// folded is the name as lists are ordered and searched.
func (p Person) folded() string { return french.Fold(p.FamilyName + " " + p.GivenName) }

// AddAffiliation ties a person to an organisation and returns the tie's ID.
func (s *Store) AddAffiliation(ctx context.Context, tx *sql.Tx, a Affiliation, now time.Time) (string, error) {
	id := db.NewID()
	_, err := tx.ExecContext(ctx, `
		insert into people_affiliation (id, person, organisation, title, valid_from, valid_to, created_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, 1)`, id, a.Person, a.Organisation, a.Title, a.From.String(), a.To.String(), db.Instant(now))
	return id, err
}

// AddHat gives a hat under an affiliation and returns its ID. Whether it may be given is for
// MayGive to say.
func (s *Store) AddHat(ctx context.Context, tx *sql.Tx, affiliation string, role policy.Hat, body string, p Period, now time.Time) (string, error) {
	id := db.NewID()
	_, err := tx.ExecContext(ctx, `
		insert into people_hat (id, affiliation, role, body, valid_from, valid_to, created_at)
		values ($1, $2, $3, $4, $5, $6, $7)`, id, affiliation, role, body, p.From.String(), p.To.String(), db.Instant(now))
	return id, err
}

// saveOrganisation writes what people change of an organisation, ErrStale when it is no longer at o.Version.
func (s *Store) saveOrganisation(ctx context.Context, tx *sql.Tx, o Organisation) error {
	res, err := tx.ExecContext(ctx, `
		update people_organisation set kind = $1, name = $2, siren = $3, territory = $4, folded = $5, version = version + 1
		where id = $6 and version = $7 and deleted_at = ''`, o.Kind, o.Name, o.SIREN, o.Territory, french.Fold(o.Name), o.ID, o.Version)
	return db.One(res, taken(err), ErrStale)
}

// savePerson is saveOrganisation for a person.
func (s *Store) savePerson(ctx context.Context, tx *sql.Tx, p Person) error {
	res, err := tx.ExecContext(ctx, `
		update people_person set given_name = $1, family_name = $2, mail = $3, phone = $4, absent_from = $5, absent_to = $6,
		  deputy = $7, rhythm = $8, folded = $9, version = version + 1
		where id = $10 and version = $11 and deleted_at = ''`,
		p.GivenName, p.FamilyName, strings.ToLower(p.Mail), p.Phone, p.Absence.From.String(), p.Absence.To.String(),
		p.Absence.Deputy, p.Rhythm, p.folded(), p.ID, p.Version)
	return db.One(res, taken(err), ErrStale)
}

// saveAffiliation is saveOrganisation for an affiliation.
func (s *Store) saveAffiliation(ctx context.Context, tx *sql.Tx, a Affiliation) error {
	res, err := tx.ExecContext(ctx, `
		update people_affiliation set title = $1, valid_from = $2, valid_to = $3, version = version + 1
		where id = $4 and version = $5 and deleted_at = ''`, a.Title, a.From.String(), a.To.String(), a.ID, a.Version)
	return db.One(res, err, ErrStale)
}

// saveHat is saveOrganisation for a hat: its dates and its body; a role is never changed, it ends.
func (s *Store) saveHat(ctx context.Context, tx *sql.Tx, h Hat) error {
	res, err := tx.ExecContext(ctx, `
		update people_hat set body = $1, valid_from = $2, valid_to = $3, version = version + 1
		where id = $4 and version = $5 and deleted_at = ''`, h.Body, h.From.String(), h.To.String(), h.ID, h.Version)
	return db.One(res, err, ErrStale)
}

// The tables whose rows are withdrawn and put back.
const (
	organisations = "people_organisation"
	persons       = "people_person"
	affiliations  = "people_affiliation"
	hats          = "people_hat"
)

// withdraw takes a row out of use at an instant; the zero instant puts it back.
func (s *Store) withdraw(ctx context.Context, tx *sql.Tx, table, id string, at time.Time) error {
	texts := map[string]string{
		organisations: `update people_organisation set deleted_at = $1, version = version + 1 where id = $2`,
		persons:       `update people_person set deleted_at = $1, version = version + 1 where id = $2`,
		affiliations:  `update people_affiliation set deleted_at = $1, version = version + 1 where id = $2`,
		hats:          `update people_hat set deleted_at = $1, version = version + 1 where id = $2`,
	}
	res, err := tx.ExecContext(ctx, texts[table], db.OptionalInstant(at), id)
	return db.One(res, taken(err), ErrUnknown)
}

func readPeriod(p *Period, from, to string) error {
	return errors.Join(p.From.UnmarshalText([]byte(from)), p.To.UnmarshalText([]byte(to)))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func taken(err error) error {
	if db.IsUnique(err) {
		return ErrTaken
	}
	return err
}

// lastDay is the day before, for a right that moves on a day.
func lastDay(d clock.Date) clock.Date { return d.AddDays(-1) }
