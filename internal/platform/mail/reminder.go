// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"slices"
	"time"

	"maillage/internal/platform/clock"
)

// Span is some days, both ends among them; the zero To is until further notice.
type Span struct{ From, To clock.Date }

// holds says whether d is one of the days.
func (s Span) holds(d clock.Date) bool { return !d.Before(s.From) && (s.To.IsZero() || !d.After(s.To)) }

// until is the end of a span in a sentence: " jusqu'au 3 mars 2027".
func (s Span) until() string {
	if s.To.IsZero() {
		return ""
	}
	return " jusqu'au " + s.To.French()
}

// Pause is a span without reminders, and why, for all to read.
type Pause struct {
	Span
	Reason string
}

// Promise is what somebody said they would do by a day, as far as reminding is concerned.
type Promise struct {
	ID       string
	Made     clock.Date // no reminder is older than the promise
	Due      clock.Date
	Kept     clock.Date // zero while it is not: no reminder from that day on
	Holder   Address
	Deputy   Address // gets the reminders while Holder is away; zero for none
	Overseer Address // hears of what is late, and of what nobody is there to do; zero for nobody
	Absences []Span  // of Holder
	Pauses   []Pause // each has an end
	Forced   bool    // reminders leave on their day, quiet or not; a pause still holds
}

// Rung is a reminder of a ladder: so many days after the due day, before it when negative.
type Rung struct {
	Name     string // short, unique in its ladder, kept in keys: "j-15"
	Days     int
	Overseer bool // the overseer gets it too
}

// Ladder is the reminders of a kind of promise, in order of days.
type Ladder []Rung

// DefaultLadder reminds twice before and twice after, and tells the overseer of the last only.
var DefaultLadder = Ladder{{"j-15", -15, false}, {"j-3", -3, false}, {"j+1", 1, false}, {"j+8", 8, true}}

// reminderHour is when reminders leave, in Paris: with the morning's mail.
const (
	reminderHour   = 8
	reminderMinute = 30
)

// Planned is a line of the table that all sides see: a reminder to come, gone or dropped.
type Planned struct {
	Rung    Rung
	At      time.Time // zero when it is dropped
	To      []Address
	Key     string // for [Options.Key]: the same reminder is queued once
	Moved   string // why it is not on its day, in French
	Instead string // why it goes to somebody else, in French
	Dropped string // why it is not sent, in French
}

// Plan is the table of reminders of a promise. A reminder that falls in a pause, on a day off or
// in August is put off; before the due day it is rather brought forward than sent too late, and
// after it reminders keep their distance, so that September does not begin with all of August's.
func (l Ladder) Plan(p Promise) []Planned {
	list := make([]Planned, 0, len(l))
	var last clock.Date // day of the latest reminder kept after the due day
	var lastDays int
	for _, r := range l {
		line := Planned{Rung: r, Key: "rappel/" + p.ID + "/" + p.Due.String() + "/" + r.Name}
		wanted := p.Due.AddDays(r.Days)
		if r.Days > 0 && !last.IsZero() {
			if spaced := last.AddDays(r.Days - lastDays); spaced.After(wanted) {
				wanted, line.Moved = spaced, "après le rappel précédent"
			}
		}
		day, moved := p.dayFor(wanted, r.Days < 0)
		if moved != "" {
			line.Moved = moved
		}
		if line.Dropped = p.dropped(day); line.Dropped == "" {
			line.At = at(day, reminderHour, reminderMinute)
			line.To, line.Instead = p.Readers(r, day)
			if r.Days > 0 {
				last, lastDays = day, r.Days
			}
		}
		list = append(list, line)
	}
	return onePerDay(list)
}

// dayFor is the day nearest to wanted on which a reminder may leave, and why it is another.
func (p Promise) dayFor(wanted clock.Date, before bool) (day clock.Date, why string) {
	day = wanted
	for {
		reason := p.quietOn(day)
		if reason == "" {
			break
		}
		why, day = reason, day.AddDays(1)
	}
	if !before || !day.After(p.Due) {
		return day, why
	}
	for day = wanted; p.quietOn(day) != ""; {
		day = day.AddDays(-1)
	}
	return day, why
}

func (p Promise) quietOn(d clock.Date) string {
	for _, pause := range p.Pauses {
		if !pause.To.IsZero() && pause.holds(d) {
			return "en pause jusqu'au " + pause.To.French() + " : " + pause.Reason
		}
	}
	if p.Forced {
		return ""
	}
	return quietDay(d, Reminder)
}

func (p Promise) dropped(day clock.Date) string {
	switch {
	case !p.Kept.IsZero() && !day.Before(p.Kept):
		return "c'est fait depuis le " + p.Kept.French()
	case day.Before(p.Made):
		return "l'engagement n'était pas encore pris"
	}
	return ""
}

// Readers are who gets a reminder that leaves on a day, and why it is not the holder: one that is
// late goes to whoever is there.
func (p Promise) Readers(r Rung, day clock.Date) (to []Address, why string) {
	to = []Address{p.Holder}
	if i := slices.IndexFunc(p.Absences, func(s Span) bool { return s.holds(day) }); i >= 0 {
		away := p.Holder.Name + ", en absence" + p.Absences[i].until()
		switch {
		case p.Deputy != Address{}:
			to, why = []Address{p.Deputy}, "en suppléance de "+away
		case p.Overseer != Address{}:
			to, why = []Address{p.Holder, p.Overseer}, "sans suppléance de "+away
		}
	}
	if r.Overseer && p.Overseer != (Address{}) && !slices.Contains(to, p.Overseer) {
		to = append(to, p.Overseer)
	}
	return to, why
}

// onePerDay keeps the last of the reminders that were moved to the same day.
func onePerDay(list []Planned) []Planned {
	for i := range list {
		for j := i + 1; j < len(list); j++ {
			if !list[i].At.IsZero() && list[i].At.Equal(list[j].At) {
				list[i].Dropped, list[i].At, list[i].To = "réuni au rappel « "+list[j].Rung.Name+" »", time.Time{}, nil
			}
		}
	}
	return list
}

// Current is the reminder to send at now: the latest that is due. After a stop of the
// house only that one is sent, not all that were missed; its Key says whether it has been sent.
func Current(plan []Planned, now time.Time) (p Planned, ok bool) {
	for _, line := range plan {
		if !line.At.IsZero() && !line.At.After(now) && (!ok || line.At.After(p.At)) {
			p, ok = line, true
		}
	}
	return p, ok
}
