// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
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
	KeptMore     string // how many more than those named, "" for none
	CreatedMore  string
}

// How many things of an import are named on the list: the tally counts them all.
const (
	mostCreated = 12
	mostKept    = 100
)

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
	count := map[string]int{}
	var created, kept []importRow
	for _, row := range x.Rows {
		count[row.Kind]++
		switch {
		case row.Undone:
		case row.Kept != "":
			kept = append(kept, row)
		case row.Kind == rowPerson || row.Kind == rowOrganisation:
			created = append(created, row)
		}
	}
	v.CreatedMore, v.KeptMore = others(len(created)-mostCreated), others(len(kept)-mostKept)
	created, keptShown := created[:min(len(created), mostCreated)], kept[:min(len(kept), mostKept)]
	links, err := r.rowLinks(req.Context(), slices.Concat(created, keptShown))
	if err != nil {
		return v, err
	}
	v.Created, v.Kept = links[:len(created)], links[len(created):]
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
	case len(kept) > 0:
		v.Undo, v.Badge = "Réessayer d'annuler le reste", web.Badge{Kind: web.Warning, Text: "Annulé en partie"}
	}
	return v, nil
}

// others says how many more there are, "" when there are none.
func others(n int) string {
	if n <= 0 {
		return ""
	}
	return "et " + french.Plural(n, "autre", "autres")
}

// rowNames are the texts that find what the rows of a kind are about: row, record, given name,
// family name or name.
var rowNames = map[string]func(in string) string{
	rowOrganisation: func(in string) string {
		return `select o.id, o.id, '', o.name from people_organisation o where o.deleted_at = '' and o.id in (` + in + `)`
	},
	rowTie: func(in string) string {
		return `select a.id, p.id, p.given_name, p.family_name
			from people_affiliation a join people_person d on d.id = a.person join people_person p on p.id = d.root
			where a.deleted_at = '' and p.deleted_at = '' and a.id in (` + in + `)`
	},
	rowPerson: func(in string) string {
		return `select p.id, p.id, p.given_name, p.family_name from people_person p where p.deleted_at = '' and p.id in (` + in + `)`
	},
}

// rowLinks names what an import created or filled, one link a row, in one query a kind.
func (r *Room) rowLinks(ctx context.Context, rows []importRow) ([]web.Link, error) {
	asked := map[string][]any{}
	for _, row := range rows {
		asked[row.nameKind()] = append(asked[row.nameKind()], row.Row)
	}
	found := map[string]web.Link{}
	for kind, ids := range asked {
		list, err := db.Query(ctx, r.DB.Read(), func(scan func(...any) error) (x [4]string, err error) {
			return x, scan(&x[0], &x[1], &x[2], &x[3])
		}, rowNames[kind](db.In(1, len(ids))), ids...)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			l := web.Link{Label: Person{GivenName: x[2], FamilyName: x[3]}.Name(), Href: "/personnes/" + x[1]}
			if kind == rowOrganisation {
				l = web.Link{Label: x[3], Href: "/organisations/" + x[1]}
			}
			found[x[0]] = l
		}
	}
	links := make([]web.Link, len(rows))
	for i, row := range rows {
		l, ok := found[row.Row]
		switch {
		case !ok && row.Kind == rowTie:
			l = web.Link{Label: "Poste retiré", Href: "/personnes"}
		case !ok:
			l = web.Link{Label: "Fiche retirée", Href: "/personnes"}
		}
		l.Note = row.Kept
		links[i] = l
	}
	return links, nil
}

// nameKind is the kind whose records bear the name of a row: what was filled is a person's.
func (x importRow) nameKind() string {
	if x.Kind == rowOrganisation || x.Kind == rowTie {
		return x.Kind
	}
	return rowPerson
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
