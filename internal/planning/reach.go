// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"fmt"
	"math"
)

// Point is a place in Lambert-93 metres (EPSG:2154), so that distances are metres.
type Point struct{ X, Y float64 }

// Decay says how a facility counts less as it is further.
type Decay string

// Gaussian falls smoothly from 1 on the spot to 0 at the radius (Dai, 2010). Steps is 1, 0,68
// and 0,22 by thirds of the radius (Luo and Qi, 2009, slow decay). Flat is 1 up to the radius:
// the two-step method before it was enhanced.
const (
	Gaussian Decay = "douce"
	Steps    Decay = "paliers"
	Flat     Decay = "aucune"
)

// Reach is how far families go, as the crow flies, and the decay of what is far.
type Reach struct {
	Radius float64 // metres
	Decay  Decay
}

// Check refuses a reach that has no meaning.
func (r Reach) Check() error {
	switch {
	case math.IsNaN(r.Radius) || r.Radius < 1 || r.Radius > 1e6:
		return fmt.Errorf("la distance (%.0f m) doit être comprise entre 1 m et 1 000 km", r.Radius)
	case r.Decay != Gaussian && r.Decay != Steps && r.Decay != Flat:
		return fmt.Errorf("atténuation « %s » inconnue : douce, paliers ou aucune", r.Decay)
	}
	return nil
}

// gaussEdge is what is taken off the bell so that it is 0 at the radius.
var gaussEdge = math.Exp(-0.5)

// bellSteps cuts [0, 1] for bell; bellTable holds exp(−k ÷ 2 bellSteps).
const bellSteps = 512

var bellTable = func() (out [bellSteps + 1]float64) {
	for k := range out {
		out[k] = math.Exp(-float64(k) / (2 * bellSteps))
	}
	return out
}()

// bell is exp(−q ÷ 2) for q in [0, 1], to the last digits: a table, and four terms of the
// series for a remainder under a thousandth. A field calls it for each pair of points.
func bell(q float64) float64 {
	k := int(q * bellSteps)
	r := (q - float64(k)/bellSteps) / 2
	return bellTable[k] * (1 - r*(1-r/2*(1-r/3*(1-r/4))))
}

// weight is the weight of a squared distance, 0 beyond the radius.
func (r Reach) weight(d2 float64) float64 {
	q := d2 / (r.Radius * r.Radius)
	switch {
	case q > 1:
		return 0
	case r.Decay == Gaussian:
		return (bell(q) - gaussEdge) / (1 - gaussEdge)
	case r.Decay == Flat || q <= 1.0/9:
		return 1
	case q <= 4.0/9:
		return 0.68
	}
	return 0.22
}

// pair is a zone within reach of a facility.
type pair struct {
	weight float64
	zone   int32
}

// Field knows which zones each facility reaches and with what weight. It is computed once for
// a set of points; demand and supply then vary freely. It is not modified once made.
type Field struct {
	reach Reach
	zones grid
	rows  [][]pair // by facility
}

// NewField finds the zones within reach of each facility; zones are put in a grid of cells of
// the radius, so that a facility looks at nine cells only. Points far away cost nothing.
func NewField(zones, facilities []Point, reach Reach) (*Field, error) {
	if err := reach.Check(); err != nil {
		return nil, err
	}
	f := &Field{reach: reach, zones: newGrid(zones, reach.Radius), rows: make([][]pair, len(facilities))}
	total := 0
	for _, p := range facilities {
		total += f.count(p)
	}
	buffer := make([]pair, 0, total)
	for j, p := range facilities {
		from := len(buffer)
		buffer = f.within(buffer, p)
		f.rows[j] = buffer[from:len(buffer):len(buffer)]
	}
	return f, nil
}

// Move is the field with the facility j elsewhere; all other rows are shared.
func (f *Field) Move(j int, to Point) *Field {
	moved := &Field{reach: f.reach, zones: f.zones, rows: make([][]pair, len(f.rows))}
	copy(moved.rows, f.rows)
	moved.rows[j] = f.within(nil, to)
	return moved
}

// With is the field with one more facility, the last one.
func (f *Field) With(p Point) *Field {
	more := &Field{reach: f.reach, zones: f.zones, rows: make([][]pair, len(f.rows), len(f.rows)+1)}
	copy(more.rows, f.rows)
	more.rows = append(more.rows, f.within(nil, p))
	return more
}

// count is how many zones lie within the radius of p: counting first costs less than a
// buffer that grows.
func (f *Field) count(p Point) int {
	limit, n := f.reach.Radius*f.reach.Radius, 0
	for _, cell := range f.zones.around(p) {
		for i := range cell {
			dx, dy := cell[i].X-p.X, cell[i].Y-p.Y
			if dx*dx+dy*dy <= limit {
				n++
			}
		}
	}
	return n
}

func (f *Field) within(buffer []pair, p Point) []pair {
	limit := f.reach.Radius * f.reach.Radius
	for _, cell := range f.zones.around(p) {
		for i := range cell {
			z := &cell[i]
			dx, dy := z.X-p.X, z.Y-p.Y
			if d2 := dx*dx + dy*dy; d2 <= limit {
				if w := f.reach.weight(d2); w > 0 {
					buffer = append(buffer, pair{w, z.zone})
				}
			}
		}
	}
	return buffer
}

// Access is, for each zone, the places that its families can reach, for 100 children: the
// enhanced two-step floating catchment area. Step one shares the places of each facility
// among the children within its reach, step two adds up for each zone what the facilities
// within reach offer it, both weighted by distance:
//
//	R(j) = supply(j) ÷ Σ demand(k)·w(k,j)      A(i) = 100 × Σ R(j)·w(i,j)
//
// demand is children by zone, supply places by facility, in the order of NewField. A facility
// that reaches no child offers nothing. Σ demand(i)·A(i) ÷ 100 is the places of the others.
func (f *Field) Access(demand, supply []float64) []float64 {
	out := make([]float64, f.zones.count)
	for j, row := range f.rows {
		if supply[j] <= 0 {
			continue
		}
		sum := 0.0
		for _, p := range row {
			sum += demand[p.zone] * p.weight
		}
		if sum <= 0 {
			continue
		}
		ratio := 100 * supply[j] / sum
		for _, p := range row {
			out[p.zone] += ratio * p.weight
		}
	}
	return out
}

// sited is a zone in its cell.
type sited struct {
	X, Y float64
	zone int32
}

// grid holds zones in square cells of one side.
type grid struct {
	side  float64
	count int
	cells map[[2]int32][]sited
}

func newGrid(points []Point, side float64) grid {
	g := grid{side: side, count: len(points), cells: map[[2]int32][]sited{}}
	for i, p := range points {
		if !finite(p) {
			continue
		}
		k := g.key(p)
		g.cells[k] = append(g.cells[k], sited{p.X, p.Y, int32(i)})
	}
	return g
}

func finite(p Point) bool { return math.Abs(p.X) < 1e9 && math.Abs(p.Y) < 1e9 }

func (g grid) key(p Point) [2]int32 {
	return [2]int32{int32(math.Floor(p.X / g.side)), int32(math.Floor(p.Y / g.side))}
}

// around is the cells that may hold a zone within one side of the point.
func (g grid) around(p Point) (cells [9][]sited) {
	if !finite(p) {
		return cells
	}
	k := g.key(p)
	for i := range cells {
		cells[i] = g.cells[[2]int32{k[0] + int32(i%3) - 1, k[1] + int32(i/3) - 1}]
	}
	return cells
}
