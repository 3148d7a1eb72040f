// SPDX-License-Identifier: EUPL-1.2

// Package sheet reads the tables that people send (CSV in any separator and encoding, XLSX,
// ODS, gzip and ZIP of these) and writes the tables that they download (CSV, XLSX).
//
// A file is known by its content, never by its name. Rows are streamed: memory is bounded by
// Limits and by the shared texts of a workbook, not by the number of rows. A file that is
// wrong, truncated or hostile gives an *Error: a French message that names the file, the
// line, the column and the remedy.
//
// The readers of XLSX and ODS are small and our own. They know no formula, no drawing and no
// document type, hence no entity bomb. Title lines, merged headers and the meaning of columns
// are for the caller, who has Preview to look at them.
package sheet
