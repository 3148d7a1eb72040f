// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/files"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web"
)

// settled is a world where a person is in every personal column, has signed an act, put a file
// and another one is about them.
func settled(w *world) (person, act string) {
	w.Helper()
	person = w.person(people.Person{GivenName: given, FamilyName: family, Mail: address, Phone: phone})
	w.seed(person)
	w.tx(func(tx *sql.Tx) error {
		p, err := w.Journal.Append(w.Context(), tx, journal.Act{Kind: "essai", At: noon, Hat: "Signataire", Actor: journal.Personal{Person: person, Value: given + " " + family},
			Body: map[string]any{"contact": journal.Personal{Person: person, Value: "temoinacte " + address}}})
		act = p.ID
		return err
	})
	if _, err := w.Journal.Checkpoint(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.content = "Lettre de " + given + " " + family + ", temoincontenu.\n"
	ctx := actor.With(w.Context(), actor.Actor{Person: person, Name: given, Title: "Signataire"})
	for _, about := range []string{person, ""} {
		m := files.Meta{Name: "lettre de " + given + " " + family + ".txt", Subject: "essai/1", Access: "fichiers.lire", Scope: web.Scope{Person: about}}
		content := w.content
		if about == "" {
			content = "Compte rendu.\n"
		}
		if _, err := w.files.Put(ctx, strings.NewReader(content), m); err != nil {
			w.Fatal(err)
		}
	}
	return person, act
}

// TestKnownIsEverything: the copy holds every value that the dictionary says is personal, of
// every table, and none that it says is secret.
func TestKnownIsEverything(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		person, _ := settled(w)
		_, sections, err := w.Known(w.Context(), person)
		if err != nil {
			w.Fatal(err)
		}
		var b strings.Builder
		for _, s := range sections {
			for _, row := range s.Rows {
				b.WriteString(strings.Join(row, "\t") + "\n")
			}
		}
		copied := b.String()
		for _, value := range []string{given, family, address, phone, "temoinacte", "lettre de " + given} {
			if !strings.Contains(copied, value) {
				w.Errorf("the copy lacks %q", value)
			}
		}
		for _, at := range sortedKeys(w.seeded) {
			table, column, _ := strings.Cut(at, ".")
			secret := slices.Contains(w.Dictionary.Table(table).Secret, column)
			value := strings.TrimSuffix(strings.TrimPrefix(w.seeded[at], `{"champ":["`), `"]}`)
			if got := strings.Contains(copied, value); got == secret {
				w.Errorf("%s: in the copy %t, secret %t", at, got, secret)
			}
		}
		if w.Failed() {
			w.Log(copied)
		}
	})
}

// TestErasedIsGone: afterwards no column of any table holds a value of the person, nor do the
// bytes of the files; what they did still verifies.
func TestErasedIsGone(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		person, act := settled(w)
		other := w.person(people.Person{GivenName: "Autre", FamilyName: "Quivernac", Mail: "autre@ville.example"})
		w.tx(func(tx *sql.Tx) error {
			_, err := tx.Exec(`update people_person set deputy = $1 where id = $2`, person, other)
			return err
		})
		before, err := w.Journal.Receipt(w.Context(), act)
		if err != nil {
			w.Fatal(err)
		}
		plan, err := w.Plan(w.Context(), person)
		if err != nil || len(plan.Effects) < 20 || len(plan.Texts) < 20 || len(plan.Stays) < 3 {
			w.Fatalf("%d effects, %d texts, %d stay, %v", len(plan.Effects), len(plan.Texts), len(plan.Stays), err)
		}
		if got := w.whereIs(family); len(got) < 10 {
			w.Fatalf("seeded in %v", got)
		}
		ctx := actor.With(w.Context(), asAdministrator(w))
		done, err := w.Erase(ctx, person)
		if err != nil {
			w.Fatal(err)
		}
		checkGone(w)
		for _, r := range []*journal.Receipt{before, receiptOf(w, act), receiptOf(w, done.Act)} {
			if err := journal.VerifyReceipt(r, w.Journal.Key()); err != nil {
				w.Errorf("receipt: %v", err)
			}
		}
		if !bytes.Equal(before.Text, receiptOf(w, act).Text) {
			w.Error("the act was changed")
		}
		if _, err := w.Erase(ctx, person); !errors.Is(err, ErrErased) {
			w.Errorf("a second time: %v", err)
		}
		if got := w.whereIs("autre@ville.example"); len(got) == 0 {
			w.Error("somebody else was erased too")
		}
	})
}

