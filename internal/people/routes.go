// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"embed"
	"errors"
	"net/http"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/web"
)

//go:embed pages
var pageFiles embed.FS

var _ = web.AddStyle("personnes.css", mustRead("pages/people.css"))

func mustRead(name string) []byte {
	b, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return b
}

const section = "personnes" // key in the menu

// The accesses of the policy table that this room's routes ask for.
const (
	readDirectory web.Access = "personnes.lire"
	readContacts  web.Access = "personnes.coordonnees"
	keepDirectory web.Access = "personnes.gerer"
	resetAccess   web.Access = "connexion.retablir" // of the room that lets people in, which this page leads to
	oneself       web.Access = "moi"
)

// Routes are the addresses of this room.
func (r *Room) Routes() []web.Route {
	var routes []web.Route
	add := func(access web.Access, scope func(*http.Request) (web.Scope, error), pattern string, h web.Handler) {
		routes = append(routes, web.Route{Pattern: pattern, Access: access, Scope: scope, Handler: h})
	}
	both := func(access web.Access, scope func(*http.Request) (web.Scope, error), path string, get, post web.Handler) {
		add(access, scope, "GET "+path, get)
		add(access, scope, "POST "+path, r.Drafts.Kept(post))
	}
	add(readDirectory, nil, "GET /organisations", r.organisationList)
	add(readDirectory, r.onOrganisation, "GET /organisations/{id}", r.organisationPage)
	both(keepDirectory, nil, "/organisations/nouvelle", r.organisationForm, r.addOrganisation)
	both(keepDirectory, r.onOrganisation, "/organisations/{id}/modifier", r.organisationForm, r.editOrganisation)

	add(readDirectory, nil, "GET /personnes", r.personList)
	add(readDirectory, r.onPerson, "GET /personnes/{id}", r.personPage)
	both(keepDirectory, nil, "/personnes/nouvelle", r.personForm, r.addPerson)
	both(keepDirectory, r.onPerson, "/personnes/{id}/modifier", r.personForm, r.editPerson)
	both(keepDirectory, r.onPerson, "/personnes/{id}/postes/nouveau", r.tieForm, r.addTie)
	both(keepDirectory, r.onPerson, "/personnes/{id}/postes/{poste}/modifier", r.tieForm, r.editTie)
	both(keepDirectory, r.onPerson, "/personnes/{id}/fonctions/nouvelle", r.hatForm, r.addHat)
	both(keepDirectory, r.onPerson, "/personnes/{id}/fonctions/{fonction}/modifier", r.hatForm, r.editHat)
	both(keepDirectory, r.onPerson, "/personnes/{id}/fusion", r.personMerge, r.personMerge)
	both(keepDirectory, r.onOrganisation, "/organisations/{id}/fusion", r.organisationMerge, r.organisationMerge)
	add(keepDirectory, r.onMerge, "POST /personnes/fusions/{fusion}/annuler", r.undoMerge)
	add(keepDirectory, nil, "GET /personnes/import", r.importForm)
	routes = append(routes, web.Route{Pattern: "POST /personnes/import", Access: keepDirectory, Handler: r.Drafts.Kept(r.importList), MaxBody: maxImport})
	add(keepDirectory, nil, "GET /personnes/imports", r.importsList)
	add(keepDirectory, nil, "POST /personnes/imports/{import}/annuler", r.undoImport)
	add(keepDirectory, nil, "GET /personnes/doublons", r.duplicatesList)
	add(keepDirectory, nil, "POST /personnes/doublons/distincts", r.saidDistinct)
	for _, ext := range []string{".csv", ".xlsx", ".ods"} {
		add(readDirectory, nil, "GET /personnes"+ext, r.personFile)
		add(readDirectory, nil, "GET /organisations"+ext, r.organisationFile)
	}
	add(web.Public, nil, "GET /droits", r.rightsPage)
	both(keepDirectory, r.onPerson, "/personnes/{id}/absence", r.absenceForm, r.setAbsence)
	both(oneself, nil, "/moi/absence", r.absenceForm, r.setAbsence)
	both(oneself, nil, "/moi/courriels", r.rhythmForm, r.setRhythm)
	both(keepDirectory, r.onPerson, "/personnes/{id}/passation", r.handoverForm, r.proposeHandover)
	both(oneself, nil, "/moi/passation", r.handoverForm, r.proposeHandover)
	add(keepDirectory, r.onPerson, "GET /personnes/{id}/passation/resume", r.handoverSummary)
	add(oneself, nil, "GET /moi/passation/resume", r.handoverSummary)
	add(oneself, nil, "GET /moi/passations", r.handoverInbox)
	add(oneself, r.toSuccessor, "POST /moi/passations/{passation}/accepter", r.answerHandover(true))
	add(oneself, r.toSuccessor, "POST /moi/passations/{passation}/decliner", r.answerHandover(false))
	add(oneself, r.ofLeaver, "POST /moi/passations/{passation}/annuler", r.withdrawHandover)
	add(keepDirectory, r.onPerson, "POST /personnes/{id}/passations/{passation}/annuler", r.withdrawHandover)
	return routes
}

// foreign makes what is unknown answer like what lies elsewhere.
func foreign(err error) error {
	if errors.Is(err, ErrUnknown) {
		return web.ErrForeign()
	}
	return err
}

// private keeps a page with personal data out of every cache.
func private(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }

// mayReadContacts says that the address and the telephone of a person may be shown: to who the
// policy allows, and to the person.
func mayReadContacts(req *http.Request, person string) bool {
	return web.May(req, readContacts, web.Scope{Person: person}) || web.May(req, oneself, web.Scope{Person: person})
}

func me(req *http.Request) string { return actor.From(req.Context()).Person }

// mistakes says above a form that something is to be corrected.
func mistakes(form *web.Form) []web.Notice {
	if form.Valid() {
		return nil
	}
	title := "Un élément est à corriger"
	if len(form.Errors) > 1 {
		title = "Des éléments sont à corriger"
	}
	return []web.Notice{{Kind: web.Danger, Title: title, Text: "Rien n'est perdu de ce que vous avez saisi, et rien n'est encore enregistré."}}
}

// done tells on the page reached that something was written.
var done = map[string]string{
	"cree":      "La fiche est créée.",
	"modifie":   "La fiche est enregistrée.",
	"poste":     "Le poste est enregistré.",
	"fonction":  "La fonction est enregistrée.",
	"fusion":    "Les deux fiches sont fusionnées. La fusion peut être annulée à tout moment, ci-dessous.",
	"separe":    "La fusion est annulée : les deux fiches sont à nouveau séparées.",
	"absence":   "L'absence est enregistrée.",
	"courriels": "Le rythme des courriels est enregistré.",
	"distinct":  "C'est noté : ces deux fiches ne sont pas des doublons.",
}

func told(req *http.Request) []web.Notice {
	if said := done[req.URL.Query().Get("fait")]; said != "" {
		return []web.Notice{{Kind: web.Success, Title: said}}
	}
	return nil
}
