// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"maillage/internal/platform/db"
)

// judge decides, for the last pair of leaves (or the last leaf alone), whether a leaf or
// its stored hash was changed: the parent that both made, or a signed root, knows. From
// then on the walk goes on with the hash that was right, so that one altered row is told
// once and not at every level above it. When nobody knows, a judgement that is not final
// is left for later.
func (w *walk) judge(final bool) {
	suspects := w.pending
	if len(suspects) == 0 {
		return
	}
	pair := w.edge[len(w.edge)-1:]
	if pair[0].n%2 == 1 {
		pair = w.edge[len(w.edge)-2:]
	}
	agrees := w.witnessOf(pair)
	// Each suspect keeps its stored hash (the leaf was changed) or takes the one computed
	// from its leaf (the hash was).
	for choice := range 1 << len(suspects) {
		for i, s := range suspects {
			pair[s.n-pair[0].n].right = s.stored
			if choice>>i&1 == 1 {
				pair[s.n-pair[0].n].right = s.real
			}
		}
		if agrees() {
			for i, s := range suspects {
				w.tell(s, choice>>i&1 == 1)
			}
			w.pending = nil
			return
		}
	}
	if !final {
		return
	}
	w.pending = nil
	for _, s := range suspects {
		pair[s.n-pair[0].n].right = s.stored
		if !s.known {
			pair[s.n-pair[0].n].right = s.real
		} else if s.there {
			w.audit.found("journal_leaf", "la feuille n° %d ou son empreinte a été modifiée", Ordinal(s.n))
		}
	}
}

// witnessOf is a check of the pair by something that was computed when it was whole.
func (w *walk) witnessOf(pair []node) func() bool {
	if len(pair) == 2 {
		text := w.hashes[tlog.StoredHashIndex(1, pair[0].n/2)]
		parent, known := parseHash(text)
		return func() bool { return known && tlog.NodeHash(pair[0].right, pair[1].right) == parent }
	}
	var roots []tlog.Hash
	for _, m := range w.marks {
		if m.size == pair[0].n+1 {
			if c, err := ParseCheckpoint(m.note, w.keys...); err == nil {
				roots = append(roots, c.Root)
			}
		}
	}
	return func() bool {
		for _, r := range roots {
			if w.root() == r {
				return true
			}
		}
		return false
	}
}

// tell says which of the two was changed.
func (w *walk) tell(s suspect, hash bool) {
	switch {
	case !s.there || !s.known: // already told as missing
	case hash:
		w.audit.found("journal_hash", "%s a été modifiée", hashName(0, s.n))
	default:
		if other, ok := w.misplaced[s.stored]; ok {
			w.audit.found("journal_leaf", "la feuille n° %d a été modifiée : son contenu est au n° %d", Ordinal(s.n), Ordinal(other))
			return
		}
		w.audit.found("journal_leaf", "la feuille n° %d a été modifiée", Ordinal(s.n))
		if len(w.misplaced) < maxFindings {
			w.misplaced[s.real] = s.n
		}
	}
}

// root is that of the leaves walked so far.
func (w *walk) root() tlog.Hash {
	h := w.edge[len(w.edge)-1].right
	for i := len(w.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(w.edge[i].right, h)
	}
	return h
}

// checkpoints reads those whose size lies in ]lo, hi].
func (w *walk) checkpoints(lo, hi int64) ([]checkpointRow, error) {
	return w.checkpointRows(`where size > $1 and size <= $2 order by size, seq`, lo, hi)
}

// checkpointRows takes a condition of this file, never a text from elsewhere.
func (w *walk) checkpointRows(condition string, args ...any) ([]checkpointRow, error) {
	return db.Query(w.ctx, w.tx, func(scan func(...any) error) (r checkpointRow, err error) {
		return r, scan(&r.seq, &r.size, &r.root, &r.at, &r.key, &r.note)
	}, `select seq, size, root, at, key, note from journal_checkpoint `+condition, args...) // #nosec G202 -- fixed conditions
}

// checkMarks compares the tree of the first n leaves with the checkpoints of that size.
func (w *walk) checkMarks(n int64) {
	for len(w.marks) > 0 && w.marks[0].size == n {
		m := w.marks[0]
		w.marks = w.marks[1:]
		w.audit.Checkpoints++
		c, err := ParseCheckpoint(m.note, w.keys...)
		if err != nil {
			w.audit.found("journal_checkpoint", "le point de contrôle n° %d : %v", Ordinal(m.seq), err)
			continue
		}
		if m.seq != c.Seq || m.size != c.Size || m.root != hexOf(c.Root) || m.at != db.Instant(c.At) || m.key != c.Key {
			w.audit.found("journal_checkpoint", "le point de contrôle n° %d : ses colonnes ne disent plus ce que la note signée dit", Ordinal(m.seq))
		}
		switch {
		case c.Size != n:
		case w.root() == c.Root:
			w.sound = n
		case !w.broken:
			w.broken = true
			w.audit.found("journal_checkpoint", "le point de contrôle n° %d du %s a signé une autre histoire : entre les feuilles n° %d et %d, des actes ont été remplacés avec leurs empreintes",
				Ordinal(m.seq), instant(c.At), Ordinal(w.sound), n)
		}
	}
}

// extra finds the rows that have no place in a journal of that size, and the checkpoints
// that are missing or speak of more than there is.
func (w *walk) extra() error {
	over := func(table, column string, limit int64, name func(int64) string) error {
		list, err := db.Query(w.ctx, w.tx, func(scan func(...any) error) (n int64, err error) { return n, scan(&n) },
			"select "+column+" from "+table+" where "+column+" >= $1 or "+column+" < 0 order by "+column+" limit 1000", limit) // #nosec G202 -- fixed names
		for _, n := range list {
			w.audit.found(table, "%s est en trop : le journal a %d feuilles", name(n), w.size)
		}
		return err
	}
	err1 := over("journal_leaf", "idx", w.size, func(n int64) string { return "la feuille n° " + itoa(Ordinal(n)) })
	err2 := over("journal_hash", "pos", tlog.StoredHashCount(w.size), func(pos int64) string { return "l'empreinte en position " + itoa(Ordinal(pos)) })
	beyond, err3 := w.checkpointRows(`where size > $1 or size < 1 order by seq limit 1000`, w.size)
	for _, m := range beyond {
		w.audit.Checkpoints++
		w.audit.found("journal_checkpoint", "le point de contrôle n° %d parle de %d feuilles et le journal en a %d", Ordinal(m.seq), m.size, w.size)
	}
	holes, err4 := db.Query(w.ctx, w.tx, func(scan func(...any) error) (n int64, err error) { return n, scan(&n) },
		`select seq from journal_checkpoint c where seq > 0 and not exists (select 1 from journal_checkpoint p where p.seq = c.seq - 1) order by seq limit 1000`)
	for _, seq := range holes {
		w.audit.found("journal_checkpoint", "le point de contrôle n° %d manque", Ordinal(seq-1))
	}
	return errors.Join(err1, err2, err3, err4)
}
