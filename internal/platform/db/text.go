// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// In is the inside of "in (…)" for n values whose first is $start:
// In(3, 3) is "$3,$4,$5". With n = 0 it is "null", which no value equals.
// Meant for up to a few hundred values: SQLite looks each name up in a list.
func In(start, n int) string {
	if n <= 0 {
		return "null"
	}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(start + i))
	}
	return b.String()
}

// instantLayout has a fixed width, so that instants sort as text.
const instantLayout = "2006-01-02T15:04:05.000000Z"

// Instant writes t as both engines store it: UTC, to the microsecond (cut,
// not rounded), always 27 characters, so that text order is time order.
func Instant(t time.Time) string { return t.UTC().Format(instantLayout) }

// ParseInstant reads what [Instant] wrote, and nothing else.
func ParseInstant(s string) (time.Time, error) {
	t, err := time.Parse(instantLayout, s)
	if err != nil || len(s) != len(instantLayout) {
		return time.Time{}, fmt.Errorf("instant %q: want the form %s", s, instantLayout)
	}
	return t, nil
}

// NewID is a new key: a UUID of version 7 as text. Keys made one after the
// other by one process sort in that order, which keeps indexes compact.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
