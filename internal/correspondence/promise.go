// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
)

// Promise is what somebody said they would do by a day.
type Promise struct {
	Key      string      // of the room it belongs to, unique: "plan/5.1.2/point"
	Subject  string      // what is promised, in one line: "Rendre compte de l'action 5.1.2"
	Path     string      // its page on this site: "/plan/5.1.2"
	Person   string      // ID of who promised
	Overseer string      // ID of who hears of what is late, "" for nobody
	Made     clock.Date  // zero: today
	Due      clock.Date  // a new day starts the reminders anew
	Ladder   mail.Ladder // nil: mail.DefaultLadder
	Forced   bool        // reminders leave on their day, at night and in August too
}

// Pause is a time without reminders.
type Pause struct {
	ID string
	mail.Pause
	Person, Title string // who asked for it, and at what title
}

// Record is a promise as it stands.
type Record struct {
	ID string
	Promise
	Kept    clock.Date // zero while it is not
	Dropped bool       // no longer expected
	Pauses  []Pause    // those that hold, past ones included
}

// Open says that reminders may still leave.
func (r Record) Open() bool { return r.Kept.IsZero() && !r.Dropped }

// What callers tell apart, by errors.Is.
var (
	ErrUnknown = errors.New("cet engagement n'existe pas")
	ErrInvalid = errors.New("saisie à corriger")
)

// Limits of what is kept, in characters.
const (
	maxSubject = 200
	maxReason  = 200
	maxPause   = 366 // days
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w : %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func (p Promise) check() error {
	switch {
	case p.Key == "" || strings.ContainsAny(p.Key, " \n"):
		return invalid("la clef « %s » d'un engagement ne convient pas", p.Key)
	case strings.TrimSpace(p.Subject) == "" || utf8.RuneCountInString(p.Subject) > maxSubject || strings.ContainsAny(p.Subject, "\r\n"):
		return invalid("un engagement s'énonce en une ligne, de %d caractères au plus", maxSubject)
	case !strings.HasPrefix(p.Path, "/") || strings.HasPrefix(p.Path, "//"):
		return invalid("la page « %s » n'est pas une adresse de ce site", p.Path)
	case p.Person == "":
		return invalid("un engagement est pris par quelqu'un")
	case p.Due.IsZero():
		return invalid("un engagement a une échéance")
	case p.Due.Before(p.Made):
		return invalid("l'échéance vient avant l'engagement")
	}
	return p.checkLadder()
}

// checkLadder refuses rungs that the schedule could not tell apart.
func (p Promise) checkLadder() error {
	seen := map[string]bool{}
	for i, rung := range p.Ladder {
		if rung.Name == "" || strings.ContainsAny(rung.Name, " /\n") || seen[rung.Name] {
			return invalid("le barreau « %s » d'une échelle de rappels n'a pas un nom à lui", rung.Name)
		}
		if i > 0 && rung.Days <= p.Ladder[i-1].Days {
			return invalid("les barreaux d'une échelle de rappels vont dans l'ordre des jours")
		}
		seen[rung.Name] = true
	}
	return nil
}

// Register makes a promise known, or changes the one that has its key. What waited to be sent
// about the former one is taken back; one that was kept or dropped is expected again.
func (r *Room) Register(ctx context.Context, tx *sql.Tx, p Promise) error {
	if p.Made.IsZero() {
		p.Made = min2(r.today(), p.Due)
	}
	if p.Ladder == nil {
		p.Ladder = mail.DefaultLadder
	}
	if err := p.check(); err != nil {
		return err
	}
	old, err := recordByKey(ctx, tx, p.Key)
	if errors.Is(err, ErrUnknown) {
		return addPromise(ctx, tx, p, r.Now())
	}
	if err != nil {
		return err
	}
	if err := r.takeBack(ctx, tx, old.ID); err != nil {
		return err
	}
	return changePromise(ctx, tx, old.ID, p)
}

// Keep notes that a promise was kept on a day: nothing about it leaves any more.
func (r *Room) Keep(ctx context.Context, tx *sql.Tx, key string, day clock.Date) error {
	return r.end(ctx, tx, key, `update correspondence_promise set kept = $1 where id = $2`, day.String())
}

// Drop notes that a promise is no longer expected.
func (r *Room) Drop(ctx context.Context, tx *sql.Tx, key string) error {
	return r.end(ctx, tx, key, `update correspondence_promise set dropped_at = $1 where id = $2`, db.Instant(r.Now()))
}

func (r *Room) end(ctx context.Context, tx *sql.Tx, key, update, value string) error {
	p, err := recordByKey(ctx, tx, key)
	if err != nil {
		return err
	}
	if err := r.takeBack(ctx, tx, p.ID); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, update, value, p.ID)
	return err
}

