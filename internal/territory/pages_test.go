// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

func decode(t *testing.T, a *webtest.Answer, into any) {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		t.Fatalf("%v in %s", err, a.Body)
	}
}

func TestListBeginsAtHome(t *testing.T) {
	t.Parallel()
	a := webtest.Get(t, served(t, onSQLite(t), nil), "/territoires")
	a.CheckPage(t)
	if heads := a.Texts(t, "h2.count"); len(heads) != 2 || !strings.HasPrefix(heads[0], "Seine-Saint-Denis : 45") {
		t.Errorf("headings = %q", heads)
	}
	if first := a.Text(t, "tbody tr:first-child th"); first != "Aubervilliers" {
		t.Errorf("first line = %q", first)
	}
	if a.Count(t, "tbody tr") != pageSize || a.Attr(t, ".pager a[rel=next]", "href") != "/territoires?page=2" {
		t.Errorf("%d lines, next %q", a.Count(t, "tbody tr"), a.Attr(t, ".pager a[rel=next]", "href"))
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	srv := served(t, onSQLite(t), nil)
	for path, want := range map[string]struct {
		rows  int
		first string
	}{
		"/territoires?departement=93&type=commune":  {39, "Aubervilliers"},
		"/territoires?departement=93&type=ept":      {4, "Est Ensemble"},
		"/territoires?departement=2a&type=epci":     {7, ""},
		"/territoires?type=region":                  {18, ""},
		"/territoires?type=commune&page=9999":       {69, ""}, // 34,969 by hundreds: the last page
		"/territoires?q=93450":                      {1, "L'Île-Saint-Denis"},
		"/territoires?q=saint-denis&departement=93": {0, "Saint-Denis"},
	} {
		a := webtest.Get(t, srv, path)
		a.CheckPage(t)
		n := a.Count(t, "tbody tr")
		if want.rows > 0 && n != want.rows {
			t.Errorf("%s: %d lines, want %d", path, n, want.rows)
		}
		if want.first != "" && !strings.HasPrefix(a.Text(t, "tbody tr:first-child th"), want.first) {
			t.Errorf("%s: begins with %q", path, a.Text(t, "tbody tr:first-child th"))
		}
	}
	a := webtest.Get(t, srv, "/territoires?q=pierrefitte+sur+seine")
	if text := strings.Join(a.Texts(t, "tbody th"), " "); !strings.Contains(text, "Pierrefitte-sur-Seine") || !strings.Contains(text, "Saint-Denis") {
		t.Errorf("Pierrefitte does not lead to Saint-Denis: %q", text)
	}
	for _, path := range []string{"/territoires?departement=999", "/territoires?type=ville", "/territoires.csv?type=x", "/api/v1/territoires?limit=0"} {
		if a := webtest.Get(t, srv, path); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

func TestSearchHelps(t *testing.T) {
	t.Parallel()
	srv := served(t, onSQLite(t), nil)
	if a := webtest.Get(t, srv, "/territoires?q=93066"); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/territoires/93066" {
		t.Errorf("a code in full: %d to %q", a.Status, a.Header.Get("Location"))
	}
	if a := webtest.Get(t, srv, "/territoires?q=200+057+867"); a.Header.Get("Location") != "/territoires/200057867" {
		t.Errorf("a SIREN in full leads to %q", a.Header.Get("Location"))
	}
	if a := webtest.Get(t, srv, "/territoires?q=93059"); a.Status != http.StatusOK || a.Count(t, "tbody tr") != 2 {
		t.Errorf("a former code: %d, %d lines", a.Status, a.Count(t, "tbody tr"))
	}
	a := webtest.Get(t, srv, "/territoires?q=Obervilliers")
	if !strings.Contains(a.Text(t, ".notice"), "Vouliez-vous dire") || !strings.Contains(a.Text(t, ".notice"), "Aubervilliers") {
		t.Errorf("did you mean: %q", a.Text(t, ".notice"))
	}
	a = webtest.Get(t, srv, "/territoires?q=zzzzqqq")
	a.CheckPage(t)
	if a.Count(t, ".empty a") == 0 || a.Count(t, "table") != 0 {
		t.Error("an empty answer shows no way on")
	}
	if a := webtest.Get(t, srv, "/territoires?q="+url.QueryEscape(`<script>alert(1)</script>`)); strings.Contains(a.Body, "<script>alert") {
		t.Error("what was typed is not escaped")
	}
}

func TestTwinsOfTheList(t *testing.T) {
	t.Parallel()
	srv := served(t, onSQLite(t), nil)
	a := webtest.Get(t, srv, "/territoires.csv?departement=93&type=commune")
	rows, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
	if err != nil || len(rows) != 40 || !slices.Equal(rows[0], listHeader) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	i := slices.IndexFunc(rows, func(r []string) bool { return r[0] == "93039" })
	if want := []string{"93039", "L'Île-Saint-Denis", "commune", "219300399", "93", "11", "200054781", "200057867", "8715", rows[i][9], "2023", "2026-01-01"}; !slices.Equal(rows[i], want) {
		t.Errorf("row = %q\nwant  %q", rows[i], want)
	}
	var list struct {
		Total       int
		Territoires []record
	}
	decode(t, webtest.Get(t, srv, "/territoires.json?departement=93&type=commune"), &list)
	if list.Total != 39 || len(list.Territoires) != 39 || *list.Territoires[0].Total != 88529 {
		t.Errorf("json: %d, %+v", list.Total, list.Territoires[0])
	}
	x := webtest.Get(t, srv, "/territoires.xlsx?type=region")
	if x.Status != http.StatusOK || !strings.HasPrefix(x.Body, "PK") || !strings.Contains(x.Header.Get("Content-Disposition"), "territoires.xlsx") {
		t.Errorf("xlsx: %d %v", x.Status, x.Header)
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	srv := served(t, onSQLite(t), nil)
	var s suggestions
	decode(t, webtest.Get(t, srv, "/api/v1/territoires?q=st+ouen&limit=8"), &s)
	if len(s.Results) != 8 || s.Results[0].Code != "93070" || s.Results[0].URL != "/territoires/93070" || s.Results[0].Detail != "Commune, Seine-Saint-Denis" {
		t.Errorf("suggestions = %+v", s.Results)
	}
	seen := map[string]bool{}
	for next := "/api/v1/territoires?departement=93&type=commune&limit=10"; next != ""; {
		var page suggestions
		decode(t, webtest.Get(t, srv, next), &page)
		for _, r := range page.Results {
			seen[r.Code] = true
		}
		next = page.Next
		if page.Total != 39 {
			t.Fatalf("total = %d", page.Total)
		}
	}
	if len(seen) != 39 {
		t.Errorf("the pages give %d communes, want 39", len(seen))
	}
	var one identity
	a := webtest.Get(t, srv, "/api/v1/territoires/93066")
	decode(t, a, &one)
	if one.Name != "Saint-Denis" || len(one.Populations) != 6 || *one.Populations[5].Total != 149936 || len(one.Events) == 0 || len(one.Holdings) != 4 {
		t.Errorf("93066 = %+v", one)
	}
	again := asked(t, srv, "/api/v1/territoires/93066", "If-None-Match", a.Header.Get("Etag"))
	if again.Status != http.StatusNotModified {
		t.Errorf("the same again: %d", again.Status)
	}
	decode(t, webtest.Get(t, srv, "/api/v1/territoires/93059"), &one)
	if one.To != "2025-01-01" || !slices.Equal(one.Successors, []ID{"93066"}) {
		t.Errorf("93059 = %+v", one)
	}
	if a := webtest.Get(t, srv, "/api/v1/territoires/inconnu"); a.Status != http.StatusNotFound || !strings.Contains(a.Header.Get("Content-Type"), "problem+json") {
		t.Errorf("unknown: %d %s", a.Status, a.Header.Get("Content-Type"))
	}
}

func transferForm(more ...string) string {
	v := url.Values{"competence": {"planifier", "qualite"}, "depuis": {"2025-01-01"}, "jusqu_au": {""}, "preuve": {"délibération n° 2024-118"}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Add(more[i], more[i+1])
	}
	return v.Encode()
}

func TestTransfersOfATown(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		r := opened(t, d)
		srv := served(t, r, nil)
		desk := "/territoires/93010/competences/gestion"
		webtest.Get(t, srv, desk).CheckPage(t)
		a := webtest.Post(t, srv, desk, transferForm("titulaire", "Est Ensemble"))
		if a.Status != http.StatusSeeOther {
			t.Fatalf("status %d: %s", a.Status, a.Body)
		}
		page := webtest.Get(t, srv, a.Header.Get("Location"))
		page.CheckPage(t)
		if !strings.Contains(page.Text(t, ".notice.success"), "2 compétences, de Bondy à Est Ensemble") {
			t.Errorf("done: %q", page.Text(t, ".notice.success"))
		}
		public := webtest.Get(t, srv, "/territoires/93010/competences")
		public.CheckPage(t)
		if holders := public.Texts(t, "tbody td:nth-child(2)"); !slices.Equal(holders, []string{"La commune", "La commune", "Est Ensemble", "Est Ensemble"}) {
			t.Errorf("holders = %q", holders)
		}
		if before := webtest.Get(t, srv, "/territoires/93010/competences?date=2024-12-31").Texts(t, "tbody td:nth-child(2)"); slices.Contains(before, "Est Ensemble") {
			t.Errorf("the day before: %q", before)
		}
		refused := webtest.Post(t, srv, desk, transferForm("titulaire", string(plaineCommune)))
		if refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.Text(t, ".notice.danger"), "déjà transféré") {
			t.Errorf("twice the same competence: %d %q", refused.Status, refused.Text(t, ".notice"))
		}
		undo := webtest.Post(t, srv, "/territoires/93010/competences/annulation", "acte="+page.Attr(t, "input[name=acte]", "value"))
		if undo.Status != http.StatusSeeOther || len(r.State().GivenBy("93010")) != 0 {
			t.Fatalf("undo: %d, %d left", undo.Status, len(r.State().GivenBy("93010")))
		}
		undonePage := webtest.Get(t, srv, undo.Header.Get("Location"))
		redo := webtest.Post(t, srv, "/territoires/93010/competences/annulation", "acte="+undonePage.Attr(t, "input[name=acte]", "value"))
		if redo.Status != http.StatusSeeOther || len(r.State().GivenBy("93010")) != 2 {
			t.Errorf("redo: %d, %d transfers", redo.Status, len(r.State().GivenBy("93010")))
		}
		if again := webtest.Post(t, srv, "/territoires/93010/competences/annulation", "acte="+page.Attr(t, "input[name=acte]", "value")); again.Status != http.StatusConflict {
			t.Errorf("an undo that came too late: %d", again.Status)
		}
	})
}

