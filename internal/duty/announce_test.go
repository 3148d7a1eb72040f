// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"strings"
	"testing"

	"maillage/internal/platform/clock"
)

// growing is a commune whose population totale takes the given values, the last one in force
// on 1 January 2026; the population municipale is 60 less.
func growing(name string, totals ...int) Facts {
	f := Facts{Territory: Territory{"1", name, Commune}}
	for i, n := range totals {
		year := 2026 - len(totals) + 1 + i
		f.Populations = append(f.Populations, Population{Year: year - 3, InForce: clock.NewDate(year, 1, 1), Municipal: n - 60, Total: n, TotalKnown: true})
	}
	return f
}

func kinds(as []Announcement) string {
	var out []string
	for _, a := range as {
		out = append(out, string(a.Kind))
	}
	return strings.Join(out, " ")
}

func TestAnnounce(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	for _, c := range []struct {
		rule   string
		facts  Facts
		date   string
		want   string
		phrase string
	}{
		{"a town that grows towards 10,000 is told ahead",
			growing("Pont-Exemple", 9336, 9467, 9600, 9734, 9870), "2026-06-01", "tendance-au-dessus",
			"Pont-Exemple compte 9\u202f870 habitants (population totale 2023), +1,4\u202f% par an : probablement plus de 10\u202f000 en 2027 ; voici ce qui changerait : schéma pluriannuel"},
		{"an uneven growth is only a maybe",
			growing("Ville", 9400, 9390, 9800, 9770, 9900), "2026-06-01", "tendance-au-dessus", "peut-être plus de 10\u202f000 en 2027"},
		{"two years make no trend", growing("Ville", 9700, 9870), "2026-06-01", "", ""},
		{"a crossing too far away is not announced", growing("Ville", 8000, 8010, 8020), "2026-06-01", "", ""},
		{"10,000 exactly is not crossed", growing("Ville", 9900, 10000), "2026-06-01", "", ""},
		{"the first population above 10,000", growing("Ville", 9950, 10090), "2026-06-01", "passe-au-dessus",
			"Depuis le 1er janvier 2026, Ville compte 10\u202f090 habitants (population totale 2023), contre 9\u202f950 auparavant : le seuil de 10\u202f000 est dépassé"},
		{"a fall is told and nothing is deleted", growing("Ville", 10090, 9950), "2026-06-01", "passe-au-dessous",
			"La loi ne prévoit pas de maintien"},
		{"a population already known but not in force", growing("Ville", 9950, 10090), "2025-06-01", "passera-au-dessus",
			"Au 1er janvier 2026, la population de Ville en vigueur passera de 9\u202f950 à 10\u202f090 habitants"},
		{"a fall already known", growing("Ville", 10090, 9950), "2025-06-01", "passera-au-dessous", "ne s'imposeront plus"},
		{"a falling town may leave the band", growing("Ville", 10600, 10400, 10200, 10065), "2026-06-01", "tendance-au-dessous",
			"probablement 10\u202f000 ou moins en 2027"},
		{"between its two populations", growing("Ville", 10050, 10050), "2026-06-01", "entre-deux-populations",
			"la population municipale (9\u202f990) est au-dessous du seuil de 10\u202f000, la population totale (10\u202f050) au-dessus"},
		{"3,500 is watched too", growing("Bourg", 3400, 3520), "2026-06-01", "passe-au-dessus entre-deux-populations", "le seuil de 3\u202f500 est dépassé"},
	} {
		got := Announce(rules, c.facts, day(c.date))
		if kinds(got) != c.want {
			t.Errorf("%s: %s, want %s", c.rule, kinds(got), c.want)
			continue
		}
		if len(got) > 0 && !strings.Contains(got[0].Sentence, c.phrase) {
			t.Errorf("%s:\n got %s\nwant %s", c.rule, got[0].Sentence, c.phrase)
		}
	}
}

func TestTrendSaysItsMethodAndItsDoubt(t *testing.T) {
	t.Parallel()
	a := Announce(shipped(t), growing("Pont-Exemple", 9336, 9467, 9600, 9734, 9870), day("2026-06-01"))[0]
	for _, phrase := range []string{"croissance annuelle moyenne entre les populations 2019 et 2023", "une tendance, non une certitude", "en 2027"} {
		if !strings.Contains(a.Method, phrase) {
			t.Errorf("method lacks %q: %s", phrase, a.Method)
		}
	}
	if a.On != day("2027-01-01") || a.Threshold != HighThreshold || len(a.Rules) != 4 {
		t.Errorf("on %s, threshold %d, %d rules", a.On, a.Threshold, len(a.Rules))
	}
}

func TestAnnouncementsOfHolders(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	cc := Territory{"200000001", "CC des Exemples", EPCI}
	a, b := give(growing("A", 5900, 6000, 6100), cc, Planifier), give(growing("B", 3650, 3750, 3850), cc, Planifier)
	b.Territory.ID = "2"
	got := Announce(rules, HolderFacts(cc, []Facts{a, b}), day("2026-06-01"))
	if kinds(got) != "tendance-au-dessus" || got[0].Count != 9950 {
		t.Fatalf("EPCI: %+v", got)
	}
	if want := "CC des Exemples compte 9\u202f950 habitants (somme, population totale 2023)"; !strings.HasPrefix(got[0].Sentence, want) {
		t.Errorf("sentence %s", got[0].Sentence)
	}
	crossing := give(growing("Ville", 9950, 10090), cc, Competences()...)
	for _, x := range Announce(rules, crossing, day("2026-06-01")) {
		for _, r := range x.Rules {
			if r.Who == ToHolder {
				t.Errorf("a commune that transferred all is told of %s", r.Code)
			}
		}
	}
}

func TestBandsOfSeineSaintDenis(t *testing.T) {
	t.Parallel()
	b := CountBands(seineSaintDenis(t))
	if b.Large != 35 || b.Middle != 4 || b.Small != 0 {
		t.Errorf("93: %d above 10,000, %d between, %d up to 3,500; want 35, 4, 0", b.Large, b.Middle, b.Small)
	}
	if b.LargePM != 35 || b.MiddlePM != 4 || len(b.AcrossLow) != 0 || len(b.AcrossHigh) != 0 {
		t.Errorf("93 by population municipale: %+v", b)
	}
}

func TestBandsBetweenTwoPopulations(t *testing.T) {
	t.Parallel()
	b := CountBands([]Inhabitants{
		{"1", "A", 3501, 3500}, {"2", "B", 10001, 10000}, {"3", "C", 3500, 3400}, {"4", "D", 10000, 9900}, {"5", "E", 20000, 19000},
	})
	if b.Small != 1 || b.Middle != 2 || b.Large != 2 || b.SmallPM != 2 || b.MiddlePM != 2 || b.LargePM != 1 {
		t.Errorf("bands %+v", b)
	}
	if len(b.AcrossLow) != 1 || b.AcrossLow[0].ID != "1" || len(b.AcrossHigh) != 1 || b.AcrossHigh[0].ID != "2" {
		t.Errorf("across %v %v", b.AcrossLow, b.AcrossHigh)
	}
}
