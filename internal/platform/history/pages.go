// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/web"
)

// Routes are the addresses of this room.
func (h *Room) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /historique", Access: open, Handler: h.list},
		{Pattern: "GET /historique/{id}", Access: open, Handler: h.show},
		{Pattern: "POST /historique/{id}/annuler", Access: open, Handler: h.undoPage},
	}
}

type listPage struct {
	web.Page
	Filters []web.Field
	Subject string // kept by the filters, "" when the list is not that of one subject
	Lines   []Line
	Newest  string // address of the first page, "" on it
	Older   string // address of the next one, "" on the last
	Empty   web.Empty
	Days    int
}

type entryPage struct {
	web.Page
	Lines []Line
}

type conflictPage struct {
	web.Page
	Action, Back string
	Table        web.Table
}

var (
	listTemplate     = web.NewTemplate[listPage](pageFiles, "pages/list.html", "pages/history-card.html")
	entryTemplate    = web.NewTemplate[entryPage](pageFiles, "pages/entry.html", "pages/history-card.html")
	conflictTemplate = web.NewTemplate[conflictPage](pageFiles, "pages/conflict.html")
)

const (
	perPage = 25
	batches = 8 // of entries out of reach that one page may skip
)

func (h *Room) list(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r, web.FormSpec{Fields: []string{"fiche", "sujet", "personne", "du", "au", "avant"}})
	if err != nil {
		return err
	}
	f := Filter{Subject: form.Text("fiche"), Kind: form.Text("sujet"), Person: form.Text("personne"),
		From: form.Date("du"), To: form.Date("au"), Before: form.Text("avant")}
	if !f.To.IsZero() && f.To.Before(f.From) {
		form.Fail("au", "Cette date est avant celle du début : échangez-les.")
	}
	p := listPage{Page: web.Page{Title: "Historique des modifications", Robots: "noindex", Crumbs: []web.Crumb{{Label: "Accueil", Href: "/"}},
		Lead: fmt.Sprintf("Qui a changé quoi, à quel titre et quand. Une modification s'annule pendant %d jours.", h.set.UndoFor/day)}, Subject: f.Subject}
	if p.Filters, err = h.filters(r, form); err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if form.Valid() {
		status = http.StatusOK
		if err := h.fill(r, &p, f, form.Values); err != nil {
			return err
		}
	}
	return listTemplate.Render(w, r, status, p)
}

// fill reads until a page is full: entries out of reach are passed over as if they did not exist.
func (h *Room) fill(r *http.Request, p *listPage, f Filter, query url.Values) error {
	var shown []Entry
	more := true
	for n := 0; more && len(shown) <= perPage && n < batches; n++ {
		list, err := h.List(r.Context(), f, 2*perPage)
		if err != nil {
			return err
		}
		if more = len(list) == 2*perPage; more {
			f.Before = list[len(list)-1].ID
		}
		shown = append(shown, h.mine(r, list)...)
	}
	at := func(before string) string {
		q := url.Values{}
		for _, name := range []string{"fiche", "sujet", "personne", "du", "au"} {
			if v := query.Get(name); v != "" {
				q.Set(name, v)
			}
		}
		if before != "" {
			q.Set("avant", before)
		}
		return "/historique?" + q.Encode()
	}
	if query.Get("avant") != "" {
		p.Newest = at("")
	}
	if len(shown) > perPage {
		shown = shown[:perPage]
		p.Older = at(shown[perPage-1].ID)
	} else if more {
		p.Older = at(f.Before)
	}
	p.Empty = web.Empty{Title: "Aucune modification", Text: "Rien n'a été changé qui réponde à ces choix. Élargissez les dates, ou effacez un choix."}
	var err error
	p.Lines, err = h.lines(r, shown, "")
	return err
}

func (h *Room) filters(r *http.Request, form *web.Form) ([]web.Field, error) {
	people, err := h.Authors(r.Context(), h.now().Add(-h.set.KeepValues))
	if err != nil {
		return nil, err
	}
	kinds := []web.Option{{Value: "", Label: "Toutes"}}
	for _, k := range h.kinds {
		kinds = append(kinds, web.Option{Value: k.Name, Label: k.Label})
	}
	authors := []web.Option{{Value: "", Label: "Tout le monde"}}
	for _, a := range people {
		authors = append(authors, web.Option{Value: a.Person, Label: a.Name})
	}
	today := clock.On(h.now()).String()
	return []web.Field{
		form.Field(web.Field{Name: "sujet", Label: "Fiches", Type: "select", Required: true, Options: kinds}),
		form.Field(web.Field{Name: "personne", Label: "Modifiées par", Type: "select", Required: true, Options: authors}),
		form.Field(web.Field{Name: "du", Label: "Du", Type: "date", Max: today}),
		form.Field(web.Field{Name: "au", Label: "Au", Type: "date", Max: today}),
	}, nil
}

