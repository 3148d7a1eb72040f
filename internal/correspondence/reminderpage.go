// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
)

// The two places where promises are read: all of them, and one's own.
const (
	allReminders = "/courriels/rappels"
	ownReminders = "/moi/rappels"
)

type remindersPage struct {
	web.Page
	Table *web.Table
	Done  *web.Table
	Empty web.Empty
}

type promisePage struct {
	web.Page
	Facts   []web.Fact
	Steps   []web.Step
	Paused  string // until when and why, "" when it is not
	Action  string // of the forms, "" when one may only read
	Fields  []web.Field
	Subject web.Link
}

var (
	remindersTemplate = web.NewTemplate[remindersPage](pageFiles, "pages/reminders.html")
	promiseTemplate   = web.NewTemplate[promisePage](pageFiles, "pages/promise.html")
)

// keptFor is how long a promise that was kept stays in the list, in days.
const keptFor = 30

func (r *Room) allPromises(w http.ResponseWriter, req *http.Request) error {
	p := remindersPage{Page: web.Page{Title: "Rappels prévus", Crumbs: []web.Crumb{{Label: "Courriels", Href: "/courriels"}},
		Lead: "Tout ce qui a été promis, et les rappels qui partiront. Chacun voit les siens d'avance."}}
	done, err := keptRecords(req.Context(), r.DB.Read(), r.today().AddDays(-keptFor))
	if err != nil {
		return err
	}
	open, err := openRecords(req.Context(), r.DB.Read())
	if err != nil {
		return err
	}
	if len(open) == mostPromises {
		p.Notices = []web.Notice{{Kind: web.Info, Title: "Seuls les " + french.Int(mostPromises) + " engagements les plus proches sont montrés ici", Text: "Les autres gardent leurs rappels."}}
	}
	return r.showPromises(w, req, p, allReminders, open, done, func(planPeople) bool { return true })
}

// ownPromises are those one holds, stands in for or oversees.
func (r *Room) ownPromises(w http.ResponseWriter, req *http.Request) error {
	me := actor.From(req.Context()).Person
	p := remindersPage{Page: web.Page{Title: "Mes rappels", Robots: "noindex", Lead: "Ce que vous avez promis, ce que vous suivez, et les rappels que vous recevrez."}}
	open, err := r.openFor(req.Context(), me)
	if err != nil {
		return err
	}
	return r.showPromises(w, req, p, ownReminders, open, nil, func(who planPeople) bool { return concerns(who, me) })
}

// openFor are the open promises that a person holds, stands in for or oversees.
func (r *Room) openFor(ctx context.Context, me string) ([]Record, error) {
	same, err := r.People.Same(ctx, r.DB.Read(), me)
	if err != nil || len(same) == 0 {
		return nil, err
	}
	var mine []string // duplicates that were merged are the same person
	for _, p := range same {
		mine = append(mine, p.ID)
	}
	all, err := openHolders(ctx, r.DB.Read())
	if err != nil {
		return nil, err
	}
	holders := slices.Clone(mine)
	for _, id := range all {
		c, err := r.contact(ctx, r.DB.Read(), id)
		if err != nil {
			return nil, err
		}
		deputy, err := r.standIn(ctx, c)
		if err != nil {
			return nil, err
		}
		if slices.Contains(mine, deputy) {
			holders = append(holders, id)
		}
	}
	return openOf(ctx, r.DB.Read(), holders, mine)
}

// concerns says that a person is one of those a plan is about.
func concerns(who planPeople, person string) bool {
	return person != "" && (who.holder.ID == person || who.deputy.ID == person || who.overseer.ID == person)
}

