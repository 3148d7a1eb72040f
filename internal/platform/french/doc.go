// SPDX-License-Identifier: EUPL-1.2

// Package french reads and writes as the French do: numbers with a decimal comma and
// narrow no-break spaces, alphabetical order, plurals, "de", "du" and "des" before a place,
// and the folding that lets "ile st denis" meet "L'Île-Saint-Denis".
//
// Dates are the business of package clock. Everything here is pure and safe for
// concurrent use.
package french
