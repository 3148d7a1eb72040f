// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
)

// GroupMail is one letter to several persons, that can be undone for ten minutes.
type GroupMail struct {
	Key     string // the deed it tells, unique: "convocation/17". Sending it twice sends once
	Subject string
	HTML    string // see mail.Message
	Why     string // at the foot: "vous siégez au comité"
	Persons []string
	// Letter says that it is not necessary: whoever unsubscribed does not get it, and each mail bears
	// the address that ends them.
	Letter      bool
	Urgent      bool // leaves in quiet times too, ten minutes after all the same
	ReplyTo     mail.Address
	Attachments []mail.Attachment
}

// Recipient is somebody who gets a group mail.
type Recipient struct {
	Person  string
	To      mail.Address
	Instead string // name of the absent person they stand in for, "" for none
	Note    string // what is to be known, in French: "en absence, sans suppléance"
}

// Exclusion is somebody who does not get it, and why, in French.
type Exclusion struct{ Person, Name, Reason string }

// Recipients is who gets a group mail and who does not.
type Recipients struct {
	To       []Recipient
	Excluded []Exclusion
}

// Recipients computes who gets m, in the order of m.Persons: what is shown before sending is what Send does.
func (r *Room) Recipients(ctx context.Context, q db.Querier, m GroupMail) (Recipients, error) {
	var list Recipients
	seen := map[string]bool{}  // persons asked for
	taken := map[string]bool{} // addresses
	var absent []contact       // after the others, so that a deputy who is asked for stays so
	for _, id := range m.Persons {
		c, err := r.contact(ctx, q, id)
		if err != nil {
			return list, err
		}
		switch {
		case !c.Known:
			list.exclude(c, "n'est plus dans l'annuaire")
		case seen[c.ID]:
			list.exclude(c, "est déjà dans la liste")
		case c.away(r.today()):
			absent = append(absent, c)
		default:
			if err := r.admit(ctx, q, m, &list, taken, c, Recipient{}); err != nil {
				return list, err
			}
		}
		seen[c.ID] = true
	}
	for _, c := range absent {
		if err := r.admitAbsent(ctx, q, m, &list, taken, c); err != nil {
			return list, err
		}
	}
	return list, nil
}

func (l *Recipients) exclude(c contact, reason string) {
	l.Excluded = append(l.Excluded, Exclusion{c.ID, c.To.Name, reason})
}

// admit adds c, or excludes them with the reason.
func (r *Room) admit(ctx context.Context, q db.Querier, m GroupMail, list *Recipients, taken map[string]bool, c contact, as Recipient) error {
	if c.To.Addr == "" {
		list.exclude(c, "n'a pas d'adresse de courriel")
		return nil
	}
	if taken[strings.ToLower(c.To.Addr)] {
		list.exclude(c, "reçoit déjà ce courriel à la même adresse")
		return nil
	}
	if m.Letter {
		out, err := hasOptedOut(ctx, q, r.keys.fingerprint(c.To.Addr), Letters)
		if err != nil {
			return err
		}
		if out {
			list.exclude(c, "s'est désinscrit de ces lettres")
			return nil
		}
	}
	taken[strings.ToLower(c.To.Addr)] = true
	as.Person, as.To = c.ID, c.To
	list.To = append(list.To, as)
	return nil
}

// admitAbsent writes to the deputy of c; to c when there is none.
func (r *Room) admitAbsent(ctx context.Context, q db.Querier, m GroupMail, list *Recipients, taken map[string]bool, c contact) error {
	id, err := r.DeputyOf(ctx, c.ID, r.today())
	if err != nil {
		return err
	}
	deputy, err := r.contact(ctx, q, id)
	if err != nil {
		return err
	}
	switch {
	case !deputy.Known || deputy.To.Addr == "" || deputy.ID == c.ID:
		return r.admit(ctx, q, m, list, taken, c, Recipient{Note: "en absence, sans suppléance joignable"})
	case taken[strings.ToLower(deputy.To.Addr)]:
		list.exclude(c, "est en absence ; sa suppléance, "+deputy.To.Name+", reçoit déjà ce courriel")
		return nil
	}
	before := len(list.To)
	if err := r.admit(ctx, q, m, list, taken, deputy, Recipient{Instead: c.To.Name, Note: "en suppléance de " + c.To.Name}); err != nil {
		return err
	}
	if len(list.To) > before {
		list.exclude(c, "est en absence ; "+deputy.To.Name+" le reçoit à sa place")
		return nil
	}
	list.exclude(c, "est en absence, et sa suppléance ne reçoit pas ces lettres")
	return nil
}

