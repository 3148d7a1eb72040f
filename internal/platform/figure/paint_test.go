// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"regexp"
	"strings"
	"sync"
	"testing"

	"maillage/internal/platform/figure/palette"
)

func colour(t *testing.T, hex string) palette.RGB {
	t.Helper()
	c, err := palette.Parse(hex)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cssColours are the variables of figure.css: their light and their dark value.
func cssColours(t *testing.T) map[string][2]string {
	t.Helper()
	out := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--mf-(\w+): (?:var\(--\w+, )?light-dark\((#\w+), (#\w+)\)`).FindAllStringSubmatch(CSS, -1) {
		out[m[1]] = [2]string{long(m[2]), long(m[3])}
	}
	return out
}

func long(hex string) string {
	if len(hex) == 4 {
		return "#" + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:3], 2) + strings.Repeat(hex[3:4], 2)
	}
	return hex
}

func TestContrast(t *testing.T) {
	t.Parallel()
	css := cssColours(t)
	least := map[string]float64{"fg": 4.5, "soft": 4.5, "axis": 3, "mark": 3, "accent": 3, "quiet": 3,
		"s1": 3, "s2": 3, "s3": 3, "s4": 3, "s5": 3, "s6": 3, "s7": 3, "s8": 3}
	for name, want := range least {
		v, ok := css[name]
		if !ok {
			t.Errorf("figure.css has no light and dark value for %s", name)
			continue
		}
		for i, mode := range []string{"light", "dark"} {
			if c := palette.Contrast(colour(t, v[i]), colour(t, css["bg"][i])); c < want {
				t.Errorf("%s in %s: %.2f against the page, want %.1f", name, mode, c, want)
			}
		}
	}
	for _, i := range append([]ink{fg, soft, axis, grid, paper, mark, accent, quiet}, seriesInks...) {
		if css[i.name][0] != i.hex {
			t.Errorf("ink %s is %s in the drawing and %s in the CSS", i.name, i.hex, css[i.name][0])
		}
	}
}

func TestEveryClassHasARule(t *testing.T) {
	t.Parallel()
	for _, i := range append([]ink{fg, soft, axis, grid, paper, mark, accent, quiet}, seriesInks...) {
		if !strings.Contains(CSS, ".mf-f-"+i.name+" {") || !strings.Contains(CSS, ".mf-s-"+i.name+" {") {
			t.Errorf("figure.css has no rule for %s", i.name)
		}
	}
}

// A photocopy keeps the parts of a stack apart: neighbours differ in pattern, or else
// clearly in lightness; writing on them reads.
func TestStackFillsInGrey(t *testing.T) {
	t.Parallel()
	for i, f := range stackFills {
		base := colour(t, f.ink.hex)
		onIt := lightText
		if f.kind != flat {
			onIt = darkText
			if c := palette.Contrast(base, colour(t, f.over.hex)); c < 2 {
				t.Errorf("part %d: its pattern has contrast %.2f", i+1, c)
			}
		}
		if c := palette.Contrast(base, colour(t, onIt.hex)); c < 4.5 {
			t.Errorf("part %d: writing has contrast %.2f", i+1, c)
		}
		if i == 0 {
			continue
		}
		before := stackFills[i-1]
		l1, _, _ := colour(t, before.ink.hex).Lab()
		l2, _, _ := base.Lab()
		if math.Abs(l1-l2) < 20 && before.kind == f.kind {
			t.Errorf("parts %d and %d look alike in grey: L* %.0f and %.0f", i, i+1, l1, l2)
		}
	}
}

func decode(t *testing.T, b []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestPictureOfEveryFigure(t *testing.T) {
	t.Parallel()
	for name, s := range gallery(t) {
		b, err := PNG(at(s, Narrow), 1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if size := decode(t, b).Bounds(); size.Dx() != 360 && !strings.HasPrefix(name, "spark") {
			t.Errorf("%s: %v", name, size)
		}
	}
}

func TestPictureShowsTheScene(t *testing.T) {
	t.Parallel()
	red, blue := ink{hex: "#ff0000"}, ink{hex: "#0000ff"}
	s := &Scene{W: 100, H: 60, title: "x", nodes: []node{
		&rect{x: 10, y: 10, w: 20, h: 20, fill: flatFill(red)},
		&path{closed: true, fill: flatFill(blue), rings: [][]point{{{40, 10}, {60, 10}, {60, 30}, {40, 30}}, {{45, 15}, {55, 15}, {55, 25}, {45, 25}}}},
		&line{x1: 10, y1: 40, x2: 90, y2: 40, stroke: red, width: 4},
		&line{x1: 10, y1: 50, x2: 90, y2: 50, stroke: blue, width: 2, dash: 8},
		&circle{x: 80, y: 20, r: 8, fill: fill{ink: ink{hex: "#ffffff"}, kind: dots, over: blue}},
		&text{x: 50, y: 58, s: "É\u202f!", size: 12, anchor: middle, ink: fg, halo: paper},
	}}
	b, err := s.PNG(2)
	if err != nil {
		t.Fatal(err)
	}
	img := decode(t, b)
	if img.Bounds().Dx() != 200 || img.Bounds().Dy() != 120 {
		t.Fatalf("size %v", img.Bounds())
	}
	for _, tc := range []struct {
		name string
		x, y int
		want color.RGBA
	}{
		{"paper", 4, 4, color.RGBA{255, 255, 255, 255}},
		{"rectangle", 40, 40, color.RGBA{255, 0, 0, 255}},
		{"ring", 84, 24, color.RGBA{0, 0, 255, 255}},
		{"hole", 100, 40, color.RGBA{255, 255, 255, 255}},
		{"stroke", 100, 81, color.RGBA{255, 0, 0, 255}},
		{"dash", 24, 100, color.RGBA{0, 0, 255, 255}},
		{"gap", 20 + 2*11, 100, color.RGBA{255, 255, 255, 255}},
	} {
		r, g, bl, a := img.At(tc.x, tc.y).RGBA()
		if got := (color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(bl >> 8), uint8(a >> 8)}); got != tc.want { //nolint:gosec // 16 bits shifted by 8
			t.Errorf("%s at %d,%d: %v, want %v", tc.name, tc.x, tc.y, got, tc.want)
		}
	}
	blues := 0
	for x := 144; x < 176; x++ {
		for y := 24; y < 56; y++ {
			if r, _, b, _ := img.At(x, y).RGBA(); b > r+0x4000 {
				blues++
			}
		}
	}
	if blues < 50 || blues > 500 {
		t.Errorf("the dotted disc has %d blue pixels of 804", blues)
	}
}

func TestPictureRefusals(t *testing.T) {
	t.Parallel()
	s := Bars{Frame: Frame{Title: "x"}, Rows: []BarRow{{Label: "a", Value: Num(1)}}}
	for _, scale := range []float64{0, -1, 0.1, 99, math.NaN()} {
		if _, err := PNG(s, scale); err == nil || !strings.Contains(err.Error(), "échelle") {
			t.Errorf("scale %v: %v", scale, err)
		}
	}
	huge := &Scene{W: 4000, H: 1e6}
	if _, err := huge.PNG(1); err == nil || !strings.Contains(err.Error(), "trop grande") {
		t.Errorf("a huge picture: %v", err)
	}
}

func TestDrawingAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := gallery(t)["map-cells-circles"]
	want, err := PNG(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	svg := SVG(s)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got, err := PNG(s, 1); err != nil || !bytes.Equal(got, want) || SVG(s) != svg {
				t.Errorf("two drawings of one figure differ (%v)", err)
			}
		})
	}
	wg.Wait()
}

func benchmarkSVG(b *testing.B, name string) {
	s := gallery(b)[name]
	b.ReportAllocs()
	for b.Loop() {
		SVG(s)
	}
}

func BenchmarkBars39(b *testing.B)     { benchmarkSVG(b, "bars") }
func BenchmarkLines(b *testing.B)      { benchmarkSVG(b, "lines") }
func BenchmarkStacks(b *testing.B)     { benchmarkSVG(b, "stacks-towns") }
func BenchmarkMapCells39(b *testing.B) { benchmarkSVG(b, "map-cells") }
func BenchmarkMap39(b *testing.B)      { benchmarkSVG(b, "map") }

func BenchmarkPNG(b *testing.B) {
	s := gallery(b)["bars"]
	for b.Loop() {
		if _, err := PNG(s, 2); err != nil {
			b.Fatal(err)
		}
	}
}
