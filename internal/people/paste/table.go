// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"strings"

	"maillage/internal/platform/french"
)

// column is what a column of a table holds.
type column int

const (
	nothing column = iota
	family
	given
	full // both, in either order
	mailbox
	organisation
	title
	phone
)

// headings are the words, folded, under which columns are found.
var headings = map[string]column{
	"nom": family, "nom de famille": family, "nom d usage": family, "nom usuel": family, "last name": family, "surname": family, "noms": family,
	"prenom": given, "prenoms": given, "first name": given,
	"nom prenom": full, "nom et prenom": full, "prenom nom": full, "prenom et nom": full, "nom complet": full, "contact": full, "personne": full,
	"name": full, "nom affiche": full, "participant": full, "participants": full, "nom prenoms": full, "interlocuteur": full, "representant": full,
	"courriel": mailbox, "courriels": mailbox, "mail": mailbox, "mails": mailbox, "e mail": mailbox, "email": mailbox, "emails": mailbox, "mel": mailbox,
	"adresse mail": mailbox, "adresse e mail": mailbox, "adresse email": mailbox, "adresse electronique": mailbox, "adresse courriel": mailbox,
	"adresse de messagerie": mailbox, "courriel professionnel": mailbox, "mail professionnel": mailbox, "mail pro": mailbox, "messagerie": mailbox,
	"organisme": organisation, "structure": organisation, "organisation": organisation, "collectivite": organisation, "employeur": organisation,
	"entite": organisation, "institution": organisation, "societe": organisation, "commune": organisation, "ville": organisation, "entreprise": organisation,
	"etablissement": organisation, "organisme de rattachement": organisation, "association": organisation, "company": organisation,
	"fonction": title, "fonctions": title, "poste": title, "titre": title, "qualite": title, "intitule": title, "intitule du poste": title, "metier": title,
	"fonction poste": title, "job title": title, "profession": title,
	"telephone": phone, "tel": phone, "telephones": phone, "portable": phone, "mobile": phone, "tel portable": phone, "telephone portable": phone,
	"ligne directe": phone, "n de telephone": phone, "numero de telephone": phone, "telephone professionnel": phone, "tel pro": phone, "phone": phone,
	"telephone fixe": phone, "tel fixe": phone, "telephone mobile": phone, "tel mobile": phone, "numero": phone,
}

// row is a line of a table.
type row struct {
	line  int
	cells []string
}

// table reads the text as a table when it is one: tabs, or the separators of its first line
// when they part headings. nil: it is not.
func table(text string) ([]row, byte) {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\n "), "\n")
	for _, sep := range []byte{'\t', ';', ',', '|'} {
		cells := cells(first, sep)
		if sep == '\t' && strings.Contains(text, "\t") && (len(cells) > 1 || strings.Count(text, "\t") > strings.Count(text, "\n")/2) {
			return rows(text, sep), sep
		}
		if len(cells) > 1 && isHeading(cells) {
			return rows(text, sep), sep
		}
	}
	return nil, 0
}

// isHeading says that cells name columns, and nothing but columns.
func isHeading(cells []string) bool {
	named, useful := 0, false
	for _, c := range cells {
		if strings.Contains(c, "@") {
			return false
		}
		if col, ok := headings[french.Fold(c)]; ok {
			named++
			useful = useful || col == family || col == full || col == mailbox
		}
	}
	return useful && (named > 1 || named == len(cells))
}

func cells(line string, sep byte) []string {
	r := rows(line, sep)
	if len(r) == 0 {
		return nil
	}
	return r[0].cells
}

// rows cuts a table as spreadsheets copy it: a cell that holds a separator, a quote or a line
// end is between quotes, where two quotes are one.
func rows(text string, sep byte) []row {
	var list []row
	var cell strings.Builder
	var cells []string
	line, start := 1, 1
	flush := func() {
		cells = append(cells, oneLine(cell.String()))
		cell.Reset()
	}
	end := func() {
		flush()
		if strings.TrimSpace(strings.Join(cells, "")) != "" {
			list = append(list, row{start, cells})
		}
		cells, start = nil, line
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"' && strings.TrimSpace(cell.String()) == "" && quotedCell(text[i+1:], sep) > 0:
			n := quotedCell(text[i+1:], sep)
			inner := text[i+1 : i+n]
			cell.WriteString(strings.ReplaceAll(inner, `""`, `"`))
			line += strings.Count(inner, "\n")
			i += n
		case c == sep:
			flush()
		case c == '\n':
			line++
			end()
		default:
			cell.WriteByte(c)
		}
	}
	end()
	return list
}

// quotedCell is where the quotation that begins ends its cell, 0 when it does not.
func quotedCell(rest string, sep byte) int {
	for i := 0; i < len(rest) && i < 2000; i++ {
		if rest[i] != '"' {
			continue
		}
		if i+1 < len(rest) && rest[i+1] == '"' {
			i++
			continue
		}
		after := strings.TrimLeft(rest[i+1:], " ")
		if after == "" || after[0] == sep || after[0] == '\n' {
			return i + 1
		}
		return 0
	}
	return 0
}