func TestTransferFormLosesNothing(t *testing.T) {
	t.Parallel()
	srv := served(t, onSQLite(t), nil)
	desk := "/territoires/93010/competences/gestion"
	a := webtest.Post(t, srv, desk, url.Values{"competence": {"qualite"}, "titulaire": {"Syndicat inconnu"}, "depuis": {"2025-01-01"}, "preuve": {""}}.Encode())
	a.CheckPage(t)
	if a.Status != http.StatusUnprocessableEntity || len(a.Texts(t, ".error")) != 2 {
		t.Errorf("status %d, errors %q", a.Status, a.Texts(t, ".error"))
	}
	if a.Attr(t, "#titulaire", "value") != "Syndicat inconnu" || a.Attr(t, "#depuis", "value") != "2025-01-01" || a.Count(t, "input[value=qualite][checked]") != 1 {
		t.Error("something typed was lost")
	}
	for name, c := range map[string][2]string{
		"a SIREN with a wrong key":         {"200057868", "clé de contrôle"},
		"a town's SIREN":                   {"219300084", "EPCI"},
		"a SIREN nobody bears":             {"123456782", "enregistrez-le"},
		"a name of the list, in full":      {"Plaine Commune (200057867)", ""},
		"a name that several bodies share": {"pays de", "choisissez"},
	} {
		a := webtest.Post(t, srv, desk, transferForm("titulaire", c[0]))
		if told := strings.Join(a.Texts(t, ".error"), " "); c[1] == "" && a.Status != http.StatusSeeOther || c[1] != "" && !strings.Contains(told, c[1]) {
			t.Errorf("%s: %d %q", name, a.Status, told)
		}
	}
	a = webtest.Post(t, srv, desk, transferForm("titulaire", "pays de", "depuis", "2020-01-01"))
	choice := a.Attr(t, "input[name=choix]", "value")
	if choice == "" {
		t.Fatal("nothing to choose among")
	}
	b := webtest.Post(t, srv, "/territoires/93055/competences/gestion", transferForm("titulaire", "pays de", "choix", choice))
	if b.Status != http.StatusSeeOther {
		t.Errorf("the choice was not taken: %d %q", b.Status, b.Texts(t, ".error"))
	}
}

func TestTransfersOfManyTownsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		r := opened(t, d)
		srv := served(t, r, nil)
		desk := "/territoires/" + string(estEnsemble) + "/competences/gestion"
		if a := webtest.Get(t, srv, desk); a.Count(t, "input[name=commune]") != 9 {
			t.Errorf("%d communes to choose, want the 9 of Est Ensemble", a.Count(t, "input[name=commune]"))
		}
		if a := webtest.Post(t, srv, desk, transferForm("commune", "93010", "commune", "93055", "commune", "93048")); a.Status != http.StatusSeeOther {
			t.Fatalf("status %d: %v", a.Status, a.Texts(t, ".error"))
		}
		all := webtest.Post(t, srv, desk, transferForm("commune", "93006", "commune", "93010"))
		if all.Status != http.StatusUnprocessableEntity || len(r.State().ReceivedBy(estEnsemble)) != 6 || len(r.State().GivenBy("93006")) != 0 {
			t.Errorf("all or nothing: %d, %d transfers", all.Status, len(r.State().ReceivedBy(estEnsemble)))
		}
		if all.Count(t, `input[value="93006"][checked]`) != 1 {
			t.Error("the communes ticked were lost")
		}
		a := webtest.Get(t, srv, "/territoires/"+string(estEnsemble)+"/competences")
		a.CheckPage(t)
		// 50,762 + 62,083 + 112,549: the populations totales of 2023.
		if stats := a.Texts(t, ".stat-value"); !slices.Contains(stats, "225 394 habitants") {
			t.Errorf("the population that counts: %q", stats)
		}
		ids := ""
		for _, h := range r.State().ReceivedBy(estEnsemble)[:3] {
			ids += "&transfert=" + h.ID
		}
		end := webtest.Post(t, srv, "/territoires/"+string(estEnsemble)+"/competences/fin", "geste=terminer&fin=2025-12-31"+ids)
		if end.Status != http.StatusSeeOther {
			t.Fatalf("end: %d %v", end.Status, end.Texts(t, ".error"))
		}
		over := 0
		for _, h := range r.State().ReceivedBy(estEnsemble) {
			if h.To.String() == "2025-12-31" {
				over++
			}
		}
		if over != 3 || len(r.State().ReceivedBy(estEnsemble)) != 6 {
			t.Errorf("%d ended of %d", over, len(r.State().ReceivedBy(estEnsemble)))
		}
		page := webtest.Get(t, srv, end.Header.Get("Location"))
		webtest.Post(t, srv, "/territoires/"+string(estEnsemble)+"/competences/annulation", "acte="+page.Attr(t, "input[name=acte]", "value"))
		for _, h := range r.State().ReceivedBy(estEnsemble) {
			if !h.To.IsZero() {
				t.Errorf("still ended after the undo: %+v", h)
			}
		}
		for form, want := range map[string]string{
			"geste=terminer&fin=2025-12-31":         "au moins un transfert",
			"geste=terminer" + ids:                  "dernier jour", // the first changed too: ids are of rows that came back
			"geste=terminer&fin=2024-01-01" + ids:   "commence le",
			"geste=retirer&transfert=" + db.NewID(): "entre-temps",
		} {
			a := webtest.Post(t, srv, "/territoires/"+string(estEnsemble)+"/competences/fin", form)
			if a.Status != http.StatusUnprocessableEntity || !strings.Contains(strings.Join(a.Texts(t, ".error"), " "), want) {
				t.Errorf("%s: %d %q", form, a.Status, a.Texts(t, ".error"))
			}
		}
		if a := webtest.Post(t, srv, "/territoires/"+string(estEnsemble)+"/competences/fin", "geste=retirer"+ids); a.Status != http.StatusSeeOther || len(r.State().ReceivedBy(estEnsemble)) != 3 {
			t.Errorf("withdraw: %d, %d left", a.Status, len(r.State().ReceivedBy(estEnsemble)))
		}
	})
}

