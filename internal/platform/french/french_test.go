// SPDX-License-Identifier: EUPL-1.2

package french

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"0": 0, "-0": 0, "+4": 4, "-3": -3, "−3": -3, "007": 7, "01001": 1001,
		"1 234,5": 1234.5, "1\u00a0234,5": 1234.5, "1\u202f234,5": 1234.5, "1\u2009234,5": 1234.5, "1\u2007234": 1234,
		"1 234\u202f567": 1234567, " 12 ": 12, "\u00a012\u00a0": 12, "12\t": 12,
		"12,5 %": 12.5, "12,5%": 12.5, "12,5\u202f%": 12.5, "195,8 %": 195.8,
		"1.234,56": 1234.56, "1.234.567": 1234567, "1234.5": 1234.5, "1.234": 1.234, "1,234": 1.234, "1 234.5": 1234.5,
		",5": 0.5, ".5": 0.5, "-,5": -0.5,
		"1e+05": 1e5, "1.5e-03": 0.0015, "2e+300": 2e300,
		"0.1": 0.1, "0,1": 0.1, "123456789012345678": 123456789012345678, "0,1234567890123456789": 0.12345678901234568,
		"9007199254740993": 9007199254740992, "195.8": 195.8,
	} {
		got, err := ParseNumber(text)
		if err != nil || got != want || math.Signbit(got) && got == 0 {
			t.Errorf("ParseNumber(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestParseNumberRefuses(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"NaN": "pas une valeur", "nan": "pas une valeur", "Inf": "pas une valeur", "-inf": "pas une valeur", "Infinity": "pas une valeur",
		"0x1F": "base 16", "1_000": "tiret bas", "1,2,3": "plusieurs fois", "1,234,567": "plusieurs fois", "1.2.3": "par trois",
		"12 34": "par trois", "1 23": "par trois", "1234 567": "par trois", "1  234": "par trois", "1 234 56,7": "par trois",
		"1 234.567.890": "par trois", "12.34,5": "par trois", "0,123 456": "par trois",
		"1,234.56": "anglaise", "5,": "décimales", "5.": "décimales",
		"1.5e3": "scientifique", "12E5": "scientifique", "1e5": "scientifique", "8,89E+13": "abrégé", "8.89055E+13": "abrégé",
		"12 €": "autres signes", "1234 places": "autres signes", "12abc": "autres signes", "12,5 € ": "autres signes",
		"-": "chiffres", ",": "chiffres", ".": "chiffres", "%": "chiffres", "+-3": "chiffres", "--3": "chiffres", "ns": "chiffres",
		"12/05/2024": "chiffres", "=1+1": "chiffres", "١٢": "chiffres", "e+05": "chiffres", "1 234e+05": "autres signes",
		"1e+999":                 "mesure",
		strings.Repeat("9", 401): "mesure", strings.Repeat("9", 330): "mesure",
	} {
		got, err := ParseNumber(text)
		if !errors.Is(err, ErrNumber) || got != 0 {
			t.Errorf("ParseNumber(%q) = %v, %v, want a refusal", text, got, err)
			continue
		}
		var number *NumberError
		if !errors.As(err, &number) || !strings.Contains(number.Reason, reason) || number.Remedy == "" {
			t.Errorf("ParseNumber(%q): %v, want a reason with %q", text, err, reason)
		}
	}
	for _, text := range []string{"", " ", "\u00a0\t\u202f"} {
		if _, err := ParseNumber(text); !errors.Is(err, ErrEmpty) {
			t.Errorf("ParseNumber(%q): %v, want ErrEmpty", text, err)
		}
	}
}

func TestParseNumberDoesNotAllocate(t *testing.T) {
	for _, text := range []string{"1234", "1 234,5", "1\u202f234\u202f567,89", "12,5 %", "-0.75"} {
		if n := testing.AllocsPerRun(100, func() { _, _ = ParseNumber(text) }); n != 0 {
			t.Errorf("ParseNumber(%q) allocates %v times", text, n)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v        float64
		decimals int
		want     string
	}{
		{0, 0, "0"}, {0, 2, "0,00"}, {1234.5, 1, "1\u202f234,5"}, {1234567, 0, "1\u202f234\u202f567"}, {999.96, 1, "1\u202f000,0"},
		{-3, 0, "−3"}, {-0.004, 2, "0,00"}, {math.Copysign(0, -1), 1, "0,0"}, {2.5, 0, "3"}, {-2.5, 0, "−3"}, {1.005, 2, "1,01"},
		{0.5, 0, "1"}, {9.99, 1, "10,0"}, {-9.99, 1, "−10,0"}, {99.5, 0, "100"}, {12.5, -1, "12,5"}, {1e21, 0, "1\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000"},
		{math.NaN(), 1, "n. d."}, {math.Inf(-1), 0, "n. d."}, {100, 0, "100"}, {0.1 + 0.2, 2, "0,30"},
	} {
		if got := Number(c.v, c.decimals); got != c.want {
			t.Errorf("Number(%v, %d) = %q, want %q", c.v, c.decimals, got, c.want)
		}
	}
	for got, want := range map[string]string{
		Int(1234): "1\u202f234", Int(-12): "−12", Int(math.MinInt): "−9\u202f223\u202f372\u202f036\u202f854\u202f775\u202f808",
		Percent(12.5, 1): "12,5\u202f%", Percent(195.8, 0): "196\u202f%", Percent(math.NaN(), 1): "n. d.",
		Plain(-1234.56, 1): "-1234,6", Plain(math.NaN(), 1): "",
		Plural(0, "place", "places"): "0 place", Plural(1, "place", "places"): "1 place", Plural(2, "place", "places"): "2 places",
		Plural(-1, "point", "points"): "−1 point", Plural(1500, "place", "places"): "1\u202f500 places",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-1e15, 1e15).Draw(t, "v")
		decimals := rapid.IntRange(-1, 8).Draw(t, "decimals")
		for _, text := range []string{Number(v, decimals), Plain(v, decimals), Percent(v, decimals)} {
			got, err := ParseNumber(text)
			if err != nil {
				t.Fatalf("ParseNumber(%q): %v", text, err)
			}
			if want := Round(v, decimals); got != want {
				t.Fatalf("%q reads %v, want %v", text, got, want)
			}
		}
		if decimals >= 0 && math.Abs(Round(v, decimals)-v) > 0.5001*math.Pow(10, -float64(decimals))+math.Abs(v)*1e-15 {
			t.Fatalf("Round(%v, %d) = %v", v, decimals, Round(v, decimals))
		}
		n := rapid.Int().Draw(t, "n")
		if got, err := ParseNumber(Int(n)); err != nil || got != float64(n) {
			t.Fatalf("ParseNumber(Int(%d)) = %v, %v", n, got, err)
		}
	})
}

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"L'Île-Saint-Denis": "l ile saint denis", "L’Île–Saint‑Denis": "l ile saint denis", "Épinay-sur-Seine": "epinay sur seine",
		"  Œuf  dur ": "oeuf dur", "ÆGÆ": "aegae", "Noisy-le-Grand (93)": "noisy le grand 93", "": "", "--": "", "93066": "93066",
		"E\u0301pinay": "epinay", "Saint\u00a0Ouen": "saint ouen", "n°\u202f2": "n 2", "Hohengœft": "hohengoeft", "a\u00adb": "ab",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFoldTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once := Fold(rapid.String().Draw(t, "s"))
		if twice := Fold(once); twice != once {
			t.Fatalf("Fold(%q) = %q", once, twice)
		}
		if strings.Contains(once, "  ") || strings.TrimSpace(once) != once {
			t.Fatalf("spaces left in %q", once)
		}
	})
}

