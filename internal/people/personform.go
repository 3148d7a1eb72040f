// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

var personSpec = web.FormSpec{Fields: []string{"prenom", "nom", "courriel", "telephone", "version", "organisation", "organisation-choix", "titre", "du"}}

func (r *Room) personForm(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, personSpec)
	if err != nil {
		return err
	}
	who := Person{ID: req.PathValue("id")}
	if who.ID != "" {
		if who, err = r.personAsIs(req.Context(), r.DB.Read(), who.ID); err != nil {
			return foreign(err)
		}
		for _, name := range []string{"prenom", "nom", "courriel", "telephone"} {
			a, _ := attributeNamed(personAttributes, name)
			form.Values.Set(name, a.get(&who))
		}
		form.Values.Set("version", strconv.FormatInt(who.Version, 10))
	} else {
		form.Values.Set("du", r.Today().String())
		if id := form.Text("organisation"); id != "" {
			if o, err := r.Organisation(req.Context(), r.DB.Read(), id); err == nil {
				form.Values.Set("organisation", o.Name)
			}
		}
	}
	return r.showPerson(w, req, http.StatusOK, who, form, nil, nil)
}

func (r *Room) showPerson(w http.ResponseWriter, req *http.Request, status int, who Person, form *web.Form, hesitates []choice, conflict *web.Table) error {
	p := formPage{Page: web.Page{Title: "Ajouter une personne", Nav: section, Robots: "noindex", Notices: mistakes(form), Crumbs: directoryCrumbs},
		Action: "/personnes/nouvelle", Cancel: "/personnes", Submit: "Enregistrer", Version: form.Text("version"), Conflict: conflict,
		Note: "Notez le moins possible : un nom, une adresse et un téléphone de travail. Rien de privé."}
	if conflict != nil {
		p.Notices = []web.Notice{conflictNotice}
	}
	p.Parts = []formPart{
		plain(form.Field(web.Field{Name: "prenom", Label: "Prénom", Autocomplete: "off"})),
		plain(form.Field(web.Field{Name: "nom", Label: "Nom", Required: true, Autocomplete: "off"})),
		plain(form.Field(web.Field{Name: "courriel", Label: "Courriel professionnel", Type: "email", Autocomplete: "off", Hint: "Il sert à se connecter : sans lui, la personne n'ouvre pas de compte."})),
		plain(form.Field(web.Field{Name: "telephone", Label: "Téléphone professionnel", Type: "tel", Autocomplete: "off"})),
	}
	if who.ID != "" {
		p.Title, p.Action, p.Cancel = "Modifier "+who.Name(), "/personnes/"+who.ID+"/modifier", "/personnes/"+who.ID
		p.Crumbs = append(p.Crumbs, web.Crumb{Label: who.Name(), Href: p.Cancel})
	} else {
		orgs, err := r.organisationChoices(req.Context())
		if err != nil {
			return err
		}
		p.Parts = append(p.Parts, picked(pickField(form, web.Field{Name: "organisation", Label: "Organisation", Hint: "Quelques lettres de son nom suffisent."}, orgs, hesitates)),
			plain(form.Field(web.Field{Name: "titre", Label: "Intitulé du poste", Hint: "Par exemple « Coordinatrice petite enfance ».", Autocomplete: "off"})),
			plain(form.Field(web.Field{Name: "du", Label: "En poste depuis le", Type: "date"})))
	}
	return r.showForm(w, req, status, p)
}

var phoneShape = regexp.MustCompile(`^\+?[0-9 ().-]{6,25}$`)

