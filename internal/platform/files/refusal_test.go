// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
	"maillage/internal/platform/web"
)

// TestTypes puts files that are let in, and those that are not.
func TestTypes(t *testing.T) {
	t.Parallel()
	word := ooxmlType + "wordprocessingml.document"
	crypted := entry{"META-INF/manifest.xml", "<manifest:encryption-data/>", false}
	s, root := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{})
	for _, c := range []struct {
		rule, name string
		text       []byte
		media      string // "" when refused
		says       string // part of the refusal
	}{
		{"a PDF", "a.pdf", pdf(""), "application/pdf", ""},
		{"capitals in the extension", "A.PDF", pdf(""), "application/pdf", ""},
		{"an ODT", "a.odt", odf(t, "text"), odfType + "text", ""},
		{"an ODS", "a.ods", odf(t, "spreadsheet"), odfType + "spreadsheet", ""},
		{"an ODP", "a.odp", odf(t, "presentation"), odfType + "presentation", ""},
		{"a DOCX", "a.docx", docx(t), word, ""},
		{"an XLSX", "a.xlsx", ooxml(t, ooxmlType+"spreadsheetml.sheet.main+xml"), ooxmlType + "spreadsheetml.sheet", ""},
		{"a PPTX", "a.pptx", ooxml(t, ooxmlType+"presentationml.presentation.main+xml"), ooxmlType + "presentationml.presentation", ""},
		{"a text in UTF-8", "a.txt", []byte("École\r\n\tété"), "text/plain; charset=utf-8", ""},
		{"a text with its mark", "a.txt", []byte("\xef\xbb\xbfÉcole"), "text/plain; charset=utf-8", ""},
		{"a table in Windows-1252", "a.csv", []byte("commune;places\nÉpinay;12 \x80\n\xe9"), "text/csv; charset=windows-1252", ""},
		{"a text in UTF-16", "a.txt", []byte("\xff\xfeA\x00\x3d\xd8\x00\xde"), "text/plain; charset=utf-16", ""},
		{"a PNG", "a.png", pngImage(t), "image/png", ""},
		{"a JPEG", "a.jpeg", jpegImage(t), "image/jpeg", ""},
		{"a WEBP", "a.webp", []byte(webp), "image/webp", ""},
		{"two extensions, the last agrees with the content", "facture.exe.pdf", pdf(""), "application/pdf", ""},

		{"nothing", "a.pdf", nil, "", "est vide"},
		{"no extension", "rapport", pdf(""), "", "n'a pas d'extension"},
		{"an unknown extension", "a.xyz", pdf(""), "", "Types acceptés : PDF, ODT"},
		{"two extensions, the last is a program's", "facture.pdf.exe", pdf(""), "", "programmes et les scripts"},
		{"a program under the name of a PDF", "a.pdf", []byte("MZ\x90\x00\x03"), "", "contenu d'un programme"},
		{"a program under the name of a text", "a.txt", []byte("MZ\x90\x00\x03"), "", "contenu d'un programme"},
		{"a page", "a.html", []byte("<!doctype html><script>alert(1)</script>"), "", "page web peut exécuter"},
		{"a page under the name of a PDF", "a.pdf", []byte("<!doctype html><script>alert(1)</script>"), "", "contenu d'une page web"},
		{"a page under the name of a text", "a.txt", []byte("\n <!doctype html><script>alert(1)</script>"), "", "commence comme une page web"},
		{"a page under the name of a table, in UTF-16", "a.csv", []byte("\xff\xfe<\x00h\x00"), "", "commence comme une page web"},
		{"an image that runs script", "a.svg", []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "", "enregistrez-la au format PNG"},
		{"the same under the name of a PNG", "a.png", []byte("<svg onload='alert(1)'/>"), "", "contenu d'une page web"},
		{"a PDF with a page in its first bytes", "a.pdf", append([]byte("%PDF-1.4\n%<HTML><SCRIPT>alert(1)</SCRIPT>\n"), pdf("")...), "", "cache le début d'une page web"},
		{"a page with a PDF after it", "a.pdf", append([]byte("<html>"), pdf("")...), "", "contenu d'une page web"},
		{"a JPEG with a page in its comment", "a.jpg", append([]byte("\xff\xd8\xff\xfe\x00\x10<script>x"), jpegImage(t)...), "", "cache le début d'une page web"},
		{"a GIF under the name of a PNG", "a.png", []byte("GIF89a/*"), "", "image GIF"},
		{"an archive", "a.zip", docx(t), "", "un par un"},
		{"an archive under the name of a document", "a.docx", archive(t, entry{"a.exe", "MZ", false}), "", "contenu d'une archive"},
		{"an archive under the name of an ODT", "a.odt", archive(t, entry{"a.exe", "MZ", false}), "", "contenu d'une archive"},
		{"a DOCX under the name of an XLSX", "a.xlsx", docx(t), "", "autre type de document"},
		{"an ODT under the name of an ODS", "a.ods", odf(t, "text"), "", "autre type de document"},
		{"a DOCX with macros, by its type", "a.docx", ooxml(t, "application/vnd.ms-word.document.macroEnabled.main+xml"), "", "macros"},
		{"a DOCX with macros, by a part", "a.docx", docx(t, entry{"word/vbaProject.bin", "x", false}), "", "macros"},
		{"a DOCX with controls", "a.docx", docx(t, entry{"word/activeX/activeX1.xml", "x", false}), "", "macros"},
		{"an ODT with macros", "a.odt", odf(t, "text", entry{"Basic/Standard/Module1.xml", "x", false}), "", "macros"},
		{"an ODT with scripts", "a.odt", odf(t, "text", entry{"Scripts/python/x.py", "x", false}), "", "macros"},
		{"a macro-enabled document", "a.docm", docx(t), "", "sans macros"},
		{"an old document", "a.doc", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "", "DOCX, ODT ou PDF"},
		{"an old or encrypted document under a new name", "a.docx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "", "mot de passe"},
		{"an encrypted ODT", "a.odt", archive(t, entry{"mimetype", odfType + "text", true}, crypted), "", "mot de passe"},
		{"a document with something before it", "a.docx", append([]byte("MZ"), docx(t)...), "", "contenu d'un programme"},
		{"a document with something after it", "a.docx", append(docx(t), "<script>"...), "", "incomplet ou abîmé"},
		{"a document cut short", "a.docx", docx(t)[:200], "", "incomplet ou abîmé"},
		{"a part twice", "a.docx", docx(t, entry{"[content_types].xml", "x", false}), "", "noms trompeurs"},
		{"a part outside", "a.docx", docx(t, entry{"../../etc/passwd", "x", false}), "", "noms trompeurs"},
		{"a types part that inflates without end", "a.docx", archive(t, entry{"[Content_Types].xml", strings.Repeat(" ", 2<<20), false}), "", "archive ou d'un autre document"},
		{"a bomb elsewhere stays closed", "a.docx", docx(t, entry{"word/document.xml", strings.Repeat("0", 8<<20), false}), word, ""},
		{"a zero byte in a text", "a.txt", []byte("abc\x00def"), "", "n'en a pas le contenu"},
		{"a text that nobody can read", "a.csv", []byte("a;b\n\x81\xff"), "", "caractères illisibles"},
		{"UTF-16 cut in the middle", "a.txt", []byte("\xff\xfeA\x00\x3d\xd8"), "", "incomplet"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			f, err := s.Put(acting(t), bytes.NewReader(c.text), meta(c.name))
			if c.media != "" {
				if err != nil || f.Type != c.media {
					t.Errorf("type %q, %v; want %q", f.Type, err, c.media)
				}
				return
			}
			refusal, ok := errors.AsType[*files.Refusal](err)
			if !ok || !strings.Contains(refusal.Error(), c.says) {
				t.Fatalf("%v; want a refusal that says %q", err, c.says)
			}
			if p, ok := errors.AsType[*web.Problem](err); !ok || p.Status != 422 || p.Detail != refusal.Message {
				t.Errorf("as a problem: %+v", p)
			}
		})
	}
	if left, err := os.ReadDir(filepath.Join(root, "arrivee")); err != nil || len(left) != 0 {
		t.Errorf("left in the arrival folder: %v, %v", left, err)
	}
	if got, want := len(stored(t, root)), len(contentsOf(t, s)); got != want {
		t.Errorf("%d contents stored, want %d: those of the files", got, want)
	}
}

