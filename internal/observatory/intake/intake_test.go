// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/sheet"
	"maillage/internal/territory"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var registry = sync.OnceValue(func() *territory.Registry {
	r, err := territory.Load()
	if err != nil {
		panic(err)
	}
	return r
})

// dictionary is a small catalogue of the same shapes as the shipped one, so that these tests
// do not move when an indicator is added.
var dictionary = sync.OnceValue(func() *Dictionary {
	sum := statistic.Aggregation{Rule: statistic.Sum}
	mean := statistic.Aggregation{Rule: statistic.WeightedMean, Weight: "enfants"}
	low, high := 0.0, 150.0
	return NewDictionary([]statistic.Indicator{
		{Code: "couverture", Title: "Taux de couverture global", Unit: "places pour 100 enfants", Decimals: 1, Kind: statistic.Rate, Aggregation: mean, Low: &low, High: &high, Headers: []string{"txcouv_{s}", "Taux de couv global"}},
		{Code: "couverture_eaje", Title: "Taux de couverture des EAJE", Unit: "places pour 100 enfants", Decimals: 1, Kind: statistic.Rate, Aggregation: mean, Low: &low, Headers: []string{"txcouv_eaje_{s}", "Taux de couv EAJE - ensemble"}},
		{Code: "places", Title: "Places d'accueil", Unit: "places", Kind: statistic.Stock, Aggregation: sum, Low: &low, Headers: []string{"tot_offre_{s}", "Places offertes - Ensemble"}},
		{Code: "naissances", Title: "Naissances domiciliées", Unit: "naissances", Kind: statistic.Count, Aggregation: sum, Low: &low, Headers: []string{"NAISD{aa}"}, Keys: []string{"EC_MEASURE=LVB"}},
		{Code: "enfants", Title: "Enfants de moins de 3 ans", Unit: "enfants", Kind: statistic.Stock, Aggregation: sum, Low: &low, Headers: []string{"ENF_2"}, Keys: []string{"AGE=Y_LT3&SEX=_T"}},
		{Code: "pauvrete", Title: "Taux de pauvreté", Unit: "%", Kind: statistic.Rate, Aggregation: mean, Low: &low, Headers: []string{"TP60{aa}"}},
		{Code: "niveau_vie", Title: "Niveau de vie médian", Unit: "euros", Kind: statistic.Rate, Aggregation: statistic.Aggregation{Rule: statistic.Never}, Headers: []string{"MED{aa}"}},
		{Code: "pmun", Title: "Population municipale", Unit: "habitants", Kind: statistic.Stock, Aggregation: sum, Headers: []string{"PMUN{aaaa}", "P{aa}_POP"}, Keys: []string{"POPREF_MEASURE=PMUN"}},
		{Code: "eaje", Title: "Crèches", Unit: "équipements", Kind: statistic.Stock, Aggregation: sum, Keys: []string{"TYPEQU=D502", "FACILITY_TYPE=D502"}},
		{Code: "maternelles", Title: "Maternelles", Unit: "équipements", Kind: statistic.Stock, Aggregation: sum, Keys: []string{"TYPEQU=C101", "TYPEQU=C107"}},
		{Code: "tension", Title: "Tension", Formula: "enfants / places", Headers: []string{"tension"}},
	})
})

// open writes a file and opens it as a person's upload would be.
func open(t testing.TB, name string, data []byte) (Rows, sheet.TableInfo) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := sheet.Open(context.Background(), path, sheet.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return func(yield func(Row) error) error { return b.Rows(context.Background(), 0, yield) }, b.Tables()[0]
}

