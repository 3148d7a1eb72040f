// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"strings"
	"testing"
)

// The check values of DOMAIN.md § 6.
func TestGoldenCrecheFee(t *testing.T) {
	t.Parallel()
	s := shipped(t)
	for _, c := range []struct {
		date     string
		family   Family
		want     string
		wantText string
	}{
		{"2026-11-23", Family{Income: Euros(2500), Children: 1}, "1.5475", "1,5475 €/h"},
		{"2026-11-23", Family{Income: Euros(8500), Children: 1}, "5.2615", "5,2615 €/h"},
		{"2026-11-23", Family{Income: Euros(20000), Children: 1}, "5.2615", "5,2615 €/h"},
		{"2025-06-01", Family{Income: Euros(9000), Children: 1}, "4.333", "4,3330 €/h"},
		{"2026-11-23", Family{Income: Euros(2500), Children: 2}, "1.29", "1,29 €/h"},
		{"2026-11-23", Family{Income: Euros(2500), Children: 1, Disabled: 1}, "1.29", "1,29 €/h"},
		{"2026-11-23", Family{Income: Euros(2500), Children: 4}, "0.775", "0,7750 €/h"},
		{"2026-11-23", Family{Income: Euros(2500), Children: 7}, "0.775", "0,7750 €/h"},
		{"2026-11-23", Family{Income: Euros(2500), Children: 8}, "0.515", "0,5150 €/h"},
		{"2019-06-01", Family{Income: 0, Children: 1}, "", ""},
	} {
		p, err := s.CrecheFee(day(c.date), c.family, Creche, Whole(150))
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			if p.Known || len(p.Missing) == 0 {
				t.Errorf("%s %+v: known %v, missing %v", c.date, c.family, p.Known, p.Missing)
			}
			continue
		}
		if p.Hourly.Compare(num(c.want)) != 0 || strings.ReplaceAll(perHour(p.Hourly), "\u202f", " ") != c.wantText {
			t.Errorf("%s %+v: %s, want %s", c.date, c.family, perHour(p.Hourly), c.wantText)
		}
	}
	p, _ := s.CrecheFee(day("2026-11-23"), Family{Income: Euros(2500), Children: 1}, Creche, Whole(150))
	if p.Month != 23213 { // 1,5475 × 150 = 232,125: half away from zero
		t.Errorf("month = %s, want 232,13 €", p.Month)
	}
	if len(p.Notes) == 0 || !strings.Contains(p.Notes[0], "plancher") {
		t.Errorf("the unknown floor is not said: %v", p.Notes)
	}
}

func TestAPoorFamilyNeedsTheFloor(t *testing.T) {
	t.Parallel()
	poor := Family{Income: Euros(500), Children: 1}
	p, err := shipped(t).CrecheFee(day("2026-11-23"), poor, Creche, Whole(100))
	if err != nil || p.Known || !codesOf(p.Missing)["ressources-plancher"] {
		t.Errorf("without floor: %+v, %v", p, err)
	}
	p, err = filled(t).CrecheFee(day("2026-11-23"), poor, Creche, Whole(100))
	if err != nil || !p.Known || p.Hourly.Compare(num("0.4952")) != 0 {
		t.Errorf("with a floor of 800 €: %+v, %v", p, err)
	}
	p, err = shipped(t).CrecheFee(day("2026-11-23"), Family{Income: Euros(2500), Children: 1}, CrecheFamiliale, Whole(100))
	if err != nil || p.Known || !codesOf(p.Missing)["effort-familial"] {
		t.Errorf("crèche familiale: %+v, %v", p, err)
	}
}

func TestGoldenCMG(t *testing.T) {
	t.Parallel()
	s := shipped(t)
	f := Family{Income: Euros(2500), Children: 1}
	p, err := s.CMG(day("2026-11-23"), f, ByAssMat, num("4"), Whole(150))
	if err != nil || !p.Known || p.Aid != 40856 || p.Month != 60000-40856 {
		t.Fatalf("CMG = %s, rest %s, %v; want 408,56 €", p.Aid, p.Month, err)
	}
	if got := CMGPaid(p.Aid); got != Euros(409) {
		t.Errorf("paid = %s, want 409 €", got)
	}
	if got := CMGPaid(40850); got != Euros(409) {
		t.Errorf("0,50 € rounds to %s, want up", got)
	}
	// At home the reference is 10,38 €/h and the rate 0,1238 %: 1500 × (1 − 2500 × 0,001238 ÷ 10,38).
	p, err = s.CMG(day("2026-11-23"), f, AtHome, num("15"), Whole(100))
	if err != nil || p.Aid != 105275 {
		t.Errorf("at home = %s, %v; want 1 052,75 €", p.Aid, err)
	}
	// What passes 8 €/h is not helped.
	high, _ := s.CMG(day("2026-11-23"), f, ByAssMat, num("9"), Whole(100))
	top, _ := s.CMG(day("2026-11-23"), f, ByAssMat, num("8"), Whole(100))
	if high.Aid != top.Aid || high.Month != top.Month+Euros(100) {
		t.Errorf("over the ceiling: %+v and %+v", high, top)
	}
	if p, _ := s.CMG(day("2025-08-31"), f, ByAssMat, num("4"), Whole(150)); p.Known {
		t.Error("the formula of 1 September 2025 was applied the day before")
	}
}

