// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"maillage/internal/platform/db"
)

// Free texts, where a name may have been typed: who is named in them, and how the name leaves.

// names finds the writings of a person in a text.
type names struct {
	whole *regexp.Regexp // first and family name in either order, address, telephone; nil: none
	alone *regexp.Regexp // the family name: another may bear it, or it is a word; nil: none
	hints []string       // ASCII in lower case, of which any text that names them holds one
}

// variants are the letters that people write for one another.
var variants = []string{"aàâä", "cç", "eéèêë", "iîï", "nñ", "oôö", "uùûü", "yÿ"}

// loosely is a pattern that finds a name whatever its case and accents, spaces and hyphens alike.
func loosely(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(name)) {
		switch {
		case r == ' ' || r == '-' || r == '\u00a0' || r == '‑':
			b.WriteString(`[\s\x{a0}‑-]+`)
			continue
		case r == '\'' || r == '’':
			b.WriteString(`['’]`)
			continue
		}
		class := string(r)
		for _, v := range variants {
			if strings.ContainsRune(v, r) {
				class = v
			}
		}
		if class == string(r) {
			b.WriteString(regexp.QuoteMeta(class))
		} else {
			b.WriteString("[" + class + "]")
		}
	}
	return b.String()
}

// add makes the person's records known.
func (n *names) add(whole, alone *[]string, given, family, phone string, addresses ...string) {
	given, family = strings.TrimSpace(given), strings.TrimSpace(family)
	if given != "" && family != "" {
		*whole = append(*whole, loosely(given+" "+family), loosely(family+" "+given))
		n.hint(given, family)
	}
	if utf8.RuneCountInString(family) >= 4 {
		*alone = append(*alone, loosely(family))
		n.hint(family)
	}
	for _, a := range addresses {
		*whole = append(*whole, regexp.QuoteMeta(strings.ToLower(a)))
		n.hints = append(n.hints, strings.ToLower(a))
	}
	if digits := onlyDigits(phone); len(digits) >= 9 {
		*whole = append(*whole, strings.Join(strings.Split(digits, ""), `[\s\x{a0}.-]?`))
		n.hints = append(n.hints, digits[len(digits)-2:])
	}
}

// hint keeps the longest run of plain letters of each name.
func (n *names) hint(list ...string) {
	for _, name := range list {
		longest := ""
		for run := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' }) {
			if len(run) > len(longest) {
				longest = run
			}
		}
		if len(longest) >= 2 {
			n.hints = append(n.hints, longest)
		}
	}
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

func compile(parts []string) *regexp.Regexp {
	if len(parts) == 0 {
		return nil
	}
	re := regexp.MustCompile("(?i)" + strings.Join(parts, "|")) // quoted, or of our own making
	re.Longest()
	return re
}

// spans are where a pattern is in a text as words of their own: « Marie Dupont » is not in
// « Anne-Marie Dupontel », nor a@ville.fr in x.a@ville.fr.
func spans(re *regexp.Regexp, text string) [][]int {
	if re == nil {
		return nil
	}
	var list [][]int
	for at := 0; at < len(text); {
		s := re.FindStringIndex(text[at:])
		if s == nil {
			break
		}
		from, to := at+s[0], at+s[1]
		if apart(text, from, to) {
			list = append(list, []int{from, to})
			at = to
			continue
		}
		_, width := utf8.DecodeRuneInString(text[from:])
		at = from + width
	}
	return list
}

func apart(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	in := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	if strings.ContainsRune(text[from:to], '@') && strings.ContainsRune("._+-", before) && from > 0 {
		return false
	}
	return (from == 0 || !in(before) && before != '-') && (to == len(text) || !in(after) && after != '-')
}

// without is a text where the person is « personne effacée ».
func (n names) without(text string) string {
	var b strings.Builder
	at := 0
	for _, s := range spans(n.whole, text) {
		b.WriteString(text[at:s[0]] + Nobody)
		at = s[1]
	}
	return b.String() + text[at:]
}

