// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestPlacesAndJobsByYear(t *testing.T) {
	t.Parallel()
	p := town()
	got := map[PlaceCount]bool{}
	for _, c := range p.Places() {
		got[c] = true
	}
	for _, want := range []PlaceCount{
		{2026, "nord", Creche, 60}, {2027, "nord", Creche, 80}, {2028, "sud", Creche, 20}, {2029, "sud", Creche, 0},
		{2026, "sud", MAM, 12}, {2030, "nord", RPE, 1},
	} {
		if !got[want] {
			t.Errorf("no %+v in %+v", want, p.Places())
		}
	}
	jobs := p.Jobs()
	if len(jobs) != 4 || jobs[0].Year != 2027 || jobs[0].FTE.Compare(num("3.5")) != 0 {
		t.Errorf("jobs = %+v", jobs)
	}
}

// internal/scheme stores plans as JSON: no figure may lose a digit.
func TestAPlanSurvivesJSON(t *testing.T) {
	t.Parallel()
	p := town()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var q Plan
	if err := json.Unmarshal(b, &q); err != nil {
		t.Fatal(err)
	}
	scales := filled(t)
	one, err1 := p.Budget(scales, Central())
	two, err2 := q.Budget(scales, Central())
	if err1 != nil || err2 != nil || !reflect.DeepEqual(one.ByFunder(RunningSection), two.ByFunder(RunningSection)) ||
		one.Town(InvestmentSection) != two.Town(InvestmentSection) {
		t.Errorf("%v %v: %+v, then %+v", err1, err2, one.ByFunder(RunningSection), two.ByFunder(RunningSection))
	}
}

func TestWhatThePlanChanges(t *testing.T) {
	t.Parallel()
	scales := filled(t)
	with, err1 := town().Budget(scales, Central())
	without, err2 := town().Without().Budget(scales, Central())
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	effects := Effects(with, without)
	// 2029: 20 places more at the Lilas all year, 20 fewer at the Petit Pont
	if e := effects[3]; e.Running != 0 || e.Investment != 0 {
		t.Errorf("2029 = %+v, want the same running cost", e)
	}
	if e := effects[2]; e.Running <= 0 || e.Town <= 0 {
		t.Errorf("2028 = %+v, want more", e)
	}
	if e := effects[0]; e.Investment != Euros(210000) || e.TownInvests <= 0 {
		t.Errorf("2026 = %+v, want 60 000 € of studies and the MAM", e)
	}
}

func TestTheMeanFeeOfAMix(t *testing.T) {
	t.Parallel()
	s := filled(t)
	got, missing, err := s.MeanFee(day("2026-11-23"), Creche, []MixShare{
		{Family{Income: Euros(2500), Children: 1}, Whole(3)},
		{Family{Income: Euros(8500), Children: 1}, Whole(1)},
	})
	if err != nil || len(missing) > 0 || got.Compare(num("2.476")) != 0 { // (3 × 1,5475 + 5,2615) ÷ 4
		t.Errorf("mean = %s, %v, %v", got, missing, err)
	}
	if _, _, err := s.MeanFee(day("2026-11-23"), Creche, nil); err == nil {
		t.Error("a mix of nobody was accepted")
	}
	_, missing, err = shipped(t).MeanFee(day("2026-11-23"), Creche, []MixShare{{Family{Children: 1}, Whole(1)}})
	if err != nil || len(missing) != 1 {
		t.Errorf("without floor: %v, %v", missing, err)
	}
}

func TestTheTaxCreditIsASetting(t *testing.T) {
	t.Parallel()
	if _, _, missing := shipped(t).AfterTax(day("2026-11-23"), Euros(3000)); len(missing) != 2 {
		t.Errorf("missing = %+v, want the rate and the maximum", missing)
	}
	s, err := filled(t).With(
		Scale{Code: "credit-impot-taux", Value: ptr(num("50")), ValidFrom: day("2026-01-01"), Origin: "test"},
		Scale{Code: "credit-impot-plafond", Value: ptr(num("3500")), ValidFrom: day("2026-01-01"), Origin: "test"},
	)
	if err != nil {
		t.Fatal(err)
	}
	if l, rest, _ := s.AfterTax(day("2026-11-23"), Euros(4000)); l.Amount != Euros(1750) || rest != Euros(2250) {
		t.Errorf("credit %s, rest %s; want 1 750 € and 2 250 €", l.Amount, rest)
	}
}

func TestMicroCrechePaje(t *testing.T) {
	t.Parallel()
	p := Plan{From: 2026, To: 2026, PriceYear: 2026, Structures: []Structure{{
		ID: "m", Name: "Micro", Kind: MicroCrechePaje, Places: 12,
		Running: Running{UnitCost: Euros(18000), Billed: num("1500"), MeanFee: num("10.5")},
	}}}
	b, err := p.Budget(shipped(t), Central())
	if err != nil {
		t.Fatal(err)
	}
	a := b.Years[0].Running[0]
	if l := line(t, a, "familles"); l.Amount != Euros(189000) || len(l.Notes) != 1 {
		t.Errorf("families: %+v", l)
	}
	if a.Of(Caf) != 0 || a.Of(Operator) != Euros(27000) || a.Of(Town) != 0 || len(a.Missing) != 0 {
		t.Errorf("account: %+v", a)
	}
}
