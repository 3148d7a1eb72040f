// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"cmp"
	"fmt"
	"slices"

	"maillage/internal/observatory/statistic"
)

const complementaryNote = "secret statistique : ce chiffre permettrait de déduire un chiffre protégé"

// Withhold applies the primary rule of secrecy of a source to one value: a count from 1 to
// the threshold less one becomes secret, with its reason. Zero, which tells nothing of
// anyone, and rates pass; a rate computed from a secret count is secret by its formula.
func Withhold(rule Secrecy, ind *Indicator, v Value) Value {
	if !belowThreshold(rule, ind, v) {
		return v
	}
	return statistic.None(v.Indicator, v.Territory, v.Period, Secret, fmt.Sprintf("secret statistique : moins de %d", rule.MinCount))
}

func belowThreshold(rule Secrecy, ind *Indicator, v Value) bool {
	return ind.Kind != Rate && v.Known() && v.Number > 0 && v.Number < float64(rule.MinCount)
}

// Protect applies both rules of secrecy to the cells that add up to a total which is shown
// beside them, and returns them in the same order with the total. Beyond the primary rule,
// the smallest other cells are withheld until what is hidden has play: at least two hidden
// cells, each of which could be anything from 1 to the threshold at least. When no cell is
// left to hide, the total is. Cells already secret on arrival count as hidden.
//
// It protects one total at a time: a cell that enters several published totals (commune,
// EPT, département) is to be protected under each, from the smallest total to the largest.
func Protect(rule Secrecy, ind *Indicator, cells []Value, total Value) ([]Value, Value) {
	out := slices.Clone(cells)
	if ind.Kind == Rate || rule.MinCount <= 1 {
		return out, total
	}
	var open []int // cells that may still be hidden
	hidden, arrivedSecret, sum := 0, false, 0.0
	for i, v := range cells {
		out[i] = Withhold(rule, ind, v)
		switch {
		case v.State == Secret:
			hidden, arrivedSecret = hidden+1, true
		case out[i].State == Secret:
			hidden++
			sum += v.Number
		case v.Known() && v.Number > 0:
			open = append(open, i)
		}
	}
	total = Withhold(rule, ind, total)
	if hidden == 0 || !rule.Complementary || !total.Known() {
		return out, total
	}
	slices.SortStableFunc(open, func(a, b int) int { return cmp.Compare(cells[a].Number, cells[b].Number) })
	for hidden < 2 || !arrivedSecret && sum-float64(hidden)+1 < float64(rule.MinCount) {
		if len(open) == 0 {
			return out, statistic.None(total.Indicator, total.Territory, total.Period, Secret, complementaryNote)
		}
		i := open[0]
		open = open[1:]
		hidden++
		sum += cells[i].Number
		out[i] = statistic.None(cells[i].Indicator, cells[i].Territory, cells[i].Period, Secret, complementaryNote)
	}
	return out, total
}