func contentsOf(t testing.TB, s *files.Store) map[string]bool {
	set := map[string]bool{}
	for _, f := range mustOf(t, s, "seance/1") {
		set[f.SHA256] = true
	}
	return set
}

// endless gives a PDF that never ends, and counts what was taken of it.
type endless struct{ taken int64 }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, bytes.Repeat([]byte("%PDF-1.7\n"), len(p)/9+1))
	e.taken += int64(n)
	return n, nil
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	s, root := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{MaxSize: 1 << 20})
	if f := put(t, s, padded(1<<20), meta("a.pdf")); f.Size != 1<<20 {
		t.Errorf("size %d", f.Size)
	}
	e := &endless{}
	_, err := s.Put(acting(t), e, meta("a.pdf"))
	p, ok := errors.AsType[*web.Problem](err)
	if !ok || p.Status != 413 || !strings.Contains(p.Detail, "limite de 1 Mio") {
		t.Errorf("%v; want 413 with the limit", err)
	}
	if e.taken > 2<<20 {
		t.Errorf("%d bytes were read of a file that is too large", e.taken)
	}
	up := filepath.Join(s.TempDir(), "envoi-1.pdf")
	if err := os.WriteFile(up, padded(1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutUpload(acting(t), &web.Upload{Name: "a.pdf", Path: up, Size: 1}, meta("")); !errors.As(err, &p) || p.Status != 413 {
		t.Errorf("%v; want 413 whatever the size that was told", err)
	}
	if n := len(stored(t, root)); n != 1 {
		t.Errorf("%d contents, want 1", n)
	}
}

func TestInterruptedArrival(t *testing.T) {
	t.Parallel()
	s, root := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{})
	cut := errors.New("line cut")
	_, err := s.Put(acting(t), io.MultiReader(bytes.NewReader(pdf("")), failing{cut}), meta("a.pdf"))
	if !errors.Is(err, cut) {
		t.Errorf("%v, want %v", err, cut)
	}
	left, err := os.ReadDir(s.TempDir())
	if err != nil || len(left) != 0 || len(stored(t, root)) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestNames(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"rapport.pdf":                      "rapport.pdf",
		"../../etc/passwd":                 "passwd",
		`C:\Users\x\Bilan 2026.pdf`:        "Bilan 2026.pdf",
		"..":                               "fichier",
		"":                                 "fichier",
		"a\x00b.pdf":                       "ab.pdf",
		"fdp\u202ecod.exe":                 "fdpcod.exe", // shown as fdpexe.doc
		"a\u200b\u2066b\ufeff.pdf":         "ab.pdf",
		"Re\u0301union.pdf":                "Réunion.pdf", // as macOS writes it
		" a \u00a0 b\r\nSet-Cookie: x.pdf": "a b Set-Cookie- x.pdf",
		".htaccess":                        "htaccess",
		"rapport.pdf. .":                   "rapport.pdf",
		"CON.pdf":                          "_CON.pdf",
		"nul":                              "_nul",
		`a<script>"b"|?*.pdf`:              "a-script--b----.pdf",
		"a%2e%2e%2fb.pdf":                  "a%2e%2e%2fb.pdf",
		"\xff\xfe.pdf":                     "pdf",
		strings.Repeat("é", 300) + ".pdf":  strings.Repeat("é", 115) + "….pdf",
		"x." + strings.Repeat("y", 300):    "x." + strings.Repeat("y", 117) + "…",
		"a.pdf\u2028<script>":              "a.pdf -script-",
		"document.pdf" + strings.Repeat(" ", 99) + ".exe": "document.pdf .exe",
	} {
		if got := files.CleanName(given); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", given, got, want)
		}
	}
}

