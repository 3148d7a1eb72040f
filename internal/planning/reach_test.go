// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// naive is the definition, read straight down: O(zones × facilities), no index, no shortcut.
func naive(zones, facilities []Point, demand, supply []float64, reach Reach) []float64 {
	weight := func(z, f Point) float64 {
		d := math.Hypot(z.X-f.X, z.Y-f.Y)
		switch {
		case d > reach.Radius:
			return 0
		case reach.Decay == Flat:
			return 1
		case reach.Decay == Gaussian:
			q := d / reach.Radius
			return (math.Exp(-q*q/2) - math.Exp(-0.5)) / (1 - math.Exp(-0.5))
		case d <= reach.Radius/3:
			return 1
		case d <= 2*reach.Radius/3:
			return 0.68
		}
		return 0.22
	}
	out := make([]float64, len(zones))
	for j, f := range facilities {
		around := 0.0
		for k, z := range zones {
			around += demand[k] * weight(z, f)
		}
		for i, z := range zones {
			if around > 0 {
				out[i] += 100 * supply[j] / around * weight(z, f)
			}
		}
	}
	return out
}

// land is points of a département, with the children of the zones and the places of the facilities.
type land struct {
	zones, facilities []Point
	demand, supply    []float64
}

// newLand scatters points over 15 × 15 km around Bobigny, always the same for a seed.
func newLand(zones, facilities int, seed uint64) land {
	r := rand.New(rand.NewPCG(seed, 1))
	scatter := func(n int) []Point {
		out := make([]Point, n)
		for i := range out {
			out[i] = Point{655000 + r.Float64()*15000, 6860000 + r.Float64()*15000}
		}
		return out
	}
	l := land{zones: scatter(zones), facilities: scatter(facilities)}
	for range zones {
		l.demand = append(l.demand, float64(20+r.IntN(200)))
	}
	for range facilities {
		l.supply = append(l.supply, float64(4+r.IntN(60)))
	}
	return l
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

func field(t fatal, l land, reach Reach) *Field {
	t.Helper()
	f, err := NewField(l.zones, l.facilities, reach)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAccessIsTheDefinition(t *testing.T) {
	t.Parallel()
	l := newLand(300, 2000, 7)
	for _, reach := range []Reach{{800, Gaussian}, {2000, Gaussian}, {2000, Steps}, {3000, Flat}, {50000, Gaussian}} {
		got := field(t, l, reach).Access(l.demand, l.supply)
		for i, want := range naive(l.zones, l.facilities, l.demand, l.supply, reach) {
			if !near(got[i], want) {
				t.Fatalf("%+v, zone %d: %v, want %v", reach, i, got[i], want)
			}
		}
	}
}

// By hand: one crèche of 30 places on the spot of 100 children; 100 others 1 000 m away.
func TestAccessByHand(t *testing.T) {
	t.Parallel()
	zones := []Point{{0, 0}, {1000, 0}, {9000, 0}}
	for _, c := range []struct {
		reach Reach
		want  [3]float64
	}{
		{Reach{2000, Flat}, [3]float64{15, 15, 0}},
		{Reach{3000, Steps}, [3]float64{15, 15, 0}},
		{Reach{1500, Steps}, [3]float64{17.857142857142858, 12.142857142857144, 0}}, // 30 ÷ 168 and × 0,68
		{Reach{999, Gaussian}, [3]float64{30, 0, 0}},
		{Reach{2000, Gaussian}, [3]float64{17.632884337, 12.367115663, 0}},
	} {
		f, err := NewField(zones, []Point{{0, 0}}, c.reach)
		if err != nil {
			t.Fatal(err)
		}
		got := f.Access([]float64{100, 100, 100}, []float64{30})
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-8 {
				t.Errorf("%+v: %v, want %v", c.reach, got, c.want)
			}
		}
	}
}

func TestTheBellIsTheExponential(t *testing.T) {
	t.Parallel()
	for i := range 10001 {
		q := float64(i) / 10000
		if want := math.Exp(-q / 2); math.Abs(bell(q)-want) > 4e-16 {
			t.Fatalf("bell(%v) = %v, want %v", q, bell(q), want)
		}
	}
}

func anyLand() *rapid.Generator[land] {
	return rapid.Custom(func(t *rapid.T) land {
		point := rapid.Custom(func(t *rapid.T) Point {
			return Point{
				650000 + float64(rapid.IntRange(0, 6000).Draw(t, "x")), 6860000 + float64(rapid.IntRange(0, 6000).Draw(t, "y")),
			}
		})
		l := land{
			zones:      rapid.SliceOfN(point, 1, 12).Draw(t, "zones"),
			facilities: rapid.SliceOfN(point, 1, 12).Draw(t, "facilities"),
		}
		for range l.zones {
			l.demand = append(l.demand, float64(rapid.IntRange(0, 300).Draw(t, "children")))
		}
		for range l.facilities {
			l.supply = append(l.supply, float64(rapid.IntRange(0, 60).Draw(t, "places")))
		}
		return l
	})
}

func anyReach() *rapid.Generator[Reach] {
	return rapid.Custom(func(t *rapid.T) Reach {
		return Reach{
			float64(rapid.IntRange(1, 7000).Draw(t, "radius")),
			rapid.SampledFrom([]Decay{Gaussian, Steps, Flat}).Draw(t, "decay"),
		}
	})
}

func TestLawsOfAccess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, reach := anyLand().Draw(t, "land"), anyReach().Draw(t, "reach")
		f := field(t, l, reach)
		before := f.Access(l.demand, l.supply)
		for i, want := range naive(l.zones, l.facilities, l.demand, l.supply, reach) {
			// a distance equal to a third of the radius may fall on either side of a step
			if !near(before[i], want) && reach.Decay != Steps {
				t.Fatalf("zone %d: %v, want %v", i, before[i], want)
			}
			if before[i] < 0 {
				t.Fatalf("zone %d: %v", i, before[i])
			}
		}
		shared, offered := 0.0, 0.0
		for i, a := range before {
			shared += a * l.demand[i] / 100
		}
		for j, row := range f.rows {
			for _, p := range row {
				if l.demand[p.zone] > 0 && p.weight > 0 {
					offered += l.supply[j]
					break
				}
			}
		}
		if math.Abs(shared-offered) > 1e-6*max(1, offered) {
			t.Fatalf("the children share %v places of %v", shared, offered)
		}
		j := rapid.IntRange(0, len(l.facilities)-1).Draw(t, "facility")
		l.supply[j]++
		never(t, "a place more", before, f.Access(l.demand, l.supply))
		l.supply[j]--
		opened := f.With(l.facilities[j])
		never(t, "a crèche more", before, opened.Access(l.demand, append(append([]float64{}, l.supply...), 10)))
		i := rapid.IntRange(0, len(l.zones)-1).Draw(t, "zone")
		more := append([]float64{}, l.demand...)
		more[i] += 50
		if before[i] > 0 && l.demand[i] > 0 {
			never(t, "fewer children", f.Access(more, l.supply), before)
		}
	})
}

