// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/geo"
)

func TestContoursBecomeOutlinesOfToday(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		r := opened(t, d)
		set := drawn(t, r, communes93(t), ContourOptions{})
		if set.Count != 40 || set.Content != "40 communes" || set.Day != clock.MustDate("2024-01-01") {
			t.Errorf("set = %d, %q, %v: want the 40 communes of 2024", set.Count, set.Content, set.Day)
		}
		for level := range geo.Levels {
			shapes, err := r.State().Outlines.At(t.Context(), level)
			if err != nil {
				t.Fatal(err)
			}
			if len(shapes) != 39 {
				t.Errorf("level %d: %d outlines, want 39", level, len(shapes))
			}
			for id, mp := range shapes {
				if !geo.IsValid(mp) {
					t.Errorf("level %d: the outline of %s is not valid", level, id)
				}
			}
			// Saint-Denis and Pierrefitte: one piece, one ring, no border between them.
			if mp := shapes["93066"]; len(mp) != 1 || len(mp[0]) != 1 {
				t.Errorf("level %d: Saint-Denis is drawn in %d pieces", level, len(mp))
			}
			// At the last level a detail is as large as a square: only whole figures can be asked of it.
			if ratio := geo.Area(shapes["93066"]) / geo.Area(shapes["93001"]); level < FranceDetail && math.Abs(ratio-2) > 0.02 {
				t.Errorf("level %d: Saint-Denis is %.2f squares large, want 2", level, ratio)
			}
		}
	})
}

func TestOutlinesForManyAtOnce(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	drawn(t, r, communes93(t), ContourOptions{})
	left, cancel := context.WithCancel(t.Context())
	cancel()
	o := r.State().Outlines
	if _, err := o.At(left, TownDetail); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left: %v", err)
	}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if shapes, err := o.At(t.Context(), i%5); err != nil || len(shapes) != 39 {
				t.Errorf("At: %d outlines, %v", len(shapes), err)
			}
			if _, err := o.Tile(t.Context(), 10, 518, 352); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestLastAcceptedWinsUntilWithdrawn(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		ctx, r := t.Context(), opened(t, d)
		drawn(t, r, communes93(t), ContourOptions{Title: "Ancien"})
		moved := square{"93001", 20, 20}
		later := drawn(t, r, []square{moved}, ContourOptions{Title: "Nouveau"})
		west := func() float64 {
			if err := r.Refresh(ctx); err != nil {
				t.Fatal(err)
			}
			shapes, err := r.State().Outlines.At(ctx, TownDetail)
			if err != nil {
				t.Fatal(err)
			}
			if len(shapes) != 39 {
				t.Errorf("%d outlines, want 39", len(shapes))
			}
			return shapes["93001"].Bound().Left()
		}
		if got := west(); math.Abs(got-2.70) > 1e-6 {
			t.Errorf("Aubervilliers begins at %v: the last set accepted does not win", got)
		}
		version := r.State().Outlines.Version
		if err := r.Store.WithdrawContours(ctx, later.ID, noon); err != nil {
			t.Fatal(err)
		}
		if got := west(); got > 2.6 || r.State().Outlines.Version == version {
			t.Errorf("Aubervilliers begins at %v after the withdrawal, version %s", got, r.State().Outlines.Version)
		}
		if err := r.Store.WithdrawContours(ctx, later.ID, noon); !errors.Is(err, ErrChanged) {
			t.Errorf("withdrawn twice: %v", err)
		}
		if err := r.Store.RestoreContours(ctx, later.ID); err != nil {
			t.Fatal(err)
		}
		if got := west(); math.Abs(got-2.70) > 1e-6 || r.State().Outlines.Version != version {
			t.Errorf("Aubervilliers begins at %v once restored", got)
		}
	})
}

func TestProposalsAreNotDrawn(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		ctx, r := t.Context(), opened(t, d)
		path := file(t, "c.geojson", collection(t, communes93(t)))
		propose := func() *Prepared {
			p, err := PrepareContours(ctx, r.Registry, path, "c.geojson", ContourOptions{}, noon, nil)
			if err == nil {
				err = r.Store.AddContours(ctx, p.Set, p.Shapes())
			}
			if err = errors.Join(err, r.Refresh(ctx)); err != nil {
				t.Fatal(err)
			}
			return p
		}
		first := propose()
		if n := len(r.State().Outlines.Sets); n != 0 {
			t.Fatalf("%d sets in use before anybody accepted", n)
		}
		if err := r.Store.DropContours(ctx, first.Set.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Store.ContourSet(ctx, first.Set.ID); !errors.Is(err, ErrUnknown) {
			t.Errorf("a refused proposal is still there: %v", err)
		}
		second := propose()
		if err := r.Store.AcceptContours(ctx, second.Set.ID, noon); err != nil {
			t.Fatal(err)
		}
		if err := r.Store.DropContours(ctx, second.Set.ID); !errors.Is(err, ErrChanged) {
			t.Errorf("a set in use was dropped: %v", err)
		}
		forgottenOne := propose()
		late := noon.Add(forgotten + time.Second)
		p, err := PrepareContours(ctx, r.Registry, path, "c.geojson", ContourOptions{}, late, nil)
		if err == nil {
			err = r.Store.AddContours(ctx, p.Set, p.Shapes())
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Store.ContourSet(ctx, forgottenOne.Set.ID); !errors.Is(err, ErrUnknown) {
			t.Errorf("a forgotten proposal is still there: %v", err)
		}
	})
}

