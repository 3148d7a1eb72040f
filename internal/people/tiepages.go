// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"maillage/internal/people/policy"
	"maillage/internal/platform/web"
)

var tieSpec = web.FormSpec{Fields: []string{"organisation", "organisation-choix", "titre", "du", "au", "version"}}

// tieOf is the post that an address names, for the person it names too.
func (r *Room) tieOf(req *http.Request) (Person, Tie, error) {
	ctx := req.Context()
	who, err := r.Person(ctx, r.DB.Read(), req.PathValue("id"))
	if err != nil {
		return who, Tie{}, foreign(err)
	}
	id := req.PathValue("poste")
	if id == "" {
		return who, Tie{}, nil
	}
	t, err := r.Tie(ctx, r.DB.Read(), id)
	if err == nil && t.Person != who.ID {
		err = ErrUnknown
	}
	return who, t, foreign(err)
}

func (r *Room) tieForm(w http.ResponseWriter, req *http.Request) error {
	who, tie, err := r.tieOf(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, tieSpec)
	if err != nil {
		return err
	}
	form.Values.Set("du", r.Today().String())
	if tie.ID != "" {
		for _, a := range affiliationAttributes {
			form.Values.Set(a.name, a.get(&tie.Affiliation))
		}
		form.Values.Set("version", strconv.FormatInt(tie.Version, 10))
	}
	return r.showTie(w, req, http.StatusOK, who, tie, form, nil, nil)
}

func (r *Room) showTie(w http.ResponseWriter, req *http.Request, status int, who Person, tie Tie, form *web.Form, hesitates []choice, conflict *web.Table) error {
	base := "/personnes/" + who.ID
	p := formPage{Page: web.Page{Title: "Ajouter un poste", Lead: who.Name(), Nav: section, Robots: "noindex", Notices: mistakes(form),
		Crumbs: append(directoryCrumbs, web.Crumb{Label: who.Name(), Href: base})},
		Action: base + "/postes/nouveau", Cancel: base, Submit: "Enregistrer", Version: form.Text("version"), Conflict: conflict}
	if conflict != nil {
		p.Notices = []web.Notice{conflictNotice}
	}
	if tie.ID == "" {
		orgs, err := r.organisationChoices(req.Context())
		if err != nil {
			return err
		}
		p.Parts = []formPart{picked(pickField(form, web.Field{Name: "organisation", Label: "Organisation", Required: true, Hint: "Quelques lettres de son nom suffisent."}, orgs, hesitates))}
	} else {
		p.Title, p.Lead, p.Action = "Modifier un poste", who.Name()+", "+tie.Org.Name, base+"/postes/"+tie.ID+"/modifier"
		p.Note = "La fin du poste met fin, le même jour, aux fonctions exercées à ce poste. Ce que la personne a fait reste signé de son nom."
	}
	p.Parts = append(p.Parts,
		plain(form.Field(web.Field{Name: "titre", Label: "Intitulé du poste", Autocomplete: "off", Hint: "Par exemple « Coordinatrice petite enfance »."})),
		plain(form.Field(web.Field{Name: "du", Label: "Premier jour", Type: "date", Required: true})),
		plain(form.Field(web.Field{Name: "au", Label: "Dernier jour", Type: "date", Hint: "Vide tant que le poste dure."})))
	return r.showForm(w, req, status, p)
}

// readPeriodForm checks two dates.
func readPeriodForm(form *web.Form) Period {
	form.Required("du", "Donnez le premier jour.")
	p := Period{From: form.Date("du"), To: form.Date("au")}
	if !p.To.IsZero() && p.To.Before(p.From) {
		form.Fail("au", "Le dernier jour précède le premier.")
	}
	return p
}

func readTitle(form *web.Form) string {
	t := form.Text("titre")
	if utf8.RuneCountInString(t) > maxName {
		form.Fail("titre", "Cet intitulé est trop long.")
	}
	return t
}

