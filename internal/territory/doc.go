// SPDX-License-Identifier: EUPL-1.2

// Package territory knows the ground: the communes, EPCI, EPT, départements and régions of
// France, their codes, their populations and their history from 2021 to 2026.
//
// # Words
//
// A vintage is the state of the map on 1 January of a year. A population has two dates: its
// reference year and the day it came into force, three years later (populations of 2023 are
// in force from 1 January 2026). PMUN is the municipal population; PTOT, the total one, adds
// people counted apart, and is the one the thresholds of the law are read against (CASF
// L.214-1-3, DOMAIN.md §1). PTOT is never smaller than PMUN.
//
// # What it promises
//
// A Registry is read once from the file of package refdata and never changes; it may be used
// from any number of goroutines, and what it returns must not be modified. A PMUN and a PTOT
// returned together are always of one reference year: where the sources do not give the PTOT of
// that year, TotalKnown is false and Total is zero. In particular the packages of 2026 give the
// PTOT of 2023 only for the communes of the EPT of Grand Paris: elsewhere the youngest known
// PTOT is that of 2022 (see TotalPopulation, and refdata/README.md).
//
// # Geographies
//
// Population answers within the limits of the day asked; Populations re-bases the years gone by
// on today's limits, so that Saint-Denis (93066) includes Pierrefitte-sur-Seine (93059) even
// before they merged; Parts says which territories of a former geography make up one of today.
//
// # What people record
//
// Room adds to the register what people record on top of it. A competence (CASF art. L. 214-1-3)
// is exercised by the commune unless a Holding says that it was transferred, from a day, by a
// decision; it has one holder at a time. The population that counts for a holder is the sum of
// the PTOT of the communes that transferred. What somebody records, ends or withdraws at once is
// an act: all of it or nothing, undone as a whole, and the undoing can be undone.
//
// Contours come from files. A set is read, repaired, simplified at four levels, looked at, then
// accepted; it can be withdrawn and put back. Outlines draws on today's geography: the last set
// accepted wins for each territory, what merged is drawn in one piece, and what a set could only
// draw in part it does not draw.
package territory
