// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// The subset of SQL that the rooms may write: what is here runs alike on both
// engines, and answers alike. Add a case before using a new construct.
//
// Seen to differ, hence not here: column names after a derived table,
// "(values …) as v (id)" (name them in a CTE); the text of a computed boolean
// (true or 1; both scan into a bool).
var subset = []struct {
	name, query string
	args        []any
	want        string // rows joined by ";", columns by ",", NULL for null
}{
	{"ordinals out of order", "select $2, $1, $2", []any{"one", "two"}, "two,one,two"},
	{"ordinals in a where", "select id from place where dept = $2 and seats > $1 order by id", []any{10, "93"}, "b;c"},
	{"In", "select id from place where seats > $1 and dept in (" + db.In(2, 2) + ") order by id", []any{10, "93", "75"}, "b;c"},
	{"In of nothing", "select count(*) from place where dept in (" + db.In(1, 0) + ")", nil, "0"},
	{"cte", "with big as (select id from place where seats >= 20) select id from big order by id", nil, "b;c"},
	{"cte materialized", "with big as materialized (select id from place where seats >= 20) select id from big order by id", nil, "b;c"},
	{"cte recursive", "with recursive n (x) as (select 1 union all select x + 1 from n where x < 4) select x from n order by x", nil, "1;2;3;4"},
	{"window", "select id, row_number() over (partition by dept order by seats desc, id) from place order by id", nil, "a,3;b,2;c,1;d,1"},
	{"window sum", "select id, sum(seats) over (order by id) from place order by id", nil, "a,10;b,30;c,70;d,70"},
	{"filter", "select count(*) filter (where seats > 15), count(*) from place", nil, "2,4"},
	{"string_agg", "select string_agg(id, ', ' order by id desc) from place where dept = '93'", nil, "c, b, a"},
	{"nulls last", "select id from place order by seats desc nulls last", nil, "c;b;a;d"},
	{"nulls first", "select id from place order by seats nulls first, id", nil, "d;a;b;c"},
	{"is not distinct from", "select id from place where seats is not distinct from $1", []any{nil}, "d"},
	{"is distinct from", "select id from place where seats is distinct from 10 order by id", nil, "b;c;d"},
	{"values", "with v (id) as (values ('x'), ('y')) select id from v order by id", nil, "x;y"},
	{"row values", "select id from place where (dept, id) > ('93', 'a') order by id", nil, "b;c"},
	{"like escape", `select id from place where name like '100\%%' escape '\'`, nil, "c"},
	{"booleans", "select id from place where open and not closed order by id", nil, "a;c"},
	{"boolean parameter", "select id from place where open = $1 order by id", []any{false}, "b;d"},
	{"power", "select power(2, 10)", nil, "1024"},
	{"concatenation", "select id || '-' || dept from place where id = 'a'", nil, "a-93"},
	{"substr", "select substr('2026-01-31', 1, 7)", nil, "2026-01"},
	{"coalesce", "select coalesce(seats, -1) from place order by id", nil, "10;20;40;-1"},
	{"nullif, case", "select case when nullif(dept, '75') is null then 'paris' else dept end from place where id in ('a', 'd') order by id", nil, "93;paris"},
	{"text order is byte order", "select name from place order by name", nil, "100% réussie;Zoé;les Lilas;École"},
	{"ranges of codes", "select id from place where dept >= '9' and dept < '94' order by id", nil, "a;b;c"},
	{"integer division", "select 7 / 2, 7 % 2", nil, "3,1"},
	{"exists", "select id from place p where exists (select 1 from place q where q.dept = p.dept and q.id > p.id) order by id", nil, "a;b"},
	{"left join", "select p.id, q.id from place p left join place q on q.dept = p.dept and q.id > p.id and q.id = 'b' order by p.id", nil, "a,b;b,NULL;c,NULL;d,NULL"},
	{"full join", "with a (x) as (values (1), (2)), b (x) as (values (2), (3)) select a.x, b.x from a full join b on a.x = b.x order by coalesce(a.x, b.x)", nil, "1,NULL;2,2;NULL,3"},
	{"union, except, intersect", "select id from place where dept = '93' except select id from place where id = 'a' order by id", nil, "b;c"},
	{"limit and offset", "select id from place order by id limit $1 offset $2", []any{2, 1}, "b;c"},
	{"having", "select dept, count(*) from place group by dept having count(*) > 1", nil, "93,3"},
	{"lower, upper, trim, length on ASCII", "select lower('AB'), upper('ab'), trim('  x '), length('été')", nil, "ab,AB,x,3"},
	{"min and max of text", "select min(id), max(id) from place", nil, "a,d"},
	{"cast", "select cast('12' as integer) + 1, cast(12 as text) || '!'", nil, "13,12!"},
	{"abs and mean", "select abs(-2), case when avg(seats) > 23 then 'more' end from place", nil, "2,more"},
	{"insert returning", "insert into place (id, dept, name, open, closed) values ($1, $2, $3, $4, $5) returning id, seats", []any{"e", "93", "E", true, false}, "e,NULL"},
	{"update returning", "update place set seats = seats + $1 where id = $2 returning seats", []any{5, "a"}, "15"},
	{"delete returning", "delete from place where id = $1 returning dept", []any{"d"}, "75"},
	{"on conflict do update", "insert into place (id, dept, name, open, closed) values ('a', '93', 'autre', true, false) on conflict (id) do update set name = excluded.name returning name", nil, "autre"},
	{"on conflict do nothing", "insert into place (id, dept, name, open, closed) values ('a', '93', 'autre', true, false) on conflict do nothing returning name", nil, ""},
	{"update from", "with v (id, name) as (values ('a', 'un'), ('b', 'deux')) update place set name = v.name from v where place.id = v.id and place.id = 'b' returning place.name", nil, "deux"},
	{"insert from select", "insert into place (id, dept, name, open, closed) select id || '2', dept, name, open, closed from place where id = 'a' returning id", nil, "a2"},
}

