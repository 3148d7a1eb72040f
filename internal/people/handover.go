// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// Held is one thing that a person holds and that a successor can take over.
type Held struct {
	Holder string // name of the room that holds it
	ID     string // its identifier there
	Label  string // "Référent du groupe « places »"
	Href   string // its page, "" for none
	Note   string
}

// Holder is a room where people hold things: actions, seats, groups. It is declared here, by
// who uses it, and the rooms above plug themselves in.
type Holder interface {
	// Name is what Held.Holder says: "plan-actions".
	Name() string
	// Held lists what a person holds at present.
	Held(ctx context.Context, q db.Querier, person string) ([]Held, error)
	// HandOver gives one of them to a successor from a day on, in the transaction that accepts it.
	HandOver(ctx context.Context, tx *sql.Tx, held Held, to string, from clock.Date) error
}

// HandoverState is where a handover stands.
type HandoverState string

// The states. Only a proposed one moves.
const (
	Proposed  HandoverState = "proposee"
	Accepted  HandoverState = "acceptee"
	Declined  HandoverState = "declinee"
	Withdrawn HandoverState = "annulee"
)

// Badge is the state as pages show it.
func (s HandoverState) Badge() web.Badge {
	switch s {
	case Proposed:
		return web.Badge{Kind: web.Pending, Text: "Proposée"}
	case Accepted:
		return web.Badge{Kind: web.Success, Text: "Acceptée"}
	case Declined:
		return web.Badge{Kind: web.Danger, Text: "Déclinée"}
	}
	return web.Badge{Kind: web.Neutral, Text: "Annulée"}
}

// Handover is what a person holds, proposed to one successor.
type Handover struct {
	ID                string
	Person, Successor string
	On                clock.Date // first day of the successor
	Note              string
	State             HandoverState
	ByPerson, ByName  string
	At, Answered      time.Time
	Answer            string
	Items             []Held
}

// ErrHandoverOver: it was answered or withdrawn already.
var ErrHandoverOver = errors.New("cette passation a déjà reçu une réponse, ou a été annulée")

// ErrHandoverSelf: one does not succeed oneself.
var ErrHandoverSelf = errors.New("une personne ne se succède pas à elle-même")

// holders are the rooms where people hold things, this one first.
func (r *Room) holders() []Holder { return append([]Holder{hatHolder{r}}, r.Holders...) }

