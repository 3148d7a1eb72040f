// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

const (
	odsType     = "application/vnd.oasis.opendocument.spreadsheet"
	odsManifest = `<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">` +
		`<manifest:file-entry manifest:full-path="/" manifest:media-type="` + odsType + `"/>` +
		`<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`
	odsHead = `<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" ` +
		`xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" ` +
		`xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.3"><office:automatic-styles>` +
		`<style:style style:name="t" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style>` +
		`</office:automatic-styles><office:body><office:spreadsheet>`
	odsFoot = `</office:spreadsheet></office:body></office:document-content>`
)

// WriteODS is WriteXLSX in the format of LibreOffice (OpenDocument 1.3): numbers are numbers,
// dates are dates, texts are texts and never formulas. Widths are left to the reader's program.
func WriteODS(w io.Writer, sheets []OutSheet) error {
	z := zip.NewWriter(w)
	mime, err := z.CreateHeader(&zip.FileHeader{Name: "mimetype", Method: zip.Store}) // first and plain: file(1) reads it there
	if err == nil {
		_, err = io.WriteString(mime, odsType)
	}
	if err != nil {
		return err
	}
	manifest, err := z.Create("META-INF/manifest.xml")
	if err == nil {
		_, err = io.WriteString(manifest, odsManifest)
	}
	if err != nil {
		return err
	}
	content, err := z.Create("content.xml")
	if err != nil {
		return err
	}
	o := &odsWriter{bufio.NewWriterSize(content, 64<<10)}
	o.text(odsHead)
	names := &xlsxWriter{taken: map[string]bool{strings.ToLower(NotesSheet): true}}
	for _, s := range sheets {
		if err := o.sheet(s, names.uniqueName(s.Name)); err != nil {
			return err
		}
	}
	if notes := notesOf(sheets); notes != nil || len(sheets) == 0 {
		if notes == nil {
			notes = &OutSheet{}
		}
		if err := o.sheet(*notes, NotesSheet); err != nil {
			return err
		}
	}
	o.text(odsFoot)
	if err := o.Flush(); err != nil {
		return err
	}
	return z.Close()
}

type odsWriter struct{ *bufio.Writer } // which keeps the first error for Flush

func (o *odsWriter) text(s string) { _, _ = o.WriteString(s) }

func (o *odsWriter) sheet(s OutSheet, name string) error {
	o.text(`<table:table table:name="` + odsEscape(name) + `"><table:table-column table:number-columns-repeated="` + strconv.Itoa(max(len(s.Header), 1)) + `"/>`)
	if len(s.Header) > 0 {
		o.text(`<table:table-header-rows><table:table-row>`)
		for _, h := range s.Header {
			o.string(h, ` table:style-name="t"`)
		}
		o.text(`</table:table-row></table:table-header-rows>`)
	}
	if s.Rows != nil {
		for row := range s.Rows {
			o.text(`<table:table-row>`)
			for _, cell := range row {
				if err := o.cell(cell); err != nil {
					return err
				}
			}
			o.text(`</table:table-row>`)
		}
	}
	o.text(`</table:table>`)
	return nil
}

func (o *odsWriter) cell(cell any) error {
	switch v := cell.(type) {
	case nil:
		o.text(`<table:table-cell/>`)
	case string:
		o.string(v, "")
	case note:
		o.string(string(v), "")
	case bool:
		o.string(yesNo(v), "")
	case int:
		o.number(strconv.Itoa(v), french.Int(v))
	case int64:
		o.number(strconv.FormatInt(v, 10), strconv.FormatInt(v, 10))
	case float64:
		o.float(v, -1)
	case Num:
		o.float(v.V, max(v.Decimals, 0))
	case clock.Date:
		if v.IsZero() {
			o.text(`<table:table-cell/>`)
			return nil
		}
		o.text(`<table:table-cell office:value-type="date" office:date-value="` + v.String() + `"><text:p>` + v.String() + `</text:p></table:table-cell>`)
	default:
		return fmt.Errorf("sheet: a cell of type %T cannot be written", cell)
	}
	return nil
}

func (o *odsWriter) float(v float64, decimals int) {
	if !finite(v) {
		o.text(`<table:table-cell/>`)
		return
	}
	shown := french.Plain(v, decimals)
	o.number(strings.Replace(shown, ",", ".", 1), shown)
}

func (o *odsWriter) number(value, shown string) {
	o.text(`<table:table-cell office:value-type="float" office:value="` + value + `"><text:p>` + odsEscape(shown) + `</text:p></table:table-cell>`)
}

// string writes a text, one paragraph a line, as the format wants it.
func (o *odsWriter) string(s, style string) {
	if s == "" {
		o.text(`<table:table-cell` + style + `/>`)
		return
	}
	o.text(`<table:table-cell` + style + ` office:value-type="string">`)
	for line := range strings.SplitSeq(strings.ReplaceAll(clean(s), "\r\n", "\n"), "\n") {
		o.text(`<text:p>` + odsSpaces.Replace(odsEscape(line)) + `</text:p>`)
	}
	o.text(`</table:table-cell>`)
}

// odsSpaces keeps the spaces that the format would squeeze.
var odsSpaces = strings.NewReplacer("  ", " <text:s/>", "\t", "<text:tab/>", "\r", " ")

var odsMarks = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func odsEscape(s string) string { return odsMarks.Replace(s) }
