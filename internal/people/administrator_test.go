// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"testing"

	"maillage/internal/people/policy"
	"maillage/internal/platform/history"
	"maillage/internal/platform/web"
)

// entry is the latest change of a verb on a subject.
func (h *house) entry(subject string, verb history.Verb) history.Entry {
	h.t.Helper()
	list, err := h.history.List(context.Background(), history.Filter{Subject: subject}, 20)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range list {
		if e.Verb == verb {
			return e
		}
	}
	h.t.Fatalf("no %q of %s", verb, subject)
	return history.Entry{}
}

func (h *house) administered() bool {
	h.t.Helper()
	has, err := h.HasAdministrator(context.Background(), h.DB.Read(), h.Today())
	if err != nil {
		h.t.Fatal(err)
	}
	return has
}

// The last administrator's hat and post do not move away either: not their first day, not by
// a day that nobody covers.
func TestTheLastAdministratorIsNotPutOff(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx, today := h.ctx("Admin"), h.Today()
		hat, post := h.hats("Admin")[0], h.tie("Admin").Affiliation
		hat.From, post.From = today.AddDays(400), today.AddDays(400)
		for what, err := range map[string]error{"hat": h.ChangeHat(ctx, hat), "post": h.ChangeTie(ctx, post)} {
			if !errors.Is(err, ErrLastAdmin) {
				t.Errorf("the %s of the last administrator put off: %v", what, err)
			}
		}
		if !h.administered() {
			t.Fatal("no administrator left")
		}
		if _, err := h.GiveHat(ctx, Hat{Role: policy.Administrator, Affiliation: h.tie("Collegue").Affiliation, Period: Period{From: today.AddDays(10)}}); err != nil {
			t.Fatal(err)
		}
		hat = h.hats("Admin")[0]
		if hat.To = today.AddDays(8); !errors.Is(h.ChangeHat(ctx, hat), ErrLastAdmin) {
			t.Error("a day without an administrator before the next one comes")
		}
		if hat.To = today.AddDays(9); h.ChangeHat(ctx, hat) != nil {
			t.Error("the next one comes the day after: refused")
		}
		next := h.hats("Collegue")[0]
		if next.From = today.AddDays(11); !errors.Is(h.ChangeHat(ctx, next), ErrLastAdmin) {
			t.Error("the next one is put off by a day")
		}
	})
}

// Undoing takes the last administrator away no more than doing does.
func TestUndoKeepsTheLastAdministrator(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		if _, err := h.GiveHat(h.ctx("Admin"), Hat{Role: policy.Administrator, Affiliation: h.tie("Collegue").Affiliation, Period: Period{From: h.Today().AddDays(-1)}}); err != nil {
			t.Fatal(err)
		}
		end := h.hats("Admin")[0]
		end.To = h.Today().AddDays(-1)
		if err := h.ChangeHat(h.ctx("Admin"), end); err != nil {
			t.Fatal(err)
		}
		given := h.hats("Collegue")[0]
		_, err := h.history.Undo(h.ctx("Collegue"), h.entry(subjectHat+"/"+given.ID, history.Create).ID, false)
		var told *web.Problem
		if !errors.As(err, &told) || told.Status != http.StatusForbidden {
			t.Errorf("undo of the last administrator's hat: %v", err)
		}
		if !h.administered() {
			t.Error("no administrator left")
		}
	})
}

// What was withdrawn counts no longer: the way in of a first administrator opens again.
func TestWithdrawnAdministratorsDoNotCount(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		for table, id := range map[string]string{hats: h.hats("Admin")[0].ID, affiliations: h.tie("Admin").ID} {
			h.tx(func(tx *sql.Tx) error { return h.withdraw(context.Background(), tx, table, id, noon) })
			if h.administered() {
				t.Errorf("a withdrawn row of %s counts", table)
			}
			h.tx(func(tx *sql.Tx) error { return h.withdraw(context.Background(), tx, table, id, zeroTime) })
			if !h.administered() {
				t.Errorf("a row of %s that was put back does not count", table)
			}
		}
	})
}
