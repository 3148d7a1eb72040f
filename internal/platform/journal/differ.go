// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"bytes"
	"context"
	"database/sql"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// parts are the members of a leaf, as people are told of them; the ID is what finds it.
var parts = []struct{ key, name string }{
	{"nature", "la nature de l'acte"}, {"date", "la date de l'acte"}, {"titulaire", "le territoire"},
	{"auteur", "le scellé qui tient lieu d'auteur"}, {"titre", "le titre auquel l'acte est fait"}, {"objet", "l'objet"},
	{"documents", "les empreintes des documents"}, {"contenu", "le contenu de l'acte"},
}

// Differences names in French the parts of a receipt that are not those of the act with
// the same ID in this journal; none when all are. [ErrUnknown]: no act has that ID. It does
// not tell what the journal holds instead.
func (j *Journal) Differences(ctx context.Context, r *Receipt) ([]string, error) {
	e, err := j.Act(ctx, r.Leaf.ID)
	if err != nil {
		return nil, err
	}
	list, err := leafDifferences(r.Text, []byte(e.Text))
	if err != nil {
		return nil, err
	}
	if r.Index != e.Index {
		list = append(list, "le numéro de l'acte")
	}
	note, proof, err := j.compareProof(ctx, e.Index, r)
	if err != nil {
		return nil, err
	}
	if !note {
		list = append(list, "le point de contrôle signé")
	} else if !proof {
		list = append(list, "la preuve, c'est-à-dire le chemin d'empreintes")
	}
	if !slices.Contains(j.keys(), r.Key) {
		list = append(list, "la clé publique")
	}
	return list, nil
}

func leafDifferences(a, b []byte) ([]string, error) {
	var members [2]map[string]any
	for i, text := range [][]byte{a, b} {
		v, err := ParseCanonical(text)
		if err != nil {
			return nil, err
		}
		members[i], _ = v.(map[string]any)
	}
	var list []string
	for _, p := range parts {
		x, err1 := Canonical(members[0][p.key])
		y, err2 := Canonical(members[1][p.key])
		if err1 != nil || err2 != nil || !bytes.Equal(x, y) {
			list = append(list, p.name)
		}
	}
	return list, nil
}

// compareProof says whether the receipt's checkpoint is one of those kept, and whether its
// proof is the one that leads there from the leaf.
func (j *Journal) compareProof(ctx context.Context, index int64, r *Receipt) (note, proof bool, err error) {
	err = j.db.View(ctx, func(tx *sql.Tx) error {
		list, err := j.notes(ctx, tx, "where note = $1 limit 1", r.Checkpoint)
		if err != nil || len(list) == 0 || list[0].Size <= index {
			return err
		}
		note = true
		want, err := tlog.ProveRecord(list[0].Size, index, stored(ctx, tx))
		proof = slices.Equal(want, r.Proof)
		return err
	})
	return note, proof, err
}
