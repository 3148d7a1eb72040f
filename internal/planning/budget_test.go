// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"errors"
	"strings"
	"testing"
)

func TestThePlanOfATown(t *testing.T) {
	t.Parallel()
	b, err := town().Budget(filled(t), Central())
	if err != nil {
		t.Fatal(err)
	}
	o1 := b.Financing[0].Account
	// 20 places × (7 400 + 1 000 + 1 800 of potentiel financier under 900 €)
	if got := line(t, o1, "piaje").Amount; got != Euros(204000) {
		t.Errorf("Piaje = %s, want 204 000 €", got)
	}
	if got := line(t, o1, "caf93").Amount; got != Euros(50000) { // lower bound: 2 500 € × 20
		t.Errorf("Caf 93 = %s, want 50 000 €", got)
	}
	if got := o1.Of(Town); got != Euros(346001) {
		t.Errorf("town = %s, want 346 001 €", got)
	}
	if got := b.Financing[0].PerPlace; got != 3000005 {
		t.Errorf("per place = %s, want 30 000,05 €", got)
	}
	mam := b.Financing[2].Account
	if got := line(t, mam, "piaje").Amount; got != Euros(12*4650) {
		t.Errorf("Piaje MAM = %s, want %s", got, Euros(12*4650))
	}
	if mam.Of(Town) != mam.Of(Operator) {
		t.Errorf("half and half: %s and %s", mam.Of(Town), mam.Of(Operator))
	}
	y := b.Years[1] // 2027: 60 places all year, 20 from September
	lilas := y.Running[0]
	if got, want := lilas.Cost, Cents(125800000); got != want { // 66,6… × 18 500 × 1,02
		t.Errorf("cost 2027 = %s (%s), want %s", got, lilas.How, want)
	}
	if got := line(t, lilas, "bonus-territoire").Amount; got != Euros(72000) {
		t.Errorf("bonus territoire = %s, want 72 000 €", got)
	}
	if got := line(t, lilas, "bonus-territoire-nouvelle").Amount; got != 1733333 { // 6,66… × 2 600
		t.Errorf("bonus of new places = %s, want 17 333,33 €", got)
	}
	// 100 co-funded places at the end of 2027 for 80 in 2023: + 25 %
	if got := line(t, lilas, "bonus-trajectoire").Amount; got != Euros(20000) {
		t.Errorf("trajectoire = %s, want 20 000 €", got)
	}
	if len(b.Years[3].Running) != 2 { // the closed crèche has no account left in 2029, the MAM never had one
		t.Errorf("2029: %d running accounts, want 2", len(b.Years[3].Running))
	}
	if !codesOf(b.Missing)["bonus-trajectoire"] { // nobody knows it after 2027
		t.Errorf("2028's bonus trajectoire is not said to be missing: %+v", b.Missing)
	}
	if c := b.Years[0].Compensation; !c.Known || c.Line.Amount != Euros(40000) {
		t.Errorf("compensation = %+v, want 40 000 €", c)
	}
}

func TestWithTheShippedScalesWhatLacksIsSaid(t *testing.T) {
	t.Parallel()
	b, err := town().Budget(shipped(t), Central())
	if err != nil {
		t.Fatal(err)
	}
	got := codesOf(b.Missing)
	for _, code := range []string{
		"piaje-eaje-base", "psu-plafond-bas-complet", "psu-plafond-haut-complet", "bonus-mixite",
		"rpe-taux", "sppe-unite", "sppe-potentiel",
	} {
		if !got[code] {
			t.Errorf("%s is not said to be missing", code)
		}
	}
	for _, m := range b.Missing {
		if m.Label == "" || m.Unit == "" || m.Why == "" || !strings.Contains(m.Text(), "n'est pas renseigné") {
			t.Errorf("a lack that says too little: %+v", m)
		}
	}
}

func TestCompensation(t *testing.T) {
	t.Parallel()
	s := filled(t)
	base := TownFacts{Population: 3501, Births3: 999, Potential: num("1000")}
	for name, c := range map[string]struct {
		change func(*TownFacts)
		want   Cents
	}{
		"just above":     {func(*TownFacts) {}, Euros(20000)},
		"exactly 3 500":  {func(f *TownFacts) { f.Population = 3500 }, 0},
		"1 000 births":   {func(f *TownFacts) { f.Births3 = 1000 }, Euros(40000)},
		"3 999 births":   {func(f *TownFacts) { f.Births3 = 3999 }, Euros(40000)},
		"4 000 births":   {func(f *TownFacts) { f.Births3 = 4000 }, Euros(60000)},
		"poor":           {func(f *TownFacts) { f.Potential = num("899.99") }, Euros(40000)},
		"it is notified": {func(f *TownFacts) { f.Notified = map[int]Cents{2026: 4065626} }, 4065626},
	} {
		f := base
		c.change(&f)
		if got := s.Compensation(2026, f); got.Line.Amount != c.want {
			t.Errorf("%s: %s, want %s", name, got.Line.Amount, c.want)
		}
	}
	if got := s.Compensation(2026, TownFacts{Population: 5000}); got.Known || len(got.Missing) != 2 {
		t.Errorf("facts are missing: %+v", got)
	}
}

