// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"maillage/internal/platform/web/webtest"
)

var undo = regexp.MustCompile(`action="(/obligations/[^"]+/(?:retirer|remettre))"`)

// A proof is recorded, the duty is done; it is withdrawn, the duty is open again; it is put
// back. Each time the page confirms and offers the way back.
func TestEvidenceChangesTheState(t *testing.T) {
	t.Parallel()
	s := serve(t)
	state := func() string { return webtest.Get(t, s, "/obligations/93048").Text(t, "#rpe .badge") }
	if state() != "À faire" {
		t.Fatalf("at first: %s", state())
	}
	form := webtest.Get(t, s, "/obligations/93048/preuves/nouvelle?obligation=rpe")
	sent := url.Values{"cle": {form.Attr(t, "input[name=cle]", "value")}, "obligation": {"rpe"}, "genre": {"rpe"}, "date": {"2026-03-02"},
		"reference": {"convention Caf n° 26-17"}, "document": {"https://exemple.fr/rpe.pdf"}}.Encode()
	a := webtest.Post(t, s, "/obligations/93048/preuves/nouvelle", sent)
	if a.Status != http.StatusSeeOther {
		t.Fatalf("recorded: %d\n%s", a.Status, a.Body)
	}
	if again := webtest.Post(t, s, "/obligations/93048/preuves/nouvelle", sent); again.Header.Get("Location") != a.Header.Get("Location") {
		t.Errorf("the form sent twice goes to %s", again.Header.Get("Location"))
	}
	for _, want := range []struct{ notice, state string }{{"Preuve enregistrée", "Fait"}, {"Preuve retirée", "À faire"}, {"Preuve remise", "Fait"}} {
		page := webtest.Get(t, s, a.Header.Get("Location"))
		page.CheckPage(t)
		if got := page.Text(t, ".notice.success .notice-title"); got != want.notice || state() != want.state {
			t.Errorf("%q, state %s, want %+v", got, state(), want)
		}
		if want.state == "Fait" && !strings.Contains(page.Text(t, "#rpe .ob-proofs"), "convention Caf n° 26-17") {
			t.Error("the proof is not shown")
		}
		if n := page.Count(t, "#rpe .ob-proofs li"); want.state == "Fait" && n != 1 {
			t.Errorf("%d proofs", n)
		}
		way := undo.FindStringSubmatch(page.Body)
		if way == nil {
			t.Fatal("no way back")
		}
		a = webtest.Post(t, s, way[1], "")
	}
	if got := rows(t, s, "/obligations/93048.csv?date=2026-02-01"); !strings.Contains(got[5][3], "à faire") {
		t.Errorf("before the act the duty was open: %v", got[5])
	}
	if a := webtest.Post(t, s, "/obligations/93048/preuves/inconnue/retirer", ""); a.Status != http.StatusNotFound {
		t.Errorf("unknown proof: %d", a.Status)
	}
}

func TestEvidenceFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := serve(t)
	sent := url.Values{"obligation": {"schema"}, "genre": {"baguette"}, "date": {"2027-01-01"}, "reference": {strings.Repeat("é", 301)}, "document": {"javascript:alert(1)"}}
	a := webtest.Post(t, s, "/obligations/93048/preuves/nouvelle", sent.Encode())
	if a.Status != http.StatusUnprocessableEntity {
		t.Fatalf("%d", a.Status)
	}
	a.CheckPage(t)
	for field, want := range map[string]string{"date": "Cette date est à venir", "reference": "301 caractères", "document": "https://"} {
		if got := a.Text(t, "#"+field+"-erreur"); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
		if got := a.Attr(t, "#"+field, "value"); got != sent.Get(field) {
			t.Errorf("%s: %q is shown again", field, got)
		}
	}
	if got := a.Text(t, "fieldset .error"); !strings.Contains(got, "Choisissez une des réponses proposées") {
		t.Errorf("kind: %q", got)
	}
	if a := webtest.Post(t, s, "/obligations/93/preuves/nouvelle", "genre=plan-controle&date=2026-01-20&reference=plan&annee=deux"); !strings.Contains(a.Text(t, "#annee-erreur"), "quatre chiffres") {
		t.Error("the year of the plan is not checked")
	}
	a = webtest.Post(t, s, "/obligations/93/preuves/nouvelle", "genre=plan-controle&date=2026-01-20&reference=plan&annee=2026")
	if a.Status != http.StatusSeeOther || webtest.Get(t, s, "/obligations/93").Text(t, "#plan-controle .badge") != "Fait" {
		t.Errorf("plan of the year: %d", a.Status)
	}
}