func TestHoldersForMachines(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	h := holdingOf("93010", Planifier, estEnsemble, "2025-01-01", "")
	if err := r.Store.Do(t.Context(), NewAct("essai", noon), Change{Holdings: []Holding{h}}, r.check(h)); err != nil {
		t.Fatal(err)
	}
	if err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv := served(t, r, nil)
	rows, err := csv.NewReader(strings.NewReader(webtest.Get(t, srv, "/territoires/93/competences.csv").Body)).ReadAll()
	if err != nil || len(rows) != 1+39*4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	i := slices.IndexFunc(rows, func(r []string) bool { return r[0] == "93010" && r[2] == "planifier" })
	if !slices.Equal(rows[i], []string{"93010", "Bondy", "planifier", string(estEnsemble), "Est Ensemble", "ept", "2025-01-01", "", "délibération n° 1", "50762", "2023"}) {
		t.Errorf("row = %q", rows[i])
	}
	for path, want := range map[string]int{"/territoires/93/competences": 200, "/territoires/93/competences.xlsx": 200, "/territoires/93010/competences.json": 200,
		"/territoires/R11/competences": 404, "/territoires/inconnu/competences": 404, "/territoires/93010/competences?date=hier": 422,
		"/territoires/93059/competences": 200, "/territoires/93/competences/gestion": 404} {
		if a := webtest.Get(t, srv, path); a.Status != want {
			t.Errorf("%s: %d, want %d", path, a.Status, want)
		}
	}
}

