// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"database/sql"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
	"rsc.io/qr"

	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// factorPage tells what protects an account besides the mailbox.
type factorPage struct {
	web.Page
	Facts    []web.Fact
	TOTP     bool
	Any      bool
	Recovery int
}

// totpPage shows a new secret.
type totpPage struct {
	web.Page
	QR     template.HTML
	Secret string // in groups of four
	Token  string
	Code   web.Field
}

// paperPage shows new codes, once.
type paperPage struct {
	web.Page
	Codes []string
	For   string
}

var (
	factorTemplate = web.NewTemplate[factorPage](pageFiles, "pages/second-facteur.html")
	totpTemplate   = web.NewTemplate[totpPage](pageFiles, "pages/application.html")
	paperTemplate  = web.NewTemplate[paperPage](pageFiles, "pages/secours.html")
)

var toAccount = []web.Crumb{{Label: "Mon compte", Href: "/moi"}}

func (r *Room) factorsPage(w http.ResponseWriter, req *http.Request) error {
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	has, err := r.held(req.Context(), v)
	if err != nil {
		return err
	}
	page := factorPage{TOTP: !has.totp.IsZero(), Any: has.any(), Recovery: has.recovery,
		Page: web.Page{Title: "Seconde preuve d'identité", Crumbs: toAccount, Robots: "noindex",
			Lead: "Ce que vous montrez en plus de votre boîte aux lettres. Certaines fonctions (secrétariat, signature, administration) ne s'exercent pas sans."}}
	if req.URL.Query().Has("retire") {
		page.Notices = append(page.Notices, web.Notice{Kind: web.Success, Text: "L'application est retirée de votre compte."})
	}
	strong := false
	for _, h := range v.hats {
		strong = strong || h.Role.Strong()
	}
	if strong && !has.any() {
		page.Notices = append(page.Notices, web.Notice{Kind: web.Warning, Title: "À faire maintenant",
			Text: "Une de vos fonctions demande une seconde preuve. Ajoutez une clé d'accès ou une application : deux minutes suffisent."})
	}
	app := web.Fact{Label: "Application de codes", Value: "aucune"}
	if page.TOTP {
		app = web.Fact{Label: "Application de codes", Value: "ajoutée le " + moment(has.totp), Badge: web.Badge{Kind: web.Success, Text: "active"}}
	}
	page.Facts = []web.Fact{app,
		{Label: "Clés d'accès", Value: french.Plural(has.passkeys, "clé", "clés"), Href: "/moi/cles"},
		{Label: "Codes de secours", Value: french.Plural(has.recovery, "code inutilisé", "codes inutilisés")}}
	return factorTemplate.Render(w, req, http.StatusOK, page)
}

// newTOTP shows a secret to be scanned; it counts once a first code was typed.
func (r *Room) newTOTP(w http.ResponseWriter, req *http.Request) error {
	if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
		return err
	}
	v, _, err := r.sure(req)
	if err != nil {
		return err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Maillage", AccountName: v.account(), SecretSize: 20})
	if err != nil {
		return err
	}
	sealed, err := r.factors.seal.seal(v.person.ID, key.Secret())
	if err != nil {
		return err
	}
	token := newToken()
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		return r.trips.start(req.Context(), tx, token, trip{Kind: tripTOTP, Person: v.person.ID}, sealed, r.Now())
	})
	if err != nil {
		return err
	}
	return r.showTOTP(w, req, http.StatusOK, v, key.Secret(), token, nil)
}

// account is the name that an authenticator shows.
func (v *visitor) account() string {
	if v.person.Mail != "" {
		return v.person.Mail
	}
	return v.person.Name()
}

func (r *Room) showTOTP(w http.ResponseWriter, req *http.Request, status int, v *visitor, secret, token string, form *web.Form) error {
	private(w)
	address := fmt.Sprintf("otpauth://totp/Maillage:%s?secret=%s&issuer=Maillage", url.PathEscape(v.account()), secret)
	image, err := qrSVG(address)
	if err != nil {
		return err
	}
	page := totpPage{QR: image, Secret: grouped(secret), Token: token,
		Page: web.Page{Title: "Ajouter une application de codes", Robots: "noindex", Crumbs: append(toAccount[:1:1], web.Crumb{Label: "Seconde preuve", Href: "/moi/second-facteur"})},
		Code: form.Field(web.Field{Name: "code", Label: "Code affiché par l'application", Required: true, Autocomplete: "one-time-code", InputMode: "numeric"})}
	page.Code.Value = ""
	return totpTemplate.Render(w, req, status, page)
}

func grouped(s string) string {
	var parts []string
	for len(s) > 4 {
		parts, s = append(parts, s[:4]), s[4:]
	}
	return strings.Join(append(parts, s), " ")
}

