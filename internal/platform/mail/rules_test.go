// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/mail"
)

var kinds = []mail.Kind{mail.Access, mail.Receipt, mail.Answer, mail.Notice, mail.Reminder, mail.Digest}

// paris reads "2026-03-10 08:30", in Paris.
func paris(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, clock.Paris)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNextAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, at string
		kind     mail.Kind
		want     string
	}{
		{"a code leaves at night", "2026-03-10 03:00", mail.Access, "2026-03-10 03:00"},
		{"a receipt leaves on Christmas night", "2026-12-25 23:00", mail.Receipt, "2026-12-25 23:00"},
		{"an answer waits for the morning", "2026-03-10 21:00", mail.Answer, "2026-03-11 07:00"},
		{"an answer leaves just before nine", "2026-03-10 20:59", mail.Answer, "2026-03-10 20:59"},
		{"an answer leaves on Sunday", "2026-03-08 10:00", mail.Answer, "2026-03-08 10:00"},
		{"an answer leaves in August", "2026-08-15 10:00", mail.Answer, "2026-08-15 10:00"},
		{"a convocation waits for Monday", "2026-03-07 10:00", mail.Notice, "2026-03-09 07:00"},
		{"Friday night waits for Monday", "2026-03-06 21:30", mail.Notice, "2026-03-09 07:00"},
		{"Easter: from Good Friday night to Tuesday", "2026-04-03 22:00", mail.Notice, "2026-04-07 07:00"},
		{"a convocation leaves in August", "2026-08-03 10:00", mail.Notice, "2026-08-03 10:00"},
		{"a reminder waits for September", "2026-08-03 10:00", mail.Reminder, "2026-09-01 07:00"},
		{"31 July at night is August", "2026-07-31 22:00", mail.Reminder, "2026-09-01 07:00"},
		{"the night of the spring change", "2026-03-29 01:30", mail.Answer, "2026-03-29 07:00"},
		{"the night of the autumn change", "2026-10-25 02:30", mail.Answer, "2026-10-25 07:00"},
		{"All Saints and the weekend", "2026-10-31 12:00", mail.Digest, "2026-11-02 07:00"},
		{"an unknown kind waits as a reminder", "2026-08-03 10:00", "autre", "2026-09-01 07:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, want := mail.NextAllowed(paris(t, c.at), c.kind), paris(t, c.want); !got.Equal(want) {
				t.Errorf("NextAllowed(%s, %s) = %s, want %s", c.at, c.kind, got, want)
			}
		})
	}
}

func TestMorningKeepsItsHourThroughTheChangesOfTime(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]string{"2026-03-28 22:00": "2026-03-29T05:00:00Z", "2026-10-24 22:00": "2026-10-25T06:00:00Z"} {
		if got := mail.NextAllowed(paris(t, day), mail.Answer).UTC().Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, want %s", day, got, want)
		}
	}
}

func instants() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(1735689600, 2051222400).Draw(t, "instant"), 0).UTC() // 2025 to 2034
	})
}

func TestNextAllowedLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at, kind := instants().Draw(t, "at"), rapid.SampledFrom(kinds).Draw(t, "kind")
		next := mail.NextAllowed(at, kind)
		if next.Before(at) || mail.WhyQuiet(next, kind) != "" || !mail.NextAllowed(next, kind).Equal(next) {
			t.Fatalf("NextAllowed(%v, %s) = %v: %s", at, kind, next, mail.WhyQuiet(next, kind))
		}
		if wait := next.Sub(at); wait > 37*24*time.Hour {
			t.Errorf("a wait of %v", wait)
		}
		if wait := next.Sub(at); wait > 0 { // nothing was allowed meanwhile
			between := at.Add(time.Duration(rapid.Int64Range(0, int64(wait)-1).Draw(t, "between")))
			if mail.WhyQuiet(between, kind) == "" {
				t.Errorf("%s may leave at %v, before %v", kind, between, next)
			}
		}
		later := at.Add(time.Duration(rapid.Int64Range(0, int64(60*24*time.Hour)).Draw(t, "later")))
		if mail.NextAllowed(later, kind).Before(next) {
			t.Errorf("order is lost between %v and %v", at, later)
		}
		for i := 1; i < len(kinds); i++ { // who waits least comes first
			if mail.NextAllowed(at, kinds[i]).Before(mail.NextAllowed(at, kinds[i-1])) {
				t.Errorf("%s leaves before %s", kinds[i], kinds[i-1])
			}
		}
	})
}

