// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// small keeps a fuzzed file from costing seconds.
var small = Limits{MaxBytes: 1 << 20, MaxUnzipped: 4 << 20, MaxRows: 2000, MaxColumns: 200, MaxCell: 4096}

// fuzzBytes opens and reads everything; whatever fails must be an *Error with its remedy.
func fuzzBytes(t *testing.T, data []byte) {
	b, err := OpenAt(t.Context(), bytes.NewReader(data), int64(len(data)), "x", small)
	if err != nil {
		checkFuzzed(t, err)
		return
	}
	defer b.Close() //nolint:errcheck // in memory
	for i := range b.Tables() {
		line := 0
		err := b.Rows(t.Context(), i, func(r Row) error {
			filled := false
			for _, c := range r.Cells {
				filled = filled || c != ""
				if b.Format().Kind == "csv" && !utf8.ValidString(c) {
					t.Fatalf("row %d has broken text %q", r.Line, c)
				}
			}
			if !filled || len(r.Cells) != len(r.Typed) || len(r.Cells) > small.MaxColumns {
				t.Fatalf("row %+v", r)
			}
			if b.Format().Kind == "csv" && r.Line <= line {
				t.Fatalf("line %d after %d", r.Line, line)
			}
			line = r.Line
			return nil
		})
		if err != nil {
			checkFuzzed(t, err)
		}
	}
}

func checkFuzzed(t *testing.T, err error) {
	var e *Error
	if !errors.As(err, &e) || e.File == "" || e.Msg == "" || e.Remedy == "" {
		t.Fatalf("%T: %v", err, err)
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a;b\n1;2\n", "a,b\r1,2\r", "\ufeffa\tb\n", "\"a\nb\";\"c\"\"d\"\n", "\xff\xfea\x00;\x00b\x00", "sep=;\na;b", "a;\"b", "\xe9;1\n", "\"a\"b\" ;x\n", "a;b\x00\n", "1f8b", "{\"a\":1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzBytes(t, data) })
}

func FuzzODS(f *testing.F) {
	for _, s := range []string{
		`<table:table table:name="T"><table:table-row><table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="3"><text:p>1</text:p></table:table-cell></table:table-row></table:table>`,
		`<table:table><table:table-row table:number-rows-repeated="9"><table:table-cell><text:p>a<text:s text:c="5"/>&amp;&#65;</text:p></table:table-cell></table:table-row></table:table>`,
		`<a><![CDATA[x]]><!-- y --><?z?></a>`, `<!DOCTYPE a>`, `<table:table><table:table-row><table:covered-table-cell/>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		fuzzBytes(t, archive(t, part{"mimetype", odsMime}, part{"content.xml", content}))
	})
}

func FuzzXLSX(f *testing.F) {
	f.Add(`<row r="1"><c r="A1"><v>1</v></c><c r="C1" t="s"><v>0</v></c></row>`, `<sst><si><t>x</t></si></sst>`, `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs></styleSheet>`)
	f.Add(`<row><c t="inlineStr"><is><t>_x0041_</t></is></c></row>`, ``, ``)
	f.Fuzz(func(t *testing.T, rows, texts, styles string) {
		fuzzBytes(t, xlsx(t, rows, part{"xl/s.xml", texts}, part{"xl/styles.xml", styles}))
	})
}

// bigCSV is n rows of the shape of Insee's facilities file.
func bigCSV(n int) []byte {
	var b bytes.Buffer
	b.WriteString("REG,DEP,DEPCOM,DCIRIS,AN,TYPEQU,NB_EQUIP\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%02d,%05d,%05d_%04d,2018,%c%03d,%d\n", i%90, i/11000, i/30, i/30, i%7, 'A'+i%7, i%500, i%9+1)
	}
	return b.Bytes()
}

// countRows reads everything and gives the highest that the live heap grew to, in bytes.
func countRows(b testing.TB, data []byte, want int) (peak uint64) {
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	book, err := OpenAt(context.Background(), bytes.NewReader(data), int64(len(data)), "x", Limits{})
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	err = book.Rows(context.Background(), 0, func(Row) error {
		if n++; n%250_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
		}
		return nil
	})
	if err != nil || n != want {
		b.Fatalf("%d rows, %v", n, err)
	}
	return peak
}

func TestMemoryIsFlat(t *testing.T) {
	const rows = 260_000 // one look at the live heap
	var book bytes.Buffer
	if err := WriteXLSX(&book, []OutSheet{{Name: "x", Header: benchHeader[:2], Rows: func(yield func([]any) bool) {
		for i := range rows {
			if !yield([]any{"93066", i}) {
				return
			}
		}
	}}}); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"csv": bigCSV(rows), "xlsx": book.Bytes()} {
		if peak := countRows(t, data, rows+1); peak > 4<<20 {
			t.Errorf("%s: the live heap grew by %d kB", name, peak>>10)
		}
	}
}

func report(b *testing.B, rows int, size int, peak uint64) {
	b.SetBytes(int64(size))
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
}

func BenchmarkCSVMillion(b *testing.B) {
	const rows = 1_035_564
	data := bigCSV(rows)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(data)
	_ = w.Close()
	for name, in := range map[string][]byte{"plain": data, "gzip": z.Bytes(), "quoted": []byte(`"` + strings.NewReplacer(",", `","`, "\n", "\"\n\"").Replace(string(data[:len(data)-1])) + `"`)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var peak uint64
			for b.Loop() {
				peak = max(peak, countRows(b, in, rows+1))
			}
			report(b, rows, len(data), peak)
		})
	}
}

