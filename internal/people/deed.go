// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"maillage/internal/people/policy"
	"maillage/internal/platform/db"
)

// What people do to the directory: each gesture reads, decides, writes and records in one
// transaction.

var zeroTime time.Time

// capital writes the first letter of a sentence.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// CreateOrganisation adds an organisation. ErrTaken: its SIREN is another's.
func (r *Room) CreateOrganisation(ctx context.Context, o Organisation) (id string, err error) {
	err = r.DB.Tx(ctx, func(tx *sql.Tx) (err error) {
		id, err = r.createOrganisation(ctx, tx, o)
		return err
	})
	return id, err
}

func (r *Room) createOrganisation(ctx context.Context, tx *sql.Tx, o Organisation) (string, error) {
	id, err := r.AddOrganisation(ctx, tx, o, r.Now())
	if err != nil {
		return "", err
	}
	o.ID = id
	return id, r.record(ctx, tx, organisationEntry(nil, &o))
}

// ChangeOrganisation writes what was edited, ErrStale when somebody changed it since o.Version.
func (r *Room) ChangeOrganisation(ctx context.Context, o Organisation) error {
	return r.DB.Tx(ctx, func(tx *sql.Tx) error {
		before, err := r.organisationAsIs(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if err := r.saveOrganisation(ctx, tx, o); err != nil {
			return err
		}
		return r.record(ctx, tx, organisationEntry(&before, &o))
	})
}

// CreatePerson adds a person, with their first post when it names an organisation.
func (r *Room) CreatePerson(ctx context.Context, p Person, first Affiliation) (id string, err error) {
	err = r.DB.Tx(ctx, func(tx *sql.Tx) (err error) {
		p.ID = ""
		id, err = r.createPerson(ctx, tx, p)
		if err != nil || first.Organisation == "" {
			return err
		}
		p.ID, first.Person = id, id
		_, err = r.createTie(ctx, tx, p, first)
		return err
	})
	return id, err
}

func (r *Room) createPerson(ctx context.Context, tx *sql.Tx, p Person) (string, error) {
	id, err := r.AddPerson(ctx, tx, p, r.Now())
	if err != nil {
		return "", err
	}
	p.ID = id
	return id, r.record(ctx, tx, personEntry(nil, &p))
}

// ChangePerson writes what was edited, ErrStale when somebody changed it since p.Version.
func (r *Room) ChangePerson(ctx context.Context, p Person) error {
	return r.DB.Tx(ctx, func(tx *sql.Tx) error { return r.changePerson(ctx, tx, p) })
}

func (r *Room) changePerson(ctx context.Context, tx *sql.Tx, p Person) error {
	return r.changePersonBy(ctx, tx, p, r.writePerson)
}

func (r *Room) changePersonBy(ctx context.Context, tx *sql.Tx, p Person, save func(context.Context, *sql.Tx, Person) error) error {
	before, err := r.personAsIs(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if before.Mail != p.Mail {
		if err := r.mayReaddress(ctx, tx, p.ID); err != nil {
			return err
		}
	}
	if err := save(ctx, tx, p); err != nil {
		return err
	}
	return r.record(ctx, tx, personEntry(&before, &p))
}

// writePerson is savePerson, and has it heard when the address is another one.
func (r *Room) writePerson(ctx context.Context, tx *sql.Tx, p Person) error {
	before, err := r.personAsIs(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if err := r.savePerson(ctx, tx, p); err != nil {
		return err
	}
	if r.Readdressed == nil || strings.ToLower(p.Mail) == before.Mail {
		return nil
	}
	return r.Readdressed(ctx, tx, p.ID, before.Mail)
}

// CreateTie adds a post.
func (r *Room) CreateTie(ctx context.Context, a Affiliation) (id string, err error) {
	err = r.DB.Tx(ctx, func(tx *sql.Tx) error {
		who, err := r.Person(ctx, tx, a.Person)
		if err == nil {
			id, err = r.createTie(ctx, tx, who, a)
		}
		return err
	})
	return id, err
}

func (r *Room) createTie(ctx context.Context, tx *sql.Tx, who Person, a Affiliation) (string, error) {
	org, err := r.Organisation(ctx, tx, a.Organisation)
	if err != nil {
		return "", err
	}
	id, err := r.AddAffiliation(ctx, tx, a, r.Now())
	if err != nil {
		return "", err
	}
	a.ID = id
	return id, r.record(ctx, tx, tieEntry(who, org, nil, &a))
}

// ChangeTie writes a post that was edited. Its end ends the hats worn under it; bringing it
// back, or making it longer, gives them again, and asks for the right to.
func (r *Room) ChangeTie(ctx context.Context, a Affiliation) error {
	return r.DB.Tx(ctx, func(tx *sql.Tx) error { return r.changeTie(ctx, tx, a) })
}

func (r *Room) changeTie(ctx context.Context, tx *sql.Tx, a Affiliation) error {
	before, err := r.Tie(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	who, err := r.Person(ctx, tx, before.Person)
	if err != nil {
		return err
	}
	if before.Period != a.Period {
		if err := r.mayChangeHatsUnder(ctx, tx, before, a.Period); err != nil {
			return err
		}
	}
	a.Person = before.Person
	if err := r.keepAnAdmin(ctx, tx, func() error { return r.saveAffiliation(ctx, tx, a) }); err != nil {
		return err
	}
	return r.record(ctx, tx, tieEntry(who, before.Org, &before.Affiliation, &a))
}

// mayChangeHatsUnder checks what new dates of a post do to the hats worn under it.
func (r *Room) mayChangeHatsUnder(ctx context.Context, tx *sql.Tx, tie Tie, p Period) error {
	role, self, err := r.worn(ctx, tx)
	if err != nil {
		return err
	}
	list, err := r.Hats(ctx, tx, tie.Person)
	if err != nil {
		return err
	}
	for _, h := range list {
		if h.Affiliation.ID != tie.ID {
			continue
		}
		if p.within(tie.Period) {
			err = MayTake(role, self == tie.Person, h.Role)
		} else {
			err = MayGive(role, self == tie.Person, h.Role)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// within says that every day of p is one of q.
func (p Period) within(q Period) bool {
	return !p.From.Before(q.From) && (q.To.IsZero() || !p.To.IsZero() && !p.To.After(q.To))
}

// GiveHat gives a hat under a post, after asking the rule on who gives what.
func (r *Room) GiveHat(ctx context.Context, h Hat) (id string, err error) {
	err = r.DB.Tx(ctx, func(tx *sql.Tx) error {
		tie, err := r.Tie(ctx, tx, h.Affiliation.ID)
		if err != nil {
			return err
		}
		role, self, err := r.worn(ctx, tx)
		if err != nil {
			return err
		}
		if err := MayGive(role, self == tie.Person, h.Role); err != nil {
			return err
		}
		id, err = r.giveHat(ctx, tx, tie, h.Role, h.Body, h.Period)
		return err
	})
	return id, err
}

// giveHat writes a hat once it is known that it may be given.
func (r *Room) giveHat(ctx context.Context, tx *sql.Tx, tie Tie, role policy.Hat, body string, p Period) (string, error) {
	who, err := r.Person(ctx, tx, tie.Person)
	if err != nil {
		return "", err
	}
	id, err := r.AddHat(ctx, tx, tie.ID, role, body, p, r.Now())
	if err != nil {
		return "", err
	}
	h := Hat{ID: id, Role: role, Body: body, Period: p, Affiliation: tie.Affiliation}
	return id, r.record(ctx, tx, hatEntry(who, nil, &h))
}

// ChangeHat writes the dates and the body of a hat. Making it longer is giving it.
func (r *Room) ChangeHat(ctx context.Context, h Hat) error {
	return r.DB.Tx(ctx, func(tx *sql.Tx) error {
		before, err := r.Hat(ctx, tx, h.ID)
		if err != nil {
			return err
		}
		role, self, err := r.worn(ctx, tx)
		if err != nil {
			return err
		}
		own := self == before.Affiliation.Person
		if h.Period.within(before.Period) && h.Body == before.Body {
			err = MayTake(role, own, before.Role)
		} else {
			err = MayGive(role, own, before.Role)
		}
		if err != nil {
			return err
		}
		return r.changeHat(ctx, tx, before, h)
	})
}

func (r *Room) changeHat(ctx context.Context, tx *sql.Tx, before, after Hat) error {
	who, err := r.Person(ctx, tx, before.Affiliation.Person)
	if err != nil {
		return err
	}
	after.Affiliation, after.Role = before.Affiliation, before.Role
	if err := r.keepAnAdmin(ctx, tx, func() error { return r.saveHat(ctx, tx, after) }); err != nil {
		return err
	}
	return r.record(ctx, tx, hatEntry(who, &before, &after))
}

// used tells why a row cannot be taken out, "" when nothing hangs on it.
func (r *Room) used(ctx context.Context, q db.Querier, table, id string) (string, error) {
	why, err := r.hangsOn(ctx, q, table, id)
	if err != nil || why != "" || table != persons {
		return why, err
	}
	for _, ask := range r.InUse {
		if why, err := ask(ctx, q, id); err != nil || why != "" {
			return why, err
		}
	}
	return "", nil
}

// hangsOn looks for what this room itself hangs on a row.
func (s *Store) hangsOn(ctx context.Context, q db.Querier, table, id string) (string, error) {
	checks := map[string][]struct{ why, text string }{
		organisations: {
			{"des personnes en font partie", `select count(*) from people_affiliation where organisation = $1 and deleted_at = ''`},
			{"une autre fiche y a été fusionnée", `select count(*) from people_organisation where merged_into = $1`},
			{"elle a été fusionnée dans une autre fiche", `select count(*) from people_organisation where id = $1 and merged_into <> ''`},
		},
		persons: {
			{"elle a un poste", `select count(*) from people_affiliation where person = $1 and deleted_at = ''`},
			{"une autre fiche y a été fusionnée", `select count(*) from people_person where merged_into = $1`},
			{"elle a été fusionnée dans une autre fiche", `select count(*) from people_person where id = $1 and merged_into <> ''`},
			{"elle supplée quelqu'un", `select count(*) from people_person where deputy = $1 and deleted_at = ''`},
			{"une passation lui a été proposée", `select count(*) from people_handover where successor = $1`},
			{"une passation de ses fonctions a été proposée", `select count(*) from people_handover where person = $1`},
		},
		affiliations: {{"une fonction est exercée à ce poste", `select count(*) from people_hat where affiliation = $1 and deleted_at = ''`}},
	}
	for _, c := range checks[table] {
		n, err := one(db.Query(ctx, q, scanCount, c.text, id))
		if err != nil || n > 0 {
			return c.why, err
		}
	}
	return "", nil
}
