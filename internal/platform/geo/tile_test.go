// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"bytes"
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"pgregory.net/rapid"
)

// tileOf is the tile of a zoom that holds a place.
func tileOf(z int, p orb.Point) (x, y int) {
	f := newTileFrame(z, 0, 0)
	q := f.project(p)
	return int(q[0] / f.extent), int(q[1] / f.extent)
}

func decodeTile(t interface {
	Helper()
	Fatal(...any)
}, data []byte) map[string]*mvt.Layer {
	t.Helper()
	layers, err := mvt.Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*mvt.Layer{}
	for _, l := range layers {
		out[l.Name] = l
	}
	return out
}

func TestEncodeTile(t *testing.T) {
	t.Parallel()
	town := orb.MultiPolygon{{closed(0, 0, 20000, 0, 20000, 20000, 0, 20000), closed(5000, 5000, 5000, 6000, 6000, 6000, 6000, 5000)}}
	x, y := tileOf(12, at(1000, 1000))
	data, err := EncodeTile(12, x, y, map[string][]TileFeature{
		"communes": {{ID: 93010, Props: map[string]string{"code": "93010", "taux": "valeur-secrete"}, Geometry: town}},
		"creches":  {{ID: 7, Props: map[string]string{"code": "c7"}, Geometry: at(1000, 1000)}, {ID: 8, Geometry: orb.Point{-61, 16}}},
		"rien":     {{ID: 9, Geometry: orb.Polygon{closed(900_000, 0, 910_000, 0, 910_000, 10_000)}}, {ID: 10}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("secret")) || bytes.Contains(data, []byte("taux")) {
		t.Error("an attribute other than code travels in the tile")
	}
	layers := decodeTile(t, data)
	communes := layers["communes"]
	if len(layers) != 2 || communes == nil || communes.Version != 2 || communes.Extent != tileExtent {
		t.Fatalf("layers = %+v", layers)
	}
	f := communes.Features[0]
	if f.Properties["code"] != "93010" || f.ID != float64(93010) || len(f.Properties) != 1 {
		t.Errorf("ID %v, properties %v", f.ID, f.Properties)
	}
	if n := len(layers["creches"].Features); n != 1 {
		t.Errorf("%d points, want 1: the other is in Guadeloupe", n)
	}
	if _, err := EncodeTile(3, 8, 0, nil); err == nil {
		t.Error("a tile outside the square was made")
	}
	if data, err := EncodeTile(3, 7, 0, nil); err != nil || len(data) != 0 {
		t.Errorf("an empty tile is %v, %v", data, err)
	}
}

func TestSmallTownsStayInTiles(t *testing.T) {
	t.Parallel()
	x, y := tileOf(3, at(0, 0))
	data, err := EncodeTile(3, x, y, map[string][]TileFeature{"communes": {{ID: 1, Geometry: orb.MultiPolygon{{closed(0, 0, 2000, 0, 2000, 2000)}}}}})
	if err != nil {
		t.Fatal(err)
	}
	g, ok := decodeTile(t, data)["communes"].Features[0].Geometry.(orb.Polygon)
	if !ok || g.Bound().Right()-g.Bound().Left() != farTileExtent/pixelPart {
		t.Errorf("geometry = %v, want a square of one pixel", g)
	}
}

// TestTilesAreValid cuts random partitions by tiles: every polygon is valid on the tile's
// grid and turns as the format asks, and neighbours leave no gap in the tile.
func TestTilesAreValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := partition(rapid.Uint64().Draw(t, "seed"), 4, 4, 4)
		z := rapid.IntRange(8, 18).Draw(t, "zoom")
		x, y := tileOf(z, orb.Point{rapid.Float64Range(0, 0.016).Draw(t, "lon"), rapid.Float64Range(0, 0.016).Draw(t, "lat")})
		var features []TileFeature
		for i, mp := range in {
			features = append(features, TileFeature{ID: uint64(i), Geometry: mp})
		}
		data, err := EncodeTile(z, x, y, map[string][]TileFeature{"a": features})
		if err != nil {
			t.Fatal(err)
		}
		layer := decodeTile(t, data)["a"]
		if layer == nil {
			return
		}
		for _, f := range layer.Features {
			checkTileGeometry(t, f.Geometry)
		}
	})
}

func checkTileGeometry(t *rapid.T, g orb.Geometry) {
	var mp orb.MultiPolygon
	switch g := g.(type) {
	case orb.Polygon:
		mp = orb.MultiPolygon{g}
	case orb.MultiPolygon:
		mp = g
	default:
		t.Fatalf("a %T in the tile", g)
	}
	for i := range mp { // tile units stand for grid steps
		for j := range mp[i] {
			for k, p := range mp[i][j] {
				mp[i][j][k] = orb.Point{p[0] / perDegree, p[1] / perDegree}
				if math.Abs(p[0]-tileExtent/2) > tileExtent/2+tileExtent/marginPart || math.Abs(p[1]-tileExtent/2) > tileExtent/2+tileExtent/marginPart {
					t.Fatalf("%v lies beyond the margin", p)
				}
			}
		}
	}
	if err := CheckValid(mp); err != nil {
		t.Fatalf("%v: %v", err, mp)
	}
}

func BenchmarkEncodeTile(b *testing.B) {
	in := partition(93, 20, 60, 9)
	var features []TileFeature
	for i, mp := range in {
		features = append(features, TileFeature{ID: uint64(i), Props: map[string]string{"code": "93010"}, Geometry: mp})
	}
	x, y := tileOf(11, orb.Point{0.04, 0.04})
	for b.Loop() {
		if _, err := EncodeTile(11, x, y, map[string][]TileFeature{"communes": features}); err != nil {
			b.Fatal(err)
		}
	}
}