// An import that dies in the middle, by a cancelled context or a row the database refuses,
// leaves neither the set nor a shape.
func TestImportCutShortLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		r := opened(t, d)
		p, err := PrepareContours(t.Context(), r.Registry, file(t, "c.geojson", collection(t, communes93(t))), "c.geojson", ContourOptions{}, noon, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, cut := range map[string]func(cancel func()) iter.Seq[Shape]{
			"cancelled": func(cancel func()) iter.Seq[Shape] {
				return func(yield func(Shape) bool) {
					n := 0
					for sh := range p.Shapes() {
						if n++; n == 50 {
							cancel()
						}
						if !yield(sh) {
							return
						}
					}
				}
			},
			"the same shape twice": func(func()) iter.Seq[Shape] {
				return func(yield func(Shape) bool) {
					for sh := range p.Shapes() {
						for range 2 {
							if !yield(sh) {
								return
							}
						}
					}
				}
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			err := r.Store.AddContours(ctx, p.Set, cut(cancel))
			cancel()
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			for _, table := range []string{"territory_contour", "territory_contour_set"} {
				var n int
				if err := d.Read().QueryRowContext(t.Context(), "select count(*) from "+table).Scan(&n); err != nil || n != 0 {
					t.Errorf("%s: %d rows left in %s (%v)", name, n, table, err)
				}
			}
		}
	})
}

func TestImportStopsWhenAsked(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := PrepareContours(ctx, loaded(t), file(t, "c.geojson", collection(t, communes93(t))), "c.geojson", ContourOptions{}, noon,
		func(step string, _, _ int64) {
			if strings.HasPrefix(step, "Vérification") {
				cancel()
			}
		})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

func feature(code string, geometry string) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{"code":%q},"geometry":%s}`, code, geometry)
}

const (
	bowTie  = `{"type":"Polygon","coordinates":[[[2.4,48.9],[2.44,48.94],[2.44,48.9],[2.4,48.94],[2.4,48.9]]]}`
	point   = `{"type":"Point","coordinates":[2.4,48.9]}`
	faraway = `{"type":"Polygon","coordinates":[[[10,10],[11,10],[11,11],[10,11],[10,10]]]}`
)

// lambert writes squares in Lambert-93, with or without saying so.
func lambert(t *testing.T, list []square, declared bool) string {
	t.Helper()
	var features []string
	for _, s := range list {
		var ring [][2]float64
		for _, p := range s.ring() {
			x, y := geo.ToLambert93(p[0], p[1])
			ring = append(ring, [2]float64{x, y})
		}
		b, err := json.Marshal(ring)
		if err != nil {
			t.Fatal(err)
		}
		features = append(features, feature(s.code, `{"type":"Polygon","coordinates":[`+string(b)+`]}`))
	}
	body := collection(t, nil, features...)
	if declared {
		body = strings.Replace(body, `{"type":"FeatureCollection",`, `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}},`, 1)
	}
	return body
}

func TestFilesAsTheyCome(t *testing.T) {
	t.Parallel()
	two := []square{{"93001", 0, 0}, {"93005", 1, 0}}
	for _, c := range []struct {
		name, body string
		count      int
		notes      []string // parts of what is told
	}{
		{"plain", collection(t, two), 2, nil},
		{"Lambert-93", lambert(t, two, true), 2, nil},
		{"Lambert-93 without saying so", lambert(t, two, false), 2, nil},
		{"a ring that crosses itself", collection(t, two, feature("93006", bowTie)), 3, []string{"1 contour réparé"}},
		{"codes nobody knows", collection(t, two, feature("93999", bowTie)), 2, []string{"1 code inconnu", "93999"}},
		{"a feature without area", collection(t, two, feature("93006", point)), 2, []string{"1 objet sans surface"}},
		{"a shape out of France", collection(t, two, feature("93006", faraway)), 2, []string{"hors de France", "93006"}},
		{"a zero lost by a spreadsheet", collection(t, []square{{"1001", 0, 0}}), 1, []string{"zéro de tête"}},
		{"a tab after the code", collection(t, []square{{"93001\t", 0, 0}}), 1, nil},
		{"a commune in two features", collection(t, []square{{"93001", 0, 0}, {"93001", 1, 0}}), 1, []string{"2 objets réunis en 1 territoire"}},
		{"codes under an unusual name", strings.ReplaceAll(collection(t, two), `"code"`, `"c_cainsee"`), 2, []string{"« c_cainsee »"}},
		{"codes shifted by a line", collection(t, []square{{"93051", 0, 10}}), 1, []string{"ailleurs qu'attendu"}},
		{"a delegated commune inside its commune", collection(t, []square{{"75101", 0, 0}, {"75056", 0, 0}}), 1, []string{"1 partie de commune"}},
		{"arrondissements alone", collection(t, []square{{"75101", 0, 0}, {"75102", 1, 0}}), 2, nil},
		{"an EPT", collection(t, []square{{string(estEnsemble), 0, 0}}), 1, nil},
		{"a département", collection(t, []square{{"93", 0, 0}}), 1, nil},
	} {
		p, err := PrepareContours(t.Context(), loaded(t), file(t, "f.geojson", c.body), "f.geojson", ContourOptions{}, noon, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		told := strings.Join(p.Set.Notes, " ")
		for _, want := range c.notes {
			if !strings.Contains(told, want) {
				t.Errorf("%s: the notes do not say %q: %s", c.name, want, told)
			}
		}
		if p.Set.Count != c.count {
			t.Errorf("%s: %d territories, want %d (%s)", c.name, p.Set.Count, c.count, told)
		}
		for _, level := range p.levels {
			for i, mp := range level {
				if b, ok := geo.Bound(mp); !ok || !geo.IsValid(mp) || b.Left() < 2.2 || b.Right() > 2.8 {
					t.Errorf("%s: the outline of %s lies at %v", c.name, p.ids[i], b)
				}
			}
		}
	}
}

func TestRegionsAreNotDepartements(t *testing.T) {
	t.Parallel()
	body := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"11","nom":"Île-de-France"},"geometry":` +
		`{"type":"Polygon","coordinates":[[[2,48],[3,48],[3,49],[2,49],[2,48]]]}}]}`
	p, err := PrepareContours(t.Context(), loaded(t), file(t, "regions.geojson", body), "regions.geojson", ContourOptions{}, noon, nil)
	if err != nil || p.ids[0] != "R11" || p.Set.Content != "1 région" {
		t.Errorf("ids = %v, %v", p, err)
	}
}

