// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5"
)

// BulkInsert adds rows to a table inside tx, by the fastest road of each
// engine (COPY on PostgreSQL, statements of many rows on SQLite), and returns how
// many it added. Each row has one value per column: nil, bool, int, int64,
// float64, string or []byte, of the column's own kind. A row of another length,
// or a value another kind, is an error that names the row, counted from 1.
//
// Rows are drawn one by one and not kept, so memory does not grow with them;
// the slice may be reused by the iterator once it gets control back.
// The rows must not use tx themselves.
func BulkInsert(ctx context.Context, tx *sql.Tx, table string, columns []string, rows iter.Seq[[]any]) (int64, error) {
	if len(columns) == 0 {
		return 0, errors.New("bulk insert: no column")
	}
	res, err := tx.ExecContext(ctx, "bulk insert", &bulk{table, columns, rows})
	if cause := ctx.Err(); err != nil && cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w (%w)", cause, err) // a cut COPY may speak of the network only
	}
	if err != nil {
		return 0, fmt.Errorf("insertion dans %s : %w", table, err)
	}
	return res.RowsAffected()
}

// bulk travels to the driver's connection as the argument of a statement:
// database/sql offers no other door to it from a *sql.Tx.
type bulk struct {
	table   string
	columns []string
	rows    iter.Seq[[]any]
}

func bulkOf(args []driver.NamedValue) (*bulk, bool) {
	if len(args) != 1 {
		return nil, false
	}
	b, ok := args[0].Value.(*bulk)
	return b, ok
}

// bulkParams is how many values one statement carries on SQLite. Measured with
// rows of 6: 430,000 rows/s at 6, 840,000 at 60, flat from 600 to 12,000.
const bulkParams = 600

// statement uses ?, not $N: SQLite finds the name of a parameter by walking
// the list of names, so that $600 costs 600 steps (with 600 values in a
// statement, 227,000 rows/s with $N and 1,160,000 with ?).
func (b *bulk) statement(rows int) string {
	var s strings.Builder
	s.WriteString("insert into " + quote(b.table) + " (")
	for i, c := range b.columns {
		if i > 0 {
			s.WriteByte(',')
		}
		s.WriteString(quote(c))
	}
	s.WriteString(") values ")
	row := "(" + strings.Repeat("?,", len(b.columns)-1) + "?)"
	s.WriteString(strings.Repeat(row+",", rows-1) + row)
	return s.String()
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// sqlite inserts by prepared statements of many rows, then one for the rest.
func (b *bulk) sqlite(ctx context.Context, conn sqliteDriverConn) (driver.Result, error) {
	width := len(b.columns)
	perStatement := max(1, bulkParams/width)
	stmt, err := prepareBulk(ctx, conn, b.statement(perStatement))
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	args := make([]driver.NamedValue, 0, perStatement*width)
	var count int64
	for row := range b.rows {
		count++
		if len(row) != width {
			return nil, fmt.Errorf("ligne %d : %d valeurs pour %d colonnes", count, len(row), width)
		}
		for _, v := range row {
			value, err := bulkValue(v)
			if err != nil {
				return nil, fmt.Errorf("ligne %d : %w", count, err)
			}
			args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: value})
		}
		if len(args) == cap(args) {
			if _, err := stmt.ExecContext(ctx, args); err != nil {
				return nil, fmt.Errorf("lignes %d à %d : %w", count-int64(perStatement)+1, count, err)
			}
			args = args[:0]
		}
	}
	if len(args) > 0 {
		rest := len(args) / width
		if _, err := conn.ExecContext(ctx, b.statement(rest), args); err != nil {
			return nil, fmt.Errorf("lignes %d à %d : %w", count-int64(rest)+1, count, err)
		}
	}
	return driver.RowsAffected(count), nil
}

func prepareBulk(ctx context.Context, conn sqliteDriverConn, query string) (sqliteDriverStmt, error) {
	s, err := conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	stmt, ok := s.(sqliteDriverStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver lacks an interface (%T)", s), s.Close())
	}
	return stmt, nil
}

// bulkValue is v as the driver takes it.
func bulkValue(v any) (driver.Value, error) {
	switch v := v.(type) {
	case nil, bool, int64, float64, string, []byte:
		return v, nil
	case int:
		return int64(v), nil
	}
	return driver.DefaultParameterConverter.ConvertValue(v)
}

// postgres inserts by COPY, inside the transaction that is open on conn.
func (b *bulk) postgres(ctx context.Context, conn *pgx.Conn) (driver.Result, error) {
	next, stop := iter.Pull(b.rows)
	defer stop()
	source := &copySource{next: next, width: len(b.columns)}
	n, err := conn.CopyFrom(ctx, pgx.Identifier{b.table}, b.columns, source)
	if err != nil {
		return nil, err
	}
	return driver.RowsAffected(n), nil
}

// copySource draws the rows for COPY.
type copySource struct {
	next  func() ([]any, bool)
	width int
	count int64
	row   []any
	err   error
}

// Next draws a row.
func (s *copySource) Next() bool {
	row, ok := s.next()
	if !ok {
		return false
	}
	s.count++
	if len(row) != s.width {
		s.err = fmt.Errorf("ligne %d : %d valeurs pour %d colonnes", s.count, len(row), s.width)
		return false
	}
	s.row = row
	return true
}

// Values is the row drawn.
func (s *copySource) Values() ([]any, error) { return s.row, nil }

// Err is why no row was drawn, nil at the end of the rows.
func (s *copySource) Err() error { return s.err }
