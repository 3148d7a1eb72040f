// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/mail"
)

// deliver sends one message on a new session; commit says what the mark answers.
func deliver(t *testing.T, s *server, commit func() error) error {
	t.Helper()
	settings, err := mail.ParseURL(s.url())
	if err != nil {
		t.Fatal(err)
	}
	session, err := settings.Dial(t.Context())
	if err != nil {
		return err
	}
	defer session.Close()
	text := compose(t, samples()["texte"])
	return session.Send(t.Context(), "ne-pas-repondre@maillage.example", "service@ville.example", text, commit)
}

func yes() error { return nil }

func TestSessions(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*server{
		"starttls and an account": {password: "s3cret/é@:"},
		"tls and an account":      {implicit: true, password: "s3cret"},
		"starttls":                {},
		"plain on the loopback":   {noTLS: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s.password != "" {
				s.password = strings.ReplaceAll(s.password, "/é@:", "")
			}
			s.start(t)
			if err := deliver(t, s, yes); err != nil {
				t.Fatal(err)
			}
			got := s.messages()
			if len(got) != 1 || got[0].to != "service@ville.example" || got[0].from != "ne-pas-repondre@maillage.example" {
				t.Fatalf("received %+v", got)
			}
			if want := string(compose(t, samples()["texte"])); got[0].text != want {
				t.Errorf("text %q, want %q", got[0].text, want)
			}
			if got[0].tls == s.noTLS || (got[0].user != "") != (s.password != "") {
				t.Errorf("tls %v, user %q", got[0].tls, got[0].user)
			}
			if !strings.HasSuffix(s.conversation(), "QUIT") {
				t.Errorf("no goodbye:\n%s", s.conversation())
			}
		})
	}
}

