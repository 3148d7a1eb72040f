// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"maillage/internal/platform/french"
	"maillage/internal/platform/history"
	"maillage/internal/platform/web"
)

const (
	perPage = 50
	maxName = 200 // characters
)

// listPage is the directory: organisations or persons.
type listPage struct {
	web.Page
	Tabs    web.Tabs
	Filters []web.Field
	Action  string // of the filters
	Reset   string // address without filter, "" when there is none
	Actions []web.Link
	Table   *web.Table
	Empty   web.Empty
	Pager   web.Pager
	Readers *readers // who reads the column of contacts, nil when it is not shown
}

var listTemplate = web.NewTemplate[listPage](pageFiles, "pages/list.html", "pages/parts.html")

// tabs are the views of the directory.
func tabs(req *http.Request, current string) web.Tabs {
	t := web.Tabs{Label: "Annuaire"}
	add := func(label, href string) {
		t.Items = append(t.Items, web.Tab{Label: label, Href: href, Current: href == current})
	}
	add("Personnes", "/personnes")
	add("Organisations", "/organisations")
	if web.May(req, keepDirectory, web.Scope{}) {
		add("Doublons", "/personnes/doublons")
		add("Imports", "/personnes/imports")
	}
	add("Qui peut quoi", "/droits")
	return t
}

// kindField is the choice of a kind.
func kindField(required bool) web.Field {
	f := web.Field{Name: "genre", Label: "Genre", Type: "select", Required: required}
	if !required {
		f.Required, f.Options = true, []web.Option{{Value: "", Label: "Tous"}}
	} else {
		f.Options = []web.Option{{Value: "", Label: "Choisissez…"}}
	}
	for _, k := range Kinds() {
		f.Options = append(f.Options, web.Option{Value: string(k), Label: k.Label()})
	}
	return f
}

// asked reads the filters of a list. Values that are not understood are errors of the form.
func (r *Room) asked(req *http.Request) (*web.Form, Query, error) {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"q", "genre", "organisation", "territoire", "anciens", "page", "fait"}})
	if err != nil {
		return nil, Query{}, err
	}
	q := Query{Text: form.Text("q"), Day: r.Today(), Limit: perPage, Past: form.Checked("anciens"),
		Contacts: web.May(req, readContacts, web.Scope{})}
	if k := Kind(form.Text("genre")); k.Label() != "" {
		q.Kind = k
	}
	if id := form.Text("territoire"); id != "" {
		place, several := r.placeOf(form, "territoire")
		q.Territory = string(place)
		if len(several) > 0 {
			form.Fail("territoire", "Plusieurs territoires répondent : écrivez le nom entier ou le code. Ce filtre n'est pas appliqué.")
		}
	}
	if id := form.Text("organisation"); id != "" {
		o, err := r.Organisation(req.Context(), r.DB.Read(), id)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return nil, q, err
		}
		q.Organisation = o.ID
	}
	page, err := strconv.Atoi(form.Text("page"))
	if err != nil || page < 1 || page > 10_000 {
		page = 1
	}
	q.Skip = (page - 1) * perPage
	return form, q, nil
}

// pager leads through n results.
func pager(form *web.Form, path string, skip, n int, one, many string) web.Pager {
	page, pages := skip/perPage+1, (n+perPage-1)/perPage
	link := func(p int) string {
		if p < 1 || p > pages || p == page {
			return ""
		}
		v := kept(form)
		if p > 1 {
			v.Set("page", strconv.Itoa(p))
		}
		return withQuery(path, v)
	}
	return web.Pager{Page: page, Pages: pages, Total: french.Plural(n, one, many),
		Previous: link(page - 1), Next: link(page + 1), First: link(1), Last: link(pages)}
}

// kept are the filters that links keep.
func kept(form *web.Form) url.Values {
	v := url.Values{}
	for name, list := range form.Values {
		if name != "page" && name != "fait" && len(list) > 0 && list[0] != "" {
			v.Set(name, list[0])
		}
	}
	return v
}

