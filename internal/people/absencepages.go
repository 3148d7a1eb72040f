// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

var absenceSpec = web.FormSpec{Fields: []string{"absence-du", "absence-au", "suppleant", "suppleant-choix", "version", "geste"}}

// subject is who a page is about: the person that the address names, or the one signed in.
func (r *Room) subject(req *http.Request) (Person, error) {
	id := req.PathValue("id")
	if id == "" {
		id = me(req)
	}
	p, err := r.Person(req.Context(), r.DB.Read(), id)
	return p, foreign(err)
}

// place is where the pages about somebody lie, for others and for themself.
func place(req *http.Request, p Person) (base, home string) {
	if req.PathValue("id") == "" {
		return "/moi", "/personnes/" + p.ID
	}
	return "/personnes/" + p.ID, "/personnes/" + p.ID
}

func (r *Room) absenceForm(w http.ResponseWriter, req *http.Request) error {
	who, err := r.subject(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, absenceSpec)
	if err != nil {
		return err
	}
	form.Values.Set("absence-du", who.Absence.From.String())
	form.Values.Set("absence-au", who.Absence.To.String())
	form.Values.Set("version", strconv.FormatInt(who.Version, 10))
	if who.Absence.Deputy != "" {
		if d, err := r.Person(req.Context(), r.DB.Read(), who.Absence.Deputy); err == nil {
			form.Values.Set("suppleant", d.Name())
		}
	}
	return r.showAbsence(w, req, http.StatusOK, who, form, nil, nil)
}

func (r *Room) showAbsence(w http.ResponseWriter, req *http.Request, status int, who Person, form *web.Form, hesitates []choice, conflict *web.Table) error {
	base, home := place(req, who)
	all, err := r.personChoices(req, who.ID)
	if err != nil {
		return err
	}
	p := formPage{Page: web.Page{Title: "Absence", Lead: who.Name() + " : pendant l'absence, la personne qui supplée reçoit les courriels et les rappels.", Nav: section, Robots: "noindex",
		Crumbs: append(directoryCrumbs, web.Crumb{Label: who.Name(), Href: home}), Notices: mistakes(form)},
		Action: base + "/absence", Cancel: home, Submit: "Enregistrer", Version: form.Text("version"), Conflict: conflict,
		Note: "La suppléance donne les courriels, pas les droits : chacun agit toujours en son nom."}
	if conflict != nil {
		p.Notices = []web.Notice{conflictNotice}
	}
	p.Parts = []formPart{
		plain(form.Field(web.Field{Name: "absence-du", Label: "Premier jour d'absence", Type: "date", Hint: "Vide : pas d'absence."})),
		plain(form.Field(web.Field{Name: "absence-au", Label: "Dernier jour d'absence", Type: "date", Hint: "Vide : jusqu'à nouvel ordre."})),
		picked(pickField(form, web.Field{Name: "suppleant", Label: "Qui supplée ?", Hint: "Quelques lettres de son nom suffisent."}, all, hesitates)),
	}
	return r.showForm(w, req, status, p)
}

func (r *Room) setAbsence(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	who, err := r.subject(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, absenceSpec)
	if err != nil {
		return err
	}
	p := who
	p.Absence = Absence{From: form.Date("absence-du"), To: form.Date("absence-au")}
	p.Version, _ = strconv.ParseInt(form.Text("version"), 10, 64)
	var hesitates []choice
	if !p.Absence.From.IsZero() {
		all, err := r.personChoices(req, who.ID)
		if err != nil {
			return err
		}
		p.Absence.Deputy, hesitates = resolve(form, "suppleant", all, "Personne d'autre")
		if !p.Absence.To.IsZero() && p.Absence.To.Before(p.Absence.From) {
			form.Fail("absence-au", "Le dernier jour précède le premier.")
		}
	} else if !p.Absence.To.IsZero() || form.Text("suppleant") != "" && who.Absence.From.IsZero() {
		form.Fail("absence-du", "Donnez le premier jour d'absence.")
	} else {
		p.Absence = Absence{}
	}
	if form.Valid() {
		err = r.loops(ctx, form, p)
	}
	if err != nil {
		return err
	}
	if !form.Valid() {
		return r.showAbsence(w, req, http.StatusUnprocessableEntity, who, form, hesitates, nil)
	}
	err = r.ChangePerson(ctx, p)
	if errors.Is(err, ErrStale) {
		if who, err = r.subject(req); err != nil {
			return err
		}
		form.Values.Set("version", strconv.FormatInt(who.Version, 10))
		return r.showAbsence(w, req, http.StatusConflict, who, form, nil, conflictTable(r, personAttributes[4:7], &who, &p))
	}
	if err != nil {
		return forbidden(err)
	}
	_, home := place(req, who)
	return web.Redirect(w, req, home+"?fait=absence")
}

// loops refuses a deputy whose own deputies lead back while all are away.
func (r *Room) loops(ctx context.Context, form *web.Form, p Person) error {
	if p.Absence.Deputy == "" {
		return nil
	}
	at, day := p.Absence.Deputy, p.Absence.From
	for seen := map[string]bool{}; at != "" && !seen[at]; {
		seen[at] = true
		d, err := r.Person(ctx, r.DB.Read(), at)
		if err != nil || !d.Absence.On(day) {
			return ignoreUnknown(err)
		}
		at = d.Absence.Deputy
		if at == p.ID {
			form.Fail("suppleant", "Cette personne est absente en même temps, et c'est "+p.Name()+" qui la supplée : choisissez quelqu'un d'autre.")
			return nil
		}
	}
	return nil
}