func (r *Room) addTie(w http.ResponseWriter, req *http.Request) error {
	who, _, err := r.tieOf(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, tieSpec)
	if err != nil {
		return err
	}
	orgs, err := r.organisationChoices(req.Context())
	if err != nil {
		return err
	}
	a := Affiliation{Person: who.ID, Title: readTitle(form), Period: readPeriodForm(form)}
	form.Required("organisation", "Donnez le nom de l'organisation.")
	var hesitates []choice
	a.Organisation, hesitates = resolve(form, "organisation", orgs, "Aucune organisation")
	if !form.Valid() {
		return r.showTie(w, req, http.StatusUnprocessableEntity, who, Tie{}, form, hesitates, nil)
	}
	if _, err := r.CreateTie(req.Context(), a); err != nil {
		return foreign(err)
	}
	return web.Redirect(w, req, "/personnes/"+who.ID+"?fait=poste")
}

func (r *Room) editTie(w http.ResponseWriter, req *http.Request) error {
	who, tie, err := r.tieOf(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, web.FormSpec{Fields: tieSpec.Fields[2:]})
	if err != nil {
		return err
	}
	a := tie.Affiliation
	a.Title, a.Period = readTitle(form), readPeriodForm(form)
	a.Version, _ = strconv.ParseInt(form.Text("version"), 10, 64)
	if !form.Valid() {
		return r.showTie(w, req, http.StatusUnprocessableEntity, who, tie, form, nil, nil)
	}
	err = r.ChangeTie(req.Context(), a)
	switch {
	case err == nil:
		return web.Redirect(w, req, "/personnes/"+who.ID+"?fait=poste")
	case errors.Is(err, ErrStale):
		if tie, err = r.Tie(req.Context(), r.DB.Read(), tie.ID); err != nil {
			return foreign(err)
		}
		form.Values.Set("version", strconv.FormatInt(tie.Version, 10))
		return r.showTie(w, req, http.StatusConflict, who, tie, form, nil, conflictTable(r, affiliationAttributes, &tie.Affiliation, &a))
	}
	return forbidden(err)
}

var hatSpec = web.FormSpec{Fields: []string{"poste", "role", "du", "au", "version"}}

// hatOf is the hat that an address names, for the person it names too.
func (r *Room) hatOf(req *http.Request) (Person, Hat, error) {
	ctx := req.Context()
	who, err := r.Person(ctx, r.DB.Read(), req.PathValue("id"))
	if err != nil {
		return who, Hat{}, foreign(err)
	}
	id := req.PathValue("fonction")
	if id == "" {
		return who, Hat{}, nil
	}
	h, err := r.Hat(ctx, r.DB.Read(), id)
	if err == nil && h.Affiliation.Person != who.ID {
		err = ErrUnknown
	}
	return who, h, foreign(err)
}

func (r *Room) hatForm(w http.ResponseWriter, req *http.Request) error {
	who, hat, err := r.hatOf(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, hatSpec)
	if err != nil {
		return err
	}
	form.Values.Set("du", r.Today().String())
	if hat.ID != "" {
		for _, a := range hatAttributes {
			form.Values.Set(a.name, a.get(&hat))
		}
		form.Values.Set("version", strconv.FormatInt(hat.Version, 10))
	}
	return r.showHat(w, req, http.StatusOK, who, hat, form, nil)
}

func (r *Room) showHat(w http.ResponseWriter, req *http.Request, status int, who Person, hat Hat, form *web.Form, conflict *web.Table) error {
	base := "/personnes/" + who.ID
	p := formPage{Page: web.Page{Title: "Donner une fonction", Lead: who.Name(), Nav: section, Robots: "noindex", Notices: mistakes(form),
		Crumbs: append(directoryCrumbs, web.Crumb{Label: who.Name(), Href: base})},
		Action: base + "/fonctions/nouvelle", Cancel: base, Submit: "Donner cette fonction", Version: form.Text("version"), Conflict: conflict,
		Note: "Une fonction ouvre des droits : la page « Qui peut quoi » dit lesquels. Elle finit au plus tard avec le poste."}
	if conflict != nil {
		p.Notices = []web.Notice{conflictNotice}
	}
	if hat.ID == "" {
		parts, err := r.newHatParts(req, who, form)
		if err != nil {
			return err
		}
		p.Parts = parts
	} else {
		p.Title, p.Lead, p.Submit = "Modifier une fonction", who.Name()+" : "+hat.Role.Label()+", "+hat.Org.Name, "Enregistrer"
		p.Action = base + "/fonctions/" + hat.ID + "/modifier"
	}
	p.Parts = append(p.Parts, plain(form.Field(web.Field{Name: "du", Label: "Premier jour", Type: "date", Required: true})),
		plain(form.Field(web.Field{Name: "au", Label: "Dernier jour", Type: "date", Hint: "Vide tant que la fonction dure."})))
	return r.showForm(w, req, status, p)
}

