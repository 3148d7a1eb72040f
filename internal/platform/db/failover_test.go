// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// failovers is for longer hunts: go test -run Failover -v -failovers 20
var failovers = flag.Int("failovers", 1, "how many primaries are lost")

// crowd is goroutines that write through one DB and go on writing whatever happens.
type crowd struct {
	d      *db.DB
	stop   context.CancelFunc
	ended  sync.WaitGroup
	mu     sync.Mutex
	told   map[string]bool // the keys whose Tx returned nil
	failed int             // the calls of Tx that returned an error
}

// crowds are those a test has started.
type crowds struct{ all []*crowd }

func (cs *crowds) start(t *testing.T, url string) *crowd {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &crowd{d: d, stop: stop, told: map[string]bool{}}
	for range 16 {
		c.ended.Go(func() { c.write(ctx) })
	}
	cs.all = append(cs.all, c)
	return c
}

func (c *crowd) write(ctx context.Context) {
	for ctx.Err() == nil {
		id := db.NewID()
		err := c.d.Tx(ctx, func(tx *sql.Tx) error { return addPair(ctx, tx, id) })
		c.mu.Lock()
		if err == nil {
			c.told[id] = true
		} else {
			c.failed++
		}
		c.mu.Unlock()
		if err != nil {
			time.Sleep(10 * time.Millisecond) // a server that is gone refuses at once
		}
	}
}