var (
	rhythms = []web.Option{
		{Value: string(mail.Weekly), Label: "Une fois par semaine", Hint: "Un seul courriel, qui rassemble tout."},
		{Value: string(mail.Daily), Label: "Chaque jour ouvré"},
		{Value: string(mail.Immediate), Label: "Au fur et à mesure"},
		{Value: string(mail.Never), Label: "Jamais", Hint: "Vous recevez toujours ce qui demande une action de votre part."},
	}
	weekdays = []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi"}
)

// rhythmWords is a rhythm in words: "une fois par semaine, le mardi à 8 h 30".
func rhythmWords(set mail.Rhythm) string {
	at := fmt.Sprintf(" à %d h %02d", set.Hour, set.Minute)
	switch set.Every {
	case mail.Daily:
		return "chaque jour ouvré" + at
	case mail.Weekly:
		return "une fois par semaine, le " + weekdays[max(int(set.Day), 1)-1] + at
	case mail.Immediate:
		return "au fur et à mesure"
	}
	return "jamais"
}

var rhythmSpec = web.FormSpec{Fields: []string{"rythme", "jour", "heure", "version"}}

func (r *Room) rhythmForm(w http.ResponseWriter, req *http.Request) error {
	who, err := r.subject(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"fait"}})
	if err != nil {
		return err
	}
	set, err := mail.ParseRhythm(who.Rhythm)
	if err != nil {
		set = mail.DefaultRhythm
	}
	day, hour := set.Day, set.Hour
	if day == time.Sunday {
		day = mail.DefaultRhythm.Day
	}
	if hour == 0 {
		hour = mail.DefaultRhythm.Hour
	}
	form.Values.Set("rythme", string(set.Every))
	form.Values.Set("jour", strconv.Itoa(int(day)))
	form.Values.Set("heure", strconv.Itoa(hour))
	form.Values.Set("version", strconv.FormatInt(who.Version, 10))
	return r.showRhythm(w, req, http.StatusOK, form)
}

func (r *Room) showRhythm(w http.ResponseWriter, req *http.Request, status int, form *web.Form) error {
	p := formPage{Page: web.Page{Title: "Mes courriels", Robots: "noindex", Notices: append(told(req), mistakes(form)...),
		Lead:   "Ce que le service rassemble pour vous : décisions, rappels, nouveautés. Rien ne part la nuit ni les jours fériés.",
		Crumbs: []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Mon compte", Href: "/moi"}}},
		Action: "/moi/courriels", Cancel: "/moi", Submit: "Enregistrer", Version: form.Text("version")}
	day := web.Field{Name: "jour", Label: "Quel jour ?", Type: "select", Required: true, Hint: "Pour le courriel de la semaine."}
	for i, d := range weekdays {
		day.Options = append(day.Options, web.Option{Value: strconv.Itoa(i + 1), Label: capital(d)})
	}
	hour := web.Field{Name: "heure", Label: "À quelle heure ?", Type: "select", Required: true}
	for h := 7; h < 20; h++ {
		hour.Options = append(hour.Options, web.Option{Value: strconv.Itoa(h), Label: strconv.Itoa(h) + " h 30"})
	}
	p.Parts = []formPart{plain(form.Field(web.Field{Name: "rythme", Label: "Rythme", Type: "radio", Required: true, Options: rhythms})),
		plain(form.Field(day)), plain(form.Field(hour))}
	return r.showForm(w, req, status, p)
}

func (r *Room) setRhythm(w http.ResponseWriter, req *http.Request) error {
	who, err := r.subject(req)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(req, rhythmSpec)
	if err != nil {
		return err
	}
	every := mail.Every(form.Choice("rythme", string(mail.Weekly), string(mail.Daily), string(mail.Immediate), string(mail.Never)))
	day, err := strconv.Atoi(form.Text("jour"))
	if err != nil || day < 1 || day > len(weekdays) {
		form.Fail("jour", "Choisissez un jour ouvré.")
	}
	hour, err := strconv.Atoi(form.Text("heure"))
	if err != nil || hour < 7 || hour > 19 {
		form.Fail("heure", "Choisissez une heure entre 7 h et 20 h.")
	}
	if !form.Valid() {
		return r.showRhythm(w, req, http.StatusUnprocessableEntity, form)
	}
	set := mail.Rhythm{Every: every, Day: time.Weekday(day), Hour: hour, Minute: 30}
	err = r.DB.Tx(req.Context(), func(tx *sql.Tx) error {
		p, err := r.Person(req.Context(), tx, who.ID)
		if err != nil {
			return err
		}
		p.Rhythm = set.String()
		if err := r.changePerson(req.Context(), tx, p); err != nil || p.Mail == "" {
			return err
		}
		if o, ok := r.Outbox.(rescheduler); ok { // what already waits follows the new rhythm
			return o.Reschedule(req.Context(), tx, p.Mail, set)
		}
		return nil
	})
	if err != nil {
		return foreign(err)
	}
	return web.Redirect(w, req, "/moi/courriels?fait=courriels")
}

// rescheduler is an Outbox that moves what waits for somebody to their new rhythm.
type rescheduler interface {
	Reschedule(ctx context.Context, tx *sql.Tx, addr string, r mail.Rhythm) error
}
