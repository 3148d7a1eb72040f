// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

// sqliteMagic begins every SQLite file (https://www.sqlite.org/fileformat.html).
var sqliteMagic = []byte("SQLite format 3\x00")

// fileMode and folderMode keep personal data from the machine's other accounts;
// the group may read, for backups.
const (
	fileMode   = 0o640
	folderMode = 0o750
)

// Sizes of the page caches, in KiB. Readers are many and the system caches
// the file too; the writer's is larger, for the indexes of an import.
const (
	readerCache = 8 << 10
	writerCache = 32 << 10
)

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, errors.New("la base SQLite doit être un fichier : écrivez sqlite:CHEMIN, par exemple sqlite:maillage.db")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("base de données %s : %w", path, err)
	}
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	// The sync of every commit: fdatasync is what SQLite uses on Linux; the
	// translated driver must be told. Where it does not exist fsync stays.
	_, _ = sqlite.Fdatasync(true)
	d := &DB{engine: SQLite, place: path, path: path}
	if err := d.connectSQLite(ctx); err != nil {
		return nil, explainOpen(path, err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, errors.Join(explainOpen(path, err), d.Close())
	}
	return d, nil
}

func (d *DB) connectSQLite(ctx context.Context) error {
	write, err := sqlite.NewConnector(sqliteDSN(d.path, true))
	if err != nil {
		return err
	}
	read, err := sqlite.NewConnector(sqliteDSN(d.path, false))
	if err != nil {
		return err
	}
	d.write = sql.OpenDB(sqliteWriteConnector{write})
	d.write.SetMaxOpenConns(1)
	if err := d.write.PingContext(ctx); err != nil { // creates the file, sets WAL
		return errors.Join(err, d.write.Close())
	}
	d.read = sql.OpenDB(read)
	readers := max(4, min(16, 2*runtime.GOMAXPROCS(0)))
	d.read.SetMaxOpenConns(readers)
	d.read.SetMaxIdleConns(readers)
	if err := d.read.PingContext(ctx); err != nil {
		return errors.Join(err, d.read.Close(), d.write.Close())
	}
	d.writer = startWriter(d.write)
	return nil
}

// sqliteDSN holds every setting, so that each connection of the pools has
// them: a PRAGMA sent once reaches one connection only.
//
// The file is not mapped into memory: on 2 million rows it gained nothing that
// could be measured, and a disk error would kill the process instead of being
// reported.
func sqliteDSN(path string, writer bool) string {
	q := url.Values{}
	q.Set("_busy_timeout", "5000")
	q.Set("_foreign_keys", "on")
	q.Set("_synchronous", "FULL")
	q.Set("_dqs", "0")       // "x" is never the text 'x'
	q.Set("_defensive", "1") // no statement can damage the file format
	q.Set("_error_rc", "1")
	cache := readerCache
	if writer {
		cache = writerCache
		q.Set("_journal_mode", "WAL")
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "journal_size_limit(67108864)") // an import's log is cut back to 64 MiB
	} else {
		q.Set("_query_only", "on")
	}
	q.Add("_pragma", "cache_size(-"+strconv.Itoa(cache)+")")
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}

// prepareFile creates the folder, durably, and refuses a file that is not a
// database before SQLite touches it.
func prepareFile(path string) error {
	folder := filepath.Dir(path)
	if err := makeFolder(folder); err != nil {
		return fmt.Errorf("impossible de créer le dossier %s : %w ; créez-le et donnez-y le droit d'écriture, ou choisissez un autre chemin (MAILLAGE_DATABASE_URL)", folder, bare(err))
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return createFile(path)
	case err != nil:
		return explainOpen(path, err)
	case info.IsDir():
		return fmt.Errorf("%s est un dossier : indiquez un fichier, par exemple %s", path, filepath.Join(path, "maillage.db"))
	}
	return checkMagic(path)
}

// createFile makes an empty file, which is an empty database, that other
// accounts of the machine cannot read. SQLite gives its logs the same mode.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, fileMode) // #nosec G302 -- the group may back it up
	if err != nil {
		return fmt.Errorf("impossible de créer %s : donnez au compte qui lance Maillage le droit d'écriture sur le dossier %s (%w)", path, filepath.Dir(path), bare(err))
	}
	return f.Close()
}

func checkMagic(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return explainOpen(path, err)
	}
	defer f.Close()
	head := make([]byte, len(sqliteMagic))
	n, err := io.ReadFull(f, head)
	if err == io.EOF && n == 0 {
		return nil // an empty file is an empty database
	}
	if err != nil || !bytes.Equal(head, sqliteMagic) {
		return fmt.Errorf("%w : %s n'est pas une base SQLite ; indiquez le bon fichier, ou restaurez une sauvegarde avec « maillage restore »", ErrNotDatabase, path)
	}
	return nil
}

// makeFolder is os.MkdirAll that syncs each parent it adds an entry to.
func makeFolder(folder string) error {
	if info, err := os.Stat(folder); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s n'est pas un dossier", folder)
		}
		return nil
	}
	parent := filepath.Dir(folder)
	if parent != folder {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(folder, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

// syncFolder makes the entries of a folder durable.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// bare is the cause alone, for messages that already name the path.
func bare(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("droit refusé (%w)", err)
	}
	return err
}

// explainOpen says in French why the file cannot be opened.
func explainOpen(path string, err error) error {
	switch code := sqliteCode(err) & 0xff; {
	case code == sqliteNotADB, code == sqliteCorrupt:
		return fmt.Errorf("%w : %s n'est pas une base SQLite ou est abîmé ; restaurez une sauvegarde avec « maillage restore » (%w)", ErrNotDatabase, path, err)
	case code == sqliteFull:
		return explainSQLite(err)
	case code == sqliteCantOpen, code == sqliteReadOnly, errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("impossible d'écrire dans %s : donnez au compte qui lance Maillage le droit d'écriture sur ce fichier et sur le dossier %s (%w)", path, filepath.Dir(path), err)
	case code == sqliteBusy:
		return fmt.Errorf("%w : un autre programme tient %s ; fermez-le puis recommencez (%w)", ErrBusy, path, err)
	}
	return fmt.Errorf("base de données %s : %w", path, err)
}
