// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
	"maillage/internal/platform/web/webtest"
)

// s3Secret has every character that an address must escape.
const s3Secret = "s3cr/t+:@?#%&= ü"

// startS3 runs the server, with or without TLS, and gives the setting that leads there.
func startS3(t *testing.T, secure bool) (*s3Server, string) {
	t.Helper()
	s := &s3Server{key: "cle/AKIA", secret: s3Secret, region: "fr-par", bucket: "maillage", objects: map[string][]byte{}, seen: map[string]int{}, wrong: t.Errorf}
	web := httptest.NewUnstartedServer(s)
	query := "?region=fr-par"
	if secure {
		web.StartTLS()
		ca := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		query += "&autorite=" + url.QueryEscape(ca)
	} else {
		web.Start()
		query += "&tls=non"
	}
	t.Cleanup(web.Close)
	_, host, _ := strings.Cut(web.URL, "://")
	return s, "s3://" + url.UserPassword(s.key, s.secret).String() + "@" + host + "/maillage/un préfixe" + query
}

// TestS3 takes a file through its life in a bucket.
func TestS3(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"TLS": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, setting := startS3(t, secure)
			s, _ := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{Backend: setting, Arrival: t.TempDir()})
			for _, size := range []int{300, 64 << 10, 64<<10 + 1, 1<<20 + 17} {
				text := padded(size)
				f := put(t, s, text, meta("a.pdf"))
				if !bytes.Equal(read(t, s, f.ID), text) {
					t.Errorf("%d bytes: another content came back", size)
				}
				before := server.seen["PUT"]
				same := put(t, s, text, meta("b.pdf"))
				if server.seen["PUT"] != before {
					t.Errorf("%d bytes: sent twice", size)
				}
				site := serve(t, s, webtest.Open{Actor: somebody})
				if got := webtest.Get(t, site, f.Path()); got.Status != 200 || got.Body != string(text) {
					t.Errorf("%d bytes: download: %d", size, got.Status)
				}
				spoil(server, len(text)/2)
				if got := webtest.Get(t, site, f.Path()); got.Status != 500 {
					t.Errorf("%d bytes, one altered: download: %d", size, got.Status)
				}
				r, err := s.Open(t.Context(), f.ID)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(r); !errors.Is(err, files.ErrAltered) || len(got) >= size {
					t.Errorf("%d bytes, one altered: %d read, %v", size, len(got), err)
				}
				_ = r.Close()
				third := put(t, s, text, meta("c.pdf"))
				if !bytes.Equal(read(t, s, f.ID), text) {
					t.Errorf("%d bytes: not mended", size)
				}
				for _, f := range []files.File{f, same, third} {
					if _, err := s.EraseNow(t.Context(), files.Erasure{ID: f.ID}); err != nil {
						t.Fatal(err)
					}
				}
				if len(server.objects) != 0 {
					t.Errorf("%d bytes: %d objects left", size, len(server.objects))
				}
			}
			left, err := os.ReadDir(s.TempDir())
			if err != nil || len(left) != 0 {
				t.Errorf("left arriving: %v, %v", left, err)
			}
		})
	}
}

// spoil alters a byte of every object.
func spoil(s *s3Server, at int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, content := range s.objects {
		if !strings.HasPrefix(name, "un préfixe/") {
			s.wrong("object %q", name)
		}
		bad := bytes.Clone(content)
		bad[at] ^= 1
		s.objects[name] = bad
	}
}

