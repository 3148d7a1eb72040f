// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func scenario(t fatal) Scenario {
	t.Helper()
	p, err := Project(series(2016, 230, 226, 222, 218, 214, 210, 206, 202, 198, 194), nil, 2030)
	if err != nil {
		t.Fatal(err)
	}
	return Scenario{
		Name: "Le plan", Plan: town(), Projection: p, Reach: Reach{1200, Gaussian},
		Zones: []Zone{
			{ID: "nord", Name: "Nord", X: 651000, Y: 6869200, Children: 300},
			{ID: "sud", Name: "Sud", X: 652200, Y: 6868200, Children: 200},
			{ID: "est", Name: "Est", X: 658000, Y: 6868200, Children: 100},
			{ID: "voisine", Name: "Voisine", X: 651500, Y: 6869900, Children: 100, Outside: true},
		},
		Sites: []Site{{651900, 6869900, 25}},
	}
}

func outcome(t fatal, s Scenario) Outcome {
	t.Helper()
	o, err := s.Outcome()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOutcomeCountsOpenPlacesOnTheLastDay(t *testing.T) {
	t.Parallel()
	o := outcome(t, scenario(t))
	places := map[int]int{}
	for _, y := range o.Years {
		places[y.Year] = y.Places
	}
	// 80 places in crèches and 12 in the MAM opened in 2026; + 20 in 2027; − 20 in 2029
	want := map[int]int{2026: 92, 2027: 112, 2028: 112, 2029: 92, 2030: 92}
	if fmt.Sprint(places) != fmt.Sprint(want) {
		t.Errorf("places = %v, want %v", places, want)
	}
	y := o.Years[0] // births 190 projected, 194 and 198 counted: 582 children
	if math.Abs(y.Children.Mid-582) > 1e-6 || math.Abs(y.Coverage.Band.Mid-100*92/582.0) > 1e-9 {
		t.Errorf("2026: %+v", y)
	}
	if got := y.Coverage.Text(); !strings.HasPrefix(got, "15,8 (de ") || !strings.HasSuffix(got, " places pour 100 enfants de moins de 3 ans") {
		t.Errorf("coverage reads %q", got)
	}
	if len(y.Zones) != 3 || y.Zones[0].Places != 60 || y.Zones[1].Places != 32 || math.Abs(y.Zones[1].Children.Mid-194) > 1e-6 {
		t.Errorf("zones: %+v", y.Zones)
	}
	if east := y.Zones[2]; !east.Coverage.Known || east.Coverage.Band.Mid != 0 || !east.Access.Known || east.Access.Band.Mid != 0 {
		t.Errorf("a zone far from everything: %+v", east)
	}
	under := y.Underserved(80)
	if len(under) == 0 || under[0].Zone != "est" {
		t.Errorf("under-served: %+v", under)
	}
}

// The short cut of Outcome (accessibility once per state of the places) is the plain one.
func TestOutcomeAccessIsTheDefinitionEachYear(t *testing.T) {
	t.Parallel()
	s := scenario(t)
	o := outcome(t, s)
	changes := s.Plan.changes()
	for _, y := range o.Years {
		var zones, facilities []Point
		var demand, supply []float64
		for _, z := range s.Zones {
			zones = append(zones, Point{z.X, z.Y})
			demand = append(demand, z.Children/600*y.Children.Mid)
		}
		for _, st := range s.Plan.Structures {
			if st.Kind.Cares() {
				facilities = append(facilities, Point{st.X, st.Y})
				supply = append(supply, float64(placesAt(st, changes[st.ID], y.Year)))
			}
		}
		for _, site := range s.Sites {
			facilities, supply = append(facilities, Point{site.X, site.Y}), append(supply, float64(site.Places))
		}
		want := naive(zones, facilities, demand, supply, s.Reach)
		for i, z := range y.Zones {
			if !near(z.Access.Band.Mid, want[i]) {
				t.Errorf("%d, %s: %v, want %v", y.Year, z.Zone, z.Access.Band.Mid, want[i])
			}
		}
	}
}

func TestUnknownIsNotZero(t *testing.T) {
	t.Parallel()
	s := scenario(t)
	s.Projection = Projection{}
	for i := range s.Zones {
		s.Zones[i].Children = 0
	}
	s.Plan.Structures[0].X, s.Plan.Structures[0].Y = 0, 0
	s.Plan.Structures[1].Zone = "ouest"
	o := outcome(t, s)
	y := o.Years[0]
	if y.Places != 92 || y.Coverage.Known || y.Access.Known || y.Zones[0].Coverage.Known || y.Zones[0].Access.Known {
		t.Errorf("%+v", y)
	}
	if y.Coverage.Text() != "n. d." {
		t.Errorf("unknown coverage reads %q", y.Coverage.Text())
	}
	notes := strings.Join(o.Notes, "\n")
	for _, want := range []string{"pas sur la carte", "aucune zone", "Aucun enfant", "5 années du plan"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes do not say « %s »: %s", want, notes)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	a := scenario(t)
	b := a
	b.Name = "Sans opération"
	b.Plan = a.Plan.Without()
	c := a
	c.Plan = town()
	c.Plan.To = 2028
	c.Children = Whole(110)
	rows := Compare(outcome(t, a), outcome(t, b), outcome(t, c))
	if len(rows) != 5*4 || rows[0].Year != 2026 || rows[0].Zone != "" || rows[1].Zone != "nord" {
		t.Fatalf("%d rows, first %+v", len(rows), rows[0])
	}
	places, coverage, access, ok := rows[4].Gap(1) // 2027, the town: 112 places and 80
	if !ok || places != -32 || coverage >= 0 || access >= 0 {
		t.Errorf("2027 without operations: %d, %v, %v, %v", places, coverage, access, ok)
	}
	if places, coverage, _, ok := rows[0].Gap(2); !ok || places != 0 || coverage >= 0 {
		t.Errorf("10 %% more children: %d, %v, %v", places, coverage, ok)
	}
	if _, _, _, ok := rows[len(rows)-1].Gap(2); ok {
		t.Error("2030 is known of a scenario that ends in 2028")
	}
}

func TestScenarioRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Scenario){
		"reach":    func(s *Scenario) { s.Reach.Radius = 0 },
		"zones":    func(s *Scenario) { s.Zones[1].ID = "nord" },
		"children": func(s *Scenario) { s.Zones[1].Children = math.NaN() },
		"share":    func(s *Scenario) { s.Children = num("-1") },
		"plan":     func(s *Scenario) { s.Plan.To = 0 },
	} {
		s := scenario(t)
		change(&s)
		if _, err := s.Outcome(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestLawsOfScenarios(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := scenario(t)
		s.Reach = anyReach().Draw(t, "reach")
		before := outcome(t, s)
		i := rapid.IntRange(0, 2).Draw(t, "structure")
		s.Plan.Structures[i].Places += rapid.IntRange(0, 30).Draw(t, "more places")
		more := outcome(t, s)
		s.Children = Whole(rapid.IntRange(101, 200).Draw(t, "more children"))
		crowded := outcome(t, s)
		for k, y := range before.Years {
			for z := range y.Zones {
				a, b, c := y.Zones[z], more.Years[k].Zones[z], crowded.Years[k].Zones[z]
				if b.Access.Band.Mid < a.Access.Band.Mid-1e-9 || b.Coverage.Band.Mid < a.Coverage.Band.Mid-1e-9 {
					t.Fatalf("more places: %+v then %+v", a, b)
				}
				if c.Access.Band.Mid > b.Access.Band.Mid+1e-9 || c.Coverage.Band.Mid > b.Coverage.Band.Mid+1e-9 {
					t.Fatalf("more children: %+v then %+v", b, c)
				}
				if !(a.Access.Band.Low <= a.Access.Band.Mid && a.Access.Band.Mid <= a.Access.Band.High) {
					t.Fatalf("%+v", a)
				}
			}
			sum := 0
			for _, z := range y.Zones {
				sum += z.Places
			}
			if sum != y.Places {
				t.Fatalf("%d: zones %d, town %d", y.Year, sum, y.Places)
			}
		}
	})
}

// BenchmarkScenario is the promise: 300 zones × 2,000 facilities under 10 ms, the field made
// anew, over the five years of a plan whose places change each year.
func BenchmarkScenario(b *testing.B) {
	l := newLand(300, 2000, 7)
	s := scenario(b)
	s.Plan = Plan{From: 2026, To: 2030, PriceYear: 2026}
	s.Zones, s.Sites = nil, nil
	for i, p := range l.zones {
		s.Zones = append(s.Zones, Zone{ID: fmt.Sprint("z", i), X: p.X, Y: p.Y, Children: l.demand[i]})
	}
	for i, p := range l.facilities {
		s.Plan.Structures = append(s.Plan.Structures, Structure{
			ID: fmt.Sprint("s", i), Name: "S", Kind: Creche, Zone: fmt.Sprint("z", i%300), X: p.X, Y: p.Y,
			Places: int(l.supply[i]),
		})
	}
	for year := 2026; year <= 2030; year++ {
		s.Plan.Operations = append(s.Plan.Operations, Operation{
			ID: fmt.Sprint("o", year), Title: "O", Kind: Extension, Structure: "s1",
			Changes: []PlaceChange{{"s1", day(fmt.Sprint(year) + "-09-01"), 10}},
		})
	}
	for _, reach := range []Reach{{2000, Gaussian}, {5000, Gaussian}, {50000, Gaussian}} {
		s.Reach = reach
		b.Run(fmt.Sprintf("%.0fkm", reach.Radius/1000), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				outcome(b, s)
			}
		})
	}
	b.Run("one crèche moved, 2km", func(b *testing.B) {
		s.Reach = Reach{2000, Gaussian}
		s.Plan.Structures = slices.Clone(s.Plan.Structures)
		for b.Loop() {
			s.Plan.Structures[7].X += 10
			outcome(b, s)
		}
	})
}

func BenchmarkBudget(b *testing.B) {
	p, scales := town(), filled(b)
	for i := range 40 {
		s := p.Structures[0]
		s.ID = fmt.Sprint("x", i)
		p.Structures = append(p.Structures, s)
	}
	for b.Loop() {
		if _, err := p.Budgets(scales, Uncertainty{Whole(5), Whole(10), Whole(3)}); err != nil {
			b.Fatal(err)
		}
	}
}
