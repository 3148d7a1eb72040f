// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"maillage/internal/platform/web"
)

// statusOf is the status of the Problem in err, 0 without one.
func statusOf(err error) int {
	if p, ok := errors.AsType[*web.Problem](err); ok {
		return p.Status
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	return 0
}

func urlencoded(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	f, err := web.ReadForm(urlencoded("nom=+Bondy+&places=12%2C5&jour=2026-02-30&mode=autre&oui=on"),
		web.FormSpec{Fields: []string{"nom", "places", "jour", "mode", "oui", "vide"}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Text("nom") != "Bondy" || f.Number("places") != 12.5 || !f.Checked("oui") || f.Checked("vide") || !f.Valid() {
		t.Errorf("%+v", f)
	}
	f.Date("jour")
	f.Choice("mode", "a", "b")
	f.Required("vide", "Indiquez la date.")
	f.Fail("vide", "Un second message.")
	if f.Valid() || len(f.Errors) != 3 || f.Errors["vide"] != "Indiquez la date." || !strings.Contains(f.Errors["jour"], "2026-02-30") {
		t.Errorf("errors %v", f.Errors)
	}
	field := f.Field(web.Field{Name: "mode", Options: []web.Option{{Value: "autre"}, {Value: "a"}}})
	if !field.Options[0].Selected || field.Options[1].Selected || field.Value != "autre" || field.Error == "" {
		t.Errorf("%+v", field)
	}
	if got := f.Field(web.Field{Name: "nom"}).Value; got != " Bondy " {
		t.Errorf("typed text changed: %q", got)
	}
	if got := (*web.Form)(nil).Field(web.Field{Name: "nom", Value: "x"}).Value; got != "x" {
		t.Errorf("empty form: %q", got)
	}
}

func TestFormRefuses(t *testing.T) {
	t.Parallel()
	spec := web.FormSpec{Fields: []string{"nom"}, MaxText: 10, MaxParts: 3}
	get := func(query string) *http.Request { return httptest.NewRequest(http.MethodGet, "/?"+query, nil) }
	jsonBody := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	jsonBody.Header.Set("Content-Type", "application/json")
	limited := urlencoded(strings.Repeat("x", 100))
	limited.Body = http.MaxBytesReader(nil, limited.Body, 10)
	broken := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("--b\r\nContent-Disposition: form-data; name=nom\r\n\r\nBon"))
	broken.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	for name, c := range map[string]struct {
		r      *http.Request
		status int
	}{
		"unknown field":        {urlencoded("nom=a&admin=1"), 400},
		"unknown in the query": {get("x=1"), 400},
		"bad escape":           {urlencoded("nom=%zz"), 400},
		"bad query":            {get("nom=%zz"), 400},
		"not UTF-8":            {urlencoded("nom=%ff"), 400},
		"a zero byte":          {urlencoded("nom=%00"), 400},
		"too long":             {urlencoded("nom=12345678901"), 413},
		"too many":             {urlencoded("nom=1&nom=2&nom=3&nom=4"), 413},
		"another type":         {jsonBody, 415},
		"over the limit":       {limited, 413},
		"cut short":            {broken, 400},
	} {
		if _, err := web.ReadForm(c.r, spec); statusOf(err) != c.status {
			t.Errorf("%s: %v, want %d", name, err, c.status)
		}
	}
}

// TestLinksPassedOnOpen: what mails and networks add to a link changes nothing; a write has no such grace.
func TestLinksPassedOnOpen(t *testing.T) {
	t.Parallel()
	spec := web.FormSpec{Fields: []string{"nom"}}
	f, err := web.ReadForm(httptest.NewRequest(http.MethodGet, "/?nom=a&utm_source=lettre&fbclid=x", nil), spec)
	if err != nil || f.Text("nom") != "a" || len(f.Values) != 1 {
		t.Errorf("%v, %v", f, err)
	}
	if _, err := web.ReadForm(urlencoded("nom=a&utm_source=lettre"), spec); statusOf(err) != http.StatusBadRequest {
		t.Errorf("a write with such a field: %v", err)
	}
}

// multi makes a multipart request: files by field and name, then texts.
func multi(t *testing.T, file, name string, content []byte, texts map[string]string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile(file, name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(content)
	for k, v := range texts {
		_ = m.WriteField(k, v)
	}
	_ = m.Close()
	r := httptest.NewRequest(http.MethodPost, "/", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return r
}

func TestUpload(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("93066;42\n"), 100_000)
	spec := web.FormSpec{Fields: []string{"titre"}, Files: []string{"fichier"}, MaxFile: 1 << 20, TempDir: t.TempDir(), Durable: true}
	f, err := web.ReadForm(multi(t, "fichier", `C:\Users\jd\Accueil 2023.CSV`, content, map[string]string{"titre": "Essai"}), spec)
	if err != nil {
		t.Fatal(err)
	}
	up := f.Files["fichier"]
	got, err := os.ReadFile(up.Path)
	if err != nil || !bytes.Equal(got, content) || up.Size != int64(len(content)) || up.Name != "Accueil 2023.CSV" || f.Text("titre") != "Essai" {
		t.Errorf("%+v, %d bytes, %v", up, len(got), err)
	}
	f.Close()
	for name, c := range map[string]struct {
		r      *http.Request
		status int
	}{
		"too large":     {multi(t, "fichier", "a.csv", make([]byte, 1<<20+1), nil), 413},
		"unknown field": {multi(t, "autre", "a.csv", content, nil), 400},
		"then unknown":  {multi(t, "fichier", "a.csv", content, map[string]string{"x": "1"}), 400},
	} {
		if _, err := web.ReadForm(c.r, spec); statusOf(err) != c.status {
			t.Errorf("%s: %v, want %d", name, err, c.status)
		}
	}
	empty, err := web.ReadForm(multi(t, "fichier", "", nil, nil), spec)
	if err != nil || empty.Files["fichier"] != nil {
		t.Errorf("no file chosen: %v %v", empty, err)
	}
	if left, _ := os.ReadDir(spec.TempDir); len(left) != 0 {
		t.Errorf("files left behind: %v", left)
	}
	for _, name := range []string{"../../etc/passwd", "..", "a\u202evsc.exe", ".bashrc"} {
		f, err := web.ReadForm(multi(t, "fichier", name, []byte("x"), nil), spec)
		if err != nil {
			t.Fatal(err)
		}
		if up := f.Files["fichier"]; up == nil || strings.ContainsAny(up.Name, "/\\\u202e") || !strings.HasPrefix(up.Path, spec.TempDir) {
			t.Errorf("%q: %+v", name, up)
		}
		f.Close()
	}
}

func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "nom=Bondy&x=1")
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.csv\"\r\n\r\nx\r\n--b--\r\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		form, err := web.ReadForm(r, web.FormSpec{Fields: []string{"nom"}, Files: []string{"f"}, MaxFile: 1000, TempDir: dir})
		if err != nil {
			if statusOf(err) == 0 {
				t.Errorf("not a message for people: %v", err)
			}
		} else {
			form.Close()
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("files left behind: %v", left)
		}
	})
}
