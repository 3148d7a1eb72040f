// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"fmt"
	"math"
	"time"
	"unicode"
	"unicode/utf8"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// moment is an instant as people say it: "demain à 7 h", "mardi 3 novembre 2026 à 8 h 30".
func moment(t, now time.Time) string {
	day, today := clock.On(t), clock.On(now)
	hour := hourOf(t)
	switch today.DaysUntil(day) {
	case 0:
		return "aujourd'hui à " + hour
	case 1:
		return "demain à " + hour
	case -1:
		return "hier à " + hour
	}
	return day.FrenchWeekday() + " à " + hour
}

func hourOf(t time.Time) string {
	t = t.In(clock.Paris)
	if t.Minute() == 0 {
		return fmt.Sprintf("%d\u00a0h", t.Hour())
	}
	return fmt.Sprintf("%d\u00a0h\u00a0%02d", t.Hour(), t.Minute())
}

// left is how long there is until t: "encore 8 minutes".
func left(t, now time.Time) string {
	if d := t.Sub(now); d < time.Minute {
		return "encore moins d'une minute"
	} else if n := int(math.Ceil(d.Minutes())); n < 120 {
		return "encore " + french.Plural(n, "minute", "minutes")
	}
	return "jusqu'à " + moment(t, now)
}

// capital is a sentence with its first letter in capital.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// kindLabels name the kinds for people.
var kindLabels = map[mail.Kind]string{
	mail.Access: "code ou lien de connexion", mail.Receipt: "accusé de réception", mail.Answer: "réponse",
	mail.Notice: "envoi à un groupe", mail.Reminder: "rappel", mail.Digest: "résumé",
}

// subjectOf is what the list shows: what opens a door is not even named.
func subjectOf(e mail.Entry) string {
	if e.Kind == mail.Access {
		return "Code ou lien de connexion"
	}
	return e.Subject
}

// badgeOf is a state with its colour.
func badgeOf(s mail.State) web.Badge {
	kinds := map[mail.State]string{mail.Queued: web.Pending, mail.Sending: web.Pending, mail.Sent: web.Success, mail.Failed: web.Danger,
		mail.GivenUp: web.Danger, mail.Cancelled: web.Neutral}
	return web.Badge{Kind: kinds[s], Text: s.French()}
}

// when says when a message leaves or what became of it, and why it waits.
func when(e mail.Entry, now time.Time) (text, why string) {
	switch e.State {
	case mail.Queued:
		return whenQueued(e, now)
	case mail.Sending:
		return "en ce moment", ""
	}
	return moment(e.Finished, now), e.Reason
}

func whenQueued(e mail.Entry, now time.Time) (text, why string) {
	due := e.Due
	if due.Before(now) {
		due = now
	}
	if !e.Urgent {
		due = mail.NextAllowed(due, e.Kind)
	}
	switch {
	case e.Attempts > 0 && due.After(now):
		return "nouvel essai " + moment(due, now), e.Reason
	case !due.After(now):
		return "dès que possible", e.Reason
	case e.Urgent:
		return "partira " + moment(due, now), ""
	}
	// Why it is not on the day it was asked for, or after the time to undo it.
	asked := e.Created
	if e.CancelUntil.After(asked) {
		asked = e.CancelUntil
	}
	if why = mail.WhyQuiet(asked, e.Kind); why == "" {
		why = mail.WhyQuiet(now, e.Kind)
	}
	return "partira " + moment(due, now), why
}

// lateAfter is how long a message that may leave waits before the page says so.
const lateAfter = 15 * time.Minute
