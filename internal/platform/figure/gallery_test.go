// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"maillage/internal/platform/figure/classes"
	"maillage/internal/platform/geo"
)

// cnaf is the real figures of testdata/seine-saint-denis.csv.
type cnaf struct {
	rows  []map[string]string
	names map[string]string
}

func readCnaf(t testing.TB) cnaf {
	t.Helper()
	f, err := os.Open("testdata/seine-saint-denis.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	d := cnaf{names: map[string]string{}}
	for _, rec := range records[1:] {
		row := map[string]string{}
		for i, h := range records[0] {
			row[h] = rec[i]
		}
		d.rows = append(d.rows, row)
		d.names[row["code"]] = row["nom"]
	}
	return d
}

func number(s string) Value {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return Value{}
	}
	return Num(v)
}

// series of a town over the years.
func (d cnaf) series(code, column string) Series {
	s := Series{Name: d.names[code]}
	for _, r := range d.rows {
		if r["code"] == code {
			y, _ := strconv.Atoi(r["annee"])
			s.Points = append(s.Points, Point{y, number(r[column])})
		}
	}
	return s
}

// of2021 calls with each town of the year 2021.
func (d cnaf) of2021(each func(r map[string]string)) {
	for _, r := range d.rows {
		if r["annee"] == "2021" {
			each(r)
		}
	}
}

var coverage = Frame{
	Title: "Places d’accueil pour les moins de 3 ans, par commune de Seine-Saint-Denis",
	Unit:  Unit{Name: "places pour 100 enfants de moins de 3 ans", Decimals: 1}, Period: "2021",
	Source: "Cnaf, data.caf.fr, taux de couverture par commune, 2021",
	Notes:  []string{"Communes de plus de 10 000 habitants ; les taux peuvent dépasser 100."},
}

// withTitle is the frame under another title.
func withTitle(f Frame, title string) Frame {
	f.Title = title
	return f
}

var modes = []struct{ column, name string }{
	{"eaje_psu", "Crèches PSU"}, {"eaje_hors_psu", "Crèches hors PSU"}, {"prescolarisation", "École à 2 ans"},
	{"assistants_maternels", "Assistantes maternelles"}, {"garde_a_domicile", "Garde à domicile"},
}

// gallery is a figure of every form, on real figures and on cases that break drawings.
func gallery(t testing.TB) map[string]Spec {
	t.Helper()
	d := readCnaf(t)
	g := map[string]Spec{}
	galleryOfBars(d, g)
	galleryOfYears(d, g)
	galleryOfStacks(d, g)
	galleryOfSpreads(d, g)
	galleryOfMaps(d, g)
	return g
}

func galleryOfBars(d cnaf, g map[string]Spec) {
	b := Bars{Frame: coverage, Refs: []Reference{{"Seine-Saint-Denis", 34.2}, {"France", 59.4}}}
	d.of2021(func(r map[string]string) {
		b.Rows = append(b.Rows, BarRow{Label: r["nom"], Value: number(r["global"]), Highlight: r["code"] == "93001"})
	})
	for _, small := range []string{"Coubron", "Gournay-sur-Marne", "L’Île-Saint-Denis", "Vaujours"} {
		b.Rows = append(b.Rows, BarRow{Label: small, Value: Absent(NotPublished)})
	}
	b.Rows[3].Value, b.Rows[5].Value = Absent(Secret), Estimate(33.3)
	g["bars"] = b
	few := b
	few.Rows, few.Order = b.Rows[:8], ByName
	few.Refs = []Reference{{"Seine-Saint-Denis", 34.2}, {"Île-de-France", 35.9}, {"France métropolitaine", 36.4}}
	few.Interactive = true
	g["bars-references"] = few
	g["bars-negative"] = Bars{Frame: Frame{Title: "Évolution du nombre de places, 2017-2021", Unit: Unit{Suffix: "\u202f%", Decimals: 1}}, Rows: []BarRow{
		{Label: "Communauté d’agglomération Plaine Commune Grand Paris Ouest et Nord réunies", Value: Num(-12.4)},
		{Label: "Bondy", Value: Num(3.2), Href: "/territoires/93010"}, {Label: "Coubron", Value: Num(28), Highlight: true},
		{Label: "Vaujours", Value: Value{State: Secret, Reason: "moins de cinq enfants, chiffre couvert par le secret statistique"}},
	}}
	g["bars-empty"] = Bars{Frame: coverage}
	g["bars-all-missing"] = Bars{Frame: coverage, Rows: []BarRow{{Label: "Bondy"}, {Label: "Pantin", Value: Absent(NotApplicable)}}}
	g["bars-single"] = Bars{Frame: coverage, Rows: []BarRow{{Label: "Bondy", Value: Num(0)}}}
	extreme := Bars{Frame: withTitle(coverage, "Valeurs extrêmes"), Order: Given}
	for _, v := range []float64{1e300, -1e300, 5e-324, 1e12, 0.0001, -3, math.MaxFloat64} {
		extreme.Rows = append(extreme.Rows, BarRow{Label: strings.Repeat("Très-", 9) + "long", Value: Num(v)})
	}
	g["bars-extreme"] = extreme
	sixty := Bars{Frame: withTitle(coverage, "Soixante communes")}
	for i := range 60 {
		sixty.Rows = append(sixty.Rows, BarRow{Label: "Commune n° " + strconv.Itoa(i+1), Value: Num(float64(i*i%97) * 1234.5)})
	}
	g["bars-sixty"] = sixty
}

