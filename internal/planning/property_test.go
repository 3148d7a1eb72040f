// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"testing"

	"pgregory.net/rapid"

	"maillage/internal/platform/clock"
)

func anyCents(most int) *rapid.Generator[Cents] {
	return rapid.Custom(func(t *rapid.T) Cents {
		return Cents(rapid.IntRange(0, most*100).Draw(t, "cents"))
	})
}

func anyRate(most int) *rapid.Generator[Number] {
	return rapid.Custom(func(t *rapid.T) Number {
		return Whole(rapid.IntRange(0, most*100).Draw(t, "hundredths")).Over(Whole(100))
	})
}

func anyRunning() *rapid.Generator[Running] {
	return rapid.Custom(func(t *rapid.T) Running {
		r := Running{
			UnitCost: anyCents(30000).Draw(t, "unit cost"),
			Realised: anyRate(2500).Draw(t, "realised"),
			MeanFee:  anyRate(4).Draw(t, "mean fee"),
			Full:     rapid.Bool().Draw(t, "full"),
			Disabled: anyRate(20).Draw(t, "disabled"),
			Reserved: rapid.IntRange(0, 5).Draw(t, "reserved"),
			Raise:    anyCents(20000).Draw(t, "raise"), TownShare: anyRate(100).Draw(t, "share"),
			Missions: rapid.IntRange(0, 3).Draw(t, "missions"),
		}
		r.Billed = r.Realised.Times(Whole(100 + rapid.IntRange(0, 30).Draw(t, "billing")).Percent())
		if rapid.Bool().Draw(t, "convention") {
			r.Territory = ptr(anyCents(3600).Draw(t, "territory"))
		}
		return r
	})
}

func anyPlan() *rapid.Generator[Plan] {
	return rapid.Custom(func(t *rapid.T) Plan {
		p := Plan{
			From: 2025, To: 2030, PriceYear: 2025, Growth: anyRate(5).Draw(t, "growth"),
			Town: TownFacts{
				Department: rapid.SampledFrom([]string{"93", "41"}).Draw(t, "department"),
				Population: rapid.IntRange(0, 150000).Draw(t, "population"),
				Births3:    rapid.IntRange(0, 9000).Draw(t, "births"), Potential: anyRate(2000).Draw(t, "potential"),
				CTG: rapid.Bool().Draw(t, "ctg"), CoFunded2023: rapid.IntRange(0, 200).Draw(t, "2023"),
			},
		}
		for i := range rapid.IntRange(1, 4).Draw(t, "structures") {
			s := Structure{
				ID: string(rune('a' + i)), Name: "S", Kind: rapid.SampledFrom(Kinds()).Draw(t, "kind"),
				Places: rapid.IntRange(0, 60).Draw(t, "places"), QPV: rapid.Bool().Draw(t, "qpv"),
				Running: anyRunning().Draw(t, "running"),
			}
			p.Structures = append(p.Structures, s)
			if rapid.Bool().Draw(t, "operated") {
				p.Operations = append(p.Operations, anyOperation(s).Draw(t, "operation"))
			}
		}
		return p
	})
}

func anyOperation(s Structure) *rapid.Generator[Operation] {
	return rapid.Custom(func(t *rapid.T) Operation {
		delta := rapid.IntRange(-s.Places, 40).Draw(t, "delta")
		o := Operation{
			ID: "o" + s.ID, Title: "O", Structure: s.ID, TownShare: anyRate(100).Draw(t, "share"),
			Changes: []PlaceChange{{s.ID, clock.NewDate(rapid.IntRange(2025, 2030).Draw(t, "year"),
				9, 1), delta}},
			Structural: rapid.Bool().Draw(t, "structural"), Sustainable: rapid.Bool().Draw(t, "sustainable"),
			CatchUp: rapid.Bool().Draw(t, "catch up"), StartUp: rapid.Bool().Draw(t, "start up"),
			Renovated: rapid.IntRange(0, 60).Draw(t, "renovated"),
		}
		o.Kind = rapid.SampledFrom([]OperationKind{Maintenance, Renovation, Redeployment}).Draw(t, "kind")
		if delta > 0 {
			o.Kind = rapid.SampledFrom([]OperationKind{Creation, Extension, Renovation}).Draw(t, "growing kind")
		}
		for range rapid.IntRange(0, 3).Draw(t, "spendings") {
			o.Spending = append(o.Spending, Spending{
				Year: rapid.IntRange(2025, 2030).Draw(t, "spending year"), Amount: anyCents(900000).Draw(t, "amount"),
			})
		}
		if rapid.Bool().Draw(t, "granted") {
			o.Grants = []Grant{{Funder: Region, Label: "R", Amount: anyCents(300000).Draw(t, "grant")}}
		}
		return o
	})
}

