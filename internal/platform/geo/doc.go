// SPDX-License-Identifier: EUPL-1.2

// Package geo reads, checks, repairs, simplifies and stores the contours of territories.
//
// Everything outside the readers is WGS84 longitude and latitude in degrees, in that order,
// held in the types of paulmach/orb. Exterior rings turn counter-clockwise and holes clockwise
// (RFC 7946, § 3.1.6).
//
// # The grid
//
// Questions of topology (does a ring cross itself, is this border shared, is that hole inside)
// have no sure answer in floating point. Repair, IsValid, Simplify and Marshal therefore work
// on a grid of one millionth of a degree, 11 cm on the ground, finer than any published
// contour: on it every test is exact integer arithmetic, two neighbours that name the same
// border point land on the same grid point, and what was found valid is stored bit for bit.
//
// # What it promises
//
//   - ReadFile never trusts a file: bytes, features and vertices are limited, nesting is
//     limited, counts in headers are checked against what is there, errors are French and say
//     where and what to do.
//   - Repair returns a valid geometry, always, and returns a valid one unchanged.
//   - Simplify keeps shared borders shared: no gap, no overlap, no lost territory, nothing
//     invalid, at any tolerance.
package geo
