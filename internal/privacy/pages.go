// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"embed"
	"errors"
	"net/http"

	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed pages/donnees.css
var pageCSS []byte

var _ = web.AddStyle("donnees.css", pageCSS)

const (
	keep web.Access = "donnees.tenir"
	mine web.Access = "moi"
)

// Routes are the addresses of this room.
func (r *Room) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /donnees-personnelles", Access: web.Public, Handler: r.publicPage},
		{Pattern: "GET /moi/donnees", Access: mine, Handler: r.minePage},
		{Pattern: "GET /moi/donnees.zip", Access: mine, Handler: r.mineZIP},
		{Pattern: "GET /donnees", Access: keep, Handler: r.desk},
		{Pattern: "GET /donnees/registre", Access: keep, Handler: r.registerPage},
		{Pattern: "GET /donnees/registre.csv", Access: keep, Handler: r.registerCSV},
		{Pattern: "GET /donnees/registre.xlsx", Access: keep, Handler: r.registerXLSX},
		{Pattern: "GET /donnees/reglages", Access: keep, Handler: r.settingsForm},
		{Pattern: "POST /donnees/reglages", Access: keep, Handler: r.saveSettings},
		{Pattern: "GET /donnees/conservation", Access: keep, Handler: r.retentionPage},
		{Pattern: "POST /donnees/conservation", Access: keep, Handler: r.saveRetention},
		{Pattern: "POST /donnees/conservation/{categorie}", Access: keep, Handler: r.applyRetention},
		{Pattern: "GET /donnees/effacement", Access: keep, Handler: r.choosePage},
		{Pattern: "GET /donnees/effacement/{personne}", Access: keep, Scope: r.onPerson, Handler: r.planPage},
		{Pattern: "POST /donnees/effacement/{personne}", Access: keep, Scope: r.onPerson, Handler: r.eraseNow},
		{Pattern: "POST /donnees/effacement/{personne}/copie", Access: keep, Scope: r.onPerson, Handler: r.copyFor},
	}
}

// onPerson is the Scope of a route whose address names somebody.
func (r *Room) onPerson(req *http.Request) (web.Scope, error) {
	list, err := r.People.Same(req.Context(), r.DB.Read(), req.PathValue("personne"))
	if err != nil {
		return web.Scope{}, err
	}
	if len(list) == 0 {
		return web.Scope{}, web.ErrForeign()
	}
	return web.Scope{Person: req.PathValue("personne")}, nil
}

// deskCrumbs lead back to the desk of whoever answers for personal data.
var deskCrumbs = []web.Crumb{{Label: "Données personnelles", Href: "/donnees"}}

type deskPage struct {
	web.Page
	Ways []web.Link
}

var deskTemplate = web.NewTemplate[deskPage](pageFiles, "pages/bureau.html")

func (r *Room) desk(w http.ResponseWriter, req *http.Request) error {
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	p := deskPage{Page: web.Page{Title: "Données personnelles du service", Lead: "Le registre, les demandes des personnes et les durées de conservation.", Robots: "noindex"},
		Ways: []web.Link{
			{Label: "Registre des traitements", Href: "/donnees/registre", Note: french.Plural(len(r.Dictionary.Processings), "traitement", "traitements") + ", tirés de la base elle-même"},
			{Label: "Répondre à une demande : copie ou effacement", Href: "/donnees/effacement", Note: "choisir une personne, voir ce qui serait effacé, confirmer"},
			{Label: "Durées de conservation", Href: "/donnees/conservation", Note: "ce qui arrive à son terme, à blanc puis pour de bon"},
			{Label: "Responsable, délégué, hébergeur", Href: "/donnees/reglages", Note: "ce que le service ne peut pas savoir seul"},
			{Label: "Page publique", Href: "/donnees-personnelles", Note: "ce que lisent les personnes"},
		}}
	if r.unreplayed.Load() {
		p.Notices = []web.Notice{{Kind: web.Danger, Title: "Un effacement n'a pas pu être refait",
			Text: "Une personne effacée puis ramenée par une sauvegarde est peut-être encore dans la base. Le service essaie de nouveau chaque jour et à chaque démarrage ; la cause est dans le journal technique du serveur."}}
	}
	p.Notices = append(p.Notices, missingNotice(set)...)
	return deskTemplate.Render(w, req, http.StatusOK, p)
}

// missingNotice asks for the controller's details.
func missingNotice(set Settings) []web.Notice {
	missing := set.Missing()
	if len(missing) == 0 {
		return nil
	}
	return []web.Notice{{Kind: web.Warning, Title: "Il reste à renseigner", Items: missing, Link: web.Link{Label: "Renseigner", Href: "/donnees/reglages"}}}
}

func asProblem(err error) error {
	if errors.Is(err, ErrUnknown) {
		return web.ErrForeign()
	}
	return err
}
