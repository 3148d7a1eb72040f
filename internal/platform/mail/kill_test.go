// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	netmail "net/mail"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/mail"
)

// kills is for longer hunts: go test -run Kill -kills 200
var kills = flag.Int("kills", 10, "how many times each engine's sender is killed at random")

// These make this program the sender that is to be killed.
const (
	childDatabase = "MAILLAGE_MAIL_TEST_DATABASE"
	childSMTP     = "MAILLAGE_MAIL_TEST_SMTP"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childDatabase); url != "" {
		fmt.Fprintln(os.Stderr, sendUntilKilled(url, os.Getenv(childSMTP)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// killPace has a lease short enough to wait for, and long enough for a slow machine.
var killPace = mail.Pace{PerMinute: 1_000_000, Poll: 20 * time.Millisecond, Lease: 3 * time.Second}

func sendUntilKilled(url, address string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	o, err := mail.New(d, identity, nil)
	if err != nil {
		return err
	}
	settings, err := mail.ParseURL(address)
	if err != nil {
		return err
	}
	o.Run(ctx, settings, killPace)
	return nil
}

// victim is the sender of the moment.
type victim struct {
	*testing.T
	mu    sync.Mutex
	child *exec.Cmd
}

func (v *victim) start(url, address string) {
	v.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.child = exec.Command(os.Args[0])
	v.child.Env = append(os.Environ(), childDatabase+"="+url, childSMTP+"="+address)
	v.child.Stderr = os.Stderr
	if err := v.child.Start(); err != nil {
		v.Fatal(err)
	}
}

// kill is kill -9, and returns when the process is no more.
func (v *victim) kill() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.child != nil {
		_ = v.child.Process.Kill()
		_ = v.child.Wait() // killed
		v.child = nil
	}
}

// fixture is an outbox of n messages in a database that children open.
func killFixture(t *testing.T, engine db.Engine, n int) (url string, o *mail.Outbox, d *db.DB) {
	t.Helper()
	url = dbtest.URL(t, engine, rooms...)
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if o, err = mail.New(d, identity, nil); err != nil {
		t.Fatal(err)
	}
	err = d.Tx(t.Context(), func(tx *sql.Tx) error {
		for i := range n {
			if _, err := o.Queue(t.Context(), tx, letter(fmt.Sprintf("p%d", i), mail.Receipt), mail.Options{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return url, o, d
}

// inWindow is which messages a dead sender left in the window.
func inWindow(t *testing.T, o *mail.Outbox, into map[string]int) {
	t.Helper()
	list, err := o.List(t.Context(), mail.Filter{State: mail.Sending}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		into[identity.MessageID(e.ID)]++
	}
}

// finish runs a last sender until nothing waits.
func finish(t *testing.T, v *victim, o *mail.Outbox, url string, s *server, n int) {
	t.Helper()
	v.start(url, s.url())
	defer v.kill()
	for deadline := time.Now().Add(40 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		h, err := o.Health(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if h.Count[mail.Sent]+h.Count[mail.GivenUp] == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still waiting: %v", h.Count)
		}
	}
}

// check is the promise of the package: each message arrives; one that arrives more than once was
// found in the window once for each more, and all its copies are the same bytes.
func check(t *testing.T, s *server, n int, window map[string]int) (duplicates int) {
	t.Helper()
	copies := map[string][]string{}
	for _, r := range s.messages() {
		m, err := netmail.ReadMessage(strings.NewReader(r.text))
		if err != nil {
			t.Fatal(err)
		}
		copies[m.Header.Get("Message-ID")] = append(copies[m.Header.Get("Message-ID")], r.text)
	}
	if len(copies) != n {
		t.Errorf("%d of %d messages arrived", len(copies), n)
	}
	for id, texts := range copies {
		if len(texts) > 1+window[id] {
			t.Errorf("%s arrived %d times, and was %d times in the window", id, len(texts), window[id])
		}
		for _, text := range texts[1:] {
			duplicates++
			if text != texts[0] {
				t.Errorf("the copies of %s differ", id)
			}
		}
	}
	return duplicates
}

// TestKill kills the sender (SIGKILL) at random instants.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			n := 12 * *kills
			url, o, _ := killFixture(t, engine, n)
			s := (&server{}).start(t)
			v := &victim{T: t}
			t.Cleanup(v.kill)
			window := map[string]int{}
			for range *kills {
				before := len(s.messages())
				v.start(url, s.url())
				for deadline := time.Now().Add(10 * time.Second); len(s.messages()) == before && time.Now().Before(deadline); {
					time.Sleep(time.Millisecond)
				}
				time.Sleep(rand.N(40 * time.Millisecond))
				v.kill()
				inWindow(t, o, window)
			}
			sent := len(s.messages())
			finish(t, v, o, url, s, n)
			t.Logf("%d kills, %d messages (%d before the last kill), %d found in the window, %d duplicates", *kills, n, sent, len(window), check(t, s, n, window))
		})
	}
}

// TestKillAt kills the sender at chosen instants.
func TestKillAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		step       string
		window     int
		duplicates int
	}{
		{"before the text: nothing was taken, nothing is in doubt", "DATA", 0, 0},
		{"after the dot, before the server took it: in doubt, not twice", "dot", 1, 0},
		{"after the server took it, before it said so: the one duplicate", "taken", 1, 1},
	} {
		for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
			t.Run(c.name+"/"+engine.String(), func(t *testing.T) {
				t.Parallel()
				const n = 3
				url, o, _ := killFixture(t, engine, n)
				v := &victim{T: t}
				t.Cleanup(v.kill)
				var once sync.Once
				killed := make(chan struct{})
				strike := func(step, to string) (reply string) {
					if step == c.step && strings.HasPrefix(to, "p1@") {
						once.Do(func() { v.kill(); close(killed); reply = "drop" })
					}
					return reply
				}
				s := &server{answer: strike, taken: func(r received) string { return strike("taken", r.to) }}
				s.start(t)
				v.start(url, s.url())
				select {
				case <-killed:
				case <-time.After(20 * time.Second):
					t.Fatal("the sender never came there")
				}
				window := map[string]int{}
				inWindow(t, o, window)
				finish(t, v, o, url, s, n)
				if got := check(t, s, n, window); got != c.duplicates || len(window) != c.window {
					t.Errorf("%d duplicates, %d in the window, want %d and %d", got, len(window), c.duplicates, c.window)
				}
			})
		}
	}
}
