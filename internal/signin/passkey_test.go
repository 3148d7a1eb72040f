// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
)

var party = virtualwebauthn.RelyingParty{ID: "localhost", Name: "Maillage", Origin: baseURL}

// addKey adds a passkey held by an authenticator.
func (c *client) addKey(name string, auth *virtualwebauthn.Authenticator) virtualwebauthn.Credential {
	c.w.t.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(c.post("/moi/cles/defi").Body)
	check(c.w.t, err)
	const whole = 77 // bytes of a key whose coordinates have all theirs; the library leaves leading zeros out, one key in 128
	cred := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(cred.Key.AttestationData()) != whole {
		cred = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	answer := virtualwebauthn.CreateAttestationResponse(party, *auth, cred, *options)
	if got := c.post("/moi/cles", "nom", name, "reponse", answer); got.Status != http.StatusOK && got.Status != http.StatusSeeOther {
		c.w.t.Fatalf("adding a key: %d\n%s", got.Status, got.Body)
	}
	auth.AddCredential(cred)
	auth.Options.UserHandle = []byte(options.UserID)
	return cred
}

// answer asks for a challenge and has the authenticator answer it.
func (c *client) answer(path string, rp virtualwebauthn.RelyingParty, auth virtualwebauthn.Authenticator, cred virtualwebauthn.Credential) string {
	c.w.t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(c.post(path).Body)
	check(c.w.t, err)
	return virtualwebauthn.CreateAssertionResponse(rp, auth, cred, *options)
}

func TestPasskey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		auth := virtualwebauthn.NewAuthenticator()
		c := w.client().signIn(chiefMail)
		cred := c.addKey("Clé du bureau", &auth)
		if c.get("/fort").Status != http.StatusOK {
			t.Error("adding a passkey is no proof")
		}
		if got := c.get("/moi/cles"); !strings.Contains(got.Body, "Clé du bureau") {
			t.Error("not listed")
		}

		d := w.client()
		answer := d.answer("/connexion/cle/defi", party, auth, cred)
		if got := w.client().post("/connexion/cle", "reponse", answer); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("another browser's answer: %d", got.Status)
		}
		answer = d.answer("/connexion/cle/defi", party, auth, cred)
		got := d.post("/connexion/cle", "reponse", answer, "retour", "/fort")
		if got.Header.Get("Location") != "/fort" || d.get("/fort").Status != http.StatusOK {
			t.Fatalf("signing in: %d\n%s", got.Status, got.Text(t, "main"))
		}
		e := w.client()
		e.jar = d.jar
		if got := e.post("/connexion/cle", "reponse", answer); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("replayed: %d", got.Status)
		}

		f := w.client().signIn(chiefMail)
		f.get("/connexion/second-facteur").CheckPage(t)
		if got := f.post("/connexion/second-facteur/cle", "reponse", f.answer("/connexion/second-facteur/defi", party, auth, cred), "retour", "/fort"); got.Header.Get("Location") != "/fort" ||
			f.get("/fort").Status != http.StatusOK {
			t.Errorf("as the second factor: %d", got.Status)
		}
		other := w.client().signIn(agentMail)
		key := f.get("/moi/cles").Attr(t, "input[name=cle]", "value")
		if got := other.post("/moi/cles/modifier", "cle", key, "retirer", "oui"); got.Status != http.StatusNotFound {
			t.Errorf("removed by somebody else: %d", got.Status)
		}
		f.post("/moi/cles/modifier", "cle", key, "nom", "Portable")
		if got := f.get("/moi/cles"); !strings.Contains(got.Body, "Portable") {
			t.Error("not renamed")
		}
		f.post("/moi/cles/modifier", "cle", key, "retirer", "oui")
		g := w.client()
		if got := g.post("/connexion/cle", "reponse", g.answer("/connexion/cle/defi", party, auth, cred)); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("a removed key: %d", got.Status)
		}
	})
}

// TestPasskeyLeavesTheCode: trying a passkey first, or a provider, in the browser that asked for a mail leaves
// its code worth typing; and the passkey works there too.
func TestPasskeyLeavesTheCode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		auth := virtualwebauthn.NewAuthenticator()
		cred := w.client().signIn(chiefMail).addKey("Clé du bureau", &auth)
		w.pro(agentMail)
		for _, begin := range []func(*client){
			func(c *client) { c.post("/connexion/cle/defi") },
			func(c *client) { c.leaveFor("/lieu") },
		} {
			c := w.client()
			c.post("/connexion", "adresse", agentMail)
			code := w.lastCode()
			begin(c)
			if got := c.post("/connexion/code", "code", code); got.Status != http.StatusSeeOther || !c.in() {
				t.Errorf("the code of the mail: %d\n%s", got.Status, got.Text(t, "main"))
			}
		}
		c := w.client()
		c.post("/connexion", "adresse", chiefMail)
		if got := c.post("/connexion/cle", "reponse", c.answer("/connexion/cle/defi", party, auth, cred), "retour", "/fort"); got.Header.Get("Location") != "/fort" {
			t.Errorf("the passkey after a mail: %d", got.Status)
		}
	})
}

func TestPasskeyForgeries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		auth := virtualwebauthn.NewAuthenticator()
		cred := w.client().signIn(chiefMail).addKey("Clé", &auth)
		absent, elsewhere, foreign, stranger := auth, party, party, auth
		absent.Options.UserNotVerified = true
		elsewhere.Origin = "https://maillage.example.evil"
		foreign.ID = "evil.example"
		stranger.Options.UserHandle = []byte(w.agent)
		cases := map[string]struct {
			rp   virtualwebauthn.RelyingParty
			auth virtualwebauthn.Authenticator
			cred virtualwebauthn.Credential
		}{
			"user not verified":  {party, absent, cred},
			"another origin":     {elsewhere, auth, cred},
			"another site":       {foreign, auth, cred},
			"somebody else's":    {party, stranger, cred},
			"a key nobody added": {party, auth, virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)},
		}
		for name, x := range cases {
			c := w.client()
			if got := c.post("/connexion/cle", "reponse", c.answer("/connexion/cle/defi", x.rp, x.auth, x.cred)); got.Status != http.StatusUnprocessableEntity || c.in() {
				t.Errorf("%s: %d", name, got.Status)
			}
		}
		c := w.client()
		answer := c.answer("/connexion/cle/defi", party, auth, cred)
		w.pass(tripLife)
		if got := c.post("/connexion/cle", "reponse", answer); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("too late: %d", got.Status)
		}
		if got := c.post("/connexion/cle", "reponse", "{"); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("nonsense: %d", got.Status)
		}
		cred.Counter = 7
		if got := c.post("/connexion/cle", "reponse", c.answer("/connexion/cle/defi", party, auth, cred)); got.Status != http.StatusSeeOther {
			t.Errorf("the counter goes up: %d", got.Status)
		}
		cred.Counter = 3
		if got := c.post("/connexion/cle", "reponse", c.answer("/connexion/cle/defi", party, auth, cred)); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("the counter goes down, as a copy's: %d", got.Status)
		}
		w.pass(time.Second)
	})
}
