// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var (
	countOfPersons = &Indicator{Code: "effectif", Kind: Stock, Aggregation: Aggregation{Rule: Sum}}
	rateOfPersons  = &Indicator{Code: "part", Kind: Rate}
)

func count(n float64) Value {
	return Value{Indicator: "effectif", Territory: "93066", Period: "2021", State: Observed, Number: n}
}

func TestWithhold(t *testing.T) {
	t.Parallel()
	rule := Secrecy{MinCount: 5}
	for n, secret := range map[float64]bool{0: false, 1: true, 4: true, 4.5: true, 5: false, 300: false} {
		v := Withhold(rule, countOfPersons, count(n))
		if (v.State == Secret) != secret {
			t.Errorf("%v: %+v", n, v)
		}
		if secret && (v.Number != 0 || !strings.Contains(v.Reason(), "moins de 5")) {
			t.Errorf("%v is not hidden: %+v", n, v)
		}
	}
	if v := Withhold(rule, rateOfPersons, count(3)); v.State != Observed {
		t.Errorf("a rate of 3 %% is no small count: %+v", v)
	}
	if v := Withhold(Secrecy{}, countOfPersons, count(3)); v.State != Observed {
		t.Errorf("no threshold: %+v", v)
	}
}

func TestProtectHidesASecondCellOrTheTotal(t *testing.T) {
	t.Parallel()
	rule := Secrecy{MinCount: 5, Complementary: true}
	states := func(cells []Value, total Value) string {
		var b strings.Builder
		for _, v := range append(cells, total) {
			b.WriteString(map[bool]string{true: "s", false: "."}[v.State == Secret])
		}
		return b.String()
	}
	for _, c := range []struct {
		why   string
		cells []float64
		want  string // cells, then total; s is secret
	}{
		{"nothing to hide", []float64{5, 0, 12}, "...."},
		{"the smallest other cell goes too", []float64{3, 40, 12, 0}, "s.s.."},
		{"two small ones have enough play", []float64{4, 4, 40}, "ss.."},
		{"two ones add up to 2 and would be known", []float64{1, 1, 40}, "sss."},
		{"a single cell is its total", []float64{3, 0}, "s.s"},
		{"nothing left to hide: the total goes", []float64{1, 4}, "sss"},
	} {
		cells, sum := make([]Value, len(c.cells)), 0.0
		for i, n := range c.cells {
			cells[i] = count(n)
			sum += n
		}
		if got := states(Protect(rule, countOfPersons, cells, count(sum))); got != c.want {
			t.Errorf("%s: %v gives %s, want %s", c.why, c.cells, got, c.want)
		}
	}
	arrived := count(0)
	arrived.State = Secret
	if got := states(Protect(rule, countOfPersons, []Value{arrived, count(30), count(9)}, count(41))); got != "s.s." {
		t.Errorf("a cell secret on arrival is not protected: %s", got)
	}
}

// feasible lists the values that each hidden cell may have for someone who sees the
// published cells and the total, knows the threshold and that zero is never hidden.
func feasible(published []Value, total, threshold int) []map[int]bool {
	rest, hidden := total, 0
	for _, v := range published {
		if v.State == Secret {
			hidden++
		} else {
			rest -= int(v.Number)
		}
	}
	out := make([]map[int]bool, hidden)
	for i := range out {
		out[i] = map[int]bool{}
	}
	try := make([]int, hidden)
	var fill func(i, left int)
	fill = func(i, left int) {
		if i == hidden {
			small := false
			for _, n := range try {
				small = small || n < threshold
			}
			if left == 0 && small {
				for j, n := range try {
					out[j][n] = true
				}
			}
			return
		}
		for n := 1; n <= left; n++ {
			try[i] = n
			fill(i+1, left-n)
		}
	}
	fill(0, rest)
	return out
}

func TestASuppressedCellCannotBeDeduced(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.SampledFrom([]int{5, 11}).Draw(t, "threshold")
		numbers := rapid.SliceOfN(rapid.IntRange(0, 13), 1, 6).Draw(t, "cells")
		cells, sum := make([]Value, len(numbers)), 0
		for i, n := range numbers {
			cells[i] = count(float64(n))
			sum += n
		}
		out, total := Protect(Secrecy{MinCount: threshold, Complementary: true}, countOfPersons, cells, count(float64(sum)))
		hidden := 0
		for i, v := range out {
			if v.State == Secret {
				hidden++
				if v.Number != 0 {
					t.Fatalf("cell %d is secret and shows %v", i, v.Number)
				}
			} else if v != cells[i] {
				t.Fatalf("cell %d changed: %+v", i, v)
			}
			if n := numbers[i]; n > 0 && n < threshold && v.State != Secret {
				t.Fatalf("cell %d shows %d", i, n)
			}
		}
		if !total.Known() || hidden > 4 && sum > 40 {
			return // the total is hidden too, or the proof by enumeration would be long
		}
		for i, values := range feasible(out, sum, threshold) {
			if len(values) < 2 {
				t.Fatalf("%v published as %v: hidden cell %d can only be %v", numbers, out, i, values)
			}
		}
	})
}