func withQuery(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func (r *Room) organisationList(w http.ResponseWriter, req *http.Request) error {
	form, q, err := r.asked(req)
	if err != nil {
		return err
	}
	list, n, err := r.Organisations(req.Context(), q)
	if err != nil {
		return err
	}
	p := listPage{Page: web.Page{Title: "Organisations", Nav: section, Robots: "noindex", Notices: told(req),
		Lead:      "Les organismes de la petite enfance dans le département : " + french.Plural(n, "organisation", "organisations") + filteredNote(form) + ".",
		Downloads: downloads("/organisations", form)},
		Tabs: tabs(req, "/organisations"), Action: "/organisations", Pager: pager(form, "/organisations", q.Skip, n, "organisation", "organisations"),
		Filters: []web.Field{
			form.Field(web.Field{Name: "q", Label: "Nom ou SIREN", Type: "search", Required: true}),
			form.Field(kindField(false)),
			form.Field(web.Field{Name: "territoire", Label: "Territoire", Type: "search", Required: true})},
		Empty: web.Empty{Title: "Aucune organisation ne répond", Text: "Essayez un autre mot, ou retirez un filtre."}}
	if len(kept(form)) > 0 {
		p.Reset = "/organisations"
	}
	if web.May(req, keepDirectory, web.Scope{}) {
		p.Actions = []web.Link{{Label: "Ajouter une organisation", Href: "/organisations/nouvelle"}}
	}
	if len(list) > 0 {
		p.Table = r.organisationTable(list)
	}
	private(w)
	return listTemplate.Render(w, req, http.StatusOK, p)
}

func filteredNote(form *web.Form) string {
	if len(kept(form)) > 0 {
		return " avec ces filtres"
	}
	return ""
}

func (r *Room) organisationTable(list []Member) *web.Table {
	t := &web.Table{ID: "organisations", Caption: "Organisations", Quiet: true, Stack: true,
		Columns: []web.Column{{Label: "Nom"}, {Label: "Genre"}, {Label: "Territoire"}, {Label: "SIREN"}, {Label: "Personnes", Numeric: true}}}
	for _, m := range list {
		place := web.Cell{}
		if m.Territory != "" {
			place = web.Cell{Text: r.Places.Name(m.Territory), Href: "/territoires/" + string(m.Territory)}
		}
		members := web.Cell{Text: "0"}
		if m.Members > 0 {
			members = web.Cell{Text: french.Int(m.Members), Href: "/personnes?organisation=" + m.ID}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: m.Name, Href: "/organisations/" + m.ID}, {Text: m.Kind.Label()}, place,
			{Text: spacedSIREN(m.SIREN)}, members}})
	}
	return t
}

// organisationSheet is the page of one organisation.
type organisationSheet struct {
	web.Page
	Facts   []web.Fact
	Members *web.Table
	Empty   web.Empty
	Merged  mergedParts
	Actions []web.Link
	Changes changes
}

var organisationTemplate = web.NewTemplate[organisationSheet](history.With(pageFiles), "pages/organisation.html", "pages/parts.html", history.CardFile)

var directoryCrumbs = []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Annuaire", Href: "/personnes"}}

func (r *Room) organisationPage(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	o, err := r.organisationAsIs(ctx, r.DB.Read(), req.PathValue("id"))
	if err != nil {
		return foreign(err)
	}
	p := organisationSheet{Page: web.Page{Title: o.Name, Nav: section, Robots: "noindex", Notices: told(req), Lead: o.Kind.Label(),
		Crumbs: append(directoryCrumbs, web.Crumb{Label: "Organisations", Href: "/organisations"})}}
	if o.Territory != "" {
		p.Facts = append(p.Facts, web.Fact{Label: "Territoire", Value: r.placeLabel(o.Territory), Href: "/territoires/" + string(o.Territory)})
	}
	if o.SIREN != "" {
		p.Facts = append(p.Facts, web.Fact{Label: "SIREN", Value: spacedSIREN(o.SIREN)})
	}
	members, n, err := r.Persons(ctx, Query{Organisation: o.ID, Day: r.Today(), Limit: perPage})
	if err != nil {
		return err
	}
	if n > 0 {
		if p.Members, err = r.personTable(req, members, o.ID); err != nil {
			return err
		}
		p.Members.Caption = "Personnes de l'organisation"
		if n > perPage {
			p.Facts = append(p.Facts, web.Fact{Label: "Personnes", Value: french.Plural(n, "personne", "personnes"), Href: "/personnes?organisation=" + o.ID})
		}
	}
	p.Empty = web.Empty{Title: "Personne n'est encore rattaché à cette organisation", Text: "Les personnes s'ajoutent une à une, ou par une liste collée."}
	if p.Merged, err = r.mergedParts(req, kindOrganisation, o.ID, o.MergedInto); err != nil {
		return err
	}
	if web.May(req, keepDirectory, web.Scope{}) {
		p.Empty.Actions = []web.Link{{Label: "Ajouter une personne", Href: "/personnes/nouvelle?organisation=" + o.ID}}
		if o.MergedInto == "" {
			p.Actions = []web.Link{{Label: "Modifier", Href: "/organisations/" + o.ID + "/modifier"},
				{Label: "Ajouter une personne", Href: "/personnes/nouvelle?organisation=" + o.ID},
				{Label: "Fusionner avec un doublon", Href: "/organisations/" + o.ID + "/fusion"}}
		}
	}
	if p.Changes, err = r.changesOf(req, subjectOrganisation+"/"+o.ID); err != nil {
		return err
	}
	private(w)
	return organisationTemplate.Render(w, req, http.StatusOK, p)
}
