// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// members lets the people of a body read what is that body's, and visitors nothing.
type members struct {
	bodies string
	who    actor.Actor
}

func (members) Knows(web.Access) bool { return true }

func (m members) Enter(_ http.ResponseWriter, r *http.Request) (context.Context, *web.Account, error) {
	if m.who.IsZero() {
		return r.Context(), nil, nil
	}
	return actor.With(r.Context(), m.who), &web.Account{Name: m.who.Name}, nil
}

func (m members) Check(_ context.Context, a web.Access, s web.Scope) error {
	switch {
	case m.who.IsZero():
		return &web.Detour{Path: "/connexion", Problem: web.Forbidden("Connectez-vous.")}
	case a == "fichiers.lire" || a == "seances.lire" && strings.Contains(m.bodies, s.Body):
		return nil
	}
	return web.ErrForeign()
}

func serve(t *testing.T, s *files.Store, guard web.Guard) http.Handler {
	t.Helper()
	return webtest.Server(t, web.Config{Guard: guard}, s.Routes()...)
}

func TestDownload(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, _ := open(t, d, files.Config{})
		site := serve(t, s, webtest.Open{Actor: somebody})
		for name, text := range map[string][]byte{
			"Réunion n° 1 \"finale\".pdf": pdf("x"), "a.txt": bytes.Repeat([]byte("été "), 1000), "b.csv": []byte("a;b"), "c.webp": []byte(webp), "d.docx": docx(t),
		} {
			f := put(t, s, text, meta(name))
			got := webtest.Get(t, site, f.Path())
			if got.Status != 200 || got.Body != string(text) {
				t.Errorf("%s: %d, %d bytes", name, got.Status, len(got.Body))
			}
			kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Disposition"))
			if err != nil || kind != "attachment" || params["filename"] != f.Name {
				t.Errorf("%s: disposition %q", name, got.Header.Get("Content-Disposition"))
			}
			for header, want := range map[string]string{
				"Content-Type": f.Type, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Etag": `"` + f.SHA256 + `"`,
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "X-Frame-Options": "DENY", "Set-Cookie": "",
				"Cross-Origin-Resource-Policy": "same-origin",
			} {
				if v := got.Header.Get(header); v != want {
					t.Errorf("%s: %s: %q, want %q", name, header, v, want)
				}
			}
			head := webtest.Do(t, site, httptest.NewRequest(http.MethodHead, "http://localhost"+f.Path(), nil))
			if head.Status != 200 || head.Body != "" || head.Header.Get("Content-Disposition") == "" {
				t.Errorf("%s: HEAD: %d, %q", name, head.Status, head.Body)
			}
			for _, tag := range []string{`"` + f.SHA256 + `"`, `W/"x", "` + f.SHA256 + `-gzip"`} {
				r := httptest.NewRequest(http.MethodGet, "http://localhost"+f.Path(), nil)
				r.Header.Set("If-None-Match", tag)
				if got := webtest.Do(t, site, r); got.Status != 304 || got.Body != "" {
					t.Errorf("%s: If-None-Match %s: %d", name, tag, got.Status)
				}
			}
		}
	})
}

// TestForeignIsAbsent: what one may not read, what is deleted, what never was and what is asked
// under another name give the same answer, byte for byte, save the number of the request.
func TestForeignIsAbsent(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, _ := open(t, d, files.Config{})
		mine := put(t, s, pdf("mine"), meta("a.pdf"))
		m := meta("a.pdf")
		m.Scope.Body = "b2"
		theirs := put(t, s, pdf("theirs"), m)
		gone := put(t, s, pdf("gone"), meta("a.pdf"))
		if err := inTx(t, d, func(ctx context.Context, tx *sql.Tx) error { return s.Delete(ctx, tx, gone.ID) }); err != nil {
			t.Fatal(err)
		}
		site := serve(t, s, members{"b1", somebody})
		if got := webtest.Get(t, site, mine.Path()); got.Status != 200 || got.Body != string(pdf("mine")) {
			t.Errorf("mine: %d", got.Status)
		}
		absent := webtest.Get(t, site, "/fichiers/"+db.NewID()+"/a.pdf")
		if absent.Status != 404 || absent.Count(t, "h1") != 1 {
			t.Fatalf("absent: %d %s", absent.Status, absent.Body)
		}
		for rule, path := range map[string]string{
			"another body's":                theirs.Path(),
			"deleted":                       gone.Path(),
			"mine under another name":       "/fichiers/" + mine.ID + "/a.html",
			"an id that is no id":           "/fichiers/1'%20or%20''='/a.pdf",
			"a path in the id":              "/fichiers/..%2f..%2fetc/passwd",
			"a path in the name":            "/fichiers/" + mine.ID + "/..%2f..%2fa.pdf",
			"a zero byte":                   "/fichiers/" + mine.ID + "/a.pdf%00.html",
			"the key of a content":          "/fichiers/" + mine.SHA256 + "/a.pdf",
			"capitals where there are none": "/fichiers/" + strings.ToUpper(mine.ID) + "/a.pdf",
		} {
			got := webtest.Get(t, site, path)
			if got.Status != 404 || got.Body != absent.Body {
				t.Errorf("%s: %d, differs from what does not exist: %v", rule, got.Status, got.Body != absent.Body)
			}
			for name := range absent.Header {
				if name != "X-Request-Id" && got.Header.Get(name) != absent.Header.Get(name) {
					t.Errorf("%s: %s: %q", rule, name, got.Header.Get(name))
				}
			}
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
			r.Header.Set("If-None-Match", `"`+theirs.SHA256+`", *`)
			if got := webtest.Do(t, site, r); got.Status != 404 {
				t.Errorf("%s, with its tag: %d", rule, got.Status)
			}
		}
		visitor := serve(t, s, members{})
		for _, path := range []string{mine.Path(), theirs.Path(), "/fichiers/" + db.NewID() + "/a.pdf"} {
			if got := webtest.Get(t, visitor, path); got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/connexion?") {
				t.Errorf("a visitor at %s: %d", path, got.Status)
			}
		}
	})
}

