// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"maillage/internal/platform/clock"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestSentences holds every sentence shown for example towns at three dates, so that the
// wording can be reviewed as text. The towns are invented; their populations too.
func TestSentences(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	var b strings.Builder
	for i, f := range exampleTowns() {
		for _, date := range []clock.Date{day("2024-12-31"), day("2025-06-01"), day("2026-01-01")} {
			fmt.Fprintf(&b, "=== %s, le %s\n\n", f.Territory.Name, date.French())
			for _, a := range Announce(rules, f, date) {
				fmt.Fprintf(&b, "! %s\n", a.Sentence)
				if a.Method != "" {
					fmt.Fprintf(&b, "  %s\n", a.Method)
				}
				b.WriteString("\n")
			}
			for _, d := range Evaluate(rules, f, date) {
				if i == 0 || d.Rule.Who != ToOperator { // the same words for every town
					write(&b, d)
				}
			}
		}
	}
	const file = "testdata/sentences.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("sentences differ from %s; run go test -run TestSentences -update and review the difference", file)
	}
}

func write(b *strings.Builder, d Duty) {
	mark := " "
	if d.Applies {
		mark = "*"
	}
	fmt.Fprintf(b, "%s %s : %s\n  %s\n", mark, d.Rule.Title, d.StateLabel, d.Reason)
	if d.NextStep != "" {
		fmt.Fprintf(b, "  → %s\n", d.NextStep)
	}
	for _, n := range d.Notes {
		doubt := ""
		if n.Check {
			doubt = "à vérifier : "
		}
		fmt.Fprintf(b, "  (%s%s)\n", doubt, n.Text)
	}
	b.WriteString("\n")
}

// exampleTowns are a large town with a partial convention, one that crosses 10,000 and has
// adopted its scheme, one between the thresholds, a village that transferred planning, and
// the grouping that received it.
func exampleTowns() []Facts {
	large := growing("Grandville", 24100, 24180, 24260, 24300)
	large.CTGs = []CTG{{From: day("2023-01-01"), To: day("2027-12-31"), Items: allItems()[:8]}}
	large.Evidence = []Evidence{{Kind: "diagnostic", Date: day("2025-04-10")}, {Kind: "rpe", Date: day("2024-09-01")}}

	crossing := growing("Pont-Neuf", 9700, 9800, 9950, 10040)
	crossing.Evidence = []Evidence{{Kind: "schema-adopte", Date: day("2025-12-15")}}

	middle := growing("Bourg-l'Abbé", 5190, 5204, 5210, 5217)

	cc := Territory{"200000001", "CC des Trois Rivières", EPCI}
	var villages []Facts
	for i, name := range []string{"Petit-Val", "Aubry", "Cormeil", "Fontenelle", "Luzy"} {
		v := growing(name, 2480, 2490, 2495, 2500)
		v.Territory.ID = fmt.Sprint(i)
		v.Assignments = []Assignment{{Planifier, cc, day("2025-01-01"), clock.Date{}, "délibération n° 2024-31"}}
		villages = append(villages, v)
	}
	return []Facts{large, crossing, middle, villages[0], HolderFacts(cc, villages)}
}
