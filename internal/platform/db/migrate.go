// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var platformMigrations embed.FS

// platformRoom is the room of this package's own tables.
const platformRoom = "platform"

// historyTable holds what was applied. It is the one table that exists before
// any migration; its shape cannot change.
const historyTable = `
	create table if not exists platform_migration (
	  room       text   not null,
	  version    bigint not null,
	  name       text   not null,
	  checksum   text   not null,
	  applied_at text   not null,
	  primary key (room, version)
	)`

// migration is one file, already chosen for the engine.
type migration struct {
	version  int
	file     string
	checksum string
	text     string
}

// applied is one row of platform_migration.
type applied struct {
	name     string
	checksum string
}

// Migrate brings the tables of a room up to date with its files, which lie
// in fsys or in its folder "migrations": NNNN_name.sql, or the pair
// NNNN_name.sqlite.sql and NNNN_name.postgres.sql where the engines differ.
// Versions start at 1 and leave no hole.
//
// What is missing is applied in one transaction: all of it or nothing. A file
// that changed after it was applied is refused ([ErrChanged]), and so is a
// database that a newer program wrote ([ErrNewer]). Several processes may
// start at once; one does the work and the others find it done.
func (d *DB) Migrate(ctx context.Context, room string, fsys fs.FS) error {
	if room != platformRoom {
		if err := d.Migrate(ctx, platformRoom, platformMigrations); err != nil {
			return err
		}
	}
	want, err := readMigrations(fsys, d.engine)
	if err != nil {
		return fmt.Errorf("room %s: %w", room, err)
	}
	if have, err := d.history(ctx, room); err == nil {
		if err := compare(room, want, have); err != nil {
			return err
		}
		if len(have) == len(want) {
			return nil // the usual start: one read, no write
		}
	}
	migrate := func(tx *sql.Tx) error { return d.apply(ctx, tx, room, want) }
	if d.engine == Postgres {
		// Each statement must see what another starter has just committed.
		return d.bulkPostgres(ctx, migrate, sql.LevelReadCommitted)
	}
	return d.Bulk(ctx, migrate)
}

// history reads what was applied; an error mostly means a new database.
func (d *DB) history(ctx context.Context, room string) (map[int]applied, error) {
	rows, err := d.read.QueryContext(ctx, historyQuery, room)
	if err != nil {
		return nil, err
	}
	return scanHistory(rows)
}

const historyQuery = `
	select version, name, checksum
	from platform_migration
	where room = $1`

func scanHistory(rows *sql.Rows) (map[int]applied, error) {
	defer rows.Close()
	have := map[int]applied{}
	for rows.Next() {
		var version int
		var a applied
		if err := rows.Scan(&version, &a.name, &a.checksum); err != nil {
			return nil, err
		}
		have[version] = a
	}
	return have, rows.Err()
}

// compare refuses a database that these files could not have made.
func compare(room string, want []migration, have map[int]applied) error {
	newest := 0
	for version := range have {
		newest = max(newest, version)
	}
	if newest > len(want) {
		return fmt.Errorf("%w : La base a été écrite par une version plus récente de Maillage (%s : migration %d, ce programme connaît %d). Installez la version récente ou restaurez une sauvegarde", ErrNewer, room, newest, len(want))
	}
	for _, m := range want {
		a, ok := have[m.version]
		if ok && a.checksum != m.checksum {
			return fmt.Errorf("%w : la migration %s de « %s » n'est plus le texte appliqué à cette base (%s). Une migration publiée ne se modifie pas : réinstallez la version de Maillage qui a servi, ou écrivez une migration nouvelle", ErrChanged, m.file, room, a.name)
		}
	}
	return nil
}

// apply runs what is missing. It reads the history again: another process may
// have worked while this one waited for its turn.
func (d *DB) apply(ctx context.Context, tx *sql.Tx, room string, want []migration) error {
	if _, err := tx.ExecContext(ctx, historyTable); err != nil {
		return fmt.Errorf("table des migrations : %w", err)
	}
	rows, err := tx.QueryContext(ctx, historyQuery, room)
	if err != nil {
		return err
	}
	have, err := scanHistory(rows)
	if err != nil {
		return err
	}
	if err := compare(room, want, have); err != nil {
		return err
	}
	for _, m := range want {
		if _, ok := have[m.version]; ok {
			continue
		}
		if _, err := tx.ExecContext(ctx, m.text); err != nil {
			return fmt.Errorf("la migration %s de « %s » a échoué et rien n'a été changé : %w", m.file, room, err)
		}
		_, err := tx.ExecContext(ctx, `
			insert into platform_migration (room, version, name, checksum, applied_at)
			values ($1, $2, $3, $4, $5)`, room, m.version, m.file, m.checksum, Instant(time.Now()))
		if err != nil {
			return fmt.Errorf("migration %s de « %s » : %w", m.file, room, err)
		}
	}
	return nil
}

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)(\.sqlite|\.postgres)?\.sql$`)

// readMigrations reads a room's files for one engine, in order.
func readMigrations(fsys fs.FS, engine Engine) ([]migration, error) {
	if sub, err := fs.Stat(fsys, "migrations"); err == nil && sub.IsDir() {
		if fsys, err = fs.Sub(fsys, "migrations"); err != nil {
			return nil, err
		}
	}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var list []migration
	engines := map[string]int{} // "0004_search" → how many engines it serves
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".sql") {
			continue
		}
		parts := migrationName.FindStringSubmatch(e.Name())
		if parts == nil {
			return nil, fmt.Errorf("migration %s: want NNNN_name.sql, NNNN_name.sqlite.sql or NNNN_name.postgres.sql", e.Name())
		}
		stem := parts[1] + "_" + parts[2]
		engines[stem]++
		if parts[3] == "" {
			engines[stem]++
		} else if parts[3] != "."+engine.String() {
			continue
		}
		version, err := strconv.Atoi(parts[1])
		if err != nil {
			return nil, err
		}
		text, err := fs.ReadFile(fsys, e.Name())
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(text), "+goose Down") {
			return nil, fmt.Errorf("migration %s: migrations only go forward; remove its way back", e.Name())
		}
		list = append(list, migration{version, e.Name(), checksum(text), string(text)})
	}
	for stem, n := range engines {
		if n != 2 {
			return nil, fmt.Errorf("migration %s: want one file for both engines, or one for each", stem)
		}
	}
	slices.SortFunc(list, func(a, b migration) int { return a.version - b.version })
	for i, m := range list {
		if m.version != i+1 {
			return nil, fmt.Errorf("migration %s: want number %04d", m.file, i+1)
		}
	}
	return list, nil
}

// checksum ignores line endings, which a checkout may change.
func checksum(text []byte) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(string(text), "\r\n", "\n")))
	return hex.EncodeToString(sum[:])
}
