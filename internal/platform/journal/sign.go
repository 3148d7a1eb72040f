// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"maillage/internal/platform/db"
)

// Checkpoint signs the tree as it is committed now, keeps the signed note and returns
// it; when nothing was added since the last one, it returns that one. Call it after the
// commit of an act, or from time to time: one checkpoint covers all the acts before it.
//
// It refuses with [ErrForked] a tree that is not the continuation of the last checkpoint
// or of the witness in the data folder: rows were changed, or an old backup was restored.
func (j *Journal) Checkpoint(ctx context.Context) (*Checkpoint, error) {
	return j.checkpoint(ctx, true)
}

func (j *Journal) checkpoint(ctx context.Context, heedWitness bool) (*Checkpoint, error) {
	if err := take(ctx, j.sign); err != nil {
		return nil, err
	}
	defer func() { j.sign <- struct{}{} }()
	var witness *Checkpoint
	if heedWitness {
		var err error
		if witness, err = j.witness(); err != nil {
			return nil, err
		}
	}
	var c *Checkpoint
	err := j.Tx(ctx, func(tx *sql.Tx) (err error) {
		c, err = j.signIn(ctx, tx, witness)
		return err
	})
	if err != nil {
		return nil, err
	}
	if witness != nil && witness.Note == c.Note {
		return c, nil
	}
	return c, writeDurably(filepath.Join(j.dir, witnessFile), c.Note, 0o600, true)
}

// signIn holds the head's row, so that nobody appends or signs meanwhile.
func (j *Journal) signIn(ctx context.Context, tx *sql.Tx, witness *Checkpoint) (*Checkpoint, error) {
	var n int64
	if err := tx.QueryRowContext(ctx, "update journal_head set size = size where id = 1 returning size").Scan(&n); err != nil {
		return nil, err
	}
	if n == 0 && witness == nil {
		return nil, ErrEmpty
	}
	last, err := j.last(ctx, tx)
	if err != nil {
		return nil, err
	}
	tree := stored(ctx, tx)
	if err := continues(tree, n, last); err != nil {
		return nil, fmt.Errorf("%w ; des lignes ont été changées : lancez la vérification complète du journal", err)
	}
	if err := continues(tree, n, witness); err != nil {
		return nil, fmt.Errorf("%w ; une ancienne sauvegarde a été remise en place, ou un autre dossier de données : voyez la reprise du journal", err)
	}
	if last != nil && last.Size == n && last.Key == j.key.public.ID() {
		return last, nil
	}
	root, err := tlog.TreeHash(n, tree)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{Size: n, Root: root, At: j.now().UTC()}
	if last != nil {
		c.Seq = last.Seq + 1
	}
	if err := c.sign(j.key); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `insert into journal_checkpoint (seq, size, root, at, key, note) values ($1, $2, $3, $4, $5, $6)`,
		c.Seq, c.Size, hex.EncodeToString(c.Root[:]), db.Instant(c.At), c.Key, c.Note)
	return c, err
}

// continues checks that the tree of n leaves has the one of c as its beginning.
func continues(tree tlog.HashReader, n int64, c *Checkpoint) error {
	if c == nil {
		return nil
	}
	if c.Size > n {
		return fmt.Errorf("%w : %d feuilles ont été signées et il n'y en a plus que %d", ErrForked, c.Size, n)
	}
	root, err := tlog.TreeHash(c.Size, tree)
	if err != nil {
		return err
	}
	if root != c.Root {
		return fmt.Errorf("%w : ses %d premières feuilles ne sont plus celles que le point de contrôle n° %d a signées", ErrForked, c.Size, Ordinal(c.Seq))
	}
	return nil
}

// witness is the last checkpoint this installation signed, nil when there is none yet.
func (j *Journal) witness() (*Checkpoint, error) {
	path := filepath.Join(j.dir, witnessFile)
	text, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := ParseCheckpoint(string(text), j.keys()...)
	if err != nil {
		return nil, fmt.Errorf("%s : %w", path, err)
	}
	return c, nil
}