// fromTable reads a table: its columns by their headings, or by what they hold.
func fromTable(list []row, sep byte) List {
	var l List
	cols, head := columnsOf(list)
	if head >= 0 {
		for i, c := range list[head].cells {
			if i < len(cols) && cols[i] != nothing {
				l.Columns = append(l.Columns, c)
			}
		}
		for _, r := range list[:head] {
			l.Skipped = append(l.Skipped, Skip{r.line, strings.Join(r.cells, " "), "ligne au-dessus des titres de colonnes"})
		}
	}
	for _, r := range list[head+1:] {
		raw := oneLine(strings.Join(r.cells, " "))
		if head >= 0 && isHeading(r.cells) {
			l.Skipped = append(l.Skipped, Skip{r.line, raw, "titres de colonnes répétés"})
			continue
		}
		if head < 0 && filled(r.cells) == 1 { // a line of free text among rows
			sub := fromItems(split(raw))
			for _, e := range sub.Entries {
				e.Line = r.line
				l.Entries = append(l.Entries, e)
			}
			for _, s := range sub.Skipped {
				l.Skipped = append(l.Skipped, Skip{r.line, s.Raw, s.Why})
			}
			continue
		}
		e, why := readRow(r.cells, cols)
		e.Line, e.Raw = r.line, raw
		if why != "" {
			l.Skipped = append(l.Skipped, Skip{r.line, raw, why})
			continue
		}
		l.Entries = append(l.Entries, e)
	}
	return l
}

func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if c != "" {
			n++
		}
	}
	return n
}

// columnsOf finds the headings within the first lines; without any, head is -1.
func columnsOf(list []row) (cols []column, head int) {
	for i, r := range list[:min(len(list), 6)] {
		if !isHeading(r.cells) {
			continue
		}
		for _, c := range r.cells {
			cols = append(cols, headings[french.Fold(c)])
		}
		return cols, i
	}
	return nil, -1
}

// readRow reads one line of a table.
func readRow(cells []string, cols []column) (Entry, string) {
	var e Entry
	var both string
	take := func(to *string, value string) {
		if *to == "" {
			*to = value
		}
	}
	var loose []string // cells of a table without headings that are neither an address nor a number
	for i, c := range cells {
		if c == "" {
			continue
		}
		col := nothing
		if i < len(cols) {
			col = cols[i]
		}
		if cols == nil {
			loose = e.guess(c, loose)
			continue
		}
		switch col {
		case family:
			take(&e.Family, c)
		case given:
			take(&e.Given, c)
		case full:
			take(&both, c)
		case mailbox:
			e.takeMail(c)
		case organisation:
			take(&e.Organisation, c)
		case title:
			take(&e.Title, c)
		case phone:
			take(&e.Phone, phoneIn(c))
		}
	}
	if cols == nil {
		e.place(loose)
	}
	return e.finishRow(both)
}

// guess keeps a cell for what it looks like.
func (e *Entry) guess(c string, loose []string) []string {
	switch {
	case strings.Contains(c, "@"):
		rest := strings.Trim(strings.TrimSpace(address.ReplaceAllString(stripMailto(c), "")), `<>"' `)
		e.takeMail(c)
		if rest != "" {
			loose = append(loose, rest)
		}
	case e.Phone == "" && phoneShape.MatchString(c) && phoneIn(c) == strings.TrimSpace(c):
		e.Phone = phoneIn(c)
	case civilities[french.Fold(c)]:
	default:
		loose = append(loose, c)
	}
	return loose
}

// place gives the cells of a table without headings their meaning, by their order: a name in
// one cell or two, then what is said of it.
func (e *Entry) place(loose []string) {
	if len(loose) == 0 {
		return
	}
	rest := loose[1:]
	if len(strings.Fields(loose[0])) == 1 && len(rest) > 0 && len(strings.Fields(rest[0])) <= 2 && !knownOrganisation(rest[0]) {
		e.Family = loose[0] + " " + rest[0]
		rest = rest[1:]
	} else {
		e.Family = loose[0]
	}
	if len(rest) > 0 {
		e.Organisation = rest[0]
	}
	if len(rest) > 1 {
		e.Title = rest[1]
		if knownOrganisation(e.Title) && !knownOrganisation(e.Organisation) {
			e.Organisation, e.Title = e.Title, e.Organisation
		}
	}
}

// finishRow reads the name of a row and says why it holds nobody, "" when it does.
func (e *Entry) finishRow(both string) (Entry, string) {
	switch {
	case e.Family != "" && e.Given != "":
		e.Name = Name{proper(civil(e.Family), true), proper(civil(e.Given), false)}
	case both != "" || e.Family != "":
		if both == "" {
			both = e.Family
		}
		e.Name = Name{}
		e.readName(both)
	case e.Given != "":
		only := e.Given
		e.Name = Name{}
		e.readName(only)
	}
	return e.checked()
}
