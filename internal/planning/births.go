// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"maillage/internal/platform/french"
)

// ErrSeries is wrapped by every refusal of Project, for errors.Is.
var ErrSeries = errors.New("série")

// YearCount is a count of one year: births by the mother's domicile, or children.
type YearCount struct {
	Year, Count int
}

// Band is a value with the interval in which it falls four times out of five. Low ≤ Mid ≤ High.
type Band struct {
	Low, Mid, High float64
}

func (b Band) plus(c Band) Band { return Band{b.Low + c.Low, b.Mid + c.Mid, b.High + c.High} }

func (b Band) times(f float64) Band { return Band{b.Low * f, b.Mid * f, b.High * f} }

// Text is "620 (de 560 à 680)", or "620" when there is no interval.
func (b Band) Text(decimals int) string {
	mid := french.Number(b.Mid, decimals)
	if b.Low == b.High {
		return mid
	}
	return mid + " (de " + french.Number(b.Low, decimals) + " à " + french.Number(b.High, decimals) + ")"
}

// ProjectedYear is one year of a projection. Children are those under three on 31 December.
type ProjectedYear struct {
	Year          int
	Observed      bool // births were counted, not projected
	Births        Band
	Children      Band
	ChildrenKnown bool // the births of the three years are counted or projected
}

// Projection is births and children under three by year, from the first counted year.
type Projection struct {
	Years  []ProjectedYear
	Trend  float64  // births gained or lost each year
	Method string   // the method in French, with its figures
	Notes  []string // reserves
}

// Limits of a projection: fewer years make no trend, older ones say little of it, and a
// straight line is not continued further than this.
const (
	leastYears = 5
	mostYears  = 10
	horizon    = 15
)

// student is Student's t for an interval of 80 %, by degrees of freedom from 3 to 8.
var student = [...]float64{3: 1.638, 4: 1.533, 5: 1.476, 6: 1.440, 7: 1.415, 8: 1.397}

// Project continues the births of a town to the year to, and counts its children under three.
//
// Births follow the straight line that fits the last ten counts best (least squares); the
// interval is the prediction interval of that line at 80 %, whose spread is never taken below
// that of pure chance (Poisson: the square root of the mean). Children under three on 31
// December are the births of the three years times counted ÷ births at the last count known
// (departures, arrivals, deaths), 1 when there is no count; their interval adds up those of
// the three years, as if they erred together, which is the widest.
func Project(births []YearCount, counted []YearCount, to int) (Projection, error) {
	series := slices.Clone(births)
	slices.SortFunc(series, func(a, b YearCount) int { return a.Year - b.Year })
	if err := checkSeries(series, to); err != nil {
		return Projection{}, err
	}
	fit := series[max(0, len(series)-mostYears):]
	l := fitLine(fit)
	p := Projection{Trend: l.slope}
	known := map[int]int{}
	for _, s := range series {
		known[s.Year] = s.Count
	}
	for year := series[0].Year; year <= max(to, series[len(series)-1].Year); year++ {
		y := ProjectedYear{Year: year}
		if n, ok := known[year]; ok {
			y.Observed, y.Births = true, Band{float64(n), float64(n), float64(n)}
		} else {
			y.Births = l.at(float64(year))
		}
		p.Years = append(p.Years, y)
	}
	ratio, note := p.ratio(counted)
	p.Notes = append(p.Notes, note)
	for i := 2; i < len(p.Years); i++ {
		p.Years[i].Children = p.three(i).times(ratio)
		p.Years[i].ChildrenKnown = true
	}
	p.Method = fmt.Sprintf("Droite ajustée sur les naissances de %d à %d (%s par an), prolongée ; l'intervalle contient la valeur "+
		"quatre fois sur cinq si la tendance se poursuit.",
		fit[0].Year, fit[len(fit)-1].Year, french.Number(l.slope, 1))
	return p, nil
}