func TestWrongFilesAreNamed(t *testing.T) {
	t.Parallel()
	two := []square{{"93001", 0, 0}, {"93005", 1, 0}}
	good := collection(t, two)
	for _, c := range []struct {
		name, body string
		opt        ContourOptions
		says       string
	}{
		{"truncated", good[:len(good)/2], ContourOptions{}, ""},
		{"a web page", "<!doctype html><html><body>Identifiez-vous</body></html>", ContourOptions{}, ""},
		{"empty", "", ContourOptions{}, ""},
		{"no feature", `{"type":"FeatureCollection","features":[]}`, ContourOptions{}, "aucun contour"},
		{"only points", collection(t, nil, feature("93001", point)), ContourOptions{}, "surface"},
		{"only unknown codes", collection(t, []square{{"93999", 0, 0}}), ContourOptions{}, "93999"},
		{"out of France", collection(t, nil, feature("93001", faraway)), ContourOptions{}, "hors de France"},
		{"names instead of codes", collection(t, []square{{"Bondy", 0, 0}}), ContourOptions{}, "objet n° 1"},
		{"an attribute that is not there", good, ContourOptions{Property: "insee"}, "« insee »"},
		{"no attribute", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":` + bowTie + `}]}`, ContourOptions{}, "attribut"},
		{"a layer that is not there", good, ContourOptions{Layer: "routes"}, "routes"},
	} {
		_, err := PrepareContours(t.Context(), loaded(t), file(t, "tmp-123.bin", c.body), "contours.geojson", c.opt, noon, nil)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		if !strings.Contains(err.Error(), "contours.geojson") || strings.Contains(err.Error(), "tmp-123") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q does not name the file as the person knows it, or the fault", c.name, err)
		}
		if forPeople(err).Error() != err.Error() {
			t.Errorf("%s: the page hides what was told: %v", c.name, err)
		}
	}
}

func TestPreviewSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	reg := loaded(t)
	all := []ID{}
	for _, s := range communes93(t) {
		if s.code != "93010" && s.code != "93059" {
			all = append(all, ID(s.code))
		}
	}
	set := ContourSet{Day: clock.MustDate("2024-01-01")}
	v := PreviewOf(reg, "93", set, all)
	if v.Found != 37 || len(v.Missing) != 1 || v.Missing[0].ID != "93010" || len(v.Partial) != 1 || v.Partial[0].ID != "93066" {
		t.Errorf("of 2024: %d found, missing %v, partial %v", v.Found, v.Missing, v.Partial)
	}
	set.Day = clock.MustDate("2026-01-01")
	if v = PreviewOf(reg, "93", set, all); v.Found != 38 || len(v.Partial) != 0 {
		t.Errorf("of 2026: %d found, partial %v: Saint-Denis alone is whole", v.Found, v.Partial)
	}
}
