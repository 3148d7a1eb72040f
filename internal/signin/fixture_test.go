// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"maillage/internal/people"
	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
	"maillage/internal/territory"
)

var france = sync.OnceValues(territory.Load)

var tables = []dbtest.Room{
	{Name: "mail", FS: mail.Migrations()},
	{Name: "territory", FS: territory.Migrations()},
	{Name: "people", FS: people.Migrations()},
	{Name: "signin", FS: Migrations()},
}

// letters is an outbox that is looked into: what is queued goes to the real one and is kept here.
type letters struct {
	*mail.Outbox
	mu    sync.Mutex
	tried []mail.Message
	woken int
}

func (l *letters) Queue(ctx context.Context, tx *sql.Tx, m mail.Message, opt mail.Options) (mail.Ticket, error) {
	l.mu.Lock()
	l.tried = append(l.tried, m)
	l.mu.Unlock()
	return l.Outbox.Queue(ctx, tx, m, opt)
}

func (l *letters) Wake() {
	l.mu.Lock()
	l.woken++
	l.mu.Unlock()
}

// last is the last message that was composed, sent or not.
func (l *letters) last() mail.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tried[len(l.tried)-1]
}

// world is the service over one database, with people in it and a clock that is set.
type world struct {
	t      *testing.T
	room   *Room
	mails  *letters
	site   *web.Server
	now    time.Time
	mu     sync.Mutex
	agent  string // ID of a person with an agent's hat
	chief  string // ID of a person with an administrator's hat
	people *people.Room
}

const (
	agentMail = "alix.martin@bondy.example"
	chiefMail = "camille.durand@departement.example"
	baseURL   = "http://localhost:8080"
)

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	reg, err := france()
	check(t, err)
	places, err := territory.Open(t.Context(), reg, territory.NewStore(d), "93")
	check(t, err)
	rights, err := policy.Load()
	check(t, err)
	w := &world{t: t, now: time.Date(2026, 11, 24, 13, 2, 0, 0, time.UTC)}
	clockNow := func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }
	w.people = people.Open(&people.Store{DB: d}, places, rights, clockNow)
	box, err := mail.New(d, mail.Identity{From: mail.Address{Addr: "maillage@departement.example"}}, nil)
	check(t, err)
	box.Now = clockNow
	w.mails = &letters{Outbox: box}
	w.room = Open(d, w.people, clockNow)
	w.room.Outbox, w.room.Base = w.mails, baseURL
	w.agent = w.person("Alix", "Martin", agentMail, policy.Agent)
	w.chief = w.person("Camille", "Durand", chiefMail, policy.Administrator)
	w.serve()
	return w
}