// mention is a free text that may name somebody.
type mention struct {
	table  *Table
	column string
	text   string
	rows   int // that hold exactly this text
	named  bool
}

// eachMention calls fn for each free text that names the person, or bears their family name,
// save in the rows of the links that covers accepts.
func (r *Room) eachMention(ctx context.Context, q db.Querier, w Identity, covers func(*Table, Link) bool, fn func(mention) error) error {
	if len(w.names.hints) == 0 {
		return nil
	}
	for _, t := range r.Dictionary.Tables {
		for _, column := range t.Free {
			var parts []string
			var args []any
			for _, h := range w.names.hints {
				args = append(args, likely(h))
				parts = append(parts, fmt.Sprintf(`lower(%s) like $%d escape '\'`, column, len(args)))
			}
			where := "(" + strings.Join(parts, " or ") + ")"
			for _, l := range t.Links {
				if covers(t, l) {
					where += " and not (" + r.Dictionary.where(l, w, &args) + ")"
				}
			}
			list, err := db.Query(ctx, q, func(scan func(...any) error) (m mention, err error) { return m, scan(&m.text, &m.rows) },
				fmt.Sprintf("select %s, count(*) from %s where %s group by %s order by 1 limit %d", column, t.Name, where, column, maxRows), args...)
			if err != nil {
				return fmt.Errorf("%s.%s: %w", t.Name, column, err)
			}
			for _, m := range list {
				m.table, m.column, m.named = t, column, len(spans(w.names.whole, m.text)) > 0
				if !m.named && len(spans(w.names.alone, m.text)) == 0 {
					continue
				}
				if err := fn(m); err != nil {
					return fmt.Errorf("%s.%s: %w", t.Name, column, err)
				}
			}
		}
	}
	return nil
}

// mentions are the free texts where the person is named and that are not theirs already, for the
// copy of their data.
func (r *Room) mentions(ctx context.Context, w Identity) (Section, error) {
	s := Section{Title: "Textes libres où la personne est nommée", Columns: []string{"Où", "Champ", "Texte"}}
	whole := func(t *Table, l Link) bool { return t.Copy != ByRoom && len(l.Show) == 0 }
	err := r.eachMention(ctx, r.DB.Read(), w, whole, func(m mention) error {
		if m.named {
			s.Rows = append(s.Rows, []string{m.table.Title, m.table.Personal[m.column], m.text})
		}
		return nil
	})
	return s, err
}

// planTexts counts the free texts that erasing would change, and those that somebody should read.
func (r *Room) planTexts(ctx context.Context, tx *sql.Tx, p *Plan) error {
	deleted := func(_ *Table, l Link) bool { return l.Effect == DeleteRow }
	return r.eachMention(ctx, tx, p.Who, deleted, func(m mention) error {
		list := &p.Doubts
		if m.named {
			list = &p.Texts
		}
		if n := len(*list); n > 0 && (*list)[n-1].Table == m.table.Name && (*list)[n-1].Role == m.table.Personal[m.column] {
			(*list)[n-1].Rows += m.rows
			return nil
		}
		*list = append(*list, Effacing{Table: m.table.Name, Title: m.table.Title, Role: m.table.Personal[m.column], Rows: m.rows})
		return nil
	})
}

// eraseTexts puts « personne effacée » where free texts name the person.
func (r *Room) eraseTexts(ctx context.Context, tx *sql.Tx, w Identity, rows map[string]int) error {
	return r.eachMention(ctx, tx, w, func(*Table, Link) bool { return false }, func(m mention) error {
		if !m.named {
			return nil
		}
		n, err := affected(tx.ExecContext(ctx, fmt.Sprintf(`update %s set %s = $1 where %s = $2`, m.table.Name, m.column, m.column), w.names.without(m.text), m.text))
		rows[m.table.Name] += n
		return err
	})
}
