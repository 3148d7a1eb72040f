// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/history"
	"maillage/internal/platform/web"
)

// mergedParts is what a page says of merges: that the record is a duplicate, or which it took in.
type mergedParts struct {
	Into, IntoHref string // the record it was merged into, "" when it stands alone
	Lines          []mergedLine
	Undo           string // address that separates this duplicate, "" for who may not
}

type mergedLine struct{ Name, Href, When, Undo string }

// changes is the history of a record, as far as the reader may see it.
type changes = history.Card

// maxChanges is how many changes a page shows.
const maxChanges = 8

// changesOf is the history of a record and of what hangs on it: its posts, its hats. What else
// than the record itself changed is named.
func (r *Room) changesOf(req *http.Request, subjects ...string) (changes, error) {
	var all changes
	if r.history == nil {
		return all, nil
	}
	for i, subject := range subjects {
		card, err := r.history.Card(req, subject)
		if err != nil {
			return all, err
		}
		if i == 0 {
			all = card
			continue
		}
		for _, l := range card.Lines {
			l.Verb += " (" + l.Subject + ")"
			all.Lines = append(all.Lines, l)
		}
	}
	slices.SortStableFunc(all.Lines, func(a, b history.Line) int { return strings.Compare(b.ISO, a.ISO) })
	all.Lines = all.Lines[:min(len(all.Lines), maxChanges)]
	return all, nil
}

func (r *Room) mergedParts(req *http.Request, kind, id, into string) (mergedParts, error) {
	ctx, manage := req.Context(), web.May(req, keepDirectory, web.Scope{})
	var p mergedParts
	undo := func(m Merge) string {
		if !manage {
			return ""
		}
		return "/personnes/fusions/" + m.ID + "/annuler"
	}
	if into != "" {
		m, err := r.mergeOf(ctx, r.DB.Read(), id)
		if err == nil {
			p.Into, p.IntoHref, err = r.recordName(ctx, kind, m.Kept)
			p.Undo = undo(m)
		}
		if err != nil && !errors.Is(err, ErrUnknown) {
			return p, err
		}
	}
	list, err := r.mergesInto(ctx, r.DB.Read(), id)
	if err != nil {
		return p, err
	}
	for _, m := range list {
		name, href, err := r.recordName(ctx, kind, m.Duplicate)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return p, err
		}
		p.Lines = append(p.Lines, mergedLine{name, href, clock.On(m.At).French(), undo(m)})
	}
	return p, nil
}

// recordName is what a record is called, and its page.
func (r *Room) recordName(ctx context.Context, kind, id string) (name, href string, err error) {
	if kind == kindOrganisation {
		o, err := r.organisationAsIs(ctx, r.DB.Read(), id)
		return o.Name, "/organisations/" + id, err
	}
	p, err := r.personAsIs(ctx, r.DB.Read(), id)
	return p.Name(), "/personnes/" + id, err
}

// mergePage compares two records side by side; what is kept is chosen attribute by attribute.
type mergePage struct {
	web.Page
	Action, Cancel string
	Pick           *pick // the other record is still to be named
	Base           string
	Left, Right    mergeSide
	Rows           []mergeRow
	Other          string // ID of the other
}

type mergeSide struct {
	ID, Name, Href string
	Facts          []web.Fact
}

type mergeRow struct {
	Name, Label string
	Left, Right string
	TakeRight   bool // the value kept is the right one's
	Same        bool // there is nothing to choose
}

var mergeTemplate = web.NewTemplate[mergePage](pageFiles, "pages/merge.html", "pages/parts.html")

var mergeSpec = web.FormSpec{Fields: []string{"avec", "avec-choix", "genre", "siren", "territoire", "nom", "prenom", "courriel", "telephone"}}

