// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// stopLife is how long the former address can stop a change.
const stopLife = 7 * 24 * time.Hour

// addressPage asks for a new address, then for the code that was sent to it.
type addressPage struct {
	web.Page
	Now     string
	Address web.Field
	Sent    string // where a code was sent, "" before
	Code    web.Field
}

var addressTemplate = web.NewTemplate[addressPage](pageFiles, "pages/adresse.html")

func (r *Room) addressForm(w http.ResponseWriter, req *http.Request) error {
	return r.showAddress(w, req, http.StatusOK, "", nil)
}

func (r *Room) showAddress(w http.ResponseWriter, req *http.Request, status int, sent string, form *web.Form, notices ...web.Notice) error {
	private(w)
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	page := addressPage{Now: orNone(v.person.Mail), Sent: sent, Page: web.Page{Title: "Changer d'adresse", Robots: "noindex", Crumbs: toAccount, Notices: notices,
		Lead: "Un code est envoyé à la nouvelle adresse, et l'ancienne est prévenue."},
		Address: form.Field(web.Field{Name: "adresse", Label: "Nouvelle adresse professionnelle", Type: "email", Required: true, Autocomplete: "email", InputMode: "email"}),
		Code:    form.Field(web.Field{Name: "code", Label: "Code à six chiffres", Required: true, Autocomplete: "one-time-code", InputMode: "numeric"})}
	page.Code.Value = ""
	if req.URL.Query().Has("fait") && status == http.StatusOK {
		page.Notices = append(page.Notices, web.Notice{Kind: web.Success, Title: "C'est fait", Text: "Les prochains courriels iront à " + page.Now + ". L'ancienne adresse peut encore arrêter ce changement pendant sept jours."})
	}
	if r.Outbox == nil {
		page.Notices = append(page.Notices, web.Notice{Kind: web.Warning, Text: "Ce service n'envoie pas encore de courriel : l'adresse ne peut pas être confirmée."})
	}
	return addressTemplate.Render(w, req, status, page)
}

// askAddress sends a code to the new address. It answers the same when the address is somebody else's.
func (r *Room) askAddress(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"adresse"}, MaxText: 1024})
	if err != nil {
		return err
	}
	v, _, err := r.sure(req)
	if err != nil {
		return err
	}
	addr, err := mail.ParseAddress(form.Required("adresse", "Écrivez la nouvelle adresse."))
	if addr = strings.ToLower(addr); err != nil && form.Valid() {
		form.Fail("adresse", "Cette adresse n'est pas complète : écrivez-la comme prenom.nom@ville.fr, sans accent ni espace.")
	} else if addr == v.person.Mail {
		form.Fail("adresse", "C'est déjà votre adresse.")
	}
	if !form.Valid() || r.Outbox == nil {
		return r.showAddress(w, req, http.StatusUnprocessableEntity, "", form)
	}
	browser, now := newToken(), r.Now()
	var wait time.Time
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		if wait, err = r.tries.hit(req.Context(), tx, v.person.ID, mailsOfAccount, now); err != nil || !wait.IsZero() {
			return err
		}
		return r.writeAddressAsk(req, tx, v, addr, browser, now)
	})
	if err != nil {
		return err
	}
	if !wait.IsZero() {
		return r.showAddress(w, req, http.StatusTooManyRequests, "", form, web.Notice{Kind: web.Danger, Title: "Trop de demandes", Text: "Réessayez après le " + moment(wait.Add(time.Minute)) + "."})
	}
	r.Outbox.Wake()
	r.mark(w, browser)
	return r.showAddress(w, req, http.StatusOK, addr, nil)
}

func (r *Room) writeAddressAsk(req *http.Request, tx *sql.Tx, v *visitor, addr, browser string, now time.Time) error {
	ctx := req.Context()
	a := ask{Kind: askAddress, Person: v.person.ID, Address: addr, Device: device(req)}
	_, err := r.People.ByMail(ctx, tx, addr)
	taken := err == nil
	if err != nil && !errors.Is(err, people.ErrUnknown) {
		return err
	}
	if taken {
		a.Person = ""
	}
	link, err := r.asks.add(ctx, tx, a, browser, now)
	if err != nil {
		return err
	}
	l := mail.Letter{Title: "Confirmez votre nouvelle adresse",
		Before: []string{v.person.Name() + " a demandé, le " + moment(now) + ", que cette adresse devienne la sienne dans Maillage.", "Tapez ce code dans la page restée ouverte :"},
		Code:   spaced(codeOf(link)), After: []string{"Le code sert une seule fois, pendant dix minutes.", "Si cela ne vous dit rien, ne faites rien : sans le code, rien ne change."}}
	err = db.Try(ctx, tx, func() error {
		_, err := r.Outbox.Queue(ctx, tx, mail.Message{To: mail.Address{Addr: addr}, Subject: "Votre nouvelle adresse dans Maillage", Kind: mail.Access, HTML: l.HTML(),
			Why: "quelqu'un a dit que cette adresse est la sienne"}, mail.Options{})
		if err == nil && taken {
			return errNobody
		}
		return err
	})
	if errors.Is(err, errNobody) {
		return nil
	}
	return err
}

