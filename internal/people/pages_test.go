// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"maillage/internal/people/policy"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) }

// Every page of the room holds what is true of all pages.
func TestPages(t *testing.T) {
	t.Parallel()
	h := quick(t)
	s := h.site("Secretaire")
	agent, caf := "/personnes/"+h.who["Agent"].ID, "/organisations/"+h.org["Caf d'ici"]
	for path, h1 := range map[string]string{
		"/personnes": "Annuaire", "/personnes?q=bondy&genre=commune&territoire=Bondy&anciens=oui": "Annuaire", "/personnes?q=zzz": "Annuaire",
		"/organisations": "Organisations", "/organisations?q=caf": "Organisations", caf: "Caf d'ici", agent: "Lou Agent",
		"/organisations/nouvelle": "Ajouter une organisation", caf + "/modifier": "Modifier Caf d'ici", caf + "/fusion": "Fusionner deux organisations",
		caf + "/fusion?avec=" + h.org["Commune de Bondy"]: "Fusionner deux organisations",
		"/personnes/nouvelle":                             "Ajouter une personne", agent + "/modifier": "Modifier Lou Agent", agent + "/postes/nouveau": "Ajouter un poste",
		agent + "/postes/" + h.tie("Agent").ID + "/modifier": "Modifier un poste", agent + "/fonctions/nouvelle": "Donner une fonction",
		agent + "/fonctions/" + h.hats("Agent")[0].ID + "/modifier": "Modifier une fonction",
		agent + "/fusion": "Fusionner deux fiches", agent + "/fusion?avec=" + h.who["Collegue"].ID: "Fusionner deux fiches",
		agent + "/absence": "Absence", agent + "/passation": "Passer la main", agent + "/passation/resume": "Passation de Lou Agent",
		"/moi/absence": "Absence", "/moi/courriels": "Mes courriels", "/moi/passation": "Passer la main", "/moi/passations": "Mes passations",
		"/personnes/import": "Coller une liste de personnes", "/personnes/imports": "Listes importées", "/personnes/doublons": "Doublons possibles", "/droits": "Qui peut quoi",
	} {
		a := webtest.Get(t, s, path)
		if a.Status != http.StatusOK {
			t.Errorf("%s: %d", path, a.Status)
			continue
		}
		a.CheckPage(t)
		if got := a.Texts(t, "h1"); len(got) != 1 || got[0] != h1 {
			t.Errorf("%s: %q, want %q", path, got, h1)
		}
	}
}

// An agent of a town reads the directory without addresses, and changes nothing of it, whoever
// is named: a refused write changes no row.
func TestAgentOfATown(t *testing.T) {
	t.Parallel()
	h := quick(t)
	s, agent, other := h.site("Agent"), h.who["Agent"].ID, h.who["Collegue"].ID
	for _, path := range []string{"/personnes", "/personnes/" + other, "/organisations/" + h.org["Commune de Bondy"], "/personnes.csv", "/personnes?q=collegue@x"} {
		if a := webtest.Get(t, s, path); a.Status != http.StatusOK || strings.Contains(a.Body, "collegue@x.example") {
			t.Errorf("%s: %d, or the address is there", path, a.Status)
		}
	}
	if a := webtest.Get(t, s, "/personnes/"+agent); !strings.Contains(a.Body, "agent@x.example") {
		t.Error("one's own address is hidden from oneself")
	}
	before := h.census()
	for _, path := range []string{"/personnes/" + other + "/modifier", "/personnes/" + agent + "/modifier", "/personnes/" + other + "/postes/nouveau", "/personnes/nouvelle",
		"/personnes/" + other + "/fonctions/nouvelle", "/personnes/" + agent + "/fonctions/nouvelle", "/personnes/" + other + "/absence", "/personnes/" + other + "/fusion",
		"/personnes/" + other + "/passation", "/personnes/import", "/organisations/" + h.org["Commune de Bondy"] + "/modifier", "/organisations/nouvelle", "/personnes/doublons/distincts"} {
		a := webtest.Post(t, s, path, form("nom", "Moi", "prenom", "Lou", "version", "1", "role", "administrateur", "poste", h.tie("Agent").ID, "du", "2026-01-01"))
		if a.Status != http.StatusForbidden {
			t.Errorf("POST %s: %d", path, a.Status)
		}
		if strings.Contains(path, "distincts") {
			continue
		}
		if a := webtest.Get(t, s, path); a.Status != http.StatusForbidden {
			t.Errorf("GET %s: %d", path, a.Status)
		}
	}
	if h.census() != before || h.person(other) != h.who["Collegue"] || len(h.hats("Agent")) != 1 {
		t.Error("something was written")
	}
	if a := webtest.Get(t, s, "/personnes/00000000-0000-7000-8000-000000000000"); a.Status != http.StatusNotFound {
		t.Errorf("nobody: %d", a.Status)
	}
}

