// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

type composePage struct {
	web.Page
	Key        string // of the letter: sending it twice sends it once
	Groups     []web.Option
	GroupError string
	Fields     []web.Field
	Seen       string        // mark of the list that is shown, "" before it is
	Recipients template.HTML // who gets it
	Count      int
	When       string // when it would leave
	Preview    string // its text as it arrives
	NoGroup    web.Empty
}

var composeTemplate = web.NewTemplate[composePage](pageFiles, "pages/compose.html")

var composeFields = web.FormSpec{Fields: []string{"cle", "vu", "groupe", "objet", "texte", "lettre", "urgent", "geste"}, MaxText: 100 << 10, MaxParts: 100}

// maxBody is the length of a letter, in characters.
const maxBody = 20000

func (r *Room) composeForm(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"groupe"}})
	if err != nil {
		return err
	}
	return r.showCompose(w, req, http.StatusOK, form, composePage{})
}

// compose shows who gets a letter, sends it to oneself, or sends it.
func (r *Room) compose(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, composeFields)
	if err != nil {
		return err
	}
	ctx := req.Context()
	m, err := r.readLetter(ctx, form)
	if err != nil {
		return err
	}
	if !form.Valid() {
		return r.showCompose(w, req, http.StatusUnprocessableEntity, form, composePage{})
	}
	list, err := r.Recipients(ctx, r.DB.Read(), m)
	if err != nil {
		return err
	}
	p := r.preview(m, list)
	switch form.Text("geste") {
	case "essai":
		return r.sendTrial(w, req, form, p, m)
	case "envoyer":
		if form.Text("vu") == list.Mark() && len(list.To) > 0 {
			return r.send(w, req, m)
		}
		p.Notices = append(p.Notices, web.Notice{Kind: web.Warning, Title: "La liste a changé : rien n'est envoyé",
			Text: "Relisez qui reçoit ce courriel ci-dessous, puis envoyez-le."})
		return r.showCompose(w, req, http.StatusConflict, form, p)
	}
	return r.showCompose(w, req, http.StatusOK, form, p)
}

func (r *Room) send(w http.ResponseWriter, req *http.Request, m GroupMail) error {
	err := r.DB.Tx(req.Context(), func(tx *sql.Tx) error {
		_, err := r.Send(req.Context(), tx, m)
		return err
	})
	if isRefusal(err) {
		return web.BadRequest(sentence(err)).Because(err)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, req, "/courriels?fait=envoye")
}

func (r *Room) sendTrial(w http.ResponseWriter, req *http.Request, form *web.Form, p composePage, m GroupMail) error {
	who := actor.From(req.Context())
	err := r.DB.Tx(req.Context(), func(tx *sql.Tx) error {
		_, err := r.Test(req.Context(), tx, m, who.Person)
		return err
	})
	switch {
	case isRefusal(err):
		p.Notices = append(p.Notices, web.Notice{Kind: web.Danger, Title: "L'essai n'est pas parti", Text: sentence(err)})
		return r.showCompose(w, req, http.StatusUnprocessableEntity, form, p)
	case err != nil:
		return err
	}
	r.Outbox.Wake()
	p.Notices = append(p.Notices, web.Notice{Kind: web.Success, Title: "L'essai est parti, à vous seul", Text: "Son objet commence par [Essai]. Personne d'autre n'a rien reçu."})
	return r.showCompose(w, req, http.StatusOK, form, p)
}

var keyShape = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func keyOf(form *web.Form) string {
	if key := form.Text("cle"); keyShape.MatchString(key) {
		return key
	}
	return db.NewID()
}

