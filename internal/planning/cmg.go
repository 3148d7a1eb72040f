// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"fmt"

	"maillage/internal/platform/clock"
)

// Care is a direct employment that the CMG helps to pay.
type Care string

// ByAssMat is a childminder employed by the family, AtHome a person who comes to its home.
const (
	ByAssMat Care = "am"
	AtHome   Care = "domicile"
)

// CMG is the aid to a family that employs directly (CSS D. 531-17 ff., since 1 September
// 2025) and what remains for it to pay, before tax credit:
//
//	CMG = monthly cost × (1 − monthly income × taux d'effort ÷ reference hourly cost)
//
// wage is the family's hourly cost in euros; what passes the ceiling of the law is not
// helped. The law rounds the aid to the euro, half up: Aid is the exact amount to the cent
// and CMGPaid rounds it, so that a page can show both.
func (s *Scales) CMG(on clock.Date, f Family, care Care, wage, hours Number) (Price, error) {
	if err := f.check(); err != nil {
		return Price{}, err
	}
	if care != ByAssMat && care != AtHome {
		return Price{}, fmt.Errorf("mode de garde « %s » inconnu : am ou domicile", care)
	}
	if wage.Sign() < 0 || wage.Compare(Whole(1000)) > 0 {
		return Price{}, fmt.Errorf("un coût de %s € par heure ; écrivez un nombre de 0 à 1 000", wage)
	}
	if err := checkHours(hours); err != nil {
		return Price{}, err
	}
	const why = "le CMG de la famille"
	b := &book{scales: s, on: on}
	code := "effort-collectif" // D. 531-18 has the rates of the crèche tariff for a childminder
	if care == AtHome {
		code = "cmg-effort-domicile"
	}
	rate, rates, ok1 := b.row(code, why, Whole(f.Children+f.Disabled))
	reference, refScale, ok2 := b.value("cmg-reference-"+string(care), why)
	ceiling, capScale, ok3 := b.value("cmg-plafond-"+string(care), why)
	income, read, notes, ok4 := b.bounded(f, "cmg-plancher", why)
	if !ok1 || !ok2 || !ok3 || !ok4 || reference.Sign() == 0 {
		return Price{Missing: b.missing}, nil
	}
	cost := wage.Times(hours)
	helped := least(wage, ceiling).Times(hours)
	share := most(Whole(1).Minus(income.Times(rate.Percent()).Over(reference)), Number{})
	aid := helped.Times(share).Cents()
	formula := fmt.Sprintf("%s × (1 − %s × %s ÷ %s)", helped.Cents(), income.Cents(), percent(rate), perHour(reference))
	if wage.Compare(ceiling) > 0 {
		formula += ", sur un coût horaire ramené à " + perHour(ceiling)
	}
	return Price{
		Known: true, Hourly: wage, Cost: cost.Cents(), Aid: aid, Month: cost.Cents() - aid, Notes: notes,
		Steps: []Line{{
			Code: "cout", Label: "Coût du mois", Formula: perHour(wage) + " × " + hours.String() + " h",
			Amount: cost.Cents(), Funder: Families,
		}, {
			Code: "effort", Label: "Taux d'effort", Formula: childrenText(f) + " : " + percent(rate),
			Scales: []Scale{rates},
		}, {
			Code: "cmg", Label: "Complément de libre choix du mode de garde", Formula: formula, Amount: aid,
			Funder: Caf, Scales: append(read, refScale, capScale), Notes: notes,
		}},
	}, nil
}

// CMGPaid is the aid as it is paid: rounded to the euro, 0,50 € up (CSS D. 531-17).
func CMGPaid(aid Cents) Cents { return (aid + 50) / 100 * 100 }

// CMGStructure is the aid to a family whose child goes to a micro-crèche of the Paje regime
// or is kept at home by a company (care AtHome), or is kept by a childminder whom a service
// employs (ByAssMat). cost is the month's bill; over3 halves the aid. It needs the BMAF.
func (s *Scales) CMGStructure(on clock.Date, f Family, care Care, cost Cents, over3 bool) (Price, error) {
	if err := f.check(); err != nil {
		return Price{}, err
	}
	if cost < 0 || cost > maxUnit {
		return Price{}, fmt.Errorf("une facture de %s par mois ; écrivez 0 ou plus, en euros", cost)
	}
	const why = "le CMG structure de la famille"
	b := &book{scales: s, on: on}
	code := "cmg-structure-domicile"
	if care == ByAssMat {
		code = "cmg-structure-am"
	}
	part, partScale, ok1 := b.value("cmg-structure-part", why)
	band, read, ok2 := b.cmgBand(f, why)
	rate, rates, ok3 := b.row(code, why, Whole(band))
	bmaf, bmafScale, ok4 := b.value("bmaf", why)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return Price{Missing: b.missing}, nil
	}
	most85 := part.Percent().Times(cost.Number())
	ceiling := rate.Percent().Times(bmaf)
	formula := fmt.Sprintf("le plus petit de %s × %s et de %s × %s de BMAF (tranche %d)",
		percent(part), cost, percent(rate), bmaf.Cents(), band)
	if over3 {
		ceiling = ceiling.Over(Whole(2))
		formula += ", maximum divisé par deux de 3 à 6 ans"
	}
	aid := least(most85, ceiling).Cents()
	return Price{
		Known: true, Cost: cost, Aid: aid, Month: cost - aid,
		Steps: []Line{{
			Code: "cmg-structure", Label: "CMG structure", Formula: formula, Amount: aid, Funder: Caf,
			Scales: append(read, partScale, rates, bmafScale),
		}},
	}, nil
}

// cmgBand is the band of income (1 the lowest) of the CMG structure.
func (b *book) cmgBand(f Family, why string) (int, []Scale, bool) {
	year := f.Income.Number().Times(Whole(12))
	more, moreScale, ok := b.value("cmg-structure-isole", why)
	read := []Scale{moreScale}
	for i := 1; i <= 2; i++ {
		base, s1, ok1 := b.value(fmt.Sprintf("cmg-structure-seuil-%d", i), why)
		child, s2, ok2 := b.value(fmt.Sprintf("cmg-structure-seuil-%d-enfant", i), why)
		if !ok || !ok1 || !ok2 {
			return 0, nil, false
		}
		read = append(read, s1, s2)
		threshold := base.Plus(child.Times(Whole(f.Children)))
		if f.Single {
			threshold = threshold.Times(Whole(1).Plus(more.Percent()))
		}
		if year.Compare(threshold) <= 0 {
			return i, read, true
		}
	}
	return 3, read, true
}
