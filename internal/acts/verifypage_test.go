// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web/webtest"
)

// paste sends a receipt as text, drop as a file.
func (s *site) paste(t *testing.T, text string) *webtest.Answer {
	t.Helper()
	return webtest.Post(t, s, "/actes/verifier", url.Values{"texte": {text}}.Encode())
}

func (s *site) drop(t *testing.T, data []byte, others ...string) *webtest.Answer {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("recu", "recu.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(others); i += 2 {
		if err := m.WriteField(others[i], others[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/actes/verifier", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return webtest.Do(t, s, r)
}

// signed is a site with five acts, and the receipt of the third.
func signed(t *testing.T, d *db.DB) (*site, string) {
	t.Helper()
	s := newSite(t, d, visitor{})
	ids := s.add(t, act(0), act(1), act(2), act(3), act(4))
	s.sign(t)
	return s, s.receiptOf(t, ids[2])
}

func TestGoodReceipt(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, receipt := signed(t, d)
		webtest.Get(t, s, "/actes/verifier").CheckPage(t)
		for name, a := range map[string]*webtest.Answer{
			"dropped":                   s.drop(t, []byte(receipt)),
			"dropped, text left empty":  s.drop(t, []byte(receipt), "texte", ""),
			"pasted":                    s.paste(t, receipt),
			"pasted with blanks around": s.paste(t, "\r\n  "+strings.TrimSpace(receipt)+"\r\n\r\n"),
		} {
			a.CheckPage(t)
			if a.Status != http.StatusOK || a.Text(t, ".notice-title") != "Ce reçu est authentique" {
				t.Errorf("%s: %d %s", name, a.Status, a.Text(t, "main"))
			}
			text := plain(a.Text(t, "main"))
			for _, want := range []string{"Transmission d'un schéma", "12 mars 2026 à 16 h 04 min 05 s", "Bondy (93010)", "Direction de la petite enfance",
				"schemas/2", document, "acte n° 3", "5 premiers actes", "2 données personnelles", "maillage verify --cle"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s: %q is not in %s", name, want, text)
				}
			}
			if strings.Contains(a.Body, authorName) || a.Text(t, "textarea") != "" || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: tells too much, or keeps what was sent", name)
			}
		}
	})
}

