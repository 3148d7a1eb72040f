// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"maillage/internal/platform/db"
)

// Finding is one thing that is not as it was written, and where.
type Finding struct {
	Table string // of the database; "" for the witness file
	Text  string // in French: what, where
}

// Audit is what a walk over the whole journal found.
type Audit struct {
	Leaves, Checkpoints, Openings, Erased int64
	Findings                              []Finding // the first of them; none when all is as written
	More                                  int64     // findings beyond those
}

// Sound says that nothing was found.
func (a *Audit) Sound() bool { return len(a.Findings) == 0 }

// maxFindings bounds the list: a journal that was replaced has as many as it has leaves.
const maxFindings = 1000

func (a *Audit) found(table, format string, args ...any) {
	if len(a.Findings) == maxFindings {
		a.More++
		return
	}
	a.Findings = append(a.Findings, Finding{table, fmt.Sprintf(format, args...)})
}

// hashName names a node of the tree: level 0 is that of the leaves.
func hashName(level int, n int64) string {
	if level == 0 {
		return fmt.Sprintf("l'empreinte de la feuille n° %d", Ordinal(n))
	}
	return fmt.Sprintf("l'empreinte n° %d du niveau %d (feuilles n° %d à %d)", Ordinal(n), level, Ordinal(n<<level), (n+1)<<level)
}

// Audit walks the whole journal in one view of the database: every leaf, hash,
// checkpoint and opening, and the witness file. Memory does not grow with the journal. Its
// error is that of reading; what is wrong with the journal is in the findings. It tells
// watch, when there is one, how many steps are done and how many there are.
func (j *Journal) Audit(ctx context.Context, watch func(done, total int64)) (*Audit, error) {
	a := &Audit{}
	err := j.db.View(ctx, func(tx *sql.Tx) error {
		w := newWalk(ctx, tx, a, j.keys())
		w.watch = watch
		if err := w.run(); err != nil {
			return err
		}
		witness, err := j.witness()
		if err != nil {
			a.found("", "le témoin : %v", err)
			return nil
		}
		if err := continues(stored(ctx, tx), w.size, witness); err != nil {
			a.found("", "le témoin : %v", err)
		}
		return nil
	})
	return a, err
}

// node is a whole subtree met on the way. stored is what the database holds (absent when
// known is false); right is what it should hold, as far as can be told.
type node struct {
	level  int
	n      int64
	stored tlog.Hash
	known  bool
	right  tlog.Hash
}

// walk goes over the leaves in order, with the hashes each of them completes.
type walk struct {
	ctx   context.Context
	tx    *sql.Tx
	audit *Audit
	keys  []PublicKey
	step  int64                   // leaves read at a time; even, so that pairs stay together
	watch func(done, total int64) // may be nil

	size   int64 // leaves there should be
	leaves []leafRow
	hashes map[int64]string // of the chunk, by position
	marks  []checkpointRow  // checkpoints, by size
	edge   []node           // the whole subtrees on the left of what is to come
	sound  int64            // size of the last checkpoint that matched
	broken bool             // a checkpoint did not match: those after it need not be told

	pending   []suspect           // leaves of the last pair, not judged yet
	misplaced map[tlog.Hash]int64 // hashes of altered leaves → where they were found
}

type leafRow struct {
	idx                                 int64
	id, kind, at, holder, subject, text string
}

type checkpointRow struct {
	seq, size           int64
	root, at, key, note string
}

// suspect is a leaf whose hash is not the one stored.
type suspect struct {
	n            int64
	stored, real tlog.Hash
	known, there bool // the stored hash, the leaf's row
}

func newWalk(ctx context.Context, tx *sql.Tx, a *Audit, keys []PublicKey) *walk {
	return &walk{ctx: ctx, tx: tx, audit: a, keys: keys, step: 1024, misplaced: map[tlog.Hash]int64{}}
}

// progress says how far the walk is: it goes over the leaves, then over the openings.
func (w *walk) progress(done int64) {
	if w.watch != nil {
		w.watch(done, 2*w.size)
	}
}

func (w *walk) run() error {
	if err := w.head(); err != nil {
		return err
	}
	for lo := int64(0); lo < w.size; lo += w.step {
		w.progress(lo)
		if err := w.chunk(lo, min(lo+w.step, w.size)); err != nil {
			return err
		}
	}
	if err := w.extra(); err != nil {
		return err
	}
	return w.openings()
}

