// SPDX-License-Identifier: EUPL-1.2

package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// serverVariable names a server to use in place of a private one. Its user
// must be allowed to create databases.
const serverVariable = "MAILLAGE_TEST_POSTGRES_URL"

// server is the address of the PostgreSQL server, and a pool on its
// administrative database.
var server = sync.OnceValues(func() (*admin, error) {
	address := os.Getenv(serverVariable)
	if address == "" {
		var err error
		if address, err = privateServer(); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s: not an address", serverVariable)
	}
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(4)
	pool.SetMaxIdleConns(1)
	return &admin{u, pool}, nil
})

type admin struct {
	address *url.URL
	pool    *sql.DB
}

// database is the address of one database of the server.
func (a *admin) database(name string) string {
	u := *a.address
	u.Path = "/" + name
	return u.String()
}

func postgresURL(tb testing.TB, rooms []Room) string {
	tb.Helper()
	a, err := server()
	if err != nil {
		tb.Fatal(err)
	}
	template, err := a.template(rooms)
	if err != nil {
		tb.Fatal(err)
	}
	name := "essai_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := a.pool.Exec("create database " + name + " template " + template); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if _, err := a.pool.Exec("drop database " + name + " with (force)"); err != nil {
			tb.Errorf("drop %s: %v", name, err)
		}
	})
	return a.database(name)
}

// templates caches the template of each set of rooms.
var templates sync.Map // key → func() (string, error)

func (a *admin) template(rooms []Room) (string, error) {
	key, err := fingerprint(rooms)
	if err != nil {
		return "", err
	}
	once, _ := templates.LoadOrStore(key, sync.OnceValues(func() (string, error) {
		name := "modele_" + key
		return name, a.makeTemplate(name, rooms)
	}))
	return once.(func() (string, error))()
}

// makeTemplate makes a migrated template unless another test program has.
func (a *admin) makeTemplate(name string, rooms []Room) error {
	ctx := context.Background()
	conn, err := a.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock(hashtext($1))", name); err != nil {
		return err
	}
	defer conn.ExecContext(ctx, "select pg_advisory_unlock(hashtext($1))", name)
	var ready bool
	err = conn.QueryRowContext(ctx, "select exists (select 1 from pg_database where datname = $1 and datistemplate)", name).Scan(&ready)
	if err != nil || ready {
		return err
	}
	for _, q := range []string{
		"drop database if exists " + name + " with (force)", // half made by a killed test
		"create database " + name + " template template0 encoding 'UTF8' locale 'C'",
	} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if err := migrate(a.database(name), rooms); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "alter database "+name+" is_template true allow_connections false")
	return err
}