// Holdings lists all that a person holds.
func (r *Room) Holdings(ctx context.Context, q db.Querier, person string) ([]Held, error) {
	var all []Held
	for _, h := range r.holders() {
		list, err := h.Held(ctx, q, person)
		if err != nil {
			return nil, fmt.Errorf("held in %s: %w", h.Name(), err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// hatHolder hands hats over.
type hatHolder struct{ room *Room }

// Name implements Holder.
func (hatHolder) Name() string { return "fonctions" }

// lately is how long after their end hats can still be handed over: people leave before their
// successor is known.
const lately = 60

// Held implements Holder.
func (h hatHolder) Held(ctx context.Context, q db.Querier, person string) ([]Held, error) {
	list, err := h.room.Hats(ctx, q, person)
	var held []Held
	since := h.room.Today().AddDays(-lately)
	for _, x := range list {
		end := x.end()
		if !end.IsZero() && end.Before(since) {
			continue
		}
		item := Held{Holder: h.Name(), ID: x.ID, Label: x.Role.Label() + ", " + x.Org.Name, Href: "/personnes/" + x.Affiliation.Person}
		if !end.IsZero() {
			item.Note = "jusqu'au " + end.French()
		}
		held = append(held, item)
	}
	return held, err
}

// end is the last day of a hat, that of its post when it comes first; zero while it lasts.
func (h Hat) end() clock.Date {
	a, b := h.To, h.Affiliation.To
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// HandOver implements Holder: the successor wears the hat from that day, in the same
// organisation, and the one who leaves until the day before.
func (h hatHolder) HandOver(ctx context.Context, tx *sql.Tx, held Held, to string, from clock.Date) error {
	hat, err := h.room.Hat(ctx, tx, held.ID)
	if err != nil {
		return err
	}
	tie, err := h.tieAt(ctx, tx, to, hat, from)
	if err != nil {
		return err
	}
	worn, err := h.room.Hats(ctx, tx, to)
	if err != nil {
		return err
	}
	already := slices.ContainsFunc(worn, func(x Hat) bool {
		return x.Role == hat.Role && x.Body == hat.Body && x.Org.ID == hat.Org.ID && x.On(from)
	})
	if !already {
		if _, err := h.room.giveHat(ctx, tx, tie, hat.Role, hat.Body, Period{From: from}); err != nil {
			return err
		}
	}
	if end := hat.end(); !end.IsZero() && end.Before(from) {
		return nil
	}
	after := hat
	after.To = lastDay(from)
	return h.room.changeHat(ctx, tx, hat, after)
}

// tieAt is the post of the successor in the organisation of a hat, made when there is none.
func (h hatHolder) tieAt(ctx context.Context, tx *sql.Tx, to string, hat Hat, from clock.Date) (Tie, error) {
	ties, err := h.room.Ties(ctx, tx, to)
	if err != nil {
		return Tie{}, err
	}
	for _, t := range ties {
		if t.Org.ID == hat.Org.ID && t.On(from) {
			return t, nil
		}
	}
	who, err := h.room.Person(ctx, tx, to)
	if err != nil {
		return Tie{}, err
	}
	id, err := h.room.createTie(ctx, tx, who, Affiliation{Person: to, Organisation: hat.Org.ID, Title: hat.Affiliation.Title, Period: Period{From: from}})
	if err != nil {
		return Tie{}, err
	}
	return h.room.Tie(ctx, tx, id)
}

// mayHandOver checks that who acts may propose these things to a successor.
func (r *Room) mayHandOver(ctx context.Context, q db.Querier, person, successor string, items []Held) error {
	if person == successor {
		return ErrHandoverSelf
	}
	role, self, err := r.worn(ctx, q)
	if err != nil {
		return err
	}
	ties, err := r.Ties(ctx, q, successor)
	if err != nil {
		return err
	}
	for _, it := range items {
		if it.Holder != (hatHolder{}).Name() {
			continue
		}
		hat, err := r.Hat(ctx, q, it.ID)
		if err != nil {
			return err
		}
		colleague := slices.ContainsFunc(ties, func(t Tie) bool { return t.Org.ID == hat.Org.ID && (t.To.IsZero() || !t.To.Before(r.Today())) })
		own := self == person && !endedBefore(hat, r.Today()) // what is over is no longer one's own to give
		if err := MayHandOver(role, self == successor, own, colleague, hat.Role); err != nil {
			return fmt.Errorf("%s : %w", it.Label, err)
		}
	}
	return nil
}

// endedBefore says that a hat was over before a day.
func endedBefore(h Hat, d clock.Date) bool {
	end := h.end()
	return !end.IsZero() && end.Before(d)
}

// stillGiven says that a hat proposed by who wears it may still move: it was not taken from
// them before the day of the handover.
func (r *Room) stillGiven(ctx context.Context, tx *sql.Tx, h Handover, it Held) (bool, error) {
	if it.Holder != (hatHolder{}).Name() || h.ByPerson != h.Person {
		return true, nil
	}
	hat, err := r.Hat(ctx, tx, it.ID)
	return err == nil && !endedBefore(hat, lastDay(h.On)), err
}

// Propose offers things to successors, in one gesture; leaving ends the posts of the person the
// day before when it is true.
func (r *Room) Propose(ctx context.Context, list []Handover, leaving bool) error {
	ctx = withGroup(ctx, history.NewGroup())
	return r.DB.Tx(ctx, func(tx *sql.Tx) error {
		for _, h := range list {
			if err := r.propose(ctx, tx, h); err != nil {
				return err
			}
		}
		if !leaving || len(list) == 0 {
			return nil
		}
		return r.leave(ctx, tx, list[0].Person, lastDay(list[0].On))
	})
}

func (r *Room) propose(ctx context.Context, tx *sql.Tx, h Handover) error {
	if err := r.mayHandOver(ctx, tx, h.Person, h.Successor, h.Items); err != nil {
		return err
	}
	who := actor.From(ctx)
	h.ID, h.At, h.ByPerson, h.ByName, h.State = db.NewID(), r.Now(), who.Person, who.Name, Proposed
	if err := addHandover(ctx, tx, h); err != nil {
		return err
	}
	leaver, err := r.Person(ctx, tx, h.Person)
	if err != nil {
		return err
	}
	var what []mail.Item
	for _, it := range h.Items {
		what = append(what, mail.Item{Label: it.Label})
	}
	return r.write(ctx, tx, h.Successor, "passation/"+h.ID, "Une passation vous est proposée", mail.Letter{
		Title:    leaver.Name() + " vous propose de prendre la suite",
		Before:   []string{"À partir du " + h.On.French() + ", si vous acceptez :"},
		Sections: []mail.Section{{Items: what}},
		Action:   mail.Link{Label: "Lire et répondre", URL: r.BaseURL + "/moi/passations"},
		After:    []string{"Rien ne change sans votre accord. Vous pouvez décliner."},
	})
}

// write queues a letter to a person, when mail goes out and they have an address.
func (r *Room) write(ctx context.Context, tx *sql.Tx, to, key, subject string, letter mail.Letter) error {
	if r.Outbox == nil || r.BaseURL == "" {
		return nil
	}
	p, err := r.Person(ctx, tx, to)
	if err != nil || p.Mail == "" {
		return ignoreUnknown(err)
	}
	_, err = r.Outbox.Queue(ctx, tx, mail.Message{To: mail.Address{Name: p.Name(), Addr: p.Mail}, Subject: subject, Kind: mail.Answer,
		HTML: letter.HTML(), Why: "une passation vous concerne"}, mail.Options{Key: key})
	return err
}

// leave ends the posts of a person on a day. Those that end before stay as they are.
func (r *Room) leave(ctx context.Context, tx *sql.Tx, person string, last clock.Date) error {
	ties, err := r.Ties(ctx, tx, person)
	if err != nil {
		return err
	}
	for _, t := range ties {
		if t.From.After(last) || !t.To.IsZero() && !t.To.After(last) {
			continue
		}
		a := t.Affiliation
		a.To = last
		if err := r.changeTie(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

// Answer accepts or declines a handover. Accepted, what it holds moves, each in its room; what
// the person no longer holds is left out.
func (r *Room) Answer(ctx context.Context, id string, accept bool, said string) error {
	ctx = withGroup(ctx, history.NewGroup())
	return r.DB.Tx(ctx, func(tx *sql.Tx) error {
		h, err := r.handover(ctx, tx, id)
		if err != nil {
			return err
		}
		state, words := Declined, "décline"
		if accept {
			state, words = Accepted, "accepte"
		}
		if err := r.setHandover(ctx, tx, id, state, said); err != nil {
			return err
		}
		successor, err := r.Person(ctx, tx, h.Successor)
		if err != nil {
			return err
		}
		if accept {
			if h.On.Before(r.Today()) { // answered late
				h.On = r.Today()
			}
			if err := r.move(ctx, tx, h, successor.ID); err != nil {
				return err
			}
		}
		for i, to := range slices.Compact([]string{h.ByPerson, h.Person}) {
			letter := mail.Letter{Title: successor.Name() + " " + words + " la passation", Before: []string{said}, Action: mail.Link{Label: "Voir la passation", URL: r.BaseURL + "/moi/passations"}}
			if said == "" {
				letter.Before = nil
			}
			if err := r.write(ctx, tx, to, fmt.Sprintf("passation/%s/reponse/%d", h.ID, i), successor.Name()+" "+words+" la passation", letter); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *Room) move(ctx context.Context, tx *sql.Tx, h Handover, to string) error {
	for _, holder := range r.holders() {
		held, err := holder.Held(ctx, tx, h.Person)
		if err != nil {
			return err
		}
		for _, it := range h.Items {
			if it.Holder != holder.Name() || !slices.ContainsFunc(held, func(x Held) bool { return x.ID == it.ID }) {
				continue
			}
			if ok, err := r.stillGiven(ctx, tx, h, it); err != nil || !ok {
				if err != nil {
					return err
				}
				continue
			}
			if err := holder.HandOver(ctx, tx, it, to, h.On); err != nil {
				return fmt.Errorf("handing over %s %s: %w", it.Holder, it.ID, err)
			}
		}
	}
	return nil
}

// Withdraw takes a proposal back before it is answered.
func (r *Room) Withdraw(ctx context.Context, id string) error {
	return r.DB.Tx(ctx, func(tx *sql.Tx) error { return r.setHandover(ctx, tx, id, Withdrawn, "") })
}
