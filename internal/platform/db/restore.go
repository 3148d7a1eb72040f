// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// RestoreOptions is what a restoration may do beyond its default.
type RestoreOptions struct {
	// Overwrite allows to replace a database that exists. A SQLite file that is
	// replaced stays beside the new one, as NAME.avant-restauration-DATE.
	Overwrite bool
	Progress  Progress
}

// Restore makes the database at url what [DB.Backup] wrote to file. The copy
// is checked before it takes its place, at one stroke: until then, and if
// anything fails, the database is what it was. Nobody may be using it.
//
// Without [RestoreOptions.Overwrite] a database that exists is refused with
// [ErrExists]; a backup that is damaged, or is something else, with
// [ErrNotDatabase]; a database in use with [ErrBusy].
func Restore(ctx context.Context, url, file string, opt RestoreOptions) error {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return restorePostgres(ctx, url, file, opt)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := checkBackup(file); err != nil {
		return err
	}
	if exists(path) && !opt.Overwrite {
		return fmt.Errorf("%w : %s ; demandez explicitement à l'écraser (l'ancienne sera conservée à côté), ou choisissez un autre chemin", ErrExists, path)
	}
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("impossible de créer le dossier %s : %w", filepath.Dir(path), bare(err))
	}
	return writeWhole(path, func(temp string) error {
		if err := copyFile(ctx, temp, file, opt.Progress); err != nil {
			return fmt.Errorf("copie de %s : %w", file, err)
		}
		if err := checkIntegrity(ctx, temp, file); err != nil {
			return err
		}
		if err := os.Chmod(temp, fileMode); err != nil { // #nosec G302 -- as the file it replaces
			return err
		}
		return setAside(ctx, path)
	})
}

// checkBackup refuses what is not a backup before a byte is copied.
func checkBackup(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("sauvegarde %s illisible : %w ; vérifiez le chemin", file, bare(err))
	}
	if err := checkMagic(file); err != nil || info.Size() == 0 {
		return fmt.Errorf("%w : %s n'est pas une sauvegarde de Maillage ; choisissez un fichier écrit par « maillage backup »", ErrNotDatabase, file)
	}
	if log, err := os.Stat(file + "-wal"); err == nil && log.Size() > 0 {
		return fmt.Errorf("%w : %s est une base en service, dont une partie est encore dans %s-wal ; faites-en d'abord une sauvegarde avec « maillage backup »", ErrBusy, file, filepath.Base(file))
	}
	return nil
}

func copyFile(ctx context.Context, to, from string, progress Progress) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	var done int64
	for err == nil {
		var n int64
		n, err = io.CopyN(out, in, 4<<20)
		done += n
		progress.tell(done, info.Size())
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, out.Close())
}

// checkIntegrity has SQLite read the whole copy; name is what people call it.
func checkIntegrity(ctx context.Context, path, name string) error {
	pool, err := sql.Open("sqlite", fileURI(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return err
	}
	defer pool.Close()
	damaged := func(what any) error {
		return fmt.Errorf("%w : la sauvegarde %s est abîmée (%v) ; essayez-en une plus ancienne", ErrNotDatabase, name, what)
	}
	var verdict string
	if err := pool.QueryRowContext(ctx, "pragma integrity_check(1)").Scan(&verdict); err != nil {
		return errors.Join(damaged(err), ctx.Err())
	}
	if verdict != "ok" {
		return damaged(verdict)
	}
	var ours int
	if err := pool.QueryRowContext(ctx, "select count(*) from sqlite_schema where name = 'platform_migration'").Scan(&ours); err != nil {
		return damaged(err)
	}
	if ours == 0 {
		return fmt.Errorf("%w : %s est une base SQLite, mais pas de Maillage ; choisissez un fichier écrit par « maillage backup »", ErrNotDatabase, name)
	}
	return nil
}

// setAside gives a second name to the database that is about to be replaced,
// after its write-ahead log was merged into it: a log left beside the new file
// would spoil it.
func setAside(ctx context.Context, path string) error {
	if !exists(path) {
		return removeLogs(path)
	}
	if err := mergeLog(ctx, path); err != nil {
		return err
	}
	aside := path + ".avant-restauration-" + time.Now().UTC().Format("20060102-150405.000000")
	if err := os.Link(path, aside); err != nil {
		return fmt.Errorf("impossible de conserver l'ancienne base sous %s : %w", aside, bare(err))
	}
	// Logs remain only beside a damaged file, whose merge was not possible.
	if err := os.Rename(path+"-wal", aside+"-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return removeLogs(path)
}

// mergeLog leaves WAL mode, which SQLite allows only to the last connection:
// so it is also the test that nobody uses the database.
func mergeLog(ctx context.Context, path string) error {
	pool, err := sql.Open("sqlite", fileURI(path, url.Values{"_busy_timeout": {"1000"}, "_synchronous": {"FULL"}}))
	if err != nil {
		return err
	}
	defer pool.Close()
	var mode string
	err = pool.QueryRowContext(ctx, "pragma journal_mode = delete").Scan(&mode)
	switch code := sqliteCode(err) & 0xff; {
	case code == sqliteNotADB, code == sqliteCorrupt:
		return nil // damaged: what the restoration is for
	case code == sqliteBusy, code == sqliteLocked, err == nil && mode != "delete":
		return fmt.Errorf("%w : %s est ouverte par un autre programme ; arrêtez Maillage, puis recommencez la restauration", ErrBusy, path)
	}
	return err
}

func removeLogs(path string) error {
	for _, end := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
