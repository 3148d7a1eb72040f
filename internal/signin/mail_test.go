// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/web/webtest"
)

func TestSignInByCode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client()
		page := c.get("/connexion?retour=/lieu")
		page.CheckPage(t)
		if len(page.Header.Values("Set-Cookie")) > 0 {
			t.Error("a visitor got a cookie")
		}
		got := c.post("/connexion", "adresse", " Alix.Martin@Bondy.example ", "retour", "/lieu")
		if got.Status != http.StatusSeeOther || got.Header.Get("Location") != "/connexion/code" {
			t.Fatalf("asking: %d %s\n%s", got.Status, got.Header.Get("Location"), got.Body)
		}
		code := c.get("/connexion/code")
		code.CheckPage(t)
		if !strings.Contains(code.Body, agentMail) {
			t.Error("the page does not say where the mail went")
		}
		said := w.mails.last().HTML
		for _, want := range []string{"Firefox sur Windows", "24 novembre 2026 à 14 h 02", "Ce n&#39;était pas vous", baseURL + "/connexion/lien/"} {
			if !strings.Contains(said, want) {
				t.Errorf("the mail does not say %q:\n%s", want, said)
			}
		}
		digits := w.lastCode()
		got = c.post("/connexion/code", "code", digits[:3]+" "+digits[3:])
		if got.Status != http.StatusSeeOther || got.Header.Get("Location") != "/lieu" || !c.in() {
			t.Fatalf("the code: %d %s\n%s", got.Status, got.Header.Get("Location"), got.Body)
		}
		if c.cookie("maillage-demande") != "" {
			t.Error("the asking cookie outlives its use")
		}
	})
}

func TestLinkOnlyInTheBrowserThatAsked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c, phone := w.client(), w.client()
		c.post("/connexion", "adresse", agentMail, "retour", "/lieu")
		link := w.lastLink()
		for range 3 { // a scanner opens it, presses its button, opens it again
			got := phone.get(link)
			got.CheckPage(t)
			if got.Count(t, "main form") != 0 || !strings.Contains(got.Text(t, ".door-digits"), w.lastCode()[:3]) {
				t.Errorf("elsewhere the page does not show the code: %s", got.Body)
			}
			if got := phone.post(link); got.Status != http.StatusForbidden || phone.in() {
				t.Fatalf("pressed elsewhere: %d", got.Status)
			}
		}
		if len(phone.jar.Cookies(phone.request("GET", "/", "").URL)) > 0 {
			t.Error("the other browser got a cookie")
		}
		page := c.get(link)
		page.CheckPage(t)
		if c.in() {
			t.Fatal("opening the link signed in")
		}
		if got := c.post(page.Attr(t, "main form", "action")); got.Status != http.StatusSeeOther || got.Header.Get("Location") != "/lieu" || !c.in() {
			t.Fatalf("the button: %d\n%s", got.Status, got.Body)
		}
		for _, again := range []*webtest.Answer{w.client().get(link), c.get(link), c.post(link)} {
			if again.Status != http.StatusGone || !strings.Contains(again.Body, "Déjà utilisé") {
				t.Errorf("used again: %d", again.Status)
			}
		}
	})
}

func TestCodeIsBoundToBrowserAndTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c, thief := w.client(), w.client()
		c.post("/connexion", "adresse", agentMail)
		code := w.lastCode()
		if got := thief.post("/connexion/code", "code", code); got.Status != http.StatusBadRequest || thief.in() {
			t.Errorf("a browser that did not ask: %d", got.Status)
		}
		thief.post("/connexion", "adresse", chiefMail) // has an ask of its own
		if got := thief.post("/connexion/code", "code", code); got.Status != http.StatusUnprocessableEntity || thief.in() {
			t.Errorf("the code of another browser: %d", got.Status)
		}
		w.pass(askValid)
		if got := c.post("/connexion/code", "code", code); !strings.Contains(got.Body, "Expiré") || c.in() {
			t.Errorf("ten minutes later: %d", got.Status)
		}
		w.pass(time.Minute)
		c.post("/connexion", "adresse", agentMail)
		first := w.lastCode()
		c.post("/connexion", "adresse", agentMail)
		if got := c.post("/connexion/code", "code", first); got.Status != http.StatusSeeOther {
			t.Errorf("the code of the mail before the last: %d", got.Status)
		}
		if got := c.post("/connexion/code", "code", first); got.Status == http.StatusSeeOther {
			t.Error("a code served twice")
		}
	})
}

func TestFiveWrongCodes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client()
		c.post("/connexion", "adresse", agentMail)
		right, wrong := w.lastCode(), "000000"
		if right == wrong {
			wrong = "000001"
		}
		for left := 4; left >= 1; left-- {
			got := c.post("/connexion/code", "code", wrong)
			want := map[bool]string{true: "essais", false: "essai."}[left > 1]
			if got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, want) {
				t.Fatalf("%d left: %d\n%s", left, got.Status, got.Text(t, "main"))
			}
		}
		if got := c.post("/connexion/code", "code", wrong); !strings.Contains(got.Body, "Trop de codes faux") {
			t.Errorf("fifth: %s", got.Text(t, "main"))
		}
		if got := c.post("/connexion/code", "code", right); got.Status == http.StatusSeeOther || c.in() {
			t.Error("the right code after five wrong ones")
		}
		if got := c.post("/connexion/code", "code", "12a456"); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("letters: %d", got.Status)
		}
	})
}
