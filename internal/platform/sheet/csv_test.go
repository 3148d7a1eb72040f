// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// openBytes opens data as a file of that name, to be closed with the test.
func openBytes(t testing.TB, name string, data []byte, lim Limits) (*Book, error) {
	t.Helper()
	b, err := OpenAt(t.Context(), bytes.NewReader(data), int64(len(data)), name, lim)
	if err == nil {
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return b, err
}

// readAll is "line: cell|cell" for each row of table i, a typed cell in brackets.
func readAll(b *Book, i int) ([]string, error) {
	var out []string
	err := b.Rows(context.Background(), i, func(r Row) error {
		if len(r.Cells) != len(r.Typed) {
			return fmt.Errorf("%d cells, %d typed", len(r.Cells), len(r.Typed))
		}
		cells := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			if cells[i] = c; r.Typed[i] {
				cells[i] = "[" + c + "]"
			}
		}
		out = append(out, fmt.Sprintf("%d: %s", r.Line, strings.Join(cells, "|")))
		return nil
	})
	return out, err
}

func wide16(s string, order binary.ByteOrder) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		b := make([]byte, 2)
		order.PutUint16(b, u)
		out = append(out, b...)
	}
	return out
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCSV(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		sep  rune
		enc  string
		want []string
	}{
		"semicolons and decimal commas": {"insee;tx;n\r\n93066;57,4;1\r\n93001;12,1;2\r\n", ';', "utf-8", []string{"1: insee|tx|n", "2: 93066|57,4|1", "3: 93001|12,1|2"}},
		"commas":                        {"a,b\n1,2\n", ',', "utf-8", []string{"1: a|b", "2: 1|2"}},
		"commas with lists inside":      {"nom,pour\nCrèche,a;b\nRelais,c;d\n", ',', "utf-8", []string{"1: nom|pour", "2: Crèche|a;b", "3: Relais|c;d"}},
		"tabs":                          {"a\tb, c\n1\t2, 3\n", '\t', "utf-8", []string{"1: a|b, c", "2: 1|2, 3"}},
		"bars":                          {"a|b\n1|2\n", '|', "utf-8", []string{"1: a|b", "2: 1|2"}},
		"one column":                    {"code\n93001\n93005", ';', "utf-8", []string{"1: code", "2: 93001", "3: 93005"}},
		"mark":                          {"\ufeffa;b\n1;2", ';', "utf-8", []string{"1: a|b", "2: 1|2"}},
		"Windows-1252":                  {"nom;n\nCr\xe8che \x9cuf;1 \x80\n", ';', "windows-1252", []string{"1: nom|n", "2: Crèche œuf|1 €"}},
		"Windows-1252, quoted":          {"nom;n\n\"Cr\xe8che\";\"\xc9\"\n", ';', "windows-1252", []string{"1: nom|n", "2: Crèche|É"}},
		"UTF-16 little":                 {string(wide16("nom\tn\r\nÉpinay\t1\r\n", binary.LittleEndian)), '\t', "utf-16", []string{"1: nom|n", "2: Épinay|1"}},
		"UTF-16 big":                    {string(wide16("nom;n\nÉpinay;1\n", binary.BigEndian)), ';', "utf-16", []string{"1: nom|n", "2: Épinay|1"}},
		"quotes":                        {"a;b\n\"x;y\";\"dit \"\"oui\"\"\"\n", ';', "utf-8", []string{"1: a|b", `2: x;y|dit "oui"`}},
		"lines in a cell":               {"a;b\n\"x\ny\r\nz\";1\n2;3\n", ';', "utf-8", []string{"1: a|b", "2: x\ny\r\nz|1", "5: 2|3"}},
		"quotes not doubled":            {"a;b\n\"Crèche \"Les Lilas\" ouverte\";1\n", ';', "utf-8", []string{"1: a|b", `2: Crèche "Les Lilas" ouverte|1`}},
		"quote inside":                  {"a;b\n5\" x;1\n", ';', "utf-8", []string{"1: a|b", `2: 5" x|1`}},
		"spaces around quotes":          {"a;b;c\n1; \"x;y\" ;2\n", ';', "utf-8", []string{"1: a|b|c", "2: 1|x;y|2"}},
		"spaces kept":                   {"a;b\n x ; y\n", ';', "utf-8", []string{"1: a|b", "2:  x | y"}},
		"CR alone":                      {"a;b\r1;2\r\"x\ry\";4\r", ';', "utf-8", []string{"1: a|b", "2: 1|2", "3: x\ry|4"}},
		"line ends mixed":               {"a;b\n1;2\r\n3;4\r5;6", ';', "utf-8", []string{"1: a|b", "2: 1|2", "3: 3|4", "4: 5|6"}},
		"empty rows":                    {"\n\na;b\n;\n\n1;2\n\"\";\n", ';', "utf-8", []string{"3: a|b", "6: 1|2"}},
		"sep line":                      {"sep=,\r\na,b\r\n1,2\r\n", ',', "utf-8", []string{"2: a|b", "3: 1|2"}},
		"title lines":                   {"Taux de couverture, 2023\n\nSource : Cnaf\ncode;taux;n\n93001;1,5;2,5\n93005;2,5;3,5\n93006;2,5;3,5\n93007;2,5;3,5\n93008;2,5;3,5\n93010;1;2\n93011;1;2\n93012;1;2\n", ';', "utf-8", []string{"1: Taux de couverture, 2023", "3: Source : Cnaf", "4: code|taux|n", "5: 93001|1,5|2,5", "6: 93005|2,5|3,5", "7: 93006|2,5|3,5", "8: 93007|2,5|3,5", "9: 93008|2,5|3,5", "10: 93010|1|2", "11: 93011|1|2", "12: 93012|1|2"}},
		"ragged":                        {"a;b;c\n1\n1;2;3;4\n", ';', "utf-8", []string{"1: a|b|c", "2: 1", "3: 1|2|3|4"}},
		"quoted to the end":             {"a;\"b\"", ';', "utf-8", []string{"1: a|b"}},
		"U+202F":                        {"a;b\n1\u202f234,5;2\n", ';', "utf-8", []string{"1: a|b", "2: 1\u202f234,5|2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, data := range [][]byte{[]byte(c.in), zipped(t, []byte(c.in))} {
				b, err := openBytes(t, "x.csv.gz", data, Limits{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := readAll(b, 0)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
				if f := b.Format(); f.Separator != c.sep || f.Encoding != c.enc || f.Kind != "csv" {
					t.Errorf("format %+v", f)
				}
				if tables := b.Tables(); len(tables) != 1 || tables[0].Name != "x" {
					t.Errorf("tables %+v", tables)
				}
			}
		})
	}
}