// Pause stops the reminders of a promise from today until a day, that day included, and takes
// back the one that waits. The error is an ErrInvalid when the day or the reason does not do.
func (r *Room) Pause(ctx context.Context, tx *sql.Tx, id string, until clock.Date, reason string) error {
	p, err := recordByID(ctx, tx, id)
	if err != nil {
		return err
	}
	today := r.today()
	switch {
	case !p.Open():
		return invalid("cet engagement n'attend plus de rappel")
	case until.Before(today):
		return invalid("la pause finit avant aujourd'hui")
	case today.DaysUntil(until) > maxPause:
		return invalid("une pause dure un an au plus")
	case strings.TrimSpace(reason) == "" || strings.ContainsAny(reason, "\r\n") || utf8.RuneCountInString(reason) > maxReason:
		return invalid("une pause a une raison, en une ligne de %d caractères au plus", maxReason)
	}
	if err := r.takeBack(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := liftPauses(ctx, tx, p.ID, today, r.Now()); err != nil { // the new one replaces them
		return err
	}
	who := actor.From(ctx)
	return addPause(ctx, tx, p.ID, Pause{Pause: mail.Pause{Span: mail.Span{From: today, To: until}, Reason: strings.TrimSpace(reason)},
		Person: who.Person, Title: who.Title}, r.Now())
}

// Resume ends the pause of a promise; what it stopped leaves at the next sweep.
func (r *Room) Resume(ctx context.Context, tx *sql.Tx, id string) error {
	p, err := recordByID(ctx, tx, id)
	if err != nil {
		return err
	}
	return liftPauses(ctx, tx, p.ID, r.today(), r.Now())
}

// takeBack withdraws the reminders of a promise that have not left, so that they can be planned
// anew.
func (r *Room) takeBack(ctx context.Context, tx *sql.Tx, id string) error {
	list, err := remindersOf(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, rem := range list {
		left := false
		for i := range rem.Mails {
			n, err := r.Outbox.Withdraw(ctx, tx, rem.mail(i))
			if err != nil {
				return err
			}
			left = left || n == 0
		}
		if left {
			continue // at least one is on its way: it counts as sent
		}
		if err := forgetReminder(ctx, tx, rem.Key); err != nil {
			return err
		}
	}
	return nil
}

func min2(a, b clock.Date) clock.Date {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// plan is the table of reminders of a promise, and who it is about.
func (r *Room) plan(ctx context.Context, q db.Querier, p Record) (list []mail.Planned, people planPeople, err error) {
	if people.holder, err = r.contact(ctx, q, p.Person); err != nil {
		return nil, people, err
	}
	if people.overseer, err = r.contact(ctx, q, p.Overseer); err != nil {
		return nil, people, err
	}
	m := mail.Promise{ID: p.ID, Made: p.Made, Due: p.Due, Kept: p.Kept, Holder: people.holder.To, Forced: p.Forced}
	if people.overseer.Known {
		m.Overseer = people.overseer.To
	}
	for _, pause := range p.Pauses {
		m.Pauses = append(m.Pauses, pause.Pause)
	}
	if away := people.holder.Absence; !away.From.IsZero() {
		m.Absences = []mail.Span{away}
		id, err := r.standIn(ctx, people.holder)
		if err != nil {
			return nil, people, err
		}
		if people.deputy, err = r.contact(ctx, q, id); err != nil {
			return nil, people, err
		}
		if people.deputy.Known {
			m.Deputy = people.deputy.To
		}
	}
	people.promise = m
	return p.Ladder.Plan(m), people, nil
}

// standIn is who gets the reminders of somebody while they are away, "" for nobody.
func (r *Room) standIn(ctx context.Context, holder contact) (string, error) {
	day := holder.Absence.From
	if day.IsZero() {
		return "", nil
	}
	if today := r.today(); today.After(day) && holder.away(today) {
		day = today
	}
	return r.DeputyOf(ctx, holder.ID, day)
}

// planPeople are who a plan is about, unknown when there is none, and the promise it was made from.
type planPeople struct {
	holder, deputy, overseer contact
	promise                  mail.Promise
}

// of finds who an address of the plan is.
func (p planPeople) of(a mail.Address) contact {
	for _, c := range []contact{p.holder, p.deputy, p.overseer} {
		if c.To == a {
			return c
		}
	}
	return contact{To: a}
}

// reminder is a reminder that went to the outbox.
type reminder struct {
	Key     string
	Promise string
	ID      string
	Mails   int // how many
	Queued  time.Time
}

// mail is the key in the outbox of the n-th mail of a reminder, from 0. A reminder that was
// taken back leaves under other keys: the outbox remembers those it was asked to forget.
func (r reminder) mail(n int) string { return fmt.Sprintf("%s/%s/%d", r.Key, r.ID, n+1) }
