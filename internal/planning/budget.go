// SPDX-License-Identifier: EUPL-1.2

package planning

import "slices"

// YearBudget is one year of a plan: an account for each operation that spends and for each
// structure that runs.
type YearBudget struct {
	Year         int
	Investment   []Account
	Running      []Account
	Compensation Compensation // shown beside, taken from no cost
}

// Budget is a plan over its years in one case. In each account, year and section the sums by
// funder add up to the cost, to the cent.
type Budget struct {
	Case      CaseName
	Years     []YearBudget
	Financing []Financing // one for each operation, in the order of the plan
	Missing   []Missing   // all that could not be counted, once each
}

// Budget computes the plan; it refuses a plan that Check faults, with all the faults joined.
func (p Plan) Budget(scales *Scales, c Case) (Budget, error) {
	if faults := p.Check(); len(faults) > 0 {
		return Budget{}, joinFaults(faults)
	}
	out := Budget{Case: c.Name}
	for _, o := range p.Operations {
		out.Financing = append(out.Financing, p.Financing(scales, o, c))
	}
	changes := p.changes()
	for _, year := range p.Years() {
		y := YearBudget{Year: year, Compensation: scales.Compensation(year, p.Town)}
		for _, f := range out.Financing {
			if i := slices.Index(f.Years, year); i >= 0 {
				y.Investment = append(y.Investment, f.year(i))
			}
		}
		facts := yearFacts{year: year}
		facts.growth, facts.growthOK = p.coFundedGrowth(changes, year)
		for _, s := range p.Structures {
			facts.all, facts.added = meanPlaces(s, changes[s.ID], year)
			if facts.all.Sign() == 0 {
				continue
			}
			if a := p.runningAccount(scales, s, facts, c); a.Cost > 0 || len(a.Missing) > 0 {
				y.Running = append(y.Running, a)
			}
		}
		out.Years = append(out.Years, y)
	}
	out.Missing = out.lacks()
	return out, nil
}

// coFundedGrowth is the growth since 2023, in per cent, of the PSU places that the town
// co-funds, on 31 December; false when the places of 2023 are not known.
func (p Plan) coFundedGrowth(changes map[string][]PlaceChange, year int) (Number, bool) {
	if p.Town.CoFunded2023 <= 0 {
		return Number{}, false
	}
	n := 0
	for _, s := range p.Structures {
		if s.Kind.PSU() && s.Running.TownShare.Sign() > 0 {
			n += max(placesAt(s, changes[s.ID], year)-s.Running.Reserved, 0)
		}
	}
	return Whole(n - p.Town.CoFunded2023).Over(Whole(p.Town.CoFunded2023)).Times(Whole(100)), true
}

// year is the part of the account that falls in the i-th year of spending.
func (f Financing) year(i int) Account {
	a := f.Account
	a.Cost = f.Spending[i]
	a.Lines = slices.Clone(a.Lines)
	for l := range a.Lines {
		whole := a.Lines[l].Amount
		a.Lines[l].Amount = f.Shares[l][i]
		if len(f.Years) > 1 {
			a.Lines[l].Formula = "part de l'année dans " + whole.String() + " : " + a.Lines[l].Formula
		}
	}
	return a
}

// lacks gathers what is missing, a scale once though each year asks for it.
func (b Budget) lacks() []Missing {
	var out []Missing
	add := func(more []Missing) {
		for _, m := range more {
			if !slices.ContainsFunc(out, func(o Missing) bool { return o.Code == m.Code && o.Label == m.Label }) {
				out = append(out, m)
			}
		}
	}
	for _, f := range b.Financing {
		add(f.Account.Missing)
	}
	for _, y := range b.Years {
		for _, a := range y.Running {
			add(a.Missing)
		}
		add(y.Compensation.Missing)
	}
	return out
}

// Accounts are those of one section of the year.
func (y YearBudget) Accounts(s Section) []Account {
	if s == InvestmentSection {
		return y.Investment
	}
	return y.Running
}

// Cost is the whole cost of one section of the year.
func (y YearBudget) Cost(s Section) Cents {
	var sum Cents
	for _, a := range y.Accounts(s) {
		sum += a.Cost
	}
	return sum
}

// ByFunder sums one section of the year by funder, in the order of Funders.
func (y YearBudget) ByFunder(s Section) []Share { return shares(y.Accounts(s)) }

// Town is what remains for the town in one section of the year.
func (y YearBudget) Town(s Section) Cents {
	var sum Cents
	for _, a := range y.Accounts(s) {
		sum += a.Of(Town)
	}
	return sum
}

// ByFunder sums one section over all the years.
func (b Budget) ByFunder(s Section) []Share {
	var all []Account
	for _, y := range b.Years {
		all = append(all, y.Accounts(s)...)
	}
	return shares(all)
}

// Cost is the whole cost of one section over the years.
func (b Budget) Cost(s Section) Cents {
	var sum Cents
	for _, y := range b.Years {
		sum += y.Cost(s)
	}
	return sum
}

// Town is what remains for the town in one section over the years.
func (b Budget) Town(s Section) Cents {
	var sum Cents
	for _, y := range b.Years {
		sum += y.Town(s)
	}
	return sum
}

// Without is the plan as if it had no operation: the difference of the two budgets is what
// the plan adds to the running cost, or saves.
func (p Plan) Without() Plan {
	p.Operations = nil
	return p
}

// Budgets are the low, central and high budgets, in that order.
func (p Plan) Budgets(scales *Scales, u Uncertainty) ([3]Budget, error) {
	var out [3]Budget
	if err := u.Check(); err != nil {
		return out, err
	}
	for i, c := range u.Cases() {
		b, err := p.Budget(scales, c)
		if err != nil {
			return out, err
		}
		out[i] = b
	}
	return out, nil
}

// Effect is what a plan changes in a year: with it less without it, negative when it saves.
type Effect struct {
	Year          int
	Running, Town Cents // running cost; the town's rest of it
	Investment    Cents
	TownInvests   Cents
}

// Effects compares the budgets of the plan and of Without, year by year.
func Effects(with, without Budget) []Effect {
	var out []Effect
	for _, y := range with.Years {
		e := Effect{
			Year: y.Year, Running: y.Cost(RunningSection), Town: y.Town(RunningSection),
			Investment: y.Cost(InvestmentSection), TownInvests: y.Town(InvestmentSection),
		}
		if i := slices.IndexFunc(without.Years, func(o YearBudget) bool { return o.Year == y.Year }); i >= 0 {
			e.Running -= without.Years[i].Cost(RunningSection)
			e.Town -= without.Years[i].Town(RunningSection)
		}
		out = append(out, e)
	}
	return out
}
