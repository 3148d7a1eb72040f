// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the drawings under testdata")

// at draws a spec at a width.
func at(s Spec, width float64) Spec {
	f := s.frame()
	f.Width = width
	return s.with(f)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	all := gallery(t)
	for _, name := range []string{"bars-references", "bars-negative", "lines", "stacks-towns", "panels", "dots", "histogram-classes", "map", "map-cells", "map-pivot", "spark"} {
		s := all[name]
		for _, w := range []float64{Wide, Narrow} {
			if _, spark := s.(Spark); spark {
				w = 0
			}
			file := filepath.Join("testdata", fmt.Sprintf("%s-%.0f.svg", name, w))
			got := string(SVG(at(s, w))) + "\n"
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(file) //nolint:gosec // a name of the gallery
			if err != nil {
				t.Fatalf("%v; run go test -update and look at the drawing", err)
			}
			if got != string(want) {
				t.Errorf("%s has changed; run go test -update and look at the drawing", file)
			}
		}
	}
}

var (
	idAttr = regexp.MustCompile(` id="([^"]*)"`)
	idRefs = regexp.MustCompile(`url\(#([^)]*)\)|aria-(?:labelledby|describedby)="([^"]*)"`)
)

// checkSVG is what every drawing must satisfy, whatever the declaration.
func checkSVG(svg string) error {
	d := xml.NewDecoder(strings.NewReader(svg))
	d.Strict = true
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("not well-formed: %w", err)
		}
	}
	for _, bad := range []string{"NaN", "Inf", " style=", "<style", "<script", "javascript:", "%!"} {
		if strings.Contains(svg, bad) {
			return fmt.Errorf("contains %q", bad)
		}
	}
	ids := map[string]bool{}
	for _, m := range idAttr.FindAllStringSubmatch(svg, -1) {
		if ids[m[1]] {
			return fmt.Errorf("id %q twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range idRefs.FindAllStringSubmatch(svg, -1) {
		if ref := m[1] + m[2]; !ids[ref] {
			return fmt.Errorf("refers to %q, which is not there", ref)
		}
	}
	return nil
}

// checkScene tells whether all writing lies in the drawing and is large enough.
func checkScene(s *Scene) error {
	if !(s.W > 0 && s.H > 0 && s.H < 1e6) {
		return fmt.Errorf("drawing of %v × %v", s.W, s.H)
	}
	if s.title == "" || s.desc == "" {
		return errors.New("no title or no description")
	}
	var bad error
	walk(s.nodes, func(n node) {
		t, ok := n.(*text)
		if !ok || t.s == "" {
			return
		}
		l, top, r, b := t.box()
		const slack = 0.5
		if l < -slack || top < -slack || r > s.W+slack || b > s.H+slack || math.IsNaN(l+top+r+b) {
			bad = fmt.Errorf("%q at %.1f,%.1f–%.1f,%.1f leaves the drawing of %v × %v", t.s, l, top, r, b, s.W, s.H)
		}
		if t.size < noteSize {
			bad = fmt.Errorf("%q is %v px high", t.s, t.size)
		}
	})
	return bad
}

func TestEveryDrawingHolds(t *testing.T) {
	t.Parallel()
	for name, s := range gallery(t) {
		for _, w := range []float64{0, 240, 320, 360, 640, 720, 960} {
			sc := at(s, w).Scene()
			if err := checkScene(sc); err != nil {
				t.Errorf("%s at %v: %v", name, w, err)
			}
			if err := checkSVG(string(sc.SVG())); err != nil {
				t.Errorf("%s at %v: %v", name, w, err)
			}
		}
	}
}

// The words of a drawing never lie on one another.
func TestWordsDoNotOverlap(t *testing.T) {
	t.Parallel()
	for name, s := range gallery(t) {
		for _, w := range []float64{320, 360, 640, 720, 960} {
			var all []*text
			walk(at(s, w).Scene().nodes, func(n node) {
				if t, ok := n.(*text); ok {
					all = append(all, t)
				}
			})
			for i, a := range all {
				al, at, ar, ab := a.box()
				for _, b := range all[i+1:] {
					bl, bt, br, bb := b.box()
					// Boxes are a little larger than the writing, eight per cent on the widths.
					x := math.Min(ar, br) - math.Max(al, bl) - 0.08*math.Min(ar-al, br-bl)
					y := math.Min(ab, bb) - math.Max(at, bt)
					if x > 0.5 && y > 3 {
						t.Errorf("%s at %v: %q and %q overlap by %.1f × %.1f", name, w, a.s, b.s, x, y)
					}
				}
			}
		}
	}
}

func TestTableAndSentence(t *testing.T) {
	t.Parallel()
	for name, s := range gallery(t) {
		table := s.Table()
		for _, row := range table.Rows {
			if len(row) != len(table.Header) {
				t.Errorf("%s: a row of %d cells under %d headings", name, len(row), len(table.Header))
			}
			for _, c := range row {
				if strings.Contains(c.Text, "NaN") || c.Absent && c.Text == "" {
					t.Errorf("%s: cell %+v", name, c)
				}
			}
		}
		if txt := s.Sentence(); !strings.HasSuffix(txt, ".") || strings.Contains(txt, "  ") || strings.Contains(txt, "NaN") {
			t.Errorf("%s: sentence %q", name, txt)
		}
		if err := checkSVG(string(table.HTML())); err != nil {
			t.Errorf("%s: table %v", name, err)
		}
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	g := gallery(t)
	for name, want := range map[string][]string{
		"bars":             {"35 valeurs, de 19,8 (Clichy-sous-Bois) à 57,2 places pour 100 enfants de moins de 3 ans (Le Raincy)", "Aubervilliers : 22,0", "France : 59,4", "4 sans valeur (non publié)", "1 sans valeur (secret statistique)", "Source : Cnaf"},
		"lines":            {"Aubervilliers : de 21,8 en 2017 à 22,0 places", "Saint-Ouen-sur-Seine : de 43,0 en 2017 à 46,7 en 2021, sans valeur en 2019", "rupture en 2019 (changement de méthode de la Cnaf)"},
		"map-cells":        {"carte schématique de 36 communes", "5 classes", "1 sans valeur (sans objet)"},
		"stacks-towns":     {"Aubervilliers : total 22,0 places", "Crèches PSU 14,0"},
		"dots":             {"Aubervilliers 22,0 places", "médiane"},
		"bars-all-missing": {"aucune valeur à montrer"},
	} {
		got := g[name].Sentence()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q lacks %q", name, got, w)
			}
		}
	}
}

