// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"crypto/hmac"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"maillage/internal/people"
	"maillage/internal/platform/web"
)

// maxAnswer is the largest answer of an authenticator, in bytes: attestations bear certificates.
const maxAnswer = 32 << 10

var badKey = web.Notice{Kind: web.Danger, Title: "Clé d'accès non reconnue",
	Text: "Rien n'a été modifié. Elle a pu être retirée de votre compte, ou la demande a plus d'un quart d'heure. Recommencez, ou choisissez une autre façon."}

func notOurs(err error) bool {
	return errors.Is(err, errKey) || errors.Is(err, errTrip) || errors.Is(err, errNoPasskeys)
}

// keyChallenge begins signing in with a passkey.
func (r *Room) keyChallenge(w http.ResponseWriter, req *http.Request) error {
	party, err := r.relying(req)
	if err != nil {
		return web.NotFound("Les clés d'accès ne fonctionnent pas à cette adresse.")
	}
	if err := r.countTrip(w, req); err != nil {
		return err
	}
	options, session, err := party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return err
	}
	browser, err := r.markOf(req.Context(), r.sessions.db.Read(), req)
	if err != nil {
		return err
	}
	if err := r.keepTrip(req.Context(), trip{Kind: tripKeyIn, Browser: hashed(browser)}, session); err != nil {
		return err
	}
	r.mark(w, browser)
	private(w)
	return web.JSON(w, req, options.Response)
}

// countTrip bounds how often a source may begin.
func (r *Room) countTrip(w http.ResponseWriter, req *http.Request) error {
	var wait time.Time
	err := r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) (err error) {
		wait, err = r.tries.hit(req.Context(), tx, r.source(req), tripsOfSource, r.Now())
		return err
	})
	if err == nil && !wait.IsZero() {
		w.Header().Set("Retry-After", retryAfter(wait.Sub(r.Now())))
		err = &web.Problem{Status: http.StatusTooManyRequests, Title: "Trop de demandes", Detail: "Réessayez après le " + moment(wait.Add(time.Minute)) + "."}
	}
	return err
}

// keyIn signs in with a passkey: something held, and a finger, a face or a code: two factors.
func (r *Room) keyIn(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"retour", "reponse"}, MaxText: maxAnswer})
	if err != nil {
		return err
	}
	var token string
	now := r.Now()
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		p, t, err := r.assertion(req, tx, tripKeyIn, form.Text("reponse"))
		if err == nil && !hmac.Equal([]byte(t.Browser), []byte(hashed(r.browser(req)))) {
			err = errKey
		}
		if err == nil {
			token, err = r.open(req, tx, p, opening{method: "cle", proved: now}, now)
		}
		return err
	})
	if notOurs(err) {
		return r.showDoor(w, req, http.StatusUnprocessableEntity, backOf(form.Text("retour")), nil, badKey)
	}
	if err != nil {
		return err
	}
	return r.welcome(w, req, token, form.Text("retour"))
}

// proofChallenge and proofKey show a passkey as the second factor.
func (r *Room) proofChallenge(w http.ResponseWriter, req *http.Request) error {
	v, ok := visitorOf(req.Context())
	party, err := r.relying(req)
	if !ok || err != nil {
		return web.ErrForeign()
	}
	who, err := r.owner(req.Context(), r.sessions.db.Read(), v.person)
	if err != nil || len(who.keys) == 0 {
		return errors.Join(err, web.ErrForeign())
	}
	options, session, err := party.BeginLogin(who, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return err
	}
	if err := r.keepTrip(req.Context(), trip{Kind: tripKeyProof, Person: v.person.ID}, session); err != nil {
		return err
	}
	private(w)
	return web.JSON(w, req, options.Response)
}

func (r *Room) proofKey(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"retour", "reponse"}, MaxText: maxAnswer})
	if err != nil {
		return err
	}
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	var token string
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		p, _, err := r.assertion(req, tx, tripKeyProof, form.Text("reponse"))
		if err == nil && p.ID != v.person.ID {
			err = errKey
		}
		if err == nil {
			token, err = r.proved(req.Context(), tx, v, r.Now())
		}
		return err
	})
	if notOurs(err) {
		return r.showProof(w, req, http.StatusUnprocessableEntity, backOf(form.Text("retour")), nil, badKey)
	}
	if err != nil {
		return err
	}
	return r.welcome(w, req, token, form.Text("retour"))
}

// keysPage lists one's passkeys.
type keysPage struct {
	web.Page
	Keys    []keyLine
	Name    web.Field
	Works   bool   // passkeys work at this address
	Confirm string // where to prove oneself before adding one, "" when it is done
}

type keyLine struct {
	ID, Name, When string
	Field          web.Field
}

var keysTemplate = web.NewTemplate[keysPage](pageFiles, "pages/cles.html")

func (r *Room) keys(w http.ResponseWriter, req *http.Request) error {
	return r.showKeys(w, req, http.StatusOK, nil)
}

