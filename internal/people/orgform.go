// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"maillage/internal/drafts"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// formPage is a form of this room.
type formPage struct {
	web.Page
	Action, Cancel string
	Version        string
	Hidden         [][2]string
	Parts          []formPart
	Submit         string
	Fill           bool // offers to fill from the territory
	Conflict       *web.Table
	Note           string
	Draft          drafts.Form
}

// showForm renders a form whose text is kept while it is typed.
func (r *Room) showForm(w http.ResponseWriter, req *http.Request, status int, p formPage) error {
	p.Draft, p.Scripts = r.Drafts.Page(req, p.Action, p.Version), []string{drafts.Script}
	private(w)
	return formTemplate.Render(w, req, status, p)
}

// formPart is a field, or a field with suggestions.
type formPart struct {
	Field *web.Field
	Pick  *pick
}

func plain(f web.Field) formPart { return formPart{Field: &f} }
func picked(p pick) formPart     { return formPart{Pick: &p} }

var formTemplate = web.NewTemplate[formPage](pageFiles, "pages/form.html", "pages/parts.html")

var organisationSpec = web.FormSpec{Fields: []string{"genre", "nom", "siren", "territoire", "territoire-choix", "version", "geste"}}

// organisationForm shows the form, empty or on what is known.
func (r *Room) organisationForm(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, organisationSpec)
	if err != nil {
		return err
	}
	o := Organisation{ID: req.PathValue("id")}
	if o.ID != "" {
		if o, err = r.organisationAsIs(req.Context(), r.DB.Read(), o.ID); err != nil {
			return foreign(err)
		}
		for _, a := range organisationAttributes {
			form.Values.Set(a.name, a.get(&o))
		}
		form.Values.Set("territoire", r.placeLabel(o.Territory))
		form.Values.Set("version", strconv.FormatInt(o.Version, 10))
	} else if form.Text("territoire") != "" {
		place, _ := r.placeOf(form, "territoire")
		r.fillFrom(form, place)
	}
	return r.showOrganisation(w, req, http.StatusOK, o, form, nil, nil)
}

// fillFrom completes what is empty with what the register knows of a territory.
func (r *Room) fillFrom(form *web.Form, id territory.ID) {
	t, ok := r.Places.Registry.Get(id)
	if !ok {
		return
	}
	fill := func(name, value string) {
		if form.Text(name) == "" {
			form.Values.Set(name, value)
		}
	}
	form.Values.Set("territoire", r.placeLabel(id))
	names := map[territory.Kind]struct {
		kind Kind
		name string
	}{
		territory.Commune: {Commune, "Commune " + french.DeName(t.Name)}, territory.EPCI: {EPCI, t.Name}, territory.EPT: {EPCI, t.Name},
		territory.Departement: {Departement, "Département " + t.Name}, territory.Region: {Region, "Région " + t.Name},
	}
	known, ok := names[t.Kind]
	if !ok {
		return
	}
	fill("genre", string(known.kind))
	if Kind(form.Text("genre")) == known.kind { // the SIREN of a town is not that of its CCAS
		fill("nom", known.name)
		fill("siren", spacedSIREN(t.SIREN))
	}
}

func (r *Room) showOrganisation(w http.ResponseWriter, req *http.Request, status int, o Organisation, form *web.Form, hesitates []choice, conflict *web.Table) error {
	p := formPage{Page: web.Page{Title: "Ajouter une organisation", Nav: section, Robots: "noindex", Notices: mistakes(form),
		Crumbs: append(directoryCrumbs, web.Crumb{Label: "Organisations", Href: "/organisations"})},
		Action: "/organisations/nouvelle", Cancel: "/organisations", Submit: "Enregistrer", Fill: true, Version: form.Text("version"), Conflict: conflict}
	if o.ID != "" {
		p.Title, p.Action, p.Cancel = "Modifier "+o.Name, "/organisations/"+o.ID+"/modifier", "/organisations/"+o.ID
		p.Crumbs = append(p.Crumbs, web.Crumb{Label: o.Name, Href: p.Cancel})
	}
	if conflict != nil {
		p.Notices = []web.Notice{conflictNotice}
	}
	p.Parts = []formPart{
		picked(pickField(form, web.Field{Name: "territoire", Label: "Territoire", Hint: "Commune, EPCI, département… Son nom ou son code suffit."}, r.placeChoices(), hesitates)),
		plain(form.Field(kindField(true))),
		plain(form.Field(web.Field{Name: "nom", Label: "Nom", Required: true, Autocomplete: "organization"})),
		plain(form.Field(web.Field{Name: "siren", Label: "Numéro SIREN", InputMode: "numeric", Hint: "Neuf chiffres. Un SIRET convient aussi."})),
	}
	return r.showForm(w, req, status, p)
}

var conflictNotice = web.Notice{Kind: web.Warning, Title: "Quelqu'un a modifié cette fiche pendant que vous l'écriviez",
	Text: "Rien n'est encore enregistré, et rien n'est perdu : comparez ci-dessous, corrigez ce qu'il faut, puis enregistrez."}