func TestRefusedReceipts(t *testing.T) {
	t.Parallel()
	s, receipt := signed(t, dbtest.New(t, db.SQLite, rooms...))
	other, foreign := signed(t, dbtest.New(t, db.SQLite, rooms...))
	elsewhere := strings.ReplaceAll(receipt, journalName, "autre.exemple.fr/journal")
	for name, x := range map[string]struct{ text, want string }{
		"the object":                 {strings.Replace(receipt, "schemas/2", "schemas/1", 1), "ce qui diffère : l'objet."},
		"two things":                 {strings.NewReplacer("schemas/2", "schemas/1", `"93010"`, `"93066"`).Replace(receipt), "ce qui diffère : le territoire, l'objet."},
		"its number":                 {strings.Replace(receipt, `"numéro":2`, `"numéro":3`, 1), "le numéro de l'acte"},
		"the checkpoint":             {strings.Replace(receipt, `\n5\n`, `\n6\n`, 1), "le point de contrôle signé"},
		"another journal, same name": {foreign, "Il est signé par la clé"},
		"another name":               {elsewhere, "n'est pas"},
		"an act nobody knows":        {strings.Replace(receipt, `"id":"01`, `"id":"02`, 1), "Aucun acte de ce journal ne porte l'identifiant"},
		"written by an editor":       {strings.Replace(receipt, `,"`, `, "`, 1), "sans y changer même un espace"},
		"a word":                     {"bonjour", "ce n'est pas un reçu"},
		"another JSON":               {`{"format":"maillage-recu/1"}`, "manque ou n'a pas la forme attendue"},
		"another format":             {strings.Replace(receipt, "maillage-recu/1", "maillage-recu/9", 1), "maillage-recu/9"},
		"deep lists":                 {strings.Repeat("[", 50_000), "n'est pas un reçu"},
		"somewhat too large":         {strings.Repeat(" x", 60_000), "trop gros"},
		"a script":                   {`<script>alert(1)</script>`, "n'est pas un reçu"},
	} {
		a := s.paste(t, x.text)
		a.CheckPage(t)
		if got := plain(a.Text(t, ".notice.danger")); a.Status != http.StatusUnprocessableEntity || !strings.Contains(strings.ToLower(got), strings.ToLower(x.want)) {
			t.Errorf("%s: %d %s, want %q", name, a.Status, got, x.want)
		}
		if a.Count(t, ".notice.success")+a.Count(t, "script:not([src])") != 0 {
			t.Errorf("%s: proves something, or runs", name)
		}
		if got := a.Text(t, "textarea"); got != strings.Join(strings.Fields(x.text), " ") {
			t.Errorf("%s: what was typed is lost: %.60q", name, got)
		}
	}
	if a := other.paste(t, foreign); a.Status != http.StatusOK {
		t.Errorf("the other journal does not know its own: %d", a.Status)
	}
	if a := s.paste(t, " "); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(t, "#recu-erreur"), "collez son contenu") {
		t.Errorf("nothing sent: %d", a.Status)
	}
	if a := s.drop(t, []byte(receipt), "texte", "x"); a.Status != http.StatusUnprocessableEntity || a.Text(t, "textarea") != "x" {
		t.Errorf("both sent: %d", a.Status)
	}
	if a := s.drop(t, bytes.Repeat([]byte("x"), journal.MaxReceipt+1)); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "trop gros") {
		t.Errorf("a file somewhat too large: %d", a.Status)
	}
	if a := s.drop(t, bytes.Repeat([]byte("x"), maxSent+1)); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge file: %d", a.Status)
	}
	if a := webtest.Post(t, s, "/actes/verifier", "cle=x"); a.Status != http.StatusBadRequest {
		t.Errorf("a field nobody expects: %d", a.Status)
	}
}

// Whatever byte changes on the way, the answer is that it proves nothing. (Every byte is tried
// where receipts are: here, one in seven through the whole server.)
func TestAlteredByteEverywhere(t *testing.T) {
	t.Parallel()
	s, receipt := signed(t, dbtest.New(t, db.SQLite, rooms...))
	for i := range strings.TrimSpace(receipt) {
		if i%7 != 0 {
			continue
		}
		altered := []byte(receipt)
		altered[i] ^= 0x01
		a := s.drop(t, altered)
		if a.Status != http.StatusUnprocessableEntity || strings.Contains(a.Body, "authentique</p>") || !strings.Contains(a.Body, "Ce reçu ne prouve rien") {
			t.Fatalf("byte %d (%q): %d", i, receipt[max(0, i-10):i+1], a.Status)
		}
	}
}

// A receipt stays good when the journal behind it is rewritten, and the page says so.
func TestReceiptOutlivesARewrittenJournal(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"a hash":           "update journal_hash set hash = '" + document + "' where pos = 6",
		"the leaf":         "update journal_leaf set leaf = replace(leaf, 'schemas/2', 'schemas/9') where idx = 2",
		"the leaf, spoilt": "update journal_leaf set leaf = 'x' where idx = 2",
		"the leaf, gone":   "delete from journal_leaf where idx = 2",
		"the checkpoint":   "delete from journal_checkpoint",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, receipt := signed(t, dbtest.New(t, db.SQLite, rooms...))
			s.execute(t, query)
			a := s.paste(t, receipt)
			a.CheckPage(t)
			if a.Status != http.StatusOK || a.Count(t, ".notice.success") != 0 || !strings.Contains(a.Text(t, ".notice.warning"), "le journal a changé depuis") {
				t.Errorf("%d %s", a.Status, a.Text(t, "main"))
			}
		})
	}
}

// Not parallel: the folder of temporary files is that of the process.
func TestNothingIsKept(t *testing.T) {
	s, receipt := signed(t, dbtest.New(t, db.SQLite, rooms...))
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	for _, data := range []string{receipt, receipt + "x", strings.Repeat("x", maxSent+1)} {
		s.drop(t, []byte(data))
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