func anyCase() *rapid.Generator[Case] {
	return rapid.Custom(func(t *rapid.T) Case {
		u := Uncertainty{anyRate(30).Draw(t, "running"), anyRate(30).Draw(t, "investment"), anyRate(15).Draw(t, "hours")}
		return rapid.SampledFrom(func() []Case { c := u.Cases(); return c[:] }()).Draw(t, "case")
	})
}

func TestSumsByFunderAreTheCost(t *testing.T) {
	t.Parallel()
	scales := filled(t)
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan().Draw(t, "plan")
		b, err := p.Budget(scales, anyCase().Draw(t, "case"))
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range []Section{InvestmentSection, RunningSection} {
			for _, y := range b.Years {
				for _, a := range y.Accounts(section) {
					reconcile(t, a)
				}
				if sum := total(y.ByFunder(section)); sum != y.Cost(section) {
					t.Fatalf("%d, %s: funders %s, cost %s", y.Year, section, sum, y.Cost(section))
				}
			}
			if sum := total(b.ByFunder(section)); sum != b.Cost(section) {
				t.Fatalf("%s: funders %s, cost %s", section, sum, b.Cost(section))
			}
		}
		for _, f := range b.Financing {
			reconcile(t, f.Account)
			for l, shares := range f.Shares {
				var sum Cents
				for _, c := range shares {
					sum += c
				}
				if sum != f.Account.Lines[l].Amount {
					t.Fatalf("line %q is %s, its years %s", f.Account.Lines[l].Code, f.Account.Lines[l].Amount, sum)
				}
			}
		}
	})
}

func total(shares []Share) Cents {
	var sum Cents
	for _, s := range shares {
		sum += s.Amount
	}
	return sum
}

func reconcile(t *rapid.T, a Account) {
	var sum Cents
	for _, l := range a.Lines {
		if l.Amount < 0 {
			t.Fatalf("%s: line %q is %s", a.Subject, l.Code, l.Amount)
		}
		if l.Label == "" || l.Formula == "" {
			t.Fatalf("%s: line %q says too little: %+v", a.Subject, l.Code, l)
		}
		sum += l.Amount
	}
	if sum != a.Cost {
		t.Fatalf("%s: lines %s, cost %s", a.Subject, sum, a.Cost)
	}
}

// A crèche without the bonus handicap (which is a share of the cost) and without mixité
// steps costs the town more when it costs more, whatever the hypothesis.
func TestTheHighCaseIsNeverMilderThanTheLowOne(t *testing.T) {
	t.Parallel()
	scales := filled(t)
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan().Draw(t, "plan")
		for i := range p.Structures {
			p.Structures[i].Running.Disabled = Number{}
		}
		u := Uncertainty{anyRate(30).Draw(t, "running"), anyRate(30).Draw(t, "investment"), anyRate(15).Draw(t, "hours")}
		budgets, err := p.Budgets(scales, u)
		if err != nil {
			t.Fatal(err)
		}
		rest := func(b Budget, s Section) Cents { // what no aid covers, the operator's part included
			shares := map[Funder]Cents{}
			for _, x := range b.ByFunder(s) {
				shares[x.Funder] = x.Amount
			}
			return shares[Town] + shares[Operator]
		}
		const odd = 100 // cents: each line is rounded
		for _, s := range []Section{InvestmentSection, RunningSection} {
			low, central, high := rest(budgets[0], s), rest(budgets[1], s), rest(budgets[2], s)
			if low > central+odd || central > high+odd {
				t.Fatalf("%s: low %s, central %s, high %s", s, low, central, high)
			}
		}
	})
}