func receiptOf(w *world, act string) *journal.Receipt {
	w.Helper()
	if _, err := w.Journal.Checkpoint(w.Context()); err != nil {
		w.Fatal(err)
	}
	r, err := w.Journal.Receipt(w.Context(), act)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// checkGone looks for everything that was seeded, in the tables and in the bytes of the files.
func checkGone(w *world) {
	w.Helper()
	gone := []string{given, address, phone, "temoinacte", "temoincontenu", given + " " + family}
	for _, at := range sortedKeys(w.seeded) {
		table, column, _ := strings.Cut(at, ".")
		t := w.Dictionary.Table(table)
		if _, kept := t.Kept[column]; !kept && !slices.Contains(t.Free, column) {
			gone = append(gone, w.seeded[at])
		}
	}
	texts := w.all()
	for _, value := range gone {
		for at, content := range texts {
			if strings.Contains(content, value) {
				w.Errorf("%q is still in %s", value, at)
			}
		}
	}
	folders := []string{w.dir}
	if w.DB.Engine() == db.SQLite {
		folders = append(folders, filepath.Dir(w.DB.Place()))
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			for _, value := range gone {
				if bytes.Contains(content, []byte(value)) {
					w.Errorf("%q is still in the bytes of %s", value, filepath.Base(path))
				}
			}
			return err
		})
		if err != nil {
			w.Fatal(err)
		}
	}
}

// TestErasureIsReplayed: a backup brings the person back; the ledger takes them away again, once.
func TestErasureIsReplayed(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		person := w.person(people.Person{GivenName: given, FamilyName: family, Mail: address})
		backup := filepath.Join(w.dir, "sauvegarde")
		if err := w.DB.Backup(w.Context(), backup); err != nil {
			w.Fatal(err)
		}
		if _, err := w.Erase(w.Context(), person); err != nil {
			w.Fatal(err)
		}
		if n, err := w.Replay(w.Context()); n != 0 || err != nil {
			w.Fatalf("nothing to replay: %d, %v", n, err)
		}
		w.tx(func(tx *sql.Tx) error { // as the backup brings it back
			if _, err := tx.Exec(`delete from privacy_erasure`); err != nil {
				return err
			}
			_, err := tx.Exec(`update people_person set given_name = $1, family_name = $2, mail = $3, deleted_at = '' where id = $4`, given, family, address, person)
			return err
		})
		if n, err := w.Replay(w.Context()); n != 1 || err != nil {
			w.Fatalf("replayed %d, %v", n, err)
		}
		if got := w.whereIs(family); len(got) > 0 {
			w.Errorf("back in %v", got)
		}
		if n, err := w.Replay(w.Context()); n != 0 || err != nil {
			w.Errorf("replayed again: %d, %v", n, err)
		}
		// Another machine's ledger is made from the database.
		w.Ledger.Path = filepath.Join(w.dir, "autre.txt")
		if _, err := w.Replay(w.Context()); err != nil {
			w.Fatal(err)
		}
		lines, err := w.Ledger.Lines()
		if err != nil || len(lines) != 1 || !slices.Equal(lines[0].Persons, []string{person}) {
			w.Errorf("%v, %v", lines, err)
		}
	})
}