func TestCompare(t *testing.T) {
	t.Parallel()
	want := []string{"Aubervilliers", "Bondy", "Cote", "Coté", "Côte", "Côté", "Crèche 2", "Crèche 10", "Épinay-sur-Seine", "Étampes", "Evry", "Le Raincy", "Les Lilas", "Œuilly", "Orly", "Zuydcoote"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Compare)
	if !slices.Equal(got, want) {
		t.Errorf("sorted %q, want %q", got, want)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 200 {
				if Compare("Épinay", "Evry") >= 0 {
					t.Error("Épinay sorts after Evry")
				}
			}
		})
	}
	wait.Wait()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if Compare(a, b) != -Compare(b, a) || (Compare(a, b) == 0) != (a == b) {
			t.Fatalf("Compare(%q, %q) = %d, reversed %d", a, b, Compare(a, b), Compare(b, a))
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"Bondy":                    {"de Bondy", "à Bondy"},
		"Aubervilliers":            {"d'Aubervilliers", "à Aubervilliers"},
		"Épinay-sur-Seine":         {"d'Épinay-sur-Seine", "à Épinay-sur-Seine"},
		"Le Blanc-Mesnil":          {"du Blanc-Mesnil", "au Blanc-Mesnil"},
		"Le Raincy":                {"du Raincy", "au Raincy"},
		"Les Lilas":                {"des Lilas", "aux Lilas"},
		"La Courneuve":             {"de La Courneuve", "à La Courneuve"},
		"L'Île-Saint-Denis":        {"de L'Île-Saint-Denis", "à L'Île-Saint-Denis"},
		"Yerres":                   {"d'Yerres", "à Yerres"},
		"Ham":                      {"de Ham", "à Ham"},
		"Houilles":                 {"d'Houilles", "à Houilles"},
		"Œuilly":                   {"d'Œuilly", "à Œuilly"},
		"Lens":                     {"de Lens", "à Lens"},
		"Métropole du Grand Paris": {"de la Métropole du Grand Paris", "à la Métropole du Grand Paris"},
		"CC du Grand Roye":         {"de la CC du Grand Roye", "à la CC du Grand Roye"},
		"Est Ensemble":             {"d'Est Ensemble", "à Est Ensemble"},
		"Villeneuve-Saint-Georges": {"de Villeneuve-Saint-Georges", "à Villeneuve-Saint-Georges"},
		"Ville-sur-Terre":          {"de Ville-sur-Terre", "à Ville-sur-Terre"},
		"":                         {"de ", "à "},
	} {
		if got := DeName(name); got != want[0] {
			t.Errorf("DeName(%q) = %q, want %q", name, got, want[0])
		}
		if got := AName(name); got != want[1] {
			t.Errorf("AName(%q) = %q, want %q", name, got, want[1])
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1 234,5", "12,5 %", "−3", "1.234,56", "1e+05", "NaN", "0x1p-2", "1_000", "1\u202f234", "1,2,3", "99999999999999999999,5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseNumber(s)
		if err != nil {
			if v != 0 || err.Error() == "" {
				t.Fatalf("ParseNumber(%q) = %v, %v", s, v, err)
			}
			return
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("ParseNumber(%q) = %v", s, v)
		}
		// What was accepted and looks like Go's own plain form must have Go's value.
		if plain := strings.TrimSpace(s); strings.Trim(plain, "0123456789") == "" {
			if want, err := strconv.ParseFloat(plain, 64); err != nil || want != v {
				t.Fatalf("ParseNumber(%q) = %v, want %v", s, v, want)
			}
		}
		if back, err := ParseNumber(Number(v, -1)); err != nil || back != v {
			t.Fatalf("%q → %v → %q → %v, %v", s, v, Number(v, -1), back, err)
		}
	})
}

func BenchmarkParseNumber(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = ParseNumber("1\u202f234,5")
	}
}

func BenchmarkFold(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = Fold("L'Île-Saint-Denis")
	}
}
