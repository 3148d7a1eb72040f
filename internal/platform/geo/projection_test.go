// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// goldenPoint is a line of testdata/gdaltransform.csv, made by PROJ through
// gdaltransform -s_srs EPSG:4326 -t_srs EPSG:…
type goldenPoint struct {
	epsg           int
	lon, lat, x, y float64
}

func goldenPoints(t *testing.T) []goldenPoint {
	t.Helper()
	f, err := os.Open("testdata/gdaltransform.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []goldenPoint
	for _, row := range rows[1:] {
		var v [5]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(row[i], 64); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, goldenPoint{int(v[0]), v[1], v[2], v[3], v[4]})
	}
	return out
}

func TestProjectionsAgreeWithPROJ(t *testing.T) {
	t.Parallel()
	const metre, degree = 1e-5, 2e-9 // a fifth of a millimetre: WGS84's ellipsoid is not quite GRS80
	seen := map[int]int{}
	for _, g := range goldenPoints(t) {
		seen[g.epsg]++
		forward := map[int]func(float64, float64) (float64, float64){2154: ToLambert93, 3857: ToMercator}[g.epsg]
		if forward != nil {
			if x, y := forward(g.lon, g.lat); math.Hypot(x-g.x, y-g.y) > metre {
				t.Errorf("EPSG:%d of (%v, %v) = (%.6f, %.6f), PROJ says (%.6f, %.6f)", g.epsg, g.lon, g.lat, x, y, g.x, g.y)
			}
		}
		c, ok := crsByCode(g.epsg)
		if !ok {
			t.Fatalf("EPSG:%d is not known", g.epsg)
		}
		if lon, lat := c.toDegree(g.x, g.y); math.Hypot(lon-g.lon, lat-g.lat) > degree {
			t.Errorf("inverse of EPSG:%d at (%.6f, %.6f) = (%.12f, %.12f), want (%v, %v)", g.epsg, g.x, g.y, lon, lat, g.lon, g.lat)
		}
	}
	if seen[2154] < 60 || len(seen) < 8 {
		t.Errorf("too few golden points: %v", seen)
	}
}

func TestProjectionsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lon, lat := rapid.Float64Range(-6, 10).Draw(t, "lon"), rapid.Float64Range(41, 52).Draw(t, "lat")
		for name, there := range map[string][2]func(float64, float64) (float64, float64){
			"Lambert-93": {ToLambert93, FromLambert93}, "Mercator": {ToMercator, FromMercator},
		} {
			gotLon, gotLat := there[1](there[0](lon, lat))
			if math.Hypot(gotLon-lon, gotLat-lat) > 1e-11 {
				t.Fatalf("%s: (%v, %v) came back as (%v, %v)", name, lon, lat, gotLon, gotLat)
			}
		}
	})
}

func BenchmarkToLambert93(b *testing.B) {
	for i := range b.N {
		ToLambert93(2+float64(i%100)/100, 48)
	}
}
