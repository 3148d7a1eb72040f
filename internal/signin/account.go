// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"net/http"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// accountPage is somebody's own page: what the service knows of them and where to change it.
type accountPage struct {
	web.Page
	Facts    []web.Fact
	Hats     []hatLine
	Sections []section
	Security []section
}

type hatLine struct {
	Title   string
	When    string
	Badge   web.Badge
	Current bool
}

// section is a place of the account, with what stands there now.
type section struct{ Label, Href, State string }

// Place is a page of the account that another room holds: State is the sentence under its name.
type Place struct{ Label, Href, State string }

var accountTemplate = web.NewTemplate[accountPage](pageFiles, "pages/compte.html")

func (r *Room) account(w http.ResponseWriter, req *http.Request) error {
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	ctx := req.Context()
	has, err := r.held(ctx, v)
	if err != nil {
		return err
	}
	open, err := r.sessions.living(ctx, v.records, r.Now())
	if err != nil {
		return err
	}
	hats, err := r.People.Hats(ctx, r.sessions.db.Read(), v.person.ID)
	if err != nil {
		return err
	}
	page := accountPage{Page: web.Page{Title: "Mon compte", Robots: "noindex"},
		Facts: []web.Fact{{Label: "Nom", Value: v.person.Name()}, {Label: "Adresse professionnelle", Value: orNone(v.person.Mail)}}}
	today := r.People.Today()
	for _, h := range hats {
		page.Hats = append(page.Hats, lineOf(h, today, h.ID == v.hat.ID))
	}
	page.Sections = []section{
		{"Absence et suppléance", "/moi/absence", absenceState(v.person.Absence, today)},
		{"Rythme des courriels", "/moi/courriels", rhythmState(v.person.Rhythm)},
		{"Rappels", "/moi/rappels", "Ce que vous avez promis, et pour quand"},
		{"Passations", "/moi/passations", "Ce que l'on vous confie, ce que vous confiez"},
	}
	for _, e := range r.Account {
		page.Sections = append(page.Sections, section(e))
	}
	proof := "Aucune seconde preuve"
	if has.any() {
		proof = "En place"
	}
	page.Security = []section{
		{"Seconde preuve d'identité", "/moi/second-facteur", proof},
		{"Clés d'accès", "/moi/cles", french.Plural(has.passkeys, "clé", "clés")},
		{"Appareils connectés", "/moi/appareils", french.Plural(len(open), "session ouverte", "sessions ouvertes")},
		{"Changer d'adresse", "/moi/adresse", "Par un code envoyé à la nouvelle"},
	}
	return accountTemplate.Render(w, req, http.StatusOK, page)
}

func orNone(s string) string {
	if s == "" {
		return "aucune"
	}
	return s
}

func lineOf(h people.Hat, today clock.Date, current bool) hatLine {
	l := hatLine{Title: h.Title(), Current: current}
	from, to := h.From, h.To
	if h.Affiliation.From.After(from) {
		from = h.Affiliation.From
	}
	if end := h.Affiliation.To; !end.IsZero() && (to.IsZero() || to.After(end)) {
		to = end
	}
	l.When = "depuis le " + from.French()
	if !to.IsZero() {
		l.When = "du " + from.French() + " au " + to.French()
	}
	switch {
	case current:
		l.Badge = web.Badge{Kind: web.Success, Text: "portée en ce moment"}
	case !h.On(today) && from.After(today):
		l.Badge = web.Badge{Kind: web.Pending, Text: "à venir"}
	case !h.On(today):
		l.Badge = web.Badge{Kind: web.Neutral, Text: "terminée"}
	}
	return l
}

func absenceState(a people.Absence, today clock.Date) string {
	switch {
	case a.On(today) && a.To.IsZero():
		return "Absent jusqu'à nouvel ordre"
	case a.On(today):
		return "Absent jusqu'au " + a.To.French()
	case !a.From.IsZero() && a.From.After(today):
		return "Absence prévue à partir du " + a.From.French()
	}
	return "Présent"
}

func rhythmState(said string) string {
	rhythm, err := mail.ParseRhythm(said)
	switch {
	case err != nil:
		return "À vérifier"
	case rhythm.Every == mail.Weekly:
		return "Un résumé par semaine"
	case rhythm.Every == mail.Daily:
		return "Un résumé par jour ouvré"
	}
	return "Choisi par vous"
}

// devicesPage lists one's sessions.
type devicesPage struct {
	web.Page
	Devices []deviceLine
	Others  bool
	Ties    []tie
}

type deviceLine struct {
	ID, Device, Method, Since, Seen string
	This, Proved                    bool
}

var devicesTemplate = web.NewTemplate[devicesPage](pageFiles, "pages/appareils.html")

// methods are the ways in, in words.
var methods = map[string]string{"courriel": "par courriel", "cle": "par clé d'accès", "oidc": "par un compte professionnel",
	"demonstration": "à un compte de démonstration", "jeton": "par le premier accès"}

func (r *Room) devices(w http.ResponseWriter, req *http.Request) error {
	v, ok := visitorOf(req.Context())
	if !ok {
		return web.ErrForeign()
	}
	records, err := r.records(req.Context(), r.sessions.db.Read(), v.person.ID)
	if err != nil {
		return err
	}
	list, err := r.sessions.living(req.Context(), records, r.Now())
	if err != nil {
		return err
	}
	ties, err := r.ties(req.Context(), r.sessions.db.Read(), records)
	if err != nil {
		return err
	}
	page := devicesPage{Others: len(list) > 1, Ties: ties, Page: web.Page{Title: "Appareils connectés", Robots: "noindex", Crumbs: toAccount,
		Lead: "Chaque ligne est un navigateur où votre compte est ouvert. Fermez ceux que vous ne reconnaissez pas."}}
	if n := req.URL.Query().Get("fermes"); n != "" {
		page.Notices = []web.Notice{{Kind: web.Success, Text: "C'est fait : ce qui a été fermé ne peut plus rien ouvrir ni écrire. La session de cet appareil continue."}}
	}
	for _, s := range list {
		page.Devices = append(page.Devices, deviceLine{ID: s.ID, Device: s.Device, Method: methods[s.Method], Since: moment(s.Created),
			Seen: seenWords(r.Now().Sub(s.Seen), s.Seen), This: s.ID == v.session.ID, Proved: !s.Proved.IsZero()})
	}
	return devicesTemplate.Render(w, req, http.StatusOK, page)
}

// seenWords says when a session was last used; it is known to five minutes.
func seenWords(ago time.Duration, at time.Time) string {
	if ago < 2*notice {
		return "utilisé à l'instant"
	}
	return "utilisé le " + moment(at)
}