// confirmAddress takes the code, and tells the former address.
func (r *Room) confirmAddress(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"code", "adresse"}, MaxText: 1024})
	if err != nil {
		return err
	}
	v, _, err := r.sure(req)
	if err != nil {
		return err
	}
	code, sent := onlyDigits(form.Text("code")), form.Text("adresse")
	if len(code) != 6 {
		form.Fail("code", "Le code a six chiffres : recopiez-le du courriel.")
		return r.showAddress(w, req, http.StatusUnprocessableEntity, sent, form)
	}
	got, err := r.tryAddress(req, v, code)
	switch {
	case errors.Is(err, people.ErrTaken):
		got.why = errAskUsed
	case err != nil:
		return err
	case !got.wait.IsZero():
		return r.showAddress(w, req, http.StatusTooManyRequests, "", form, r.tooManyCodes(w, got.wait))
	case errors.Is(got.why, errWrong) && got.left > 0:
		form.Fail("code", "Ce n'est pas le code du courriel. Il vous reste "+french.Plural(got.left, "essai", "essais")+".")
		return r.showAddress(w, req, http.StatusUnprocessableEntity, sent, form)
	case errors.Is(got.why, errWrong):
		got.why = errAskWorn
	}
	if got.why != nil {
		return r.showAddress(w, req, http.StatusUnprocessableEntity, "", form, stateNotice(got.why))
	}
	r.wake()
	r.unmark(w)
	return web.Redirect(w, req, "/moi/adresse?fait=1")
}

// tryAddress weighs a code and, when it is right, changes the address.
func (r *Room) tryAddress(req *http.Request, v *visitor, code string) (got entry, err error) {
	ctx, now := req.Context(), r.Now()
	err = r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		got = entry{}
		if got.wait, err = r.tries.spent(ctx, tx, v.person.ID, wrongOfAccount, now); err != nil || !got.wait.IsZero() {
			return err
		}
		got.ask, got.left, err = r.asks.try(ctx, tx, r.browser(req), code, now, askAddress)
		if isAskState(err) {
			got.why = err
			return nil
		}
		if err != nil {
			return err
		}
		if got.ask.ID == "" || got.ask.Person != v.person.ID {
			got.why = errWrong
			_, err = r.tries.hit(ctx, tx, v.person.ID, wrongOfAccount, now)
			return err
		}
		return r.readdress(ctx, tx, v.person, got.ask.Address, now)
	})
	return got, err
}

var errWrong = errors.New("code faux")

// readdress changes an address: codes under way lose their worth, and the former address gets a way to stop it.
func (r *Room) readdress(ctx context.Context, tx *sql.Tx, p people.Person, addr string, now time.Time) error {
	if err := r.People.Readdress(ctx, tx, p.ID, addr); err != nil {
		return err
	}
	records, err := r.records(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if err := r.asks.void(ctx, tx, records, now); err != nil {
		return err
	}
	stop := newToken()
	_, err = tx.ExecContext(ctx, `insert into signin_address (id, person, former, address, stop, created_at, until, stopped_at) values ($1, $2, $3, $4, $5, $6, $7, '')`,
		db.NewID(), p.ID, p.Mail, addr, hashed(stop), db.Instant(now), db.Instant(now.Add(stopLife)))
	if err != nil || p.Mail == "" {
		return err
	}
	l := mail.Letter{Title: "Votre adresse dans Maillage a changé",
		Before: []string{"Le " + moment(now) + ", l'adresse de votre compte est devenue : " + addr + ". Les codes de connexion y vont désormais.", "Si c'était vous, il n'y a rien à faire."},
		After:  []string{"Si ce n'était pas vous, prévenez aussi l'administrateur du service."}}
	if r.Base != "" {
		l.Action = mail.Link{Label: "Ce n'était pas moi : remettre cette adresse", URL: r.Base + "/connexion/adresse/" + stop}
		l.After = append([]string{"Ce lien fonctionne jusqu'au " + moment(now.Add(stopLife)) + "."}, l.After...)
	}
	_, err = r.Outbox.Queue(ctx, tx, mail.Message{To: mail.Address{Name: p.Name(), Addr: p.Mail}, Subject: "Votre adresse dans Maillage a changé", Kind: mail.Receipt,
		HTML: l.HTML(), Why: "cette adresse était celle de votre compte"}, mail.Options{})
	return err
}

// close ends all that an address opened or may still open for a person: codes under way, stops of former
// changes, sessions.
func (r *Room) close(ctx context.Context, tx *sql.Tx, person, why string, now time.Time) error {
	records, err := r.records(ctx, tx, person)
	if err != nil {
		return err
	}
	if err := r.asks.void(ctx, tx, records, now); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `update signin_address set stopped_at = $1 where stopped_at = '' and person in (`+db.In(2, len(records))+`)`,
		append([]any{db.Instant(now)}, records...)...)
	if err != nil {
		return err
	}
	return r.sessions.endAll(ctx, tx, records, "", why, now)
}

