// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "maillage.toml")
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFlagsWinOverEnvironmentOverFile(t *testing.T) {
	t.Parallel()
	file := write(t, "addr = \"localhost:1\"\ndepartement = \"75\"\ndir = \"/srv/a\"\nreseau = false\n")
	cfg, rest, err := ReadConfig("serve", []string{"--config", file, "--addr", "localhost:3", "reste"},
		[]string{"MAILLAGE_ADDR=localhost:2", "MAILLAGE_DEPARTEMENT=92", "HOME=/root", "MAILLAGE_TEST_X=1"}, os.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Addr != "localhost:3" || cfg.Departement != "92" || cfg.Dir != "/srv/a" {
		t.Errorf("config = %+v", cfg)
	}
	if len(rest) != 1 || rest[0] != "reste" {
		t.Errorf("rest = %v", rest)
	}
}

func TestSecretFromFile(t *testing.T) {
	t.Parallel()
	secret := write(t, "postgres://u:p@localhost/m\n")
	cfg, _, err := ReadConfig("serve", nil, []string{"MAILLAGE_DATABASE_URL_FILE=" + secret}, os.Stdout)
	if err != nil || cfg.DatabaseURL != "postgres://u:p@localhost/m" {
		t.Errorf("database url = %q, %v", cfg.DatabaseURL, err)
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		args, env []string
		want      string
	}{
		{"unknown key in the file", []string{"--config", write(t, "couleur = \"bleu\"\n")}, nil, "couleur"},
		{"unknown variable", nil, []string{"MAILLAGE_COULEUR=bleu"}, "MAILLAGE_COULEUR"},
		{"unknown flag", []string{"--couleur", "bleu"}, nil, "couleur"},
		{"address without port", []string{"--addr", "localhost"}, nil, "HÔTE:PORT"},
		{"not a yes or no", nil, []string{"MAILLAGE_RESEAU=peut-être"}, "peut-être"},
		{"broken file", []string{"--config", write(t, "addr = \n")}, nil, "maillage.toml"},
		{"missing secret", nil, []string{"MAILLAGE_DATABASE_URL_FILE=absent"}, "absent"},
	}
	for _, c := range cases {
		_, _, err := ReadConfig("serve", c.args, c.env, os.Stdout)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error = %v, want one that names %q", c.name, err, c.want)
		}
	}
}

func TestHelpListsEverySetting(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if _, _, err := ReadConfig("serve", []string{"--help"}, nil, &b); !errors.Is(err, ErrHelp) {
		t.Fatalf("error = %v, want ErrHelp", err)
	}
	for _, o := range options {
		if !strings.Contains(b.String(), "MAILLAGE_"+strings.ToUpper(o.name)) {
			t.Errorf("help does not list %s", o.name)
		}
	}
}

func TestDemonstrationLeavesOtherDatabasesAlone(t *testing.T) {
	t.Parallel()
	served := t.TempDir()
	if err := os.WriteFile(filepath.Join(served, sqliteName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		cfg     Config
		refused bool
		said    bool
	}{
		{"a new folder, open to others", Config{Dir: filepath.Join(t.TempDir(), "neuf"), Addr: "0.0.0.0:8080"}, false, false},
		{"a folder with other files", Config{Dir: t.TempDir(), Addr: ":8080"}, false, false},
		{"a service's folder, for this machine", Config{Dir: served, Addr: "localhost:8080"}, false, true},
		{"a service's folder, open to others", Config{Dir: served, Addr: ":8080"}, true, false},
		{"a server, open to others", Config{Dir: t.TempDir(), Addr: "192.0.2.1:80", DatabaseURL: "postgres://localhost/m"}, true, false},
	} {
		var errs strings.Builder
		err := (&call{err: &errs}).claimForDemo(c.cfg)
		if (err != nil) != c.refused || (errs.Len() > 0) != c.said {
			t.Errorf("%s: error %v, said %q", c.name, err, errs.String())
		}
		if err == nil && !c.said {
			if err := (&call{err: &errs}).claimForDemo(c.cfg); err != nil {
				t.Errorf("%s, again: %v", c.name, err)
			}
		}
	}
}

func TestMailSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string // who writes, or a part of the refusal
		env        []string
	}{
		{"nothing set", nobody, nil},
		{"a public address", "ne-pas-repondre@maillage.ville.fr", []string{"MAILLAGE_BASE_URL=https://maillage.ville.fr"}},
		{"in the address of the server", "a@ville.fr", []string{"MAILLAGE_SMTP_URL=smtp://c:p@localhost?expediteur=a@ville.fr"}},
		{"a setting wins", "b@ville.fr", []string{"MAILLAGE_SMTP_URL=smtp://c:p@localhost?expediteur=a@ville.fr", "MAILLAGE_COURRIEL_EXPEDITEUR=b@ville.fr"}},
		{"a server and nobody who writes", "courriel_expediteur", []string{"MAILLAGE_SMTP_URL=smtp://c:p@localhost"}},
		{"not an address", "courriel_expediteur", []string{"MAILLAGE_COURRIEL_EXPEDITEUR=ville.fr"}},
		{"not a server", "smtp_url", []string{"MAILLAGE_SMTP_URL=http://localhost"}},
	} {
		cfg, _, err := ReadConfig("serve", nil, c.env, os.Stdout)
		if err != nil {
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "c:p") {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if _, from, err := cfg.mailer(); err != nil || from.From.Addr != c.want {
			t.Errorf("%s: %v writes, %v; want %s", c.name, from.From, err, c.want)
		}
	}
}
