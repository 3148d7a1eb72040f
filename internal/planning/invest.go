// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"fmt"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// Financing is the financing plan of an operation: the account of its whole investment, and
// the same lines year by year, in proportion to the spending of each year. The Caf may pay
// later, on the final statement: these are years of the works, not of the cash.
type Financing struct {
	Operation string
	Account   Account
	Years     []int      // years with spending, rising
	Shares    [][]Cents  // Shares[line][year index], adding up to the line and to the year's cost
	PerPlace  Cents      // cost per place created or, when none is, per place renovated; 0 without either
	Places    int        // the places that PerPlace divides by
	Sentence  string     // PerPlace in one French sentence
	Spending  []Cents    // by year, in the case's prices
	Duties    []string   // what accepting the aids commits the town to
	On        clock.Date // the day whose scales were read
	Kind      OperationKind
}

// Financing computes the financing plan of one operation of the plan.
func (p Plan) Financing(scales *Scales, o Operation, c Case) Financing {
	years, spending := o.byYear(c)
	var cost Cents
	for _, s := range spending {
		cost += s
	}
	on := o.Decision
	if on.IsZero() && len(years) > 0 {
		on = yearEnd(years[0])
	}
	if on.IsZero() {
		on = yearEnd(p.From)
	}
	how := french.Plural(len(o.Spending), "dépense", "dépenses")
	if c.Investment.Compare(Whole(100)) != 0 {
		how += " × " + percent(c.Investment) + " (hypothèse " + string(c.Name) + ")"
	}
	s, _ := p.structure(o.Structure)
	g := newLedger(book{scales: scales, on: on}, InvestmentSection, o.ID, o.Title, cost, how)
	f := Financing{Operation: o.ID, Years: years, Spending: spending, On: on, Kind: o.Kind}
	if cost > 0 {
		replaced := g.grants(o.Grants, 0)
		g.investmentAids(p, o, s, c, replaced, &f)
	}
	f.Account = g.close(o.TownShare)
	f.Shares = spread(f.Account.Lines, spending)
	f.perPlace(o)
	return f
}

// byYear sums the spending by year, in the case's prices; each spending is rounded once.
func (o Operation) byYear(c Case) ([]int, []Cents) {
	sums := map[int]Cents{}
	first, last := 0, -1
	for _, s := range o.Spending {
		sums[s.Year] += c.Investment.Percent().Times(s.Amount.Number()).Cents()
		if last < first {
			first, last = s.Year, s.Year
		}
		first, last = min(first, s.Year), max(last, s.Year)
	}
	var years []int
	var spending []Cents
	for y := first; y <= last; y++ {
		if sums[y] > 0 {
			years, spending = append(years, y), append(spending, sums[y])
		}
	}
	return years, spending
}

func (f *Financing) perPlace(o Operation) {
	f.Places = max(o.NetPlaces(), 0)
	word := "créée"
	if f.Places == 0 {
		f.Places, word = o.Renovated, "rénovée"
	}
	if f.Places == 0 || f.Account.Cost == 0 {
		return
	}
	n := Whole(f.Places)
	f.PerPlace = f.Account.Cost.Number().Over(n).Cents()
	town := f.Account.Of(Town).Number().Over(n).Cents()
	f.Sentence = fmt.Sprintf("%s par place %s (%s ÷ %d), dont %s pour la ville",
		f.PerPlace, word, f.Account.Cost, f.Places, town)
}

// investmentAids pays the computed aids, the most certain first.
func (g *ledger) investmentAids(p Plan, o Operation, s Structure, c Case, replaced map[string]bool, f *Financing) {
	created := max(o.NetPlaces(), 0)
	if !replaced["piaje"] && created > 0 {
		switch {
		case s.Kind.EAJE():
			g.piaje(o, p.Town, created, f)
		case s.Kind == MAM:
			g.piajeMAM(o, created, c, f)
		}
	}
	works := o.Kind == Renovation || o.Kind == Maintenance
	if works && o.Renovated > 0 && (s.Kind.EAJE() || s.Kind == MAM) && !replaced["fme"] {
		g.fme(o, s.Kind)
	}
	if p.Town.Department == "93" && s.Kind.EAJE() && !replaced["caf93"] {
		g.caf93(o, created, works, c)
	}
}

// supplements are the flags of an operation that raise the Piaje.
func (o Operation) supplements() []string {
	var out []string
	for _, s := range []struct {
		on   bool
		code string
	}{{o.Structural, "gros-oeuvre"}, {o.Sustainable, "durable"}, {o.CatchUp, "rattrapage"}} {
		if s.on {
			out = append(out, s.code)
		}
	}
	return out
}

func (g *ledger) keptFor(f *Financing) {
	if s, ok := g.scales.At("piaje-duree", g.on); ok && s.Value != nil {
		f.Duties = append(f.Duties, "Le Piaje engage à garder au lieu sa destination "+s.Value.String()+" ans.")
	}
}