// Somebody without a function chooses among colleagues, and learns no other name.
func TestWithoutFunctionOnlyColleaguesAreSeen(t *testing.T) {
	t.Parallel()
	h := quick(t)
	a := webtest.Get(t, h.site("Collegue"), "/moi/absence")
	if a.Status != http.StatusOK || !strings.Contains(a.Body, "Lou Agent") || strings.Contains(a.Body, "Lou Admin") {
		t.Errorf("%d %s", a.Status, a.Text(t, "main"))
	}
	if a := webtest.Get(t, h.site("Collegue"), "/personnes"); a.Status != http.StatusForbidden {
		t.Errorf("the directory: %d", a.Status)
	}
}

// What a form does not ask for cannot be sent with it.
func TestMassAssignment(t *testing.T) {
	t.Parallel()
	h := quick(t)
	s, p := h.site("Secretaire"), h.who["Agent"]
	for _, extra := range []string{"demo", "merged_into", "deleted_at", "rythme", "suppleant", "id", "root", "Nom", "organisation"} {
		a := webtest.Post(t, s, "/personnes/"+p.ID+"/modifier", form("nom", "Autre", "version", "1", extra, "1"))
		if a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", extra, a.Status)
		}
	}
	a := webtest.Post(t, s, "/personnes/"+p.ID+"/fonctions/"+h.hats("Agent")[0].ID+"/modifier", form("role", "administrateur", "du", "2026-01-01", "version", "1"))
	if a.Status != http.StatusBadRequest || h.hats("Agent")[0].Role != policy.Agent {
		t.Errorf("a role sent with dates: %d", a.Status)
	}
	// the post and the hat of one person do not answer under another's address
	other := "/personnes/" + h.who["Collegue"].ID
	for _, path := range []string{other + "/postes/" + h.tie("Agent").ID + "/modifier", other + "/fonctions/" + h.hats("Agent")[0].ID + "/modifier"} {
		if a := webtest.Get(t, s, path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	if h.person(p.ID) != p {
		t.Error("something was written")
	}
}

func TestOrganisationForm(t *testing.T) {
	t.Parallel()
	h := quick(t)
	s := h.site("Secretaire")
	a := webtest.Post(t, s, "/organisations/nouvelle", form("territoire", "bobigny", "nom", "Ma mairie à moi", "geste", "completer"))
	if a.Status != http.StatusOK || a.Attr(t, "#nom", "value") != "Ma mairie à moi" || spacesOut(a.Attr(t, "#siren", "value")) != "219300084" {
		t.Errorf("%d: name %q, siren %q", a.Status, a.Attr(t, "#nom", "value"), a.Attr(t, "#siren", "value"))
	}
	for what, c := range map[string][2]string{
		"a SIREN mistyped":            {form("genre", "caf", "nom", "X", "siren", "219300085"), "#siren-erreur"},
		"no kind":                     {form("genre", "roi", "nom", "X"), "#genre-erreur"},
		"no name":                     {form("genre", "caf", "nom", " "), "#nom-erreur"},
		"no such territory":           {form("genre", "caf", "nom", "X", "territoire", "Zzzzyx"), "#territoire-erreur"},
		"a territory among many":      {form("genre", "commune", "nom", "X", "territoire", "saint"), "[name=territoire-choix]"},
		"a name longer than any name": {form("genre", "caf", "nom", strings.Repeat("x", 201)), "#nom-erreur"},
	} {
		a := webtest.Post(t, s, "/organisations/nouvelle", c[0])
		if a.Status != http.StatusUnprocessableEntity || a.Count(t, c[1]) == 0 {
			t.Errorf("%s: %d", what, a.Status)
		}
	}
	first := webtest.Post(t, s, "/organisations/nouvelle", form("genre", "commune", "nom", "Commune de Bobigny", "siren", "219 300 084", "territoire", "Bobigny (93008)"))
	if first.Status != http.StatusSeeOther {
		t.Fatalf("created: %d %s", first.Status, first.Body)
	}
	again := webtest.Post(t, s, "/organisations/nouvelle", form("genre", "commune", "nom", "Mairie", "siren", "21930008400014"))
	if again.Status != http.StatusUnprocessableEntity || !strings.Contains(again.Text(t, "#siren-erreur"), "Commune de Bobigny") {
		t.Errorf("the same SIREN: %d", again.Status)
	}
}

func spacesOut(s string) string { return strings.NewReplacer("\u00a0", "", " ", "").Replace(s) }

// Two people edit one record: the second sees both values side by side, and what they typed.
func TestConflictLosesNothing(t *testing.T) {
	t.Parallel()
	h := quick(t)
	s, path := h.site("Secretaire"), "/personnes/"+h.who["Agent"].ID+"/modifier"
	if a := webtest.Post(t, s, path, form("nom", "Première", "prenom", "Lou", "courriel", "agent@x.example", "version", "1")); a.Status != http.StatusSeeOther {
		t.Fatalf("first: %d", a.Status)
	}
	a := webtest.Post(t, s, path, form("nom", "Seconde", "prenom", "Lou", "courriel", "agent@x.example", "version", "1"))
	if a.Status != http.StatusConflict || a.Attr(t, "#nom", "value") != "Seconde" || a.Attr(t, "[name=version]", "value") != "2" {
		t.Errorf("%d %q", a.Status, a.Attr(t, "#nom", "value"))
	}
	if got := a.Texts(t, "#conflit tbody td"); !slices.Equal(got, []string{"Première", "Seconde"}) {
		t.Errorf("side by side: %q", got)
	}
	if a := webtest.Post(t, s, path, form("nom", "Seconde", "prenom", "Lou", "courriel", "agent@x.example", "version", "2")); a.Status != http.StatusSeeOther {
		t.Errorf("after looking: %d", a.Status)
	}
}

func TestPadlockSaysWhatTheTableSays(t *testing.T) {
	t.Parallel()
	h := quick(t)
	a := webtest.Get(t, h.site("Agent"), "/personnes/"+h.who["Collegue"].ID)
	want := []string{"Administration du service", "Secrétariat du comité", "Référent de groupe de travail", "La personne elle-même"}
	if got := a.Texts(t, ".readers li"); !slices.Equal(got, want) {
		t.Errorf("readers %q", got)
	}
}

func TestImportInTheBrowser(t *testing.T) {
	t.Parallel()
	h := quick(t)
	s, before := h.site("Secretaire"), h.census()
	text := "Lina DUPRÉ <lina@y.example>;\nClaude Martin;\n"
	empty := webtest.Post(t, s, "/personnes/import", form("texte", " ;; ", "geste", "lire"))
	if empty.Status != http.StatusUnprocessableEntity || !strings.Contains(empty.Text(t, "textarea"), ";;") {
		t.Errorf("nothing in it: %d", empty.Status)
	}
	read := webtest.Post(t, s, "/personnes/import", form("texte", text, "geste", "lire"))
	if read.Status != http.StatusOK || read.Count(t, ".line.doubtful") != 1 || read.Count(t, ".line.new") != 1 || h.census() != before {
		t.Fatalf("read: %d, %v", read.Status, h.census())
	}
	read.CheckPage(t)
	choices := []string{"texte", text, "geste", "importer", "garder-0", "oui"}
	asked := webtest.Post(t, s, "/personnes/import", form(choices...))
	if asked.Status != http.StatusUnprocessableEntity || !strings.Contains(asked.Text(t, "textarea"), "Claude Martin") || h.census() != before {
		t.Errorf("a doubt without an answer: %d", asked.Status)
	}
	stale := webtest.Post(t, s, "/personnes/import", form(append(choices, "vu-0", "connue x", "reste", "oui")...))
	if stale.Status != http.StatusUnprocessableEntity || h.census() != before {
		t.Errorf("the directory changed meanwhile: %d", stale.Status)
	}
	ok := webtest.Post(t, s, "/personnes/import", form(append(choices, "qui-1", "lecture-1")...))
	if ok.Status != http.StatusSeeOther || h.census()[0] != before[0]+2 {
		t.Fatalf("imported: %d, %v", ok.Status, h.census())
	}
	list := webtest.Get(t, s, "/personnes/imports")
	undo := list.Attr(t, `form[action$="/annuler"]`, "action")
	if a := webtest.Post(t, h.site("Agent"), undo, ""); a.Status != http.StatusForbidden {
		t.Errorf("undone by an agent: %d", a.Status)
	}
	if a := webtest.Post(t, s, undo, ""); a.Status != http.StatusSeeOther || h.census() != before {
		t.Errorf("undone: %d, %v", a.Status, h.census())
	}
}

// What is exported is read back by the import, and runs nowhere.
func TestExportIsImportable(t *testing.T) {
	t.Parallel()
	h := quick(t)
	if _, err := h.CreatePerson(context.Background(), Person{FamilyName: "=HYPERLINK(1)", GivenName: "Lou", Phone: "+33 6 12 34 56 78", Mail: "f@x.example"}, Affiliation{}); err != nil {
		t.Fatal(err)
	}
	s := h.site("Secretaire")
	for ext, kind := range map[string]string{".csv": "text/csv; charset=utf-8", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".ods": "application/vnd.oasis.opendocument.spreadsheet"} {
		for _, list := range []string{"/personnes", "/organisations"} {
			a := webtest.Get(t, s, list+ext)
			if a.Status != http.StatusOK || a.Header.Get("Content-Type") != kind || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s%s: %d %v", list, ext, a.Status, a.Header)
			}
		}
	}
	a := webtest.Get(t, s, "/personnes.csv")
	if !strings.Contains(a.Body, "'=HYPERLINK") {
		t.Error("a formula is not neutralised")
	}
	states := strings.Split(h.states(a.Body), "\n")
	for _, st := range states {
		if !strings.HasPrefix(st, "connue") {
			t.Errorf("read back: %q", states)
			break
		}
	}
}

