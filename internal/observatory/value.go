// SPDX-License-Identifier: EUPL-1.2

package observatory

import "maillage/internal/observatory/statistic"

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
