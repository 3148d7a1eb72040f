// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// What callers tell apart, by errors.Is.
var (
	// ErrClosed: the database was closed while the caller waited.
	ErrClosed = errors.New("la base de données est fermée")
	// ErrBusy: another writer kept the database, or conflicted, for too long.
	ErrBusy = errors.New("la base de données est occupée")
	// ErrFull: there is no room left on the disk.
	ErrFull = errors.New("le disque est plein")
	// ErrNewer: the database was written by a more recent Maillage.
	ErrNewer = errors.New("base écrite par une version plus récente")
	// ErrChanged: a migration that was applied is no longer the same text.
	ErrChanged = errors.New("migration modifiée après coup")
	// ErrNotDatabase: the file is not a SQLite database, or is damaged.
	ErrNotDatabase = errors.New("fichier de base de données illisible")
	// ErrNotCopied: PostgreSQL has written, but stopped waiting for the synchronous copy: the
	// write is there unless the primary is lost.
	ErrNotCopied = errors.New("l'écriture n'est que sur le serveur PostgreSQL principal : l'attente de sa copie a été interrompue ; vérifiez le serveur de secours")
	// ErrExists: a restoration would overwrite a database and was not asked to.
	ErrExists = errors.New("la base existe déjà")
)

// SQLite's result codes, primary and extended (https://www.sqlite.org/rescode.html).
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteIOErr      = 10
	sqliteCorrupt    = 11
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteConstraint = 19
	sqliteNotADB     = 26
	sqliteForeignKey = 787
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
	sqliteRowID      = 2579
)

// sqliteCode is the extended result code in err, or 0.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// pgCode is the SQLSTATE in err, or "".
func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// IsUnique says that a statement failed because a row with the same key exists.
func IsUnique(err error) bool {
	switch sqliteCode(err) {
	case sqliteUnique, sqlitePrimaryKey, sqliteRowID:
		return true
	}
	return pgCode(err) == "23505"
}

// IsForeignKey says that a statement failed because the row it refers to does
// not exist, or because rows refer to the one it removes.
func IsForeignKey(err error) bool {
	// 23001 is what PostgreSQL 18 answers for "on delete restrict".
	return sqliteCode(err) == sqliteForeignKey || pgCode(err) == "23503" || pgCode(err) == "23001"
}

// isConstraint says that SQLite refused data.
func isConstraint(err error) bool { return sqliteCode(err)&0xff == sqliteConstraint }

// isBusy says that another connection holds the SQLite file.
func isBusy(err error) bool {
	primary := sqliteCode(err) & 0xff
	return primary == sqliteBusy || primary == sqliteLocked
}

// isConflict says that a PostgreSQL transaction may succeed if run again:
// serialization failure, deadlock, lock not available in time.
func isConflict(err error) bool {
	switch pgCode(err) {
	case "40001", "40P01", "55P03":
		return true
	}
	return false
}

// explainSQLite adds the French remedy to the failures of the machine.
func explainSQLite(err error) error {
	switch sqliteCode(err) & 0xff {
	case sqliteFull:
		return fmt.Errorf("%w : libérez de la place puis recommencez, rien n'a été écrit (%w)", ErrFull, err)
	case sqliteIOErr:
		return fmt.Errorf("erreur de lecture ou d'écriture du disque : vérifiez le disque et les journaux du système (%w)", err)
	case sqliteCorrupt, sqliteNotADB:
		return fmt.Errorf("%w : restaurez la dernière sauvegarde avec « maillage restore » (%w)", ErrNotDatabase, err)
	}
	return err
}
