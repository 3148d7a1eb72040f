// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web"
)

const (
	controlPath = "/actes/controle"
	jsonType    = "application/json; charset=utf-8"
	// signedWithin is how soon a receipt may be asked for again.
	signedWithin = 5 * time.Second
	// keptControls bounds the results kept in memory.
	keptControls = 20
)

// control is one verification of the whole journal.
type control struct {
	job   string
	audit *journal.Audit // nil until done
	ended time.Time
	took  time.Duration
}

// controlPage is the desk, or the result of a verification.
type controlPage struct {
	web.Page
	Stats    []web.Stat
	Findings web.Table
	Last     []web.Link // earlier results
	Lost     []web.Fact // what was signed and the database does not continue
	Reason   web.Field  // why the journal goes on, when something is lost
}

var controlTemplate = web.NewTemplate[controlPage](pageFiles, "pages/control.html")

func (r *Room) newControlPage(title string) controlPage {
	p := controlPage{Page: web.Page{Title: title, Nav: section, Robots: "noindex",
		Crumbs: []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Journal des actes officiels", Href: "/actes"}}}}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.controls {
		if c.audit != nil {
			p.Last = append(p.Last, web.Link{Label: "Vérification du " + instant(c.ended), Href: resultPath(c.job), Note: verdictOf(c.audit)})
		}
	}
	return p
}

func resultPath(job string) string { return controlPath + "/" + job + "/resultat" }

func verdictOf(a *journal.Audit) string {
	if a.Sound() {
		return "rien d'altéré"
	}
	return french.Plural(len(a.Findings)+int(a.More), "altération", "altérations")
}

func (r *Room) controlDesk(w http.ResponseWriter, req *http.Request) error {
	return r.showDesk(w, req, http.StatusOK, nil)
}

func (r *Room) showDesk(w http.ResponseWriter, req *http.Request, status int, form *web.Form) error {
	p := r.newControlPage("Vérifier tout le journal")
	p.Lead = "Chaque acte, chaque empreinte, chaque point de contrôle et chaque scellé sont relus et recalculés."
	problems, err := r.Journal.Problems(req.Context())
	if err != nil {
		return err
	}
	for _, text := range problems {
		p.Notices = append(p.Notices, web.Notice{Kind: web.Warning, Title: "Le journal n'est plus signé", Text: capital(text) + "."})
	}
	if lost, err := r.Journal.Lost(req.Context()); err == nil && lost != nil { // an error is among the problems
		n, err := r.Journal.Size(req.Context())
		if err != nil {
			return err
		}
		p.Lost = []web.Fact{{Label: "Actes signés", Value: french.Int(int(lost.Size))}, {Label: "Signés jusqu'au", Value: instant(lost.At)},
			{Label: "Actes dans la base", Value: french.Int(int(n))}}
		p.Reason = form.Field(web.Field{Name: "motif", Label: "Ce qui s'est passé", Type: "textarea", Required: true,
			Hint: "Par exemple « disque en panne le 3 mars, sauvegarde du 2 mars remise en place ». Ce texte restera au journal : n'y nommez personne."})
	}
	w.Header().Set("Cache-Control", "no-store")
	return controlTemplate.Render(w, req, status, p)
}

// maxReason bounds what is written of a restoration, in characters.
const maxReason = 1000

// resume takes note of a restoration, by an act that stays.
func (r *Room) resume(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"motif"}})
	if err != nil {
		return err
	}
	reason := form.Required("motif", "Dites ce qui s'est passé : une sauvegarde remise en place, et pourquoi.")
	if n := utf8.RuneCountInString(reason); n > maxReason {
		form.Fail("motif", "Ce texte compte "+french.Int(n)+" caractères ; "+french.Int(maxReason)+" au plus.")
	}
	if !form.Valid() {
		return r.showDesk(w, req, http.StatusUnprocessableEntity, form)
	}
	who := actor.From(req.Context())
	act := journal.Act{ID: db.NewID(), At: r.Now(), Hat: cmp.Or(who.Title, "Administration du service"), Body: map[string]any{"motif": strings.Join(strings.Fields(reason), " ")}}
	if who.Person != "" {
		act.Actor = journal.Personal{Person: who.Person, Value: who.Name}
	}
	_, err = r.Journal.Resume(req.Context(), act)
	if errors.Is(err, journal.ErrContinues) { // sent twice, or somebody was faster
		return web.Redirect(w, req, controlPath)
	}
	if err != nil {
		return told(err)
	}
	return web.Redirect(w, req, Path(act.ID))
}

// startControl starts a verification, unless one is under way: then it leads there.
func (r *Room) startControl(w http.ResponseWriter, req *http.Request) error {
	if _, err := web.ReadForm(req, web.FormSpec{}); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.controls {
		if s, ok := r.Jobs.Get(c.job); ok && s.State == jobs.Running {
			return web.Redirect(w, req, controlPath+"/"+c.job)
		}
	}
	c := &control{}
	c.job = r.Jobs.Start("Vérification du journal des actes", func(ctx context.Context, p *jobs.Progress) error { return r.control(ctx, c, p) })
	r.controls = append([]*control{c}, r.controls[:min(len(r.controls), keptControls-1)]...)
	return web.Redirect(w, req, controlPath+"/"+c.job)
}

