// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/platform/french"
)

// SampleRows is how many rows Recognise wants to see.
const SampleRows = 400

// maxPreface is how many lines of title, source and notes may come before the header.
const maxPreface = 40

// Sample takes the first rows of a table, copied, without reading further.
func Sample(rows Rows) ([]Row, error) {
	var out []Row
	err := rows(func(r Row) error {
		out = append(out, r.Clone())
		if len(out) == SampleRows {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, err
}

var errEnough = errors.New("enough rows")

// layout is where the header of a table is: rows[first..last] of the sample; last is -1 when
// there is none. Data begins at rows[last+1].
type layout struct {
	first, last int
	labels      []string
	preface     []string // text above the header
}

// findHeader looks for the last line that reads like labels above the first that reads like
// data; lines of labels just above it (merged cells, a line of codes) are part of it.
func findHeader(rows []Row) layout {
	width := usualWidth(rows)
	first, last := -1, -1
	limit := min(len(rows), maxPreface)
	for i := range limit {
		switch kind := lineKind(rows[i].Cells, width); {
		case kind == lineLabels && (last < 0 || last == i-1):
			if first < 0 {
				first = i
			}
			last = i
		case kind == lineLabels: // labels again below other lines: those above were a preface
			first, last = i, i
		case kind == lineData:
			limit = i // no break in a switch
		}
		if i >= limit {
			break
		}
	}
	for first > 0 && isGroups(rows[first-1].Cells) {
		first--
	}
	l := layout{first: max(first, 0), last: last}
	for _, r := range rows[:max(first, 0)] {
		for _, c := range r.Cells {
			if !isBlank(c) {
				l.preface = append(l.preface, tidy(c))
			}
		}
	}
	l.labels = labels(rows, first, last, width)
	return l
}

// isGroups says that a line reads like merged cells over the columns: text, and nothing in
// the first cell, where a title would be.
func isGroups(cells []string) bool {
	if len(cells) == 0 || !isBlank(cells[0]) {
		return false
	}
	filled := 0
	for _, c := range cells {
		if isNumber(c) && !isYear(c) {
			return false
		}
		if !isBlank(c) {
			filled++
		}
	}
	return filled > 0
}

type line uint8

const (
	lineBlank line = iota
	linePreface
	lineLabels
	lineData
)

// lineKind says what a line reads like. Labels are at least two, on at least half of the
// width, and none is a number but years; data holds a number or a code.
func lineKind(cells []string, width int) line {
	filled, numbers, years := 0, 0, 0
	for _, c := range cells {
		if isBlank(c) {
			continue
		}
		filled++
		switch {
		case isYear(c):
			years++
		case isNumber(c) || communeCode(cleanCode(c)) != "" || irisCommune(cleanCode(c)) != "":
			numbers++
		}
	}
	switch {
	case filled == 0:
		return lineBlank
	case numbers > 0 && filled > 1:
		return lineData
	case filled >= 2 && 2*filled >= width && years < filled:
		return lineLabels
	case filled >= 2 && years > 0 && years*2 >= filled:
		return lineLabels // a line of years over merged cells
	default:
		return linePreface
	}
}

func isYear(cell string) bool {
	cell = strings.TrimSpace(cell)
	if len(cell) != 4 || !isDigits(cell) {
		return false
	}
	y, err := strconv.Atoi(cell)
	return err == nil && y >= 1950 && y <= 2049
}

// usualWidth is the most common number of filled cells, the larger of two as common.
func usualWidth(rows []Row) int {
	count := map[int]int{}
	for _, r := range rows {
		n := 0
		for _, c := range r.Cells {
			if !isBlank(c) {
				n++
			}
		}
		count[n]++
	}
	best := 0
	for n, c := range count {
		if c > count[best] || c == count[best] && n > best {
			best = n
		}
	}
	return best
}

// labels joins the lines of the header column by column. In every line but the last, a cell
// that is merged spreads to the right over the blanks.
func labels(rows []Row, first, last, width int) []string {
	columns := width
	for _, r := range rows {
		columns = max(columns, len(r.Cells))
	}
	parts := make([][]string, columns)
	for i := first; i >= 0 && i <= last; i++ {
		carried := ""
		for j := range parts {
			text := ""
			if j < len(rows[i].Cells) {
				text = tidy(rows[i].Cells[j])
			}
			if i < last {
				if text != "" {
					carried = text
				}
				text = carried
			}
			if text != "" && !slices.Contains(parts[j], text) {
				parts[j] = append(parts[j], text)
			}
		}
	}
	out := make([]string, columns)
	for j, p := range parts {
		out[j] = strings.Join(p, " – ")
		if out[j] == "" && last < 0 {
			out[j] = "Colonne " + strconv.Itoa(j+1)
		}
	}
	return out
}

// signature is the same for two headers that differ by years only.
func signature(labels []string) string {
	h := sha256.New()
	for _, l := range labels {
		fmt.Fprintln(h, stem(l))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// stem is a label folded, with its years, of four digits or of two at the end of a word,
// replaced: next year's file has next year's.
func stem(label string) string {
	words := strings.Fields(french.Fold(label))
	for i, w := range words {
		if years := yearsIn(w); len(years) == 1 {
			words[i] = strings.Replace(w, strconv.Itoa(years[0]), "#", 1)
			continue
		}
		letters := strings.TrimRight(w, "0123456789")
		if digits := w[len(letters):]; letters != "" && len(digits) >= 2 {
			words[i] = w[:len(w)-2] + "#"
		}
	}
	return strings.Join(words, " ")
}
