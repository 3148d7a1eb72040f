// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"maillage/internal/observatory"
	"maillage/internal/platform/french"
	"maillage/internal/platform/sheet"
	"maillage/internal/territory"
)

// export writes every figure, or those of the indicators given, and their sources, in files
// that anything can read, and that maillage import reads back.
func export(ctx context.Context, c *call) (err error) {
	cfg, rest, err := c.config()
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return fmt.Errorf("donnez le dossier où écrire : maillage export DOSSIER [INDICATEUR…]")
	}
	a, err := Open(ctx, cfg, logger(cfg, c.err))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	dir, s := rest[0], a.Observatory.Snapshot()
	chosen, err := published(s, rest[1:])
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("le dossier %s ne peut pas être créé : %w", dir, err)
	}
	for _, ind := range chosen {
		var failed error
		if err := writeFile(filepath.Join(dir, ind.Code+".csv"), exportHeader, a.rows(ctx, s, ind, &failed), &failed); err != nil {
			return err
		}
	}
	if err := writeFile(filepath.Join(dir, "sources.csv"), sourcesHeader, slices.Values(sources(a.Observatory.Catalogue)), nil); err != nil {
		return err
	}
	c.say("%s dans %s, sources comprises.", french.Plural(len(chosen), "indicateur écrit", "indicateurs écrits"), dir)
	return nil
}

// published are the indicators of these codes, all those with figures when there is none.
func published(s *observatory.Snapshot, codes []string) ([]*observatory.Indicator, error) {
	all := s.Published()
	if len(codes) == 0 {
		return all, nil
	}
	var chosen []*observatory.Indicator
	for _, code := range codes {
		i := slices.IndexFunc(all, func(ind *observatory.Indicator) bool { return ind.Code == code })
		if i < 0 {
			return nil, fmt.Errorf("« %s » n'est le code d'aucun indicateur qui ait des chiffres ; sans code, export les écrit tous", code)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// exportHeader is that of the files that pages offer.
var exportHeader = []string{"insee", "nom", "indicateur", "periode", "valeur", "unite", "etat", "note", "source"}

var exportedKinds = []territory.Kind{territory.Commune, territory.EPCI, territory.EPT, territory.Departement, territory.Region, territory.Country}

// rows lists what is known of an indicator, period by period: every number, and of the communes
// the reason why there is none when somebody gave it. An error ends the list.
func (a *App) rows(ctx context.Context, s *observatory.Snapshot, ind *observatory.Indicator, failed *error) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, p := range s.Periods(ind.Code) {
			col, err := s.Column(ctx, ind.Code, p)
			if err = errors.Join(err, ctx.Err()); err != nil {
				*failed = err
				return
			}
			for _, kind := range exportedKinds {
				for _, t := range a.Places.Registry.All(kind) {
					v := col.Of(t.ID)
					said := v.Known() || kind == territory.Commune && !ind.Derived() && (v.State != observatory.Missing || v.Note != "")
					if said && !yield([]any{string(t.ID), t.Name, ind.Code, string(p), exported(ind, v), ind.Unit, v.State.String(), v.Note, s.Credit(ind.Code)}) {
						return
					}
				}
			}
		}
	}
}

// beyond is how many decimals an estimate keeps past those that pages show.
const beyond = 2

// exported is the number of a value, nil when there is none: whole as it was published, without
// the false precision of a division when it was estimated.
func exported(ind *observatory.Indicator, v observatory.Value) any {
	switch {
	case !v.Known():
		return nil
	case v.State == observatory.Estimated:
		return sheet.Num{V: v.Number, Decimals: ind.Decimals + beyond}
	}
	return v.Number
}

var sourcesHeader = []string{"code", "nom", "producteur", "licence", "methode", "limites", "adresse"}

func sources(cat *observatory.Catalogue) [][]any {
	var rows [][]any
	for _, s := range cat.Sources {
		rows = append(rows, []any{s.Code, s.Name, s.Producer, s.Licence, s.Method, s.Limits, s.URL})
	}
	return rows
}

// writeFile writes beside, syncs and renames: a file that is there is whole. failed, when given,
// is why the rows ended early.
func writeFile(path string, header []string, rows iter.Seq[[]any], failed *error) error {
	tmp := path + ".partiel"
	f, err := os.OpenFile(filepath.Clean(tmp), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640) // #nosec G302 -- an export is meant to be shared
	if err != nil {
		return fmt.Errorf("le fichier %s ne peut pas être écrit : %w", path, err)
	}
	err = errors.Join(sheet.WriteData(f, header, rows), f.Sync(), f.Close())
	if failed != nil {
		err = errors.Join(*failed, err)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("le fichier %s n'a pas pu être écrit : %w", path, err), os.Remove(tmp))
	}
	return os.Rename(tmp, path)
}
