// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"errors"
	"strings"

	"maillage/internal/platform/db"
)

// personColumns are those that scanPerson reads, theColumns the same of a table named p.
const (
	personColumns = `id, given_name, family_name, mail, phone, absent_from, absent_to, deputy, rhythm, demo, merged_into, version`
	theColumns    = `p.id, p.given_name, p.family_name, p.mail, p.phone, p.absent_from, p.absent_to, p.deputy, p.rhythm, p.demo, p.merged_into, p.version`
)

func scanPerson(scan func(...any) error) (Person, error) {
	var p Person
	var from, to string
	var demo int
	err := scan(&p.ID, &p.GivenName, &p.FamilyName, &p.Mail, &p.Phone, &from, &to, &p.Absence.Deputy, &p.Rhythm, &demo, &p.MergedInto, &p.Version)
	p.Demo = demo == 1
	return p, errors.Join(err, p.Absence.From.UnmarshalText([]byte(from)), p.Absence.To.UnmarshalText([]byte(to)))
}

const organisationColumns = `o.id, o.kind, o.name, o.siren, o.territory, o.merged_into, o.version`

func scanOrganisation(scan func(...any) error) (Organisation, error) {
	var o Organisation
	return o, scan(&o.ID, &o.Kind, &o.Name, &o.SIREN, &o.Territory, &o.MergedInto, &o.Version)
}

// one is the only element of a list, ErrUnknown when it is empty.
func one[T any](list []T, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, err
	}
	if len(list) == 0 {
		return zero, ErrUnknown
	}
	return list[0], nil
}

// Person is one person; a duplicate is followed to whom it was merged into. Unknown or deleted: ErrUnknown.
func (s *Store) Person(ctx context.Context, q db.Querier, id string) (Person, error) {
	return one(db.Query(ctx, q, scanPerson, `
		select `+theColumns+`
		from people_person d join people_person p on p.id = d.root
		where d.id = $1 and p.deleted_at = ''`, id))
}

// personAsIs is the record itself, a duplicate not followed.
func (s *Store) personAsIs(ctx context.Context, q db.Querier, id string) (Person, error) {
	return one(db.Query(ctx, q, scanPerson, `select `+theColumns+` from people_person p where p.id = $1 and p.deleted_at = ''`, id))
}

// Organisation is one organisation; a duplicate is followed to what it was merged into. Unknown: ErrUnknown.
func (s *Store) Organisation(ctx context.Context, q db.Querier, id string) (Organisation, error) {
	return one(db.Query(ctx, q, scanOrganisation, `
		select `+organisationColumns+`
		from people_organisation d join people_organisation o on o.id = d.root
		where d.id = $1 and o.deleted_at = ''`, id))
}

// organisationAsIs is the record itself, a duplicate not followed.
func (s *Store) organisationAsIs(ctx context.Context, q db.Querier, id string) (Organisation, error) {
	return one(db.Query(ctx, q, scanOrganisation, `select `+organisationColumns+` from people_organisation o where o.id = $1 and o.deleted_at = ''`, id))
}

// ByMail is the person an address belongs to, ErrUnknown when nobody's. The address of a
// duplicate leads to whom it was merged into, unless somebody else bears it.
func (s *Store) ByMail(ctx context.Context, q db.Querier, addr string) (Person, error) {
	return one(db.Query(ctx, q, scanPerson, `
		select `+theColumns+`
		from people_person d join people_person p on p.id = d.root
		where d.mail = $1 and d.mail <> '' and d.deleted_at = '' and p.deleted_at = ''
		order by case when d.merged_into = '' then 0 else 1 end, d.id
		limit 1`, strings.ToLower(addr)))
}

// BySIREN is the organisation that bears a number, ErrUnknown when none does.
func (s *Store) BySIREN(ctx context.Context, q db.Querier, siren string) (Organisation, error) {
	return one(db.Query(ctx, q, scanOrganisation, `
		select `+organisationColumns+` from people_organisation o
		where o.siren = $1 and o.siren <> '' and o.merged_into = '' and o.deleted_at = ''`, siren))
}

const affiliationColumns = `a.id, p.root, a.organisation, a.title, a.valid_from, a.valid_to, a.version`

// Tie is an affiliation with the organisation it leads to, a duplicate followed.
type Tie struct {
	Affiliation
	Org Organisation
}

