// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
)

// kills is for longer hunts: go test -run Kill -kills 200
var kills = flag.Int("kills", 8, "how many times each engine's writer is killed")

// These make this program the writer that is to be killed.
const (
	childDatabase = "MAILLAGE_FILES_TEST_DATABASE"
	childFolder   = "MAILLAGE_FILES_TEST_FOLDER"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childDatabase); url != "" {
		fmt.Fprintln(os.Stderr, putUntilKilled(url, os.Getenv(childFolder)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writers are how many put at once in a child.
const writers = 6

// seeded is a PDF made from a number: a fifth of them are the same few.
func seeded(seed int) []byte {
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	size := []int{200, 70_000, 300_000}[seed%3]
	text := pdf(strconv.Itoa(seed))
	for len(text) < size {
		text = strconv.AppendUint(text, r.Uint64(), 36)
	}
	return text
}

// putUntilKilled puts from many goroutines, erases some, sweeps without grace meanwhile, and tells
// each file once Put has returned, and each erasure before it begins.
func putUntilKilled(url, folder string) error {
	ctx := actor.With(context.Background(), somebody)
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	s, err := files.Open(ctx, d, files.Config{Backend: "dossier:" + folder})
	if err != nil {
		return err
	}
	failed := make(chan error)
	for range writers {
		go func() {
			for {
				if err := putOne(ctx, s); err != nil {
					failed <- err
				}
			}
		}()
	}
	go func() {
		for {
			if _, err := s.Sweep(ctx, 0); err != nil {
				failed <- err
			}
			time.Sleep(3 * time.Millisecond)
		}
	}()
	return <-failed
}

func putOne(ctx context.Context, s *files.Store) error {
	seed := rand.IntN(1_000_000)
	if seed%5 == 0 {
		seed = seed % 4
	}
	f, err := s.Put(ctx, bytes.NewReader(seeded(seed)), meta("a.pdf"))
	if errors.Is(err, files.ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Printf("put %s %d .\n", f.ID, seed); err != nil || seed%4 != 0 {
		return err
	}
	if _, err := fmt.Printf("erase %s %d .\n", f.ID, seed); err != nil {
		return err
	}
	_, err = s.EraseNow(ctx, files.Erasure{ID: f.ID})
	return err
}

// TestKill kills a writing process (SIGKILL) at random instants: every file it had acknowledged is
// there, whole; no content under its final name is anything but whole; what was under way is
// swept. A power cut is another matter: that is what syncing is for, see docs/adr/0007-fichiers.md.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			url, folder := dbtest.URL(t, engine, rooms...), filepath.Join(t.TempDir(), "neuf", "depot")
			told, erased := map[string]int{}, map[string]bool{}
			for range *kills {
				runAndKill(t, url, folder, told, erased)
				checkNames(t, folder)
			}
			d, err := db.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			s, err := files.Open(t.Context(), d, files.Config{Backend: "dossier:" + folder})
			if err != nil {
				t.Fatal(err)
			}
			checkTold(t, s, told, erased)
			interrupted, err := os.ReadDir(s.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			s.Now = func() time.Time { return time.Now().Add(files.Orphan + time.Hour) }
			swept, err := s.Sweep(t.Context(), files.Grace)
			if err != nil {
				t.Fatal(err)
			}
			contents := map[string]bool{}
			if n, err := s.Verify(t.Context(), func(f files.File, err error) { t.Errorf("%s: %v", f.ID, err) }); err != nil || n == 0 {
				t.Errorf("verify: %d files, %v", n, err)
			}
			for _, f := range mustOf(t, s, "seance/1") {
				contents[f.SHA256] = true
			}
			left, err := os.ReadDir(s.TempDir())
			if err != nil || len(left) != 0 {
				t.Errorf("%d left arriving, %v", len(left), err)
			}
			if got := len(stored(t, folder)); len(mustOf(t, s, "seance/1")) < 1000 && got != len(contents) {
				t.Errorf("%d contents once swept, want %d: those of the files", got, len(contents))
			}
			checkTold(t, s, told, erased)
			t.Logf("%d files acknowledged before %d kills, %d of them erased; %d arrivals cut short, %+v swept in the end",
				len(told), *kills, len(erased), len(interrupted), swept)
		})
	}
}

// runAndKill lets a child write for a random while, and notes what it told.
func runAndKill(t *testing.T, url, folder string, told map[string]int, erased map[string]bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDatabase+"="+url, childFolder+"="+folder)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for lines := bufio.NewScanner(out); lines.Scan(); n++ {
		if n == 0 { // it has begun
			time.AfterFunc(rand.N(120*time.Millisecond), func() { _ = child.Process.Kill() })
		}
		var verb, id string
		var seed int
		if _, err := fmt.Sscanf(lines.Text(), "%s %s %d .", &verb, &id, &seed); err != nil {
			continue // the last line may be cut
		}
		if told[id] = seed; verb == "erase" {
			erased[id] = true
		}
	}
	_ = child.Wait() // killed
	if n == 0 {
		t.Fatal("the child put nothing")
	}
}

// checkNames reads every content that has its final name: it is what its name says.
func checkNames(t *testing.T, folder string) {
	t.Helper()
	for _, path := range stored(t, folder) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		_ = f.Close()
		if want, _, _ := strings.Cut(filepath.Base(path), "-"); err != nil || fmt.Sprintf("%x", h.Sum(nil)) != want {
			t.Errorf("%s is not what its name says: %v", path, err)
		}
	}
}

// checkTold reads every file that was acknowledged and not being erased.
func checkTold(t *testing.T, s *files.Store, told map[string]int, erased map[string]bool) {
	t.Helper()
	for id, seed := range told {
		if !erased[id] && !bytes.Equal(read(t, s, id), seeded(seed)) {
			t.Errorf("%s came back altered", id)
		}
	}
}
