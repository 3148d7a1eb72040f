// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func series(from int, counts ...int) []YearCount {
	var out []YearCount
	for i, n := range counts {
		out = append(out, YearCount{from + i, n})
	}
	return out
}

func TestBirthsFollowTheirTrend(t *testing.T) {
	t.Parallel()
	p, err := Project(series(2016, 230, 226, 222, 218, 214, 210, 206, 202, 198, 194), []YearCount{{2025, 600}}, 2030)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(p.Trend+4) > 1e-9 {
		t.Errorf("trend = %v, want −4 a year", p.Trend)
	}
	y, ok := p.At(2030)
	if !ok || math.Abs(y.Births.Mid-174) > 1e-6 || y.Observed {
		t.Errorf("2030 = %+v, want 174 births", y)
	}
	// A series without noise is still one of chance: √212 × 1,397 × √(1 + 1/10 + 9,5²/82,5)
	if half := y.Births.High - y.Births.Mid; math.Abs(half-30.128) > 0.01 {
		t.Errorf("half interval = %.3f, want 30,128", half)
	}
	// 600 children counted for 202 + 198 + 194 births
	want := (182.0 + 178 + 174) * 600 / 594
	if math.Abs(y.Children.Mid-want) > 1e-6 {
		t.Errorf("children = %v, want %v", y.Children.Mid, want)
	}
	if o, _ := p.At(2020); !o.Observed || o.Births.Low != 214 || o.Births.High != 214 {
		t.Errorf("2020 = %+v, want what was counted", o)
	}
	if _, ok := p.At(2017); ok {
		t.Error("2017 has children though the births of 2015 are not known")
	}
	if !strings.Contains(p.Method, "2016 à 2025") || len(p.Notes) != 1 {
		t.Errorf("method %q, notes %q", p.Method, p.Notes)
	}
}

func TestProjectRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		births []YearCount
		to     int
		want   string
	}{
		"too short":  {series(2020, 1, 2, 3, 4), 2030, "au moins 5"},
		"twice":      {append(series(2020, 1, 2, 3, 4, 5), YearCount{2022, 9}), 2030, "deux fois"},
		"negative":   {series(2020, 1, 2, -3, 4, 5), 2030, "négatif"},
		"too far":    {series(2020, 1, 2, 3, 4, 5), 2040, "s'arrête en 2039"},
		"wrong year": {append(series(2020, 1, 2, 3, 4), YearCount{20, 9}), 2030, "vérifiez"},
	} {
		_, err := Project(c.births, nil, c.to)
		if !errors.Is(err, ErrSeries) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want « %s »", name, err, c.want)
		}
	}
}

func TestLawsOfProjections(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 3000), 5, 15).Draw(t, "births")
		births := series(2008, counts...)
		last := births[len(births)-1].Year
		p, err := Project(births, nil, last+rapid.IntRange(0, horizon).Draw(t, "further"))
		if err != nil {
			t.Fatal(err)
		}
		width := 0.0
		for i, y := range p.Years {
			for _, b := range []Band{y.Births, y.Children} {
				if !(0 <= b.Low && b.Low <= b.Mid && b.Mid <= b.High) {
					t.Fatalf("%+v", y)
				}
			}
			if y.Observed != (i < len(births)) || y.Observed && y.Births.Low != y.Births.High {
				t.Fatalf("%+v", y)
			}
			if y.Births.Low > 0 { // the interval opens as years go by, until it meets zero
				if w := y.Births.High - y.Births.Low; !y.Observed && w < width-1e-9 {
					t.Fatalf("%d: the interval narrows from %v to %v", y.Year, width, w)
				} else {
					width = w
				}
			}
		}
	})
}
