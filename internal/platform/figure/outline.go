// SPDX-License-Identifier: EUPL-1.2

package figure

import "math"

// box is a rectangle: left, top, right, bottom.
type box struct{ l, t, r, b float64 }

func bounds(rings [][]point) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, ring := range rings {
		for _, p := range ring {
			b = box{math.Min(b.l, p.x), math.Min(b.t, p.y), math.Max(b.r, p.x), math.Max(b.b, p.y)}
		}
	}
	if b.l > b.r {
		return box{}
	}
	return b
}

// area is the signed area of a ring.
func area(ring []point) float64 {
	sum := 0.0
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += p.x*q.y - q.x*p.y
	}
	return sum / 2
}

// orient turns rings so that one in an odd number of others is a hole: the rasteriser
// winds, where SVG is told to count.
func orient(rings [][]point) [][]point {
	if len(rings) == 1 {
		return rings
	}
	out := make([][]point, len(rings))
	for i, ring := range rings {
		depth := 0
		for j, other := range rings {
			if i != j && len(ring) > 0 && inside(ring[0], other) {
				depth++
			}
		}
		if (area(ring) < 0) == (depth%2 == 0) {
			turned := make([]point, len(ring))
			for k, p := range ring {
				turned[len(ring)-1-k] = p
			}
			ring = turned
		}
		out[i] = ring
	}
	return out
}

// inside tells whether a point lies in a ring, by the even-odd rule.
func inside(p point, ring []point) bool {
	in := false
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		if (a.y > p.y) != (b.y > p.y) && p.x < (b.x-a.x)*(p.y-a.y)/(b.y-a.y)+a.x {
			in = !in
		}
	}
	return in
}

func rectRing(x, y, w, h, rx float64) []point {
	if rx <= 0 {
		return []point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}
	}
	rx = min(rx, w/2, h/2)
	var ring []point
	for k, c := range []point{{x + w - rx, y + rx}, {x + w - rx, y + h - rx}, {x + rx, y + h - rx}, {x + rx, y + rx}} {
		for s := range 5 {
			sin, cos := math.Sincos((float64(k) - 1 + float64(s)/4) * math.Pi / 2)
			ring = append(ring, point{c.x + rx*cos, c.y + rx*sin})
		}
	}
	return ring
}

func circleRing(x, y, r float64) []point {
	const n = 40
	ring := make([]point, n)
	for i := range ring {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / n)
		ring[i] = point{x + r*cos, y + r*sin}
	}
	return ring
}

// dashed cuts a polyline into its dashes: as long as dash, gaps three quarters of it.
func dashed(line []point, dash float64) [][]point {
	if dash <= 0 || len(line) < 2 {
		return [][]point{line}
	}
	var out [][]point
	on, left := true, dash
	piece := []point{line[0]}
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		for done := 0.0; length-done > left; {
			done += left
			p := point{a.x + (b.x-a.x)*done/length, a.y + (b.y-a.y)*done/length}
			if on {
				out = append(out, append(piece, p))
				left = dash * 0.75
			} else {
				left = dash
			}
			on, piece = !on, []point{p}
			if len(out) > 100_000 {
				return out // a line far longer than any drawing
			}
			length, a, done = length-done, p, 0
		}
		left -= length
		piece = append(piece, b)
	}
	if on && len(piece) > 1 {
		out = append(out, piece)
	}
	return out
}

// outline is the area of a stroke: a quadrilateral a segment, a disc a joint. All turn the
// same way, so that the rasteriser adds them up.
func outline(line []point, half float64, round bool) [][]point {
	var out [][]point
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		if length == 0 {
			continue
		}
		nx, ny := -(b.y-a.y)/length*half, (b.x-a.x)/length*half
		out = append(out, []point{{a.x - nx, a.y - ny}, {b.x - nx, b.y - ny}, {b.x + nx, b.y + ny}, {a.x + nx, a.y + ny}})
	}
	if round && half > 0.4 {
		for _, p := range line {
			out = append(out, circleRing(p.x, p.y, half))
		}
	}
	return out
}
