// SPDX-License-Identifier: EUPL-1.2

// Package classes cuts a distribution into classes for a map or a histogram:
// quantiles, Fisher–Jenks, equal intervals, head/tails, or bounds set by hand.
//
// A class is half-open, [from, to), but the last, which is closed; so a value lies in
// exactly one class and a legend can say "de 21,7 à moins de 31,1" without ambiguity.
// Missing values (NaN) and infinities are ignored. No value, one value and equal values
// are ordinary cases: they give no class, or one.
package classes

import (
	"math"
	"slices"
	"sort"
)

// Classes are adjoining intervals. Bounds ascend strictly and are one more than the
// classes, with one exception: the last class may be a single value, [v, v], when the
// greatest value stands alone or all are equal. The zero Classes has no class.
//
// The bounds are plain numbers so that they can be stored with an edition and used
// again: classes never change by themselves when a filter or a year changes.
type Classes struct {
	Bounds []float64 `json:"bounds"`
}

// Len is the number of classes.
func (c Classes) Len() int { return max(0, len(c.Bounds)-1) }

// Of is the class of v, from 0, or -1 if v is not a number or there is no class.
// A value outside the bounds (another year under the classes of this one) belongs to
// the first or the last class; Covers tells whether that happens.
func (c Classes) Of(v float64) int {
	n := c.Len()
	if n == 0 || math.IsNaN(v) {
		return -1
	}
	inner := c.Bounds[1:n]
	return sort.Search(len(inner), func(i int) bool { return v < inner[i] })
}

// Covers tells whether v lies within the outer bounds.
func (c Classes) Covers(v float64) bool {
	n := len(c.Bounds)
	return n > 1 && v >= c.Bounds[0] && v <= c.Bounds[n-1]
}

// Counts is the number of values in each class.
func (c Classes) Counts(values []float64) []int {
	counts := make([]int, c.Len())
	for _, v := range values {
		if i := c.Of(v); i >= 0 {
			counts[i]++
		}
	}
	return counts
}

// Rounded puts the bounds on the given number of decimals, so that the legend prints
// what the map does: inner bounds to the nearest, outer bounds outwards. Bounds that
// become equal collapse. Classify values rounded to the same decimals (french.Round).
func (c Classes) Rounded(decimals int) Classes {
	n := len(c.Bounds)
	if n == 0 {
		return c
	}
	p := math.Pow(10, float64(decimals))
	out := make([]float64, 0, n)
	for i, b := range c.Bounds {
		switch {
		case i == 0:
			b = scaled(b, p, floorNear)
		case i == n-1:
			b = scaled(b, p, ceilNear)
		default:
			b = scaled(b, p, math.Round)
		}
		out = append(out, b)
	}
	return Classes{collapse(out)}
}

func scaled(v, p float64, f func(float64) float64) float64 {
	x := f(v*p) / p
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return v // beyond the precision of a float: nothing to round
	}
	return x + 0 // no negative zero
}

// floorNear and ceilNear leave alone what is a whole number but for the last bit,
// as 0.3*10 is.
func floorNear(x float64) float64 {
	if r := math.Round(x); math.Abs(x-r) < 1e-9*math.Max(1, math.Abs(x)) {
		return r
	}
	return math.Floor(x)
}

func ceilNear(x float64) float64 { return -floorNear(-x) }

// known returns the finite values, ascending.
func known(values []float64) []float64 {
	out := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out = append(out, v+0) // -0 and 0 are one value
		}
	}
	slices.Sort(out)
	return out
}

// collapse drops repeated bounds, but for the one that makes the greatest value a
// class of its own.
func collapse(bounds []float64) []float64 {
	n := len(bounds)
	if n == 0 {
		return nil
	}
	out := bounds[:1:1]
	for _, b := range bounds[1:] {
		if b > out[len(out)-1] {
			out = append(out, b)
		}
	}
	if last := bounds[n-1]; len(out) == 1 || (n > 1 && bounds[n-2] == last) {
		out = append(out, last)
	}
	return out
}

// few handles what every method shares: nothing, or a single distinct value.
func few(v []float64, k int) (Classes, bool) {
	switch {
	case len(v) == 0 || k < 1:
		return Classes{}, true
	case v[0] == v[len(v)-1]:
		return Classes{[]float64{v[0], v[0]}}, true
	case k == 1:
		return Classes{[]float64{v[0], v[len(v)-1]}}, true
	}
	return Classes{}, false
}

// Quantile cuts into at most k classes of about the same number of values. The
// quantile is Hyndman and Fan's type 7 (that of R, NumPy and the spreadsheets'
// CENTILE.INCLURE); ties make classes collapse rather than split equal values.
func Quantile(values []float64, k int) Classes {
	v := known(values)
	if c, done := few(v, k); done {
		return c
	}
	bounds := make([]float64, 0, k+1)
	for i := range k + 1 {
		bounds = append(bounds, quantile7(v, float64(i)/float64(k)))
	}
	bounds[k] = v[len(v)-1]
	return Classes{collapse(bounds)}
}

func quantile7(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	f := h - float64(i)
	return sorted[i]*(1-f) + sorted[i+1]*f
}

// Median is the middle of the known values, and false when there is none.
func Median(values []float64) (float64, bool) {
	v := known(values)
	if len(v) == 0 {
		return 0, false
	}
	return quantile7(v, 0.5), true
}

// Equal cuts the range into k intervals of the same width; some may hold no value.
func Equal(values []float64, k int) Classes {
	v := known(values)
	if c, done := few(v, k); done {
		return c
	}
	lo, hi := v[0], v[len(v)-1]
	bounds := make([]float64, 0, k+1)
	for i := range k {
		f := float64(i) / float64(k)
		bounds = append(bounds, lo*(1-f)+hi*f)
	}
	return Classes{collapse(append(bounds, hi))}
}

// Manual takes inner bounds set by hand, in any order, and closes them with the least
// and the greatest value. Bounds outside the values are kept: an empty class is
// information, and it keeps two years comparable.
func Manual(values []float64, inner ...float64) Classes {
	v, in := known(values), known(inner)
	all := slices.Clone(in)
	if len(v) > 0 {
		all = append(all, v[0], v[len(v)-1])
	}
	slices.Sort(all)
	return Classes{collapse(all)}
}

// HeadTails cuts at the mean, again and again in what lies above it, while the head
// stays a minority (40 % at most): for distributions with a long tail. Jiang, 2013.
func HeadTails(values []float64, most int) Classes {
	v := known(values)
	if c, done := few(v, most); done {
		return c
	}
	bounds := []float64{v[0]}
	for rest := v; len(bounds) < most; {
		mean := 0.0
		for _, x := range rest {
			mean += x / float64(len(rest))
		}
		cut := sort.SearchFloat64s(rest, mean)
		head := rest[cut:]
		if cut == 0 || len(head) < 1 || float64(len(head)) > 0.4*float64(len(rest)) {
			break
		}
		bounds = append(bounds, mean)
		rest = head
	}
	return Classes{collapse(append(bounds, v[len(v)-1]))}
}
