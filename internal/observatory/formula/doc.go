// SPDX-License-Identifier: EUPL-1.2

// Package formula is the small language in which derived indicators are written:
//
//	100 * enfants_0_2 / population
//	100 * (naissances - naissances[-1]) / naissances[-1]
//	si(enfants < 50; 0; 100 * places / enfants)
//
// A name is the code of an indicator; name[-1] is its value one year before. Numbers are
// French or English ("1,5" or "1.5"), so that arguments are separated by semicolons. There
// are + - * / and parentheses, the comparisons < <= > >= = <>, and the functions min, max,
// abs, somme, moyenne and si(condition; alors; sinon).
//
// A formula is parsed once, checked against the units of its operands, and compiled into a
// program that runs over whole columns. What is missing or secret stays so, secrecy winning;
// a division by zero has no meaning and says so; the result is never NaN nor infinite.
package formula