func (h *Room) show(w http.ResponseWriter, r *http.Request) error {
	gesture, err := h.reach(r)
	if err != nil {
		return err
	}
	lines, err := h.lines(r, gesture, "")
	if err != nil {
		return err
	}
	for i := range lines {
		if lines[i].Others = 0; i > 0 {
			lines[i].Undo = "" // one button for the gesture
		}
	}
	p := entryPage{Page: web.Page{Title: lines[0].Verb, Heading: lines[0].Verb + " : " + lines[0].Subject, Robots: "noindex",
		Crumbs: []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Historique", Href: "/historique"}}}, Lines: lines}
	if len(lines) > 1 {
		p.Lead = fmt.Sprintf("Un seul geste a touché %d fiches. L'annuler les remet toutes comme elles étaient.", len(lines))
	}
	return entryTemplate.Render(w, r, http.StatusOK, p)
}

// reach is the gesture that the address names, when all of it is within reach.
func (h *Room) reach(r *http.Request) ([]Entry, error) {
	gesture, err := h.Gesture(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, h.why(r.Context(), r.PathValue("id"), err)
	}
	if len(h.mine(r, gesture)) != len(gesture) {
		return nil, web.ErrForeign()
	}
	return gesture, nil
}

func (h *Room) undoPage(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r, web.FormSpec{Fields: []string{"retour", "confirmer"}})
	if err != nil {
		return err
	}
	gesture, err := h.reach(r)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(gesture, func(e Entry) bool { return !h.mayUndo(r, e) }) {
		return web.Forbidden("Votre fonction actuelle permet de lire cette modification, non de l'annuler.")
	}
	id := r.PathValue("id")
	done, err := h.Undo(r.Context(), id, form.Text("confirmer") == "oui")
	if conflict, ok := errors.AsType[*Conflict](err); ok {
		return h.ask(w, r, conflict, form.Text("retour"))
	}
	if err != nil {
		return h.why(r.Context(), id, err)
	}
	return web.Redirect(w, r, web.SafeLocal(form.Text("retour"), "/historique/"+done[0].ID))
}

// ask shows what changed since, and undoes only on a confirmation.
func (h *Room) ask(w http.ResponseWriter, r *http.Request, first *Conflict, back string) error {
	id := r.PathValue("id")
	all, err := h.conflicts(r.Context(), id)
	if err != nil {
		return h.why(r.Context(), id, err)
	}
	if len(all) == 0 {
		all = []*Conflict{first} // history does not know the change
	}
	p := conflictPage{Action: "/historique/" + id + "/annuler", Back: web.SafeLocal(back, "/historique/"+id),
		Page: web.Page{Title: "Une valeur a changé depuis", Robots: "noindex", Crumbs: []web.Crumb{{Label: "Historique", Href: "/historique"}},
			Lead: "Rien n'a été annulé. Annuler maintenant effacerait une modification plus récente : voyez laquelle, puis confirmez ou renoncez."},
		Table: web.Table{ID: "conflits", Stack: true, Caption: "Ce qui a changé depuis", Columns: []web.Column{{Label: "Champ"},
			{Label: "Valeur actuelle"}, {Label: "Changée par"}, {Label: "Deviendrait"}}}}
	cell := func(c *Conflict, text string) web.Cell {
		if text = h.kind(c.Entry.Kind()).show(c.Field.Name, text); text == "" {
			return web.Cell{Text: "vide", Void: true}
		}
		return web.Cell{Text: text}
	}
	for _, c := range all {
		by := web.Cell{Text: "inconnu", Note: "l'historique n'en a pas gardé trace"}
		if c.Later != nil {
			by = web.Cell{Text: author(*c.Later), Note: instantWords(c.Later.At)}
		}
		p.Table.Rows = append(p.Table.Rows, web.Row{Cells: []web.Cell{{Text: c.Field.Label}, cell(c, c.Present), by, cell(c, c.Field.Before)}})
	}
	w.Header().Set("Cache-Control", "no-store")
	return conflictTemplate.Render(w, r, http.StatusConflict, p)
}
