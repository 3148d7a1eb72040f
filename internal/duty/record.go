// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"maillage/internal/drafts"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// recordPage is the form that records an evidence.
type recordPage struct {
	web.Page
	Action, Cancel string
	Key            string // of what is about to be recorded: sending twice records once
	Duty           string // code of the duty the form was opened from, may be empty
	Proof          string // what fulfils that duty, in a sentence
	Fields         []web.Field
	Draft          drafts.Form
}

var recordTemplate = web.NewTemplate[recordPage](pageFiles, "pages/record.html", "pages/parts.html")

const (
	maxReference = 300  // characters
	maxDocument  = 2000 // characters
)

// oldestAct bounds the dates of acts: no document about childcare as the law sees it is older.
var oldestAct = clock.MustDate("1970-01-01")

func (h *handlers) evidenceForm(w http.ResponseWriter, r *http.Request) error {
	id, facts, err := h.place(r)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(r, web.FormSpec{Fields: []string{"obligation"}})
	if err != nil {
		return err
	}
	return h.showEvidence(w, r, http.StatusOK, id, facts, form)
}

func (h *handlers) addEvidence(w http.ResponseWriter, r *http.Request) error {
	id, facts, err := h.place(r)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(r, web.FormSpec{Fields: []string{"cle", "obligation", "genre", "date", "annee", "reference", "document"}})
	if err != nil {
		return err
	}
	e := h.readEvidence(form, facts.Territory.Kind)
	if !form.Valid() {
		return h.showEvidence(w, r, http.StatusUnprocessableEntity, id, facts, form)
	}
	e.Territory, e.Created = string(id), h.clock()
	if err := h.Store.AddEvidence(r.Context(), e); err != nil && !db.IsUnique(err) {
		return fmt.Errorf("evidence for %s: %w", id, err)
	}
	return h.done(w, r, id, evidenceAdded, e.ID)
}

// readEvidence checks what was typed; the errors are the form's.
func (h *handlers) readEvidence(form *web.Form, kind Kind) RecordedEvidence {
	e := RecordedEvidence{ID: keyOf(form)}
	e.Kind = form.Choice("genre", h.Rules.evidenceKinds(kind, "")...)
	today := clock.On(h.clock())
	form.Required("date", "Donnez la date de l'acte : adoption, signature ou transmission.")
	e.Date = form.Date("date")
	switch {
	case e.Date.After(today):
		form.Fail("date", "Cette date est à venir : une preuve porte la date de l'acte, une fois accompli.")
	case !e.Date.IsZero() && e.Date.Before(oldestAct):
		form.Fail("date", "Cette date est trop ancienne : vérifiez l'année.")
	}
	if h.Rules.yearly(e.Kind) {
		year, err := strconv.Atoi(form.Required("annee", "Donnez l'année du document, par exemple "+strconv.Itoa(today.Year)+"."))
		if err != nil || year < 2000 || year > today.Year+1 {
			form.Fail("annee", fmt.Sprintf("Écrivez une année en quatre chiffres, entre 2000 et %d.", today.Year+1))
		}
		e.Year = year
	}
	e.Reference, e.Document = readReference(form), readDocument(form)
	return e
}

func readReference(form *web.Form) string {
	ref := form.Required("reference", "Donnez la référence qui permet de retrouver le document, par exemple « délibération n° 2025-12 ».")
	if n := utf8.RuneCountInString(ref); n > maxReference {
		form.Fail("reference", fmt.Sprintf("La référence compte %d caractères ; %d au plus.", n, maxReference))
	}
	return ref
}

// readDocument accepts an address of the web and nothing that a link could run.
func readDocument(form *web.Form) string {
	text := form.Text("document")
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || len(text) > maxDocument {
		form.Fail("document", "Écrivez une adresse complète, qui commence par https://, ou laissez vide.")
	}
	return text
}

var keyShape = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// keyOf is the key that the form was opened with, so that a form sent twice records once.
func keyOf(form *web.Form) string {
	if key := form.Text("cle"); keyShape.MatchString(key) {
		return key
	}
	return db.NewID()
}

func (h *handlers) showEvidence(w http.ResponseWriter, r *http.Request, status int, id territory.ID, f Facts, form *web.Form) error {
	code := form.Text("obligation")
	rule, known := h.Rules.At(code, clock.On(h.clock()))
	if !known {
		code = ""
	}
	p := recordPage{Action: "/obligations/" + string(id) + "/preuves/nouvelle", Cancel: "/obligations/" + string(id),
		Key: keyOf(form), Duty: code, Draft: h.Store.Drafts.Form(r, evidenceDraft(string(id)), ""), Page: web.Page{Title: "Enregistrer une preuve", Scripts: autosaved, Nav: section, Robots: "noindex",
			Lead: f.Territory.Name, Crumbs: crumbsTo(id, f), Notices: mistakes(form)}}
	if known {
		p.Lead += " : " + uncapital(rule.Title)
		p.Cancel += "#" + code
	}
	kinds := h.Rules.evidenceKinds(f.Territory.Kind, code)
	genre := web.Field{Name: "genre", Label: "Document ou acte", Type: "radio", Required: true}
	for _, k := range kinds {
		genre.Options = append(genre.Options, web.Option{Value: k, Label: capital(h.Rules.evidenceLabel(k, code)), Hint: h.Rules.provenBy(k, code), Selected: len(kinds) == 1})
	}
	today := clock.On(h.clock())
	p.Fields = []web.Field{form.Field(genre),
		form.Field(web.Field{Name: "date", Label: "Date de l'acte", Type: "date", Required: true, Min: oldestAct.String(), Max: today.String(),
			Hint: "Jour de l'adoption, de la signature ou de la transmission."})}
	if slices.ContainsFunc(kinds, h.Rules.yearly) {
		p.Fields = append(p.Fields, form.Field(web.Field{Name: "annee", Label: "Année du plan", Type: "text", InputMode: "numeric",
			Hint: "Pour un document annuel seulement, par exemple " + strconv.Itoa(today.Year) + "."}))
	}
	p.Fields = append(p.Fields,
		form.Field(web.Field{Name: "reference", Label: "Référence", Required: true, Hint: "De quoi retrouver le document : « délibération n° 2025-12 », « courrier à la Caf du 3 avril »."}),
		form.Field(web.Field{Name: "document", Label: "Adresse du document", Type: "url", Hint: "S'il est publié : https://…"}))
	w.Header().Set("Cache-Control", "no-store")
	return recordTemplate.Render(w, r, status, p)
}