func TestDigestTime(t *testing.T) {
	t.Parallel()
	daily := mail.Rhythm{Every: mail.Daily, Hour: 18, Minute: 5}
	for _, c := range []struct {
		name   string
		rhythm mail.Rhythm
		at     string
		want   string
	}{
		{"the next Tuesday", mail.DefaultRhythm, "2026-03-04 12:00", "2026-03-10 08:30"},
		{"on time is now", mail.DefaultRhythm, "2026-03-10 08:30", "2026-03-10 08:30"},
		{"a minute late is next week", mail.DefaultRhythm, "2026-03-10 08:31", "2026-03-17 08:30"},
		{"14 July 2026 is a Tuesday: the day after", mail.DefaultRhythm, "2026-07-10 12:00", "2026-07-15 08:30"},
		{"and it is still to come on that Tuesday", mail.DefaultRhythm, "2026-07-14 12:00", "2026-07-15 08:30"},
		{"nothing in August", mail.DefaultRhythm, "2026-07-29 12:00", "2026-09-01 08:30"},
		{"a Monday put off into August is not sent", mail.Rhythm{Every: mail.Weekly, Day: time.Friday, Hour: 9}, "2026-08-01 00:00", "2026-09-04 09:00"},
		{"Easter Monday", mail.Rhythm{Every: mail.Weekly, Day: time.Monday, Hour: 9}, "2026-04-05 00:00", "2026-04-07 09:00"},
		{"each working day", daily, "2026-03-06 18:06", "2026-03-09 18:05"},
		{"no day in August", daily, "2026-07-31 18:06", "2026-09-01 18:05"},
		{"at once, but not at night", mail.Rhythm{Every: mail.Immediate}, "2026-03-10 22:00", "2026-03-11 07:00"},
		{"the change of time", mail.DefaultRhythm, "2026-03-28 00:00", "2026-03-31 08:30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, want := mail.DigestTime(c.rhythm, paris(t, c.at)), paris(t, c.want); !got.Equal(want) {
				t.Errorf("DigestTime(%s, %s) = %s, want %s", c.rhythm, c.at, got, want)
			}
		})
	}
	if got := mail.DigestTime(mail.Rhythm{Every: mail.Never}, paris(t, "2026-03-04 12:00")); !got.IsZero() {
		t.Errorf("never is %v", got)
	}
}

func rhythms() *rapid.Generator[mail.Rhythm] {
	return rapid.Custom(func(t *rapid.T) mail.Rhythm {
		r := mail.Rhythm{Every: rapid.SampledFrom([]mail.Every{mail.Immediate, mail.Daily, mail.Weekly, mail.Never}).Draw(t, "every")}
		if r.Every == mail.Weekly {
			r.Day = time.Weekday(rapid.IntRange(1, 5).Draw(t, "day"))
		}
		if r.Every == mail.Weekly || r.Every == mail.Daily {
			r.Hour, r.Minute = rapid.IntRange(7, 20).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		}
		return r
	})
}

func TestDigestLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, at := rhythms().Draw(t, "rhythm"), instants().Draw(t, "at")
		back, err := mail.ParseRhythm(r.String())
		if err != nil || back != r {
			t.Fatalf("%q reads %v, %v", r, back, err)
		}
		if r.Every == mail.Never {
			return
		}
		next := mail.DigestTime(r, at)
		if next.Before(at) || mail.WhyQuiet(next, mail.Digest) != "" {
			t.Fatalf("DigestTime(%s, %v) = %v", r, at, next)
		}
		if again := mail.DigestTime(r, next); !again.Equal(next) {
			t.Errorf("from %v it is %v", next, again)
		}
		later := at.Add(time.Duration(rapid.Int64Range(0, int64(60*24*time.Hour)).Draw(t, "later")))
		if mail.DigestTime(r, later).Before(next) {
			t.Errorf("order is lost between %v and %v", at, later)
		}
		if p := next.In(clock.Paris); r.Every != mail.Immediate && (p.Hour() != r.Hour || p.Minute() != r.Minute) {
			t.Errorf("at %v", p)
		}
	})
}

func TestRhythmsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"mois", "semaine", "semaine 6 08:30", "semaine 2 8:30", "semaine 2 06:59", "jour 21:00", "jour 2 08:30", "jamais ", "semaine 22 08:30", "immediat 08:30"} {
		if r, err := mail.ParseRhythm(s); err == nil {
			t.Errorf("ParseRhythm(%q) = %v", s, r)
		}
	}
	if r, err := mail.ParseRhythm(""); err != nil || r != mail.DefaultRhythm || r.String() != "semaine 2 08:30" {
		t.Errorf("by default %v, %v", r, err)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{0: time.Minute, 1: time.Minute, 2: 2 * time.Minute, 5: 16 * time.Minute, 9: 4 * time.Hour, 10000: 4 * time.Hour} {
		low, high := mail.Backoff(mail.Notice, n, 0), mail.Backoff(mail.Notice, n, 0.999999)
		if low != want*8/10 || high < want*11/10 || high > want*12/10 {
			t.Errorf("Backoff(%d) from %v to %v, around %v", n, low, high, want)
		}
	}
	if got := mail.Backoff(mail.Access, 1, 0.5); got != 10*time.Second {
		t.Errorf("a code is tried again after %v", got)
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	holder, deputy, overseer := mail.Address{Name: "Référente", Addr: "r@v.fr"}, mail.Address{Addr: "s@v.fr"}, mail.Address{Addr: "o@v.fr"}
	day := clock.MustDate
	span := func(from, to string) mail.Span { return mail.Span{From: day(from), To: day(to)} }
	base := mail.Promise{ID: "7", Made: day("2026-01-05"), Due: day("2026-03-24"), Holder: holder, Overseer: overseer}
	for _, c := range []struct {
		name   string
		change func(*mail.Promise)
		want   []string
	}{
		{"an ordinary spring", func(*mail.Promise) {}, []string{
			"j-15 2026-03-09 r@v.fr", "j-3 2026-03-23 r@v.fr rien ne part le samedi ni le dimanche", "j+1 2026-03-25 r@v.fr", "j+8 2026-04-01 r@v.fr o@v.fr"}},
		{"what is kept is not reminded", func(p *mail.Promise) { p.Kept = day("2026-03-20") }, []string{
			"j-15 2026-03-09 r@v.fr", "j-3 - c'est fait depuis le 20 mars 2026", "j+1 - c'est fait depuis le 20 mars 2026", "j+8 - c'est fait depuis le 20 mars 2026"}},
		{"a promise made late", func(p *mail.Promise) { p.Made = day("2026-03-20") }, []string{
			"j-15 - l'engagement n'était pas encore pris", "j-3 2026-03-23 r@v.fr rien ne part le samedi ni le dimanche", "j+1 2026-03-25 r@v.fr", "j+8 2026-04-01 r@v.fr o@v.fr"}},
		{"August: brought forward before, spaced after", func(p *mail.Promise) { p.Due = day("2026-08-20") }, []string{
			"j-15 - réuni au rappel « j-3 »", "j-3 2026-07-31 r@v.fr rien ne part en août", "j+1 2026-09-01 r@v.fr rien ne part en août", "j+8 2026-09-08 r@v.fr o@v.fr après le rappel précédent"}},
		{"a pause", func(p *mail.Promise) {
			p.Pauses = []mail.Pause{{Span: span("2026-03-02", "2026-03-12"), Reason: "élections"}}
		}, []string{
			"j-15 2026-03-13 r@v.fr en pause jusqu'au 12 mars 2026 : élections", "j-3 2026-03-23 r@v.fr rien ne part le samedi ni le dimanche", "j+1 2026-03-25 r@v.fr", "j+8 2026-04-01 r@v.fr o@v.fr"}},
		{"a deputy", func(p *mail.Promise) { p.Deputy, p.Absences = deputy, []mail.Span{span("2026-03-01", "2026-03-15")} }, []string{
			"j-15 2026-03-09 s@v.fr / en suppléance de Référente, en absence jusqu'au 15 mars 2026", "j-3 2026-03-23 r@v.fr rien ne part le samedi ni le dimanche", "j+1 2026-03-25 r@v.fr", "j+8 2026-04-01 r@v.fr o@v.fr"}},
		{"nobody to stand in", func(p *mail.Promise) { p.Absences = []mail.Span{span("2026-03-25", "2026-04-15")} }, []string{
			"j-15 2026-03-09 r@v.fr", "j-3 2026-03-23 r@v.fr rien ne part le samedi ni le dimanche", "j+1 2026-03-25 r@v.fr o@v.fr / sans suppléance de Référente, en absence jusqu'au 15 avril 2026",
			"j+8 2026-04-01 r@v.fr o@v.fr / sans suppléance de Référente, en absence jusqu'au 15 avril 2026"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := base
			c.change(&p)
			var got []string
			for _, line := range mail.DefaultLadder.Plan(p) {
				got = append(got, show(line))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func show(p mail.Planned) string {
	if p.Dropped != "" {
		return p.Rung.Name + " - " + p.Dropped
	}
	s := p.Rung.Name + " " + clock.On(p.At).String()
	for _, a := range p.To {
		s += " " + a.Addr
	}
	if p.Moved != "" {
		s += " " + p.Moved
	}
	if p.Instead != "" {
		s += " / " + p.Instead
	}
	return s
}

func TestCurrentSendsOnlyTheLatest(t *testing.T) {
	t.Parallel()
	plan := mail.DefaultLadder.Plan(mail.Promise{ID: "7", Due: clock.MustDate("2026-03-24"), Holder: someone})
	if _, ok := mail.Current(plan, paris(t, "2026-03-09 08:29")); ok {
		t.Error("too early")
	}
	if p, ok := mail.Current(plan, paris(t, "2026-03-30 12:00")); !ok || p.Rung.Name != "j+1" || p.Key != "rappel/7/2026-03-24/j+1" {
		t.Errorf("after a stop: %+v", p)
	}
}

func TestPlanLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.Custom(func(t *rapid.T) clock.Date {
			return clock.MustDate("2026-01-01").AddDays(rapid.IntRange(0, 1500).Draw(t, "day"))
		})
		p := mail.Promise{ID: "x", Due: days.Draw(t, "due"), Holder: someone}
		for range rapid.IntRange(0, 3).Draw(t, "pauses") {
			from := days.Draw(t, "from")
			p.Pauses = append(p.Pauses, mail.Pause{Span: mail.Span{From: from, To: from.AddDays(rapid.IntRange(0, 60).Draw(t, "length"))}, Reason: "r"})
		}
		seen := map[clock.Date]bool{}
		var last time.Time
		for _, line := range mail.DefaultLadder.Plan(p) {
			if line.Dropped != "" {
				continue
			}
			day := clock.On(line.At)
			if seen[day] || line.At.Before(last) || mail.WhyQuiet(line.At, mail.Reminder) != "" || len(line.To) == 0 {
				t.Errorf("%+v", line)
			}
			if (day != p.Due.AddDays(line.Rung.Days)) != (line.Moved != "") {
				t.Errorf("moved without a word: %+v", line)
			}
			if line.Rung.Days < 0 && day.After(p.Due) || line.Rung.Days > 0 && !day.After(p.Due) {
				t.Errorf("on the wrong side of %v: %+v", p.Due, line)
			}
			for _, pause := range p.Pauses {
				if !day.Before(pause.From) && !day.After(pause.To) {
					t.Errorf("in a pause: %+v", line)
				}
			}
			seen[day], last = true, line.At
		}
	})
}

func TestMergeDigestKeepsEveryLine(t *testing.T) {
	t.Parallel()
	var items []mail.DigestItem
	for range 70 {
		items = append(items, mail.DigestItem{Topic: "Plan", Label: "Ligne"})
	}
	m := mail.MergeDigest(someone, items)
	if n := strings.Count(m.HTML, "<li>"); n != 60 || !strings.Contains(m.HTML, "Et 10 autres") || m.Subject != "Votre résumé : 70 nouvelles" {
		t.Errorf("%d lines, subject %q", n, m.Subject)
	}
	if m := mail.MergeDigest(someone, items[:1]); m.Subject != "Ligne" || m.Check() != nil {
		t.Errorf("one line: %q, %v", m.Subject, m.Check())
	}
}
