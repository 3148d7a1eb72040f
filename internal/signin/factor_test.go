// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"maillage/internal/platform/web/webtest"
)

// enrol adds an authenticator and returns its secret and the codes on paper.
func (c *client) enrol() (secret string, paper []string) {
	c.w.t.Helper()
	page := c.post("/moi/second-facteur/application")
	page.CheckPage(c.w.t)
	secret = strings.ReplaceAll(page.Text(c.w.t, ".account-secret"), " ", "")
	if page.Count(c.w.t, "svg.qr") != 1 {
		c.w.t.Fatal("no QR code")
	}
	got := c.post("/moi/second-facteur/confirmer", "jeton", page.Attr(c.w.t, "main form input[name=jeton]", "value"), "code", c.w.totp(secret))
	if got.Status != http.StatusOK {
		c.w.t.Fatalf("confirming: %d\n%s", got.Status, got.Body)
	}
	got.CheckPage(c.w.t)
	return secret, got.Texts(c.w.t, ".account-codes li")
}

func (w *world) totp(secret string) string {
	code, err := totp.GenerateCodeCustom(secret, w.now, totpOptions)
	check(w.t, err)
	return code
}

func TestStrongHatWantsAProof(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(chiefMail)
		if got := c.get("/fort"); got.Header.Get("Location") != "/connexion/second-facteur?retour=%2Ffort" {
			t.Fatalf("without a proof: %d %s", got.Status, got.Header.Get("Location"))
		}
		if got := c.get("/connexion/second-facteur?retour=/fort"); got.Header.Get("Location") != "/moi/second-facteur?retour=%2Ffort" {
			t.Errorf("with nothing to prove with: %d %s", got.Status, got.Header.Get("Location"))
		}
		before := c.cookie("maillage")
		secret, paper := c.enrol()
		if len(paper) != recoveryCount {
			t.Errorf("%d codes on paper", len(paper))
		}
		if c.cookie("maillage") == before {
			t.Error("the proof left the token as it was")
		}
		if got := c.get("/fort"); got.Status != http.StatusOK {
			t.Errorf("proved: %d", got.Status)
		}
		for _, path := range []string{"/moi", "/moi/second-facteur", "/moi/cles", "/moi/appareils", "/moi/adresse"} {
			c.get(path).CheckPage(t)
		}

		w.pass(time.Minute)
		d := w.client().signIn(chiefMail)
		d.get("/connexion/second-facteur?retour=/fort").CheckPage(t)
		code := w.totp(secret)
		if got := d.post("/connexion/second-facteur", "code", code, "retour", "/fort"); got.Header.Get("Location") != "/fort" || d.get("/fort").Status != http.StatusOK {
			t.Fatalf("by the code: %d\n%s", got.Status, got.Body)
		}
		e := w.client().signIn(chiefMail)
		if got := e.post("/connexion/second-facteur", "code", code, "retour", "/fort"); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("the same code again: %d", got.Status)
		}
		if got := e.post("/connexion/second-facteur", "secours", strings.ToUpper(paper[3]), "retour", "/fort"); got.Header.Get("Location") != "/fort" {
			t.Errorf("by paper: %d\n%s", got.Status, got.Body)
		}
		f := w.client().signIn(chiefMail)
		if got := f.post("/connexion/second-facteur", "secours", paper[3]); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("the same paper again: %d", got.Status)
		}
	})
}

func TestProofIsThrottled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(chiefMail)
		secret, _ := c.enrol()
		w.pass(time.Minute)
		wrong := "000000"
		if wrong == w.totp(secret) {
			wrong = "000001"
		}
		var got *webtest.Answer
		for range wrongOfProof[0].most {
			got = c.post("/connexion/second-facteur", "code", wrong)
		}
		if got.Status != http.StatusUnprocessableEntity {
			t.Errorf("the last try: %d", got.Status)
		}
		d := w.client().signIn(chiefMail) // another session does not help
		got = d.post("/connexion/second-facteur", "code", w.totp(secret))
		if got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" || !strings.Contains(got.Body, "n’est accepté avant le") {
			t.Errorf("one more: %d", got.Status)
		}
		w.pass(15 * time.Minute)
		if got := d.post("/connexion/second-facteur", "code", w.totp(secret)); got.Status != http.StatusSeeOther {
			t.Errorf("a quarter of an hour later: %d\n%s", got.Status, got.Body)
		}
	})
}

