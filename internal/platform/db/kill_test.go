// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"bufio"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// kills is for longer hunts: go test -run Kill -kills 1000
var kills = flag.Int("kills", 10, "how many times each engine's writer is killed")

// childVariable makes this program the writer that is to be killed.
const childVariable = "MAILLAGE_DB_TEST_CHILD"

func TestMain(m *testing.M) {
	if url := os.Getenv(childVariable); url != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// importSize is the rows of one import: all of them, or none.
const importSize = 5000

// writeUntilKilled writes from many goroutines at once and says on its output
// the key of each row once Tx has returned.
func writeUntilKilled(url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for range 16 {
		go func() {
			for {
				id := db.NewID()
				if err := d.Tx(ctx, func(tx *sql.Tx) error { return addPair(ctx, tx, id) }); err != nil {
					failed <- err
				}
				if _, err := os.Stdout.WriteString(id + "\n"); err != nil {
					failed <- err
				}
			}
		}()
	}
	go func() {
		for {
			time.Sleep(5 * time.Millisecond)
			if _, err := bulkInsert(ctx, d, "batch", []string{"id"}, ids(importSize)); err != nil {
				failed <- err
			}
		}
	}()
	return <-failed
}

func ids(n int) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for range n {
			if !yield([]any{db.NewID()}) {
				return
			}
		}
	}
}

// addPair is two rows that never go one without the other.
func addPair(ctx context.Context, tx *sql.Tx, id string) error {
	for half := range 2 {
		if _, err := tx.ExecContext(ctx, "insert into pair (id, half) values ($1, $2)", id, half); err != nil {
			return err
		}
	}
	return nil
}

// TestKill kills a writing process (SIGKILL) at random instants: each row it
// had acknowledged is there, and nothing is half there. A power cut is another
// matter: that is what synchronous=FULL is for, see docs/adr/0001-stockage.md.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t, engine)
			d, err := db.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			execute(t, d, "create table pair (id text not null, half integer not null, primary key (id, half))")
			execute(t, d, "create table batch (id text primary key)")
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			told := map[string]bool{}
			for range *kills {
				for _, id := range runAndKill(t, url) {
					told[id] = true
				}
				checkTold(t, url, told)
			}
			t.Logf("%d rows acknowledged before %d kills", len(told), *kills)
		})
	}
}

// runAndKill lets a child write for a random while, and returns the keys it
// acknowledged.
func runAndKill(t *testing.T, url string) (told []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+url)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(told) == 0 { // it has begun
			time.AfterFunc(rand.N(60*time.Millisecond), func() { _ = child.Process.Kill() })
		}
		if len(lines.Text()) == 36 { // the last line may be cut
			told = append(told, lines.Text())
		}
	}
	_ = child.Wait() // killed
	if len(told) == 0 {
		t.Fatal("the child wrote nothing")
	}
	return told
}

func checkTold(t *testing.T, url string, told map[string]bool) {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rows, err := d.Read().Query("select id, count(*) from pair group by id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			t.Fatal(err)
		}
		if n != 2 {
			t.Errorf("%s is half there", id)
		}
		if told[id] {
			found++
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if found != len(told) {
		t.Errorf("%d of %d acknowledged rows are lost", len(told)-found, len(told))
	}
	if n := count(t, d, "select count(*) from batch"); n%importSize != 0 {
		t.Errorf("%d rows of imports of %d", n, importSize)
	}
	if d.Engine() == db.SQLite {
		var verdict string
		if err := d.Read().QueryRow("pragma integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
			t.Errorf("integrity: %s, %v", verdict, err)
		}
	}
}
