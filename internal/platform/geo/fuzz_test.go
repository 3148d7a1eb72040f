// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
	"github.com/paulmach/orb/encoding/wkb"
)

// small limits what one input of a fuzzer may cost.
var small = Limits{MaxBytes: 1 << 20, MaxFeatures: 1000, MaxVertices: 10_000, MaxText: 10_000}

func newMeter() *meter { return &meter{lim: small.withDefaults()} }

// checkLayer: whatever was read is finite, in degrees, and can be repaired.
func checkLayer(t *testing.T, l *Layer) {
	t.Helper()
	if l.CRS == "" {
		t.Error("a layer without a coordinate system")
	}
	for i := range l.Features {
		for _, poly := range l.Features[i].Geometry {
			for _, r := range poly {
				for _, p := range r {
					if !finite(p) || p[0] > 360 || p[0] < -360 || p[1] > 360 || p[1] < -360 {
						t.Fatalf("feature %d has a vertex at %v", i, p)
					}
				}
			}
		}
		if g, _ := Repair(l.Features[i].Geometry); !IsValid(g) {
			t.Fatalf("Repair gave %v", g)
		}
	}
}

func FuzzGeoJSON(f *testing.F) {
	for _, name := range []string{"squares.geojson", "points.geojson", "lambert93.geojson", "squares.topojson"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{
		`{"type":"Polygon","coordinates":[[[2,48],[3,48,7],[3,49,-1e2],[2,48]]]}`,
		`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[2,48]},{"type":"LineString","coordinates":[]}]}`,
		`{"type":"Feature","id":7,"properties":{"a\u00e9\ud83d\ude00":"\n","b":[1,{"c":null}],"d":true},"geometry":null}`,
		`{"type":"Topology","arcs":[[[2,48],[3,48],[3,49],[2,48]]],"objects":{"a":{"type":"Polygon","arcs":[[-1]]},"b":{"type":"MultiPolygon","arcs":[[[0]]]}}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := readJSON(bytes.NewReader(data), "", newMeter())
		if err != nil {
			return
		}
		if text := bytes.TrimRight(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), "\x00 \t\r\n"); !json.Valid(text) {
			t.Fatalf("read what is not JSON: %q", data)
		}
		checkLayer(t, l)
	})
}

func FuzzWKB(f *testing.F) {
	mp := orb.MultiPolygon{{closed(0, 0, 100, 0, 100, 100), closed(10, 10, 20, 20, 20, 10)}}
	for _, g := range []orb.Geometry{mp, mp[0], at(0, 0), orb.MultiPoint{at(0, 0)}, orb.LineString{at(0, 0), at(1, 1)}, orb.Collection{mp, at(0, 0)}} {
		f.Add(wkb.MustMarshal(g))
		f.Add(wkb.MustMarshal(g, binary.BigEndian))
		f.Add(ewkb.MustMarshal(g, 4326))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var feature Feature
		if _, err := readWKB(data, &feature, newMeter()); err != nil {
			return
		}
		l := &Layer{Features: []Feature{feature}, Format: "GeoPackage"}
		if l.settle(&crs{name: "WGS84"}) == nil {
			checkLayer(t, l)
		}
	})
}

func FuzzShapefile(f *testing.F) {
	for _, name := range []string{"shape-utf8.zip", "shape-z.zip", "shape-m.zip", "shape-lambert93.zip", "shape-points.zip"} {
		parts := zipParts(f, "testdata/"+name)
		f.Add(parts[".shp"], parts[".dbf"], string(parts[".prj"]), string(parts[".cpg"]))
	}
	f.Fuzz(func(t *testing.T, shp, dbf []byte, prj, cpg string) {
		l, err := readShapefile(shapeParts{shp: bytes.NewReader(shp), dbf: bytes.NewReader(dbf), prj: prj, cpg: cpg}, newMeter())
		if err == nil {
			checkLayer(t, l)
		}
	})
}

func FuzzDBF(f *testing.F) {
	f.Add(zipParts(f, "testdata/shape-utf8.zip")[".dbf"], "UTF-8")
	f.Add(zipParts(f, "testdata/shape-lambert93.zip")[".dbf"], "")
	f.Fuzz(func(t *testing.T, data []byte, cpg string) {
		d, err := newDBF(bytes.NewReader(data), cpg, newMeter())
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			props, _, err := d.next()
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooBig) {
					t.Fatalf("an error without a kind: %v", err)
				}
				return
			}
			if n > len(data) {
				t.Fatalf("%d records in %d bytes: %v", n, len(data), props)
			}
		}
	})
}

func FuzzWKT(f *testing.F) {
	for _, name := range []string{"shape-utf8.zip", "shape-m.zip", "shape-lambert2.zip"} {
		f.Add(string(zipParts(f, "testdata/"+name)[".prj"]))
	}
	f.Add(`PROJCS["RGR92 / UTM zone 40S",GEOGCS["RGR92",DATUM["Reseau_Geodesique_de_la_Reunion_1992"]],AUTHORITY["EPSG","2975"]]`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := crsByWKT(text)
		if (err == nil) == (c.name == "" && c.toDegree == nil) && err != nil {
			t.Fatalf("%q gives both %v and %v", text, c, err)
		}
	})
}

// FuzzRepair reads bytes as rings on a small grid: every fault a ring can have.
func FuzzRepair(f *testing.F) {
	f.Add([]byte{0, 0, 9, 9, 9, 0, 0, 9})
	f.Add([]byte{0, 0, 9, 0, 9, 9, 0, 9, 255, 3, 3, 3, 6, 6, 6, 6, 3, 254, 5, 5, 15, 5, 15, 15})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 400 {
			return
		}
		mp := orb.MultiPolygon{{{}}}
		for i := 0; i < len(data); i++ {
			last := len(mp) - 1
			switch {
			case data[i] == 254:
				mp = append(mp, orb.Polygon{{}})
			case data[i] == 255:
				mp[last] = append(mp[last], orb.Ring{})
			case i+1 < len(data):
				r := len(mp[last]) - 1
				mp[last][r] = append(mp[last][r], at(int(data[i]), int(data[i+1])))
				i++
			}
		}
		got, _ := Repair(mp)
		if err := CheckValid(got); err != nil {
			t.Fatalf("%v: %v", err, got)
		}
		if again, changed := Repair(got); changed || !equal(again, got) {
			t.Fatalf("Repair of a repaired geometry gave %v", again)
		}
		for i, s := range Simplify([]orb.MultiPolygon{got, nil, got}, 1) {
			if err := CheckValid(s); err != nil || len(s) != len(got) && i != 1 {
				t.Fatalf("Simplify gave %v: %v", s, err)
			}
		}
	})
}

func equal(a, b orb.MultiPolygon) bool {
	return len(a) == 0 && len(b) == 0 || a.Equal(b)
}
