// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// VerifyFile checks the receipt kept in a file, without database nor network, and says in
// French what it proves. Its error says why it proves nothing.
func VerifyFile(path string, key PublicKey) (string, error) {
	data, err := readSmall(path, maxReceipt)
	if err != nil {
		return "", err
	}
	r, err := ParseReceipt(data)
	if err == nil {
		err = VerifyReceipt(r, key)
	}
	if err != nil {
		return "", fmt.Errorf("%s : %w", path, err)
	}
	return r.Explain(), nil
}

// TrustedKey is the public key to check receipts with: the one given, as text or as the
// name of a file that holds it, or else that of the data folder dir.
func TrustedKey(given, dir string) (PublicKey, error) {
	if given == "" {
		k, err := ReadPublicKey(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%w : le dossier %s n'en a pas ; donnez celle que publie le site : --cle FICHIER, ou --cle nom+empreinte+clé. Un reçu ne peut pas se porter garant de lui-même", ErrKey, dir)
		}
		return k, err
	}
	if strings.Count(given, "+") >= 2 {
		if _, err := os.Stat(given); err != nil {
			return ParsePublicKey(given)
		}
	}
	data, err := readSmall(given, 4<<10)
	if err != nil {
		return "", err
	}
	return ParsePublicKey(string(data))
}

// readSmall reads a file that should not exceed most bytes, and one byte more if it does.
func readSmall(path string, most int64) ([]byte, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("le fichier %s ne peut pas être lu ; vérifiez son nom et ses droits", path)
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("le fichier %s ne peut pas être lu : %w", path, err)
	}
	return data, nil
}
