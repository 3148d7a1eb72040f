// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maillage/internal/platform/mail"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	identity = mail.Identity{From: mail.Address{Name: "Comité départemental", Addr: "ne-pas-repondre@maillage.example"}}
	someone  = mail.Address{Name: "Élue à la petite enfance", Addr: "elue@ville.example"}
	fixedID  = "01900000-0000-7000-8000-000000000001"
	fixedAt  = time.Date(2026, 3, 10, 7, 30, 0, 0, time.UTC)
)

// shelf is a store of files in memory.
type shelf map[string]string

func (s shelf) Open(_ context.Context, ref string) (io.ReadCloser, error) {
	content, ok := s[ref]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(content)), nil
}

// samples are the golden messages.
func samples() map[string]mail.Message {
	convocation := mail.Letter{
		Title:  "Plénière du 24 mars : votre convocation",
		Before: []string{"Bonjour,", "Le comité se réunit le mardi 24 mars 2026 à 14 h, à l'hôtel du département."},
		Sections: []mail.Section{{Title: "Ordre du jour", Items: []mail.Item{
			{Label: "Relevé de décisions du 2 décembre", URL: "https://maillage.example/comite/12", Text: "à approuver"},
			{Label: "Feuille de route", Text: "vote"}}}},
		Action: mail.Link{Label: "Dire si vous venez", URL: "https://maillage.example/comite/13/reponse?p=42&s=a<b"},
		After:  []string{"Le secrétariat du comité"},
	}
	return map[string]mail.Message{
		"code": {To: someone, Kind: mail.Access, Subject: "Votre code : 123 456", Why: "quelqu'un a demandé à entrer avec votre adresse",
			HTML: mail.Letter{Title: "Entrer dans Maillage", Before: []string{"Votre code, valable dix minutes :"}, Code: "123 456",
				Action: mail.Link{Label: "Ouvrir la page où le recopier", URL: "https://maillage.example/connexion/abc"}}.HTML()},
		"texte": {To: mail.Address{Addr: "service@ville.example"}, Kind: mail.Answer, Subject: "Reply", ReplyTo: someone,
			Text:      "Bonjour,\r\n.\nUne ligne qui commence par un point, et une qui est bien plus longue que les soixante-dix-huit caractères recommandés.\n\nŒuvre, naïveté : 12 345 €\n",
			InReplyTo: "<a1@ville.example>", References: []string{"<a0@ville.example>", "<a1@ville.example>"}},
		"convocation": {To: someone, Kind: mail.Notice, Group: "convocation/13", HTML: convocation.HTML(),
			Subject:     "Convocation à la plénière du comité départemental des services aux familles du mardi 24 mars 2026, à l'hôtel du département",
			Why:         "vous siégez au comité",
			Unsubscribe: "https://maillage.example/abonnement/fin?jeton=xyz",
			Attachments: []mail.Attachment{{Ref: "a", Name: "Ordre du jour – été.pdf", Type: "application/pdf"}, {Ref: "b", Name: "vide.txt", Type: "text/plain"}}},
		"resume": mail.MergeDigest(someone, []mail.DigestItem{
			{Topic: "Plan d'actions", Label: "Action 5.1.2 modifiée", URL: "https://maillage.example/plan-actions/5.1.2", Text: "nouvelle échéance"},
			{Topic: "Ressources", Label: "Guide <RPE> & familles"},
			{Topic: "Plan d'actions", Label: "Action 2.1 terminée"}}),
	}
}

var files = shelf{"a": strings.Repeat("%PDF-1.7 essai\n", 12), "b": ""}

func compose(t testing.TB, m mail.Message) []byte {
	t.Helper()
	text, err := mail.Compose(t.Context(), identity, m, fixedID, fixedAt, files)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := compose(t, m)
			if again := compose(t, m); !bytes.Equal(got, again) {
				t.Error("two compositions differ")
			}
			path := filepath.Join("testdata", name+".eml")
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
			read(t, got, m)
		})
	}
}

