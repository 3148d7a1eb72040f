// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"maillage/internal/observatory"
	"maillage/internal/observatory/intake"
	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/jobs"
)

// importOptions are the choices of maillage import that are not settings of the service.
type importOptions struct {
	dry       bool
	what      string // ofContours, ofSources; empty: files of statistics
	france    bool   // of a data set fetched at its source: the whole of France
	period    statistic.Period
	title     string
	geography clock.Date
	property  string
	source    string
	licence   string
	undo      string // identifier of an import to withdraw
	files     []string
}

// What is imported when it is not files of statistics: the first word after the options.
const (
	ofContours = "contours"
	ofSources  = "source"
)

// takeOptions separates --essai, --periode=… and the like from the settings and the files.
func takeOptions(args []string) (importOptions, []string, error) {
	var o importOptions
	var rest []string
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(args[i], "=")
		next := func() string {
			if !has && i+1 < len(args) {
				i++
				return args[i]
			}
			return value
		}
		switch name {
		case "--essai":
			o.dry = true
		case "--france":
			o.france = true
		case "--annuler":
			o.undo = next()
		case "--periode":
			o.period = statistic.Period(next())
		case "--titre":
			o.title = next()
		case "--attribut":
			o.property = next()
		case "--source":
			o.source = next()
		case "--licence":
			o.licence = next()
		case "--geographie":
			if err := o.geography.UnmarshalText([]byte(next())); err != nil {
				return o, nil, fmt.Errorf("option --geographie : %w", err)
			}
		default:
			rest = append(rest, args[i])
		}
	}
	if o.period != "" && !o.period.Valid() {
		return o, nil, fmt.Errorf("option --periode : « %s » n'est pas une année (2024), un mois (2024-06) ou un jour (2024-12-31)", o.period)
	}
	return o, rest, nil
}

const importHelp = `maillage import [options] FICHIER…            importe des statistiques (CSV, XLSX, ODS, ZIP)
maillage import [options] contours FICHIER…   importe des contours (GeoJSON, TopoJSON, GeoPackage, shapefile zippé)
maillage import [options] source CODE…        récupère des jeux de données chez leur producteur (Cnaf, Insee), puis les
                                              importe ; sans CODE, les énumère

Options des statistiques :
  --essai                lit et compare, sans rien enregistrer
  --periode AAAA         période des chiffres, si le fichier ne la dit pas
  --geographie DATE      jour dont le fichier emploie les codes (par défaut : deviné)
  --titre TEXTE          nom de l'import
  --annuler IMPORT       retire un import, en entier ; sans rien effacer : --annuler le même le remet
  --france               avec « source » : toute la France plutôt que le département
Options des contours :
  --attribut NOM         attribut qui contient le code des territoires
  --source TEXTE, --licence TEXTE, --geographie DATE
`

func importFiles(ctx context.Context, c *call) error {
	opts, rest, err := takeOptions(c.args)
	if err != nil {
		return err
	}
	c.args = rest
	cfg, files, err := c.config()
	if errors.Is(err, ErrHelp) {
		c.say("%s", importHelp)
	}
	if err != nil {
		return err
	}
	if len(files) > 0 && (files[0] == ofContours || files[0] == ofSources) {
		opts.what, files = files[0], files[1:]
	}
	opts.files = files
	switch {
	case opts.undo != "":
		return toggleImport(ctx, c, cfg, opts.undo)
	case opts.what == ofSources && len(files) == 0:
		listSources(c)
		return nil
	case opts.what == ofSources && !cfg.Network:
		return errNetworkClosed
	case len(files) == 0:
		return fmt.Errorf("donnez au moins un fichier à importer ; voyez maillage import --help")
	}
	a, err := Open(ctx, cfg, logger(cfg, c.err))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.importAll(ctx, c, opts)
}

// importAll imports one file after the other, and stops at the first that fails.
func (a *App) importAll(ctx context.Context, c *call, opts importOptions) error {
	importOne := a.importValues
	switch opts.what {
	case ofContours:
		importOne = a.importContours
	case ofSources:
		importOne = a.importSource
	}
	for _, name := range opts.files {
		if err := importOne(ctx, c, name, opts); err != nil {
			return err
		}
	}
	return nil
}

// issuesShown is how many issues of a file are printed one by one.
const issuesShown = 20

func (a *App) importValues(ctx context.Context, c *call, path string, opts importOptions) error {
	started := time.Now()
	file := observatory.File{Path: path, Name: filepath.Base(path)}
	var x *observatory.Examination
	err := a.watched(ctx, c, "Lecture de "+file.Name, func(ctx context.Context, p *jobs.Progress) (err error) {
		x, err = a.Observatory.Examine(ctx, file, observatory.BestTable, nil, p)
		if err == nil && opts.date(c, x.Plan) {
			x, err = a.Observatory.Examine(ctx, file, x.Plan.Table.Index, x.Plan, p)
		}
		return err
	})
	if err != nil {
		return err
	}
	printExamination(c, x)
	if !x.Importable() || opts.dry {
		if opts.dry {
			c.say("Essai : rien n'a été enregistré.")
		}
		return notImportable(x, opts.dry)
	}
	var b *observatory.Batch
	err = a.watched(ctx, c, "Import de "+file.Name, func(ctx context.Context, p *jobs.Progress) (err error) {
		b, err = a.Observatory.Import(ctx, x, observatory.Decision{Title: opts.title, Geography: opts.geography, Remember: true}, time.Now(), p)
		return err
	})
	if err != nil {
		return err
	}
	c.say("%s : %s en %s. Pour l'annuler : page « Imports », ou maillage import --annuler %s", file.Name,
		french.Plural(b.Count, "valeur enregistrée", "valeurs enregistrées"), time.Since(started).Round(time.Millisecond), b.ID)
	return nil
}