func TestSessionsThatMustNotOpen(t *testing.T) {
	t.Parallel()
	t.Run("a certificate nobody vouches for", func(t *testing.T) {
		t.Parallel()
		s := (&server{}).start(t)
		other := (&server{}).start(t)
		s.pem = other.pem
		if err := deliver(t, s, yes); err == nil || !strings.Contains(err.Error(), "certificat") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no STARTTLS", func(t *testing.T) {
		t.Parallel()
		s := (&server{noTLS: true}).start(t)
		s.noTLS = false // in the address only
		settings, err := mail.ParseURL(s.url())
		if err != nil {
			t.Fatal(err)
		}
		s.noTLS = true
		if _, err := settings.Dial(t.Context()); err == nil || !strings.Contains(err.Error(), "rien ne part en clair") {
			t.Errorf("got %v", err)
		}
		if strings.Contains(s.conversation(), "MAIL") {
			t.Error("a message began in clear")
		}
	})
	t.Run("a wrong password, which the server repeats", func(t *testing.T) {
		t.Parallel()
		s := (&server{password: "juste"}).start(t)
		settings, err := mail.ParseURL(strings.Replace(s.url(), "juste", "FAUXMOTDEPASSE", 1))
		if err != nil {
			t.Fatal(err)
		}
		_, err = settings.Dial(t.Context())
		if err == nil || !strings.Contains(err.Error(), "compte") || strings.Contains(err.Error(), "FAUX") || strings.Contains(err.Error(), "RkFVWE1") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a server that hangs up", func(t *testing.T) {
		t.Parallel()
		s := &server{answer: func(step, _ string) string {
			if step == "greeting" {
				return "drop"
			}
			return ""
		}}
		if err := deliver(t, s.start(t), yes); err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	errNo := errors.New("no mark")
	for _, c := range []struct {
		name         string
		step, answer string
		commit       func() error
		refused      int
		permanent    bool
		uncertain    bool
		taken        int
	}{
		{"an unknown mailbox is permanent", "RCPT", "550 5.1.1 nobody", yes, 550, true, false, 0},
		{"greylisting is temporary", "RCPT", "451 4.7.1 later", yes, 451, false, false, 0},
		{"a sender that is not allowed is ours to repair", "MAIL", "550 5.7.1 not you", yes, 550, false, false, 0},
		{"a text refused at DATA", "DATA", "554 5.6.0 no", yes, 554, true, false, 0},
		{"a text refused after the dot was not taken", "dot", "552 5.3.4 too big", yes, 552, true, false, 0},
		{"a full queue after the dot was not taken", "dot", "452 4.3.1 later", yes, 452, false, false, 0},
		{"a line cut at RCPT is certain", "RCPT", "drop", yes, 0, false, false, 0},
		{"a line cut instead of the answer is uncertain", "dot", "drop", yes, 0, false, true, 0},
		{"nonsense instead of the answer is uncertain", "dot", "hello", yes, 0, false, true, 0},
		{"no mark, no dot", "", "", func() error { return errNo }, 0, false, false, 0},
		{"another success is a success", "", "", yes, 0, false, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &server{answer: func(step, _ string) string {
				if step == c.step {
					return c.answer
				}
				return ""
			}}
			marked := false
			err := deliver(t, s.start(t), func() error { marked = true; return c.commit() })
			var r *mail.Refusal
			if errors.As(err, &r) != (c.refused != 0) || r != nil && (r.Code != c.refused || r.Permanent != c.permanent) {
				t.Errorf("got %v (%+v)", err, r)
			}
			if errors.Is(err, mail.ErrUncertain) != c.uncertain {
				t.Errorf("uncertain: got %v", err)
			}
			if (err == nil) != (c.taken == 1) || len(s.messages()) != c.taken {
				t.Errorf("%d taken, %v", len(s.messages()), err)
			}
			if wantMark := c.step == "dot" || c.step == ""; marked != wantMark {
				t.Errorf("marked %v, want %v", marked, wantMark)
			}
		})
	}
}

// TestNoDotWithoutMark: what gives up in the middle of a text says nothing more, for the library
// would end the text before it says goodbye.
func TestNoDotWithoutMark(t *testing.T) {
	t.Parallel()
	s := (&server{}).start(t)
	if err := deliver(t, s, func() error { return errors.New("no mark") }); err == nil {
		t.Fatal("no error")
	}
	s.open.Wait()
	if n := len(s.messages()); n != 0 {
		t.Errorf("%d messages were taken", n)
	}
	if strings.Contains(s.conversation(), "QUIT") {
		t.Error("a QUIT ended the text")
	}
}

// TestASlowAnswerIsWaitedFor: a server that filters before it answers has not lost the message.
func TestASlowAnswerIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := (&server{taken: func(received) string { time.Sleep(1500 * time.Millisecond); return "" }}).start(t)
	settings, err := mail.ParseURL(strings.Replace(s.url(), "delai=5s", "delai=1s", 1))
	if err != nil {
		t.Fatal(err)
	}
	session, err := settings.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if err := session.Send(t.Context(), "a@maillage.example", "b@ville.example", compose(t, samples()["texte"]), yes); err != nil {
		t.Error(err)
	}
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"smtp://moi:mot%40passe@mail.ville.fr?expediteur=a@ville.fr&nom=Comité&debit=30&delai=10s": "smtp://moi@mail.ville.fr:587",
		"smtps://moi:x@mail.ville.fr":                          "smtps://moi@mail.ville.fr:465",
		"smtp://localhost:1025?chiffrement=sans":               "smtp://localhost:1025",
		"smtp://[::1]:1025?chiffrement=sans&helo=ville.fr":     "smtp://[::1]:1025",
		"smtp://mail.ville.fr?chiffrement=sans":                "la machine elle-même",
		"smtp://10.0.0.1?chiffrement=sans":                     "la machine elle-même",
		"smtp://localhost.ville.fr?chiffrement=sans":           "la machine elle-même",
		"smtp://moi:SECRET@localhost?chiffrement=sans":         "en clair",
		"http://moi:SECRET@ville.fr":                           "smtp://",
		"smtp://moi:SECRET@ville.fr:99999":                     "port",
		"smtp://moi:SECRET%ZZ@ville.fr":                        "mal formée",
		"smtp://moi:SEC/RET@ville.fr":                          "mal formée",
		"smtp://moi@ville.fr":                                  "sans mot de passe",
		"smtp://:SECRET@ville.fr":                              "sans mot de passe",
		"smtp://":                                              "nommer un serveur",
		"smtp://moi:SECRET@ville.fr/x":                         "nommer un serveur",
		"smtp://moi:SECRET@ville.fr?tls=non":                   "inconnu",
		"smtp://moi:SECRET@ville.fr?debit=0":                   "de 1 à 10000",
		"smtp://moi:SECRET@ville.fr?debit=1&debit=2":           "2 fois",
		"smtp://moi:SECRET@ville.fr?delai=1h":                  "de 1s à 5m",
		"smtp://moi:SECRET@ville.fr?chiffrement=non":           "sans",
		"smtp://moi:SECRET@ville.fr?expediteur=a":              "adresse",
		"smtp://moi:SECRET@ville.fr?nom=a":                     "expéditeur",
		"smtp://moi:SECRET@ville.fr?expediteur=a@b.fr&nom=%0A": "saut de ligne",
		"smtp://moi:SECRET@ville.fr?autorite=/absent":          "autorités",
		"smtp://moi:SECRET@ville.fr?helo=a%20b":                "domaine",
	} {
		s, err := mail.ParseURL(address)
		got := fmt.Sprint(err)
		if err == nil {
			got = s.String()
		}
		if !strings.Contains(got, want) || strings.Contains(got, "SECRET") || strings.Contains(got, "SEC/RET") {
			t.Errorf("ParseURL(%q): %s, want %s", address, got, want)
		}
	}
}

func TestPasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	s, err := mail.ParseURL("smtp://moi:SECRET@mail.ville.fr?expediteur=a@ville.fr")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "value", *s)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "value", *s)
	text, err := json.Marshal(map[string]any{"s": s, "value": *s})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{log.String(), string(text), fmt.Sprintf("%v %+v %#v %s %q %d", s, s, s, s, s, s),
		fmt.Sprintf("%v %+v %#v %s %q %d", *s, *s, *s, *s, *s, *s), fmt.Sprintf("%+v", struct{ S *mail.SMTP }{s})} {
		if strings.Contains(shown, "SECRET") {
			t.Errorf("shown: %s", shown)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("smtp://moi:x@mail.ville.fr?debit=3")
	f.Add("smtps://[::1]:1?chiffrement=sans")
	f.Fuzz(func(t *testing.T, address string) {
		s, err := mail.ParseURL(address)
		if err != nil {
			return
		}
		if s.Host == "" || s.Port < 1 || s.Timeout < time.Second {
			t.Errorf("%q gives %v", address, s)
		}
		if s.Encryption == mail.Plain && s.User != "" {
			t.Errorf("%q sends a password in clear", address)
		}
	})
}
