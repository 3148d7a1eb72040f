// SPDX-License-Identifier: EUPL-1.2

// Package clock knows civil dates: days without an hour, as the law counts them,
// in the calendar of Paris. Instants stay time.Time, in UTC.
package clock

import (
	"fmt"
	"time"

	_ "time/tzdata" // a bare server has no zone files
)

// Paris is where the law's days begin and end.
var Paris = mustZone("Europe/Paris")

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // cannot happen: the zone data is embedded
	}
	return z
}

// Date is a civil day. The zero Date means "none" and sorts before every other.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate normalises as time.Date does: 31 April becomes 1 May.
func NewDate(year int, month time.Month, day int) Date {
	return of(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

func of(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// On is the civil day in Paris at the instant t.
func On(t time.Time) Date { return of(t.In(Paris)) }

// ParseDate reads an ISO date, 2026-01-31. A date that does not exist is an error.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("« %s » n'est pas une date : écrivez-la AAAA-MM-JJ, par exemple 2026-01-31", s)
	}
	return of(t), nil
}

// MustDate is ParseDate for constants written in the source.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// IsZero says that there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String is the ISO form, or "" for the zero Date; as text it sorts like the date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText writes the ISO form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO form; the empty text is the zero Date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	if err == nil {
		*d = v
	}
	return err
}

var months = [...]string{"", "janvier", "février", "mars", "avril", "mai", "juin", "juillet",
	"août", "septembre", "octobre", "novembre", "décembre"}

var weekdays = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}

// French is "1er janvier 2026", or "" for the zero Date.
func (d Date) French() string {
	if d.IsZero() {
		return ""
	}
	day := fmt.Sprint(d.Day)
	if d.Day == 1 {
		day = "1er"
	}
	return fmt.Sprintf("%s %s %d", day, months[d.Month], d.Year)
}

// FrenchWeekday is "vendredi 22 mars 2024".
func (d Date) FrenchWeekday() string {
	if d.IsZero() {
		return ""
	}
	return weekdays[d.Weekday()] + " " + d.French()
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

func (d Date) utc() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// Compare is -1, 0 or +1 as d is before, on or after e.
func (d Date) Compare(e Date) int { return d.utc().Compare(e.utc()) }

// Before says d is strictly before e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After says d is strictly after e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// AddDays moves by n days.
func (d Date) AddDays(n int) Date { return of(d.utc().AddDate(0, 0, n)) }

// AddMonths moves by n months to the same day number, or to the last day of the month
// reached when it is shorter: a delay in months runs from date to date, and one that
// starts on 31 January ends on 28 or 29 February.
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{first.Year(), first.Month(), min(d.Day, last)}
}

// DaysUntil is the number of days from d to e, negative when e is before d.
func (d Date) DaysUntil(e Date) int {
	return int(e.utc().Sub(d.utc()).Hours() / 24)
}

// Start is the instant at which the day begins in Paris.
func (d Date) Start() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, Paris)
}
