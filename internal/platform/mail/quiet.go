// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"time"

	"maillage/internal/platform/clock"
)

// Mail leaves between these hours of Paris.
const (
	morning = 7
	evening = 21
)

// calm is what a kind of message waits for.
type calm struct {
	night    bool // not from 21:00 to 7:00
	daysOff  bool // not on Saturdays, Sundays and public holidays
	holidays bool // not in August
}

// calms is the table that docs/adr/0006-courriels.md explains: what a person has just asked for
// never waits; what a person says to another waits for the morning; what a person sends to a
// group, for a working day; what the house sends by itself, for September too.
var calms = map[Kind]calm{
	Access:   {},
	Receipt:  {},
	Answer:   {night: true},
	Notice:   {night: true, daysOff: true},
	Reminder: {night: true, daysOff: true, holidays: true},
	Digest:   {night: true, daysOff: true, holidays: true},
}

// NextAllowed is the first instant from t on at which a message of kind k may leave, when it is
// not urgent: t itself, or the next seven o'clock of an allowed day, in Paris. An unknown kind
// waits as much as a Reminder.
func NextAllowed(t time.Time, k Kind) time.Time {
	if reason := quiet(t, k); reason == "" {
		return t
	}
	day := clock.On(t)
	if t.In(clock.Paris).Hour() >= evening {
		day = day.AddDays(1)
	}
	for quietDay(day, k) != "" {
		day = day.AddDays(1)
	}
	if first := at(day, morning, 0); first.After(t) {
		return first
	}
	return t // cannot happen: quiet said that the day or the hour is not allowed
}

// WhyQuiet says in French why a message of kind k may not leave at t, "" when it may: "le 14 juillet
// 2026 est férié (fête nationale)".
func WhyQuiet(t time.Time, k Kind) string { return quiet(t, k) }

func quiet(t time.Time, k Kind) string {
	if reason := quietDay(clock.On(t), k); reason != "" {
		return reason
	}
	if hour := t.In(clock.Paris).Hour(); calmOf(k).night && (hour < morning || hour >= evening) {
		return "rien ne part entre 21 h et 7 h"
	}
	return ""
}

// quietDay says why nothing of kind k leaves on that day.
func quietDay(d clock.Date, k Kind) string {
	c := calmOf(k)
	if c.holidays && d.Month == time.August {
		return "rien ne part en août"
	}
	if !c.daysOff {
		return ""
	}
	if name, ok := clock.HolidayOn(d); ok {
		return "le " + d.French() + " est férié (" + name + ")"
	}
	if day := d.Weekday(); day == time.Saturday || day == time.Sunday {
		return "rien ne part le samedi ni le dimanche"
	}
	return ""
}

func calmOf(k Kind) calm {
	if c, ok := calms[k]; ok {
		return c
	}
	return calms[Reminder]
}

// at is an hour of a day in Paris. None of ours falls in the hour that the change of time
// skips or repeats, between 2:00 and 3:00.
func at(d clock.Date, hour, minute int) time.Time {
	return time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, clock.Paris)
}

// allowedKinds are the kinds that may leave at t.
func allowedKinds(t time.Time) (list []any) {
	for _, k := range []Kind{Access, Receipt, Answer, Notice, Reminder, Digest} {
		if quiet(t, k) == "" {
			list = append(list, string(k))
		}
	}
	return list
}