func (r *Room) showPromises(w http.ResponseWriter, req *http.Request, p remindersPage, base string, open, done []Record, keep func(planPeople) bool) error {
	ctx := req.Context()
	table := &web.Table{ID: "engagements", Caption: "Engagements en cours, le plus proche d'abord", Stack: true,
		Columns: []web.Column{{Label: "Engagement"}, {Label: "De qui"}, {Label: "Échéance"}, {Label: "Prochain rappel"}}}
	for _, rec := range open {
		plan, who, err := r.plan(ctx, r.DB.Read(), rec)
		if err != nil {
			return err
		}
		if !keep(who) {
			continue
		}
		sent, err := remindersOf(ctx, r.DB.Read(), rec.ID)
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, r.row(rec, base, plan, who, sent))
	}
	if len(table.Rows) > 0 {
		p.Table = table
	}
	if len(done) > 0 {
		p.Done = &web.Table{ID: "tenus", Caption: "Tenus depuis trente jours", Stack: true, Columns: []web.Column{{Label: "Engagement"}, {Label: "Tenu le"}}}
		for _, rec := range done {
			p.Done.Rows = append(p.Done.Rows, web.Row{Cells: []web.Cell{{Text: rec.Subject, Href: base + "/" + rec.ID}, {Text: rec.Kept.French()}}})
		}
	}
	p.Empty = web.Empty{Title: "Aucun engagement n'attend de rappel", Text: "Quand quelqu'un promet quelque chose pour une date, ses rappels se lisent ici avant de partir."}
	w.Header().Set("Cache-Control", "no-store")
	return remindersTemplate.Render(w, req, http.StatusOK, p)
}

func (r *Room) row(rec Record, base string, plan []mail.Planned, who planPeople, sent []reminder) web.Row {
	now := r.Now()
	due := web.Cell{Text: rec.Due.French()}
	if rec.Due.Before(clock.On(now)) {
		due.Badge = web.Badge{Kind: web.Warning, Text: "passée"}
	}
	next := web.Cell{Text: "plus aucun"}
	for _, line := range plan {
		if _, gone := sentAs(sent, line.Key); gone || line.Dropped != "" || line.At.Before(now) && !isCurrent(plan, line, now) {
			continue
		}
		next = web.Cell{Text: rec.whenLeaves(line, now), Note: readersOf(line)}
		break
	}
	if pause, ok := rec.paused(clock.On(now)); ok {
		next.Badge = web.Badge{Kind: web.Pending, Text: "en pause jusqu'au " + pause.To.French()}
	}
	holder := web.Cell{Text: who.holder.To.Name}
	if who.holder.away(clock.On(now)) {
		holder.Note = "en absence"
	}
	return web.Row{Cells: []web.Cell{{Text: rec.Subject, Href: base + "/" + rec.ID}, holder, due, next}}
}

// whenLeaves is when a reminder that was not sent will be: one that is late waits for the end of
// the pause and for a quiet time's.
func (r Record) whenLeaves(line mail.Planned, now time.Time) string {
	if line.At.After(now) {
		return moment(line.At, now)
	}
	if pause, ok := r.paused(clock.On(now)); ok {
		return "après la pause, à partir du " + pause.To.AddDays(1).French()
	}
	if next := mail.NextAllowed(now, mail.Reminder); !r.Forced && next.After(now) {
		return moment(next, now)
	}
	return "dès que possible"
}

// isCurrent says that line is the one to send now.
func isCurrent(plan []mail.Planned, line mail.Planned, now time.Time) bool {
	current, ok := mail.Current(plan, now)
	return ok && current.Key == line.Key
}

// paused is the pause that holds on a day.
func (r Record) paused(day clock.Date) (Pause, bool) {
	for _, p := range r.Pauses {
		if !day.Before(p.From) && !day.After(p.To) {
			return p, true
		}
	}
	return Pause{}, false
}

// readersOf names who gets a reminder and why it is not the holder.
func readersOf(line mail.Planned) string {
	var names []string
	for _, to := range line.To {
		name := to.Name
		if to.Addr == "" {
			name += " (sans adresse : rien ne partira)"
		}
		names = append(names, name)
	}
	text := "à " + strings.Join(names, " et ")
	if line.Instead != "" {
		text += ", " + line.Instead
	}
	return text
}

// promiseAt is the promise of an address, with its plan; what one may not see does not exist.
func (r *Room) promiseAt(ctx context.Context, id string, own bool) (Record, []mail.Planned, planPeople, error) {
	rec, err := recordByID(ctx, r.DB.Read(), id)
	if errors.Is(err, ErrUnknown) {
		err = web.ErrForeign()
	}
	if err != nil {
		return rec, nil, planPeople{}, err
	}
	plan, who, err := r.plan(ctx, r.DB.Read(), rec)
	if err == nil && own && !concerns(who, actor.From(ctx).Person) {
		err = web.ErrForeign()
	}
	return rec, plan, who, err
}

func (r *Room) promise(own bool) web.Handler {
	return func(w http.ResponseWriter, req *http.Request) error {
		return r.showPromise(w, req, http.StatusOK, own, nil)
	}
}