// TestAlteredIsNotServed: a damaged small file is a page that says so, with nothing of it; a
// large one is an answer cut off.
func TestAlteredIsNotServed(t *testing.T) {
	t.Parallel()
	s, root := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{})
	site := httptest.NewServer(serve(t, s, webtest.Open{Actor: somebody}))
	defer site.Close()
	for _, c := range []struct {
		rule string
		size int
		at   int
		cut  bool
	}{
		{"the last byte of a small file", 200_000, 199_999, false},
		{"the first byte", 200_000, 0, false},
		{"the last byte of the largest that is checked first", files.VerifyFirst, files.VerifyFirst - 1, false},
		{"the last byte of a larger one", files.VerifyFirst + 1, files.VerifyFirst, true},
	} {
		text := padded(c.size)
		f := put(t, s, text, meta("a.pdf"))
		bad := bytes.Clone(text)
		bad[c.at] ^= 1
		rewrite(t, stored(t, root)[0], bad)
		res, err := http.Get(site.URL + f.Path())
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if c.cut {
			if res.StatusCode != 200 || err == nil || len(body) >= c.size {
				t.Errorf("%s: %d, %d bytes, %v; want an answer cut off", c.rule, res.StatusCode, len(body), err)
			}
		} else if res.StatusCode != 500 || bytes.Contains(body, []byte("%PDF")) || !bytes.Contains(body, []byte("Fichier abîmé")) ||
			res.Header.Get("Content-Disposition") != "" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "style-src 'self'") {
			t.Errorf("%s: %d %v", c.rule, res.StatusCode, res.Header)
		}
		if _, err := s.EraseNow(t.Context(), files.Erasure{ID: f.ID}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUpload goes the whole way, form to download, with a sender that lies about name and type.
func TestUpload(t *testing.T) {
	t.Parallel()
	s, _ := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{})
	receive := web.Route{Pattern: "POST /joindre", Access: web.Public, MaxBody: s.Limit() + 1<<20, Handler: func(w http.ResponseWriter, r *http.Request) error {
		form, err := web.ReadForm(r, web.FormSpec{Files: []string{"piece"}, MaxFile: s.Limit(), TempDir: s.TempDir(), Durable: true})
		if err != nil {
			return err
		}
		defer form.Close()
		f, err := s.PutUpload(r.Context(), form.Files["piece"], meta(""))
		if err != nil {
			return err
		}
		return web.Redirect(w, r, f.Path())
	}}
	site := webtest.Server(t, web.Config{Guard: webtest.Open{Actor: somebody}, Log: slog.New(slog.DiscardHandler)}, append(s.Routes(), receive)...)
	for _, c := range []struct {
		rule, name, declared string
		text                 []byte
		status               int
		kept                 string
	}{
		{"a PDF that is declared a page", "../../a.pdf", "text/html", pdf(""), 303, "a.pdf"},
		{"a PDF with a page far inside", "a.pdf", "text/html", append(padded(5000), "<html><script>alert(1)</script></html>"...), 303, "a.pdf"},
		{"a page that is declared a PDF", "a.pdf", "application/pdf", []byte("<script>alert(1)</script>"), 422, ""},
		{"a page", "a.html", "application/pdf", []byte("<script>alert(1)</script>"), 422, ""},
		{"a name that reads backwards", "facture\u202efdp.txt", "text/plain", []byte("x"), 303, "facturefdp.txt"},
		{"a name with a header in it", "a\r\nX-Evil: 1.txt", "text/plain", []byte("x"), 303, ""},
	} {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreatePart(textproto.MIMEHeader{"Content-Type": {c.declared},
			"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": "piece", "filename": c.name})}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(c.text)
		_ = form.Close()
		r := httptest.NewRequest(http.MethodPost, "http://localhost/joindre", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		got := webtest.Do(t, site, r)
		if got.Status != c.status {
			t.Errorf("%s: %d, want %d: %s", c.rule, got.Status, c.status, got.Body)
		}
		if got.Status != 303 {
			continue
		}
		to := got.Header.Get("Location")
		if name, _ := url.PathUnescape(to[strings.LastIndex(to, "/")+1:]); c.kept != "" && name != c.kept {
			t.Errorf("%s: kept as %q, want %q", c.rule, name, c.kept)
		}
		down := webtest.Get(t, site, to)
		if down.Status != 200 || down.Body != string(c.text) || strings.HasPrefix(down.Header.Get("Content-Type"), "text/html") ||
			!strings.HasPrefix(down.Header.Get("Content-Disposition"), "attachment") || down.Header.Get("X-Evil") != "" {
			t.Errorf("%s: %d %v", c.rule, down.Status, down.Header)
		}
	}
}