func TestHandoverInTheBrowser(t *testing.T) {
	t.Parallel()
	h := quick(t)
	out, err := mail.New(h.DB, mail.Identity{From: mail.Address{Name: "Maillage", Addr: "m@x.example"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.Outbox, h.BaseURL = out, "https://maillage.example"
	agent := h.site("Agent")
	page := webtest.Get(t, agent, "/moi/passation")
	if page.Count(t, ".held-row") != 1 {
		t.Fatalf("held: %d", page.Count(t, ".held-row"))
	}
	if past := webtest.Post(t, agent, "/moi/passation", form("du", "2020-01-01", "tous", "collegue")); past.Status != http.StatusUnprocessableEntity ||
		!strings.Contains(past.Text(t, "main"), "ne peut pas commencer avant") {
		t.Errorf("a handover in the past: %d", past.Status)
	}
	none := webtest.Post(t, agent, "/moi/passation", form("du", "2026-12-01", "mot", "Bon courage"))
	if none.Status != http.StatusUnprocessableEntity || !strings.Contains(none.Text(t, "#mot"), "Bon courage") {
		t.Errorf("without successor: %d", none.Status)
	}
	strong := webtest.Post(t, agent, "/moi/passation", form("du", "2026-12-01", "tous", "Lou Admin"))
	if strong.Status != http.StatusUnprocessableEntity || !strings.Contains(strong.Text(t, ".notice.danger"), "même organisation") {
		t.Errorf("elsewhere: %d", strong.Status)
	}
	if a := webtest.Post(t, agent, "/moi/passation", form("du", "2026-12-01", "tous", "collegue", "mot", "Bon courage")); a.Status != http.StatusSeeOther {
		t.Fatalf("proposed: %d %s", a.Status, a.Body)
	}
	sent, err := out.List(context.Background(), mail.Filter{}, 10)
	if err != nil || len(sent) != 1 || sent[0].To.Addr != "collegue@x.example" {
		t.Errorf("mail %+v, %v", sent, err)
	}
	colleague := h.site("Collegue")
	inbox := webtest.Get(t, colleague, "/moi/passations")
	inbox.CheckPage(t)
	accept := inbox.Attr(t, "form.answer", "action")
	for _, name := range []string{"Agent", "Secretaire", "Admin"} {
		if a := webtest.Post(t, h.site(name), accept, ""); a.Status != http.StatusNotFound {
			t.Errorf("%s accepts for another: %d", name, a.Status)
		}
	}
	if a := webtest.Post(t, colleague, accept, form("mot", "D'accord")); a.Status != http.StatusSeeOther {
		t.Fatalf("accepted: %d", a.Status)
	}
	if hats := h.hats("Collegue"); len(hats) != 1 || hats[0].From.String() != "2026-12-01" {
		t.Errorf("the successor wears %+v", hats)
	}
	if a := webtest.Post(t, colleague, accept, ""); a.Status != http.StatusConflict {
		t.Errorf("answered twice: %d", a.Status)
	}
	summary := webtest.Get(t, agent, "/moi/passation/resume")
	summary.CheckPage(t)
	if !strings.Contains(summary.Body, "Lou Collegue") || !strings.Contains(summary.Body, "Acceptée") {
		t.Error("the summary does not tell who takes over")
	}
}

func TestAbsenceAndRhythm(t *testing.T) {
	t.Parallel()
	h := quick(t)
	s := h.site("Agent")
	for what, c := range map[string][2]string{
		"the end before the beginning": {form("absence-du", "2026-12-10", "absence-au", "2026-12-01", "version", "1"), "#absence-au-erreur"},
		"nobody of that name":          {form("absence-du", "2026-12-10", "suppleant", "Zzz", "version", "1"), "#suppleant-erreur"},
		"several of that name":         {form("absence-du", "2026-12-10", "suppleant", "lou", "version", "1"), "[name=suppleant-choix]"},
		"an end alone":                 {form("absence-au", "2026-12-01", "version", "1"), "#absence-du-erreur"},
	} {
		if a := webtest.Post(t, s, "/moi/absence", c[0]); a.Status != http.StatusUnprocessableEntity || a.Count(t, c[1]) == 0 {
			t.Errorf("%s: %d", what, a.Status)
		}
	}
	if a := webtest.Post(t, s, "/moi/absence", form("absence-du", "2026-11-20", "absence-au", "2026-12-01", "suppleant", "collegue", "version", "1")); a.Status != http.StatusSeeOther {
		t.Fatalf("recorded: %d %s", a.Status, a.Body)
	}
	if a := webtest.Get(t, s, "/personnes/"+h.who["Agent"].ID); !strings.Contains(a.Body, "Suppléance") || !strings.Contains(a.Body, "Lou Collegue") {
		t.Error("the absence does not show")
	}
	loop := webtest.Post(t, h.site("Collegue"), "/moi/absence", form("absence-du", "2026-11-25", "suppleant", "agent", "version", "1"))
	if loop.Status != http.StatusUnprocessableEntity || loop.Count(t, "#suppleant-erreur") == 0 {
		t.Errorf("two who stand in for each other: %d", loop.Status)
	}
	if a := webtest.Post(t, s, "/moi/courriels", form("rythme", "jour", "jour", "3", "heure", "9")); a.Status != http.StatusSeeOther {
		t.Errorf("rhythm: %d %s", a.Status, a.Body)
	}
	if got, err := mail.ParseRhythm(h.person(h.who["Agent"].ID).Rhythm); err != nil || got.Every != mail.Daily || got.Hour != 9 {
		t.Errorf("rhythm %+v, %v", got, err)
	}
	if a := webtest.Post(t, s, "/moi/courriels", form("rythme", "jour", "jour", "9", "heure", "3")); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("an hour that is not offered: %d", a.Status)
	}
}

func TestMergeInTheBrowser(t *testing.T) {
	t.Parallel()
	h := quick(t)
	s, left, right := h.site("Secretaire"), h.who["Agent"].ID, h.who["Collegue"].ID
	if a := webtest.Post(t, s, "/personnes/"+left+"/fusion", form("avec", right, "nom", "droite", "prenom", "gauche", "courriel", "gauche", "telephone", "gauche")); a.Status != http.StatusSeeOther {
		t.Fatalf("merged: %d %s", a.Status, a.Body)
	}
	dup := webtest.Get(t, s, "/personnes/"+right)
	dup.CheckPage(t)
	undo := dup.Attr(t, `form[action^="/personnes/fusions/"]`, "action")
	if !strings.Contains(dup.Text(t, ".notice"), "doublon") || h.person(left).FamilyName != "Collegue" {
		t.Errorf("the banner %q, the name %q", dup.Text(t, ".notice"), h.person(left).FamilyName)
	}
	if a := webtest.Post(t, h.site("Agent"), undo, ""); a.Status != http.StatusForbidden {
		t.Errorf("undone by an agent: %d", a.Status)
	}
	if a := webtest.Post(t, s, undo, ""); a.Status != http.StatusSeeOther || h.person(left).FamilyName != "Agent" {
		t.Errorf("undone: %d", a.Status)
	}
}

// The accesses that the routes ask for are in the table, and every write on a person says on whom.
func TestRoutesDeclareTheirAccess(t *testing.T) {
	t.Parallel()
	h := quick(t)
	seen := map[string]bool{}
	for _, rt := range h.Routes() {
		if !h.Policy.Knows(string(rt.Access)) && rt.Access != "public" {
			t.Errorf("%s asks for %q", rt.Pattern, rt.Access)
		}
		if strings.Contains(rt.Pattern, "{id}") && rt.Scope == nil {
			t.Errorf("%s says nothing of on whom", rt.Pattern)
		}
		seen[rt.Pattern] = true
	}
	if len(seen) < 40 {
		t.Errorf("%d routes: %v", len(seen), slices.Sorted(maps.Keys(seen)))
	}
}
