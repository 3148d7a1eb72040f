// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"fmt"

	"maillage/internal/platform/clock"
)

// Family is what a tariff looks at.
type Family struct {
	Income   Cents // resources of one month, of year N−2
	Children int   // children à charge, 1 or more
	Disabled int   // of whom receive the AEEH: each moves one rate down
	Single   bool  // parent isolé
}

// Price is what a family pays, in steps that can be read aloud. When Missing is not empty
// the amounts that it touches are zero and Known is false.
type Price struct {
	Known   bool
	Hourly  Number // €/h, exact
	Month   Cents  // for the hours asked, before any tax credit
	Aid     Cents  // CMG of the month, 0 in a PSU crèche
	Cost    Cents  // what the care costs the family before the aid
	Steps   []Line
	Missing []Missing
	Notes   []string
}

// check refuses a family that has no meaning.
func (f Family) check() error {
	switch {
	case f.Income < 0 || f.Income > maxUnit:
		return fmt.Errorf("les ressources mensuelles (%s) ne vont pas ; écrivez 0 si la famille n'en a pas, et des euros par mois", f.Income)
	case f.Children < 1:
		return fmt.Errorf("il faut au moins un enfant à charge ; %d a été indiqué", f.Children)
	case f.Disabled < 0 || f.Disabled > f.Children:
		return fmt.Errorf("%d enfants bénéficiaires de l'AEEH sur %d à charge ; corrigez l'un des deux",
			f.Disabled, f.Children)
	}
	return nil
}

// checkHours refuses more hours than a month has.
func checkHours(hours Number) error {
	if hours.Sign() < 0 || hours.Compare(Whole(744)) > 0 {
		return fmt.Errorf("%s heures par mois ; écrivez un nombre de 0 à 744", hours)
	}
	return nil
}

// bounded is the income between floor and ceiling. An unknown floor is a reserve while the
// income is above the last one known (floors only rise), a lack below it.
func (b *book) bounded(f Family, floorCode, why string) (Number, []Scale, []string, bool) {
	ceiling, top, ok := b.value("ressources-plafond", why)
	if !ok {
		return Number{}, nil, nil, false
	}
	income, read := least(f.Income.Number(), ceiling), []Scale{top}
	var notes []string
	if s, found := b.scales.At(floorCode, b.on); found && s.Value != nil {
		return most(income, *s.Value), append(read, s), notes, true
	}
	if known, _ := b.scales.At("ressources-plancher", clock.NewDate(2019, 1, 1)); known.Value != nil &&
		income.Compare(*known.Value) <= 0 {
		b.value(floorCode, why)
		return Number{}, nil, nil, false
	}
	notes = append(notes, "Le plancher de ressources n'est pas renseigné au "+b.on.French()+
		" : le calcul vaut si les ressources de la famille le dépassent.")
	return income, read, notes, true
}

// CrecheFee is the family's hourly tariff in a PSU crèche and the amount for the hours of a
// month: resources between floor and ceiling × taux d'effort. Kind chooses the rates:
// CrecheFamiliale and CrecheParentale have their own. The hourly tariff is kept exact, only
// the month is rounded to the cent.
func (s *Scales) CrecheFee(on clock.Date, f Family, kind Kind, hours Number) (Price, error) {
	if err := f.check(); err != nil {
		return Price{}, err
	}
	if !kind.PSU() {
		return Price{}, fmt.Errorf("le tarif national ne s'applique pas à : %s", kind.Label())
	}
	if err := checkHours(hours); err != nil {
		return Price{}, err
	}
	b := &book{scales: s, on: on}
	code := "effort-collectif"
	if kind == CrecheFamiliale || kind == CrecheParentale {
		code = "effort-familial"
	}
	counted := Whole(f.Children + f.Disabled)
	rate, rates, ok := b.row(code, "le tarif de la famille", counted)
	income, read, notes, ok2 := b.bounded(f, "ressources-plancher", "le tarif de la famille")
	if !ok || !ok2 {
		return Price{Missing: b.missing}, nil
	}
	hourly := income.Times(rate.Percent())
	month := hourly.Times(hours).Cents()
	effort := Line{
		Code: "effort", Label: "Taux d'effort", Formula: childrenText(f) + " : " + percent(rate),
		Scales: []Scale{rates},
	}
	return Price{
		Known: true, Hourly: hourly, Month: month, Cost: month, Notes: notes,
		Steps: []Line{effort, {
			Code: "tarif-horaire", Label: "Tarif horaire",
			Formula: income.Cents().String() + " × " + percent(rate) + " = " + perHour(hourly),
			Scales:  read, Notes: notes,
		}, {
			Code: "tarif-mois", Label: "Participation du mois", Funder: Families, Amount: month,
			Formula: perHour(hourly) + " × " + hours.String() + " h",
		}},
	}, nil
}

func childrenText(f Family) string {
	s := "1 enfant à charge"
	if f.Children > 1 {
		s = fmt.Sprintf("%d enfants à charge", f.Children)
	}
	if f.Disabled > 0 {
		s += fmt.Sprintf(", dont %d avec l'AEEH (autant de tranches en moins)", f.Disabled)
	}
	return s
}

// MixShare is a kind of family and its weight in a structure: hours, children, anything that
// adds up.
type MixShare struct {
	Family Family
	Weight Number
}

// MeanFee is the mean participation of a structure whose families are known by their incomes:
// Running.MeanFee, in €/h. When one tariff is not known it is 0, with what is missing.
func (s *Scales) MeanFee(on clock.Date, kind Kind, mix []MixShare) (Number, []Missing, error) {
	sum, weight := Number{}, Number{}
	for _, m := range mix {
		p, err := s.CrecheFee(on, m.Family, kind, Number{})
		if err != nil {
			return Number{}, nil, err
		}
		if m.Weight.Sign() < 0 {
			return Number{}, nil, fmt.Errorf("le poids d'une famille (%s) est négatif ; écrivez 0 ou plus", m.Weight)
		}
		if !p.Known {
			return Number{}, p.Missing, nil
		}
		sum, weight = sum.Plus(p.Hourly.Times(m.Weight)), weight.Plus(m.Weight)
	}
	if weight.Sign() == 0 {
		return Number{}, nil, fmt.Errorf("indiquez au moins une famille et son poids")
	}
	return sum.Over(weight), nil, nil
}

// AfterTax is what remains of a year's expense for one child after the tax credit: rate ×
// expense, the expense being held to a maximum. Both figures are settings.
func (s *Scales) AfterTax(on clock.Date, year Cents) (Line, Cents, []Missing) {
	const why = "le reste à charge après crédit d'impôt"
	b := &book{scales: s, on: on}
	rate, s1, ok1 := b.value("credit-impot-taux", why)
	ceiling, s2, ok2 := b.value("credit-impot-plafond", why)
	if !ok1 || !ok2 {
		return Line{}, 0, b.missing
	}
	held := least(year.Number(), ceiling)
	credit := rate.Percent().Times(held).Cents()
	return Line{
		Code: "credit-impot", Label: "Crédit d'impôt", Funder: State, Amount: credit,
		Formula: percent(rate) + " × " + held.Cents().String() + " de dépense retenue", Scales: []Scale{s1, s2},
	}, year - credit, nil
}
