// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"slices"
	"strings"
	"unicode"

	"maillage/internal/platform/french"
)

// guessed is a row without headings, its address and its number taken out.
type guessed struct {
	row
	Entry
	text []string // what is left of each cell
}

// withoutHeadings reads rows whose columns are told by what they hold.
func withoutHeadings(list []row, sep byte) List {
	all := make([]guessed, 0, len(list))
	for _, r := range list {
		g := guessed{row: r}
		if !isFree(r.cells, nil) {
			g.take()
		}
		all = append(all, g)
	}
	roles, sure := rolesOf(all)
	var l List
	for _, g := range all {
		if g.text == nil {
			l.add(fromItems(split(freeRow(g.cells, sep))), g.line-1)
			continue
		}
		e, why := g.read(roles, sure)
		e.Line, e.Raw = g.line, oneLine(strings.Join(g.cells, " "))
		if sep == ';' && filled(g.text) == 1 && e.Phone == "" && e.Mail != "" && !e.Service {
			local, _, _ := strings.Cut(e.Mail, "@")
			if !resembles(e.Family+" "+e.Given, flat(local)) && strings.ContainsAny(local, "._-") {
				e.doubt("Le nom et l'adresse ne se ressemblent pas : vérifiez qu'ils vont ensemble.")
			}
		}
		if why != "" {
			l.Skipped = append(l.Skipped, Skip{g.line, e.Raw, why})
			continue
		}
		l.Entries = append(l.Entries, e)
	}
	return l
}

// isFree says that a row of a table is a line of free text: one cell alone, or several with an
// address each, none of them a bare one in a column of addresses.
func isFree(cells []string, cols []column) bool {
	n := 0
	for i, c := range cells {
		if c == "" {
			continue
		}
		n++
		if strings.Contains(c, "@") {
			if i < len(cols) && cols[i] == mailbox && withoutAddress(c) == "" {
				return false
			}
		} else if cols != nil || filled(cells) > 1 {
			return false
		}
	}
	return n > 0
}

// freeRow is the text of such a row.
func freeRow(cells []string, sep byte) string {
	if sep == '\t' {
		sep = ';'
	}
	return strings.Join(cells, string(sep)+" ")
}

// withoutAddress is what a cell says besides its address.
func withoutAddress(c string) string {
	return strings.Trim(oneLine(address.ReplaceAllString(stripMailto(c), " ")), `<>()[]"',;: `)
}

