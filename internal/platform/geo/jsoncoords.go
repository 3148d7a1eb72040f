// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// coordinates is a list of lists of points of any depth up to four. depth 1 is a point, 2 a
// line, 3 a polygon, 4 several; 0 an empty list.
type coordinates struct {
	depth int
	point orb.Point
	line  []orb.Point
	rings [][]orb.Point
	polys [][][]orb.Point
}

// coordinates reads nested lists of numbers. Heights and measures after x and y are dropped.
func (f *jsonFile) coordinates() (coordinates, error) {
	var c coordinates
	err := f.s.expect('[', "une liste de coordonnées")
	if err != nil {
		return c, err
	}
	b, err := f.s.peek()
	if err != nil {
		return c, err
	}
	if b != '[' && b != ']' {
		return f.position()
	}
	err = f.s.list(']', func() error {
		child, err := f.coordinates()
		if err != nil {
			return err
		}
		return f.adopt(&c, child)
	})
	return c, err
}

// adopt puts a child list into its parent; all children of a list have the same depth.
func (f *jsonFile) adopt(c *coordinates, child coordinates) error {
	if child.depth == 0 {
		return nil
	}
	if c.depth == 0 {
		c.depth = child.depth + 1
	}
	if c.depth != child.depth+1 || c.depth > 4 {
		return f.s.errorf("les coordonnées sont emboîtées de travers")
	}
	switch child.depth {
	case 1:
		c.line = append(c.line, child.point)
	case 2:
		c.rings = append(c.rings, child.line)
	case 3:
		c.polys = append(c.polys, child.rings)
	}
	return nil
}

// position reads the numbers of a point, its bracket being open.
func (f *jsonFile) position() (coordinates, error) {
	c := coordinates{depth: 1}
	n := 0
	err := f.s.list(']', func() error {
		v, err := f.s.float()
		if err != nil {
			return err
		}
		if n < 2 {
			c.point[n] = v
		}
		if n++; n > 16 {
			return f.s.errorf("un point de plus de 16 nombres")
		}
		return nil
	})
	if err == nil && n < 2 {
		err = f.s.errorf("un point n'a qu'une coordonnée")
	}
	if err == nil {
		err = f.m.vertex(1)
	}
	return c, err
}

// topoTransform scales the whole numbers of a quantised TopoJSON.
type topoTransform struct{ scale, translate orb.Point }

func (f *jsonFile) readTransform() (*topoTransform, error) {
	t := &topoTransform{scale: orb.Point{1, 1}}
	err := f.s.object(func(key string) error {
		if key != "scale" && key != "translate" {
			return f.s.skip()
		}
		c, err := f.coordinates()
		if err != nil {
			return err
		}
		if c.depth != 1 || math.Abs(c.point[0]) > 1e9 || math.Abs(c.point[1]) > 1e9 {
			return f.s.errorf("« %s » doit être une paire de nombres", key)
		}
		if key == "scale" {
			t.scale = c.point
		} else {
			t.translate = c.point
		}
		return nil
	})
	return t, err
}
