// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// importsPage lists what was imported, with the way back.
type importsPage struct {
	web.Page
	Tabs  web.Tabs
	List  []importView
	Empty web.Empty
}

type importView struct {
	ID, When, By string
	Tally        string
	Badge        web.Badge
	Undo         string // label of the button, "" when there is none
	Kept         []web.Link
	Created      []web.Link
}

var importsTemplate = web.NewTemplate[importsPage](pageFiles, "pages/imports.html", "pages/parts.html")

func (r *Room) importsList(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"fait"}})
	if err != nil {
		return err
	}
	list, err := r.Imports(req.Context(), 50)
	if err != nil {
		return err
	}
	p := importsPage{Page: web.Page{Title: "Listes importées", Nav: section, Robots: "noindex", Crumbs: directoryCrumbs,
		Lead: "Chaque liste s'annule en entier, à tout moment. Ce qui a servi depuis reste, avec la raison."}, Tabs: tabs(req, "/personnes/imports"),
		Empty: web.Empty{Title: "Aucune liste n'a été importée", Actions: []web.Link{{Label: "Coller une liste", Href: "/personnes/import"}}}}
	switch form.Text("fait") {
	case "importe":
		p.Notices = []web.Notice{{Kind: web.Success, Title: "La liste est importée.", Text: "Si ce n'est pas ce que vous vouliez, un clic annule tout."}}
	case "annule":
		p.Notices = []web.Notice{{Kind: web.Success, Title: "L'import est annulé."}}
	case "reste":
		p.Notices = []web.Notice{{Kind: web.Warning, Title: "L'import est annulé, sauf ce qui a servi depuis", Text: "La liste ci-dessous dit ce qui reste, et pourquoi."}}
	}
	for _, x := range list {
		v, err := r.viewImport(req, x)
		if err != nil {
			return err
		}
		p.List = append(p.List, v)
	}
	private(w)
	return importsTemplate.Render(w, req, http.StatusOK, p)
}

func (r *Room) viewImport(req *http.Request, x Import) (importView, error) {
	v := importView{ID: x.ID, When: clock.On(x.At).French() + " à " + x.At.In(clock.Paris).Format("15 h 04"), By: x.ByName, Undo: "Annuler tout l'import"}
	count, kept := map[string]int{}, 0
	for _, row := range x.Rows {
		count[row.Kind]++
		if row.Kind != rowPerson && row.Kind != rowOrganisation && row.Kept == "" || row.Undone {
			continue
		}
		link, err := r.rowLink(req, row)
		if err != nil {
			return v, err
		}
		if row.Kept != "" {
			kept++
			link.Note = row.Kept
			v.Kept = append(v.Kept, link)
		} else if len(v.Created) < 12 {
			v.Created = append(v.Created, link)
		}
	}
	var parts []string
	for _, c := range []struct{ kind, one, many string }{{rowPerson, "personne créée", "personnes créées"}, {rowOrganisation, "organisation créée", "organisations créées"},
		{rowTie, "poste ajouté", "postes ajoutés"}} {
		if n := count[c.kind]; n > 0 {
			parts = append(parts, french.Plural(n, c.one, c.many))
		}
	}
	if n := count[rowMail] + count[rowPhone]; n > 0 {
		parts = append(parts, french.Plural(n, "coordonnée complétée", "coordonnées complétées"))
	}
	if v.Tally = strings.Join(parts, ", "); v.Tally == "" {
		v.Tally = "Rien n'était à ajouter"
	}
	switch {
	case !x.Undone.IsZero():
		v.Undo, v.Badge = "", web.Badge{Kind: web.Neutral, Text: "Annulé"}
	case len(x.Rows) == 0:
		v.Undo = ""
	case kept > 0:
		v.Undo, v.Badge = "Réessayer d'annuler le reste", web.Badge{Kind: web.Warning, Text: "Annulé en partie"}
	}
	return v, nil
}

// rowLink names what an import created.
func (r *Room) rowLink(req *http.Request, row importRow) (web.Link, error) {
	kind, id := kindPerson, row.Row
	switch row.Kind {
	case rowOrganisation:
		kind = kindOrganisation
	case rowTie:
		t, err := r.Tie(req.Context(), r.DB.Read(), row.Row)
		if err != nil {
			return web.Link{Label: "Poste retiré", Href: "/personnes"}, ignoreUnknown(err)
		}
		id = t.Person
	}
	name, href, err := r.recordName(req.Context(), kind, id)
	if errors.Is(err, ErrUnknown) {
		return web.Link{Label: "Fiche retirée", Href: "/personnes"}, nil
	}
	return web.Link{Label: name, Href: href}, err
}

func ignoreUnknown(err error) error {
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	return err
}

func (r *Room) undoImport(w http.ResponseWriter, req *http.Request) error {
	if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
		return err
	}
	id := req.PathValue("import")
	if err := r.UndoImport(req.Context(), id); err != nil {
		return forbidden(foreign(err))
	}
	rows, err := r.importRows(req.Context(), r.DB.Read(), id)
	if err != nil {
		return err
	}
	said := "annule"
	if slices.ContainsFunc(rows, func(x importRow) bool { return !x.Undone }) {
		said = "reste"
	}
	return web.Redirect(w, req, "/personnes/imports?fait="+said+"#import-"+id)
}
