// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"

	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.add("École d'Évry & Cie", Association, "")
		h.who["Dupré"] = h.join("Dupré-Vasseur", "École d'Évry & Cie", "")
		find := func(q Query) (names []string) {
			t.Helper()
			q.Day, q.Limit = h.Today(), 50
			list, n, err := h.Persons(ctx, q)
			if err != nil || n != len(list) {
				t.Fatalf("%+v: %d of %d, %v", q, len(list), n, err)
			}
			for _, p := range list {
				names = append(names, p.FamilyName)
			}
			return names
		}
		for _, c := range []struct {
			q    Query
			want []string
		}{
			{Query{}, []string{"Admin", "Agent", "Collegue", "Dupré-Vasseur", "Secretaire"}},
			{Query{Text: "DUPRE"}, []string{"Dupré-Vasseur"}},
			{Query{Text: "lou vasseur ecole evry"}, []string{"Dupré-Vasseur"}},
			{Query{Text: "evry bondy"}, nil},
			{Query{Text: "bondy"}, []string{"Agent", "Collegue"}},
			{Query{Kind: Caf}, []string{"Admin", "Secretaire"}},
			{Query{Territory: "93010", Text: "agent"}, []string{"Agent"}},
			{Query{Organisation: h.org["Commune de Bondy"]}, []string{"Agent", "Collegue"}},
			{Query{Text: "agent@x"}, nil},
			{Query{Text: "Agent@x", Contacts: true}, []string{"Agent"}},
			{Query{Text: "_@x%", Contacts: true}, nil},
			{Query{Text: "100% '; drop table"}, nil},
		} {
			if got := find(c.q); !slices.Equal(got, c.want) {
				t.Errorf("%+v: %v, want %v", c.q, got, c.want)
			}
		}
		list, n, err := h.Organisations(ctx, Query{Text: "evry ECOLE", Day: h.Today(), Limit: 10})
		if err != nil || n != 1 || list[0].Members != 1 {
			t.Errorf("organisations %+v, %d, %v", list, n, err)
		}
	})
}

// The end of a post ends its hats, and never who did what.
func TestLeavingEndsRights(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx := h.ctx("Secretaire")
		a := h.tie("Agent").Affiliation
		a.To = h.Today().AddDays(2)
		if err := h.ChangeTie(ctx, a); err != nil {
			t.Fatal(err)
		}
		for day, want := range map[clock.Date]int{h.Today(): 1, a.To: 1, a.To.AddDays(1): 0} {
			if hats, err := h.HatsOn(ctx, a.Person, day); err != nil || len(hats) != want {
				t.Errorf("%s: %d hats, want %d (%v)", day, len(hats), want, err)
			}
		}
		if p, err := h.Person(ctx, h.DB.Read(), a.Person); err != nil || p.Name() != "Lou Agent" {
			t.Errorf("author %q, %v", p.Name(), err)
		}
		if err := h.ChangeTie(ctx, a); !errors.Is(err, ErrStale) {
			t.Errorf("an old version: %v", err)
		}
	})
}

func TestDeputies(t *testing.T) {
	t.Parallel()
	day := clock.MustDate("2026-11-23")
	away := func(deputy string) Absence { return Absence{From: day.AddDays(-1), To: day.AddDays(1), Deputy: deputy} }
	all := map[string]Absence{"a": away("b"), "b": away("c"), "c": {}, "loop": away("back"), "back": away("loop"), "alone": away(""), "lost": away("gone"),
		"past": {From: day.AddDays(-9), To: day.AddDays(-2), Deputy: "c"}, "long": {From: day.AddDays(-9), Deputy: "c"}, "self": away("self")}
	for person, want := range map[string]string{"a": "c", "b": "c", "c": "c", "loop": "loop", "back": "back", "alone": "alone", "lost": "lost", "past": "past", "long": "c", "self": "self"} {
		got, err := StandIn(person, day, func(id string) (Absence, error) {
			a, ok := all[id]
			if !ok {
				return a, ErrUnknown
			}
			return a, nil
		})
		if err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)", person, got, want, err)
		}
	}
}

func TestDeputyOf(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		p := h.who["Agent"]
		p.Absence = Absence{From: h.Today(), Deputy: h.who["Collegue"].ID}
		if err := h.ChangePerson(h.ctx("Agent"), p); err != nil {
			t.Fatal(err)
		}
		if d, err := h.DeputyOf(context.Background(), p.ID, h.Today()); err != nil || d.ID != h.who["Collegue"].ID {
			t.Errorf("%s, %v", d.Name(), err)
		}
		if d, err := h.DeputyOf(context.Background(), p.ID, h.Today().AddDays(-1)); err != nil || d.ID != p.ID {
			t.Errorf("the day before: %s, %v", d.Name(), err)
		}
	})
}

// tasks is a room above where people hold things.
type tasks struct{ given map[string]string }

