// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// BenchmarkRecord is what a change of three fields costs its transaction.
func BenchmarkRecord(b *testing.B) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		b.Run(engine.String(), func(b *testing.B) {
			h := New(dbtest.New(b, engine, rooms...), time.Now, Settings{})
			ctx := context.Background()
			err := h.db.Tx(ctx, func(tx *sql.Tx) error {
				b.ResetTimer()
				for i := range b.N {
					if err := h.Record(ctx, tx, entryOf(i)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

func entryOf(i int) Entry {
	return Entry{Subject: fmt.Sprintf("card/%d", i%1000), Label: "Fiche", Verb: Update, Fields: []Field{
		{Name: "nom", Label: "Nom", Before: "a", After: "b"}, {Name: "telephone", Label: "Téléphone", Before: "c", After: "d"},
		{Name: "note", Label: "Note", Before: "e", After: "f"}}}
}

// BenchmarkList is a page of the list among twenty thousand changes, and the history of one subject.
func BenchmarkList(b *testing.B) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		h := New(dbtest.New(b, engine, rooms...), time.Now, Settings{})
		ctx := context.Background()
		err := h.db.Tx(ctx, func(tx *sql.Tx) error {
			for i := range 20_000 {
				if err := h.Record(ctx, tx, entryOf(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		for name, f := range map[string]Filter{"all": {}, "subject": {Subject: "card/42"}, "kind": {Kind: "card"}} {
			b.Run(engine.String()+"/"+name, func(b *testing.B) {
				for range b.N {
					if list, err := h.List(ctx, f, 50); err != nil || len(list) == 0 {
						b.Fatal(len(list), err)
					}
				}
			})
		}
	}
}
