// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"html/template"
	"net/http"
	"slices"
)

// Page is what every page tells the layout; page structs embed it by value.
type Page struct {
	Title       string   // in the window's title, before the site's name
	Heading     string   // the h1, when it differs from Title
	Lead        string   // one sentence under the h1
	Description string   // for search engines
	Nav         string   // key of the section in the menu: "territoires", "observatoire", "obligations"
	Crumbs      []Crumb  // the way back, without the page itself
	Notices     []Notice // above the content
	Robots      string   // e.g. "noindex"; empty: indexed
	Scripts     []string // islands of this page by name, e.g. "map.js"; left out when not built
	Styles      []string // style sheets of this page alone, e.g. "maplibre-gl.css"; left out when not built
	Downloads   []Link   // the page's data as files (.csv, .xlsx, .json)
	Query       string   // kept in the search box of the header
	Shell       *Shell   // filled in by Render
	Path        string   // filled in by Render: the path asked for
	Account     *Account // filled in by Render: who is signed in, nil for a visitor

	request *http.Request // set by Render, for May
}

func (p *Page) page() *Page { return p }

// toCorrect says in the window's title that something is to be corrected, and brings the reader
// to the notice that says what (WCAG 3.3.1).
func (p *Page) toCorrect() {
	if p.Heading == "" {
		p.Heading = p.Title
	}
	p.Title = "Erreur : " + p.Title
	p.Notices = slices.Clone(p.Notices)
	if i := slices.IndexFunc(p.Notices, func(n Notice) bool { return n.Kind == Danger }); i >= 0 {
		p.Notices[i].focus = true
	}
}

// H1 is the text of the only h1.
func (p Page) H1() string {
	if p.Heading != "" {
		return p.Heading
	}
	return p.Title
}

// FullTitle is the window's title.
func (p Page) FullTitle() string {
	if p.Title == "" || p.Title == "Maillage" {
		return "Maillage – la petite enfance, commune par commune"
	}
	return p.Title + " – Maillage"
}

// Shell is what the layout knows of the site, the same for every page.
type Shell struct {
	Nav          []NavItem
	Demo         string // banner of a demonstration; empty: none
	DemoLink     Link   // where one goes on from the banner
	Theme        string // "light", "dark", or empty: as the device asks
	Organisation string // who runs this service, in the footer
	Version      string
	SearchPath   string // where the header's search box goes
	Suggest      string // JSON address of its suggestions
	SignIn       bool   // people can sign in here
}

// NavItem is an entry of the main menu.
type NavItem struct{ Key, Label, Href string }

// Crumb is a step of the way back to the top.
type Crumb struct{ Label, Href string }

// Link is a link with its text; Kind and Note are shown beside it when present.
type Link struct{ Label, Href, Kind, Note string }

// Kinds of Notice and Badge. Colour is never alone: each comes with its icon and words.
const (
	Info    = "info"
	Success = "success"
	Warning = "warning"
	Danger  = "danger"
	Neutral = "neutral"
	Pending = "pending"
)

// Notice is a message in the page: {{template "notice" .}}.
type Notice struct {
	Kind  string // Info, Success, Warning, Danger
	Title string
	Text  string
	Items []string
	Link  Link
	focus bool // the reader is brought there
}

// Focus says that the reader is brought to the notice.
func (n Notice) Focus() bool { return n.focus }

// Badge is the state of something: {{template "badge" .}}.
type Badge struct {
	Kind string // Neutral, Info, Success, Warning, Danger, Pending
	Text string
}

// Field is a control of a form: {{template "field" .}}. Form.Field fills Value and Error.
type Field struct {
	Name, Label  string
	Type         string // "text" by default; "select", "textarea", "checkbox", "radio", "file", "number", "date", "search"…
	Value        string
	Hint, Error  string
	Required     bool
	Options      []Option // of select and radio
	Autocomplete string
	InputMode    string
	Accept       string // of file
	Min, Max     string
}

// Option is a choice of a select or of a group of radio buttons.
type Option struct {
	Value, Label, Hint string
	Selected           bool
}

// Table is a data table: {{template "table" .}}. Its region scrolls sideways on small
// screens and can be reached with the keyboard; Stack turns rows into cards there instead.
type Table struct {
	ID      string // unique in the page; required
	Caption string // what the table shows, with its date
	Columns []Column
	Rows    []Row
	Stack   bool // rows become cards on a phone
	Wide    bool // too many columns for a page: scrolls sideways on large screens too
	Quiet   bool // the caption is for screen readers only: a heading just above says it
}

// Column is a column's head.
type Column struct {
	Label   string
	Unit    string
	Numeric bool   // right-aligned, tabular figures
	Sort    string // "ascending" or "descending" when sorted on this column
	Href    string // link that sorts on this column
}

// Row is a line; the first cell is its header.
type Row struct {
	Cells   []Cell
	Current bool // set off: the territory the page is about
	Total   bool
}

// Cell is a cell's text, formatted, with what may go with it.
type Cell struct {
	Text  string
	Href  string
	Note  string // small, under the text
	Badge Badge
	HTML  template.HTML // made by our own code (a small chart), after the text
	Void  bool          // no value: Text says why ("secret", "non disponible")
}

// Pager leads through the pages of a list: {{template "pager" .}}.
type Pager struct {
	Label            string // "Pages de résultats" by default
	Page, Pages      int
	Total            string // "1 268 communes"
	Previous, Next   string // hrefs; empty at the ends
	First, Last      string
	PreviousL, NextL string // names of neighbours, when pages are things rather than numbers
}

// Tab is one of the views of a page; tabs are links: {{template "tabs" .}}.
type Tab struct {
	Label, Href string
	Current     bool
}

// Tabs is a row of tabs under a name for screen readers.
type Tabs struct {
	Label string
	Items []Tab
}

// Stat is one figure with what makes it readable: {{template "stat" .}}. Several go in
// <div class="stats">.
type Stat struct {
	Label  string
	Value  string // formatted, or the reason there is none when Void
	Unit   string
	When   string // "1er janvier 2024"
	Source string
	Note   string // comparison or limit, one line
	Href   string // to the rows behind the figure
	Void   bool
}

// Figure is a chart or a map with what must go with it: {{template "figure" .}}.
type Figure struct {
	ID        string        // unique in the page; required
	Title     string        // what one sees, as a caption
	Sentence  string        // the reading in one sentence
	SVG       template.HTML // drawn by our own code
	Source    string        // "Source : Cnaf, 2023"
	Limits    string
	Table     *Table // the same data
	Downloads []Link
}

// Empty says that there is nothing and what to do next: {{template "empty" .}}.
type Empty struct {
	Title, Text string
	Actions     []Link
}

// Source is where figures come from: {{template "sources" .}} with a []Source.
type Source struct {
	Name, Producer, Href  string
	Vintage               string // "données au 31 décembre 2023, publiées en mars 2025"
	Licence, Method, Note string
}

// Step is an event of a timeline: {{template "timeline" .}} with a []Step.
type Step struct {
	Date    string // as people read it
	ISO     string
	Title   string
	Text    string
	Badge   Badge
	Current bool
}

// Fact is a term and its value in a list of facts: {{template "facts" .}} with a []Fact.
type Fact struct {
	Label, Value, Note string
	Href               string
	Badge              Badge
}
