// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

func read(t *testing.T, path, layer string) *Layer {
	t.Helper()
	l, err := ReadLayer(context.Background(), path, layer, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// write puts a file in a folder of the test's own.
func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func gunzip(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data) // to memory
	_ = w.Close()
	return b.Bytes()
}

// TestReadersAgree: the same three features through every format, as GDAL wrote them, are
// the same areas at the same places with the same attributes.
func TestReadersAgree(t *testing.T) {
	t.Parallel()
	want := read(t, "testdata/squares.geojson", "")
	cases := []struct {
		file, layer, format, crs string
		latin                    bool // the file's own charset has no œ
		onlyNames                bool // the file has no other attribute
	}{
		{file: "squares.geojson", format: "GeoJSON", crs: "WGS84"},
		{file: "lambert93.geojson", format: "GeoJSON", crs: "Lambert-93 (EPSG:2154)"},
		{file: "squares.topojson", layer: "communes", format: "TopoJSON", crs: "WGS84", onlyNames: true},
		{file: "wgs84.gpkg.gz", format: "GeoPackage", crs: "WGS84 (EPSG:4326)"},
		{file: "lambert93.gpkg.gz", format: "GeoPackage", crs: "Lambert-93 (EPSG:2154)"},
		{file: "rgf93.gpkg.gz", format: "GeoPackage", crs: "RGF93 (EPSG:4171)"},
		{file: "several.gpkg.gz", layer: "quartiers", format: "GeoPackage", crs: "WGS84 (EPSG:4326)"},
		{file: "chosen.gpkg.gz", format: "GeoPackage", crs: "WGS84 (EPSG:4326)"},
		{file: "shape-utf8.zip", format: "Shapefile", crs: "WGS 1984"},
		{file: "shape-lambert93.zip", format: "Shapefile", crs: "Lambert-93 (EPSG:2154)"},
		{file: "shape-z.zip", format: "Shapefile", crs: "WGS 1984"},
		{file: "shape-m.zip", format: "Shapefile", crs: "Lambert-93 (EPSG:2154)"},
		{file: "shape-bare.zip", format: "Shapefile", crs: "Lambert-93 (EPSG:2154)"},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			got := read(t, filepath.Join("testdata", c.file), c.layer)
			if got.Format != c.format || got.CRS != c.crs || len(got.Features) != 3 {
				t.Fatalf("format %q, CRS %q, %d features; want %q, %q, 3", got.Format, got.CRS, len(got.Features), c.format, c.crs)
			}
			for i := range want.Features {
				compareFeatures(t, i, &got.Features[i], &want.Features[i], c.onlyNames)
			}
		})
	}
}

func compareFeatures(t *testing.T, i int, got, want *Feature, onlyNames bool) {
	t.Helper()
	g, _ := Repair(got.Geometry)
	w, _ := Repair(want.Geometry)
	if math.Abs(Area(g)-Area(w)) > 1 || len(g) != len(w) { // square metres, of a square kilometre
		t.Errorf("feature %d: %d polygons and %.1f m², want %d and %.1f m²", i, len(g), Area(g), len(w), Area(w))
	}
	for k := range g {
		if len(g[k]) != len(w[k]) {
			t.Errorf("feature %d, polygon %d: %d rings, want %d", i, k, len(g[k]), len(w[k]))
		}
	}
	for key, text := range want.Props {
		have := got.Props[key]
		switch {
		case onlyNames && key != "code" && key != "nom":
			continue
		case key == "taux" && have == text+".0":
			continue // GDAL writes 0.0
		case key == "ouvert" && (have == "1" && text == "true" || have == "0" && text == "false" || have == "" || text == ""):
			continue // a shapefile has no unknown among its truths, a GeoPackage writes 1 and 0
		case key == "vu" && have == strings.ReplaceAll(text, "-", "/"):
			continue
		}
		if have != text {
			t.Errorf("feature %d: %s = %q, want %q", i, key, have, text)
		}
	}
}

func TestReadPlainFiles(t *testing.T) {
	t.Parallel()
	gpkg := write(t, "communes.gpkg", gunzip(t, fixture(t, "wgs84.gpkg.gz")))
	if l := read(t, gpkg, ""); len(l.Features) != 3 || l.Name != "communes" || l.Features[1].ID != "2" {
		t.Errorf("layer %q, %d features, ID %q", l.Name, len(l.Features), l.Features[1].ID)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(gpkg), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("reading a GeoPackage left files beside it: %v, %v", left, err)
	}
	gz := write(t, "squares.geojson.gz", gzipped(fixture(t, "squares.geojson")))
	if l := read(t, gz, ""); len(l.Features) != 3 {
		t.Errorf("%d features under gzip", len(l.Features))
	}
	points := read(t, "testdata/shape-points.zip", "")
	if len(points.Features) != 2 || len(points.Features[1].Points) != 2 || points.Features[0].Props["nom"] != "Crèche des Lilas" {
		t.Errorf("points = %+v", points.Features)
	}
}

