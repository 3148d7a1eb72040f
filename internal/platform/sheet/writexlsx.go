// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// OutSheet is one sheet of a workbook to write.
type OutSheet struct {
	Name   string          // made to fit Excel's rules: 31 characters, none of []:*?/\, unique
	Header []string        // frozen, bold, with a filter
	Rows   iter.Seq[[]any] // cells as for WriteCSV; a string stays a text, so 01001 keeps its zero
	Widths []float64       // of the columns, in characters; those missing follow the first rows
	Notes  []string        // source, licence, limits, date: one line each of the sheet "Lisez-moi"
}

// NotesSheet is the name of the sheet that holds the notes, written last.
const NotesSheet = "Lisez-moi"

// Bounds of Excel itself.
const (
	maxSheetRows    = 1_048_576
	maxSheetColumns = 16_384
	maxSheetText    = 32_767
)

// WriteXLSX writes a workbook as it goes, in memory that does not grow with the rows.
// Numbers are real numbers, rounded to what they show; dates are real dates; texts are
// texts, never formulas, so nothing needs an apostrophe.
//
// excelize was weighed: its stream writer cannot set a filter whose end is not yet known,
// keeps a temporary file, and takes thrice the time. It serves in the tests, as an opinion
// that is not ours on what is written here.
func WriteXLSX(w io.Writer, sheets []OutSheet) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	x := &xlsxWriter{zip: z, taken: map[string]bool{strings.ToLower(NotesSheet): true}}
	for _, s := range sheets {
		if err := x.sheet(s, x.uniqueName(s.Name), len(s.Header) > 0); err != nil {
			return err
		}
	}
	if notes := notesOf(sheets); notes != nil {
		if err := x.sheet(*notes, NotesSheet, false); err != nil {
			return err
		}
	}
	if len(x.names) == 0 {
		if err := x.sheet(OutSheet{}, NotesSheet, false); err != nil {
			return err
		}
	}
	if err := x.finish(); err != nil {
		return err
	}
	return z.Close()
}

// notesOf gathers the notes of all sheets, those of several sheets once.
func notesOf(sheets []OutSheet) *OutSheet {
	var lines []string
	seen := map[string]bool{}
	for _, s := range sheets {
		for _, note := range s.Notes {
			if !seen[note] {
				seen[note] = true
				lines = append(lines, note)
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &OutSheet{Widths: []float64{100}, Rows: func(yield func([]any) bool) {
		for _, line := range lines {
			if !yield([]any{note(line)}) {
				return
			}
		}
	}}
}

// note is a text shown over several lines.
type note string

type xlsxWriter struct {
	zip     *zip.Writer
	names   []string
	filters []string // by sheet: the range of its filter, or ""
	taken   map[string]bool
	out     *bufio.Writer
	cell    []byte
}

// uniqueName bends a name to the rules of Excel.
func (x *xlsxWriter) uniqueName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) || r < ' ' {
			return ' '
		}
		return r
	}, clean(name))
	name = strings.Trim(strings.Join(strings.Fields(name), " "), "'")
	if name == "" {
		name = "Feuille"
	}
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = " " + strconv.Itoa(n)
		}
		short := shorten(name, 31-len(suffix)) + suffix
		if key := strings.ToLower(short); !x.taken[key] {
			x.taken[key] = true
			return short
		}
	}
}

// shorten keeps n UTF-16 units, which is what Excel counts.
func shorten(s string, n int) string {
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return strings.TrimRight(s[:i], " '")
		}
	}
	return s
}

// widthRows is how many rows decide the widths of the columns.
const widthRows = 100

func (x *xlsxWriter) sheet(s OutSheet, name string, filter bool) error {
	x.names = append(x.names, name)
	part, err := x.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(x.names)))
	if err != nil {
		return err
	}
	x.out = bufio.NewWriterSize(part, 64<<10)
	if s.Rows == nil {
		s.Rows = func(func([]any) bool) {}
	}
	next, stop := iter.Pull(s.Rows)
	defer stop()
	first := make([][]any, 0, widthRows)
	for len(first) < widthRows {
		row, ok := next()
		if !ok {
			break
		}
		first = append(first, append([]any(nil), row...))
	}
	x.head(s, first, len(x.names) == 1)
	columns, line := max(len(s.Header), 1), 0
	if len(s.Header) > 0 {
		line++
		cells := make([]any, len(s.Header))
		for i, h := range s.Header {
			cells[i] = title(h)
		}
		if err := x.row(name, line, cells); err != nil {
			return err
		}
	}
	more := func() ([]any, bool) {
		if len(first) > 0 {
			row := first[0]
			first = first[1:]
			return row, true
		}
		return next()
	}
	for row, ok := more(); ok; row, ok = more() {
		line++
		columns = max(columns, len(row))
		if err := x.row(name, line, row); err != nil {
			return err
		}
	}
	return x.tail(columns, max(line, 1), filter)
}

// title is a cell of the header.
type title string

