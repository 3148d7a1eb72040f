// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
)

// What internal/privacy asks of the directory. It erases by the dictionary (donnees.toml): a
// record that was erased keeps its ID, its dates and nothing else, and is deleted.

const recordColumns = `p.id, p.given_name, p.family_name, p.mail, p.phone, p.merged_into`

func scanRecord(scan func(...any) error) (p Person, err error) {
	return p, scan(&p.ID, &p.GivenName, &p.FamilyName, &p.Mail, &p.Phone, &p.MergedInto)
}

// Same are the records of one person, names, address, telephone and merge alone: the one asked
// for, those it was merged into and those that were merged into them, deleted ones included,
// the oldest first. None: there is no such person.
func (s *Store) Same(ctx context.Context, q db.Querier, id string) ([]Person, error) {
	return db.Query(ctx, q, scanRecord, `
		select `+recordColumns+` from people_person p
		where p.root = (select d.root from people_person d where d.id = $1)
		order by p.created_at, p.id limit 100`, id)
}

// Matching are the persons, as Same tells them, whose name or address holds a text, by name, at
// most limit; those who were deleted too, since their data are kept until they are erased.
func (s *Store) Matching(ctx context.Context, text string, limit int) ([]Person, error) {
	return db.Query(ctx, s.DB.Read(), scanRecord, `
		select `+recordColumns+` from people_person p
		where p.merged_into = '' and (p.family_name <> '' or p.given_name <> '' or p.mail <> '')
			and (lower(p.given_name || ' ' || p.family_name) like $1 escape '\' or p.folded like $2 escape '\' or p.mail like $3 escape '\')
		order by p.family_name, p.given_name, p.id limit $4`, anywhere(text), anywhere(french.Fold(text)), anywhere(text), limit)
}

// Idle are the IDs of the persons whose last affiliation ended before a day, or who never had any
// and were noted before it, at most limit.
func (s *Store) Idle(ctx context.Context, before clock.Date, limit int) ([]string, error) {
	return db.Query(ctx, s.DB.Read(), func(scan func(...any) error) (id string, err error) { return id, scan(&id) }, `
		select p.id from people_person p
		where p.merged_into = '' and (p.family_name <> '' or p.given_name <> '' or p.mail <> '') and substr(p.created_at, 1, 10) < $1
			and not exists (select 1 from people_affiliation a join people_person o on o.id = a.person
				where o.root = p.root and a.deleted_at = '' and (a.valid_to = '' or a.valid_to >= $2))
		order by p.id limit $3`, before.String(), before.String(), limit)
}

// anywhere is a pattern that finds a text wherever it is.
func anywhere(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(strings.TrimSpace(text))) + "%"
}