func TestSyndicats(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		r := opened(t, d)
		srv := served(t, r, nil)
		webtest.Get(t, srv, "/territoires/syndicats").CheckPage(t)
		form := "/territoires/syndicats/nouveau"
		webtest.Get(t, srv, form).CheckPage(t)
		wrong := webtest.Post(t, srv, form, "siren=12&nom=&departement=93")
		if wrong.Status != http.StatusUnprocessableEntity || len(wrong.Texts(t, ".error")) != 2 || wrong.Attr(t, "#siren", "value") != "12" {
			t.Errorf("wrong: %d %q", wrong.Status, wrong.Texts(t, ".error"))
		}
		a := webtest.Post(t, srv, form, "siren=123+456+782&nom=Syndicat+des+Berceaux&departement=93")
		if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/territoires/"+string(testSyndicatID)+"/competences/gestion?fait=") {
			t.Fatalf("status %d %q %v", a.Status, a.Header.Get("Location"), a.Texts(t, ".error"))
		}
		if twice := webtest.Post(t, srv, form, "siren=123456782&nom=Autre&departement=93"); twice.Status != http.StatusUnprocessableEntity {
			t.Errorf("twice: %d", twice.Status)
		}
		desk := webtest.Get(t, srv, a.Header.Get("Location"))
		desk.CheckPage(t)
		if desk.Count(t, "input[name=commune]") != 39 {
			t.Errorf("%d communes to choose", desk.Count(t, "input[name=commune]"))
		}
		if got := webtest.Get(t, srv, "/territoires?q=berceaux").Text(t, "tbody th"); got != "Syndicat des Berceaux" {
			t.Errorf("search finds %q", got)
		}
		if a := webtest.Post(t, srv, "/territoires/93010/competences/gestion", transferForm("titulaire", "berceaux")); a.Status != http.StatusSeeOther {
			t.Errorf("transfer by its name: %d %v", a.Status, a.Texts(t, ".error"))
		}
		webtest.Get(t, srv, "/territoires/"+string(testSyndicatID)+"/competences").CheckPage(t)
		if a := webtest.Post(t, srv, "/territoires/syndicats/retrait", "siren="+string(testSyndicatID)); a.Status != http.StatusConflict {
			t.Errorf("withdrawn although it holds something: %d", a.Status)
		}
		if a := webtest.Post(t, srv, "/territoires/"+string(testSyndicatID)+"/competences/annulation", "acte="+desk.Attr(t, "input[name=acte]", "value")); a.Status != http.StatusConflict {
			t.Errorf("its registration undone although it holds something: %d", a.Status)
		}
		ids := ""
		for _, h := range r.State().ReceivedBy(testSyndicatID) {
			ids += "&transfert=" + h.ID
		}
		webtest.Post(t, srv, "/territoires/"+string(testSyndicatID)+"/competences/fin", "geste=retirer"+ids)
		gone := webtest.Post(t, srv, "/territoires/syndicats/retrait", "siren="+string(testSyndicatID))
		if gone.Status != http.StatusSeeOther || len(r.State().Syndicats) != 0 {
			t.Fatalf("withdraw: %d", gone.Status)
		}
		page := webtest.Get(t, srv, gone.Header.Get("Location"))
		webtest.Post(t, srv, "/territoires/syndicats/annulation", "acte="+page.Attr(t, "input[name=acte]", "value"))
		if len(r.State().Syndicats) != 1 {
			t.Error("the undo did not bring it back")
		}
	})
}

