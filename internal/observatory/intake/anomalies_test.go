// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"maillage/internal/observatory/statistic"
	"maillage/internal/territory"
)

func item(line int, indicator string, place territory.ID, p statistic.Period, n float64) Item {
	return Item{Line: line, Value: statistic.Number(indicator, place, p, n)}
}

func stored(items []Item) []statistic.Value {
	var out []statistic.Value
	for _, i := range items {
		out = append(out, i.Value)
	}
	return out
}

// the communes of the département in 2020, with births that move by a few per cent a year.
func births(p statistic.Period, factor float64) []Item {
	var out []Item
	for i, t := range registry().In("93", territory.Commune) {
		out = append(out, item(i+2, "naissances", t.ID, p, float64(int(factor*float64(100+40*i)*(1+float64(i%5)/100)))))
	}
	return out
}

func find(issues []Issue, kind string) []Issue {
	return slices.DeleteFunc(slices.Clone(issues), func(i Issue) bool { return i.Kind != kind })
}

func TestAnomaliesPointAtATypingError(t *testing.T) {
	t.Parallel()
	old, now := births("2020", 1), births("2021", 0.97)
	for i := range now {
		if now[i].Value.Territory == "93074" {
			now[i].Value.Number = float64(int(old[i].Value.Number * 0.38))
		}
	}
	got := Anomalies("naissances.csv", now, stored(old), dictionary(), registry())
	jumps := find(got, KindJump)
	if len(got) != 1 || len(jumps) != 1 || jumps[0].Territory != "93074" || jumps[0].Line == 0 || jumps[0].File != "naissances.csv" ||
		!strings.Contains(jumps[0].Message, "Vaujours, « Naissances domiciliées » : −62\u202f% par rapport à 2020") || !strings.Contains(jumps[0].Message, "faute de frappe ?") {
		t.Errorf("%+v", got)
	}
	if again := Anomalies("naissances.csv", births("2021", 0.97), stored(old), dictionary(), registry()); len(again) != 0 {
		t.Errorf("an ordinary year: %+v", again)
	}
	// A fall that is everyone's is news, not a typing error.
	if again := Anomalies("naissances.csv", births("2021", 0.5), stored(old), dictionary(), registry()); len(find(again, KindJump)) != 0 {
		t.Errorf("a common fall: %+v", again)
	}
}

func TestAnomaliesTellWhatDisappeared(t *testing.T) {
	t.Parallel()
	old, now := births("2020", 1), births("2021", 1)
	now = slices.DeleteFunc(now, func(i Item) bool { return i.Value.Territory == "93015" || i.Value.Territory == "93074" })
	got := find(Anomalies("x.csv", now, stored(old), dictionary(), registry()), KindMissingPlace)
	if len(got) != 1 || got[0].Count != 2 || !strings.HasSuffix(got[0].Message, "pour : Coubron, Vaujours") {
		t.Errorf("%+v", got)
	}
}

func TestOtherLevelsHaveNotDisappeared(t *testing.T) {
	t.Parallel()
	old := append(births("2020", 1), item(90, "naissances", "93", "2020", 20000), item(91, "naissances", "75", "2020", 20000), item(92, "naissances", "R11", "2020", 90000))
	now := []Item{item(2, "naissances", "93", "2021", 20000)}
	got := find(Anomalies("dep.csv", now, stored(old), dictionary(), registry()), KindMissingPlace)
	if len(got) != 1 || got[0].Count != 1 || !strings.HasSuffix(got[0].Message, "pour : Paris") {
		t.Errorf("%+v", got)
	}
}

