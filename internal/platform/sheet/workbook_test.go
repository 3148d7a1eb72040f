// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// part is one file of an archive made by a test.
type part struct{ name, body string }

func archive(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = w.Write([]byte(p.body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const odsMime = "application/vnd.oasis.opendocument.spreadsheet"

func ods(t testing.TB, tables string) []byte {
	t.Helper()
	return archive(t, part{"mimetype", odsMime}, part{"content.xml", `<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s"><office:automatic-styles>
<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet>` + tables + `</office:spreadsheet></office:body></office:document-content>`})
}

func TestODS(t *testing.T) {
	t.Parallel()
	data := ods(t, `<table:table table:name="Lisez-moi" table:style-name="ta1"><table:table-column table:number-columns-repeated="16384"/>
<table:table-row><table:table-cell office:value-type="string"><text:p>Source : <text:span>Cnaf</text:span> &amp; Insee</text:p><text:p>2023</text:p></table:table-cell></table:table-row></table:table>
<table:table table:name="Données" table:style-name="ta2">
<table:table-header-rows><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
<table:table-row><table:table-cell office:value-type="string" table:number-columns-spanned="2"><text:p>code</text:p></table:table-cell><table:covered-table-cell/>
<table:table-cell office:value-type="string"><text:p>n<text:s text:c="3"/>x<text:tab/>y<text:line-break/>z</text:p><office:annotation><text:p>note</text:p></office:annotation></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row><table:table-cell office:value-type="float" office:value="1001"><text:p>01001</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="1234.5"><text:p>1 234,50</text:p></table:table-cell>
<table:table-cell office:value-type="percentage" office:value="0.574"><text:p>57 %</text:p></table:table-cell>
<table:table-cell office:value-type="date" office:date-value="2026-01-31"><text:p>31/01/26</text:p></table:table-cell>
<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>VRAI</text:p></table:table-cell>
<table:table-cell office:value-type="time" office:time-value="PT08H30M00S"><text:p>08:30:00</text:p></table:table-cell>
<table:table-cell table:number-columns-repeated="3"/><table:table-cell office:value-type="float" office:value="1.5E-03" table:number-columns-repeated="2"><text:p>0,0015</text:p></table:table-cell>
<table:table-cell table:number-columns-repeated="16373"/></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="string"><text:p>même</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>fin</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
</table:table>`)
	b, err := openBytes(t, "x.csv", data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []TableInfo{{"Lisez-moi", "x.csv", 0, false}, {"Données", "x.csv", 1, true}}
	if diff := cmp.Diff(want, b.Tables()); diff != "" || b.Format().Kind != "ods" {
		t.Error(diff, b.Format())
	}
	for i, want := range [][]string{
		{"1: Source : Cnaf & Insee\n2023"},
		{"3: code||n   x\ty\nz", "4: 01001|[1234.5]|57.4 %|2026-01-31|VRAI|08:30:00||||[0.0015]|[0.0015]", "5: même", "6: même", "7: fin"},
	} {
		got, err := readAll(b, i)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestODSFaults(t *testing.T) {
	t.Parallel()
	cell := `<table:table-cell office:value-type="string"%s><text:p>x</text:p></table:table-cell>`
	table := func(rows string) []byte { return ods(t, `<table:table table:name="T">`+rows+`</table:table>`) }
	whole := table(`<table:table-row>` + fmt.Sprintf(cell, "") + `</table:table-row>`)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"columns repeated":    {table(`<table:table-row>` + fmt.Sprintf(cell, ` table:number-columns-repeated="1000000000"`) + `</table:table-row>`), "feuille « T », ligne 1, colonne 16\u202f385"},
		"cell after a desert": {table(`<table:table-row><table:table-cell table:number-columns-repeated="999999"/>` + fmt.Sprintf(cell, "") + `</table:table-row>`), "au-delà de 16\u202f384 colonnes"},
		"rows repeated":       {table(`<table:table-row table:number-rows-repeated="1048576">` + fmt.Sprintf(cell, "") + `</table:table-row>`), "répétée 1\u202f048\u202f576 fois"},
		"spaces repeated":     {table(`<table:table-row><table:table-cell><text:p><text:s text:c="999999999"/></text:p></table:table-cell></table:table-row>`), "dépasse 1\u202f048\u202f576 octets"},
		"doctype":             {archive(t, part{"mimetype", odsMime}, part{"content.xml", `<!DOCTYPE x [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]><x>&b;</x>`}), "déclaration de document interdite"},
		"markup":              {archive(t, part{"mimetype", odsMime}, part{"content.xml", `rien`}), "XML"},
		"markup cut":          {archive(t, part{"mimetype", odsMime}, part{"content.xml", `<a><table:table table:name="T">`}), "tronqué"},
		"text document":       {archive(t, part{"mimetype", "application/vnd.oasis.opendocument.text"}, part{"content.xml", "<a/>"}), ".odt"},
		"no table":            {ods(t, ""), "aucune feuille"},
		"encrypted":           {archive(t, part{"mimetype", odsMime}, part{"META-INF/manifest.xml", "<m:encryption-data/>"}, part{"content.xml", "\x01\x02"}), "mot de passe"},
		"archive cut":         {whole[:len(whole)-30], "tronquée"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := openBytes(t, "x.ods", c.data, Limits{})
			if err == nil {
				_, err = readAll(b, 0)
			}
			checkError(t, err, "x.ods", c.want)
		})
	}
}

// TestXLSXOfExcelize reads what another program wrote.
func TestXLSXOfExcelize(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // in memory
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	style := func(code string) int {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		must(err)
		return id
	}
	must(f.SetSheetName("Sheet1", "Données"))
	set := func(ref string, v any, style int) {
		must(f.SetCellValue("Données", ref, v))
		if style > 0 {
			must(f.SetCellStyle("Données", ref, ref, style))
		}
	}
	set("B2", "Épinay & Cie <1>", 0)
	set("D2", " espaces ", 0)
	set("A4", 1001, style("00000"))
	set("B4", 0.574, style("0.0%"))
	set("C4", 1234.5, style(`#,##0.00" €"`))
	set("D4", time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), style("dd/mm/yyyy"))
	set("E4", time.Date(2026, 1, 31, 8, 30, 0, 0, time.UTC), style("dd/mm/yyyy hh:mm"))
	set("F4", 0.354166666666667, style("hh:mm"))
	set("G4", true, 0)
	set("H4", 0.3, 0)
	set("I4", -3, 0)
	set("J4", 1e-7, 0)
	set("K4", 1.5, style("[h]:mm:ss"))
	must(f.SetCellRichText("Données", "L4", []excelize.RichTextRun{{Text: "ri"}, {Text: "che"}}))
	must(f.SetCellFormula("Données", "M4", "1/0"))
	must(f.MergeCell("Données", "A5", "C5"))
	set("A5", "titre", 0)
	_, err := f.NewSheet("Cachée")
	must(err)
	must(f.SetSheetVisible("Cachée", false))
	var out bytes.Buffer
	must(f.Write(&out))
	b, err := openBytes(t, "x.xlsx", out.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]TableInfo{{"Données", "x.xlsx", 0, false}, {"Cachée", "x.xlsx", 1, true}}, b.Tables()); diff != "" {
		t.Error(diff)
	}
	got, err := readAll(b, 0)
	want := []string{"2: |Épinay & Cie <1>|| espaces ",
		"4: 01001|57.4 %|[1234.5]|2026-01-31|2026-01-31T08:30:00|08:30:00|VRAI|[0.3]|[-3]|[0.0000001]|36:00:00|riche", "5: titre"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// xlsx is a workbook of one sheet made by hand.
func xlsx(t testing.TB, rows string, more ...part) []byte {
	t.Helper()
	return archive(t, append([]part{
		{"[Content_Types].xml", "<Types/>"},
		{"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="F" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="/xl/worksheets/a.xml"/><Relationship Id="rId2" Type="x/sharedStrings" Target="s.xml"/></Relationships>`},
		{"xl/worksheets/a.xml", `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`},
	}, more...)...)
}

func TestXLSXByHand(t *testing.T) {
	t.Parallel()
	data := xlsx(t, `<row><c><v>1</v></c><c t="s"><v>1</v></c></row><row r="5"><c r="C5" t="inlineStr"><is><t>a_x000D_b</t><rPh><t>non</t></rPh><t>c</t></is></c><c r="D5" t="str"><f>A1</f><v>x</v></c><c r="E5" t="e"><v>#DIV/0!</v></c><c r="F5" t="d"><v>2026-01-31T00:00:00</v></c><c r="G5"><v>NaN</v></c></row>`,
		part{"xl/s.xml", `<sst><si><t>zéro</t></si><si><r><t>u</t></r><r><t xml:space="preserve">n </t></r><rPh><t>non</t></rPh></si></sst>`})
	b, err := openBytes(t, "x.xlsx", data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(b, 0)
	if diff := cmp.Diff([]string{"1: [1]|un ", "5: ||a\rbc|x|#DIV/0!|2026-01-31|NaN"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for name, c := range map[string]struct{ rows, want string }{
		"column too far":    {`<row r="1"><c r="XFE1"><v>1</v></c></row>`, "plus de 16\u202f384 colonnes"},
		"cells out of turn": {`<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>`, "feuille « F », ligne 1 : les cellules"},
		"shared text":       {`<row r="3"><c t="s"><v>9</v></c></row>`, "ligne 3, colonne 1 : la cellule renvoie"},
		"cut":               {`<row r="7"><c>`, "XML"},
		"cell too long":     {`<row r="2"><c t="str"><v>` + strings.Repeat("x", 1<<20+1), "ligne 2, colonne 1 : la cellule dépasse"},
	} {
		b, err := openBytes(t, "x.xlsx", xlsx(t, c.rows), Limits{})
		if err == nil {
			_, err = readAll(b, 0)
		}
		t.Run(name, func(t *testing.T) {
			if name == "cut" && err == nil {
				return // a sheet that ends between rows has lost nothing we can see
			}
			checkError(t, err, c.want)
		})
	}
	for name, c := range map[string]struct {
		parts []part
		want  string
	}{
		"docx":        {[]part{{"[Content_Types].xml", ""}, {"word/document.xml", ""}}, ".docx"},
		"xlsb":        {[]part{{"[Content_Types].xml", ""}, {"xl/workbook.bin", ""}}, ".xlsb"},
		"pptx":        {[]part{{"[Content_Types].xml", ""}, {"ppt/presentation.xml", ""}}, "PowerPoint"},
		"not a book":  {[]part{{"[Content_Types].xml", ""}}, "liste des feuilles"},
		"no sheet":    {[]part{{"[Content_Types].xml", ""}, {"xl/workbook.xml", "<workbook/>"}}, "aucune feuille"},
		"entity bomb": {[]part{{"[Content_Types].xml", ""}, {"xl/workbook.xml", `<!DOCTYPE a [<!ENTITY b "c">]><workbook/>`}}, "interdite"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := openBytes(t, "x.xlsx", archive(t, c.parts...), Limits{})
			checkError(t, err, c.want)
		})
	}
}

func TestArchive(t *testing.T) {
	t.Parallel()
	data := archive(t,
		part{"DS_BPE_CSV_FR/", ""},
		part{"DS_BPE_CSV_FR/DS_BPE_data.csv", "GEO;OBS_VALUE\n93066;3\n"},
		part{"DS_BPE_CSV_FR/DS_BPE_metadata.csv", "COD_VAR;LIB\nGEO;Territoire\n"},
		part{"__MACOSX/._x.csv", "\x00\x05"}, part{".DS_Store", "x"},
		part{"notice.pdf", "%PDF-1.7"},
		part{"classeur.xlsx", string(xlsx(t, `<row r="1"><c><v>1</v></c></row>`))},
		part{"table.ods", string(ods(t, `<table:table table:name="T"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>`))})
	b, err := openBytes(t, "bpe.zip", data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []TableInfo{
		{"DS_BPE_data", "bpe.zip/DS_BPE_CSV_FR/DS_BPE_data.csv", 0, false},
		{"DS_BPE_metadata", "bpe.zip/DS_BPE_CSV_FR/DS_BPE_metadata.csv", 1, false},
		{"F", "bpe.zip/classeur.xlsx", 2, false}, {"T", "bpe.zip/table.ods", 3, false}}
	if diff := cmp.Diff(want, b.Tables()); diff != "" || b.Format() != (Format{Kind: "zip", Encoding: "utf-8", Separator: ';'}) {
		t.Error(diff, b.Format())
	}
	for i, want := range [][]string{{"1: GEO|OBS_VALUE", "2: 93066|3"}, {"1: COD_VAR|LIB", "2: GEO|Territoire"}, {"1: [1]"}, {"1: x"}} {
		got, err := readAll(b, i)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	if w := b.Warnings(); len(w) != 1 || !strings.Contains(w[0], "notice.pdf") {
		t.Errorf("warnings %q", w)
	}
	inner := string(archive(t, part{"a.csv", "a;b\n"}))
	huge := bytes.Clone(archive(t, part{"a.csv", "a;b\n1;2\n"}))
	huge = append(append(make([]byte, 0, 20<<20), make([]byte, 10<<20)...), huge...)
	copy(huge, "PK\x03\x04")
	copy(huge[len(huge)-10:], "\xff\xff\x9f\x00\x00\x00\x00\x00") // a directory of 10 MB from the start
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"only a pdf":       {archive(t, part{"a.pdf", "%PDF-"}), "x.zip/a.pdf : c'est un document PDF"},
		"nothing":          {archive(t), "aucun tableau"},
		"shapefile":        {archive(t, part{"a.shp", "\x00\x00\x27\x0a"}), "contours"},
		"archive within":   {archive(t, part{"b.zip", inner}), "une archive en contient une autre"},
		"giant directory":  {huge, "nombre démesuré de fichiers"},
		"two useless ones": {archive(t, part{"a.pdf", "%PDF-"}, part{"b.pdf", "%PDF-"}), "aucun tableau"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := openBytes(t, "x.zip", c.data, Limits{})
			checkError(t, err, c.want)
		})
	}
}

func TestZipBomb(t *testing.T) {
	t.Parallel()
	b, err := openBytes(t, "x.xlsx", xlsx(t, `<row r="1"><c><v>1</v></c></row>`+strings.Repeat(" ", 40<<20)), Limits{})
	if err == nil {
		_, err = readAll(b, 0)
	}
	checkError(t, err, "démesurément")
}

func TestLooks(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]look{
		"General": {}, "0.00": {}, "#,##0": {}, "@": {}, "0.00E+00": {}, `0" ans"`: {}, `[Red]0;[Blue]-0`: {}, `0\d`: {}, `_-* #,##0.00\ _€_-`: {},
		"dd/mm/yyyy": {date: true}, "mmm-yy": {date: true}, "[$-40C]d mmmm yyyy;@": {date: true}, "mmmm": {date: true},
		"hh:mm": {clock: true}, "m/d/yy h:mm": {date: true, clock: true}, "[h]:mm:ss": {clock: true, elapsed: true}, "mm:ss": {clock: true},
		"0%": {percent: true}, "0.0 %": {percent: true}, "00000": {zeros: 5}, "0": {}, `"`: {}, "[": {}, `\`: {},
	} {
		if got := lookOf(code); got != want {
			t.Errorf("lookOf(%q) = %+v, want %+v", code, got, want)
		}
	}
	for _, c := range []struct {
		raw  string
		look look
		want string
	}{
		{"1", look{date: true}, "1900-01-01"}, {"59", look{date: true}, "1900-02-28"}, {"61", look{date: true}, "1900-03-01"},
		{"46053", look{date: true}, "2026-01-31"}, {"46053.5", look{date: true}, "2026-01-31"}, {"-1", look{date: true}, "-1"}, {"99999999", look{date: true}, "99999999"},
		{"0.574", look{percent: true}, "57.4 %"}, {"1", look{percent: true}, "100 %"}, {"-0.005", look{percent: true}, "-0.5 %"}, {"0", look{percent: true}, "0 %"}, {"1E-3", look{percent: true}, "0.1 %"},
		{"6", look{zeros: 2}, "06"}, {"123", look{zeros: 2}, "123"}, {"1.5", look{zeros: 5}, "1.5"},
		{"007", look{}, "7"}, {"1.50", look{}, "1.5"}, {"-0", look{}, "0"}, {"1E+05", look{}, "100000"}, {"0x10", look{}, "0x10"}, {"1_0", look{}, "1_0"},
	} {
		got, _ := c.look.show(nil, []byte(c.raw), false)
		if string(got) != c.want {
			t.Errorf("%+v shows %q as %q, want %q", c.look, c.raw, got, c.want)
		}
	}
	if got, _ := (look{date: true}).show(nil, []byte("44591"), true); string(got) != "2026-01-31" {
		t.Errorf("from 1904: %s", got)
	}
}
