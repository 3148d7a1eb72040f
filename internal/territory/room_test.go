// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

var ourTables = []dbtest.Room{{Name: "territory", FS: Migrations()}}

// noon is when the tests take place.
var noon = time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)

func opened(t *testing.T, d *db.DB) *Room {
	t.Helper()
	r, err := Open(t.Context(), loaded(t), NewStore(d), "93")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// onSQLite is a room on an engine that starts at once, for what has no SQL of its own.
func onSQLite(t *testing.T) *Room {
	t.Helper()
	return opened(t, dbtest.New(t, db.SQLite, ourTables...))
}

// served is the site of a room, with its files in a folder of the test.
func served(t *testing.T, r *Room, change func(*Site)) *web.Server {
	t.Helper()
	runner := jobs.NewRunner(1)
	t.Cleanup(runner.Close)
	site := Site{Jobs: runner, Dir: t.TempDir(), Now: func() time.Time { return noon }, Network: true}
	if change != nil {
		change(&site)
	}
	return webtest.Server(t, web.Config{Guard: webtest.Open{}}, r.Routes(site)...)
}

// check accepts what the rules do.
func (r *Room) check(list ...Holding) func(Recorded) error {
	return func(after Recorded) error { return after.Check(r.Registry, list) }
}

// square is a commune of a test: a cell of a grid laid over Seine-Saint-Denis.
type square struct {
	code     string
	col, row int
}

const side = 0.02 // of a square, in degrees

func (s square) ring() [][2]float64 {
	x, y := 2.30+side*float64(s.col), 48.85+side*float64(s.row)
	return [][2]float64{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}
}

// communes93 are the forty communes of 2024 as squares that share their borders, Pierrefitte
// (93059) beside Saint-Denis (93066).
func communes93(t *testing.T) []square {
	t.Helper()
	var list []square
	n := 2
	for _, c := range loaded(t).In("93", Commune) {
		if c.ID != "93066" {
			list = append(list, square{string(c.ID), n % 8, n / 8})
			n++
		}
	}
	return append(list, square{"93066", 0, 0}, square{"93059", 1, 0})
}

// collection writes squares as GeoJSON; extra are features as text.
func collection(t *testing.T, list []square, extra ...string) string {
	t.Helper()
	features := extra
	for _, s := range list {
		ring, err := json.Marshal(s.ring())
		if err != nil {
			t.Fatal(err)
		}
		features = append(features, fmt.Sprintf(`{"type":"Feature","properties":{"code":%q,"nom":"N"},"geometry":{"type":"Polygon","coordinates":[%s]}}`, s.code, ring))
	}
	body := `{"type":"FeatureCollection","features":[`
	for i, f := range features {
		if i > 0 {
			body += ","
		}
		body += f
	}
	return body + "]}"
}

func file(t *testing.T, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// drawn imports squares and puts them in use.
func drawn(t *testing.T, r *Room, list []square, opt ContourOptions) ContourSet {
	t.Helper()
	set, err := r.ImportContours(t.Context(), file(t, "communes.geojson", collection(t, list)), "communes.geojson", opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Not parallel, so that it runs before the others: html/template rewrites a template when it is
// first executed, and the checker cannot read it any more.
func TestTemplates(t *testing.T) {
	webtest.CheckTemplates(t)
}

func TestHomeMustBeADepartement(t *testing.T) {
	t.Parallel()
	for _, home := range []ID{"", "93066", "R11", "00"} {
		if _, err := Open(context.Background(), loaded(t), nil, home); err == nil {
			t.Errorf("Open(home %q): no error", home)
		}
	}
}