func galleryOfYears(d cnaf, g map[string]Spec) {
	f := withTitle(coverage, "Taux de couverture de l’accueil du jeune enfant")
	f.Period, f.Subtitle = "2017-2021", "Communes de Plaine Commune et voisines"
	s := []Series{d.series("93001", "global"), d.series("93066", "global"), d.series("93070", "global"), d.series("93055", "global"),
		d.series("93062", "global"), d.series("93027", "global")}
	s[0].Highlight = true
	s[2].Points[2].Value = Absent(NotPublished)
	s[3].Points[4].Value.Estimated = true
	s[5].Points = s[5].Points[:4]
	g["lines"] = Lines{Frame: f, Series: s, Breaks: []Break{{Year: 2019, Note: "changement de méthode de la Cnaf"}}}
	m := Lines{Frame: withTitle(f, "Aubervilliers, par mode d’accueil"), Breaks: []Break{{Year: 2020, Note: "communes fusionnées, série recalculée", Joined: true}, {Year: 2018}}}
	for _, mode := range modes {
		one := d.series("93001", mode.column)
		one.Name = mode.name
		m.Series = append(m.Series, one)
	}
	g["lines-modes"] = m
	g["lines-one-point"] = Lines{Frame: f, Series: []Series{{Name: "Bondy", Points: []Point{{2021, Num(3)}}}}, Free: true}
	g["lines-none"] = Lines{Frame: f, Series: []Series{{Name: "Bondy", Points: []Point{{2021, Value{}}}}}}
	g["lines-census"] = Lines{Frame: Frame{Title: "Population municipale", Unit: Unit{Name: "habitants"}}, Series: []Series{{Name: "Un nom de communauté d’agglomération fort long qui ne tient pas", Irregular: true, Points: []Point{
		{1968, Num(1_251_792)}, {1975, Num(1_322_127)}, {1982, Num(1_324_301)}, {1990, Num(1_381_197)}, {1999, Num(1_382_861)}, {2006, Num(1_491_970)}, {2023, Num(1_681_725)}}}}}
	p := Panels{Frame: withTitle(f, "Les communes de Plaine Commune"), Reference: Series{Name: "Seine-Saint-Denis",
		Points: []Point{{2017, Num(32)}, {2018, Num(31.5)}, {2019, Num(32.2)}, {2020, Num(33)}, {2021, Num(34.2)}}}}
	for _, code := range []string{"93001", "93066", "93070", "93027", "93072", "93079", "93031"} {
		one := d.series(code, "global")
		p.Panels = append(p.Panels, Panel{Title: one.Name, Points: one.Points, Highlight: code == "93001"})
	}
	p.Panels[3].Points[2].Value = Value{}
	p.Panels = append(p.Panels, Panel{Title: "Les Pavillons-sous-Bois et ses voisines"})
	g["panels"] = p
	many := p
	for len(many.Panels) < 14 {
		many.Panels = append(many.Panels, p.Panels[0])
	}
	g["panels-fourteen"] = many
	g["spark"] = Spark{Frame: Frame{Title: "Aubervilliers", Unit: coverage.Unit}, Points: s[0].Points}
	g["spark-none"] = Spark{Frame: Frame{Title: "Coubron"}}
}