// last is the newest checkpoint kept, nil when there is none.
func (j *Journal) last(ctx context.Context, q db.Querier) (*Checkpoint, error) {
	list, err := j.notes(ctx, q, "order by seq desc limit 1")
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// notes takes a condition of this file, never a text from elsewhere.
func (j *Journal) notes(ctx context.Context, q db.Querier, condition string, args ...any) ([]*Checkpoint, error) {
	keys := j.keys()
	return db.Query(ctx, q, func(scan func(...any) error) (*Checkpoint, error) {
		var text string
		if err := scan(&text); err != nil {
			return nil, err
		}
		return ParseCheckpoint(text, keys...)
	}, "select note from journal_checkpoint "+condition, args...) // #nosec G202 -- fixed conditions
}

// Checkpoints lists the newest checkpoints, newest first, at most limit: what the public
// page shows.
func (j *Journal) Checkpoints(ctx context.Context, limit int) ([]*Checkpoint, error) {
	return j.notes(ctx, j.db.Read(), "order by seq desc limit $1", limit)
}

// Consistency proves that the present tree, cut at the newer checkpoint, continues the
// older one; [Consistent] checks it without the database.
func (j *Journal) Consistency(ctx context.Context, older, newer *Checkpoint) (proof tlog.TreeProof, err error) {
	err = j.db.View(ctx, func(tx *sql.Tx) error {
		n, err := size(ctx, tx)
		if err != nil {
			return err
		}
		tree := stored(ctx, tx)
		if err := errors.Join(continues(tree, n, older), continues(tree, n, newer)); err != nil {
			return err
		}
		proof, err = tlog.ProveTree(newer.Size, older.Size, tree)
		return err
	})
	return proof, err
}

// Compare checks a checkpoint that comes from elsewhere (a receipt, the public page as
// somebody kept it) against this database: nil when its history is the beginning of ours,
// [ErrForked] when one of the two was rewritten.
func (j *Journal) Compare(ctx context.Context, text string) error {
	c, err := ParseCheckpoint(text, j.keys()...)
	if err != nil {
		return err
	}
	return j.db.View(ctx, func(tx *sql.Tx) error {
		n, err := size(ctx, tx)
		if err != nil {
			return err
		}
		return continues(stored(ctx, tx), n, c)
	})
}

// ErrContinues: there is nothing to resume.
var ErrContinues = errors.New("le journal continue ce qui a été signé : il n'y a rien à reprendre")

// lostKey is the member of a resumption's body that holds the lost checkpoint's note.
const lostKey = "perdu"

// LostIn is the checkpoint that an act of [KindResumed] gave up, nil for other acts.
func (j *Journal) LostIn(l *Leaf) *Checkpoint {
	text, _ := l.Body[lostKey].(string)
	c, err := ParseCheckpoint(text, j.keys()...)
	if l.Kind != KindResumed || err != nil {
		return nil
	}
	return c
}

// Lost is what this installation signed and the database does not continue: an old backup
// was restored, or signed acts were replaced. nil when it does continue it.
func (j *Journal) Lost(ctx context.Context) (*Checkpoint, error) {
	witness, err := j.witness()
	if err != nil || witness == nil {
		return nil, err
	}
	err = j.Compare(ctx, witness.Note)
	switch {
	case errors.Is(err, ErrForked):
		return witness, nil
	case err != nil:
		return nil, err
	}
	return nil, nil
}

// Resume takes note, after a restoration, that signed acts are lost: it appends an act of
// [KindResumed] that quotes the checkpoint they were under, for ever readable in the tree,
// then signs again. The act says who decides so, and why; its body gains "perdu". Without a witness
// that contradicts the database there is nothing to resume, and it is an error.
func (j *Journal) Resume(ctx context.Context, a Act) (*Checkpoint, error) {
	witness, err := j.Lost(ctx)
	if err != nil {
		return nil, err
	}
	if witness == nil {
		return nil, ErrContinues
	}
	body := maps.Clone(a.Body)
	if body == nil {
		body = map[string]any{}
	}
	body[lostKey] = witness.Note
	a.Kind, a.Body = KindResumed, body
	if err := j.Tx(ctx, func(tx *sql.Tx) error { _, err := j.Append(ctx, tx, a); return err }); err != nil {
		return nil, err
	}
	return j.checkpoint(ctx, false)
}