func TestChangingWhatProtectsWantsAFreshProof(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(chiefMail)
		w.pass(proofFresh)
		if got := c.post("/moi/second-facteur/application"); got.Status != http.StatusForbidden || !strings.Contains(got.Body, "Reconnectez-vous") {
			t.Errorf("signed in long ago: %d", got.Status)
		}
		c = w.client().signIn(chiefMail)
		secret, _ := c.enrol()
		w.pass(time.Minute)
		thief := w.client().signIn(chiefMail) // has the mailbox, not the telephone
		for _, path := range []string{"/moi/second-facteur/application", "/moi/second-facteur/codes", "/moi/second-facteur/retirer", "/moi/cles/defi"} {
			if got := thief.post(path); got.Status != http.StatusForbidden {
				t.Errorf("%s without a proof: %d", path, got.Status)
			}
		}
		if got := thief.post("/moi/adresse", "adresse", "voleur@ailleurs.example"); got.Status != http.StatusForbidden {
			t.Errorf("the address without a proof: %d", got.Status)
		}
		if got := c.post("/moi/second-facteur/codes"); got.Status != http.StatusOK || len(got.Texts(t, ".account-codes li")) != recoveryCount {
			t.Errorf("other codes: %d", got.Status)
		}
		if m := w.mails.last(); m.To.Addr != chiefMail || !strings.Contains(m.Subject, "codes de secours") {
			t.Errorf("other codes are told as %q to %s", m.Subject, m.To.Addr)
		}
		if got := c.post("/moi/second-facteur/retirer"); got.Status != http.StatusSeeOther {
			t.Errorf("removing: %d", got.Status)
		}
		d := w.client().signIn(chiefMail)
		if got := d.post("/connexion/second-facteur", "code", w.totp(secret)); got.Header.Get("Location") == "/" {
			t.Error("a removed authenticator still proves")
		}
	})
}

func TestAdministratorResets(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lost := w.client().signIn(agentMail)
		lost.enrol()
		w.pass(time.Minute)
		chief := w.client().signIn(chiefMail)
		path := "/connexion/retablir/" + w.agent
		if got := chief.get(path); !strings.HasPrefix(got.Header.Get("Location"), "/connexion/second-facteur") {
			t.Errorf("an administrator without a proof: %d", got.Status)
		}
		chief.enrol()
		recorded := ""
		w.room.Recorded = func(_ context.Context, _ *sql.Tx, what, person string) error {
			recorded = what + " " + person
			return nil
		}
		chief.get(path).CheckPage(t)
		if got := chief.get("/connexion/retablir/personne"); got.Status != http.StatusNotFound {
			t.Errorf("nobody: %d", got.Status)
		}
		if got := lost.post(path); got.Status != http.StatusForbidden {
			t.Errorf("by an agent: %d", got.Status)
		}
		if got := chief.post(path); got.Status != http.StatusSeeOther || !strings.Contains(recorded, w.agent) {
			t.Errorf("%d, recorded %q", got.Status, recorded)
		}
		if lost.in() {
			t.Error("the sessions live on")
		}
		if m := w.mails.last(); m.To.Addr != agentMail || !strings.Contains(m.Subject, "retirée") {
			t.Errorf("told: %+v", m.To)
		}
		again := w.client().signIn(agentMail)
		if got := again.get("/connexion/second-facteur"); got.Header.Get("Location") != "/moi/second-facteur" {
			t.Errorf("something is left: %s", got.Header.Get("Location"))
		}
	})
}

func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.room.Seal("une clé de plus de trente-deux caractères")
		c := w.client().signIn(chiefMail)
		secret, _ := c.enrol()
		var kept string
		check(t, w.room.sessions.db.Read().QueryRow(`select secret from signin_totp`).Scan(&kept))
		if strings.Contains(kept, secret) || !strings.HasPrefix(kept, "aes:") {
			t.Errorf("kept as %q", kept)
		}
		for _, s := range []sealer{{}, newSealer("une autre clé")} {
			if _, err := s.open(w.chief, kept); err == nil {
				t.Error("opened without the key")
			}
		}
		if _, err := w.room.factors.seal.open(w.agent, kept); err == nil {
			t.Error("opened for somebody else")
		}
	})
}
