// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"context"
	"errors"
	"io"
	"strings"

	"maillage/internal/platform/french"
)

// xlsxSheet is one sheet of cells.
type xlsxSheet struct {
	*workbook
	part, name string
}

// xlsxReader is the state of one reading.
type xlsxReader struct {
	*scanner
	out      builder
	texts    *sharedTexts
	looks    []look
	from1904 bool

	line   int
	style  int
	kind   string // attribute t of the cell
	value  []byte
	taking bool // inside v, or inside t of an inline text
	inline bool
}

func (x *xlsxSheet) rows(ctx context.Context, yield func(Row) error) error {
	texts, err := x.shared(ctx)
	if err != nil {
		return err
	}
	part, err := openPart(ctx, x.parts[x.part], x.book.lim)
	if err != nil {
		return err
	}
	defer part.Close() //nolint:errcheck // read only
	r := &xlsxReader{scanner: newScanner(part), out: builder{lim: x.book.lim}, texts: texts, looks: x.looks, from1904: x.from1904}
	for {
		tok, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = r.take(tok, yield)
		}
		if errors.Is(err, errSheetDone) {
			return nil
		}
		if err != nil {
			return place(err, x.book.name, x.name, r.line)
		}
	}
}

var errSheetDone = errors.New("sheet: end of the cells")

func (r *xlsxReader) take(tok token, yield func(Row) error) error {
	switch tok {
	case tokenText:
		if r.taking {
			r.value = r.appendText(r.value)
			if len(r.value) > r.out.lim.MaxCell {
				return cellTooLong(r.line, len(r.out.ends)+1, r.out.lim.MaxCell)
			}
		}
		return nil
	case tokenStart:
		return r.startTag()
	}
	switch {
	case r.is("v"), r.is("t"):
		r.taking = false
	case r.is("rPh"):
		r.inline = true
	case r.is("c"):
		return r.endOfCell()
	case r.is("row"):
		return r.endOfRow(yield)
	case r.is("sheetData"):
		return errSheetDone
	}
	return nil
}

func (r *xlsxReader) startTag() error {
	switch {
	case r.is("row"):
		r.line = r.attrInt("r", r.line+1)
		r.out.reset()
	case r.is("c"):
		return r.startCell()
	case r.is("is"):
		r.inline = true
	case r.is("rPh"):
		r.inline = false
	case r.is("v"):
		r.taking = true
	case r.is("t"):
		r.taking = r.inline
	}
	return nil
}

func (r *xlsxReader) startCell() error {
	r.value, r.taking, r.inline = r.value[:0], false, false
	r.style = r.attrInt("s", 0)
	kind, _ := r.attr("t")
	r.kind = kindName(kind)
	ref, ok := r.attr("r")
	if !ok {
		return nil
	}
	column := columnOf(ref)
	if column == 0 || column <= len(r.out.ends) {
		return &Error{Line: r.line, Msg: "les cellules de la ligne ne se suivent pas", Remedy: "Ouvrez le classeur dans un tableur et enregistrez-le de nouveau."}
	}
	if column > r.out.lim.MaxColumns {
		return tooManyColumns(r.line, r.out.lim.MaxColumns)
	}
	for len(r.out.ends) < column-1 {
		if err := r.out.endCell(r.line, false); err != nil {
			return err
		}
	}
	return nil
}

// kindName keeps constants, so that a cell costs no string.
func kindName(b []byte) string {
	switch string(b) {
	case "s":
		return "s"
	case "b":
		return "b"
	case "e":
		return "e"
	case "d":
		return "d"
	case "str":
		return "str"
	case "inlineStr":
		return "inlineStr"
	}
	return "n"
}

// columnOf is the column of a reference like AB12, from 1; 0 when there is none.
func columnOf(ref []byte) int {
	n := 0
	for _, c := range ref {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c < 'A' || c > 'Z' {
			break
		}
		if n = n*26 + int(c-'A') + 1; n > 1<<24 {
			return n
		}
	}
	return n
}

func (r *xlsxReader) endOfCell() error {
	b, typed := &r.out, false
	switch {
	case len(r.value) == 0:
	case r.kind == "n":
		var l look
		if r.style < len(r.looks) {
			l = r.looks[r.style]
		}
		b.buf, typed = l.show(b.buf, r.value, r.from1904)
	case r.kind == "s":
		i := 0
		for _, c := range r.value {
			if c < '0' || c > '9' || i > maxSharedTexts {
				i = -1
				break
			}
			i = i*10 + int(c-'0')
		}
		text, ok := r.texts.at(i)
		if !ok {
			return &Error{Line: r.line, Column: len(b.ends) + 1, Msg: "la cellule renvoie à un texte absent du classeur",
				Remedy: "Ouvrez le classeur dans un tableur et enregistrez-le de nouveau."}
		}
		b.buf = append(b.buf, text...)
	case r.kind == "b" && string(r.value) == "1":
		b.buf = append(b.buf, "VRAI"...)
	case r.kind == "b":
		b.buf = append(b.buf, "FAUX"...)
	case r.kind == "d":
		b.buf = append(b.buf, strings.TrimSuffix(string(r.value), "T00:00:00")...)
	default:
		b.buf = append(b.buf, unescapeUTF16(r.value)...)
	}
	return b.endCell(r.line, typed)
}

func (r *xlsxReader) endOfRow(yield func(Row) error) error {
	r.out.trim()
	if r.out.empty() {
		return nil
	}
	row, _ := r.out.row(r.line, false)
	return yield(row)
}

// emptyColumns is the refusal of a cell far to the right of everything.
func emptyColumns(line, column, limit int) *Error {
	return &Error{Line: line, Column: column, Msg: "la cellule est au-delà de " + french.Int(limit) + " colonnes",
		Remedy: "Supprimez les colonnes vides qui la précèdent."}
}
