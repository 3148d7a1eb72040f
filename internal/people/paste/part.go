// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"slices"
	"strings"

	"maillage/internal/platform/french"
)

// heading is a row of headings: a table begins there.
type heading struct {
	line int
	sep  byte
}

// separators are the signs that part columns, the surest first.
var separators = []byte{'\t', ';', ',', '|'}

// headingsOf finds the rows of headings where a table begins; those that only repeat within a
// table of the same separator are left to it.
func headingsOf(text string) []heading {
	var all []heading
	for _, sep := range separators {
		for _, r := range rows(text, sep) {
			if len(r.cells) > 1 && isHeading(r.cells) {
				all = append(all, heading{r.line, sep})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b heading) int { return a.line - b.line })
	var list []heading
	for _, h := range all {
		if n := len(list); n == 0 || h.line > list[n-1].line && h.sep != list[n-1].sep {
			list = append(list, h)
		}
	}
	return list
}

// readText reads a text part by part: what stands above a row of headings is read for itself,
// the headings are those of what follows only.
func readText(text string) List {
	var l List
	lines := strings.Split(text, "\n")
	marks := headingsOf(text)
	if len(marks) == 0 {
		return freeText(text)
	}
	l.above(strings.Join(lines[:marks[0].line-1], "\n"))
	for i, m := range marks {
		end := len(lines)
		if i+1 < len(marks) {
			end = marks[i+1].line - 1
		}
		l.add(fromTable(rows(strings.Join(lines[m.line-1:end], "\n"), m.sep), m.sep), m.line-1)
	}
	return l
}

// maxTitles is how many lines above the headings may be a title rather than people.
const maxTitles = 5

// above reads what stands above the first headings: a short text without any address is a title.
func (l *List) above(text string) {
	var titles []Skip
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) != "" {
			titles = append(titles, Skip{i + 1, oneLine(line), "ligne au-dessus des titres de colonnes"})
		}
	}
	if len(titles) > maxTitles || strings.Contains(text, "@") {
		l.add(freeText(text), 0)
		return
	}
	l.Skipped = append(l.Skipped, titles...)
}

// add puts what was read of a part behind the rest; before is the lines above that part.
func (l *List) add(part List, before int) {
	for _, e := range part.Entries {
		e.Line += before
		l.Entries = append(l.Entries, e)
	}
	for _, s := range part.Skipped {
		s.Line += before
		l.Skipped = append(l.Skipped, s)
	}
	l.Columns = append(l.Columns, part.Columns...)
}

// freeText reads what has no headings: columns of a spreadsheet, lines whose semicolons part
// columns, one person an item otherwise.
func freeText(text string) List {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\n "), "\n")
	if tabs := strings.Count(text, "\t"); tabs > 0 && (strings.Contains(first, "\t") || tabs > strings.Count(text, "\n")/2) {
		return withoutHeadings(rows(text, '\t'), '\t')
	}
	var l List
	lines := strings.Split(text, "\n")
	list := rows(text, ';')
	free := 0 // lines read so far
	for i := 0; i < len(list); {
		n := columnar(list[i:])
		if n == 0 {
			i++
			continue
		}
		l.add(fromItems(split(strings.Join(lines[free:list[i].line-1], "\n"))), free)
		l.add(withoutHeadings(list[i:i+n], ';'), 0)
		i += n
		free = len(lines)
		if i < len(list) {
			free = list[i].line - 1
		}
	}
	l.add(fromItems(split(strings.Join(lines[free:], "\n"))), free)
	return l
}

// columnar is how many of the first rows are lines of one table: as many cells in each, an
// address in the same one. A line alone must leave no doubt; 0: it is a list.
func columnar(list []row) int {
	at, ok := addressColumn(list[0].cells)
	if !ok {
		return 0
	}
	n, sure := 1, 1
	for ; n < len(list) && len(list[n].cells) == len(list[0].cells); n++ {
		cells := list[n].cells
		if here, ok := addressColumn(cells); ok && here == at {
			sure++
		} else if strings.Contains(strings.Join(cells, ""), "@") || cells[at] != "" || filled(cells) < 2 {
			break
		}
	}
	if sure < 2 && (n < 2 || at == len(list[0].cells)-1) && !oneRow(list[0].cells, at) {
		return 0
	}
	return n
}

// addressColumn is the only cell of a row that holds an address. When a name goes with it, the
// other cells must be what is said of a person: else each cell is a person.
func addressColumn(cells []string) (at int, ok bool) {
	at = -1
	for i, c := range cells {
		switch {
		case !strings.Contains(c, "@"):
		case at >= 0 || len(address.FindAllString(stripMailto(c), -1)) != 1:
			return 0, false
		default:
			at = i
		}
	}
	if at < 0 || filled(cells) < 2 {
		return 0, false
	}
	if withoutAddress(cells[at]) == "" {
		return at, true
	}
	for i, c := range cells {
		if i != at && c != "" && (!about(c) || strings.Contains(c, ",")) { // "Mme X, Directrice, Mairie de Y" is a person
			return 0, false
		}
	}
	return at, true
}

// about says that a cell is about a person rather than a name.
func about(c string) bool { return knownOrganisation(c) || knownTitle(c) || isPhone(c) || !hasSign(c) }

func isPhone(c string) bool { return phoneShape.MatchString(c) && phoneIn(c) == strings.TrimSpace(c) }

// oneRow says that every cell of a line is about the person of the address.
func oneRow(cells []string, at int) bool {
	local, _, _ := strings.Cut(address.FindString(cells[at]), "@")
	local = flat(local)
	for i, c := range cells {
		if i == at || c == "" || about(c) {
			continue
		}
		if !isFirstName(c) && !resembles(c, local) {
			return false
		}
	}
	return true
}

// resembles says that a word of three letters or more of a name is in a flat local part.
func resembles(name, local string) bool {
	return slices.ContainsFunc(strings.Fields(french.Fold(name)), func(w string) bool { return len(w) > 2 && strings.Contains(local, w) })
}