// readPerson checks what was typed.
func readPerson(form *web.Form) Person {
	p := Person{GivenName: strings.Join(strings.Fields(form.Text("prenom")), " "), FamilyName: readName(form, "nom", "Donnez le nom de famille.")}
	if utf8.RuneCountInString(p.GivenName) > maxName {
		form.Fail("prenom", "Ce prénom est trop long.")
	}
	if m := form.Text("courriel"); m != "" {
		addr, err := mail.ParseAddress(m)
		if err != nil {
			form.Fail("courriel", "Cette adresse n'est pas complète : écrivez-la comme prenom.nom@ville.fr.")
		}
		p.Mail = strings.ToLower(addr)
	}
	if t := form.Text("telephone"); t != "" {
		if p.Phone = spacedPhone(t); !phoneShape.MatchString(p.Phone) {
			form.Fail("telephone", "Écrivez un numéro de téléphone, par exemple 01 23 45 67 89.")
		}
	}
	return p
}

// spacedPhone writes a French number by pairs; any other as it was typed.
func spacedPhone(s string) string {
	digits := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c == '+' {
			return c
		}
		return -1
	}, s)
	digits = strings.Replace(digits, "+33", "0", 1)
	if len(digits) != 10 || digits[0] != '0' {
		return strings.Join(strings.Fields(s), " ")
	}
	var pairs []string
	for i := 0; i < 10; i += 2 {
		pairs = append(pairs, digits[i:i+2])
	}
	return strings.Join(pairs, " ")
}

func (r *Room) addPerson(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, personSpec)
	if err != nil {
		return err
	}
	ctx := req.Context()
	p := readPerson(form)
	orgs, err := r.organisationChoices(ctx)
	if err != nil {
		return err
	}
	first := Affiliation{Title: form.Text("titre")}
	var hesitates []choice
	first.Organisation, hesitates = resolve(form, "organisation", orgs, "Aucune organisation")
	if first.From = form.Date("du"); first.From.IsZero() {
		first.From = r.Today()
	}
	if form.Valid() {
		id, err := r.CreatePerson(ctx, p, first)
		if err == nil {
			return web.Redirect(w, req, "/personnes/"+id+"?fait=cree")
		}
		if err = r.takenMail(req, form, p, err); err != nil {
			return err
		}
	}
	return r.showPerson(w, req, http.StatusUnprocessableEntity, Person{}, form, hesitates, nil)
}

// takenMail tells who already bears an address; other errors go on.
func (r *Room) takenMail(req *http.Request, form *web.Form, p Person, err error) error {
	if !errors.Is(err, ErrTaken) {
		return forbidden(err)
	}
	form.Fail("courriel", "Cette adresse est déjà celle d'une autre personne de l'annuaire.")
	if other, err := r.ByMail(req.Context(), r.DB.Read(), p.Mail); err == nil {
		form.Errors["courriel"] = "Cette adresse est déjà celle de « " + other.Name() + " » : ouvrez plutôt sa fiche."
	}
	return nil
}

func (r *Room) editPerson(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: personSpec.Fields[:5]})
	if err != nil {
		return err
	}
	ctx := req.Context()
	present, err := r.personAsIs(ctx, r.DB.Read(), req.PathValue("id"))
	if err != nil {
		return foreign(err)
	}
	typed, p := readPerson(form), present
	p.GivenName, p.FamilyName, p.Mail, p.Phone = typed.GivenName, typed.FamilyName, typed.Mail, typed.Phone
	p.Version, _ = strconv.ParseInt(form.Text("version"), 10, 64)
	if !form.Valid() {
		return r.showPerson(w, req, http.StatusUnprocessableEntity, present, form, nil, nil)
	}
	err = r.ChangePerson(ctx, p)
	switch {
	case err == nil:
		return web.Redirect(w, req, "/personnes/"+p.ID+"?fait=modifie")
	case errors.Is(err, ErrStale):
		if present, err = r.personAsIs(ctx, r.DB.Read(), p.ID); err != nil {
			return foreign(err)
		}
		form.Values.Set("version", strconv.FormatInt(present.Version, 10))
		return r.showPerson(w, req, http.StatusConflict, present, form, nil, conflictTable(r, personAttributes[:4], &present, &p))
	}
	if err = r.takenMail(req, form, p, err); err != nil {
		return err
	}
	return r.showPerson(w, req, http.StatusUnprocessableEntity, present, form, nil, nil)
}
