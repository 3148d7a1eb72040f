// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"

	"maillage/internal/people/policy"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// The kinds of subject of this room in the history.
const (
	subjectOrganisation = "people/organisation"
	subjectPerson       = "people/person"
	subjectAffiliation  = "people/affiliation"
	subjectHat          = "people/hat"
)

// Remember has every change of the directory kept in h, and undone by it.
func (r *Room) Remember(h *history.Room) {
	r.history = h
	h.Register(history.Kind{Name: subjectOrganisation, Label: "Organisation", Access: keepDirectory, Show: r.readable, Href: func(id string) string { return "/organisations/" + id },
		Undoer: undoer[Organisation]{r, organisations, organisationAttributes, r.organisationAsIs, r.saveOrganisation, nil}})
	h.Register(history.Kind{Name: subjectPerson, Label: "Personne", Access: keepDirectory, Show: r.readable, Href: func(id string) string { return "/personnes/" + id },
		Undoer: undoer[Person]{r, persons, personAttributes, r.personAsIs, r.writePerson, r.mayUndoPerson}})
	h.Register(history.Kind{Name: subjectAffiliation, Label: "Poste", Access: keepDirectory, Show: r.readable,
		Undoer: undoer[Affiliation]{r, affiliations, affiliationAttributes, func(ctx context.Context, q db.Querier, id string) (Affiliation, error) {
			t, err := r.Tie(ctx, q, id)
			return t.Affiliation, err
		}, r.saveAffiliation, r.mayUndoTie}})
	h.Register(history.Kind{Name: subjectHat, Label: "Fonction", Access: keepDirectory, Show: r.readable,
		Undoer: undoer[Hat]{r, hats, hatAttributes, r.Hat, r.saveHat, r.mayUndoHat}})
}

// readable is a value of the history as people read it.
func (r *Room) readable(field, value string) string {
	switch field {
	case "suppleant":
		p, err := r.Person(context.Background(), r.DB.Read(), value)
		if err != nil {
			return "une personne retirée de l'annuaire"
		}
		return p.Name()
	case fieldDuplicate:
		if o, err := r.organisationAsIs(context.Background(), r.DB.Read(), value); err == nil {
			return o.Name
		}
		if p, err := r.personAsIs(context.Background(), r.DB.Read(), value); err == nil {
			return p.Name()
		}
		return "une fiche retirée de l'annuaire"
	case "role":
		return policy.Hat(value).Label()
	case "du", "au", "absence-du", "absence-au":
		if d, err := clock.ParseDate(value); err == nil {
			return d.French()
		}
	case "rythme":
		if set, err := mail.ParseRhythm(value); err == nil {
			return rhythmWords(set)
		}
	}
	return r.shown(field, value)
}

// record writes entries in the history, when one is kept.
func (r *Room) record(ctx context.Context, tx *sql.Tx, entries ...history.Entry) error {
	if r.history == nil || len(entries) == 0 {
		return nil
	}
	for i := range entries {
		entries[i].Group = groupOf(ctx)
	}
	return r.history.Record(ctx, tx, entries...)
}

func verbOf[T any](before, after *T) history.Verb {
	switch {
	case before == nil:
		return history.Create
	case after == nil:
		return history.Delete
	}
	return history.Update
}

func organisationEntry(before, after *Organisation) history.Entry {
	o := either(before, after)
	return history.Entry{Subject: subjectOrganisation + "/" + o.ID, Label: o.Name, Verb: verbOf(before, after),
		Fields: differences(organisationAttributes, before, after, "")}
}

func personEntry(before, after *Person) history.Entry {
	p := either(before, after)
	return history.Entry{Subject: subjectPerson + "/" + p.ID, Label: p.Name(), Verb: verbOf(before, after),
		Fields: differences(personAttributes, before, after, p.ID), Scope: web.Scope{Person: p.ID}}
}

func tieEntry(who Person, org Organisation, before, after *Affiliation) history.Entry {
	a := either(before, after)
	return history.Entry{Subject: subjectAffiliation + "/" + a.ID, Label: who.Name() + ", " + org.Name, Verb: verbOf(before, after),
		Fields: differences(affiliationAttributes, before, after, a.Person), Scope: web.Scope{Person: a.Person}}
}

func hatEntry(who Person, before, after *Hat) history.Entry {
	h := either(before, after)
	return history.Entry{Subject: subjectHat + "/" + h.ID, Label: h.Role.Label() + ", " + who.Name(), Verb: verbOf(before, after),
		Fields: differences(hatAttributes, before, after, h.Affiliation.Person), Scope: web.Scope{Person: h.Affiliation.Person}}
}

// either is what there is: after, else before.
func either[T any](before, after *T) *T {
	if after != nil {
		return after
	}
	return before
}

// undoer puts back what a change of a T changed.
type undoer[T any] struct {
	room  *Room
	table string
	of    []attribute[T]
	load  func(context.Context, db.Querier, string) (T, error)
	save  func(context.Context, *sql.Tx, T) error
	may   func(context.Context, *sql.Tx, history.Entry) error // nil: whoever may undo
}

// Undo implements history.Undoer. What was undone leaves an administrator, as every change does.
func (u undoer[T]) Undo(ctx context.Context, tx *sql.Tx, e history.Entry) error {
	return forbidden(u.room.keepAnAdmin(ctx, tx, func() error { return u.undo(ctx, tx, e) }))
}

