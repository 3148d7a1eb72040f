// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// dumpPostgres has pg_dump write an archive (custom format, compressed).
func (d *DB) dumpPostgres(ctx context.Context, temp string, progress Progress) error {
	progress.tell(0, 1)
	err := pgTool(ctx, d.url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file="+temp)
	if err != nil {
		return err
	}
	progress.tell(1, 1)
	return nil
}

// restorePostgres replays an archive in one transaction, after it has removed
// the tables that are there.
func restorePostgres(ctx context.Context, address, file string, opt RestoreOptions) error {
	d, err := Open(ctx, address)
	if err != nil {
		return err
	}
	defer d.Close()
	tables, err := d.tables(ctx)
	if err != nil {
		return err
	}
	if len(tables) > 0 && !opt.Overwrite {
		return fmt.Errorf("%w : la %s contient déjà %d tables ; demandez explicitement à les remplacer, ou restaurez dans une base vide", ErrExists, d.place, len(tables))
	}
	script, err := os.CreateTemp("", "maillage-restauration-*.sql")
	if err != nil {
		return err
	}
	defer os.Remove(script.Name())
	defer script.Close()
	opt.Progress.tell(0, 2)
	err = pgTool(ctx, "", "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--file="+script.Name(), file)
	if err != nil {
		return fmt.Errorf("%w : la sauvegarde %s ne se lit pas ; choisissez un fichier écrit par « maillage backup » depuis PostgreSQL (%w)", ErrNotDatabase, file, err)
	}
	opt.Progress.tell(1, 2)
	args := []string{"--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--output=" + os.DevNull,
		"--command=set lock_timeout = '10s'"}
	if len(tables) > 0 {
		args = append(args, "--command=drop table "+strings.Join(tables, ", ")+" cascade")
	}
	if err := pgTool(ctx, address, "psql", append(args, "--file="+script.Name())...); err != nil {
		return fmt.Errorf("la restauration dans la %s a échoué et rien n'a été changé (si Maillage tourne, arrêtez-le) : %w", d.place, err)
	}
	opt.Progress.tell(2, 2)
	return nil
}

// tables are the names of the tables in the schema public, quoted.
func (d *DB) tables(ctx context.Context) ([]string, error) {
	rows, err := d.read.QueryContext(ctx, `
		select format('%I.%I', schemaname, tablename)
		from pg_tables
		where schemaname = 'public'
		order by tablename`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// pgTool runs a PostgreSQL program on the database at address, or on none when
// it is "". The password goes through the environment, which other users of
// the machine cannot read.
func pgTool(ctx context.Context, address, tool string, args ...string) error {
	program, err := findPGTool(tool)
	if err != nil {
		return err
	}
	env := append(os.Environ(), "LC_ALL=C", "PGCONNECT_TIMEOUT=10")
	if address != "" {
		open, password, err := splitPassword(address)
		if err != nil {
			return err
		}
		args = append([]string{"--dbname=" + open}, args...)
		if password != "" {
			env = append(env, "PGPASSWORD="+password)
		}
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...) // #nosec G204 -- a program of PostgreSQL, arguments of ours
	cmd.Env = env
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return errors.Join(fmt.Errorf("%s a échoué : %s (%w)", tool, strings.TrimSpace(stderr.String()), err), ctx.Err())
	}
	return nil
}

// findPGTool looks in PATH, then where Debian keeps each version, newest first:
// pg_dump must be at least as recent as the server.
func findPGTool(tool string) (string, error) {
	if program, err := exec.LookPath(tool); err == nil {
		return program, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + tool) // the pattern is well formed
	if len(found) == 0 {
		return "", fmt.Errorf("le programme %s est introuvable : installez les outils clients de PostgreSQL (Debian : apt-get install postgresql-client), ou sauvegardez la base avec les moyens de votre serveur PostgreSQL", tool)
	}
	slices.SortFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return found[len(found)-1], nil
}

// splitPassword is the address without its password, and the password. Of several servers the
// programs must take the primary, as Maillage does.
func splitPassword(address string) (open, password string, err error) {
	config, err := pgconn.ParseConfig(address)
	if err != nil {
		return "", "", errors.New("adresse PostgreSQL illisible")
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", "", errors.New("adresse PostgreSQL illisible")
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	q.Del("password")
	if strings.Contains(u.Host+q.Get("host"), ",") && !q.Has("target_session_attrs") {
		q.Set("target_session_attrs", "read-write")
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // libpq does not read + as a space
	return u.String(), config.Password, nil
}
