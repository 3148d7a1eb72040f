// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/history"
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
	if manage && web.May(req, resetAccess, web.Scope{}) {
		p.Actions = append(p.Actions, web.Link{Label: "Retirer sa seconde preuve", Href: "/connexion/retablir/" + who.ID},
			web.Link{Label: "Ses données", Href: "/donnees/effacement/" + who.ID})
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
