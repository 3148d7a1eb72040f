// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"

	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// asked is a request for a tile, without compression unless told.
func asked(t *testing.T, srv *web.Server, path string, headers ...string) *webtest.Answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return webtest.Do(t, srv, r)
}

func TestTilesCarryCodesAlone(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	drawn(t, r, communes93(t), ContourOptions{})
	srv := served(t, r, nil)
	seen := map[string]bool{}
	for z := CommuneMinZoom; z <= MaxTileZoom; z += 5 {
		tile := maptile.At([2]float64{2.31, 48.86}, maptile.Zoom(z))
		a := asked(t, srv, fmt.Sprintf("/contours/tuiles/%d/%d/%d.mvt", z, tile.X, tile.Y))
		if a.Status != http.StatusOK || a.Header.Get("Content-Type") != tileType {
			t.Fatalf("zoom %d: %d %s", z, a.Status, a.Header.Get("Content-Type"))
		}
		layers, err := mvt.Unmarshal([]byte(a.Body))
		if err != nil || len(layers) != 1 || layers[0].Name != CommuneLayer || layers[0].Version != 2 {
			t.Fatalf("zoom %d: %v, %v", z, layers, err)
		}
		for _, f := range layers[0].Features {
			if len(f.Properties) != 1 {
				t.Errorf("zoom %d: a feature carries %v", z, f.Properties)
			}
			seen[fmt.Sprint(f.Properties["code"])] = true
		}
	}
	if len(seen) != 39 || !seen["93066"] || seen["93059"] {
		t.Errorf("%d codes in the tiles, want the 39 of today", len(seen))
	}
	if a := asked(t, srv, "/contours/tuiles/3/4/2.mvt"); a.Status != http.StatusNoContent {
		t.Errorf("communes at zoom 3: %d", a.Status)
	}
}

func TestTileAddresses(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	drawn(t, r, communes93(t), ContourOptions{})
	srv := served(t, r, nil)
	version := r.State().Outlines.Version
	for path, want := range map[string]int{
		"/contours/tuiles/9/259/176.mvt":    200,
		"/contours/tuiles/9/0/0.mvt":        204,
		"/contours/tuiles/9/512/0.mvt":      404,
		"/contours/tuiles/9/0/512.mvt":      404,
		"/contours/tuiles/15/0/0.mvt":       404,
		"/contours/tuiles/-1/0/0.mvt":       404,
		"/contours/tuiles/9/259/176.pbf":    404,
		"/contours/tuiles/9/259/0176.mvt":   404,
		"/contours/tuiles/9/+259/176.mvt":   404,
		"/contours/tuiles/9/259/176":        404,
		"/contours/tuiles/9/99999999/1.mvt": 404,
	} {
		if got := asked(t, srv, path); got.Status != want {
			t.Errorf("%s: %d, want %d", path, got.Status, want)
		}
	}
	path := "/contours/tuiles/9/259/176.mvt"
	if got := asked(t, srv, path).Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control without version = %q", got)
	}
	if got := asked(t, srv, path+"?v=ancienne").Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control of an old version = %q", got)
	}
	kept := asked(t, srv, path+"?v="+version)
	if got := kept.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control of this version = %q", got)
	}
	if a := asked(t, srv, path, "If-None-Match", kept.Header.Get("Etag")); a.Status != http.StatusNotModified {
		t.Errorf("the same tile again: %d", a.Status)
	}
	zipped := asked(t, srv, path, "Accept-Encoding", "gzip")
	plain, err := unpacked([]byte(zipped.Body))
	if zipped.Header.Get("Content-Encoding") != "gzip" || err != nil || string(plain) != kept.Body {
		t.Errorf("compressed: %q, %v", zipped.Header.Get("Content-Encoding"), err)
	}
	if zipped.Header.Get("Etag") == kept.Header.Get("Etag") {
		t.Error("both encodings have the same strong ETag")
	}
	if asked(t, srv, path, "Accept-Encoding", "gzip;q=0, br").Header.Get("Content-Encoding") != "" {
		t.Error("compressed for a client that refuses it")
	}
}

func TestTileJSON(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	srv := served(t, r, nil)
	if a := webtest.Get(t, srv, "/contours/tuiles.json"); a.Status != http.StatusOK {
		t.Errorf("without contours: %d", a.Status)
	}
	drawn(t, r, append(communes93(t), square{"93", 0, 0}), ContourOptions{Source: "IGN"})
	var info tileInfo
	decode(t, webtest.Get(t, srv, "/contours/tuiles.json"), &info)
	if len(info.VectorLayers) != 2 || info.Attribution != "IGN" || len(info.Bounds) != 4 || info.Tiles[0] != "/contours/tuiles/{z}/{x}/{y}.mvt?v="+r.State().Outlines.Version {
		t.Errorf("tiles.json = %+v", info)
	}
}

func TestTileCacheIsBounded(t *testing.T) {
	t.Parallel()
	var c tileCache
	for i := range 200 {
		c.put([3]int{14, i, 0}, make([]byte, 1<<20))
		if i%10 == 0 {
			c.get([3]int{14, 0, 0})
		}
	}
	if c.used > tileCacheBytes || c.order.Len() != len(c.byKey) {
		t.Errorf("%d bytes kept, %d tiles, %d keys", c.used, c.order.Len(), len(c.byKey))
	}
	if _, ok := c.get([3]int{14, 0, 0}); !ok {
		t.Error("the tile asked most often is gone")
	}
	if _, ok := c.get([3]int{14, 1, 0}); ok {
		t.Error("an old tile is still there")
	}
}

func TestOutlineFileOfADepartement(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	set := drawn(t, r, communes93(t), ContourOptions{})
	srv := served(t, r, nil)
	for _, name := range []string{CurrentOutlines, set.ID} {
		a := webtest.Get(t, srv, "/contours/"+name+"/departement/93.geojson")
		fc, err := geojson.UnmarshalFeatureCollection([]byte(a.Body))
		if err != nil || len(fc.Features) != 39 || a.Header.Get("Content-Type") != "application/geo+json; charset=utf-8" {
			t.Fatalf("%s: %v, %s", name, err, a.Header.Get("Content-Type"))
		}
		i := slices.IndexFunc(fc.Features, func(f *geojson.Feature) bool { return f.Properties["code"] == "93066" })
		if f := fc.Features[i]; f.Properties["nom"] != "Saint-Denis" || len(f.Properties) != 2 || f.Geometry.GeoJSONType() != "Polygon" {
			t.Errorf("%s: Saint-Denis = %v, %s", name, f.Properties, f.Geometry.GeoJSONType())
		}
	}
	for _, path := range []string{"/contours/actuels/departement/93", "/contours/actuels/departement/93066.geojson", "/contours/inconnu/departement/93.geojson"} {
		if a := webtest.Get(t, srv, path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}
