// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckKey says in French what is wrong with the key of the data folder dir, or with the
// secret text that a setting gives in its place; nothing when all is well. It changes nothing.
func CheckKey(secret, dir string) []string {
	if secret != "" {
		if _, err := ParseKey(secret); err != nil {
			return []string{err.Error()}
		}
		return nil
	}
	path := filepath.Join(dir, KeyFile)
	_, err := readKey(path)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return []string{err.Error()}
	}
	if _, err := os.Stat(filepath.Join(dir, PublicKeyFile)); err == nil {
		return []string{fmt.Sprintf("%s : %s a disparu. Remettez la copie que vous avez gardée à part ; sinon le prochain démarrage créera une autre clé, et celle-ci restera crue pour les reçus déjà remis", ErrKey, path)}
	}
	return []string{fmt.Sprintf("%s : il n'y en a pas encore dans %s ; le premier démarrage la créera. Gardez-en alors une copie à part, pas avec les sauvegardes de la base", ErrKey, dir)}
}