func (cs *crowds) close(t *testing.T) {
	t.Helper()
	for _, c := range cs.all {
		c.stop()
		c.ended.Wait()
		if err := c.d.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (c *crowd) snapshot() (told []string, failed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range c.told {
		told = append(told, id)
	}
	return told, c.failed
}

// waitFor waits until so many more writes are acknowledged.
func (c *crowd) waitFor(t *testing.T, more int) {
	t.Helper()
	before, _ := c.snapshot()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		n, failed := len(c.told), c.failed
		c.mu.Unlock()
		if n >= len(before)+more {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d writes acknowledged in a minute (%d failed), want %d", n-len(before), failed, more)
		}
	}
}

// missing are the acknowledged keys that the database at url does not hold in full.
func missing(t *testing.T, url string, told []string) (lost []string) {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rows, err := d.Read().QueryContext(t.Context(), "select id, count(*) from pair group by id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	there := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			t.Fatal(err)
		}
		there[id] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for id, n := range there {
		if n != 2 {
			t.Errorf("%s is half there", id)
		}
	}
	return slices.DeleteFunc(slices.Clone(told), func(id string) bool { return there[id] == 2 })
}

func makePairTable(t *testing.T, url string) {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	execute(t, d, "create table pair (id text not null, half integer not null, primary key (id, half))")
}

// TestFailover loses the primary of two servers at a random instant, its files with it:
// each write that was acknowledged is on the other, and the same DB finds it.
func TestFailover(t *testing.T) {
	t.Parallel()
	crowds := &crowds{}
	t.Cleanup(func() { crowds.close(t) }) // after the servers: a commit that waits for a copy ends with them
	pair := dbtest.NewPair(t)
	makePairTable(t, pair.URL())
	refusesStandby(t, pair)
	tellsCancelledWait(t, pair)
	c := crowds.start(t, pair.URL())
	var outages []time.Duration
	for i := range *failovers {
		c.waitFor(t, 50)
		time.Sleep(rand.N(300 * time.Millisecond)) // a random instant
		alone := i%2 == 1
		if alone { // the standby is away at that instant: writes wait for it
			pair.StopStandby()
			time.Sleep(rand.N(300 * time.Millisecond))
		}
		began := time.Now()
		pair.Lose()
		told, failed := c.snapshot()
		if alone {
			pair.StartStandby()
		}
		pair.Promote()
		promoted := time.Since(began)
		lost := missing(t, pair.URL(), told)
		if len(lost) > 0 {
			t.Errorf("%d of %d acknowledged writes are lost", len(lost), len(told))
		}
		pair.Rebuild()
		c.waitFor(t, 1)
		outages = append(outages, time.Since(began))
		t.Logf("primary %d lost, standby away %v: %d acknowledged, %d refused so far, %d lost; promoted after %d ms, writing after %d ms",
			i+1, alone, len(told), failed, len(lost), promoted.Milliseconds(), outages[i].Milliseconds())
	}
	slices.Sort(outages)
	told, failed := c.snapshot()
	t.Logf("%d primaries lost, %d writes acknowledged, %d refused; writing again after %d ms (median), %d ms (longest)", *failovers, len(told), failed,
		outages[len(outages)/2].Milliseconds(), outages[len(outages)-1].Milliseconds())
	if *failovers > 1 {
		c.stop()
		losesWithout(t, crowds, pair)
	}
}

// refusesStandby: the address of a standby alone is told apart.
func refusesStandby(t *testing.T, pair *dbtest.Pair) {
	t.Helper()
	for _, more := range []string{"", "&target_session_attrs=read-write"} {
		_, err := db.Open(t.Context(), pair.StandbyURL()+more)
		if err == nil || !strings.Contains(err.Error(), "lecture seule") {
			t.Errorf("standby%s: %v", more, err)
		}
	}
	for _, attrs := range []string{"any", "read-write", "primary"} {
		d, err := db.Open(t.Context(), pair.URL("target_session_attrs="+attrs))
		if err != nil {
			t.Errorf("target_session_attrs=%s: %v", attrs, err)
			continue
		}
		if _, err := d.Read().ExecContext(t.Context(), "create table x (y integer)"); err == nil {
			t.Errorf("target_session_attrs=%s: the read pool writes", attrs)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// tellsCancelledWait: a commit whose wait for the copy is cancelled is not told done, though
// PostgreSQL tells it so; the next one on the same connection is.
func tellsCancelledWait(t *testing.T, pair *dbtest.Pair) {
	t.Helper()
	d, err := db.Open(t.Context(), pair.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.WritePool().SetMaxOpenConns(1)
	pair.StopStandby()
	ended := make(chan error)
	go func() {
		ended <- d.Tx(t.Context(), func(tx *sql.Tx) error { return addPair(t.Context(), tx, db.NewID()) })
	}()
	pair.CancelWait()
	if err := <-ended; !errors.Is(err, db.ErrNotCopied) {
		t.Errorf("cancelled wait: %v, want ErrNotCopied", err)
	}
	pair.StartStandby()
	if err := d.Tx(t.Context(), func(tx *sql.Tx) error { return addPair(t.Context(), tx, db.NewID()) }); err != nil {
		t.Errorf("after the cancelled wait: %v", err)
	}
}

// losesWithout shows that the test can fail: writes that do not wait for the standby are
// acknowledged while it is away, and lost.
func losesWithout(t *testing.T, crowds *crowds, pair *dbtest.Pair) {
	t.Helper()
	c := crowds.start(t, pair.URL("synchronous_commit=local"))
	c.waitFor(t, 1)
	pair.StopStandby()
	c.waitFor(t, 50)
	pair.Lose()
	told, _ := c.snapshot()
	pair.StartStandby()
	pair.Promote()
	lost := missing(t, pair.URL(), told)
	if len(lost) < 50 {
		t.Errorf("without synchronous_commit only %d of %d writes are lost: the test would not notice", len(lost), len(told))
	}
	t.Logf("witness, synchronous_commit=local: %d of %d acknowledged writes lost", len(lost), len(told))
}

func TestTwoServersAreNamed(t *testing.T) {
	t.Parallel()
	_, err := db.Open(t.Context(), "postgres://maillage:secret@127.0.0.1:1,127.0.0.1:2/maillage")
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1 et 127.0.0.1:2") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// TestToolsTakeThePrimary: pg_dump and psql are given the two servers without the password.
func TestToolsTakeThePrimary(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"postgres://m:secret@un:1,deux:2/base":                          "postgres://m@un:1,deux:2/base?target_session_attrs=read-write",
		"postgres://m:secret@/base?host=%2Fa,%2Fb&port=1,2":             "postgres://m@/base?host=%2Fa%2C%2Fb&port=1%2C2&target_session_attrs=read-write",
		"postgres://m:secret@un,deux/base?target_session_attrs=primary": "postgres://m@un,deux/base?target_session_attrs=primary",
		"postgres://m:secret@un/base?sslmode=disable":                   "postgres://m@un/base?sslmode=disable",
	} {
		open, password, err := db.SplitPassword(address)
		if err != nil || open != want || password != "secret" {
			t.Errorf("%s: %s, %q, %v; want %s", address, open, password, err, want)
		}
	}
}
