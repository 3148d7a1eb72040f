// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"testing"

	"maillage/internal/platform/clock"
)

// TestPromisesAreHandedOver: who leaves holds their promises until a successor takes them.
func TestPromisesAreHandedOver(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-03-10 10:00", func(t *testing.T, h *house) {
		ctx := context.Background()
		leaver, successor := h.person("Anne", "anne@ville.example"), h.person("Zoé", "zoe@ville.example")
		h.register(Promise{Key: "essai/1", Subject: "Rendre le bilan", Path: "/obligations/93010", Person: leaver, Due: clock.MustDate("2026-06-30")})
		lists := func(person string) int {
			held, err := Handed{h.Room}.Held(ctx, h.DB.Read(), person)
			if err != nil {
				t.Fatal(err)
			}
			return len(held)
		}
		if lists(leaver) != 1 || lists(successor) != 0 {
			t.Fatalf("before: %d and %d", lists(leaver), lists(successor))
		}
		held, _ := Handed{h.Room}.Held(ctx, h.DB.Read(), leaver)
		h.tx(func(tx *sql.Tx) error {
			return Handed{h.Room}.HandOver(ctx, tx, held[0], successor, clock.MustDate("2026-04-01"))
		})
		if lists(leaver) != 0 || lists(successor) != 1 {
			t.Errorf("after: %d and %d", lists(leaver), lists(successor))
		}
	})
}
