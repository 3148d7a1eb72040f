// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// tampers is one change to each column of each table, and to their rows, with what the
// audit must say. The journal has 13 leaves; checkpoints of 5, 8 and 13 leaves.
var tampers = []struct{ name, query, table, says string }{
	{"head size up", "update journal_head set size = 14", "journal_head", "la taille inscrite est 14 et le journal a 13 feuilles"},
	{"head size far up", "update journal_head set size = 900000000000", "journal_head", "la taille inscrite est 900000000000"},
	{"head size down", "update journal_head set size = 12", "journal_head", "la taille inscrite est 12"},
	{"head gone", "delete from journal_head", "journal_head", "manque"},

	{"leaf text", "update journal_leaf set leaf = replace(leaf, 'schema/6', 'schema/7') where idx = 6", "journal_leaf", "la feuille n° 7 a été modifiée"},
	{"leaf text, first", "update journal_leaf set leaf = replace(leaf, 'schema/0', 'schema/9') where idx = 0", "journal_leaf", "la feuille n° 1 a été modifiée"},
	{"leaf text, even, under a checkpoint", "update journal_leaf set leaf = replace(leaf, 'schema/4', 'schema/9') where idx = 4", "journal_leaf", "la feuille n° 5 a été modifiée"},
	{"leaf text, last, odd one out", "update journal_leaf set leaf = replace(leaf, 'schema/12', 'schema/99') where idx = 12", "journal_leaf", "la feuille n° 13 a été modifiée"},
	{"leaf spelt otherwise", "update journal_leaf set leaf = replace(leaf, '{', '{ ') where idx = 6", "journal_leaf", "la feuille n° 7 est illisible"},
	{"leaf idx", "update journal_leaf set idx = 40 where idx = 6", "journal_leaf", "la feuille n° 7 manque"},
	{"leaf idx, told as extra", "update journal_leaf set idx = 40 where idx = 6", "journal_leaf", "la feuille n° 41 est en trop"},
	{"leaf idx, negative", "update journal_leaf set idx = -1 where idx = 6", "journal_leaf", "la feuille n° 0 est en trop"},
	{"leaf id", "update journal_leaf set id = 'x' where idx = 6", "journal_leaf", "feuille n° 7 : la colonne id dit \"x\""},
	{"leaf kind", "update journal_leaf set kind = 'x' where idx = 6", "journal_leaf", "feuille n° 7 : la colonne kind dit \"x\""},
	{"leaf at", "update journal_leaf set at = 'x' where idx = 6", "journal_leaf", "feuille n° 7 : la colonne at dit \"x\""},
	{"leaf holder", "update journal_leaf set holder = 'x' where idx = 6", "journal_leaf", "feuille n° 7 : la colonne holder dit \"x\""},
	{"leaf subject", "update journal_leaf set subject = 'x' where idx = 6", "journal_leaf", "feuille n° 7 : la colonne subject dit \"x\""},
	{"leaf gone", "delete from journal_leaf where idx = 7", "journal_leaf", "la feuille n° 8 manque"},
	{"last leaf gone", "delete from journal_leaf where idx = 12", "journal_leaf", "la feuille n° 13 manque"},
	{"leaf added", "insert into journal_leaf (idx, id, kind, at, holder, subject, leaf) select 13, 'x', kind, at, holder, subject, leaf from journal_leaf where idx = 6", "journal_leaf", "la feuille n° 14 est en trop"},

	{"leaf hash", "update journal_hash set hash = '" + strings.Repeat("ab", 32) + "' where pos = (2*6-2)", "journal_hash", "l'empreinte de la feuille n° 7 a été modifiée"},
	{"hash of level 1", "update journal_hash set hash = '" + strings.Repeat("ab", 32) + "' where pos = 2", "journal_hash", "l'empreinte n° 1 du niveau 1 (feuilles n° 1 à 2) a été modifiée"},
	{"hash of level 3", "update journal_hash set hash = '" + strings.Repeat("ab", 32) + "' where pos = 14", "journal_hash", "l'empreinte n° 1 du niveau 3 (feuilles n° 1 à 8) a été modifiée"},
	{"hash spelt otherwise", "update journal_hash set hash = upper(hash) where pos = 2", "journal_hash", "l'empreinte n° 1 du niveau 1 (feuilles n° 1 à 2) n'est pas une empreinte"},
	{"hash pos", "update journal_hash set pos = 99 where pos = 2", "journal_hash", "l'empreinte n° 1 du niveau 1 (feuilles n° 1 à 2) manque"},
	{"hash pos, told as extra", "update journal_hash set pos = 99 where pos = 2", "journal_hash", "l'empreinte en position 100 est en trop"},
	{"hash gone", "delete from journal_hash where pos = 14", "journal_hash", "l'empreinte n° 1 du niveau 3 (feuilles n° 1 à 8) manque"},

	{"checkpoint seq", "update journal_checkpoint set seq = 7 where seq = 1", "journal_checkpoint", "le point de contrôle n° 8 : ses colonnes"},
	{"checkpoint size", "update journal_checkpoint set size = 6 where seq = 0", "journal_checkpoint", "le point de contrôle n° 1 : ses colonnes"},
	{"checkpoint size beyond", "update journal_checkpoint set size = 60 where seq = 0", "journal_checkpoint", "le point de contrôle n° 1 parle de 60 feuilles"},
	{"checkpoint root", "update journal_checkpoint set root = '" + strings.Repeat("ab", 32) + "' where seq = 1", "journal_checkpoint", "le point de contrôle n° 2 : ses colonnes"},
	{"checkpoint at", "update journal_checkpoint set at = '2020-01-01T00:00:00.000000Z' where seq = 1", "journal_checkpoint", "le point de contrôle n° 2 : ses colonnes"},
	{"checkpoint key", "update journal_checkpoint set key = 'x+1' where seq = 1", "journal_checkpoint", "le point de contrôle n° 2 : ses colonnes"},
	{"checkpoint note", "update journal_checkpoint set note = replace(note, 'numéro 1', 'numéro 2') where seq = 1", "journal_checkpoint", "le point de contrôle n° 2 : point de contrôle refusé : sa signature"},
	{"checkpoint gone", "delete from journal_checkpoint where seq = 1", "journal_checkpoint", "le point de contrôle n° 2 manque"},

	{"opening commitment", "update journal_opening set commitment = '" + strings.Repeat("ab", 32) + "' where idx = 6 and person = 'personne-9'", "journal_opening", "feuille n° 7 : elle ne contient pas le scellé abababababab…"},
	{"opening commitment, told as missing", "update journal_opening set commitment = '" + strings.Repeat("ab", 32) + "' where idx = 6 and person = 'personne-9'", "journal_opening", "feuille n° 7 : la ligne du scellé"},
	{"opening idx", "update journal_opening set idx = 5 where idx = 6 and person = 'personne-9'", "journal_opening", "feuille n° 6 : elle ne contient pas"},
	{"opening idx beyond", "update journal_opening set idx = 50 where idx = 6 and person = 'personne-9'", "journal_opening", "la feuille n° 51, qui n'existe pas"},
	{"opening person", "update journal_opening set person = 'x' where idx = 6 and person = 'personne-9'", "journal_opening", "feuille n° 7 : le scellé"},
	{"opening salt", "update journal_opening set salt = '" + strings.Repeat("ab", 32) + "' where idx = 6 and person = 'personne-9'", "journal_opening", "ne s'ouvre plus"},
	{"opening value", "update journal_opening set value = 'x' where idx = 6 and person = 'personne-9'", "journal_opening", "ne s'ouvre plus"},
	{"opening erased_at", "update journal_opening set erased_at = '2026-01-01T00:00:00.000000Z' where idx = 6 and person = 'personne-9'", "journal_opening", "l'effacement du scellé"},
	{"opening gone", "delete from journal_opening where idx = 6 and person = 'personne-9'", "journal_opening", "feuille n° 7 : la ligne du scellé"},
}

