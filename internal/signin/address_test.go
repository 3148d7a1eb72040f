// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"maillage/internal/platform/actor"
)

const newMail = "alix.martin@saint-denis.example"

var stopIn = regexp.MustCompile(`/connexion/adresse/([A-Z2-7]+)`)

func TestChangeOfAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(agentMail)
		if got := c.post("/moi/adresse", "adresse", agentMail); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("the same address: %d", got.Status)
		}
		got := c.post("/moi/adresse", "adresse", newMail)
		got.CheckPage(t)
		if w.mails.last().To.Addr != newMail {
			t.Fatalf("the code went to %s", w.mails.last().To.Addr)
		}
		code := w.lastCode()
		if got := w.client().signIn(chiefMail).post("/moi/adresse/code", "code", code, "adresse", newMail); got.Status == http.StatusSeeOther {
			t.Error("somebody else's code was taken")
		}
		if got := c.post("/moi/adresse/code", "code", code, "adresse", newMail); got.Header.Get("Location") != "/moi/adresse?fait=1" {
			t.Fatalf("confirming: %d\n%s", got.Status, got.Text(t, "main"))
		}
		told := w.mails.last()
		stop := stopIn.FindString(told.HTML)
		if told.To.Addr != agentMail || stop == "" {
			t.Fatalf("the former address was told: %s %q", told.To.Addr, stop)
		}
		w.client().signIn(newMail)

		owner := w.client()
		owner.get(stop).CheckPage(t)
		if got := owner.post(stop); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("a button pressed by a scanner: %d", got.Status)
		}
		if got := owner.post(stop, "certain", "oui"); got.Status != http.StatusOK || c.in() {
			t.Errorf("stopping: %d", got.Status)
		}
		w.client().signIn(agentMail)
		if got := owner.post(stop, "certain", "oui"); got.Status != http.StatusGone {
			t.Errorf("again: %d", got.Status)
		}
	})
}

func TestAddressOfSomebodyElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(agentMail)
		sent := w.sent()
		got := c.post("/moi/adresse", "adresse", chiefMail)
		if got.Status != http.StatusOK || w.sent() != sent {
			t.Errorf("asking for it: %d, %d mails", got.Status, w.sent()-sent)
		}
		if got := c.post("/moi/adresse/code", "code", w.lastCode(), "adresse", chiefMail); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("with its code: %d", got.Status)
		}
	})
}

func TestFirstAdministrator(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if token, needed, err := w.room.FirstAdmin(t.Context()); err != nil || needed || token != "" {
			t.Fatalf("with an administrator: %q %v %v", token, needed, err)
		}
		check(t, w.unmake())
		old, _, err := w.room.FirstAdmin(t.Context())
		check(t, err)
		token, needed, err := w.room.FirstAdmin(t.Context())
		check(t, err)
		if !needed || token == "" {
			t.Fatal("not needed")
		}
		var recorded, by string
		w.room.Recorded = func(ctx context.Context, _ *sql.Tx, what, person string) error {
			recorded, by = what, actor.From(ctx).Person
			if person != by {
				t.Errorf("about %s by %s", person, by)
			}
			return nil
		}
		c := w.client()
		if got := c.get("/premier-acces?jeton=" + old); got.Status != http.StatusGone {
			t.Errorf("the token before: %d", got.Status)
		}
		c.get("/premier-acces?jeton=" + token).CheckPage(t)
		form := []string{"jeton", token, "prenom", "Dominique", "nom", "Petit", "adresse", "dominique.petit@departement.example", "organisation", "Département", "genre", "departement"}
		bad := append([]string{}, form...)
		bad[7] = "pas une adresse"
		if got := c.post("/premier-acces", bad...); got.Status != http.StatusUnprocessableEntity || got.Attr(t, "#prenom", "value") != "Dominique" {
			t.Errorf("a mistake: %d", got.Status)
		}
		if got := c.post("/premier-acces", form...); got.Header.Get("Location") != "/moi/second-facteur" || !c.in() {
			t.Fatalf("%d\n%s", got.Status, got.Body)
		}
		if got := c.get("/moi"); !strings.Contains(got.Body, "Administration du service") {
			t.Error("no hat")
		}
		if !strings.Contains(recorded, "Premier administrateur") || by == "" {
			t.Errorf("recorded %q by %q", recorded, by)
		}
		if got := w.client().post("/premier-acces", form...); got.Status != http.StatusGone {
			t.Errorf("again: %d", got.Status)
		}
	})
}