func (r *Room) showPromise(w http.ResponseWriter, req *http.Request, status int, own bool, form *web.Form) error {
	ctx := req.Context()
	rec, plan, who, err := r.promiseAt(ctx, req.PathValue("id"), own)
	if err != nil {
		return err
	}
	sent, err := remindersOf(ctx, r.DB.Read(), rec.ID)
	if err != nil {
		return err
	}
	base, label := allReminders, "Rappels prévus"
	crumbs := []web.Crumb{{Label: "Courriels", Href: "/courriels"}}
	if own {
		base, label, crumbs = ownReminders, "Mes rappels", nil
	}
	p := promisePage{Subject: web.Link{Label: "Ouvrir la page de cet engagement", Href: rec.Path},
		Page: web.Page{Title: rec.Subject, Robots: "noindex", Crumbs: append(crumbs, web.Crumb{Label: label, Href: base})}}
	p.Facts = facts(rec, who, r.today())
	if p.Steps, err = r.steps(ctx, rec, plan, sent); err != nil {
		return err
	}
	if rec.Open() && (!own || who.holder.ID == actor.From(ctx).Person) {
		p.Action = base + "/" + rec.ID
	}
	if pause, ok := rec.paused(r.today()); ok && rec.Open() {
		p.Paused = "En pause jusqu'au " + pause.To.French() + " : " + pause.Reason
	}
	if form != nil && !form.Valid() {
		p.Notices = []web.Notice{{Kind: web.Danger, Title: french.Plural(len(form.Errors), "élément est à corriger", "éléments sont à corriger"), Text: "Rien n'est perdu de ce que vous avez saisi."}}
	}
	p.Fields = []web.Field{
		form.Field(web.Field{Name: "jusqu_au", Label: "Jusqu'au", Type: "date", Required: true, Min: r.today().String(), Max: r.today().AddDays(maxPause).String(),
			Hint: "Ce jour compris. Les rappels reprennent le jour ouvré suivant."}),
		form.Field(web.Field{Name: "raison", Label: "Raison", Required: true, Hint: "Elle se lit par tous ceux que cet engagement concerne."}),
	}
	w.Header().Set("Cache-Control", "no-store")
	return promiseTemplate.Render(w, req, status, p)
}

func facts(rec Record, who planPeople, today clock.Date) []web.Fact {
	holder := web.Fact{Label: "De qui", Value: who.holder.To.Name}
	if who.holder.away(today) {
		holder.Note = "en absence"
		if who.deputy.Known {
			holder.Note += ", " + who.deputy.To.Name + " assure la suppléance"
		}
	}
	list := []web.Fact{holder, {Label: "Échéance", Value: rec.Due.FrenchWeekday()}, {Label: "Pris le", Value: rec.Made.French()}}
	if who.overseer.Known {
		list = append(list, web.Fact{Label: "Suivi par", Value: who.overseer.To.Name})
	}
	switch {
	case !rec.Kept.IsZero():
		list = append(list, web.Fact{Label: "État", Value: "tenu le " + rec.Kept.French()})
	case rec.Dropped:
		list = append(list, web.Fact{Label: "État", Value: "n'est plus attendu"})
	}
	return list
}

