// SPDX-License-Identifier: EUPL-1.2

// Package app wires the rooms together and offers them as one program. It holds no rule.
package app

import (
	"context"
	"fmt"
	"io"
)

// command is one verb of the program.
type command struct {
	name, args, help string
	run              func(ctx context.Context, c *call) error
}

// call is a verb as it was asked for.
type call struct {
	name     string
	args     []string
	environ  []string
	out, err io.Writer
}

// config reads the settings of the call and leaves the other arguments.
func (c *call) config() (Config, []string, error) {
	return ReadConfig(c.name, c.args, c.environ, c.out)
}

func (c *call) say(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format+"\n", args...) }

func commands() []command {
	return []command{
		{"demo", "[--addr HÔTE:PORT] [--dir DOSSIER]", "démarre une démonstration neuve, prête à essayer", demo},
		{"serve", "[réglages]", "démarre le service", serve},
		{"import", "[réglages] FICHIER…", "importe des fichiers de statistiques, ou « contours FICHIER… », « source CODE… »", importFiles},
		{"export", "[réglages] DOSSIER [INDICATEUR…]", "écrit les valeurs et leurs sources en CSV, toutes ou celles des indicateurs donnés", export},
		{"backup", "[réglages] FICHIER", "sauvegarde la base en cours de service", backup},
		{"restore", "[réglages] FICHIER", "remet une sauvegarde en place", restore},
		{"verify", "[--cle CLÉ|FICHIER] REÇU…", "vérifie des reçus d'actes officiels, sans réseau ni base de données", verify},
		{"doctor", "[réglages]", "vérifie l'installation et les données", doctor},
		{"bench", "[--bref] [essai…]", "mesure les vitesses de ce programme sur cette machine", bench},
		{"version", "", "dit la version", func(_ context.Context, c *call) error { c.say("maillage %s", Version()); return nil }},
	}
}

// Main runs the program with its arguments; the error is for people.
func Main(ctx context.Context, args, environ []string, out, err io.Writer) error {
	c := &call{environ: environ, out: out, err: err}
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		usage(out)
		return nil
	}
	c.name, c.args = args[0], args[1:]
	for _, cmd := range commands() {
		if cmd.name == c.name {
			return cmd.run(ctx, c)
		}
	}
	usage(err)
	return fmt.Errorf("« %s » n'est pas une commande", c.name)
}

func usage(w io.Writer) {
	_, _ = fmt.Fprintln(w, "maillage : la petite enfance, commune par commune")
	_, _ = fmt.Fprintln(w, "\nCommandes :")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  %-8s %s\n           %s\n", c.name, c.help, c.args)
	}
	_, _ = fmt.Fprintln(w, "\nLes réglages d'une commande : maillage COMMANDE --help")
}
