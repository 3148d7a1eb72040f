// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"encoding/csv"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// seineSaintDenis reads the centroids of the 39 communes of 2026 (testdata/communes-93.csv:
// Insee and @etalab/decoupage-administratif 6.0.0, Licence Ouverte 2.0).
func seineSaintDenis(t testing.TB) (names []string, points []orb.Point) {
	t.Helper()
	f, err := os.Open("testdata/communes-93.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		lon, err1 := strconv.ParseFloat(row[2], 64)
		lat, err2 := strconv.ParseFloat(row[3], 64)
		if err1 != nil || err2 != nil {
			t.Fatal(row)
		}
		names, points = append(names, row[1]), append(points, orb.Point{lon, lat})
	}
	return names, points
}

// TestSeineSaintDenis keeps the map that was looked at and found right.
func TestSeineSaintDenis(t *testing.T) {
	t.Parallel()
	names, points := seineSaintDenis(t)
	cells := SchematicCells(points)
	var width, height int
	at := map[Cell]string{}
	for i, c := range cells {
		at[c], width, height = names[i], max(width, c.Col+1), max(height, c.Row+1)
	}
	var b strings.Builder
	for row := range height {
		line := ""
		for col := range width {
			line += fmt.Sprintf("%-24s", at[Cell{col, row}])
		}
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	const golden = "testdata/schematic-93.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	place := func(name string) Cell { return cells[slices.Index(names, name)] }
	epinay, tremblay, noisy, montreuil, saintDenis := place("Épinay-sur-Seine"), place("Tremblay-en-France"), place("Noisy-le-Grand"), place("Montreuil"), place("Saint-Denis")
	if epinay.Col != 0 || saintDenis.Col > 2 || tremblay.Row != 0 || tremblay.Col < width-3 || noisy.Row != height-1 || noisy.Col < width-2 ||
		montreuil.Col > width/2 || montreuil.Row < height/2 {
		t.Errorf("Épinay %v, Saint-Denis %v, Tremblay %v, Noisy-le-Grand %v, Montreuil %v in %d × %d", epinay, saintDenis, tremblay, noisy, montreuil, width, height)
	}
}

func TestSchematicCells(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) { // a layout takes too long for the hundred draws of rapid
		draw := rand.New(rand.NewPCG(seed, 93))
		n := int(seed) * 2
		points := make([]orb.Point, n)
		for i := range points {
			points[i] = orb.Point{-5 + 14*draw.Float64(), 41 + 10*draw.Float64()}
			if i > 0 && draw.IntN(10) == 0 {
				points[i] = points[i-1]
			}
		}
		cells := SchematicCells(points)
		checkCells(t, cells, n)
		turned := slices.Clone(points)
		slices.Reverse(turned)
		again := SchematicCells(turned)
		for i := range points {
			if slices.Index(points, points[i]) == i && !slices.Contains(points[i+1:], points[i]) && again[n-1-i] != cells[i] {
				t.Fatalf("seed %d: point %d is at %v, in another order at %v", seed, i, cells[i], again[n-1-i])
			}
		}
	}
}

func checkCells(t interface {
	Helper()
	Fatalf(string, ...any)
}, cells []Cell, n int) {
	t.Helper()
	seen := map[Cell]bool{}
	col, row := math.MaxInt, math.MaxInt
	for _, c := range cells {
		if seen[c] {
			t.Fatalf("%v is given twice", c)
		}
		seen[c] = true
		col, row = min(col, c.Col), min(row, c.Row)
	}
	if len(cells) != n || n > 0 && (col != 0 || row != 0) {
		t.Fatalf("%d cells for %d points, from (%d, %d)", len(cells), n, col, row)
	}
}

func TestSchematicCellsOfManyAndOdd(t *testing.T) {
	t.Parallel()
	seed := uint32(93)
	next := func() float64 {
		seed = seed*1664525 + 1013904223
		return float64(seed) / math.MaxUint32
	}
	for _, n := range []int{401, 500, 6000} {
		points := make([]orb.Point, n)
		for i := range points {
			points[i] = orb.Point{2 + next(), 48 + next()}
		}
		checkCells(t, SchematicCells(points), n)
	}
	checkCells(t, SchematicCells(make([]orb.Point, 50)), 50)
	checkCells(t, SchematicCells([]orb.Point{{math.NaN(), 1}, {math.Inf(1), 2}, {2, 48}}), 3)
	checkCells(t, SchematicCells([]orb.Point{{-61, 16}, {-60.9, 14.6}, {-53, 4}, {55.5, -21}, {45.2, -12.8}, {2.4, 48.9}, {2.5, 48.9}}), 7)
	line := make([]orb.Point, 30)
	for i := range line {
		line[i] = orb.Point{2, 48 + float64(i)/100}
	}
	checkCells(t, SchematicCells(line), 30)
}

// TestSchematicKeepsAGrid: points already on a grid keep their places.
func TestSchematicKeepsAGrid(t *testing.T) {
	t.Parallel()
	mx, my := degreeMetres(48.9)
	var points []orb.Point
	for i := range 30 {
		points = append(points, orb.Point{2.4 + float64(i%6)*3000/mx, 48.9 - float64(i/6)*3000/my})
	}
	for i, c := range SchematicCells(points) {
		if c != (Cell{i % 6, i / 6}) {
			t.Errorf("point %d is at %v", i, c)
		}
	}
}

func BenchmarkSchematicCells(b *testing.B) {
	_, points := seineSaintDenis(b)
	for b.Loop() {
		SchematicCells(points)
	}
}
