// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"slices"
	"strings"
	"testing"

	"maillage/internal/territory"
	"pgregory.net/rapid"
)

func town(id, dep string, figures map[string]float64) Profile {
	p := Profile{Territory: &territory.Territory{ID: territory.ID(id), Kind: territory.Commune, Name: id, Departement: territory.ID(dep)}, Values: map[string]Value{}}
	for code, n := range figures {
		p.Values[code] = Value{Indicator: code, State: Observed, Number: n}
	}
	return p
}

func ids(peers []Peer) string {
	var out []string
	for _, p := range peers {
		out = append(out, string(p.Territory.ID))
	}
	return strings.Join(out, " ")
}

func someTowns() (Profile, []Profile) {
	bagnolet := town("93006", "93", map[string]float64{"population_municipale": 42524, "pauvrete_60": 31})
	return bagnolet, []Profile{
		bagnolet,
		town("93063", "93", map[string]float64{"population_municipale": 33000, "pauvrete_60": 26}),
		town("93029", "93", map[string]float64{"population_municipale": 43234, "pauvrete_60": 30}),
		town("93051", "93", map[string]float64{"population_municipale": 71000, "pauvrete_60": 17}),
		town("93015", "93", map[string]float64{"population_municipale": 42500}), // poverty not known
		town("94003", "94", map[string]float64{"population_municipale": 42600, "pauvrete_60": 31}),
		{Territory: &territory.Territory{ID: "200057875", Kind: territory.EPT}, Values: map[string]Value{"population_municipale": {State: Observed, Number: 42524}}},
		town("93999", "93", nil),
	}
}

func TestPeers(t *testing.T) {
	t.Parallel()
	bagnolet, all := someTowns()
	if got := ids(Peers(bagnolet, all, Criteria(), Choice{Departement: true})); got != "93029 93015 93063 93051 94003" {
		t.Errorf("département first: %s", got)
	}
	if got := ids(Peers(bagnolet, all, Criteria(), Choice{Count: 2})); got != "94003 93029" {
		t.Errorf("whole country: %s", got)
	}
	if got := ids(Peers(bagnolet, all, Criteria(), Choice{Count: 2, Pinned: []territory.ID{"93999", "93051"}, Excluded: []territory.ID{"94003"}})); got != "93999 93051" {
		t.Errorf("pinned: %s", got)
	}
	off := Peers(bagnolet, all, Criteria(), Choice{Count: 1, Departement: true, Off: []string{"pauvrete_60"}})
	if got := ids(off); got != "93015" {
		t.Errorf("without poverty the nearest population wins: %s", got)
	}
}

func TestPeersGiveTheirReasons(t *testing.T) {
	t.Parallel()
	bagnolet, all := someTowns()
	peers := Peers(bagnolet, all, Criteria(), Choice{Departement: true})
	first := peers[0]
	if first.Reasons[0].Text != "population proche : 43\u202f234 contre 42\u202f524 habitants" || !first.Reasons[0].Alike {
		t.Errorf("reasons: %+v", first.Reasons)
	}
	for _, p := range peers {
		switch p.Territory.ID {
		case "93015":
			if !slices.Contains(p.Unknown, "taux de pauvreté") || len(p.Reasons) != 1 {
				t.Errorf("Coubron: %+v", p)
			}
		case "93051":
			if last := p.Reasons[len(p.Reasons)-1]; last.Alike || !strings.Contains(last.Text, "taux de pauvreté plus bas : 17 contre 31\u202f%") {
				t.Errorf("Noisy: %+v", p.Reasons)
			}
		}
	}
}

func TestWhatIsMissingIsNeitherNearestNorZero(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 12).Draw(t, "towns")
		var all []Profile
		for i := range n {
			figures := map[string]float64{}
			for _, c := range Criteria() {
				if i == 0 || rapid.IntRange(0, 3).Draw(t, "known") > 0 {
					figures[c.Indicator] = float64(rapid.IntRange(1, 99).Draw(t, "figure"))
				}
			}
			all = append(all, town(string(rune('a'+i)), "93", figures))
		}
		twin := Profile{Territory: &territory.Territory{ID: "twin", Kind: territory.Commune, Departement: "93"}, Values: all[0].Values}
		nothing := town("nothing", "93", nil)
		peers := Peers(all[0], append(all, twin, nothing), Criteria(), Choice{Count: 100})
		if peers[0].Distance != 0 {
			t.Fatalf("the twin is not the nearest: %+v", peers[0])
		}
		for _, p := range peers {
			if p.Territory.ID == "nothing" || p.Territory.ID == "a" {
				t.Fatalf("%s is compared", p.Territory.ID)
			}
			if len(p.Unknown) > 0 && p.Distance == 0 {
				t.Fatalf("ignorance passes for likeness: %+v", p)
			}
		}
	})
}

func BenchmarkPeersWholeCountry(b *testing.B) {
	var all []Profile
	for i := range 34969 {
		all = append(all, town(string(rune(i+1000)), "93", map[string]float64{"population_municipale": float64(i%997 + 1), "pauvrete_60": float64(i % 41), "couverture_globale": float64(i % 83)}))
	}
	for b.Loop() {
		Peers(all[0], all, Criteria(), Choice{})
	}
}
