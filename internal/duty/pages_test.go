// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
	"maillage/internal/territory"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) }

// rows reads a CSV answer and holds the contract of its first line.
func rows(t *testing.T, s *site, path string) [][]string {
	t.Helper()
	a := webtest.Get(t, s, path)
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%s: %d %s\n%s", path, a.Status, a.Header.Get("Content-Type"), a.Body)
	}
	if !strings.HasPrefix(a.Body, "insee,nom,obligation,etat,echeance,article,raison\n") {
		t.Fatalf("%s begins with %q", path, a.Body[:min(len(a.Body), 80)])
	}
	list, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return list[1:]
}

func TestCSVOfSeineSaintDenis(t *testing.T) {
	t.Parallel()
	list := rows(t, serve(t), "/obligations.csv?departement=93&date=2026-01-01")
	byDuty, towns, owed := map[string]int{}, map[string]bool{}, map[string]int{}
	for _, r := range list {
		byDuty[r[2]]++
		towns[r[0]] = true
		owed[r[0]]++
	}
	four := 0
	for _, n := range owed {
		if n == 5 { // the four competences and the opinion on projects, without the scheme and the relay
			four++
		}
	}
	const scheme = "Schéma pluriannuel de maintien et de développement de l'offre d'accueil du jeune enfant"
	if len(towns) != 39 || byDuty[scheme] != 35 || byDuty["Relais petite enfance (RPE)"] != 35 || byDuty["Planifier le développement des modes d'accueil"] != 39 || four != 4 {
		t.Errorf("%d towns, %d with four competences only, duties %v", len(towns), four, byDuty)
	}
	want := []string{"93048", "Montreuil", "Relais petite enfance (RPE)", "à faire (prévu par la loi depuis le 1er janvier 2026)", "2026-01-01",
		"articles L. 214-1-3, II, alinéa 4, et L. 214-2-1 du code de l'action sociale et des familles",
		"Montreuil compte 112\u202f549 habitants (population totale 2023, en vigueur au 1er janvier 2026), plus de 10\u202f000 : la commune met en place un relais petite enfance " +
			"(articles L. 214-1-3, II, alinéa 4, et L. 214-2-1 du code de l'action sociale et des familles)."}
	if !slices.ContainsFunc(list, func(r []string) bool { return slices.Equal(r, want) }) {
		t.Errorf("no row %q", want)
	}
}

func TestCSVOfOneTerritory(t *testing.T) {
	t.Parallel()
	s := serve(t)
	one := rows(t, s, "/obligations.csv?territoire=93066&date=2026-01-01")
	same := rows(t, s, "/obligations/93066.csv?date=2026-01-01")
	if len(one) != 7 || len(same) != len(one) || one[0][1] != "Saint-Denis" {
		t.Errorf("%d and %d rows: %v", len(one), len(same), one)
	}
	if got := rows(t, s, "/obligations/93.csv?date=2026-11-23"); len(got) != 2 {
		t.Errorf("the département's own: %v", got)
	}
}

// Every page of the room holds what is true of all pages, on every kind of territory.
func TestPages(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for path, h1 := range map[string]string{
		"/obligations": "Obligations : Seine-Saint-Denis",
		"/obligations?departement=1&ordre=alphabetique":             "Obligations : Ain",
		"/obligations?departement=2a&date=2023-05-01":               "Obligations : Corse-du-Sud",
		"/obligations?departement=FR":                               "Obligations : toute la France",
		"/obligations/93048":                                        "Obligations de Montreuil",
		"/obligations/93001?date=2024-06-01":                        "Obligations d'Aubervilliers",
		"/obligations/93":                                           "Obligations : Seine-Saint-Denis",
		"/obligations/200057867":                                    "Obligations de Plaine Commune",
		"/obligations/93059":                                        "Obligations de Pierrefitte-sur-Seine",
		"/obligations/93059?date=2024-12-31":                        "Obligations de Pierrefitte-sur-Seine",
		"/obligations/regles":                                       "Ce que la loi demande",
		"/obligations/93048/preuves/nouvelle":                       "Enregistrer une preuve",
		"/obligations/93048/preuves/nouvelle?obligation=schema":     "Enregistrer une preuve",
		"/obligations/93/preuves/nouvelle?obligation=plan-controle": "Enregistrer une preuve",
		"/obligations/93048/ctg/nouvelle":                           "Lire une convention territoriale globale",
	} {
		a := webtest.Get(t, s, path)
		if a.Status != http.StatusOK {
			t.Errorf("%s: %d", path, a.Status)
			continue
		}
		a.CheckPage(t)
		if got := plainSpaces(a.Text(t, "h1")); got != h1 {
			t.Errorf("%s: %q, want %q", path, got, h1)
		}
	}
}