func TestCSVAcrossWindows(t *testing.T) {
	t.Parallel()
	// Rows of every length around the size of the window, plain and quoted.
	var in strings.Builder
	var want []string
	for i := range 4000 {
		cell := strings.Repeat("é", i%700)
		if i%3 == 0 {
			fmt.Fprintf(&in, "%d;\"%s\n\"\"\";z\r\n", i, cell)
			cell += "\n\""
		} else {
			fmt.Fprintf(&in, "%d;%s;z\r\n", i, cell)
		}
		want = append(want, fmt.Sprintf("%d|%s|z", i, cell))
	}
	b, err := openBytes(t, "x.csv", []byte(in.String()), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	err = b.Rows(t.Context(), 0, func(r Row) error {
		if got := strings.Join(r.Cells, "|"); got != want[i] {
			return fmt.Errorf("row %d is %q, want %q", i, got, want[i])
		}
		i++
		return nil
	})
	if err != nil || i != len(want) {
		t.Errorf("%d rows of %d: %v", i, len(want), err)
	}
}

func TestCSVFaults(t *testing.T) {
	t.Parallel()
	small := Limits{MaxCell: 1000, MaxColumns: 100, MaxRows: 50}
	long := strings.Repeat("x", 1001)
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"quote never closed":       {"a;b\n1;2\n3;\"x\n5;6\n", []string{"x.csv, ligne 3, colonne 2", "guillemet ouvert ici n'est pas refermé", "Refermez-le"}},
		"quote closed on a later":  {"a;b\n1;\"x\n2;\"y\";3\n", []string{"ligne 2, colonne 2", "guillemet ouvert"}},
		"quote never closed, long": {"a;b\n1;\"" + long, []string{"ligne 2, colonne 2", "guillemet ouvert", "octets"}},
		"NUL":                      {"a;b\n1;2\x00\n", []string{"ligne 2, colonne 2", "caractère nul"}},
		"NUL between quotes":       {"a;b\n\"1\n\x00\";2\n", []string{"colonne 1", "caractère nul"}},
		"cell too long":            {"a;b\n1;" + long, []string{"ligne 2, colonne 2", "dépasse 1\u202f000 octets"}},
		"too many columns":         {"a;b\n" + strings.Repeat(";", 100_000) + "x\n", []string{"ligne 2, colonne 101", "plus de 100 colonnes", "séparateur"}},
		"too many columns, quoted": {"a;b\n\"\"" + strings.Repeat(";", 100_000) + "x\n", []string{"ligne 2", "plus de 100 colonnes"}},
		"too many rows":            {strings.Repeat("1;2\n", 51), []string{"ligne 51", "plus de 50 lignes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := openBytes(t, "x.csv", []byte(c.in), small)
			if err == nil {
				_, err = readAll(b, 0)
			}
			checkError(t, err, c.want...)
		})
	}
}

