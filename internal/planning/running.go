// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"fmt"

	"maillage/internal/platform/clock"
)

// trajectoryYear is the reference of the bonus trajectoire (Caf des Alpes-Maritimes, F5).
const trajectoryYear = 2023

// yearFacts is what a structure's account needs to know of its year.
type yearFacts struct {
	year       int
	all, added Number // mean places of the year; of which opened since the plan began
	growth     Number // % of co-funded places gained since 2023
	growthOK   bool
}

// yearEnd is the day whose scales apply to a budget year: the last, so that a scale that
// enters into force during the year counts for it.
func yearEnd(year int) clock.Date { return clock.NewDate(year, 12, 31) }

// runningAccount is who pays the running cost of a structure in a year.
func (p Plan) runningAccount(scales *Scales, s Structure, y yearFacts, c Case) Account {
	r := s.Running
	unit, many := s.Kind.Unit()
	if y.all.Compare(Whole(2)) >= 0 {
		unit = many
	}
	factor := c.Running.Percent()
	how := fmt.Sprintf("%s %s × %s", count(y.all), unit, r.UnitCost)
	for range max(y.year-p.PriceYear, 0) {
		factor = factor.Times(Whole(1).Plus(p.Growth.Percent()))
	}
	if factor.Compare(Whole(1)) != 0 {
		how += " × " + factor.Text(4) + " (hypothèse " + string(c.Name) + ", prix de " + fmt.Sprint(y.year) + ")"
	}
	cost := r.UnitCost.Number().Times(y.all).Times(factor).Cents()
	g := newLedger(book{scales: scales, on: yearEnd(y.year)}, RunningSection, s.ID, s.Name, cost, how)
	if r.UnitCost == 0 && s.Kind != MAM && s.Kind != AssMat { // these two run at their own cost
		g.lack(Missing{Code: "saisie:cout", Label: "Coût de fonctionnement, " + s.Name,
			Unit: "€/place/an", Why: "le coût de fonctionnement"})
	}
	replaced := g.grants(r.Grants, y.year)
	fees := g.fees(s, y, c)
	switch {
	case s.Kind.PSU():
		g.psuLines(s, y, c, fees, replaced)
		g.bonuses(p, s, y, c, replaced)
	case s.Kind == RPE:
		g.capped("rpe", "Prestation de service du relais petite enfance", y.all, cost, replaced)
		g.missions(r, replaced)
	case s.Kind == LAEP:
		g.capped("laep", "Prestation de service du lieu d'accueil enfants-parents", y.all, cost, replaced)
	}
	return g.close(r.TownShare)
}

// grants pays what is notified and tells which computed aids it replaces.
func (g *ledger) grants(grants []Grant, year int) map[string]bool {
	replaced := map[string]bool{}
	for _, n := range grants {
		if n.Year != 0 && n.Year != year && year != 0 {
			continue
		}
		if n.Replaces != "" {
			replaced[n.Replaces] = true
		}
		formula := "montant notifié ou annoncé"
		if n.Source != "" {
			formula += " (" + n.Source + ")"
		}
		g.pay(Line{Code: "notifie", Label: n.Label, Funder: n.Funder, Amount: n.Amount, Formula: formula})
	}
	return replaced
}

// hours are the realised and billed hours of the year, all places together.
func hours(r Running, y yearFacts, c Case) (realised, billed Number) {
	n := y.all.Times(c.Hours.Percent())
	return r.Realised.Times(n), r.Billed.Times(n)
}

// fees is the participation of the families, and pays it.
func (g *ledger) fees(s Structure, y yearFacts, c Case) Cents {
	r := s.Running
	_, billed := hours(r, y, c)
	if !s.Kind.EAJE() || y.all.Sign() == 0 {
		return 0
	}
	if r.MeanFee.Sign() == 0 {
		g.lack(Missing{Code: "saisie:participation", Label: "Participation familiale moyenne, " + s.Name,
			Unit: "€/h", Why: "la part des familles et les aides qui en dépendent"})
		return 0
	}
	if billed.Sign() == 0 && !s.Kind.PSU() { // the PSU itself asks for its hours
		g.lack(Missing{Code: "saisie:heures", Label: "Heures facturées, " + s.Name,
			Unit: "h/place/an", Why: "la part des familles"})
	}
	amount := r.MeanFee.Times(billed).Cents()
	l := Line{
		Code: "familles", Label: "Participation des familles", Funder: Families, Amount: amount,
		Formula: perHour(r.MeanFee) + " en moyenne × " + billed.Text(0) + " h facturées",
	}
	if s.Kind == MicroCrechePaje {
		if most, ok := g.scales.At("microcreche-prix-max", g.on); ok && most.Value != nil && r.MeanFee.Compare(*most.Value) > 0 {
			l.Scales = []Scale{most}
			l.Notes = []string{"Au-dessus de " + perHour(*most.Value) + ", les familles perdent le CMG structure."}
		}
	}
	g.pay(l)
	return amount
}

func (g *ledger) psuLines(s Structure, y yearFacts, c Case, fees Cents, replaced map[string]bool) {
	r := s.Running
	if replaced["psu"] || y.all.Sign() == 0 || r.MeanFee.Sign() == 0 {
		return
	}
	realised, billed := hours(r, y, c)
	result := g.psu(PSUInput{
		Cost: g.account.Cost, Realised: realised, Billed: billed, Fees: fees, Full: r.Full,
	})
	if result.Known {
		g.pay(result.Line)
	}
}

// perPlace pays so much a place.
func (g *ledger) perPlace(code, label, detail string, amount, places Number, read ...Scale) {
	formula := count(places) + " places × " + amount.Cents().String()
	if detail != "" {
		formula += " (" + detail + ")"
	}
	g.pay(Line{
		Code: code, Label: label, Funder: Caf, Amount: amount.Times(places).Cents(), Formula: formula,
		Scales: read,
	})
}

// capped is the share of a cost that the Caf pays, up to a maximum per unit.
func (g *ledger) capped(code, label string, units Number, cost Cents, replaced map[string]bool) {
	if replaced[code] || units.Sign() == 0 {
		return
	}
	rate, s1, ok1 := g.value(code+"-taux", "la prestation de service")
	ceiling, s2, ok2 := g.value(code+"-plafond", "la prestation de service")
	if !ok1 || !ok2 {
		return
	}
	retained := least(cost.Number(), ceiling.Times(units))
	g.pay(Line{
		Code: code, Label: label, Funder: Caf, Amount: rate.Percent().Times(retained).Cents(),
		Formula: percent(rate) + " × " + retained.Cents().String() + " de coût retenu",
		Scales:  []Scale{s1, s2},
	})
}

// missions pays the missions renforcées of a relay.
func (g *ledger) missions(r Running, replaced map[string]bool) {
	if r.Missions == 0 || replaced["rpe-mission"] {
		return
	}
	amount, s, ok := g.value("rpe-mission", "les missions renforcées du relais")
	if ok {
		g.pay(Line{
			Code: "rpe-mission", Label: "Missions renforcées", Funder: Caf,
			Amount:  amount.Times(Whole(r.Missions)).Cents(),
			Formula: fmt.Sprintf("%d × %s", r.Missions, amount.Cents()), Scales: []Scale{s},
		})
	}
}
