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

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/journal"
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
	c.say("Au prochain démarrage, prenez acte de cette reprise sur la page /actes/controle : le journal des actes ne signe rien avant.")
	return nil
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
	for _, worry := range journal.CheckKey(cfg.ActsKey, cfg.Dir) {
		c.say("Clé des actes : %s", worry)
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
	if err := c.doctorActs(ctx, a); err != nil {
		return err
	}
	return c.doctorMail(ctx, a)
}

// doctorActs says how the journal of official acts stands.
func (c *call) doctorActs(ctx context.Context, a *App) error {
	worries, err := a.Journal.Problems(ctx)
	if err != nil {
		return err
	}
	if len(worries) == 0 {
		c.say("Journal des actes : rien à signaler")
	}
	for _, worry := range worries {
		c.say("Journal des actes : %s", worry)
	}
	return nil
}
