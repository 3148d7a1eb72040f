// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"maillage/internal/observatory"
	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/web/webtest"
	"maillage/internal/territory"
)

// withSecrets is a house where two towns, and the two parts of a merged one, have counts below
// the threshold. Swapping them changes no total.
func withSecrets(t *testing.T, one, other float64) *App {
	t.Helper()
	a := house(t)
	secret := map[territory.ID]float64{"93015": one, "93033": other, "93066": other, "93059": one}
	codes := []string{"enfants_moins_3", "caf_enfants_0_2", "caf_enfants_3_5", "couverture_globale"}
	b := &observatory.Batch{ID: "essai", Title: "Essai", Geography: clock.NewDate(2024, 1, 1), Plan: json.RawMessage("{}"), Created: time.Unix(1e9, 0).UTC()}
	err := a.Observatory.Store.SaveBatch(t.Context(), b, nil, codes, func(yield func(observatory.Value, error) bool) {
		towns := append([]territory.ID{"93059"}, idsOf(a.Places.Registry.In("93", territory.Commune))...)
		for i, id := range towns {
			for _, code := range codes {
				n, small := secret[id]
				if !small || code == "couverture_globale" {
					n = float64(500 + 5*i)
				}
				if !yield(statistic.Number(code, id, "2020", n), nil) {
					return
				}
			}
		}
	}, nil)
	if err == nil {
		err = a.Observatory.Refresh(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func idsOf(list []*territory.Territory) []territory.ID {
	var ids []territory.ID
	for _, t := range list {
		ids = append(ids, t.ID)
	}
	return ids
}

// uuids differ from one database to the next.
var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\?v=[0-9a-zA-Z]+`)

// content is what an answer tells, of a workbook its sheets.
func content(t *testing.T, a *webtest.Answer) string {
	t.Helper()
	if !strings.Contains(a.Header.Get("Content-Type"), "spreadsheetml") {
		return uuids.ReplaceAllString(a.Body, "")
	}
	z, err := zip.NewReader(strings.NewReader(a.Body), int64(len(a.Body)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		if strings.HasPrefix(f.Name, "docProps/") {
			continue // the hour
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s\n%s\n", f.Name, text)
	}
	return all.String()
}

// A count below the threshold leaves the house by no door: were it another one, every page,
// file, drawing and answer would be the same, byte for byte.
func TestSecretsLeaveByNoDoor(t *testing.T) {
	t.Parallel()
	a, b := withSecrets(t, 2, 4), withSecrets(t, 4, 2)
	here, there := a.site(), b.site()
	var paths []string
	for _, path := range addresses(t, a, here.Routes()) {
		figures := strings.HasPrefix(path, "/observatoire") || strings.HasPrefix(path, "/api/") || path == "/"
		if figures && !strings.HasPrefix(path, "/observatoire/imports/") {
			paths = append(paths, path)
		}
	}
	for _, code := range []string{"enfants_moins_3", "caf_enfants_0_2", "part_enfants_0_2", "monoparents_pour_100", "couverture_globale"} {
		for _, ext := range []string{"", ".csv", ".json", ".geojson", ".svg", "/carte.json"} {
			paths = append(paths, "/observatoire"+ext+"?dans=93&periode=2020&indicateur="+code)
		}
		paths = append(paths, "/observatoire?vue=series&villes=93015,93066,93&indicateur="+code, "/observatoire?vue=tableau&periode=2020&indicateur="+code,
			"/observatoire.svg?vue=series&villes=93015,93066&indicateur="+code, "/api/v1/valeurs?periode=2020&indicateur="+code,
			"/api/v1/valeurs?periode=2020&niveau=ept&indicateur="+code, "/observatoire/indicateurs/"+code)
	}
	paths = append(paths, "/observatoire.xlsx?dans=93&periode=2020&indicateur=enfants_moins_3", "/observatoire.png?dans=93&periode=2020&indicateur=enfants_moins_3")
	for _, town := range []string{"93015", "93033", "93066", "93", "200057867", "FR"} {
		paths = append(paths, "/territoires/"+town, "/territoires/"+town+"/fiche", "/territoires/"+town+".csv", "/territoires/"+town+".xlsx", "/territoires/"+town+".json")
	}
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			one, other := webtest.Get(t, here, path), webtest.Get(t, there, path)
			if one.Status != other.Status || one.Status >= http.StatusInternalServerError {
				t.Fatalf("status %d and %d", one.Status, other.Status)
			}
			x, y := content(t, one), content(t, other)
			if x != y {
				at := 0
				for at < min(len(x), len(y)) && x[at] == y[at] {
					at++
				}
				t.Errorf("it tells a secret, near %q and %q", x[max(0, at-60):min(len(x), at+60)], y[max(0, at-60):min(len(y), at+60)])
			}
		})
	}
	checkHidden(t, a)
}

// checkHidden makes sure that the test hid something: the towns are secret with a reason, and
// so is enough beside them for the total not to give them away.
func checkHidden(t *testing.T, a *App) {
	t.Helper()
	c, err := a.Observatory.Snapshot().Column(t.Context(), "enfants_moins_3", "2020")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []territory.ID{"93015", "93033"} {
		if v := c.Of(id); v.State != observatory.Secret || v.Number != 0 || v.Note == "" {
			t.Errorf("%s = %+v, want a secret with its reason", id, v)
		}
	}
	if v := c.Of("93"); !v.Known() {
		t.Errorf("the département is not known: %+v; the test would prove less", v)
	}
	for _, id := range []territory.ID{"93066", "93059"} {
		if v, ok := c.Published(id); !ok || v.State != observatory.Secret {
			t.Errorf("the part %s = %+v", id, v)
		}
	}
}