func (tasks) Name() string { return "taches" }
func (x tasks) Held(_ context.Context, _ db.Querier, person string) ([]Held, error) {
	if x.given["t1"] == person {
		return []Held{{Holder: "taches", ID: "t1", Label: "Relancer la Caf"}}, nil
	}
	return nil, nil
}
func (x tasks) HandOver(_ context.Context, _ *sql.Tx, held Held, to string, _ clock.Date) error {
	x.given[held.ID] = to
	return nil
}

func TestHandover(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		leaver, successor := h.who["Agent"], h.who["Collegue"]
		room := tasks{map[string]string{"t1": leaver.ID}}
		h.Holders = []Holder{room}
		ctx := h.ctx("Agent")
		held, err := h.Holdings(ctx, h.DB.Read(), leaver.ID)
		if err != nil || len(held) != 2 || held[0].Holder != "fonctions" || held[1].Label != "Relancer la Caf" {
			t.Fatalf("held %+v, %v", held, err)
		}
		from := h.Today().AddDays(8)
		propose := func(to string) string {
			t.Helper()
			if err := h.Propose(ctx, []Handover{{Person: leaver.ID, Successor: to, On: from, Items: held}}, true); err != nil {
				t.Fatal(err)
			}
			list, err := h.handoversTo(ctx, h.DB.Read(), to)
			if err != nil || len(list) == 0 {
				t.Fatalf("%v, %v", list, err)
			}
			return list[0].ID
		}
		if err := h.Propose(ctx, []Handover{{Person: leaver.ID, Successor: h.who["Admin"].ID, On: from, Items: held}}, false); !errors.Is(err, errOtherHouse) {
			t.Errorf("to somebody of another organisation: %v", err)
		}
		first := propose(successor.ID)
		if err := h.Withdraw(ctx, first); err != nil {
			t.Fatal(err)
		}
		if err := h.Answer(h.ctx("Collegue"), first, true, ""); !errors.Is(err, ErrHandoverOver) {
			t.Errorf("accepted after it was withdrawn: %v", err)
		}
		second := propose(successor.ID)
		if len(h.hats("Collegue")) != 0 {
			t.Error("rights moved before the successor agreed")
		}
		if err := h.Answer(h.ctx("Collegue"), second, true, "Avec plaisir"); err != nil {
			t.Fatal(err)
		}
		if err := h.Answer(h.ctx("Collegue"), second, false, ""); !errors.Is(err, ErrHandoverOver) {
			t.Errorf("answered twice: %v", err)
		}
		for day, want := range map[clock.Date][2]int{h.Today(): {1, 0}, from.AddDays(-1): {1, 0}, from: {0, 1}} {
			a, err := h.HatsOn(ctx, leaver.ID, day)
			if err != nil {
				t.Fatal(err)
			}
			b, err := h.HatsOn(ctx, successor.ID, day)
			if err != nil || len(a) != want[0] || len(b) != want[1] {
				t.Errorf("%s: %d and %d hats, want %v (%v)", day, len(a), len(b), want, err)
			}
		}
		if got := h.hats("Collegue")[0]; got.Role != policy.Agent || got.Org.ID != h.org["Commune de Bondy"] {
			t.Errorf("the successor wears %+v", got)
		}
		if room.given["t1"] != successor.ID {
			t.Error("the task did not move")
		}
		if end := h.tie("Agent").To; end != from.AddDays(-1) {
			t.Errorf("the leaver leaves on %s", end)
		}
	})
}

// What was taken from somebody is not theirs to hand over, before or after they proposed it.
func TestRevokedHatsAreNotHandedOver(t *testing.T) {
	t.Parallel()
	h := quick(t)
	leaver, successor := h.who["Agent"], h.who["Collegue"]
	ctx := h.ctx("Agent")
	held, err := h.Holdings(ctx, h.DB.Read(), leaver.ID)
	if err != nil {
		t.Fatal(err)
	}
	offer := []Handover{{Person: leaver.ID, Successor: successor.ID, On: h.Today().AddDays(8), Items: held}}
	if err := h.Propose(ctx, offer, false); err != nil {
		t.Fatal(err)
	}
	taken := h.hats("Agent")[0]
	taken.To = h.Today().AddDays(-1)
	if err := h.ChangeHat(h.ctx("Secretaire"), taken); err != nil {
		t.Fatal(err)
	}
	list, err := h.handoversTo(ctx, h.DB.Read(), successor.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Answer(h.ctx("Collegue"), list[0].ID, true, ""); err != nil || len(h.hats("Collegue")) != 0 {
		t.Errorf("a hat that was taken away moved: %v, %v", h.hats("Collegue"), err)
	}
	if err := h.Propose(ctx, offer, false); !errors.Is(err, ErrHatsClosed) {
		t.Errorf("proposed once it is over: %v", err)
	}
	if err := h.Propose(h.ctx("Secretaire"), offer, false); err != nil {
		t.Errorf("the secretariat finds a successor afterwards: %v", err)
	}
}
