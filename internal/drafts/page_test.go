// SPDX-License-Identifier: EUPL-1.2

package drafts

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// TestAnswersAreNewerThanDrafts: a page that answers a form has no draft to put over it.
func TestAnswersAreNewerThanDrafts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	r := open(t, dbtest.New(t, db.SQLite, dbtest.Room{Name: "drafts", FS: Migrations()}), &now)
	ctx := actor.With(t.Context(), actor.Actor{Person: "p"})
	for method, kept := range map[string]bool{http.MethodGet: true, http.MethodPost: false} {
		req := httptest.NewRequestWithContext(ctx, method, "/personnes/nouvelle", nil)
		if got := r.Page(req, "/personnes/nouvelle", "").Attrs() != ""; got != kept {
			t.Errorf("%s: kept = %v, want %v", method, got, kept)
		}
	}
}
