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

// pgTool runs a PostgreSQL program on the database at address. The password
// goes through the environment, which other users of the machine cannot read.
func pgTool(ctx context.Context, address, tool string, args ...string) error {
	program, err := findPGTool(tool)
	if err != nil {
		return err
	}
	open, password, err := splitPassword(address)
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, append(args, "--dbname="+open)...) // #nosec G204 -- a program of PostgreSQL, arguments of ours
	cmd.Env = append(os.Environ(), "LC_ALL=C", "PGCONNECT_TIMEOUT=10")
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
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

// splitPassword is the address without its password, and the password.
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
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // libpq does not read + as a space
	return u.String(), config.Password, nil
}
