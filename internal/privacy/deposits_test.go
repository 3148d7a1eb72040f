// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// deposit drops a file of figures.
func deposit(w *world, name string, at time.Time) {
	w.Helper()
	path := filepath.Join(w.dir, "deposes", name)
	err := os.MkdirAll(filepath.Dir(path), 0o750)
	if err == nil {
		err = os.WriteFile(path, []byte("x"), 0o600)
	}
	if err == nil {
		err = os.Chtimes(path, at, at)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// TestDepositsEnd: a file dropped and never accepted ends of itself; recent ones, and the folders
// beside, stay.
func TestDepositsEnd(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	dir := filepath.Join(w.dir, "deposes")
	w.daily(noon) // no folder yet
	for name, age := range map[string]time.Duration{"vieux": 49 * time.Hour, "recent": 47 * time.Hour, "contours/vieux": 1000 * time.Hour} {
		deposit(w, name, noon.Add(-age))
	}
	due, err := w.Due(t.Context(), *category(Deposits), 2)
	if err != nil || due.Rows != 1 || len(due.Examples) != 1 || due.Examples[0] != "vieux" {
		t.Errorf("%+v, %v", due, err)
	}
	w.daily(noon)
	for name, stays := range map[string]bool{"vieux": false, "recent": true, "contours/vieux": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}
