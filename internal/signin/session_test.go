// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"maillage/internal/people"
	"maillage/internal/people/policy"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// with is a browser that holds this token and nothing else.
func (w *world) with(token string) *client {
	c := w.client()
	u, _ := url.Parse(baseURL) // a constant
	c.jar.SetCookies(u, []*http.Cookie{{Name: "maillage", Value: token, Path: "/"}})
	return c
}

func TestSessionEndsWhenItMust(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(agentMail)
		w.pass(idle - time.Minute)
		if !c.in() {
			t.Error("within the idle limit")
		}
		w.pass(idle + notice)
		if c.in() {
			t.Error("idle")
		}
		d := w.client().signIn(agentMail)
		for range int(absolute/(idle/2)) - 1 {
			w.pass(idle / 2)
			if !d.in() {
				t.Fatal("in use")
			}
		}
		w.pass(idle / 2)
		if d.in() {
			t.Error("past the absolute limit")
		}
	})
}

func TestLogoutIsEverywhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(agentMail)
		token := c.cookie("maillage")
		other := newWorldOver(t, w) // another process over the same database
		if other.with(token).get("/lieu").Status != http.StatusOK {
			t.Fatal("not known to the other process")
		}
		c.post("/deconnexion")
		if c.cookie("maillage") != "" || w.with(token).in() || other.with(token).in() {
			t.Error("alive after signing out")
		}
	})
}

// newWorldOver is a second process over the database of the first.
func newWorldOver(t *testing.T, w *world) *world {
	t.Helper()
	o := &world{t: t, mails: w.mails, people: w.people, now: w.now}
	o.room = Open(w.room.sessions.db, w.people, func() time.Time { return o.now })
	o.room.Outbox, o.room.Base = w.mails, baseURL
	o.serve()
	return o
}

func TestFixationAndReuse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		planted := newToken()
		c := w.with(planted)
		c.signIn(agentMail)
		if c.cookie("maillage") == planted || w.with(planted).in() {
			t.Error("a planted token became a session")
		}
		before := c.cookie("maillage")
		c.post("/connexion", "adresse", chiefMail)
		c.post("/connexion/code", "code", w.lastCode())
		if w.with(before).in() {
			t.Error("signing in as somebody else left the former session open")
		}
		marked := w.client() // a planted mark of an asking browser is not kept
		u, _ := url.Parse(baseURL)
		marked.jar.SetCookies(u, []*http.Cookie{{Name: "maillage-demande", Value: planted, Path: "/"}})
		marked.post("/connexion", "adresse", agentMail)
		if marked.cookie("maillage-demande") == planted {
			t.Error("a planted mark was taken")
		}
	})
}

func TestTokenChangesAndTheFormerOneDies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(agentMail)
		first := c.cookie("maillage")
		w.pass(renewal)
		lost := w.with(first) // its answer is lost on the line: the jar is thrown away
		if !lost.in() || lost.cookie("maillage") == first {
			t.Fatal("not renewed")
		}
		w.pass(time.Hour)
		if !c.in() || c.cookie("maillage") == first {
			t.Fatal("an answer lost on the line took somebody out")
		}
		if w.with(lost.cookie("maillage")).in() {
			t.Error("the token that nobody got is still worth something")
		}
		second := c.cookie("maillage")
		if !c.in() {
			t.Fatal("out")
		}
		if !w.with(first).in() {
			t.Error("a request under way with the former token was refused")
		}
		w.pass(overlap + time.Second)
		if w.with(first).in() {
			t.Error("the former token is still worth something")
		}
		if w.with(second).in() {
			t.Error("a copied token came back, and the session goes on")
		}
	})
}

// TestTabsRenewTogether: two tabs send the same token when it is to change; whichever answer the
// browser reads last, it stays in.
func TestTabsRenewTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, later := range []time.Duration{0, overlap, overlap + time.Second} {
			first := w.client().signIn(agentMail).cookie("maillage")
			w.pass(renewal)
			a, b, c := w.with(first), w.with(first), w.with(first)
			a.get("/lieu") // its answer is still on the line when the others ask
			w.pass(later)
			b.get("/lieu")
			c.get("/lieu")
			if kept := a.cookie("maillage"); later <= overlap && (kept == first || !w.with(kept).in()) {
				t.Errorf("%v later: the browser that reads the first answer last is out", later)
			}
			if lost := later > overlap; lost != (b.cookie("maillage") != first) || c.cookie("maillage") != first {
				t.Errorf("%v later: one of the others, and one alone, gets a new token once the first answer is lost", later)
			}
			if !w.with(b.cookie("maillage")).in() || !w.with(c.cookie("maillage")).in() {
				t.Errorf("%v later: a tab is out", later)
			}
			check(t, w.room.sessions.db.Tx(t.Context(), w.forgive))
		}
	})
}

