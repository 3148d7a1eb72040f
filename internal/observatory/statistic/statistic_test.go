// SPDX-License-Identifier: EUPL-1.2

package statistic

import (
	"errors"
	"math"
	"testing"
)

func TestPeriod(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in     string
		want   Period
		french string
		end    string
		before Period
	}{
		{"2021", "2021", "2021", "2021-12-31", "2020"},
		{"2024-02", "2024-02", "février 2024", "2024-02-29", "2023-02"},
		{"2024-02-29", "2024-02-29", "29 février 2024", "2024-02-29", "2023-02-28"},
		{"2021-01-01T00:00:00+00:00", "2021-01-01", "1er janvier 2021", "2021-01-01", "2020-01-01"},
	} {
		p, err := ParsePeriod(c.in)
		if err != nil || p != c.want || p.French() != c.french || p.End().String() != c.end || p.AddYears(-1) != c.before {
			t.Errorf("%q: %q %v, %q, %s, %q", c.in, p, err, p.French(), p.End(), p.AddYears(-1))
		}
	}
	for _, bad := range []string{"", "21", "2021-13", "2021-02-30", "3021", "abcd", "2021-1", "20210", "+202"} {
		if p, err := ParsePeriod(bad); err == nil {
			t.Errorf("%q is read as %q", bad, p)
		}
	}
}

func TestValueRefusesWhatIsNoFigure(t *testing.T) {
	t.Parallel()
	for _, n := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		v := Value{Indicator: "x", Territory: "93066", Period: "2021", State: Observed, Number: n}
		if !errors.Is(v.Check(), ErrNotFinite) {
			t.Errorf("%v is accepted", n)
		}
	}
	if (Value{Period: "2021", State: Secret, Number: 3}).Check() == nil {
		t.Error("a secret carries a number")
	}
	if (Value{Period: "2021", State: Observed, Number: 3}).Check() != nil {
		t.Error("a number is refused")
	}
	if (Value{}).Known() {
		t.Error("the zero value passes for a number")
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	for s := Missing; s <= Secret; s++ {
		got, err := ParseState(s.String())
		if err != nil || got != s {
			t.Errorf("%v reads back as %v, %v", s, got, err)
		}
		for o := Missing; o <= Secret; o++ {
			if Combine(s, o) != Combine(o, s) {
				t.Errorf("Combine(%v, %v) depends on the order", s, o)
			}
		}
		if Combine(s, Secret) != Secret {
			t.Errorf("Combine(%v, Secret) gives the secret away", s)
		}
	}
	if Combine(Observed, Missing) != Missing || Combine(Observed, Estimated) != Estimated {
		t.Error("absence and estimation must show")
	}
}
