// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/mail"
)

// TestTheScheduleHolds plays years of promises: whatever the days, the absences, the pauses and
// the stops of the service, each reminder leaves once, at an hour that bothers nobody, to whoever
// is there.
func TestTheScheduleHolds(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-01-05 09:00")
	holder, deputy := h.person("Zoé", "zoe@ville.example"), h.person("Yves", "yves@ville.example")
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		s := season{house: h, rt: rt, key: fmt.Sprintf("p/%d", n)}
		s.play(holder, deputy)
	})
}

// season is a promise from the day it is made to long after it is due.
type season struct {
	*house
	rt     *rapid.T
	key    string
	rec    Record
	paused mail.Span
	kept   clock.Date
	away   mail.Span
	seen   int // mails about it so far
}

func (s *season) play(holder, deputy string) {
	made := clock.MustDate("2026-01-05").AddDays(rapid.IntRange(0, 700).Draw(s.rt, "made"))
	due := made.AddDays(rapid.IntRange(0, 120).Draw(s.rt, "notice"))
	s.away = mail.Span{}
	from, to := "", ""
	if rapid.Bool().Draw(s.rt, "away") {
		s.away.From = made.AddDays(rapid.IntRange(-10, 120).Draw(s.rt, "leaves"))
		s.away.To = s.away.From.AddDays(rapid.IntRange(0, 40).Draw(s.rt, "for"))
		from, to = s.away.From.String(), s.away.To.String()
	}
	s.house.away(holder, from, to, deputy)
	s.set(made.Start().Add(9 * time.Hour))
	s.rec = s.register(Promise{Key: s.key, Subject: "Essai", Path: "/p", Person: holder, Made: made, Due: due,
		Forced: rapid.IntRange(0, 4).Draw(s.rt, "forced") == 0})
	defer s.tx(func(tx *sql.Tx) error { // the next seasons are not slowed down
		_, err := tx.ExecContext(context.Background(), `delete from mail_outbox`)
		return errors.Join(err, s.Drop(context.Background(), tx, s.key))
	})
	for day := 0; day < 110; {
		s.set(made.AddDays(day).Start().Add(time.Duration(rapid.IntRange(0, 23*60).Draw(s.rt, "minute")) * time.Minute))
		switch rapid.IntRange(0, 12).Draw(s.rt, "gesture") {
		case 0:
			s.pause()
		case 1:
			s.tx(func(tx *sql.Tx) error { return s.Resume(as("s"), tx, s.rec.ID) })
			s.paused = mail.Span{}
		case 2:
			if rapid.IntRange(0, 5).Draw(s.rt, "done") == 0 && s.kept.IsZero() {
				s.kept = s.today()
				s.tx(func(tx *sql.Tx) error { return s.Keep(context.Background(), tx, s.key, s.kept) })
			}
		}
		s.look()
		day += rapid.IntRange(3, 18).Draw(s.rt, "later")
	}
}

func (s *season) pause() {
	if !s.kept.IsZero() {
		return
	}
	until := s.today().AddDays(rapid.IntRange(0, 30).Draw(s.rt, "pause"))
	s.tx(func(tx *sql.Tx) error { return s.Pause(as("s"), tx, s.rec.ID, until, "raison") })
	s.paused = mail.Span{From: s.today(), To: until}
}

// look sweeps, sends what is due, and holds what was queued to the promises of the room.
func (s *season) look() {
	before := s.seen
	n, err := s.Sweep(context.Background())
	if err != nil {
		s.rt.Fatal(err)
	}
	if n > 0 {
		if again, err := s.Sweep(context.Background()); again != 0 || err != nil {
			s.rt.Fatalf("a second sweep queues %d, %v", again, err)
		}
	}
	now, list := s.Now(), s.ours()
	if len(list) != before+n {
		s.rt.Fatalf("%d queued, %d mails more", n, len(list)-before)
	}
	for _, e := range list[before:] {
		switch {
		case !s.kept.IsZero():
			s.rt.Fatalf("%s queued on %s, kept on %s", e.Key, now, s.kept)
		case !s.paused.From.IsZero() && !s.today().After(s.paused.To):
			s.rt.Fatalf("%s queued on %s, in a pause until %s", e.Key, now, s.paused.To)
		case !s.rec.Forced && mail.WhyQuiet(e.Due, mail.Reminder) != "":
			s.rt.Fatalf("%s leaves on %s: %s", e.Key, e.Due, mail.WhyQuiet(e.Due, mail.Reminder))
		case s.rec.Forced && e.Due.After(now):
			s.rt.Fatalf("%s is forced, and waits until %s", e.Key, e.Due)
		}
		s.checkReader(e)
	}
	s.checkOnce(list)
	s.seen = len(list)
	for _, e := range list {
		if e.State == mail.Queued && !e.Due.After(now) {
			s.leave()
			break
		}
	}
}

// checkReader: on the day it leaves, the reader is there.
func (s *season) checkReader(e mail.Entry) {
	day := clock.On(e.Due)
	away := !s.away.From.IsZero() && !day.Before(s.away.From) && !day.After(s.away.To)
	if want := map[bool]string{true: "yves@ville.example", false: "zoe@ville.example"}[away]; e.To.Addr != want {
		s.rt.Fatalf("%s to %s, want %s", e.Key, e.To.Addr, want)
	}
}

// checkOnce: of one rung, one mail at most that was not taken back.
func (s *season) checkOnce(list []mail.Entry) {
	seen := map[string]bool{}
	for _, e := range list {
		rung := strings.Join(strings.Split(e.Key, "/")[:4], "/")
		if e.State != mail.Cancelled {
			if seen[rung] {
				s.rt.Fatalf("%s twice", rung)
			}
			seen[rung] = true
		}
	}
}

// leave sends what is due, as the outbox would.
func (s *season) leave() {
	s.tx(func(tx *sql.Tx) error {
		_, err := tx.ExecContext(context.Background(), `update mail_outbox set state = 'sent' where state = 'queued' and due_at <= $1`, s.Now().UTC().Format(time.RFC3339Nano))
		return err
	})
}

// ours are the mails about this promise, the oldest first.
func (s *season) ours() (list []mail.Entry) {
	for _, e := range s.mails() {
		if strings.HasPrefix(e.Key, "rappel/"+s.rec.ID+"/") {
			list = append(list, e)
		}
	}
	return list
}
