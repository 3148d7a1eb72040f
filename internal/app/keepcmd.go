// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"maillage/internal/observatory"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/sheet"
	"maillage/internal/territory"
)

// opened reads the settings, the one argument called what, and opens the rooms.
func opened(ctx context.Context, c *call, what string) (*App, string, error) {
	cfg, rest, err := c.config()
	if err != nil {
		return nil, "", err
	}
	if len(rest) != 1 {
		return nil, "", fmt.Errorf("donnez %s : maillage %s %s", what, c.name, what)
	}
	a, err := Open(ctx, cfg, logger(cfg, c.err))
	return a, rest[0], err
}

func backup(ctx context.Context, c *call) (err error) {
	a, file, err := opened(ctx, c, "FICHIER")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	path, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("sauvegarde vers %s : %w", file, err)
	}
	if err := a.DB.Backup(ctx, path); err != nil {
		return err
	}
	c.say("Sauvegarde écrite : %s", file)
	return nil
}

func restore(ctx context.Context, c *call) error {
	overwrite := slices.Contains(c.args, "--remplacer")
	c.args = slices.DeleteFunc(c.args, func(a string) bool { return a == "--remplacer" })
	cfg, rest, err := c.config()
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return fmt.Errorf("donnez le fichier de sauvegarde : maillage restore [--remplacer] FICHIER")
	}
	err = db.Restore(ctx, cfg.database(), rest[0], db.RestoreOptions{Overwrite: overwrite})
	if errors.Is(err, db.ErrExists) && !overwrite {
		return fmt.Errorf("%w ; ajoutez --remplacer pour la remplacer, l'ancienne étant gardée à côté", err)
	}
	if err != nil {
		return err
	}
	c.say("Sauvegarde remise en place : %s", rest[0])
	return nil
}

// export writes every figure, its source and its history in files that anything can read.
func export(ctx context.Context, c *call) (err error) {
	a, dir, err := opened(ctx, c, "DOSSIER")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("le dossier %s ne peut pas être créé : %w", dir, err)
	}
	n := 0
	s := a.Observatory.Snapshot()
	for _, ind := range s.Published() {
		rows, err := a.column(ctx, s, ind)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, ind.Code+".csv"), exportHeader, rows); err != nil {
			return err
		}
		n++
	}
	if err := writeFile(filepath.Join(dir, "sources.csv"), []string{"code", "nom", "producteur", "licence", "methode", "limites", "adresse"}, sources(a.Observatory.Catalogue)); err != nil {
		return err
	}
	c.say("%s dans %s, sources comprises.", french.Plural(n, "indicateur écrit", "indicateurs écrits"), dir)
	return nil
}

// exportHeader is that of the files that pages offer: maillage import reads them back.
var exportHeader = []string{"insee", "nom", "indicateur", "periode", "valeur", "unite", "etat", "note", "source"}

// column lists what is known of an indicator: every number, and of the communes the reason why
// there is none when somebody gave it.
func (a *App) column(ctx context.Context, s *observatory.Snapshot, ind *observatory.Indicator) ([][]any, error) {
	var rows [][]any
	for _, p := range s.Periods(ind.Code) {
		col, err := s.Column(ctx, ind.Code, p)
		if err != nil {
			return nil, err
		}
		for _, kind := range []territory.Kind{territory.Commune, territory.EPCI, territory.EPT, territory.Departement, territory.Region, territory.Country} {
			for _, t := range a.Places.Registry.All(kind) {
				v := col.Of(t.ID)
				said := v.Known() || kind == territory.Commune && !ind.Derived() && (v.State != observatory.Missing || v.Note != "")
				if !said {
					continue
				}
				var number any
				if v.Known() {
					number = sheet.Num{V: v.Number, Decimals: ind.Decimals}
				}
				rows = append(rows, []any{string(t.ID), t.Name, ind.Code, string(p), number, ind.Unit, v.State.String(), v.Note, s.Credit(ind.Code)})
			}
		}
	}
	return rows, nil
}

func sources(cat *observatory.Catalogue) [][]any {
	var rows [][]any
	for _, s := range cat.Sources {
		rows = append(rows, []any{s.Code, s.Name, s.Producer, s.Licence, s.Method, s.Limits, s.URL})
	}
	return rows
}

// writeFile writes beside, syncs and renames: a file that is there is whole.
func writeFile(path string, header []string, rows [][]any) error {
	tmp := path + ".partiel"
	f, err := os.OpenFile(filepath.Clean(tmp), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640) // #nosec G302 -- an export is meant to be shared
	if err != nil {
		return fmt.Errorf("le fichier %s ne peut pas être écrit : %w", path, err)
	}
	err = errors.Join(sheet.WriteData(f, header, slices.Values(rows)), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("le fichier %s n'a pas pu être écrit : %w", path, err), os.Remove(tmp))
	}
	return os.Rename(tmp, path)
}

// doctor says what works and what does not, without changing anything.
func doctor(ctx context.Context, c *call) (err error) {
	cfg, _, err := c.config()
	if err != nil {
		return err
	}
	c.say("Maillage %s", Version())
	if path, ok := strings.CutPrefix(cfg.database(), "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			c.say("Base de données : aucune dans %s ; elle sera créée au premier démarrage. Est-ce le bon dossier ?", filepath.Dir(path))
			return nil
		}
	}
	a, err := Open(ctx, cfg, logger(cfg, c.err))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	c.say("Base de données : %s, ouverte, tables à jour", a.DB.Engine())
	versions, err := a.DB.Versions(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		c.say("  %s : version %d", name, versions[name])
	}
	reg, s := a.Places.Registry, a.Observatory.Snapshot()
	years := reg.Years()
	c.say("Territoires : %s communes, %s départements, états de %d à %d", french.Int(len(reg.All(territory.Commune))),
		french.Int(len(reg.All(territory.Departement))), years[0], years[len(years)-1])
	active := 0
	for _, b := range s.Batches() {
		if b.Active() {
			active++
		}
	}
	c.say("Observatoire : %s, dont %s avec des chiffres ; %s en usage", french.Plural(len(s.Indicators()), "indicateur", "indicateurs"),
		french.Int(len(s.Published())), french.Plural(active, "import", "imports"))
	for _, b := range s.Batches() {
		state := "en usage"
		if !b.Active() {
			state = "retiré"
		}
		c.say("  %s  %s  %s, %s", b.ID, clock.On(b.Created), b.Title, state)
	}
	c.say("Règles de droit : %s", french.Plural(len(a.Duties.Rules.All()), "règle datée et sourcée", "règles datées et sourcées"))
	if sets := a.Places.State().Outlines.Sets; len(sets) == 0 {
		c.say("Contours : aucun ; les cartes sont schématiques. Importez-les : maillage import contours FICHIER")
	} else {
		c.say("Contours : %s", sets[0].Title)
	}
	return nil
}