// readOrganisation checks what was typed.
func (r *Room) readOrganisation(form *web.Form) (o Organisation, hesitates []choice) {
	o.Kind = Kind(form.Text("genre"))
	if o.Kind.Label() == "" {
		form.Fail("genre", "Choisissez ce qu'est cette organisation.")
	}
	o.Name = readName(form, "nom", "Donnez le nom de l'organisation.")
	if s := form.Text("siren"); s != "" {
		siren, err := ParseSIREN(s)
		if err != nil {
			form.Fail("siren", capital(err.Error())+".")
		}
		o.SIREN = siren
	}
	if form.Text("territoire") != "" {
		o.Territory, hesitates = r.placeOf(form, "territoire")
	}
	return o, hesitates
}

func readName(form *web.Form, field, missing string) string {
	name := strings.Join(strings.Fields(form.Required(field, missing)), " ")
	if n := utf8.RuneCountInString(name); n > maxName {
		form.Fail(field, fmt.Sprintf("Ce nom compte %d caractères ; %d au plus.", n, maxName))
	}
	return name
}

func (r *Room) addOrganisation(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, organisationSpec)
	if err != nil {
		return err
	}
	if form.Text("geste") == "completer" {
		return r.completeOrganisation(w, req, Organisation{}, form)
	}
	o, hesitates := r.readOrganisation(form)
	if form.Valid() {
		id, err := r.CreateOrganisation(req.Context(), o)
		if err == nil {
			return web.Redirect(w, req, "/organisations/"+id+"?fait=cree")
		}
		if err = r.takenSIREN(req, form, o, err); err != nil {
			return err
		}
	}
	return r.showOrganisation(w, req, http.StatusUnprocessableEntity, Organisation{}, form, hesitates, nil)
}

// completeOrganisation shows the form again with what the territory tells.
func (r *Room) completeOrganisation(w http.ResponseWriter, req *http.Request, o Organisation, form *web.Form) error {
	form.Required("territoire", "Donnez d'abord le territoire.")
	place, hesitates := r.placeOf(form, "territoire")
	r.fillFrom(form, place)
	status := http.StatusOK
	if !form.Valid() {
		status = http.StatusUnprocessableEntity
	}
	return r.showOrganisation(w, req, status, o, form, hesitates, nil)
}

// takenSIREN tells which organisation already bears a SIREN; other errors go on.
func (r *Room) takenSIREN(req *http.Request, form *web.Form, o Organisation, err error) error {
	if !errors.Is(err, ErrTaken) {
		return err
	}
	form.Fail("siren", "Ce numéro est déjà celui d'une autre organisation de l'annuaire.")
	if other, err := r.BySIREN(req.Context(), r.DB.Read(), o.SIREN); err == nil {
		form.Errors["siren"] = "Ce numéro est déjà celui de « " + other.Name + " » : ouvrez plutôt sa fiche."
	}
	return nil
}

func (r *Room) editOrganisation(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, organisationSpec)
	if err != nil {
		return err
	}
	ctx := req.Context()
	present, err := r.organisationAsIs(ctx, r.DB.Read(), req.PathValue("id"))
	if err != nil {
		return foreign(err)
	}
	if form.Text("geste") == "completer" {
		return r.completeOrganisation(w, req, present, form)
	}
	o, hesitates := r.readOrganisation(form)
	o.ID, o.MergedInto = present.ID, present.MergedInto
	o.Version, _ = strconv.ParseInt(form.Text("version"), 10, 64)
	if !form.Valid() {
		return r.showOrganisation(w, req, http.StatusUnprocessableEntity, present, form, hesitates, nil)
	}
	err = r.ChangeOrganisation(ctx, o)
	switch {
	case err == nil:
		return web.Redirect(w, req, "/organisations/"+o.ID+"?fait=modifie")
	case errors.Is(err, ErrStale):
		if present, err = r.organisationAsIs(ctx, r.DB.Read(), o.ID); err != nil {
			return foreign(err)
		}
		form.Values.Set("version", strconv.FormatInt(present.Version, 10))
		return r.showOrganisation(w, req, http.StatusConflict, present, form, nil, conflictTable(r, organisationAttributes, &present, &o))
	}
	if err = r.takenSIREN(req, form, o, err); err != nil {
		return err
	}
	return r.showOrganisation(w, req, http.StatusUnprocessableEntity, present, form, nil, nil)
}

// conflictTable puts what is recorded beside what was typed, where they differ.
func conflictTable[T any](r *Room, of []attribute[T], present, typed *T) *web.Table {
	t := &web.Table{ID: "conflit", Caption: "Ce qui diffère", Stack: true,
		Columns: []web.Column{{Label: "Champ"}, {Label: "Enregistré par quelqu'un d'autre"}, {Label: "Saisi par vous"}}}
	for _, a := range of {
		if x, y := a.get(present), a.get(typed); x != y {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: a.label}, valueCell(r.shown(a.name, x)), valueCell(r.shown(a.name, y))}})
		}
	}
	return t
}

func valueCell(s string) web.Cell {
	if s == "" {
		return web.Cell{Text: "vide", Void: true}
	}
	return web.Cell{Text: s}
}
