// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"fmt"
	"strings"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

const (
	mainSpace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relSpace  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	pkgSpace  = "http://schemas.openxmlformats.org/package/2006/"
	mimeBase  = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// write adds to the open part; bufio keeps the first error for Flush.
func (x *xlsxWriter) write(s string) { _, _ = x.out.WriteString(s) }

// tail closes a sheet: the filter over the header and all rows, and no green corner on
// codes that look like numbers.
func (x *xlsxWriter) tail(columns, lines int, filter bool) error {
	corner := string(appendColumn(nil, columns))
	area := ""
	x.write(`</sheetData>`)
	if filter {
		area = fmt.Sprintf("$A$1:$%s$%d", corner, lines)
		x.write(`<autoFilter ref="` + strings.ReplaceAll(area, "$", "") + `"/>`)
	}
	x.filters = append(x.filters, area)
	x.write(`<pageMargins left="0.4" right="0.4" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>`)
	x.write(`<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>`)
	x.write(fmt.Sprintf(`<ignoredErrors><ignoredError sqref="A1:%s%d" numberStoredAsText="1"/></ignoredErrors></worksheet>`, corner, lines))
	return x.out.Flush()
}

// finish writes the parts that name the sheets.
func (x *xlsxWriter) finish() error {
	var types, sheets, rels, names strings.Builder
	for i, name := range x.names {
		n := i + 1
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, mimeBase)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escapeAttr(name), n, n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, relSpace, n)
		if x.filters[i] != "" {
			fmt.Fprintf(&names, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">'%s'!%s</definedName>`,
				i, escapeAttr(strings.ReplaceAll(name, "'", "''")), x.filters[i])
		}
	}
	defined := ""
	if names.Len() > 0 {
		defined = "<definedNames>" + names.String() + "</definedNames>"
	}
	styles := len(x.names) + 1
	for _, part := range []struct{ name, body string }{
		{"xl/styles.xml", stylesXML()},
		{"xl/workbook.xml", `<workbook xmlns="` + mainSpace + `" xmlns:r="` + relSpace + `"><sheets>` + sheets.String() + `</sheets>` + defined + `</workbook>`},
		{"xl/_rels/workbook.xml.rels", fmt.Sprintf(`<Relationships xmlns="%srelationships">%s<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`,
			pkgSpace, rels.String(), styles, relSpace)},
		{"_rels/.rels", fmt.Sprintf(`<Relationships xmlns="%srelationships"><Relationship Id="rId1" Type="%s/officeDocument" Target="xl/workbook.xml"/></Relationships>`, pkgSpace, relSpace)},
		{"[Content_Types].xml", `<Types xmlns="` + pkgSpace + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + mimeBase + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + mimeBase + `styles+xml"/>` + types.String() + `</Types>`},
	} {
		w, err := x.zip.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(xmlHead + part.body)); err != nil {
			return err
		}
	}
	return nil
}

func escapeAttr(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// stylesXML lists the styles in the order of their constants.
func stylesXML() string {
	var formats, cells strings.Builder
	count := decimals0 + maxDecimals + 1
	for d := range maxDecimals + 1 {
		code := "#,##0"
		if d > 0 {
			code += "." + strings.Repeat("0", d)
		}
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, 164+d, code)
		fmt.Fprintf(&cells, `<xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`, 164+d)
	}
	return `<styleSheet xmlns="` + mainSpace + `">` +
		fmt.Sprintf(`<numFmts count="%d">%s</numFmts>`, maxDecimals+1, formats.String()) +
		`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFE8ECF4"/></patternFill></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		fmt.Sprintf(`<cellXfs count="%d">`, count) +
		`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
		`<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		cells.String() + `</cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
}
