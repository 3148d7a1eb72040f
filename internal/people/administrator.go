// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"

	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

// reign is a span of days on which somebody wears an administrator's hat.
type reign struct {
	hat, post Period
	demo      bool // of an account of the demonstration, to which nobody signs in elsewhere
}

// HasAdministrator says that somebody wears an administrator's hat on a day. An account of a
// demonstration does not count: nobody signs in to it elsewhere.
func (s *Store) HasAdministrator(ctx context.Context, q db.Querier, on clock.Date) (bool, error) {
	list, err := s.reigns(ctx, q, on)
	return administered(list, on, false), err
}

// reigns are those that are not over before a day.
func (s *Store) reigns(ctx context.Context, q db.Querier, from clock.Date) ([]reign, error) {
	day := from.String()
	return db.Query(ctx, q, func(scan func(...any) error) (reign, error) {
		var x reign
		var hatFrom, hatTo, from, to string
		var demo int
		err := scan(&hatFrom, &hatTo, &from, &to, &demo)
		x.demo = demo == 1
		return x, errors.Join(err, readPeriod(&x.hat, hatFrom, hatTo), readPeriod(&x.post, from, to))
	}, `
		select h.valid_from, h.valid_to, a.valid_from, a.valid_to, p.demo
		from people_hat h
		join people_affiliation a on a.id = h.affiliation
		join people_person d on d.id = a.person
		join people_person p on p.id = d.root
		where h.role = $1 and h.deleted_at = '' and a.deleted_at = '' and p.deleted_at = ''
		  and (h.valid_to = '' or h.valid_to >= $2) and (a.valid_to = '' or a.valid_to >= $3)
		order by h.id
		limit 1000`, policy.Administrator, day, day)
}

// administered says that one of the reigns covers a day; demo: those of a demonstration count too.
func administered(list []reign, day clock.Date, demo bool) bool {
	for _, x := range list {
		if x.hat.On(day) && x.post.On(day) && (demo || !x.demo) {
			return true
		}
	}
	return false
}

// keepAnAdmin does what changes hats or posts, and refuses with ErrLastAdmin when a day from
// today on that had an administrator has none any more: nobody could then open an account, give
// a hat or undo what was done. The transaction is then rolled back by its owner.
func (r *Room) keepAnAdmin(ctx context.Context, tx *sql.Tx, deed func() error) error {
	today := r.Today()
	before, err := r.reigns(ctx, tx, today)
	if err != nil {
		return err
	}
	if err := deed(); err != nil {
		return err
	}
	after, err := r.reigns(ctx, tx, today)
	if err != nil {
		return err
	}
	for _, day := range turns(today, before, after) {
		for _, demo := range []bool{false, true} {
			if administered(before, day, demo) && !administered(after, day, demo) {
				return ErrLastAdmin
			}
		}
	}
	return nil
}

// turns are today and the later days on which a reign begins, or is over: between two of them
// nothing changes.
func turns(today clock.Date, lists ...[]reign) []clock.Date {
	days := []clock.Date{today}
	add := func(d clock.Date) {
		if d.After(today) {
			days = append(days, d)
		}
	}
	for _, list := range lists {
		for _, x := range list {
			for _, p := range []Period{x.hat, x.post} {
				add(p.From)
				if !p.To.IsZero() {
					add(p.To.AddDays(1))
				}
			}
		}
	}
	return days
}

// Readdress changes the address of a person, in the transaction of whoever has checked that
// it is theirs, closes what the former one opened and tells it: Readdressed does not hear it.
// ErrTaken: it is another's.
func (r *Room) Readdress(ctx context.Context, tx *sql.Tx, person, addr string) error {
	p, err := r.personAsIs(ctx, tx, person)
	if err != nil {
		return err
	}
	p.Mail = addr
	return r.changePersonBy(ctx, tx, p, r.savePerson)
}