func TestReadShapefileBesideItsParts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	z, err := zip.NewReader(bytes.NewReader(fixture(t, "shape-lambert93.zip")), int64(len(fixture(t, "shape-lambert93.zip"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f.Name)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := read(t, filepath.Join(dir, "shape-lambert93.shp"), "")
	if l.Features[2].Props["nom"] != "L'Île œuvre" || l.CRS != "Lambert-93 (EPSG:2154)" {
		t.Errorf("%q, %q", l.Features[2].Props["nom"], l.CRS)
	}
}

func TestLayers(t *testing.T) {
	t.Parallel()
	infos, err := Layers(context.Background(), "testdata/several.gpkg.gz", Limits{})
	if err != nil || len(infos) != 3 || infos[0] != (LayerInfo{"communes", "polygones", 3}) || infos[1] != (LayerInfo{"points", "points", 2}) {
		t.Errorf("Layers = %+v, %v", infos, err)
	}
	_, err = ReadFile(context.Background(), "testdata/several.gpkg.gz", Limits{})
	var several *SeveralLayersError
	if !errors.As(err, &several) || len(several.Layers) != 3 ||
		err.Error() != "several.gpkg.gz contient plusieurs couches (« communes », « points », « quartiers ») : indiquez laquelle lire" {
		t.Errorf("err = %v", err)
	}
	infos, err = Layers(context.Background(), "testdata/squares.topojson", Limits{})
	if err != nil || len(infos) != 2 || infos[0].Name != "communes" || infos[0].Features != 3 {
		t.Errorf("Layers = %+v, %v", infos, err)
	}
	for _, file := range []string{"squares.geojson", "shape-utf8.zip"} {
		if infos, err := Layers(context.Background(), filepath.Join("testdata", file), Limits{}); err != nil || len(infos) != 1 {
			t.Errorf("Layers(%s) = %+v, %v", file, infos, err)
		}
	}
	if m := read(t, "testdata/squares.topojson", "mairies"); m.Features[0].Points[1] != (orb.Point{2.495, 48.905}) {
		t.Errorf("mairies = %v", m.Features[0].Points)
	}
}

func TestCRS84AndOtherMembers(t *testing.T) {
	t.Parallel()
	const ring = `[[[2.48,48.9],[2.49,48.9],[2.49,48.91],[2.48,48.9]]]`
	const lambert = `[[[661877,6866791],[662610,6866787],[662618,6867899],[661877,6866791]]]`
	cases := []struct{ name, text, crs, warning string }{
		{"crs after the features", `{"features":[{"geometry":{"coordinates":` + lambert + `,"type":"Polygon"},"type":"Feature","properties":null}],"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:2154"}}}`, "Lambert-93 (EPSG:2154)", ""},
		{"CRS84", `{"type":"Polygon","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},"coordinates":` + ring + `}`, "WGS84 (CRS84)", ""},
		{"URL", `{"type":"Polygon","crs":{"type":"name","properties":{"name":"http://www.opengis.net/def/crs/EPSG/0/2154"}},"coordinates":` + lambert + `}`, "Lambert-93 (EPSG:2154)", ""},
		{"number", `{"type":"Polygon","crs":{"type":"EPSG","properties":{"code":2154}},"coordinates":` + lambert + `}`, "Lambert-93 (EPSG:2154)", ""},
		{"null", `{"type":"Feature","crs":null,"geometry":{"type":"GeometryCollection","geometries":[{"type":"Polygon","coordinates":` + ring + `}]}}`, "WGS84", ""},
		{"silence with metres", "\ufeff" + ` {"type":"Polygon","coordinates":` + lambert + `}`, "Lambert-93 (EPSG:2154)", "Le fichier ne dit pas son système de coordonnées : les valeurs sont celles du Lambert-93, il est lu comme tel."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := read(t, write(t, "a.json", []byte(c.text)), "")
			if l.CRS != c.crs || strings.Join(l.Warnings, "") != c.warning || l.Name != "a" {
				t.Errorf("CRS %q, warnings %q, name %q", l.CRS, l.Warnings, l.Name)
			}
			if g, _ := Repair(l.Features[0].Geometry); len(g) != 1 || !inFrance(g[0][0][0]) {
				t.Errorf("geometry %v", g)
			}
		})
	}
}

func TestBadFilesSaySoInFrench(t *testing.T) {
	t.Parallel()
	polygon := func(coordinates string) string { return `{"type":"Polygon","coordinates":` + coordinates + `}` }
	cases := []struct {
		name, text string
		kind       error
		want       string
	}{
		{"empty", "", ErrFormat, "empty : le fichier est vide"},
		{"html", "<!DOCTYPE html><p>404", ErrFormat, "page d'erreur"},
		{"csv", "code;nom\n93010;Bondy\n", ErrFormat, "sont acceptés : GeoJSON, TopoJSON, GeoPackage (.gpkg) et shapefile dans un .zip"},
		{"utf16", "\xff\xfe{\x00", ErrFormat, "UTF-16"},
		{"truncated", "{\"type\":\"FeatureCollection\",\n\"features\":[{\"type\":\"Fea", ErrFormat, "truncated : ligne 2, colonne 24 : le fichier s'arrête trop tôt"},
		{"not geo", `{"a":1}`, ErrFormat, "ce n'est ni du GeoJSON"},
		{"comma", `{"type":"Polygon" "coordinates":[]}`, ErrFormat, "ligne 1, colonne 19 : « , » ou « } » attendu, « \" » trouvé"},
		{"trailing", `{"type":"Polygon","coordinates":[]} {}`, ErrFormat, "suit la fin du document"},
		{"NaN", polygon(`[[[NaN,48]]]`), ErrFormat, "un nombre est attendu, « NaN,48"},
		{"infinity", polygon(`[[[1e999,48]]]`), ErrFormat, "1e999 est hors de toute mesure"},
		{"one ordinate", polygon(`[[[2]]]`), ErrFormat, "un point n'a qu'une coordonnée"},
		{"wrong nesting", polygon(`[[2,48],[3,48]]`), ErrFormat, "les coordonnées ne sont pas celles d'un Polygon"},
		{"mixed nesting", polygon(`[[[2,48],[[3,48]]]]`), ErrFormat, "emboîtées de travers"},
		{"deep", polygon(strings.Repeat("[", 100_000)), ErrFormat, "plus de 64 niveaux d'imbrication"},
		{"deep attributes", `{"type":"Feature","properties":{"a":` + strings.Repeat("[", 100_000), ErrFormat, "plus de 64 niveaux"},
		{"feature type", `{"type":"FeatureCollection","features":[{"type":"Point","coordinates":[2,48]}]}`, ErrFormat, "entité n° 1 : « type » vaut « Point » au lieu de « Feature »"},
		{"no features", `{"type":"FeatureCollection"}`, ErrFormat, "sans membre « features »"},
		{"unknown geometry", `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Circle"}}]}`, ErrFormat, "« Circle » n'est pas un type de géométrie"},
		{"latin1", "{\"type\":\"Feature\",\"properties\":{\"nom\":\"\xc9pinay\"}}", ErrFormat, "UTF-8"},
		{"swapped", polygon(`[[[48.9,2.48],[48.9,2.49],[48.91,2.49],[48.9,2.48]]]`), ErrAxisOrder, "entité n° 1 : latitude et longitude semblent inversées ((48,90000 ; 2,48000) tombe hors de France"},
		{"swapped in Réunion", polygon(`[[[-21.1,55.5],[-21.1,55.6],[-21.2,55.6],[-21.1,55.5]]]`), ErrAxisOrder, "inversées"},
		{"Lambert II", `{"type":"Polygon","crs":{"type":"name","properties":{"name":"EPSG:27572"}},"coordinates":[]}`, ErrCRS, "le système de coordonnées « EPSG:27572 » n'est pas reconnu ; sont acceptés : WGS84"},
		{"silent metres", polygon(`[[[600000,2428000],[601000,2428000],[601000,2429000],[600000,2428000]]]`), ErrCRS, "ses valeurs, de (600000 ; 2428000) à (601000 ; 2429000), ne sont ni des degrés ni du Lambert-93"},
		{"metres said to be degrees", `{"type":"Polygon","crs":{"type":"name","properties":{"name":"EPSG:4326"}},"coordinates":[[[661877,6866791],[662610,6866787],[662618,6867899],[661877,6866791]]]}`, ErrCRS, "entité n° 1 : le point (661877 ; 6866791) n'a pas de sens en WGS84 (EPSG:4326)"},
		{"missing arc", `{"type":"Topology","arcs":[],"objects":{"a":{"type":"Polygon","arcs":[[3]]}}}`, ErrFormat, "objet « a », entité n° 1 : l'arc n° 3 n'existe pas"},
		{"no object", `{"type":"Topology","arcs":[]}`, ErrFormat, "aucun objet"},
		{"zip", "PK\x03\x04 not really", ErrFormat, "l'archive zip est abîmée"},
		{"gzip", "\x1f\x8b\x08 not really", ErrFormat, "tronqué"},
		{"sqlite", "SQLite format 3\x00 not really", ErrFormat, "SQLite"},
		{"shp", "\x00\x00\x27\x0a not really", ErrFormat, "réunissez .shp, .shx, .dbf, .prj"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, err := ReadFile(context.Background(), write(t, c.name, []byte(c.text)), Limits{})
			if err == nil {
				t.Fatalf("no error, but %+v", l)
			}
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), c.name+" : ") {
				t.Errorf("error is %q of kind %v, want %q of kind %v", err, errors.Unwrap(err), c.want, c.kind)
			}
		})
	}
	for file, want := range map[string]error{"lambert2.gpkg.gz": ErrCRS, "shape-lambert2.zip": ErrCRS} {
		if _, err := ReadFile(context.Background(), filepath.Join("testdata", file), Limits{}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", file, err, want)
		}
	}
	if _, err := ReadLayer(context.Background(), "testdata/several.gpkg.gz", "iris", Limits{}); !errors.Is(err, ErrNoLayer) {
		t.Errorf("err = %v", err)
	}
	if _, err := ReadFile(context.Background(), "testdata/absent.gpkg", Limits{}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "absent.gpkg : le fichier n'existe pas") {
		t.Errorf("err = %v", err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	bomb := gzipped(append([]byte(`{"type":"FeatureCollection","features":[`), bytes.Repeat([]byte(" "), 20<<20)...))
	path := write(t, "bomb.geojson.gz", bomb)
	if _, err := ReadFile(context.Background(), path, Limits{MaxBytes: 1 << 20}); !errors.Is(err, ErrTooBig) || !strings.Contains(err.Error(), "plus de 1 Mo") {
		t.Errorf("gzip bomb: %v", err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"a.shp", "a.dbf"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 100)
		copy(head, "\x00\x00\x27\x0a")
		copy(head[28:], "\xe8\x03\x00\x00\x05")
		record := "\x00\x00\x00\x01\x10\x00\x00\x00\x05\x00\x00\x00"
		_, _ = w.Write(append(append(head, record...), make([]byte, 20<<20)...)) // to memory
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path = write(t, "bomb.zip", b.Bytes())
	if _, err := ReadFile(context.Background(), path, Limits{MaxBytes: 1 << 20}); err == nil {
		t.Error("a zip bomb was read")
	}
	for _, lim := range []Limits{{MaxFeatures: 2}, {MaxVertices: 10}, {MaxText: 20}} {
		for _, file := range []string{"squares.geojson", "wgs84.gpkg.gz", "shape-utf8.zip"} {
			if _, err := ReadFile(context.Background(), filepath.Join("testdata", file), lim); !errors.Is(err, ErrTooBig) {
				t.Errorf("%s with %+v: %v", file, lim, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, file := range []string{"squares.geojson", "wgs84.gpkg.gz", "shape-utf8.zip"} {
		if _, err := ReadFile(ctx, filepath.Join("testdata", file), Limits{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s cancelled: %v", file, err)
		}
	}
}

// TestDamagedFiles cuts and overwrites good files: whatever comes, an error or a layer, it
// comes without panic.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{"a.gpkg": gunzip(t, fixture(t, "wgs84.gpkg.gz"))}
	for _, name := range []string{"shape-utf8.zip", "squares.topojson", "wgs84.gpkg.gz"} {
		files[name] = fixture(t, name)
	}
	for name, good := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			seed := uint32(93)
			for i := range 60 {
				bad := bytes.Clone(good)
				if i%3 == 0 {
					bad = bad[:len(bad)*i/60]
				} else {
					for range 1 + i {
						seed = seed*1664525 + 1013904223
						bad[int(seed>>4)%len(bad)] = byte(seed >> 24)
					}
				}
				if err := os.WriteFile(path, bad, 0o600); err != nil {
					t.Fatal(err)
				}
				l, err := ReadLayer(context.Background(), path, "", Limits{})
				if err == nil && l == nil {
					t.Error("neither layer nor error")
				}
			}
		})
	}
}

// zipParts are the files of an archive by extension.
func zipParts(t testing.TB, path string) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	parts := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[filepath.Ext(f.Name)] = data
	}
	return parts
}
