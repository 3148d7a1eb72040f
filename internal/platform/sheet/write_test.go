// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

var sample = [][]any{
	{"01001", 3, 57.4, Num{1234.56, 1}, clock.MustDate("2026-01-31"), true, nil},
	{"=1+1", -3, math.NaN(), Num{math.Inf(1), 0}, clock.Date{}, false, "a;\"b\"\nc"},
	{"-3", int64(4), -0.5, Num{0.05, 1}, clock.MustDate("1850-01-01"), true, " Épinay_x0041_ "},
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := WriteCSV(&b, []string{"insee", "n", "@tx"}, slices.Values(sample)); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffinsee;n;'@tx\r\n" +
		"01001;3;57,4;1234,6;2026-01-31;oui;\r\n" +
		"'=1+1;-3;;;;non;\"a;\"\"b\"\"\nc\"\r\n" +
		"'-3;4;-0,5;0,1;1850-01-01;oui;\" Épinay_x0041_ \"\r\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	if err := WriteCSV(io.Discard, nil, slices.Values([][]any{{struct{}{}}})); err == nil {
		t.Error("a cell of unknown type was written")
	}
	broken := errors.New("disk full")
	if err := WriteCSV(failing{broken}, []string{"a"}, slices.Values(sample)); !errors.Is(err, broken) {
		t.Errorf("got %v, want the writer's error", err)
	}
	if err := WriteXLSX(failing{broken}, []OutSheet{{Rows: slices.Values(sample)}}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the writer's error", err)
	}
	for in, want := range map[string]string{"=A1": "'=A1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "a=b": "a=b", "": "", "a\x00b\xff": "ab\ufffd"} {
		if got := Neutral(in); got != want {
			t.Errorf("Neutral(%q) = %q, want %q", in, got, want)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteXLSX(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := WriteXLSX(&out, []OutSheet{
		{Name: "Taux: d'accueil [2023] / par commune et par mode", Header: []string{"insee", "n", "taux", "places", "date", "ouvert", "note"}, Rows: slices.Values(sample),
			Notes: []string{"Source : Cnaf, 2023", "Licence Ouverte 2.0"}},
		{Name: "taux  d'accueil 2023 par commun", Header: []string{"a"}, Notes: []string{"Licence Ouverte 2.0", "Limites : aucune"}},
		{Name: "Lisez-moi"},
	})
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, out.Bytes())
	// Another program reads it.
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // in memory
	name := "Taux d'accueil 2023 par commune"
	if diff := cmp.Diff([]string{name, "taux d'accueil 2023 par commun", "Lisez-moi 2", "Lisez-moi"}, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"insee", "n", "taux", "places", "date", "ouvert", "note"},
		{"01001", "3", "57.4", "1,234.6", "01-31-26", "oui"},
		{"=1+1", "-3", "", "", "", "non", "a;\"b\"\nc"},
		{"-3", "4", "-0.5", "0.1", "1850-01-01", "oui", " Épinay_x0041_ "}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if panes, err := f.GetPanes(name); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	if names := f.GetDefinedName(); len(names) != 2 || names[0].RefersTo != "'Taux d''accueil 2023 par commune'!$A$1:$G$4" {
		t.Errorf("names %+v", names)
	}
	notes, err := f.GetRows(NotesSheet)
	if diff := cmp.Diff([][]string{{"Source : Cnaf, 2023"}, {"Licence Ouverte 2.0"}, {"Limites : aucune"}}, notes); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if kind, err := f.GetCellType(name, "B2"); err != nil || kind == excelize.CellTypeInlineString {
		t.Errorf("a number is a text: %v, %v", kind, err)
	}
	// And so do we.
	b, err := openBytes(t, "x.xlsx", out.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(b, 0)
	if diff := cmp.Diff([]string{"1: insee|n|taux|places|date|ouvert|note", "2: 01001|[3]|[57.4]|[1234.6]|2026-01-31|oui",
		"3: =1+1|[-3]||||non|a;\"b\"\nc", "4: -3|[4]|[-0.5]|[0.1]|1850-01-01|oui| Épinay_x0041_ "}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// wellFormed parses each part with encoding/xml.
func wellFormed(t *testing.T, data []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(r)
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

func TestWriteXLSXOfNothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteXLSX(&out, nil); err != nil {
		t.Fatal(err)
	}
	b, err := openBytes(t, "x.xlsx", out.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := readAll(b, 0); err != nil || len(rows) != 0 {
		t.Errorf("rows %q, %v", rows, err)
	}
}

func TestWriteXLSXBounds(t *testing.T) {
	t.Parallel()
	tooMany := func(yield func([]any) bool) {
		for range maxSheetRows + 1 {
			if !yield(nil) {
				return
			}
		}
	}
	checkError(t, WriteXLSX(io.Discard, []OutSheet{{Name: "x", Rows: tooMany}}), "1\u202f048\u202f576 lignes", "CSV")
	if err := WriteXLSX(io.Discard, []OutSheet{{Rows: slices.Values([][]any{make([]any, 20_000)})}}); err == nil {
		t.Error("20,000 columns were written")
	}
	var out bytes.Buffer
	if err := WriteXLSX(&out, []OutSheet{{Rows: slices.Values([][]any{{strings.Repeat("é", 40_000)}})}}); err != nil {
		t.Fatal(err)
	}
	b, err := openBytes(t, "x.xlsx", out.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := b.Preview(t.Context(), 0, 1)
	if err != nil || len([]rune(rows[0].Cells[0])) != maxSheetText {
		t.Errorf("a long text has %d characters: %v", len([]rune(rows[0].Cells[0])), err)
	}
}

func anyCell() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "text") }),
		rapid.Custom(func(t *rapid.T) any {
			return rapid.StringMatching(`[ =+\-@;,|"'a_x0-9éœ\t\r\n]{0,12}`).Draw(t, "odd text")
		}),
		rapid.Custom(func(t *rapid.T) any { return rapid.IntRange(-1e9, 1e9).Draw(t, "int") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Float64Range(-1e12, 1e12).Draw(t, "float") }),
		rapid.Custom(func(t *rapid.T) any {
			return Num{rapid.Float64Range(-1e9, 1e9).Draw(t, "v"), rapid.IntRange(0, 10).Draw(t, "decimals")}
		}),
		rapid.Custom(func(t *rapid.T) any {
			return clock.NewDate(1901, 1, 1).AddDays(rapid.IntRange(0, 200*365).Draw(t, "day"))
		}),
		rapid.Just[any](nil),
	)
}

// asCSV and asXLSX are what each cell must read back as.
func asCSV(cell any) string {
	if s, ok := cell.(string); ok {
		return Neutral(s)
	}
	b, _ := appendCSVCell(nil, cell)
	return string(b)
}

func asXLSX(cell any) string {
	plain := func(v float64) string { return strings.ReplaceAll(french.Plain(v, -1), ",", ".") }
	switch v := cell.(type) {
	case string:
		return clean(v)
	case float64:
		return plain(v)
	case Num:
		return plain(french.Round(v.V, v.Decimals))
	}
	return asCSV(cell)
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(2, 6).Draw(t, "columns")
		header := []string{"code"}
		for i := range columns - 1 {
			header = append(header, fmt.Sprintf("colonne %d", i))
		}
		rows := rapid.SliceOfN(rapid.SliceOfN(anyCell(), columns, columns), 0, 12).Draw(t, "rows")
		for i := range rows {
			rows[i][0] = "x" // a row of empty cells is no row
		}
		var csv, xlsx bytes.Buffer
		if err := WriteCSV(&csv, header, slices.Values(rows)); err != nil {
			t.Fatal(err)
		}
		if err := WriteXLSX(&xlsx, []OutSheet{{Name: "s", Header: header, Rows: slices.Values(rows)}}); err != nil {
			t.Fatal(err)
		}
		same(t, csv.Bytes(), header, rows, asCSV)
		same(t, xlsx.Bytes(), header, rows, asXLSX)
	})
}

func same(t *rapid.T, data []byte, header []string, rows [][]any, text func(any) string) {
	b, err := OpenAt(t.Context(), bytes.NewReader(data), int64(len(data)), "x", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Preview(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(rows)+1 || !slices.Equal(got[0].Cells, header) {
		t.Fatalf("%d rows, header %q, want %d\n%s", len(got), got[0].Cells, len(rows)+1, data[:min(len(data), 400)])
	}
	for i, row := range rows {
		var want []string
		for _, c := range row {
			want = append(want, text(c))
		}
		cells := got[i+1].Cells
		for len(cells) < len(want) {
			cells = append(cells, "")
		}
		if !slices.Equal(cells, want) {
			t.Fatalf("row %d is %q, want %q", i, cells, want)
		}
	}
}