func TestResponsiveHasTwoDrawingsAndNoIdTwice(t *testing.T) {
	t.Parallel()
	for name, s := range gallery(t) {
		if _, spark := s.(Spark); spark {
			continue
		}
		html := string(Responsive(s))
		if strings.Count(html, "<svg") != 2 || !strings.Contains(html, `<div class="mf-wide">`) || !strings.Contains(html, `<div class="mf-narrow">`) {
			t.Errorf("%s: %.80s", name, html)
		}
		if err := checkSVG("<div>" + html + "</div>"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !strings.Contains(CSS, ".mf-narrow { display: none; }") || !strings.Contains(CSS, ".mf-wide { display: none; }") {
		t.Error("the CSS does not hide one of the two drawings")
	}
}

func TestHostileWords(t *testing.T) {
	t.Parallel()
	evil := "<script>alert(1)</script>\"'&\x00\x01\ufffe\xff]]>"
	s := Bars{Frame: Frame{ID: evil, Title: evil, Subtitle: evil, Unit: Unit{Name: evil}, Source: evil, Notes: []string{evil}, Interactive: true},
		Rows: []BarRow{{Label: evil, Value: Num(1), Href: "javascript:alert(1)"}, {Label: evil, Value: Num(2), Href: "//evil.example"}, {Label: evil, Value: Value{Reason: evil}}}}
	svg := string(SVG(s))
	if err := checkSVG(svg); err != nil {
		t.Error(err)
	}
	if strings.Contains(svg, "href=") {
		t.Error("a hostile address became a link")
	}
	if err := checkSVG(string(s.Table().HTML())); err != nil {
		t.Log("table:", err) // html.EscapeString keeps control characters, which HTML replaces
	}
}

func TestLinksAndLists(t *testing.T) {
	t.Parallel()
	m := gallery(t)["map-cells"].(Map)
	svg := string(SVG(m))
	for _, want := range []string{
		`role="group"`, `role="list"`, `<a href="/territoires/93001" aria-label="Aubervilliers : 22,0 places pour 100 enfants de moins de 3 ans, 2021 — 1re classe sur 5">`,
		`secret statistique, 2021`, `Carte schématique`,
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("the map lacks %s", want)
		}
	}
	for i := range m.Areas {
		m.Areas[i].Href = ""
	}
	if svg := string(SVG(m)); !strings.Contains(svg, `role="img"`) || strings.Contains(svg, "tabindex") {
		t.Error("a map without links is not one image")
	}
	m.Interactive = true
	if n := strings.Count(string(SVG(m)), `role="listitem" tabindex="0" aria-label="`); n != len(m.Areas) {
		t.Errorf("%d areas can be reached, want %d", n, len(m.Areas))
	}
}

func TestMissingIsNeverZero(t *testing.T) {
	t.Parallel()
	if (Value{}).ok() || Num(math.NaN()).ok() || Num(math.Inf(1)).ok() || Absent(Known).ok() || (Value{State: Known, V: math.NaN()}).ok() {
		t.Error("a missing value passes for a number")
	}
	if got := (Unit{Decimals: 1}).text(Value{}); got != "non renseigné" {
		t.Errorf("the zero Value reads %q", got)
	}
	if !Num(0).ok() {
		t.Error("zero is a number")
	}
	var e Value = Estimate(3)
	if got := (Unit{Name: "places"}).full(e); got != "3 places (estimé)" {
		t.Errorf("estimated: %q", got)
	}
}

// lineRuns are the polylines of the first series of a drawing.
func lineRuns(l Lines) (runs [][]point, dashed int) {
	walk(l.Scene().nodes, func(n node) {
		if p, ok := n.(*path); ok && !p.closed && p.stroke == seriesInks[0] {
			runs = append(runs, p.rings[0])
			if p.dash > 0 {
				dashed++
			}
		}
	})
	return runs, dashed
}

func TestAMissingYearBreaksTheLine(t *testing.T) {
	t.Parallel()
	points := func(years ...int) []Point {
		var out []Point
		for _, y := range years {
			out = append(out, Point{y, Num(float64(y - 2000))})
		}
		return out
	}
	for _, tc := range []struct {
		name   string
		l      Lines
		want   []int // points of each run
		dashed int
	}{
		{"whole", Lines{Series: []Series{{Points: points(2017, 2018, 2019, 2020)}}}, []int{4}, 0},
		{"unsorted", Lines{Series: []Series{{Points: points(2019, 2017, 2020, 2018)}}}, []int{4}, 0},
		{"a year is not there", Lines{Series: []Series{{Points: points(2017, 2018, 2020, 2021)}}}, []int{2, 2}, 0},
		{"every fifth year is whole", Lines{Series: []Series{{Points: points(2006, 2011, 2016)}}}, []int{3}, 0},
		{"a year is secret", Lines{Series: []Series{{Points: append(points(2017, 2018, 2020, 2021), Point{2019, Absent(Secret)})}}}, []int{2, 2}, 0},
		{"a lone point has no line", Lines{Series: []Series{{Points: append(points(2017, 2018, 2020), Point{2019, Value{}})}}}, []int{2}, 0},
		{"a break", Lines{Series: []Series{{Points: points(2017, 2018, 2019, 2020)}}, Breaks: []Break{{Year: 2019}}}, []int{2, 2}, 0},
		{"a joined break", Lines{Series: []Series{{Points: points(2017, 2018, 2019, 2020)}}, Breaks: []Break{{Year: 2019, Joined: true}}}, []int{4}, 0},
		{"an estimate", Lines{Series: []Series{{Points: append(points(2017, 2018), Point{2019, Estimate(4)})}}}, []int{2, 2}, 1},
	} {
		runs, dashed := lineRuns(tc.l)
		var got []int
		for _, r := range runs {
			got = append(got, len(r))
		}
		if !slices.Equal(got, tc.want) || dashed != tc.dashed {
			t.Errorf("%s: runs of %v points, %d dashed; want %v, %d", tc.name, got, dashed, tc.want, tc.dashed)
		}
	}
}

func TestBarsStartAtZeroAndKeepTheirOrder(t *testing.T) {
	t.Parallel()
	rows := []BarRow{{Label: "Étampes", Value: Num(10)}, {Label: "Zuydcoote", Value: Num(30)}, {Label: "Eaubonne", Value: Num(10)}, {Label: "Absente"}}
	for order, want := range map[Order]string{
		Descending: "Zuydcoote Eaubonne Étampes Absente", Ascending: "Eaubonne Étampes Zuydcoote Absente",
		ByName: "Eaubonne Étampes Zuydcoote Absente", Given: "Étampes Zuydcoote Eaubonne Absente",
	} {
		var got []string
		for _, r := range (Bars{Rows: rows, Order: order}).sorted() {
			got = append(got, r.Label)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("order %v: %v, want %s", order, got, want)
		}
	}
	var widths []float64
	walk(Bars{Rows: rows}.Scene().nodes, func(n node) {
		if r, ok := n.(*rect); ok && r.fill == flatFill(mark) {
			widths = append(widths, r.w)
		}
	})
	if len(widths) != 3 || math.Abs(widths[0]-3*widths[1]) > 1e-6 {
		t.Errorf("bars of 30, 10 and 10 are %v px long", widths)
	}
}
