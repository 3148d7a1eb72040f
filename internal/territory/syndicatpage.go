// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"net/http"
	"strings"

	"maillage/internal/drafts"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

var (
	syndicatsTemplate = web.NewTemplate[syndicatsPage](pageFiles, "pages/syndicats.html", "pages/parts.html")
	syndicatTemplate  = web.NewTemplate[syndicatPage](pageFiles, "pages/syndicat.html", "pages/parts.html")
)

type syndicatsPage struct {
	web.Page
	Done  *undoable
	Table *web.Table
	Empty *web.Empty
}

type syndicatPage struct {
	web.Page
	SIREN, Name, Departement web.Field
	Draft                    drafts.Form
}

// syndicatDraft names the syndicat that somebody is typing.
const syndicatDraft = "territory/syndicat/nouveau"

// syndicats lists those recorded, with what they hold today.
func (p *pages) syndicats(w http.ResponseWriter, req *http.Request) error {
	s, day := p.room.State(), clock.On(p.site.Now())
	page := syndicatsPage{Page: web.Page{Title: "Syndicats", Nav: "territoires", Crumbs: []web.Crumb{{Label: "Territoires", Href: "/territoires"}},
		Lead: "Les syndicats ne figurent pas dans les listes officielles de territoires : on les enregistre ici quand une commune leur transfère une compétence."}}
	if id := req.URL.Query().Get("fait"); id != "" {
		a, err := p.room.Store.Act(req.Context(), id)
		if err != nil {
			return web.NotFound("L'enregistrement que cette adresse désigne n'existe pas.").Because(err)
		}
		page.Done = &undoable{Act: a.ID, Title: a.Title, Action: "/territoires/syndicats/annulation"}
	}
	if len(s.Syndicats) == 0 {
		page.Empty = &web.Empty{Title: "Aucun syndicat n'est enregistré"}
		if web.May(req, "territoire.syndicats", web.Scope{}) {
			page.Empty.Actions = []web.Link{{Label: "Enregistrer un syndicat", Href: "/territoires/syndicats/nouveau"}}
		}
		return syndicatsTemplate.Render(w, req, http.StatusOK, page)
	}
	page.Table = &web.Table{ID: "syndicats", Caption: "Syndicats enregistrés", Quiet: true, Stack: true, Columns: []web.Column{
		{Label: "Syndicat"}, {Label: "SIREN"}, {Label: "Siège"}, {Label: "Compétences reçues aujourd'hui"}}}
	for _, x := range s.Syndicats {
		n := 0
		for _, h := range s.ReceivedBy(x.ID) {
			if h.On(day) {
				n++
			}
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Text: x.Name, Href: "/territoires/" + string(x.ID) + "/competences"},
			{Text: string(x.ID)}, {Text: p.room.Name(x.Departement)}, {Text: french.Plural(n, "transfert", "transferts")}}})
	}
	return syndicatsTemplate.Render(w, req, http.StatusOK, page)
}

func (p *pages) newSyndicat(w http.ResponseWriter, req *http.Request) error {
	return syndicatTemplate.Render(w, req, http.StatusOK, p.syndicatForm(req, nil))
}

func (p *pages) syndicatForm(req *http.Request, f *web.Form) syndicatPage {
	departement := web.Field{Name: "departement", Label: "Département du siège", Type: "select", Required: true,
		Value: string(p.room.Home), Options: p.departementOptions("")}
	return syndicatPage{Draft: p.room.Store.Drafts.Form(req, syndicatDraft, ""), Page: web.Page{Scripts: []string{drafts.Script}, Title: "Enregistrer un syndicat", Nav: "territoires", Robots: "noindex",
		Crumbs: []web.Crumb{{Label: "Territoires", Href: "/territoires"}, {Label: "Syndicats", Href: "/territoires/syndicats"}}},
		SIREN: f.Field(web.Field{Name: "siren", Label: "Numéro SIREN", Required: true, InputMode: "numeric",
			Hint: "Neuf chiffres, à lire sur l'arrêté de création ou sur annuaire-entreprises.data.gouv.fr"}),
		Name:        f.Field(web.Field{Name: "nom", Label: "Nom", Required: true}),
		Departement: f.Field(departement)}
}

var syndicatSpec = web.FormSpec{Fields: []string{"siren", "nom", "departement"}}

func (p *pages) addSyndicat(w http.ResponseWriter, req *http.Request) error {
	f, err := web.ReadForm(req, syndicatSpec)
	if err != nil {
		return err
	}
	defer f.Close()
	x := SyndicatMixte{ID: ID(strings.Join(strings.Fields(f.Text("siren")), "")), Row: db.NewID(), Name: strings.Join(strings.Fields(f.Text("nom")), " "),
		Departement: ID(f.Text("departement")), Created: p.site.Now()}
	if err := x.Check(p.room.Registry); err != nil {
		if _, err := blame(f, err); err != nil {
			return err
		}
	}
	if f.Valid() {
		act := NewAct("Syndicat enregistré : "+x.Name, p.site.Now())
		act.Draft = syndicatDraft
		err := p.room.Store.Do(req.Context(), act, Change{Syndicats: []SyndicatMixte{x}}, func(Recorded) error { return nil })
		switch {
		case err == nil:
			if err := p.room.Refresh(req.Context()); err != nil {
				return err
			}
			return web.Redirect(w, req, "/territoires/"+string(x.ID)+"/competences/gestion?fait="+act.ID)
		case !db.IsUnique(err):
			return err
		}
		f.Fail("siren", "Un syndicat est déjà enregistré sous ce numéro SIREN.")
	}
	page := p.syndicatForm(req, f)
	page.Notices = []web.Notice{{Kind: web.Danger, Title: "Rien n'a été enregistré", Text: "Corrigez ce qui est signalé, puis recommencez."}}
	return syndicatTemplate.Render(w, req, http.StatusUnprocessableEntity, page)
}

var dropSpec = web.FormSpec{Fields: []string{"siren"}}

// dropSyndicat withdraws a syndicat that holds nothing.
func (p *pages) dropSyndicat(w http.ResponseWriter, req *http.Request) error {
	f, err := web.ReadForm(req, dropSpec)
	if err != nil {
		return err
	}
	defer f.Close()
	x, ok := p.room.State().Syndicat(ID(f.Text("siren")))
	if !ok {
		return web.NotFound("Ce syndicat n'est pas enregistré.")
	}
	act := NewAct("Syndicat retiré : "+x.Name, p.site.Now())
	err = p.room.Store.Do(req.Context(), act, Change{Withdraw: []string{x.Row}}, func(after Recorded) error { return after.CheckHolders(p.room.Registry) })
	if err != nil {
		told, err := blame(f, err)
		if err != nil {
			return err
		}
		return web.Conflict(strings.Join(told, " "))
	}
	if err := p.room.Refresh(req.Context()); err != nil {
		return err
	}
	return web.Redirect(w, req, "/territoires/syndicats?fait="+act.ID)
}

func (p *pages) undoSyndicat(w http.ResponseWriter, req *http.Request) error {
	act, err := p.undo(req, "")
	if err != nil {
		return err
	}
	return web.Redirect(w, req, "/territoires/syndicats?fait="+act.ID)
}
