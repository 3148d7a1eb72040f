// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"embed"

	"maillage/internal/platform/web"
	"maillage/internal/signin/oidc"
)

//go:embed pages
var pageFiles embed.FS

//go:embed pages/signin.css
var pageCSS []byte

var _ = web.AddStyle("connexion.css", pageCSS)

// Routes are the addresses of this room.
func (r *Room) Routes() []web.Route {
	routes := []web.Route{
		{Pattern: "GET /connexion", Access: web.Public, Handler: r.door},
		{Pattern: "POST /connexion", Access: web.Public, Handler: r.askMail},
		{Pattern: "GET /connexion/code", Access: web.Public, Handler: r.codeForm},
		{Pattern: "POST /connexion/code", Access: web.Public, Handler: r.tryCode},
		{Pattern: "GET /connexion/lien/{jeton}", Access: web.Public, Handler: r.linkForm},
		{Pattern: "POST /connexion/lien/{jeton}", Access: web.Public, Handler: r.pressLink},
		{Pattern: "GET /premier-acces", Access: web.Public, Handler: r.firstForm},
		{Pattern: "POST /premier-acces", Access: web.Public, Handler: r.firstIn},
		{Pattern: "GET /connexion/second-facteur", Access: "moi", Handler: r.proofForm},
		{Pattern: "POST /connexion/second-facteur", Access: "moi", Handler: r.tryProof},
		{Pattern: "POST /connexion/cle/defi", Access: web.Public, Handler: r.keyChallenge},
		{Pattern: "POST /connexion/cle", Access: web.Public, Handler: r.keyIn},
		{Pattern: "POST /connexion/second-facteur/defi", Access: "moi", Handler: r.proofChallenge},
		{Pattern: "POST /connexion/second-facteur/cle", Access: "moi", Handler: r.proofKey},
		{Pattern: "GET /moi/cles", Access: "moi", Handler: r.keys},
		{Pattern: "POST /moi/cles", Access: "moi", Handler: r.addKey},
		{Pattern: "POST /moi/cles/defi", Access: "moi", Handler: r.newKeyChallenge},
		{Pattern: "POST /moi/cles/modifier", Access: "moi", Handler: r.changeKey},
		{Pattern: "GET /connexion/fournisseur", Access: web.Public, Handler: r.toProvider},
		{Pattern: "GET " + oidc.ReturnPath, Access: web.Public, Handler: r.fromProvider},
		{Pattern: "GET /connexion/fournisseur/partir", Access: web.Public, Handler: r.leave},
		{Pattern: "GET " + oidc.LogoutPath, Access: web.Public, Handler: r.left},
		{Pattern: "GET /moi/adresse", Access: "moi", Handler: r.addressForm},
		{Pattern: "POST /moi/adresse", Access: "moi", Handler: r.askAddress},
		{Pattern: "POST /moi/adresse/code", Access: "moi", Handler: r.confirmAddress},
		{Pattern: "GET /connexion/adresse/{jeton}", Access: web.Public, Handler: r.stopForm},
		{Pattern: "POST /connexion/adresse/{jeton}", Access: web.Public, Handler: r.stopChange},
		{Pattern: "GET /moi", Access: "moi", Handler: r.account},
		{Pattern: "GET /moi/appareils", Access: "moi", Handler: r.devices},
		{Pattern: "POST /moi/appareils", Access: "moi", Handler: r.revoke},
		{Pattern: "GET /moi/second-facteur", Access: "moi", Handler: r.factorsPage},
		{Pattern: "POST /moi/second-facteur/application", Access: "moi", Handler: r.newTOTP},
		{Pattern: "POST /moi/second-facteur/confirmer", Access: "moi", Handler: r.confirmTOTP},
		{Pattern: "POST /moi/second-facteur/codes", Access: "moi", Handler: r.newPaper},
		{Pattern: "POST /moi/second-facteur/retirer", Access: "moi", Handler: r.removeTOTP},
		{Pattern: "GET /connexion/retablir/{personne}", Access: "connexion.retablir", Scope: r.onPerson, Handler: r.resetForm},
		{Pattern: "POST /connexion/retablir/{personne}", Access: "connexion.retablir", Scope: r.onPerson, Handler: r.reset},
		{Pattern: "POST /moi/fonction", Access: "moi", Handler: r.wearHat},
		{Pattern: "POST /deconnexion", Access: web.Public, Handler: r.signOut},
	}
	if r.Demo {
		routes = append(routes,
			web.Route{Pattern: "GET /demonstration", Access: web.Public, Handler: r.demonstration},
			web.Route{Pattern: "POST /demonstration", Access: web.Public, Handler: r.stepIn})
	}
	return routes
}