// TestS3Trouble: a passing failure is tried again; a content that is lost is damage; a bucket
// that refuses is told at start, in French and without a secret.
func TestS3Trouble(t *testing.T) {
	t.Parallel()
	server, setting := startS3(t, false)
	s, _ := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{Backend: setting, Arrival: t.TempDir()})
	server.fail = 1
	f := put(t, s, pdf("x"), meta("a.pdf"))
	clear(server.objects)
	if _, err := s.Open(t.Context(), f.ID); !errors.Is(err, files.ErrAltered) || errors.Is(err, os.ErrNotExist) {
		t.Errorf("a lost content: %v, want ErrAltered", err)
	}
	silent(t, "the store", s, files.Shown(setting), files.Shown("s3://AKI:s3cr%zz@h/b"))
	if s.String() != files.Shown(setting) || s.String() != "s3://"+strings.SplitN(strings.SplitN(setting, "@", 2)[1], "/", 2)[0]+"/maillage/un préfixe/" {
		t.Errorf("String: %s", s.String())
	}
	for rule, c := range map[string]struct{ old, new, says string }{
		"another secret": {"s3cr", "S3cr", "vérifiez la clé, le secret"},
		"another key":    {"AKIA", "AKIB", "vérifiez la clé, le secret"},
		"another bucket": {"/maillage/", "/ailleurs/", "le seau « ailleurs » n'existe pas"},
		"another region": {"fr-par", "us-east-1", "n'a pas pu servir"},
	} {
		bad := strings.Replace(setting, c.old, c.new, 1)
		_, err := files.Open(t.Context(), nil, files.Config{Backend: bad})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", rule, err, c.says)
		}
		silent(t, rule, err)
	}
	if _, err := files.Open(t.Context(), nil, files.Config{Backend: strings.Replace(setting, "tls=non", "tls=oui", 1)}); err == nil {
		t.Error("TLS to a server that has none")
	} else {
		silent(t, "TLS", err)
	}
}

// silent checks that nothing of the secret is told, by the error itself or by a log.
func silent(t *testing.T, rule string, values ...any) {
	t.Helper()
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "values", values)
	told := log.String()
	for _, v := range values {
		told += fmt.Sprintf("%v %+v %s", v, v, v)
	}
	for _, part := range []string{"3cr", "ü", "%C3%BC", "t+:@", "AKI"} {
		if strings.Contains(told, part) {
			t.Errorf("%s: %q is told: %s", rule, part, told)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	occupied := filepath.Join(t.TempDir(), "fichier")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for setting, says := range map[string]string{
		"":                                "dossier:CHEMIN",
		"/var/lib/maillage":               "dossier:CHEMIN",
		"dossier:":                        "dossier:CHEMIN",
		"ftp://x":                         "dossier:CHEMIN",
		"dossier:" + occupied:             "vérifiez que le service peut y écrire",
		"s3://AKI:s3cr%zz@h/b":            "mal formée",
		"s3://AKI:s3cr@h":                 "nommer un hôte et un seau",
		"s3:///b":                         "nommer un hôte et un seau",
		"s3://h/b":                        "donner la clé et le secret",
		"s3://AKI@h/b":                    "donner la clé et le secret",
		"s3://AKI:s3cr@h/b#x":             "nommer un hôte et un seau",
		"s3://AKI:s3cr@h/b/../c":          "chemin simple",
		"s3://AKI:s3cr@h/b?tls=peut-être": "oui ou non",
		"s3://AKI:s3cr@h/b?region=":       "une valeur, une seule",
		"s3://AKI:s3cr@h/b?region=a;b":    "mal formés",
		"s3://AKI:s3cr@h/b?acl=public":    "region, tls, autorite",
		"s3://AKI:s3cr@h/b?autorite=" + url.QueryEscape(occupied): "aucun certificat",
		"s3://AKI:s3cr@h h/b": "mal formée",
	} {
		_, err := files.OpenBackend(t.Context(), setting)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("OpenBackend(%q): %v; want %q", setting, err, says)
		}
		silent(t, setting, err)
	}
	if _, err := files.Open(t.Context(), nil, files.Config{Backend: "dossier:" + t.TempDir(), Clamd: "x"}); err == nil {
		t.Error("an antivirus that is no address")
	}
	if _, err := files.Open(t.Context(), nil, files.Config{Backend: "dossier:" + t.TempDir(), MaxSize: -1}); err == nil {
		t.Error("a negative size")
	}
}
