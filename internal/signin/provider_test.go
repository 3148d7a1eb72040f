// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/web/webtest"
	"maillage/internal/signin/oidc"
	"maillage/internal/signin/oidc/oidctest"
)

// through gives the world a provider.
func (w *world) through(issuer string, kind oidc.Kind) {
	w.t.Helper()
	p, err := oidc.New(oidc.Settings{Issuer: issuer, Client: oidctest.Client, Secret: oidctest.Secret, Kind: kind, Base: baseURL})
	check(w.t, err)
	w.room.Provider = p
}

// pro gives it a ProConnect where somebody with this address has an account.
func (w *world) pro(addr string) *oidctest.Fake {
	w.t.Helper()
	fake := oidctest.ProConnect(w.t, baseURL)
	fake.Mail = addr
	w.through(fake.URL, oidc.ProConnect)
	return fake
}

// leaveFor clicks the provider's button and returns where the provider sends back.
func (c *client) leaveFor(retour string) *url.URL {
	c.w.t.Helper()
	got := c.get("/connexion/fournisseur?retour=" + url.QueryEscape(retour))
	if got.Status != http.StatusSeeOther {
		c.w.t.Fatalf("leaving: %d\n%s", got.Status, got.Body)
	}
	return oidctest.Visit(c.w.t, got.Header.Get("Location"))
}

func (c *client) comeBack(u *url.URL) *webtest.Answer {
	c.w.t.Helper()
	return c.get(u.Path + "?" + u.RawQuery)
}

func TestProConnectFirstTimeIsConfirmed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := w.pro(agentMail)
		c := w.client()
		if got := c.get("/connexion"); !strings.Contains(got.Body, "Continuer avec ProConnect") {
			t.Error("no button")
		}
		got := c.comeBack(c.leaveFor("/lieu"))
		if got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/connexion/code") || c.in() {
			t.Fatalf("the first time: %d %s", got.Status, got.Header.Get("Location"))
		}
		if got := c.post("/connexion/code", "code", w.lastCode()); got.Header.Get("Location") != "/lieu" || !c.in() {
			t.Fatalf("confirming: %d\n%s", got.Status, got.Body)
		}
		fake.Mail = "alix.nouvelle@bondy.example" // the address changes there; the account is the same
		again := w.client()
		if got := again.comeBack(again.leaveFor("/lieu")); got.Header.Get("Location") != "/lieu" || !again.in() {
			t.Fatalf("the second time: %d\n%s", got.Status, got.Body)
		}
		if page := again.get("/moi/appareils"); page.Count(t, "button[name=compte]") != 1 {
			t.Error("the account is not listed")
		} else {
			page.CheckPage(t)
			again.post("/moi/appareils", "compte", page.Attr(t, "button[name=compte]", "value"))
		}
		fake.Mail = "personne@ailleurs.example"
		untied := w.client()
		if got := untied.comeBack(untied.leaveFor("/lieu")); got.Status != http.StatusForbidden || untied.in() {
			t.Errorf("untied: %d", got.Status)
		}
		other := w.client() // the same address by another provider is nobody yet
		w.pro(agentMail)
		if got := other.comeBack(other.leaveFor("/lieu")); other.in() {
			t.Errorf("by another provider: %d", got.Status)
		}
	})
}

func TestProConnectLogout(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.pro(agentMail)
		w.room.LinkByAddress = true
		c := w.client()
		if got := c.comeBack(c.leaveFor("/lieu")); got.Header.Get("Location") != "/lieu" || !c.in() {
			t.Fatalf("linked by address: %d\n%s", got.Status, got.Body)
		}
		got := c.post("/deconnexion")
		page := c.get(got.Header.Get("Location"))
		page.CheckPage(t)
		if c.in() {
			t.Error("still in")
		}
		if page.Count(t, ".account") != 0 {
			t.Error("the page shows an account that is closed")
		}
		back := oidctest.Visit(t, page.Attr(t, "main a.button", "href"))
		if !strings.Contains(page.Attr(t, "meta[http-equiv=refresh]", "content"), "session/end") {
			t.Error("the page does not go on by itself")
		}
		if got := c.comeBack(back); !strings.Contains(got.Text(t, "main"), "Vous êtes déconnecté") {
			t.Errorf("back: %d", got.Status)
		}
		if got := c.comeBack(back); got.Status != http.StatusSeeOther {
			t.Errorf("back again: %d", got.Status)
		}
	})
}