// checkError wants an *Error whose text has each of the parts.
func checkError(t *testing.T, err error, parts ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.File == "" || e.Msg == "" || e.Remedy == "" {
		t.Fatalf("error %v (%T), want one with file, message and remedy", err, err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	ole := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...)
	gz := zipped(t, []byte(strings.Repeat("93066;57,4;quelque chose\n", 5000)))
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"empty":           {nil, "le fichier est vide"},
		"blank":           {[]byte("\n \n"), "aucun texte"},
		"xls":             {slices.Concat(ole, wide("Workbook")), "ancien classeur Excel (.xls). Ouvrez-le et enregistrez-le en .xlsx ou .csv."},
		"encrypted xlsx":  {slices.Concat(ole, wide("EncryptedPackage")), "mot de passe"},
		"doc":             {slices.Concat(ole, wide("WordDocument")), "Word"},
		"pdf":             {[]byte("%PDF-1.7\n"), "PDF"},
		"html as xls":     {[]byte("\ufeff\r\n<HTML xmlns:o=\"x\"><table><tr><td>1</td></tr></table>"), "page web"},
		"xml spreadsheet": {[]byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`), "Excel 2003"},
		"json":            {[]byte(` [ {"a": 1}]`), "JSON"},
		"geopackage":      {[]byte("SQLite format 3\x00..."), "GeoPackage"},
		"7z":              {[]byte("7z\xbc\xaf\x27\x1c"), "archive"},
		"binary":          {[]byte("\x03\x10\x00\x00\x00\x21\x00\x00\x01"), "ni un tableau ni du texte"},
		"UTF-16 unmarked": {[]byte("a\x00;\x00b\x00\n\x00"), "CSV UTF-8"},
		"gzip of gzip":    {zipped(t, gz), "compressé en contient un autre"},
		"gzip of json":    {zipped(t, []byte(`{"type":1}`)), "JSON"},
		"gzip cut":        {gz[:len(gz)/2], "tronqué"},
		"gzip cut short":  {gz[:12], "tronqué"},
		"gzip damaged":    {append(bytes.Clone(gz[:len(gz)-8]), 1, 2, 3, 4, 5, 6, 7, 8), "abîmé"},
		"zip cut":         {[]byte("PK\x03\x04 rien de plus"), "tronquée"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := openBytes(t, "fichier", c.in, Limits{})
			if err == nil {
				_, err = readAll(b, 0)
			}
			checkError(t, err, "fichier", c.want)
		})
	}
	_, err := Open(t.Context(), t.TempDir(), Limits{})
	checkError(t, err, "dossier")
	_, err = Open(t.Context(), "/nulle/part.csv", Limits{})
	checkError(t, err, "part.csv", "ne peut pas être ouvert")
	_, err = openBytes(t, "gros.csv", make([]byte, 2<<20), Limits{MaxBytes: 1 << 20})
	checkError(t, err, "dépasse 1 Mo")
}

func TestGzipBomb(t *testing.T) {
	t.Parallel()
	bomb := zipped(t, bytes.Repeat([]byte("0;0\n"), 9<<20))
	b, err := openBytes(t, "bombe.csv.gz", bomb, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	checkError(t, b.Rows(t.Context(), 0, func(Row) error { return nil }), "bombe.csv.gz", "démesurément")
	b, err = openBytes(t, "bombe.csv.gz", bomb, Limits{MaxUnzipped: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	checkError(t, b.Rows(t.Context(), 0, func(Row) error { return nil }), "dépasse la taille admise")
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	b, err := openBytes(t, "x.csv", []byte("nom;n\nÉpinay;1\nCr\xe8che;2\n\"a \"b\" c\";3\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	// One line out of tune makes the whole sample Windows-1252; deeper in, it is told.
	if b.Format().Encoding != "windows-1252" {
		t.Errorf("format %+v", b.Format())
	}
	if _, err := readAll(b, 0); err != nil {
		t.Error(err)
	}
	for _, w := range b.Warnings() {
		if strings.Contains(w, "codé comme le reste") {
			t.Errorf("a file wholly in Windows-1252 is told line by line: %s", w)
		}
	}
	filler := strings.Repeat("Épinay;1\n", 40_000)
	b, err = openBytes(t, "x.csv", []byte("nom;n\n"+filler+"Cr\xe8che;2\n\"a \"b\" c\";3\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readAll(b, 0)
	if err != nil || rows[len(rows)-2] != "40002: Crèche|2" || rows[len(rows)-1] != `40003: a "b" c|3` {
		t.Errorf("rows %q, %v", rows[len(rows)-2:], err)
	}
	if w := b.Warnings(); len(w) != 2 || !strings.Contains(w[0], "ligne 40\u202f002") || !strings.Contains(w[1], "guillemets") {
		t.Errorf("warnings %q", w)
	}
}

func TestATextCutShort(t *testing.T) {
	t.Parallel()
	whole := "code;nom;a;b\n93066;Saint-Denis;1;2\n93008;\"Bobigny\";3;4\n"
	for text, line := range map[string]string{
		whole:                                    "",
		strings.TrimSuffix(whole, "\n"):          "",
		whole + "93055;Pan":                      "(4)",
		whole + "\"93055\";\"Pantin\"":           "(4)",
		whole + "93055;Pantin;5":                 "(4)",
		whole + "93055;Pantin;5;":                "",
		whole + "93055;Pantin\n":                 "", // a short row is not a file cut short
		whole + "93055;Pantin\n93010;Bondy;1;2":  "",
		"sep=;\n" + whole + "93055":              "(5)",
		"code;nom;a\r\n93066;Saint-Denis":        "(2)",
		"code;nom;a\r93066;Saint-Denis;1\r93055": "(3)",
		"nom;n\n" + strings.Repeat("Épinay;1\n", 40_000) + strings.Repeat("Cr\xe8che;2\n", 30) + "Pantin": "(40\u202f032)",
	} {
		b, err := openBytes(t, "x.csv", []byte(text), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // told once
			if _, err := readAll(b, 0); err != nil {
				t.Fatal(err)
			}
		}
		w, n := b.Warnings(), 0
		for _, text := range w {
			n += strings.Count(text, "le fichier semble coupé")
		}
		if line == "" && n > 0 || line != "" && (n != 1 || !strings.Contains(w[0], "x.csv : la dernière ligne "+line+" est incomplète : le fichier semble coupé.")) || len(w) > maxWarnings {
			t.Errorf("%.80q: %q", text, w)
		}
	}
}

func TestStopping(t *testing.T) {
	t.Parallel()
	b, err := openBytes(t, "x.csv", []byte(strings.Repeat("1;2\n", 100_000)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := b.Preview(t.Context(), 0, 3)
	if err != nil || len(rows) != 3 || rows[0].Line != 1 || rows[2].Line != 3 || rows[2].Cells[1] != "2" {
		t.Errorf("Preview = %+v, %v", rows, err)
	}
	mine := errors.New("mine")
	if err := b.Rows(t.Context(), 0, func(Row) error { return mine }); err != mine {
		t.Errorf("got %v, want the caller's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err = b.Rows(ctx, 0, func(Row) error {
		if n++; n == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n > 2000 {
		t.Errorf("%v after %d rows", err, n)
	}
	checkError(t, b.Rows(t.Context(), 7, nil), "n'existe pas")
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestManyReadersAtOnce(t *testing.T) {
	t.Parallel()
	b, err := openBytes(t, "x.csv", []byte(strings.Repeat("1;2\n", 1000)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan int)
	for range 4 {
		go func() {
			rows, _ := readAll(b, 0)
			done <- len(rows)
		}()
	}
	for range 4 {
		select {
		case n := <-done:
			if n != 1000 {
				t.Errorf("%d rows", n)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("stuck")
		}
	}
}
