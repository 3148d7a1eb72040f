// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

// listPage is the journal as those who work here read it.
type listPage struct {
	web.Page
	Filters []web.Field
	Table   web.Table
	Pager   web.Pager
	Empty   *web.Empty
}

var listTemplate = web.NewTemplate[listPage](pageFiles, "pages/list.html")

const (
	listPath    = "/actes/journal"
	actsPerPage = 50
)

// The parameters of the list.
const (
	byHolder = "territoire"
	byKind   = "nature"
	from     = "du"
	until    = "au"
)

// choices are what the filters offer: what the reader may read, and no more.
type choices struct{ holders, hidden, kinds []string }

func (r *Room) choices(req *http.Request) (c choices, err error) {
	holders, err := r.Journal.Holders(req.Context())
	if err != nil {
		return c, err
	}
	for _, h := range holders {
		if web.May(req, read, web.Scope{Territory: h}) {
			c.holders = append(c.holders, h)
		} else {
			c.hidden = append(c.hidden, h)
		}
	}
	c.kinds, err = r.Journal.KindsPresent(req.Context())
	return c, err
}

func (r *Room) list(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{byHolder, byKind, from, until, "page"}})
	if err != nil {
		return err
	}
	c, err := r.choices(req)
	if err != nil {
		return err
	}
	f := c.filter(form)
	status := http.StatusOK
	p := listPage{Filters: r.filters(form, c), Page: web.Page{Title: "Actes inscrits au journal", Nav: section, Robots: "noindex",
		Lead:   "Les actes officiels des territoires que votre fonction permet de lire, du plus récent au plus ancien.",
		Crumbs: []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Journal des actes officiels", Href: "/actes"}}}}
	if !form.Valid() {
		status = http.StatusUnprocessableEntity
		p.Notices = []web.Notice{{Kind: web.Danger, Title: "La recherche est à corriger", Text: "Corrigez ce qui est signalé, puis affichez de nouveau."}}
	} else if err := r.fill(req.Context(), &p, f, form); err != nil {
		return err
	}
	return listTemplate.Render(w, req, status, p)
}

// most is how many acts the file of the list holds.
const most = 20_000

func (r *Room) listCSV(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{byHolder, byKind, from, until}})
	if err != nil {
		return err
	}
	c, err := r.choices(req)
	if err != nil {
		return err
	}
	f := c.filter(form)
	if !form.Valid() {
		return web.Invalid(form.Errors)
	}
	list, err := r.Journal.List(req.Context(), f, 0, most)
	if err != nil {
		return told(err)
	}
	var b bytes.Buffer
	err = sheet.WriteData(&b, []string{"numero", "identifiant", "nature", "acte", "date", "titulaire", "titre", "objet", "documents"}, func(yield func([]any) bool) {
		for _, e := range list {
			l := e.Leaf
			if !yield([]any{journal.Ordinal(e.Index), l.ID, l.Kind, r.label(l.Kind), db.Instant(l.At), sheet.Neutral(l.Holder), sheet.Neutral(l.Hat), sheet.Neutral(l.Subject), strings.Join(l.Documents, " ")}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	const kind = "text/csv; charset=utf-8"
	web.Attachment(w, "actes.csv", kind)
	return web.Bytes(w, req, http.StatusOK, kind, b.Bytes())
}

// filter reads the filters; the errors are the form's.
func (c choices) filter(form *web.Form) journal.Filter {
	f := journal.Filter{Holder: form.Text(byHolder), Kind: form.Text(byKind), Hidden: c.hidden}
	if f.Holder != "" && !slices.Contains(c.holders, f.Holder) {
		form.Fail(byHolder, "Aucun acte de ce territoire ne vous est lisible : choisissez-en un dans la liste.")
	}
	if f.Kind != "" && !slices.Contains(c.kinds, f.Kind) {
		form.Fail(byKind, "Aucun acte n'est de cette nature : choisissez-en une dans la liste.")
	}
	first, last := form.Date(from), form.Date(until)
	if !first.IsZero() {
		f.From = first.Start()
	}
	if !last.IsZero() {
		f.Before = last.AddDays(1).Start()
	}
	if !first.IsZero() && last.Before(first) && !last.IsZero() {
		form.Fail(until, "La fin est avant le début : échangez les deux dates.")
	}
	return f
}

func (r *Room) filters(form *web.Form, c choices) []web.Field {
	holder := web.Field{Name: byHolder, Label: "Territoire", Type: "select", Options: []web.Option{{Label: "Tous"}}}
	for _, h := range c.holders {
		holder.Options = append(holder.Options, web.Option{Value: h, Label: r.holder(h)})
	}
	kind := web.Field{Name: byKind, Label: "Nature", Type: "select", Options: []web.Option{{Label: "Toutes"}}}
	for _, k := range c.kinds {
		kind.Options = append(kind.Options, web.Option{Value: k, Label: r.label(k)})
	}
	for _, options := range [][]web.Option{holder.Options[1:], kind.Options[1:]} {
		slices.SortFunc(options, func(a, b web.Option) int { return french.Compare(a.Label, b.Label) })
	}
	fields := []web.Field{holder, kind, {Name: from, Label: "Du", Type: "date"}, {Name: until, Label: "Au", Type: "date"}}
	for i := range fields {
		fields[i].Required = true // only spares « facultatif » beside each filter
		fields[i] = form.Field(fields[i])
	}
	return fields
}

// fill puts the acts in the page.
func (r *Room) fill(ctx context.Context, p *listPage, f journal.Filter, form *web.Form) error {
	total, err := r.Journal.Count(ctx, f)
	if err != nil {
		return err
	}
	if total == 0 {
		p.Empty = &web.Empty{Title: "Aucun acte", Text: "Le journal ne contient encore aucun acte que votre fonction permette de lire."}
		if len(form.Values) > 0 {
			p.Empty = &web.Empty{Title: "Aucun acte ne répond à ces choix", Actions: []web.Link{{Label: "Voir tous les actes", Href: listPath}}}
		}
		return nil
	}
	pages := (total + actsPerPage - 1) / actsPerPage
	n := min(pageNumber(form), pages)
	list, err := r.Journal.List(ctx, f, (n-1)*actsPerPage, actsPerPage)
	if err != nil {
		return told(err)
	}
	p.Downloads = []web.Link{{Label: "CSV", Href: address(form.Values, listPath+".csv", 1)}}
	p.Pager = pager(form.Values, n, pages, french.Plural(total, "acte", "actes"))
	p.Table = web.Table{ID: "actes", Caption: french.Plural(total, "acte", "actes"), Stack: true,
		Columns: []web.Column{{Label: "Acte"}, {Label: "Fait le"}, {Label: "Territoire"}, {Label: "Au titre de"}, {Label: "Objet"}, {Label: "Numéro", Numeric: true}}}
	for _, e := range list {
		l := e.Leaf
		p.Table.Rows = append(p.Table.Rows, web.Row{Cells: []web.Cell{{Text: r.label(l.Kind), Href: Path(l.ID)}, {Text: instant(l.At)},
			orElse(r.holder(l.Holder), "aucun en particulier"), {Text: l.Hat}, orElse(r.subject(l), "aucun"), {Text: ordinal(e.Index)}}})
	}
	return nil
}

func orElse(s, none string) web.Cell {
	if s == "" {
		return web.Cell{Text: none, Void: true}
	}
	return web.Cell{Text: s}
}

// address is a path with the filters chosen, and the page unless it is the first.
func address(values url.Values, path string, page int) string {
	v := url.Values{}
	for name, list := range values {
		if name != "page" && list[0] != "" {
			v[name] = list
		}
	}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func pager(values url.Values, n, pages int, total string) web.Pager {
	at := func(k int) string { return address(values, listPath, k) }
	p := web.Pager{Label: "Pages du journal", Page: n, Pages: pages, Total: total}
	if n > 1 {
		p.Previous = at(n - 1)
	}
	if n > 2 {
		p.First = at(1)
	}
	if n < pages {
		p.Next = at(n + 1)
	}
	if n < pages-1 {
		p.Last = at(pages)
	}
	return p
}
