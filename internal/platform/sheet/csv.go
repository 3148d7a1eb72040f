// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"maillage/internal/platform/french"
)

// csvReader reads separated text after RFC 4180, as loosely as people write it: any line end
// (LF, CR LF, CR alone), a quote inside an unquoted cell, spaces around a quoted one, and
// "Crèche "Les Lilas"" with its quotes not doubled when nothing else can be meant.
//
// encoding/csv was weighed: it names neither the column nor the line where a quote was
// opened, and does not end a line at a lone CR.
type csvReader struct {
	src        io.Reader
	buf        []byte
	start, end int   // the bytes not yet read are buf[start:end]
	lf         int   // index of the next LF, end when the window has none, below start when unknown
	readErr    error // what src said; io.EOF at the end
	nul        bool  // a NUL was seen in what remains
	sep        byte
	line       int  // line of buf[start]
	latin      bool // the whole file is Windows-1252
	unended    bool // the last row read stops with the file, without an end of line
	out        builder
	onForeign  func(line int)
	onQuote    func(line, column int)
}

const windowSize = 256 << 10

var errRowTooLong = errors.New("sheet: row too long")

func newCSVReader(src io.Reader, sep byte, latin bool, lim Limits) *csvReader {
	return &csvReader{src: src, buf: make([]byte, windowSize), lf: -1, sep: sep, line: 1, latin: latin,
		out: builder{lim: lim}, onForeign: func(int) {}, onQuote: func(int, int) {}}
}

