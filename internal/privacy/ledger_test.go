// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maillage/internal/people"
	"maillage/internal/platform/web/webtest"
)

// TestAFailedErasureStaysUndone: what failed is told to whoever asked; no restart does it behind
// their back. Asked for again, it is done.
func TestAFailedErasureStaysUndone(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		person := w.person(people.Person{GivenName: given, FamilyName: family, Mail: address})
		w.Holders["zzz"] = refusing{}
		if _, err := w.Erase(w.Context(), person); !errors.Is(err, errRefused) {
			w.Fatal(err)
		}
		delete(w.Holders, "zzz")
		if n, err := w.Replay(w.Context()); n != 0 || err != nil {
			w.Errorf("the restart erased %d, %v", n, err)
		}
		if len(w.whereIs(address)) == 0 {
			w.Error("erased all the same")
		}
		if _, err := w.Erase(w.Context(), person); err != nil {
			w.Fatal(err)
		}
		if lines, err := w.Ledger.Lines(); err != nil || len(lines) != 1 {
			w.Errorf("%v, %v", lines, err)
		}
	})
}

// TestAReplayThatFailsIsSaid: it keeps no other waiting, the desk says so, and the daily job tries
// again.
func TestAReplayThatFailsIsSaid(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	for _, name := range []string{"Zoélie", "Yseult"} {
		person := w.person(people.Person{GivenName: name, FamilyName: family, Mail: name + "@ville.example"})
		if _, err := w.Erase(t.Context(), person); err != nil {
			t.Fatal(err)
		}
	}
	w.tx(func(tx *sql.Tx) error { // as a backup brings them back
		if _, err := tx.Exec(`delete from privacy_erasure`); err != nil {
			return err
		}
		_, err := tx.Exec(`update people_person set given_name = id, mail = id || '@ville.example', deleted_at = ''`)
		return err
	})
	lines, err := w.Ledger.Lines()
	if err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	w.Holders["zzz"] = refusingOne{person: lines[0].Persons[0]}
	if n, err := w.Replay(t.Context()); n != 1 || !errors.Is(err, errRefused) {
		t.Errorf("%d, %v", n, err)
	}
	said := func() bool {
		return strings.Contains(webtest.Get(t, w.site(asAdministrator(w)), "/donnees").Body, "pas pu être refait")
	}
	if !said() {
		t.Error("the desk does not say it")
	}
	delete(w.Holders, "zzz")
	if err := w.RunDaily(t.Context(), w.log()); err != nil {
		t.Fatal(err)
	}
	if said() || len(w.whereIs("@ville.example")) > 0 {
		t.Errorf("said %t, still in %v", said(), w.whereIs("@ville.example"))
	}
}

// TestALineCutAnywhereIsLeftOut: wherever a crash cut the last line, it does not count, neither
// before nor after another one is added; a line that says it was cancelled neither.
func TestALineCutAnywhereIsLeftOut(t *testing.T) {
	t.Parallel()
	l := Ledger{Path: filepath.Join(t.TempDir(), LedgerName)}
	add := func(id string) {
		t.Helper()
		if err := l.Append(Line{ID: id, At: noon, Persons: []string{"p-" + id, "q-" + id}}); err != nil {
			t.Fatal(err)
		}
	}
	ids := func() (list string) {
		t.Helper()
		lines, err := l.Lines()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			list += line.ID + "(" + strings.Join(line.Persons, ",") + ") "
		}
		return list
	}
	add("a")
	one, err := os.ReadFile(l.Path)
	if err != nil {
		t.Fatal(err)
	}
	add("b")
	two, err := os.ReadFile(l.Path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(one); cut < len(two); cut++ {
		if err := os.WriteFile(l.Path, two[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if got := ids(); got != "a(p-a,q-a) " {
			t.Errorf("cut at %d: %s", cut, got)
		}
		add("c")
		if got := ids(); got != "a(p-a,q-a) c(p-c,q-c) " {
			t.Errorf("cut at %d, then another: %s", cut, got)
		}
	}
	if err := l.Cancel("c"); err != nil {
		t.Fatal(err)
	}
	if got := ids(); got != "a(p-a,q-a) " {
		t.Errorf("cancelled: %s", got)
	}
}

// TestErasedOnceInTwoProcesses: of two processes that come upon the same person one erases, and
// one act says it.
func TestErasedOnceInTwoProcesses(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		person := w.person(people.Person{GivenName: given, FamilyName: family, Mail: address})
		seen, err := w.identity(w.Context(), w.DB.Read(), person)
		if err != nil {
			w.Fatal(err)
		}
		for i, want := range []error{nil, ErrErased} { // both saw them before either erased
			if _, err := w.eraseNoted(w.Context(), seen); !errors.Is(err, want) {
				w.Errorf("%d: %v", i, err)
			}
		}
		var acts int
		if err := w.DB.Read().QueryRow(`select count(*) from journal_leaf where kind = $1`, KindErasure).Scan(&acts); err != nil || acts != 1 {
			w.Errorf("%d acts, %v", acts, err)
		}
		if n, err := w.Replay(w.Context()); n != 0 || err != nil {
			w.Errorf("replayed %d, %v", n, err)
		}
	})
}