// parts reads a message as a mailer does, and returns its texts by media type and its files by name.
func parts(t testing.TB, header func(string) string, body io.Reader) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		t.Fatalf("%s: %v", header("Content-Type"), err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		if header("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(body)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if _, params, err := mime.ParseMediaType(header("Content-Disposition")); err == nil {
			kind = params["filename"]
		}
		return map[string]string{kind: string(content)}
	}
	all := map[string]string{}
	r := multipart.NewReader(body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range parts(t, p.Header.Get, p) {
			all[k] = v
		}
	}
}

// read checks that a mailer finds in text what m says, and the laws that every message obeys.
func read(t testing.TB, text []byte, m mail.Message) {
	t.Helper()
	for line := range strings.SplitAfterSeq(string(text), "\n") {
		if line != "" && !strings.HasSuffix(line, "\r\n") || len(line) > 1000 || strings.Count(line, "\r") > 1 {
			t.Errorf("malformed line %q", line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\r' && r != '\n' && r != '\t' }) {
			t.Errorf("not ASCII: %q", line)
		}
	}
	got, err := netmail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	decoder := new(mime.WordDecoder)
	subject, err := decoder.DecodeHeader(got.Header.Get("Subject"))
	if want := strings.Join(strings.Fields(m.Subject), " "); err != nil || subject != want {
		t.Errorf("subject %q, want %q (%v)", subject, want, err)
	}
	to, err := got.Header.AddressList("To")
	if want := strings.Join(strings.Fields(m.To.Name), " "); err != nil || len(to) != 1 || to[0].Address != m.To.Addr || to[0].Name != want {
		t.Errorf("to %v, want %v (%v)", to, m.To, err)
	}
	want := map[string]int{"Date": 1, "From": 1, "To": 1, "Subject": 1, "Message-Id": 1, "Auto-Submitted": 1, "X-Auto-Response-Suppress": 1,
		"Content-Language": 1, "Mime-Version": 1, "Content-Type": 1}
	for name, present := range map[string]bool{"Reply-To": m.ReplyTo.Addr != "", "In-Reply-To": m.InReplyTo != "", "References": len(m.References) > 0,
		"List-Unsubscribe": m.Unsubscribe != "", "List-Unsubscribe-Post": m.Unsubscribe != "", "Content-Transfer-Encoding": m.HTML == "" && len(m.Attachments) == 0} {
		if present {
			want[name] = 1
		}
	}
	count := map[string]int{}
	for name, values := range got.Header {
		count[name] = len(values)
	}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("header fields (-want +got):\n%s", diff)
	}
	content := parts(t, got.Header.Get, got.Body)
	if strings.TrimSpace(content["text/plain"]) == "" || m.HTML != "" && !strings.Contains(content["text/html"], `<html lang="fr">`) {
		t.Errorf("contents: %q", content)
	}
	for _, a := range m.Attachments {
		if _, ok := content[a.Name]; !ok {
			t.Errorf("file %q is missing", a.Name)
		}
	}
}

func TestAttachmentsThatCannotGo(t *testing.T) {
	t.Parallel()
	m := mail.Message{To: someone, Kind: mail.Notice, Subject: "x", Text: "x", Attachments: []mail.Attachment{{Ref: "absent", Name: "a.pdf", Type: "application/pdf"}}}
	if _, err := mail.Compose(t.Context(), identity, m, fixedID, fixedAt, files); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "a.pdf") {
		t.Errorf("absent: %v", err)
	}
	big := shelf{"absent": strings.Repeat("x", mail.MaxAttached+1)}
	if _, err := mail.Compose(t.Context(), identity, m, fixedID, fixedAt, big); err == nil || !strings.Contains(err.Error(), "10 Mo") {
		t.Errorf("too big: %v", err)
	}
	if _, err := mail.Compose(t.Context(), identity, m, fixedID, fixedAt, nil); err == nil {
		t.Error("no store: no error")
	}
}