// grown is a journal of 13 leaves with checkpoints of 5, 8 and 13.
func grown(tb testing.TB, j *Journal) {
	tb.Helper()
	for i := range 13 {
		add(tb, j, act(i))
		if i == 4 || i == 7 || i == 12 {
			sign(tb, j)
		}
	}
}

func TestAuditNamesWhatWasChanged(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		ctx := t.Context()
		grown(t, j)
		sound(t, j)
		seen := map[string]bool{}
		for _, x := range tampers {
			// Inside a transaction that is undone: each starts from the sound journal.
			err := j.db.Tx(ctx, func(tx *sql.Tx) error {
				res, err := tx.ExecContext(ctx, x.query)
				if err != nil {
					return err
				}
				if n, err := res.RowsAffected(); err != nil || n != 1 {
					t.Errorf("%s: changed %d rows, %v", x.name, n, err)
				}
				a := &Audit{}
				w := newWalk(ctx, tx, a, j.keys())
				if err := w.run(); err != nil {
					return err
				}
				named := false
				for _, f := range a.Findings {
					named = named || f.Table == x.table && strings.Contains(f.Text, x.says)
				}
				if !named {
					t.Errorf("%s: want %s: %s; got %v", x.name, x.table, x.says, a.Findings)
				}
				// One altered leaf or hash is told once, not at each level above.
				if strings.HasSuffix(x.says, "modifiée") && strings.HasPrefix(x.name, "leaf hash") && len(a.Findings) != 1 {
					t.Errorf("%s: told %d times: %v", x.name, len(a.Findings), a.Findings)
				}
				return errUndo
			})
			if err != errUndo {
				t.Errorf("%s: %v", x.name, err)
			}
			for _, word := range strings.Fields(x.query) {
				seen[x.table+"."+strings.Trim(word, ",(")] = true
			}
		}
		for _, table := range []string{"journal_leaf", "journal_hash", "journal_checkpoint", "journal_opening"} {
			for _, column := range columnsOf(t, j, table) {
				if !seen[table+"."+column] {
					t.Errorf("no test changes %s.%s", table, column)
				}
			}
		}
		sound(t, j)
	})
}

