// SPDX-License-Identifier: EUPL-1.2

package french

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrEmpty says that there was no text to read: a missing value, which is never zero.
var ErrEmpty = errors.New("valeur absente")

// ErrNumber is what every other refusal of ParseNumber is, for errors.Is.
var ErrNumber = errors.New("ce n'est pas un nombre")

// NumberError tells a person why a text was not read as a number, and what to do.
type NumberError struct {
	Text   string // what was read, shortened to 40 characters
	Reason string // "la virgule y figure deux fois"
	Remedy string // "écrivez 1 234,5"
}

// Error is one French sentence without a full stop.
func (e *NumberError) Error() string {
	return fmt.Sprintf("« %s » n'est pas un nombre lisible : %s ; %s", e.Text, e.Reason, e.Remedy)
}

// Is makes errors.Is(err, ErrNumber) true.
func (e *NumberError) Is(target error) bool { return target == ErrNumber }

// ParseNumber reads a number as people write or paste it in France.
//
//	"1 234,5"   1234.5   thousands by space, NBSP, U+202F, U+2009 or U+2007
//	"12,5 %"    12.5     the percent sign is dropped, not divided by
//	"−3", "-3"  -3       also "+4"
//	"1.234,56"  1234.56  dots are thousands when a comma follows, or when repeated
//	"1234.5"    1234.5   a dot alone is decimal, as in the files of the Cnaf
//	"1,234"     1.234    a comma is always decimal
//	"1e+05"     100000   only as R and Python print it: small e, sign, two digits or more
//
// Text of spaces only is ErrEmpty. Everything else is a *NumberError: NaN, infinities,
// hexadecimal, underscores, badly placed spaces, English thousands ("1,234.5"), units, and
// "8,89E+13", which is what Excel leaves of a number it has already rounded.
// It does not allocate when it succeeds on the texts that files hold.
func ParseNumber(s string) (float64, error) {
	text := strings.TrimFunc(s, unicode.IsSpace)
	if text == "" {
		return 0, ErrEmpty
	}
	body := text
	if rest, ok := strings.CutSuffix(body, "%"); ok {
		body = strings.TrimRightFunc(rest, unicode.IsSpace)
	}
	negative := false
	switch {
	case strings.HasPrefix(body, "-"):
		negative, body = true, body[1:]
	case strings.HasPrefix(body, "+"):
		body = body[1:]
	case strings.HasPrefix(body, minus):
		negative, body = true, body[len(minus):]
	}
	var d digits
	if fault := d.read(body); fault != faultNone {
		return 0, refuse(text, fault)
	}
	v, ok := d.value()
	if !ok {
		return 0, refuse(text, faultRange)
	}
	if negative && v != 0 {
		v = -v
	}
	return v, nil
}

// maxText bounds the length of a number in bytes: the largest float64 has 309 digits.
const maxText = 400

// digits is a number without sign being read: its digits in order, how many are after the
// decimal sign, and a power of ten from an exponent.
type digits struct {
	mantissa uint64 // value of the digits while there are at most 18
	count    int    // digits read, leading zeros left out
	seen     bool   // at least one digit, zeros included
	decimals int    // digits after the decimal sign
	exponent int    // power of ten written after e
	grouped  bool   // a thousands sign was read
	text     string // the text read, for numbers too long for mantissa
}

func (d *digits) push(c byte) {
	d.seen = true
	if d.count == 0 && c == '0' {
		return
	}
	d.count++
	if d.count <= 18 {
		d.mantissa = d.mantissa*10 + uint64(c-'0')
	}
}

