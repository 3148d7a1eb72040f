// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"errors"
	"net/http"
	"strings"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

type choosePage struct {
	web.Page
	Search  web.Field
	Asked   bool
	Persons web.Table
	None    web.Empty
}

var chooseTemplate = web.NewTemplate[choosePage](pageFiles, "pages/choisir.html")

// maxFound is how many persons a search shows: beyond, one writes more of the name.
const maxFound = 50

// choosePage finds the person who asks.
func (r *Room) choosePage(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"q", "acte", "nettoyage"}})
	if err != nil {
		return err
	}
	q := form.Text("q")
	p := choosePage{Page: web.Page{Title: "Demandes des personnes", Crumbs: deskCrumbs, Robots: "noindex",
		Lead: "Choisissez la personne qui demande une copie de ses données ou leur effacement. Assurez-vous d'abord que la demande vient bien d'elle."},
		Asked:  q != "",
		Search: web.Field{Name: "q", Label: "Nom, prénom ou adresse électronique", Type: "search", Value: q, Required: true},
		None:   web.Empty{Title: "Personne ne répond à cette recherche", Text: "Essayez une partie du nom ou de l'adresse. Une personne déjà effacée ne se retrouve plus."},
		Persons: web.Table{ID: "personnes", Caption: "Personnes trouvées", Stack: true,
			Columns: []web.Column{{Label: "Personne"}, {Label: "Adresse électronique"}}}}
	if act := form.Text("acte"); act != "" {
		p.Notices = append(p.Notices, doneNotice(act, form.Checked("nettoyage")))
	}
	if q != "" {
		list, err := r.People.Matching(req.Context(), q, maxFound)
		if err != nil {
			return err
		}
		for _, x := range list {
			p.Persons.Rows = append(p.Persons.Rows, web.Row{Cells: []web.Cell{
				{Text: strings.TrimSpace(x.GivenName + " " + x.FamilyName), Href: "/donnees/effacement/" + x.ID}, {Text: x.Mail}}})
		}
	}
	return chooseTemplate.Render(w, req, http.StatusOK, p)
}

func doneNotice(act string, later bool) web.Notice {
	n := web.Notice{Kind: web.Success, Title: "Effacement fait", Text: "Les données de la personne ne sont plus dans la base ni dans les fichiers. L'acte est au journal, sans son nom : gardez-en le reçu.",
		Link: web.Link{Label: "Voir l'acte et son reçu", Href: "/actes/" + act}}
	if later {
		n.Kind = web.Warning
		n.Text = "Les données de la personne ne sont plus dans la base. Le nettoyage du fichier lui-même attendait une lecture en cours : il sera refait cette nuit."
	}
	return n
}

type planPage struct {
	web.Page
	Name     string
	ID       string
	Effects  web.Table
	Texts    web.Table
	Doubts   web.Table
	Stays    []string
	Backups  string
	Self     bool
	Confirm  web.Field
	Recorded string
}

var planTemplate = web.NewTemplate[planPage](pageFiles, "pages/effacer.html")

func (r *Room) planPage(w http.ResponseWriter, req *http.Request) error {
	return r.showPlan(w, req, http.StatusOK, nil)
}

// showPlan is the dry run, with the confirmation that was typed if there was one.
func (r *Room) showPlan(w http.ResponseWriter, req *http.Request, status int, form *web.Form) error {
	id := req.PathValue("personne")
	plan, err := r.Plan(req.Context(), id)
	if err != nil {
		return asProblem(err)
	}
	if plan.Who.Erased() {
		return web.ErrForeign()
	}
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	name := plan.Who.title()
	p := planPage{Page: web.Page{Title: "Effacer " + name, Robots: "noindex", Crumbs: append(deskCrumbs[:1:1], web.Crumb{Label: "Demandes des personnes", Href: "/donnees/effacement"}),
		Lead: "Voici ce qui serait effacé et ce qui resterait. Rien n'est encore fait."},
		Name: name, ID: id, Stays: plan.Stays, Backups: set.Text("sauvegardes"), Self: isSelf(plan.Who, actor.From(req.Context()).Person),
		Effects: effectTable("effets", "Ce qui serait effacé", plan.Effects),
		Texts:   effectTable("textes", "Textes libres où le nom serait remplacé", plan.Texts),
		Doubts:  effectTable("doutes", "Textes libres à relire", plan.Doubts),
		Confirm: form.Field(web.Field{Name: "confirmation", Label: "Pour confirmer, écrivez : " + name, Required: true, Autocomplete: "off"})}
	return planTemplate.Render(w, req, status, p)
}

// title is how the pages call somebody.
func (w Identity) title() string {
	if w.Name != "" {
		return w.Name
	}
	return strings.Join(w.Addresses, ", ")
}

func isSelf(w Identity, person string) bool {
	for _, id := range w.IDs {
		if id == person {
			return true
		}
	}
	return false
}

func effectTable(id, caption string, list []Effacing) web.Table {
	t := web.Table{ID: id, Caption: caption, Stack: true, Columns: []web.Column{{Label: "Données"}, {Label: "Ce qui est fait"}, {Label: "Lignes", Numeric: true}}}
	for _, e := range list {
		done := map[Effect]string{DeleteRow: "lignes effacées", Blank: "valeurs effacées", ByRoom: "valeurs effacées, contenus compris", "": "dans : " + e.Role}[e.Effect]
		note := ""
		if e.Effect != "" {
			note = e.Role
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Note: note}, {Text: done}, {Text: french.Int(e.Rows)}}})
	}
	return t
}

// eraseNow erases once the name was written again.
func (r *Room) eraseNow(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"confirmation"}})
	if err != nil {
		return err
	}
	who, err := r.identity(req.Context(), r.DB.Read(), req.PathValue("personne"))
	if err != nil {
		return asProblem(err)
	}
	switch {
	case who.Erased():
		return web.ErrForeign()
	case isSelf(who, actor.From(req.Context()).Person):
		return web.Forbidden("Vous ne pouvez pas effacer votre propre fiche : demandez-le à une autre personne qui administre le service.")
	case french.Fold(form.Text("confirmation")) != french.Fold(who.title()):
		form.Fail("confirmation", "Écrivez exactement « "+who.title()+" » : c'est la preuve que la bonne personne est effacée.")
		return r.showPlan(w, req, http.StatusUnprocessableEntity, form)
	}
	done, err := r.Erase(req.Context(), who.ID)
	if errors.Is(err, ErrErased) {
		return web.ErrForeign()
	}
	later, err := scrubLater(err)
	if err != nil {
		return err
	}
	target := "/donnees/effacement?acte=" + done.Act
	if later {
		target += "&nettoyage=oui"
	}
	return web.Redirect(w, req, target)
}
