// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
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

// Problems says in French what keeps the journal from signing or from being believed;
// nothing when all is well. It reads little: see [Journal.Audit] for the whole. An error is
// that of reading the database.
func (j *Journal) Problems(ctx context.Context) ([]string, error) {
	_, err := j.Checkpoints(ctx, 1)
	switch {
	case errors.Is(err, ErrStranger):
		return []string{fmt.Sprintf("journal des actes : %v ; remettez %s, ou ajoutez la clé publique de ce nom à %s", err, KeyFile, FormerKeysFile)}, nil
	case errors.Is(err, ErrCheckpoint):
		return []string{fmt.Sprintf("journal des actes : %v", err)}, nil
	case err != nil:
		return nil, err
	}
	var list []string
	lost, err := j.Lost(ctx)
	switch {
	case errors.Is(err, ErrCheckpoint), errors.Is(err, ErrAltered):
		list = append(list, fmt.Sprintf("journal des actes, %s : %v", witnessFile, err))
	case err != nil:
		return nil, err
	case lost != nil:
		list = append(list, fmt.Sprintf("journal des actes : %s ont été signés jusqu'au %s, et la base ne les continue pas ; si une sauvegarde a été remise en place, prenez-en acte à la page /actes/controle, sinon rien ne sera plus signé",
			french.Plural(int(lost.Size), "acte", "actes"), clock.On(lost.At).French()))
	}
	return list, nil
}