func scanTie(scan func(...any) error) (Tie, error) {
	var t Tie
	var from, to string
	err := scan(&t.ID, &t.Person, &t.Organisation, &t.Title, &from, &to, &t.Version,
		&t.Org.ID, &t.Org.Kind, &t.Org.Name, &t.Org.SIREN, &t.Org.Territory, &t.Org.MergedInto, &t.Org.Version)
	return t, errors.Join(err, readPeriod(&t.Period, from, to))
}

const tiesFrom = `
	from people_affiliation a
	join people_person p on p.id = a.person
	join people_organisation d on d.id = a.organisation
	join people_organisation o on o.id = d.root`

// Ties are the affiliations of a person, of all times, the latest first.
func (s *Store) Ties(ctx context.Context, q db.Querier, person string) ([]Tie, error) {
	return db.Query(ctx, q, scanTie, `
		select `+affiliationColumns+`, `+organisationColumns+tiesFrom+`
		join people_person me on me.root = p.root
		where me.id = $1 and a.deleted_at = '' and o.deleted_at = ''
		order by a.valid_from desc, a.id desc
		limit 200`, person)
}

// tiesOf are the affiliations of several persons.
func (s *Store) tiesOf(ctx context.Context, q db.Querier, ids []string) (map[string][]Tie, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	list, err := db.Query(ctx, q, scanTie, `
		select `+affiliationColumns+`, `+organisationColumns+tiesFrom+`
		where p.root in (`+db.In(1, len(ids))+`) and a.deleted_at = '' and o.deleted_at = ''
		order by a.valid_from desc, a.id desc
		limit 5000`, args...)
	by := map[string][]Tie{}
	for _, t := range list {
		by[t.Person] = append(by[t.Person], t)
	}
	return by, err
}

// Tie is one affiliation, ErrUnknown when there is none.
func (s *Store) Tie(ctx context.Context, q db.Querier, id string) (Tie, error) {
	return one(db.Query(ctx, q, scanTie, `
		select `+affiliationColumns+`, `+organisationColumns+tiesFrom+`
		where a.id = $1 and a.deleted_at = '' and o.deleted_at = ''`, id))
}

const hatColumns = `h.id, h.role, h.body, h.valid_from, h.valid_to, h.version, ` + affiliationColumns + `, ` + organisationColumns

func scanHat(scan func(...any) error) (Hat, error) {
	var h Hat
	var from, to, tieFrom, tieTo string
	err := scan(&h.ID, &h.Role, &h.Body, &from, &to, &h.Version,
		&h.Affiliation.ID, &h.Affiliation.Person, &h.Affiliation.Organisation, &h.Affiliation.Title, &tieFrom, &tieTo, &h.Affiliation.Version,
		&h.Org.ID, &h.Org.Kind, &h.Org.Name, &h.Org.SIREN, &h.Org.Territory, &h.Org.MergedInto, &h.Org.Version)
	return h, errors.Join(err, readPeriod(&h.Period, from, to), readPeriod(&h.Affiliation.Period, tieFrom, tieTo))
}

// Hats are the hats of a person, of all times, the oldest first; those of duplicates merged
// into them are theirs.
func (s *Store) Hats(ctx context.Context, q db.Querier, person string) ([]Hat, error) {
	return db.Query(ctx, q, scanHat, `
		select `+hatColumns+tiesFrom+`
		join people_hat h on h.affiliation = a.id
		join people_person me on me.root = p.root
		where me.id = $1 and h.deleted_at = '' and a.deleted_at = '' and o.deleted_at = ''
		order by h.created_at, h.id
		limit 200`, person)
}

// Hat is one hat, ErrUnknown when there is none.
func (s *Store) Hat(ctx context.Context, q db.Querier, id string) (Hat, error) {
	return one(db.Query(ctx, q, scanHat, `
		select `+hatColumns+tiesFrom+`
		join people_hat h on h.affiliation = a.id
		where h.id = $1 and h.deleted_at = '' and a.deleted_at = '' and o.deleted_at = ''`, id))
}

func (s *Store) demoPersons(ctx context.Context) ([]Person, error) {
	return db.Query(ctx, s.DB.Read(), scanPerson, `
		select `+theColumns+` from people_person p
		where p.demo = 1 and p.merged_into = '' and p.deleted_at = ''
		order by p.created_at, p.id
		limit 100`)
}
