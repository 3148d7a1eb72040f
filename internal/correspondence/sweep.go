// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
)

// reminderLife is how long a reminder that could not leave is worth sending.
const reminderLife = 14 * 24 * time.Hour

// Sweep queues the reminders that are due and returns how many. Each is queued once, whatever
// crashes and however many processes sweep; of those that a stop made late only the latest of a
// promise is sent. A promise that fails keeps no other waiting.
func (r *Room) Sweep(ctx context.Context) (n int, err error) {
	var failures []error
	err = eachOpen(ctx, r.DB.Read(), func(p Record) {
		if due, err := r.due(ctx, p); err != nil || !due {
			failures = append(failures, err)
			return
		}
		done := false
		err := r.DB.Tx(ctx, func(tx *sql.Tx) (err error) {
			done, err = r.remind(ctx, tx, p.ID)
			return err
		})
		if err != nil {
			failures = append(failures, fmt.Errorf("promise %s: %w", p.ID, err))
		} else if done {
			n++
		}
	})
	if n > 0 {
		r.Outbox.Wake()
	}
	return n, errors.Join(append(failures, err)...)
}

// due looks, without locking, whether a promise has a reminder to queue.
func (r *Room) due(ctx context.Context, p Record) (bool, error) {
	if _, paused := p.paused(r.today()); paused {
		return false, nil
	}
	plan, _, err := r.plan(ctx, r.DB.Read(), p)
	if err != nil {
		return false, err
	}
	line, ok := mail.Current(plan, r.Now())
	if !ok {
		return false, nil
	}
	sent, err := remindersOf(ctx, r.DB.Read(), p.ID)
	if err != nil {
		return false, err
	}
	_, found := sentAs(sent, line.Key)
	return !found, nil
}

func sentAs(list []reminder, key string) (reminder, bool) {
	for _, rem := range list {
		if rem.Key == key {
			return rem, true
		}
	}
	return reminder{}, false
}

// remind queues the reminder of a promise that is due, if it still is; false when there is none, or
// nobody to send it to.
func (r *Room) remind(ctx context.Context, tx *sql.Tx, id string) (bool, error) {
	p, err := recordByID(ctx, tx, id)
	if err != nil || !p.Open() {
		return false, err
	}
	if _, paused := p.paused(r.today()); paused { // one that is late waits too
		return false, nil
	}
	plan, who, err := r.plan(ctx, tx, p)
	if err != nil {
		return false, err
	}
	now := r.Now()
	line, ok := mail.Current(plan, now)
	if !ok {
		return false, nil
	}
	rem := reminder{Key: line.Key, Promise: p.ID, ID: db.NewID(), Queued: now}
	leaves := now
	if !p.Forced {
		leaves = mail.NextAllowed(now, mail.Reminder)
	}
	to, _ := who.promise.Readers(line.Rung, clock.On(leaves))
	var readers []contact
	for _, to := range to {
		c := who.of(to)
		if c.To.Addr == "" {
			continue
		}
		readers = append(readers, c)
	}
	rem.Mails = len(readers)
	if len(readers) == 0 {
		return false, nil // the table says that nobody can be written to
	}
	if isNew, err := addReminder(ctx, tx, rem); err != nil || !isNew {
		return false, err
	}
	for i, c := range readers {
		opt := mail.Options{Key: rem.mail(i), Urgent: p.Forced, Expires: now.Add(reminderLife)}
		if _, err := r.Outbox.Queue(ctx, tx, r.letter(p, c, who), opt); err != nil {
			return false, err
		}
	}
	return true, nil
}

// letter is a reminder of a promise for one reader.
func (r *Room) letter(p Record, to contact, who planPeople) mail.Message {
	own := to.ID == who.holder.ID
	l := mail.Letter{Title: p.Subject, Before: []string{"Bonjour,"},
		Action: mail.Link{Label: "Ouvrir la page", URL: r.Base + p.Path},
		After:  []string{"Si c'est fait, notez-le sur cette page : les rappels s'arrêtent. Pour les mettre en pause : " + r.Base + "/moi/rappels"}}
	due := "Échéance : " + p.Due.FrenchWeekday() + "."
	if p.Due.Before(r.today()) {
		due = "L'échéance était le " + p.Due.FrenchWeekday() + "."
	}
	why := "cet engagement est à votre nom"
	switch {
	case own:
		l.Before = append(l.Before, due)
	case to.ID == who.deputy.ID:
		l.Before = append(l.Before, due, "Vous recevez ce rappel en suppléance de "+who.holder.To.Name+".")
		why = "vous assurez une suppléance"
	default:
		l.Before = append(l.Before, due, "Cet engagement est celui de "+who.holder.To.Name+" : le rappel lui est aussi adressé, ou à sa suppléance.")
		l.After = []string{"Tous les rappels prévus se lisent ici : " + r.Base + "/moi/rappels"}
		why = "vous suivez cet engagement"
	}
	return mail.Message{To: to.To, Subject: "Rappel : " + p.Subject, Kind: mail.Reminder, HTML: l.HTML(), Why: why}
}
