// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"fmt"
	"net/http"
	"net/mail"
	"strconv"
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

type retentionPage struct {
	web.Page
	Categories []categoryCard
}

// categoryCard is a category with what has come to its end.
type categoryCard struct {
	Name, Title string
	Why         string
	Badge       web.Badge
	Days, On    web.Field
	Endless     bool
	Fixed       string // said in place of a choice
	Due         string
	Examples    []string
	Any         bool
}

var retentionTemplate = web.NewTemplate[retentionPage](pageFiles, "pages/conservation.html")

func (r *Room) retentionPage(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"fait", "nombre"}})
	if err != nil {
		return err
	}
	var notices []web.Notice
	if c := category(form.Text("fait")); c != nil {
		n, _ := strconv.Atoi(form.Text("nombre"))
		notices = []web.Notice{{Kind: web.Success, Title: c.Title, Text: french.Plural(n, "ligne arrivée à son terme a été effacée", "lignes arrivées à leur terme ont été effacées") + "."}}
	} else if form.Text("fait") == "reglages" {
		notices = []web.Notice{{Kind: web.Success, Title: "Durées enregistrées"}}
	}
	return r.showRetention(w, req, http.StatusOK, nil, notices)
}

func (r *Room) showRetention(w http.ResponseWriter, req *http.Request, status int, form *web.Form, notices []web.Notice) error {
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	p := retentionPage{Page: web.Page{Title: "Durées de conservation", Crumbs: deskCrumbs, Robots: "noindex", Notices: notices,
		Lead: "Chaque durée est une " + Proposal + ". Sauf ce que la page dit, rien ne s'efface de soi-même tant que vous ne l'avez pas activé."}}
	for _, c := range categories {
		card, err := r.card(req, c, set.Life(c), form)
		if err != nil {
			return err
		}
		p.Categories = append(p.Categories, card)
	}
	return retentionTemplate.Render(w, req, status, p)
}

func (r *Room) card(req *http.Request, c Category, l Lifetime, form *web.Form) (categoryCard, error) {
	card := categoryCard{Name: c.Name, Title: c.Title, Why: c.Why, Endless: c.Days == 0}
	if card.Endless {
		return card, nil
	}
	card.Badge = web.Badge{Kind: web.Pending, Text: Proposal}
	if l.Chosen {
		card.Badge = web.Badge{Kind: web.Info, Text: "durée choisie ici"}
	}
	on := ""
	if l.On {
		on = "oui"
	}
	switch {
	case c.Fixed():
		card.Fixed = "Le service efface de lui-même, " + french.Plural(c.Own, "jour", "jours") + " après " + c.From + "."
	case c.Own > 0:
		card.Why += " Le service efface de lui-même au bout de " + french.Plural(c.Own, "jour", "jours") + " ; vous pouvez choisir moins."
	}
	card.Days = form.Field(web.Field{Name: "jours-" + c.Name, Label: "Jours après " + c.From, Type: "number", Value: strconv.Itoa(l.Days), Required: true, Min: strconv.Itoa(c.Least), InputMode: "numeric"})
	card.On = web.Field{Name: "active-" + c.Name, Label: "Appliquer chaque jour, sans autre demande", Type: "checkbox", Value: on}
	if form != nil { // what was typed, ticks left out included
		card.On.Value = form.Text(card.On.Name)
	}
	due, err := r.Due(req.Context(), c, l.Days)
	if err != nil {
		return card, err
	}
	card.Any, card.Examples = due.Rows > 0, due.Examples
	card.Due = "Rien n'est arrivé à son terme."
	if due.Rows > 0 {
		card.Due = french.Plural(due.Rows, "ligne est arrivée à son terme", "lignes sont arrivées à leur terme") + "."
	}
	return card, nil
}