func TestProviderIsNotBelievedBlindly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := w.pro("personne@ailleurs.example")
		c := w.client()
		if got := c.comeBack(c.leaveFor("/lieu")); got.Status != http.StatusForbidden || !strings.Contains(got.Body, "Aucun compte à cette adresse") || c.in() {
			t.Errorf("unknown here: %d", got.Status)
		}
		fake.Mail = agentMail
		w.room.LinkByAddress = true
		victim := w.client()
		back := c.leaveFor("/lieu")
		if got := victim.comeBack(back); got.Status != http.StatusBadRequest || victim.in() {
			t.Errorf("another browser's answer (login CSRF): %d", got.Status)
		}
		if got := c.comeBack(back); c.in() {
			t.Errorf("an answer that was played elsewhere: %d", got.Status)
		}
		back = c.leaveFor("/lieu")
		c.comeBack(back)
		if !c.in() {
			t.Error("not in")
		}
		replay := w.client()
		replay.jar = c.jar
		if got := replay.comeBack(back); got.Status != http.StatusBadRequest {
			t.Errorf("replayed: %d", got.Status)
		}
		late := w.client()
		back = late.leaveFor("/lieu")
		w.pass(tripLife)
		if got := late.comeBack(back); got.Status != http.StatusBadRequest || late.in() {
			t.Errorf("too late: %d", got.Status)
		}
		liar := w.client()
		fake.Sign = oidctest.Unsigned
		if got := liar.comeBack(liar.leaveFor("/lieu")); got.Status != http.StatusBadGateway || liar.in() {
			t.Errorf("unsigned: %d", got.Status)
		}
		cross := w.client()
		r := cross.request(http.MethodGet, "/connexion/fournisseur", "")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if got := cross.do(r); got.Header.Get("Location") != "/connexion" {
			t.Errorf("begun by another site: %s", got.Header.Get("Location"))
		}
		if got := cross.get("/connexion/fournisseur/retour?error=access_denied&state=x"); got.Status != http.StatusBadRequest {
			t.Errorf("out of nowhere: %d", got.Status)
		}
		w.through("http://127.0.0.1:1", oidc.Generic)
		if got := cross.get("/connexion/fournisseur"); got.Status != http.StatusBadGateway || !strings.Contains(got.Body, "ne répond pas") {
			t.Errorf("nobody there: %d", got.Status)
		}
	})
}

// TestBrokenDirectoryIsNotAnUnknownPerson: a failure of the service is not told as the absence of an account.
func TestBrokenDirectoryIsNotAnUnknownPerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.pro(agentMail)
		c := w.client()
		back := c.leaveFor("/lieu")
		check(t, w.room.sessions.db.Tx(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`alter table people_person rename to people_gone`)
			return err
		}))
		got := webtest.Do(t, w.site, c.request(http.MethodGet, back.Path+"?"+back.RawQuery, ""))
		if got.Status != http.StatusInternalServerError || strings.Contains(got.Body, "Aucun compte") {
			t.Errorf("%d\n%s", got.Status, got.Text(t, "main"))
		}
	})
}

func TestProviderShowsTwoFactors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := w.pro(chiefMail)
		w.room.LinkByAddress = true
		c := w.client()
		c.comeBack(c.leaveFor("/lieu"))
		if got := c.get("/fort"); !strings.HasPrefix(got.Header.Get("Location"), "/connexion/second-facteur") {
			t.Errorf("one factor: %d %s", got.Status, got.Header.Get("Location"))
		}
		fake.Token = func(claims map[string]any) { claims["amr"] = []string{"pwd", "mfa"} }
		c.comeBack(c.leaveFor("/lieu"))
		if got := c.get("/fort"); got.Status != http.StatusOK {
			t.Errorf("two factors: %d", got.Status)
		}
	})
}

func TestRealProviderThroughTheSite(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.through(oidctest.Real(t, baseURL, agentMail), oidc.Generic)
		w.room.LinkByAddress = true
		c := w.client()
		got := c.get("/connexion/fournisseur?retour=/lieu")
		if got := c.comeBack(oidctest.SignInAt(t, got.Header.Get("Location"), baseURL)); got.Header.Get("Location") != "/lieu" || !c.in() {
			t.Errorf("%d\n%s", got.Status, got.Body)
		}
		w.pass(time.Minute)
	})
}
