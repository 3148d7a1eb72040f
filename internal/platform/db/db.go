// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"
)

// Engine says which of the two databases runs.
type Engine int

// The two engines.
const (
	SQLite Engine = iota + 1
	Postgres
)

// String is the name used in migration files: "sqlite" or "postgres".
func (e Engine) String() string {
	switch e {
	case SQLite:
		return "sqlite"
	case Postgres:
		return "postgres"
	}
	return fmt.Sprintf("Engine(%d)", int(e))
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine Engine
	place  string // what people know it by: a file, or a host and a database; never a password
	path   string // SQLite: the file
	url    string // PostgreSQL: the address, with its password
	read   *sql.DB
	write  *sql.DB
	writer *writer     // SQLite only
	closed atomic.Bool // PostgreSQL only
}

// Open opens the database at url, "sqlite:PATH" or "postgres://…", and
// creates the SQLite file and its folder when they do not exist. Its errors
// are in French and say what to do; they never hold a password.
func Open(ctx context.Context, url string) (*DB, error) {
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"))
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(ctx, url)
	}
	scheme, _, _ := strings.Cut(url, ":")
	return nil, fmt.Errorf("adresse de base de données inconnue (« %s:… ») : écrivez sqlite:CHEMIN ou postgres://utilisateur@serveur/base", scheme)
}

// Engine is the engine that runs.
func (d *DB) Engine() Engine { return d.engine }

// Place names the database for people: its file, or its server and name.
func (d *DB) Place() string { return d.place }

// Read is the pool of read-only connections: writing through it is an error
// on both engines. Each statement sees what was committed before it started;
// for several statements that must agree, see [DB.View].
func (d *DB) Read() *sql.DB { return d.read }

// View runs fn in a read-only transaction in which every statement sees the
// same state of the database.
func (d *DB) View(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := d.read.BeginTx(ctx, &sql.TxOptions{Isolation: d.viewIsolation(), ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing to keep; frees the connection whatever happens in fn
	return fn(tx)
}

// viewIsolation: a SQLite read transaction is a snapshot by nature, and its
// driver has no other level to ask for.
func (d *DB) viewIsolation() sql.IsolationLevel {
	if d.engine == Postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// Tx runs fn in a write transaction and returns nil once it is durable.
//
// On SQLite the functions of callers that wait together share one commit,
// each under its own savepoint: one that fails undoes only itself. On
// PostgreSQL it is a serializable transaction of its own, run again when it
// conflicts with another. Either way fn runs on the caller's goroutine, maybe
// more than once (see the package comment). It returns nil or an error; it must
// neither commit nor roll back, nor call Tx or Bulk, which would wait for it.
//
// Cancelling ctx gives up while waiting for a turn. Once fn has returned nil the
// outcome of the commit is waited for, so that an error means "not written",
// save when the connection to PostgreSQL is lost during the commit itself.
func (d *DB) Tx(ctx context.Context, fn func(*sql.Tx) error) error {
	if d.engine == SQLite {
		return d.writer.submit(ctx, fn, false)
	}
	return d.txPostgres(ctx, fn)
}

// Bulk runs fn in a write transaction meant to last: an import, a migration.
// Readers go on reading what was there before; only one Bulk runs at a time,
// over all processes.
//
// On SQLite there is one writer: Bulk takes its turn in the queue, and the
// calls of Tx that come after wait until it ends or their context does. On
// PostgreSQL Tx goes on beside it; Bulk runs on a snapshot (repeatable read) and
// again if a row it changes was changed meanwhile.
func (d *DB) Bulk(ctx context.Context, fn func(*sql.Tx) error) error {
	if d.engine == SQLite {
		return d.writer.submit(ctx, fn, true)
	}
	return d.bulkPostgres(ctx, fn, sql.LevelRepeatableRead)
}

// Try runs fn inside tx under a savepoint: when fn fails, what it wrote is
// undone and tx goes on, on both engines.
func Try(ctx context.Context, tx *sql.Tx, fn func() error) error {
	if _, err := tx.ExecContext(ctx, "savepoint attempt"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		ctx := context.WithoutCancel(ctx)
		if _, undo := tx.ExecContext(ctx, "rollback to attempt"); undo != nil {
			return fmt.Errorf("%w (et l'annulation a échoué : %v)", err, undo)
		}
		if _, undo := tx.ExecContext(ctx, "release attempt"); undo != nil {
			return fmt.Errorf("%w (et l'annulation a échoué : %v)", err, undo)
		}
		return err
	}
	_, err := tx.ExecContext(ctx, "release attempt")
	return err
}

// Stats counts the small writes since the database was opened.
type Stats struct {
	Writes  int64 // calls of Tx that succeeded
	Commits int64 // commits they took: fewer on SQLite, when they share them
}

// Stats is the present count; on PostgreSQL, where nothing is shared, zero.
func (d *DB) Stats() Stats {
	if d.writer == nil {
		return Stats{}
	}
	return Stats{Writes: d.writer.written.Load(), Commits: d.writer.commits.Load()}
}

// Close waits for the writes that already have their turn, refuses the
// others with [ErrClosed], and closes the connections. The write-ahead log of
// SQLite is then merged into its file.
func (d *DB) Close() error {
	if d.writer != nil {
		d.writer.close()
	}
	d.closed.Store(true)
	// Readers first: SQLite merges and removes its log when the last connection
	// closes, and only one that may write can do it.
	err := d.read.Close()
	if e := d.write.Close(); err == nil {
		err = e
	}
	return err
}