// saveRetention writes the lengths and what is applied daily.
func (r *Room) saveRetention(w http.ResponseWriter, req *http.Request) error {
	var names []string
	for _, c := range categories {
		names = append(names, "jours-"+c.Name, "active-"+c.Name)
	}
	form, err := web.ReadForm(req, web.FormSpec{Fields: names})
	if err != nil {
		return err
	}
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	var list []changed
	for _, c := range categories {
		if c.Days == 0 || c.Fixed() {
			continue
		}
		days, err := strconv.Atoi(form.Text("jours-" + c.Name))
		if err != nil || !c.accepts(days) {
			form.Fail("jours-"+c.Name, fmt.Sprintf("Écrivez un nombre de jours, de %d à %s.", c.Least, french.Int(c.most())))
			continue
		}
		if l := set.Life(c); days != l.Days || l.Chosen {
			list = append(list, changed{"conservation/" + c.Name + "/jours", c.Title + " : jours", strconv.Itoa(days)})
		}
		on := ""
		if form.Checked("active-" + c.Name) {
			on = "oui"
		}
		list = append(list, changed{"conservation/" + c.Name + "/active", c.Title + " : appliquer chaque jour", on})
	}
	if !form.Valid() {
		return r.showRetention(w, req, http.StatusUnprocessableEntity, form, []web.Notice{{Kind: web.Danger, Title: "Rien n'a été enregistré : une durée est à corriger ci-dessous."}})
	}
	if err := r.set(req.Context(), list); err != nil {
		return err
	}
	return web.Redirect(w, req, "/donnees/conservation?fait=reglages")
}

// applyRetention ends what has come to its end, once.
func (r *Room) applyRetention(w http.ResponseWriter, req *http.Request) error {
	if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
		return err
	}
	c := category(req.PathValue("categorie"))
	if c == nil || c.Days == 0 {
		return web.ErrForeign()
	}
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	n, err := r.Apply(req.Context(), *c, set.Life(*c).Days)
	if err == nil {
		_, err = scrubLater(r.Scrub(req.Context()))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, req, fmt.Sprintf("/donnees/conservation?fait=%s&nombre=%d", c.Name, n))
}

type settingsPage struct {
	web.Page
	Fields []web.Field
}

var settingsTemplate = web.NewTemplate[settingsPage](pageFiles, "pages/reglages.html")

func (r *Room) settingsForm(w http.ResponseWriter, req *http.Request) error {
	return r.showSettings(w, req, http.StatusOK, nil)
}

func (r *Room) showSettings(w http.ResponseWriter, req *http.Request, status int, form *web.Form) error {
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	p := settingsPage{Page: web.Page{Title: "Responsable, délégué, hébergeur", Crumbs: deskCrumbs, Robots: "noindex",
		Lead: "Ce que la page publique et le registre disent de vous. Tant qu'un champ est vide, ils disent qu'il reste à renseigner."}}
	if req.URL.Query().Get("fait") == "oui" {
		p.Notices = []web.Notice{{Kind: web.Success, Title: "Réglages enregistrés", Link: web.Link{Label: "Voir la page publique", Href: "/donnees-personnelles"}}}
	}
	for _, c := range controllerSettings {
		p.Fields = append(p.Fields, form.Field(web.Field{Name: c.name, Label: c.label, Hint: c.hint, Type: c.kind, Value: set.Text(c.name), Autocomplete: c.autocomplete}))
	}
	return settingsTemplate.Render(w, req, status, p)
}

func (r *Room) saveSettings(w http.ResponseWriter, req *http.Request) error {
	spec := web.FormSpec{MaxText: 4000}
	for _, c := range controllerSettings {
		spec.Fields = append(spec.Fields, c.name)
	}
	form, err := web.ReadForm(req, spec)
	if err != nil {
		return err
	}
	var list []changed
	for _, c := range controllerSettings {
		value := form.Text(c.name)
		switch {
		case c.kind == "email" && value != "":
			if a, err := mail.ParseAddress(value); err != nil || a.Address != value {
				form.Fail(c.name, "Écrivez une adresse comme protection.donnees@ville.fr.")
			}
		case c.kind == "number" && value != "":
			if n, err := strconv.Atoi(value); err != nil || n < 1 || n > 36500 {
				form.Fail(c.name, "Écrivez un nombre de jours, de 1 à 36 500.")
			}
		}
		list = append(list, changed{c.name, c.label, strings.ReplaceAll(value, "\r\n", "\n")})
	}
	if !form.Valid() {
		return r.showSettings(w, req, http.StatusUnprocessableEntity, form)
	}
	if err := r.set(req.Context(), list); err != nil {
		return err
	}
	return web.Redirect(w, req, "/donnees/reglages?fait=oui")
}
