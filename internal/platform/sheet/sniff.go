// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bytes"
	"strings"
)

// separators in order of preference, when the sample does not decide.
var separators = []byte{';', '\t', '|', ','}

// sniffRows is how many rows are enough to know a separator.
const sniffRows = 500

// shape is what a sample looks like when cut by one separator.
type shape struct {
	sep   byte
	width int     // the commonest number of columns
	share float64 // of the rows that have it
	first int     // the first row that has it
	rows  int
}

// sniff finds the separator of a sample, and how many rows Excel's "sep=;" takes.
func sniff(sample []byte, cut bool, lim Limits) (sep byte, skip int) {
	if sep, ok := declared(sample); ok {
		return sep, 1
	}
	sample = wholeLines(sample, cut)
	var best *shape
	for _, sep := range separators {
		s := measure(sample, sep, lim)
		if s.width > 1 && (best == nil || s.better(*best)) {
			best = &s
		}
	}
	if best == nil {
		return separators[0], 0
	}
	return best.sep, 0
}

// declared reads "sep=;", which Excel writes and obeys.
func declared(sample []byte) (byte, bool) {
	line, _, _ := bytes.Cut(sample, []byte{'\n'})
	line = bytes.Trim(bytes.TrimRight(line, "\r"), `"`)
	if len(line) == 5 && strings.EqualFold(string(line[:4]), "sep=") && bytes.IndexByte(separators, line[4]) >= 0 {
		return line[4], true
	}
	return 0, false
}

// better says whether s explains the sample better than o, which is preferred when equal.
//
// The decimal commas of "93066;57,4;12,1" cut its rows evenly too, and so do lists inside
// the cells of a comma file. What tells them apart is the header: the true separator cuts
// it into as many columns as the rows that follow. So among separators that cut steadily, the
// one whose regular rows begin first wins.
func (s shape) better(o shape) bool {
	steady, other := s.share >= 0.8, o.share >= 0.8
	switch {
	case steady != other:
		return steady
	case steady && s.first != o.first:
		return s.first < o.first
	case steady && s.share != o.share && (s.share < 0.95 || o.share < 0.95):
		return s.share > o.share
	case steady:
		return s.width > o.width && s.sep != ','
	}
	return s.share*float64(s.width) > o.share*float64(o.width)
}

// measure cuts the sample by one separator, until a fault or enough rows.
func measure(sample []byte, sep byte, lim Limits) shape {
	c := newCSVReader(bytes.NewReader(sample), sep, false, lim)
	counts, first := map[int]int{}, map[int]int{}
	s := shape{sep: sep}
	for s.rows < sniffRows {
		row, err := c.next()
		if err != nil {
			break
		}
		n := len(row.Cells)
		if counts[n]++; counts[n] == 1 {
			first[n] = s.rows
		}
		s.rows++
	}
	for width, n := range counts {
		if n > counts[s.width] || n == counts[s.width] && width > s.width {
			s.width = width
		}
	}
	if s.rows > 0 {
		s.share, s.first = float64(counts[s.width])/float64(s.rows), first[s.width]
	}
	return s
}
