// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"maillage/internal/platform/clock"
)

// PSUInput is one year of a structure under the PSU.
type PSUInput struct {
	Cost     Cents  // running cost of the year
	Realised Number // heures réalisées in the year
	Billed   Number // heures facturées in the year
	Fees     Cents  // participations of the families in the year
	Full     bool   // nappies and meals are provided
}

// PSUResult explains the PSU of a year.
type PSUResult struct {
	Known   bool
	Billing Number // taux de facturation, per cent: billed ÷ realised hours
	Cost    Number // prix de revient, €/h: cost ÷ realised hours
	Ceiling Number // prix plafond, €/h
	Line    Line
	Missing []Missing
}

// PSUCeiling is the ceiling price at the billing rate t (per cent): high at or under low t,
// falling in a straight line to low at or over high t. The straight line between the two is
// what the Caf describes since 1 January 2025 (linéarisation); its formula was not read.
func PSUCeiling(high, low, lowT, highT, t Number) Number {
	switch {
	case t.Compare(lowT) <= 0 || highT.Compare(lowT) <= 0:
		return high
	case t.Compare(highT) >= 0:
		return low
	}
	return high.Minus(high.Minus(low).Times(t.Minus(lowT)).Over(highT.Minus(lowT)))
}

// PSU is 66 % × min(prix de revient, prix plafond) × hours − fees, never below zero.
// Readings: the hours that open the right are the billed ones (heures facturées), and the
// prix de revient is the cost of a realised hour; the sources of 2025 do not say more.
func (s *Scales) PSU(on clock.Date, in PSUInput) PSUResult {
	b := &book{scales: s, on: on}
	return b.psu(in)
}

func (b *book) psu(in PSUInput) PSUResult {
	const why = "la PSU de la structure"
	if in.Realised.Sign() <= 0 || in.Billed.Sign() <= 0 {
		b.lack(Missing{
			Code: "saisie:heures", Label: "Heures réalisées et heures facturées", Unit: "h/an", Why: why,
			Hint: "Elles figurent dans la déclaration annuelle à la Caf.",
		})
		return PSUResult{Missing: b.missing}
	}
	level := "partiel"
	if in.Full {
		level = "complet"
	}
	share, s1, ok1 := b.value("psu-taux", why)
	lowT, s2, ok2 := b.value("psu-seuil-bas", why)
	highT, s3, ok3 := b.value("psu-seuil-haut", why)
	high, s4, ok4 := b.value("psu-plafond-bas-"+level, why)
	low, s5, ok5 := b.value("psu-plafond-haut-"+level, why)
	r := PSUResult{
		Billing: in.Billed.Over(in.Realised).Times(Whole(100)),
		Cost:    in.Cost.Number().Over(in.Realised),
	}
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		r.Missing = b.missing
		return r
	}
	r.Known = true
	r.Ceiling = PSUCeiling(high, low, lowT, highT, r.Billing)
	price := least(r.Cost, r.Ceiling)
	which := "prix de revient"
	if r.Ceiling.Compare(r.Cost) < 0 {
		which = "prix plafond"
	}
	amount := max(share.Percent().Times(price).Times(in.Billed).Cents()-in.Fees, 0)
	r.Line = Line{
		Code: "psu", Label: "Prestation de service unique (PSU)", Funder: Caf, Amount: amount,
		Formula: percent(share) + " × " + perHour(price) + " (" + which + ") × " + in.Billed.Text(0) +
			" h facturées − " + in.Fees.String() + " de participations",
		Scales: []Scale{s1, s2, s3, s4, s5},
		Notes: []string{"Taux de facturation : " + r.Billing.Text(1) + " % ; prix de revient : " + r.Cost.Text(2) +
			" €/h ; prix plafond à ce taux : " + r.Ceiling.Text(2) + " €/h."},
	}
	return r
}
