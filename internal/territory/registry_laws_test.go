// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"maillage/internal/platform/clock"
)

// days has one day in each vintage.
func days(r *Registry) []clock.Date {
	var list []clock.Date
	for _, y := range r.Years() {
		list = append(list, clock.NewDate(y, 6, 15))
	}
	return list
}

func drawCommune(r *Registry) *rapid.Generator[*Territory] { return rapid.SampledFrom(r.All(Commune)) }

func TestEveryCommuneHasItsPlace(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, c := range r.All(Commune) {
		d, ok := r.Get(c.Departement)
		if !ok || d.Kind != Departement && d.Kind != Collectivite {
			t.Errorf("%s: département %q does not exist", c.ID, c.Departement)
		}
		if d.Kind == Departement {
			if region, ok := r.Get(c.Region); !ok || region.Kind != Region {
				t.Errorf("%s: région %q does not exist", c.ID, c.Region)
			}
		}
		for _, id := range []ID{c.EPCI, c.EPT} {
			if g, ok := r.Get(id); id != "" && (!ok || !g.Current()) {
				t.Errorf("%s: grouping %q is not of today", c.ID, id)
			}
		}
	}
}

func TestSumsOfMembersAreEqual(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	type total struct{ municipal, total, communes int }
	for _, day := range days(r) {
		sums := map[ID]total{}
		for id := range r.communes {
			c, ok := r.At(id, day)
			if !ok {
				continue
			}
			p, known := r.Population(id, day)
			for _, parent := range []ID{c.EPT, c.EPCI, c.Departement, c.Region, France} {
				if parent == France && c.Region == "" {
					continue
				}
				s := sums[parent]
				s.municipal, s.total, s.communes = s.municipal+p.Municipal, s.total+p.Total, s.communes+1
				if !known || !p.TotalKnown {
					s.total = math.MinInt32 // the sum of an unknown is unknown
				}
				sums[parent] = s
			}
		}
		for _, kind := range []Kind{EPT, EPCI, Departement, Region, Country} {
			for _, x := range r.All(kind) {
				got, ok := r.Population(x.ID, day)
				want := sums[x.ID]
				if ok && (got.Municipal != want.municipal || got.TotalKnown != (want.total >= 0) || got.TotalKnown && got.Total != want.total) {
					t.Errorf("%s on %s: %+v, its communes add up to %+v", x.ID, day, got, want)
				}
				if kind == EPCI && len(r.Members(x.ID, day)) != want.communes {
					t.Errorf("%s on %s has %d members, want %d", x.ID, day, len(r.Members(x.ID, day)), want.communes)
				}
			}
		}
	}
}

// TestNothingIsLostByRebasing: the shares of every commune of a former geography add up to
// one over the communes of today, so a total is the same in both geographies.
func TestNothingIsLostByRebasing(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, day := range days(r) {
		shares := map[ID]float64{}
		for _, c := range r.All(Commune) {
			for _, p := range r.Parts(c.ID, day) {
				if p.Share <= 0 || p.Share > 1 || p.Exact && p.Share != 1 {
					t.Errorf("part of %s on %s: %+v", c.ID, day, p)
				}
				shares[p.ID] += p.Share
			}
		}
		for id := range r.communes {
			if exists := r.exists(r.byID[id], day); exists && math.Abs(shares[id]-1) > 1e-9 || !exists && shares[id] != 0 {
				t.Errorf("%s on %s: shares add up to %v", id, day, shares[id])
			}
		}
	}
}

func TestEventsAreSymmetrical(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	count := map[EventKind]int{}
	for id := range r.byID {
		for _, e := range r.Events(id) {
			for _, other := range append(slices.Clone(e.From), e.To...) {
				if !slices.ContainsFunc(r.Events(other), func(f Event) bool { return f.Sentence == e.Sentence && f.Date == e.Date }) {
					t.Errorf("%q is told of %s but not of %s", e.Sentence, id, other)
				}
				if _, ok := r.Get(other); !ok {
					t.Errorf("%q names the unknown %s", e.Sentence, other)
				}
			}
			if id == e.To[0] {
				count[e.Kind]++
			}
		}
	}
	// Counted apart from the packages by comparing the lists of communes of each year.
	if want := 10 + 10 + 13 + 64; mergedCommunes(r) != want {
		t.Errorf("%d communes merged since 2021, want %d", mergedCommunes(r), want)
	}
	if count[ChangementDeCode] != 5 {
		t.Errorf("%d changes of code, want 5", count[ChangementDeCode])
	}
	if count[Scission] != 3 {
		t.Errorf("%d splits, want 3 (60054, 85084, 15141)", count[Scission])
	}
}

func mergedCommunes(r *Registry) int {
	n := 0
	for id := range r.communes {
		if c := r.byID[id]; !c.Current() && !slices.ContainsFunc(r.Events(id), func(e Event) bool { return e.Kind == ChangementDeCode }) {
			n++
		}
	}
	return n
}