// mergedAttributes are those that a person chooses between, by kind; an absence stays the kept one's.
func comparedRows[T any](of []attribute[T], names []string, r *Room, left, right *T, form *web.Form) []mergeRow {
	var rows []mergeRow
	for _, name := range names {
		a, ok := attributeNamed(of, name)
		if !ok {
			continue
		}
		x, y := a.get(left), a.get(right)
		row := mergeRow{Name: name, Label: a.label, Left: r.shown(name, x), Right: r.shown(name, y)}
		row.TakeRight, row.Same = x == "" && y != "", x == y
		if said := form.Text(name); said != "" {
			row.TakeRight = said == "droite"
		}
		rows = append(rows, row)
	}
	return rows
}

// takenFrom are the attributes whose right value was chosen.
func takenFrom(rows []mergeRow) []string {
	var list []string
	for _, row := range rows {
		if row.TakeRight && row.Left != row.Right {
			list = append(list, row.Name)
		}
	}
	return list
}

var (
	organisationMerged = []string{"nom", "genre", "siren", "territoire"}
	personMerged       = []string{"nom", "prenom", "courriel", "telephone"}
)

func (r *Room) organisationMerge(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	form, err := web.ReadForm(req, mergeSpec)
	if err != nil {
		return err
	}
	left, err := r.organisationAsIs(ctx, r.DB.Read(), req.PathValue("id"))
	if err != nil {
		return foreign(err)
	}
	all, err := r.organisationChoices(ctx)
	if err != nil {
		return err
	}
	p := mergePage{Page: web.Page{Title: "Fusionner deux organisations", Nav: section, Robots: "noindex",
		Crumbs: append(directoryCrumbs, web.Crumb{Label: "Organisations", Href: "/organisations"}, web.Crumb{Label: left.Name, Href: "/organisations/" + left.ID})},
		Base: "/organisations/" + left.ID + "/fusion", Cancel: "/organisations/" + left.ID,
		Left: mergeSide{left.ID, left.Name, "/organisations/" + left.ID, nil}}
	other, hesitates := resolve(form, "avec", without(all, left.ID), "Aucune autre organisation")
	if other == "" {
		return r.askOther(w, req, p, form, without(all, left.ID), hesitates)
	}
	right, err := r.Organisation(ctx, r.DB.Read(), other)
	if err != nil {
		return foreign(err)
	}
	p.Right = mergeSide{right.ID, right.Name, "/organisations/" + right.ID, nil}
	p.Other, p.Action = right.ID, p.Base
	p.Rows = comparedRows(organisationAttributes, organisationMerged, r, &left, &right, form)
	if p.Left.Facts, err = r.organisationWeight(ctx, left); err == nil {
		p.Right.Facts, err = r.organisationWeight(ctx, right)
	}
	if err != nil {
		return err
	}
	if req.Method == http.MethodPost {
		_, err := r.MergeOrganisations(ctx, left.ID, right.ID, takenFrom(p.Rows))
		if err == nil {
			return web.Redirect(w, req, "/organisations/"+left.ID+"?fait=fusion")
		}
		return mergeProblem(err)
	}
	private(w)
	return mergeTemplate.Render(w, req, http.StatusOK, p)
}

func without(all []choice, id string) []choice {
	var list []choice
	for _, c := range all {
		if c.id != id {
			list = append(list, c)
		}
	}
	return list
}

// askOther asks which record the one on the page is to be merged with.
func (r *Room) askOther(w http.ResponseWriter, req *http.Request, p mergePage, form *web.Form, all, hesitates []choice) error {
	f := pickField(form, web.Field{Name: "avec", Label: "Avec quelle fiche ?", Required: true, Hint: "Quelques lettres de son nom suffisent. Vous comparerez avant de décider."}, all, hesitates)
	p.Pick, p.Notices = &f, nil
	status := http.StatusOK
	if !form.Valid() {
		status = http.StatusUnprocessableEntity
	}
	private(w)
	return mergeTemplate.Render(w, req, status, p)
}

func mergeProblem(err error) error {
	switch {
	case errors.Is(err, ErrMergeSelf), errors.Is(err, ErrMergeMerged), errors.Is(err, ErrMergeUndone):
		return web.Conflict(capital(err.Error()) + ". Rouvrez sa page pour voir où elle en est.")
	case errors.Is(err, ErrTaken):
		return web.Conflict("Une autre fiche porte maintenant l'adresse ou le SIREN du doublon : changez-la d'abord, puis recommencez.")
	}
	return forbidden(foreign(err))
}

