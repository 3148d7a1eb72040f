// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"maillage/internal/platform/web"
)

//go:embed pages
var pageFiles embed.FS

var _ = web.AddStyle("historique.css", mustRead("pages/history.css"))

func mustRead(name string) []byte {
	b, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return b
}

// What the policy table says of the history: read shows all of it within reach and undoes what
// no kind keeps for others; open shows what one may change oneself.
const (
	read web.Access = "historique.lire"
	open web.Access = "historique.ouvrir"
)

// CardFile is the file of the templates "historique" and "qui-a-change", in what With gives.
const CardFile = "history/history-card.html"

// With is a room's own files and CardFile, so that its pages can show the history of a subject:
//
//	web.NewTemplate[personPage](history.With(pages), "pages/person.html", history.CardFile)
//
// where the struct has a field History of type Card, and the page says
// {{template "historique" .History}}, and beside a field
// {{template "qui-a-change" (.History.Who "telephone")}}.
func With(own fs.FS) fs.FS { return withCard{own} }

type withCard struct{ own fs.FS }

func (w withCard) Open(name string) (fs.File, error) {
	if name == CardFile {
		return pageFiles.Open("pages/history-card.html")
	}
	return w.own.Open(name)
}

// Card is the history of one subject: {{template "historique" .History}}. The zero Card, of
// somebody who may not read the history or of a subject without one, shows nothing.
type Card struct {
	Lines []Line
	More  string // address of all of it; empty: this is all

	who map[string]Who
}

// Line is a change as people read it.
type Line struct {
	ID, Href string // of the entry
	Subject  string // its label, "(effacé)" once forgotten
	Page     string // address of the subject; empty: none
	Kind     string // "Personne"
	Verb     string // "modification"
	Who, Hat string
	When     string
	ISO      string
	Changes  []Change
	Others   int    // subjects that the same gesture touches
	Undone   bool   // by an entry that still holds
	Undo     string // address of the undo; empty: not offered
	Button   string // what it says
	Back     string // where to go afterwards
}

// Change is a field of a Line.
type Change struct {
	Label         string
	Before, After Value
	Gone          bool // the values were erased
}

// Value is a value as people read it; a long one is folded under its beginning.
type Value struct{ Text, Start string }

const longValue = 240 // characters

func valueOf(text string) Value {
	v := Value{Text: text}
	if r := []rune(text); len(r) > longValue {
		v.Start = string(r[:longValue/2]) + "…"
	}
	return v
}

// Who tells who last changed a field: {{template "qui-a-change" (.History.Who "telephone")}}.
type Who struct {
	Label                      string
	Before                     Value
	Name, Hat, When, ISO, Href string
}

// Who is the last change of a field of the subject; the zero Who shows nothing.
func (c Card) Who(field string) Who { return c.who[field] }

const (
	cardLines = 6
	cardDepth = 60 // entries looked at for Who
)

// Card is the history of a subject as far as the one behind r may see it.
func (h *Room) Card(r *http.Request, subject string) (Card, error) {
	var c Card
	list, err := h.List(r.Context(), Filter{Subject: subject}, cardDepth)
	if err == nil {
		list, err = h.mine(r, list), nil
	}
	if err != nil || len(list) == 0 {
		return c, err
	}
	if c.Lines, err = h.lines(r, list[:min(cardLines, len(list))], r.URL.Path+"#historique"); err != nil {
		return c, err
	}
	if len(list) > cardLines {
		c.More = "/historique?" + url.Values{"fiche": {subject}}.Encode()
	}
	c.who = map[string]Who{}
	for _, e := range list {
		for _, f := range e.Fields {
			if _, seen := c.who[f.Name]; !seen {
				c.who[f.Name] = Who{f.Label, valueOf(h.kind(e.Kind()).show(f.Name, f.Before)), author(e), e.By.Title, instantWords(e.At), stamp(e.At), "/historique/" + e.ID}
			}
		}
	}
	return c, nil
}

// mine are the entries that the one behind r may see.
func (h *Room) mine(r *http.Request, list []Entry) []Entry {
	var kept []Entry
	for _, e := range list {
		if web.May(r, read, e.Scope) || h.mayUndo(r, e) {
			kept = append(kept, e)
		}
	}
	return kept
}

// mayUndo says that the one behind r may make the change, and so take it back.
func (h *Room) mayUndo(r *http.Request, e Entry) bool {
	access := h.kind(e.Kind()).Access
	if access == "" {
		access = read
	}
	return web.May(r, access, e.Scope)
}

// lines are entries, all of them within reach, as people read them.
func (h *Room) lines(r *http.Request, list []Entry, back string) ([]Line, error) {
	others, err := h.others(r.Context(), list)
	if err != nil {
		return nil, err
	}
	lines := make([]Line, 0, len(list))
	for _, e := range list {
		k := h.kind(e.Kind())
		l := Line{ID: e.ID, Href: "/historique/" + e.ID, Subject: cmp.Or(e.Label, "(intitulé effacé)"), Kind: k.Label, Verb: capital(verbLabel(e)),
			Who: author(e), Hat: e.By.Title, When: instantWords(e.At), ISO: stamp(e.At), Others: others[e.Group], Undone: e.UndoneBy != "", Back: back}
		if k.Href != nil {
			l.Page = k.Href(e.SubjectID())
		}
		for _, f := range e.Fields {
			l.Changes = append(l.Changes, Change{cmp.Or(f.Label, f.Name), valueOf(k.show(f.Name, f.Before)),
				valueOf(k.show(f.Name, f.After)), f.Forgotten || e.Blanked})
		}
		if h.Undoable(e) && h.mayUndo(r, e) {
			l.Undo, l.Button = l.Href+"/annuler", "Annuler"
			if e.Turn%2 == 1 {
				l.Button = "Rétablir"
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// author is who did it, as people read it.
func author(e Entry) string {
	switch {
	case e.By.Name != "":
		return e.By.Name
	case e.By.Person != "":
		return "une personne dont le nom a été effacé"
	}
	return "le service"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func capital(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

// why says in French, to the one who asked, why an undo is refused.
func (h *Room) why(ctx context.Context, id string, err error) error {
	days := int(h.set.UndoFor / day)
	switch {
	case errors.Is(err, ErrUnknown):
		return web.ErrForeign()
	case errors.Is(err, ErrUndone):
		return web.Conflict("Cette modification est déjà annulée : rouvrez la page pour voir ce qui vaut maintenant.")
	case errors.Is(err, ErrTooLate):
		return web.Conflict(fmt.Sprintf("Cette modification a plus de %d jours : elle ne s'annule plus d'ici. Corrigez la fiche elle-même.", days))
	case errors.Is(err, ErrForgotten):
		return web.Conflict("Les anciennes valeurs ont été effacées : cette modification ne peut plus être annulée.")
	case errors.Is(err, ErrNotUndoable):
		return web.Conflict("Ce genre de modification ne s'annule pas d'ici : corrigez la fiche elle-même.")
	case errors.Is(err, ErrGone):
		return web.Conflict("La fiche n'existe plus : cette modification ne peut plus être annulée.")
	}
	return fmt.Errorf("undo %s: %w", id, err)
}
