// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// Cell is a place in a schematic map: columns go east and rows go south from 0, as on a page.
type Cell struct{ Col, Row int }

// SchematicCells lays territories out as equal square cells from one point of each, in
// degrees, centroids best: every point gets a cell of its own, neighbours stay neighbours as
// far as a grid allows, the north stays up, and the whole is compact. The result depends on
// the set of points only, not on their order; equal points are told apart by their order.
// Points that are no place are treated as the zero point. Up to 400 points take well under a
// second, 2,000 some seconds; beyond, rows are filled without search.
func SchematicCells(points []orb.Point) []Cell {
	if len(points) == 0 {
		return nil
	}
	order := make([]int, len(points))
	for i := range order {
		order[i] = i
	}
	sane := make([]orb.Point, len(points))
	for i, p := range points {
		if _, ok := snap(p); ok {
			sane[i] = p
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(sane[a][0], sane[b][0]), cmp.Compare(sane[a][1], sane[b][1]))
	})
	plan := make([]orb.Point, len(points))
	var lat float64
	for _, i := range order { // a sum depends on its order
		lat += sane[i][1] / float64(len(sane))
	}
	mx, my := degreeMetres(lat)
	for k, i := range order {
		plan[k] = orb.Point{sane[i][0] * mx, -sane[i][1] * my} // south is down
	}
	cells := layOut(plan)
	out := make([]Cell, len(points))
	for k, i := range order {
		out[i] = cells[k]
	}
	return fromZero(out)
}

// Sizes at which the search becomes too long for what it brings.
const maxAssigned, maxAnnealed = 400, 2000

func layOut(plan []orb.Point) []Cell {
	if len(plan) > maxAnnealed {
		return inRows(plan)
	}
	links := gabriel(plan)
	wanted := relax(plan, links)
	var cells []Cell
	if len(plan) <= maxAssigned {
		cells = assign(wanted)
	} else {
		cells = nearestFree(wanted)
	}
	return anneal(cells, wanted, links)
}

// link is a pair of neighbours with the offset in cells that the second should have from
// the first.
type link struct {
	a, b   int
	offset orb.Point
}

// gabriel links the points whose common circle (the two as diameter) holds no third: the
// neighbours that matter, without the long links along the outline.
func gabriel(plan []orb.Point) []link {
	const nearest = 14
	near := make([]int, len(plan))
	var links []link
	for a := range plan {
		for i := range near {
			near[i] = i
		}
		slices.SortFunc(near, func(i, j int) int {
			return cmp.Or(cmp.Compare(square(plan[a], plan[i]), square(plan[a], plan[j])), cmp.Compare(i, j))
		})
		for _, b := range near[:min(nearest, len(near))] {
			if b > a && alone(plan, near[:min(nearest, len(near))], a, b) {
				links = append(links, link{a, b, unitOffset(plan[a], plan[b])})
			}
		}
	}
	return links
}

func square(p, q orb.Point) float64 {
	return (p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1])
}

func alone(plan []orb.Point, near []int, a, b int) bool {
	middle := orb.Point{(plan[a][0] + plan[b][0]) / 2, (plan[a][1] + plan[b][1]) / 2}
	r := square(plan[a], plan[b]) / 4
	for _, k := range near {
		if k != a && k != b && square(plan[k], middle) < r {
			return false
		}
	}
	return true
}

// unitOffset is the direction from p to q at the length of one step on a grid: 1 along an
// axis, the diagonal of a cell across.
func unitOffset(p, q orb.Point) orb.Point {
	dx, dy := q[0]-p[0], q[1]-p[1]
	long := math.Max(math.Abs(dx), math.Abs(dy))
	if long == 0 {
		return orb.Point{}
	}
	return orb.Point{dx / long, dy / long}
}

// relax evens the density out: it starts from the true places, a cell for each point on
// average, and pulls each pair of neighbours to one step apart in their true direction.
func relax(plan []orb.Point, links []link) []orb.Point {
	n := len(plan)
	at := scaled(plan, links)
	home := slices.Clone(at)
	// Memory of the true place keeps the general shape. The larger the map, the further
	// neighbours must be able to move together.
	memory := 0.15 * math.Min(1, 40/float64(n))
	rounds := 300 + 4*n
	sum, weight := make([]orb.Point, n), make([]float64, n)
	for range rounds {
		for i := range sum {
			sum[i], weight[i] = orb.Point{home[i][0] * memory, home[i][1] * memory}, memory
		}
		for _, l := range links {
			sum[l.a][0] += at[l.b][0] - l.offset[0]
			sum[l.a][1] += at[l.b][1] - l.offset[1]
			sum[l.b][0] += at[l.a][0] + l.offset[0]
			sum[l.b][1] += at[l.a][1] + l.offset[1]
			weight[l.a]++
			weight[l.b]++
		}
		for i := range at {
			at[i] = orb.Point{sum[i][0] / weight[i], sum[i][1] / weight[i]}
		}
	}
	return at
}

// scaled measures the plan in cells: the typical link becomes one step long.
func scaled(plan []orb.Point, links []link) []orb.Point {
	var lengths []float64
	for _, l := range links {
		if d := math.Sqrt(square(plan[l.a], plan[l.b])) / math.Hypot(l.offset[0], l.offset[1]); d > 0 {
			lengths = append(lengths, d)
		}
	}
	step := 1.0
	if len(lengths) > 0 {
		slices.Sort(lengths)
		step = lengths[len(lengths)/2]
	}
	out := make([]orb.Point, len(plan))
	for i, p := range plan {
		out[i] = orb.Point{(p[0] - plan[0][0]) / step, (p[1] - plan[0][1]) / step}
	}
	return out
}

