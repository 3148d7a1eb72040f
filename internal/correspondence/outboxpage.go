// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"maillage/internal/platform/french"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

//go:embed pages
var pageFiles embed.FS

//go:embed pages/correspondence.css
var pageCSS []byte

var _ = web.AddStyle("courriels.css", pageCSS)

// Limits of the lists.
const (
	mostGroups  = 20
	mostEntries = 200
)

type outboxPage struct {
	web.Page
	Tabs   web.Tabs
	Stats  []web.Stat
	Groups []groupCard
	List   []entryLine
	Empty  web.Empty
	More   bool // the list was cut
	CanAdd bool // there are groups to write to
}

type groupCard struct {
	Anchor, ID string
	Subject    string
	Badge      web.Badge
	When, Why  string
	Counts     string // "12 en attente, 3 refusés"
	Left       string // time left to undo it, "" when it is over
	All        string // address of its list
}

type entryLine struct {
	ID        string
	Subject   string
	To        string
	Kind      string
	Badge     web.Badge
	When, Why string
	Double    string // "peut être arrivé deux fois"
	Retry     bool
	Cancel    bool
}

var outboxTemplate = web.NewTemplate[outboxPage](pageFiles, "pages/outbox.html")

// views are the tabs of the list.
var views = []struct {
	key, label string
	states     []mail.State
	empty      string
}{
	{"", "En attente", []mail.State{mail.Queued, mail.Sending}, "Aucun courriel n'attend"},
	{"refuses", "Refusés", []mail.State{mail.Failed, mail.GivenUp}, "Aucun courriel n'a été refusé"},
	{"partis", "Partis", []mail.State{mail.Sent}, "Aucun courriel n'est parti"},
	{"annules", "Annulés", []mail.State{mail.Cancelled}, "Aucun courriel n'a été annulé"},
}

func (r *Room) outboxList(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"etat", "groupe", "fait", "nombre"}})
	if err != nil {
		return err
	}
	ctx, now := req.Context(), r.Now()
	health, err := r.Outbox.Health(ctx)
	if err != nil {
		return err
	}
	p := outboxPage{CanAdd: r.Audience != nil, Page: web.Page{Title: "Courriels", Lead: "Ce qui attend, ce qui est parti, ce qui n'a pas pu partir."}}
	p.Notices = r.outboxNotices(health, form, now)
	p.Stats = outboxStats(health)
	state, group := form.Text("etat"), form.Text("groupe")
	p.Tabs = web.Tabs{Label: "Courriels par état"}
	view := views[0]
	for _, v := range views {
		if v.key == state {
			view = v
		}
	}
	for _, v := range views {
		href := "/courriels"
		if v.key != "" {
			href += "?etat=" + v.key
		}
		p.Tabs.Items = append(p.Tabs.Items, web.Tab{Label: v.label, Href: href, Current: v.key == view.key && group == ""})
	}
	if view.key == "" && group == "" {
		if p.Groups, err = r.groupCards(ctx, now); err != nil {
			return err
		}
	}
	if group != "" {
		p.Crumbs = []web.Crumb{{Label: "Courriels", Href: "/courriels"}}
	}
	if p.List, err = r.entries(ctx, view.states, group, now); err != nil {
		return err
	}
	p.More = len(p.List) >= mostEntries
	if len(p.Groups) > 0 {
		view.empty = "Aucun autre courriel n'attend"
	}
	p.Empty = web.Empty{Title: view.empty, Text: "Les courriels que le service ou le secrétariat envoient se lisent ici, sans leur texte."}
	w.Header().Set("Cache-Control", "no-store")
	return outboxTemplate.Render(w, req, http.StatusOK, p)
}

func (r *Room) outboxNotices(h mail.Health, form *web.Form, now time.Time) []web.Notice {
	var list []web.Notice
	n, _ := strconv.Atoi(form.Text("nombre")) // only for the sentence
	switch form.Text("fait") {
	case "envoye":
		list = append(list, web.Notice{Kind: web.Success, Title: "C'est dans la boîte d'envoi", Text: "Vous pouvez encore l'annuler pendant dix minutes, ci-dessous."})
	case "annule":
		list = append(list, web.Notice{Kind: web.Success, Title: "L'envoi est annulé", Text: french.Plural(n, "courriel ne partira pas.", "courriels ne partiront pas.")})
	case "reessaye":
		list = append(list, web.Notice{Kind: web.Success, Title: "Le courriel repart", Text: "Il sera essayé de nouveau dans un instant."})
	}
	if !r.Sends {
		text := "Donnez-le par le réglage smtp_url (MAILLAGE_SMTP_URL), puis relancez le service. D'ici là les courriels restent dans la boîte d'envoi."
		if r.Demo {
			text = "C'est une démonstration : les courriels restent ici, et leur texte se lit sur la page des courriels de la démonstration."
		}
		notice := web.Notice{Kind: web.Warning, Title: "Aucun serveur de courrier n'est réglé : rien ne part", Text: text}
		if r.Demo {
			notice.Kind, notice.Link = web.Info, web.Link{Label: "Lire les courriels de la démonstration", Href: demoPath}
		}
		list = append(list, notice)
	} else if !h.Late.IsZero() && now.Sub(h.Late) > lateAfter {
		list = append(list, web.Notice{Kind: web.Warning, Title: "Des courriels sont en retard",
			Text: "Le plus ancien aurait dû partir " + moment(h.Late, now) + ". Le serveur de courrier répond-il ? La commande « maillage doctor » le dit."})
	}
	return list
}

