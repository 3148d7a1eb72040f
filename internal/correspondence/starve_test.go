// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
)

// TestOldPromisesStarveNoNewOne: however many were never kept, each open promise has its turn.
func TestOldPromisesStarveNoNewOne(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-02-16 09:00")
	zoe := h.person("Zoé", "zoe@ville.example")
	first := h.promiseOf(zoe)
	h.tx(func(tx *sql.Tx) error {
		_, err := db.BulkInsert(t.Context(), tx, "correspondence_promise",
			[]string{"id", "key", "subject", "path", "holder", "overseer", "made", "due", "ladder", "forced", "kept", "dropped_at", "created_at"}, func(yield func([]any) bool) {
				for i := range mostPromises + 1 {
					id := fmt.Sprintf("0-%05d", i)
					if !yield([]any{id, id, "Ancien", "/a", "", "", "2020-01-01", "2020-02-01", "[]", false, "", "", ""}) {
						return
					}
				}
			})
		return err
	})
	seen := map[string]bool{}
	if err := eachOpen(context.Background(), h.DB.Read(), func(p Record) { seen[p.ID] = true }); err != nil {
		t.Fatal(err)
	}
	if len(seen) != mostPromises+2 || !seen[first.ID] {
		t.Errorf("%d promises, the newest %t", len(seen), seen[first.ID])
	}
	mine, err := h.openFor(t.Context(), zoe)
	if err != nil || len(mine) != 1 || mine[0].ID != first.ID {
		t.Errorf("%d of mine, %v", len(mine), err)
	}
}

// TestOwnPromisesAreThoseOfADeputyToo: of who is away, chains followed, and of nobody else.
func TestOwnPromisesAreThoseOfADeputyToo(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-02-16 09:00", func(t *testing.T, h *house) {
		zoe, ines, chief := h.person("Zoé", "zoe@ville.example"), h.person("Inès", "ines@ville.example"), h.person("Chef", "chef@ville.example")
		h.away(zoe, "2026-02-10", "", ines)
		h.register(Promise{Key: "a", Subject: "Rendre l'avis", Path: "/a", Person: zoe, Overseer: chief, Made: clock.MustDate("2026-01-05"), Due: clock.MustDate("2026-03-03"), Ladder: mail.DefaultLadder})
		for person, want := range map[string]int{zoe: 1, ines: 1, chief: 1, h.person("Autre", "autre@ville.example"): 0, "inconnue": 0} {
			if list, err := h.openFor(t.Context(), person); err != nil || len(list) != want {
				t.Errorf("%s: %d, want %d, %v", person, len(list), want, err)
			}
		}
	})
}