// piaje is the base amount, the supplements and the one of the potentiel financier, a place.
// A supplement without figure is left out and said; without the base there is no aid.
func (g *ledger) piaje(o Operation, town TownFacts, created int, f *Financing) {
	const why = "le Piaje de l'opération"
	base, read, ok := g.value("piaje-eaje-base", why)
	total, scales, detail := base, []Scale{read}, base.Cents().String()
	for _, code := range o.supplements() {
		if v, s, found := g.value("piaje-eaje-"+code, why); found {
			total, scales = total.Plus(v), append(scales, s)
			detail += " + " + v.Cents().String()
		}
	}
	if town.Potential.Sign() == 0 {
		g.lack(Missing{Code: "saisie:potentiel", Label: "Potentiel financier de la commune", Unit: "€/habitant",
			Why: why, Hint: "Critères de répartition de la DGF, publiés par la DGCL."})
	} else if v, s, found := g.row("piaje-eaje-potentiel", why, town.Potential); found {
		total, scales = total.Plus(v), append(scales, s)
		detail += " + " + v.Cents().String()
	}
	if !ok {
		return
	}
	g.keptFor(f)
	g.pay(Line{
		Code: "piaje", Label: "Plan d'investissement pour l'accueil du jeune enfant (Piaje)", Funder: Caf,
		Amount:  total.Times(Whole(created)).Cents(),
		Formula: fmt.Sprintf("%d places × (%s)", created, detail), Scales: scales,
	})
}

// piajeMAM is the Piaje of a MAM, or its start-up aid when the operation asks for that one:
// the two do not add up.
func (g *ledger) piajeMAM(o Operation, created int, c Case, f *Financing) {
	if o.StartUp {
		if v, s, ok := g.value("mam-demarrage", "l'aide au démarrage de la MAM"); ok {
			g.pay(Line{Code: "mam-demarrage", Label: "Aide au démarrage d'une MAM", Funder: Caf, Amount: v.Cents(),
				Formula: "forfait", Scales: []Scale{s}})
		}
		return
	}
	const why = "le Piaje de la MAM"
	base, read, ok := g.value("piaje-mam-base", why)
	ceiling, capScale, ok2 := g.value("piaje-mam-maximum", why)
	if !ok || !ok2 {
		return
	}
	total, scales, detail := base, []Scale{read, capScale}, base.Cents().String()
	for _, code := range o.supplements() {
		if v, s, found := g.value("piaje-mam-"+code, why); found {
			total, scales = total.Plus(v), append(scales, s)
			detail += " + " + v.Cents().String()
		}
	}
	if s, found := g.scale("piaje-mam-potentiel", why); found {
		v, how := c.bound(s, false)
		total, scales = total.Plus(v), append(scales, s)
		detail += " + " + v.Cents().String() + " selon le potentiel financier (" + how + ")"
	}
	g.keptFor(f)
	g.pay(Line{
		Code: "piaje", Label: "Plan d'investissement pour l'accueil du jeune enfant (Piaje), MAM", Funder: Caf,
		Amount:  least(total, ceiling).Times(Whole(created)).Cents(),
		Formula: fmt.Sprintf("%d places × (%s)", created, detail), Scales: scales,
	})
}

// fme is the fonds de modernisation: so much a place, and no more than a share of the works.
func (g *ledger) fme(o Operation, kind Kind) {
	const why = "le fonds de modernisation"
	perPlace, s1, ok1 := g.value("fme-place", why)
	part, s2, ok2 := g.value("fme-part", why)
	if !ok1 || !ok2 {
		return
	}
	byPlace := perPlace.Times(Whole(o.Renovated))
	byWorks := part.Percent().Times(g.account.Cost.Number())
	var notes []string
	if kind == MAM {
		notes = []string{"Depuis 2024, réservé aux MAM ouvertes depuis plus de 10 ans : vérifiez la date d'ouverture."}
	}
	g.pay(Line{
		Code: "fme", Notes: notes, Label: "Fonds de modernisation des établissements", Funder: Caf,
		Amount: least(byPlace, byWorks).Cents(), Scales: []Scale{s1, s2},
		Formula: fmt.Sprintf("le plus petit de %d places × %s et de %s × %s de travaux",
			o.Renovated, perPlace.Cents(), percent(part), g.account.Cost),
	})
}

// caf93 is the own funds of the Caf de la Seine-Saint-Denis: places created; for works on
// existing places only when they bring enough new ones.
func (g *ledger) caf93(o Operation, created int, works bool, c Case) {
	const why = "l'aide sur fonds propres de la Caf"
	if works && o.Renovated > 0 {
		threshold, s1, ok1 := g.value("caf93-seuil", why)
		each, s2, ok2 := g.value("caf93-place-existante", why)
		if !ok1 || !ok2 || Whole(created).Compare(threshold.Percent().Times(Whole(o.Renovated))) < 0 {
			return
		}
		g.pay(Line{
			Code: "caf93", Label: "Caf de la Seine-Saint-Denis, places existantes", Funder: Caf,
			Amount:  each.Times(Whole(o.Renovated)).Cents(),
			Formula: fmt.Sprintf("%d places existantes × %s (hausse de %d places)", o.Renovated, each.Cents(), created),
			Scales:  []Scale{s1, s2},
		})
	}
	if created == 0 {
		return
	}
	if s, ok := g.scale("caf93-place-creee", why); ok {
		each, how := c.bound(s, false)
		g.pay(Line{
			Code: "caf93", Label: "Caf de la Seine-Saint-Denis, places créées", Funder: Caf,
			Amount:  each.Times(Whole(created)).Cents(),
			Formula: fmt.Sprintf("%d places × %s (%s)", created, each.Cents(), how),
			Scales:  []Scale{s}, Notes: []string{
				"Projet à faire connaître avant le 1er juin ; aucun début de travaux ni d'achat avant l'avis de la Caf."},
		})
	}
}
