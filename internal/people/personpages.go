// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/history"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

func (r *Room) personList(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	form, q, err := r.asked(req)
	if err != nil {
		return err
	}
	list, n, err := r.Persons(ctx, q)
	if err != nil {
		return err
	}
	orgs, err := r.organisationChoices(ctx)
	if err != nil {
		return err
	}
	org := web.Field{Name: "organisation", Label: "Organisation", Type: "select", Required: true, Options: []web.Option{{Value: "", Label: "Toutes"}}}
	for _, c := range orgs {
		org.Options = append(org.Options, web.Option{Value: c.id, Label: c.label})
	}
	p := listPage{Page: web.Page{Title: "Annuaire", Nav: section, Robots: "noindex", Notices: told(req),
		Lead:      "Qui travaille, siège ou est élu où : " + french.Plural(n, "personne", "personnes") + filteredNote(form) + ".",
		Downloads: downloads("/personnes", form)},
		Tabs: tabs(req, "/personnes"), Action: "/personnes", Pager: pager(form, "/personnes", q.Skip, n, "personne", "personnes"),
		Filters: []web.Field{
			form.Field(web.Field{Name: "q", Label: "Nom ou organisation", Type: "search", Required: true}),
			form.Field(org), form.Field(kindField(false)),
			form.Field(web.Field{Name: "territoire", Label: "Territoire", Type: "search", Required: true}),
			form.Field(web.Field{Name: "anciens", Label: "Avec les anciens postes", Type: "checkbox"})},
		Empty: web.Empty{Title: "Personne ne répond", Text: "Essayez un autre mot, ou retirez un filtre."}}
	if len(kept(form)) > 0 {
		p.Reset = "/personnes"
	}
	if web.May(req, keepDirectory, web.Scope{}) {
		p.Actions = []web.Link{{Label: "Ajouter une personne", Href: "/personnes/nouvelle"}, {Label: "Coller une liste", Href: "/personnes/import"}}
	}
	if len(list) > 0 {
		if p.Table, err = r.personTable(req, list, ""); err != nil {
			return err
		}
	}
	if q.Contacts {
		who := r.readersOf("La colonne « Coordonnées »", readContacts, true)
		p.Readers = &who
	}
	private(w)
	return listTemplate.Render(w, req, http.StatusOK, p)
}