func plainSpaces(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\u00a0' || r == '\u202f' {
			return ' '
		}
		return r
	}, s)
}

func TestDepartementPage(t *testing.T) {
	t.Parallel()
	a := webtest.Get(t, serve(t), "/obligations?date=2026-01-01")
	if got := a.Texts(t, ".stat-value"); !slices.Equal(got, []string{"35 communes", "4 communes", "0 commune"}) {
		t.Errorf("figures %q", got)
	}
	if n := a.Count(t, "#grille tbody tr"); n != 39 {
		t.Errorf("%d rows", n)
	}
	text := plainSpaces(a.Text(t, "main"))
	for _, want := range []string{"« À faire » veut dire qu'aucune preuve n'est enregistrée ici", "il ne compare pas les villes entre elles", "Aucune compétence transférée"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	for _, word := range []string{"retard", "classement", "défaillan", "manquement"} {
		if strings.Contains(strings.ToLower(text), word) {
			t.Errorf("the page says %q", word)
		}
	}
	if href := a.Attr(t, "#grille tbody a", "href"); !strings.HasSuffix(href, "?date=2026-01-01") {
		t.Errorf("the date is lost: %s", href)
	}
}

func TestTwins(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var list struct {
		Comptes     struct{ Communes, Schema, Relais int }
		Obligations []struct{ Insee, Code, Etat, Echeance, Lien string }
	}
	for _, path := range []string{"/obligations.json?departement=93&date=2026-01-01", "/api/v1/obligations?departement=93&date=2026-01-01"} {
		decode(t, s, path, &list)
		if list.Comptes.Communes != 39 || list.Comptes.Schema != 35 || list.Comptes.Relais != 35 || len(list.Obligations) != 265 || list.Obligations[0].Insee != "93001" {
			t.Errorf("%s: %+v, %d duties", path, list.Comptes, len(list.Obligations))
		}
	}
	var one struct {
		Insee               string
		Obligations, Autres []struct{ Code, Raison string }
	}
	for _, path := range []string{"/obligations/93066.json?date=2026-01-01", "/api/v1/territoires/93066/obligations?date=2026-01-01"} {
		decode(t, s, path, &one)
		if one.Insee != "93066" || len(one.Obligations) != 7 || len(one.Autres) == 0 || one.Autres[0].Raison == "" {
			t.Errorf("%s: %+v", path, one)
		}
	}
	var nation struct {
		Totale       map[string]int `json:"population_totale"`
		Changent3500 []string       `json:"changent_de_tranche_3500"`
	}
	decode(t, s, "/obligations.json?departement=FR&date=2026-06-15", &nation)
	if nation.Totale["plus_de_3500"] != 3302 || len(nation.Changent3500) != 78 {
		t.Errorf("France: %v, %d", nation.Totale, len(nation.Changent3500))
	}
	var rules struct{ Regles []struct{ Code string } }
	decode(t, s, "/obligations/regles.json", &rules)
	if len(rules.Regles) != len(s.room.Rules.All()) {
		t.Errorf("%d rules", len(rules.Regles))
	}
	for _, path := range []string{"/obligations.xlsx", "/obligations/93066.xlsx", "/obligations/regles.xlsx", "/obligations.xlsx?departement=FR"} {
		if a := webtest.Get(t, s, path); a.Status != http.StatusOK || !strings.HasPrefix(a.Body, "PK") || a.Header.Get("Content-Disposition") == "" {
			t.Errorf("%s: %d, %d bytes", path, a.Status, len(a.Body))
		}
	}
	if a := webtest.Get(t, s, "/obligations/regles.csv"); a.Status != http.StatusOK || strings.Count(a.Body, "\n") < 15 {
		t.Errorf("rules: %d\n%s", a.Status, a.Body)
	}
}

func decode(t *testing.T, s *site, path string, into any) {
	t.Helper()
	a := webtest.Get(t, s, path)
	if err := json.Unmarshal([]byte(a.Body), into); err != nil || a.Status != http.StatusOK {
		t.Fatalf("%s: %d %v\n%s", path, a.Status, err, a.Body)
	}
}

func TestWrongParametersOfPages(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for path, want := range map[string][]string{
		"/obligations?departement=999":                        {"Paramètre « departement » : « 999 » n'est pas le code d'un département"},
		"/obligations?date=2026-02-30":                        {"Paramètre « date » : « 2026-02-30 » n'est pas une date"},
		"/obligations?date=1999-01-01":                        {"Choisissez une date entre le 1er janvier 2021 et le 31 décembre 2100"},
		"/obligations?ordre=retard&departement=93":            {"« retard » n'est pas un ordre connu"},
		"/obligations?territoire=00000":                       {"Paramètre « territoire » : « 00000 » n'est le code d'aucun territoire connu"},
		"/obligations/93048?date=demain":                      {"« demain » n'est pas une date"},
		"/obligations?departement=" + strings.Repeat("9", 90): {"…"},
	} {
		a := webtest.Get(t, s, path)
		if a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, a.Status)
		}
		a.CheckPage(t)
		for _, w := range want {
			if !strings.Contains(plainSpaces(a.Text(t, "main")), w) {
				t.Errorf("%s: %q is not said", path, w)
			}
		}
	}
	a := webtest.Get(t, s, "/obligations?departement=999&date=demain")
	if a.Attr(t, "#date", "value") != "demain" || a.Attr(t, "#departement option[selected]", "value") != "999" {
		t.Errorf("what was typed is lost: %q, %q", a.Attr(t, "#date", "value"), a.Attr(t, "#departement option[selected]", "value"))
	}
}