func TestCMGStructure(t *testing.T) {
	t.Parallel()
	f := Family{Income: Euros(2500), Children: 1} // 30 000 € a year: second band
	p, err := shipped(t).CMGStructure(day("2026-11-23"), f, AtHome, Euros(1500), false)
	if err != nil || p.Known || !codesOf(p.Missing)["bmaf"] {
		t.Errorf("without BMAF: %+v, %v", p, err)
	}
	s := filled(t) // BMAF 470 €
	for _, c := range []struct {
		family Family
		cost   Cents
		over3  bool
		want   Cents
	}{
		{f, Euros(1500), false, 84487}, // 179,76 % × 470 = 844,872
		{f, Euros(1500), true, 42244},
		{f, Euros(900), false, Euros(765)}, // 85 %
		{Family{Income: Euros(1700), Children: 1}, Euros(1500), false, 98009},
		{Family{Income: Euros(1800), Children: 1, Single: true}, Euros(1500), false, 98009},
		{Family{Income: Euros(6000), Children: 1}, Euros(1500), false, 70970},
	} {
		p, err := s.CMGStructure(day("2026-11-23"), c.family, AtHome, c.cost, c.over3)
		if err != nil || p.Aid != c.want || p.Month != c.cost-c.want {
			t.Errorf("%+v for %s: %s, %v; want %s", c.family, c.cost, p.Aid, err, c.want)
		}
	}
}

func TestGoldenPSUCeiling(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"100": "10", "107": "10", "113.5": "9", "120": "8", "140": "8",
	} {
		if got := PSUCeiling(num("10"), num("8"), num("107"), num("120"), num(at)); got.Compare(num(want)) != 0 {
			t.Errorf("P(%s) = %s, want %s", at, got, want)
		}
	}
}

func TestPSU(t *testing.T) {
	t.Parallel()
	in := PSUInput{Cost: Euros(100000), Realised: Whole(10000), Billed: Whole(11350), Fees: Euros(12000), Full: true}
	if r := shipped(t).PSU(day("2026-12-31"), in); r.Known || len(r.Missing) != 2 {
		t.Errorf("without ceiling prices: %+v", r)
	}
	r := filled(t).PSU(day("2026-12-31"), in)
	// t = 113,5 %, ceiling 9 €/h under the cost of 10 €/h: 66 % × 9 × 11 350 − 12 000
	if !r.Known || r.Line.Amount != Euros(55419) || r.Ceiling.Compare(num("9")) != 0 {
		t.Errorf("PSU = %+v", r)
	}
	in.Fees = Euros(90000)
	if r := filled(t).PSU(day("2026-12-31"), in); r.Line.Amount != 0 {
		t.Errorf("fees above the 66 %%: %s", r.Line.Amount)
	}
	in.Realised = Number{}
	if r := filled(t).PSU(day("2026-12-31"), in); !codesOf(r.Missing)["saisie:heures"] {
		t.Errorf("without hours: %+v", r)
	}
}

func TestFamiliesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	s := shipped(t)
	for _, f := range []Family{{Income: -1, Children: 1}, {Income: 1}, {Children: 1, Disabled: 2}} {
		if _, err := s.CrecheFee(day("2026-01-01"), f, Creche, Whole(1)); err == nil {
			t.Errorf("%+v was accepted by CrecheFee", f)
		}
		if _, err := s.CMG(day("2026-01-01"), f, ByAssMat, Whole(4), Whole(1)); err == nil {
			t.Errorf("%+v was accepted by CMG", f)
		}
	}
	ok := Family{Income: 1, Children: 1}
	if _, err := s.CrecheFee(day("2026-01-01"), ok, Creche, Whole(745)); err == nil {
		t.Error("745 hours in a month were accepted")
	}
	if _, err := s.CMG(day("2026-01-01"), ok, ByAssMat, Whole(-4), Whole(1)); err == nil {
		t.Error("a negative wage was accepted")
	}
	if _, err := s.CMGStructure(day("2026-01-01"), ok, AtHome, -1, false); err == nil {
		t.Error("a negative bill was accepted")
	}
	if _, err := s.CrecheFee(day("2026-01-01"), ok, MicroCrechePaje, Whole(1)); err == nil {
		t.Error("the national tariff was applied to a Paje micro-crèche")
	}
	if _, err := s.CMG(day("2026-01-01"), ok, "robot", Whole(4), Whole(1)); err == nil {
		t.Error("an unknown care was accepted")
	}
}
