// SPDX-License-Identifier: EUPL-1.2

package statistic

import (
	"fmt"
	"strconv"
	"strings"

	"maillage/internal/platform/clock"
)

// Period is the time a figure speaks of: a year "2021", a month "2021-06" or a day
// "2021-12-31". As text, periods of one grain sort like time.
type Period string

// Years outside these bounds are typing errors, not statistics.
const (
	firstYear = 1800
	lastYear  = 2100
)

// YearPeriod is the period of a whole year.
func YearPeriod(year int) Period { return Period(fmt.Sprintf("%04d", year)) }

// ParsePeriod reads "2021", "2021-06", "2021-12-31", and the date and time that some
// exports write ("2021-01-01T00:00:00+00:00"), of which only the day is kept.
func ParsePeriod(s string) (Period, error) {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, "T "); i == len("2021-01-01") {
		s = s[:i]
	}
	p := Period(s)
	if p.Valid() {
		return p, nil
	}
	return "", fmt.Errorf("« %s » n'est pas une période : écrivez une année (2021), un mois (2021-06) ou un jour (2021-12-31)", s)
}

// Valid says that the text is a period of the calendar.
func (p Period) Valid() bool {
	y, err := strconv.Atoi(p.yearText())
	if err != nil || y < firstYear || y > lastYear || len(p.yearText()) != 4 {
		return false
	}
	switch len(p) {
	case 4:
		return true
	case 7:
		_, err = clock.ParseDate(string(p) + "-01")
	case 10:
		_, err = clock.ParseDate(string(p))
	default:
		return false
	}
	return err == nil
}

func (p Period) yearText() string { return string(p[:min(4, len(p))]) }

// Year is the calendar year the period lies in, 0 when the period is not valid.
func (p Period) Year() int {
	y, err := strconv.Atoi(p.yearText())
	if err != nil {
		return 0
	}
	return y
}

// AddYears is the same period n years later (earlier when n is negative); the 29 of
// February becomes the 28 in a common year.
func (p Period) AddYears(n int) Period {
	switch len(p) {
	case 10:
		d, err := clock.ParseDate(string(p))
		if err != nil {
			return p
		}
		return Period(d.AddMonths(12 * n).String())
	default:
		if p.Year() == 0 {
			return p
		}
		return YearPeriod(p.Year()+n) + p[4:]
	}
}

// End is the last day of the period, the zero Date when the period is not valid.
func (p Period) End() clock.Date {
	if !p.Valid() {
		return clock.Date{}
	}
	switch len(p) {
	case 4:
		return clock.NewDate(p.Year(), 12, 31)
	case 7:
		return clock.MustDate(string(p) + "-01").AddMonths(1).AddDays(-1)
	default:
		return clock.MustDate(string(p))
	}
}

// French is "2021", "juin 2021" or "31 décembre 2021".
func (p Period) French() string {
	switch {
	case !p.Valid() || len(p) == 4:
		return string(p)
	case len(p) == 7:
		_, month, _ := strings.Cut(clock.MustDate(string(p)+"-01").French(), " ")
		return month
	default:
		return clock.MustDate(string(p)).French()
	}
}
