// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// The key's files in the data folder.
const (
	KeyFile        = "journal.cle"            // the secret key, mode 0600
	PublicKeyFile  = "journal.cle.publique"   // what anyone may have, to check receipts
	FormerKeysFile = "journal.cles.anciennes" // public keys it signed with before, one a line
	witnessFile    = "journal.temoin"         // the last checkpoint this installation signed or saw
)

// ErrKey: a key cannot be read or trusted.
var ErrKey = errors.New("clé du journal")

// PublicKey is the text people are given to check receipts: name+hash+key, in the form
// of golang.org/x/mod/sumdb/note.
type PublicKey string

// ParsePublicKey reads a public key, alone on its line.
func ParsePublicKey(s string) (PublicKey, error) {
	k := PublicKey(strings.TrimSpace(s))
	if strings.HasPrefix(string(k), "PRIVATE+KEY+") {
		return "", fmt.Errorf("%w : ceci est la clé secrète ; ne la donnez à personne et prenez %s", ErrKey, PublicKeyFile)
	}
	v, err := note.NewVerifier(string(k))
	if err != nil {
		return "", fmt.Errorf("%w : %.80q n'est pas une clé publique de journal ; elle s'écrit nom+empreinte+clé", ErrKey, k)
	}
	if want := fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash()); !strings.HasPrefix(string(k), want) {
		return "", fmt.Errorf("%w : %.80q n'est pas écrite comme elle doit l'être", ErrKey, k)
	}
	return k, nil
}

// ID is the short name of the key, name+hash.
func (k PublicKey) ID() string {
	name, rest, _ := strings.Cut(string(k), "+")
	hash, _, _ := strings.Cut(rest, "+")
	return name + "+" + hash
}

// Name is the name of the journal, which the key carries.
func (k PublicKey) Name() string { name, _, _ := strings.Cut(string(k), "+"); return name }

func (k PublicKey) verifier() (note.Verifier, error) {
	if _, err := ParsePublicKey(string(k)); err != nil {
		return nil, err
	}
	return note.NewVerifier(string(k))
}

// Key signs checkpoints.
type Key struct {
	signer note.Signer
	public PublicKey
}

// Public is what checks what the key signed.
func (k *Key) Public() PublicKey { return k.public }

// NewKey makes the text of a new secret key for the journal of that name: the site's host
// and « /journal » by custom; neither space nor plus.
func NewKey(name string) (string, error) {
	if name == "" || strings.ContainsAny(name, "+ \t\r\n") {
		return "", fmt.Errorf("%w : « %s » ne peut pas nommer un journal ; pas d'espace ni de signe plus", ErrKey, name)
	}
	secret, _, err := note.GenerateKey(rand.Reader, name)
	return secret, err
}

// NameAt is the customary name of the journal of the site at an address (its BaseURL):
// "maillage.exemple.fr/journal". A key keeps the name it was made with.
func NameAt(base string) string {
	if u, err := url.Parse(base); err == nil && u.Hostname() != "" {
		return strings.ToLower(u.Hostname()) + "/journal"
	}
	return "localhost/journal"
}

// ParseKey reads the text of a secret key, as a secret setting holds it. Its errors never
// hold the key.
func ParseKey(secret string) (*Key, error) {
	secret = strings.TrimSpace(secret)
	bad := fmt.Errorf("%w : le texte donné n'est pas une clé secrète de journal (PRIVATE+KEY+nom+empreinte+clé)", ErrKey)
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, bad
	}
	parts := strings.SplitN(secret, "+", 5) // the last one is base64, where a plus is a digit
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, bad
	}
	public, ok := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return nil, bad
	}
	text, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return nil, bad
	}
	return &Key{signer, PublicKey(text)}, nil
}

// LoadKey reads the key kept in the data folder dir, or makes one under that name the
// first time. A key that others than its owner can read is refused. The public key is
// written beside it; the one that stood there before becomes a former key.
func LoadKey(dir, name string) (*Key, error) {
	path := filepath.Join(dir, KeyFile)
	k, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKey(path, name); err == nil {
			k, err = readKey(path) // maybe that of another process, which was faster
		}
	}
	if err != nil {
		return nil, err
	}
	return k, publish(dir, k.public)
}