// TestNameLaws: whatever is given, a clean name is one printable element, and clean already.
func TestNameLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.StringMatching(`[./\\a: é]{0,12}(con|nul|a)?\.?[a-z]{0,200}`)).Draw(t, "given")
		got := files.CleanName(given)
		if got == "" || strings.ContainsAny(got, "/\\\x00\r\n\"<>:|?*") || strings.HasPrefix(got, ".") || !utf8.ValidString(got) || utf8.RuneCountInString(got) > 121 {
			t.Fatalf("CleanName(%q) = %q", given, got)
		}
		if again := files.CleanName(got); again != got {
			t.Fatalf("CleanName(%q) = %q, and again %q", given, got, again)
		}
	})
}

// TestLongUpload: web cuts long names, and their extension with them; it is found again.
func TestLongUpload(t *testing.T) {
	t.Parallel()
	s, _ := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{})
	path := filepath.Join(s.TempDir(), "envoi-12.pdf")
	if err := os.WriteFile(path, pdf(""), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := s.PutUpload(acting(t), &web.Upload{Name: strings.Repeat("a", 119) + "…", Path: path}, meta(""))
	if err != nil || !strings.HasSuffix(f.Name, "….pdf") {
		t.Errorf("name %q, %v", f.Name, err)
	}
}

func TestNobodyPutsNothing(t *testing.T) {
	t.Parallel()
	s, _ := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{})
	if _, err := s.Put(t.Context(), bytes.NewReader(pdf("")), meta("a.pdf")); err == nil {
		t.Error("a file was put by nobody")
	}
	if _, err := s.PutUpload(acting(t), nil, meta("")); !errors.As(err, new(*files.Refusal)) {
		t.Errorf("an upload that was not sent: %v, want a refusal", err)
	}
	if got, want := s.Hint(), "PDF, ODT, ODS, ODP, DOCX, XLSX, PPTX, CSV, TXT, PNG, JPEG, WEBP ; 50 Mio au plus."; got != want {
		t.Errorf("hint %q, want %q", got, want)
	}
	for _, m := range []files.Meta{{Name: "a.pdf", Subject: "x/1"}, {Name: "a.pdf", Access: "x.lire"}} {
		if _, err := s.Put(acting(t), bytes.NewReader(pdf("")), m); err == nil {
			t.Errorf("%+v was put", m)
		}
	}
}
