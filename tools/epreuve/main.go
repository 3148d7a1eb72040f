// SPDX-License-Identifier: EUPL-1.2

// Command epreuve is the workshop's part of scripts/eprouver-coupures.sh: a writer that says
// what was acknowledged, and the judge that looks for it after the power was cut.
//
//	epreuve ecrire DOSSIER             writes in DOSSIER until it is killed, and prints a line for each
//	                                   acknowledged write
//	epreuve ecrire -normal DOSSIER     the witness: the same rows with synchronous=NORMAL
//	epreuve verifier -confirmes FICHIER -octets N DOSSIER
//	                                   looks in DOSSIER for what the first N bytes of FICHIER acknowledge
//	epreuve disque DOSSIER IMAGE       serves DOSSIER/disque, a disk of IMAGE's content that forgets what it
//	                                   was not told to flush (Linux, root)
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"maillage/internal/platform/actor"
)

// errUsage is answered with the usage.
var errUsage = errors.New("usage : epreuve ecrire [-normal] DOSSIER\n        epreuve verifier -confirmes FICHIER -octets N DOSSIER\n        epreuve disque DOSSIER IMAGE")

// errLost says that the judge found something missing or damaged; its output says what.
var errLost = errors.New("des écritures manquent")

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout)
	if errors.Is(err, errLost) {
		os.Exit(1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "epreuve :", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	ctx = actor.With(ctx, actor.Machine("épreuve de coupure"))
	switch args[0] {
	case "ecrire":
		return write(ctx, args[1:], out)
	case "verifier":
		return verify(ctx, args[1:], out)
	case "disque":
		return serveDisk(args[1:], in, out)
	}
	return errUsage
}
