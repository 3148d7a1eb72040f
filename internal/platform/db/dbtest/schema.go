// SPDX-License-Identifier: EUPL-1.2

package dbtest

import (
	"database/sql"
	"testing"

	"maillage/internal/platform/db"
)

// Column is a column of a table, as the database itself tells it.
type Column struct {
	Name      string
	Type      string // in lower case, as the engine names it
	Key       bool   // part of the primary key
	RefTable  string // the table and column it refers to, "" when none
	RefColumn string
}

// Schema is every table of a database with its columns, in their order.
func Schema(tb testing.TB, d *db.DB) map[string][]Column {
	tb.Helper()
	text := sqliteSchema
	if d.Engine() == db.Postgres {
		text = postgresSchema
	}
	type line struct {
		table string
		Column
	}
	list, err := db.Query(tb.Context(), d.Read(), func(scan func(...any) error) (l line, err error) {
		var table, column sql.NullString
		err = scan(&l.table, &l.Name, &l.Type, &l.Key, &table, &column)
		l.RefTable, l.RefColumn = table.String, column.String
		return l, err
	}, text)
	if err != nil {
		tb.Fatal(err)
	}
	tables := map[string][]Column{}
	for _, l := range list {
		tables[l.table] = append(tables[l.table], l.Column)
	}
	return tables
}

const sqliteSchema = `
	select s.name, c.name, lower(c.type), c.pk > 0, f."table", f."to"
	from sqlite_schema s
	join pragma_table_info(s.name) c
	left join pragma_foreign_key_list(s.name) f on f."from" = c.name
	where s.type = 'table' and s.name not like 'sqlite\_%' escape '\'
	order by s.name, c.cid`

const postgresSchema = `
	select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
		exists (select 1 from pg_constraint k where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any (k.conkey)),
		(select r.relname::text from pg_constraint k join pg_class r on r.oid = k.confrelid
			where k.conrelid = c.oid and k.contype = 'f' and k.conkey[1] = a.attnum),
		(select b.attname::text from pg_constraint k join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1]
			where k.conrelid = c.oid and k.contype = 'f' and k.conkey[1] = a.attnum)
	from pg_class c
	join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
	join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
	where c.relkind in ('r', 'p')
	order by c.relname, a.attnum`