// TestRenewedOnce: of requests that read the session at the same instant one changes the token,
// whether it was due or its answer was lost.
func TestRenewedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, s := t.Context(), w.room.sessions
		first := w.client().signIn(agentMail).cookie("maillage")
		for _, wait := range []time.Duration{renewal, time.Hour} {
			w.pass(wait)
			seen, err := s.find(ctx, first, w.now)
			check(t, err)
			kept, err := s.renew(ctx, seen, hashed(first), w.now)
			check(t, err)
			if _, err := s.renew(ctx, seen, hashed(first), w.now); !errors.Is(err, errNoSession) {
				t.Errorf("%v: renewed twice: %v", wait, err)
			}
			if _, err := s.find(ctx, first, w.now); err != nil {
				t.Errorf("%v: the token that both came by is refused: %v", wait, err)
			}
			if wait == renewal {
				continue // the answer is lost
			}
			if _, err := s.find(ctx, kept, w.now); err != nil {
				t.Errorf("the token that was given is refused: %v", err)
			}
		}
	})
}

func TestProofIsNotLentToTheFormerToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client().signIn(chiefMail)
		before := c.cookie("maillage")
		c.enrol()
		if c.get("/fort").Status != http.StatusOK {
			t.Fatal("not proved")
		}
		if got := w.with(before).get("/fort"); got.Status == http.StatusOK {
			t.Error("the former token has the proof")
		}
		if !w.with(before).in() {
			t.Error("a request under way was refused")
		}
	})
}

func TestDevices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a, b := w.client().signIn(agentMail), w.client()
		b.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/605"
		b.signIn(agentMail)
		stranger := w.client().signIn(chiefMail)
		page := a.get("/moi/appareils")
		page.CheckPage(t)
		if said := strings.Join(page.Texts(t, ".account-devices h2"), ", "); !strings.Contains(said, "Firefox sur Windows cet appareil") || !strings.Contains(said, "Safari sur iPhone") {
			t.Errorf("devices: %s", said)
		}
		id := page.Attr(t, ".account-devices li:first-child button", "value")
		if got := stranger.post("/moi/appareils", "session", id); got.Status != http.StatusNotFound {
			t.Errorf("somebody else's session: %d", got.Status)
		}
		a.post("/moi/appareils", "session", "autres")
		if b.in() || !a.in() || !stranger.in() {
			t.Error("the others were to be closed, and they alone")
		}
		own := a.get("/moi/appareils").Attr(t, ".account-devices button", "value")
		if got := a.post("/moi/appareils", "session", own); got.Status != http.StatusSeeOther || a.in() {
			t.Errorf("one's own: %d", got.Status)
		}
	})
}

func TestSecureCookies(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite, tables...)
	w := newWorld(t, d)
	w.room.Secure = true
	c := w.client()
	got := c.post("/connexion", "adresse", agentMail)
	if set := got.Header.Get("Set-Cookie"); !strings.HasPrefix(set, "__Host-maillage-demande=") || !strings.Contains(set, "; Secure") ||
		!strings.Contains(set, "; HttpOnly") || !strings.Contains(set, "SameSite=Lax") || !strings.Contains(set, "Path=/;") || strings.Contains(set, "Domain") {
		t.Errorf("cookie %q", set)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		gone := w.client().signIn(agentMail)
		gone.post("/deconnexion")
		w.pass(keepSessions + 8*24*time.Hour)
		live := w.client().signIn(agentMail)
		check(t, w.room.Sweep(t.Context()))
		counts := map[string]int{"signin_session": 1, "signin_ask": 1, "signin_salt": 1, "signin_trip": 0}
		for table, want := range counts {
			var n int
			check(t, w.room.sessions.db.Read().QueryRow(fmt.Sprintf(`select count(*) from %s`, table)).Scan(&n))
			if n != want {
				t.Errorf("%s: %d rows, want %d", table, n, want)
			}
		}
		if !live.in() {
			t.Error("swept away alive")
		}
	})
}

