// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web/webtest"
)

// TestNoEnumerationByAnswer compares, byte for byte, what is answered for an address that
// somebody has and for one that nobody has.
func TestNoEnumerationByAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const nobody = "alix.martim@bondy.example" // as long as the other
		play := func(addr string) (said []string) {
			c := w.client()
			note := func(got *webtest.Answer) {
				names := make([]string, 0, len(got.Header))
				for name := range got.Header {
					names = append(names, name)
				}
				slices.Sort(names)
				body := strings.NewReplacer(addr, "ADRESSE", got.Header.Get("X-Request-Id"), "").Replace(got.Body)
				said = append(said, fmt.Sprint(got.Status, got.Header.Get("Location"), names, got.Header.Get("Content-Length"), body))
			}
			note(c.post("/connexion", "adresse", addr))
			note(c.get("/connexion/code"))
			wrong := "000000"
			if w.lastCode() == wrong {
				wrong = "000001"
			}
			for range maxWrong + 1 {
				note(c.post("/connexion/code", "code", wrong))
			}
			for range mailsOfAccount[0].most {
				note(c.post("/connexion", "adresse", addr))
			}
			return said
		}
		a, b := play(agentMail), play(nobody)
		for i := range a {
			if a[i] != b[i] {
				t.Errorf("step %d tells them apart:\n%s\n---\n%s", i, a[i], b[i])
			}
		}
		for _, m := range w.mails.tried[len(w.mails.tried)/2:] {
			if m.To.Addr != nobody {
				t.Errorf("a mail to %s", m.To.Addr)
			}
		}
		var to int
		check(t, w.room.sessions.db.Read().QueryRow(`select count(*) from mail_outbox where recipient = $1`, nobody).Scan(&to))
		if to != 0 {
			t.Errorf("%d mails wait for nobody", to)
		}
		var rows []int
		for _, who := range []string{agentMail, nobody} {
			var n int
			check(t, w.room.sessions.db.Read().QueryRow(`select count(*) from signin_ask where address = $1`, who).Scan(&n))
			rows = append(rows, n)
		}
		if rows[0] != rows[1] || rows[0] == 0 {
			t.Errorf("rows written: %v", rows)
		}
		if got := w.client().post("/connexion/code", "code", w.lastCode()); got.Status == http.StatusSeeOther {
			t.Error("the code of nobody's mail opens")
		}
	})
}

// TestNobodysCodeOpensNothing: the right code of an ask that nobody's address made is a wrong one.
func TestNobodysCodeOpensNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client()
		c.post("/connexion", "adresse", "personne@ailleurs.example")
		if got := c.post("/connexion/code", "code", w.lastCode()); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("by the code: %d", got.Status)
		}
		if got := c.post(w.lastLink()); got.Status != http.StatusNotFound {
			t.Errorf("by the link: %d", got.Status)
		}
	})
}

// TestNoEnumerationByTime asks turn by turn for the two sorts of addresses; the medians must
// lie within each other's quartiles. The work is the same (see writeAsk), so they do by far.
func TestNoEnumerationByTime(t *testing.T) {
	d := dbtest.New(t, db.SQLite, tables...)
	w := newWorld(t, d)
	const rounds = 150
	took := map[string][]time.Duration{}
	for i := range rounds {
		for _, who := range []string{"known", "nobody"} {
			addr := agentMail
			if who == "nobody" {
				addr = "alix.martim@bondy.example"
			}
			check(t, d.Tx(t.Context(), w.forgive))
			c := w.client()
			start := time.Now()
			got := c.post("/connexion", "adresse", addr)
			if d := time.Since(start); i > 10 {
				took[who] = append(took[who], d)
			}
			if got.Status != http.StatusSeeOther {
				t.Fatal(got.Status)
			}
		}
	}
	quartiles := func(who string) (low, median, high time.Duration) {
		slices.Sort(took[who])
		n := len(took[who])
		return took[who][n/4], took[who][n/2], took[who][3*n/4]
	}
	lowA, medianA, highA := quartiles("known")
	lowB, medianB, highB := quartiles("nobody")
	t.Logf("known %v %v %v, nobody %v %v %v", lowA, medianA, highA, lowB, medianB, highB)
	if medianA < lowB || medianA > highB || medianB < lowA || medianB > highA {
		t.Errorf("the time tells: known %v [%v, %v], nobody %v [%v, %v]", medianA, lowA, highA, medianB, lowB, highB)
	}
}

