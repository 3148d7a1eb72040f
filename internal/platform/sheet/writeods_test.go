// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"maillage/internal/platform/clock"
)

// What is written is what our own reader, which knows LibreOffice's files, reads back.
func TestODSIsReadBack(t *testing.T) {
	t.Parallel()
	rows := [][]any{
		{"01001", 1234, 12.5, true, clock.MustDate("2026-11-23")},
		{"=1+1 & <b>", int64(-3), Num{V: 2, Decimals: 2}, false, clock.Date{}},
		{"deux\nlignes", nil, nil, nil, nil},
	}
	var b bytes.Buffer
	err := WriteODS(&b, []OutSheet{{Name: "Personnes", Header: []string{"Code", "N", "Taux", "Oui", "Jour"}, Rows: slices.Values(rows), Notes: []string{"Une note"}}})
	if err != nil {
		t.Fatal(err)
	}
	book, err := OpenAt(context.Background(), bytes.NewReader(b.Bytes()), int64(b.Len()), "x.ods", DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}()
	if book.Format().Kind != "ods" || len(book.Tables()) != 2 || book.Tables()[1].Name != NotesSheet {
		t.Errorf("%+v %+v", book.Format(), book.Tables())
	}
	got, err := book.Preview(context.Background(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"Code", "N", "Taux", "Oui", "Jour"}, {"01001", "1234", "12.5", "oui", "2026-11-23"}, {"=1+1 & <b>", "-3", "2", "non"}, {"deux\nlignes"}}
	if len(got) != len(want) {
		t.Fatalf("%d rows: %v", len(got), got)
	}
	for i := range want {
		cells := slices.Clone(got[i].Cells)
		for len(cells) > len(want[i]) && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		if !slices.Equal(cells, want[i]) {
			t.Errorf("row %d: %q, want %q", i, cells, want[i])
		}
	}
	if err := WriteODS(&b, []OutSheet{{Rows: slices.Values([][]any{{struct{}{}}})}}); err == nil {
		t.Error("a cell of an unknown type was written")
	}
}
