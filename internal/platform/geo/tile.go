// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
)

// TileFeature is one thing to draw in a tile. Of Props only "code" travels: values are joined
// in the page, so the same tiles serve every indicator and none can leak through them.
type TileFeature struct {
	ID       uint64
	Props    map[string]string
	Geometry orb.Geometry // MultiPolygon, Polygon, MultiPoint or Point, in degrees
}

// Tile geometry: the usual extent, and a coarser one (half a pixel of a 512-pixel tile) where
// a tile holds thousands of towns and the finer would only weigh; the margin around a tile,
// so that outlines are not drawn along its sides, and the pixel, as parts of the extent.
const (
	tileExtent, farTileExtent = 4096, 1024
	lastFarZoom               = 6
	marginPart, pixelPart     = 32, 512
)

func extentAt(z int) int {
	if z <= lastFarZoom {
		return farTileExtent
	}
	return tileExtent
}

// MaxTileBytes is the size above which a tile makes a map slow on a telephone, once
// compressed; choose a coarser level (LevelFor) or fewer layers. It is guidance: EncodeTile
// refuses nothing.
const MaxTileBytes = 500_000

// EncodeTile writes a Mapbox vector tile (version 2.1, not compressed) of the layers at z, x,
// y; layers come in the order of their names. Geometries are cut to the tile with a margin,
// rounded to its grid and made valid there; neighbours that share a border still do, and an
// area that would vanish becomes one pixel wide rather than disappear. A tile with nothing
// in it is empty, not an error.
func EncodeTile(z, x, y int, layers map[string][]TileFeature) ([]byte, error) {
	if z < 0 || z > 24 || x < 0 || y < 0 || x >= 1<<z || y >= 1<<z {
		return nil, fmt.Errorf("la tuile %d/%d/%d n'existe pas", z, x, y)
	}
	frame := newTileFrame(z, x, y)
	var out mvt.Layers
	for _, name := range slices.Sorted(maps.Keys(layers)) {
		layer := &mvt.Layer{Name: name, Version: 2, Extent: uint32(extentAt(z))} // #nosec G115 -- one of two constants
		for _, f := range layers[name] {
			g, err := frame.geometry(f.Geometry)
			if err != nil {
				return nil, fmt.Errorf("couche « %s », entité %d : %w", name, f.ID, err)
			}
			if g == nil {
				continue
			}
			gf := geojson.NewFeature(g)
			gf.ID = f.ID
			if code, ok := f.Props["code"]; ok {
				gf.Properties["code"] = code
			}
			layer.Features = append(layer.Features, gf)
		}
		if len(layer.Features) > 0 {
			out = append(out, layer)
		}
	}
	return mvt.Marshal(out)
}

// tileFrame turns degrees into units of one tile.
type tileFrame struct {
	extent        float64
	x0, y0, scale float64
	reach         orb.Bound // the tile and its margin, in its units
	around        orb.Bound // the same in degrees, to put aside quickly what lies elsewhere
}

func newTileFrame(z, x, y int) tileFrame {
	e := float64(extentAt(z))
	m := e / marginPart
	t := tileFrame{
		extent: e, x0: float64(x) * e, y0: float64(y) * e, scale: math.Exp2(float64(z)) * e,
		reach: orb.Bound{Min: orb.Point{-m, -m}, Max: orb.Point{e + m, e + m}},
	}
	nw, se := t.degrees(t.reach.Min), t.degrees(t.reach.Max)
	t.around = orb.Bound{Min: orb.Point{nw[0], se[1]}, Max: orb.Point{se[0], nw[1]}}
	return t
}

// mercatorTurn is the length of the equator in Web Mercator.
const mercatorTurn = 2 * math.Pi * grs80A

func (t tileFrame) degrees(p orb.Point) orb.Point {
	lon, lat := FromMercator(((p[0]+t.x0)/t.scale-0.5)*mercatorTurn, (0.5-(p[1]+t.y0)/t.scale)*mercatorTurn)
	return orb.Point{lon, lat}
}