// serve makes the site anew, after a change of the room.
func (w *world) serve() {
	w.site = webtest.Server(w.t, web.Config{BaseURL: baseURL, Guard: w.room}, append(w.room.Routes(), web.Route{
		Pattern: "GET /lieu", Access: "moi", Handler: func(hw http.ResponseWriter, _ *http.Request) error { _, err := hw.Write([]byte("entré")); return err },
	}, web.Route{
		Pattern: "GET /fort", Access: "donnees.tenir", Handler: func(hw http.ResponseWriter, _ *http.Request) error { _, err := hw.Write([]byte("entré")); return err },
	})...)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) person(given, family, addr string, hats ...policy.Hat) (id string) {
	w.t.Helper()
	check(w.t, w.room.sessions.db.Tx(w.t.Context(), func(tx *sql.Tx) error {
		var err error
		if id, err = w.people.AddPerson(w.t.Context(), tx, people.Person{GivenName: given, FamilyName: family, Mail: addr}, w.now); err != nil {
			return err
		}
		org, err := w.people.AddOrganisation(w.t.Context(), tx, people.Organisation{Kind: people.Commune, Name: "Commune de Bondy", Territory: "93010"}, w.now)
		if err != nil {
			return err
		}
		since := people.Period{From: clock.On(w.now)}
		tie, err := w.people.AddAffiliation(w.t.Context(), tx, people.Affiliation{Person: id, Organisation: org, Period: since}, w.now)
		if err != nil {
			return err
		}
		for _, h := range hats {
			if _, err := w.people.AddHat(w.t.Context(), tx, tie, h, "", since, w.now); err != nil {
				return err
			}
		}
		return nil
	}))
	return id
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// client is a browser: it keeps cookies and follows nothing.
type client struct {
	w     *world
	jar   *cookiejar.Jar
	agent string
	from  string
}

const firefox = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"

func (w *world) client() *client {
	jar, err := cookiejar.New(nil)
	check(w.t, err)
	return &client{w: w, jar: jar, agent: firefox, from: "192.0.2.7:4444"}
}

func (c *client) request(method, path, form string) *http.Request {
	r := httptest.NewRequest(method, baseURL+path, strings.NewReader(form))
	r.Header.Set("User-Agent", c.agent)
	r.RemoteAddr = c.from
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, k := range c.jar.Cookies(r.URL) {
		r.AddCookie(k)
	}
	return r
}

func (c *client) do(r *http.Request) *webtest.Answer {
	c.w.t.Helper()
	got := webtest.Do(c.w.t, c.w.site, r)
	res := http.Response{Header: got.Header}
	c.jar.SetCookies(r.URL, res.Cookies())
	if got.Status == http.StatusInternalServerError {
		c.w.t.Fatalf("%s %s: %d\n%s", r.Method, r.URL, got.Status, got.Body)
	}
	return got
}

func (c *client) get(path string) *webtest.Answer {
	c.w.t.Helper()
	return c.do(c.request(http.MethodGet, path, ""))
}

func (c *client) post(path string, pairs ...string) *webtest.Answer {
	c.w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return c.do(c.request(http.MethodPost, path, form.Encode()))
}

func (c *client) cookie(name string) string {
	u, _ := url.Parse(baseURL) // a constant
	for _, k := range c.jar.Cookies(u) {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// in says that the browser has a session.
func (c *client) in() bool {
	c.w.t.Helper()
	return c.get("/lieu").Status == http.StatusOK
}

var (
	codeIn = regexp.MustCompile(`\b(\d{3})[\s\x{a0}\x{202f}](\d{3})\b`)
	linkIn = regexp.MustCompile(`/connexion/lien/([A-Z2-7]+)`)
)

// lastCode and lastLink read the last mail that was composed.
func (w *world) lastCode() string {
	w.t.Helper()
	m := codeIn.FindStringSubmatch(w.mails.last().HTML)
	if m == nil {
		w.t.Fatalf("no code in %s", w.mails.last().HTML)
	}
	return m[1] + m[2]
}

func (w *world) lastLink() string {
	w.t.Helper()
	m := linkIn.FindString(w.mails.last().HTML)
	if m == "" {
		w.t.Fatalf("no link in %s", w.mails.last().HTML)
	}
	return m
}

// signIn brings a person in by the code.
func (c *client) signIn(addr string) *client {
	c.w.t.Helper()
	c.post("/connexion", "adresse", addr)
	if got := c.post("/connexion/code", "code", c.w.lastCode()); got.Status != http.StatusSeeOther || !c.in() {
		c.w.t.Fatalf("not in: %d\n%s", got.Status, got.Body)
	}
	return c
}

// sent is how many mails wait in the outbox.
func (w *world) sent() (n int) {
	w.t.Helper()
	check(w.t, w.room.sessions.db.Read().QueryRow(`select count(*) from mail_outbox`).Scan(&n))
	return n
}

func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.RunMigrated(t, tables, func(t *testing.T, d *db.DB) { body(t, newWorld(t, d)) })
}

// unmake takes the administrator's hat away, as no gesture may.
func (w *world) unmake() error {
	return w.room.sessions.db.Tx(w.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`delete from people_hat where role = 'administrateur'`)
		return err
	})
}