// read goes once over the text; run counts the digits since the last thousands sign.
func (d *digits) read(s string) fault {
	if len(s) > maxText {
		return faultRange
	}
	d.text = s
	run, dotted, decimal := 0, false, decimalSign(s)
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			d.push(c)
			run++
			i++
			continue
		case i == decimal:
			if d.grouped && run != 3 {
				return faultGroups
			}
			return d.readDecimals(s[i+1:])
		case c == 'e':
			return d.readExponent(s[i:])
		}
		size := thousandsSign(s[i:])
		if size == 0 {
			return unreadable(s, i)
		}
		if run == 0 || run > 3 || d.grouped && (run != 3 || dotted != (c == '.')) {
			return d.ungrouped(s[i+size:])
		}
		d.grouped, dotted, run = true, c == '.', 0
		i += size
	}
	switch {
	case !d.seen:
		return faultNotNumber
	case d.grouped && run != 3:
		return faultGroups
	}
	return faultNone
}

// ungrouped tells "1234 places", a unit, from "12 34", badly grouped.
func (d *digits) ungrouped(rest string) fault {
	if d.seen && rest != "" && (rest[0] < '0' || rest[0] > '9') {
		return unreadable(d.text, len(d.text)-len(rest))
	}
	return faultGroups
}

func (d *digits) readDecimals(s string) fault {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			d.push(c)
			d.decimals++
		case c == 'e' && i > 0:
			return d.readExponent(s[i:])
		case c == '.' && d.text[len(d.text)-len(s)-1] == ',':
			return faultEnglish
		case c == ',' || c == '.':
			return faultTwoDecimals
		case thousandsSign(s[i:]) > 0 && i+1 < len(s) && s[len(s)-1] >= '0' && s[len(s)-1] <= '9':
			return faultGroups
		default:
			return unreadable(d.text, len(d.text)-len(s)+i)
		}
	}
	switch {
	case !d.seen:
		return faultNotNumber
	case d.decimals == 0:
		return faultEnds
	}
	return faultNone
}

// readExponent accepts what C's printf writes: e, a sign, two or three digits.
func (d *digits) readExponent(s string) fault {
	if !d.seen || d.grouped || strings.Contains(d.text, ",") {
		return unreadable(d.text, len(d.text)-len(s))
	}
	if len(s) < 4 || len(s) > 5 || s[1] != '+' && s[1] != '-' {
		return faultExponent
	}
	for _, c := range []byte(s[2:]) {
		if c < '0' || c > '9' {
			return faultExponent
		}
		d.exponent = d.exponent*10 + int(c-'0')
	}
	if s[1] == '-' {
		d.exponent = -d.exponent
	}
	return faultNone
}

// decimalSign is the index of the sign that is decimal: the first comma, or the only
// dot. Negative when there is none.
func decimalSign(s string) int {
	comma, dot, dots := -1, -1, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ',':
			if comma < 0 {
				comma = i
			}
		case '.':
			dot = i
			dots++
		}
	}
	switch {
	case comma >= 0:
		return comma
	case dots == 1:
		return dot
	}
	return -1
}

// thousandsSign is the length in bytes of the thousands sign that s starts with, or 0.
func thousandsSign(s string) int {
	switch {
	case s[0] == ' ', s[0] == '.':
		return 1
	case s[0] < utf8.RuneSelf:
		return 0
	}
	switch r, size := utf8.DecodeRuneInString(s); r {
	case '\u00a0', '\u202f', '\u2009', '\u2007':
		return size
	}
	return 0
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// value is the float64 nearest to the digits. Up to 15 digits and 10^22, one exact operation
// on exact operands gives it; beyond, strconv works on a text made of digits we have checked.
func (d *digits) value() (float64, bool) {
	power := d.exponent - d.decimals
	if d.count <= 15 && power >= -22 && power <= 22 {
		if power < 0 {
			return float64(d.mantissa) / powers[-power], true
		}
		return float64(d.mantissa) * powers[power], true
	}
	plain := make([]byte, 0, 64)
	for i := 0; i < len(d.text) && d.text[i] != 'e'; i++ {
		if c := d.text[i]; c >= '0' && c <= '9' {
			plain = append(plain, c)
		}
	}
	plain = append(plain, 'e')
	plain = strconv.AppendInt(plain, int64(power), 10)
	v, err := strconv.ParseFloat(string(plain), 64)
	return v, err == nil && !math.IsInf(v, 0)
}
