// SPDX-License-Identifier: EUPL-1.2

package dbtest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestServerStopsWhenNobodyUsesIt(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("/tmp", "maillage-dbtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := startServer(folder); err != nil {
		t.Fatal(err)
	}
	user, err := flock(filepath.Join(folder, "users"), syscall.LOCK_SH)
	if err != nil {
		t.Fatal(err)
	}
	longAgo := func() *time.Time { at := time.Now().Add(-time.Hour); return &at }
	if stopped, err := stopIfIdle(folder, longAgo()); stopped || err != nil || ping(clusterURL(folder)) != nil {
		t.Errorf("in use: stopped %v, %v", stopped, err)
	}
	if err := user.Close(); err != nil {
		t.Fatal(err)
	}
	if stopped, err := stopIfIdle(folder, new(time.Time)); stopped || err != nil {
		t.Errorf("just left: stopped %v, %v", stopped, err)
	}
	if stopped, err := stopIfIdle(folder, longAgo()); !stopped || err != nil {
		t.Errorf("left long ago: stopped %v, %v", stopped, err)
	}
	if ping(clusterURL(folder)) == nil {
		t.Error("the server still answers")
	}
}

func TestMissingToolNamesTheScript(t *testing.T) {
	t.Parallel()
	_, err := findTool("absent-de-cette-machine")
	if err == nil || !strings.Contains(err.Error(), "scripts/installer-outils-de-test.sh") {
		t.Errorf("got %v", err)
	}
}
