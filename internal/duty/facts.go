// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"slices"

	"maillage/internal/platform/clock"
)

// Kind is the kind of a territory as the rules see it.
type Kind string

// The kinds that the rules tell apart.
const (
	Commune     Kind = "commune"
	EPCI        Kind = "epci"
	EPT         Kind = "ept"
	Syndicat    Kind = "syndicat"
	Departement Kind = "departement"
)

// Territory is the little that a duty needs to know of a territory.
type Territory struct {
	ID   string // INSEE code of a commune, SIREN of a grouping, code of a département
	Name string
	Kind Kind
}

// Population is one year's reference population: counted for Year, in force from InForce
// until the next one. Numbers are inhabitants. Without TotalKnown the population municipale
// is used in place of the population totale, with a note.
//
// Where the population totale that came into force on InForce is not known but an older one
// is, the older one stands: Year, Municipal and Total are the older ones, Missing is the
// reference year that is not known and MissingPM its population municipale, 0 if unknown too.
type Population struct {
	Year       int
	InForce    clock.Date
	Municipal  int
	Total      int
	TotalKnown bool
	Missing    int
	MissingPM  int
}

// Count is the number that the thresholds look at.
func (p Population) Count() int {
	if p.TotalKnown {
		return p.Total
	}
	return p.Municipal
}

// Assignment says that another body than the commune held a competence from From to To
// (both included; zero To: still). A commune without an assignment holds the competence itself.
type Assignment struct {
	Competence   Competence
	Holder       Territory
	From, To     clock.Date
	Deliberation string // reference of the decision, may be empty
}

// Transfer is the same fact seen from the holder: a commune gave it the competence.
type Transfer struct {
	Commune      Territory
	Populations  []Population
	Competence   Competence
	From, To     clock.Date
	Deliberation string
}

// Evidence is a recorded document or act. Kind is one of the rule's evidence kinds; Date is
// the day of the act (adoption, transmission, signature); Year is the year it is about, for
// yearly documents, else 0.
type Evidence struct {
	Kind      string
	Date      clock.Date
	Year      int
	Reference string // "délibération n° 2025-12"
	Document  string // address or file name, may be empty
}

// CTG is a convention territoriale globale signed with the Caf, in force from From to To
// (both included). Items are the codes of the scheme's items it covers (SchemeItems).
type CTG struct {
	From, To  clock.Date
	Items     []string
	Reference string
	Document  string
}

// Team is what a town said of its own means. FTE is in full-time equivalents.
type Team struct {
	Known bool
	FTE   float64
}

// Facts is all that Evaluate looks at. Slices may come in any order.
type Facts struct {
	Territory   Territory
	Populations []Population // in force, each within the limits of its day
	Rebased     []Population // the same years within the limits of today, for trends; nil: Populations
	Assignments []Assignment // communes: who holds what instead of them
	Transfers   []Transfer   // groupings: who transferred what to them
	Voluntary   []Competence // optional competences that the commune chose to exercise
	Operator    bool         // runs at least one facility (gestionnaire)
	Evidence    []Evidence
	CTGs        []CTG
	Team        Team
}

func during(from, to, d clock.Date) bool {
	return !d.Before(from) && (to.IsZero() || !d.After(to))
}

// assignment is the one in force on d for the competence; the youngest if several are.
func (f Facts) assignment(c Competence, d clock.Date) (Assignment, bool) {
	var best Assignment
	found := false
	for _, a := range f.Assignments {
		if a.Competence == c && a.Holder.ID != f.Territory.ID && during(a.From, a.To, d) &&
			(!found || a.From.After(best.From)) {
			best, found = a, true
		}
	}
	return best, found
}

// transferors lists the communes that had transferred one of the competences on d, once
// each, by identifier.
func (f Facts) transferors(cs []Competence, d clock.Date) []Transfer {
	var out []Transfer
	for _, t := range f.Transfers {
		if slices.Contains(cs, t.Competence) && during(t.From, t.To, d) &&
			!slices.ContainsFunc(out, func(o Transfer) bool { return o.Commune.ID == t.Commune.ID }) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b Transfer) int {
		if a.Commune.ID < b.Commune.ID {
			return -1
		}
		return 1
	})
	return out
}

// evidenceOf is the youngest evidence of the kind dated on or before d.
func (f Facts) evidenceOf(kind string, d clock.Date) (Evidence, bool) {
	var best Evidence
	found := false
	for _, e := range f.Evidence {
		if e.Kind == kind && !e.Date.IsZero() && !e.Date.After(d) && (!found || e.Date.After(best.Date)) {
			best, found = e, true
		}
	}
	return best, found
}

// ctg is the convention in force on d that lacks the fewest of the items.
func (f Facts) ctg(d clock.Date, items []string) (CTG, bool) {
	var best CTG
	found := false
	for _, c := range f.CTGs {
		if during(c.From, c.To, d) && (!found || len(c.lacks(items)) < len(best.lacks(items))) {
			best, found = c, true
		}
	}
	return best, found
}

// lacks lists those of the items that the convention does not cover, in the order of the decree.
func (c CTG) lacks(items []string) []SchemeItem {
	return slices.DeleteFunc(SchemeItems(), func(i SchemeItem) bool {
		return slices.Contains(c.Items, i.Code) || !slices.Contains(items, i.Code)
	})
}

// SchemeItem is one element that a scheme must contain.
type SchemeItem struct {
	Code  string // "1" to "3", "4a" to "4h"
	Label string // "1° répertoire des équipements…"
}

// SchemeItems is the checklist of CASF D. 214-10-1, I (décret n° 2025-253), in its order.
func SchemeItems() []SchemeItem {
	return []SchemeItem{
		{"1", "1° répertoire des équipements, services et modes d'accueil existants"},
		{"2", "2° besoins des enfants de moins de trois ans et de leurs familles"},
		{"3", "3° zones où l'offre est insuffisante ou difficile d'accès"},
		{"4a", "4° a) objectifs de maintien, de développement et de redéploiement"},
		{"4b", "4° b) besoins en emplois et compétences"},
		{"4c", "4° c) réponses aux difficultés spécifiques de certaines familles"},
		{"4d", "4° d) accompagnement des accueillants sur la qualité"},
		{"4e", "4° e) projets d'investissement"},
		{"4f", "4° f) coûts prévisionnels, moyens et difficultés identifiées"},
		{"4g", "4° g) calendrier prévisionnel"},
		{"4h", "4° h) indicateurs et modalités d'évaluation"},
	}
}

// Missing lists the items of the scheme that the convention does not cover, in the order of the decree.
func (c CTG) Missing() []SchemeItem {
	return c.lacks(allItems())
}

func allItems() []string {
	var all []string
	for _, i := range SchemeItems() {
		all = append(all, i.Code)
	}
	return all
}

// HolderFacts draws the facts of a grouping from those of its communes: who transferred what
// to it. The rest (evidence, conventions) is the caller's to add.
func HolderFacts(holder Territory, communes []Facts) Facts {
	f := Facts{Territory: holder}
	for _, c := range communes {
		for _, a := range c.Assignments {
			if a.Holder.ID == holder.ID {
				f.Transfers = append(f.Transfers, Transfer{c.Territory, c.Populations, a.Competence, a.From, a.To, a.Deliberation})
			}
		}
	}
	return f
}
