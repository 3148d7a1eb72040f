// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"fmt"
	"strings"
	"time"

	"maillage/internal/platform/clock"
)

// Every is how often a person gets the digest.
type Every string

// The rhythms a person chooses among.
const (
	Immediate Every = "immediat" // as soon as it is allowed
	Daily     Every = "jour"     // each working day
	Weekly    Every = "semaine"
	Never     Every = "jamais"
)

// Rhythm is when a person gets the digest. Hour and Minute are those of Paris; Day counts for Weekly only.
type Rhythm struct {
	Every        Every
	Day          time.Weekday
	Hour, Minute int
}

// DefaultRhythm is for who has not chosen: one mail on Tuesday morning.
var DefaultRhythm = Rhythm{Weekly, time.Tuesday, 8, 30}

// ParseRhythm reads what [Rhythm.String] writes; the empty text is [DefaultRhythm].
func ParseRhythm(s string) (Rhythm, error) {
	switch Every(s) {
	case "":
		return DefaultRhythm, nil
	case Immediate, Never:
		return Rhythm{Every: Every(s)}, nil
	}
	every, rest, _ := strings.Cut(s, " ")
	r := Rhythm{Every: Every(every)}
	clockPart := rest
	if r.Every == Weekly {
		var day string
		day, clockPart, _ = strings.Cut(rest, " ")
		if len(day) != 1 || day < "1" || day > "5" {
			return Rhythm{}, badRhythm(s)
		}
		r.Day = time.Weekday(day[0] - '0')
	}
	t, err := time.Parse("15:04", clockPart)
	r.Hour, r.Minute = t.Hour(), t.Minute()
	if err != nil || r.String() != s || r.Every != Daily && r.Every != Weekly || r.Hour < morning || r.Hour >= evening {
		return Rhythm{}, badRhythm(s)
	}
	return r, nil
}

func badRhythm(s string) error {
	return invalid("rythme « %s » : « immediat », « jour 08:30 », « semaine 2 08:30 » (1 pour lundi à 5 pour vendredi, de %d h à %d h) ou « jamais »", s, morning, evening)
}

// String is the form that is kept: "semaine 2 08:30".
func (r Rhythm) String() string {
	switch r.Every {
	case Weekly:
		return fmt.Sprintf("%s %d %02d:%02d", r.Every, r.Day, r.Hour, r.Minute)
	case Daily:
		return fmt.Sprintf("%s %02d:%02d", r.Every, r.Hour, r.Minute)
	}
	return string(r.Every)
}

// DigestTime is when, from t on, the next digest of that rhythm leaves; the zero time for Never. A
// digest that falls on a public holiday leaves on the next working day at the same hour; those of
// August are not sent, and what they would have said waits for the first of September's.
func DigestTime(r Rhythm, t time.Time) time.Time {
	switch r.Every {
	case Never:
		return time.Time{}
	case Immediate:
		return NextAllowed(t, Digest)
	case Daily:
		day := clock.On(t)
		for quietDay(day, Digest) != "" || at(day, r.Hour, r.Minute).Before(t) {
			day = day.AddDays(1)
		}
		return at(day, r.Hour, r.Minute)
	}
	// A week back: last Tuesday's digest may have been put off to a day to come.
	day := clock.On(t).AddDays(-7)
	for day.Weekday() != r.Day {
		day = day.AddDays(1)
	}
	for ; ; day = day.AddDays(7) {
		if day.Month == time.August {
			continue
		}
		moved := day
		for quietDay(moved, Digest) != "" {
			moved = moved.AddDays(1)
		}
		if when := at(moved, r.Hour, r.Minute); !when.Before(t) {
			return when
		}
	}
}

// DigestItem is one line of a digest.
type DigestItem struct {
	Topic string `json:"topic"` // the heading it goes under
	Label string `json:"label"` // what happened
	URL   string `json:"url,omitempty"`
	Text  string `json:"text,omitempty"` // what is to be said of it
}

// check says what is wrong with a line, in French.
func (i DigestItem) check() error {
	if strings.TrimSpace(i.Topic) == "" || strings.TrimSpace(i.Label) == "" {
		return invalid("une ligne de résumé a un thème et un titre")
	}
	for _, s := range []string{i.Topic, i.Label} {
		if err := checkLine("résumé", s, maxSubject); err != nil {
			return err
		}
	}
	if err := checkLine("résumé", i.Text, 4*maxSubject); err != nil {
		return err
	}
	if i.URL != "" && !isLink(i.URL) {
		return invalid("le lien « %s » doit commencer par https://, http:// ou mailto:", i.URL)
	}
	return nil
}

// mostItems is how many lines a digest shows: nobody reads more.
const mostItems = 60

// MergeDigest is one message made of the lines of one person, given in the order in which they came.
// Lines of one topic go together, topics in the order of their first line.
func MergeDigest(to Address, items []DigestItem) Message {
	l := Letter{Title: "Ce qui s'est passé", Before: []string{"Bonjour,"}}
	place := map[string]int{}
	for _, i := range items[:min(len(items), mostItems)] {
		n, ok := place[i.Topic]
		if !ok {
			n = len(l.Sections)
			place[i.Topic] = n
			l.Sections = append(l.Sections, Section{Title: i.Topic})
		}
		l.Sections[n].Items = append(l.Sections[n].Items, Item{i.Label, i.URL, i.Text})
	}
	if more := len(items) - mostItems; more > 0 {
		l.After = []string{fmt.Sprintf("Et %d autres, à lire sur le site.", more)}
	}
	subject := fmt.Sprintf("Votre résumé : %d nouvelles", len(items))
	if len(items) == 1 {
		subject = items[0].Label
	}
	return Message{To: to, Subject: subject, Kind: Digest, HTML: l.HTML(), Why: "vous avez choisi de recevoir un résumé"}
}