// Dispatch is a group mail that was put in the outbox.
type Dispatch struct {
	Recipients
	Group       string    // for Outbox.Cancel
	New         int       // messages that were not there before
	CancelUntil time.Time // zero when nobody gets it
	Due         time.Time // of the last message, quiet times counted
}

// errNobody is an ErrInvalid.
var errNobody = invalid("personne ne recevrait ce courriel")

// Send puts a group mail in the outbox, in the transaction of the deed that it tells. It can be
// undone for ten minutes, in whole. The error is an ErrInvalid or a mail.ErrInvalid when it cannot
// be sent as it is.
func (r *Room) Send(ctx context.Context, tx *sql.Tx, m GroupMail) (Dispatch, error) {
	if m.Key == "" {
		return Dispatch{}, invalid("un envoi groupé a une clef")
	}
	list, err := r.Recipients(ctx, tx, m)
	if err != nil {
		return Dispatch{}, err
	}
	d := Dispatch{Recipients: list, Group: m.Key}
	if len(list.To) == 0 {
		return d, errNobody
	}
	for _, to := range list.To {
		t, err := r.Outbox.Queue(ctx, tx, r.message(m, to), mail.Options{Key: m.Key + "/" + to.Person, Urgent: m.Urgent})
		if err != nil {
			return d, err
		}
		if t.New {
			d.New++
		}
		if t.Due.After(d.Due) {
			d.Due = t.Due
		}
		d.CancelUntil = t.CancelUntil
	}
	return d, nil
}

// Test sends the letter to one person at once, marked as a trial, whatever their wishes.
func (r *Room) Test(ctx context.Context, tx *sql.Tx, m GroupMail, person string) (mail.Ticket, error) {
	c, err := r.contact(ctx, tx, person)
	if err != nil {
		return mail.Ticket{}, err
	}
	if c.To.Addr == "" {
		return mail.Ticket{}, invalid("votre fiche n'a pas d'adresse de courriel : donnez-en une, puis recommencez l'essai")
	}
	msg := r.message(m, Recipient{Person: c.ID, To: c.To})
	msg.Group, msg.Kind, msg.Subject = "", mail.Receipt, "[Essai] "+msg.Subject
	return r.Outbox.Queue(ctx, tx, msg, mail.Options{})
}

func (r *Room) message(m GroupMail, to Recipient) mail.Message {
	msg := mail.Message{To: to.To, ReplyTo: m.ReplyTo, Subject: m.Subject, Kind: mail.Notice, Group: m.Key, HTML: m.HTML, Why: m.Why,
		Attachments: slices.Clone(m.Attachments)}
	if to.Instead != "" {
		msg.Why = "vous suppléez " + to.Instead
	}
	if m.Letter {
		msg.Unsubscribe = r.unsubscribeURL(Letters, to.To.Addr)
	}
	return msg
}

// AudienceGroup is a group of persons one may write to.
type AudienceGroup struct {
	ID, Label string
	Count     int
}

// Audience names groups of persons; the directory plugs it in.
type Audience interface {
	Groups(ctx context.Context) ([]AudienceGroup, error)
	// Members are the IDs of the persons of a group, none when it does not exist.
	Members(ctx context.Context, group string) ([]string, error)
}

// isRefusal says that an error tells the person what to mend.
func isRefusal(err error) bool { return errors.Is(err, ErrInvalid) || errors.Is(err, mail.ErrInvalid) }