// steps are the table of reminders as a timeline.
func (r *Room) steps(ctx context.Context, rec Record, plan []mail.Planned, sent []reminder) ([]web.Step, error) {
	now := r.Now()
	steps := make([]web.Step, 0, len(plan))
	for _, line := range plan {
		s := web.Step{Title: rungLabel(line.Rung.Days)}
		rem, gone := sentAs(sent, line.Key)
		switch {
		case gone:
			if err := r.gone(ctx, &s, rem, now); err != nil {
				return nil, err
			}
		case rec.Dropped:
			s.Date, s.Badge = "pas de rappel", web.Badge{Kind: web.Neutral, Text: "l'engagement n'est plus attendu"}
		case line.Dropped != "":
			s.Date, s.Text, s.Badge = "pas de rappel", line.Dropped, web.Badge{Kind: web.Neutral, Text: "n'a pas lieu"}
		case line.At.Before(now) && !isCurrent(plan, line, now):
			s.Date, s.Badge = "pas de rappel", web.Badge{Kind: web.Neutral, Text: "passé"}
			s.Text = "Un rappel plus récent le remplace."
		default:
			s.Date = rec.whenLeaves(line, now)
			if line.At.After(now) {
				s.ISO = clock.On(line.At).String()
			}
			s.Text, s.Badge = readersOf(line), web.Badge{Kind: web.Pending, Text: "prévu"}
			if line.Moved != "" {
				s.Text += " (déplacé : " + line.Moved + ")"
			}
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// gone tells what became of a reminder that went to the outbox.
func (r *Room) gone(ctx context.Context, s *web.Step, rem reminder, now time.Time) error {
	s.Date, s.ISO, s.Badge = clock.On(rem.Queued).French(), clock.On(rem.Queued).String(), badgeOf(mail.Sent)
	var names []string
	for i := range rem.Mails {
		list, err := r.Outbox.List(ctx, mail.Filter{Key: rem.mail(i)}, 1)
		if err != nil {
			return err
		}
		for _, e := range list { // none: the outbox has forgotten it, it left long ago
			names = append(names, e.To.Name)
			s.Badge = badgeOf(e.State)
			if e.State == mail.Queued {
				s.Date, _ = whenQueued(e, now)
				s.ISO = ""
			}
		}
	}
	if len(names) > 0 {
		s.Text = "à " + strings.Join(names, " et ")
	}
	return nil
}

// rungLabel is a rung of the ladder for people.
func rungLabel(days int) string {
	switch {
	case days == 0:
		return "Le jour de l'échéance"
	case days == -1:
		return "La veille de l'échéance"
	case days == 1:
		return "Le lendemain de l'échéance"
	case days < 0:
		return french.Plural(-days, "jour", "jours") + " avant l'échéance"
	}
	return french.Plural(days, "jour", "jours") + " après l'échéance"
}

// pause stops the reminders of a promise until a day.
func (r *Room) pause(own bool) web.Handler {
	return func(w http.ResponseWriter, req *http.Request) error {
		form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"jusqu_au", "raison"}})
		if err != nil {
			return err
		}
		form.Required("jusqu_au", "Donnez le dernier jour de la pause.")
		until, reason := form.Date("jusqu_au"), form.Required("raison", "Dites pourquoi, en une ligne : d'autres le liront.")
		if form.Valid() {
			err = r.onPromise(req, own, func(ctx context.Context, tx *sql.Tx, id string) error { return r.Pause(ctx, tx, id, until, reason) })
			if isRefusal(err) {
				field := "jusqu_au"
				if strings.Contains(err.Error(), "raison") {
					field = "raison"
				}
				form.Fail(field, sentence(err))
			} else if err != nil {
				return err
			}
		}
		if !form.Valid() {
			return r.showPromise(w, req, http.StatusUnprocessableEntity, own, form)
		}
		return r.backToPromise(w, req, own)
	}
}

func (r *Room) resume(own bool) web.Handler {
	return func(w http.ResponseWriter, req *http.Request) error {
		if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
			return err
		}
		if err := r.onPromise(req, own, r.Resume); err != nil {
			return err
		}
		return r.backToPromise(w, req, own)
	}
}

// onPromise changes the promise of an address; on one's own pages, only what one holds.
func (r *Room) onPromise(req *http.Request, own bool, change func(ctx context.Context, tx *sql.Tx, id string) error) error {
	ctx := req.Context()
	rec, _, who, err := r.promiseAt(ctx, req.PathValue("id"), own)
	if err != nil {
		return err
	}
	if own && who.holder.ID != actor.From(ctx).Person {
		return web.ErrForeign()
	}
	return r.DB.Tx(ctx, func(tx *sql.Tx) error { return change(ctx, tx, rec.ID) })
}

func (r *Room) backToPromise(w http.ResponseWriter, req *http.Request, own bool) error {
	base := allReminders
	if own {
		base = ownReminders
	}
	return web.Redirect(w, req, base+"/"+req.PathValue("id"))
}

// onHolder is the scope of a write on one's own promise: whose it is.
func (r *Room) onHolder(req *http.Request) (web.Scope, error) {
	rec, err := recordByID(req.Context(), r.DB.Read(), req.PathValue("id"))
	if errors.Is(err, ErrUnknown) {
		return web.Scope{}, web.ErrForeign()
	}
	if err != nil {
		return web.Scope{}, err
	}
	c, err := r.contact(req.Context(), r.DB.Read(), rec.Person) // a duplicate is followed
	return web.Scope{Person: c.ID}, err
}