// head decides how many leaves there should be: what the head says, unless rows go further
// without a hole, in which case the head is what was changed.
func (w *walk) head() error {
	var heads, leaves, last int64
	err := w.tx.QueryRowContext(w.ctx, `select (select count(*) from journal_head), (select coalesce(max(size), 0) from journal_head where id = 1),
		(select count(*) from journal_leaf), (select coalesce(max(idx), -1) from journal_leaf)`).Scan(&heads, &w.size, &leaves, &last)
	if err != nil {
		return err
	}
	w.audit.Leaves = leaves
	if heads != 1 {
		w.audit.found("journal_head", "la ligne qui dit la taille du journal manque")
	}
	var hashes int64
	if err := w.tx.QueryRowContext(w.ctx, `select coalesce(max(pos), -1) + 1 from journal_hash`).Scan(&hashes); err != nil {
		return err
	}
	if leaves == last+1 && leaves != w.size && hashes == tlog.StoredHashCount(leaves) {
		w.audit.found("journal_head", "la taille inscrite est %d et le journal a %d feuilles", w.size, leaves)
		w.size = leaves
	}
	// A size beyond every row would only be walked for nothing.
	if most := max(last+1, hashes); w.size > most {
		w.audit.found("journal_head", "la taille inscrite est %d et le journal a %d feuilles", w.size, leaves)
		w.size = last + 1
	}
	return nil
}

func (w *walk) chunk(lo, hi int64) (err error) {
	w.leaves, err = db.Query(w.ctx, w.tx, func(scan func(...any) error) (r leafRow, err error) {
		return r, scan(&r.idx, &r.id, &r.kind, &r.at, &r.holder, &r.subject, &r.text)
	}, `select idx, id, kind, at, holder, subject, leaf from journal_leaf where idx >= $1 and idx < $2 order by idx`, lo, hi)
	if err != nil {
		return err
	}
	from, to := tlog.StoredHashIndex(0, lo), tlog.StoredHashCount(hi)
	rows, err := db.Query(w.ctx, w.tx, scanRow, `select pos, hash from journal_hash where pos >= $1 and pos < $2 order by pos`, from, to)
	if err != nil {
		return err
	}
	w.hashes = make(map[int64]string, len(rows))
	for _, r := range rows {
		w.hashes[r.pos] = r.hash
	}
	if w.marks, err = w.checkpoints(lo, hi); err != nil {
		return err
	}
	for n := lo; n < hi; n++ {
		w.leaf(n)
		w.checkMarks(n + 1)
	}
	return nil
}

// leaf takes the leaf n, then every subtree it completes.
func (w *walk) leaf(n int64) {
	s := suspect{n: n}
	if len(w.leaves) > 0 && w.leaves[0].idx == n {
		w.columns(w.leaves[0])
		s.there, s.real = true, tlog.RecordHash([]byte(w.leaves[0].text))
		w.leaves = w.leaves[1:]
	} else {
		w.audit.found("journal_leaf", "la feuille n° %d manque", Ordinal(n))
	}
	s.stored, s.known = w.stored(0, n)
	w.edge = append(w.edge, node{level: 0, n: n, stored: s.stored, known: s.known, right: s.real})
	if s.there && s.known && s.stored != s.real || !s.there {
		w.pending = append(w.pending, s)
	}
	if n%2 == 0 && n+1 < w.size {
		if len(w.marks) > 0 && w.marks[0].size == n+1 {
			w.judge(false)
		}
		return // judged with its neighbour, whose parent decides
	}
	w.judge(true)
	for len(w.edge) > 1 && w.edge[len(w.edge)-1].level == w.edge[len(w.edge)-2].level {
		w.join()
	}
}

func (w *walk) stored(level int, n int64) (tlog.Hash, bool) {
	text, there := w.hashes[tlog.StoredHashIndex(level, n)]
	h, ok := parseHash(text)
	switch {
	case !there:
		w.audit.found("journal_hash", "%s manque", hashName(level, n))
	case !ok:
		w.audit.found("journal_hash", "%s n'est pas une empreinte", hashName(level, n))
	}
	return h, ok
}

// join replaces the two last subtrees by the one they make.
func (w *walk) join() {
	left, right := w.edge[len(w.edge)-2], w.edge[len(w.edge)-1]
	up := node{level: left.level + 1, n: left.n / 2, right: tlog.NodeHash(left.right, right.right)}
	up.stored, up.known = w.stored(up.level, up.n)
	if up.known && up.stored != up.right {
		w.audit.found("journal_hash", "%s a été modifiée", hashName(up.level, up.n))
	}
	w.edge = append(w.edge[:len(w.edge)-2], up)
}

// columns compares the columns that repeat the leaf with what it says.
func (w *walk) columns(r leafRow) {
	l, err := ParseLeaf([]byte(r.text))
	if err != nil {
		w.audit.found("journal_leaf", "la feuille n° %d est illisible : %v", Ordinal(r.idx), err)
		return
	}
	for _, c := range []struct{ name, have, want string }{
		{"id", r.id, l.ID}, {"kind", r.kind, l.Kind}, {"at", r.at, db.Instant(l.At)}, {"holder", r.holder, l.Holder}, {"subject", r.subject, l.Subject},
	} {
		if c.have != c.want {
			w.audit.found("journal_leaf", "feuille n° %d : la colonne %s dit %q et la feuille %q", Ordinal(r.idx), c.name, c.have, c.want)
		}
	}
}

// hexOf writes a hash as the tables keep it.
func hexOf(h tlog.Hash) string { return hex.EncodeToString(h[:]) }