// A convention with eight of the eleven items leaves three to write; read on to the end, it
// stands for the scheme.
func TestConventionStandsForTheScheme(t *testing.T) {
	t.Parallel()
	s := serve(t)
	page := func() *webtest.Answer { return webtest.Get(t, s, "/obligations/93048") }
	form := url.Values{"du": {"2023-01-01"}, "au": {"2027-12-31"}, "reference": {"CTG 2023-2027"}, "page-1": {"12"}}
	for _, code := range []string{"2", "3", "4a", "4b", "4c", "4d", "4e"} {
		form.Set("element-"+code, "oui")
	}
	if a := webtest.Post(t, s, "/obligations/93048/ctg/nouvelle", form.Encode()); a.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", a.Status, a.Body)
	}
	if got := page(); got.Text(t, "#schema .badge") != "À faire" || !strings.Contains(plainSpaces(got.Text(t, "#schema .ob-next")), "3 éléments manquants") {
		t.Errorf("scheme: %s, %s", got.Text(t, "#schema .badge"), got.Text(t, "#schema .ob-next"))
	}
	more := page().Attr(t, ".ob-acts a", "href")
	again := webtest.Get(t, s, more)
	if again.Attr(t, "#page-1", "value") != "12" || again.Count(t, "input[type=checkbox][checked]") != 8 || again.Attr(t, "#reference", "value") != "CTG 2023-2027" {
		t.Error("the form does not open on what was read")
	}
	form.Set("remplace", again.Attr(t, "input[name=remplace]", "value"))
	for _, code := range []string{"4f", "4g", "4h"} {
		form.Set("page-"+code, "40")
	}
	done := webtest.Post(t, s, "/obligations/93048/ctg/nouvelle", form.Encode())
	if got := page(); done.Status != http.StatusSeeOther || got.Text(t, "#schema .badge") != "Couvert par la CTG" || got.Count(t, ".ob-acts") != 1 {
		t.Errorf("%d, scheme: %s", done.Status, got.Text(t, "#schema .badge"))
	}
	if a := webtest.Post(t, s, "/obligations/93048/ctg/nouvelle", form.Encode()); a.Status != http.StatusConflict {
		t.Errorf("a reading that is no longer the last one was replaced: %d", a.Status)
	}
	back := undo.FindStringSubmatch(webtest.Get(t, s, done.Header.Get("Location")).Body)
	webtest.Post(t, s, back[1], "")
	if got := page(); got.Text(t, "#schema .badge") != "À faire" || got.Count(t, ".ob-acts") != 1 {
		t.Error("undoing did not bring the first reading back")
	}
}

func TestConventionFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := serve(t)
	a := webtest.Post(t, s, "/obligations/93048/ctg/nouvelle", "du=2027-01-01&au=2026-01-01&element-4b=oui&page-4c=douze")
	if a.Status != http.StatusUnprocessableEntity {
		t.Fatalf("%d", a.Status)
	}
	a.CheckPage(t)
	if a.Attr(t, "#page-4c", "value") != "douze" || a.Count(t, "#element-4b[checked]") != 1 {
		t.Error("what was typed is lost")
	}
	for selector, want := range map[string]string{"#au-erreur": "précède son début", "#page-4c-erreur": "n'est pas un numéro de page", "#reference-erreur": "référence"} {
		if got := plainSpaces(a.Text(t, selector)); !strings.Contains(got, want) {
			t.Errorf("%s: %q", selector, got)
		}
	}
}
