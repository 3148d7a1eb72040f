// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maillage/internal/observatory"
	"maillage/internal/territory"
)

// The trials run, on small sizes, and clean up after themselves.
func TestBenchRunsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	cmd := program(t, "bench", "--bref")
	cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, trial := range trials {
		if !bytes.Contains(out, []byte(trial.name+" : ")) {
			t.Errorf("no trial %s in:\n%s", trial.name, out)
		}
	}
	if n := bytes.Count(out, []byte("atteint")); n < 10 {
		t.Errorf("%d goals compared, want 10 at least:\n%s", n, out)
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// The made-up files have the size and the shape of the real ones.
func TestMadeUpFilesHaveTheirShape(t *testing.T) {
	t.Parallel()
	reg, err := territory.Load()
	if err != nil {
		t.Fatal(err)
	}
	var rates, facilities bytes.Buffer
	if err := errors.Join(writeRates(&rates, reg, ratesRows), writeFacilities(&facilities, reg, 50_000)); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(rates.Bytes(), []byte("\n")); n != ratesRows+1 {
		t.Errorf("%d lines of rates, want %d", n, ratesRows+1)
	}
	if n := bytes.Count(facilities.Bytes(), []byte("\n")); n != 50_001 {
		t.Errorf("%d lines of facilities, want 50 001", n)
	}
	first, _, _ := strings.Cut(rates.String()[strings.Index(rates.String(), "\n")+1:], "\n")
	if cells := strings.Split(first, ";"); len(cells) != 15 || cells[0] != "2017" || cells[2] != "PARIS" {
		t.Errorf("first row = %q", first)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		g      goal
		median float64
		want   string
	}{
		{under(5), 4.99, "   objectif : moins de 5,0 ms : atteint"},
		{under(5), 5, "   objectif : moins de 5,0 ms : non atteint"},
		{atLeast(third), 0.34, "   objectif : au moins 0,3 ms : atteint"},
		{atLeast(third), 0.33, "   objectif : au moins 0,3 ms : non atteint"},
		{goal{}, 1, ""},
	} {
		if got := c.g.verdict(c.median, 1, "ms"); got != c.want {
			t.Errorf("verdict(%v) = %q, want %q", c.median, got, c.want)
		}
	}
	if got := medianOf([]float64{1, 2, 4, 9}); got != 3 {
		t.Errorf("median = %v, want 3", got)
	}
}

// BenchmarkImportCnaf takes the national file of coverage rates from the file to the database.
func BenchmarkImportCnaf(b *testing.B) {
	reg, err := territory.Load()
	if err != nil {
		b.Fatal(err)
	}
	var file bytes.Buffer
	path := filepath.Join(b.TempDir(), "txcouv_pe_com_2017_2021.csv")
	if err := errors.Join(writeRates(&file, reg, ratesRows), os.WriteFile(path, file.Bytes(), 0o600)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		cfg := defaults()
		cfg.Dir = b.TempDir()
		a, err := Open(b.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		x, err := a.Observatory.Examine(b.Context(), observatory.File{Path: path, Name: filepath.Base(path)}, observatory.BestTable, nil, nil)
		if err == nil {
			_, err = a.Observatory.Import(b.Context(), x, observatory.Decision{}, time.Now(), nil)
		}
		b.StopTimer()
		if err := errors.Join(err, a.Close()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkPage answers the page of a commune, never the same twice.
func BenchmarkPage(b *testing.B) {
	cfg := defaults()
	cfg.Dir = b.TempDir()
	a, err := Open(b.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			b.Error(err)
		}
	}()
	a.Observatory.Warm(b.Context())
	site, places, i := a.site(), a.Places.Registry.All(territory.Commune), 0
	for b.Loop() {
		i = (i + 7919) % len(places)
		if _, _, err := ask(b.Context(), site, "/territoires/"+string(places[i].ID)); err != nil {
			b.Fatal(err)
		}
	}
}