// OpenKey is the key to sign with: the secret text of a setting when there is one, which
// several machines may share, or else that of the data folder dir (see [LoadKey]). The
// folder is made if need be.
func OpenKey(secret, dir, name string) (*Key, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("%w : le dossier %s ne peut pas être créé : %w", ErrKey, dir, err)
	}
	if secret == "" {
		return LoadKey(dir, name)
	}
	k, err := ParseKey(secret)
	if err != nil {
		return nil, err
	}
	return k, publish(dir, k.public)
}

// publish writes the public key in the folder, and moves another one to the former keys.
func publish(dir string, key PublicKey) error {
	path := filepath.Join(dir, PublicKeyFile)
	have, err := os.ReadFile(filepath.Clean(path))
	switch {
	case err == nil && string(have) == string(key)+"\n":
		return nil
	case err == nil:
		if old, err := ParsePublicKey(string(have)); err == nil {
			if err := addFormer(dir, old); err != nil {
				return err
			}
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w : %w", ErrKey, err)
	}
	return writeDurably(path, string(key)+"\n", 0o644, true)
}

// FormerKeys are the public keys kept in the data folder dir of those it signed with
// before: what they signed is still believed.
func FormerKeys(dir string) ([]PublicKey, error) {
	path := filepath.Join(dir, FormerKeysFile)
	text, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w : %w", ErrKey, err)
	}
	keys, err := ParsePublicKeys(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s : %w", path, err)
	}
	return keys, nil
}

func addFormer(dir string, key PublicKey) error {
	keys, err := FormerKeys(dir)
	if err != nil || slices.Contains(keys, key) {
		return err
	}
	return writeDurably(filepath.Join(dir, FormerKeysFile), FormatPublicKeys(append(keys, key)...), 0o644, true)
}

// ParsePublicKeys reads public keys, one a line; empty lines and those that start with #
// are left out.
func ParsePublicKeys(text string) ([]PublicKey, error) {
	var keys []PublicKey
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		k, err := ParsePublicKey(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// FormatPublicKeys writes public keys as [ParsePublicKeys] reads them.
func FormatPublicKeys(keys ...PublicKey) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(string(k) + "\n")
	}
	return b.String()
}

func readKey(path string) (*Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w : %s est lisible par d'autres que son propriétaire ; faites chmod 600, et changez de clé si quelqu'un a pu la lire", ErrKey, path)
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("%w : %w", ErrKey, err)
	}
	k, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w (%s) ; restaurez ce fichier d'une sauvegarde", err, path)
	}
	return k, nil
}

func makeKey(path, name string) error {
	secret, err := NewKey(name)
	if err != nil {
		return err
	}
	err = writeDurably(path, secret+"\n", 0o600, false)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// ReadPublicKey finds the public key of the data folder dir, from its public file or
// else from the secret one.
func ReadPublicKey(dir string) (PublicKey, error) {
	text, err := os.ReadFile(filepath.Clean(filepath.Join(dir, PublicKeyFile)))
	if errors.Is(err, fs.ErrNotExist) {
		k, err := readKey(filepath.Join(dir, KeyFile))
		if err != nil {
			return "", err
		}
		return k.public, nil
	}
	if err != nil {
		return "", err
	}
	return ParsePublicKey(string(text))
}

// writeDurably writes beside, syncs, puts in place in one step and syncs the folder. An
// existing file is replaced or, as asked, fs.ErrExist.
func writeDurably(path, text string, mode fs.FileMode, replace bool) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.partiel")
	if err != nil {
		return fmt.Errorf("le dossier %s ne peut pas être écrit : %w", dir, err)
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil && replace {
		err = os.Rename(f.Name(), path)
	} else {
		if err == nil {
			err = os.Link(f.Name(), path)
		}
		err = errors.Join(err, os.Remove(f.Name()))
	}
	if err != nil {
		return fmt.Errorf("le fichier %s n'a pas pu être écrit : %w", path, err)
	}
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
