// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"
	"math"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// trendHorizon is how many years ahead a trend is followed: one less than a municipal mandate.
const trendHorizon = 5

// trend is the mean annual growth of a population over the years known, with the slowest
// and the fastest growth between two of them. Rates are fractions: 0.014 is 1.4 % a year.
type trend struct {
	from, to              int // reference years
	mean, lowest, fastest float64
}

// trendOf draws the trend of the populations up to the one in force. It takes three years at
// least, spread over two years or more, all counted the same way; otherwise it is false.
func trendOf(populations []Population, now Population) (trend, bool) {
	var points []Population
	for _, p := range populations {
		if !p.InForce.After(now.InForce) && p.TotalKnown == now.TotalKnown && p.Count() > 0 &&
			(len(points) == 0 || p.Year > points[len(points)-1].Year) {
			points = append(points, p)
		}
	}
	if len(points) < 3 {
		return trend{}, false
	}
	first, last := points[0], points[len(points)-1]
	t := trend{from: first.Year, to: last.Year, lowest: math.Inf(1), fastest: math.Inf(-1)}
	t.mean = growth(first, last)
	for i := 1; i < len(points); i++ {
		g := growth(points[i-1], points[i])
		t.lowest, t.fastest = min(t.lowest, g), max(t.fastest, g)
	}
	return t, true
}

func growth(a, b Population) float64 {
	return math.Pow(float64(b.Count())/float64(a.Count()), 1/float64(b.Year-a.Year)) - 1
}

// yearsTo is the number of years of that growth after which the count is on the other side
// of the threshold, or 0 if it is not within the horizon.
func yearsTo(count, threshold int, rate float64) int {
	above := count > threshold
	v := float64(count)
	for n := 1; n <= trendHorizon; n++ {
		v *= 1 + rate
		if (math.Round(v) > float64(threshold)) != above {
			return n
		}
	}
	return 0
}

// expected announces the crossing that the mean growth would bring within the horizon.
func (w *watched) expected(now Population) []Announcement {
	if now.Missing > 0 { // the trend starts when the figure used came into force
		now.InForce = now.InForce.AddMonths(-12 * (now.Missing - now.Year))
	}
	t, ok := trendOf(w.trend, now)
	if !ok {
		return nil
	}
	n := yearsTo(now.Count(), w.threshold, t.mean)
	if n == 0 {
		return nil
	}
	up := now.Count() <= w.threshold
	slow, fast := yearsTo(now.Count(), w.threshold, t.lowest), yearsTo(now.Count(), w.threshold, t.fastest)
	if !up { // for a fall, the lowest growth is the fastest way down
		slow, fast = fast, slow
	}
	on := clock.NewDate(now.InForce.Year+n, now.InForce.Month, now.InForce.Day)
	sure := "probablement"
	if slow == 0 {
		sure = "peut-être"
	}
	kind, outcome := ExpectedUp, fmt.Sprintf("%s plus de %s en %d ; voici ce qui changerait", sure, french.Int(w.threshold), on.Year)
	if !up {
		kind = ExpectedDown
		outcome = fmt.Sprintf("%s %s ou moins en %d ; la loi ne prévoit pas de maintien et ne s'imposeraient plus",
			sure, french.Int(w.threshold), on.Year)
	}
	a := w.announce(kind, now, on, "%s compte %s, %s par an : %s : %s.",
		w.name, w.figure(now), signedPercent(t.mean), outcome, w.titles())
	a.Method = t.method(now, slow, fast)
	return []Announcement{a}
}

// method says how the trend was drawn and what it would be at other paces.
func (t trend) method(now Population, slow, fast int) string {
	year := func(n int) string {
		if n == 0 {
			return fmt.Sprintf("pas avant %d", now.InForce.Year+trendHorizon+1)
		}
		return fmt.Sprintf("en %d", now.InForce.Year+n)
	}
	paces := fmt.Sprintf("au rythme annuel le plus lent vers le seuil, il serait franchi %s ; au plus rapide, %s", year(slow), year(fast))
	if slow == fast {
		paces = "à tous les rythmes annuels observés, le seuil serait franchi " + year(slow)
	}
	return fmt.Sprintf("Méthode : croissance annuelle moyenne entre les populations %d et %d (de %s à %s selon les années), prolongée telle quelle. "+
		"C'est une tendance, non une certitude : %s. Seule compte la population authentifiée chaque année par décret.",
		t.from, t.to, signedPercent(t.lowest), signedPercent(t.fastest), paces)
}

func signedPercent(rate float64) string {
	text := french.Percent(rate*100, 1)
	if math.Round(rate*1000) > 0 {
		return "+" + text
	}
	return text
}