func galleryOfStacks(d cnaf, g map[string]Spec) {
	f := withTitle(coverage, "Aubervilliers : l’accueil par mode")
	f.Period = "2017-2021"
	var parts []Series
	for _, mode := range modes {
		s := d.series("93001", mode.column)
		s.Name = mode.name
		parts = append(parts, s)
	}
	years := Stacks{Frame: f, RowName: "Année"}
	years.Parts, years.Rows = StackOverYears(parts, d.series("93001", "global"))
	g["stacks-years"] = years
	towns := Stacks{Frame: withTitle(coverage, "L’accueil par mode et par commune")}
	for _, mode := range modes {
		towns.Parts = append(towns.Parts, mode.name)
	}
	d.of2021(func(r map[string]string) {
		if len(towns.Rows) >= 14 {
			return
		}
		row := StackRow{Label: r["nom"], Total: number(r["global"]), Highlight: r["code"] == "93001"}
		for _, mode := range modes {
			row.Values = append(row.Values, number(r[mode.column]))
		}
		towns.Rows = append(towns.Rows, row)
	})
	towns.Rows[3].Values[4] = Absent(Secret)
	towns.Rows[5].Total = Absent(NotPublished)
	towns.Rows[6].Total = Absent(Secret)
	for i := range towns.Rows[6].Values {
		towns.Rows[6].Values[i] = Absent(Secret)
	}
	g["stacks-towns"] = towns
	g["stacks-two-parts"] = Stacks{Frame: Frame{Title: "Accueil collectif et individuel"}, Parts: []string{"Collectif", "Individuel"},
		Rows: []StackRow{{Label: "Bondy", Values: []Value{Num(22), Num(11)}, Total: Num(33)}, {Label: "Pantin", Values: []Value{Num(24)}}}}
	g["stacks-empty"] = Stacks{Frame: coverage, Parts: []string{"Une"}}
}

func galleryOfSpreads(d cnaf, g map[string]Spec) {
	rate := DotRow{Label: "taux de couverture global", Unit: coverage.Unit, Self: Peer{"Aubervilliers", Num(22)}}
	home := DotRow{Label: "assistantes maternelles", Unit: coverage.Unit, Self: Peer{"Aubervilliers", Absent(Secret)}}
	var all []Value
	var raw []float64
	d.of2021(func(r map[string]string) {
		rate.Peers = append(rate.Peers, Peer{r["nom"], number(r["global"])})
		home.Peers = append(home.Peers, Peer{r["nom"], number(r["assistants_maternels"])})
		all = append(all, number(r["global"]))
		raw = append(raw, number(r["global"]).V)
	})
	all = append(all, Absent(NotPublished), Absent(NotPublished), Absent(Secret))
	g["dots"] = Dots{Frame: Frame{Title: "Aubervilliers parmi les communes du département", Source: "Cnaf, 2021"}, Peers: "communes de Seine-Saint-Denis",
		Rows: []DotRow{rate, home, {Label: "taux de pauvreté", Self: Peer{"Aubervilliers", Num(45)}}, {Label: "crèches pour les enfants de parents en horaires décalés ou atypiques"}}}
	f := withTitle(coverage, "Répartition des communes selon le taux de couverture")
	g["histogram"] = Histogram{Frame: f, Values: all, Marks: []Reference{{"Aubervilliers", 22}, {"Médiane", 33.6}}}
	g["histogram-classes"] = Histogram{Frame: f, Values: all, Classes: classes.Jenks(raw, 5), Marks: []Reference{{"Aubervilliers", 22}}}
	g["histogram-one"] = Histogram{Frame: f, Values: []Value{Num(4), Num(4)}}
	g["histogram-none"] = Histogram{Frame: f}
}

