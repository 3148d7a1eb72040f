// SPDX-License-Identifier: EUPL-1.2

package planning

import "maillage/internal/platform/clock"

// bonuses pays the bonuses of a PSU structure, each with its reason.
func (g *ledger) bonuses(p Plan, s Structure, y yearFacts, c Case, replaced map[string]bool) {
	if y.all.Sign() == 0 {
		return
	}
	// Only places that a signatory of the CTG co-funds open the territory bonuses.
	coFunded := Number{}
	if p.Town.CTG && s.Running.TownShare.Sign() > 0 {
		coFunded = most(y.all.Minus(Whole(s.Running.Reserved)), Number{})
	}
	if !replaced["bonus-territoire"] {
		g.territory(s, coFunded, least(y.added, coFunded), c)
	}
	if !replaced["bonus-trajectoire"] {
		g.trajectory(coFunded, y)
	}
	if s.Running.Reserved > 0 && !replaced["ctre"] {
		if amount, read, ok := g.value("ctre", "les places réservées par des employeurs"); ok {
			reserved := least(Whole(s.Running.Reserved), y.all)
			g.perPlace("ctre", "Contrat territorial réservataire employeur", "", amount, reserved, read)
		}
	}
	if !replaced["bonus-mixite"] {
		g.mixed(s.Running, y)
	}
	if !replaced["bonus-handicap"] {
		g.disabled(s.Running, y)
	}
	if s.Running.Raise > 0 && !replaced["bonus-attractivite"] {
		if rate, read, ok := g.value("bonus-attractivite", "le bonus attractivité"); ok {
			g.pay(Line{
				Code: "bonus-attractivite", Label: "Bonus attractivité", Funder: Caf,
				Amount:  rate.Percent().Times(s.Running.Raise.Number()).Cents(),
				Formula: percent(rate) + " × " + s.Running.Raise.String() + " de revalorisation salariale",
				Scales:  []Scale{read},
			})
		}
	}
}

// territory is the bonus territoire: the convention's own amount for the places that existed
// when the plan began, the scale's range for those opened since.
func (g *ledger) territory(s Structure, coFunded, added Number, c Case) {
	old := coFunded.Minus(added)
	if old.Sign() > 0 {
		if s.Running.Territory == nil {
			g.lack(Missing{
				Code:  "saisie:bonus-territoire",
				Label: "Bonus territoire des places existantes, " + s.Name, Unit: "€/place/an",
				Why: "le bonus territoire", Hint: "Il figure dans la convention avec la Caf ; il dépend de l'historique de la structure.",
			})
		} else {
			g.pay(Line{
				Code: "bonus-territoire", Label: "Bonus territoire CTG, places existantes", Funder: Caf,
				Amount:  s.Running.Territory.Number().Times(old).Cents(),
				Formula: count(old) + " places × " + s.Running.Territory.String() + " (convention avec la Caf)",
			})
		}
	}
	if added.Sign() > 0 {
		if read, ok := g.scale("bonus-territoire-nouvelle", "le bonus territoire des places nouvelles"); ok {
			amount, why := c.bound(read, s.QPV)
			g.perPlace("bonus-territoire-nouvelle", "Bonus territoire CTG, places nouvelles", why, amount, added, read)
		}
	}
}

// trajectory is the bonus trajectoire de développement on all co-funded places.
func (g *ledger) trajectory(coFunded Number, y yearFacts) {
	first := clock.NewDate(2025, 11, 1)
	if coFunded.Sign() == 0 || g.on.Before(first) {
		return
	}
	const why = "le bonus trajectoire de développement"
	if !y.growthOK {
		g.lack(Missing{Code: "saisie:places-2023", Label: "Places cofinancées par la ville en 2023", Unit: "places", Why: why})
		return
	}
	if y.growth.Compare(Whole(4)) < 0 && g.on.After(clock.NewDate(2027, 12, 31)) {
		return // no growth to reward: that the scale ends in 2027 changes nothing
	}
	amount, read, ok := g.row("bonus-trajectoire", why, y.growth)
	if ok && amount.Sign() > 0 {
		g.perPlace("bonus-trajectoire", "Bonus trajectoire de développement",
			percent(y.growth.toTenth())+" de places cofinancées en plus depuis 2023", amount, coFunded, read)
	}
}

// toTenth keeps one decimal, for a sentence.
func (n Number) toTenth() Number { return mustNumber(n.rat().FloatString(1)) }

// mixed is the bonus mixité sociale, by the mean participation of the families.
func (g *ledger) mixed(r Running, y yearFacts) {
	if r.MeanFee.Sign() == 0 {
		return // the lack of a mean fee is told by the families' line
	}
	amount, read, ok := g.row("bonus-mixite", "le bonus mixité sociale", r.MeanFee)
	if ok && amount.Sign() > 0 {
		g.perPlace("bonus-mixite", "Bonus mixité sociale", "participation moyenne de "+perHour(r.MeanFee),
			amount, y.all, read)
	}
}

// disabled is the bonus inclusion handicap: a share of the cost per place, capped.
func (g *ledger) disabled(r Running, y yearFacts) {
	if r.Disabled.Sign() == 0 {
		return
	}
	const why = "le bonus inclusion handicap"
	rate, s1, ok1 := g.row("bonus-handicap-taux", why, r.Disabled)
	ceiling, s2, ok2 := g.value("bonus-handicap-plafond", why)
	if !ok1 || !ok2 {
		return
	}
	perPlace := rate.Percent().Times(g.account.Cost.Number().Over(y.all))
	detail := percent(rate) + " du coût par place"
	if perPlace.Compare(ceiling) > 0 {
		perPlace = ceiling
		detail += ", ramené au maximum"
	}
	detail += " ; " + percent(r.Disabled) + " d'enfants avec l'AEEH"
	g.perPlace("bonus-handicap", "Bonus inclusion handicap", detail, perPlace, y.all, s1, s2)
}