func (r *Room) showKeys(w http.ResponseWriter, req *http.Request, status int, form *web.Form, notices ...web.Notice) error {
	private(w)
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	records, err := r.records(req.Context(), r.sessions.db.Read(), v.person.ID)
	if err != nil {
		return err
	}
	list, err := r.factors.passkeys(req.Context(), r.sessions.db.Read(), records)
	if err != nil {
		return err
	}
	page := keysPage{Works: r.hasPasskeys(req), Page: web.Page{Title: "Clés d'accès", Robots: "noindex", Crumbs: toAccount, Notices: notices, Scripts: []string{"passkey.js"},
		Lead: "Connectez-vous avec l'empreinte, le visage ou le code de votre appareil, sans courriel ni code à recopier."},
		Name: form.Field(web.Field{Name: "nom", Label: "Nom de la clé", Value: device(req), Required: true, Hint: "Pour la reconnaître dans cette liste."})}
	var detour *web.Detour
	if _, _, err := r.sure(req); errors.As(err, &detour) {
		page.Confirm = after(detour.Path, "/moi/cles")
	} else if err != nil {
		return err
	}
	for _, k := range list {
		line := keyLine{ID: k.ID, Name: k.Name, When: "Ajoutée le " + moment(k.Created) + ", pas encore utilisée."}
		if !k.Used.IsZero() {
			line.When = "Ajoutée le " + moment(k.Created) + ", utilisée le " + moment(k.Used) + "."
		}
		page.Keys = append(page.Keys, line)
	}
	return keysTemplate.Render(w, req, status, page)
}

// newKeyChallenge begins adding a passkey.
func (r *Room) newKeyChallenge(w http.ResponseWriter, req *http.Request) error {
	v, _, err := r.sure(req)
	if err != nil {
		return err
	}
	party, err := r.relying(req)
	if err != nil {
		return web.NotFound("Les clés d'accès ne fonctionnent pas à cette adresse.")
	}
	who, err := r.owner(req.Context(), r.sessions.db.Read(), v.person)
	if err != nil {
		return err
	}
	var known []protocol.CredentialDescriptor
	for _, k := range who.keys {
		known = append(known, k.Descriptor())
	}
	options, session, err := party.BeginRegistration(who, webauthn.WithExclusions(known),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}))
	if err != nil {
		return err
	}
	if err := r.keepTrip(req.Context(), trip{Kind: tripKeyAdd, Person: v.person.ID}, session); err != nil {
		return err
	}
	private(w)
	return web.JSON(w, req, options.Response)
}

// addKey keeps a new passkey; it is a proof as well.
func (r *Room) addKey(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"nom", "reponse"}, MaxText: maxAnswer})
	if err != nil {
		return err
	}
	v, has, err := r.sure(req)
	if err != nil {
		return err
	}
	name := keyName(form)
	if !form.Valid() {
		return r.showKeys(w, req, http.StatusUnprocessableEntity, form)
	}
	var token string
	var codes []string
	ctx, now := req.Context(), r.Now()
	err = r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		token, codes = "", nil
		made, err := r.attested(req, tx, v.person, form.Text("reponse"))
		if err != nil {
			return err
		}
		if err = r.factors.addPasskey(ctx, tx, v.person.ID, name, made, now); err != nil {
			return err
		}
		if err = r.tellChange(req, tx, v.person, "Une clé d'accès a été ajoutée à votre compte"); err != nil {
			return err
		}
		if token, err = r.proved(ctx, tx, v, now); err != nil || has.recovery > 0 {
			return err
		}
		codes, err = r.factors.newRecovery(ctx, tx, v.person.ID, v.records, now)
		return err
	})
	if notOurs(err) {
		return r.showKeys(w, req, http.StatusUnprocessableEntity, form, badKey)
	}
	if err != nil {
		return err
	}
	r.give(w, token)
	r.wake()
	if codes != nil {
		return r.showPaper(w, req, v, codes)
	}
	return web.Redirect(w, req, "/moi/cles")
}

// attested checks what an authenticator answered when it made a passkey.
func (r *Room) attested(req *http.Request, tx *sql.Tx, p people.Person, answer string) (*webauthn.Credential, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, errKey
	}
	var session webauthn.SessionData
	t, err := r.trips.end(req.Context(), tx, parsed.Response.CollectedClientData.Challenge, tripKeyAdd, &session, r.Now())
	if err != nil {
		return nil, err
	}
	party, err := r.relying(req)
	if err != nil {
		return nil, err
	}
	made, err := party.CreateCredential(owner{person: p, handle: p.ID}, session, parsed)
	if err != nil || t.Person != p.ID {
		return nil, errKey
	}
	return made, nil
}

func keyName(form *web.Form) string {
	name := form.Required("nom", "Donnez un nom à la clé.")
	if len([]rune(name)) > 60 || strings.ContainsAny(name, "\r\n") {
		form.Fail("nom", "Le nom tient en soixante caractères, sur une ligne.")
	}
	return name
}

// changeKey renames a passkey, or takes it away.
func (r *Room) changeKey(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"cle", "nom", "retirer"}, MaxText: 1024})
	if err != nil {
		return err
	}
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	remove := form.Checked("retirer")
	name := ""
	if remove {
		if _, _, err := r.sure(req); err != nil {
			return err
		}
	} else if name = keyName(form); !form.Valid() {
		return r.showKeys(w, req, http.StatusUnprocessableEntity, nil, web.Notice{Kind: web.Danger, Text: form.Errors["nom"]})
	}
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		records, err := r.records(req.Context(), tx, v.person.ID)
		if err != nil {
			return err
		}
		if remove {
			if err := r.factors.dropPasskey(req.Context(), tx, records, form.Text("cle")); err != nil {
				return err
			}
			return r.tellChange(req, tx, v.person, "Une clé d'accès a été retirée de votre compte")
		}
		return r.factors.renamePasskey(req.Context(), tx, records, form.Text("cle"), name)
	})
	if errors.Is(err, errKey) {
		return web.NotFound("Cette clé n'existe pas, ou elle a déjà été retirée.")
	}
	if err != nil {
		return err
	}
	r.wake()
	return web.Redirect(w, req, "/moi/cles")
}