// newHatParts are the post and the role of a new hat: only the roles that the person acting may give.
func (r *Room) newHatParts(req *http.Request, who Person, form *web.Form) ([]formPart, error) {
	ctx := req.Context()
	ties, err := r.Ties(ctx, r.DB.Read(), who.ID)
	if err != nil {
		return nil, err
	}
	post := web.Field{Name: "poste", Label: "Au titre de quel poste ?", Type: "radio", Required: true}
	for _, t := range ties {
		if t.To.IsZero() || !t.To.Before(r.Today()) {
			label := t.Org.Name
			if t.Title != "" {
				label = t.Title + ", " + t.Org.Name
			}
			post.Options = append(post.Options, web.Option{Value: t.ID, Label: label, Selected: len(ties) == 1})
		}
	}
	if len(post.Options) == 0 {
		return nil, web.Conflict("Cette personne n'a pas de poste en cours : ajoutez d'abord son poste, puis sa fonction.")
	}
	giver, self, err := r.worn(ctx, r.DB.Read())
	if err != nil {
		return nil, err
	}
	role := web.Field{Name: "role", Label: "Fonction", Type: "radio", Required: true}
	var why error
	for _, h := range policy.Hats() {
		if err := MayGive(giver, self == who.ID, h); err != nil {
			why = err
			continue
		}
		o := web.Option{Value: string(h), Label: h.Label()}
		if h.Strong() {
			o.Hint = "Demande une seconde preuve d'identité à la connexion."
		}
		role.Options = append(role.Options, o)
	}
	if len(role.Options) == 0 {
		return nil, forbidden(why)
	}
	return []formPart{plain(form.Field(post)), plain(form.Field(role))}, nil
}

func (r *Room) addHat(w http.ResponseWriter, req *http.Request) error {
	who, _, err := r.hatOf(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, hatSpec)
	if err != nil {
		return err
	}
	h := Hat{Role: policy.Hat(form.Text("role")), Period: readPeriodForm(form)}
	if h.Role.Label() == "" {
		form.Fail("role", "Choisissez une fonction.")
	}
	tie, err := r.Tie(req.Context(), r.DB.Read(), form.Required("poste", "Choisissez un poste."))
	if err != nil && !errors.Is(err, ErrUnknown) {
		return err
	}
	if err != nil || tie.Person != who.ID {
		form.Fail("poste", "Choisissez un poste de cette personne.")
	}
	if !form.Valid() {
		return r.showHat(w, req, http.StatusUnprocessableEntity, who, Hat{}, form, nil)
	}
	h.Affiliation = tie.Affiliation
	if _, err := r.GiveHat(req.Context(), h); err != nil {
		return forbidden(err)
	}
	return web.Redirect(w, req, "/personnes/"+who.ID+"?fait=fonction")
}

func (r *Room) editHat(w http.ResponseWriter, req *http.Request) error {
	who, hat, err := r.hatOf(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, web.FormSpec{Fields: hatSpec.Fields[2:]})
	if err != nil {
		return err
	}
	h := hat
	h.Period = readPeriodForm(form)
	h.Version, _ = strconv.ParseInt(form.Text("version"), 10, 64)
	if !form.Valid() {
		return r.showHat(w, req, http.StatusUnprocessableEntity, who, hat, form, nil)
	}
	err = r.ChangeHat(req.Context(), h)
	switch {
	case err == nil:
		return web.Redirect(w, req, "/personnes/"+who.ID+"?fait=fonction")
	case errors.Is(err, ErrStale):
		if hat, err = r.Hat(req.Context(), r.DB.Read(), hat.ID); err != nil {
			return foreign(err)
		}
		form.Values.Set("version", strconv.FormatInt(hat.Version, 10))
		return r.showHat(w, req, http.StatusConflict, who, hat, form, conflictTable(r, hatAttributes, &hat, &h))
	}
	return forbidden(err)
}