// autosaved are the scripts of a form whose text is kept while it is typed.
var autosaved = []string{"autosave.js"}

// evidenceDraft and ctgDraft name what somebody is typing about a territory.
func evidenceDraft(territory string) string { return evidenceKind + "/" + territory }
func ctgDraft(territory string) string      { return ctgKind + "/" + territory }

func crumbsTo(id territory.ID, f Facts) []web.Crumb {
	return []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Obligations", Href: "/obligations"},
		{Label: f.Territory.Name, Href: "/obligations/" + string(id)}}
}

// mistakes says above a form that something is to be corrected.
func mistakes(form *web.Form) []web.Notice {
	switch len(form.Errors) {
	case 0:
		return nil
	case 1:
		return []web.Notice{{Kind: web.Danger, Title: "Un élément est à corriger", Text: "Rien n'est perdu de ce que vous avez saisi, et rien n'est encore enregistré."}}
	}
	return []web.Notice{{Kind: web.Danger, Title: fmt.Sprintf("%d éléments sont à corriger", len(form.Errors)),
		Text: "Rien n'est perdu de ce que vous avez saisi, et rien n'est encore enregistré."}}
}

// evidenceKinds lists the kinds of evidence of the rules for a kind of territory, or those of
// one rule, each once.
func (rs *Rules) evidenceKinds(kind Kind, code string) []string {
	var list []string
	for _, r := range rs.all {
		if !concerns(r.Who, kind) || code != "" && r.Code != code {
			continue
		}
		for _, k := range r.Evidence {
			if !slices.Contains(list, k.Kind) {
				list = append(list, k.Kind)
			}
		}
	}
	return list
}

// provenBy tells which other duties a kind of evidence serves.
func (rs *Rules) provenBy(kind, except string) string {
	var list []string
	for _, code := range rs.Codes() {
		for _, r := range rs.all {
			if r.Code == code && code != except && slices.ContainsFunc(r.Evidence, func(k EvidenceKind) bool { return k.Kind == kind }) {
				list = append(list, shortTitle(r))
				break
			}
		}
	}
	switch {
	case len(list) == 0:
		return ""
	case except != "":
		return "Vaut aussi pour : " + and(list) + "."
	}
	return "Pour : " + and(list) + "."
}

// yearly says that a kind of evidence is about a year.
func (rs *Rules) yearly(kind string) bool {
	return slices.ContainsFunc(rs.all, func(r Rule) bool {
		return r.Fulfilment == ByYear && slices.ContainsFunc(r.Evidence, func(k EvidenceKind) bool { return k.Kind == kind })
	})
}

func (h *handlers) withdrawEvidence(w http.ResponseWriter, r *http.Request) error {
	return h.change(w, r, evidenceTaken, "preuve", func(id, which string) error {
		return h.Store.WithdrawEvidence(r.Context(), id, which, h.clock())
	})
}

func (h *handlers) restoreEvidence(w http.ResponseWriter, r *http.Request) error {
	return h.change(w, r, evidenceBack, "preuve", func(id, which string) error {
		return h.Store.RestoreEvidence(r.Context(), id, which)
	})
}

// change takes something out or puts it back, then shows the page with the way to undo it.
func (h *handlers) change(w http.ResponseWriter, r *http.Request, what, name string, change func(id, which string) error) error {
	id, _, err := h.place(r)
	if err != nil {
		return err
	}
	which := r.PathValue(name)
	err = change(string(id), which)
	if errors.Is(err, ErrUnknown) {
		return web.NotFound("Cet enregistrement n'existe pas pour ce territoire : rouvrez sa page pour voir ce qui est enregistré.")
	}
	if err != nil {
		return fmt.Errorf("%s %s of %s: %w", what, which, id, err)
	}
	return h.done(w, r, id, what, which)
}

// done reads anew what is recorded and goes back to the territory's page, which confirms.
func (h *handlers) done(w http.ResponseWriter, r *http.Request, id territory.ID, what, which string) error {
	if err := h.Refresh(r.Context()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/obligations/"+string(id)+"?"+url.Values{"fait": {what}, "id": {which}}.Encode())
}
