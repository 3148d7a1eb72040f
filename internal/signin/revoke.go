// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"errors"
	"net/http"

	"maillage/internal/people"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// revoke ends one of one's sessions, or all the others.
func (r *Room) revoke(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"session", "compte"}, MaxText: 64})
	if err != nil {
		return err
	}
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	records, err := r.records(req.Context(), r.sessions.db.Read(), v.person.ID)
	if err != nil {
		return err
	}
	which := form.Text("session")
	err = r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) error {
		if tied := form.Text("compte"); tied != "" {
			return r.untie(req.Context(), tx, records, tied)
		}
		if which == "autres" {
			return r.sessions.endAll(req.Context(), tx, records, v.session.ID, "fermée à distance", r.Now())
		}
		return r.sessions.end(req.Context(), tx, records, which, "fermée à distance", r.Now())
	})
	switch {
	case errors.Is(err, errNoSession):
		return web.NotFound("Cette session ou ce compte relié n'existe pas, ou plus.")
	case err != nil:
		return err
	case which == v.session.ID:
		r.forget(w)
		return web.Redirect(w, req, "/")
	}
	return web.Redirect(w, req, "/moi/appareils?fermes=1")
}

// resetPage lets an administrator take the second factors of somebody who lost them away.
type resetPage struct {
	web.Page
	Action string
	Name   string
	None   bool
}

var resetTemplate = web.NewTemplate[resetPage](pageFiles, "pages/retablir.html")

// onPerson finds whom a reset is about.
func (r *Room) onPerson(req *http.Request) (web.Scope, error) {
	p, err := r.People.Person(req.Context(), r.sessions.db.Read(), req.PathValue("personne"))
	if errors.Is(err, people.ErrUnknown) {
		return web.Scope{}, web.ErrForeign()
	}
	return web.Scope{Person: p.ID}, err
}

func (r *Room) resetForm(w http.ResponseWriter, req *http.Request) error {
	p, err := r.People.Person(req.Context(), r.sessions.db.Read(), req.PathValue("personne"))
	if err != nil {
		return err
	}
	records, err := r.records(req.Context(), r.sessions.db.Read(), p.ID)
	if err != nil {
		return err
	}
	has, err := r.factors.of(req.Context(), r.sessions.db.Read(), records)
	if err != nil {
		return err
	}
	return resetTemplate.Render(w, req, http.StatusOK, resetPage{Name: p.Name(), Action: req.URL.Path, None: !has.any() && has.recovery == 0,
		Page: web.Page{Title: "Rétablir l'accès de " + p.Name(), Robots: "noindex",
			Lead: "Quand quelqu'un a perdu son application, sa clé et ses codes de secours."}})
}

// reset takes the factors away and ends the sessions; the person is told by mail.
func (r *Room) reset(w http.ResponseWriter, req *http.Request) error {
	if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
		return err
	}
	ctx, now := req.Context(), r.Now()
	err := r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		p, err := r.People.Person(ctx, tx, req.PathValue("personne"))
		if err != nil {
			return err
		}
		records, err := r.records(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if err := r.factors.forget(ctx, tx, records); err != nil {
			return err
		}
		if err := r.sessions.endAll(ctx, tx, records, "", "accès rétabli", now); err != nil {
			return err
		}
		if r.Recorded != nil {
			if err := r.Recorded(ctx, tx, "Seconde preuve d'identité rétablie", p.ID); err != nil {
				return err
			}
		}
		return r.tell(ctx, tx, p, "Votre seconde preuve d'identité a été retirée",
			"L'administrateur du service a retiré votre application de codes, vos clés d'accès et vos codes de secours, et fermé vos sessions.",
			"À votre prochaine connexion, ajoutez une nouvelle seconde preuve. Si vous n'avez rien demandé, prévenez aussitôt l'administrateur.")
	})
	if err != nil {
		return err
	}
	r.wake()
	return web.Redirect(w, req, "/personnes/"+req.PathValue("personne"))
}

// tell writes to somebody what happened to their account.
func (r *Room) tell(ctx context.Context, tx *sql.Tx, p people.Person, title string, paragraphs ...string) error {
	if r.Outbox == nil || p.Mail == "" || p.Demo {
		return nil
	}
	_, err := r.Outbox.Queue(ctx, tx, mail.Message{To: mail.Address{Name: p.Name(), Addr: p.Mail}, Subject: title, Kind: mail.Receipt,
		HTML: mail.Letter{Title: title, Before: paragraphs}.HTML(), Why: "votre compte Maillage est protégé : ce qui y touche vous est dit"}, mail.Options{})
	return err
}

// tellChange says that what protects an account has changed, when and from where.
func (r *Room) tellChange(req *http.Request, tx *sql.Tx, p people.Person, title string) error {
	return r.tell(req.Context(), tx, p, title, "Le "+moment(r.Now())+", depuis : "+device(req)+".",
		"Si ce n'était pas vous, connectez-vous, fermez les autres sessions dans « Mon compte » et prévenez l'administrateur du service.")
}

func (r *Room) wake() {
	if r.Outbox != nil {
		r.Outbox.Wake()
	}
}
