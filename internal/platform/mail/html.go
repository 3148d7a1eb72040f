// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// allowed are the elements of a message and their attributes. There is neither image nor
// style nor form: nothing is fetched when a message is opened, so nothing tells that it was.
var allowed = map[atom.Atom][]string{
	atom.H1: nil, atom.H2: nil, atom.H3: nil, atom.P: nil, atom.Br: nil, atom.Hr: nil,
	atom.Ul: nil, atom.Ol: nil, atom.Li: nil, atom.Dl: nil, atom.Dt: nil, atom.Dd: nil,
	atom.Strong: nil, atom.Em: nil, atom.Code: nil, atom.Abbr: {"title"}, atom.Time: {"datetime"},
	atom.Blockquote: nil, atom.Section: nil, atom.A: {"href"},
	atom.Table: nil, atom.Caption: nil, atom.Thead: nil, atom.Tbody: nil, atom.Tr: nil,
	atom.Th: {"scope"}, atom.Td: nil,
}

// closesItself are the elements without an end tag.
var closesItself = []atom.Atom{atom.Br, atom.Hr}

// CheckHTML refuses a fragment that is not plain semantic HTML: headings, paragraphs, lists,
// tables with headers, quotes and links to https, http or mailto addresses. Every element
// is closed where it was opened.
func CheckHTML(fragment string) error {
	z := html.NewTokenizer(strings.NewReader(fragment))
	var open []string
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				return invalid("le HTML du message est mal formé (%v)", z.Err())
			}
			if len(open) > 0 {
				return invalid("la balise <%s> n'est pas fermée", open[len(open)-1])
			}
			return nil
		case html.CommentToken, html.DoctypeToken:
			return invalid("le HTML du message contient un commentaire ou une déclaration")
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if err := checkTag(t); err != nil {
				return err
			}
			if !slices.Contains(closesItself, t.DataAtom) {
				open = append(open, t.Data)
			}
		case html.EndTagToken:
			t := z.Token()
			if len(open) == 0 || open[len(open)-1] != t.Data {
				return invalid("la balise </%s> ferme ce qui n'est pas ouvert", t.Data)
			}
			open = open[:len(open)-1]
		}
	}
}

func checkTag(t html.Token) error {
	attributes, ok := allowed[t.DataAtom]
	if !ok || t.DataAtom == 0 {
		return invalid("la balise <%s> n'est pas admise dans un courriel", t.Data)
	}
	for _, a := range t.Attr {
		if a.Namespace != "" || !slices.Contains(attributes, a.Key) {
			return invalid("l'attribut « %s » de <%s> n'est pas admis dans un courriel", a.Key, t.Data)
		}
		if a.Key == "href" && !isLink(a.Val) {
			return invalid("le lien « %s » doit commencer par https://, http:// ou mailto:", a.Val)
		}
	}
	return nil
}

func isLink(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.User != nil {
		return false
	}
	switch u.Scheme {
	case "https", "http":
		return u.Host != ""
	case "mailto":
		return u.Opaque != ""
	}
	return false
}

// textOf is a checked fragment as plain text: paragraphs between blank lines, lists with
// dashes, the address of a link behind its words.
func textOf(fragment string) string {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(fragment), body)
	if err != nil {
		return "" // cannot happen: a strings.Reader does not fail
	}
	var w textWriter
	for _, n := range nodes {
		w.node(n)
	}
	return strings.TrimSpace(w.String())
}

// textWriter writes text whose blanks fold as in a browser.
type textWriter struct {
	strings.Builder
	breaks  int   // line breaks owed before the next word
	space   bool  // a blank is owed before the next word
	indents []int // one for each list: the next number, or 0 for dashes
	cell    bool  // a cell was written on this row
}

func (w *textWriter) word(s string) {
	if w.breaks > 0 && w.Len() > 0 {
		w.WriteString(strings.Repeat("\n", w.breaks))
		w.WriteString(strings.Repeat("  ", max(0, len(w.indents)-1)))
	} else if w.space && w.Len() > 0 {
		w.WriteByte(' ')
	}
	w.breaks, w.space = 0, false
	w.WriteString(s)
}

func (w *textWriter) owe(n int) { w.breaks, w.space = max(w.breaks, n), false }

func (w *textWriter) text(s string) {
	const blanks = " \t\r\n" // not the no-break spaces of French
	for i, f := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(blanks, r) }) {
		w.space = w.space || i > 0 || strings.ContainsRune(blanks, rune(s[0]))
		w.word(f)
	}
	if s != "" && strings.ContainsRune(blanks, rune(s[len(s)-1])) {
		w.space = true
	}
}

func (w *textWriter) children(n *html.Node) {
	for c := range n.ChildNodes() {
		w.node(c)
	}
}

func (w *textWriter) node(n *html.Node) {
	if n.Type == html.TextNode {
		w.text(n.Data)
		return
	}
	switch n.DataAtom {
	case atom.Br:
		w.owe(1)
	case atom.Hr:
		w.owe(2)
		w.word("----")
		w.owe(2)
	case atom.A:
		w.link(n)
	case atom.Ul, atom.Ol:
		w.list(n)
	case atom.Li:
		w.owe(1)
		w.item()
		w.children(n)
		w.owe(1)
	case atom.Tr:
		w.owe(1)
		w.cell = false
		w.children(n)
		w.owe(1)
	case atom.Td, atom.Th:
		if w.cell {
			w.word(" | ")
			w.space = false
		}
		w.cell = true
		w.children(n)
		w.space = false
	case atom.Dt, atom.Dd:
		w.owe(1)
		w.children(n)
		w.owe(1)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.Blockquote, atom.Section, atom.Table, atom.Caption, atom.Dl:
		w.owe(2)
		w.children(n)
		w.owe(2)
	default:
		w.children(n)
	}
}

func (w *textWriter) link(n *html.Node) {
	w.children(n)
	for _, a := range n.Attr {
		if a.Key != "href" {
			continue
		}
		if address := strings.TrimPrefix(a.Val, "mailto:"); !strings.HasSuffix(w.String(), address) {
			w.space = true
			w.word("<" + address + ">")
		}
	}
}

func (w *textWriter) list(n *html.Node) {
	number := 0
	if n.DataAtom == atom.Ol {
		number = 1
	}
	gap := 2
	if len(w.indents) > 0 {
		gap = 1
	}
	w.owe(gap)
	w.indents = append(w.indents, number)
	w.children(n)
	w.indents = w.indents[:len(w.indents)-1]
	w.owe(gap)
}

func (w *textWriter) item() {
	if len(w.indents) == 0 {
		return
	}
	last := &w.indents[len(w.indents)-1]
	mark := "-"
	if *last > 0 {
		mark = fmt.Sprintf("%d.", *last)
		*last++
	}
	w.word(mark)
	w.space = true
}
