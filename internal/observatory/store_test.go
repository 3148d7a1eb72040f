// SPDX-License-Identifier: EUPL-1.2

package observatory_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maillage/internal/observatory"
	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/territory"
)

var (
	yesterday = clock.NewDate(2024, time.January, 1) // Pierrefitte-sur-Seine apart from Saint-Denis
	now       = clock.NewDate(2026, time.January, 1)
	noon      = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
)

// value is one figure of 2021.
func value(code string, id territory.ID, n float64) observatory.Value {
	return statistic.Number(code, id, "2021", n)
}

// save imports values in the geography of a day, and has the observatory notice.
func save(t *testing.T, o *observatory.Observatory, day clock.Date, values ...observatory.Value) *observatory.Batch {
	t.Helper()
	var codes []string
	for _, v := range values {
		if !slices.Contains(codes, v.Indicator) {
			codes = append(codes, v.Indicator)
		}
	}
	b := &observatory.Batch{Title: "essai", Geography: day, Plan: json.RawMessage("{}"), Created: noon}
	err := o.Store.SaveBatch(t.Context(), b, nil, codes, func(yield func(observatory.Value, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}, nil)
	if err == nil {
		err = o.Refresh(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// on runs a test on both engines, over an empty observatory.
func on(t *testing.T, body func(t *testing.T, o *observatory.Observatory, d *db.DB)) {
	t.Helper()
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) { body(t, opened(t, d), d) })
}

// of is a figure of 2021, by both roads: the column and, for a commune, its sheet must agree.
func of(t *testing.T, o *observatory.Observatory, code string, id territory.ID) observatory.Value {
	t.Helper()
	c, err := o.Snapshot().Column(t.Context(), code, "2021")
	if err != nil {
		t.Fatal(err)
	}
	v := c.Of(id)
	sheet, err := o.Snapshot().Sheet(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if w, ok := sheet.At(code, "2021"); ok && len(id) == 5 {
		if diff := cmp.Diff(v, w); diff != "" {
			t.Errorf("column and sheet of %s differ (-column +sheet):\n%s", id, diff)
		}
	}
	return v
}

func count(t *testing.T, d *db.DB, table string) (n int) {
	t.Helper()
	if err := d.Read().QueryRowContext(t.Context(), "select count(*) from "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnImportIsWholeOrNothing(t *testing.T) {
	on(t, func(t *testing.T, o *observatory.Observatory, d *db.DB) {
		torn := errors.New("file torn")
		b := &observatory.Batch{Title: "essai", Geography: now, Plan: json.RawMessage("{}"), Created: noon}
		err := o.Store.SaveBatch(t.Context(), b, nil, []string{"naissances"}, func(yield func(observatory.Value, error) bool) {
			for _, c := range o.Registry.All(territory.Commune)[:2000] {
				if !yield(value("naissances", c.ID, 1), nil) {
					return
				}
			}
			yield(observatory.Value{}, torn)
		}, nil)
		if !errors.Is(err, torn) {
			t.Errorf("SaveBatch = %v, want %v", err, torn)
		}
		for _, table := range []string{"observatory_value", "observatory_batch", "observatory_coverage", "observatory_indicator"} {
			if n := count(t, d, table); n != 0 {
				t.Errorf("%d rows left in %s", n, table)
			}
		}
		if err := o.Refresh(t.Context()); err != nil || len(o.Snapshot().Batches()) != 0 {
			t.Errorf("after it: %v, %d imports", err, len(o.Snapshot().Batches()))
		}
		if again := save(t, o, now, value("naissances", "93066", 3)); again.Num != 1 || again.Count != 1 {
			t.Errorf("the next import is number %d with %d values", again.Num, again.Count)
		}
	})
}

func TestTheYoungestImportWinsUntilItIsWithdrawn(t *testing.T) {
	on(t, func(t *testing.T, o *observatory.Observatory, _ *db.DB) {
		save(t, o, now, value("naissances", "93010", 900), value("naissances", "93066", 2700))
		young := save(t, o, now, value("naissances", "93010", 905))
		check := func(bondy float64) {
			t.Helper()
			if v := of(t, o, "naissances", "93010"); v.Number != bondy {
				t.Errorf("Bondy = %v, want %v", v.Number, bondy)
			}
			if v := of(t, o, "naissances", "93066"); v.Number != 2700 {
				t.Errorf("Saint-Denis = %v, want 2700: an import that does not name it changed it", v.Number)
			}
		}
		check(905)
		set := func(id string, at time.Time) {
			t.Helper()
			if err := errors.Join(o.Store.SetWithdrawn(t.Context(), id, at), o.Refresh(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
		set(young.ID, noon)
		check(900)
		set(young.ID, time.Time{})
		check(905)
		if err := o.Store.SetWithdrawn(t.Context(), "absent", noon); !errors.Is(err, observatory.ErrUnknownBatch) {
			t.Errorf("withdrawing what does not exist: %v", err)
		}
	})
}

// Two processes share the database: one writes, the other notices.
func TestAnotherProcessNotices(t *testing.T) {
	on(t, func(t *testing.T, o *observatory.Observatory, d *db.DB) {
		other := opened(t, d)
		save(t, o, now, value("naissances", "93010", 900))
		if v := of(t, other, "naissances", "93010"); v.Known() {
			t.Error("seen before it was refreshed")
		}
		if err := other.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v := of(t, other, "naissances", "93010"); v.Number != 900 {
			t.Errorf("refreshed, it sees %+v", v)
		}
		before := other.Snapshot()
		if err := other.Refresh(t.Context()); err != nil || other.Snapshot() != before {
			t.Errorf("refreshing when nothing changed: %v, another snapshot %v", err, other.Snapshot() != before)
		}
	})
}

// Saint-Denis is, since 1 January 2025, Saint-Denis and Pierrefitte-sur-Seine.
func TestMergedCommunesAreBroughtToTodaysBorders(t *testing.T) {
	on(t, func(t *testing.T, o *observatory.Observatory, _ *db.DB) {
		save(t, o, yesterday,
			value("naissances", "93066", 2400), value("naissances", "93059", 600),
			value("caf_enfants_0_2", "93066", 6000), value("caf_enfants_0_2", "93059", 2000),
			value("couverture_globale", "93066", 30), value("couverture_globale", "93059", 20),
			value("niveau_vie_median", "93066", 16000), value("niveau_vie_median", "93059", 15000))
		if v := of(t, o, "naissances", "93066"); v.Number != 3000 || v.State != observatory.Estimated && v.State != observatory.Observed || !strings.Contains(v.Note, "Pierrefitte") {
			t.Errorf("births = %+v, want the sum and a footnote", v)
		}
		rate := of(t, o, "couverture_globale", "93066")
		if want := (30*6000.0 + 20*2000) / 8000; rate.Number != want || rate.State != observatory.Estimated {
			t.Errorf("rate = %+v, want the mean %v weighted by children", rate, want)
		}
		if !strings.Contains(rate.Note, "Pierrefitte-sur-Seine") || !strings.Contains(rate.Note, "pondérée") {
			t.Errorf("footnote = %q", rate.Note)
		}
		if v := of(t, o, "niveau_vie_median", "93066"); v.Known() || v.Note == "" {
			t.Errorf("a median has been made from medians: %+v", v)
		}
		// The other reading: as published, for the borders of then.
		c, err := o.Snapshot().Column(t.Context(), "couverture_globale", "2021")
		if err != nil {
			t.Fatal(err)
		}
		sheets, err := o.Snapshot().AsPublished(t.Context(), "93066")
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[territory.ID]float64{"93066": 30, "93059": 20} {
			if v, ok := c.Published(id); !ok || v.Number != want {
				t.Errorf("Published(%s) = %+v, %v, want %v", id, v, ok, want)
			}
			if v, ok := sheets[id].At("couverture_globale", "2021"); !ok || v.Number != want {
				t.Errorf("AsPublished(%s) = %+v, %v, want %v", id, v, ok, want)
			}
		}
		// A figure published since, in today's borders, takes its place without hiding the weights.
		save(t, o, now, value("caf_enfants_0_2", "93066", 8100))
		if v := of(t, o, "caf_enfants_0_2", "93066"); v.Number != 8100 || v.State != observatory.Observed {
			t.Errorf("children = %+v", v)
		}
		if v := of(t, o, "couverture_globale", "93066"); v.Number != rate.Number {
			t.Errorf("the rate moved to %v: 8100 children of today weigh the Saint-Denis of then", v.Number)
		}
	})
}

func TestLargerTerritoriesAreBroughtTogetherAsAllowed(t *testing.T) {
	on(t, func(t *testing.T, o *observatory.Observatory, _ *db.DB) {
		var values []observatory.Value
		towns := o.Registry.In("93", territory.Commune)
		for _, c := range towns {
			values = append(values, value("naissances", c.ID, 100), value("eaje_bpe", c.ID, 2), value("niveau_vie_median", c.ID, 16000), value("caf_monoparents", c.ID, 50))
		}
		save(t, o, now, slices.DeleteFunc(values, func(v observatory.Value) bool { return v.Indicator == "eaje_bpe" && v.Territory == "93010" })...)
		if v := of(t, o, "naissances", "93"); v.Number != float64(100*len(towns)) {
			t.Errorf("births of the département = %+v", v)
		}
		for code, words := range map[string]string{
			"eaje_bpe":          "1 commune sans valeur", // never a partial sum
			"niveau_vie_median": "Non publié à cette échelle",
			"caf_monoparents":   "ne s'additionnent pas", // rounded by the producer
		} {
			if v := of(t, o, code, "93"); v.Known() || !strings.Contains(v.Note, words) {
				t.Errorf("%s of the département = %+v, want a reason: %s", code, v, words)
			}
		}
		if v := of(t, o, "naissances", "FR"); v.Known() {
			t.Errorf("births of France summed from one département: %+v", v)
		}
		// What is published for the whole wins over the sum.
		save(t, o, now, value("naissances", "93", 4321))
		if v := of(t, o, "naissances", "93"); v.Number != 4321 || v.Note != "" {
			t.Errorf("published births of the département = %+v", v)
		}
	})
}

func TestPopulationsAndFormulasNeedNoImport(t *testing.T) {
	on(t, func(t *testing.T, o *observatory.Observatory, d *db.DB) {
		if n := count(t, d, "observatory_value"); n != 0 {
			t.Fatalf("%d values in an empty observatory", n)
		}
		people := of(t, o, observatory.MunicipalPopulation, "93010")
		if !people.Known() || people.Number < 40_000 {
			t.Errorf("people of Bondy in 2021 = %+v", people)
		}
		if v := of(t, o, observatory.MunicipalPopulation, "93"); v.Number < 1_600_000 {
			t.Errorf("people of the département = %+v", v)
		}
		if v := of(t, o, "naissances_pour_1000", "93010"); v.Known() {
			t.Errorf("a rate without births: %+v", v)
		}
		save(t, o, now, value("naissances", "93010", 900))
		rate := of(t, o, "naissances_pour_1000", "93010")
		if want := 1000 * 900 / people.Number; rate.Number < want-1e-9 || rate.Number > want+1e-9 {
			t.Errorf("births for 1000 people = %+v, want %v", rate, want)
		}
		if v := of(t, o, "naissances_pour_1000", "93001"); v.Known() || v.Note == "" {
			t.Errorf("a town without births has the rate %+v", v)
		}
	})
}

// An import takes nothing from the columns it does not touch.
func TestColumnsOutliveAnImportThatDoesNotConcernThem(t *testing.T) {
	on(t, func(t *testing.T, o *observatory.Observatory, _ *db.DB) {
		save(t, o, yesterday, value("couverture_globale", "93066", 30), value("couverture_globale", "93059", 20),
			value("caf_enfants_0_2", "93066", 6000), value("caf_enfants_0_2", "93059", 2000), value("naissances", "93010", 900))
		for _, code := range []string{"couverture_globale", "caf_enfants_0_2", "naissances", "naissances_pour_1000"} {
			of(t, o, code, "93066")
		}
		save(t, o, yesterday, value("caf_enfants_0_2", "93059", 6000)) // weighs the rate anew
		if v := of(t, o, "couverture_globale", "93066"); v.Number != 25 {
			t.Errorf("the rate kept its old weights: %+v", v)
		}
		save(t, o, now, value("naissances", "93010", 1000))
		people := of(t, o, observatory.MunicipalPopulation, "93010").Number
		if v := of(t, o, "naissances_pour_1000", "93010"); v.Number != 1000*1000/people {
			t.Errorf("the formula kept its old operand: %+v", v)
		}
		fresh, err := o.Reread(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range []string{"couverture_globale", "caf_enfants_0_2", "naissances", "naissances_pour_1000"} {
			kept, err1 := o.Snapshot().Column(t.Context(), code, "2021")
			read, err2 := fresh.Column(t.Context(), code, "2021")
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			for _, id := range []territory.ID{"93066", "93010", "93", "FR"} {
				if diff := cmp.Diff(read.Of(id), kept.Of(id)); diff != "" {
					t.Errorf("%s of %s: what was kept is not what would be read (-read +kept):\n%s", code, id, diff)
				}
			}
		}
	})
}
