// SPDX-License-Identifier: EUPL-1.2

// Package mailtest gives tests a real mail server, mailpit (see tools/essais), that keeps what
// it is sent.
package mailtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Server is a running mailpit.
type Server struct {
	// SMTP is its address as MAILLAGE_SMTP_URL; the sender is ne-pas-repondre@maillage.example.
	SMTP string
	// API is the address of its pages and its API: "http://127.0.0.1:8025".
	API string
	t   testing.TB
}

// Start runs a mail server until the end of the test. The first time it is built, in about a minute.
func Start(t testing.TB) *Server {
	t.Helper()
	root := moduleRoot()
	build := exec.Command("go", "tool", "-modfile="+filepath.Join(root, "tools", "essais", "go.mod"), "-n", "mailpit") // #nosec G204 -- our own folder
	build.Dir, build.Stderr = root, os.Stderr
	out, err := build.Output()
	if err != nil {
		t.Fatalf("mailpit (tools/essais): %v", err)
	}
	for range 5 { // a port that was free may be taken meanwhile
		if s := try(t, strings.TrimSpace(string(out))); s != nil {
			return s
		}
	}
	t.Fatal("mailpit does not start")
	return nil
}

func try(t testing.TB, program string) *Server {
	t.Helper()
	smtp, pages := freePort(t), freePort(t)
	cmd := exec.Command(program, "--smtp", smtp, "--listen", pages, "--database", filepath.Join(t.TempDir(), "mailpit.db"), // #nosec G204 -- built above
		"--max", "0", "--quiet", "--disable-version-check", "--smtp-disable-rdns", "--block-remote-css-and-fonts", "--smtp-strict-rfc-headers")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	s := &Server{SMTP: "smtp://" + smtp + "?chiffrement=sans&expediteur=ne-pas-repondre@maillage.example", API: "http://" + pages, t: t}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		select {
		case <-ended:
			return nil
		case <-time.After(20 * time.Millisecond):
		}
		if s.get("/readyz", nil) == nil {
			return s
		}
	}
	return nil
}

// Message is a message that arrived, as the API gives it.
type Message struct {
	ID        string // of the API
	MessageID string // without its angle brackets
	From      Mailbox
	To        []Mailbox
	Subject   string
	HTML      string
	Text      string
}

// Mailbox is a name and an address.
type Mailbox struct{ Name, Address string }

// List is what arrived, the oldest first, without texts.
func (s *Server) List() []Message {
	s.t.Helper()
	var page struct {
		Messages []Message `json:"messages"`
	}
	if err := s.get("/api/v1/messages?limit=10000", &page); err != nil {
		s.t.Fatal(err)
	}
	for i, j := 0, len(page.Messages)-1; i < j; i, j = i+1, j-1 {
		page.Messages[i], page.Messages[j] = page.Messages[j], page.Messages[i]
	}
	return page.Messages
}

// Await waits until n messages have arrived for an address, "" for any, and returns them with
// their texts, the oldest first. It gives up after half a minute.
func (s *Server) Await(addr string, n int) []Message {
	s.t.Helper()
	var got []Message
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got = got[:0]
		for _, m := range s.List() {
			if addr == "" || len(m.To) == 1 && m.To[0].Address == addr {
				got = append(got, m)
			}
		}
		if len(got) >= n {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d messages for %q, want %d", len(got), addr, n)
		}
	}
	for i := range got {
		if err := s.get("/api/v1/message/"+got[i].ID, &got[i]); err != nil {
			s.t.Fatal(err)
		}
	}
	return got
}

// Headers are those of a message, by name.
func (s *Server) Headers(id string) map[string][]string {
	s.t.Helper()
	var h map[string][]string
	if err := s.get("/api/v1/message/"+id+"/headers", &h); err != nil {
		s.t.Fatal(err)
	}
	return h
}

// Get reads an address of the API into v.
func (s *Server) Get(path string, v any) {
	s.t.Helper()
	if err := s.get(path, v); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) get(path string, v any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.API+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(body, v)
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// moduleRoot is the folder of the repository, from where this file was compiled.
func moduleRoot() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "..")
}