func TestWrongParametersOfMachines(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for path, status := range map[string]int{
		"/obligations.csv?departement=999":                                http.StatusBadRequest,
		"/obligations.csv?date=2026-13-01":                                http.StatusBadRequest,
		"/obligations.csv?departement=FR":                                 http.StatusBadRequest,
		"/obligations.csv?departement=93&territoire=93066":                http.StatusBadRequest,
		"/obligations.json?departement=999":                               http.StatusBadRequest,
		"/obligations.csv?couleur=bleu":                                   http.StatusBadRequest,
		"/api/v1/obligations?date=hier":                                   http.StatusBadRequest,
		"/api/v1/territoires/93066/obligations?date=hier":                 http.StatusBadRequest,
		"/obligations/93048.csv?date=hier":                                http.StatusBadRequest,
		"/obligations/99999":                                              http.StatusNotFound,
		"/obligations/99999.csv":                                          http.StatusNotFound,
		"/obligations/R11":                                                http.StatusNotFound,
		"/obligations/93059.csv?date=2026-01-01":                          http.StatusNotFound,
		"/api/v1/territoires/75101/obligations":                           http.StatusNotFound,
		"/obligations/93048/ctg/nouvelle?modele=absent":                   http.StatusNotFound,
		"/obligations/93/ctg/nouvelle":                                    http.StatusNotFound,
		"/obligations/" + url.PathEscape("93048' or 1=1"):                 http.StatusNotFound,
		"/obligations/" + url.PathEscape("<script>") + "?date=2026-01-01": http.StatusNotFound,
	} {
		if a := webtest.Get(t, s, path); a.Status != status || strings.Contains(a.Body, "<script>") {
			t.Errorf("%s: %d, want %d\n%s", path, a.Status, status, a.Body)
		}
	}
	a := webtest.Get(t, s, "/obligations.json?departement=999&date=hier")
	var p struct{ Errors map[string]string }
	if err := json.Unmarshal([]byte(a.Body), &p); err != nil || len(p.Errors) != 2 || p.Errors["date"] == "" || p.Errors["departement"] == "" {
		t.Errorf("%v %s", err, a.Body)
	}
	if a := webtest.Get(t, s, "/obligations/93059.csv?date=2026-01-01"); !strings.Contains(plainSpaces(a.Text(t, "main")), "Saint-Denis (93066)") {
		t.Error("the reader is not told what the commune became")
	}
}

