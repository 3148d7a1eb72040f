// SPDX-License-Identifier: EUPL-1.2

// Package planning computes what a town's scheme costs, who pays, and whom it serves: the
// coûts prévisionnels, calendrier and zones of CASF D. 214-10-1 (3°, 4° a, b, e, f, g). It is
// pure: no database, clock, request or file but scales.toml, which is embedded. Its caller is
// internal/scheme, which stores operations and scenarios and shows these results.
//
// Scales (Scales, Scale) are dated figures with their sources. A figure that no source gives
// is a setting without value; whoever computes with it says so (Missing) and leaves the
// amount out: the rest for the town is then an upper bound. Nothing is guessed. The
// administrator's figures come in through Scales.With.
//
// Families: CrecheFee (tariff by taux d'effort), CMG and CMGStructure. Structures: PSU,
// bonuses and who pays the running cost. Operations: Plan.Financing (investment), Plan.Budget
// (both sections, year by year), Uncertainty.Cases (low, central, high).
//
// Scenarios: Project (births and children with their band), Plan.Places, Cover (places per
// 100 children under three), Field (accessibility), Outcome and Compare.
//
// Money is Cents, whole hundredths of a euro. A rate or a price per hour is a Number, an
// exact rational. Every line is rounded once, half away from zero, when it becomes Cents; a
// rest is a cost minus the lines, so the sums by funder are the cost to the cent. An aid
// never goes beyond what is left to pay. Spreading a total over years is done to the cent.
//
// A budget year reads the scales of its 31 December; an investment those of the day of
// decision. Years ahead read the last version that is not closed: a scale stands until a
// source says that it changed.
//
// Readings of what the sources leave open: PSU (hours that open the right), CMGStructure
// (the first child counts), bonus inclusion handicap (rate applied to the cost per place),
// ranges (lower bound but in the low case; the upper one in QPV for the bonus territoire).
package planning
