// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/french"
)

// Thresholds of Anomalies. They point at what to look at; they change nothing.
const (
	// A change is a jump when it is this many robust standard deviations (1.4826 times the
	// median absolute deviation) away from the median change of all territories: about one
	// in two million if changes were normal, a few per thousand of real, heavy-tailed ones.
	jumpDeviations = 5
	// and at least this ratio for counts (x1.5, or two thirds)
	jumpRatio = 1.5
	// and at least this many units for counts, since 2 → 4 births is no news
	jumpUnits = 10
	// and, for rates, at least this part of the old value and this many points.
	jumpShare, jumpPoints = 0.25, 5.0
	// Below this many territories in common the deviation says nothing; the other thresholds stand alone.
	enoughTerritories = 8
)

// jump is a change that stands out.
type jump struct {
	item Item
	old  statistic.Value
	size float64 // in thresholds
}

// jumps tells the changes that stand out from those of all territories; see the thresholds.
func (c *comparison) jumps(s series, old past) {
	n, ok := c.dictionary.Indicator(s.indicator)
	rate := ok && n.Kind == statistic.Rate
	var changes []float64
	var all []jump
	for k, id := range old.ids {
		i, there := c.now(s, id)
		v := old.values[k]
		if !there || !i.Value.Known() || !v.Known() {
			continue
		}
		all = append(all, jump{item: i, old: v})
		changes = append(changes, change(rate, v.Number, i.Value.Number))
	}
	middle, deviation := robust(changes)
	var found []jump
	for k, j := range all {
		limit := threshold(rate, j.old.Number)
		if len(all) >= enoughTerritories {
			limit = max(limit, jumpDeviations*deviation)
		} else {
			middle = 0
		}
		size := math.Abs(changes[k]-middle) / limit
		if size > 1 && (rate || math.Abs(j.item.Value.Number-j.old.Number) >= jumpUnits) {
			j.size = size
			found = append(found, j)
		}
	}
	slices.SortStableFunc(found, func(a, b jump) int { return cmp.Compare(b.size, a.size) })
	for _, j := range found[:min(len(found), manyIssues)] {
		c.say(c.jump(s, old.period, j))
	}
	if more := len(found) - manyIssues; more > 0 {
		c.say(Issue{Severity: Warning, Kind: KindJump, Indicator: s.indicator, Period: s.period, Count: more,
			Message: fmt.Sprintf("« %s », %s : %s, moins forts", c.title(s.indicator), s.period.French(), french.Plural(more, "autre saut", "autres sauts"))})
	}
}

func (c *comparison) jump(s series, old statistic.Period, j jump) Issue {
	words := fmt.Sprintf("de %s à %s", c.show(j.old), c.show(j.item.Value))
	if j.old.Number > 0 {
		percent := 100 * (j.item.Value.Number - j.old.Number) / j.old.Number
		sign := ""
		if percent > 0 {
			sign = "+"
		}
		words = sign + french.Percent(percent, 0) + " par rapport à " + old.French() + " (" + words + ")"
	} else {
		words = "par rapport à " + old.French() + ", " + words
	}
	return Issue{Severity: Warning, Kind: KindJump, Line: j.item.Line, Territory: j.item.Value.Territory, Indicator: s.indicator, Period: s.period,
		Message: fmt.Sprintf("%s, « %s » : %s, faute de frappe ?", c.name(j.item.Value.Territory), c.title(s.indicator), words),
		Remedy:  "Comparez avec la source ; si le chiffre est bon, importez-le tel quel."}
}

// change is the difference of two rates, or the logarithm of the ratio of two counts (plus
// one, so that zero has a place).
func change(rate bool, old, now float64) float64 {
	if rate {
		return now - old
	}
	return math.Log(math.Max(now, 0)+1) - math.Log(math.Max(old, 0)+1)
}

func threshold(rate bool, old float64) float64 {
	if rate {
		return max(jumpPoints, jumpShare*math.Abs(old))
	}
	return math.Log(jumpRatio)
}

// robust is the median and the deviation estimated from the median absolute deviation.
func robust(values []float64) (middle, deviation float64) {
	if len(values) == 0 {
		return 0, 0
	}
	middle = median(values)
	gaps := make([]float64, len(values))
	for i, v := range values {
		gaps[i] = math.Abs(v - middle)
	}
	return middle, 1.4826 * median(gaps)
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if len(s)%2 == 1 {
		return s[len(s)/2]
	}
	return (s[len(s)/2-1] + s[len(s)/2]) / 2
}
