// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is what is wrong with a formula, in French, with the place and the remedy.
type Error struct {
	Formula string
	Offset  int // byte where the trouble starts
	Message string
	Remedy  string
}

// Error shows the message, the formula with a caret under the place, and the remedy.
func (e *Error) Error() string {
	if e.Formula == "" {
		return e.Message + ". " + e.Remedy
	}
	return fmt.Sprintf("Formule, caractère %d : %s.\n%s\n%s", e.Position(), e.Message, e.Caret(), e.Remedy)
}

// Position is the place counted in characters from 1, as a person counts.
func (e *Error) Position() int {
	return utf8.RuneCountInString(e.Formula[:min(e.Offset, len(e.Formula))]) + 1
}

// Caret is two lines: the formula, and a caret under the place.
func (e *Error) Caret() string {
	line := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\r' {
			return ' ' // one column each, so that the caret stays below its place
		}
		return r
	}, strings.ToValidUTF8(e.Formula, "?"))
	return "    " + line + "\n    " + strings.Repeat(" ", e.Position()-1) + "^"
}
