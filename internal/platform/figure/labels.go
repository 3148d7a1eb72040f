// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"cmp"
	"slices"
)

// spread moves labels apart along a line. want are the centres wished for, size their
// extents; the result keeps their order, overlaps nowhere, stays within lo and hi if there is
// room, and moves them as little as can be (least squares: neighbours that touch form blocks, and a
// block sits at the mean of its wishes).
func spread(want, size []float64, lo, hi float64) []float64 {
	n := len(want)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(want[a], want[b]) })

	// With u_i = centre_i − (sizes before it), "no overlap" is "u ascends".
	type block struct {
		sum   float64
		count int
		first int
	}
	var blocks []block
	offset := make([]float64, n)
	for k, i := range order {
		if k > 0 {
			offset[k] = offset[k-1] + size[order[k-1]]/2 + size[i]/2
		}
		blocks = append(blocks, block{want[i] - offset[k], 1, k})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if a.sum/float64(a.count) <= b.sum/float64(b.count) {
				break
			}
			blocks = blocks[:len(blocks)-1]
			blocks[len(blocks)-1] = block{a.sum + b.sum, a.count + b.count, a.first}
		}
	}
	out := make([]float64, n)
	for _, b := range blocks {
		for k := b.first; k < b.first+b.count; k++ {
			out[order[k]] = b.sum/float64(b.count) + offset[k]
		}
	}
	clampSpread(out, size, order, lo, hi)
	return out
}

// clampSpread pushes the labels back between lo and hi; when they do not all fit, the
// first stay within lo.
func clampSpread(at, size []float64, order []int, lo, hi float64) {
	edge := hi
	for k := len(order) - 1; k >= 0; k-- {
		i := order[k]
		at[i] = min(at[i], edge-size[i]/2)
		edge = at[i] - size[i]/2
	}
	edge = lo
	for _, i := range order {
		at[i] = max(at[i], edge+size[i]/2)
		edge = at[i] + size[i]/2
	}
}

// pin is a label that stands on a vertical line: its left edge and its level, 0 being the
// nearest to the drawing.
type pin struct {
	x    float64
	s    string
	tier int
}

// placeFlags gives each label of a vertical line a place between l and r, where no label
// covers another or, if at all possible, the line of another.
func placeFlags(at []float64, labels []string, size, l, r float64) []pin {
	p := flagPlan{at: at, l: l, r: r, now: make([]pin, len(at)), widths: make([]float64, len(at)), cost: flagBudget}
	for i := range at {
		p.order = append(p.order, i)
		p.now[i].s = fit(labels[i], size, false, r-l)
		p.widths[i] = textWidth(p.now[i].s, size, false)
	}
	slices.SortStableFunc(p.order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	if len(at) <= 4 {
		p.try(0, 0)
	}
	if p.best == nil { // many lines: each on its own level, the first the lowest
		for k, i := range p.order {
			p.now[i].x = p.left(i, 1)
			p.now[i].tier = k
		}
		return p.now
	}
	return p.best
}

const (
	flagBudget  = 1000
	tierCost    = 4 // a level higher
	sideCost    = 1 // beside the line rather than on it
	crossedCost = 20
)

// flagPlan searches all places of a few labels for the cheapest.
type flagPlan struct {
	at, widths []float64
	l, r       float64
	order      []int
	now, best  []pin
	cost       int
}

// left is the left edge of a label: on its line, before it, after it.
func (p *flagPlan) left(i, side int) float64 {
	x := p.at[i] - p.widths[i]/2
	switch side {
	case 1:
		x = p.at[i] - p.widths[i] - 4
	case 2:
		x = p.at[i] + 4
	}
	return max(p.l, min(x, p.r-p.widths[i]))
}

func (p *flagPlan) try(k, cost int) {
	if cost >= p.cost {
		return
	}
	if k == len(p.order) {
		p.cost, p.best = cost, slices.Clone(p.now)
		return
	}
	i := p.order[k]
	for tier := range p.order {
		for side := range 3 {
			p.now[i].x, p.now[i].tier = p.left(i, side), tier
			more := tier * tierCost
			if side > 0 {
				more += sideCost
			}
			if c, ok := p.clash(i, p.order[:k]); ok {
				p.try(k+1, cost+more+c)
			}
		}
	}
}

// clash is the cost of a label among those placed before, and whether it covers none. The line
// of a label runs down from its level, through the levels below.
func (p *flagPlan) clash(i int, placed []int) (cost int, ok bool) {
	const gap = 8.0
	f, w := p.now[i], p.widths[i]
	for _, j := range placed {
		o := p.now[j]
		if o.tier == f.tier && f.x < o.x+p.widths[j]+gap && o.x < f.x+w+gap {
			return 0, false
		}
		if o.tier > f.tier && p.at[j] > f.x-1 && p.at[j] < f.x+w+1 {
			cost += crossedCost
		}
		if o.tier < f.tier && p.at[i] > o.x-1 && p.at[i] < o.x+p.widths[j]+1 {
			cost += crossedCost
		}
		if o.tier == f.tier && (p.at[i] > o.x-2 && p.at[i] < o.x+p.widths[j]+2 || p.at[j] > f.x-2 && p.at[j] < f.x+w+2) {
			cost += 2 // over another's line end: whose label is it?
		}
	}
	return cost, true
}
