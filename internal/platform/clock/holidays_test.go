// SPDX-License-Identifier: EUPL-1.2

package clock_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"maillage/internal/platform/clock"
)

func TestEaster(t *testing.T) {
	t.Parallel()
	// Published tables (Bureau des longitudes); 1818 and 2285 are the earliest possible day,
	// 1943 and 2038 the latest.
	for _, day := range []string{"1818-03-22", "1943-04-25", "1999-04-04", "2000-04-23", "2008-03-23", "2011-04-24",
		"2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21",
		"2038-04-25", "2285-03-22"} {
		want := clock.MustDate(day)
		if got := clock.Easter(want.Year); got != want {
			t.Errorf("Easter(%d) = %v, want %v", want.Year, got, want)
		}
	}
}

// independentEaster is another road to the same day: the first Sunday after the
// ecclesiastical full moon, by golden number and epact (Clavius).
func independentEaster(year int) clock.Date {
	golden := year%19 + 1
	century := year/100 + 1
	epact := (11*golden + 20 + (8*century+5)/25 - 5 - (3*century/4 - 12)) % 30
	if epact == 24 || (epact == 25 && golden > 11) {
		epact++
	}
	n := 44 - epact
	if n < 21 {
		n += 30
	}
	moon := clock.NewDate(year, time.March, n)
	for moon = moon.AddDays(1); moon.Weekday() != time.Sunday; {
		moon = moon.AddDays(1)
	}
	return moon
}

func TestEasterTwoWays(t *testing.T) {
	t.Parallel()
	for year := 1583; year <= 4000; year++ {
		if got, want := clock.Easter(year), independentEaster(year); got != want {
			t.Errorf("Easter(%d) = %v, by the epact %v", year, got, want)
		}
	}
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	// The list of the State, jours-feries-france, for 2026.
	want := []string{"2026-01-01", "2026-04-06", "2026-05-01", "2026-05-08", "2026-05-14", "2026-05-25",
		"2026-07-14", "2026-08-15", "2026-11-01", "2026-11-11", "2026-12-25"}
	got := clock.Holidays(2026)
	if len(got) != len(want) {
		t.Fatalf("%d holidays, want %d", len(got), len(want))
	}
	for i, day := range want {
		if got[i].Date.String() != day {
			t.Errorf("holiday %d is %v (%s), want %s", i, got[i].Date, got[i].Name, day)
		}
	}
	for day, want := range map[string]string{"2024-05-09": "Ascension", "2026-04-06": "lundi de Pâques",
		"2025-06-09": "lundi de Pentecôte", "2026-04-03": "", "2026-12-26": "", "2026-04-05": ""} {
		if got, ok := clock.HolidayOn(clock.MustDate(day)); got != want || ok != (want != "") {
			t.Errorf("HolidayOn(%s) = %q, %v, want %q", day, got, ok, want)
		}
	}
}

func TestHolidaysOfAnyYear(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.IntRange(1900, 2400).Draw(t, "year")
		list := clock.Holidays(year)
		if len(list) != 11 {
			t.Fatalf("%d holidays in %d", len(list), year)
		}
		for i, h := range list {
			if i > 0 && h.Date.Before(list[i-1].Date) {
				t.Errorf("%v comes after %v", h.Date, list[i-1].Date)
			}
			if _, ok := clock.HolidayOn(h.Date); !ok || h.Date.Year != year {
				t.Errorf("%v is not a holiday of %d", h.Date, year)
			}
		}
		if clock.Easter(year).Weekday() != time.Sunday {
			t.Errorf("Easter %d is not a Sunday", year)
		}
	})
}
