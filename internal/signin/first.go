// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"maillage/internal/people"
	"maillage/internal/people/policy"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// firstLife is how long the way in of the first administrator stays open.
const firstLife = 24 * time.Hour

// FirstAdmin makes the way in of the first administrator: needed is false when there is one. The
// page is /premier-acces?jeton=TOKEN; each call makes a token and ends the one before.
func (r *Room) FirstAdmin(ctx context.Context) (token string, needed bool, err error) {
	now := r.Now()
	err = r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		has, err := r.People.HasAdministrator(ctx, tx, r.People.Today())
		if needed = !has; err != nil || has {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from signin_first`); err != nil {
			return err
		}
		token = newToken()
		_, err = tx.ExecContext(ctx, `insert into signin_first (id, token, expires_at) values ($1, $2, $3)`,
			db.NewID(), hashed(token), db.Instant(now.Add(firstLife)))
		return err
	})
	if !needed {
		token = ""
	}
	return token, needed, err
}

var errFirst = &web.Problem{Status: http.StatusGone, Title: "Ce lien ne sert plus",
	Detail: "Il a déjà servi, il a plus d'un jour, ou un administrateur existe. Redémarrez le service pour en obtenir un autre s'il n'y a toujours pas d'administrateur.",
	Link:   web.Link{Label: "Se connecter", Href: "/connexion"}}

// firstOpen says that a token opens the way in, errFirst when it does not.
func (r *Room) firstOpen(ctx context.Context, q db.Querier, token string) error {
	list, err := db.Query(ctx, q, func(scan func(...any) error) (id string, err error) { return id, scan(&id) },
		`select id from signin_first where token = $1 and expires_at > $2`, hashed(token), db.Instant(r.Now()))
	if err != nil {
		return err
	}
	has, err := r.People.HasAdministrator(ctx, q, r.People.Today())
	if err == nil && (has || len(list) == 0) {
		return errFirst
	}
	return err
}

type firstPage struct {
	web.Page
	Token  string
	Fields []web.Field
}

var firstTemplate = web.NewTemplate[firstPage](pageFiles, "pages/premier-acces.html")

func (r *Room) firstForm(w http.ResponseWriter, req *http.Request) error {
	private(w)
	token := req.URL.Query().Get("jeton")
	if err := r.firstOpen(req.Context(), r.sessions.db.Read(), token); err != nil {
		return err
	}
	return r.showFirst(w, req, http.StatusOK, token, nil)
}

func (r *Room) showFirst(w http.ResponseWriter, req *http.Request, status int, token string, form *web.Form) error {
	private(w)
	var kinds []web.Option
	for _, k := range people.Kinds() {
		kinds = append(kinds, web.Option{Value: string(k), Label: k.Label(), Selected: k == people.Departement})
	}
	page := firstPage{Token: token, Page: web.Page{Title: "Premier accès", Robots: "noindex",
		Lead: "Ce service n'a pas encore d'administrateur. La personne nommée ici le devient, et ouvrira les autres comptes."},
		Fields: []web.Field{
			{Name: "prenom", Label: "Prénom", Required: true, Autocomplete: "given-name"},
			{Name: "nom", Label: "Nom", Required: true, Autocomplete: "family-name"},
			{Name: "adresse", Label: "Adresse professionnelle", Type: "email", Required: true, Autocomplete: "email", Hint: "Les codes de connexion y seront envoyés."},
			{Name: "organisation", Label: "Nom de l'organisation", Required: true, Autocomplete: "organization", Hint: "Par exemple : Département de la Seine-Saint-Denis."},
			{Name: "genre", Label: "Sorte d'organisation", Type: "select", Required: true, Options: kinds},
		}}
	for i := range page.Fields {
		page.Fields[i] = form.Field(page.Fields[i])
	}
	return firstTemplate.Render(w, req, status, page)
}

// firstIn makes the first administrator and lets them in.
func (r *Room) firstIn(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"jeton", "prenom", "nom", "adresse", "organisation", "genre"}, MaxText: 1024})
	if err != nil {
		return err
	}
	ctx, now := req.Context(), r.Now()
	p := people.Person{GivenName: form.Required("prenom", "Écrivez le prénom."), FamilyName: form.Required("nom", "Écrivez le nom.")}
	if p.Mail, err = mail.ParseAddress(form.Required("adresse", "Écrivez l'adresse.")); err != nil {
		form.Fail("adresse", "Cette adresse n'est pas complète : écrivez-la comme prenom.nom@ville.fr, sans accent ni espace.")
	}
	org := people.Organisation{Name: form.Required("organisation", "Écrivez le nom de l'organisation."), Kind: people.Kind(form.Text("genre"))}
	if !slices.Contains(people.Kinds(), org.Kind) {
		form.Fail("genre", "Choisissez une des réponses proposées.")
	}
	if !form.Valid() {
		if err := r.firstOpen(ctx, r.sessions.db.Read(), form.Text("jeton")); err != nil {
			return err
		}
		return r.showFirst(w, req, http.StatusUnprocessableEntity, form.Text("jeton"), form)
	}
	if org.Kind == people.Departement {
		org.Territory = r.People.Places.Home
	}
	var token string
	err = r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		if err := r.firstOpen(ctx, tx, form.Text("jeton")); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from signin_first`); err != nil {
			return err
		}
		who, err := r.makeAdmin(ctx, tx, p, org, now)
		if err == nil {
			token, err = r.open(req, tx, who, opening{method: "jeton"}, now)
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.welcome(w, req, token, "/moi/second-facteur")
}

// makeAdmin gives an administrator's hat to a person, who may be in the directory already.
func (r *Room) makeAdmin(ctx context.Context, tx *sql.Tx, p people.Person, org people.Organisation, now time.Time) (people.Person, error) {
	who, err := r.People.ByMail(ctx, tx, strings.ToLower(p.Mail))
	if errors.Is(err, people.ErrUnknown) {
		var id string
		if id, err = r.People.AddPerson(ctx, tx, p, now); err == nil {
			who, err = r.People.Person(ctx, tx, id)
		}
	}
	if err != nil {
		return who, err
	}
	orgID, err := r.People.AddOrganisation(ctx, tx, org, now)
	if err != nil {
		return who, err
	}
	since := people.Period{From: clock.On(now)}
	tie, err := r.People.AddAffiliation(ctx, tx, people.Affiliation{Person: who.ID, Organisation: orgID, Period: since}, now)
	if err == nil {
		_, err = r.People.AddHat(ctx, tx, tie, policy.Administrator, "", since, now)
	}
	if err != nil || r.Recorded == nil {
		return who, err
	}
	ctx = actor.With(ctx, actor.Actor{Person: who.ID, Name: who.Name()}) // whoever held the link
	return who, r.Recorded(ctx, tx, "Premier administrateur, par le lien de démarrage : "+org.Name, who.ID)
}
