// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"maillage/internal/observatory"
	"maillage/internal/observatory/remote"
	"maillage/internal/platform/french"
	"maillage/internal/platform/jobs"
)

var errNetworkClosed = errors.New("la récupération à la source est fermée par le réglage « reseau » : ouvrez-le (--reseau oui), " +
	"ou téléchargez le fichier depuis un autre poste et donnez-le à maillage import")

// importSource fetches a data set where its producer publishes it, then imports it as a file.
func (a *App) importSource(ctx context.Context, c *call, code string, opts importOptions) error {
	d, ok := remote.Find(code)
	if !ok {
		return fmt.Errorf("« %s » n'est pas un jeu de données connu ; la liste : maillage import source", code)
	}
	options := remote.Options{Departement: a.Config.Departement}
	if opts.france {
		options.Departement = ""
	}
	var f remote.File
	err := a.watched(ctx, c, "Récupération de "+d.Code, func(ctx context.Context, p *jobs.Progress) (err error) {
		f, err = observatory.Fetch(ctx, a.remote, d, options, filepath.Join(a.files(), "sources"), p)
		return err
	})
	if err != nil {
		return err
	}
	if f.Unchanged {
		c.say("%s : inchangé à la source, la copie déjà téléchargée sert de nouveau.", f.Name)
	} else {
		c.say("%s : %s, %s, %s.", f.Name, french.Plural(int(f.Size), "octet reçu", "octets reçus"), d.Producer, d.Licence)
	}
	return a.importValues(ctx, c, f.Path, opts)
}

// listSources prints what can be fetched.
func listSources(c *call) {
	c.say("Jeux de données à récupérer à la source : maillage import source CODE…\n")
	for _, d := range remote.Datasets() {
		extent := "toute la France"
		switch {
		case d.ByDepartement() && d.AllFrance():
			extent = "un département, ou toute la France avec --france"
		case d.ByDepartement():
			extent = "un département (--departement)"
		}
		c.say("  %-28s %s, %s ; %s ; %s", d.Code, d.Title, d.Producer, d.Licence, extent)
	}
}