// never checks that no zone loses.
func never(t *rapid.T, what string, before, after []float64) {
	for i := range before {
		if after[i] < before[i]-1e-9*max(1, before[i]) {
			t.Fatalf("%s lowers zone %d from %v to %v", what, i, before[i], after[i])
		}
	}
}

func TestAMovedFacilityIsAFieldMadeAnew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, reach := anyLand().Draw(t, "land"), anyReach().Draw(t, "reach")
		j := rapid.IntRange(0, len(l.facilities)-1).Draw(t, "facility")
		old := field(t, l, reach)
		kept := old.Access(l.demand, l.supply)
		moved := old.Move(j, l.zones[0])
		l.facilities[j] = l.zones[0]
		anew := field(t, l, reach).Access(l.demand, l.supply)
		for i, a := range moved.Access(l.demand, l.supply) {
			if a != anew[i] {
				t.Fatalf("zone %d: %v moved, %v made anew", i, a, anew[i])
			}
		}
		for i, a := range old.Access(l.demand, l.supply) {
			if a != kept[i] {
				t.Fatal("the first field changed")
			}
		}
	})
}

func TestReachRefuses(t *testing.T) {
	t.Parallel()
	for _, r := range []Reach{{0, Gaussian}, {-5, Flat}, {math.NaN(), Flat}, {1e9, Flat}, {1000, ""}} {
		if _, err := NewField(nil, nil, r); err == nil {
			t.Errorf("%+v was accepted", r)
		}
	}
	f, err := NewField([]Point{{math.NaN(), 0}, {1, 1}}, []Point{{math.Inf(1), 0}}, Reach{1000, Flat})
	if err != nil || len(f.Access([]float64{1, 1}, []float64{1})) != 2 {
		t.Errorf("points without place: %v", err)
	}
}

func BenchmarkField(b *testing.B) {
	for _, c := range []struct {
		name  string
		reach Reach
	}{{"2km", Reach{2000, Gaussian}}, {"5km", Reach{5000, Gaussian}}, {"everything", Reach{50000, Gaussian}}} {
		l := newLand(300, 2000, 7)
		b.Run(c.name+"/made anew", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				field(b, l, c.reach).Access(l.demand, l.supply)
			}
		})
		f := field(b, l, c.reach)
		b.Run(c.name+"/places changed", func(b *testing.B) {
			for b.Loop() {
				f.Access(l.demand, l.supply)
			}
		})
		b.Run(c.name+"/one moved", func(b *testing.B) {
			for b.Loop() {
				f.Move(3, Point{660000, 6865000}).Access(l.demand, l.supply)
			}
		})
	}
}