// enter opens a session without the mail.
func (c *client) enter(p people.Person) {
	c.w.t.Helper()
	hw := httptest.NewRecorder()
	check(c.w.t, c.w.room.begin(hw, c.request(http.MethodPost, "/", ""), p, opening{method: "courriel"}))
	u, _ := url.Parse(baseURL) // a constant
	c.jar.SetCookies(u, hw.Result().Cookies())
}

// forgive forgets every counter.
func (w *world) forgive(tx *sql.Tx) error {
	_, err := tx.Exec(`delete from signin_tries`)
	return err
}

// TestSessionLaws plays any sequence of signing in, out, waiting, renewing and revoking, against
// a model that says which browsers are in.
func TestSessionLaws(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite, tables...)
	w := newWorld(t, d)
	person, err := w.people.Person(t.Context(), d.Read(), w.agent)
	check(t, err)
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		check(t, f.Value.Set("15")) // a database under the race detector is slow: ask for more by the flag
	}
	rapid.Check(t, func(rt *rapid.T) {
		const browsers = 3
		var c [browsers]*client
		type life struct{ born, seen time.Time }
		var in [browsers]*life
		for i := range c {
			c[i] = w.client()
		}
		alive := func(i int) bool {
			return in[i] != nil && w.now.Sub(in[i].seen) < idle && w.now.Sub(in[i].born) < absolute
		}
		rt.Repeat(map[string]func(*rapid.T){
			"sign in": func(rt *rapid.T) {
				i := rapid.IntRange(0, browsers-1).Draw(rt, "browser")
				c[i].enter(person)
				in[i] = &life{w.now, w.now}
			},
			"sign out": func(rt *rapid.T) {
				i := rapid.IntRange(0, browsers-1).Draw(rt, "browser")
				c[i].post("/deconnexion")
				in[i] = nil
			},
			"close the others": func(rt *rapid.T) {
				i := rapid.IntRange(0, browsers-1).Draw(rt, "browser")
				if !alive(i) {
					return
				}
				c[i].post("/moi/appareils", "session", "autres")
				for j := range in {
					if j != i {
						in[j] = nil
					}
				}
			},
			"wait": func(rt *rapid.T) { w.pass(time.Duration(rapid.IntRange(1, 300).Draw(rt, "minutes")) * time.Minute) },
			"": func(rt *rapid.T) {
				for i := range c {
					want := alive(i)
					if got := c[i].in(); got != want {
						// the instant of the last use is kept to five minutes
						if in[i] == nil || w.now.Sub(in[i].seen) < idle-notice || w.now.Sub(in[i].seen) > idle+notice {
							rt.Fatalf("browser %d in: %v, want %v", i, got, want)
						}
						want = got
					}
					if want {
						in[i].seen = w.now
					} else {
						in[i] = nil
					}
				}
			},
		})
		for i := range c {
			c[i].post("/deconnexion")
		}
	})
}

// TestMergedRecords: who was two records in the directory is one person here.
func TestMergedRecords(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const former = "a.martin@bondy.example"
		duplicate := w.person("A.", "Martin", former, policy.Agent)
		kept, second := w.client().signIn(agentMail), w.client().signIn(former)
		hats, err := w.people.Hats(t.Context(), w.room.sessions.db.Read(), w.chief)
		check(t, err)
		ctx := actor.With(t.Context(), actor.Actor{Person: w.chief, Hat: hats[0].ID})
		_, err = w.people.MergePersons(ctx, w.agent, duplicate, nil)
		check(t, err)
		if page := second.get("/moi"); !strings.Contains(page.Body, agentMail) {
			t.Errorf("the session of the duplicate is not the person's: %d", page.Status)
		}
		if n := kept.get("/moi/appareils").Count(t, ".account-devices li"); n != 2 {
			t.Errorf("%d devices", n)
		}
		kept.post("/moi/appareils", "session", "autres")
		if second.in() || !kept.in() {
			t.Error("the session of the duplicate lives on")
		}
	})
}