func TestAMergerIsNeitherALossNorAJump(t *testing.T) {
	t.Parallel()
	old := append(births("2024", 1), item(99, "naissances", "93059", "2024", 600))
	now := births("2025", 1)
	for i := range now {
		if now[i].Value.Territory == "93066" {
			now[i].Value.Number += 600
		}
	}
	if got := Anomalies("x.csv", now, stored(old), dictionary(), registry()); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	// but the old code after the merger is pointed out, with its history.
	now = append(now, item(50, "naissances", "93059", "2026", 600))
	got := find(Anomalies("x.csv", now, nil, dictionary(), registry()), KindFormerPlace)
	if len(got) != 1 || got[0].Severity != Warning || !strings.Contains(got[0].Message, "Pierrefitte-sur-Seine (93059) n'existe plus depuis le 1er janvier 2025") {
		t.Errorf("%+v", got)
	}
	got = find(Anomalies("x.csv", old, nil, dictionary(), registry()), KindFormerPlace)
	if len(got) != 1 || got[0].Severity != Note {
		t.Errorf("an old file: %+v", got)
	}
}

func TestAnomaliesTellDuplicatesAndBounds(t *testing.T) {
	t.Parallel()
	items := []Item{
		item(2, "couverture", "93066", "2021", 31), item(3, "couverture", "93066", "2021", 31), item(4, "couverture", "93066", "2021", 32),
		item(5, "couverture", "85226", "2021", 161.1), item(6, "naissances", "93006", "2021", 12.5), item(7, "naissances", "93008", "2021", -3),
		{Line: 8, Value: statistic.None("couverture", "93006", "2021", statistic.Secret, "")},
	}
	got := Anomalies("x.csv", items, []statistic.Value{statistic.Number("couverture", "93066", "2021", 30)}, dictionary(), registry())
	text := ""
	for _, i := range got {
		text += fmt.Sprintf("%s %s %d %s\n", i.Severity, i.Kind, i.Line, i.Message)
	}
	want := `erreur doublon-contradictoire 4 Saint-Denis a deux valeurs différentes pour « Taux de couverture global » en 2021 : 31,0 (ligne 2) et 32,0 (ligne 4)
attention hors-bornes 7 Bobigny, 2021 : −3 naissances pour « Naissances domiciliées », ce qui sort de l'ordinaire ; la valeur est gardée telle quelle
attention annee-deja-presente 0 « Taux de couverture global » a déjà 1 valeur pour 2021, dont 1 changerait
note doublon 0 1 valeur figure deux fois à l'identique, sans conséquence
note hors-bornes 5 Saint-Hilaire-de-Riez, 2021 : 161,1 places pour 100 enfants pour « Taux de couverture global », ce qui sort de l'ordinaire ; la valeur est gardée telle quelle
note non-entier 0 « Naissances domiciliées » compte des unités, et 1 valeur n'est pas de nombre entier
`
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestAnomaliesNeverChangeAValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(p statistic.Period) []Item {
			var out []Item
			for i := range rapid.IntRange(0, 30).Draw(t, "n") {
				place := rapid.SampledFrom([]territory.ID{"93066", "93059", "93006", "93008", "93010", "93074", "75056"}).Draw(t, "place")
				out = append(out, item(i, rapid.SampledFrom([]string{"naissances", "couverture", "inconnu"}).Draw(t, "indicator"), place, p, float64(rapid.IntRange(-5, 1000).Draw(t, "v"))))
			}
			return out
		}
		now, old := draw("2021"), stored(draw("2020"))
		before := fmt.Sprint(now, old)
		for _, i := range Anomalies("x.csv", now, old, dictionary(), registry()) {
			if i.Message == "" || i.Kind == "" || i.Severity == "" {
				t.Fatalf("%+v says nothing", i)
			}
		}
		if fmt.Sprint(now, old) != before {
			t.Fatal("the values changed")
		}
	})
}

func TestRobust(t *testing.T) {
	t.Parallel()
	m, d := robust([]float64{1, 2, 3, 4, 1000})
	if m != 3 || d != 1.4826 {
		t.Errorf("%v %v", m, d)
	}
	if m, d = robust(nil); m != 0 || d != 0 {
		t.Errorf("%v %v", m, d)
	}
}
