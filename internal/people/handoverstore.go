// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"

	"maillage/internal/platform/db"
)

func addHandover(ctx context.Context, tx *sql.Tx, h Handover) error {
	_, err := tx.ExecContext(ctx, `
		insert into people_handover (id, person, successor, on_day, note, state, by_person, by_name, at, answered_at, answer)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '')`,
		h.ID, h.Person, h.Successor, h.On.String(), h.Note, h.State, h.ByPerson, h.ByName, db.Instant(h.At))
	for i, it := range h.Items {
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			insert into people_handover_item (handover, rank, holder, item, label, href) values ($1, $2, $3, $4, $5, $6)`,
			h.ID, i+1, it.Holder, it.ID, it.Label, it.Href)
	}
	return err
}

// setHandover answers or withdraws a proposal, once.
func (r *Room) setHandover(ctx context.Context, tx *sql.Tx, id string, state HandoverState, answer string) error {
	res, err := tx.ExecContext(ctx, `
		update people_handover set state = $1, answered_at = $2, answer = $3
		where id = $4 and state = $5`, state, db.Instant(r.Now()), answer, id, Proposed)
	return db.One(res, err, ErrHandoverOver)
}

const handoverColumns = `h.id, p.root, s.root, h.on_day, h.note, h.state, h.by_person, h.by_name, h.at, h.answered_at, h.answer`

const handoverFrom = `
	from people_handover h
	join people_person p on p.id = h.person
	join people_person s on s.id = h.successor`

func scanHandover(scan func(...any) error) (Handover, error) {
	var h Handover
	var on, at, answered string
	if err := scan(&h.ID, &h.Person, &h.Successor, &on, &h.Note, &h.State, &h.ByPerson, &h.ByName, &at, &answered, &h.Answer); err != nil {
		return h, err
	}
	var errs [3]error
	errs[0] = h.On.UnmarshalText([]byte(on))
	h.At, errs[1] = db.ParseInstant(at)
	h.Answered, errs[2] = db.ParseOptionalInstant(answered)
	return h, errors.Join(errs[:]...)
}

// withItems reads what each handover is about.
func (s *Store) withItems(ctx context.Context, q db.Querier, list []Handover, err error) ([]Handover, error) {
	for i := range list {
		if err != nil {
			break
		}
		list[i].Items, err = db.Query(ctx, q, func(scan func(...any) error) (Held, error) {
			var it Held
			return it, scan(&it.Holder, &it.ID, &it.Label, &it.Href)
		}, `select holder, item, label, href from people_handover_item where handover = $1 order by rank limit 500`, list[i].ID)
	}
	return list, err
}

// handover is one handover, ErrUnknown when there is none.
func (s *Store) handover(ctx context.Context, q db.Querier, id string) (Handover, error) {
	list, err := db.Query(ctx, q, scanHandover, `select `+handoverColumns+handoverFrom+` where h.id = $1`, id)
	return one(s.withItems(ctx, q, list, err))
}

// handoversOf are those of a person who leaves, the latest first.
func (s *Store) handoversOf(ctx context.Context, q db.Querier, person string) ([]Handover, error) {
	list, err := db.Query(ctx, q, scanHandover, `select `+handoverColumns+handoverFrom+` where p.root = $1 order by h.at desc, h.id desc limit 100`, person)
	return s.withItems(ctx, q, list, err)
}

// handoversTo are those proposed to a successor, the latest first.
func (s *Store) handoversTo(ctx context.Context, q db.Querier, successor string) ([]Handover, error) {
	list, err := db.Query(ctx, q, scanHandover, `select `+handoverColumns+handoverFrom+` where s.root = $1 order by h.at desc, h.id desc limit 100`, successor)
	return s.withItems(ctx, q, list, err)
}
