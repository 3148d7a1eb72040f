// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"embed"
	"html/template"
	"strings"
)

//go:embed templates/*.html
var templateFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

// Letter is what most messages say, in the order in which it is read. Its texts are plain text.
type Letter struct {
	Title    string    // what is expected or what happened, in one line
	Before   []string  // paragraphs
	Code     string    // a code to copy: "123 456"
	Sections []Section // lists
	Action   Link      // the one thing to do, when there is one
	After    []string  // paragraphs
}

// Section is a list under a heading, which may be empty.
type Section struct {
	Title string
	Items []Item
}

// Item is a line of a list: what it is, with its address if it has a page, and what is to be
// said of it.
type Item struct{ Label, URL, Text string }

// Link is an address and the words that say where it leads.
type Link struct{ Label, URL string }

// HTML is the letter as a fragment for [Message.HTML]. An address that is not https, http or
// mailto makes it one that [CheckHTML] refuses.
func (l Letter) HTML() string {
	var b strings.Builder
	data := struct {
		Letter
		Action *Link
	}{Letter: l}
	if l.Action != (Link{}) {
		data.Action = &l.Action
	}
	if err := templates.ExecuteTemplate(&b, "letter.html", data); err != nil {
		panic(err) // cannot happen: the template is embedded, tested, and writes to memory
	}
	return strings.TrimSpace(b.String())
}

// document is a fragment with its head, its language and its foot.
func document(m Message) (string, error) {
	var b strings.Builder
	err := templates.ExecuteTemplate(&b, "document.html", struct {
		Message
		Body template.HTML
	}{m, template.HTML(m.HTML)}) // #nosec G203 -- CheckHTML has read it
	return b.String(), err
}

// plain is the text twin with its foot, which says the same as that of the document.
func plain(m Message) string {
	text := m.Text
	if strings.TrimSpace(text) == "" {
		text = textOf(m.HTML)
	}
	var b strings.Builder
	b.WriteString(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")))
	b.WriteString("\n\n-- \n") // the mark that mailers know the end of a letter by
	if m.Why != "" {
		b.WriteString("Vous recevez ce courriel parce que " + m.Why + ".\n")
	}
	if m.Unsubscribe != "" {
		b.WriteString("Ne plus recevoir ces courriels : " + m.Unsubscribe + "\n")
	}
	b.WriteString("Ce courriel ne contient ni image ni traceur : nous ne savons pas si vous l'ouvrez.\n")
	return b.String()
}