// qrSVG draws a QR code, black on white in any theme, with the quiet border that readers want.
func qrSVG(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	const border = 4
	size := code.Size + 2*border
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="Code QR à photographier avec l'application"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" shape-rendering="crispEdges" d="`, size, size, size, size)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+border, y+border, run, run)
				x += run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil // #nosec G203 -- numbers only
}

// enrolment is what became of the first code of a new secret.
type enrolment struct {
	secret string
	token  string   // of the session; "" when the code was wrong
	codes  []string // on paper, when there were none
	wait   time.Time
}

// confirmTOTP takes the first code of a new secret.
func (r *Room) confirmTOTP(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"jeton", "code"}, MaxText: 256})
	if err != nil {
		return err
	}
	v, has, err := r.sure(req)
	if err != nil {
		return err
	}
	var got enrolment
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) (err error) {
		got, err = r.tryEnrol(req, tx, v, has, form.Text("jeton"), onlyDigits(form.Text("code")))
		return err
	})
	switch {
	case errors.Is(err, errTrip):
		return &web.Problem{Status: http.StatusGone, Title: "Cette page a expiré", Detail: "L'ajout a commencé il y a plus d'un quart d'heure : recommencez.",
			Link: web.Link{Label: "Recommencer", Href: "/moi/second-facteur"}}
	case err != nil:
		return err
	case !got.wait.IsZero():
		form.Fail("code", "Trop d'essais : aucun code n'est accepté avant le "+moment(got.wait.Add(time.Minute))+".")
		return r.showTOTP(w, req, http.StatusTooManyRequests, v, got.secret, form.Text("jeton"), form)
	case got.token == "":
		form.Fail("code", "Ce n'est pas le code du moment. Vérifiez l'heure du téléphone, puis tapez le code suivant.")
		return r.showTOTP(w, req, http.StatusUnprocessableEntity, v, got.secret, form.Text("jeton"), form)
	}
	r.give(w, got.token)
	r.wake()
	if got.codes == nil {
		return web.Redirect(w, req, "/moi/second-facteur")
	}
	return r.showPaper(w, req, v, got.codes)
}

func (r *Room) tryEnrol(req *http.Request, tx *sql.Tx, v *visitor, has held, jeton, code string) (got enrolment, err error) {
	ctx, now := req.Context(), r.Now()
	var sealed string
	t, err := r.trips.look(ctx, tx, jeton, tripTOTP, &sealed, now)
	if err == nil && t.Person != v.person.ID {
		err = errTrip
	}
	if err != nil {
		return got, err
	}
	if got.secret, err = r.factors.seal.open(v.person.ID, sealed); err != nil {
		return got, err
	}
	if got.wait, err = r.tries.spent(ctx, tx, v.person.ID, wrongOfProof, now); err != nil || !got.wait.IsZero() {
		return got, err
	}
	step, err := stepOf(got.secret, code, 0, now)
	if err != nil {
		return got, err
	}
	if step == 0 {
		_, err = r.tries.hit(ctx, tx, v.person.ID, wrongOfProof, now)
		return got, err
	}
	if _, err = r.trips.end(ctx, tx, jeton, tripTOTP, &sealed, now); err != nil {
		return got, err
	}
	if err = r.factors.setTOTP(ctx, tx, v.person.ID, v.records, got.secret, step, now); err != nil {
		return got, err
	}
	if err = r.tellChange(req, tx, v.person, "Une application de codes a été ajoutée à votre compte"); err != nil {
		return got, err
	}
	if got.token, err = r.proved(ctx, tx, v, now); err == nil && has.recovery == 0 {
		got.codes, err = r.factors.newRecovery(ctx, tx, v.person.ID, v.records, now)
	}
	return got, err
}

func (r *Room) showPaper(w http.ResponseWriter, req *http.Request, v *visitor, codes []string) error {
	private(w)
	return paperTemplate.Render(w, req, http.StatusOK, paperPage{Codes: codes, For: v.account(),
		Page: web.Page{Title: "Codes de secours", Robots: "noindex", Crumbs: append(toAccount[:1:1], web.Crumb{Label: "Seconde preuve", Href: "/moi/second-facteur"}),
			Lead: "Imprimez cette page ou recopiez les codes, et gardez-les loin de l'ordinateur. Ils ne seront plus affichés."}})
}

// newPaper replaces the codes of the sheet.
func (r *Room) newPaper(w http.ResponseWriter, req *http.Request) error {
	if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
		return err
	}
	v, has, err := r.sure(req)
	if err != nil {
		return err
	}
	if !has.any() {
		return web.Conflict("Les codes de secours remplacent une application ou une clé perdue : ajoutez d'abord l'une des deux.")
	}
	var codes []string
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) (err error) {
		if codes, err = r.factors.newRecovery(req.Context(), tx, v.person.ID, v.records, r.Now()); err != nil {
			return err
		}
		return r.tellChange(req, tx, v.person, "Vos codes de secours ont été remplacés")
	})
	if err != nil {
		return err
	}
	r.wake()
	return r.showPaper(w, req, v, codes)
}

// removeTOTP takes the authenticator away.
func (r *Room) removeTOTP(w http.ResponseWriter, req *http.Request) error {
	if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
		return err
	}
	v, _, err := r.sure(req)
	if err != nil {
		return err
	}
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		if err := r.factors.dropTOTP(req.Context(), tx, v.records); err != nil {
			return err
		}
		return r.tellChange(req, tx, v.person, "L'application de codes a été retirée de votre compte")
	})
	if err != nil {
		return err
	}
	r.wake()
	return web.Redirect(w, req, "/moi/second-facteur?retire=1")
}
