// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"strconv"

	"maillage/internal/platform/db"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

type openingRow struct {
	opening
	idx    int64
	erased string
}

// openings compares the erasable table with the leaves: each commitment of a leaf has its
// row, readable or erased, and no row stands for nothing.
func (w *walk) openings() error {
	for lo := int64(0); lo < w.size; lo += w.step {
		w.progress(w.size + lo)
		if err := w.openingsOf(lo, min(lo+w.step, w.size)); err != nil {
			return err
		}
	}
	var extra []openingRow
	extra, err := w.openingRows(`where idx >= $1 or idx < 0 order by idx limit 1000`, w.size)
	for _, o := range extra {
		w.audit.Openings++
		w.audit.found("journal_opening", "le scellé %.12s… est rattaché à la feuille n° %d, qui n'existe pas", o.commitment, Ordinal(o.idx))
	}
	return err
}

// openingRows takes a condition of this file, never a text from elsewhere.
func (w *walk) openingRows(condition string, args ...any) ([]openingRow, error) {
	return db.Query(w.ctx, w.tx, func(scan func(...any) error) (o openingRow, err error) {
		return o, scan(&o.commitment, &o.idx, &o.person, &o.salt, &o.value, &o.erased)
	}, `select commitment, idx, person, salt, value, erased_at from journal_opening `+condition, args...) // #nosec G202 -- fixed conditions
}

func (w *walk) openingsOf(lo, hi int64) error {
	rows, err := w.openingRows(`where idx >= $1 and idx < $2 order by idx, commitment`, lo, hi)
	if err != nil {
		return err
	}
	have := map[int64]map[string]openingRow{}
	for _, o := range rows {
		if have[o.idx] == nil {
			have[o.idx] = map[string]openingRow{}
		}
		have[o.idx][o.commitment] = o
	}
	leaves, err := db.Query(w.ctx, w.tx, func(scan func(...any) error) (r leafRow, err error) {
		return r, scan(&r.idx, &r.text)
	}, `select idx, leaf from journal_leaf where idx >= $1 and idx < $2 order by idx`, lo, hi)
	if err != nil {
		return err
	}
	for _, r := range leaves {
		l, err := ParseLeaf([]byte(r.text))
		if err != nil {
			continue // told by the walk over the leaves
		}
		for _, c := range l.Commitments() {
			if _, there := have[r.idx][c]; !there {
				w.audit.found("journal_opening", "feuille n° %d : la ligne du scellé %.12s… manque", Ordinal(r.idx), c)
			}
			w.opening(have[r.idx][c])
			delete(have[r.idx], c)
		}
	}
	for idx, rest := range have {
		for c := range rest {
			w.audit.Openings++
			w.audit.found("journal_opening", "feuille n° %d : elle ne contient pas le scellé %.12s…", Ordinal(idx), c)
		}
	}
	return nil
}

func (w *walk) opening(o openingRow) {
	if o.commitment == "" {
		return // missing, told already
	}
	w.audit.Openings++
	if o.erased != "" {
		w.audit.Erased++
		if _, err := db.ParseInstant(o.erased); err != nil || o.person+o.salt+o.value != "" {
			w.audit.found("journal_opening", "feuille n° %d : l'effacement du scellé %.12s… est inscrit et incomplet", Ordinal(o.idx), o.commitment)
		}
		return
	}
	if !Opens(o.commitment, o.salt, Personal{o.person, o.value}) {
		w.audit.found("journal_opening", "feuille n° %d : le scellé %.12s… ne s'ouvre plus, sa donnée ou son sel a été modifié", Ordinal(o.idx), o.commitment)
	}
}
