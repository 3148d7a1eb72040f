// SPDX-License-Identifier: EUPL-1.2

package palette

import (
	"math"
	"testing"
)

func parseAll(t *testing.T, hex []string) []RGB {
	t.Helper()
	out := make([]RGB, len(hex))
	for i, h := range hex {
		c, err := Parse(h)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = c
	}
	return out
}

// nearest is the least distance between neighbouring classes.
func nearest(ramp []RGB, v Vision) float64 {
	least := math.Inf(1)
	for i := 1; i < len(ramp); i++ {
		least = math.Min(least, Distance(ramp[i-1].Seen(v), ramp[i].Seen(v)))
	}
	return least
}

func TestClassesAreToldApartByEveryone(t *testing.T) {
	t.Parallel()
	for name, ramp := range map[string]func(int) []string{"sequential": Sequential, "diverging": Diverging} {
		for n := 2; n <= 7; n++ {
			want := 15.0
			if n > 5 {
				want = 10 // more classes than a map should have; the labels say the class
			}
			for _, v := range []Vision{Ordinary, Protan, Deutan, Tritan} {
				d := nearest(parseAll(t, ramp(n)), v)
				t.Logf("%s %d, vision %d: ΔE %.1f", name, n, v, d)
				if d < want {
					t.Errorf("%s of %d, vision %d: neighbours at ΔE %.1f, want %.0f", name, n, v, d, want)
				}
			}
		}
	}
}

func TestLightnessIsMonotone(t *testing.T) {
	t.Parallel()
	for n := 2; n <= 7; n++ {
		ramp := parseAll(t, Sequential(n))
		for i := 1; i < n; i++ {
			before, _, _ := ramp[i-1].Lab()
			after, _, _ := ramp[i].Lab()
			if after > before-8 {
				t.Errorf("sequential of %d: class %d has L* %.0f after %.0f: a photocopy would merge them", n, i+1, after, before)
			}
		}
		div := parseAll(t, Diverging(n))
		for i := 1; i < n/2; i++ {
			outer, _, _ := div[i-1].Lab()
			inner, _, _ := div[i].Lab()
			if inner < outer+8 {
				t.Errorf("diverging of %d does not lighten towards the pivot at %d", n, i)
			}
		}
	}
}

func TestTextReadsOnEveryClass(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 7; n++ {
		for _, hex := range append(append([]string{}, Sequential(n)...), Diverging(n)...) {
			ink := parseAll(t, []string{hex, TextOn(hex, "#12181f", "#ffffff")})
			if c := Contrast(ink[0], ink[1]); c < 4.5 {
				t.Errorf("text on %s has contrast %.2f, want 4.5", hex, c)
			}
		}
	}
}

func TestReferenceColours(t *testing.T) {
	t.Parallel()
	white, black := RGB{1, 1, 1}, RGB{}
	if c := Contrast(white, black); math.Abs(c-21) > 1e-9 {
		t.Errorf("white on black: %v, want 21", c)
	}
	l, a, b := white.Lab()
	if math.Abs(l-100) > 0.01 || math.Abs(a) > 0.02 || math.Abs(b) > 0.02 {
		t.Errorf("white is L*a*b* %v %v %v", l, a, b)
	}
	// The ramp everybody uses and nobody should: its ends merge for deuteranopes.
	ends := parseAll(t, []string{"#d7191c", "#1a9641"})
	seen, lost := Distance(ends[0], ends[1]), Distance(ends[0].Seen(Deutan), ends[1].Seen(Deutan))
	if lost > seen/4 {
		t.Errorf("red and green at ΔE %.0f, still %.0f under deuteranopia: the simulation is wrong", seen, lost)
	}
	for _, bad := range []string{"", "red", "#12345", "#gggggg"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("Parse(%q) accepted", bad)
		}
	}
}
