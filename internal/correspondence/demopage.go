// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"errors"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// demoPath shows the mails of a demonstration to everyone: codes to sign in included. It exists in
// demonstration only.
const demoPath = "/demonstration/courriels"

type demoPage struct {
	web.Page
	List    []demoLine
	Empty   web.Empty
	Reading bool
	Facts   []web.Fact
	Text    template.HTML
	HTML    string // address of the HTML part, "" when there is none
	Wiped   bool
}

type demoLine struct {
	Subject, Href, To, When, Kind string
	Badge                         web.Badge
}

var demoTemplate = web.NewTemplate[demoPage](pageFiles, "pages/demo.html")

func (r *Room) demonstration(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"lire", "forme"}})
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	if id := form.Text("lire"); id != "" {
		return r.demoRead(w, req, id, form.Text("forme") == "html")
	}
	list, err := r.Outbox.List(req.Context(), mail.Filter{}, mostEntries)
	if err != nil {
		return err
	}
	now := r.Now()
	p := demoPage{Page: web.Page{Title: "Courriels de la démonstration", Robots: "noindex", Crumbs: []web.Crumb{{Label: "Démonstration", Href: "/demonstration"}},
		Lead: "Ce que le service écrirait, à qui et quand. Ces adresses n'existent pas ; sur un vrai service, personne ne lit ici le texte des courriels."},
		Empty: web.Empty{Title: "Aucun courriel n'a encore été écrit", Text: "Demandez un code de connexion, ou écrivez à un groupe : le courriel apparaît ici.",
			Actions: []web.Link{{Label: "Essayer les rôles", Href: "/demonstration"}}}}
	for _, e := range list {
		l := demoLine{Subject: e.Subject, Href: demoPath + "?" + url.Values{"lire": {e.ID}}.Encode(), To: e.To.Addr, Kind: kindLabels[e.Kind], Badge: badgeOf(e.State)}
		if e.To.Name != "" {
			l.To = e.To.Name + ", " + e.To.Addr
		}
		if l.When, _ = when(e, now); !r.Sends && e.State == mail.Queued {
			l.When = "écrit " + moment(e.Created, now) + " ; sur un vrai service, il " + strings.Replace(l.When, "dès que possible", "partirait aussitôt", 1)
			l.When = strings.Replace(l.When, "il partira ", "il partirait ", 1)
		}
		l.When = capital(l.When)
		p.List = append(p.List, l)
	}
	return demoTemplate.Render(w, req, http.StatusOK, p)
}

func (r *Room) demoRead(w http.ResponseWriter, req *http.Request, id string, asHTML bool) error {
	ctx := req.Context()
	e, err := r.Outbox.Entry(ctx, r.DB.Read(), id)
	if errors.Is(err, mail.ErrUnknown) {
		return web.NotFound("Ce courriel n'existe pas. Revenez à la liste des courriels de la démonstration.")
	}
	if err != nil {
		return err
	}
	p := demoPage{Reading: true, Page: web.Page{Title: e.Subject, Robots: "noindex",
		Crumbs: []web.Crumb{{Label: "Démonstration", Href: "/demonstration"}, {Label: "Courriels de la démonstration", Href: demoPath}}}}
	m, err := r.Outbox.Message(ctx, id)
	switch {
	case errors.Is(err, mail.ErrUnknown):
		p.Wiped = true
		return demoTemplate.Render(w, req, http.StatusOK, p)
	case err != nil:
		return err
	}
	page, text, err := m.Document()
	if err != nil {
		return err
	}
	if asHTML && page != "" {
		return web.Bytes(w, req, http.StatusOK, "text/html; charset=utf-8", []byte(page))
	}
	if page != "" {
		p.HTML = demoPath + "?" + url.Values{"lire": {id}, "forme": {"html"}}.Encode()
	}
	p.Facts = []web.Fact{{Label: "À", Value: strings.TrimPrefix(m.To.Name+", "+m.To.Addr, ", ")}, {Label: "Objet", Value: m.Subject}, {Label: "État", Value: e.State.French()}}
	p.Text = linked(text)
	return demoTemplate.Render(w, req, http.StatusOK, p)
}

var address = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)]`)

// linked is plain text with its addresses as links.
func linked(text string) template.HTML {
	var b strings.Builder
	last := 0
	for _, at := range address.FindAllStringIndex(text, -1) {
		link := html.EscapeString(text[at[0]:at[1]])
		b.WriteString(html.EscapeString(text[last:at[0]]) + `<a href="` + link + `">` + link + `</a>`)
		last = at[1]
	}
	b.WriteString(html.EscapeString(text[last:]))
	return template.HTML(b.String()) // #nosec G203 -- escaped above
}
