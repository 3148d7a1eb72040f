// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// WriteData writes what programs read: UTF-8 without mark, commas, decimal points, LF. Cells
// are those of WriteCSV, and a text that a spreadsheet would run is neutralised the same way,
// since people open such files too.
func WriteData(w io.Writer, header []string, rows iter.Seq[[]any]) error {
	b := bufio.NewWriterSize(w, 64<<10)
	var line []byte
	put := func(cells int, cell func(i int) error) error {
		line = line[:0]
		for i := range cells {
			if i > 0 {
				line = append(line, ',')
			}
			if err := cell(i); err != nil {
				return err
			}
		}
		_, err := b.Write(append(line, '\n'))
		return err
	}
	err := put(len(header), func(i int) error { line = appendCSVText(line, header[i]); return nil })
	for row := range rows {
		if err != nil {
			return err
		}
		err = put(len(row), func(i int) (err error) { line, err = appendDataCell(line, row[i]); return err })
	}
	if err != nil {
		return err
	}
	return b.Flush()
}

func appendDataCell(line []byte, cell any) ([]byte, error) {
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
		return appendPlain(line, v, -1), nil
	case Num:
		return appendPlain(line, v.V, max(v.Decimals, 0)), nil
	case bool:
		return strconv.AppendBool(line, v), nil
	case clock.Date:
		return append(line, v.String()...), nil
	}
	return line, fmt.Errorf("sheet: a cell of type %T cannot be written", cell)
}

func appendPlain(line []byte, v float64, decimals int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return line
	}
	return strconv.AppendFloat(line, french.Round(v, decimals), 'f', decimals, 64)
}
