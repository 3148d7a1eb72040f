// SPDX-License-Identifier: EUPL-1.2

// Command refdata rebuilds refdata/territoires.tsv.zst from the npm packages
// @etalab/decoupage-administratif, one or two a year from 2021 to 2026.
//
//	go run ./tools/refdata            writes the file
//	go run ./tools/refdata -check     rebuilds it in memory and compares, byte for byte
//	go run ./tools/refdata -text      prints the text before compression
//
// It needs the npm client, and a network the first time. Every package is checked against
// the hash written in this command, so that a rebuild cannot silently take other data.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"maillage/refdata"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "refdata :", err)
		os.Exit(1)
	}
}

// errDiffers says that the committed file is not what the packages give.
var errDiffers = errors.New("le fichier diffère de ce que donnent les paquets : relancez « go run ./tools/refdata » et relisez les changements")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("refdata", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("o", "refdata/territoires.tsv.zst", "fichier à écrire ou à comparer")
	from := flags.String("from", "", "dossier où les paquets sont gardés ; un dossier temporaire par défaut")
	check := flags.Bool("check", false, "reconstruire en mémoire et comparer, sans rien écrire")
	text := flags.Bool("text", false, "écrire le texte non compressé sur la sortie, sans rien écrire d'autre")
	if err := flags.Parse(args); err != nil {
		return err
	}
	packages, err := fetchAll(ctx, *from, stderr)
	if err != nil {
		return err
	}
	data, err := build(packages)
	if err != nil {
		return err
	}
	plain := refdata.Encode(data)
	if *text {
		_, err := stdout.Write(plain)
		return err
	}
	packed, err := refdata.Compress(plain)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%d communes, %d groupements, %d alias ; %d octets, %d compressés\n",
		len(data.Communes), len(data.Groupings), len(data.Aliases), len(plain), len(packed))
	if *check {
		return compare(*out, packed, stderr)
	}
	return os.WriteFile(*out, packed, 0o644) //nolint:gosec // a public file of the repository
}

func compare(path string, packed []byte, stderr io.Writer) error {
	old, err := os.ReadFile(path) //nolint:gosec // the path is the developer's own argument
	if err != nil {
		return err
	}
	if !bytes.Equal(old, packed) {
		return errDiffers
	}
	fmt.Fprintln(stderr, path, ": identique à l'octet près")
	return nil
}
