// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"cmp"
	"slices"
	"strings"

	"maillage/internal/observatory/statistic"
)

// The vocabulary of values, defined in package statistic.
type (
	// Value is one figure, or the reason why it is not known.
	Value = statistic.Value
	// State says what a figure is, or why there is none.
	State = statistic.State
	// Period is a year, a month or a day.
	Period = statistic.Period
)

// The states of a value; see package statistic.
const (
	Missing       = statistic.Missing
	Observed      = statistic.Observed
	Provisional   = statistic.Provisional
	Estimated     = statistic.Estimated
	NotApplicable = statistic.NotApplicable
	Secret        = statistic.Secret
)

// sortValues orders values by indicator, territory and period.
func sortValues(vs []Value) {
	slices.SortFunc(vs, func(a, b Value) int {
		return cmp.Or(strings.Compare(a.Indicator, b.Indicator), strings.Compare(string(a.Territory), string(b.Territory)),
			strings.Compare(string(a.Period), string(b.Period)))
	})
}