// organisationWeight tells what hangs on an organisation, to choose which one to keep.
func (r *Room) organisationWeight(ctx context.Context, o Organisation) ([]web.Fact, error) {
	_, n, err := r.Persons(ctx, Query{Organisation: o.ID, Day: r.Today(), Limit: 1})
	return []web.Fact{{Label: "Personnes", Value: pluralPersons(n)}}, err
}

func (r *Room) personMerge(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	form, err := web.ReadForm(req, mergeSpec)
	if err != nil {
		return err
	}
	left, err := r.personAsIs(ctx, r.DB.Read(), req.PathValue("id"))
	if err != nil {
		return foreign(err)
	}
	all, err := r.personChoices(req, left.ID)
	if err != nil {
		return err
	}
	p := mergePage{Page: web.Page{Title: "Fusionner deux fiches", Nav: section, Robots: "noindex",
		Crumbs: append(directoryCrumbs, web.Crumb{Label: left.Name(), Href: "/personnes/" + left.ID})},
		Base: "/personnes/" + left.ID + "/fusion", Cancel: "/personnes/" + left.ID, Left: mergeSide{left.ID, left.Name(), "/personnes/" + left.ID, nil}}
	other, hesitates := resolve(form, "avec", all, "Personne d'autre")
	if other == "" {
		return r.askOther(w, req, p, form, all, hesitates)
	}
	right, err := r.Person(ctx, r.DB.Read(), other)
	if err != nil {
		return foreign(err)
	}
	p.Right = mergeSide{right.ID, right.Name(), "/personnes/" + right.ID, nil}
	p.Other, p.Action = right.ID, p.Base
	p.Rows = comparedRows(personAttributes, personMerged, r, &left, &right, form)
	if p.Left.Facts, err = r.personWeight(ctx, left); err == nil {
		p.Right.Facts, err = r.personWeight(ctx, right)
	}
	if err != nil {
		return err
	}
	if req.Method == http.MethodPost {
		_, err := r.MergePersons(ctx, left.ID, right.ID, takenFrom(p.Rows))
		if err == nil {
			return web.Redirect(w, req, "/personnes/"+left.ID+"?fait=fusion")
		}
		return mergeProblem(err)
	}
	private(w)
	return mergeTemplate.Render(w, req, http.StatusOK, p)
}

// personWeight tells what hangs on a person.
func (r *Room) personWeight(ctx context.Context, p Person) ([]web.Fact, error) {
	cards, err := r.tieCards(ctx, p, false)
	var facts []web.Fact
	for _, c := range cards {
		var roles []string
		for _, h := range c.Hats {
			roles = append(roles, h.Label)
		}
		facts = append(facts, web.Fact{Label: c.Org, Value: strings.TrimPrefix(c.Title+", "+c.When, ", "), Note: strings.Join(roles, ", "), Badge: c.Badge})
	}
	return facts, err
}

// undoMerge separates a duplicate again.
func (r *Room) undoMerge(w http.ResponseWriter, req *http.Request) error {
	if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
		return err
	}
	m, err := r.UndoMerge(req.Context(), req.PathValue("fusion"))
	if err != nil {
		return mergeProblem(err)
	}
	if m.Kind == kindOrganisation {
		return web.Redirect(w, req, "/organisations/"+m.Duplicate+"?fait=separe")
	}
	return web.Redirect(w, req, "/personnes/"+m.Duplicate+"?fait=separe")
}

// onMerge is the scope of a merge: the person it is about, or the directory for an organisation.
func (r *Room) onMerge(req *http.Request) (web.Scope, error) {
	m, err := r.merge(req.Context(), r.DB.Read(), req.PathValue("fusion"))
	if err != nil || m.Kind == kindOrganisation {
		return web.Scope{}, foreign(err)
	}
	return web.Scope{Person: m.Kept}, nil
}
