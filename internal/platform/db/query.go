// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"time"
)

// Querier is what reads: the read pool or a transaction.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Query reads every row with scan. The text bounds the number of rows.
func Query[T any](ctx context.Context, q Querier, scan func(scan func(...any) error) (T, error), text string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var list []T
	for rows.Next() {
		x, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

// One checks that a write touched exactly what it named: absent is returned when it found nothing.
func One(res sql.Result, err, absent error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return absent
	}
	return err
}

// Change is Tx for a write that other processes must notice: it bumps the named version.
func (d *DB) Change(ctx context.Context, name string, fn func(*sql.Tx) error) error {
	return d.Tx(ctx, func(tx *sql.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return Bump(ctx, tx, name)
	})
}

// OptionalInstant writes an instant, or "" for the zero one.
func OptionalInstant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return Instant(t)
}

// ParseOptionalInstant reads what OptionalInstant writes.
func ParseOptionalInstant(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return ParseInstant(s)
}
