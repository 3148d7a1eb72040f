// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// onlyTown lets people record for territories, and nothing on the service as a whole.
type onlyTown struct{ webtest.Open }

func (onlyTown) Check(_ context.Context, a web.Access, _ web.Scope) error {
	if a == "territoire.titulaires" {
		return nil
	}
	return web.ErrForeign()
}

// TestUndoingNeedsTheTerritory: an act recorded for one commune is not undone through the
// address of another, whose agent may only undo what is about their own.
func TestUndoingNeedsTheTerritory(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	srv := webtest.Server(t, web.Config{Guard: onlyTown{}}, r.Routes(Site{Now: func() time.Time { return noon }})...)
	a := webtest.Post(t, srv, "/territoires/93010/competences/gestion", transferForm("titulaire", string(estEnsemble)))
	_, act, found := strings.Cut(a.Header.Get("Location"), "fait=")
	if a.Status != http.StatusSeeOther || !found {
		t.Fatalf("recording: %d, %q", a.Status, a.Header.Get("Location"))
	}
	never := webtest.Post(t, srv, "/territoires/93066/competences/annulation", "acte=rien")
	foreign := webtest.Post(t, srv, "/territoires/93066/competences/annulation", "acte="+act)
	if foreign.Status != http.StatusNotFound || foreign.Body != never.Body {
		t.Errorf("through another commune: %d, or another answer than for what does not exist", foreign.Status)
	}
	if len(r.State().GivenBy("93010")) == 0 {
		t.Fatal("it was undone all the same")
	}
	if own := webtest.Post(t, srv, "/territoires/93010/competences/annulation", "acte="+act); own.Status != http.StatusSeeOther {
		t.Errorf("through its own commune: %d", own.Status)
	}
	if len(r.State().GivenBy("93010")) != 0 {
		t.Error("it was not undone")
	}
}