func hasSign(c string) bool {
	return strings.ContainsFunc(c, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// take keeps the address and the number of a row, and the text of its cells.
func (g *guessed) take() {
	g.text = make([]string, len(g.cells))
	for i, c := range g.cells {
		switch {
		case strings.Contains(c, "@"):
			g.text[i] = g.mailOf(c)
		case isPhone(c):
			if g.Phone == "" {
				g.Phone = phoneIn(c)
			}
		case civilities[french.Fold(c)] || !strings.ContainsFunc(c, unicode.IsLetter):
		default:
			g.text[i] = c
		}
	}
}

// mailOf takes the address out of a cell and returns the rest of it.
func (e *Entry) mailOf(c string) string {
	if found := strings.ToLower(address.FindString(stripMailto(c))); found != "" && e.Mail != "" && found != e.Mail {
		e.doubt("Une seconde adresse est laissée de côté : « " + clip(found) + " ».")
		return withoutAddress(c)
	}
	return strings.Trim(oneLine(e.takeMail(c)), `<>()[]"',;: `)
}

// tally counts what the cells of a column look like.
type tally struct{ n, organisations, titles, full, first, single, short int }

func (t tally) most(n int) bool { return 2*n > t.n }

// rolesOf tells the columns by what most of their cells hold; sure is false for a column that
// only its place tells. Two columns of family and given stand for a name in either order.
func rolesOf(list []guessed) (roles []column, sure []bool) {
	var counts []tally
	for _, g := range list {
		for len(counts) < len(g.text) {
			counts = append(counts, tally{})
		}
		for i, c := range g.text {
			counts[i].see(c, g.Mail)
		}
	}
	roles, sure = make([]column, len(counts)), make([]bool, len(counts))
	var names []int
	for i, t := range counts {
		switch {
		case t.n == 0:
		case t.most(t.full):
			names = append(names, i)
		case t.most(t.organisations):
			roles[i], sure[i] = organisation, true
		case t.most(t.titles):
			roles[i], sure[i] = title, true
		default:
			names = append(names, i)
		}
	}
	nameColumns(names, counts, roles)
	for i, t := range counts {
		switch {
		case t.n == 0 || roles[i] != nothing:
		case !slices.Contains(roles, organisation):
			roles[i] = organisation
		case !slices.Contains(roles, title):
			roles[i] = title
		}
	}
	return roles, sure
}

// nameColumns picks the column of the name among those left, or the two.
func nameColumns(left []int, counts []tally, roles []column) {
	if len(left) == 0 {
		return
	}
	for _, i := range left {
		if counts[i].most(counts[i].full) {
			roles[i] = full
			return
		}
	}
	for k := range len(left) - 1 { // a column of first names, and its neighbour
		a, b := counts[left[k]], counts[left[k+1]]
		if a.most(a.first) || b.most(b.first) {
			roles[left[k]], roles[left[k+1]] = family, given
			return
		}
	}
	if len(left) > 1 {
		if a, b := counts[left[0]], counts[left[1]]; a.most(a.single) && b.most(b.short) {
			roles[left[0]], roles[left[1]] = family, given
			return
		}
	}
	roles[left[0]] = full
}

// see counts one cell.
func (t *tally) see(c, mail string) {
	if c == "" {
		return
	}
	t.n++
	count := func(to *int, is bool) {
		if is {
			*to++
		}
	}
	words := strings.Fields(civil(c))
	list := units(words)
	count(&t.organisations, knownOrganisation(c))
	count(&t.titles, knownTitle(c))
	count(&t.first, isFirstName(c))
	count(&t.single, len(list) == 1)
	count(&t.short, len(words) <= 2)
	if len(list) > 1 && len(list) < 6 && !knownOrganisation(c) && !knownTitle(c) {
		_, address := byAddress(list, mail)
		_, first := byFirstName(list, "")
		count(&t.full, mixedName(civil(c)) || address || first)
	}
}

// read gives the cells of a row the meaning of their columns.
func (g *guessed) read(roles []column, sure []bool) (Entry, string) {
	e := g.Entry
	var name []string
	for i, c := range g.text {
		if c == "" {
			continue
		}
		switch roles[i] {
		case family, given, full:
			name = append(name, c)
		case organisation, title:
			to, what := &e.Organisation, "son organisation"
			if roles[i] == title {
				to, what = &e.Title, "sa fonction"
			}
			if *to != "" {
				continue
			}
			*to = c
			if !sure[i] {
				e.doubt("Est-ce bien " + what + " : « " + clip(c) + " » ?")
			}
		}
	}
	if len(name) == 2 {
		e.readPair(civil(name[0]), civil(name[1]))
	} else if len(name) == 1 {
		e.readName(name[0])
	}
	return e.checked()
}

// readPair reads a name in two cells, in the order that its cells or its address prove.
func (e *Entry) readPair(a, b string) {
	list := []unit{pieceOf(a), pieceOf(b)}
	if n, ok := byCapitals(list); ok {
		e.Name = n
		return
	}
	for _, tell := range []func([]unit, string) (Name, bool){byAddress, byParticle, byFirstName} {
		if n, ok := tell(list, e.Mail); ok {
			e.Name = n
			return
		}
	}
	e.Readings = []Name{named(a, b), named(b, a)}
	e.Name = e.Readings[0]
	e.doubt("Lequel est le nom de famille ?")
}

// pieceOf is a cell as one piece of a name.
func pieceOf(c string) unit {
	words := strings.Fields(c)
	return unit{words, isUpper(c), units(words)[0].tied}
}
