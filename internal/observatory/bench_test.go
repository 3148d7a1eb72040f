// SPDX-License-Identifier: EUPL-1.2

package observatory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"maillage/internal/observatory"
	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// registry is read once for every test of the package.
var registry = sync.OnceValues(territory.Load)

// rooms are the tables that the tests of the package need.
var rooms = []dbtest.Room{{Name: "observatory", FS: observatory.Migrations()}}

// opened is an observatory over an empty store.
func opened(tb testing.TB, d *db.DB) *observatory.Observatory {
	tb.Helper()
	reg, err := registry()
	if err != nil {
		tb.Fatal(err)
	}
	cat, err := observatory.Shipped()
	if err != nil {
		tb.Fatal(err)
	}
	o, err := observatory.New(context.Background(), observatory.NewStore(d), observatory.NewGround(reg), cat)
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

// stocked is an observatory with figures for every commune: some indicators over some years.
func stocked(b *testing.B, codes []string, years int) *observatory.Observatory {
	b.Helper()
	o := opened(b, dbtest.New(b, db.SQLite, rooms...))
	batch := &observatory.Batch{Title: "essai", Geography: clock.NewDate(2026, 1, 1), Plan: json.RawMessage("{}"), Created: time.Now()}
	err := o.Store.SaveBatch(b.Context(), batch, nil, codes, func(yield func(observatory.Value, error) bool) {
		for i, t := range o.Registry.All(territory.Commune) {
			for _, code := range codes {
				for y := range years {
					if !yield(statistic.Number(code, t.ID, observatory.Period(fmt.Sprint(2012+y)), float64(i%97)), nil) {
						return
					}
				}
			}
		}
	}, nil)
	if err == nil {
		err = o.Refresh(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	return o
}

var benchCodes = []string{"couverture_globale", "couverture_eaje", "couverture_individuel", "eaje_bpe", "naissances", "caf_enfants_0_2"}

// BenchmarkColumn reads one indicator of the whole of France from the database.
func BenchmarkColumn(b *testing.B) {
	for _, code := range []string{"couverture_globale", "caf_enfants_0_2"} { // the second is under secrecy
		b.Run(code, func(b *testing.B) {
			o := stocked(b, []string{code}, 1)
			for b.Loop() {
				s, err := o.Reread(b.Context())
				if err == nil {
					_, err = s.Column(b.Context(), code, "2012")
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSheet reads everything known of one commune, never the same twice.
func BenchmarkSheet(b *testing.B) {
	o := stocked(b, benchCodes, 10)
	places, i := o.Registry.All(territory.Commune), 0
	for b.Loop() {
		i = (i + 7919) % len(places)
		if _, err := o.Snapshot().Sheet(b.Context(), places[i].ID); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkChoropleth answers the data of a map of the whole of France, computed each time.
func BenchmarkChoropleth(b *testing.B) {
	o := stocked(b, []string{"couverture_globale"}, 1)
	site := web.New(web.Config{Log: slog.New(slog.DiscardHandler)})
	site.Handle(o.Routes(observatory.Site{Home: "93", Now: time.Now})...)
	for b.Loop() {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/api/v1/valeurs?indicateur=couverture_globale", nil))
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}
