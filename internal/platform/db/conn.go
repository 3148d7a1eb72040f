// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// errSpoilt says that SQLite has undone the whole transaction by itself, as
// it does when a write is interrupted, the disk is full or memory runs out.
// Statements that followed would each commit alone; they are refused instead.
var errSpoilt = errors.New("transaction annulée par SQLite")

// sqliteDriverConn is what a connection of the modernc driver can do.
type sqliteDriverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	sqlite.HookRegisterer
}

// sqliteWriteConnector makes the connections of the write pool.
type sqliteWriteConnector struct{ driver.Connector }

// Connect opens a connection that knows savepoints, spoilt transactions and
// bulk inserts.
func (c sqliteWriteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := inner.(sqliteDriverConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver lacks an interface (%T)", inner), inner.Close())
	}
	// Opening may wait long for another process; afterwards the writer itself
	// repeats short waits, to notice callers who gave up.
	if _, err := full.ExecContext(ctx, "pragma busy_timeout = 200", nil); err != nil {
		return nil, errors.Join(err, inner.Close())
	}
	conn := &sqliteConn{sqliteDriverConn: full}
	full.RegisterRollbackHook(func() { conn.spoilt = true })
	return conn, nil
}

// sqliteConn is the connection of the single writer. While grouped is set, the
// writer has opened the real transaction itself and BeginTx only sets a
// savepoint, so that each member of the group has a *sql.Tx of its own.
//
// database/sql locks a connection around every call, and only the writer
// changes grouped between them, so the fields need no lock.
type sqliteConn struct {
	sqliteDriverConn
	grouped bool
	inTx    bool
	spoilt  bool
}

// Unwrap gives the driver's own connection (its Limit needs it).
func (c *sqliteConn) Unwrap() driver.Conn { return c.sqliteDriverConn }

// BeginTx opens a transaction, or a savepoint of the group's.
func (c *sqliteConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if c.grouped {
		if err := c.run("savepoint member"); err != nil {
			return nil, err
		}
		return memberTx{c}, nil
	}
	tx, err := c.sqliteDriverConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	c.inTx, c.spoilt = true, false
	return plainTx{c, tx}, nil
}

// run executes a statement of ours, without a deadline: a savepoint left
// half way would be worse than a wait.
func (c *sqliteConn) run(query string) error {
	if c.spoilt {
		return errSpoilt
	}
	_, err := c.sqliteDriverConn.ExecContext(context.Background(), query, nil)
	return err
}

// memberTx is one member of a group.
type memberTx struct{ c *sqliteConn }

func (t memberTx) Commit() error { return t.c.run("release member") }

func (t memberTx) Rollback() error {
	if err := t.c.run("rollback to member"); err != nil {
		return err
	}
	return t.c.run("release member")
}

// plainTx is a transaction of its own.
type plainTx struct {
	c  *sqliteConn
	tx driver.Tx
}

func (t plainTx) Commit() error {
	defer func() { t.c.inTx = false }()
	if t.c.spoilt {
		return errSpoilt
	}
	return t.tx.Commit()
}

func (t plainTx) Rollback() error {
	defer func() { t.c.inTx = false }()
	if t.c.spoilt {
		return nil // already undone
	}
	return t.tx.Rollback()
}

func (c *sqliteConn) refuse() error {
	if c.spoilt && (c.grouped || c.inTx) {
		return errSpoilt
	}
	return nil
}

// ExecContext refuses to go on in a spoilt transaction, and knows bulk inserts.
func (c *sqliteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.refuse(); err != nil {
		return nil, err
	}
	if b, ok := bulkOf(args); ok {
		return b.sqlite(ctx, c.sqliteDriverConn)
	}
	return c.sqliteDriverConn.ExecContext(ctx, query, args)
}

// QueryContext refuses to go on in a spoilt transaction.
func (c *sqliteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.refuse(); err != nil {
		return nil, err
	}
	return c.sqliteDriverConn.QueryContext(ctx, query, args)
}

// PrepareContext prepares a statement that refuses to go on in a spoilt
// transaction.
func (c *sqliteConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.sqliteDriverConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	full, ok := s.(sqliteDriverStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver lacks an interface (%T)", s), s.Close())
	}
	return &sqliteStmt{full, c}, nil
}

// CheckNamedValue lets a bulk insert through to ExecContext as it is; every
// other value takes the usual way.
func (c *sqliteConn) CheckNamedValue(v *driver.NamedValue) error {
	if _, ok := v.Value.(*bulk); ok {
		return nil
	}
	return driver.ErrSkip
}

type sqliteDriverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type sqliteStmt struct {
	sqliteDriverStmt
	c *sqliteConn
}

func (s *sqliteStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.c.refuse(); err != nil {
		return nil, err
	}
	return s.sqliteDriverStmt.ExecContext(ctx, args)
}

func (s *sqliteStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.c.refuse(); err != nil {
		return nil, err
	}
	return s.sqliteDriverStmt.QueryContext(ctx, args)
}
