// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"slices"
)

// boxTree finds the boxes that meet a box: an R-tree packed along the Hilbert curve, built
// once and never changed.
type boxTree struct {
	items []int32    // item numbers in tree order
	level [][]bounds // level[0] has a box per item, each level above a box per fanout boxes
}

const fanout = 16

// newBoxTree packs n boxes.
func newBoxTree(n int, boxOf func(i int) bounds) *boxTree {
	all := emptyBounds
	boxes := make([]bounds, n)
	for i := range boxes {
		boxes[i] = boxOf(i)
		all = all.union(boxes[i])
	}
	type keyed struct {
		key  uint32
		item int32
	}
	order := make([]keyed, n)
	sx, sy := 65535/max(all.x1-all.x0, 1e-300), 65535/max(all.y1-all.y0, 1e-300)
	for i, b := range boxes {
		x := ((b.x0+b.x1)/2 - all.x0) * sx
		y := ((b.y0+b.y1)/2 - all.y0) * sy
		order[i] = keyed{hilbert(clamp16(x), clamp16(y)), int32(i)} // #nosec G115 -- n is far below 2^31
	}
	slices.SortFunc(order, func(a, b keyed) int {
		if a.key != b.key {
			if a.key < b.key {
				return -1
			}
			return 1
		}
		return int(a.item) - int(b.item)
	})
	t := &boxTree{items: make([]int32, n)}
	leaves := make([]bounds, n)
	for i, o := range order {
		t.items[i], leaves[i] = o.item, boxes[o.item]
	}
	t.level = append(t.level, leaves)
	for len(t.level[len(t.level)-1]) > fanout {
		t.level = append(t.level, packed(t.level[len(t.level)-1]))
	}
	return t
}

func packed(below []bounds) []bounds {
	up := make([]bounds, 0, (len(below)+fanout-1)/fanout)
	for i := 0; i < len(below); i += fanout {
		b := emptyBounds
		for _, c := range below[i:min(i+fanout, len(below))] {
			b = b.union(c)
		}
		up = append(up, b)
	}
	return up
}

func clamp16(v float64) uint32 {
	if !(v > 0) {
		return 0
	}
	return uint32(min(v, 65535))
}

// query calls yield with each item whose box meets b until yield returns false.
func (t *boxTree) query(b bounds, yield func(item int32) bool) {
	top := len(t.level) - 1
	t.visit(top, 0, len(t.level[top]), b, yield)
}

func (t *boxTree) visit(level, from, to int, b bounds, yield func(int32) bool) bool {
	boxes := t.level[level]
	for i := from; i < to; i++ {
		if !boxes[i].meets(b) {
			continue
		}
		if level == 0 {
			if !yield(t.items[i]) {
				return false
			}
		} else if !t.visit(level-1, i*fanout, min((i+1)*fanout, len(t.level[level-1])), b, yield) {
			return false
		}
	}
	return true
}

// hilbert is the rank of a cell of a 65536-wide square on the Hilbert curve.
func hilbert(x, y uint32) uint32 {
	var d uint32
	for s := uint32(1 << 15); s > 0; s >>= 1 {
		var rx, ry uint32
		if x&s != 0 {
			rx = 1
		}
		if y&s != 0 {
			ry = 1
		}
		d += s * s * ((3 * rx) ^ ry)
		if ry == 0 {
			if rx == 1 {
				x, y = 65535-x, 65535-y
			}
			x, y = y, x
		}
	}
	return d
}
