// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"html"
	"html/template"
	"strings"
)

// Table is the data of a figure, for the <table> beside it. Rows are as long as Header;
// the first cell of a row names it.
type Table struct {
	Caption string
	Header  []string
	Rows    [][]Cell
}

// Cell is one cell of a table, as people read it.
type Cell struct {
	Text   string
	Number bool // align it right
	Absent bool // Text is the reason why there is no number
}

func words(s string) Cell { return Cell{Text: s} }

// cell writes a value in a table.
func (u Unit) cell(v Value) Cell {
	return Cell{Text: u.text(v), Number: v.ok(), Absent: !v.ok()}
}

// columnName is the heading of a column of values.
func (f Frame) columnName() string {
	name := f.Unit.Name
	if name == "" {
		name = "Valeur"
	}
	if f.Period != "" {
		name += " (" + f.Period + ")"
	}
	return upperFirst(name)
}

func upperFirst(s string) string {
	for i, r := range s {
		if i == 0 {
			return strings.ToUpper(string(r)) + s[len(string(r)):]
		}
	}
	return s
}

// HTML writes the table with the scopes that assistive technology needs.
func (t Table) HTML() template.HTML {
	var b strings.Builder
	b.WriteString(`<table class="mf-table">`)
	if t.Caption != "" {
		b.WriteString("<caption>" + html.EscapeString(t.Caption) + "</caption>")
	}
	b.WriteString("<thead><tr>")
	for i, h := range t.Header {
		class := ""
		if i > 0 && t.numeric(i) {
			class = ` class="num"`
		}
		b.WriteString(`<th scope="col"` + class + `>` + html.EscapeString(h) + "</th>")
	}
	b.WriteString("</tr></thead><tbody>")
	for _, row := range t.Rows {
		b.WriteString("<tr>")
		for i, c := range row {
			switch {
			case i == 0:
				b.WriteString(`<th scope="row">` + html.EscapeString(c.Text) + "</th>")
			case c.Number:
				b.WriteString(`<td class="num">` + html.EscapeString(c.Text) + "</td>")
			case c.Absent:
				b.WriteString(`<td class="absent">` + html.EscapeString(c.Text) + "</td>")
			default:
				b.WriteString("<td>" + html.EscapeString(c.Text) + "</td>")
			}
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return template.HTML(b.String()) // #nosec G203 -- every text is escaped above
}

func (t Table) numeric(col int) bool {
	for _, r := range t.Rows {
		if col < len(r) && r[col].Number {
			return true
		}
	}
	return false
}
