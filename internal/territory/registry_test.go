// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"maillage/internal/platform/clock"
)

var france = sync.OnceValues(Load)

// today is a day of the last vintage.
var today = clock.MustDate("2026-06-15")

func loaded(tb testing.TB) *Registry {
	tb.Helper()
	r, err := france()
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestCountOfEachKind(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	want := map[Kind]int{Commune: 34969, EPCI: 1255, EPT: 11, Departement: 101, Region: 18, Country: 1, Collectivite: 8, Syndicat: 0}
	for kind, n := range want {
		if got := len(r.All(kind)); got != n {
			t.Errorf("len(All(%s)) = %d, want %d", kind, got, n)
		}
	}
	// 34,875 communes within the 101 départements (COG 2026), 94 overseas.
	if got := len(r.In(France, Commune)); got != 34875 {
		t.Errorf("communes of France = %d, want 34875", got)
	}
	if got := r.Years(); !slices.Equal(got, []int{2021, 2022, 2023, 2024, 2025, 2026}) {
		t.Errorf("Years() = %v", got)
	}
}

func TestGoldenSeineSaintDenis(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	rows := golden93(t)
	if len(rows) != 39 || len(r.In("93", Commune)) != 39 {
		t.Fatalf("%d golden rows, %d communes, want 39 of each", len(rows), len(r.In("93", Commune)))
	}
	for _, row := range rows {
		c, ok := r.Get(ID(row[0]))
		if !ok || c.Name != row[1] || c.Departement != "93" || c.Region != "R11" || c.EPCI != "200054781" {
			t.Errorf("Get(%s) = %+v", row[0], c)
			continue
		}
		if ept, _ := r.Get(c.EPT); ept == nil || ept.Name != row[2] {
			t.Errorf("%s: EPT %q, want %s", c.Name, c.EPT, row[2])
		}
		p, ok := r.Population(c.ID, today)
		if !ok || p.Year != 2023 || p.InForce != clock.MustDate("2026-01-01") || !p.TotalKnown ||
			strconv.Itoa(p.Total) != row[3] || strconv.Itoa(p.Municipal) != row[4] {
			t.Errorf("%s: %+v, want PTOT %s and PMUN %s of 2023", c.Name, p, row[3], row[4])
		}
	}
}

func golden93(t *testing.T) [][]string {
	t.Helper()
	f, err := os.Open("testdata/communes-93.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	rd := csv.NewReader(f)
	rd.Comma, rd.Comment = ';', '#'
	rows, err := rd.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// TestGoldenAggregates holds the sums of DOMAIN.md §8.
func TestGoldenAggregates(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, c := range []struct {
		id       ID
		name     string
		communes int
		total    int
	}{
		{"93", "Seine-Saint-Denis", 39, 1710659},
		{"200057867", "Plaine Commune", 8, 455226},
		{"200057875", "Est Ensemble", 9, 449538},
		{"200058097", "Paris Terres d'Envol", 8, 383559},
		{"200058790", "Grand Paris Grand Est", 14, 422336},
	} {
		got, _ := r.Get(c.id)
		p, ok := r.Population(c.id, today)
		if got.Name != c.name || len(r.In(c.id, Commune)) != c.communes || !ok || !p.TotalKnown || p.Total != c.total || p.Year != 2023 {
			t.Errorf("%s: %s, %d communes, %+v; want %+v", c.id, got.Name, len(r.In(c.id, Commune)), p, c)
		}
	}
	if p, _ := r.Population("93", today); p.Municipal != 1704316 {
		t.Errorf("PMUN of the 93 = %d, want 1704316", p.Municipal)
	}
}

// TestGoldenThresholds holds the national counts of DOMAIN.md §1 and §8. They are counted
// over the 34,871 communes of an EPCI; the four islands without one have no known PTOT.
func TestGoldenThresholds(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, c := range []struct{ inhabitants, total, municipal, straddling int }{
		{3500, 3302, 3224, 78},
		{10000, 1063, 1039, 24},
	} {
		got := r.Threshold(c.inhabitants, today)
		if got.Known != 34871 || got.Total != c.total || got.Municipal != c.municipal || len(got.Straddling) != c.straddling {
			t.Errorf("Threshold(%d) = %d known, %d on PTOT, %d on PMUN, %d straddling; want %+v",
				c.inhabitants, got.Known, got.Total, got.Municipal, len(got.Straddling), c)
		}
		if want := []ID{"22016", "29083", "29155", "85113"}; !slices.Equal(got.Unknown, want) {
			t.Errorf("Unknown = %v, want %v", got.Unknown, want)
		}
	}
}

func TestThresholdIsStrict(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, c := range r.In(France, Commune) {
		p, ok := r.TotalPopulation(c.ID, today)
		if !ok || p.Total == p.Municipal {
			continue
		}
		if slices.Contains(r.Threshold(p.Total, today).Straddling, c.ID) {
			t.Errorf("%s: a commune of exactly %d inhabitants is not above %d", c.Name, p.Total, p.Total)
		}
		if !slices.Contains(r.Threshold(p.Total-1, today).Straddling, c.ID) {
			t.Errorf("%s: a commune of %d inhabitants (PMUN %d) is above %d on PTOT only", c.Name, p.Total, p.Municipal, p.Total-1)
		}
		return
	}
	t.Fatal("no commune to try")
}

func TestPairsAreOfOneYear(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	paris, _ := r.Population("75056", today)
	if paris.Year != 2023 || paris.Municipal != 2103778 || paris.TotalKnown || paris.Total != 0 || paris.Note == "" {
		t.Errorf("Paris in 2026 = %+v, want PMUN 2023 without a PTOT, and a note", paris)
	}
	total, ok := r.TotalPopulation("75056", today)
	if !ok || total.Year != 2022 || total.InForce != clock.MustDate("2025-01-01") || total.Total != 2129257 || total.Municipal != 2113705 {
		t.Errorf("youngest PTOT of Paris = %+v, want the pair of 2022", total)
	}
	mayotte, _ := r.Population("97611", today)
	if mayotte.Year != 2017 || mayotte.Total != 72974 || mayotte.InForce != clock.MustDate("2018-01-01") || mayotte.Note == "" {
		t.Errorf("Mamoudzou = %+v, want the census of 2017", mayotte)
	}
	if list := r.Populations("97611"); len(list) != 1 {
		t.Errorf("Mamoudzou has %d populations, want the single one of 2017", len(list))
	}
	for _, kind := range []Kind{Commune, EPCI, EPT, Departement, Region, Country} {
		for _, x := range r.All(kind) {
			for _, p := range r.Populations(x.ID) {
				if p.TotalKnown && p.Total < p.Municipal || !p.TotalKnown && p.Total != 0 {
					t.Fatalf("%s %s: PTOT below PMUN, or unknown and not zero: %+v", x.ID, x.Name, p)
				}
			}
		}
	}
}

func TestMissingIsNeverZero(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, c := range []struct {
		id   ID
		at   string
		why  string
		want bool
	}{
		{"98735", "2026-06-01", "the packages do not date the census of Polynésie française", false},
		{"98411", "2026-06-01", "the southern lands have no population", false},
		{"29155", "2021-06-01", "no source gives the PMUN 2018 of Ouessant", false},
		{"29155", "2022-06-01", "the PMUN 2019 of Ouessant is known", true},
		{"29", "2021-06-01", "a département with an unknown commune has no sum", false},
		{"93066", "2020-12-31", "the first vintage is 2021", false},
		{"93059", "2025-01-01", "Pierrefitte-sur-Seine no longer exists", false},
		{"93059", "2024-12-31", "Pierrefitte-sur-Seine still exists", true},
		{"55039", "2026-06-01", "Beaumont-en-Verdunois: destroyed in 1916, nobody lives there and that is known", true},
		{"nowhere", "2026-06-01", "an unknown code", false},
	} {
		if _, ok := r.Population(c.id, clock.MustDate(c.at)); ok != c.want {
			t.Errorf("Population(%s, %s) known = %v, want %v: %s", c.id, c.at, ok, c.want, c.why)
		}
	}
	finistere, _ := r.Population("29", clock.MustDate("2025-06-01"))
	if finistere.TotalKnown || finistere.Total != 0 || finistere.Municipal == 0 || finistere.Note == "" {
		t.Errorf("Finistère 2025 = %+v, want a PMUN, no PTOT and a note", finistere)
	}
}

func TestAtIsTheTerritoryOfThatDay(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	if was, ok := r.At("93066", clock.MustDate("2024-12-31")); !ok || was.SIREN != "219300662" {
		t.Errorf("Saint-Denis in 2024 = %+v", was)
	}
	if now, ok := r.At("93066", today); !ok || now.SIREN != "929939411" {
		t.Errorf("Saint-Denis today = %+v", now)
	}
	if was, ok := r.At("62588", clock.MustDate("2022-03-01")); !ok || was.Name != "Montreuil" {
		t.Errorf("Montreuil-sur-Mer in 2022 = %+v", was)
	}
	if _, ok := r.At("93059", clock.MustDate("2025-01-01")); ok {
		t.Error("Pierrefitte-sur-Seine still exists on 1 January 2025")
	}
	if _, ok := r.At("85165", clock.MustDate("2023-12-31")); ok {
		t.Error("L'Oie exists before its re-establishment")
	}
	if was, ok := r.At("242900801", clock.MustDate("2021-06-01")); !ok || was.EPCIType != "CC" {
		t.Errorf("Pays de Landerneau-Daoulas in 2021 = %+v, want a CC", was)
	}
	if got := len(r.Members("200057867", clock.MustDate("2024-06-01"))); got != 9 {
		t.Errorf("Plaine Commune had %d communes in 2024, want 9", got)
	}
}

func TestIn(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, c := range []struct {
		parent ID
		kind   Kind
		want   int
	}{
		{"93", EPT, 4}, {"93", EPCI, 1}, {"200054781", EPT, 11}, {"200054781", Commune, 130},
		{"R11", Departement, 8}, {France, Region, 18}, {France, Departement, 101}, {"975", Commune, 2},
		{"nowhere", Commune, 0}, {"93066", Commune, 0},
	} {
		if got := len(r.In(c.parent, c.kind)); got != c.want {
			t.Errorf("len(In(%s, %s)) = %d, want %d", c.parent, c.kind, got, c.want)
		}
	}
	names := []string{}
	for _, d := range r.In("R11", Departement) {
		names = append(names, d.Name)
	}
	if want := []string{"Essonne", "Hauts-de-Seine", "Paris", "Seine-et-Marne", "Seine-Saint-Denis", "Val-d'Oise", "Val-de-Marne", "Yvelines"}; !slices.Equal(names, want) {
		t.Errorf("départements of Île-de-France = %q, want %q", names, want)
	}
}