func TestRefusedMessages(t *testing.T) {
	t.Parallel()
	good := func() mail.Message {
		return mail.Message{To: someone, Kind: mail.Notice, Subject: "Objet", HTML: "<p>Bonjour</p>"}
	}
	for name, spoil := range map[string]func(*mail.Message){
		"a line break in the subject":      func(m *mail.Message) { m.Subject = "a\r\nBcc: x@y.fr" },
		"a bare line feed in the name":     func(m *mail.Message) { m.To.Name = "a\nBcc: x@y.fr" },
		"a line separator in the subject":  func(m *mail.Message) { m.Subject = "a\u2028b" },
		"a right-to-left override":         func(m *mail.Message) { m.Subject = "a\u202eb" },
		"a nul in the name":                func(m *mail.Message) { m.To.Name = "a\x00b" },
		"broken UTF-8":                     func(m *mail.Message) { m.Subject = "\xff" },
		"an empty subject":                 func(m *mail.Message) { m.Subject = " " },
		"a long subject":                   func(m *mail.Message) { m.Subject = strings.Repeat("é", 251) },
		"an address with a break":          func(m *mail.Message) { m.To.Addr = "a@b.fr>\r\nRCPT TO:<c@d.fr" },
		"an address not normalised":        func(m *mail.Message) { m.To.Addr = "a@Ville.fr" },
		"two addresses":                    func(m *mail.Message) { m.To.Addr = "a@b.fr,c@d.fr" },
		"no body":                          func(m *mail.Message) { m.HTML = "" },
		"a body that shows nothing":        func(m *mail.Message) { m.HTML = "<p> </p>" },
		"a bell in the text":               func(m *mail.Message) { m.Text = "a\a" },
		"an unknown kind":                  func(m *mail.Message) { m.Kind = "pub" },
		"an unsubscription without https":  func(m *mail.Message) { m.Unsubscribe = "http://a.example/x" },
		"an unsubscription that breaks":    func(m *mail.Message) { m.Unsubscribe = "https://a.example/x>\r\nX: y" },
		"an unsubscription with a bracket": func(m *mail.Message) { m.Unsubscribe = "https://a.example/x>,<mailto:x@y.fr" },
		"a thread that breaks":             func(m *mail.Message) { m.InReplyTo = "<a@b>\r\nX: y" },
		"a reference that is free text":    func(m *mail.Message) { m.References = []string{"a b"} },
		"a file name with a path":          func(m *mail.Message) { m.Attachments = []mail.Attachment{{Ref: "a", Name: "../a", Type: "text/plain"}} },
		"a file name that breaks": func(m *mail.Message) {
			m.Attachments = []mail.Attachment{{Ref: "a", Name: "a\r\nX: y", Type: "text/plain"}}
		},
		"a media type with a parameter": func(m *mail.Message) {
			m.Attachments = []mail.Attachment{{Ref: "a", Name: "a", Type: "text/plain; x=y"}}
		},
		"a multipart file": func(m *mail.Message) {
			m.Attachments = []mail.Attachment{{Ref: "a", Name: "a", Type: "multipart/mixed"}}
		},
		"an image":                    func(m *mail.Message) { m.HTML = `<p>a</p><img src="https://t.example/p.gif">` },
		"a script":                    func(m *mail.Message) { m.HTML = `<p>a</p><script>1</script>` },
		"a style":                     func(m *mail.Message) { m.HTML = `<p style="background:url(x)">a</p>` },
		"an event":                    func(m *mail.Message) { m.HTML = `<p onclick="x()">a</p>` },
		"a javascript link":           func(m *mail.Message) { m.HTML = `<a href="javascript:x()">a</a>` },
		"a link with an account":      func(m *mail.Message) { m.HTML = `<a href="https://ville.fr@pirate.example/">a</a>` },
		"a comment":                   func(m *mail.Message) { m.HTML = `<p>a</p><!-- b -->` },
		"an element left open":        func(m *mail.Message) { m.HTML = `<p>a` },
		"an element closed elsewhere": func(m *mail.Message) { m.HTML = `<p>a</p></main>` },
		"an svg":                      func(m *mail.Message) { m.HTML = `<svg><a href="https://x.example">a</a></svg>` },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := good()
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
			spoil(&m)
			if err := m.Check(); !errors.Is(err, mail.ErrInvalid) {
				t.Errorf("Check = %v, want an ErrInvalid", err)
			}
			if _, err := mail.Compose(t.Context(), identity, m, fixedID, fixedAt, files); err == nil {
				t.Error("it was composed all the same")
			}
		})
	}
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" prenom.nom@ville.fr ": "prenom.nom@ville.fr", "A.B+c_d@Ville.FR": "A.B+c_d@ville.fr", "a@crèche.fr": "a@xn--crche-5ra.fr",
		"a@CRÈCHE.fr": "a@xn--crche-5ra.fr", "x@93.fr": "x@93.fr", "o'neil@ville.fr": "o'neil@ville.fr",
		"": "", "a": "", "@b.fr": "", "a@": "", "a@b": "", "a@@b.fr": "", "à@b.fr": "", "a b@c.fr": "", `"a b"@c.fr`: "", "a@[192.0.2.1]": "",
		"a@192.0.2.1": "", ".a@b.fr": "", "a..b@c.fr": "", "a.@b.fr": "", "a@b..fr": "", "a@b.fr.": "", "a@-b.fr": "", "a@b_c.fr": "",
		"Nom <a@b.fr>": "", "a@b.fr, c@d.fr": "", "a@b.fr\r\nBcc: c@d.fr": "", "a@b.fr\x00": "", "a(c)@b.fr": "", "a@b.fr (c)": "", "<a@b.fr>": "",
		strings.Repeat("a", 65) + "@b.fr": "", "a@" + strings.Repeat("b.", 130) + "fr": "", "a@xn--.fr": "",
	} {
		got, err := mail.ParseAddress(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ParseAddress(%q) = %q, %v, want %q", in, got, err, want)
		}
		if err != nil && !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("ParseAddress(%q): %v is no ErrInvalid", in, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"a@b.fr", "a@crèche.fr", "a@b.fr\r\nX: y", `"a"@b.fr`, "a@xn--crche-5ra.fr"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := mail.ParseAddress(s)
		if err != nil {
			return
		}
		if again, err := mail.ParseAddress(got); err != nil || again != got {
			t.Errorf("%q gives %q, which gives %q, %v", s, got, again, err)
		}
		if strings.ContainsAny(got, "\r\n\x00<> ,;") || strings.ContainsFunc(got, func(r rune) bool { return r > '~' }) {
			t.Errorf("%q gives %q", s, got)
		}
	})
}

// FuzzHeaders: whatever people write in the free fields, the message is refused, or a reader finds
// in it the fields we wrote, no other, and the very texts.
func FuzzHeaders(f *testing.F) {
	f.Add("Objet", "Nom", "Bonjour")
	f.Add("a\r\nBcc: x@y.fr", "a\n b", ".\r\n.\r\nQUIT")
	f.Add("=?utf-8?q?=0D=0ABcc:_x?=", "=?utf-8?b?w6k=?=", "--a-01900000")
	f.Add(strings.Repeat("é", 200), strings.Repeat("a", 110), "\r")
	f.Add("a  b\tc", `x" <evil@x.fr>, "`, "é=\n=")
	f.Add("\u00a0", "\\", "\u2028")
	f.Fuzz(func(t *testing.T, subject, name, body string) {
		m := mail.Message{To: mail.Address{Name: name, Addr: "a@b.fr"}, Subject: subject, Kind: mail.Notice, Text: body, Why: name, HTML: mail.Letter{Title: subject, Before: []string{body}}.HTML()}
		text, err := mail.Compose(t.Context(), identity, m, fixedID, fixedAt, nil)
		if err != nil {
			return
		}
		read(t, text, m)
	})
}
