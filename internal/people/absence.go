// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"errors"

	"maillage/internal/platform/clock"
)

// StandIn follows deputies: who stands in for a person on a day, themself when they are there
// or when nobody stands in. away tells the absence of somebody; a chain that comes back to
// where it has been ends there, with nobody.
func StandIn(person string, day clock.Date, away func(id string) (Absence, error)) (string, error) {
	seen := map[string]bool{}
	for at := person; !seen[at]; {
		seen[at] = true
		a, err := away(at)
		if errors.Is(err, ErrUnknown) {
			return person, nil // the chain leads to somebody who left
		}
		if err != nil {
			return "", err
		}
		if !a.On(day) {
			return at, nil
		}
		if a.Deputy == "" {
			return person, nil
		}
		at = a.Deputy
	}
	return person, nil
}

// DeputyOf is who receives what is sent to a person on a day: themself, or who stands in for
// them, chains followed.
func (r *Room) DeputyOf(ctx context.Context, person string, day clock.Date) (Person, error) {
	first, err := r.Person(ctx, r.DB.Read(), person)
	if err != nil {
		return Person{}, err
	}
	id, err := StandIn(first.ID, day, func(id string) (Absence, error) {
		p, err := r.Person(ctx, r.DB.Read(), id)
		return p.Absence, err
	})
	if err != nil || id == first.ID {
		return first, err
	}
	return r.Person(ctx, r.DB.Read(), id)
}

// awaySentence tells the absence of a person and who stands in, "" when there is none to tell.
func (r *Room) awaySentence(ctx context.Context, p Person) (string, error) {
	a, today := p.Absence, r.Today()
	if a.From.IsZero() || !a.To.IsZero() && a.To.Before(today) {
		return "", nil
	}
	said := "Absence à partir du " + a.From.French()
	if a.On(today) {
		said = "Absence en cours depuis le " + a.From.French()
	}
	if a.To.IsZero() {
		said += ", jusqu'à nouvel ordre"
	} else {
		said += ", jusqu'au " + a.To.French() + " inclus"
	}
	if a.Deputy == "" {
		return said + ". Personne n'est désigné pour suppléer.", nil
	}
	d, err := r.Person(ctx, r.DB.Read(), a.Deputy)
	if errors.Is(err, ErrUnknown) {
		return said + ". La personne qui suppléait n'est plus dans l'annuaire.", nil
	}
	return said + ". Suppléance : " + d.Name() + ".", err
}
