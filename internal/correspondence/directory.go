// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"errors"

	"maillage/internal/people"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
)

// contact is a person as far as writing to them is concerned.
type contact struct {
	ID      string
	Known   bool // false: erased, or never there
	To      mail.Address
	Absence mail.Span // zero From: none
}

func (c contact) away(d clock.Date) bool {
	return !c.Absence.From.IsZero() && !d.Before(c.Absence.From) && (c.Absence.To.IsZero() || !d.After(c.Absence.To))
}

// nobodyKnown is what is said of a person who is no longer in the directory.
const nobodyKnown = "personne qui n'est plus dans l'annuaire"

// contact reads a person of the directory; an address that cannot be written to is none.
func (r *Room) contact(ctx context.Context, q db.Querier, person string) (contact, error) {
	if person == "" {
		return contact{To: mail.Address{Name: nobodyKnown}}, nil
	}
	p, err := r.People.Person(ctx, q, person)
	if errors.Is(err, people.ErrUnknown) {
		return contact{ID: person, To: mail.Address{Name: nobodyKnown}}, nil
	}
	if err != nil {
		return contact{}, err
	}
	c := contact{ID: p.ID, Known: true, To: mail.Address{Name: p.Name()}, Absence: mail.Span{From: p.Absence.From, To: p.Absence.To}}
	if addr, err := mail.ParseAddress(p.Mail); err == nil {
		c.To.Addr = addr
	}
	return c, nil
}
