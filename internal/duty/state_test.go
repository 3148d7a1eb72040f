// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"slices"
	"strings"
	"testing"
)

func TestLifeOfTheScheme(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	ev := func(kind, date string) Evidence { return Evidence{Kind: kind, Date: day(date)} }
	whole := CTG{From: day("2023-01-01"), To: day("2027-12-31"), Items: allItems()}
	partial := whole
	partial.Items = slices.Clone(allItems()[:8])
	for _, c := range []struct {
		rule     string
		evidence []Evidence
		ctgs     []CTG
		date     string
		state    State
		due      string
		label    string
	}{
		{"nothing recorded: to do, the law has asked since 2025", nil, nil, "2026-01-01",
			ToDo, "2025-01-01", "à faire (prévu par la loi depuis le 1er janvier 2025)"},
		{"a scheme being written is taken as such", []Evidence{ev("schema-engage", "2025-09-01")}, nil, "2026-01-01",
			InProgress, "2025-01-01", "en cours"},
		{"adopted: to transmit within a month, from the adoption", []Evidence{ev("schema-adopte", "2026-01-31")}, nil, "2026-02-10",
			ToTransmit, "2026-02-28", "à transmettre (échéance : 28 février 2026)"},
		{"the words stay the same once the month is over", []Evidence{ev("schema-adopte", "2026-01-31")}, nil, "2026-06-01",
			ToTransmit, "2026-02-28", "à transmettre (échéance : 28 février 2026)"},
		{"transmitted", []Evidence{ev("schema-adopte", "2026-01-31"), ev("schema-transmis", "2026-02-12")}, nil, "2026-03-01",
			Done, "", "fait le 12 février 2026"},
		{"a new adoption opens a new month", []Evidence{ev("schema-adopte", "2026-01-31"), ev("schema-transmis", "2026-02-12"), ev("schema-adopte", "2026-09-30")}, nil, "2026-10-01",
			ToTransmit, "2026-10-30", "à transmettre (échéance : 30 octobre 2026)"},
		{"evidence of tomorrow does not count today", []Evidence{ev("schema-adopte", "2026-01-31")}, nil, "2026-01-30",
			ToDo, "2025-01-01", "à faire (prévu par la loi depuis le 1er janvier 2025)"},
		{"a convention with the eleven items stands for the scheme", nil, []CTG{whole}, "2026-01-01",
			Covered, "2027-12-31", "couvert par la CTG jusqu'au 31 décembre 2027"},
		{"the same convention, once over, does not", nil, []CTG{whole}, "2028-01-01",
			ToDo, "2025-01-01", "à faire (prévu par la loi depuis le 1er janvier 2025)"},
		{"three items missing: still to do", nil, []CTG{partial}, "2026-01-01",
			ToDo, "2025-01-01", "à faire (prévu par la loi depuis le 1er janvier 2025)"},
	} {
		f := town("1", "Ville", 20000)
		f.Evidence, f.CTGs = c.evidence, c.ctgs
		d := of(t, Evaluate(rules, f, day(c.date)), "schema")
		if d.State != c.state || d.Due.String() != c.due || d.StateLabel != c.label || !d.Applies {
			t.Errorf("%s: %s, due %s, %q; want %s, %s, %q", c.rule, d.State, d.Due, d.StateLabel, c.state, c.due, c.label)
		}
	}
}

func TestPartialConventionNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := town("1", "Ville", 20000)
	f.CTGs = []CTG{{From: day("2023-01-01"), To: day("2027-12-31"), Items: allItems()[:8]}}
	d := of(t, Evaluate(shipped(t), f, day("2026-01-01")), "schema")
	want := "La convention territoriale globale (2023-2027) tient peut-être lieu de schéma : 8 éléments sur 11 y sont relevés. " +
		"Restent : 4° f) coûts prévisionnels, moyens et difficultés identifiées ; 4° g) calendrier prévisionnel ; 4° h) indicateurs et modalités d'évaluation."
	if !noted(d, want) {
		t.Errorf("notes %v", d.Notes)
	}
	if d.NextStep != "Chercher dans la convention, ou rédiger, 3 éléments manquants." {
		t.Errorf("next step %q", d.NextStep)
	}
}

func TestWhatFollowsTheScheme(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	ev := func(kind, date string) Evidence { return Evidence{Kind: kind, Date: day(date)} }
	adopted := ev("schema-adopte", "2025-06-30")
	for _, c := range []struct {
		rule, code string
		evidence   []Evidence
		state      State
		applies    bool
		due        string
	}{
		{"no update before a scheme", "actualisation", nil, Upcoming, false, ""},
		{"no report before a scheme", "bilans", nil, Upcoming, false, ""},
		{"a scheme calls for updates when they come", "actualisation", []Evidence{adopted}, OnRequest, true, ""},
		{"an update adopted is sent within a month", "actualisation", []Evidence{adopted, ev("actualisation-adoptee", "2025-12-31")}, ToTransmit, true, "2026-01-31"},
		{"an update sent", "actualisation", []Evidence{adopted, ev("actualisation-adoptee", "2025-12-31"), ev("actualisation-transmise", "2026-01-15")}, Done, true, ""},
		{"two reports are to be planned, without a date", "bilans", []Evidence{adopted}, ToDo, true, ""},
		{"the interim report is half the way", "bilans", []Evidence{adopted, ev("bilan-intermediaire", "2026-01-15")}, InProgress, true, ""},
		{"the final report closes", "bilans", []Evidence{adopted, ev("bilan-final", "2026-01-15")}, Done, true, ""},
	} {
		f := town("1", "Ville", 20000)
		f.Evidence = c.evidence
		d := of(t, Evaluate(rules, f, day("2026-02-01")), c.code)
		if d.State != c.state || d.Applies != c.applies || d.Due.String() != c.due {
			t.Errorf("%s: %s, applies %t, due %s; want %s, %t, %s", c.rule, d.State, d.Applies, d.Due, c.state, c.applies, c.due)
		}
	}
}

// A missing scheme has no sanction and the committee cannot seize a commune: no text may
// read as a reproach, whatever is missing and however old the date.
func TestNoReproach(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	for _, date := range []string{"2024-12-31", "2026-01-01", "2031-05-05"} {
		f := town("1", "Ville", 20000)
		f.Operator = true
		f.Evidence = []Evidence{{Kind: "schema-adopte", Date: day("2025-01-31")}}
		for _, d := range Evaluate(rules, f, day(date)) {
			text := d.Reason + d.StateLabel + d.NextStep
			for _, n := range d.Notes {
				text += n.Text
			}
			for _, word := range []string{"infraction", "retard", "sanction", "manquement", "illégal", "hors délai", "défaillan", "non-respect", "en demeure"} {
				if strings.Contains(strings.ToLower(text), word) {
					t.Errorf("%s on %s says %q: %s", d.Rule.Code, date, word, text)
				}
			}
		}
	}
}
