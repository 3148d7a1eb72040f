// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"math"
	"math/rand/v2"

	"github.com/paulmach/orb"
)

// The weights of what makes a good map: neighbours in their direction, each near its place, few
// holes and a short outline. Tuned by eye on Seine-Saint-Denis, then looked at on Finistère,
// Gironde and the Somme; the map of the first is the same from half to twice these values,
// but for Tremblay, which stands out to the north-east only when the outline weighs little.
const linkWeight, placeWeight, outlineWeight = 1.0, 0.8, 0.8

// anneal improves a layout by moves and exchanges of neighbouring cells, first tolerant then
// strict. The chances are drawn from a fixed seed: same points, same map.
//
// One run may end in a poor place, so the best of several is kept, as many as the size allows.
func anneal(cells []Cell, wanted []orb.Point, links []link) []Cell {
	const stepsEach, runs, maxSteps = 3000, 8, 3_000_000
	steps := stepsEach * len(cells)
	var best []Cell
	least := math.Inf(1)
	for run := range uint64(max(1, min(runs, maxSteps/steps))) {
		a := newAnnealer(cells, wanted, links)
		a.run(rand.New(rand.NewPCG(93, run)), steps) // #nosec G404 -- repeatable on purpose
		if c := a.total(); c < least {
			best, least = a.cells, c
		}
	}
	return best
}

func (a *annealer) run(draw *rand.Rand, steps int) {
	n := len(a.cells)
	for s := range steps {
		heat := 1 - float64(s)/float64(steps)
		heat *= 2 * heat
		i := draw.IntN(n)
		from := a.cells[i]
		to := Cell{from.Col + draw.IntN(3) - 1, from.Row + draw.IntN(3) - 1}
		if to == from || !a.holds(to) {
			continue
		}
		gain := a.move(i, to)
		if gain > 0 && (heat < 1e-3 || draw.Float64() >= math.Exp(-gain/heat)) {
			a.swap(i, from)
		}
	}
}

// total is the cost of the whole: links are counted from both ends by cost.
func (a *annealer) total() float64 {
	var sum float64
	for i, c := range a.cells {
		at := square(orb.Point{float64(c.Col), float64(c.Row)}, a.wanted[i])
		sum += placeWeight*at + (a.cost(i)-placeWeight*at)/2 - outlineWeight*float64(a.around(c))/2
	}
	return sum
}

// annealer is a layout on a sheet a little larger than the cells need.
type annealer struct {
	cells  []Cell // counted from the corner of the sheet
	wanted []orb.Point
	links  [][]link
	sheet  []int32 // who is in each cell, row by row; nobody is -1
	width  int
	height int
}

const nobody = -1

func newAnnealer(cells []Cell, wanted []orb.Point, links []link) *annealer {
	const margin = 3
	low, high := cells[0], cells[0]
	for _, c := range cells {
		low = Cell{min(low.Col, c.Col), min(low.Row, c.Row)}
		high = Cell{max(high.Col, c.Col), max(high.Row, c.Row)}
	}
	low = Cell{low.Col - margin, low.Row - margin}
	a := &annealer{
		cells: make([]Cell, len(cells)), wanted: make([]orb.Point, len(cells)), links: make([][]link, len(cells)),
		width: high.Col - low.Col + 1 + margin, height: high.Row - low.Row + 1 + margin,
	}
	a.sheet = make([]int32, a.width*a.height)
	for i := range a.sheet {
		a.sheet[i] = nobody
	}
	for i, c := range cells {
		a.cells[i] = Cell{c.Col - low.Col, c.Row - low.Row}
		a.wanted[i] = orb.Point{wanted[i][0] - float64(low.Col), wanted[i][1] - float64(low.Row)}
		a.sheet[a.at(a.cells[i])] = int32(i) // #nosec G115 -- at most maxAnnealed
	}
	for _, l := range links {
		a.links[l.a] = append(a.links[l.a], l)
		a.links[l.b] = append(a.links[l.b], link{l.b, l.a, orb.Point{-l.offset[0], -l.offset[1]}})
	}
	return a
}

func (a *annealer) at(c Cell) int { return c.Row*a.width + c.Col }

// holds leaves out the rim, so that every cell in use has four neighbours on the sheet.
func (a *annealer) holds(c Cell) bool {
	return c.Col > 0 && c.Row > 0 && c.Col < a.width-1 && c.Row < a.height-1
}

// swap puts i in a cell and whoever was there in the cell of i.
func (a *annealer) swap(i int, to Cell) {
	from := a.cells[i]
	j := a.sheet[a.at(to)]
	a.sheet[a.at(from)], a.sheet[a.at(to)], a.cells[i] = j, int32(i), to // #nosec G115
	if j != nobody {
		a.cells[j] = from
	}
}

// move swaps and returns the change of cost.
func (a *annealer) move(i int, to Cell) float64 {
	from := a.cells[i]
	if j := a.sheet[a.at(to)]; j != nobody {
		before := a.cost(i) + a.cost(int(j))
		a.swap(i, to)
		return a.cost(i) + a.cost(int(j)) - before
	}
	before := a.cost(i) - outlineWeight*float64(a.around(from))
	a.swap(i, to)
	return a.cost(i) - outlineWeight*float64(a.around(to)) - before
}

func (a *annealer) cost(i int) float64 {
	c := orb.Point{float64(a.cells[i].Col), float64(a.cells[i].Row)}
	sum := placeWeight * square(c, a.wanted[i])
	for _, l := range a.links[i] {
		d := a.cells[l.b]
		want := orb.Point{c[0] + l.offset[0], c[1] + l.offset[1]}
		sum += linkWeight * square(want, orb.Point{float64(d.Col), float64(d.Row)})
	}
	return sum
}

// around counts the taken cells that share a side with a cell: each shortens the outline.
func (a *annealer) around(c Cell) int {
	n, k := 0, a.at(c)
	for _, d := range [4]int{1, -1, a.width, -a.width} {
		if a.sheet[k+d] != nobody {
			n++
		}
	}
	return n
}
