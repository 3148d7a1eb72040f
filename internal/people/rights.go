// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"errors"

	"maillage/internal/people/policy"
)

// Why a hat may not be given; the texts are for people.
var (
	ErrOwnHat     = errors.New("nul ne se donne une fonction à soi-même : demandez-la à une autre personne du secrétariat ou de l'administration")
	ErrAdminHat   = errors.New("seule l'administration du service donne ou retire la fonction d'administration")
	ErrHatsClosed = errors.New("les fonctions sont données et retirées par le secrétariat du comité ou l'administration du service")
	ErrNoSuchHat  = errors.New("cette fonction n'existe pas")
	ErrLastAdmin  = errors.New("c'est la dernière fonction d'administration du service : donnez-la d'abord à quelqu'un d'autre")

	errStrongHandover = errors.New("cette fonction engage le service : demandez au secrétariat du comité de faire la passation")
	errOtherHouse     = errors.New("cette personne n'est pas de la même organisation : demandez au secrétariat du comité de faire la passation")

	ErrAddress = errors.New("l'adresse ouvre le compte : celle d'une personne de l'administration n'est changée que par l'administration")
)

// MayGive says whether who acts under a hat may give a role: only administrators give
// administrator, the secretariat and administrators give the others, and nobody gives to
// themselves. giver is "" for who wears no hat.
func MayGive(giver policy.Hat, toSelf bool, role policy.Hat) error {
	if toSelf && role.Label() != "" {
		return ErrOwnHat
	}
	return MayTake(giver, false, role)
}

// MayTake says whether who acts under a hat may take a role away: the same, but everyone may
// give up their own.
func MayTake(taker policy.Hat, fromSelf bool, role policy.Hat) error {
	switch {
	case role.Label() == "":
		return ErrNoSuchHat
	case fromSelf:
		return nil
	case role == policy.Administrator && taker != policy.Administrator:
		return ErrAdminHat
	case taker != policy.Administrator && taker != policy.Secretariat:
		return ErrHatsClosed
	}
	return nil
}

// MayReaddress says whether who acts under a hat may change the address of somebody who wears
// roles: mail opens an account, so whoever changes an address could take its roles.
func MayReaddress(giver policy.Hat, self bool, worn []policy.Hat) error {
	for _, role := range worn {
		if !self && role == policy.Administrator && giver != policy.Administrator {
			return ErrAddress
		}
	}
	return nil
}

// MayMerge says whether who acts under a hat may merge a record that wears roles into another
// one's: the roles are then the other's, as if they had been given.
func MayMerge(giver policy.Hat, intoSelf bool, worn []policy.Hat) error {
	for _, role := range worn {
		if err := MayGive(giver, intoSelf, role); err != nil {
			return err
		}
	}
	return nil
}

// MayHandOver says whether a hat may be proposed to a successor: by who could give it; or by who
// wears it, to a colleague of the same organisation, when it asks for no second factor.
func MayHandOver(giver policy.Hat, toSelf, own, colleague bool, role policy.Hat) error {
	err := MayGive(giver, toSelf, role)
	switch {
	case err == nil || toSelf || !own:
		return err
	case role.Strong():
		return errStrongHandover
	case !colleague:
		return errOtherHouse
	}
	return nil
}
