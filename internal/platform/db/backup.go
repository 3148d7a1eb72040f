// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// Progress is told how far a backup or a restoration is: done of total, in
// pages or bytes. It may be nil.
type Progress func(done, total int64)

func (p Progress) tell(done, total int64) {
	if p != nil {
		p(done, total)
	}
}

// Backup copies the database, as it is at one instant and while it is in
// use, to a new file at path. The file appears only when it is whole and on
// disk; one that exists is refused with [ErrExists].
//
// From SQLite the copy is a SQLite file in one piece. From PostgreSQL it is an
// archive of pg_dump, which must be installed.
func (d *DB) Backup(ctx context.Context, path string) error {
	return d.BackupWith(ctx, path, nil)
}

// BackupWith is [DB.Backup] that reports its progress.
func (d *DB) BackupWith(ctx context.Context, path string, progress Progress) error {
	path, err := filepath.Abs(path) // the engine would take a relative one for a host
	if err != nil {
		return fmt.Errorf("sauvegarde vers %s : %w", path, err)
	}
	if exists(path) {
		return fmt.Errorf("%w : %s ; choisissez un autre nom de fichier pour la sauvegarde", ErrExists, path)
	}
	copyTo := d.copySQLite
	if d.engine == Postgres {
		copyTo = d.dumpPostgres
	}
	if err := writeWhole(path, func(temp string) error { return copyTo(ctx, temp, progress) }); err != nil {
		return fmt.Errorf("sauvegarde vers %s : %w", path, err)
	}
	return nil
}

// writeWhole lets write fill a temporary neighbour of path, makes it durable
// and gives it its name. Nothing is left behind when write fails.
func writeWhole(path string, write func(temp string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.partiel")
	if err != nil {
		return fmt.Errorf("impossible d'écrire dans le dossier %s : %w", filepath.Dir(path), bare(err))
	}
	temp := f.Name()
	defer os.Remove(temp) // once renamed, nothing by that name
	if err := f.Close(); err != nil {
		return err
	}
	if err := write(temp); err != nil {
		return err
	}
	if err := syncFile(temp); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// backupStep is how many pages are copied between two looks at the context.
const backupStep = 2048

// copySQLite copies page by page under one read transaction: writers go on,
// and the copy never starts again because of them.
func (d *DB) copySQLite(ctx context.Context, temp string, progress Progress) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // it only read
	var n int
	if err := tx.QueryRowContext(ctx, "select count(*) from sqlite_schema").Scan(&n); err != nil { // takes the snapshot
		return err
	}
	if err := conn.Raw(func(c any) error { return copyPages(ctx, c, temp, progress) }); err != nil {
		return explainSQLite(err)
	}
	return singleFile(ctx, temp)
}

func copyPages(ctx context.Context, conn any, temp string, progress Progress) error {
	source, ok := conn.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	})
	if !ok {
		return fmt.Errorf("the SQLite driver lacks backups (%T)", conn)
	}
	b, err := source.NewBackup(fileURI(temp, nil))
	if err != nil {
		return err
	}
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return errors.Join(err, b.Finish())
		}
		if more, err = b.Step(backupStep); err != nil {
			return errors.Join(err, b.Finish())
		}
		total := int64(b.PageCount())
		progress.tell(total-int64(b.Remaining()), total)
	}
	return b.Finish()
}

// singleFile takes a copy out of WAL mode, so that one file holds all of it.
func singleFile(ctx context.Context, path string) error {
	pool, err := sql.Open("sqlite", fileURI(path, url.Values{"_journal_mode": {"DELETE"}, "_synchronous": {"FULL"}}))
	if err != nil {
		return err
	}
	return errors.Join(pool.PingContext(ctx), pool.Close())
}

func fileURI(path string, q url.Values) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}

// exists says that a file, or anything else, is at path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
