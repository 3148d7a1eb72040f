// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/territory"
)

// longFile is a file whose values take seconds to save.
func longFile(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	reg, err := territory.Load()
	if err == nil {
		err = writeRates(&b, reg, 60_000) // eight figures each
	}
	path := filepath.Join(t.TempDir(), "long.csv")
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// importing starts an import and returns once it is saving values, with the rest of what it says.
func importing(t *testing.T, dir string) (cmd *exec.Cmd, rest io.Reader) {
	t.Helper()
	cmd = program(t, "import", "--dir", dir, longFile(t))
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said, in := "", bufio.NewReader(stderr)
	for {
		line, err := in.ReadString('\n')
		if said += line; strings.Contains(line, "Enregistrement") {
			return cmd, in
		}
		if err != nil {
			t.Fatalf("the import ended (%v) before it could be cut short:\n%s", cmd.Wait(), said)
		}
	}
}

// partial counts the traces of an import: rows of values, of imports, of coverage.
func partial(t *testing.T, url string) (n int) {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Read().QueryRowContext(t.Context(), `select (select count(*) from observatory_value where batch > 1)
		+ (select count(*) from observatory_batch where num > 1) + (select count(*) from observatory_coverage where batch > 1)`).Scan(&n)
	if e := d.Close(); err == nil {
		err = e
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// An import cut short, politely or not, leaves nothing, and the next one works.
func TestAnImportCutShortLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, how := range []struct {
		name   string
		signal os.Signal
	}{{"Ctrl-C", os.Interrupt}, {"kill -9", os.Kill}} {
		t.Run(how.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd, rest := importing(t, dir)
			if err := cmd.Process.Signal(how.signal); err != nil {
				t.Fatal(err)
			}
			said, _ := io.ReadAll(rest) // cut with the process
			if err := cmd.Wait(); err == nil {
				t.Error("the import ended well")
			}
			if polite := how.signal == os.Interrupt; polite && !strings.Contains(string(said), "interrompu ; rien n'a été enregistré") {
				t.Errorf("interrupted, it says:\n%s", said)
			}
			if n := partial(t, "sqlite:"+filepath.Join(dir, "maillage.sqlite")); n != 0 {
				t.Errorf("%d rows of the import are left", n)
			}
			if got := output(t, "doctor", "--dir", dir); !strings.Contains(got, "1 import en usage") {
				t.Errorf("doctor says:\n%s", got)
			}
			if got := output(t, "import", "--dir", dir, births(t, 2023)); !strings.Contains(got, "3 valeurs enregistrées") {
				t.Errorf("the next import says:\n%s", got)
			}
		})
	}
}

// births is a small file that any observatory can read.
func births(t *testing.T, year int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "naissances.csv")
	text := fmt.Sprintf("Code Insee;Naissances %d\n93066;2 765\n93010;905\n93045;290\n", year)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// serving starts the service in a process of its own and returns its address.
func serving(t *testing.T, args ...string) (cmd *exec.Cmd, url string) {
	t.Helper()
	cmd = program(t, append([]string{"serve", "--addr", "127.0.0.1:0", "--reseau", "non"}, args...)...)
	return cmd, started(t, cmd)
}

// started runs a service until it says its address.
func started(t *testing.T, cmd *exec.Cmd) (url string) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if _, after, ok := strings.Cut(lines.Text(), "http://"); ok {
			go func() { _, _ = io.Copy(io.Discard, stdout) }() // ends with the process
			return "http://" + after
		}
	}
	t.Fatalf("the service did not start: %v", cmd.Wait())
	return ""
}

func get(ctx context.Context, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), err
}

// What the command line imports, a running service shows within two seconds, without a
// restart, on both engines; and it stops when told to, without an error.
func TestTheServiceShowsWhatTheCommandLineImports(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			dir, base := t.TempDir(), dbtest.URL(t, engine)
			cmd, url := serving(t, "--dir", dir, "--database-url", base)
			page := url + "/api/v1/valeurs?indicateur=naissances&dans=93"
			if status, body, err := get(t.Context(), page); err != nil || status != http.StatusNotFound {
				t.Fatalf("before the import: %d %v %s", status, err, body)
			}
			output(t, "import", "--dir", dir, "--database-url", base, births(t, 2023))
			imported := time.Now()
			for {
				_, body, err := get(t.Context(), page)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(body, `"periode":"2023"`) && strings.Contains(body, `"93066":2765,`) {
					break
				}
				if time.Since(imported) > 2*time.Second {
					t.Fatalf("two seconds after the import the service says %.300s", body)
				}
				time.Sleep(20 * time.Millisecond)
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("told to stop: %v", err)
			}
		})
	}
}

// The demonstration starts in a folder of its own and takes it away when it ends.
func TestTheDemonstrationLeavesNothing(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	cmd := program(t, "demo", "--addr", "127.0.0.1:0")
	cmd.Dir, cmd.Env = t.TempDir(), append(cmd.Env, "TMPDIR="+tmp)
	url := started(t, cmd)
	status, page, err := get(t.Context(), url+"/")
	if err != nil || status != http.StatusOK || !strings.Contains(page, "Démonstration") {
		t.Errorf("the front page: %d %v %.200s", status, err, page)
	}
	if status, _, err := get(t.Context(), url+"/observatoire/imports"); err != nil || status != http.StatusOK {
		t.Errorf("the page of imports: %d %v", status, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
	for _, dir := range []string{tmp, cmd.Dir} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v %v", dir, left, err)
		}
	}
}
