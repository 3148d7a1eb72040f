// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// machineNumber adds the number that a spreadsheet stored, in plain text: no exponent, '.' for
// the decimals, the shortest digits that name it. ok is false when raw is no finite number.
func machineNumber(b, raw []byte) (out []byte, ok bool) {
	if simpleNumber(raw) {
		return append(b, raw...), true
	}
	v, ok := machineValue(raw)
	if !ok {
		return b, false
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64), true
}

// machineValue checks every character first: strconv would take NaN, 0x1p4 and 1_000.
func machineValue(raw []byte) (float64, bool) {
	if len(raw) == 0 || len(raw) > 400 {
		return 0, false
	}
	for _, c := range raw {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if v == 0 {
		v = 0 // minus zero
	}
	return v, err == nil && !math.IsInf(v, 0)
}

// simpleNumber says that raw is already as machineNumber would write it.
func simpleNumber(raw []byte) bool {
	if len(raw) > 0 && raw[0] == '-' {
		raw = raw[1:]
		if len(raw) > 0 && raw[0] == '0' {
			return false
		}
	}
	if len(raw) == 0 || len(raw) > 15 {
		return false
	}
	dot := -1
	for i, c := range raw {
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && dot < 0 && i > 0:
			dot = i
		default:
			return false
		}
	}
	last := raw[len(raw)-1]
	if dot >= 0 && (last == '0' || last == '.') {
		return false
	}
	return raw[0] != '0' || len(raw) == 1 || dot == 1
}

// percentText shows 0.125 as "12.5 %", by moving the decimal sign and not by multiplying:
// 0.574 times 100 is not 57.4 in binary.
func percentText(b []byte, plain string) []byte {
	sign := ""
	if strings.HasPrefix(plain, "-") {
		sign, plain = "-", plain[1:]
	}
	whole, decimals, _ := strings.Cut(plain, ".")
	for len(decimals) < 2 {
		decimals += "0"
	}
	whole = strings.TrimLeft(whole+decimals[:2], "0")
	if whole == "" {
		whole = "0"
	}
	b = append(b, sign...)
	b = append(b, whole...)
	if rest := strings.TrimRight(decimals[2:], "0"); rest != "" {
		b = append(b, '.')
		b = append(b, rest...)
	}
	return append(b, " %"...)
}

// look is how a style of an XLSX shows numbers, as far as it changes what a person reads.
type look struct {
	date, clock bool // a date, an hour, or both
	elapsed     bool // [h]:mm, hours past 24
	percent     bool
	zeros       int // "00000" shows 1001 as 01001: the width
}

func (l look) plain() bool { return l == look{} }

// builtin are the number formats that files name by number only (ECMA-376, part 1, 18.8.30).
func builtin(id int) look {
	switch {
	case id == 9, id == 10:
		return look{percent: true}
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return look{date: true}
	case id == 22:
		return look{date: true, clock: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56:
		return look{clock: true}
	case id == 46:
		return look{clock: true, elapsed: true}
	}
	return look{}
}

// lookOf reads the first section of a format code, without its literals and its brackets.
func lookOf(code string) look {
	var l look
	minutes := false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			i = len(code)
		case '"':
			i += 1 + strings.IndexByte(code[i+1:]+`"`, '"')
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:]+"]", ']')
			switch strings.ToLower(code[i+1 : min(i+end, len(code))]) {
			case "h", "hh", "m", "mm", "s", "ss":
				l.clock, l.elapsed = true, true
			}
			i += end
		case 'y', 'Y', 'd', 'D':
			l.date = true
		case 'h', 'H', 's', 'S':
			l.clock = true
		case 'm', 'M':
			minutes = true
		case '%':
			l.percent = true
		}
	}
	if minutes && !l.clock {
		l.date = true
	}
	if strings.EqualFold(code, "general") {
		return look{}
	}
	if len(code) > 1 && strings.Trim(code, "0") == "" {
		return look{zeros: len(code)}
	}
	return l
}

// show adds a stored number as its style shows it; typed is false when that is no longer a
// plain number.
func (l look) show(b, raw []byte, from1904 bool) (out []byte, typed bool) {
	start := len(b)
	b, ok := machineNumber(b, raw)
	if !ok {
		return append(b, raw...), false
	}
	if l.plain() {
		return b, true
	}
	plain := string(b[start:])
	switch {
	case l.date || l.clock:
		if v, ok := machineValue(raw); ok {
			if text, ok := l.instant(v, from1904); ok {
				return append(b[:start], text...), false
			}
		}
	case l.percent:
		return percentText(b[:start], plain), false
	case l.zeros > len(plain) && strings.Trim(plain, "0123456789") == "":
		return append(append(b[:start], strings.Repeat("0", l.zeros-len(plain))...), plain...), false
	}
	return b, true
}

// lastSerial is 31 December 9999, the last day that Excel knows.
const lastSerial = 2958465

// instant turns a count of days into ISO text. Excel counts a 29 February 1900 that never
// was: before it the days are one less.
func (l look) instant(v float64, from1904 bool) (string, bool) {
	if v < 0 || v >= lastSerial+1 {
		return "", false
	}
	seconds := int64(math.Round(v * 86400))
	if l.elapsed || !l.date && v < 1 {
		return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60), true
	}
	base := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		base = time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
	case v < 60:
		base = base.AddDate(0, 0, 1)
	}
	at := base.AddDate(0, 0, int(seconds/86400)).Add(time.Duration(seconds%86400) * time.Second)
	if l.clock && seconds%86400 != 0 || seconds%86400 != 0 && !l.date {
		return at.Format("2006-01-02T15:04:05"), true
	}
	return at.Format(time.DateOnly), true
}
