// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// Num is a number to be written with a fixed count of decimals, rounded half away from zero
// as french.Number does. NaN and infinities are written as empty cells.
type Num struct {
	V        float64
	Decimals int
}

// WriteCSV writes what French spreadsheets open at once: UTF-8 with its mark, semicolons,
// CR LF, decimal comma. Cells are string, int, int64, float64 (as many decimals as it has),
// Num, bool (oui, non), clock.Date (ISO) or nil (empty); another type is an error.
//
// A text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a
// carriage return) gets an apostrophe before it. Numbers and dates never do.
func WriteCSV(w io.Writer, header []string, rows iter.Seq[[]any]) error {
	b := bufio.NewWriterSize(w, 64<<10)
	_, _ = b.WriteString("\ufeff") // bufio keeps the first error for Flush
	var line []byte
	for i, name := range header {
		line = appendCSVText(separate(line, i), name)
	}
	if len(header) > 0 {
		_, _ = b.Write(append(line, '\r', '\n'))
	}
	for row := range rows {
		line = line[:0]
		for i, cell := range row {
			var err error
			if line, err = appendCSVCell(separate(line, i), cell); err != nil {
				return err
			}
		}
		if _, err := b.Write(append(line, '\r', '\n')); err != nil {
			return err
		}
	}
	return b.Flush()
}

func separate(line []byte, i int) []byte {
	if i > 0 {
		return append(line, ';')
	}
	return line
}

func appendCSVCell(line []byte, cell any) ([]byte, error) {
	switch v := cell.(type) {
	case nil:
		return line, nil
	case string:
		return appendCSVText(line, v), nil
	case int:
		return strconv.AppendInt(line, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(line, v, 10), nil
	case float64:
		return append(line, french.Plain(v, -1)...), nil
	case Num:
		return append(line, french.Plain(v.V, max(v.Decimals, 0))...), nil
	case bool:
		return append(line, yesNo(v)...), nil
	case clock.Date:
		return append(line, v.String()...), nil
	}
	return line, fmt.Errorf("sheet: a cell of type %T cannot be written", cell)
}

func yesNo(v bool) string {
	if v {
		return "oui"
	}
	return "non"
}

func appendCSVText(line []byte, s string) []byte {
	s = Neutral(s)
	// Other separators are quoted too, so that whoever guesses the separator finds ours.
	if !strings.ContainsAny(s, ";\"\r\n\t|,") && strings.TrimSpace(s) == s {
		return append(line, s...)
	}
	line = append(line, '"')
	for i := range len(s) {
		if s[i] == '"' {
			line = append(line, '"')
		}
		line = append(line, s[i])
	}
	return append(line, '"')
}

// Neutral is a text as WriteCSV writes it: readable UTF-8 without NUL, with an apostrophe
// before what a spreadsheet would run.
func Neutral(s string) string {
	s = clean(s)
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// clean drops the characters that XML 1.0 forbids, NUL among them, and mends broken UTF-8.
func clean(s string) string {
	if readable(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if !allowed(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

func readable(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !allowed(r) {
			return false
		}
	}
	return true
}

func allowed(r rune) bool {
	return r >= ' ' && r != 0xfffe && r != 0xffff && r != 0xfeff || r == '\t' || r == '\n' || r == '\r'
}

// finite says that v can be shown.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