// personTable is a list of persons with their posts; those of an organisation show theirs there.
func (r *Room) personTable(req *http.Request, list []Person, org string) (*web.Table, error) {
	ties, err := r.tiesByPerson(req.Context(), list)
	if err != nil {
		return nil, err
	}
	contacts, today := web.May(req, readContacts, web.Scope{}), r.Today()
	t := &web.Table{ID: "personnes", Caption: "Personnes", Quiet: true, Stack: true, Columns: []web.Column{{Label: "Nom"}, {Label: "Poste"}}}
	if org == "" {
		t.Columns = append(t.Columns, web.Column{Label: "Organisation"})
	}
	if contacts {
		t.Columns = append(t.Columns, web.Column{Label: "Coordonnées"})
	}
	for _, p := range list {
		name := web.Cell{Text: nameLast(p), Href: "/personnes/" + p.ID}
		if p.Absence.On(today) {
			name.Badge = web.Badge{Kind: web.Pending, Text: "Absence"}
		}
		post, where := web.Cell{}, web.Cell{}
		for _, tie := range ties[p.ID] {
			if org != "" && tie.Org.ID != org || !tie.On(today) && where.Text != "" {
				continue
			}
			if where.Text != "" {
				where.Note = strings.TrimPrefix(where.Note+", "+tie.Org.Name, ", ")
				continue
			}
			post.Text, where.Text, where.Href = tie.Title, tie.Org.Name, "/organisations/"+tie.Org.ID
			if !tie.On(today) {
				post.Note = "jusqu'au " + tie.To.French()
				if tie.From.After(today) {
					post.Note = "à partir du " + tie.From.French()
				}
			}
		}
		row := web.Row{Cells: []web.Cell{name, post}}
		if org == "" {
			row.Cells = append(row.Cells, where)
		}
		if contacts {
			c := web.Cell{Text: p.Mail, Note: p.Phone}
			if p.Mail != "" {
				c.Href = "mailto:" + p.Mail
			}
			row.Cells = append(row.Cells, c)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// nameLast is "NOM Prénom" without shouting: a list is read by family names.
func nameLast(p Person) string {
	if p.FamilyName == "" || p.GivenName == "" {
		return p.Name()
	}
	return p.FamilyName + " " + p.GivenName
}

// personSheet is the page of one person.
type personSheet struct {
	web.Page
	ID       string
	Contacts []web.Fact
	Readers  readers
	Away     string // sentence on the absence, "" when there
	Ties     []tieCard
	Empty    web.Empty
	Merged   mergedParts
	Actions  []web.Link
	Changes  changes
}

// tieCard is a post with the hats worn under it.
type tieCard struct {
	Org, OrgHref, Title, When string
	Badge                     web.Badge
	Hats                      []hatLine
	Edit, Give                string // addresses, "" for who may not
}

type hatLine struct {
	Label, When, Edit string
	Badge             web.Badge
}

var personTemplate = web.NewTemplate[personSheet](history.With(pageFiles), "pages/person.html", "pages/parts.html", history.CardFile)

func (r *Room) personPage(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	who, err := r.personAsIs(ctx, r.DB.Read(), req.PathValue("id"))
	if err != nil {
		return foreign(err)
	}
	manage := web.May(req, keepDirectory, web.Scope{Person: who.ID})
	p := personSheet{ID: who.ID, Page: web.Page{Title: who.Name(), Nav: section, Robots: "noindex", Notices: told(req), Crumbs: directoryCrumbs},
		Readers: r.readersOf("Courriel et téléphone", readContacts, true)}
	if mayReadContacts(req, who.ID) {
		p.Contacts = contacts(who)
	}
	if p.Away, err = r.awaySentence(ctx, who); err != nil {
		return err
	}
	if p.Ties, err = r.tieCards(ctx, who, manage && who.MergedInto == ""); err != nil {
		return err
	}
	for _, t := range p.Ties {
		if t.Badge.Text == "" {
			p.Lead = strings.TrimPrefix(t.Title+", "+t.Org, ", ")
			break
		}
	}
	p.Empty = web.Empty{Title: "Aucun poste n'est noté", Text: "Sans poste en cours, une personne n'a aucun droit dans le service."}
	if p.Merged, err = r.mergedParts(req, kindPerson, who.ID, who.MergedInto); err != nil {
		return err
	}
	base := "/personnes/" + who.ID
	switch {
	case who.MergedInto != "":
	case manage:
		p.Empty.Actions = []web.Link{{Label: "Ajouter un poste", Href: base + "/postes/nouveau"}}
		p.Actions = []web.Link{{Label: "Modifier", Href: base + "/modifier"}, {Label: "Ajouter un poste", Href: base + "/postes/nouveau"},
			{Label: "Absence", Href: base + "/absence"}, {Label: "Passation", Href: base + "/passation"}, {Label: "Fusionner avec un doublon", Href: base + "/fusion"}}
	case me(req) == who.ID:
		p.Actions = []web.Link{{Label: "Mon absence", Href: "/moi/absence"}, {Label: "Mes courriels", Href: "/moi/courriels"}, {Label: "Passer la main", Href: "/moi/passation"}}
	}
	subjects, err := r.subjectsOf(ctx, who)
	if err == nil {
		p.Changes, err = r.changesOf(req, subjects...)
	}
	if err != nil {
		return err
	}
	private(w)
	return personTemplate.Render(w, req, http.StatusOK, p)
}

// subjectsOf are what the history knows of a person: themself, their posts and their hats.
func (r *Room) subjectsOf(ctx context.Context, who Person) ([]string, error) {
	list := []string{subjectPerson + "/" + who.ID}
	ties, err := r.Ties(ctx, r.DB.Read(), who.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range ties {
		list = append(list, subjectAffiliation+"/"+t.ID)
	}
	worn, err := r.Hats(ctx, r.DB.Read(), who.ID)
	for _, h := range worn {
		list = append(list, subjectHat+"/"+h.ID)
	}
	return list[:min(len(list), 30)], err
}

func contacts(p Person) []web.Fact {
	var list []web.Fact
	if p.Mail != "" {
		list = append(list, web.Fact{Label: "Courriel", Value: p.Mail, Href: "mailto:" + p.Mail})
	}
	if p.Phone != "" {
		list = append(list, web.Fact{Label: "Téléphone", Value: p.Phone, Href: "tel:" + strings.ReplaceAll(p.Phone, " ", "")})
	}
	return list
}

// tieCards are the posts of a person, those under way first.
func (r *Room) tieCards(ctx context.Context, who Person, manage bool) ([]tieCard, error) {
	ties, err := r.Ties(ctx, r.DB.Read(), who.ID)
	if err != nil {
		return nil, err
	}
	all, err := r.Hats(ctx, r.DB.Read(), who.ID)
	if err != nil {
		return nil, err
	}
	today := r.Today()
	slices.SortStableFunc(ties, func(a, b Tie) int { return bit(b.On(today)) - bit(a.On(today)) })
	base := "/personnes/" + who.ID
	var list []tieCard
	for _, t := range ties {
		c := tieCard{Org: t.Org.Name, OrgHref: "/organisations/" + t.Org.ID, Title: t.Title, When: t.words(), Badge: t.badge(today)}
		if manage {
			c.Edit, c.Give = base+"/postes/"+t.ID+"/modifier", base+"/fonctions/nouvelle?poste="+t.ID
		}
		for _, h := range all {
			if h.Affiliation.ID != t.ID {
				continue
			}
			line := hatLine{Label: h.Role.Label(), When: h.words(), Badge: h.badge(today)}
			if line.Badge.Text == "" {
				line.Badge = c.Badge
			}
			if manage {
				line.Edit = base + "/fonctions/" + h.ID + "/modifier"
			}
			c.Hats = append(c.Hats, line)
		}
		list = append(list, c)
	}
	return list, nil
}

// words are the period as people read it.
func (p Period) words() string {
	if p.To.IsZero() {
		return "depuis le " + p.From.French()
	}
	return "du " + p.From.French() + " au " + p.To.French()
}

// badge says that a period is over or to come; none while it lasts.
func (p Period) badge(today clock.Date) web.Badge {
	switch {
	case p.From.After(today):
		return web.Badge{Kind: web.Pending, Text: "À venir"}
	case !p.On(today):
		return web.Badge{Kind: web.Neutral, Text: "Terminé"}
	}
	return web.Badge{}
}

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
	private(w)
	return formTemplate.Render(w, req, status, p)
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
