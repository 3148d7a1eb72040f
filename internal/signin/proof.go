// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"net/http"
	"time"

	"maillage/internal/platform/web"
)

// proofFresh is how long a proof, or signing in, is enough to change what protects the account.
const proofFresh = 15 * time.Minute

// proofPage asks for a second factor.
type proofPage struct {
	web.Page
	Back     string
	Code     web.Field
	Paper    web.Field
	TOTP     bool
	Recovery int
	Passkeys bool
}

var proofTemplate = web.NewTemplate[proofPage](pageFiles, "pages/preuve.html")

func (r *Room) proofForm(w http.ResponseWriter, req *http.Request) error {
	return r.showProof(w, req, http.StatusOK, backOf(req.URL.Query().Get("retour")), nil)
}

func (r *Room) showProof(w http.ResponseWriter, req *http.Request, status int, back string, form *web.Form, notices ...web.Notice) error {
	private(w)
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	has, err := r.held(req.Context(), v)
	if err != nil {
		return err
	}
	if !has.any() {
		return web.Redirect(w, req, after("/moi/second-facteur", back))
	}
	page := proofPage{Back: back, TOTP: !has.totp.IsZero(), Recovery: has.recovery, Passkeys: has.passkeys > 0 && r.hasPasskeys(req),
		Page: web.Page{Title: "Seconde preuve", Heading: "Confirmez que c'est bien vous", Robots: "noindex", Notices: notices, Scripts: []string{"passkey.js"}},
		Code: form.Field(web.Field{Name: "code", Label: "Code de votre application", Required: true, Autocomplete: "one-time-code", InputMode: "numeric",
			Hint: "Six chiffres, qui changent toutes les trente secondes."}),
		Paper: form.Field(web.Field{Name: "secours", Label: "Code de secours", Required: true, Autocomplete: "off", Hint: "Un des codes imprimés, par exemple abcd-efgh-ijkl-mnop."})}
	page.Code.Value = ""
	if v.hat.Role.Strong() {
		page.Lead = "La fonction « " + v.hat.Title() + " » demande une seconde preuve à chaque session."
	}
	return proofTemplate.Render(w, req, status, page)
}

// tryProof takes an authenticator's code or one on paper.
func (r *Room) tryProof(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"code", "secours", "retour"}, MaxText: 2048})
	if err != nil {
		return err
	}
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	back := backOf(form.Text("retour"))
	field, typed := "code", onlyDigits(form.Text("code"))
	if form.Values.Has("secours") {
		field, typed = "secours", form.Text("secours")
	} else if len(typed) != 6 {
		form.Fail("code", "Le code a six chiffres : recopiez-le de l'application.")
		return r.showProof(w, req, http.StatusUnprocessableEntity, back, form)
	}
	token, wait, err := r.prove(req.Context(), v, field, typed)
	switch {
	case err != nil:
		return err
	case !wait.IsZero():
		w.Header().Set("Retry-After", retryAfter(wait.Sub(r.Now())))
		return r.showProof(w, req, http.StatusTooManyRequests, back, form, web.Notice{Kind: web.Danger, Title: "Trop d'essais",
			Text: "Par sécurité, aucun code n'est accepté avant le " + moment(wait.Add(time.Minute)) + "."})
	case token == "":
		form.Fail(field, map[string]string{"code": "Ce code n'est pas celui du moment, ou il a déjà servi : attendez le suivant. L'heure de l'appareil doit être juste.",
			"secours": "Ce code de secours n'existe pas ou a déjà servi."}[field])
		return r.showProof(w, req, http.StatusUnprocessableEntity, back, form)
	}
	return r.welcome(w, req, token, back)
}

// prove tries a code; the session then gets another token. An empty one says that the code was wrong.
func (r *Room) prove(ctx context.Context, v *visitor, field, typed string) (token string, wait time.Time, err error) {
	now := r.Now()
	err = r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		token = ""
		if wait, err = r.tries.spent(ctx, tx, v.person.ID, wrongOfProof, now); err != nil || !wait.IsZero() {
			return err
		}
		try := r.factors.tryTOTP
		if field == "secours" {
			try = r.factors.tryRecovery
		}
		records, err := r.records(ctx, tx, v.person.ID)
		if err != nil {
			return err
		}
		right, err := try(ctx, tx, records, typed, now)
		if err != nil {
			return err
		}
		if !right {
			_, err = r.tries.hit(ctx, tx, v.person.ID, wrongOfProof, now)
			return err
		}
		token, err = r.proved(ctx, tx, v, now)
		return err
	})
	return token, wait, err
}

// proved notes the proof in the session and changes its token.
func (r *Room) proved(ctx context.Context, tx *sql.Tx, v *visitor, now time.Time) (token string, err error) {
	if err := r.sessions.prove(ctx, tx, v.session.ID, now); err != nil {
		return "", err
	}
	return r.sessions.rotate(ctx, tx, v.session.ID, now)
}

// held is what the visitor has to show, whichever of their records it was added to.
func (r *Room) held(ctx context.Context, v *visitor) (has held, err error) {
	if v.records, err = r.records(ctx, r.sessions.db.Read(), v.person.ID); err != nil {
		return has, err
	}
	return r.factors.of(ctx, r.sessions.db.Read(), v.records)
}

// sure says that whoever is there may change what protects the account: they proved it a
// moment ago or, while there is nothing to prove with, signed in a moment ago.
func (r *Room) sure(req *http.Request) (*visitor, held, error) {
	v, ok := visitorOf(req.Context())
	if !ok {
		return nil, held{}, web.ErrForeign()
	}
	has, err := r.held(req.Context(), v)
	if err != nil {
		return nil, has, err
	}
	now := r.Now()
	switch {
	case has.any() && now.Sub(v.session.Proved) >= proofFresh:
		return nil, has, &web.Detour{Path: "/connexion/second-facteur", Problem: &web.Problem{Status: http.StatusForbidden, Title: "Confirmez que c'est bien vous",
			Detail: "Pour changer ce qui protège votre compte, donnez d'abord votre seconde preuve : rien n'a été modifié.",
			Link:   web.Link{Label: "Donner la seconde preuve"}}}
	case !has.any() && now.Sub(v.session.Created) >= proofFresh && now.Sub(v.session.Proved) >= proofFresh:
		return nil, has, &web.Detour{Path: "/connexion", Problem: &web.Problem{Status: http.StatusForbidden, Title: "Reconnectez-vous d'abord",
			Detail: "Pour changer ce qui protège votre compte, il faut s'être connecté il y a moins d'un quart d'heure : rien n'a été modifié.",
			Link:   web.Link{Label: "Se reconnecter"}}}
	}
	return v, has, nil
}