// fill adds bytes to the window, moving or growing it. It is an error when the row that
// begins at start is longer than any row may be.
func (c *csvReader) fill() error {
	if c.readErr != nil {
		return c.readErr
	}
	if c.start > 0 {
		copy(c.buf, c.buf[c.start:c.end])
		c.end -= c.start
		c.start = 0
	}
	if c.end == len(c.buf) {
		if c.end >= maxRow {
			return errRowTooLong
		}
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	c.lf = -1
	from := c.end
	for c.end < len(c.buf) && c.readErr == nil {
		var n int
		n, c.readErr = c.src.Read(c.buf[c.end:])
		c.end += n
	}
	c.nul = c.nul || bytes.IndexByte(c.buf[from:c.end], 0) >= 0
	if c.end == from {
		return c.readErr
	}
	return nil
}

// next reads one row that has at least one cell with text. io.EOF ends the table.
func (c *csvReader) next() (Row, error) {
	for {
		line := c.line
		text, size, err := c.peekLine()
		if err != nil {
			return Row{}, c.explain(err, line)
		}
		if c.nul && bytes.IndexByte(text, 0) >= 0 {
			return Row{}, nulByte(line, bytes.Count(text[:bytes.IndexByte(text, 0)], []byte{c.sep})+1)
		}
		var row Row
		if bytes.IndexByte(text, '"') >= 0 {
			row, err = c.quotedRow()
		} else {
			c.start += size
			c.line++
			if len(text) == 0 {
				continue
			}
			row, err = c.plainRow(text, line)
		}
		if err != nil {
			return Row{}, err
		}
		if row.Cells != nil {
			return row, nil
		}
	}
}

func (c *csvReader) explain(err error, line int) error {
	if errors.Is(err, errRowTooLong) {
		return rowTooLong(line)
	}
	return err
}

// peekLine finds the line at start, without its end, and its size with it.
func (c *csvReader) peekLine() (text []byte, size int, err error) {
	for {
		if c.lf < c.start {
			c.lf = c.end
			if i := bytes.IndexByte(c.buf[c.start:c.end], '\n'); i >= 0 {
				c.lf = c.start + i
			}
		}
		text = c.buf[c.start:c.lf]
		last := c.lf == c.end // no LF in the window
		if cr := bytes.IndexByte(text, '\r'); cr >= 0 {
			switch {
			case !last && cr == len(text)-1:
				return text[:cr], cr + 2, nil
			case cr < len(text)-1 || c.readErr != nil:
				return text[:cr], cr + 1, nil
			}
		} else if !last {
			return text, len(text) + 1, nil
		}
		switch err := c.fill(); {
		case err == nil:
		case !errors.Is(err, io.EOF):
			return nil, 0, err
		case c.start == c.end:
			return nil, 0, io.EOF
		case bytes.IndexByte(c.buf[c.start:c.end], '\r') < 0:
			c.unended = true
			return c.buf[c.start:c.end], c.end - c.start, nil
		}
	}
}

// plainRow cuts a line that has no quote.
func (c *csvReader) plainRow(text []byte, line int) (Row, error) {
	b := &c.out
	b.reset()
	if c.latin || !utf8.Valid(text) {
		for cell := range bytes.SplitSeq(text, []byte{c.sep}) {
			b.buf = append(b.buf, cell...)
			if err := b.endCell(line, false); err != nil {
				return Row{}, err
			}
		}
		return c.finish(line), nil
	}
	rest, filled := string(text), false
	for {
		cell, more := rest, false
		if i := strings.IndexByte(rest, c.sep); i >= 0 {
			cell, rest, more = rest[:i], rest[i+1:], true
		}
		if len(b.cells) == b.lim.MaxColumns {
			return Row{}, tooManyColumns(line, b.lim.MaxColumns)
		}
		if len(cell) > b.lim.MaxCell {
			return Row{}, cellTooLong(line, len(b.cells)+1, b.lim.MaxCell)
		}
		filled = filled || cell != ""
		b.cells = append(b.cells, cell)
		b.typed = append(b.typed, false)
		if !more {
			break
		}
	}
	if !filled {
		return Row{}, nil
	}
	return Row{Line: line, Cells: b.cells, Typed: b.typed, Full: true}, nil
}

// finish makes the row of the builder, or a row without cells when all are empty.
func (c *csvReader) finish(line int) Row {
	if c.out.empty() {
		return Row{}
	}
	row, foreign := c.out.row(line, c.latin)
	row.Full = true
	if foreign > 0 {
		c.onForeign(line)
	}
	return row
}

// at is the byte i places after start; ok is false at the end of the file.
func (c *csvReader) at(i int) (ch byte, ok bool, err error) {
	for c.start+i >= c.end {
		switch err := c.fill(); {
		case errors.Is(err, io.EOF):
			return 0, false, nil
		case err != nil:
			return 0, false, err
		}
	}
	return c.buf[c.start+i], true, nil
}

// quotedRow reads a row that has quotes, perhaps over several lines.
func (c *csvReader) quotedRow() (Row, error) {
	line, i := c.line, 0
	c.out.reset()
	for {
		var err error
		if i, err = c.cell(i); err != nil {
			return Row{}, c.explain(err, line)
		}
		if err := c.out.endCell(line, false); err != nil {
			return Row{}, err
		}
		ch, ok, err := c.at(i)
		if err != nil {
			return Row{}, c.explain(err, line)
		}
		if ok && ch == c.sep {
			i++
			continue
		}
		if c.unended = !ok; ok {
			i++
			if next, more, _ := c.at(i); ch == '\r' && more && next == '\n' {
				i++
			}
		}
		c.start += i
		c.line++
		return c.finish(line), nil
	}
}

// cell reads the cell that begins i places after start, and gives where it ends.
func (c *csvReader) cell(i int) (int, error) {
	j, err := c.skipSpaces(i)
	if err != nil {
		return 0, err
	}
	if ch, ok, err := c.at(j); err != nil {
		return 0, err
	} else if ok && ch == '"' {
		return c.quotedCell(j + 1)
	}
	for {
		ch, ok, err := c.at(i)
		if err != nil {
			return 0, err
		}
		if !ok || ch == c.sep || ch == '\n' || ch == '\r' {
			return i, nil
		}
		if ch == 0 {
			return 0, nulByte(c.line, len(c.out.ends)+1)
		}
		c.out.buf = append(c.out.buf, ch)
		i++
	}
}

func (c *csvReader) skipSpaces(i int) (int, error) {
	for {
		ch, ok, err := c.at(i)
		if err != nil || !ok || ch != ' ' {
			return i, err
		}
		i++
	}
}

// quotedCell reads what follows an opening quote, and gives where the cell ends.
func (c *csvReader) quotedCell(i int) (int, error) {
	opened, column := c.line, len(c.out.ends)+1
	alone := true // neither separator nor line end was met since the quote
	for {
		if _, ok, err := c.at(i); errors.Is(err, errRowTooLong) || err == nil && !ok {
			return 0, unclosed(opened, column)
		} else if err != nil {
			return 0, err
		}
		part := c.buf[c.start+i : c.end]
		k := bytes.IndexByte(part, '"')
		if k >= 0 {
			part = part[:k]
		}
		if c.nul && bytes.IndexByte(part, 0) >= 0 {
			return 0, nulByte(c.line, column)
		}
		c.out.buf = append(c.out.buf, part...)
		c.line += lineEnds(part)
		alone = alone && bytes.IndexByte(part, c.sep) < 0 && bytes.IndexByte(part, '\n') < 0
		i += len(part)
		if len(c.out.buf)-c.out.start() > c.out.lim.MaxCell {
			e := unclosed(opened, column)
			e.Msg = "le guillemet ouvert ici n'est pas refermé après " + french.Int(c.out.lim.MaxCell) + " octets"
			return 0, e
		}
		if k < 0 {
			continue
		}
		i++
		end, closed, err := c.afterQuote(i)
		switch {
		case err != nil:
			return 0, err
		case closed:
			return end, nil
		case end > i: // doubled
			i = end
		case !alone:
			return 0, unclosed(opened, column)
		default:
			c.onQuote(c.line, column)
		}
		c.out.buf = append(c.out.buf, '"')
	}
}

// afterQuote says what a quote at i-1 does: close the cell that ends at end, or stand for a
// quote, doubled when end is past i.
func (c *csvReader) afterQuote(i int) (end int, closed bool, err error) {
	if ch, ok, err := c.at(i); err != nil {
		return 0, false, err
	} else if ok && ch == '"' {
		return i + 1, false, nil
	}
	j, err := c.skipSpaces(i)
	if err != nil {
		return 0, false, err
	}
	ch, ok, err := c.at(j)
	if err != nil || !ok || ch == c.sep || ch == '\n' || ch == '\r' {
		return j, true, err
	}
	return i, false, nil
}

func lineEnds(b []byte) int {
	if n := bytes.Count(b, []byte{'\n'}); n > 0 {
		return n
	}
	return bytes.Count(b, []byte{'\r'})
}

func unclosed(line, column int) *Error {
	return &Error{Line: line, Column: column,
		Msg:    "le guillemet ouvert ici n'est pas refermé",
		Remedy: "Refermez-le, ou doublez les guillemets qui font partie du texte."}
}

func nulByte(line, column int) *Error {
	return &Error{Line: line, Column: column,
		Msg:    "le texte contient un caractère nul : le fichier est abîmé ou n'est pas du texte",
		Remedy: "Ouvrez-le dans un tableur et enregistrez-le en « CSV UTF-8 »."}
}