// TestGuessingIsBounded guesses from many browsers at once: the tries of one ask and of one day hold.
func TestGuessingIsBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client()
		c.post("/connexion", "adresse", agentMail)
		right := w.lastCode()
		var tried sync.WaitGroup
		for i := range 12 {
			guess := fmt.Sprintf("%06d", i)
			if guess == right {
				continue
			}
			r := c.request(http.MethodPost, "/connexion/code", "code="+guess)
			tried.Go(func() { webtest.Do(t, w.site, r) })
		}
		tried.Wait()
		var wrong int
		check(t, w.room.sessions.db.Read().QueryRow(`select max(wrong) from signin_ask`).Scan(&wrong))
		if wrong != maxWrong {
			t.Errorf("%d guesses were weighed", wrong)
		}
		weighed := wrong
		for range 6 { // asking again and again, the same day
			w.pass(16 * time.Minute)
			d := w.client()
			d.post("/connexion", "adresse", agentMail)
			for range maxWrong {
				got := d.post("/connexion/code", "code", map[bool]string{true: "000000", false: "000001"}[w.lastCode() != "000000"])
				if got.Status == http.StatusUnprocessableEntity {
					weighed++
				}
			}
		}
		if weighed != wrongOfAccount[0].most {
			t.Errorf("%d codes were weighed in a day", weighed)
		}
		d := w.client()
		check(t, w.room.sessions.db.Tx(t.Context(), w.forgive))
		d.post("/connexion", "adresse", agentMail)
		if got := d.post(w.lastLink()); got.Status != http.StatusSeeOther {
			t.Errorf("the link, which cannot be guessed, is closed too: %d", got.Status)
		}
	})
}

// TestGuessingBehindAnotherAddress: asking for an invented address after the victim's hides no wrong code.
func TestGuessingBehindAnotherAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		weighed, right := 0, ""
		var c *client
		for round := range 8 {
			w.pass(16 * time.Minute)
			c = w.client()
			c.post("/connexion", "adresse", chiefMail)
			right = w.lastCode()
			c.post("/connexion", "adresse", fmt.Sprintf("personne.%d@ailleurs.example", round))
			for range maxWrong - 1 {
				wrong := map[bool]string{true: "000000", false: "000001"}[right != "000000" && w.lastCode() != "000000"]
				if c.post("/connexion/code", "code", wrong).Status == http.StatusUnprocessableEntity {
					weighed++
				}
			}
		}
		if weighed != wrongOfAccount[0].most {
			t.Errorf("%d codes were weighed in a day", weighed)
		}
		if got := c.post("/connexion/code", "code", right); got.Status != http.StatusTooManyRequests || c.in() {
			t.Errorf("the right one after too many wrong ones: %d", got.Status)
		}
	})
}

func TestMailsAreThrottled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client()
		for range mailsOfAccount[0].most {
			if got := c.post("/connexion", "adresse", agentMail); got.Status != http.StatusSeeOther {
				t.Fatalf("within the limit: %d", got.Status)
			}
		}
		got := c.post("/connexion", "adresse", agentMail, "retour", "/lieu")
		if got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" || !strings.Contains(got.Text(t, ".notice"), "14 h 1") ||
			got.Attr(t, "#adresse", "value") != agentMail || got.Attr(t, "input[name=retour]", "value") != "/lieu" {
			t.Errorf("past the limit: %d %s", got.Status, got.Text(t, "main"))
		}
		if n := w.sent(); n != mailsOfAccount[0].most {
			t.Errorf("%d mails", n)
		}
		w.pass(15 * time.Minute)
		if got := c.post("/connexion", "adresse", agentMail); got.Status != http.StatusSeeOther {
			t.Errorf("later: %d", got.Status)
		}
		// One subscriber has a whole /64; their next address changes nothing.
		d := w.client()
		limited := false
		for i := range mailsOfSource[0].most + 1 {
			d.from = fmt.Sprintf("[2001:db8:1:2::%x]:999", i+1)
			limited = d.post("/connexion", "adresse", fmt.Sprintf("essai.%d@ailleurs.example", i)).Status == http.StatusTooManyRequests
		}
		if !limited {
			t.Error("a /64 is not one source")
		}
		d.from = "[2001:db8:1:3::1]:999"
		if d.post("/connexion", "adresse", "essai@ailleurs.example").Status != http.StatusSeeOther {
			t.Error("another /64 is another source")
		}
		var kept int
		check(t, w.room.sessions.db.Read().QueryRow(`select count(*) from signin_tries where key like '%2001:%' or key like '%bondy%'`).Scan(&kept))
		if kept != 0 {
			t.Error("an address is kept as it is")
		}
	})
}