func benchRows(rows int) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		row := make([]any, 12)
		for i := range rows {
			row[0], row[1] = fmt.Sprintf("%05d", i), "Commune numéro "+fmt.Sprint(i%5000)
			for j := 2; j < 12; j++ {
				row[j] = Num{float64(i*j) / 7, 1}
			}
			if !yield(row) {
				return
			}
		}
	}
}

var benchHeader = strings.Fields("insee nom a b c d e f g h i j")

func BenchmarkXLSXWrite(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteXLSX(&bytes.Buffer{}, []OutSheet{{Name: "x", Header: benchHeader, Rows: benchRows(50_000)}}); err != nil {
			b.Fatal(err)
		}
	}
	report(b, 50_000, 0, 0)
}

func BenchmarkCSVWrite(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteCSV(&bytes.Buffer{}, benchHeader, benchRows(50_000)); err != nil {
			b.Fatal(err)
		}
	}
	report(b, 50_000, 0, 0)
}

func BenchmarkXLSXRead(b *testing.B) {
	for _, rows := range []int{50_000, 1_000_000} {
		var out bytes.Buffer
		if err := WriteXLSX(&out, []OutSheet{{Name: "x", Header: benchHeader, Rows: benchRows(rows)}}); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			b.ReportAllocs()
			var peak uint64
			for b.Loop() {
				peak = max(peak, countRows(b, out.Bytes(), rows+1))
			}
			report(b, rows, out.Len(), peak)
		})
	}
}

// BenchmarkExcelizeRead is the yardstick: the same file by the usual library.
func BenchmarkExcelizeRead(b *testing.B) {
	var out bytes.Buffer
	if err := WriteXLSX(&out, []OutSheet{{Name: "x", Header: benchHeader, Rows: benchRows(50_000)}}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		rows, err := f.Rows("x")
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; rows.Next(); n++ {
			if _, err := rows.Columns(); err != nil {
				b.Fatal(err)
			}
		}
		_, _ = rows.Close(), f.Close()
		if n != 50_001 {
			b.Fatal(n)
		}
	}
	report(b, 50_000, out.Len(), 0)
}

func BenchmarkODSRead(b *testing.B) {
	var rows strings.Builder
	rows.WriteString(`<table:table table:name="T">`)
	for i := range 50_000 {
		fmt.Fprintf(&rows, `<table:table-row><table:table-cell office:value-type="string"><text:p>%05d</text:p></table:table-cell>`, i)
		for j := range 11 {
			fmt.Fprintf(&rows, `<table:table-cell office:value-type="float" office:value="%d.5"><text:p>%d,5</text:p></table:table-cell>`, i*j, i*j)
		}
		rows.WriteString(`</table:table-row>`)
	}
	rows.WriteString(`</table:table>`)
	data := ods(b, rows.String())
	b.ReportAllocs()
	var peak uint64
	for b.Loop() {
		peak = max(peak, countRows(b, data, 50_000))
	}
	report(b, 50_000, len(data), peak)
}
