// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

func TestOpenRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := write("texte.csv", "commune;places\n93066;120\n")
	short := write("court.db", "SQLi")
	cut := write("coupe.db", "SQLite format 3\x00 et puis n'importe quoi qui n'est pas une base")
	for name, c := range map[string]struct {
		url  string
		want []string
	}{
		"no scheme":      {"maillage.db", []string{"sqlite:CHEMIN", "postgres://"}},
		"another engine": {"mysql://root:secret@localhost/x", []string{"mysql"}},
		"no file":        {"sqlite:", []string{"fichier"}},
		"memory":         {"sqlite::memory:", []string{"fichier"}},
		"a folder":       {"sqlite:" + dir, []string{dir, "dossier"}},
		"text":           {"sqlite:" + text, []string{text, "maillage restore"}},
		"four bytes":     {"sqlite:" + short, []string{short}},
		"damaged":        {"sqlite:" + cut, []string{cut, "maillage restore"}},
		"file as folder": {"sqlite:" + text + "/x.db", []string{text, "dossier"}},
		"nobody listens": {"postgres://u:secret@127.0.0.1:1/maillage?sslmode=disable", []string{"127.0.0.1:1", "injoignable", "démarré"}},
		"no such host":   {"postgres://u:secret@nulle-part.invalid/maillage", []string{"nulle-part.invalid", "injoignable"}},
		"no such socket": {"postgres://u:secret@/maillage?host=/nulle/part", []string{"/nulle/part"}},
		"unreadable":     {"postgres://u:secret@h:port/maillage", []string{"illisible"}},
		"unreadable too": {"postgres://u:sec%ret@h/maillage", []string{"illisible"}},
		"bad parameter":  {"postgres://u:secret@h/maillage?sslmode=peut-etre", []string{"illisible"}},
	} {
		d, err := db.Open(t.Context(), c.url)
		if err == nil {
			t.Errorf("%s: opened", name)
			d.Close()
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", name, err, w)
			}
		}
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "sec%ret") {
			t.Errorf("%s: the password shows in %q", name, err)
		}
	}
	for _, path := range []string{text, short, cut} {
		if content, err := os.ReadFile(path); err != nil || strings.HasPrefix(string(content), "SQLite format 3\x00\x10") {
			t.Errorf("%s was touched (%v)", path, err)
		}
	}
}

func TestOpenUnwritable(t *testing.T) {
	t.Parallel()
	// /proc refuses new files to everyone, root included.
	for _, path := range []string{"/proc/maillage.db", "/proc/maillage/maillage.db"} {
		_, err := db.Open(t.Context(), "sqlite:"+path)
		if err == nil || !strings.Contains(err.Error(), "/proc") || !strings.Contains(err.Error(), "droit d'écriture") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestOpenCreatesFolders(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "été 2026", "a?b#c%41", "maillage.db")
	d, err := db.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, d, noteTable)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("file: %v %v", info, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("after Close the folder holds %v, want the file alone (%v)", entries, err)
	}
}

func TestOpenPostgresRefusals(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, db.Postgres)
	missing := strings.Replace(url, "/essai_", "/absente_", 1)
	_, err := db.Open(t.Context(), missing)
	if err == nil || !strings.Contains(err.Error(), "n'existe pas") || !strings.Contains(err.Error(), "create database") {
		t.Errorf("missing database: %v", err)
	}
	_, err = db.Open(t.Context(), strings.Replace(url, "maillage@", "inconnu:secret@", 1))
	if err == nil || !strings.Contains(err.Error(), "inconnu") || strings.Contains(err.Error(), "secret") {
		t.Errorf("unknown user: %v", err)
	}
}

func TestByteOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		provider, collation string
		want                bool
	}{
		{"c", "C", true}, {"c", "C.UTF-8", true}, {"c", "POSIX", true}, {"b", "C.UTF-8", true},
		{"c", "fr_FR.UTF-8", false}, {"i", "fr_FR.UTF-8", false}, {"i", "C", false},
	} {
		if got := db.ByteOrder(c.provider, c.collation); got != c.want {
			t.Errorf("byteOrder(%q, %q) = %v, want %v", c.provider, c.collation, got, c.want)
		}
	}
}

func TestErrorsAreTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, []byte("pas une base"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), "sqlite:"+path); !errors.Is(err, db.ErrNotDatabase) {
		t.Errorf("got %v, want ErrNotDatabase", err)
	}
}
