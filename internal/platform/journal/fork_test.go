// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// TestRestoredBackupIsDetected: an old copy of the database goes on with other acts. It is
// shorter, then longer than what was signed; both are seen, and taken note of.
func TestRestoredBackupIsDetected(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		j := newJournal(t, d)
		fill(t, j, 4)
		early := sign(t, j)
		// The copy: what was committed by then, in another database under the same key.
		copied := New(dbtest.New(t, d.Engine(), rooms...), j.key, t.TempDir(), j.now)
		copyTables(t, j, copied)
		fill(t, j, 3)
		late := sign(t, j)

		restored := New(copied.db, j.key, j.dir, j.now) // the data folder is not restored
		if _, err := restored.Checkpoint(ctx); !errors.Is(err, ErrForked) || !strings.Contains(err.Error(), "7 feuilles ont été signées et il n'y en a plus que 4") {
			t.Errorf("shorter: %v", err)
		}
		for i := range 6 {
			add(t, restored, act(100+i))
		}
		if _, err := restored.Checkpoint(ctx); !errors.Is(err, ErrForked) {
			t.Errorf("longer: %v", err)
		}
		if err := restored.Compare(ctx, early.Note); err != nil {
			t.Errorf("with what it does continue: %v", err)
		}
		if err := restored.Compare(ctx, late.Note); !errors.Is(err, ErrForked) {
			t.Errorf("with what it does not: %v", err)
		}
		// A copy with a folder of its own signs; the two checkpoints then prove the fork.
		other := sign(t, copied)
		if _, err := restored.Consistency(ctx, late, other); !errors.Is(err, ErrForked) {
			t.Errorf("consistency of two histories: %v", err)
		}
		proof, err := copied.Consistency(ctx, early, other)
		if err != nil {
			t.Fatal(err)
		}
		if err := Consistent(early, other, proof); err != nil {
			t.Error(err)
		}
		if err := Consistent(late, other, proof); !errors.Is(err, ErrForked) {
			t.Errorf("Consistent of two histories: %v", err)
		}

		if lost, err := restored.Lost(ctx); err != nil || lost == nil || lost.Note != late.Note {
			t.Errorf("Lost = %v, %v", lost, err)
		}
		if list, err := restored.Problems(ctx); err != nil || len(list) != 1 || !strings.Contains(list[0], "7 actes ont été signés") && !strings.Contains(list[0], "7\u00a0actes ont été signés") {
			t.Errorf("Problems = %v, %v", list, err)
		}
		if list, err := New(copied.db, testKey(t), t.TempDir(), j.now).Problems(ctx); err != nil || len(list) != 1 || !strings.Contains(list[0], FormerKeysFile) {
			t.Errorf("under a key nobody gave: %v, %v", list, err)
		}
		c, err := restored.Resume(ctx, Act{At: at, Hat: "Administration du service", Body: map[string]any{"motif": "sauvegarde remise en place"}})
		if err != nil {
			t.Fatal(err)
		}
		if c.Size != 11 {
			t.Errorf("resumed at %d leaves, want 11", c.Size)
		}
		list, err := restored.entries(ctx, "where kind = 'journal-reprise'")
		if err != nil || len(list) != 1 || list[0].Leaf.Body["perdu"] != late.Note {
			t.Errorf("the tree does not quote the lost checkpoint: %v, %v", list, err)
		}
		if lost := restored.LostIn(list[0].Leaf); lost == nil || lost.Note != late.Note {
			t.Errorf("LostIn = %v", lost)
		}
		sound(t, restored)
		if _, err := restored.Resume(ctx, act(0)); !errors.Is(err, ErrContinues) {
			t.Errorf("resumed twice: %v", err)
		}
		if list, err := restored.Problems(ctx); err != nil || len(list) != 0 {
			t.Errorf("once resumed: %v, %v", list, err)
		}
	})
}

func copyTables(t *testing.T, from, to *Journal) {
	t.Helper()
	execute(t, to, "delete from journal_head")
	for _, table := range []string{"journal_head", "journal_leaf", "journal_hash", "journal_checkpoint", "journal_opening"} {
		rows, err := from.db.Read().QueryContext(t.Context(), "select * from "+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			execute(t, to, "insert into "+table+" ("+strings.Join(columns, ", ")+") values ("+db.In(1, len(columns))+")", values...)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckpointRefusesChangedRows(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		fill(t, j, 4)
		sign(t, j)
		add(t, j, act(5))
		execute(t, j, "update journal_hash set hash = (select hash from journal_hash where pos = 0) where pos = 6")
		if _, err := j.Checkpoint(t.Context()); !errors.Is(err, ErrForked) {
			t.Errorf("signed a changed tree: %v", err)
		}
		execute(t, j, "delete from journal_hash where pos = 6")
		if _, err := j.Checkpoint(t.Context()); !errors.Is(err, ErrAltered) {
			t.Errorf("signed a tree with a hole: %v", err)
		}
	})
}

func TestKeyChange(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		ctx := t.Context()
		p := fill(t, j, 3)[1]
		sign(t, j)
		old, err := j.Receipt(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		next := New(j.db, testKey(t), j.dir, j.now, j.Key())
		c := sign(t, next)
		if c.Seq != 1 || c.Key != next.Key().ID() {
			t.Errorf("the new key did not sign: %+v", c)
		}
		r, err := next.Receipt(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyReceipt(r, next.Key()); err != nil {
			t.Error(err)
		}
		if err := VerifyReceipt(r, j.Key()); !errors.Is(err, ErrReceipt) {
			t.Errorf("under the old key: %v", err)
		}
		if err := VerifyReceipt(old, j.Key()); err != nil {
			t.Error(err)
		}
		sound(t, next)
		stranger := New(j.db, next.key, j.dir, j.now)
		if _, err := stranger.Checkpoint(ctx); err != nil {
			t.Errorf("the same tree is already signed by this key: %v", err)
		}
		if a, err := stranger.Audit(ctx, nil); err != nil || a.Sound() {
			t.Errorf("without the former key: %v, %v", a, err)
		}
	})
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k, err := LoadKey(dir, testName)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, KeyFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, err := LoadKey(dir, "autre.exemple.fr/journal")
	if err != nil || again.Public() != k.Public() {
		t.Errorf("read again: %v, %v", again, err)
	}
	if p, err := ReadPublicKey(dir); err != nil || p != k.Public() {
		t.Errorf("public: %q, %v", p, err)
	}
	if err := os.Remove(filepath.Join(dir, PublicKeyFile)); err != nil {
		t.Fatal(err)
	}
	if p, err := ReadPublicKey(dir); err != nil || p != k.Public() {
		t.Errorf("public, from the secret one: %q, %v", p, err)
	}
	secret, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParsePublicKey(string(secret)); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), string(secret[20:])) {
		t.Errorf("the secret key given for the public one: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(dir, testName); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by others: %v", err)
	}
	if err := os.WriteFile(path, []byte("PRIVATE+KEY+abîmée"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(dir, testName); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), "abîmée") {
		t.Errorf("spoilt: %v", err)
	}
	if _, err := NewKey("a b"); err == nil {
		t.Error("a name with a space was taken")
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.partiel"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