// towns93 are the towns as areas: a cell each, and a made-up contour around its centre.
func towns93(d cnaf) []Area {
	var areas []Area
	var points []orb.Point
	d.of2021(func(r map[string]string) {
		lon, lat := number(r["lon"]).V, number(r["lat"]).V
		points = append(points, orb.Point{lon, lat})
		areas = append(areas, Area{Code: r["code"], Name: r["nom"], Value: number(r["global"]), Selected: r["code"] == "93001",
			Size: Num(number(r["eaje_psu"]).V * 100), Href: "/territoires/" + r["code"]})
	})
	areas[4].Value, areas[7].Value, areas[9].Value = Absent(Secret), Absent(NotPublished), Absent(NotApplicable)
	for i, c := range geo.SchematicCells(points) {
		areas[i].Col, areas[i].Row = c.Col, c.Row
		areas[i].Shape = tile(c.Col, c.Row)
	}
	return areas
}

// tile is a made-up contour: a cell with wavy borders that it shares with its neighbours, as
// communes do; 64 points.
func tile(col, row int) orb.MultiPolygon {
	const n = 16
	var ring orb.Ring
	corners := [][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}}
	for k := range 4 {
		a, b := corners[k], corners[k+1]
		for i := range n {
			f := float64(i) / n
			x, y := float64(col)+a[0]+(b[0]-a[0])*f, float64(row)+a[1]+(b[1]-a[1])*f
			ring = append(ring, orb.Point{2.3 + 0.034*(x+0.1*math.Sin(4*y)), 49 - 0.022*(y+0.12*math.Sin(3*x))})
		}
	}
	return orb.MultiPolygon{{append(ring, ring[0])}}
}

// blob is a wavy ring of n points.
func blob(lon, lat, r float64, n int) orb.MultiPolygon {
	ring := make(orb.Ring, 0, n+1)
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		k := r * (1 + 0.15*math.Sin(5*a))
		ring = append(ring, orb.Point{lon + k*1.5*math.Cos(a), lat + k*math.Sin(a)})
	}
	return orb.MultiPolygon{{append(ring, ring[0])}}
}

func galleryOfMaps(d cnaf, g map[string]Spec) {
	areas := towns93(d)
	m := Map{Frame: withTitle(coverage, "Taux de couverture par commune de Seine-Saint-Denis"), Areas: areas}
	m.Notes = nil
	g["map"] = m
	cells := m
	cells.Cells = true
	g["map-cells"] = cells
	circles := m
	circles.Circles = &Circles{Name: "places en crèche", Unit: Unit{}}
	circles.Borders = []orb.MultiPolygon{blob(2.45, 48.91, 0.08, 90)}
	g["map-circles"] = circles
	cellCircles := cells
	cellCircles.Circles = circles.Circles
	g["map-cells-circles"] = cellCircles
	pivot := m
	pivot.Pivot, pivot.PivotName, pivot.Classes = Num(34.2), "Seine-Saint-Denis", classes.Jenks(m.values(), 4)
	g["map-pivot"] = pivot
	old := m
	old.Classes = classes.Classes{Bounds: []float64{25, 30, 40, 50}}
	g["map-other-year"] = old
	far := m
	far.Areas = append(append([]Area{}, areas[:6]...), Area{Code: "97105", Name: "Basse-Terre", Value: Num(12), Shape: blob(-61.73, 16.0, 0.03, 20)},
		Area{Code: "97411", Name: "Saint-Denis", Value: Num(61), Shape: blob(55.45, -20.95, 0.05, 20)}, Area{Code: "X", Name: "Sans contour", Value: Num(3)})
	g["map-overseas"] = far
	g["map-nothing"] = Map{Frame: coverage}
	g["map-no-contour"] = Map{Frame: coverage, Areas: []Area{{Name: "Bondy", Value: Num(3)}}}
	g["map-all-missing"] = Map{Frame: coverage, Cells: true, Areas: []Area{{Name: "Bondy"}, {Name: "Pantin", Col: 1, Value: Absent(Secret)}}}
}
