// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/db"
)

// pending says whether bytes are still to be taken out of the files.
func (w *world) pending() bool {
	w.Helper()
	set, err := w.Settings(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return set.Text(pendingScrub) != ""
}

func (w *world) daily(at time.Time) {
	w.Helper()
	w.Now = func() time.Time { return at }
	if err := w.RunDaily(w.Context(), w.log()); err != nil {
		w.Fatal(err)
	}
}

// TestScrubSurvivesACrash: a stop between the erasure and the cleaning of the files leaves a mark;
// the job cleans at night, and by day only what no night came for.
func TestScrubSurvivesACrash(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		crash := func() {
			w.Helper()
			who, err := w.identity(w.Context(), w.DB.Read(), w.person(people.Person{GivenName: given, FamilyName: family, Mail: address}))
			if err == nil {
				_, err = w.eraseNoted(w.Context(), who) // and nothing after
			}
			if err != nil || !w.pending() {
				w.Fatal("nothing is pending", err)
			}
		}
		crash()
		if w.daily(noon.Add(2 * time.Hour)); !w.pending() {
			w.Error("scrubbed in office hours")
		}
		if w.daily(time.Date(2026, 11, 25, 2, 30, 0, 0, time.UTC)); w.pending() {
			w.Error("not scrubbed at night")
		}
		w.Now = func() time.Time { return noon }
		crash()
		if w.daily(noon.Add(23 * time.Hour)); w.pending() {
			w.Error("a day later it is still there")
		}
	})
}

// TestOneProcessScrubs: an erasure whose files another process is cleaning is done all the same;
// what it left is cleaned later, even if that process ends well, or never.
func TestOneProcessScrubs(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		w.tx(func(tx *sql.Tx) error { return w.scrubNeeded(w.Context(), tx) })
		other := db.Instant(noon.Add(scrubTime)) + " autre"
		seen, err := w.takeScrub(w.Context(), other)
		if err != nil || seen == "" {
			w.Fatal(seen, err)
		}
		person := w.person(people.Person{GivenName: given, FamilyName: family, Mail: address})
		done, err := w.Erase(w.Context(), person)
		if !errors.Is(err, ErrUnclean) || done.Act == "" {
			w.Fatal(done, err)
		}
		w.tx(func(tx *sql.Tx) error { return clearRow(w.Context(), tx, pendingScrub, seen) }) // the other one ends
		if !w.pending() {
			w.Error("the other process cleared what it did not clean")
		}
		w.Now = func() time.Time { return noon.Add(scrubTime + time.Minute) } // it crashed before it gave the turn back
		if err := w.Scrub(w.Context()); err != nil || w.pending() {
			w.Error("still pending", err)
		}
		if later, err := scrubLater(errRefused); later || !errors.Is(err, errRefused) {
			w.Error(later, err)
		}
	})
}

// TestRowsThatExpireScrubNothing: what ends every day does not rewrite the database.
func TestRowsThatExpireScrubNothing(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	w.tx(func(tx *sql.Tx) error {
		_, err := tx.Exec(`insert into signin_tries (key, until, hits) values ('x', $1, 1)`, db.Instant(noon.AddDate(0, 0, -9)))
		return err
	})
	held, err := w.DB.Read().BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true}) // a long reader: a scrub would wait for it, then fail
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Rollback() }()
	var n int
	if err := held.QueryRow(`select count(*) from signin_tries`).Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	w.daily(time.Date(2026, 11, 25, 2, 30, 0, 0, time.UTC))
	if err := w.DB.Read().QueryRow(`select count(*) from signin_tries`).Scan(&n); err != nil || n != 0 || w.pending() {
		t.Errorf("%d rows, pending %t, %v", n, w.pending(), err)
	}
}
