// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"maillage/internal/drafts"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// handoverPage is all that a person holds, and to whom it goes.
type handoverPage struct {
	web.Page
	Action, Cancel, Summary string
	Draft                   drafts.Form
	All                     pick
	Items                   []heldRow
	Fields                  []web.Field
	Empty                   web.Empty
	Sent                    []handoverView
}

type heldRow struct {
	Held
	Pick  pick
	State string // a proposal that waits already
}

// handoverView is a handover as both sides see it.
type handoverView struct {
	Handover
	From, FromHref, To, ToHref string
	Badge                      web.Badge
	Undo, Accept, Decline      string // addresses, "" when not offered
	When, AnsweredOn           string
}

var (
	handoverTemplate = web.NewTemplate[handoverPage](pageFiles, "pages/handover.html", "pages/handover-card.html", "pages/parts.html")
	inboxTemplate    = web.NewTemplate[inboxPage](pageFiles, "pages/handovers.html", "pages/handover-card.html", "pages/parts.html")
	summaryTemplate  = web.NewTemplate[summaryPage](pageFiles, "pages/summary.html", "pages/parts.html")
)

const maxHeld = 100

func handoverSpec() web.FormSpec {
	fields := []string{"tous", "tous-choix", "du", "mot", "depart"}
	for i := range maxHeld {
		n := "a-" + strconv.Itoa(i)
		fields = append(fields, n, n+"-choix", "tenu-"+strconv.Itoa(i))
	}
	return web.FormSpec{Fields: fields, MaxParts: 3*maxHeld + 5}
}

var handoverFields = handoverSpec()

func (r *Room) handoverForm(w http.ResponseWriter, req *http.Request) error {
	who, err := r.subject(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"fait"}})
	if err != nil {
		return err
	}
	form.Values.Set("du", r.Today().AddDays(1).String())
	return r.showHandover(w, req, http.StatusOK, who, form, nil, "")
}

func (r *Room) showHandover(w http.ResponseWriter, req *http.Request, status int, who Person, form *web.Form, hesitates map[string][]choice, refused string) error {
	ctx := req.Context()
	base, home := place(req, who)
	held, err := r.Holdings(ctx, r.DB.Read(), who.ID)
	if err != nil {
		return err
	}
	all, err := r.personChoices(req, who.ID)
	if err != nil {
		return err
	}
	p := handoverPage{Page: web.Page{Title: "Passer la main", Nav: section, Robots: "noindex", Notices: mistakes(form),
		Crumbs: append(directoryCrumbs, web.Crumb{Label: who.Name(), Href: home}),
		Lead:   "Tout ce que tient " + who.Name() + ". Choisissez qui prend la suite : rien ne change avant son accord."},
		Action: base + "/passation", Cancel: home, Summary: base + "/passation/resume",
		Empty: web.Empty{Title: "Rien à transmettre", Text: who.Name() + " ne tient ni fonction ni tâche en ce moment."}}
	if refused != "" {
		p.Notices = []web.Notice{{Kind: web.Danger, Title: "Cette passation ne peut pas être proposée", Text: capital(refused) + "."}}
	}
	if form.Text("fait") == "proposee" {
		p.Notices = []web.Notice{{Kind: web.Success, Title: "La passation est proposée.", Text: "Chaque successeur la trouve dans son compte et répond. Vous pouvez l'annuler avant sa réponse."}}
	}
	if p.Sent, err = r.viewHandovers(ctx, req, who, base); err != nil {
		return err
	}
	waiting := map[string]string{}
	for _, h := range p.Sent {
		for _, it := range h.Items {
			if h.State == Proposed {
				waiting[it.Holder+it.ID] = "Proposée à " + h.To
			}
		}
	}
	p.All = pickField(form, web.Field{Name: "tous", Label: "Le même successeur pour tout", Hint: "Quelques lettres de son nom suffisent. Ou choisissez ligne par ligne ci-dessous."}, all, hesitates["tous"])
	for i, h := range held[:min(len(held), maxHeld)] {
		name := "a-" + strconv.Itoa(i)
		row := heldRow{Held: h, State: waiting[h.Holder+h.ID], Pick: pickField(form, web.Field{Name: name, Label: "Successeur pour : " + h.Label}, all, hesitates[name])}
		row.Pick.Among = nil // the suggestions are those of the first field
		p.Items = append(p.Items, row)
	}
	p.Fields = []web.Field{
		form.Field(web.Field{Name: "du", Label: "Premier jour du successeur", Type: "date", Required: true}),
		form.Field(web.Field{Name: "mot", Label: "Un mot pour la suite", Type: "textarea", Hint: "Où en sont les choses, qui appeler, ce qui presse."}),
		form.Field(web.Field{Name: "depart", Label: "La personne quitte ses postes la veille", Type: "checkbox", Hint: "Ses droits finissent ce jour-là. Ce qu'elle a fait reste signé de son nom."}),
	}
	private(w)
	p.Draft, p.Scripts = r.Drafts.Page(req, p.Action, ""), []string{drafts.Script}
	return handoverTemplate.Render(w, req, status, p)
}

