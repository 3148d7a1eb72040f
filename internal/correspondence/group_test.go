// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/mail"
)

func TestWhoGetsAGroupMailAndWhoDoesNot(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-03-03 10:00", func(t *testing.T, h *house) {
		zoe, yves, mute := h.person("Zoé", "zoe@ville.example"), h.person("Yves", "yves@ville.example"), h.person("Muet", "")
		away, alone, both := h.person("Absente", "a@ville.example"), h.person("Seul", "s@ville.example"), h.person("Double", "d@ville.example")
		free := h.person("Libre", "libre@ville.example")
		stand := h.person("Suppléant", "sup@ville.example")
		h.away(away, "2026-03-01", "2026-03-31", stand)
		h.away(alone, "2026-03-01", "", "")
		h.away(both, "2026-03-01", "", yves) // whose deputy gets it anyway
		h.tx(func(tx *sql.Tx) error {
			return optOut(t.Context(), tx, h.keys.fingerprint("Libre@ville.example"), Letters, true, h.Now())
		})
		m := GroupMail{Key: "lettre/1", Subject: "La lettre de mars", HTML: "<p>Bonjour.</p>", Letter: true,
			Persons: []string{zoe, both, yves, mute, away, alone, zoe, "inconnue", free}}
		list, err := h.Recipients(t.Context(), h.DB.Read(), m)
		if err != nil {
			t.Fatal(err)
		}
		var to []string
		for _, r := range list.To {
			to = append(to, strings.TrimSpace(r.To.Addr+" "+r.Note))
		}
		want := "zoe@ville.example|yves@ville.example|sup@ville.example en suppléance de Absente Essai|s@ville.example en absence, sans suppléance joignable"
		if got := strings.Join(to, "|"); got != want {
			t.Errorf("to:\n%s\nwant\n%s", got, want)
		}
		var out []string
		for _, x := range list.Excluded {
			out = append(out, x.Name+" "+x.Reason)
		}
		want = strings.Join([]string{"Muet Essai n'a pas d'adresse de courriel", "Zoé Essai est déjà dans la liste", "personne qui n'est plus dans l'annuaire n'est plus dans l'annuaire",
			"Libre Essai s'est désinscrit de ces lettres", "Double Essai est en absence ; sa suppléance, Yves Essai, reçoit déjà ce courriel",
			"Absente Essai est en absence ; Suppléant Essai le reçoit à sa place"}, "|")
		if got := strings.Join(out, "|"); got != want {
			t.Errorf("out:\n%s\nwant\n%s", got, want)
		}
		m.Letter = false // a convocation goes to whoever unsubscribed from letters
		if list, err = h.Recipients(t.Context(), h.DB.Read(), m); err != nil || len(list.To) != 5 {
			t.Errorf("%d get what is necessary, %v", len(list.To), err)
		}
	})
}

func TestAGroupMailIsSentOnceAndUndoneWhole(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-03-03 10:00", func(t *testing.T, h *house) {
		m := GroupMail{Key: "convocation/17", Subject: "Séance du 12", HTML: "<p>Bonjour.</p>", Why: "vous siégez au comité",
			Persons: []string{h.person("Zoé", "zoe@ville.example"), h.person("Yves", "yves@ville.example")}}
		var d Dispatch
		send := func() { h.tx(func(tx *sql.Tx) (err error) { d, err = h.Send(t.Context(), tx, m); return err }) }
		send()
		if d.New != 2 || !d.CancelUntil.Equal(h.Now().Add(mail.Undo)) || !d.Due.Equal(d.CancelUntil) {
			t.Errorf("%+v", d)
		}
		send()
		if d.New != 0 || len(h.mails()) != 2 {
			t.Errorf("sent twice: %+v", d)
		}
		groups, err := h.Outbox.Groups(t.Context(), 10)
		if err != nil || len(groups) != 1 || groups[0].Total != 2 || groups[0].Count[mail.Queued] != 2 || !groups[0].Cancellable(h.Now()) {
			t.Fatalf("%+v, %v", groups, err)
		}
		if groups[0].Cancellable(h.Now().Add(mail.Undo)) {
			t.Error("it can be undone for ever")
		}
		h.set(h.Now().Add(9 * time.Minute))
		h.tx(func(tx *sql.Tx) error {
			n, err := h.Outbox.Cancel(t.Context(), tx, d.Group)
			return errors.Join(err, wantN(n, 2))
		})
		if len(h.waiting()) != 0 {
			t.Error("a mail still waits")
		}
	})
}

func wantN(got, want int) error {
	if got != want {
		return errors.New("not the number that was wanted")
	}
	return nil
}

func TestATrialGoesToOneselfOnly(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-07 23:00") // at night, on a Saturday
	me := h.person("Secrétaire", "sec@caf.example")
	m := GroupMail{Key: "convocation/17", Subject: "Séance du 12", HTML: "<p>Bonjour.</p>", Persons: []string{h.person("Zoé", "zoe@ville.example")}}
	h.tx(func(tx *sql.Tx) error { _, err := h.Test(t.Context(), tx, m, me); return err })
	h.tx(func(tx *sql.Tx) error { _, err := h.Test(t.Context(), tx, m, me); return err }) // as often as one likes
	list := h.mails()
	if len(list) != 2 || list[0].To.Addr != "sec@caf.example" || list[0].Subject != "[Essai] Séance du 12" || list[0].Due.After(h.Now()) || list[0].Group != "" {
		t.Errorf("%+v", list)
	}
	err := h.DB.Tx(t.Context(), func(tx *sql.Tx) error { _, err := h.Test(context.Background(), tx, m, h.person2()); return err })
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("a trial to nobody: %v", err)
	}
}

// person2 is the ID of nobody.
func (h *house) person2() string { return "01890000-0000-7000-8000-000000000000" }

func TestNobodyGetsIt(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	m := GroupMail{Key: "k", Subject: "s", HTML: "<p>t</p>", Persons: []string{h.person("Muet", "")}}
	err := h.DB.Tx(t.Context(), func(tx *sql.Tx) error { _, err := h.Send(t.Context(), tx, m); return err })
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("%v", err)
	}
}

// Groups are those of the directory, by kind of organisation.
func TestTheDirectoryIsAnAudience(t *testing.T) {
	t.Parallel()
	onEngines(t, "2026-03-03 10:00", func(t *testing.T, h *house) {
		zoe, yves := h.person("Zoé", "zoe@ville.example"), h.person("Yves", "yves@caf.example")
		since := people.Period{From: clock.MustDate("2026-01-01")}
		h.tx(func(tx *sql.Tx) error {
			for person, kind := range map[string]people.Kind{zoe: people.Commune, yves: people.Caf} {
				org, err := h.People.AddOrganisation(t.Context(), tx, people.Organisation{Kind: kind, Name: string(kind)}, h.Now())
				if err == nil {
					_, err = h.People.AddAffiliation(t.Context(), tx, people.Affiliation{Person: person, Organisation: org, Period: since}, h.Now())
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		d := Directory{h.Room}
		list, err := d.Groups(t.Context())
		if err != nil || len(list) != 3 || list[0].Count != 2 || list[1].Label != "Caf" || list[1].Count != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		for group, want := range map[string]int{"tous": 2, "commune": 1, "": 0, "faux": 0} {
			if ids, err := d.Members(t.Context(), group); len(ids) != want || err != nil {
				t.Errorf("%q: %v, %v", group, ids, err)
			}
		}
	})
}
