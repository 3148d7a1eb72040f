// SPDX-License-Identifier: EUPL-1.2

package classes

import "math"

// Jenks cuts into at most k classes so that the sum of squared deviations from the
// class means is the least possible (Fisher 1958, Jenks 1977). The optimum is exact:
// dynamic programming over the distinct values, each row filled by divide and conquer
// because the best cut never moves left as the end moves right; O(k·n·log n) time.
// A bound is the least value of the class that it opens.
func Jenks(values []float64, k int) Classes {
	v := known(values)
	if c, done := few(v, k); done {
		return c
	}
	distinct, weights := tally(v)
	k = min(k, len(distinct))
	p := newPartition(distinct, weights)
	starts := p.solve(k)
	bounds := make([]float64, 0, k+1)
	for _, s := range starts {
		bounds = append(bounds, distinct[s])
	}
	return Classes{collapse(append(bounds, v[len(v)-1]))}
}

func tally(sorted []float64) (distinct, weights []float64) {
	for _, x := range sorted {
		if n := len(distinct); n > 0 && distinct[n-1] == x {
			weights[n-1]++
			continue
		}
		distinct, weights = append(distinct, x), append(weights, 1)
	}
	return distinct, weights
}

// partition holds prefix sums of the weights, the values and their squares. Values are
// centred and scaled to [-1, 1] first: squares of populations would lose the digits
// that tell two cuts apart, and those of huge values overflow.
type partition struct {
	n       int
	w, s, q []float64
	cost    []float64 // least cost of the first i+1 values in the classes so far
	next    []float64
	from    [][]int32 // from[c][i]: where class c starts when it ends at i
}

func newPartition(v, w []float64) *partition {
	n := len(v)
	p := &partition{n: n, w: make([]float64, n+1), s: make([]float64, n+1), q: make([]float64, n+1)}
	mid := v[0]/2 + v[n-1]/2
	half := math.Max(v[n-1]/2-v[0]/2, math.SmallestNonzeroFloat64)
	for i := range n {
		x := (v[i] - mid) / half
		p.w[i+1] = p.w[i] + w[i]
		p.s[i+1] = p.s[i] + w[i]*x
		p.q[i+1] = p.q[i] + w[i]*x*x
	}
	return p
}

// spread is the sum of squared deviations of values i to j, both included.
func (p *partition) spread(i, j int) float64 {
	if i == j {
		return 0
	}
	s := p.s[j+1] - p.s[i]
	return math.Max(0, p.q[j+1]-p.q[i]-s*s/(p.w[j+1]-p.w[i]))
}

// solve returns the first index of each of the k classes.
func (p *partition) solve(k int) []int {
	p.cost, p.next = make([]float64, p.n), make([]float64, p.n)
	for i := range p.n {
		p.cost[i] = p.spread(0, i)
	}
	p.from = make([][]int32, k)
	for c := 1; c < k; c++ {
		p.from[c] = make([]int32, p.n)
		for i := range c {
			p.next[i] = math.Inf(1) // fewer values than classes
		}
		p.fill(c, c, p.n-1, c, p.n-1)
		p.cost, p.next = p.next, p.cost
	}
	starts := make([]int, k)
	for c, end := k-1, p.n-1; c > 0; c-- {
		starts[c] = int(p.from[c][end])
		end = starts[c] - 1
	}
	return starts
}

// fill finds the best start of class c for every end in [lo, hi], knowing that it lies
// in [least, most].
func (p *partition) fill(c, lo, hi, least, most int) {
	if lo > hi {
		return
	}
	end := (lo + hi) / 2
	best, at := math.Inf(1), max(least, c)
	for start := max(least, c); start <= min(most, end); start++ {
		if d := p.cost[start-1] + p.spread(start, end); d < best {
			best, at = d, start
		}
	}
	p.next[end], p.from[c][end] = best, int32(at) //nolint:gosec // an index below n
	p.fill(c, lo, end-1, least, at)
	p.fill(c, end+1, hi, at, most)
}
