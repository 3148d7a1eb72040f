// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/french"
)

// trial is one speed that matters, and how it is measured. What it writes lies under the
// folder it is given, and what it listens to is the loopback.
type trial struct {
	name, help string
	run        func(*bencher, context.Context) error
}

// trials are in the order of a person's day: starting, importing, looking.
var trials = []trial{
	{"depart-neuf", "du dossier vide à la première page : territoires, règles et chiffres livrés", (*bencher).freshStart},
	{"depart-existant", "démarrage d'une base qui existe déjà, jusqu'à la première page", (*bencher).laterStart},
	{"import-cnaf", "un fichier national de la Cnaf : examiné, importé, visible dans une page", (*bencher).importRates},
	{"import-equipements", "le fichier national des équipements, par quartiers : durée et mémoire", (*bencher).importFacilities},
	{"choroplethe", "un indicateur, une année, toutes les communes de France, par l'interface de programmation", (*bencher).choropleth},
	{"fiche", "la page d'une commune, 20 millions de valeurs étant enregistrées", (*bencher).sheets},
	{"debit", "requêtes par seconde, face à net/http seul qui sert les mêmes octets", (*bencher).rates},
}

// bencher is one run of maillage bench.
type bencher struct {
	c     *call
	short bool
	dir   string // of everything the trials write; removed at the end
}

const benchHelp = `maillage bench [--bref] [essai…]   mesure les vitesses de ce programme sur cette machine

Chaque essai est fait plusieurs fois, pendant un temps limité ; une ligne donne le minimum, la médiane, le maximum et
l'objectif. Un objectif manqué n'est pas une erreur : la machine peut être occupée. Rien ne sort de la machine, la base
de données des réglages n'est pas touchée, et les fichiers temporaires sont effacés.

  --bref   de petites quantités, pour vérifier que les essais marchent ; leurs chiffres ne disent rien

Essais :
`

// bench measures, and never fails because of a time.
func bench(ctx context.Context, c *call) (err error) {
	b := &bencher{c: c}
	var chosen []trial
	for _, arg := range c.args {
		i := slices.IndexFunc(trials, func(t trial) bool { return t.name == arg })
		switch {
		case arg == "--bref":
			b.short = true
		case arg == "--help" || arg == "-h":
			c.say("%s%s", benchHelp, trialList())
			return nil
		case i < 0:
			return fmt.Errorf("« %s » n'est pas un essai ; voici ceux que maillage bench connaît :\n%s", arg, trialList())
		default:
			chosen = append(chosen, trials[i])
		}
	}
	if len(chosen) == 0 {
		chosen = trials
	}
	if b.dir, err = os.MkdirTemp("", "maillage-bench-"); err != nil {
		return fmt.Errorf("les essais ont besoin d'un dossier temporaire : %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	for _, t := range chosen {
		c.say("%s : %s", t.name, t.help)
		if err := t.run(b, ctx); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("interrompu ; les fichiers temporaires sont effacés")
			}
			return fmt.Errorf("essai %s : %w", t.name, err)
		}
	}
	return nil
}

func trialList() string {
	var s strings.Builder
	for _, t := range trials {
		fmt.Fprintf(&s, "  %-18s  %s\n", t.name, t.help)
	}
	return strings.TrimRight(s.String(), "\n")
}

// folder makes an empty folder for one round.
func (b *bencher) folder() (string, error) { return os.MkdirTemp(b.dir, "essai-") }

// size is a quantity, or the one of a smoke test.
func (b *bencher) size(real, short int) int {
	if b.short {
		return short
	}
	return real
}

// note tells how far a long preparation is, at most every five seconds, on the error output.
func (b *bencher) note() func(format string, args ...any) {
	var last time.Time
	return func(format string, args ...any) {
		if time.Since(last) >= 5*time.Second {
			last = time.Now()
			_, _ = fmt.Fprintf(b.c.err, "  "+format+"\n", args...)
		}
	}
}

// measure repeats a round until there are enough, or the time is spent; one is always done.
func measure(ctx context.Context, rounds int, limit time.Duration, round func(i int) (float64, error)) ([]float64, error) {
	var values []float64
	for end := time.Now().Add(limit); len(values) < rounds && (len(values) == 0 || time.Now().Before(end)); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, err := round(len(values))
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// goal is what the product promises of a median; the zero goal promises nothing.
type goal struct {
	limit   float64
	atLeast bool // the limit is a floor, not a ceiling
}

func under(limit float64) goal   { return goal{limit: limit} }
func atLeast(limit float64) goal { return goal{limit: limit, atLeast: true} }

// verdict compares the median, since one slow round may be the machine's doing.
func (g goal) verdict(median float64, decimals int, unit string) string {
	if g.limit == 0 {
		return ""
	}
	words, reached := "moins de", median < g.limit
	if g.atLeast {
		words, reached = "au moins", median >= g.limit
	}
	text := "   objectif : " + words + " " + strings.TrimSpace(french.Number(g.limit, decimals)+" "+unit) + " : "
	if reached {
		return text + "atteint"
	}
	return text + "non atteint"
}

// report prints one line of measures.
func (b *bencher) report(name string, values []float64, decimals int, unit string, g goal) {
	sorted := slices.Sorted(slices.Values(values))
	median := medianOf(sorted)
	show := func(v float64) string { return strings.TrimSpace(french.Number(v, decimals) + " " + unit) }
	b.c.say("  %-46s minimum %s, médiane %s, maximum %s (%s)%s", name, show(sorted[0]), show(median), show(sorted[len(sorted)-1]),
		french.Plural(len(sorted), "mesure", "mesures"), g.verdict(median, decimals, unit))
}

func medianOf(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// seconds and milliseconds are what the reports count in.
func seconds(d time.Duration) float64      { return d.Seconds() }
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// write makes a file of the bench's folder.
func (b *bencher) write(name string, fill func(w io.Writer) error) (string, error) {
	path := filepath.Join(b.dir, name)
	f, err := os.Create(path) // #nosec G304 -- a name of ours in a folder of ours
	if err != nil {
		return "", err
	}
	return path, errors.Join(fill(f), f.Close())
}