func recognise(t testing.TB, name string, rows Rows, info sheet.TableInfo) *Plan {
	t.Helper()
	sample, err := Sample(rows)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Recognise(Table{File: name, Name: info.Name}, sample, dictionary(), registry())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// read applies a plan and keeps everything.
func read(t testing.TB, p *Plan, rows Rows) []Item {
	t.Helper()
	var items []Item
	for i, err := range p.Apply(rows, registry()) {
		if err != nil {
			t.Fatal(err)
		}
		if i.Issue == nil {
			if err := i.Value.Check(); err != nil {
				t.Errorf("line %d: %v", i.Line, err)
			}
		}
		items = append(items, i)
	}
	return items
}

// story tells a plan and what it read, for the golden files.
func story(p *Plan, items []Item) string {
	var b strings.Builder
	column := func(c int) string {
		if c == None {
			return "-"
		}
		return p.label(c)
	}
	fmt.Fprintf(&b, "en-têtes ligne %d ; territoires : %s, colonne %s (%s), nom %s, morceaux %v\n", p.HeaderRow, p.Geo.Kind, column(p.Geo.Column), p.Geo.Confidence, column(p.Geo.NameColumn), p.Geo.Split)
	fmt.Fprintf(&b, "période : %s, colonne %s, %s (%s) année seule %v, %s\n", p.Period.Mode, column(p.Period.Column), p.Period.Fixed, p.Period.Confidence, p.Period.YearOnly, p.Period.Origin)
	for _, f := range p.Filters {
		fmt.Fprintf(&b, "filtre : %s = %s\n", column(f.Column), strings.Join(f.Keep, ", "))
	}
	for _, m := range p.Measures {
		fmt.Fprintf(&b, "mesure : %s %s → %s %s [%s] %d décimale(s), additif %v, retenu %v (%s)\n", m.Label, m.Key, m.Indicator, m.Period, m.Unit, m.Decimals, m.Additive, m.Include, m.Confidence)
	}
	for _, d := range p.Dropped {
		fmt.Fprintf(&b, "mis de côté dans l'aperçu : %s, %d\n", d.Reason, d.Count)
	}
	for _, i := range p.Doubts {
		fmt.Fprintf(&b, "doute : %s [%s] %s | %s\n", i.Severity, i.Column, i.Message, i.Remedy)
	}
	for _, i := range items {
		if i.Issue != nil {
			fmt.Fprintf(&b, "ligne %d : %s %s [%s] %s | %s\n", i.Issue.Line, i.Issue.Severity, i.Issue.Kind, i.Issue.Column, i.Issue.Message, i.Issue.Remedy)
			continue
		}
		v := i.Value
		number := "-"
		if v.Known() {
			number = fmt.Sprint(v.Number)
		}
		fmt.Fprintf(&b, "ligne %d : %s %s %s %s %s %s\n", i.Line, v.Indicator, v.Territory, v.Period, v.State, number, v.Note)
	}
	return b.String()
}

// Each archive under testdata holds a file as people send it and the story it must give; a
// field expert adds a case without Go.
func TestFilesThatPeopleSend(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archive", err)
	}
	for _, path := range archives {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			input := a.Files[0]
			rows, info := open(t, input.Name, input.Data)
			p := recognise(t, input.Name, rows, info)
			var items []Item
			if p.Ready() == nil {
				items = read(t, p, rows)
			}
			got := story(p, items)
			if *update {
				a.Files = []txtar.File{input, {Name: "want.txt", Data: []byte(got)}}
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil { // #nosec G306 -- a golden file
					t.Fatal(err)
				}
				return
			}
			if want := string(a.Files[1].Data); got != want {
				t.Errorf("%s", cmp.Diff(want, got))
			}
			// A plan survives being remembered.
			text, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var back Plan
			if err := json.Unmarshal(text, &back); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(*p, back); d != "" {
				t.Errorf("through JSON: %s", d)
			}
		})
	}
}

func TestNextYearTakesUpTheCorrections(t *testing.T) {
	t.Parallel()
	this := []byte("Commune;code;PMUN2021;Enfants suivis 2021;Divers\nPantin;93055;60000;120;3\nBobigny;93008;54000;80;4\n")
	next := []byte("Commune;code;PMUN2022;Enfants suivis 2022;Divers;Nouveau\nPantin;93055;60500;130;3;1\nBobigny;93008;54500;85;4;2\n")
	rows, info := open(t, "suivi.csv", this)
	p := recognise(t, "suivi.csv", rows, info)
	for i := range p.Measures {
		if strings.HasPrefix(p.Measures[i].Label, "Enfants") {
			p.Measures[i].Indicator, p.Measures[i].Proposal, p.Measures[i].Include = "enfants", nil, true
		}
	}
	rows, info = open(t, "suivi-bis.csv", next)
	fresh := recognise(t, "suivi-bis.csv", rows, info)
	old, ok := Match([]Plan{{Columns: []string{"a", "b"}}, *p}, fresh)
	if !ok || old.Table.File != "suivi.csv" {
		t.Fatalf("not matched: %v", old)
	}
	q := Adopt(fresh, old)
	got := ""
	for _, i := range read(t, q, rows) {
		if i.Issue == nil {
			got += fmt.Sprintf("%s %s %s %v\n", i.Value.Indicator, i.Value.Territory, i.Value.Period, i.Value.Number)
		}
	}
	want := "pmun 93055 2022 60500\nenfants 93055 2022 130\npmun 93008 2022 54500\nenfants 93008 2022 85\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, ok := Match([]Plan{{Columns: []string{"Commune", "x", "y"}}}, fresh); ok {
		t.Error("another table is taken for the same")
	}
}

func TestApplyRefusesAnUnsettledPlan(t *testing.T) {
	t.Parallel()
	rows, info := open(t, "sans-annee.csv", []byte("code;PMUN\n93055;60000\n93008;54000\n"))
	p := recognise(t, "sans-annee.csv", rows, info)
	for _, err := range p.Apply(rows, registry()) {
		if err == nil || !strings.Contains(err.Error(), "l'année") {
			t.Errorf("got %v", err)
		}
	}
	p.Period.Mode, p.Period.Fixed = PeriodFixed, "2021"
	if n := len(read(t, p, rows)); n != 2 {
		t.Errorf("%d items", n)
	}
}

