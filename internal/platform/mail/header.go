// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// foldAt is the length of a header line, in bytes without CRLF, that RFC 5322 § 2.1.1 recommends.
const foldAt = 78

// writeHeader writes one field, folded at spaces. The value is ASCII on one line: free text
// goes through words or phrase first, and Message.check refuses line breaks long before.
func writeHeader(b *bytes.Buffer, name, value string) {
	line := name + ":"
	for word := range strings.FieldsSeq(value) {
		// The first word stays on the line of the name: a line of blanks only is obsolete syntax.
		if len(line)+1+len(word) > foldAt && line != name+":" {
			b.WriteString(line + "\r\n")
			line = ""
		}
		line += " " + word
	}
	b.WriteString(line + "\r\n")
}

// words is free text as a header value: as it is when it is plain ASCII, else in encoded
// words (RFC 2047). Text that merely looks like an encoded word is encoded too, or readers
// would show something that nobody wrote.
func words(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if isPlainASCII(text) && longestWord(text) < foldAt {
		return text
	}
	return encodeWords(text)
}

// phrase is the name in front of an address.
func phrase(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case name == "":
		return ""
	case !isPlainASCII(name) || longestWord(name) > 60:
		return encodeWords(name)
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// field is an address in a header.
func (a Address) field() string {
	if p := phrase(a.Name); p != "" {
		return fmt.Sprintf("%s <%s>", p, a.Addr)
	}
	return "<" + a.Addr + ">"
}

func isPlainASCII(s string) bool {
	if strings.Contains(s, "=?") {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func longestWord(s string) (n int) {
	for w := range strings.FieldsSeq(s) {
		n = max(n, len(w))
	}
	return n
}

// maxEncoded is the payload of an encoded word: 75 bytes (RFC 2047 § 2) less "=?utf-8?q?" and
// "?=", and less the longest character, so that none is cut in two.
const maxEncoded = 75 - 12

// encodeWords writes text as encoded words between spaces, in the alphabet that is allowed
// everywhere, in a phrase too (RFC 2047 § 5, rule 3).
func encodeWords(text string) string {
	var all []string
	var word strings.Builder
	flush := func() {
		all = append(all, "=?utf-8?q?"+word.String()+"?=")
		word.Reset()
	}
	for _, r := range text {
		c := encodeRune(r)
		if word.Len()+len(c) > maxEncoded {
			flush()
		}
		word.WriteString(c)
	}
	flush()
	return strings.Join(all, " ")
}

func encodeRune(r rune) string {
	switch {
	case r == ' ':
		return "_"
	case isAlnum(r) || strings.ContainsRune("!*+-/", r):
		return string(r)
	}
	var buf [utf8.UTFMax]byte
	var s strings.Builder
	for _, c := range buf[:utf8.EncodeRune(buf[:], r)] {
		fmt.Fprintf(&s, "=%02X", c)
	}
	return s.String()
}