// stopPage gives the former address back.
type stopPage struct {
	web.Page
	Action, Former, Address string
	Sure                    web.Field
}

var stopTemplate = web.NewTemplate[stopPage](pageFiles, "pages/arreter.html")

// change is one that can still be stopped.
type change struct{ ID, Person, Former, Address string }

var errStopped = &web.Problem{Status: http.StatusGone, Title: "Ce lien ne sert plus", Detail: "Il a déjà servi, ou le changement a plus de sept jours. Si ce n'était pas vous, prévenez l'administrateur du service."}

func (r *Room) stoppable(ctx context.Context, q db.Querier, token string) (change, error) {
	list, err := db.Query(ctx, q, func(scan func(...any) error) (c change, err error) {
		return c, scan(&c.ID, &c.Person, &c.Former, &c.Address)
	}, `select id, person, former, address from signin_address where stop = $1 and until > $2 and stopped_at = ''`, hashed(token), db.Instant(r.Now()))
	if err == nil && len(list) == 0 {
		err = errStopped
	}
	if err != nil {
		return change{}, err
	}
	return list[0], nil
}

func (r *Room) stopForm(w http.ResponseWriter, req *http.Request) error {
	return r.showStop(w, req, http.StatusOK, nil)
}

func (r *Room) showStop(w http.ResponseWriter, req *http.Request, status int, form *web.Form) error {
	private(w)
	c, err := r.stoppable(req.Context(), r.sessions.db.Read(), req.PathValue("jeton"))
	if err != nil {
		return err
	}
	return stopTemplate.Render(w, req, status, stopPage{Action: req.URL.Path, Former: c.Former, Address: c.Address, Page: web.Page{Title: "Remettre l'ancienne adresse", Robots: "noindex"},
		Sure: form.Field(web.Field{Name: "certain", Label: "Ce n'est pas moi qui ai changé l'adresse", Type: "checkbox", Required: true})})
}

// stopChange puts the former address back and closes every session. A scanner that presses buttons does not tick boxes.
func (r *Room) stopChange(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"certain"}, MaxText: 64})
	if err != nil {
		return err
	}
	if !form.Checked("certain") {
		form.Fail("certain", "Cochez la case pour remettre l'ancienne adresse.")
		return r.showStop(w, req, http.StatusUnprocessableEntity, form)
	}
	now := r.Now()
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		c, err := r.stoppable(req.Context(), tx, req.PathValue("jeton"))
		if err != nil {
			return err
		}
		ctx := actor.With(req.Context(), actor.Actor{Person: c.Person}) // whoever holds the mailbox
		if err := r.People.Readdress(ctx, tx, c.Person, c.Former); err != nil {
			return err
		}
		return r.close(ctx, tx, c.Person, "changement d'adresse arrêté", now)
	})
	if errors.Is(err, people.ErrTaken) {
		return web.Conflict("L'ancienne adresse est maintenant celle d'un autre compte. Prévenez l'administrateur du service.")
	}
	if err != nil {
		return err
	}
	return r.showDoor(w, req, http.StatusOK, "/", nil, web.Notice{Kind: web.Success, Title: "L'ancienne adresse est remise",
		Text: "Toutes les sessions du compte sont fermées. Connectez-vous, vérifiez vos clés d'accès et prévenez l'administrateur du service."})
}
