// SPDX-License-Identifier: EUPL-1.2

// Package people knows the organisations of early childhood in the département, the persons,
// and under which hats they act.
//
// Its words. An organisation is known by its SIREN and, when it is for a territory, by that
// territory's code. A person has minimal data: names, a professional address. An affiliation
// ties them, with dates and a title. A hat is what an affiliation entitles to: a role of the
// policy table (package policy), maybe in one body (instance); acts are signed « au titre de »
// a hat. A seat in a body is not here: it belongs to the committee, which is filled by persons.
//
// What it promises: the end of an affiliation ends its hats, never the authorship of what was
// done under them. Duplicates are merged by pointing one at the other: nothing is moved that
// could not be put back.
package people
