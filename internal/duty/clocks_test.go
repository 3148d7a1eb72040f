// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"testing"
	"time"

	"maillage/internal/platform/clock"
)

func TestTransmissionDue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, adopted, want string }{
		{"the same number, one month later", "2026-03-15", "2026-04-15"},
		{"31 January has no 31 February", "2026-01-31", "2026-02-28"},
		{"nor in a leap year", "2028-01-31", "2028-02-29"},
		{"29 February ends on 29 March", "2028-02-29", "2028-03-29"},
		{"28 February ends on 28 March, not on the last day", "2026-02-28", "2026-03-28"},
		{"31 March ends on 30 April", "2026-03-31", "2026-04-30"},
		{"over the end of the year", "2025-12-31", "2026-01-31"},
		{"no extension for a Sunday", "2026-02-22", "2026-03-22"},
		{"nor for the first of May", "2026-04-01", "2026-05-01"},
	} {
		if got := TransmissionDue(day(c.adopted)); got != day(c.want) {
			t.Errorf("%s: adopted %s, due %s, want %s", c.rule, c.adopted, got, c.want)
		}
	}
}

func TestOpinionDue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, complete, reminder, due, tacit string }{
		{"four months, reminder at three", "2026-01-15", "2026-04-15", "2026-05-15", "2026-05-16"},
		{"31 October ends on the last day of February", "2026-10-31", "2027-01-31", "2027-02-28", "2027-03-01"},
		{"and of a leap February", "2027-10-31", "2028-01-31", "2028-02-29", "2028-03-01"},
		{"each month end on its own", "2026-05-31", "2026-08-31", "2026-09-30", "2026-10-01"},
	} {
		got := OpinionDue(day(c.complete))
		if got.Reminder != day(c.reminder) || got.Due != day(c.due) || got.Tacit != day(c.tacit) {
			t.Errorf("%s: %+v", c.rule, got)
		}
	}
	if got := OpinionValidUntil(day("2026-02-28")); got != day("2028-02-28") {
		t.Errorf("opinion valid until %s", got)
	}
}

func TestCompleteOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, received, listed, arrived, want string
		ok                                    bool
	}{
		{"complete on receipt when nothing is asked", "2026-01-31", "", "", "2026-01-31", true},
		{"pieces asked within the month move the clock to their arrival", "2026-01-31", "2026-02-28", "2026-03-10", "2026-03-10", true},
		{"asked the day after the month, too late", "2026-01-31", "2026-03-01", "2026-03-10", "2026-01-31", true},
		{"not complete while they are awaited", "2026-01-31", "2026-02-15", "", "", false},
	} {
		var listed, arrived = zeroOr(c.listed), zeroOr(c.arrived)
		got, ok := CompleteOn(day(c.received), listed, arrived)
		if ok != c.ok || got.String() != c.want {
			t.Errorf("%s: %s, %t; want %s, %t", c.rule, got, ok, c.want, c.ok)
		}
	}
}

func TestControlPlanAndRenewal(t *testing.T) {
	t.Parallel()
	if got := ControlPlanDue(2027); got != day("2027-01-31") {
		t.Errorf("control plan %s", got)
	}
	if got := RenewalDue(day("2026-03-22")); got != day("2027-03-22") {
		t.Errorf("renewal %s", got)
	}
	if got := RenewalDue(day("2028-02-29")); got != day("2029-02-28") {
		t.Errorf("renewal from a leap day %s", got)
	}
}

func TestLegalMidnightWhenClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, day, utc string
		hours          int
	}{
		{"winter: one hour ahead of UTC", "2026-01-31", "2026-01-31T23:00:00Z", 24},
		{"the day clocks go forward has 23 hours", "2026-03-29", "2026-03-29T22:00:00Z", 23},
		{"summer: two hours ahead", "2026-07-14", "2026-07-14T22:00:00Z", 24},
		{"the day clocks go back has 25", "2026-10-25", "2026-10-25T23:00:00Z", 25},
	} {
		d := day(c.day)
		end := LegalMidnight(d)
		if got := end.UTC().Format(time.RFC3339); got != c.utc {
			t.Errorf("%s: %s, want %s", c.rule, got, c.utc)
		}
		if got := int(end.Sub(d.Start()).Hours()); got != c.hours {
			t.Errorf("%s: %d hours", c.rule, got)
		}
		if got := LastInstant(d).Format("15:04:05.000000"); got != "23:59:59.999999" {
			t.Errorf("%s: last instant %s", c.rule, got)
		}
	}
	due := TransmissionDue(day("2026-09-25")) // ends on 25 October, when clocks go back
	late, _ := time.Parse(time.RFC3339, "2026-10-25T22:59:59Z")
	if !InTime(late, due) || InTime(late.Add(time.Second), due) {
		t.Error("a transmission at 23:59:59 in Paris is in time, at midnight it is not")
	}
}

func TestRenewals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, granted string
		public        bool
		expiry        string
		table         bool
	}{
		{"last day of the first cohort", "1980-12-31", false, "2027-12-31", true},
		{"first of the second", "1981-01-01", true, "2028-12-31", true},
		{"last of the second", "2000-12-31", false, "2028-12-31", true},
		{"third", "2001-01-01", false, "2030-12-31", true},
		{"last of the third", "2011-12-31", true, "2030-12-31", true},
		{"fourth", "2012-01-01", false, "2032-12-31", true},
		{"last of the fourth", "2020-12-31", false, "2032-12-31", true},
		{"fifth", "2021-01-01", false, "2034-12-31", true},
		{"last private authorisation of the table", "2023-12-18", false, "2034-12-31", true},
		{"the next day a private one lives fifteen years", "2023-12-19", false, "2038-12-19", false},
		{"an opinion on a public one is still in the table", "2023-12-19", true, "2034-12-31", true},
		{"until the end of 2024", "2024-12-31", true, "2034-12-31", true},
		{"from 2025 fifteen years for all", "2025-01-01", true, "2040-01-01", false},
		{"fifteen years from a leap day", "2028-02-29", false, "2043-02-28", false},
	} {
		got := RenewalOf(day(c.granted), c.public)
		if got.Expiry != day(c.expiry) || got.Cohort != c.table {
			t.Errorf("%s: %s, table %t; want %s, %t", c.rule, got.Expiry, got.Cohort, c.expiry, c.table)
		}
	}
	first := RenewalOf(day("1975-05-05"), true)
	if first.Notice != (Window{day("2025-12-31"), day("2026-12-31")}) || first.Filing != (Window{day("2025-12-31"), day("2027-03-31")}) {
		t.Errorf("windows of the first cohort: %+v", first)
	}
	if !first.Notice.Contains(day("2026-11-23")) || first.Notice.Contains(day("2027-01-01")) {
		t.Error("notices of the first cohort go out in 2026")
	}
}

func zeroOr(s string) clock.Date {
	if s == "" {
		return clock.Date{}
	}
	return day(s)
}
