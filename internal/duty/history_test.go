// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"errors"
	"testing"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/history"
)

// TestEvidenceIsUndoneFromItsHistory takes an evidence out and in from the history alone.
func TestEvidenceIsUndoneFromItsHistory(t *testing.T) {
	t.Parallel()
	rooms := []dbtest.Room{{Name: "duty", FS: Migrations()}, {Name: "history", FS: history.Migrations()}}
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		now := func() time.Time { return answered }
		h := history.New(d, now, history.Settings{})
		r := &Room{Store: NewStore(d)}
		r.Remember(h, nil, now)
		ctx := actor.With(t.Context(), actor.Actor{Person: "p", Name: "Coordination", Hat: "h", Title: "Agent, Bondy"})
		e := RecordedEvidence{ID: db.NewID(), Territory: "93010", Created: answered,
			Evidence: Evidence{Kind: "deliberation", Date: clock.MustDate("2026-01-05"), Reference: "2026-01"}}
		if err := r.Store.AddEvidence(ctx, e); err != nil {
			t.Fatal(err)
		}
		last := func() history.Entry {
			list, err := h.List(ctx, history.Filter{Kind: evidenceKind}, 10)
			if err != nil || len(list) == 0 {
				t.Fatalf("history: %v, %v", list, err)
			}
			return list[0]
		}
		if got := last(); got.By.Title != "Agent, Bondy" || got.Label != "2026-01" || got.Scope.Territory != "93010" {
			t.Errorf("recorded: %+v", got)
		}
		counts := func() bool {
			list, err := r.Store.Evidence(ctx)
			if err != nil || len(list) != 1 {
				t.Fatalf("evidence: %v, %v", list, err)
			}
			return list[0].Withdrawn.IsZero()
		}
		for i, want := range []bool{false, true, false} { // undo, undo the undo, and again
			if _, err := h.Undo(ctx, last().ID, false); err != nil {
				t.Fatal(err)
			}
			if counts() != want {
				t.Errorf("after undo %d: counts = %v, want %v", i+1, !want, want)
			}
		}

		again := e
		again.ID = db.NewID()
		if err := r.Store.AddEvidence(ctx, again); err != nil {
			t.Fatal(err)
		}
		added := last()
		if err := r.Store.WithdrawEvidence(ctx, again.Territory, again.ID, answered); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Undo(ctx, added.ID, false); !errors.As(err, new(*history.Conflict)) {
			t.Errorf("undoing what was withdrawn since: %v, want a conflict", err)
		}
	})
}
