// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/platform/journal"
	"maillage/internal/privacy"
)

const verifyHelp = `maillage verify [options] REÇU…   vérifie des reçus d'actes, sans réseau ni base de données

Options :
  --cle CLÉ|FICHIER      clé publique du journal, ou fichier qui la contient : celle que publie la page /actes du
                         site (fichier cle.txt). Par défaut, celle du dossier de données
  --document FICHIER     vérifie aussi que ce fichier est un de ceux que l'acte scelle ; peut être répétée
La commande réussit si tous les reçus sont authentiques et si chaque document est scellé par l'un d'eux.
`

// verifyOptions are the choices of maillage verify that are not settings of the service.
type verifyOptions struct {
	key       string
	documents []string
}

// takeVerifyOptions separates them from the settings and the files.
func takeVerifyOptions(args []string) (o verifyOptions, rest []string, err error) {
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(args[i], "=")
		if name != "--cle" && name != "--document" {
			rest = append(rest, args[i])
			continue
		}
		if !has {
			if i++; i < len(args) {
				value = args[i]
			}
		}
		switch {
		case value == "":
			return o, nil, fmt.Errorf("l'option %s attend une valeur ; voyez maillage verify --help", name)
		case name == "--cle":
			o.key = value
		default:
			o.documents = append(o.documents, value)
		}
	}
	return o, rest, nil
}

// verify checks receipts with a key that comes from elsewhere than the receipts.
func verify(_ context.Context, c *call) error {
	opts, rest, err := takeVerifyOptions(c.args)
	if err != nil {
		return err
	}
	c.args = rest
	cfg, files, err := c.config()
	if errors.Is(err, ErrHelp) {
		c.say("%s", verifyHelp)
	}
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("donnez le reçu à vérifier : maillage verify [--cle CLÉ|FICHIER] REÇU…")
	}
	keys, err := journal.TrustedKeys(opts.key, cfg.Dir)
	if err != nil {
		return err
	}
	hashes := make([]string, len(opts.documents))
	for i, name := range opts.documents {
		if hashes[i], err = hashOf(name); err != nil {
			return err
		}
	}
	sealed, failed := c.verifyFiles(files, keys)
	switch {
	case failed > 1:
		return fmt.Errorf("%s reçus sur %s ne prouvent rien", french.Int(failed), french.Int(len(files)))
	case failed == 1 && len(files) > 1:
		return fmt.Errorf("un reçu sur %s ne prouve rien", french.Int(len(files)))
	case failed == 1:
		return errors.New("ce reçu ne prouve rien")
	}
	return c.verifyDocuments(opts.documents, hashes, sealed)
}

// verifyFiles tells of each receipt, and gathers the hashes of what the good ones seal.
func (c *call) verifyFiles(files []string, keys []journal.PublicKey) (sealed []string, failed int) {
	kinds := journal.BySlug(actKinds())
	for i, file := range files {
		if i > 0 {
			c.say("")
		}
		if len(files) > 1 {
			c.say("%s", file)
		}
		r, err := journal.VerifyFile(file, keys...)
		if err != nil {
			c.say("Ce reçu ne prouve rien.\n  %v", err)
			failed++
			continue
		}
		c.say("%s", strings.TrimSuffix(r.Explain(kinds[r.Leaf.Kind]), "\n"))
		sealed = append(sealed, r.Leaf.Documents...)
	}
	return sealed, failed
}

func (c *call) verifyDocuments(names, hashes, sealed []string) error {
	var strangers []string
	for i, name := range names {
		if i == 0 {
			c.say("")
		}
		if slices.Contains(sealed, hashes[i]) {
			c.say("%s : ce fichier est scellé par l'acte, octet pour octet.", name)
			continue
		}
		c.say("%s : ce fichier n'est pas un de ceux que l'acte scelle, ou il a été modifié (SHA-256 %s).", name, hashes[i])
		strangers = append(strangers, name)
	}
	if len(strangers) > 0 {
		return fmt.Errorf("%s : aucun de ces reçus ne scelle ce fichier", strings.Join(strangers, ", "))
	}
	return nil
}

// hashOf is the SHA-256 of a file, in hexadecimal.
func hashOf(name string) (string, error) {
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return "", fmt.Errorf("le document %s ne peut pas être lu ; vérifiez son nom et ses droits", name)
	}
	defer func() { _ = f.Close() }() // only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("le document %s ne peut pas être lu : %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// actKinds are the kinds of official acts that the rooms declare.
func actKinds() []journal.Kind {
	return slices.Concat(journal.Kinds(), privacy.Kinds())
}