// viewHandovers are the handovers of a person, with what may be done with them.
func (r *Room) viewHandovers(ctx context.Context, req *http.Request, who Person, base string) ([]handoverView, error) {
	list, err := r.handoversOf(ctx, r.DB.Read(), who.ID)
	var out []handoverView
	for _, h := range list {
		v, err := r.viewHandover(ctx, h)
		if err != nil {
			return nil, err
		}
		if h.State == Proposed {
			v.Undo = base + "/passations/" + h.ID + "/annuler"
		}
		out = append(out, v)
	}
	return out, err
}

func (r *Room) viewHandover(ctx context.Context, h Handover) (handoverView, error) {
	v := handoverView{Handover: h, Badge: h.State.Badge(), When: h.On.French(), FromHref: "/personnes/" + h.Person, ToHref: "/personnes/" + h.Successor}
	if !h.Answered.IsZero() {
		v.AnsweredOn = clock.On(h.Answered).French()
	}
	for _, x := range []struct {
		id string
		to *string
	}{{h.Person, &v.From}, {h.Successor, &v.To}} {
		p, err := r.Person(ctx, r.DB.Read(), x.id)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return v, err
		}
		*x.to = p.Name()
	}
	return v, nil
}

func (r *Room) proposeHandover(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	who, err := r.subject(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, handoverFields)
	if err != nil {
		return err
	}
	held, err := r.Holdings(ctx, r.DB.Read(), who.ID)
	if err != nil {
		return err
	}
	all, err := r.personChoices(req, who.ID)
	if err != nil {
		return err
	}
	form.Required("du", "Donnez le premier jour du successeur.")
	on := form.Date("du")
	if !on.IsZero() && on.Before(r.Today()) {
		form.Fail("du", "Le successeur ne peut pas commencer avant aujourd'hui : ce qui est passé reste signé de qui l'a fait.")
	}
	if n := len([]rune(form.Text("mot"))); n > 2000 {
		form.Fail("mot", "Ce mot compte "+french.Int(n)+" caractères ; 2 000 au plus.")
	}
	list, hesitates := shareOut(form, who.ID, held, all, on)
	if form.Valid() && len(list) == 0 {
		form.Fail("tous", "Choisissez au moins un successeur.")
	}
	if !form.Valid() {
		return r.showHandover(w, req, http.StatusUnprocessableEntity, who, form, hesitates, "")
	}
	if err := r.Propose(ctx, list, form.Checked("depart")); err != nil {
		if said := refusedHandover(err); said != "" {
			return r.showHandover(w, req, http.StatusUnprocessableEntity, who, form, hesitates, said)
		}
		return forbidden(err)
	}
	base, _ := place(req, who)
	return web.Redirect(w, req, base+"/passation?fait=proposee")
}

// refusedHandover is the reason of the rules for refusing a proposal, "" for other errors.
func refusedHandover(err error) string {
	for _, rule := range append([]error{ErrHandoverSelf}, ruled...) {
		if errors.Is(err, rule) {
			return err.Error()
		}
	}
	return ""
}

// shareOut makes one handover a successor of what was chosen line by line, else for all.
func shareOut(form *web.Form, person string, held []Held, all []choice, on clock.Date) ([]Handover, map[string][]choice) {
	hesitates := map[string][]choice{}
	find := func(name string) string {
		id, many := resolve(form, name, all, "Personne")
		hesitates[name] = many
		return id
	}
	everyone := find("tous")
	by := map[string]int{}
	var list []Handover
	for i, h := range held[:min(len(held), maxHeld)] {
		n := strconv.Itoa(i)
		if said := form.Text("tenu-" + n); said != "" && said != h.Holder+"/"+h.ID {
			form.Fail("a-"+n, "La liste a changé entre-temps : relisez cette ligne.")
			continue
		}
		to := find("a-" + n)
		if to == "" {
			to = everyone
		}
		if to == "" {
			continue
		}
		k, ok := by[to]
		if !ok {
			k = len(list)
			by[to] = k
			list = append(list, Handover{Person: person, Successor: to, On: on, Note: form.Text("mot")})
		}
		list[k].Items = append(list[k].Items, h)
	}
	return list, hesitates
}

// inboxPage is what others propose to somebody, and what they propose to others.
type inboxPage struct {
	web.Page
	Received, Sent []handoverView
	Empty          web.Empty
}