var errUndo = fmt.Errorf("undo")

func columnsOf(t *testing.T, j *Journal, table string) []string {
	t.Helper()
	rows, err := j.db.Read().QueryContext(t.Context(), "select * from "+table+" where 1 = 0")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || rows.Err() != nil {
		t.Fatal(err, rows.Err())
	}
	return columns
}

func TestAuditNamesLeavesThatChangedPlaces(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		grown(t, j)
		for _, q := range []string{
			"update journal_leaf set idx = -1 where idx = 3",
			"update journal_leaf set idx = 3 where idx = 9",
			"update journal_leaf set idx = 9 where idx = -1",
		} {
			execute(t, j, q)
		}
		a, err := j.Audit(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint(a.Findings)
		if !strings.Contains(text, "la feuille n° 4 a été modifiée") || !strings.Contains(text, "la feuille n° 10 a été modifiée : son contenu est au n° 4") {
			t.Errorf("findings: %v", a.Findings)
		}
	})
}

// TestAuditNamesARewrittenHistory: somebody who rewrites leaves and all the hashes above
// them is betrayed by the checkpoints, which say between which leaves.
func TestAuditNamesARewrittenHistory(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		grown(t, j)
		execute(t, j, "update journal_leaf set leaf = replace(leaf, 'schema/6', 'schema/7'), subject = 'schema/7' where idx = 6")
		rehash(t, j)
		a, err := j.Audit(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(a.Findings); !strings.Contains(text, "entre les feuilles n° 6 et 8, des actes ont été remplacés") || !strings.Contains(text, "le témoin") {
			t.Errorf("findings: %v", a.Findings)
		}
		// Even without its checkpoints, the witness beside the key knows.
		execute(t, j, "delete from journal_checkpoint")
		if a, err = j.Audit(t.Context(), nil); err != nil || len(a.Findings) != 1 || a.Findings[0].Table != "" {
			t.Errorf("without checkpoints: %v, %v", a.Findings, err)
		}
		if err := os.WriteFile(filepath.Join(j.dir, witnessFile), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if a, err = j.Audit(t.Context(), nil); err != nil || len(a.Findings) != 1 || !strings.Contains(a.Findings[0].Text, "n'est pas une note signée") {
			t.Errorf("with a spoilt witness: %v, %v", a.Findings, err)
		}
	})
}

// rehash makes every stored hash agree with the leaves, as a forger would.
func rehash(tb testing.TB, j *Journal) {
	tb.Helper()
	ctx := tb.Context()
	list, err := j.entries(ctx, "order by idx")
	if err != nil {
		tb.Fatal(err)
	}
	execute(tb, j, "delete from journal_hash")
	err = j.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, e := range list {
			hashes, err := tlog.StoredHashes(e.Index, []byte(e.Text), stored(ctx, tx))
			if err != nil {
				return err
			}
			if err := insertHashes(ctx, tx, tlog.StoredHashIndex(0, e.Index), hashes); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// TestAuditOfAnySize changes one random leaf or hash of a tree of random size, across the
// chunks in which the audit reads, and wants it named alone.
func TestAuditOfAnySize(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite, rooms...)
	j := newJournal(t, d)
	const step, most = 8, 2*8 + 7
	fill(t, j, most)
	sign(t, j)
	sound(t, j)
	var bad string
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.Int64Range(0, most-1).Draw(r, "leaf")
		query, says := fmt.Sprintf("update journal_leaf set leaf = replace(leaf, '\"version\":', '\"version\":1') where idx = %d", n), fmt.Sprintf("la feuille n° %d a été modifiée", Ordinal(n))
		if rapid.Bool().Draw(r, "hash") {
			pos := rapid.Int64Range(0, tlog.StoredHashCount(most)-1).Draw(r, "pos")
			level, k := tlog.SplitStoredHashIndex(pos)
			query, says = fmt.Sprintf("update journal_hash set hash = '%064d' where pos = %d", 7, pos), hashName(level, k)+" a été modifiée"
		}
		err := d.Tx(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(t.Context(), query); err != nil {
				return err
			}
			a := &Audit{}
			w := newWalk(t.Context(), tx, a, j.keys())
			w.step = step
			if err := w.run(); err != nil {
				return err
			}
			if bad = fmt.Sprint(a.Findings); len(a.Findings) == 1 && a.Findings[0].Text == says {
				bad = ""
			}
			return errUndo
		})
		if err != errUndo || bad != "" {
			r.Fatalf("want only %q, got %s (%v)", says, bad, err)
		}
	})
}
