// SPDX-License-Identifier: EUPL-1.2

package planning

import "fmt"

// Compensation is the State's yearly support to communes above 3 500 inhabitants (CASF
// R. 214-10-2 f.): a lump sum, not tied to any expense, so it is shown beside the budget and
// taken from no cost. Known is false when a figure is missing or the town is not entitled.
type Compensation struct {
	Known    bool
	Entitled bool
	Line     Line
	Missing  []Missing
}

// Compensation is the support of a year: what was notified, else unit × coefficient of
// births × coefficient of the potentiel financier.
func (s *Scales) Compensation(year int, town TownFacts) Compensation {
	const why = "l'accompagnement financier de l'État"
	line := Line{Code: "sppe", Label: "Accompagnement financier de l'État (SPPE)", Funder: State}
	if amount, ok := town.Notified[year]; ok {
		line.Amount, line.Formula = amount, "montant notifié"
		return Compensation{Known: true, Entitled: true, Line: line}
	}
	b := &book{scales: s, on: yearEnd(year)}
	threshold, s0, ok := b.value("sppe-seuil", why)
	switch {
	case !ok:
		return Compensation{Missing: b.missing}
	case town.Population == 0:
		b.lack(Missing{Code: "saisie:population", Label: "Population totale de la commune", Unit: "habitants", Why: why})
	case Whole(town.Population).Compare(threshold) <= 0:
		return Compensation{}
	}
	if town.Births3 == 0 {
		b.lack(Missing{Code: "saisie:naissances", Label: "Naissances des trois dernières années", Unit: "naissances", Why: why})
	}
	if town.Potential.Sign() == 0 {
		b.lack(Missing{Code: "saisie:potentiel", Label: "Potentiel financier de la commune", Unit: "€/habitant",
			Why: why, Hint: "Critères de répartition de la DGF, publiés par la DGCL."})
	}
	unit, s1, ok1 := b.value("sppe-unite", why)
	births, s2, ok2 := b.row("sppe-naissances", why, Whole(town.Births3))
	potential, s3, ok3 := b.row("sppe-potentiel", why, town.Potential)
	if len(b.missing) > 0 || !ok1 || !ok2 || !ok3 {
		return Compensation{Entitled: town.Population > 0, Missing: b.missing}
	}
	line.Amount = unit.Times(births).Times(potential).Cents()
	line.Formula = fmt.Sprintf("%s × %s (naissances) × %s (potentiel financier)", unit.Cents(), births, potential)
	line.Scales = []Scale{s0, s1, s2, s3}
	return Compensation{Known: true, Entitled: true, Line: line}
}