func (r *Room) handoverInbox(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	who, err := r.subject(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"fait"}})
	if err != nil {
		return err
	}
	p := inboxPage{Page: web.Page{Title: "Mes passations", Robots: "noindex", Crumbs: []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Mon compte", Href: "/moi"}}},
		Empty: web.Empty{Title: "Aucune passation ne vous concerne", Actions: []web.Link{{Label: "Passer la main", Href: "/moi/passation"}}}}
	switch form.Text("fait") {
	case "acceptee":
		p.Notices = []web.Notice{{Kind: web.Success, Title: "Vous prenez la suite. Merci.", Text: "Vos nouvelles fonctions apparaissent dans le menu de votre compte dès leur premier jour."}}
	case "declinee":
		p.Notices = []web.Notice{{Kind: web.Success, Title: "Vous avez décliné. Rien ne change."}}
	case "annulee":
		p.Notices = []web.Notice{{Kind: web.Success, Title: "La proposition est annulée."}}
	}
	list, err := r.handoversTo(ctx, r.DB.Read(), who.ID)
	if err != nil {
		return err
	}
	for _, h := range list {
		v, err := r.viewHandover(ctx, h)
		if err != nil {
			return err
		}
		if h.State == Proposed {
			v.Accept, v.Decline = "/moi/passations/"+h.ID+"/accepter", "/moi/passations/"+h.ID+"/decliner"
		}
		p.Received = append(p.Received, v)
	}
	if p.Sent, err = r.viewHandovers(ctx, req, who, "/moi"); err != nil {
		return err
	}
	private(w)
	return inboxTemplate.Render(w, req, http.StatusOK, p)
}

func (r *Room) answerHandover(accept bool) web.Handler {
	return func(w http.ResponseWriter, req *http.Request) error {
		form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"mot"}, MaxText: 8 << 10})
		if err != nil {
			return err
		}
		if err := r.Answer(req.Context(), req.PathValue("passation"), accept, form.Text("mot")); err != nil {
			return handoverProblem(err)
		}
		if accept {
			return web.Redirect(w, req, "/moi/passations?fait=acceptee")
		}
		return web.Redirect(w, req, "/moi/passations?fait=declinee")
	}
}

func handoverProblem(err error) error {
	if errors.Is(err, ErrHandoverOver) {
		return web.Conflict(capital(ErrHandoverOver.Error()) + ".")
	}
	return forbidden(foreign(err))
}

func (r *Room) withdrawHandover(w http.ResponseWriter, req *http.Request) error {
	if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
		return err
	}
	h, err := r.handover(req.Context(), r.DB.Read(), req.PathValue("passation"))
	if id := req.PathValue("id"); err == nil && id != "" && id != h.Person {
		err = ErrUnknown
	}
	if err != nil {
		return foreign(err)
	}
	if err := r.Withdraw(req.Context(), h.ID); err != nil {
		return handoverProblem(err)
	}
	if req.PathValue("id") != "" {
		return web.Redirect(w, req, "/personnes/"+h.Person+"/passation")
	}
	return web.Redirect(w, req, "/moi/passations?fait=annulee")
}

// toSuccessor is the scope of an answer: only the successor gives it.
func (r *Room) toSuccessor(req *http.Request) (web.Scope, error) {
	h, err := r.handover(req.Context(), r.DB.Read(), req.PathValue("passation"))
	return web.Scope{Person: h.Successor}, foreign(err)
}

// ofLeaver is the scope of what the person who leaves, or who proposed for them, may take back.
func (r *Room) ofLeaver(req *http.Request) (web.Scope, error) {
	h, err := r.handover(req.Context(), r.DB.Read(), req.PathValue("passation"))
	if h.ByPerson != "" && h.ByPerson == me(req) {
		return web.Scope{Person: h.ByPerson}, foreign(err)
	}
	return web.Scope{Person: h.Person}, foreign(err)
}

// summaryPage is a handover on paper: what is held and who takes it, then where things stand.
type summaryPage struct {
	web.Page
	Posts []web.Fact
	Held  web.Table
	Sent  []handoverView
	Back  string
}

func (r *Room) handoverSummary(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	who, err := r.subject(req)
	if err != nil {
		return err
	}
	base, home := place(req, who)
	p := summaryPage{Page: web.Page{Title: "Passation de " + who.Name(), Nav: section, Robots: "noindex", Lead: "État au " + r.Today().French() + ".",
		Crumbs: append(directoryCrumbs, web.Crumb{Label: who.Name(), Href: home})}, Back: base + "/passation"}
	if p.Posts, err = r.personWeight(ctx, who); err != nil {
		return err
	}
	if p.Sent, err = r.viewHandovers(ctx, req, who, base); err != nil {
		return err
	}
	held, err := r.Holdings(ctx, r.DB.Read(), who.ID)
	if err != nil {
		return err
	}
	p.Held = web.Table{ID: "tenu", Caption: "Ce que tient cette personne", Quiet: true, Stack: true, Columns: []web.Column{{Label: "Quoi"}, {Label: "Successeur"}, {Label: "État"}}}
	for _, h := range held {
		row := web.Row{Cells: []web.Cell{{Text: h.Label, Note: h.Note}, {Text: "à désigner", Void: true}, {}}}
		for _, v := range p.Sent {
			for _, it := range v.Items {
				if it.Holder == h.Holder && it.ID == h.ID && v.State != Withdrawn && v.State != Declined {
					row.Cells[1], row.Cells[2] = web.Cell{Text: v.To, Note: "à partir du " + v.When}, web.Cell{Badge: v.Badge}
				}
			}
		}
		p.Held.Rows = append(p.Held.Rows, row)
	}
	private(w)
	return summaryTemplate.Render(w, req, http.StatusOK, p)
}