func TestApplyStopsWhenNobodyListens(t *testing.T) {
	t.Parallel()
	rows, info := open(t, "x.csv", []byte("code;PMUN2021\n"+strings.Repeat("93055;1\n", 5000)))
	p := recognise(t, "x.csv", rows, info)
	n := 0
	for range p.Apply(rows, registry()) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d", n)
	}
}

func TestRecogniseRefusesNothing(t *testing.T) {
	t.Parallel()
	for _, rows := range [][]Row{nil, {{Line: 1}}, {{Line: 1, Cells: []string{"", " "}, Typed: []bool{false, false}}}} {
		if _, err := Recognise(Table{}, rows, dictionary(), registry()); err == nil {
			t.Errorf("%v is recognised", rows)
		}
	}
}

// FuzzRecognise feeds any text, cut into cells, to the whole chain: no panic, no number that
// is not finite, no value without a territory or a period.
func FuzzRecognise(f *testing.F) {
	for _, s := range []string{"code;PMUN2021\n93055;60000\n", "annee;numcom;txcouv_com\n2021;6161;NaN\n2021;XX;Inf\n", "GEO;TIME_PERIOD;EC_MEASURE;OBS_VALUE\n2024-COM-93066;2021;LVB;0x1p3\n",
		"\ufeff;;;\n1;2;3;4\n", "Commune;2019;2020\nPantin;1;s\nTotal;3;4\n", "CODGEO;NOTE;ENF_2\n930660101;0;5\n93066_0102;1;\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var all []Row
		for i, l := range strings.Split(text, "\n") {
			cells := strings.Split(l, ";")
			all = append(all, Row{Line: i + 1, Cells: cells, Typed: make([]bool, len(cells))})
		}
		rows := func(yield func(Row) error) error {
			for _, r := range all {
				if err := yield(r); err != nil {
					return err
				}
			}
			return nil
		}
		p, err := Recognise(Table{File: "f.csv"}, all[:min(len(all), SampleRows)], dictionary(), registry())
		if err != nil {
			return
		}
		if p.Period.Mode == PeriodAsk {
			p.Period.Mode, p.Period.Fixed = PeriodFixed, "2021"
		}
		if p.Geo.Kind == GeoNone {
			p.Geo.Kind, p.Geo.Fixed = GeoFixed, "93066"
		}
		if p.Ready() != nil {
			return
		}
		items := read(t, p, rows)
		for _, i := range items {
			if i.Issue == nil && i.Value.Territory == "" {
				t.Fatalf("no territory: %+v", i)
			}
		}
		Anomalies("f.csv", items, nil, dictionary(), registry())
	})
}

func csvOf(rows int, line func(i int) string) []byte {
	var b bytes.Buffer
	for i := range rows {
		b.WriteString(line(i))
	}
	return b.Bytes()
}

// BenchmarkCnaf is a file of the size of the national one: 5,022 rows of 15 columns.
func BenchmarkCnaf(b *testing.B) {
	communes := registry().All(territory.Commune)
	data := append([]byte("Date référence;Numéro commune;Nom commune;Taux de couv EAJE - ensemble;Taux de couv global\n"), csvOf(5022, func(i int) string {
		c := communes[i%1045]
		return fmt.Sprintf("%d;%s;%s;%d.%d;%d.5\n", 2017+i/1045, strings.TrimPrefix(string(c.ID), "0"), c.Name, i%40, i%10, i%90)
	})...)
	rows, info := open(b, "txcouv.csv", data)
	for b.Loop() {
		p := recognise(b, "txcouv.csv", rows, info)
		Anomalies("txcouv.csv", read(b, p, rows), nil, dictionary(), registry())
	}
}

// BenchmarkFacilities is a file of the size of the national one: 1,035,564 rows by IRIS.
func BenchmarkFacilities(b *testing.B) {
	communes := registry().All(territory.Commune)
	types := []string{"A401", "D502", "B101", "C101", "D233", "F101", "A203", "B302", "E107"}
	data := append([]byte("REG,DEP,DEPCOM,DCIRIS,AN,TYPEQU,NB_EQUIP\n"), csvOf(1_035_564, func(i int) string {
		c := communes[i%len(communes)]
		return fmt.Sprintf("11,93,%s,%s_0101,2018,%s,%d\n", c.ID, c.ID, types[i%len(types)], i%3+1)
	})...)
	rows, info := open(b, "bpe.csv", data)
	for b.Loop() {
		p := recognise(b, "bpe.csv", rows, info)
		read(b, p, rows)
	}
}
