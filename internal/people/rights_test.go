// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/web/webtest"
)

func TestWhoMayGiveWhichHat(t *testing.T) {
	t.Parallel()
	for _, giver := range append(policy.Hats(), "") {
		for _, role := range policy.Hats() {
			want := giver == policy.Administrator || giver == policy.Secretariat && role != policy.Administrator
			if got := MayGive(giver, false, role) == nil; got != want {
				t.Errorf("%q gives %q: %v, want %v", giver, role, got, want)
			}
			if err := MayGive(giver, true, role); !errors.Is(err, ErrOwnHat) {
				t.Errorf("%q gives %q to themself: %v", giver, role, err)
			}
			if err := MayTake(giver, true, role); err != nil {
				t.Errorf("%q may not give up %q: %v", giver, role, err)
			}
			if got := MayHandOver(giver, false, true, true, role) == nil; got != (want || !role.Strong()) {
				t.Errorf("%q hands over their %q to a colleague: %v", giver, role, got)
			}
			if got := MayHandOver(giver, false, true, false, role) == nil; got != want {
				t.Errorf("%q hands over their %q elsewhere: %v", giver, role, got)
			}
		}
	}
	if err := MayGive(policy.Administrator, false, "roi"); !errors.Is(err, ErrNoSuchHat) {
		t.Errorf("a hat that does not exist: %v", err)
	}
}

// Nobody climbs, by whatever road: a hat, a longer hat, a post brought back, an address, a
// merge, a handover, an undo.
func TestNobodyRaisesThemself(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx, admin, me := h.ctx("Secretaire"), h.who["Admin"], h.who["Secretaire"]
		give := func(name string, role policy.Hat) error {
			_, err := h.GiveHat(ctx, Hat{Role: role, Affiliation: h.tie(name).Affiliation, Period: Period{From: h.Today()}})
			return err
		}
		readdressed := admin
		readdressed.Mail = "moi@x.example"
		longer := h.hats("Secretaire")[0]
		longer.From = longer.From.AddDays(-1)
		ended := h.hats("Admin")[0]
		ended.To = h.Today()
		post := h.tie("Admin").Affiliation
		post.To = h.Today()
		_, merged := h.MergePersons(ctx, me.ID, admin.ID, nil)
		_, mergedBack := h.MergePersons(ctx, admin.ID, me.ID, nil)
		for what, err := range map[string]error{
			"administrator to oneself":      give("Secretaire", policy.Administrator),
			"signatory to oneself":          give("Secretaire", policy.Signatory),
			"administrator to another":      give("Agent", policy.Administrator),
			"address of an administrator":   h.ChangePerson(ctx, readdressed),
			"own hat made longer":           h.ChangeHat(ctx, longer),
			"end of an administrator":       h.ChangeHat(ctx, ended),
			"end of an administrator's job": h.ChangeTie(ctx, post),
			"merge of an administrator":     merged,
			"merge into an administrator":   mergedBack,
			"handover to oneself": h.Propose(ctx, []Handover{{Person: admin.ID, Successor: me.ID, On: h.Today(),
				Items: []Held{{Holder: "fonctions", ID: h.hats("Admin")[0].ID}}}}, false),
		} {
			if err == nil || !slices.ContainsFunc(ruled, func(rule error) bool { return errors.Is(err, rule) }) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := give("Agent", policy.Signatory); err != nil {
			t.Errorf("the secretariat gives signatory: %v", err)
		}
		if roles, err := h.roles(ctx, h.DB.Read(), me.ID); err != nil || !slices.Equal(roles, []policy.Hat{policy.Secretariat}) {
			t.Errorf("roles afterwards %v, %v", roles, err)
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx := h.ctx("Admin")
		end := h.hats("Admin")[0]
		end.To = h.Today().AddDays(3)
		if err := h.ChangeHat(ctx, end); !errors.Is(err, ErrLastAdmin) {
			t.Errorf("the last administrator left: %v", err)
		}
		if _, err := h.GiveHat(ctx, Hat{Role: policy.Administrator, Affiliation: h.tie("Collegue").Affiliation, Period: Period{From: h.Today()}}); err != nil {
			t.Fatal(err)
		}
		if err := h.ChangeHat(ctx, end); err != nil {
			t.Errorf("with another administrator: %v", err)
		}
	})
}

// The history gives no hat that could not be given: an ended hat is not undone by who could not
// give it.
func TestUndoGivesNoHat(t *testing.T) {
	t.Parallel()
	h := quick(t)
	if _, err := h.GiveHat(h.ctx("Admin"), Hat{Role: policy.Administrator, Affiliation: h.tie("Collegue").Affiliation, Period: Period{From: clock.MustDate("2026-02-01")}}); err != nil {
		t.Fatal(err)
	}
	ended := h.hats("Collegue")[0]
	ended.To = h.Today().AddDays(-1)
	if err := h.ChangeHat(h.ctx("Admin"), ended); err != nil {
		t.Fatal(err)
	}
	card := webtest.Get(t, h.site("Admin"), "/historique")
	entry := card.Attr(t, `form[action$="/annuler"]`, "action")
	if a := webtest.Post(t, h.site("Secretaire"), entry, ""); a.Status != http.StatusForbidden {
		t.Errorf("the secretariat brings an administrator back: %d", a.Status)
	}
	if a := webtest.Post(t, h.site("Admin"), entry, ""); a.Status != http.StatusSeeOther {
		t.Errorf("an administrator undoes: %d %s", a.Status, a.Body)
	}
	if got := h.hats("Collegue")[0].To; !got.IsZero() {
		t.Errorf("the hat ends on %s", got)
	}
}