// readLetter checks what was typed; the errors are the form's.
func (r *Room) readLetter(ctx context.Context, form *web.Form) (GroupMail, error) {
	who := actor.From(ctx)
	m := GroupMail{Key: "courriel/" + keyOf(form), Letter: form.Checked("lettre"), Urgent: form.Checked("urgent"),
		Why: "le secrétariat écrit à un groupe dont vous faites partie"}
	m.Subject = form.Required("objet", "Donnez un objet : c'est ce qu'on lit d'abord.")
	text := form.Required("texte", "Écrivez le message.")
	if n := utf8.RuneCountInString(text); n > maxBody {
		form.Fail("texte", fmt.Sprintf("Le message compte %s caractères ; %s au plus. Donnez plutôt un lien.", french.Int(n), french.Int(maxBody)))
	}
	signature := who.Name
	if who.Title != "" {
		signature = strings.TrimPrefix(signature+", "+who.Title, ", ")
	}
	m.HTML = mail.Letter{Title: m.Subject, Before: paragraphs(text), After: slices.DeleteFunc([]string{signature}, func(s string) bool { return s == "" })}.HTML()
	if form.Valid() { // what the outbox would refuse, said where it was typed
		if err := r.message(m, Recipient{To: mail.Address{Addr: "essai@maillage.invalid"}}).Check(); err != nil {
			field := "texte"
			if strings.Contains(err.Error(), "objet") {
				field = "objet"
			}
			form.Fail(field, sentence(err))
		}
	}
	if len(form.Values["groupe"]) == 0 {
		form.Fail("groupe", "Choisissez au moins un groupe.")
	}
	asked := map[string]bool{}
	for _, g := range form.Values["groupe"] {
		members, err := r.Audience.Members(ctx, g)
		if err != nil {
			return m, err
		}
		for _, id := range members {
			if !asked[id] { // one is often in several groups: that is no exclusion to tell
				m.Persons = append(m.Persons, id)
			}
			asked[id] = true
		}
	}
	if len(m.Persons) > mostMembers {
		form.Fail("groupe", "Cela fait plus de "+french.Int(mostMembers)+" personnes, le plus qu'un envoi peut atteindre : choisissez des groupes plus petits.")
	}
	return m, nil
}

// paragraphs are the text as typed, cut at blank lines.
func paragraphs(text string) []string {
	var list []string
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if part = strings.Join(strings.Fields(part), " "); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// sentence is a refusal for people, without its family name.
func sentence(err error) string {
	text := err.Error()
	for _, family := range []error{ErrInvalid, mail.ErrInvalid} {
		if errors.Is(err, family) {
			text = strings.TrimPrefix(text, family.Error()+" : ")
		}
	}
	return capital(text) + "."
}

// preview is what is shown before sending.
func (r *Room) preview(m GroupMail, list Recipients) composePage {
	now := r.Now()
	p := composePage{Seen: list.Mark(), Recipients: list.HTML(), Count: len(list.To)}
	undo := now.Add(mail.Undo)
	e := mail.Entry{State: mail.Queued, Kind: mail.Notice, Created: now, Due: undo, CancelUntil: undo, Urgent: m.Urgent}
	text, why := whenQueued(e, now)
	if p.When = "Le courriel " + text + "."; why != "" {
		p.When = "Le courriel " + text + " : " + why + "."
	}
	if len(list.To) > 0 {
		if _, text, err := r.message(m, list.To[0]).Document(); err == nil {
			p.Preview = text
		}
	}
	return p
}

func (r *Room) showCompose(w http.ResponseWriter, req *http.Request, status int, form *web.Form, p composePage) error {
	groups, err := r.Audience.Groups(req.Context())
	if err != nil {
		return err
	}
	notices := p.Notices
	p.Page = web.Page{Title: "Écrire à un groupe", Robots: "noindex", Crumbs: []web.Crumb{{Label: "Courriels", Href: "/courriels"}},
		Lead: "Chacun reçoit son propre courriel et ne voit pas les autres adresses. Rien ne part avant que vous ayez vu la liste."}
	if n := len(form.Errors); n > 0 {
		notices = append(notices, web.Notice{Kind: web.Danger, Title: french.Plural(n, "élément est à corriger", "éléments sont à corriger"), Text: "Rien n'est perdu de ce que vous avez écrit, et rien n'est parti."})
	}
	p.Notices, p.Key, p.GroupError = notices, keyOf(form), form.Errors["groupe"]
	for _, g := range groups {
		p.Groups = append(p.Groups, web.Option{Value: g.ID, Label: g.Label, Hint: french.Plural(g.Count, "personne", "personnes"),
			Selected: slices.Contains(form.Values["groupe"], g.ID)})
	}
	p.NoGroup = web.Empty{Title: "Il n'y a encore personne à qui écrire", Text: "Les groupes viennent de l'annuaire : ajoutez des personnes et leurs fonctions.",
		Actions: []web.Link{{Label: "Ouvrir l'annuaire", Href: "/personnes"}}}
	p.Fields = []web.Field{
		form.Field(web.Field{Name: "objet", Label: "Objet", Required: true}),
		form.Field(web.Field{Name: "texte", Label: "Message", Type: "textarea", Required: true, Hint: "Une ligne vide sépare deux paragraphes. Votre nom et votre fonction sont ajoutés à la fin."}),
		form.Field(web.Field{Name: "lettre", Label: "C'est une lettre d'information : on peut s'en désabonner", Type: "checkbox", Hint: r.leaveHint()}),
		form.Field(web.Field{Name: "urgent", Label: "Urgent : part aussi la nuit, le week-end et les jours fériés", Type: "checkbox"}),
	}
	w.Header().Set("Cache-Control", "no-store")
	return composeTemplate.Render(w, req, status, p)
}
