// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"fmt"
	"slices"

	"github.com/paulmach/orb"
)

// topoObject is a named object of a TopoJSON document, a layer of ours.
type topoObject struct {
	name string
	root jsonGeometry
}

// arcRefs is a list of lists of arc numbers: depth 1 a line, 2 a polygon, 3 several. ~n is
// the arc n backwards.
type arcRefs struct {
	depth int
	line  []int
	rings [][]int
	polys [][][]int
}

func (f *jsonFile) readArcs() error {
	if f.arcs != nil {
		return f.s.errorf("« arcs » figure deux fois")
	}
	f.arcs = [][]orb.Point{}
	return f.s.array(func() error {
		c, err := f.coordinates()
		if err != nil {
			return err
		}
		if c.depth != 2 && c.depth != 0 {
			return f.s.errorf("un arc doit être une liste de points")
		}
		f.arcs = append(f.arcs, c.line)
		if len(f.arcs) > f.m.lim.MaxVertices {
			return f.m.vertex(f.m.lim.MaxVertices)
		}
		return nil
	})
}

func (f *jsonFile) readObjects() error {
	return f.s.object(func(name string) error {
		o := topoObject{name: name}
		if len(f.objects) >= 1000 {
			return f.s.errorf("plus de 1000 objets")
		}
		err := f.geometry(&o.root)
		f.objects = append(f.objects, o)
		return err
	})
}

func (f *jsonFile) readRefs() (*arcRefs, error) {
	r := &arcRefs{}
	err := f.s.array(func() error {
		b, err := f.s.peek()
		if err != nil {
			return err
		}
		if b != '[' {
			v, err := f.s.float()
			if err != nil {
				return err
			}
			if r.depth > 1 || v != float64(int(v)) {
				return f.s.errorf("les numéros d'arcs sont emboîtés de travers")
			}
			r.depth, r.line = 1, append(r.line, int(v))
			return f.m.reference()
		}
		child, err := f.readRefs()
		if err != nil || child.depth == 0 {
			return err
		}
		if r.depth != 0 && r.depth != child.depth+1 || child.depth > 2 {
			return f.s.errorf("les numéros d'arcs sont emboîtés de travers")
		}
		r.depth = child.depth + 1
		if child.depth == 1 {
			r.rings = append(r.rings, child.line)
		} else {
			r.polys = append(r.polys, child.rings)
		}
		return nil
	})
	return r, err
}

// infos lists the objects in the order of the file.
func (f *jsonFile) infos() []LayerInfo {
	out := make([]LayerInfo, len(f.objects))
	for i, o := range f.objects {
		out[i] = LayerInfo{Name: o.name, Features: 1}
		if o.root.kind == "GeometryCollection" {
			out[i].Features = len(o.root.members)
		}
	}
	return out
}

func (f *jsonFile) topology(layer string) (*Layer, error) {
	infos := f.infos()
	i := slices.IndexFunc(f.objects, func(o topoObject) bool { return o.name == layer })
	switch {
	case layer != "" && i < 0:
		return nil, noLayer(layer, infos)
	case layer == "" && len(f.objects) > 1:
		return nil, &SeveralLayersError{Layers: infos}
	case layer == "" && len(f.objects) == 1:
		i = 0
	case len(f.objects) == 0:
		return nil, formatErrorf("le TopoJSON ne contient aucun objet (« objects »)")
	}
	f.unpackArcs()
	o := f.objects[i]
	members := []jsonGeometry{o.root}
	if o.root.kind == "GeometryCollection" {
		members = o.root.members
	}
	l := &Layer{Name: o.name, Format: "TopoJSON"}
	for k := range members {
		if err := f.m.feature(); err != nil {
			return nil, err
		}
		feature := Feature{ID: members[k].id, Props: members[k].props}
		if err := f.stitch(&feature, &members[k]); err != nil {
			return nil, formatErrorf("objet « %s », entité n° %d : %v", shorten(o.name, 40), k+1, err)
		}
		l.Features = append(l.Features, feature)
	}
	l.warnIgnored(f.ignored)
	return l, l.settle(f.crs)
}

// unpackArcs undoes quantisation: each point is the difference with the one before.
func (f *jsonFile) unpackArcs() {
	if f.transform == nil {
		return
	}
	for _, arc := range f.arcs {
		var x, y float64
		for i, p := range arc {
			x, y = x+p[0], y+p[1]
			arc[i] = f.transform.apply(orb.Point{x, y})
		}
	}
}

func (t *topoTransform) apply(p orb.Point) orb.Point {
	return orb.Point{p[0]*t.scale[0] + t.translate[0], p[1]*t.scale[1] + t.translate[1]}
}

// stitch turns references to arcs into rings.
func (f *jsonFile) stitch(to *Feature, g *jsonGeometry) error {
	switch g.kind {
	case "", "null":
		return nil
	case "GeometryCollection":
		for i := range g.members {
			if err := f.stitch(to, &g.members[i]); err != nil {
				return err
			}
		}
		return nil
	case "Point", "MultiPoint":
		before := len(to.Points)
		if err := f.place(to, g); err != nil || f.transform == nil {
			return err
		}
		for i := before; i < len(to.Points); i++ {
			to.Points[i] = f.transform.apply(to.Points[i])
		}
		return nil
	case "LineString", "MultiLineString":
		f.ignored[g.kind]++
		return nil
	case "Polygon", "MultiPolygon":
	default:
		return fmt.Errorf("« %s » n'est pas un type de géométrie", shorten(g.kind, 30))
	}
	if g.refs == nil || g.refs.depth == 0 {
		return nil
	}
	polys := g.refs.polys
	if g.kind == "Polygon" {
		polys = [][][]int{g.refs.rings}
	}
	if g.refs.depth != wantDepth[g.kind]-1 {
		return fmt.Errorf("les arcs ne sont pas ceux d'un %s", g.kind)
	}
	for _, rings := range polys {
		poly := make(orb.Polygon, 0, len(rings))
		for _, refs := range rings {
			r, err := f.ringOf(refs)
			if err != nil {
				return err
			}
			poly = append(poly, r)
		}
		to.Geometry = append(to.Geometry, poly)
	}
	return nil
}

func (f *jsonFile) ringOf(refs []int) (orb.Ring, error) {
	var r orb.Ring
	for _, ref := range refs {
		n, back := ref, ref < 0
		if back {
			n = ^ref
		}
		if n >= len(f.arcs) {
			return nil, fmt.Errorf("l'arc n° %d n'existe pas : le fichier en contient %d", n, len(f.arcs))
		}
		arc := f.arcs[n]
		if err := f.m.vertex(len(arc)); err != nil {
			return nil, err
		}
		for k := range arc {
			p := arc[k]
			if back {
				p = arc[len(arc)-1-k]
			}
			if k == 0 && len(r) > 0 { // arcs share their ends
				continue
			}
			r = append(r, p)
		}
	}
	return r, nil
}
