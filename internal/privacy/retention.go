// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
)

// Category is a kind of data with one length of life.
type Category struct {
	Name  string
	Title string
	From  string // what the time runs from
	Days  int    // proposed; 0: no end is set here
	Least int    // fewer days would break what the service promises
	Own   int    // days after which the rooms end it whatever is chosen; 0: only when switched on
	Why   string // of the proposal, or of there being none
}

// Fixed says that there is nothing to choose.
func (c Category) Fixed() bool { return c.Own > 0 && c.Least == c.Own }

// Proposal is said of every proposed length: no text fixes it for this service.
const Proposal = "proposition à valider par votre DPO"

// Deposits is the category of the files of figures that nobody accepted. They are in no table: its
// Purger goes by this name.
const Deposits = "depots"

var categories = []Category{
	{Name: "annuaire", Title: "Personnes de l'annuaire", From: "la fin de la dernière affiliation", Days: 730, Least: 30,
		Why: "Le temps d'un retour, d'une question sur un dossier suivi, d'un bilan."},
	{Name: "connexion", Title: "Sessions terminées et changements d'adresse", From: "l'expiration", Days: 90, Least: 1, Own: 90,
		Why: "Le temps de comprendre un accès suspect."},
	{Name: "demandes", Title: "Liens, codes et connexions en cours", From: "leur expiration", Days: 1, Least: 1, Own: 1,
		Why: "Ils ne servent plus dès qu'ils ont expiré."},
	{Name: "brouillons", Title: "Brouillons de formulaires", From: "le dernier enregistrement", Days: 30, Least: 30, Own: 30,
		Why: "Trente jours, promis à qui retrouve son brouillon."},
	{Name: "rappels", Title: "Engagements et rappels", From: "",
		Why: "Ils vivent autant que ce qui a été promis ; le nom de la personne en part quand elle est effacée."},
	{Name: "courriels", Title: "Courriels envoyés, refusés ou annulés", From: "l'envoi ou le refus", Days: 365, Least: 30,
		Why: "Le temps de répondre à « je n'ai rien reçu »."},
	{Name: "historique", Title: "Valeurs avant et après d'une modification", From: "la modification", Days: 730, Least: 30,
		Why: "Trente jours au moins, pendant lesquels une modification s'annule."},
	{Name: "fichiers", Title: "Fichiers supprimés", From: "la suppression", Days: 30, Least: 30, Own: 30,
		Why: "Trente jours, pendant lesquels un fichier supprimé peut être rétabli."},
	{Name: Deposits, Title: "Fichiers de données déposés et jamais acceptés", From: "le dépôt", Days: 2, Least: 2, Own: 2,
		Why: "Le temps de finir un import commencé."},
	{Name: "actes", Title: "Actes officiels et preuves d'effacement", From: "",
		Why: "Ils ne s'effacent pas d'eux-mêmes : leur sort se décide avec le service d'archives. Les données personnelles y sont remplacées par des engagements."},
	{Name: "donnees-publiques", Title: "Données sur les territoires", From: "",
		Why: "Elles ne portent pas sur des personnes ; un nom qui s'y trouverait est remplacé quand la personne est effacée."},
}

// Categories are all categories, in the order of the pages.
func Categories() []Category { return slices.Clone(categories) }

func category(name string) *Category {
	if i := slices.IndexFunc(categories, func(c Category) bool { return c.Name == name }); i >= 0 {
		return &categories[i]
	}
	return nil
}

// Due is what has come to its end.
type Due struct {
	Rows     int
	Examples []string // IDs, at most five: the page names nobody
}

// examples is how many are shown.
const examples = 5

// maxErased bounds the persons erased at once: each is a transaction, and a job comes again.
const maxErased = 200

func (d *Due) add(more Due) {
	d.Rows += more.Rows
	d.Examples = append(d.Examples, more.Examples...)
	if len(d.Examples) > examples {
		d.Examples = d.Examples[:examples]
	}
}

// Due counts what is older than a category's length, and changes nothing.
func (r *Room) Due(ctx context.Context, c Category, days int) (Due, error) {
	var due Due
	if days <= 0 {
		return due, nil
	}
	if c.Name == "annuaire" {
		idle, err := r.People.Idle(ctx, r.before(days), 100_000)
		return Due{Rows: len(idle), Examples: idle[:min(examples, len(idle))]}, err
	}
	if p := r.Purgers[c.Name]; p != nil {
		return p.Due(ctx, time.Duration(days)*24*time.Hour)
	}
	for _, t := range r.Dictionary.Tables {
		if t.Life.Category != c.Name {
			continue
		}
		var more Due
		var err error
		if t.Life.Effect == ByRoom {
			more, err = r.Purgers[t.Name].Due(ctx, time.Duration(days)*24*time.Hour)
		} else {
			more, err = r.dueRows(ctx, t, r.cutoff(days))
		}
		if err != nil {
			return due, fmt.Errorf("%s: %w", t.Name, err)
		}
		due.add(more)
	}
	return due, nil
}