const placeTable = `
	create table place (
	  id     text primary key,
	  dept   text not null,
	  name   text not null,
	  seats  integer,
	  open   boolean not null,
	  closed boolean not null
	)`

func TestSharedSubset(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, placeTable)
		execute(t, d, `
			insert into place (id, dept, name, seats, open, closed) values
			  ('a', '93', 'École', 10, true, false),
			  ('b', '93', 'les Lilas', 20, false, true),
			  ('c', '93', '100% réussie', 40, true, false),
			  ('d', '75', 'Zoé', null, false, false)`)
		for _, c := range subset {
			got, err := answer(t.Context(), d, c.query, c.args)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			} else if got != c.want {
				t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			}
		}
	})
}

// answer runs a query in a transaction that is undone.
func answer(ctx context.Context, d *db.DB, query string, args []any) (text string, err error) {
	e := d.Tx(ctx, func(tx *sql.Tx) error {
		text, err = scanAll(tx, query, args)
		return errRefused
	})
	if err == nil && e != errRefused {
		err = e
	}
	return text, err
}

func scanAll(tx *sql.Tx, query string, args []any) (string, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return "", err
	}
	var lines []string
	for rows.Next() {
		cells := make([]any, len(types))
		for i := range cells {
			cells[i] = new(sql.NullString)
		}
		if err := rows.Scan(cells...); err != nil {
			return "", err
		}
		var line []string
		for _, c := range cells {
			s := c.(*sql.NullString)
			if !s.Valid {
				s.String = "NULL"
			}
			line = append(line, s.String)
		}
		lines = append(lines, strings.Join(line, ","))
	}
	return strings.Join(lines, ";"), rows.Err()
}

// TestTypes: what goes in comes out, in Go types, on both engines.
func TestTypes(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, "create table kind (i integer, l bigint, f double precision, s text, b boolean)")
		execute(t, d, "insert into kind (i, l, f, s, b) values ($1, $2, $3, $4, $5)", -3, int64(1)<<60, 1.0/3, "l'été « 12,5 % »", true)
		execute(t, d, "insert into kind (i, l, f, s, b) values ($1, $2, $3, $4, $5)", nil, nil, 7.0, "", false)
		var i, l sql.NullInt64
		var f float64
		var s string
		var b bool
		if err := d.Read().QueryRow("select i, l, f, s, b from kind where b").Scan(&i, &l, &f, &s, &b); err != nil {
			t.Fatal(err)
		}
		if i.Int64 != -3 || l.Int64 != 1<<60 || f != 1.0/3 || s != "l'été « 12,5 % »" || !b {
			t.Errorf("got %v %v %v %q %v", i, l, f, s, b)
		}
		if err := d.Read().QueryRow("select i, l, f, s, b from kind where not b").Scan(&i, &l, &f, &s, &b); err != nil {
			t.Fatal(err)
		}
		if i.Valid || l.Valid || f != 7 || s != "" || b {
			t.Errorf("got %v %v %v %q %v", i, l, f, s, b)
		}
	})
}

func TestConstraintErrors(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, "create table parent (id text primary key, name text unique)")
		execute(t, d, "create table child (parent text not null references parent (id))")
		execute(t, d, "insert into parent (id, name) values ('a', 'A')")
		execute(t, d, "insert into child (parent) values ('a')")
		for _, c := range []struct {
			query           string
			unique, foreign bool
		}{
			{"insert into parent (id, name) values ('a', 'B')", true, false},
			{"insert into parent (id, name) values ('b', 'A')", true, false},
			{"insert into child (parent) values ('nobody')", false, true},
			{"delete from parent where id = 'a'", false, true},
			{"insert into child (parent) values (null)", false, false},
			{"insert into nowhere (x) values (1)", false, false},
		} {
			err := d.Tx(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec(c.query)
				return err
			})
			if err == nil || db.IsUnique(err) != c.unique || db.IsForeignKey(err) != c.foreign {
				t.Errorf("%s: unique %v, foreign %v: %v", c.query, db.IsUnique(err), db.IsForeignKey(err), err)
			}
		}
	})
}

// TestEveryConnection: the settings hold on each connection of both pools, not
// on the first alone.
func TestEveryConnection(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite)
	check := func(pool *sql.DB, n int, want map[string]string) {
		for i := range n {
			conn, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() // all are held until the end, so each is another
			for pragma, value := range want {
				var got string
				if err := conn.QueryRowContext(t.Context(), "pragma "+pragma).Scan(&got); err != nil || got != value {
					t.Errorf("connection %d: %s = %q, want %q (%v)", i, pragma, got, value, err)
				}
			}
		}
	}
	check(d.Read(), 4, map[string]string{"foreign_keys": "1", "synchronous": "2", "journal_mode": "wal", "query_only": "1", "busy_timeout": "5000"})
	check(d.WritePool(), 1, map[string]string{"foreign_keys": "1", "synchronous": "2", "journal_mode": "wal", "query_only": "0"})
}

// TestManyValues: a list of a thousand keys still works with db.In.
func TestManyValues(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		execute(t, d, noteTable)
		args := make([]any, 1000)
		for i := range args {
			args[i] = fmt.Sprint(i)
		}
		execute(t, d, "insert into note (id, body) values ('7', ''), ('999', ''), ('x', '')")
		if n := count(t, d, "select count(*) from note where id in ("+db.In(1, len(args))+")", args...); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}