// control runs the verification; nothing is written.
func (r *Room) control(ctx context.Context, c *control, p *jobs.Progress) error {
	began := time.Now()
	p.Step("Lecture du journal", 0)
	var announced bool
	var before int64
	audit, err := r.Journal.Audit(ctx, func(done, total int64) {
		if !announced {
			p.Step("Relecture et recalcul des empreintes", total)
			announced = true
		}
		p.Add(done - before)
		before = done
	})
	if err != nil {
		slog.Error("acts: control", "err", err.Error())
		if errors.Is(err, db.ErrBusy) || ctx.Err() != nil {
			return errors.New("la vérification a été interrompue ; recommencez")
		}
		return errors.New("la vérification n'a pas pu lire la base ; l'administrateur en trouvera la raison dans les traces du service")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.audit, c.ended, c.took = audit, r.Now(), time.Since(began)
	return nil
}

func (r *Room) controlProgress(req *http.Request) (web.Progress, error) {
	job := req.PathValue("job")
	s, ok := r.Jobs.Get(job)
	if _, ours := r.controlled(job); !ok || !ours {
		return web.Progress{}, errForgotten
	}
	p := web.Progress{Title: s.Title, Message: s.Step, Done: s.Done, Total: s.Total, Finished: s.State == jobs.Done, Next: resultPath(job)}
	if s.State == jobs.Failed {
		p.Failed, p.Next = sentence(s.Err), controlPath
	}
	return p, nil
}

var errForgotten = &web.Problem{Status: http.StatusNotFound, Title: "Vérification oubliée",
	Detail: "Cette vérification est trop ancienne, ou le service a redémarré depuis. Lancez-en une autre.",
	Link:   web.Link{Label: "Vérifier tout le journal", Href: controlPath}}

// controlled finds a verification as it stands now.
func (r *Room) controlled(job string) (control, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.controls, func(c *control) bool { return c.job == job })
	if i < 0 {
		return control{}, false
	}
	return *r.controls[i], true
}

func (r *Room) controlResult(w http.ResponseWriter, req *http.Request) error {
	c, ok := r.controlled(req.PathValue("job"))
	if !ok || c.audit == nil {
		return errForgotten
	}
	a := c.audit
	p := r.newControlPage("Résultat de la vérification")
	p.Lead = "Terminée le " + instant(c.ended) + ", en " + french.Number(c.took.Seconds(), 1) + " s"
	if c.took < time.Second {
		p.Lead = "Terminée le " + instant(c.ended) + ", en moins d'une seconde"
	}
	p.Stats = []web.Stat{{Label: "Actes relus", Value: french.Int(int(a.Leaves))}, {Label: "Points de contrôle", Value: french.Int(int(a.Checkpoints))},
		{Label: "Scellés ouverts", Value: french.Int(int(a.Openings - a.Erased)), Note: "dont la donnée personnelle se lit encore"},
		{Label: "Scellés effacés", Value: french.Int(int(a.Erased)), Note: "dont la donnée personnelle n'existe plus"}}
	if a.Sound() {
		p.Notices = []web.Notice{{Kind: web.Success, Title: "Rien d'altéré", Text: "Chaque acte est tel qu'il a été écrit, et chaque point de contrôle est celui qui a été signé."}}
	} else {
		p.Notices = []web.Notice{{Kind: web.Danger, Title: "Le journal a été altéré", Text: "Ne corrigez rien à la main : gardez une copie de la base et du dossier de données, " +
			"puis comparez avec une sauvegarde. Les reçus et les points de contrôle déjà sortis disent ce qui était écrit."}}
		p.Findings = findings(a)
	}
	w.Header().Set("Cache-Control", "no-store")
	return controlTemplate.Render(w, req, http.StatusOK, p)
}

// places are the tables of the journal, for people.
var places = map[string]string{"journal_head": "Taille du journal", "journal_leaf": "Actes", "journal_hash": "Empreintes",
	"journal_checkpoint": "Points de contrôle", "journal_opening": "Données personnelles", "": "Témoin du dossier de données"}

func findings(a *journal.Audit) web.Table {
	t := web.Table{ID: "alterations", Caption: french.Plural(len(a.Findings)+int(a.More), "altération", "altérations"), Stack: true,
		Columns: []web.Column{{Label: "Où"}, {Label: "Ce qui ne va pas"}}}
	for _, f := range a.Findings {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: places[f.Table], Note: f.Table}, {Text: capital(f.Text)}}})
	}
	if a.More > 0 {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: "Suite"}, {Text: "et " + french.Plural(int(a.More), "autre", "autres")}}})
	}
	return t
}
