// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"net/url"
	"sync"
	"testing"
	"time"

	"maillage/internal/people/policy"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/history"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
	"maillage/internal/territory"
)

var france = sync.OnceValues(territory.Load)

// rooms are the tables that this room and those below it need.
var rooms = []dbtest.Room{{Name: "territory", FS: territory.Migrations()}, {Name: "history", FS: history.Migrations()},
	{Name: "mail", FS: mail.Migrations()}, {Name: "people", FS: Migrations()}}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, clock.Paris)

// house is the room on the real register, with somebody of each role.
type house struct {
	*Room
	t       *testing.T
	history *history.Room
	org     map[string]string // by name
	who     map[string]Person // by family name
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	reg, err := france()
	if err != nil {
		t.Fatal(err)
	}
	places, err := territory.Open(context.Background(), reg, territory.NewStore(d), "93")
	if err != nil {
		t.Fatal(err)
	}
	table, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Room: Open(&Store{DB: d}, places, table, func() time.Time { return noon }), t: t, org: map[string]string{}, who: map[string]Person{}}
	h.history = history.New(d, h.Now, history.Settings{})
	h.Remember(h.history)
	h.add("Caf d'ici", Caf, "93")
	h.add("Commune de Bondy", Commune, "93010")
	for _, x := range []struct {
		name, org string
		role      policy.Hat
	}{{"Admin", "Caf d'ici", policy.Administrator}, {"Secretaire", "Caf d'ici", policy.Secretariat}, {"Agent", "Commune de Bondy", policy.Agent},
		{"Collegue", "Commune de Bondy", ""}} {
		h.join(x.name, x.org, x.role)
	}
	return h
}

func (h *house) add(name string, kind Kind, place territory.ID) string {
	h.t.Helper()
	id, err := h.CreateOrganisation(context.Background(), Organisation{Kind: kind, Name: name, Territory: place})
	if err != nil {
		h.t.Fatal(err)
	}
	h.org[name] = id
	return id
}

// join adds a person with a post, and a hat when role is not empty.
func (h *house) join(name, org string, role policy.Hat) Person {
	h.t.Helper()
	ctx := context.Background()
	id, err := h.CreatePerson(ctx, Person{FamilyName: name, GivenName: "Lou", Mail: name + "@x.example"}, Affiliation{Organisation: h.org[org], Title: "Poste", Period: Period{From: clock.MustDate("2026-01-01")}})
	if err != nil {
		h.t.Fatal(err)
	}
	if role != "" {
		ties, err := h.Ties(ctx, h.DB.Read(), id)
		if err != nil {
			h.t.Fatal(err)
		}
		h.tx(func(tx *sql.Tx) error {
			_, err := h.AddHat(ctx, tx, ties[0].ID, role, "", Period{From: clock.MustDate("2026-01-01")}, noon)
			return err
		})
	}
	h.who[name] = h.person(id)
	return h.who[name]
}

func (h *house) tx(fn func(*sql.Tx) error) {
	h.t.Helper()
	if err := h.DB.Tx(context.Background(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) person(id string) Person {
	h.t.Helper()
	p, err := h.personAsIs(context.Background(), h.DB.Read(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// hats are the hats of somebody of the house, of all times.
func (h *house) hats(name string) []Hat {
	h.t.Helper()
	list, err := h.Hats(context.Background(), h.DB.Read(), h.who[name].ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func (h *house) tie(name string) Tie {
	h.t.Helper()
	list, err := h.Ties(context.Background(), h.DB.Read(), h.who[name].ID)
	if err != nil || len(list) == 0 {
		h.t.Fatalf("no post of %s: %v", name, err)
	}
	return list[0]
}

// as is who acts: somebody of the house, under their first hat.
func (h *house) as(name string) actor.Actor {
	a := actor.Actor{Person: h.who[name].ID, Name: h.who[name].Name()}
	if list := h.hats(name); len(list) > 0 {
		a.Hat, a.Title = list[0].ID, list[0].Title()
	}
	return a
}

func (h *house) ctx(name string) context.Context { return actor.With(context.Background(), h.as(name)) }

// guard decides by the policy table, as the house does, for somebody who has shown a second factor.
type guard struct {
	webtest.Open
	house *house
}

func (g guard) Check(ctx context.Context, a web.Access, on web.Scope) error {
	who := actor.From(ctx)
	var hat Hat
	if who.Hat != "" {
		var err error
		if hat, err = g.house.Hat(ctx, g.house.DB.Read(), who.Hat); err != nil {
			return err
		}
	}
	s, err := g.house.Subject(ctx, hat, g.house.Today(), true)
	if err != nil {
		return err
	}
	s.Person = who.Person
	switch g.house.Policy.Decide(s, string(a), g.house.Object(on)) {
	case policy.Allowed:
		return nil
	case policy.Foreign:
		return web.ErrForeign()
	}
	return web.Forbidden("Cette page n'est pas ouverte à cette fonction.")
}

// site is the room behind the real server, for somebody of the house.
func (h *house) site(name string) *web.Server {
	h.t.Helper()
	return webtest.Server(h.t, web.Config{Guard: guard{webtest.Open{Actor: h.as(name)}, h}}, append(h.Routes(), h.history.Routes()...)...)
}

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func on(t *testing.T, body func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) { body(t, newHouse(t, d)) })
}

// quick is a house on SQLite alone, for what does not depend on the engine.
func quick(t *testing.T) *house {
	t.Helper()
	return newHouse(t, dbtest.New(t, db.SQLite, rooms...))
}
