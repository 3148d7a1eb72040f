// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
)

// Query is what is looked for in the directory; empty fields select all.
type Query struct {
	Text         string // words of a name or of an organisation, without regard to accents or capitals
	Kind         Kind
	Organisation string
	Territory    string
	Contacts     bool // addresses are searched too: only for those who may read them
	Past         bool // persons whose affiliations ended count too
	Day          clock.Date
	Limit, Skip  int
}

// maxWords is how many words of a search count.
const maxWords = 4

// words are the patterns of a text: every one must be found.
func words(s string) [maxWords]string {
	list := [maxWords]string{"%", "%", "%", "%"}
	for i, w := range strings.Fields(french.Fold(s)) {
		if i < maxWords {
			list[i] = "%" + w + "%" // folded text has no sign that like would understand
		}
	}
	return list
}

// belonging are the persons, duplicates followed, each with the organisations they are or were in.
const belonging = `
	select p.root as person, o.id as organisation, o.kind, o.territory, o.folded
	from people_affiliation a
	join people_person p on p.id = a.person
	join people_organisation d on d.id = a.organisation
	join people_organisation o on o.id = d.root
	where a.deleted_at = '' and o.deleted_at = ''`

// found are the persons that answer to a query.
const found = `
	with asked (mail, w1, w2, w3, w4, kind, organisation, territory, day, past) as (
	  values (cast($1 as text), cast($2 as text), cast($3 as text), cast($4 as text), cast($5 as text),
	    cast($6 as text), cast($7 as text), cast($8 as text), cast($9 as text), cast($10 as text))),
	belonging as (` + belonging + `
	  and exists (select 1 from asked q where q.past <> '' or a.valid_from <= q.day and (a.valid_to = '' or a.valid_to >= q.day))),
	found as (
	  select ` + theColumns + `, p.folded
	  from people_person p, asked q
	  where p.merged_into = '' and p.deleted_at = ''
	    and (q.mail = '' or p.mail like q.mail escape '\')
	    and (p.folded like q.w1 or exists (select 1 from belonging b where b.person = p.id and b.folded like q.w1))
	    and (p.folded like q.w2 or exists (select 1 from belonging b where b.person = p.id and b.folded like q.w2))
	    and (p.folded like q.w3 or exists (select 1 from belonging b where b.person = p.id and b.folded like q.w3))
	    and (p.folded like q.w4 or exists (select 1 from belonging b where b.person = p.id and b.folded like q.w4))
	    and (q.kind = '' and q.organisation = '' and q.territory = '' or exists (
	      select 1 from belonging b where b.person = p.id and (q.kind = '' or b.kind = q.kind)
	        and (q.organisation = '' or b.organisation = q.organisation) and (q.territory = '' or b.territory = q.territory))))`

// args are the values of the texts above.
func (q Query) args() []any {
	mail, text, past := "", q.Text, ""
	if q.Contacts && strings.Contains(text, "@") {
		mail, text = "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(strings.TrimSpace(text)))+"%", ""
	}
	if q.Past {
		past = "oui"
	}
	w := words(text)
	return []any{mail, w[0], w[1], w[2], w[3], string(q.Kind), q.Organisation, q.Territory, q.Day.String(), past}
}

// Persons lists who answers to a query, by family name, and how many there are in all.
func (s *Store) Persons(ctx context.Context, q Query) ([]Person, int, error) {
	n, err := one(db.Query(ctx, s.DB.Read(), scanCount, found+` select count(*) from found`, q.args()...))
	if err != nil {
		return nil, 0, err
	}
	list, err := db.Query(ctx, s.DB.Read(), scanPerson, found+` select `+theColumns+` from found p order by p.folded, p.id limit $11 offset $12`,
		append(q.args(), q.Limit, q.Skip)...)
	return list, n, err
}

func scanCount(scan func(...any) error) (n int, err error) { return n, scan(&n) }

// Member is an organisation of a list with how many belong to it on the day asked.
type Member struct {
	Organisation
	Members int
}

// foundOrganisations are those that answer to a query.
const foundOrganisations = `
	with asked (w1, w2, w3, w4, kind, territory, day) as (
	  values (cast($1 as text), cast($2 as text), cast($3 as text), cast($4 as text), cast($5 as text), cast($6 as text), cast($7 as text))),
	found as (
	  select ` + organisationColumns + `, o.folded, (
	    select count(distinct p.root) from people_affiliation a
	    join people_person p on p.id = a.person
	    join people_organisation d on d.id = a.organisation
	    where d.root = o.id and a.deleted_at = '' and p.deleted_at = ''
	      and a.valid_from <= q.day and (a.valid_to = '' or a.valid_to >= q.day)) as members
	  from people_organisation o, asked q
	  where o.merged_into = '' and o.deleted_at = ''
	    and o.folded like q.w1 and o.folded like q.w2 and o.folded like q.w3 and o.folded like q.w4
	    and (q.kind = '' or o.kind = q.kind) and (q.territory = '' or o.territory = q.territory))`

// Organisations lists those that answer to a query, by name, and how many there are in all. A
// SIREN is understood too.
func (s *Store) Organisations(ctx context.Context, q Query) ([]Member, int, error) {
	if siren, err := ParseSIREN(q.Text); err == nil {
		if o, err := s.BySIREN(ctx, s.DB.Read(), siren); err == nil {
			q.Text = o.Name
		}
	}
	w := words(q.Text)
	args := []any{w[0], w[1], w[2], w[3], string(q.Kind), q.Territory, q.Day.String()}
	n, err := one(db.Query(ctx, s.DB.Read(), scanCount, foundOrganisations+` select count(*) from found`, args...))
	if err != nil {
		return nil, 0, err
	}
	list, err := db.Query(ctx, s.DB.Read(), func(scan func(...any) error) (Member, error) {
		var m Member
		return m, scan(&m.ID, &m.Kind, &m.Name, &m.SIREN, &m.Territory, &m.MergedInto, &m.Version, &m.Members)
	}, foundOrganisations+` select `+organisationColumns+`, o.members from found o order by o.folded, o.id limit $8 offset $9`,
		append(args, q.Limit, q.Skip)...)
	return list, n, err
}
