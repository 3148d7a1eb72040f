// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"time"

	"maillage/internal/platform/clock"
)

// CountingNote says, for a page, how delays are counted here and that it is a reading.
const CountingNote = "Les délais en mois vont de date à date : un mois à compter du 15 mars expire le 15 avril à minuit, " +
	"heure de Paris ; à défaut de quantième identique, le dernier jour du mois. Aucun report au jour ouvrable suivant n'est ajouté. " +
	"Les textes sur l'accueil du jeune enfant ne précisent pas ce décompte : c'est une lecture prudente, à vérifier."

// The counting rule of this file. L. 214-2, II counts "à compter de l'adoption" and R. 2324-22
// "à compter de la date à laquelle le dossier est complet"; neither says how a month is
// counted. We take the rule of the code de procédure civile (articles 641 and 642, first
// alinéa): the day of the event (dies a quo) is not counted, the delay ends on the day of the
// last month that bears the same number, or on the last day of that month, at midnight. The
// delay is not "franc" and we add no extension for Saturdays, Sundays and holidays: of the
// possible readings it gives the earliest day, so nobody who trusts it is late under another.

// TransmissionDue is the last day to send to the committee a scheme or an update adopted on
// that day: one month (CASF L. 214-2, II). It starts at the adoption, not at its publication.
func TransmissionDue(adopted clock.Date) clock.Date { return adopted.AddMonths(1) }

// Opinion is the calendar of a request for the prior opinion on a facility.
type Opinion struct {
	Complete clock.Date // the file is complete: the clock starts
	Reminder clock.Date // three months: time to put the opinion on the agenda (our choice, not the law's)
	Due      clock.Date // four months: last day to answer (CSP R. 2324-22)
	Tacit    clock.Date // first day on which silence is a favourable opinion
}

// OpinionDue gives the calendar of an opinion from the day the complete file was received.
func OpinionDue(complete clock.Date) Opinion {
	due := complete.AddMonths(4)
	return Opinion{Complete: complete, Reminder: complete.AddMonths(3), Due: due, Tacit: due.AddDays(1)}
}

// OpinionValidUntil is the last day of a favourable opinion: 24 months (CSP R. 2324-22).
func OpinionValidUntil(given clock.Date) clock.Date { return given.AddMonths(24) }

// CompleteOn is the day from which a file counts as complete (CSP R. 2324-21): its receipt,
// unless the authority sent a list of missing pieces within one month, in which case the day
// the last pieces arrived. It is false while pieces asked in time have not arrived. A list
// sent later has no effect. Zero dates mean "not sent" and "not arrived".
func CompleteOn(received, listSent, piecesArrived clock.Date) (clock.Date, bool) {
	if listSent.IsZero() || listSent.After(received.AddMonths(1)) {
		return received, true
	}
	return piecesArrived, !piecesArrived.IsZero()
}

// ControlPlanDue is the day by which the yearly plan of inspection is set: 31 January (CSP D. 2324-51).
func ControlPlanDue(year int) clock.Date { return clock.NewDate(year, time.January, 31) }

// RenewalDue is the last day to renew the départemental scheme after municipal elections
// held that day: twelve months.
func RenewalDue(election clock.Date) clock.Date { return election.AddMonths(12) }

// LegalMidnight is the instant at which the day ends in Paris: the first instant that is too
// late. It is the start of the next civil day, 23 or 25 hours after this one's on the days
// the clocks change.
func LegalMidnight(day clock.Date) time.Time { return day.AddDays(1).Start() }

// LastInstant is the last microsecond of the day in Paris, the precision at which instants are stored.
func LastInstant(day clock.Date) time.Time { return LegalMidnight(day).Add(-time.Microsecond) }

// InTime says whether something done at the instant t was done by the end of the day due, in Paris.
func InTime(t time.Time, due clock.Date) bool { return t.Before(LegalMidnight(due)) }