func TestEventSentences(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, c := range []struct {
		id   ID
		kind EventKind
		want string
	}{
		{"93059", Fusion, "Pierrefitte-sur-Seine (93059) a rejoint Saint-Denis (93066) le 1er janvier 2025."},
		{"93066", Fusion, "Pierrefitte-sur-Seine (93059) a rejoint Saint-Denis (93066) le 1er janvier 2025."},
		{"69152", Fusion, "Oullins (69149) et Pierre-Bénite (69152) ont formé Oullins-Pierre-Bénite (69149) le 1er janvier 2024."},
		{"12218", ChangementDeCode, "La commune de Conques-en-Rouergue a changé de code : 12076 est devenu 12218 (code officiel géographique du 1er janvier 2025)."},
		{"85165", Scission, "La commune d'Essarts en Bocage (85084) s'est séparée le 1er janvier 2024 en Essarts-en-Bocage (85084), L'Oie (85165) et Sainte-Florence (85212)."},
		{"62588", Renommage, "La commune de Montreuil (62588) s'appelle désormais Montreuil-sur-Mer (code officiel géographique du 1er janvier 2023)."},
		{"200035459", ChangementDeGroupe, "« CA d'Agen » n'existe plus depuis le 1er janvier 2022 ; ses communes sont dans « CA Agglomération d'Agen »."},
		{"14659", Intercommunalite, "Sannerville (14659)"},
	} {
		if !slices.ContainsFunc(r.Events(c.id), func(e Event) bool {
			return e.Kind == c.kind && (e.Sentence == c.want || c.kind == Intercommunalite)
		}) {
			t.Errorf("Events(%s) = %+v, want a %s: %s", c.id, r.Events(c.id), c.kind, c.want)
		}
	}
	if got := r.Events("93048"); len(got) != 0 {
		t.Errorf("nothing happened to Montreuil (93048): %+v", got)
	}
}

func TestSeriesFollow(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	series := r.Populations("93066")
	if len(series) != 6 || series[0].Year != 2018 || series[5].Year != 2023 {
		t.Fatalf("series of Saint-Denis = %+v, want 2018 to 2023", series)
	}
	for i, p := range r.Populations("93059") {
		alone, ok := r.Population("93066", clock.NewDate(p.Year+3, 1, 1))
		if !ok || series[i].Municipal != p.Municipal+alone.Municipal || series[i].Total != p.Total+alone.Total {
			t.Errorf("%d: %d is not %d + %d", p.Year, series[i].Municipal, alone.Municipal, p.Municipal)
		}
	}
	// Essarts-en-Bocage and the two communes it let go: estimates that add up.
	var shared [3]Population
	for i, id := range []ID{"85084", "85165", "85212"} {
		shared[i] = r.Populations(id)[0]
		if !shared[i].Estimated || shared[i].Note == "" {
			t.Errorf("%s in 2018 = %+v, want an estimate that says so", id, shared[i])
		}
	}
	if sum := shared[0].Municipal + shared[1].Municipal + shared[2].Municipal; sum < 9052 || sum > 9054 {
		t.Errorf("the three parts add up to %d, want 9053 but for rounding", sum)
	}
	if p, ok := r.TotalPopulation("85165", today); !ok || p.Estimated || p.Year != 2022 {
		t.Errorf("TotalPopulation(L'Oie) = %+v", p)
	}
}

func TestPartsOfGroupings(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	first := clock.MustDate("2021-06-01")
	for _, c := range []struct {
		id   ID
		want int
	}{{"93", 1}, {"200057867", 1}, {"200054781", 1}, {"R11", 1}, {France, 1}, {"200096956", 44}} {
		if got := r.Parts(c.id, first); len(got) != c.want {
			t.Errorf("Parts(%s, 2021) has %d parts, want %d: %v", c.id, len(got), c.want, got)
		}
	}
	if got := r.Parts("93059", today); got != nil {
		t.Errorf("Parts(93059, 2026) = %v, want none", got)
	}
}

func TestSuccessors(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, c := range []struct {
		id   ID
		want []ID
	}{
		{"93059", []ID{"93066"}}, {"93066", []ID{"93066"}}, {"12076", []ID{"12218"}},
		{"75101", []ID{"75056"}}, {"75066", []ID{"93066"}}, {"200067221", []ID{"200096675", "200096683"}},
		{"60455", []ID{"60054"}}, {"99999", nil},
	} {
		if got := r.Successors(c.id); !slices.Equal(got, c.want) {
			t.Errorf("Successors(%s) = %v, want %v", c.id, got, c.want)
		}
	}
	for id, x := range r.byID {
		heirs := r.Successors(id)
		if len(heirs) == 0 {
			t.Errorf("%s %s leads nowhere", id, x.Name)
		}
		for _, h := range heirs {
			if heir, ok := r.Get(h); !ok || !heir.Current() || heir.Kind != x.Kind {
				t.Errorf("%s leads to %s, which is not of today", id, h)
			}
		}
	}
}

// TestRebasedSeriesAddUp: over any day, the communes of a département add up to it whether
// they are counted then or re-based on today.
func TestRebasedSeriesAddUp(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(r.All(Departement)).Draw(t, "département")
		for _, whole := range r.Populations(d.ID) {
			sum := 0
			for _, c := range r.In(d.ID, Commune) {
				for _, p := range r.Populations(c.ID) {
					if p.Year == whole.Year {
						sum += p.Municipal
					}
				}
			}
			if diff := sum - whole.Municipal; diff < -3 || diff > 3 { // splits are rounded
				t.Fatalf("%s in %d: %d, its communes of today add up to %d", d.Name, whole.Year, whole.Municipal, sum)
			}
		}
	})
}
