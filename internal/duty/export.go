// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"cmp"
	"iter"
	"slices"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// Town is a territory with its duties on one date.
type Town struct {
	Territory  Territory
	Population int // inhabitants in force, 0 when unknown
	Team       Team
	Duties     []Duty
}

// NewTown evaluates a territory.
func NewTown(rules *Rules, facts Facts, date clock.Date) Town {
	p, _ := InForce(facts.Populations, date)
	return Town{facts.Territory, p.Count(), facts.Team, Evaluate(rules, facts, date)}
}

// ExportHeader is the first line of /obligations.csv.
var ExportHeader = []string{"insee", "nom", "obligation", "etat", "echeance", "article", "raison"}

// ExportRows yields one row per town and duty that applies on the evaluated date, in the
// order given, under ExportHeader. Codes and dates are text (dates ISO, "" for none).
func ExportRows(towns []Town) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, t := range towns {
			for _, d := range t.Duties {
				if d.Applies && !yield([]any{t.Territory.ID, t.Territory.Name, d.Rule.Title,
					d.StateLabel, d.Due.String(), d.Rule.Article, d.Reason}) {
					return
				}
			}
		}
	}
}

// HelpOrder explains OrderByHelp to the reader of the list.
const HelpOrder = "Ordre d'affichage : d'abord les villes qui déclarent une petite équipe (moins d'un équivalent temps plein), " +
	"puis celles à qui il reste le plus d'étapes, puis la date à venir la plus proche, puis les moins peuplées. " +
	"Il indique où proposer un appui ; il ne compare pas les villes entre elles."

// smallTeam is the FTE under which a declared team is small: less than one person (our choice).
const smallTeam = 1.0

// OrderByHelp returns the towns ordered by who may need help, as HelpOrder says. Dates already
// past count as no date: the order must not rank towns by how late they are.
func OrderByHelp(towns []Town, date clock.Date) []Town {
	type key struct {
		big, steps int
		next       clock.Date
	}
	keys := make(map[string]key, len(towns))
	for _, t := range towns {
		k := key{big: 1, next: clock.NewDate(9999, 12, 31)}
		if t.Team.Known && t.Team.FTE < smallTeam {
			k.big = 0
		}
		for _, d := range t.Duties {
			if d.Applies && d.State.Open() {
				k.steps++
			}
			if !d.Due.Before(date) && d.Due.Before(k.next) {
				k.next = d.Due
			}
		}
		keys[t.Territory.ID] = k
	}
	out := slices.Clone(towns)
	slices.SortStableFunc(out, func(a, b Town) int {
		x, y := keys[a.Territory.ID], keys[b.Territory.ID]
		return cmp.Or(
			cmp.Compare(x.big, y.big),
			cmp.Compare(y.steps, x.steps),
			x.next.Compare(y.next),
			cmp.Compare(a.Population, b.Population),
			french.Compare(a.Territory.Name, b.Territory.Name),
			cmp.Compare(a.Territory.ID, b.Territory.ID),
		)
	})
	return out
}

// NextDate is the nearest legal date on or after the evaluated date among the duties, with
// the duty it belongs to.
func NextDate(duties []Duty, date clock.Date) (Duty, bool) {
	var best Duty
	found := false
	for _, d := range duties {
		if !d.Due.IsZero() && !d.Due.Before(date) && (!found || d.Due.Before(best.Due)) {
			best, found = d, true
		}
	}
	return best, found
}
