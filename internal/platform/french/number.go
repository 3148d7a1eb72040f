// SPDX-License-Identifier: EUPL-1.2

package french

import (
	"math"
	"strconv"
	"strings"
)

const (
	// NarrowSpace is U+202F, the no-break space between thousands and before a percent sign.
	NarrowSpace = "\u202f"
	// minus is U+2212; a hyphen is too short beside figures and breaks at line ends.
	minus = "−"
	// absent stands for a value that has no number; it never reads back as one.
	absent = "n. d."
)

// Number writes v for people: "1 234,5", U+202F between thousands, comma, U+2212 for minus.
// Half is rounded away from zero on the decimal digits of v, as by hand: 2,5 gives 3 and
// 1,005 gives 1,01. Fewer than zero decimals means as many as v needs. Minus zero is zero.
// NaN and infinities are "n. d.": a missing value is the caller's to explain.
func Number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return absent
	}
	return write(appendFixed(make([]byte, 0, 32), v, decimals), NarrowSpace, minus)
}

// Plain writes v for files and form fields: "1234,5", no thousands sign, hyphen for minus,
// "" for NaN and infinities. It rounds as Number does.
func Plain(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return write(appendFixed(make([]byte, 0, 32), v, decimals), "", "-")
}

// Round gives v with that many decimals, half away from zero on its decimal digits.
func Round(v float64, decimals int) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) || decimals < 0 {
		return v
	}
	r, err := strconv.ParseFloat(string(appendFixed(make([]byte, 0, 32), v, decimals)), 64)
	if err != nil {
		return v // only when rounding up the largest float64 overflows
	}
	return r
}

// Int writes n with U+202F between thousands: "1 234", "−3".
func Int(n int) string {
	return write(strconv.AppendInt(make([]byte, 0, 24), int64(n), 10), NarrowSpace, minus)
}

// Percent writes a value that is already a percentage: Percent(12.5, 1) is "12,5 %".
// Nothing is multiplied by 100 or kept under it. NaN and infinities are "n. d.".
func Percent(v float64, decimals int) string {
	s := Number(v, decimals)
	if s == absent {
		return s
	}
	return s + NarrowSpace + "%"
}

// Plural writes a count with its noun: "0 place", "1 place", "2 places", "1 234 places".
// In French the plural starts at two.
func Plural(n int, one, many string) string {
	if n > -2 && n < 2 {
		return Int(n) + " " + one
	}
	return Int(n) + " " + many
}

// appendFixed appends v in plain decimal text with '.' and a hyphen. The shortest digits
// that name v are rounded, not its binary expansion: 1.005 is a little under 1,005 in
// binary, but nobody who reads 1,005 expects 1,00.
func appendFixed(b []byte, v float64, decimals int) []byte {
	if v == 0 {
		v = 0 // minus zero
	}
	start := len(b)
	b = strconv.AppendFloat(b, v, 'f', -1, 64)
	if decimals < 0 {
		return b
	}
	dot := strings.IndexByte(string(b[start:]), '.')
	if dot < 0 {
		dot = len(b)
		b = append(b, '.')
	} else {
		dot += start
	}
	have := len(b) - dot - 1
	if have > decimals {
		up := b[dot+1+decimals] >= '5'
		b = b[:dot+1+decimals]
		if up {
			b = increment(b, start)
		}
	}
	for ; have < decimals; have++ {
		b = append(b, '0')
	}
	if decimals == 0 {
		b = b[:len(b)-1]
	}
	return dropMinusZero(b, start)
}

// increment adds one unit in the last place to the decimal text that begins at start.
func increment(b []byte, start int) []byte {
	for i := len(b) - 1; i >= start; i-- {
		switch {
		case b[i] == '.':
		case b[i] == '-':
			return append(b[:i+1], append([]byte{'1'}, b[i+1:]...)...)
		case b[i] == '9':
			b[i] = '0'
		default:
			b[i]++
			return b
		}
	}
	return append(b[:start], append([]byte{'1'}, b[start:]...)...)
}

// dropMinusZero turns "-0.00" into "0.00".
func dropMinusZero(b []byte, start int) []byte {
	if b[start] != '-' {
		return b
	}
	for _, c := range b[start+1:] {
		if c != '0' && c != '.' {
			return b
		}
	}
	return append(b[:start], b[start+1:]...)
}

// write turns plain decimal text into French, with the given signs.
func write(plain []byte, thousands, negative string) string {
	out := make([]byte, 0, 48)
	if plain[0] == '-' {
		out = append(out, negative...)
		plain = plain[1:]
	}
	whole := len(plain)
	for i, c := range plain {
		if c == '.' {
			whole = i
			break
		}
	}
	for i := range whole {
		if i > 0 && (whole-i)%3 == 0 {
			out = append(out, thousands...)
		}
		out = append(out, plain[i])
	}
	if whole < len(plain) {
		out = append(out, ',')
		out = append(out, plain[whole+1:]...)
	}
	return string(out)
}