func (x *xlsxWriter) head(s OutSheet, first [][]any, selected bool) {
	x.write(xmlHead + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"`)
	if selected {
		x.write(` tabSelected="1"`)
	}
	if len(s.Header) > 0 {
		x.write(`><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`)
	} else {
		x.write(`/></sheetViews>`)
	}
	x.write(`<sheetFormatPr defaultRowHeight="15"/>`)
	if widths := widths(s, first); len(widths) > 0 {
		x.write(`<cols>`)
		for i, width := range widths {
			x.write(fmt.Sprintf(`<col min="%d" max="%d" width="%.1f" customWidth="1"/>`, i+1, i+1, width))
		}
		x.write(`</cols>`)
	}
	x.write(`<sheetData>`)
}

// widths follow the longest text of the header and of the first rows, between 8 and 60
// characters; a header may wrap, so it counts for half.
func widths(s OutSheet, first [][]any) []float64 {
	out := make([]float64, min(max(len(s.Header), len(s.Widths)), maxSheetColumns))
	for i := range out {
		if i < len(s.Widths) && s.Widths[i] > 0 {
			out[i] = min(s.Widths[i], 255)
			continue
		}
		out[i] = max(8, float64(utf8.RuneCountInString(s.Header[i]))/2+4)
		for _, row := range first {
			if i < len(row) {
				text, _ := appendCSVCell(nil, row[i])
				out[i] = max(out[i], float64(utf8.RuneCount(text))*1.1+2)
			}
		}
		out[i] = min(out[i], 60)
	}
	return out
}

func (x *xlsxWriter) row(name string, line int, cells []any) error {
	if line > maxSheetRows {
		return &Error{File: "classeur", Table: name, Line: line, Msg: "un classeur Excel s'arrête à " + french.Int(maxSheetRows) + " lignes",
			Remedy: "Téléchargez le tableau en CSV."}
	}
	if len(cells) > maxSheetColumns {
		return tooManyColumns(line, maxSheetColumns)
	}
	b := append(x.cell[:0], `<row r="`...)
	b = strconv.AppendInt(b, int64(line), 10)
	b = append(b, `">`...)
	for i, cell := range cells {
		var err error
		if b, err = appendXLSXCell(b, i+1, line, cell); err != nil {
			return err
		}
	}
	x.cell = append(b, `</row>`...)
	_, err := x.out.Write(x.cell)
	return err
}

// Styles, by their place in stylesXML. decimals0 and those after show 0 to 10 decimals.
const (
	styleHeader = iota + 1
	styleDate
	styleNote
	styleText
	decimals0
	maxDecimals = 10
)

func appendXLSXCell(b []byte, column, line int, cell any) ([]byte, error) {
	switch v := cell.(type) {
	case nil:
		return b, nil
	case string:
		return appendXLSXText(b, column, line, v, styleText), nil
	case title:
		return appendXLSXText(b, column, line, string(v), styleHeader), nil
	case note:
		return appendXLSXText(b, column, line, string(v), styleNote), nil
	case bool:
		return appendXLSXText(b, column, line, yesNo(v), styleText), nil
	case int:
		return appendXLSXNumber(b, column, line, strconv.Itoa(v), 0), nil
	case int64:
		return appendXLSXNumber(b, column, line, strconv.FormatInt(v, 10), 0), nil
	case float64:
		if !finite(v) {
			return b, nil
		}
		return appendXLSXNumber(b, column, line, machine(v), 0), nil
	case Num:
		if !finite(v.V) {
			return b, nil
		}
		decimals := min(max(v.Decimals, 0), maxDecimals)
		return appendXLSXNumber(b, column, line, machine(french.Round(v.V, decimals)), decimals0+decimals), nil
	case clock.Date:
		days, ok := serial(v)
		if !ok { // before 1 March 1900 Excel has no right calendar
			return appendXLSXText(b, column, line, v.String(), styleText), nil
		}
		return appendXLSXNumber(b, column, line, strconv.Itoa(days), styleDate), nil
	}
	return b, fmt.Errorf("sheet: a cell of type %T cannot be written", cell)
}

func machine(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// serial is Excel's number of a day.
func serial(d clock.Date) (int, bool) {
	days := clock.Date{Year: 1899, Month: 12, Day: 30}.DaysUntil(d)
	return days, !d.IsZero() && days > 60 && days <= lastSerial
}

func appendRef(b []byte, column, line, style int) []byte {
	b = append(b, `<c r="`...)
	b = appendColumn(b, column)
	b = strconv.AppendInt(b, int64(line), 10)
	if style > 0 {
		b = append(b, `" s="`...)
		b = strconv.AppendInt(b, int64(style), 10)
	}
	return append(b, '"')
}

// appendColumn writes 28 as AB.
func appendColumn(b []byte, n int) []byte {
	if n > 26 {
		b = appendColumn(b, (n-1)/26)
	}
	return append(b, 'A'+byte((n-1)%26)) // #nosec G115 -- below 26
}

func appendXLSXNumber(b []byte, column, line int, v string, style int) []byte {
	b = append(appendRef(b, column, line, style), `><v>`...)
	b = append(b, v...)
	return append(b, `</v></c>`...)
}

func appendXLSXText(b []byte, column, line int, s string, style int) []byte {
	if s = clean(s); s == "" {
		return b
	}
	if len(s) > maxSheetText {
		if short := shorten(s, maxSheetText-1); len(short) < len(s) {
			s = short + "…"
		}
	}
	b = append(appendRef(b, column, line, style), ` t="inlineStr"><is><t`...)
	if strings.TrimSpace(s) != s || strings.ContainsAny(s, "\n\r\t") {
		b = append(b, ` xml:space="preserve"`...)
	}
	b = append(b, '>')
	b = appendXMLText(b, s)
	return append(b, `</t></is></c>`...)
}

// appendXMLText escapes; a text that looks like Excel's own _x000D_ has its first sign
// escaped, so that it is not taken for one.
func appendXMLText(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; c {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '"':
			b = append(b, "&quot;"...)
		case '\r':
			b = append(b, "_x000D_"...)
		case '_':
			if i+1 < len(s) && s[i+1] == 'x' {
				b = append(b, "_x005F"...)
			}
			b = append(b, '_')
		default:
			b = append(b, c)
		}
	}
	return b
}
