// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"maillage/internal/drafts"
	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// Room is the directory over the ground it stands on.
type Room struct {
	*Store
	Places *territory.Room
	Policy *policy.Table
	Now    func() time.Time
	// Seats tells the bodies a person sits in on a day; the committee plugs it in. Nil: none.
	Seats func(ctx context.Context, person string, day clock.Date) ([]string, error)
	// Holders are the rooms where people hold things that a successor can take over.
	Holders []Holder
	// InUse tells why a person cannot be taken out ("a voté le 3 mars"), "" when nothing forbids
	// it; rooms above plug it in.
	InUse []func(ctx context.Context, q db.Querier, person string) (string, error)
	// Drafts keeps what is typed; nil: nothing is kept.
	Drafts *drafts.Room
	// Outbox sends mails; nil: none is sent.
	Outbox Outbox
	// Readdressed hears, in the transaction of the change, that the directory wrote another
	// address on a record (an edit, a list taken in, a merge, or the undo of one), former being
	// the one before, "" for none: what the former address opened is to be closed, and both told.
	// Who calls Readdress does that themself. Nil: nobody hears it.
	Readdressed func(ctx context.Context, tx *sql.Tx, person, former string) error
	// BaseURL is the public address of the site, for the links in mails.
	BaseURL string

	history *history.Room // see Remember; nil: no history is kept
}

// Outbox queues mails in the transaction of the gesture that they tell.
type Outbox interface {
	Queue(ctx context.Context, tx *sql.Tx, m mail.Message, opt mail.Options) (mail.Ticket, error)
}

// Open makes the room.
func Open(store *Store, places *territory.Room, table *policy.Table, now func() time.Time) *Room {
	return &Room{Store: store, Places: places, Policy: table, Now: now}
}

// Today is the day in Paris.
func (r *Room) Today() clock.Date { return clock.On(r.Now()) }

// HatsOn are the hats a person wears on a day.
func (r *Room) HatsOn(ctx context.Context, person string, day clock.Date) ([]Hat, error) {
	all, err := r.Hats(ctx, r.DB.Read(), person)
	return slices.DeleteFunc(all, func(h Hat) bool { return !h.On(day) }), err
}

// Subject is a hat as the policy sees it on a day. proved: a second factor was shown.
func (r *Room) Subject(ctx context.Context, h Hat, day clock.Date, proved bool) (policy.Subject, error) {
	s := policy.Subject{Hat: h.Role, Person: h.Affiliation.Person, Territories: ownTerritories(h.Org), Home: string(r.Places.Home), Proved: proved}
	if h.Body != "" {
		s.Bodies = append(s.Bodies, h.Body)
	}
	if r.Seats != nil {
		seats, err := r.Seats(ctx, h.Affiliation.Person, day)
		if err != nil {
			return s, err
		}
		s.Bodies = append(s.Bodies, seats...)
	}
	if h.Org.Territory != "" {
		for _, held := range r.Places.State().ReceivedBy(h.Org.Territory) {
			if held.On(day) && !slices.Contains(s.Held, string(held.Commune)) {
				s.Held = append(s.Held, string(held.Commune))
			}
		}
	}
	return s, nil
}

// Object is what a route asks about, as the policy sees it.
func (r *Room) Object(s web.Scope) policy.Object {
	o := policy.Object{Territory: s.Territory, Body: s.Body, Person: s.Person}
	if s.Territory == "" {
		return o
	}
	if t, ok := r.Places.Registry.Get(territory.ID(s.Territory)); ok {
		o.Departements = departementsOf(r.Places.Registry, t)
	} else if x, ok := r.Places.State().Syndicat(territory.ID(s.Territory)); ok {
		o.Departements = []string{string(x.Departement)}
	}
	return o
}

func departementsOf(reg *territory.Registry, t *territory.Territory) []string {
	list := []string{string(t.Departement)}
	if t.Kind == territory.Departement {
		list[0] = string(t.ID)
	}
	return list
}

// territories of a hat's organisation, for the policy.
func ownTerritories(o Organisation) []string {
	if o.Territory == "" {
		return nil
	}
	return []string{string(o.Territory)}
}

// placeLabel is a territory as the forms show it: "Bondy (93010)"; "" for none.
func (r *Room) placeLabel(id territory.ID) string {
	if id == "" {
		return ""
	}
	return r.Places.Name(id) + " (" + string(id) + ")"
}
