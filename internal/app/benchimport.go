// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"

	"maillage/internal/observatory"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// open opens the rooms over a database of their own, with nothing said.
func (b *bencher) open(ctx context.Context) (*App, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	cfg := defaults()
	cfg.Dir, cfg.Addr, cfg.Network = dir, "127.0.0.1:0", false
	return Open(ctx, cfg, slog.New(slog.DiscardHandler))
}

// answer is a response kept in memory, without a network between.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// ask has the site answer one address, and says how long it took.
func ask(ctx context.Context, site *web.Server, path string) (*answer, time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return nil, 0, err
	}
	a := &answer{header: http.Header{}, status: http.StatusOK}
	began := time.Now()
	site.ServeHTTP(a, req)
	took := time.Since(began)
	if a.status != http.StatusOK {
		return nil, 0, fmt.Errorf("%s a répondu %d", path, a.status)
	}
	return a, took, nil
}

// importRates times the Cnaf's file from the file to the page, on a fresh database each time.
func (b *bencher) importRates(ctx context.Context) error {
	reg, err := territory.Load()
	if err != nil {
		return err
	}
	rows := b.size(ratesRows, 500)
	path, err := b.write("txcouv_pe_com_2017_2021.csv", func(w io.Writer) error { return writeRates(w, reg, rows) })
	if err != nil {
		return err
	}
	places, _ := bySize(reg)
	times, err := measure(ctx, b.size(9, 1), 60*time.Second, func(int) (float64, error) {
		took, err := b.importOnce(ctx, path, places[0])
		return seconds(took), err
	})
	if err != nil {
		return err
	}
	b.report(french.Plural(rows, "ligne", "lignes")+", du fichier à la page", times, 2, "s", under(1))
	return nil
}

// importOnce examines, imports and shows a file of rates.
func (b *bencher) importOnce(ctx context.Context, path string, shown *territory.Territory) (took time.Duration, err error) {
	a, err := b.open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	site := a.site()
	began := time.Now()
	file := observatory.File{Path: path, Name: filepath.Base(path)}
	x, err := a.Observatory.Examine(ctx, file, observatory.BestTable, nil, nil)
	if err != nil {
		return 0, err
	}
	if _, err := a.Observatory.Import(ctx, x, observatory.Decision{Remember: true}, time.Now(), nil); err != nil {
		return 0, err
	}
	page, _, err := ask(ctx, site, "/observatoire?vue=tableau&indicateur=couverture_globale&periode=2017&dans="+string(shown.Departement))
	if err != nil {
		return 0, err
	}
	took = time.Since(began)
	v, err := valueOf(ctx, a, "couverture_globale", "2017", shown.ID)
	if err == nil && (!v.Known() || !bytes.Contains(page.body.Bytes(), []byte(french.Number(v.Number, 1)))) {
		err = fmt.Errorf("la page ne montre pas le chiffre importé pour %s", shown.Name)
	}
	return took, err
}

func valueOf(ctx context.Context, a *App, code string, p observatory.Period, id territory.ID) (observatory.Value, error) {
	c, err := a.Observatory.Snapshot().Column(ctx, code, p)
	if err != nil {
		return observatory.Value{}, err
	}
	return c.Of(id), nil
}

// importFacilities times the national file of facilities as the command line imports it, and
// compares its peak of memory with that of a file ten times shorter: flat, or it grows.
func (b *bencher) importFacilities(ctx context.Context) error {
	reg, err := territory.Load()
	if err != nil {
		return err
	}
	rows := b.size(facilitiesRows, 20000)
	run := func(rows, rounds int) (times, peaks []float64, err error) {
		name := fmt.Sprintf("bpe_ens_2018_%d.csv", rows)
		path, err := b.write(name, func(w io.Writer) error { return writeFacilities(w, reg, rows) })
		if err != nil {
			return nil, nil, err
		}
		times, err = measure(ctx, rounds, 120*time.Second, func(int) (float64, error) {
			dir, err := b.folder()
			if err != nil {
				return 0, err
			}
			began := time.Now()
			peak, err := b.runChild(ctx, "valeurs enregistrées", "import", "--dir", dir, path)
			peaks = append(peaks, peak)
			return time.Since(began).Seconds(), err
		})
		return times, peaks, err
	}
	_, small, err := run(rows/10, 1)
	if err != nil {
		return err
	}
	times, peaks, err := run(rows, b.size(3, 1))
	if err != nil {
		return err
	}
	b.report(french.Plural(rows, "ligne", "lignes")+", commande entière", times, 1, "s", under(15))
	if small[0] > 0 {
		b.report("mémoire à son plus haut", peaks, 0, "Mio", goal{})
		ratios := make([]float64, len(peaks))
		for i, p := range peaks {
			ratios[i] = p / small[0]
		}
		b.report("la même, rapportée au dixième du fichier", ratios, 2, "fois", under(flat))
	}
	return nil
}

// flat is how much more memory ten times more rows may take and still be called flat: what the
// collector of Go lets pass between two collections.
const flat = 1.5

// runChild runs a command of this program to its end, which must say the words given, and
// returns its peak of memory in MiB.
func (b *bencher) runChild(ctx context.Context, words string, args ...string) (peak float64, err error) {
	cmd, out, err := b.child(ctx, args...)
	if err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() {
		said, _ := io.ReadAll(out)
		err := cmd.Wait()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			err = fmt.Errorf("maillage %s : %w\n%s", args[0], err, said)
		}
		if err == nil && !bytes.Contains(said, []byte(words)) {
			err = fmt.Errorf("maillage %s n'a pas dit « %s » :\n%s", args[0], words, said)
		}
		ended <- err
	}()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case err := <-ended:
			tick.Stop()
			return peak, err
		case <-tick.C:
			peak = max(peak, memoryOf(cmd.Process.Pid, "VmHWM"))
		}
	}
}