func (t tileFrame) project(p orb.Point) orb.Point {
	x, y := ToMercator(p[0], p[1])
	return orb.Point{(x/mercatorTurn+0.5)*t.scale - t.x0, (0.5-y/mercatorTurn)*t.scale - t.y0}
}

func (t tileFrame) geometry(g orb.Geometry) (orb.Geometry, error) {
	switch g := g.(type) {
	case nil:
		return nil, nil //nolint:nilnil // nothing to draw
	case orb.Point:
		return t.points(orb.MultiPoint{g}), nil
	case orb.MultiPoint:
		return t.points(g), nil
	case orb.Polygon:
		return t.areas(orb.MultiPolygon{g}), nil
	case orb.MultiPolygon:
		return t.areas(g), nil
	}
	return nil, fmt.Errorf("une géométrie %T ne peut pas figurer dans une tuile", g)
}

func (t tileFrame) points(mp orb.MultiPoint) orb.Geometry {
	var out orb.MultiPoint
	for _, p := range mp {
		if q := t.project(p); finite(p) && t.reach.Contains(q) {
			out = append(out, orb.Point{math.Round(q[0]), math.Round(q[1])})
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// areas cuts, rounds and repairs. The y axis of a tile goes down, so that what turns
// counter-clockwise in numbers turns clockwise on the screen: as the format wants shells.
func (t tileFrame) areas(mp orb.MultiPolygon) orb.Geometry {
	var shapes []shape
	var largest orb.Bound
	for _, poly := range mp {
		if len(poly) == 0 || !poly[0].Bound().Intersects(t.around) {
			continue
		}
		projected := make(orb.Polygon, 0, len(poly))
		for _, r := range poly {
			q := make(orb.Ring, len(r))
			for i, p := range r {
				q[i] = t.project(p)
			}
			projected = append(projected, q)
		}
		b := projected[0].Bound()
		if largest.IsZero() || b.Right()-b.Left() > largest.Right()-largest.Left() {
			largest = b
		}
		if !t.reach.Contains(b.Min) || !t.reach.Contains(b.Max) {
			projected = clip.Polygon(t.reach, projected)
		}
		shapes = append(shapes, onTile(projected)...)
	}
	if checkShapes(shapes) != nil {
		shapes = rebuild(shapes)
	}
	if len(shapes) == 0 {
		return t.pixel(largest)
	}
	return tileOrb(shapes)
}

// onTile rounds rings to the units of the tile.
func onTile(poly orb.Polygon) []shape {
	var s shape
	for _, r := range poly {
		vs := make(ring, 0, len(r))
		for _, p := range r {
			if math.Abs(p[0]) < 1e6 && math.Abs(p[1]) < 1e6 {
				vs = append(vs, vertex{int32(math.Round(p[0])), int32(math.Round(p[1]))})
			}
		}
		if vs = withoutSpikes(vs); len(vs) < 3 || flat(vs) {
			if len(s) == 0 {
				return nil // without its shell a hole is nothing
			}
			continue
		}
		if (vs.area2() > 0) != (len(s) == 0) {
			vs = vs.turned()
		}
		s = append(s, vs)
	}
	if len(s) == 0 {
		return nil
	}
	return []shape{s}
}

// pixel stands for an area too small for the grid, when its middle is in the tile itself.
func (t tileFrame) pixel(b orb.Bound) orb.Geometry {
	c := b.Center()
	if b.IsZero() || c[0] < 0 || c[1] < 0 || c[0] >= t.extent || c[1] >= t.extent {
		return nil
	}
	x, y, side := int32(c[0]), int32(c[1]), int32(t.extent/pixelPart)
	return tileOrb([]shape{{{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}}}})
}

func tileOrb(shapes []shape) orb.MultiPolygon {
	mp := make(orb.MultiPolygon, len(shapes))
	for i, s := range shapes {
		for _, r := range s {
			out := make(orb.Ring, 0, len(r)+1)
			for _, v := range r {
				out = append(out, orb.Point{float64(v.x), float64(v.y)})
			}
			mp[i] = append(mp[i], append(out, out[0]))
		}
	}
	return mp
}