// assign gives each point a cell of a grid a little larger than the points, at the least
// total of squared distances (Hungarian method, Jonker and Volgenant's augmentation).
func assign(wanted []orb.Point) []Cell {
	grid := gridAround(wanted)
	n, m := len(wanted), len(grid)
	cost := func(i, j int) float64 {
		return square(wanted[i], orb.Point{float64(grid[j].Col), float64(grid[j].Row)})
	}
	u, v := make([]float64, n+1), make([]float64, m+1)
	holder, from := make([]int, m+1), make([]int, m+1) // 0 is nobody; points and cells count from 1
	for i := 1; i <= n; i++ {
		holder[0] = i
		j0 := 0
		least, used := make([]float64, m+1), make([]bool, m+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		for holder[j0] != 0 {
			used[j0] = true
			i0, j1, delta := holder[j0], 0, math.Inf(1)
			for j := 1; j <= m; j++ {
				if used[j] {
					continue
				}
				if c := cost(i0-1, j-1) - u[i0] - v[j]; c < least[j] {
					least[j], from[j] = c, j0
				}
				if least[j] < delta {
					delta, j1 = least[j], j
				}
			}
			for j := 0; j <= m; j++ {
				if used[j] {
					u[holder[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			j0 = j1
		}
		for j0 != 0 {
			holder[j0] = holder[from[j0]]
			j0 = from[j0]
		}
	}
	cells := make([]Cell, n)
	for j := 1; j <= m; j++ {
		if holder[j] > 0 {
			cells[holder[j]-1] = grid[j-1]
		}
	}
	return cells
}

// gridAround lists the cells of the box of the points, widened until there is room.
func gridAround(wanted []orb.Point) []Cell {
	b := orb.MultiPoint(wanted).Bound()
	c0, c1 := int(math.Floor(b.Min[0])), int(math.Ceil(b.Max[0]))
	r0, r1 := int(math.Floor(b.Min[1])), int(math.Ceil(b.Max[1]))
	// A box far larger than the points need is narrowed about its middle: outliers come in.
	most := 4*int(math.Sqrt(float64(len(wanted)))) + 4
	c0, c1 = narrowed(c0, c1, most)
	r0, r1 = narrowed(r0, r1, most)
	for (c1-c0+1)*(r1-r0+1) < len(wanted) {
		c0, c1, r0, r1 = c0-1, c1+1, r0-1, r1+1
	}
	cells := make([]Cell, 0, (c1-c0+1)*(r1-r0+1))
	for r := r0; r <= r1; r++ {
		for c := c0; c <= c1; c++ {
			cells = append(cells, Cell{c, r})
		}
	}
	return cells
}

func narrowed(from, to, most int) (int, int) {
	if over := to - from + 1 - most; over > 0 {
		from += over / 2
		to = from + most - 1
	}
	return from, to
}

// nearestFree takes points from the middle outwards and gives each the nearest free cell.
func nearestFree(wanted []orb.Point) []Cell {
	centre := orb.MultiPoint(wanted).Bound().Center()
	order := make([]int, len(wanted))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(square(wanted[a], centre), square(wanted[b], centre))
	})
	taken := make(map[Cell]bool, len(wanted))
	cells := make([]Cell, len(wanted))
	for _, i := range order {
		cells[i] = freeNear(wanted[i], taken)
		taken[cells[i]] = true
	}
	return cells
}

func freeNear(p orb.Point, taken map[Cell]bool) Cell {
	base := Cell{int(math.Round(p[0])), int(math.Round(p[1]))}
	var best Cell
	least := math.Inf(1)
	for r := 0; float64(r)-1 <= math.Sqrt(least); r++ {
		for dc := -r; dc <= r; dc++ {
			step := 1
			if dc != -r && dc != r {
				step = max(2*r, 1)
			}
			for dr := -r; dr <= r; dr += step {
				c := Cell{base.Col + dc, base.Row + dr}
				if d := square(p, orb.Point{float64(c.Col), float64(c.Row)}); d < least && !taken[c] {
					best, least = c, d
				}
			}
		}
	}
	return best
}

// inRows fills rows from north to south, each from west to east.
func inRows(plan []orb.Point) []Cell {
	b := orb.MultiPoint(plan).Bound()
	w, h := math.Max(b.Max[0]-b.Min[0], 1), math.Max(b.Max[1]-b.Min[1], 1)
	n := len(plan)
	cols := max(1, min(n, int(math.Round(math.Sqrt(float64(n)*w/h)))))
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(plan[i][1], plan[j][1]) })
	cells := make([]Cell, n)
	for row := 0; row*cols < n; row++ {
		line := order[row*cols : min((row+1)*cols, n)]
		slices.SortStableFunc(line, func(i, j int) int { return cmp.Compare(plan[i][0], plan[j][0]) })
		for col, i := range line {
			cells[i] = Cell{col, row}
		}
	}
	return cells
}

func fromZero(cells []Cell) []Cell {
	c0, r0 := math.MaxInt, math.MaxInt
	for _, c := range cells {
		c0, r0 = min(c0, c.Col), min(r0, c.Row)
	}
	for i := range cells {
		cells[i].Col -= c0
		cells[i].Row -= r0
	}
	return cells
}