func TestARicherFamilyNeverPaysLess(t *testing.T) {
	t.Parallel()
	scales := filled(t)
	on := day("2026-11-23")
	rapid.Check(t, func(t *rapid.T) {
		f := Family{Income: anyCents(10000).Draw(t, "income"), Children: rapid.IntRange(1, 9).Draw(t, "children")}
		richer, larger, helped := f, f, f
		richer.Income += anyCents(3000).Draw(t, "more")
		larger.Children++
		helped.Disabled++
		wage, hours := anyRate(20).Draw(t, "wage"), anyRate(250).Draw(t, "hours")
		price := func(f Family) (Price, Price) {
			c, err1 := scales.CrecheFee(on, f, Creche, hours)
			a, err2 := scales.CMG(on, f, ByAssMat, wage, hours)
			if err1 != nil || err2 != nil || !c.Known || !a.Known {
				t.Fatalf("%+v: %v %v %+v %+v", f, err1, err2, c, a)
			}
			if a.Aid < 0 || a.Aid > a.Cost || a.Aid+a.Month != a.Cost || c.Month < 0 {
				t.Fatalf("%+v: CMG %s of %s, fee %s", f, a.Aid, a.Cost, c.Month)
			}
			return c, a
		}
		c, a := price(f)
		for _, o := range []struct {
			family Family
			sign   int
		}{{richer, 1}, {larger, -1}, {helped, -1}} {
			oc, oa := price(o.family)
			if o.sign*oc.Hourly.Compare(c.Hourly) < 0 || Cents(o.sign)*(oa.Month-a.Month) < 0 {
				t.Fatalf("%+v pays %s and %s, %+v pays %s and %s",
					f, c.Hourly, a.Month, o.family, oc.Hourly, oa.Month)
			}
		}
	})
}

func TestThePSUCeilingFallsWithoutAStep(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		low := anyRate(9).Draw(t, "low")
		high := low.Plus(anyRate(4).Draw(t, "drop"))
		at, further := anyRate(150).Draw(t, "t"), anyRate(1).Draw(t, "step")
		a := PSUCeiling(high, low, Whole(107), Whole(120), at)
		b := PSUCeiling(high, low, Whole(107), Whole(120), at.Plus(further))
		slope := high.Minus(low).Over(Whole(13)).Times(further)
		if b.Compare(a) > 0 || a.Minus(b).Compare(slope) > 0 || a.Compare(low) < 0 || a.Compare(high) > 0 {
			t.Fatalf("P(%s) = %s, P(+%s) = %s", at, a, further, b)
		}
	})
}

func TestMorePlacesNeverBringLessPiaje(t *testing.T) {
	t.Parallel()
	scales := filled(t)
	rapid.Check(t, func(t *rapid.T) {
		p := town()
		o := p.Operations[0]
		o.Spending = []Spending{{2026, "", Euros(5000000)}}
		few := rapid.IntRange(1, 60).Draw(t, "few")
		more := few + rapid.IntRange(0, 60).Draw(t, "more")
		aid := func(n int) Cents {
			o.Changes = []PlaceChange{{"a", day("2027-09-01"), n}}
			return p.Financing(scales, o, Central()).Account.Of(Caf)
		}
		if aid(more) < aid(few) {
			t.Fatalf("%d places: %s; %d places: %s", few, aid(few), more, aid(more))
		}
	})
}

func TestSpreadIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spending := rapid.SliceOfN(anyCents(1e7), 1, 7).Draw(t, "spending")
		var left Cents
		for _, s := range spending {
			left += s
		}
		var lines []Line
		for i := range rapid.IntRange(0, 5).Draw(t, "lines") {
			part := Cents(rapid.Int64Range(0, int64(left)).Draw(t, "part"))
			lines = append(lines, Line{Code: string(rune('a' + i)), Amount: part})
			left -= part
		}
		lines = append(lines, Line{Code: "rest", Amount: left})
		got := spread(lines, spending)
		for y, s := range spending {
			var sum Cents
			for l := range lines {
				if got[l][y] < 0 {
					t.Fatalf("line %d, year %d: %d", l, y, got[l][y])
				}
				sum += got[l][y]
			}
			if sum != s {
				t.Fatalf("year %d: %d, want %d", y, sum, s)
			}
		}
		for l := range lines {
			var sum Cents
			for y := range spending {
				sum += got[l][y]
			}
			if sum != lines[l].Amount {
				t.Fatalf("line %d: %d, want %d", l, sum, lines[l].Amount)
			}
		}
	})
}

func TestRoundingIsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Cents{
		"0.005": 1, "-0.005": -1, "0.00499": 0, "1.005": 101, "2.675": 268, "-2.675": -268, "1e+05": 10000000,
	} {
		if got := num(text).Cents(); got != want {
			t.Errorf("%s = %d cents, want %d", text, got, want)
		}
	}
}