func (u undoer[T]) undo(ctx context.Context, tx *sql.Tx, e history.Entry) error {
	if u.may != nil {
		if err := u.may(ctx, tx, e); err != nil {
			return err
		}
	}
	id := e.SubjectID()
	if e.Verb == verbMerge || e.Verb == verbSplit {
		return u.room.undoMergeEntry(ctx, tx, e)
	}
	if e.Verb == history.Delete {
		return gone(u.room.withdraw(ctx, tx, u.table, id, zeroTime))
	}
	x, err := u.load(ctx, tx, id)
	if err != nil {
		return gone(err)
	}
	for _, f := range e.Fields {
		a, ok := attributeNamed(u.of, f.Name)
		if !ok {
			return history.ErrNotUndoable
		}
		if err := e.Check(f.Name, a.get(&x)); err != nil {
			return err
		}
		if err := a.set(&x, f.Before); err != nil {
			return err
		}
	}
	if e.Verb == history.Create {
		if reason, err := u.room.used(ctx, tx, u.table, id); err != nil || reason != "" {
			return errors.Join(err, refusal(reason))
		}
		return gone(u.room.withdraw(ctx, tx, u.table, id, u.room.Now()))
	}
	return gone(u.save(ctx, tx, x))
}

// refusal tells a person why something is not undone; nil without a reason.
func refusal(reason string) error {
	if reason == "" {
		return nil
	}
	return web.Conflict("Cela ne peut plus être annulé : " + reason + ".")
}

func gone(err error) error {
	switch {
	case errors.Is(err, ErrUnknown), errors.Is(err, ErrStale):
		return history.ErrGone
	case errors.Is(err, ErrTaken):
		return web.Conflict("Une autre fiche porte maintenant cette adresse ou ce SIREN : la valeur d'avant ne peut pas être remise.")
	}
	return err
}

// worn is the role under which who is in ctx acts, "" for none, and who they are.
func (r *Room) worn(ctx context.Context, q db.Querier) (policy.Hat, string, error) {
	who := actor.From(ctx)
	if who.Hat == "" {
		return "", who.Person, nil
	}
	h, err := r.Hat(ctx, q, who.Hat)
	if errors.Is(err, ErrUnknown) || err == nil && !h.On(r.Today()) {
		return "", who.Person, nil
	}
	return h.Role, who.Person, err
}

// mayUndoHat: undoing gives a hat, or takes it.
func (r *Room) mayUndoHat(ctx context.Context, tx *sql.Tx, e history.Entry) error {
	role, self, err := r.worn(ctx, tx)
	if err != nil {
		return err
	}
	var given policy.Hat
	err = tx.QueryRowContext(ctx, `select role from people_hat where id = $1`, e.SubjectID()).Scan(&given)
	if err != nil {
		return gone(ErrUnknown)
	}
	if e.Verb == history.Create {
		err = MayTake(role, e.Scope.Person == self, given)
	} else {
		err = MayGive(role, e.Scope.Person == self, given)
	}
	return forbidden(err)
}

// mayUndoTie: other dates of a post are other dates of the hats worn under it.
func (r *Room) mayUndoTie(ctx context.Context, tx *sql.Tx, e history.Entry) error {
	role, self, err := r.worn(ctx, tx)
	if err != nil {
		return err
	}
	list, err := r.Hats(ctx, tx, e.Scope.Person)
	for _, h := range list {
		if err == nil && h.Affiliation.ID == e.SubjectID() {
			err = MayGive(role, self == e.Scope.Person, h.Role)
		}
	}
	return forbidden(err)
}

// mayUndoPerson: the address of an administrator is not put back by others.
func (r *Room) mayUndoPerson(ctx context.Context, tx *sql.Tx, e history.Entry) error {
	for _, f := range e.Fields {
		if f.Name == "courriel" {
			return forbidden(r.mayReaddress(ctx, tx, e.SubjectID()))
		}
	}
	return nil
}

func (r *Room) mayReaddress(ctx context.Context, q db.Querier, person string) error {
	role, self, err := r.worn(ctx, q)
	if err != nil {
		return err
	}
	roles, err := r.roles(ctx, q, person)
	if err != nil {
		return err
	}
	return MayReaddress(role, self == person, roles)
}

// roles are those a person wears or will wear.
func (r *Room) roles(ctx context.Context, q db.Querier, person string) ([]policy.Hat, error) {
	list, err := r.Hats(ctx, q, person)
	var roles []policy.Hat
	today := r.Today()
	for _, h := range list {
		if (h.To.IsZero() || !h.To.Before(today)) && (h.Affiliation.To.IsZero() || !h.Affiliation.To.Before(today)) {
			roles = append(roles, h.Role)
		}
	}
	return roles, err
}

// ruled are the refusals of the rules on rights.
var ruled = []error{ErrOwnHat, ErrAdminHat, ErrHatsClosed, ErrNoSuchHat, ErrLastAdmin, ErrAddress, errStrongHandover, errOtherHouse}

// forbidden makes a refusal of the rules a page that says it; other errors pass.
func forbidden(err error) error {
	for _, rule := range ruled {
		if errors.Is(err, rule) {
			return web.Forbidden(capital(rule.Error()) + ".")
		}
	}
	return err
}
