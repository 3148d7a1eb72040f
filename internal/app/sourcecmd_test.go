// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"maillage/internal/observatory/remote/remotetest"
)

// fetching opens the program over a new folder, its sources played by a server, and runs
// maillage import source with the options given.
func fetching(t *testing.T, s *remotetest.Server, opts importOptions) (string, *App, error) {
	t.Helper()
	cfg := defaults()
	cfg.Dir, cfg.Sources = t.TempDir(), s.URL
	a, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	opts.what = ofSources
	err = a.importAll(t.Context(), &call{out: &out, err: &out}, opts)
	return out.String(), a, err
}

func TestSourcesAreImportedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	out, a, err := fetching(t, remotetest.New(t), importOptions{files: []string{"txcouv_pe_com", "ds_population_inconnue"}})
	if err == nil || !strings.Contains(err.Error(), "« ds_population_inconnue » n'est pas un jeu de données connu") {
		t.Errorf("%v", err)
	}
	for _, want := range []string{"txcouv_pe_com.csv : ", "Cnaf, Licence Ouverte 2.0", "colonne « txcouv_com » → couverture_globale", "valeurs enregistrées"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
	if n := len(a.Observatory.Snapshot().Batches()); n != 2 { // what ships with the product, and this
		t.Errorf("%d imports", n)
	}
}

func TestTrialOfASourceSavesNothing(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	out, a, err := fetching(t, s, importOptions{dry: true, france: true, files: []string{"DS_ETAT_CIVIL_NAIS_COMMUNES"}})
	if err != nil || !strings.Contains(out, "DS_ETAT_CIVIL_NAIS_COMMUNES.zip : ") || !strings.Contains(out, "Essai : rien n'a été enregistré") {
		t.Errorf("%v\n%s", err, out)
	}
	if n := len(a.Observatory.Snapshot().Batches()); n != 1 {
		t.Errorf("%d imports", n)
	}
	s.Fail("txcouv", remotetest.Status(200, "text/html", "<p>Portail"))
	if _, _, err := fetching(t, s, importOptions{files: []string{"txcouv_pe_com"}}); err == nil || !strings.Contains(err.Error(), "par une page web") {
		t.Errorf("%v", err)
	}
}