func TestAidsOfWorks(t *testing.T) {
	t.Parallel()
	p := town()
	works := func(renovated, more int, cost Cents) Account {
		o := Operation{
			ID: "w", Title: "Travaux", Kind: Renovation, Structure: "a", Renovated: renovated, TownShare: Whole(100),
			Spending: []Spending{{2026, "", cost}},
		}
		if more > 0 {
			o.Changes = []PlaceChange{{"a", day("2026-09-01"), more}}
		}
		return p.Financing(filled(t), o, Central()).Account
	}
	if a := works(60, 0, Euros(1000000)); line(t, a, "fme").Amount != Euros(240000) || len(a.Lines) != 2 {
		t.Errorf("4 000 € a place, nothing from the Caf 93 without 10 %% more: %+v", a.Lines)
	}
	if a := works(60, 0, Euros(100000)); line(t, a, "fme").Amount != Euros(80000) {
		t.Errorf("80 %% of the works: %+v", a.Lines)
	}
	if a := works(60, 6, Euros(1000000)); line(t, a, "caf93").Amount != Euros(75000) {
		t.Errorf("1 250 € a place with 10 %% more: %+v", a.Lines)
	}
	if a := works(60, 6, Euros(60000)); a.Of(Town) != 0 || a.Of(Caf) != Euros(60000) {
		t.Errorf("aids beyond the cost: %+v", a.Lines)
	}
}

func TestAGrantStandsForTheComputedAid(t *testing.T) {
	t.Parallel()
	p := town()
	p.Operations[0].Grants = []Grant{{Funder: Caf, Label: "Piaje notifié", Amount: Euros(210000), Replaces: "piaje", Source: "lettre"}}
	f := p.Financing(filled(t), p.Operations[0], Central())
	for _, l := range f.Account.Lines {
		if l.Code == "piaje" {
			t.Errorf("the Piaje is counted twice: %+v", f.Account.Lines)
		}
	}
	if got := f.Account.Of(Caf); got != Euros(260000) {
		t.Errorf("Caf = %s, want 260 000 €", got)
	}
}

func TestCheckNamesWhatToMend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Plan)
		field  string
	}{
		"years":           {func(p *Plan) { p.To = 2020 }, "annees"},
		"same id":         {func(p *Plan) { p.Structures[1].ID = "a" }, "structure"},
		"unknown kind":    {func(p *Plan) { p.Structures[0].Kind = "ferme" }, "type"},
		"negative hours":  {func(p *Plan) { p.Structures[0].Running.Billed = num("-1") }, "heures-facturees"},
		"share":           {func(p *Plan) { p.Operations[0].TownShare = num("101") }, "part-ville"},
		"too many gone":   {func(p *Plan) { p.Operations[1].Changes[0].Delta = -21 }, "places"},
		"growing less":    {func(p *Plan) { p.Operations[0].Changes[0].Delta = -2 }, "places"},
		"closing more":    {func(p *Plan) { p.Operations[1].Changes[0].Delta = 2 }, "places"},
		"out of years":    {func(p *Plan) { p.Operations[0].Spending[0].Year = 2050 }, "investissement"},
		"negative cost":   {func(p *Plan) { p.Operations[0].Spending[0].Amount = -1 }, "investissement"},
		"town as funder":  {func(p *Plan) { p.Operations[0].Grants = []Grant{{Funder: Town}} }, "financement"},
		"cents for euros": {func(p *Plan) { p.Structures[0].Running.UnitCost = Euros(1850000000) }, "cout"},
		"hours of all":    {func(p *Plan) { p.Structures[0].Running.Billed = num("90000") }, "heures-facturees"},
		"growth":          {func(p *Plan) { p.Growth = num("102") }, "hausse"},
		"no structure":    {func(p *Plan) { p.Operations[0].Structure = "z" }, "structure"},
	} {
		p := town()
		c.change(&p)
		faults := p.Check()
		if len(faults) == 0 || faults[0].Field != c.field || faults[0].Text == "" {
			t.Errorf("%s: %+v, want a fault on %s", name, faults, c.field)
		}
		if _, err := p.Budget(shipped(t), Central()); !errors.Is(err, ErrPlan) {
			t.Errorf("%s: Budget says %v", name, err)
		}
	}
	if faults := town().Check(); len(faults) != 0 {
		t.Errorf("a sound plan: %v", faults)
	}
}

func TestALineSaysItsReservesOnce(t *testing.T) {
	t.Parallel()
	b, err := town().Budget(filled(t), Central())
	if err != nil {
		t.Fatal(err)
	}
	mam := line(t, b.Financing[2].Account, "piaje").Reserves()
	if len(mam) != 2 || !strings.Contains(mam[0], "2024") || !strings.Contains(mam[1], "potentiel financier") {
		t.Errorf("reserves of the MAM = %q", mam)
	}
	if closing := b.Financing[1].Account; len(closing.Lines) != 0 || closing.Cost != 0 {
		t.Errorf("a closure without works has lines: %+v", closing.Lines)
	}
}

func TestAnUncertaintyIsAShare(t *testing.T) {
	t.Parallel()
	for _, u := range []Uncertainty{{Running: num("-1")}, {Hours: num("101")}} {
		if _, err := town().Budgets(shipped(t), u); err == nil {
			t.Errorf("%+v was accepted", u)
		}
	}
}
