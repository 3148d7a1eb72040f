// SPDX-License-Identifier: EUPL-1.2

package classes

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

var methods = map[string]func([]float64, int) Classes{
	"quantile":   Quantile,
	"jenks":      Jenks,
	"equal":      Equal,
	"head/tails": HeadTails,
	"manual": func(v []float64, k int) Classes {
		return Manual(v, []float64{10, 20, 30, 40, 50, 60, 70}[:max(0, min(k, 7))]...)
	},
}

func TestFewValues(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, cut := range methods {
		if name == "manual" {
			continue
		}
		for _, tc := range []struct {
			name   string
			values []float64
			want   int
		}{
			{"none", nil, 0},
			{"all missing", []float64{nan, nan}, 0},
			{"infinite", []float64{math.Inf(1)}, 0},
			{"one", []float64{3}, 1},
			{"all equal", []float64{3, 3, 3, nan}, 1},
			{"zero and minus zero", []float64{0, math.Copysign(0, -1)}, 1},
		} {
			c := cut(tc.values, 5)
			if c.Len() != tc.want {
				t.Errorf("%s, %s: %d classes, want %d (%v)", name, tc.name, c.Len(), tc.want, c)
			}
		}
		if c := cut([]float64{1, 2}, 5); c.Len() < 1 || c.Len() > 5 {
			t.Errorf("%s, two values: %v", name, c)
		}
		if c := cut([]float64{1, 2, 3}, 0); c.Len() != 0 {
			t.Errorf("%s, no class wanted: %v", name, c)
		}
	}
}

func drawValues(t *rapid.T) []float64 {
	values := rapid.SliceOfN(rapid.OneOf(
		rapid.Float64Range(-1e3, 1e3),
		rapid.Map(rapid.IntRange(-3, 60), func(i int) float64 { return float64(i) }),
		rapid.Just(math.NaN()),
		rapid.Float64(),
	), 0, 60).Draw(t, "values")
	return values
}

func TestEveryValueInExactlyOneClass(t *testing.T) {
	t.Parallel()
	for name, cut := range methods {
		rapid.Check(t, func(t *rapid.T) {
			values, k := drawValues(t), rapid.IntRange(1, 9).Draw(t, "k")
			c := cut(values, k)
			for i := 1; i < len(c.Bounds); i++ {
				if c.Bounds[i] < c.Bounds[i-1] || (c.Bounds[i] == c.Bounds[i-1] && i < c.Len()) {
					t.Fatalf("%s: bounds do not ascend: %v", name, c.Bounds)
				}
			}
			if name != "manual" && c.Len() > k {
				t.Fatalf("%s: %d classes, at most %d wanted", name, c.Len(), k)
			}
			total := 0
			for _, v := range values {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					continue
				}
				total++
				in := 0
				for i := range c.Len() {
					last := i == c.Len()-1
					if v >= c.Bounds[i] && (v < c.Bounds[i+1] || (last && v <= c.Bounds[i+1])) {
						in++
						if c.Of(v) != i {
							t.Fatalf("%s: %v is in class %d, Of says %d", name, v, i, c.Of(v))
						}
					}
				}
				if in != 1 {
					t.Fatalf("%s: %v lies in %d classes of %v", name, v, in, c.Bounds)
				}
			}
			sum := 0
			for _, n := range c.Counts(finite(values)) {
				sum += n
			}
			if sum != total {
				t.Fatalf("%s: counts add up to %d, want %d", name, sum, total)
			}
		})
	}
}

func finite(values []float64) []float64 { return known(values) }

// jenksBrute tries every way of cutting n sorted values into k classes.
func jenksBrute(v []float64, k int) float64 {
	best := math.Inf(1)
	var try func(from, left int, cost float64)
	try = func(from, left int, cost float64) {
		if left == 1 {
			best = math.Min(best, cost+deviation(v[from:]))
			return
		}
		for to := from + 1; to <= len(v)-left+1; to++ {
			try(to, left-1, cost+deviation(v[from:to]))
		}
	}
	try(0, k, 0)
	return best
}

func deviation(v []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		sum += (x - mean) * (x - mean)
	}
	return sum
}

func TestJenksIsOptimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ints := rapid.SliceOfN(rapid.IntRange(-20, 90), 1, 12).Draw(t, "values")
		values := make([]float64, len(ints))
		for i, n := range ints {
			values[i] = float64(n) / 2
		}
		v := known(values)
		distinct, _ := tally(v)
		k := min(rapid.IntRange(1, 5).Draw(t, "k"), len(distinct))
		c := Jenks(values, k)
		cost := 0.0
		for i := range c.Len() {
			var in []float64
			for _, x := range v {
				if c.Of(x) == i {
					in = append(in, x)
				}
			}
			if len(in) == 0 {
				t.Fatalf("class %d of %v is empty", i, c.Bounds)
			}
			cost += deviation(in)
		}
		if want := jenksBrute(v, k); cost > want+1e-9*(1+want) {
			t.Fatalf("Jenks(%v, %d) = %v costs %v, best is %v", v, k, c.Bounds, cost, want)
		}
	})
}

func TestKnownCuts(t *testing.T) {
	t.Parallel()
	one := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	for _, tc := range []struct {
		name string
		got  Classes
		want []float64
	}{
		{"type 7 quartiles", Quantile(one, 4), []float64{1, 3, 5, 7, 9}},
		{"type 7 terciles", Quantile([]float64{1, 2, 3, 4}, 3), []float64{1, 2, 3, 4}},
		{"ties collapse", Quantile([]float64{0, 0, 0, 0, 0, 0, 5, 9}, 4), []float64{0, 1.25, 9}},
		{"equal", Equal(one, 4), []float64{1, 3, 5, 7, 9}},
		{"jenks finds the groups", Jenks([]float64{1, 2, 2, 20, 21, 50, 52}, 3), []float64{1, 20, 50, 52}},
		{"by hand, unsorted, with an empty class", Manual([]float64{3, 8}, 20, 5, 5), []float64{3, 5, 8, 20}},
		{"the greatest value alone", Jenks([]float64{1, 2, 50}, 2), []float64{1, 50, 50}},
		{"ties at the top", Quantile([]float64{0, 0, 9, 9, 9, 9}, 2), []float64{0, 9, 9}},
		{"heads and tails", HeadTails([]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10, 10, 10, 100}, 5), []float64{1, 10, 32.5, 100}},
		{"rounded outwards at the ends", Classes{[]float64{1.26, 2.24, 2.26, 3.01}}.Rounded(1), []float64{1.2, 2.2, 2.3, 3.1}},
		{"a rounded bound meets the greatest value", Classes{[]float64{1, 1.96, 2}}.Rounded(1), []float64{1, 2, 2}},
		{"rounded bounds collapse", Classes{[]float64{1, 1.01, 1.02, 2}}.Rounded(1), []float64{1, 2}},
	} {
		if !near(tc.got.Bounds, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, tc.got.Bounds, tc.want)
		}
	}
}

func near(a, b []float64) bool {
	if len(a) != len(b) {
		return reflect.DeepEqual(a, b)
	}
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-9 {
			return false
		}
	}
	return true
}

func TestOutsideTheBounds(t *testing.T) {
	t.Parallel()
	c := Classes{[]float64{10, 20, 30}}
	for _, tc := range []struct {
		v      float64
		class  int
		covers bool
	}{{5, 0, false}, {10, 0, true}, {20, 1, true}, {30, 1, true}, {99, 1, false}, {math.NaN(), -1, false}} {
		if got := c.Of(tc.v); got != tc.class || c.Covers(tc.v) != tc.covers {
			t.Errorf("Of(%v) = %d, Covers %v; want %d, %v", tc.v, got, c.Covers(tc.v), tc.class, tc.covers)
		}
	}
	if m, ok := Median([]float64{3, math.NaN(), 1, 2, 10}); !ok || m != 2.5 {
		t.Errorf("Median = %v, %v", m, ok)
	}
	if _, ok := Median(nil); ok {
		t.Error("the median of nothing exists")
	}
}

func communes(n int) []float64 {
	r := rand.New(rand.NewPCG(1, 2))
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Exp(r.NormFloat64()) * 30
	}
	return v
}

func BenchmarkJenks35000(b *testing.B) {
	v := communes(35_000)
	for b.Loop() {
		Jenks(v, 6)
	}
}

func BenchmarkQuantile35000(b *testing.B) {
	v := communes(35_000)
	for b.Loop() {
		Quantile(v, 6)
	}
}
