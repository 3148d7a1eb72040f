// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"database/sql"
	"net/http"
	"strings"
	"testing"

	"maillage/internal/people/policy"
)

// readdress changes the address of a record in the directory, and tells this room as the directory does.
func (w *world) readdress(person, former, addr string) {
	w.t.Helper()
	ctx := w.asChief()
	check(w.t, w.room.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `update people_person set mail = $1 where id = $2`, addr, person); err != nil {
			return err
		}
		return w.room.Readdressed(ctx, tx, person, former)
	}))
}

// TestAddressChangedInTheDirectory: nobody takes an account over by correcting its address unseen.
func TestAddressChangedInTheDirectory(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const present = "alix.nouvelle@bondy.example"
		open, other := w.client().signIn(agentMail), w.client().signIn(chiefMail)
		late := w.client()
		late.post("/connexion", "adresse", agentMail)
		code, link, before := w.lastCode(), w.lastLink(), len(w.mails.tried)
		w.people.Readdressed = w.room.Readdressed
		p, err := w.people.Person(t.Context(), w.room.sessions.db.Read(), w.agent)
		check(t, err)
		p.Mail = present
		check(t, w.people.ChangePerson(w.asChief(), p))
		if open.in() || !other.in() {
			t.Error("the sessions of the person were to end, and theirs alone")
		}
		if got := late.post("/connexion/code", "code", code); got.Status == http.StatusSeeOther || late.in() {
			t.Errorf("a code sent to the former address opens: %d", got.Status)
		}
		if got := late.post(link); got.Status == http.StatusSeeOther || late.in() {
			t.Errorf("its link opens: %d", got.Status)
		}
		told := w.mails.tried[before:]
		if len(told) != 2 || told[0].To.Addr != agentMail || told[1].To.Addr != present {
			t.Fatalf("told: %+v", told)
		}
		if strings.Contains(told[0].HTML, present) || !strings.Contains(told[0].HTML, "prévenez") {
			t.Errorf("the former mailbox reads %s", told[0].HTML)
		}
		w.client().signIn(present)
	})
}

// TestAddressOfADuplicateChanges: the address of a record that was merged opens the account of the one that stays.
func TestAddressOfADuplicateChanges(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		duplicate := w.person("A.", "Martin", duplicateMail, policy.Agent)
		w.merge(duplicate)
		open, before := w.client().signIn(agentMail), len(w.mails.tried)
		w.readdress(duplicate, duplicateMail, "")
		if open.in() {
			t.Error("the sessions live on")
		}
		if told := w.mails.tried[before:]; len(told) != 1 || told[0].To.Addr != duplicateMail {
			t.Errorf("told: %+v", told)
		}
	})
}

// TestFirstAddressIsNotAChange: whoever had none is warned of nothing.
func TestFirstAddressIsNotAChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const first = "nouvelle@bondy.example"
		person, before := w.person("Noa", "Petit", "", policy.Agent), len(w.mails.tried)
		w.readdress(person, "", first)
		if len(w.mails.tried) != before {
			t.Errorf("told: %+v", w.mails.tried[before:])
		}
		w.client().signIn(first)
	})
}
