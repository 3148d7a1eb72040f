// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary stand for the program, under the name maillage.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"maillage": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err := Main(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
		stop()
		if err != nil && !errors.Is(err, ErrHelp) {
			fmt.Fprintln(os.Stderr, "maillage :", err)
			os.Exit(1)
		}
	}})
}

// TestCommandLine runs the scripts: what a person types, and what they read.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}

// program is the command with its arguments, in a process of its own and without settings.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "maillage"
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "MAILLAGE_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	t.Cleanup(func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill() // a test that failed half way leaves nothing running
		}
	})
	return cmd
}

// output runs the command to its end, which must be a success.
func output(t *testing.T, args ...string) string {
	t.Helper()
	out, err := program(t, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("maillage %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
