// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"net/http"
	"strings"
	"testing"

	"maillage/internal/platform/web/webtest"
)

// TestTemplates comes first in the package: a template that was rendered can no longer be checked.
func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) }

func TestAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if got := w.client().get("/moi"); got.Status != http.StatusSeeOther || got.Header.Get("Location") != "/connexion?retour=%2Fmoi" {
			t.Errorf("a visitor: %d %s", got.Status, got.Header.Get("Location"))
		}
		w.room.Account = []Place{{"Mes données", "/moi/donnees", "À emporter"}}
		page := w.client().signIn(agentMail).get("/moi")
		page.CheckPage(t)
		said := page.Text(t, "main")
		for _, want := range []string{"Alix Martin", agentMail, "Agent de la collectivité, Commune de Bondy", "depuis le 24 novembre 2026", "portée en ce moment",
			"Un résumé par semaine", "Aucune seconde preuve", "1 session ouverte", "Mes données"} {
			if !strings.Contains(strings.ReplaceAll(said, "\u202f", " "), want) {
				t.Errorf("the account does not say %q:\n%s", want, said)
			}
		}
	})
}
