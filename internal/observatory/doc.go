// SPDX-License-Identifier: EUPL-1.2

// Package observatory holds what is known of each territory: sources, indicators and
// values, each with its year, its producer and its limits.
//
// Its words. A source publishes; an indicator is one thing measured, with a unit and a rule
// that says how it may be aggregated (sum, weighted mean, never); a value is what the
// indicator is worth for a territory over a period, or the reason why it is not known.
// A derived indicator is a formula over others (package formula). Files are recognised by
// package intake. The words themselves are defined in package statistic.
//
// Its promises. A rate is never summed, never clamped at 100, never recomputed from rounded
// parts. What is missing or secret is never zero. A number is never NaN nor infinite.
// Values published for an older geography are re-based on today's through the official
// links, with a footnote, and both readings stay available. Statistical secrecy is applied
// before anything leaves the room.
package observatory