func outboxStats(h mail.Health) []web.Stat {
	stat := func(label string, n int, href string) web.Stat {
		return web.Stat{Label: label, Value: french.Int(n), Href: href}
	}
	return []web.Stat{
		stat("En attente", h.Count[mail.Queued]+h.Count[mail.Sending], "/courriels"),
		stat("Refusés", h.Count[mail.Failed]+h.Count[mail.GivenUp], "/courriels?etat=refuses"),
		stat("Partis", h.Count[mail.Sent], "/courriels?etat=partis"),
	}
}

func (r *Room) groupCards(ctx context.Context, now time.Time) ([]groupCard, error) {
	groups, err := r.Outbox.Groups(ctx, mostGroups)
	if err != nil {
		return nil, err
	}
	var cards []groupCard
	for i, g := range groups {
		waiting := g.Count[mail.Queued] + g.Count[mail.Sending]
		if waiting == 0 {
			continue
		}
		c := groupCard{Anchor: "envoi-" + strconv.Itoa(i+1), ID: g.ID, Subject: g.Subject, Badge: badgeOf(mail.Queued),
			All: "/courriels?" + url.Values{"groupe": {g.ID}}.Encode()}
		c.When, c.Why = whenQueued(mail.Entry{Kind: g.Kind, Due: g.Due, Created: g.Created, CancelUntil: g.CancelUntil, Urgent: g.Urgent}, now)
		c.When = capital(c.When)
		var counts []string
		for _, s := range []mail.State{mail.Queued, mail.Sending, mail.Sent, mail.Failed, mail.GivenUp, mail.Cancelled} {
			if n := g.Count[s]; n > 0 {
				counts = append(counts, french.Int(n)+" "+plural(s, n))
			}
		}
		c.Counts = strings.Join(counts, ", ")
		if g.Cancellable(now) {
			c.Left = left(g.CancelUntil, now)
		}
		cards = append(cards, c)
	}
	return cards, nil
}

// plural is a state for several messages.
func plural(s mail.State, n int) string {
	if n < 2 || s == mail.Queued || s == mail.Sending {
		return s.French()
	}
	return s.French() + "s"
}

func (r *Room) entries(ctx context.Context, states []mail.State, group string, now time.Time) ([]entryLine, error) {
	alone := states[0] == mail.Queued // those that wait in a group are told together, above
	if group != "" {
		states, alone = []mail.State{""}, false
	}
	var lines []entryLine
	for _, s := range states {
		list, err := r.Outbox.List(ctx, mail.Filter{State: s, Group: group, Single: alone}, mostEntries)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if len(lines) < mostEntries {
				lines = append(lines, lineOf(e, now))
			}
		}
	}
	return lines, nil
}

func lineOf(e mail.Entry, now time.Time) entryLine {
	l := entryLine{ID: e.ID, Subject: subjectOf(e), To: e.To.Addr, Kind: kindLabels[e.Kind], Badge: badgeOf(e.State),
		Retry:  (e.State == mail.Failed || e.State == mail.GivenUp) && e.Kind != mail.Access,
		Cancel: e.State == mail.Queued && e.Group == "" && e.Kind != mail.Access}
	if e.To.Name != "" {
		l.To = e.To.Name + ", " + e.To.Addr
	}
	l.When, l.Why = when(e, now)
	l.When = capital(l.When)
	if e.Uncertain > 0 {
		l.Double = "Le serveur n'a pas répondu une fois : ce courriel peut être arrivé en double."
	}
	return l
}

// gesture runs a change of the outbox asked for by a form with one field, then shows the list.
func (r *Room) gesture(field string, change func(ctx context.Context, tx *sql.Tx, value string) (done string, n int, err error)) web.Handler {
	return func(w http.ResponseWriter, req *http.Request) error {
		form, err := web.ReadForm(req, web.FormSpec{Fields: []string{field}})
		if err != nil {
			return err
		}
		ctx := req.Context()
		var done string
		var n int
		err = r.DB.Tx(ctx, func(tx *sql.Tx) (err error) {
			done, n, err = change(ctx, tx, form.Text(field))
			return err
		})
		switch {
		case errors.Is(err, mail.ErrTooLate):
			return &web.Problem{Status: http.StatusConflict, Title: "Trop tard pour annuler", Detail: "L'envoi est déjà parti, au moins en partie : il n'a pas été annulé.",
				Link: web.Link{Label: "Revenir aux courriels", Href: "/courriels"}}
		case errors.Is(err, mail.ErrUnknown):
			return web.NotFound("Ce courriel n'existe pas, ou il n'est plus dans cet état : revenez à la liste des courriels pour voir ce qu'il en est.")
		case err != nil:
			return err
		}
		r.Outbox.Wake()
		return web.Redirect(w, req, "/courriels?"+url.Values{"fait": {done}, "nombre": {strconv.Itoa(n)}}.Encode())
	}
}

func (r *Room) cancelGroup(ctx context.Context, tx *sql.Tx, group string) (string, int, error) {
	n, err := r.Outbox.Cancel(ctx, tx, group)
	return "annule", n, err
}

// cancelOne takes back one message that waits; those of a group are undone together.
func (r *Room) cancelOne(ctx context.Context, tx *sql.Tx, id string) (string, int, error) {
	e, err := r.Outbox.Entry(ctx, tx, id)
	if err != nil {
		return "", 0, err
	}
	if e.Group != "" || e.Kind == mail.Access {
		return "", 0, mail.ErrUnknown
	}
	n, err := r.Outbox.Withdraw(ctx, tx, e.Key)
	if err == nil && n == 0 {
		err = mail.ErrTooLate
	}
	return "annule", n, err
}

func (r *Room) retry(ctx context.Context, tx *sql.Tx, id string) (string, int, error) {
	return "reessaye", 1, r.Outbox.Retry(ctx, tx, id)
}
