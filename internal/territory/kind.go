// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"slices"
	"strings"
)

// kinds are those people choose among, in the order of the page.
var kinds = []Kind{Commune, EPT, EPCI, Departement, Region, Country, Collectivite, Syndicat}

// noun gives the kind in the singular and the plural, as in a sentence.
func (k Kind) noun() (one, many string) {
	switch k {
	case Commune:
		return "commune", "communes"
	case EPT:
		return "EPT", "EPT"
	case EPCI:
		return "EPCI", "EPCI"
	case Departement:
		return "département", "départements"
	case Region:
		return "région", "régions"
	case Country:
		return "pays", "pays"
	case Collectivite:
		return "collectivité d'outre-mer", "collectivités d'outre-mer"
	case Syndicat:
		return "syndicat", "syndicats"
	}
	return string(k), string(k)
}

// title is the kind at the head of a line.
func (k Kind) title() string {
	one, _ := k.noun()
	if k == EPCI || k == EPT {
		return one
	}
	first := []rune(one)[:1]
	return strings.ToUpper(string(first)) + one[len(string(first)):]
}

// departements lists the départements and the collectivités overseas by code.
func (r *Registry) departements() []*Territory {
	list := slices.Concat(r.byKind[Departement], r.byKind[Collectivite])
	slices.SortFunc(list, func(a, b *Territory) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return list
}
