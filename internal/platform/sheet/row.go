// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"maillage/internal/platform/french"
)

// Row is one line of a table. Cells and Typed have the same length and are reused for the
// next row: copy them to keep them. The strings themselves may be kept.
type Row struct {
	Line  int      // from 1: line of the text file, or row number of the spreadsheet
	Cells []string // as displayed; dates are ISO, "2026-01-31" or "2026-01-31T08:30:00"
	Typed []bool   // cell i is a number of a spreadsheet, its text plain: '.' decimal, no exponent
	Full  bool     // Cells are all those of a line of text; workbooks leave out the empty ones at its end
}

// Clone is a copy that outlives the yield.
func (r Row) Clone() Row {
	return Row{r.Line, append([]string(nil), r.Cells...), append([]bool(nil), r.Typed...), r.Full}
}

// maxRow bounds the bytes of one row, whatever the limit of each cell.
const maxRow = 16 << 20

// builder gathers the cells of one row in one buffer, so that a row costs one string.
type builder struct {
	lim   Limits
	buf   []byte
	ends  []int
	typed []bool
	cells []string
}

func (b *builder) reset() {
	b.buf, b.ends, b.typed, b.cells = b.buf[:0], b.ends[:0], b.typed[:0], b.cells[:0]
}

// start is where the open cell begins in buf.
func (b *builder) start() int {
	if len(b.ends) == 0 {
		return 0
	}
	return b.ends[len(b.ends)-1]
}

// endCell closes the open cell.
func (b *builder) endCell(line int, typed bool) error {
	column := len(b.ends) + 1
	switch {
	case column > b.lim.MaxColumns:
		return tooManyColumns(line, b.lim.MaxColumns)
	case len(b.buf)-b.start() > b.lim.MaxCell:
		return cellTooLong(line, column, b.lim.MaxCell)
	case len(b.buf) > maxRow:
		return rowTooLong(line)
	}
	b.ends = append(b.ends, len(b.buf))
	b.typed = append(b.typed, typed)
	return nil
}

// empty says that no cell has text.
func (b *builder) empty() bool { return len(b.buf) == 0 }

// trim drops the empty cells at the end, which spreadsheets keep for their colours.
func (b *builder) trim() {
	for n := len(b.ends); n > 0 && b.ends[n-1] == startOf(b.ends, n-1); n-- {
		b.ends, b.typed = b.ends[:n-1], b.typed[:n-1]
	}
}

func startOf(ends []int, i int) int {
	if i == 0 {
		return 0
	}
	return ends[i-1]
}

// row makes the strings. Where latin is false, a cell that is not UTF-8 is still read as
// Windows-1252, and counted; where it is true, that is how the whole file is.
func (b *builder) row(line int, latin bool) (row Row, foreign int) {
	b.cells = b.cells[:0]
	if !latin && utf8.Valid(b.buf) {
		text := string(b.buf)
		for i, end := range b.ends {
			b.cells = append(b.cells, text[startOf(b.ends, i):end])
		}
		return Row{Line: line, Cells: b.cells, Typed: b.typed}, 0
	}
	for i, end := range b.ends {
		cell := b.buf[startOf(b.ends, i):end]
		switch {
		case latin:
			cell = windows1252(cell)
		case !utf8.Valid(cell):
			cell = windows1252(cell)
			foreign++
		}
		b.cells = append(b.cells, string(cell))
	}
	return Row{Line: line, Cells: b.cells, Typed: b.typed}, foreign
}

// windows1252 decodes; the five codes that have no character become U+FFFD.
func windows1252(b []byte) []byte {
	out := make([]byte, 0, len(b)+8)
	for _, c := range b {
		out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(c))
	}
	return out
}

func tooManyColumns(line, limit int) *Error {
	return &Error{Line: line, Column: limit + 1,
		Msg:    "la ligne a plus de " + french.Int(limit) + " colonnes",
		Remedy: "Ne gardez que les colonnes utiles, ou vérifiez le séparateur."}
}

func cellTooLong(line, column, limit int) *Error {
	return &Error{Line: line, Column: column,
		Msg:    "la cellule dépasse " + french.Int(limit) + " octets",
		Remedy: "Raccourcissez son texte ou retirez cette colonne."}
}

func rowTooLong(line int) *Error {
	return &Error{Line: line,
		Msg:    "la ligne dépasse " + french.Int(maxRow>>20) + " Mo",
		Remedy: "Vérifiez qu'il s'agit bien d'un tableau en texte, avec des fins de ligne."}
}

func tooManyRows(line, limit int) *Error {
	return &Error{Line: line,
		Msg:    "le tableau a plus de " + french.Int(limit) + " lignes",
		Remedy: "Découpez-le en plusieurs fichiers."}
}
