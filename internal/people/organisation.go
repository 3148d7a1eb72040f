// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"errors"
	"strings"

	"maillage/internal/territory"
)

// Kind is what an organisation is.
type Kind string

// The kinds of the issue of families' services; Other for the rest.
const (
	Caf         Kind = "caf"
	MSA         Kind = "msa"
	Commune     Kind = "commune"
	EPCI        Kind = "epci" // EPCI or EPT
	Syndicat    Kind = "syndicat"
	CCAS        Kind = "ccas"
	Departement Kind = "departement"
	Region      Kind = "region"
	Prefecture  Kind = "prefecture"
	State       Kind = "etat" // services of the State other than the préfecture
	ARS         Kind = "ars"
	Association Kind = "association"
	Operator    Kind = "gestionnaire"
	University  Kind = "universite"
	Parents     Kind = "parents"
	Other       Kind = "autre"
)

var kinds = []struct {
	kind  Kind
	label string
}{
	{Caf, "Caf"}, {MSA, "MSA"}, {Commune, "Commune"}, {EPCI, "EPCI ou EPT"}, {Syndicat, "Syndicat"}, {CCAS, "CCAS ou CIAS"},
	{Departement, "Conseil départemental"}, {Region, "Conseil régional"}, {Prefecture, "Préfecture"}, {State, "Service de l'État"},
	{ARS, "Agence régionale de santé"}, {Association, "Association"}, {Operator, "Gestionnaire"}, {University, "Université ou recherche"},
	{Parents, "Parents"}, {Other, "Autre"},
}

// Kinds are all kinds in the order of the lists.
func Kinds() []Kind {
	list := make([]Kind, len(kinds))
	for i, k := range kinds {
		list[i] = k.kind
	}
	return list
}

// Label is the kind in French, "" when there is no such kind.
func (k Kind) Label() string {
	for _, x := range kinds {
		if x.kind == k {
			return x.label
		}
	}
	return ""
}

// Organisation is a body with a name of its own.
type Organisation struct {
	ID         string
	Kind       Kind
	Name       string
	SIREN      string       // nine digits, "" when unknown
	Territory  territory.ID // the territory it is for, "" for none
	MergedInto string       // set on a duplicate
	Version    int64
}

// ErrSIREN: a SIREN has nine digits, the last one a check of the others (Luhn).
var ErrSIREN = errors.New("un numéro SIREN a neuf chiffres ; vérifiez la frappe")

// ParseSIREN reads a SIREN, or a SIRET whose first nine digits are one, with or without spaces.
func ParseSIREN(s string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' || r == '.' {
			return -1
		}
		return r
	}, s)
	if len(digits) == 14 {
		digits = digits[:9]
	}
	if len(digits) != 9 {
		return "", ErrSIREN
	}
	sum := 0
	for i, r := range digits {
		if r < '0' || r > '9' {
			return "", ErrSIREN
		}
		d := int(r - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	if sum%10 != 0 || digits == "000000000" {
		return "", ErrSIREN
	}
	return digits, nil
}
