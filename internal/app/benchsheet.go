// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"strconv"
	"time"

	"maillage/internal/observatory"
	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// A great store: every commune, this many indicators over this many years, is 20 million values.
const (
	greatIndicators = 57
	greatYears      = 10
	greatFirst      = 2012
)

// slice is how many values one import of the great store brings, so that no transaction
// needs gigabytes of log.
const slice = 2_000_000

// great fills a store with made-up values through the same road as an import.
func (b *bencher) great(ctx context.Context, a *App) (int, error) {
	places := a.Places.Registry.All(territory.Commune)
	perPlace := greatIndicators * greatYears
	places = places[:b.size(len(places), 100)]
	codes, made := greatCodes(a.Observatory.Catalogue, greatIndicators)
	years := a.Places.Registry.Years()
	say, total := b.note(), len(places)*perPlace
	r, done := chance(), 0
	for group := range chunks(places, max(1, slice/perPlace)) {
		batch := &observatory.Batch{Source: "maillage", Title: "Valeurs d'essai", File: "essai", Geography: clock.NewDate(years[len(years)-1], time.January, 1),
			Plan: json.RawMessage(`{}`), Created: time.Now()}
		values := func(yield func(observatory.Value, error) bool) {
			for _, t := range group {
				for _, code := range codes {
					for y := range greatYears {
						done++
						p := observatory.Period(strconv.Itoa(greatFirst + y))
						if !yield(statistic.Number(code, t.ID, p, float64(20+r.IntN(900))/10), ctx.Err()) {
							return
						}
					}
				}
				say("Enregistrement de %s valeurs sur %s", french.Int(done), french.Int(total))
			}
		}
		if err := a.Observatory.Store.SaveBatch(ctx, batch, made, codes, values, nil); err != nil {
			return 0, err
		}
	}
	return total, a.Observatory.Refresh(ctx)
}

// chunks cuts a list into pieces of at most n.
func chunks[T any](list []T, n int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(list) > 0 {
			k := min(n, len(list))
			if !yield(list[:k]) {
				return
			}
			list = list[k:]
		}
	}
}

// greatCodes takes the indicators of the catalogue that files bring, and makes up the others.
func greatCodes(cat *observatory.Catalogue, n int) (codes []string, made []observatory.Indicator) {
	for _, ind := range cat.Indicators {
		population := ind.Code == observatory.TotalPopulation || ind.Code == observatory.MunicipalPopulation
		if len(codes) < n && !ind.Derived() && !population {
			codes = append(codes, ind.Code)
		}
	}
	for len(codes) < n {
		ind := observatory.Indicator{Code: fmt.Sprintf("essai_%02d", len(codes)), Title: fmt.Sprintf("Indicateur d'essai %d", len(codes)),
			Short: "Essai", Unit: "places", Decimals: 1, Kind: statistic.Stock, Direction: statistic.Neutral,
			Definition: "Valeurs d'essai.", Aggregation: statistic.Aggregation{Rule: statistic.Sum}}
		codes, made = append(codes, ind.Code), append(made, ind)
	}
	return codes, made
}

// sheets times the pages of communes drawn at random, first asked for once, then again.
func (b *bencher) sheets(ctx context.Context) (err error) {
	a, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	began := time.Now()
	n, err := b.great(ctx, a)
	if err != nil {
		return err
	}
	b.c.say("  %s valeurs enregistrées en %s s", french.Int(n), french.Number(time.Since(began).Seconds(), 0))
	began = time.Now()
	a.Observatory.Warm(ctx)
	b.c.say("  colonnes lues d'avance, comme au démarrage du service, en %s s ; mémoire résidente %s Mio",
		french.Number(time.Since(began).Seconds(), 1), french.Number(memoryOf(os.Getpid(), "VmRSS"), 0))
	places := a.Places.Registry.All(territory.Commune)
	places = places[:b.size(len(places), 100)]
	r := chance()
	visit := func(page string) ([]float64, []float64, error) {
		site := a.site()
		var again []float64
		first, err := measure(ctx, b.size(400, 4), 60*time.Second, func(int) (float64, error) {
			path := "/territoires/" + string(places[r.IntN(len(places))].ID) + page
			_, took, err := ask(ctx, site, path)
			if err != nil {
				return 0, err
			}
			for range 2 { // a page is kept from its second visit on
				_, hot, err := ask(ctx, site, path)
				if err != nil {
					return 0, err
				}
				again = append(again, milliseconds(hot))
			}
			return milliseconds(took), nil
		})
		return first, odd(again), err
	}
	for _, page := range []struct{ name, path string }{{"page d'une commune", ""}, {"sa fiche A4", "/fiche"}} {
		first, again, err := visit(page.path)
		if err != nil {
			return err
		}
		b.report(page.name+", jamais demandée", first, 2, "ms", under(10))
		b.report(page.name+", gardée en mémoire", again, 2, "ms", under(10))
	}
	return nil
}

// odd keeps every second value.
func odd(list []float64) []float64 {
	var kept []float64
	for i := 1; i < len(list); i += 2 {
		kept = append(kept, list[i])
	}
	return kept
}
