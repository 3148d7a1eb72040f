// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"maillage/internal/observatory/remote"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/web"
)

// Fetch downloads a data set of a public producer into dir, telling the job how far it is.
// The file is imported as any other: see Examine.
func Fetch(ctx context.Context, c *remote.Client, d remote.Dataset, o remote.Options, dir string, p *jobs.Progress) (remote.File, error) {
	f, err := c.Fetch(ctx, d, o, dir, func(step string, done, total int64) {
		p.Step(step, total)
		p.Add(done)
	})
	if err != nil && !errors.Is(err, remote.ErrRemote) && ctx.Err() == nil {
		slog.ErrorContext(ctx, "remote data set", "dataset", d.Code, "error", err)
		return f, fmt.Errorf("%s n'a pas pu être enregistré sur ce serveur ; l'administrateur en trouvera la raison dans le journal", d.Code)
	}
	return f, err
}

// keep takes a file that stays where it is: a link to it, or a copy.
func (k *deposits) keep(path, name string, now time.Time) (*deposit, error) {
	return k.place(name, now, func(to string) error {
		if os.Link(path, to) == nil {
			return nil
		}
		return copyFile(path, to)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from) // #nosec G304 -- a file that this program downloaded
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                     // only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- named by us
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// sourceForm is what the page offers to fetch; nil when the network is closed.
type sourceForm struct {
	Dataset, Extent web.Field
}

const (
	wholeFrance = "france"
	homeOnly    = "departement"
)

var sourceSpec = web.FormSpec{Fields: []string{"jeu", "etendue"}}

func (m *imports) sourceForm(f *web.Form) *sourceForm {
	if !m.Network {
		return nil
	}
	home := "Le département"
	if t, ok := m.Registry.Get(m.Home); ok {
		home = t.Name
	}
	sets := web.Field{Name: "jeu", Label: "Jeu de données", Type: "select", Required: true, Hint: "Cnaf et Insee, Licence Ouverte 2.0"}
	for _, d := range remote.Datasets() {
		sets.Options = append(sets.Options, web.Option{Value: d.Code, Label: d.Producer + " : " + d.Title})
	}
	extent := web.Field{Name: "etendue", Label: "Étendue", Type: "radio", Required: true, Options: []web.Option{
		{Value: homeOnly, Label: home, Hint: "Insee ; la Cnaf donne toujours toute la France", Selected: true},
		{Value: wholeFrance, Label: "Toute la France", Hint: "Cnaf, et naissances de l'Insee"}}}
	return &sourceForm{Dataset: f.Field(sets), Extent: f.Field(extent)}
}

// fetch downloads a data set in the background, then reads it like a file dropped.
func (m *imports) fetch(w http.ResponseWriter, req *http.Request) error {
	if !m.Network {
		return web.Forbidden("La récupération à la source est fermée sur ce service, par le réglage « reseau ». Déposez un fichier, ou demandez à l'administrateur de l'ouvrir.")
	}
	f, err := web.ReadForm(req, sourceSpec)
	if err != nil {
		return err
	}
	defer f.Close()
	d, ok := remote.Find(f.Text("jeu"))
	if !ok {
		f.Fail("jeu", "Choisissez un des jeux de données proposés.")
	}
	var options remote.Options
	if f.Choice("etendue", homeOnly, wholeFrance) == homeOnly {
		options.Departement = string(m.Home)
	} else if ok && !d.AllFrance() {
		f.Fail("etendue", "L'Insee donne ce jeu de données département par département.")
	}
	if !f.Valid() {
		return m.showList(w, req, http.StatusUnprocessableEntity, "", f)
	}
	job := m.Jobs.Start("Récupération : "+d.Title, func(ctx context.Context, p *jobs.Progress) error {
		file, err := Fetch(ctx, m.sources, d, options, filepath.Join(m.Dir, "sources"), p)
		if err != nil {
			return err
		}
		deposit, err := m.files.keep(file.Path, file.Name, m.Now())
		if err != nil {
			return err
		}
		return m.read(ctx, deposit, BestTable, nil, p)
	})
	return m.follow(w, req, job)
}