// TestWritesAreNotForEveryone holds the access of each route.
func TestWritesAreNotForEveryone(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, rt := range s.room.Routes(nil) {
		want := web.Public
		if strings.Contains(rt.Pattern, "/preuves/") || strings.Contains(rt.Pattern, "/ctg/") {
			want = manageDuties
		}
		if rt.Access != want || strings.HasPrefix(rt.Pattern, "POST") && rt.Access == web.Public {
			t.Errorf("%s: %s", rt.Pattern, rt.Access)
		}
	}
}

// five are communes of about 2,500 inhabitants of the agglomeration of La Rochelle.
var five = []territory.ID{"17193", "17373", "17391", "17420", "17466"}

const laRochelle territory.ID = "241700434"

// Five communes that owe little transfer planning to their EPCI: the duty is its, not theirs.
func TestTransferCreatesTheDutyOfTheHolder(t *testing.T) {
	t.Parallel()
	s, ctx := serve(t), context.Background()
	const address = "/obligations.csv?departement=17&date=2026-06-01"
	count := func(list [][]string, id territory.ID, duty string) (n int) {
		for _, r := range list {
			if r[0] == string(id) && strings.Contains(r[2], duty) {
				n++
			}
		}
		return n
	}
	before := rows(t, s, address)
	var change territory.Change
	for _, c := range five {
		if count(before, c, "Planifier") != 0 || count(before, c, "Recenser") != 1 {
			t.Fatalf("%s before the transfer", c)
		}
		change.Holdings = append(change.Holdings, territory.Holding{ID: db.NewID(), Commune: c, Competence: territory.Planifier,
			Holder: laRochelle, From: day("2026-01-01"), Proof: "délibération n° 2025-12", Created: recordedAt})
	}
	err := s.room.Places.Store.Do(ctx, territory.NewAct("transfert", recordedAt), change, func(territory.Recorded) error { return nil })
	if err == nil {
		err = s.room.Places.Refresh(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	after := rows(t, s, address)
	for _, c := range five {
		if count(after, c, "Planifier") != 0 || count(after, c, "Schéma") != 0 || count(after, c, "Recenser") != 1 {
			t.Errorf("%s owes what it gave away", c)
		}
	}
	if count(after, laRochelle, "Planifier") != 1 || count(after, laRochelle, "Schéma") != 1 || count(after, laRochelle, "Recenser") != 0 {
		t.Errorf("the holder's duties are wrong: %v", rows(t, s, "/obligations/"+string(laRochelle)+".csv?date=2026-06-01"))
	}
	page := webtest.Get(t, s, "/obligations/"+string(laRochelle)+"?date=2026-06-01")
	if text := plainSpaces(page.Text(t, "#schema .ob-reason")); !strings.Contains(text, "exerce la compétence « planifier » pour 5 communes qui comptent ensemble 12 406 habitants") {
		t.Errorf("reason %q", text)
	}
	commune := webtest.Get(t, s, "/obligations/17193?date=2026-06-01")
	if got := plainSpaces(commune.Text(t, "#planifier")); !strings.Contains(got, "Transféré") || !strings.Contains(got, "délibération n° 2025-12") {
		t.Errorf("the commune's card: %q", got)
	}
	list := webtest.Get(t, s, "/obligations?departement=17&date=2026-06-01")
	if got := plainSpaces(list.Text(t, "#table-titulaires tbody")); !strings.Contains(got, "planifier (5 communes, 12 406 habitants)") {
		t.Errorf("holders %q", got)
	}
	if early := rows(t, s, "/obligations.csv?departement=17&date=2025-12-31"); count(early, laRochelle, "") != 0 {
		t.Error("the holder owes something before the transfer")
	}
}
