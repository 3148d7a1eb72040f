// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"maillage/internal/drafts"
	"maillage/internal/platform/db"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// ctgPage is the form that records a convention and what it covers of a scheme.
type ctgPage struct {
	web.Page
	Action, Cancel string
	Key, Replaces  string
	Fields         []web.Field
	Items          []ctgLine
	Draft          drafts.Form
}

// ctgLine is an item of the checklist.
type ctgLine struct {
	Code, Label string
	Found       bool
	Page        string // as typed
	Error       string
}

var ctgTemplate = web.NewTemplate[ctgPage](pageFiles, "pages/ctg.html", "pages/parts.html")

// maxPage bounds a page number: no convention is as long.
const maxPage = 2000

func ctgFields() []string {
	fields := []string{"cle", "remplace", "du", "au", "reference", "document"}
	for _, i := range SchemeItems() {
		fields = append(fields, "element-"+i.Code, "page-"+i.Code)
	}
	return fields
}

func (h *handlers) ctgForm(w http.ResponseWriter, r *http.Request) error {
	id, facts, err := h.ctgPlace(r)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(r, web.FormSpec{Fields: []string{"modele"}})
	if err != nil {
		return err
	}
	if model := form.Text("modele"); model != "" {
		if err := h.fillCTG(form, id, model); err != nil {
			return err
		}
	}
	return h.showCTG(w, r, http.StatusOK, id, facts, form)
}

// ctgPlace is place, for those who may sign a convention that stands for a scheme.
func (h *handlers) ctgPlace(r *http.Request) (territory.ID, Facts, error) {
	id, facts, err := h.place(r)
	if err == nil && facts.Territory.Kind == Departement {
		err = web.NotFound("Une convention territoriale globale se note pour une commune ou un groupement.")
	}
	return id, facts, err
}

// fillCTG opens the form on a convention already recorded, to be read on.
func (h *handlers) fillCTG(form *web.Form, id territory.ID, model string) error {
	_, ctgs := h.Recorded(id)
	i := slices.IndexFunc(ctgs, func(c RecordedCTG) bool { return c.ID == model })
	if i < 0 {
		return web.NotFound("Cette convention n'est pas enregistrée pour ce territoire, ou a été retirée.")
	}
	c := ctgs[i]
	for name, value := range map[string]string{"remplace": c.ID, "du": c.From.String(), "au": c.To.String(), "reference": c.Reference, "document": c.Document} {
		form.Values.Set(name, value)
	}
	for _, code := range c.Items {
		form.Values.Set("element-"+code, "oui")
		if page := c.Pages[code]; page > 0 {
			form.Values.Set("page-"+code, strconv.Itoa(page))
		}
	}
	return nil
}

func (h *handlers) addCTG(w http.ResponseWriter, r *http.Request) error {
	id, facts, err := h.ctgPlace(r)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(r, web.FormSpec{Fields: ctgFields()})
	if err != nil {
		return err
	}
	c := readCTG(form)
	if !form.Valid() {
		return h.showCTG(w, r, http.StatusUnprocessableEntity, id, facts, form)
	}
	c.Territory, c.Created = string(id), h.clock()
	err = h.Store.AddCTG(r.Context(), c, form.Text("remplace"))
	if errors.Is(err, ErrUnknown) {
		return web.Conflict("Cette convention a été retirée ou relue entre-temps : rouvrez la page de la commune pour voir ce qui est enregistré.")
	}
	if err != nil && !db.IsUnique(err) {
		return fmt.Errorf("ctg for %s: %w", id, err)
	}
	return h.done(w, r, id, ctgAdded, c.ID)
}

// readCTG checks what was typed. A page number says that the item was found.
func readCTG(form *web.Form) RecordedCTG {
	c := RecordedCTG{ID: keyOf(form), Pages: map[string]int{}}
	form.Required("du", "Donnez le premier jour de la convention.")
	form.Required("au", "Donnez le dernier jour de la convention.")
	c.From, c.To = readDate(form, "du", oldestAct, lastDate), readDate(form, "au", oldestAct, lastDate)
	if !c.From.IsZero() && !c.To.IsZero() && c.To.Before(c.From) {
		form.Fail("au", "La fin de la convention précède son début.")
	}
	c.Reference, c.Document = readReference(form), readDocument(form)
	for _, item := range SchemeItems() {
		text := form.Text("page-" + item.Code)
		if text != "" {
			page, err := strconv.Atoi(text)
			if err != nil || page < 1 || page > maxPage {
				form.Fail("page-"+item.Code, fmt.Sprintf("« %s » n'est pas un numéro de page, de 1 à %d.", clip(text), maxPage))
			}
			c.Pages[item.Code] = page
		}
		if text != "" || form.Checked("element-"+item.Code) {
			c.Items = append(c.Items, item.Code)
		}
	}
	return c
}

func (h *handlers) showCTG(w http.ResponseWriter, r *http.Request, status int, id territory.ID, f Facts, form *web.Form) error {
	p := ctgPage{Action: "/obligations/" + string(id) + "/ctg/nouvelle", Cancel: "/obligations/" + string(id) + "#ctg",
		Key: keyOf(form), Replaces: form.Text("remplace"), Draft: h.Store.Drafts.Form(r, ctgDraft(string(id)), form.Text("remplace")),
		Page: web.Page{Scripts: autosaved, Title: "Lire une convention territoriale globale", Nav: section, Robots: "noindex", Crumbs: crumbsTo(id, f), Notices: mistakes(form),
			Lead: f.Territory.Name + " : la convention signée avec la Caf tient lieu de schéma si elle en contient les onze éléments. " +
				"Cochez ceux que vous y trouvez ; les autres diront ce qui reste à écrire."},
		Fields: []web.Field{
			form.Field(web.Field{Name: "du", Label: "Premier jour", Type: "date", Required: true}),
			form.Field(web.Field{Name: "au", Label: "Dernier jour", Type: "date", Required: true}),
			form.Field(web.Field{Name: "reference", Label: "Référence", Required: true, Hint: "Par exemple « CTG 2023-2027, signée le 14 décembre 2023 »."}),
			form.Field(web.Field{Name: "document", Label: "Adresse du document", Type: "url", Hint: "S'il est publié : https://…"}),
		}}
	for _, item := range SchemeItems() {
		p.Items = append(p.Items, ctgLine{item.Code, item.Label, form.Checked("element-"+item.Code) || form.Text("page-"+item.Code) != "",
			form.Text("page-" + item.Code), form.Errors["page-"+item.Code]})
	}
	w.Header().Set("Cache-Control", "no-store")
	return ctgTemplate.Render(w, r, status, p)
}

func (h *handlers) withdrawCTG(w http.ResponseWriter, r *http.Request) error {
	return h.change(w, r, ctgTaken, "ctg", func(id, which string) error {
		return h.Store.WithdrawCTG(r.Context(), id, which, h.clock())
	})
}

func (h *handlers) restoreCTG(w http.ResponseWriter, r *http.Request) error {
	return h.change(w, r, ctgBack, "ctg", func(id, which string) error {
		return h.Store.RestoreCTG(r.Context(), id, which, h.clock())
	})
}
