// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"maillage/internal/people/policy"
	"maillage/internal/platform/actor"
)

const duplicateMail = "a.martin@bondy.example"

// merge makes a record a duplicate of the agent's.
func (w *world) merge(duplicate string) {
	w.t.Helper()
	_, err := w.people.MergePersons(w.asChief(), w.agent, duplicate, nil)
	check(w.t, err)
}

// TestMergedFactors: what protects a record, and what opens it, goes on doing so once it is merged into another.
func TestMergedFactors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.room.Seal("une clé de plus de trente-deux caractères")
		duplicate := w.person("A.", "Martin", duplicateMail, policy.Agent)
		auth := virtualwebauthn.NewAuthenticator()
		former := w.client().signIn(duplicateMail)
		secret, paper := former.enrol()
		cred := former.addKey("Clé d'avant", &auth)
		check(t, w.room.sessions.db.Tx(t.Context(), func(tx *sql.Tx) error {
			return w.room.link(t.Context(), tx, "https://fournisseur.example", "sujet", duplicate, w.now)
		}))
		w.merge(duplicate)
		w.pass(time.Minute)

		c := w.client().signIn(agentMail)
		if got := c.post("/moi/second-facteur/application"); got.Status != http.StatusForbidden {
			t.Errorf("a mailbox alone adds a factor: %d", got.Status)
		}
		if got := c.get("/moi/second-facteur").Text(t, "main"); !strings.Contains(got, "active") || !strings.Contains(got, "1 clé") || !strings.Contains(got, "10 codes") {
			t.Errorf("the page of factors says %s", got)
		}
		if got := c.post("/connexion/second-facteur", "code", w.totp(secret)); got.Status != http.StatusSeeOther {
			t.Errorf("by the application: %d", got.Status)
		}
		d := w.client().signIn(agentMail)
		if got := d.post("/connexion/second-facteur", "secours", paper[0]); got.Status != http.StatusSeeOther {
			t.Errorf("by paper: %d", got.Status)
		}
		e := w.client().signIn(agentMail)
		if got := e.post("/connexion/second-facteur/cle", "reponse", e.answer("/connexion/second-facteur/defi", party, auth, cred)); got.Status != http.StatusSeeOther {
			t.Errorf("by the passkey: %d", got.Status)
		}
		f := w.client()
		if got := f.post("/connexion/cle", "reponse", f.answer("/connexion/cle/defi", party, auth, cred)); got.Status != http.StatusSeeOther || !strings.Contains(f.get("/moi").Body, agentMail) {
			t.Errorf("signing in with the passkey: %d", got.Status)
		}
		key := f.get("/moi/cles").Attr(t, "input[name=cle]", "value")
		if got := f.post("/moi/cles/modifier", "cle", key, "nom", "Clé d'après"); got.Status != http.StatusSeeOther {
			t.Errorf("renaming it: %d", got.Status)
		}
		page := f.get("/moi/appareils")
		if page.Count(t, "button[name=compte]") != 1 {
			t.Fatal("the provider's account opens, and is not listed")
		}
		if got := f.post("/moi/appareils", "compte", page.Attr(t, "button[name=compte]", "value")); got.Status != http.StatusSeeOther || w.rows("signin_identity") != 0 {
			t.Errorf("untying it: %d", got.Status)
		}
	})
}

// TestMergedFactorsAreTakenAway: an administrator's reset and new factors leave none of the duplicate's behind.
func TestMergedFactorsAreTakenAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		duplicate := w.person("A.", "Martin", duplicateMail, policy.Agent)
		auth := virtualwebauthn.NewAuthenticator()
		former := w.client().signIn(duplicateMail)
		former.enrol()
		former.addKey("Clé d'avant", &auth)
		w.merge(duplicate)
		w.pass(time.Minute)
		page := former.post("/moi/second-facteur/application")
		code := w.totp(strings.ReplaceAll(page.Text(t, ".account-secret"), " ", ""))
		got := former.post("/moi/second-facteur/confirmer", "jeton", page.Attr(t, "main form input[name=jeton]", "value"), "code", code)
		if got.Status != http.StatusSeeOther || w.rows("signin_totp") != 1 {
			t.Errorf("another application: %d, %d kept", got.Status, w.rows("signin_totp"))
		}
		if former.post("/moi/second-facteur/codes"); w.rows("signin_recovery") != recoveryCount {
			t.Errorf("%d codes on paper after new ones", w.rows("signin_recovery"))
		}
		chief := w.client().signIn(chiefMail)
		chief.enrol()
		if got := chief.post("/connexion/retablir/" + w.agent); got.Status != http.StatusSeeOther {
			t.Fatalf("reset: %d", got.Status)
		}
		for table, chiefs := range map[string]int{"signin_totp": 1, "signin_recovery": recoveryCount, "signin_passkey": 0} {
			if n := w.rows(table); n != chiefs {
				t.Errorf("%s: %d rows are left, %d of them the administrator's", table, n, chiefs)
			}
		}
	})
}

// rows is how many a table has.
func (w *world) rows(table string) (n int) {
	w.t.Helper()
	check(w.t, w.room.sessions.db.Read().QueryRow(fmt.Sprintf(`select count(*) from %s`, table)).Scan(&n))
	return n
}

// asChief is a context where the administrator acts.
func (w *world) asChief() context.Context {
	w.t.Helper()
	hats, err := w.people.Hats(w.t.Context(), w.room.sessions.db.Read(), w.chief)
	check(w.t, err)
	return actor.With(w.t.Context(), actor.Actor{Person: w.chief, Hat: hats[0].ID})
}
