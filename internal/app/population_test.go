// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maillage/internal/duty"
	"maillage/internal/observatory"
	"maillage/internal/platform/clock"
	"maillage/internal/territory"
)

// TestImportedPopulationsMoveTheThresholds: next January's populations come in a file, and what
// the law asks follows them without a new program.
func TestImportedPopulationsMoveTheThresholds(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Dir = t.TempDir()
	a, err := Open(t.Context(), cfg, logger(cfg, os.Stderr))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }() // a temporary folder
	owes := func(id territory.ID, day string) bool {
		town, _, ok := a.Duties.Town(id, clock.MustDate(day))
		if !ok {
			t.Fatalf("no commune %s", id)
		}
		for _, d := range duty.Applying(town.Duties) {
			if d.Rule.Code == "schema" {
				return true
			}
		}
		return false
	}
	if owes("93039", "2027-01-02") {
		t.Fatal("L'Île-Saint-Denis owes a scheme before it has grown")
	}
	file := filepath.Join(cfg.Dir, "populations.csv")
	content := "codgeo;annee;population_municipale;population_totale\n93039;2024;9990;10001\n93066;2024;150000;151000\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	importFile(t, a, file)
	if !owes("93039", "2027-01-02") {
		t.Error("10,001 inhabitants in force on 1 January 2027 make no scheme due")
	}
	if owes("93039", "2026-12-31") {
		t.Error("the population of 2024 counts before 1 January 2027")
	}
	c, err := a.Observatory.Snapshot().Column(t.Context(), observatory.TotalPopulation, "2024")
	if err != nil || c.Of("93039").Number != 10001 {
		t.Errorf("the observatory shows %v, %v", c.Of("93039"), err)
	}
	sheet, err := a.Observatory.Snapshot().Sheet(t.Context(), "93039")
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := sheet.At(observatory.TotalPopulation, "2024"); !ok || v.Number != 10001 {
		t.Errorf("the sheet shows %v", v)
	}
	if v, ok := sheet.At(observatory.TotalPopulation, "2023"); !ok || v.Number != 8715 {
		t.Errorf("the sheet shows %v for 2023, want what the register says", v)
	}
}

// importFile imports a file as the command line does.
func importFile(t *testing.T, a *App, path string) {
	t.Helper()
	ctx := context.Background()
	x, err := a.Observatory.Examine(ctx, observatory.File{Path: path, Name: filepath.Base(path)}, observatory.BestTable, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !x.Importable() {
		var issues []string
		for _, i := range x.Issues {
			issues = append(issues, observatory.IssueText(i))
		}
		t.Fatalf("not importable: %v %s", x.Unsettled, strings.Join(issues, "; "))
	}
	if _, err := a.Observatory.Import(ctx, x, observatory.Decision{}, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
}
