// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"

	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

// HasAdministrator says that somebody wears an administrator's hat on a day. An account of a
// demonstration does not count: nobody signs in to it elsewhere.
func (s *Store) HasAdministrator(ctx context.Context, q db.Querier, on clock.Date) (bool, error) {
	day := on.String()
	list, err := db.Query(ctx, q, func(scan func(...any) error) (id string, err error) { return id, scan(&id) }, `
		select h.id
		from people_hat h
		join people_affiliation a on a.id = h.affiliation
		join people_person p on p.id = a.person
		where h.role = $1 and p.demo = 0 and p.deleted_at = ''
		  and h.valid_from <= $2 and (h.valid_to = '' or h.valid_to >= $3)
		  and a.valid_from <= $4 and (a.valid_to = '' or a.valid_to >= $5)
		limit 1`, policy.Administrator, day, day, day, day)
	return len(list) > 0, err
}

// Readdress changes the address of a person, in the transaction of whoever has checked that
// it is theirs. ErrTaken: it is another's.
func (r *Room) Readdress(ctx context.Context, tx *sql.Tx, person, addr string) error {
	p, err := r.personAsIs(ctx, tx, person)
	if err != nil {
		return err
	}
	p.Mail = addr
	return r.changePerson(ctx, tx, p)
}
