// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"slices"
	"strings"
	"unicode"

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

// fromTable reads a table whose first row is its headings. Other headings, further down, are
// those of what follows them.
func fromTable(list []row, sep byte) List {
	var l List
	var cols []column
	var heads string
	for _, r := range list {
		raw := oneLine(strings.Join(r.cells, " "))
		if len(r.cells) > 1 && isHeading(r.cells) {
			if french.Fold(raw) == heads {
				l.Skipped = append(l.Skipped, Skip{r.line, raw, "titres de colonnes répétés"})
				continue
			}
			heads, cols = french.Fold(raw), nil
			for _, c := range r.cells {
				col := headings[french.Fold(c)]
				cols = append(cols, col)
				if col != nothing && !slices.Contains(l.Columns, c) {
					l.Columns = append(l.Columns, c)
				}
			}
			continue
		}
		if isFree(r.cells, cols) { // a line of free text among rows
			l.add(fromItems(split(freeRow(r.cells, sep))), r.line-1)
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

// readRow reads one line of a table. An address is taken out of whatever cell holds it, those
// of the column of addresses and of the names first.
func readRow(cells []string, cols []column) (Entry, string) {
	var e Entry
	var both string
	cells = slices.Clone(cells)
	at := func(i int) column {
		if i < len(cols) {
			return cols[i]
		}
		return nothing
	}
	for _, pass := range [][]column{{mailbox}, {family, given, full}} {
		for i, c := range cells {
			if slices.Contains(pass, at(i)) && (at(i) == mailbox || strings.Contains(c, "@")) {
				cells[i] = e.mailOf(c)
			}
		}
	}
	e.strayMail(cells)
	for i, c := range cells {
		to := map[column]*string{family: &e.Family, given: &e.Given, full: &both, organisation: &e.Organisation, title: &e.Title, phone: &e.Phone}[at(i)]
		if at(i) == phone {
			c = phoneIn(c)
		}
		if to != nil && *to == "" {
			*to = c
		}
		if at(i) == mailbox && both == "" && e.Family == "" && strings.ContainsFunc(c, unicode.IsLetter) && noName(cells, cols) {
			both = c // "DUPRÉ Lina <l.dupre@ville.example>" under the addresses, and no name elsewhere
		}
	}
	return e.finishRow(both)
}

// strayMail takes an address from another column when the row has none: a doubt.
func (e *Entry) strayMail(cells []string) {
	for i, c := range cells {
		if e.Mail == "" && address.MatchString(c) {
			if cells[i] = e.mailOf(c); e.Mail != "" {
				e.doubt("L'adresse « " + clip(e.Mail) + " » vient d'une autre colonne : vérifiez que c'est la sienne.")
			}
		}
	}
}

// noName says that no column of names has anything in this row.
func noName(cells []string, cols []column) bool {
	for i, c := range cells {
		if c != "" && i < len(cols) && (cols[i] == family || cols[i] == given || cols[i] == full) {
			return false
		}
	}
	return true
}

// finishRow reads the name of a row and says why it holds nobody, "" when it does.
func (e *Entry) finishRow(both string) (Entry, string) {
	if e.Family != "" && e.Given != "" {
		e.Name = Name{proper(civil(e.Family), true), proper(civil(e.Given), false)}
		return e.checked()
	}
	only := both
	for _, s := range []string{e.Family, e.Given} {
		if only == "" {
			only = s
		}
	}
	e.Name = Name{}
	e.readName(only)
	return e.checked()
}
