// SPDX-License-Identifier: EUPL-1.2

// Package intake recognises the statistics files that people really receive and reads them
// into values. It is pure: it works on rows of cells, whatever the file was, and knows no
// database.
//
// The story of a file: Recognise looks at its first rows and proposes a Plan (which column
// is the territory, which the year, which indicators, which rows to set aside); a person
// may correct it; Match takes up the corrections made last year on a file with the same
// header; Apply streams the rows through the plan and yields values and issues; Anomalies
// compares the values with last year's before anything is saved.
//
// It promises that a blank or a code of secrecy never becomes a zero, that no number is
// clamped, and that every issue names the file, the line, the column and the remedy.
package intake