// upload sends a file as a browser does.
func upload(t *testing.T, srv *web.Server, name, body string, fields ...string) *webtest.Answer {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := m.CreateFormFile("fichier", name)
	if err == nil {
		_, err = part.Write([]byte(body))
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/territoires/contours/gestion", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return webtest.Do(t, srv, r)
}

// ending follows a job to its end: the address of its result, or the page that says why not.
func ending(t *testing.T, srv *web.Server, a *webtest.Answer) (string, *webtest.Answer) {
	t.Helper()
	if a.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	path := a.Header.Get("Location")
	for range 2000 {
		p := webtest.Get(t, srv, path)
		if p.Status == http.StatusSeeOther {
			return p.Header.Get("Location"), p
		}
		if p.Count(t, ".notice.danger") > 0 {
			return "", p
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the job does not end")
	return "", nil
}

func TestContoursFromFileToMap(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		r := opened(t, d)
		srv := served(t, r, nil)
		webtest.Get(t, srv, "/territoires/contours").CheckPage(t)
		webtest.Get(t, srv, contourDesk).CheckPage(t)
		without := slices.DeleteFunc(communes93(t), func(s square) bool { return s.code == "93010" })
		set, _ := ending(t, srv, upload(t, srv, "communes.geojson", collection(t, without, feature("93999", bowTie)), "titre", "Essai", "source", "IGN", "licence", "Licence Ouverte 2.0"))
		page := webtest.Get(t, srv, set)
		if page.Count(t, "h1") != 1 || page.Count(t, "[style]") != 0 {
			t.Error("one heading, no inline style")
		}
		text := page.Text(t, "main")
		for _, want := range []string{"38 communes", "Bondy", "93999", "IGN", "À vérifier", "1er janvier 2024"} {
			if !strings.Contains(text, want) {
				t.Errorf("the preview does not say %q", want)
			}
		}
		if page.Count(t, "figure svg") == 0 || len(r.State().Outlines.Sets) != 0 {
			t.Error("no drawing, or already in use")
		}
		if a := webtest.Post(t, srv, set+"/accepter", ""); a.Status != http.StatusSeeOther || len(r.State().Outlines.Sets) != 1 {
			t.Fatalf("accept: %d", a.Status)
		}
		public := webtest.Get(t, srv, "/territoires/contours")
		public.CheckPage(t)
		if !strings.Contains(public.Text(t, "main"), "38 des 39 communes") || !strings.Contains(public.Text(t, "main"), "Licence Ouverte 2.0") {
			t.Errorf("page = %q", public.Text(t, "main"))
		}
		for _, c := range []struct {
			action string
			status int
			inUse  int
		}{{"accepter", 409, 1}, {"retirer", 303, 0}, {"retirer", 409, 0}, {"remettre", 303, 1}, {"refuser", 409, 1}, {"effacer", 404, 1}} {
			a := webtest.Post(t, srv, set+"/"+c.action, "")
			if a.Status != c.status || len(r.State().Outlines.Sets) != c.inUse {
				t.Errorf("%s: %d, %d in use", c.action, a.Status, len(r.State().Outlines.Sets))
			}
			if a.Status == http.StatusSeeOther {
				webtest.Get(t, srv, a.Header.Get("Location")).CheckPage(t)
			}
		}
	})
}

func TestUploadsThatFail(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	srv := served(t, r, nil)
	good := collection(t, communes93(t))
	for name, body := range map[string]string{"coupé.geojson": good[:len(good)/3], "page.html": "<html></html>", "points.geojson": collection(t, nil, feature("93001", point))} {
		_, page := ending(t, srv, upload(t, srv, name, body))
		page.CheckPage(t)
		if told := page.Text(t, ".notice.danger"); !strings.Contains(told, name) || strings.Contains(told, "envoi-") {
			t.Errorf("%s: %q", name, told)
		}
	}
	if a := upload(t, srv, "vide.geojson", ""); a.Status != http.StatusUnprocessableEntity || a.Count(t, ".error") != 1 {
		t.Errorf("an empty file: %d", a.Status)
	}
	if a := upload(t, srv, "a.geojson", good, "jour", "demain", "titre", "Mon titre"); a.Status != http.StatusUnprocessableEntity || a.Attr(t, "#titre", "value") != "Mon titre" {
		t.Errorf("a wrong date: %d", a.Status)
	}
	sets, err := r.Store.ContourSets(t.Context())
	if err != nil || len(sets) != 0 {
		t.Errorf("%d sets left, %v", len(sets), err)
	}
}

func TestOfficialContours(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	body := collection(t, communes93(t))
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { send(w, body) }))
	t.Cleanup(api.Close)
	srv := served(t, r, func(s *Site) { s.Official = api.URL })
	set, page := ending(t, srv, webtest.Post(t, srv, "/territoires/contours/officiels", "etendue=departement"))
	if set == "" {
		t.Fatalf("failed: %s", page.Text(t, ".notice"))
	}
	if got := webtest.Get(t, srv, set); !strings.Contains(got.Text(t, "main"), "39 communes") || got.Text(t, "h1") != "Contours officiels des communes : Seine-Saint-Denis" {
		t.Errorf("preview = %q", got.Text(t, "main"))
	}
	if a := webtest.Post(t, srv, "/territoires/contours/officiels", "etendue=monde"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown extent: %d", a.Status)
	}
	closed := served(t, r, func(s *Site) { s.Network = false })
	if a := webtest.Post(t, closed, "/territoires/contours/officiels", "etendue=departement"); a.Status != http.StatusForbidden {
		t.Errorf("without network: %d", a.Status)
	}
	if a := webtest.Get(t, closed, contourDesk); a.Count(t, `form[action="/territoires/contours/officiels"]`) != 0 {
		t.Error("the button is shown although the network is closed")
	}
}