func checkSeries(series []YearCount, to int) error {
	if len(series) < leastYears {
		return fmt.Errorf("%w : %s ; il en faut au moins %d pour une tendance", ErrSeries,
			french.Plural(len(series), "année de naissances", "années de naissances"), leastYears)
	}
	for i, s := range series {
		if s.Count < 0 {
			return fmt.Errorf("%w : %d naissances en %d ; un nombre de naissances n'est pas négatif", ErrSeries, s.Count, s.Year)
		}
		if i > 0 && s.Year == series[i-1].Year {
			return fmt.Errorf("%w : l'année %d figure deux fois ; gardez une seule valeur", ErrSeries, s.Year)
		}
		if i > 0 && s.Year-series[i-1].Year > horizon {
			return fmt.Errorf("%w : aucune valeur entre %d et %d ; vérifiez ces deux années", ErrSeries, series[i-1].Year, s.Year)
		}
	}
	if last := series[len(series)-1].Year; to > last+horizon {
		return fmt.Errorf("%w : la projection s'arrête en %d, %d ans après la dernière année connue ; choisissez une fin plus proche",
			ErrSeries, last+horizon, horizon)
	}
	return nil
}

// three is the births of the year i and of the two before it.
func (p Projection) three(i int) Band {
	return p.Years[i].Births.plus(p.Years[i-1].Births).plus(p.Years[i-2].Births)
}

// ratio is children counted ÷ births of the three years, at the last count that can be compared.
func (p Projection) ratio(counted []YearCount) (float64, string) {
	best, ratio := 0, 1.0
	for _, c := range counted {
		for i := 2; i < len(p.Years); i++ {
			y := p.Years[i]
			births := p.three(i)
			if y.Year == c.Year && y.Observed && births.Low == births.High && births.Mid > 0 && c.Count >= 0 && c.Year > best {
				best, ratio = c.Year, float64(c.Count)/births.Mid
			}
		}
	}
	if best == 0 {
		return 1, "Aucun comptage d'enfants ne recoupe les naissances : les enfants de moins de 3 ans sont les naissances de trois années."
	}
	return ratio, fmt.Sprintf("Comptage de %d : %s enfants de moins de 3 ans pour 100 naissances des trois années ; ce rapport est gardé.",
		best, french.Number(ratio*100, 1))
}

// At is the projection of one year.
func (p Projection) At(year int) (ProjectedYear, bool) {
	i := slices.IndexFunc(p.Years, func(y ProjectedYear) bool { return y.Year == year })
	if i < 0 || !p.Years[i].ChildrenKnown {
		return ProjectedYear{}, false
	}
	return p.Years[i], true
}

// regression is a fitted straight line and what its prediction interval needs.
type regression struct {
	slope, meanX, meanY float64
	n, sxx, spread, t   float64
}

func fitLine(series []YearCount) regression {
	n := float64(len(series))
	l := regression{n: n, t: student[len(series)-2]}
	for _, s := range series {
		l.meanX += float64(s.Year) / n
		l.meanY += float64(s.Count) / n
	}
	sxy := 0.0
	for _, s := range series {
		dx := float64(s.Year) - l.meanX
		l.sxx += dx * dx
		sxy += dx * (float64(s.Count) - l.meanY)
	}
	l.slope = sxy / l.sxx
	errors2 := 0.0
	for _, s := range series {
		e := float64(s.Count) - l.mid(float64(s.Year))
		errors2 += e * e
	}
	l.spread = math.Sqrt(max(errors2/(n-2), l.meanY))
	return l
}

func (l regression) mid(x float64) float64 { return l.meanY + l.slope*(x-l.meanX) }

// at is the line at x with its interval, never below zero births.
func (l regression) at(x float64) Band {
	mid := l.mid(x)
	dx := x - l.meanX
	half := l.t * l.spread * math.Sqrt(1+1/l.n+dx*dx/l.sxx)
	return Band{max(mid-half, 0), max(mid, 0), max(mid+half, 0)}
}
