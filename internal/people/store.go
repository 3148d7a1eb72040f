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
	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
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
		insert into people_organisation (id, kind, name, siren, territory, merged_into, created_at, deleted_at, version)
		values ($1, $2, $3, $4, $5, '', $6, '', 1)`, id, o.Kind, o.Name, o.SIREN, o.Territory, db.Instant(now))
	return id, taken(err)
}

// AddPerson writes a person and returns their ID. An address already in use is ErrTaken.
func (s *Store) AddPerson(ctx context.Context, tx *sql.Tx, p Person, now time.Time) (string, error) {
	id := db.NewID()
	if p.Rhythm == "" {
		p.Rhythm = mail.Weekly
	}
	_, err := tx.ExecContext(ctx, `
		insert into people_person (id, given_name, family_name, mail, phone, absent_from, absent_to, deputy, rhythm, demo, merged_into, created_at, deleted_at, version)
		values ($1, $2, $3, $4, $5, '', '', '', $6, $7, '', $8, '', 1)`,
		id, p.GivenName, p.FamilyName, strings.ToLower(p.Mail), p.Phone, p.Rhythm, bit(p.Demo), db.Instant(now))
	return id, taken(err)
}

// AddAffiliation ties a person to an organisation and returns the tie's ID.
func (s *Store) AddAffiliation(ctx context.Context, tx *sql.Tx, a Affiliation, now time.Time) (string, error) {
	id := db.NewID()
	_, err := tx.ExecContext(ctx, `
		insert into people_affiliation (id, person, organisation, title, valid_from, valid_to, created_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, 1)`, id, a.Person, a.Organisation, a.Title, a.From.String(), a.To.String(), db.Instant(now))
	return id, err
}

// AddHat gives a hat under an affiliation and returns its ID.
func (s *Store) AddHat(ctx context.Context, tx *sql.Tx, affiliation string, role policy.Hat, body string, p Period, now time.Time) (string, error) {
	id := db.NewID()
	_, err := tx.ExecContext(ctx, `
		insert into people_hat (id, affiliation, role, body, valid_from, valid_to, created_at)
		values ($1, $2, $3, $4, $5, $6, $7)`, id, affiliation, role, body, p.From.String(), p.To.String(), db.Instant(now))
	return id, err
}

const personColumns = `id, given_name, family_name, mail, phone, absent_from, absent_to, deputy, rhythm, demo, merged_into, version`

func scanPerson(scan func(...any) error) (Person, error) {
	var p Person
	var from, to string
	var demo int
	err := scan(&p.ID, &p.GivenName, &p.FamilyName, &p.Mail, &p.Phone, &from, &to, &p.Absence.Deputy, &p.Rhythm, &demo, &p.MergedInto, &p.Version)
	p.Demo = demo == 1
	return p, errors.Join(err, p.Absence.From.UnmarshalText([]byte(from)), p.Absence.To.UnmarshalText([]byte(to)))
}

// Person is one person; a duplicate is followed to whom it was merged into. Unknown or deleted: ErrUnknown.
func (s *Store) Person(ctx context.Context, q db.Querier, id string) (Person, error) {
	for range 8 { // merges of merges
		list, err := db.Query(ctx, q, scanPerson, `select `+personColumns+` from people_person where id = $1 and deleted_at = ''`, id)
		if err != nil {
			return Person{}, err
		}
		if len(list) == 0 {
			return Person{}, ErrUnknown
		}
		if list[0].MergedInto == "" {
			return list[0], nil
		}
		id = list[0].MergedInto
	}
	return Person{}, ErrUnknown
}

// ByMail is the person an address belongs to, ErrUnknown when nobody's.
func (s *Store) ByMail(ctx context.Context, q db.Querier, addr string) (Person, error) {
	list, err := db.Query(ctx, q, scanPerson, `
		select `+personColumns+` from people_person
		where mail = $1 and mail <> '' and merged_into = '' and deleted_at = ''`, strings.ToLower(addr))
	if err != nil {
		return Person{}, err
	}
	if len(list) == 0 {
		return Person{}, ErrUnknown
	}
	return list[0], nil
}

// Hats are the hats of a person, of all times, the oldest first.
func (s *Store) Hats(ctx context.Context, q db.Querier, person string) ([]Hat, error) {
	return db.Query(ctx, q, scanHat, `
		select h.id, h.role, h.body, h.valid_from, h.valid_to,
		       a.id, a.person, a.organisation, a.title, a.valid_from, a.valid_to, a.version,
		       o.id, o.kind, o.name, o.siren, o.territory, o.version
		from people_hat h
		join people_affiliation a on a.id = h.affiliation
		join people_person p on p.id = a.person
		join people_organisation d on d.id = a.organisation
		join people_organisation o on o.id = case when d.merged_into = '' then d.id else d.merged_into end
		where (a.person = $1 or p.merged_into = $2) and o.deleted_at = ''
		order by h.created_at, h.id
		limit 200`, person, person)
}

func scanHat(scan func(...any) error) (Hat, error) {
	var h Hat
	var from, to, tieFrom, tieTo string
	err := scan(&h.ID, &h.Role, &h.Body, &from, &to,
		&h.Affiliation.ID, &h.Affiliation.Person, &h.Affiliation.Organisation, &h.Affiliation.Title, &tieFrom, &tieTo, &h.Affiliation.Version,
		&h.Org.ID, &h.Org.Kind, &h.Org.Name, &h.Org.SIREN, &h.Org.Territory, &h.Org.Version)
	return h, errors.Join(err, readPeriod(&h.Period, from, to), readPeriod(&h.Affiliation.Period, tieFrom, tieTo))
}

func readPeriod(p *Period, from, to string) error {
	return errors.Join(p.From.UnmarshalText([]byte(from)), p.To.UnmarshalText([]byte(to)))
}

// territories of a hat's organisation, for the policy.
func ownTerritories(o Organisation) []string {
	if o.Territory == "" {
		return nil
	}
	return []string{string(o.Territory)}
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

func (s *Store) demoPersons(ctx context.Context) ([]Person, error) {
	return db.Query(ctx, s.DB.Read(), scanPerson, `
		select `+personColumns+` from people_person
		where demo = 1 and merged_into = '' and deleted_at = ''
		order by created_at, id
		limit 100`)
}
