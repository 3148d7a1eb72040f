// SPDX-License-Identifier: EUPL-1.2

package observatory

import "maillage/internal/observatory/statistic"

// The vocabulary of indicators, defined in package statistic.
type (
	// Source is who publishes figures, how, and with what limits.
	Source = statistic.Source
	// Secrecy is the rule of statistical secrecy of a source.
	Secrecy = statistic.Secrecy
	// Indicator is one thing that is measured.
	Indicator = statistic.Indicator
	// Aggregation is how the values of parts make that of the whole.
	Aggregation = statistic.Aggregation
	// Theme is a heading under which indicators are listed.
	Theme = statistic.Theme
	// Direction says which way is better.
	Direction = statistic.Direction
)

// Words of the catalogue; see package statistic.
const (
	Never        = statistic.Never
	Sum          = statistic.Sum
	WeightedMean = statistic.WeightedMean

	Neutral      = statistic.Neutral
	MoreIsBetter = statistic.MoreIsBetter
	LessIsBetter = statistic.LessIsBetter

	Stock = statistic.Stock
	Rate  = statistic.Rate
	Count = statistic.Count
)