func (r *Room) cutoff(days int) string { return db.Instant(r.Now().AddDate(0, 0, -days)) }

func (r *Room) before(days int) clock.Date { return clock.On(r.Now().AddDate(0, 0, -days)) }

func (r *Room) dueRows(ctx context.Context, t *Table, cutoff string) (due Due, err error) {
	where := t.Life.Since + " <> '' and " + t.Life.Since + " < $1"
	if err = r.DB.Read().QueryRowContext(ctx, "select count(*) from "+t.Name+" where "+where, cutoff).Scan(&due.Rows); err != nil { // #nosec G202 -- names of the dictionary
		return due, err
	}
	due.Examples, err = db.Query(ctx, r.DB.Read(), func(scan func(...any) error) (id string, err error) { return id, scan(&id) },
		fmt.Sprintf("select %s from %s where %s order by 1 limit %d", t.key(), t.Name, where, examples), cutoff)
	return due, err
}

// Apply ends what is older than a category's length, and tells how much. The bytes of persons who
// were erased are still to be taken out of the files: [Room.Scrub].
func (r *Room) Apply(ctx context.Context, c Category, days int) (int, error) {
	if days <= 0 {
		return 0, nil
	}
	if c.Name == "annuaire" {
		return r.eraseIdle(ctx, days)
	}
	if p := r.Purgers[c.Name]; p != nil {
		return p.Purge(ctx, time.Duration(days)*24*time.Hour)
	}
	total := 0
	for _, t := range r.Dictionary.Tables {
		if t.Life.Category != c.Name {
			continue
		}
		n, err := r.applyTo(ctx, t, days)
		if err != nil {
			return total, fmt.Errorf("%s: %w", t.Name, err)
		}
		total += n
	}
	return total, nil
}

func (r *Room) applyTo(ctx context.Context, t *Table, days int) (n int, err error) {
	if t.Life.Effect == ByRoom {
		return r.Purgers[t.Name].Purge(ctx, time.Duration(days)*24*time.Hour)
	}
	err = r.DB.Tx(ctx, func(tx *sql.Tx) (err error) {
		if r.DB.Engine() == db.SQLite {
			if _, err = tx.ExecContext(ctx, "pragma secure_delete = on"); err != nil {
				return err
			}
		}
		n, err = affected(tx.ExecContext(ctx, "delete from "+t.Name+" where "+t.Life.Since+" <> '' and "+t.Life.Since+" < $1", r.cutoff(days))) // #nosec G202 -- names of the dictionary
		return err
	})
	return n, err
}

// eraseIdle erases whole persons, each by an official act.
func (r *Room) eraseIdle(ctx context.Context, days int) (int, error) {
	idle, err := r.People.Idle(ctx, r.before(days), maxErased)
	if err != nil || len(idle) == 0 {
		return 0, err
	}
	n := 0
	for _, id := range idle {
		w, err := r.identity(ctx, r.DB.Read(), id)
		if err == nil && !w.Erased() {
			_, err = r.eraseNoted(ctx, w)
		} else if err == nil {
			err = ErrErased
		}
		if errors.Is(err, ErrErased) { // by another process, meanwhile
			continue
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, r.sweepHolders(ctx)
}

// RunDaily applies the categories that the administrator has switched on, and those that end of
// themselves, and tries again what an erasure left undone; for the app to call once a day or, so
// that the files are cleaned at night, each hour; from one process or several. A failure of one
// does not stop the others.
func (r *Room) RunDaily(ctx context.Context, log *slog.Logger) error {
	set, err := r.Settings(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if r.unreplayed.Load() {
		_, err := r.Replay(ctx)
		errs = append(errs, err)
	}
	for _, c := range categories {
		l := set.Life(c)
		if !l.On {
			l.Days = c.Own
		}
		n, err := r.Apply(ctx, c, l.Days)
		if err != nil {
			errs = append(errs, fmt.Errorf("conservation, %s : %w", c.Name, err))
		}
		if n > 0 {
			log.InfoContext(ctx, "retention applied", "category", c.Name, "rows", n)
		}
	}
	due, err := r.scrubDue(ctx)
	if errs = append(errs, err); due {
		errs = append(errs, r.Scrub(ctx))
	}
	return errors.Join(errs...)
}
