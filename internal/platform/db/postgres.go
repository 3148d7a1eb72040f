// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	minPostgres     = 150000 // server_version_num of PostgreSQL 15
	connectTimeout  = 10 * time.Second
	poolSize        = 10 // of each pool; PostgreSQL's usual limit is 100 connections
	idleConnections = 4
)

// keepAlive finds within 35 s that the server a connection waits for is no more: a machine
// that lost its power says no goodbye.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 4}

func openPostgres(ctx context.Context, url string) (*DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// The library's text may quote the address; it must not be shown.
		return nil, errors.New("adresse PostgreSQL illisible : écrivez postgres://utilisateur:motdepasse@serveur:5432/base (les caractères spéciaux du mot de passe s'écrivent %XX)")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	config.RuntimeParams["application_name"] = "maillage"
	config.RuntimeParams["timezone"] = "UTC"
	config.DialFunc = (&net.Dialer{Timeout: config.ConnectTimeout, KeepAliveConfig: keepAlive, Control: giveUpUnheard}).DialContext
	config.OnNotice = heedNotice
	if config.ValidateConnect == nil && len(serversOf(config)) > 1 {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	d := &DB{engine: Postgres, url: url, place: postgresPlace(config)}
	d.write = openPool(*config)
	// After the connection is chosen: were it a parameter of the connection, a primary
	// would look like a standby to target_session_attrs.
	readOnly := config.Copy()
	readOnly.AfterConnect = func(ctx context.Context, c *pgconn.PgConn) error {
		return c.Exec(ctx, "set default_transaction_read_only = on").Close()
	}
	d.read = openPool(*readOnly)
	if err := d.checkPostgres(ctx, config); err != nil {
		return nil, errors.Join(err, d.read.Close(), d.write.Close())
	}
	return d, nil
}

func openPool(config pgx.ConnConfig) *sql.DB {
	pool := sql.OpenDB(postgresConnector{stdlib.GetConnector(config)})
	pool.SetMaxOpenConns(poolSize)
	pool.SetMaxIdleConns(idleConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool
}

// serversOf are the addresses a connection may go to, in their order. (The library also
// lists a server twice, with and without TLS.)
func serversOf(c *pgx.ConnConfig) []string {
	servers := []string{c.Host + ":" + strconv.Itoa(int(c.Port))}
	for _, f := range c.Fallbacks {
		if s := f.Host + ":" + strconv.Itoa(int(f.Port)); !slices.Contains(servers, s) {
			servers = append(servers, s)
		}
	}
	return servers
}

func postgresPlace(c *pgx.ConnConfig) string {
	servers := serversOf(c)
	if len(servers) == 1 {
		return fmt.Sprintf("base « %s » du serveur PostgreSQL %s", c.Database, servers[0])
	}
	return fmt.Sprintf("base « %s » des serveurs PostgreSQL %s", c.Database, strings.Join(servers, " et "))
}

// checkPostgres refuses a server that would not keep the package's promises.
// The order of text must be that of its bytes, as on SQLite: ranges of codes and
// pages of a list depend on it. (French order is made in Go.)
func (d *DB) checkPostgres(ctx context.Context, config *pgx.ConnConfig) error {
	var version int
	var encoding, collation, provider, readOnly string
	err := d.write.QueryRowContext(ctx, `
		select current_setting('server_version_num')::int, pg_encoding_to_char(encoding), datcollate,
		  current_setting('transaction_read_only')
		from pg_database where datname = current_database()`).Scan(&version, &encoding, &collation, &readOnly)
	if err != nil {
		return d.explainConnect(config, err)
	}
	if version < minPostgres {
		return fmt.Errorf("la %s est en version %d.%d : Maillage demande PostgreSQL 15 ou plus récent ; mettez le serveur à jour", d.place, version/10000, version%10000)
	}
	if readOnly == "on" {
		return fmt.Errorf("la %s est en lecture seule, comme l'est un serveur de secours : donnez l'adresse du serveur principal, ou celles des deux (postgres://utilisateur@serveur1,serveur2/base)", d.place)
	}
	if err := d.write.QueryRowContext(ctx, `
		select datlocprovider::text
		from pg_database where datname = current_database()`).Scan(&provider); err != nil {
		return fmt.Errorf("la %s ne répond pas comme prévu : %w", d.place, err)
	}
	if encoding != "UTF8" || !byteOrder(provider, collation) {
		return fmt.Errorf("la %s est en encodage %s et en ordre de tri %s : Maillage demande UTF8 et C ; créez-la par : create database %s template template0 encoding 'UTF8' locale 'C'", d.place, encoding, collation, config.Database)
	}
	return nil
}

// byteOrder says that a collation compares bytes. Provider "b" (built in, from
// PostgreSQL 17) does so with each of its locales.
func byteOrder(provider, collation string) bool {
	switch collation {
	case "C", "POSIX", "C.UTF-8", "C.utf8":
		return provider != "i"
	}
	return provider == "b"
}

// explainConnect says in French why the server does not answer.
func (d *DB) explainConnect(config *pgx.ConnConfig, err error) error {
	cause := withoutAddress(err)
	if errors.Is(err, pgconn.ErrReadOnlyConnection) {
		return fmt.Errorf("la %s est en lecture seule : aucun des serveurs qui répondent n'est le principal ; promouvez le serveur de secours, ou démarrez le principal", d.place)
	}
	switch pgCode(err) {
	case "28P01", "28000":
		return fmt.Errorf("la %s refuse l'utilisateur « %s » : vérifiez le nom, le mot de passe et pg_hba.conf (%s)", d.place, config.User, cause)
	case "3D000":
		return fmt.Errorf("la %s n'existe pas : créez-la par : create database %s template template0 encoding 'UTF8' locale 'C' (%s)", d.place, config.Database, cause)
	case "53300":
		return fmt.Errorf("la %s a trop de connexions ouvertes : augmentez max_connections (%s)", d.place, cause)
	}
	return fmt.Errorf("la %s est injoignable : vérifiez que le serveur est démarré, que l'adresse est juste et que le pare-feu laisse passer (%s)", d.place, cause)
}

// withoutAddress is the innermost cause: the outer texts repeat the address
// of the server, sometimes with its parameters.
func withoutAddress(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Message
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "délai dépassé"
	}
	for {
		inner := errors.Unwrap(err)
		if many, ok := err.(interface{ Unwrap() []error }); ok && len(many.Unwrap()) > 0 {
			inner = many.Unwrap()[0]
		}
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// A conflicting transaction is run again up to maxAttempts times, after a
// random wait that doubles from firstWait to lastWait.
const (
	maxAttempts = 20
	firstWait   = 2 * time.Millisecond
	lastWait    = 250 * time.Millisecond
)

// txPostgres: serializable, because SQLite's single writer is, and a rule
// that holds on one engine must hold on the other.
func (d *DB) txPostgres(ctx context.Context, fn func(*sql.Tx) error) error {
	return d.retry(ctx, func() error {
		conn, err := d.write.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		return runTx(ctx, conn, sql.LevelSerializable, fn)
	})
}

// bulkLock is the advisory lock of the one Bulk that runs ("maillage" read
// as a number).
const bulkLock = 0x6d61696c6c616765

func (d *DB) bulkPostgres(ctx context.Context, fn func(*sql.Tx) error, level sql.IsolationLevel) error {
	return d.retry(ctx, func() (err error) {
		conn, err := d.write.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		// Before the transaction: its snapshot must be younger than the lock.
		if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", int64(bulkLock)); err != nil {
			return err
		}
		defer func() {
			_, unlock := conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", int64(bulkLock))
			if unlock != nil { // a broken connection has lost its lock; keep it out of the pool
				_ = conn.Raw(func(any) error { return driver.ErrBadConn })
			}
		}()
		return runTx(ctx, conn, level, fn)
	})
}

// runTx runs fn in one transaction. The commit does not depend on ctx: a
// visitor who leaves at that instant must not make the outcome unknown.
func runTx(ctx context.Context, conn *sql.Conn, level sql.IsolationLevel, fn func(*sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: level})
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing; after an error or a panic it undoes
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// retry repeats what conflicts with other transactions.
func (d *DB) retry(ctx context.Context, run func() error) error {
	wait := firstWait
	for attempt := 1; ; attempt++ {
		err := run()
		if err == nil || !isConflict(err) {
			if err != nil && d.closed.Load() {
				return fmt.Errorf("%w (%w)", ErrClosed, err)
			}
			return explainPostgres(err)
		}
		if attempt == maxAttempts {
			return fmt.Errorf("%w : trop d'écritures simultanées sur les mêmes données, réessayez dans un instant (%w)", ErrBusy, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)): // #nosec G404 -- a wait needs no secret
		}
		wait = min(2*wait, lastWait)
	}
}

func explainPostgres(err error) error {
	if pgCode(err) == "53100" {
		return fmt.Errorf("%w sur le serveur PostgreSQL : libérez de la place puis recommencez, rien n'a été écrit (%w)", ErrFull, err)
	}
	return err
}

// postgresConnector makes connections that know bulk inserts.
type postgresConnector struct{ driver.Connector }

// Connect opens a connection.
func (c postgresConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return postgresConn{inner.(*stdlib.Conn)}, nil // what stdlib's connector makes
}

type postgresConn struct{ *stdlib.Conn }

// notCopied marks a connection whose last commit was told done though the wait for its
// synchronous copy had been cancelled.
const notCopied = "maillage: not copied"

// heedNotice: PostgreSQL answers such a commit with success and a mere warning, known by the
// place it comes from, since its text is translated.
func heedNotice(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.Routine == "SyncRepWaitForLSN" {
		c.CustomData()[notCopied] = true
	}
}

// BeginTx opens a transaction whose commit is not taken for done when it may yet be lost.
func (c postgresConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return postgresTx{tx, c.Conn.Conn().PgConn()}, nil
}

type postgresTx struct {
	driver.Tx
	conn *pgconn.PgConn
}

// Commit is the driver's, and [ErrNotCopied].
func (t postgresTx) Commit() error {
	delete(t.conn.CustomData(), notCopied)
	err := t.Tx.Commit()
	if err == nil && t.conn.CustomData()[notCopied] != nil {
		return ErrNotCopied
	}
	return err
}

// ExecContext knows bulk inserts.
func (c postgresConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if b, ok := bulkOf(args); ok {
		return b.postgres(ctx, c.Conn.Conn())
	}
	return c.Conn.ExecContext(ctx, query, args)
}
