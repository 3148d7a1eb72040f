// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"maillage/internal/correspondence"
	"maillage/internal/people"
	"maillage/internal/platform/db"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/mail/mailtest"
)

// groupSize is how many persons the group mail of this test goes to.
const groupSize = 50

// TestAGroupMailOutlivesItsSender kills the real service three times while it sends a mail to fifty
// people through a real mail server: everyone gets it, and nobody twice, save those whose mail was
// under the final dot when it died.
func TestAGroupMailOutlivesItsSender(t *testing.T) {
	t.Parallel()
	server, dir := mailtest.Start(t), t.TempDir()
	writeGroup(t, dir)
	window := 0
	for _, after := range []int{3, 17, 34} {
		service := sendingService(t, dir, server)
		for len(server.List()) < after {
			if waiting(t, dir) == 0 {
				break
			}
		}
		_ = service.Process.Kill() // kill -9
		_ = service.Wait()
		window += tenMinutesLater(t, dir)
	}
	service := sendingService(t, dir, server)
	defer func() { _ = service.Process.Kill(); _ = service.Wait() }()
	for deadline := time.Now().Add(time.Minute); waiting(t, dir) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d mails still wait", waiting(t, dir))
		}
	}
	ids, readers := map[string]int{}, map[string]bool{}
	for _, m := range server.List() {
		ids[m.MessageID]++
		readers[m.To[0].Address] = true
	}
	doubles := len(server.List()) - len(ids)
	if len(ids) != groupSize || len(readers) != groupSize {
		t.Errorf("%d different mails to %d people, want %d", len(ids), len(readers), groupSize)
	}
	if doubles > window {
		t.Errorf("%d doubles, although only %d mails were under the final dot at a kill", doubles, window)
	}
	t.Logf("%d mails, %d doubles, %d in the window at a kill", len(ids), doubles, window)
}

// writeGroup puts a group mail in the outbox of a new service, eleven minutes ago: the time to
// undo it is over.
func writeGroup(t *testing.T, dir string) {
	t.Helper()
	cfg := defaults()
	cfg.Dir, cfg.Network = dir, false
	a, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a.Mail.Now = func() time.Time { return time.Now().Add(-mail.Undo - time.Minute) }
	err = a.DB.Tx(t.Context(), func(tx *sql.Tx) error {
		m := correspondence.GroupMail{Key: "convocation/1", Subject: "Séance du 12 mars", HTML: "<p>Bonjour, la séance aura lieu.</p>", Urgent: true}
		for i := range groupSize {
			id, err := a.People.AddPerson(t.Context(), tx, people.Person{FamilyName: fmt.Sprintf("Membre %d", i+1), Mail: fmt.Sprintf("membre%d@ville.example", i+1)}, time.Now())
			if err != nil {
				return err
			}
			m.Persons = append(m.Persons, id)
		}
		_, err := a.Correspondence.Send(t.Context(), tx, m)
		return err
	})
	if e := a.Close(); err == nil {
		err = e
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sendingService is the service, ready, with its mail server.
func sendingService(t *testing.T, dir string, server *mailtest.Server) *exec.Cmd {
	t.Helper()
	cmd := program(t, "serve", "--dir", dir, "--addr", "127.0.0.1:0", "--reseau", "non")
	cmd.Env = append(cmd.Env, "MAILLAGE_SMTP_URL="+server.SMTP+"&debit=10000")
	started(t, cmd)
	return cmd
}

func onDatabase(t *testing.T, dir string, do func(ctx context.Context, d *db.DB) error) {
	t.Helper()
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(dir, sqliteName))
	if err == nil {
		err = do(t.Context(), d)
	}
	if err == nil {
		err = d.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// waiting is how many mails have not reached their end.
func waiting(t *testing.T, dir string) (n int) {
	t.Helper()
	onDatabase(t, dir, func(ctx context.Context, d *db.DB) error {
		return d.Read().QueryRowContext(ctx, `select count(*) from mail_outbox where state in ('queued', 'sending')`).Scan(&n)
	})
	return n
}

// tenMinutesLater ends the lease of a sender that was killed, and says how many of its mails were
// under the final dot: whether the server took them, nobody can know (RFC 1047).
func tenMinutesLater(t *testing.T, dir string) (window int) {
	t.Helper()
	onDatabase(t, dir, func(ctx context.Context, d *db.DB) error {
		return d.Tx(ctx, func(tx *sql.Tx) error {
			if err := tx.QueryRowContext(ctx, `select count(*) from mail_outbox where state = 'sending'`).Scan(&window); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `update mail_outbox set lease_until = '' where lease_until <> ''`)
			return err
		})
	})
	return window
}
