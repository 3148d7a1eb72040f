// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"strconv"
)

// scale maps values to pixels. It divides before it subtracts, so that the greatest
// floats do not overflow.
type scale struct {
	lo, hi   float64 // values
	from, to float64 // pixels
}

func (s scale) at(v float64) float64 {
	m := math.Max(math.Abs(s.lo), math.Abs(s.hi))
	if m == 0 || s.lo == s.hi {
		return s.from
	}
	t := (v/m - s.lo/m) / (s.hi/m - s.lo/m)
	if math.IsNaN(t) {
		t = 0
	}
	return s.from + math.Min(1, math.Max(0, t))*(s.to-s.from)
}

// domain is the extent of values, with zero unless free. It is never empty.
func domain(values []float64, free bool) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	if len(values) == 0 {
		return 0, 1
	}
	if !free {
		lo, hi = math.Min(lo, 0), math.Max(hi, 0)
	}
	if lo == hi {
		pad := math.Abs(lo) / 10
		if pad == 0 {
			pad = 1
		}
		if !free && lo == 0 {
			return 0, pad
		}
		return max(lo-pad, -math.MaxFloat64), min(hi+pad, math.MaxFloat64)
	}
	return lo, hi
}

// ticks are round numbers that cover lo to hi in about n steps, and the decimals that
// they need.
func ticks(lo, hi float64, n int) (at []float64, decimals int) {
	span := hi/2 - lo/2 // halves, not to overflow
	if !(span > 0) || math.IsInf(span, 0) || n < 1 || span < 1e-300 || math.Abs(lo) > 1e15*span || math.Abs(hi) > 1e15*span {
		return []float64{lo, hi}, 0
	}
	raw := span / float64(n) * 2
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * mag
	for _, m := range []float64{1, 2, 2.5, 5} {
		if raw <= m*mag*1.0000001 {
			step = m * mag
			break
		}
	}
	first, last := math.Floor(lo/step+1e-9), math.Ceil(hi/step-1e-9)
	if math.IsInf(first*step, 0) || math.IsInf(last*step, 0) || last-first > 100 {
		return []float64{lo, hi}, 0
	}
	for i := first; i <= last; i++ {
		at = append(at, i*step+0)
	}
	return at, stepDecimals(step)
}

// stepDecimals counts the decimals of a step: 0.25 has two.
func stepDecimals(step float64) int {
	s := strconv.FormatFloat(step, 'g', 3, 64)
	v, _ := strconv.ParseFloat(s, 64)
	for d := range 12 {
		p := v * math.Pow(10, float64(d))
		if math.Abs(p-math.Round(p)) < 1e-6*math.Max(1, math.Abs(p)) && math.Abs(p) >= 0.5 {
			return d
		}
	}
	return 12
}
