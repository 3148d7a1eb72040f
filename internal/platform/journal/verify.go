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

// VerifyFile reads the receipt kept in a file and checks it with the keys, without
// database nor network; [Receipt.Explain] then says what it proves. Its error says in
// French why it proves nothing.
func VerifyFile(path string, keys ...PublicKey) (*Receipt, error) {
	data, err := readSmall(path, maxReceipt)
	if err != nil {
		return nil, err
	}
	r, err := VerifyText(data, keys...)
	if err != nil {
		return nil, fmt.Errorf("%s : %w", path, err)
	}
	return r, nil
}

// VerifyText reads a receipt and checks it with the one of the keys that signed it. The
// receipt is nil when it cannot be read, and comes with the error when it can but proves
// nothing.
func VerifyText(data []byte, keys ...PublicKey) (*Receipt, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w : aucune n'est donnée pour vérifier le reçu", ErrKey)
	}
	r, err := ParseReceipt(data)
	if err != nil {
		return nil, err
	}
	key := keys[0]
	for _, k := range keys {
		if r.Key == k {
			key = k
		}
	}
	return r, VerifyReceipt(r, key)
}

// MaxReceipt is the length of the largest receipt, in bytes.
const MaxReceipt = maxReceipt

// TrustedKeys are the public keys to check receipts with: those given, as text or as the
// name of a file that holds them, or else those of the data folder dir, present and former.
func TrustedKeys(given, dir string) ([]PublicKey, error) {
	if given == "" {
		return keysOf(dir)
	}
	if strings.Count(given, "+") >= 2 {
		if _, err := os.Stat(given); err != nil {
			k, err := ParsePublicKey(given)
			return []PublicKey{k}, err
		}
	}
	text, err := readSmall(given, 64<<10)
	if err != nil {
		return nil, err
	}
	keys, err := ParsePublicKeys(string(text))
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("%w : le fichier %s n'en contient pas", ErrKey, given)
	}
	return keys, err
}

func keysOf(dir string) ([]PublicKey, error) {
	k, err := ReadPublicKey(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w : le dossier %s n'en a pas ; donnez celle que publie le site : --cle FICHIER, ou --cle nom+empreinte+clé. Un reçu ne peut pas se porter garant de lui-même", ErrKey, dir)
	}
	if err != nil {
		return nil, err
	}
	former, err := FormerKeys(dir)
	return append([]PublicKey{k}, former...), err
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