func TestSource(t *testing.T) {
	t.Parallel()
	r := &Room{}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.7:4444", "", "source 192.0.2.7"},
		{"192.0.2.7:4444", "203.0.113.9", "source 192.0.2.7"}, // not one of ours: not believed
		{"127.0.0.1:4444", "198.51.100.1, 203.0.113.9", "source 203.0.113.9"},
		{"[::1]:4444", "2001:db8:1:2:3:4:5:6", "source 2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.7]:4444", "", "source 192.0.2.7"},
		{"127.0.0.1:4444", "n'importe quoi", "source 127.0.0.1"},
	} {
		req := (&client{w: &world{t: t}, jar: (&world{t: t}).client().jar}).request(http.MethodGet, "/", "")
		req.RemoteAddr = c.remote
		if c.forwarded != "" {
			req.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := r.source(req); got != c.want {
			t.Errorf("source(%s, %q) = %q, want %q", c.remote, c.forwarded, got, c.want)
		}
	}
}

func TestOpenRedirect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, evil := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)", "/\t/evil.example", "/connexion", "/deconnexion", ""} {
			c := w.client()
			check(t, w.room.sessions.db.Tx(t.Context(), w.forgive))
			c.post("/connexion", "adresse", agentMail, "retour", evil)
			if got := c.post("/connexion/code", "code", w.lastCode()); got.Header.Get("Location") != "/" {
				t.Errorf("retour=%q leads to %q", evil, got.Header.Get("Location"))
			}
			page := w.client()
			if got := page.do(page.request(http.MethodGet, "/connexion?"+strings.NewReplacer("\t", "%09", `\`, "%5C").Replace("retour="+evil), "")); strings.Contains(got.Body, "evil") {
				t.Errorf("the page keeps %q", evil)
			}
		}
	})
}

func TestWritesOfOtherSites(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(chiefMail)
		for _, rt := range w.room.Routes() {
			path, isPost := strings.CutPrefix(rt.Pattern, "POST ")
			if !isPost {
				continue
			}
			r := c.request(http.MethodPost, strings.NewReplacer("{jeton}", "x", "{personne}", w.agent).Replace(path), "")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			if got := webtest.Do(t, w.site, r); got.Status != http.StatusForbidden {
				t.Errorf("%s from another site: %d", rt.Pattern, got.Status)
			}
		}
		if !c.in() {
			t.Error("another site signed somebody out")
		}
	})
}

func TestForgedHost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, name := range []string{"Host", "X-Forwarded-Host", "Forwarded", "X-Original-Host"} {
			c := w.client()
			r := c.request(http.MethodPost, "/connexion", "adresse="+agentMail)
			if r.Header.Set(name, "host=evil.example"); name == "Host" {
				r.Host = "evil.example"
			}
			got := c.do(r)
			if name == "Host" && got.Status != http.StatusMisdirectedRequest {
				t.Errorf("forged Host: %d", got.Status)
			}
		}
		for _, m := range w.mails.tried {
			if strings.Contains(m.HTML, "evil") || !strings.Contains(m.HTML, baseURL+"/connexion/lien/") {
				t.Errorf("a mail leads elsewhere: %s", m.HTML)
			}
		}
		w.room.Base = ""
		w.client().post("/connexion", "adresse", agentMail)
		if strings.Contains(w.mails.last().HTML, "http") {
			t.Error("without a public address the mail has a link all the same")
		}
	})
}

func TestOnlyHashesAreKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client()
		c.post("/connexion", "adresse", agentMail)
		code, link, browser := w.lastCode(), strings.TrimPrefix(w.lastLink(), "/connexion/lien/"), c.cookie("maillage-demande")
		var kept string
		check(t, w.room.sessions.db.Read().QueryRow(`select link || ' ' || code || ' ' || browser from signin_ask`).Scan(&kept))
		for _, secret := range []string{code, link, browser, hashed(code)} {
			if strings.Contains(kept, secret) {
				t.Errorf("%q is kept", secret)
			}
		}
	})
}