// TestLedgerAfterACrash: a line cut short is left out, and the next one starts anew.
func TestLedgerAfterACrash(t *testing.T) {
	t.Parallel()
	l := Ledger{Path: filepath.Join(t.TempDir(), LedgerName)}
	for _, id := range []string{"a", "b"} {
		if err := l.Append(Line{ID: id, At: noon, Persons: []string{"p-" + id}}); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(l.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Path, content[:len(content)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(Line{ID: "c", At: noon, Persons: []string{"p-c"}}); err != nil {
		t.Fatal(err)
	}
	lines, err := l.Lines()
	if err != nil || len(lines) != 2 || lines[0].ID != "a" || lines[1].ID != "c" {
		t.Errorf("%v, %v", lines, err)
	}
}

// TestDuplicatesGoTogether: records that were merged are one person.
func TestDuplicatesGoTogether(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		kept := w.person(people.Person{GivenName: given, FamilyName: family, Mail: address})
		twin := w.person(people.Person{GivenName: "Zoé", FamilyName: "Quivernac-Dupin", Mail: "zoe@autre.example"})
		w.tx(func(tx *sql.Tx) error {
			_, err := tx.Exec(`update people_person set merged_into = $1, root = $2 where id = $3`, kept, kept, twin)
			return err
		})
		if _, err := w.Erase(w.Context(), twin); err != nil {
			w.Fatal(err)
		}
		for _, value := range []string{family, address, "zoe@autre.example"} {
			if got := w.whereIs(value); len(got) > 0 {
				w.Errorf("%q is still in %v", value, got)
			}
		}
		if _, err := w.Erase(w.Context(), "0198-personne"); !errors.Is(err, ErrUnknown) {
			w.Errorf("nobody: %v", err)
		}
	})
}

// TestNothingIsHalfErased: when a room refuses, nothing has changed.
func TestNothingIsHalfErased(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		person, _ := settled(w)
		before := w.all()
		w.Holders["zzz"] = refusing{}
		if _, err := w.Erase(w.Context(), person); !errors.Is(err, errRefused) {
			w.Fatal(err)
		}
		for at, content := range w.all() {
			if before[at] != content {
				w.Errorf("%s changed", at)
			}
		}
	})
}

var errRefused = errors.New("refused")

type refusing struct{}

func (refusing) Export(context.Context, string) ([]Section, error) { return nil, nil }

func (refusing) Erase(context.Context, *sql.Tx, string) error { return errRefused }

// TestRetention: the dry run counts what applying removes, and changes nothing.
func TestRetention(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		person, _ := settled(w)
		later := noon.AddDate(3, 0, 0)
		w.tx(func(tx *sql.Tx) error { // dates in place of the seeded words
			for _, t := range w.Dictionary.Tables {
				if t.Life.Category == "" {
					continue
				}
				if _, err := tx.Exec("update "+t.Name+" set "+t.Life.Since+" = $1", db.Instant(noon)); err != nil {
					return err
				}
			}
			_, err := tx.Exec(`update people_affiliation set valid_to = $1, deleted_at = ''`, "2026-12-31")
			return err
		})
		deposit(w, "depose", noon)
		for _, at := range []time.Time{noon, later} {
			w.Now = func() time.Time { return at }
			w.files.Now = w.Now
			w.Purgers["history_entry"] = PurgerOfHistory(w.DB, w.Now)
			for _, c := range slices.Backward(Categories()) { // the directory last: erasing somebody leaves nothing to the others
				checkRetention(w, c, at == later)
			}
		}
		if got := w.whereIs(person); slices.Contains(got, "signin_session.person") {
			w.Errorf("still in %v", got)
		}
	})
}

func checkRetention(w *world, c Category, late bool) {
	w.Helper()
	before := w.all()
	due, err := w.Due(w.Context(), c, c.Days)
	if err != nil {
		w.Fatal(err)
	}
	for at, content := range w.all() {
		if before[at] != content {
			w.Errorf("%s: the dry run changed %s", c.Name, at)
		}
	}
	if (due.Rows > 0) != (late && c.Days > 0) || (due.Rows > 0) != (len(due.Examples) > 0) {
		w.Errorf("%s, late %t: %+v", c.Name, late, due)
	}
	n, err := w.Apply(w.Context(), c, c.Days)
	if err != nil || n != due.Rows {
		w.Errorf("%s: applied %d of %d, %v", c.Name, n, due.Rows, err)
	}
	if again, err := w.Due(w.Context(), c, c.Days); err != nil || again.Rows != 0 {
		w.Errorf("%s: %d left, %v", c.Name, again.Rows, err)
	}
}
