// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"testing"

	"pgregory.net/rapid"

	"maillage/internal/platform/clock"
)

func TestCountdown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ today, day, want string }{
		{"2026-11-23", "2026-11-22", "date passée"},
		{"2026-11-23", "2026-11-23", "aujourd'hui"},
		{"2026-11-23", "2026-11-24", "demain"},
		{"2026-11-23", "2026-12-05", "dans 12 jours"},
		{"2026-11-23", "2026-12-14", "dans 21 jours"},
		{"2026-11-23", "2026-12-15", "dans 3 semaines"},
		{"2026-12-31", "2027-02-28", "dans 8 semaines"},
		{"2026-11-23", "2027-03-22", "dans 3 mois"},
		{"2026-11-23", "2027-04-23", "dans 5 mois"},
		{"2025-01-31", "2026-02-28", "dans 13 mois"},
		{"2026-11-23", "2028-11-22", "dans 23 mois"},
		{"2026-11-23", "2028-11-23", "dans 2 ans"},
		{"2024-02-29", "2027-02-28", "dans 3 ans"},
	} {
		if got := Countdown(day(c.today), day(c.day)); got != c.want {
			t.Errorf("Countdown(%s, %s) = %q, want %q", c.today, c.day, got, c.want)
		}
	}
}

// A later date is never announced as nearer.
func TestCountdownGoesForward(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		today := day("2020-01-01").AddDays(rapid.IntRange(0, 4000).Draw(t, "today"))
		near := rapid.IntRange(0, 2000).Draw(t, "near")
		far := near + rapid.IntRange(0, 2000).Draw(t, "more")
		if a, b := least(today, near), least(today, far); a > b {
			t.Fatalf("%s: in %d days is %q, in %d days %q", today, near, Countdown(today, today.AddDays(near)), far, Countdown(today, today.AddDays(far)))
		}
	})
}

// least is the first number of days that is told with the same words.
func least(today clock.Date, n int) int {
	words := Countdown(today, today.AddDays(n))
	for n > 0 && Countdown(today, today.AddDays(n-1)) == words {
		n--
	}
	return n
}

func TestEveryStateHasWords(t *testing.T) {
	t.Parallel()
	seen := map[string]State{}
	for _, s := range []State{Upcoming, ToDo, InProgress, ToTransmit, OnRequest, Done, Covered, Transferred, Optional, NotConcerned, Informed, Unknown} {
		b := s.Badge()
		if other, twice := seen[b.Text]; b.Text == "" || b.Kind == "" || b.Kind == "danger" || twice {
			t.Errorf("%s: %+v (also %s)", s, b, other)
		}
		seen[b.Text] = s
	}
}
