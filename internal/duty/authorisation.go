// SPDX-License-Identifier: EUPL-1.2

package duty

import "maillage/internal/platform/clock"

// authorisationMonths is the life of an authorisation given under the law of 2023: fifteen years.
const authorisationMonths = 15 * 12

// cohort is a row of the table of CSP D. 2324-24-2-1 (décret du 14 janvier 2026): facilities
// authorised, or given an opinion, up to the day until expire on the day expiry.
type cohort struct{ until, expiry clock.Date }

var cohorts = []cohort{
	{clock.MustDate("1980-12-31"), clock.MustDate("2027-12-31")},
	{clock.MustDate("2000-12-31"), clock.MustDate("2028-12-31")},
	{clock.MustDate("2011-12-31"), clock.MustDate("2030-12-31")},
	{clock.MustDate("2020-12-31"), clock.MustDate("2032-12-31")},
}

var (
	lastPrivateCohort = clock.MustDate("2023-12-18") // authorisations (private facilities)
	lastPublicCohort  = clock.MustDate("2024-12-31") // opinions on public facilities
	lastCohortExpiry  = clock.MustDate("2034-12-31")
)

// Window is a span of days, both included.
type Window struct{ From, To clock.Date }

// Contains says whether the day is in the window.
func (w Window) Contains(d clock.Date) bool { return !d.Before(w.From) && !d.After(w.To) }

// Renewal is the calendar of one facility's authorisation.
type Renewal struct {
	Expiry clock.Date
	Cohort bool   // expiry taken from the table of 2026; else fifteen years from the grant
	Notice Window // the département tells the operator: 24 to 12 months before
	Filing Window // the operator's request reaches the département: 24 to 9 months before
}

// RenewalOf gives the calendar of an authorisation (private facility) or of the opinion that
// stood for it (public facility) granted on that day. The table counts by the day of the
// grant, not by the opening. Grants after the table's last day live fifteen years, counted
// from date to date; whether the anniversary itself is still valid is not settled by the
// texts read, and it is taken as the last day.
func RenewalOf(granted clock.Date, public bool) Renewal {
	expiry, inTable := cohortExpiry(granted, public)
	if !inTable {
		expiry = granted.AddMonths(authorisationMonths)
	}
	return Renewal{
		Expiry: expiry,
		Cohort: inTable,
		Notice: Window{expiry.AddMonths(-24), expiry.AddMonths(-12)},
		Filing: Window{expiry.AddMonths(-24), expiry.AddMonths(-9)},
	}
}

func cohortExpiry(granted clock.Date, public bool) (clock.Date, bool) {
	for _, c := range cohorts {
		if !granted.After(c.until) {
			return c.expiry, true
		}
	}
	last := lastPrivateCohort
	if public {
		last = lastPublicCohort
	}
	return lastCohortExpiry, !granted.After(last)
}