// date gives the plan the period asked on the command line, which wins over a guess but not
// over what the table says itself; true when the plan has changed.
func (o importOptions) date(c *call, p *intake.Plan) bool {
	switch {
	case o.period == "":
		return false
	case p.Period.Mode == intake.PeriodColumn || p.Period.Mode == intake.PeriodHeaders:
		c.say("%s dit lui-même ses périodes (%s) : --periode est ignorée.", p.Table.File, p.Period.Origin)
		return false
	}
	guessed := p.Period.Origin
	p.Period.Mode, p.Period.Fixed, p.Period.Origin = intake.PeriodFixed, o.period, "option --periode"
	p.Doubts = slices.DeleteFunc(p.Doubts, func(i intake.Issue) bool {
		return i.Kind == intake.KindNoPeriod || guessed != "" && strings.Contains(i.Message, guessed)
	})
	return true
}

func notImportable(x *observatory.Examination, dry bool) error {
	switch {
	case x.Unsettled != nil:
		return fmt.Errorf("%s : %w (--periode pour l'année, la page « Imports » pour le reste). Rien n'a été enregistré", x.File.Name, x.Unsettled)
	case x.Blocked():
		return fmt.Errorf("%s : des erreurs empêchent l'import ; corrigez-les puis recommencez. Rien n'a été enregistré", x.File.Name)
	case x.Values == 0:
		return fmt.Errorf("%s : aucune valeur n'a été trouvée. Rien n'a été enregistré", x.File.Name)
	}
	return nil
}

func printExamination(c *call, x *observatory.Examination) {
	if x.Unsettled == nil {
		c.say("%s : %s, %s, géographie du %s.", x.File.Name, french.Plural(x.Values, "valeur", "valeurs"),
			french.Plural(x.Places, "territoire", "territoires"), x.Geography.French())
	}
	told := map[string]bool{} // several keys of a long table make one indicator
	for _, m := range x.Plan.Measures {
		line := fmt.Sprintf("  colonne « %s » → %s", m.Label, m.Indicator)
		if m.Proposal != nil {
			line += fmt.Sprintf(" (nouvel indicateur, en %s : si c'en est un connu, importez par la page, où l'on rattache chaque colonne)", m.Unit)
		}
		if m.Include && !told[line] {
			told[line] = true
			c.say("%s", line)
		}
	}
	issues := x.Issues
	if x.Unsettled == nil { // else they are the doubts themselves
		issues = append(slices.Clone(x.Plan.Doubts), issues...)
	}
	// What is left out matters more than what stands out: it is told before the jumps.
	slices.SortStableFunc(issues, func(a, b intake.Issue) int { return issueRank(a) - issueRank(b) })
	for i, issue := range issues {
		if i == issuesShown {
			c.say("  … et %s.", french.Plural(len(issues)-i, "autre remarque", "autres remarques"))
			break
		}
		c.say("  [%s] %s", issue.Severity, observatory.IssueText(issue))
	}
	for _, w := range x.Warnings {
		c.say("  [fichier] %s", w)
	}
}

// issueRank orders the issues of a file for a reader who sees only the first.
func issueRank(i intake.Issue) int {
	switch {
	case i.Severity == intake.Error:
		return 0
	case i.Kind == intake.KindDropped || i.Kind == intake.KindSubCommunal:
		return 1
	case i.Kind == intake.KindJump:
		return 3
	}
	return 2
}

// watched runs work as a job and prints how far it is, once a second, on the error output.
func (a *App) watched(ctx context.Context, c *call, title string, work func(context.Context, *jobs.Progress) error) error {
	id := a.Jobs.Start(title, func(inner context.Context, p *jobs.Progress) error {
		inner, stop := context.WithCancel(inner)
		defer stop()
		defer context.AfterFunc(ctx, stop)()
		return work(inner, p)
	})
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	last := time.Now()
	for range tick.C {
		s, _ := a.Jobs.Get(id)
		if s.State != jobs.Running {
			if ctx.Err() != nil && s.Err != nil {
				return fmt.Errorf("interrompu ; rien n'a été enregistré")
			}
			return s.Err
		}
		if time.Since(last) >= time.Second {
			last = time.Now()
			line := title + " : " + s.Step
			if n := s.Percent(); n >= 0 {
				line += fmt.Sprintf(" %d %%", n)
			} else if s.Done > 0 {
				line += " " + french.Int(int(s.Done))
			}
			_, _ = fmt.Fprintln(c.err, line)
		}
	}
	return nil
}

// toggleImport withdraws an import, or puts back one that was withdrawn.
func toggleImport(ctx context.Context, c *call, cfg Config, id string) (err error) {
	a, err := Open(ctx, cfg, logger(cfg, c.err))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	for _, b := range a.Observatory.Snapshot().Batches() {
		if b.ID != id {
			continue
		}
		at, said := time.Now(), "est retiré : ses valeurs ne comptent plus. La même commande le remet."
		if !b.Active() {
			at, said = time.Time{}, "compte de nouveau."
		}
		if err := a.Observatory.Store.SetWithdrawn(ctx, id, at); err != nil {
			return err
		}
		c.say("L'import « %s » %s", b.Title, said)
		return nil
	}
	return fmt.Errorf("aucun import ne porte l'identifiant « %s » ; la page « Imports » et maillage doctor les listent", id)
}
