// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"math/bits"
	"slices"
)

// Line is one line of an account: who pays how much, and why.
type Line struct {
	Code    string // stable slug of the aid: "psu", "bonus-territoire"…
	Label   string // "Prestation de service unique (PSU)"
	Formula string // with its figures: "66 % × 9,00 €/h × 42 000 h − 63 000 € de participations"
	Funder  Funder
	Amount  Cents
	Scales  []Scale  // the versions read, with their dates and sources
	Notes   []string // what is said of this computation, one French sentence each; see Reserves
}

// Reserves are the notes of the line and the doubts of the scales that it read, once each.
func (l Line) Reserves() []string {
	out := slices.Clone(l.Notes)
	for _, s := range l.Scales {
		for _, d := range s.Doubts {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// Section tells investment from running.
type Section string

// The two sections of a public budget.
const (
	InvestmentSection Section = "investissement"
	RunningSection    Section = "fonctionnement"
)

// Account says who pays a cost. The amounts of Lines add up to Cost exactly; the rest that
// no aid covers is borne by the last lines, Operator and Town.
type Account struct {
	Section Section
	Subject string // identifier of the structure or operation
	Title   string
	Cost    Cents
	How     string // how the cost was found, with its figures
	Lines   []Line
	Missing []Missing // what could not be counted: the rest is then an upper bound
}

// Share is the part of one funder.
type Share struct {
	Funder Funder
	Amount Cents
}

// ByFunder sums the lines by funder, in the order of Funders, without those who pay nothing.
func (a Account) ByFunder() []Share { return shares([]Account{a}) }

// Of is what one funder pays.
func (a Account) Of(f Funder) Cents {
	var sum Cents
	for _, l := range a.Lines {
		if l.Funder == f {
			sum += l.Amount
		}
	}
	return sum
}

func shares(accounts []Account) []Share {
	sums := map[Funder]Cents{}
	for _, a := range accounts {
		for _, l := range a.Lines {
			sums[l.Funder] += l.Amount
		}
	}
	var out []Share
	for _, f := range Funders() {
		if sums[f] != 0 {
			out = append(out, Share{f, sums[f]})
		}
	}
	return out
}

// ledger fills an account aid by aid. No aid goes beyond what is left to pay: the public
// purse does not pay a cost twice. The line then says from what it was brought down.
type ledger struct {
	book
	account Account
	left    Cents
}

func newLedger(s book, section Section, subject, title string, cost Cents, how string) *ledger {
	return &ledger{
		book:    s,
		account: Account{Section: section, Subject: subject, Title: title, Cost: cost, How: how},
		left:    cost,
	}
}

func (g *ledger) pay(l Line) {
	if l.Amount > g.left {
		l.Notes = append(slices.Clone(l.Notes), "Ramené de "+l.Amount.String()+" à "+g.left.String()+
			" : le coût est alors entièrement couvert.")
		l.Amount = g.left
	}
	l.Amount = max(l.Amount, 0)
	g.left -= l.Amount
	g.account.Lines = append(g.account.Lines, l)
}

// close splits the rest between the town and the operator; townShare is in per cent.
func (g *ledger) close(townShare Number) Account {
	g.account.Missing = g.missing
	if g.account.Cost == 0 {
		return g.account
	}
	share := least(most(townShare, Number{}), Whole(100))
	town := share.Percent().Times(g.left.Number()).Cents()
	if operator := g.left - town; operator > 0 {
		g.account.Lines = append(g.account.Lines, Line{
			Code: "gestionnaire", Label: "Reste à la charge du gestionnaire", Funder: Operator, Amount: operator,
			Formula: percent(Whole(100).Minus(share)) + " du reste de " + g.left.String(),
		})
	}
	formula := g.account.Cost.String() + " − " + (g.account.Cost - g.left).String() + " d'aides et de participations"
	if share.Compare(Whole(100)) < 0 {
		formula = percent(share) + " du reste de " + g.left.String()
	}
	g.account.Lines = append(g.account.Lines, Line{
		Code: "ville", Label: "Reste à la charge de la ville", Funder: Town, Amount: town, Formula: formula,
	})
	return g.account
}

// spread divides the lines of an account, whose amounts add up to the sum of spending, over
// the years in proportion to spending: result[line][year]. No share is negative, each line
// and each year add up exactly; odd cents go to the largest remainders, first line first.
func spread(lines []Line, spending []Cents) [][]Cents {
	out := make([][]Cents, len(lines))
	rest := make([]uint64, len(lines))
	var total uint64
	for i, l := range lines {
		out[i] = make([]Cents, len(spending))
		rest[i] = uint64(max(l.Amount, 0))
		total += rest[i]
	}
	for y, s := range spending {
		year := uint64(max(s, 0))
		if year == 0 || total == 0 {
			continue
		}
		odd := year
		remainders := make([]uint64, len(lines))
		for i := range lines {
			hi, lo := bits.Mul64(rest[i], year)
			share, remainder := bits.Div64(hi, lo, total)
			out[i][y], remainders[i] = Cents(share), remainder
			odd -= share
		}
		for ; odd > 0; odd-- {
			best := 0
			for i := range remainders {
				if remainders[i] > remainders[best] {
					best = i
				}
			}
			remainders[best] = 0
			out[best][y]++
		}
		for i := range lines {
			rest[i] -= uint64(out[i][y])
		}
		total -= year
	}
	return out
}