func TestWorkCanBeStopped(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	arrived := make(chan struct{}, 1)
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		arrived <- struct{}{}
		<-req.Context().Done()
	}))
	t.Cleanup(api.Close)
	srv := served(t, r, func(s *Site) { s.Official = api.URL })
	a := webtest.Post(t, srv, "/territoires/contours/officiels", "etendue=departement")
	<-arrived
	running := webtest.Get(t, srv, a.Header.Get("Location"))
	running.CheckPage(t)
	stop := webtest.Post(t, srv, running.Attr(t, "form[action$=arret]", "action"), "")
	_, page := ending(t, srv, stop)
	if told := page.Text(t, ".notice.danger"); !strings.Contains(told, "à votre demande") {
		t.Errorf("stopped: %q", told)
	}
	if a := webtest.Get(t, srv, workPath+"inconnu"); a.Status != http.StatusNotFound {
		t.Errorf("an unknown job: %d", a.Status)
	}
}

func TestManagingNeedsTheRight(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	routes := r.Routes(Site{Now: func() time.Time { return noon }})
	srv := webtest.Server(t, web.Config{}, routes...)
	for _, route := range routes {
		if route.Access == web.Public {
			continue
		}
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = strings.NewReplacer("{id}", "93010", "{set}", "x", "{action}", "retirer", "{work}", "x").Replace(path)
		req := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(""))
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if a := webtest.Do(t, srv, req); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", route.Pattern, a.Status)
		}
	}
}
