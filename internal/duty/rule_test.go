// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const goodRules = `
[[source]]
key = "L1"
title = "Article"
address = "https://exemple.fr/article"
read = "2026-11-23"

[[rule]]
code = "recenser"
nature = "obligation"
title = "Recenser"
explanation = "Compter."
asks = "recense"
article = "article L. 1"
who = "holder"
competences = ["recenser"]
valid_from = "2025-01-01"
due = { kind = "none" }
fulfilment = "evidence"
next_step = "Compter."
sources = ["L1"]
`

func TestParseAcceptsTheExample(t *testing.T) {
	t.Parallel()
	rules, err := Parse("exemple.toml", []byte(goodRules))
	if err != nil {
		t.Fatal(err)
	}
	if r := rules.All()[0]; r.ArticleURL() != "https://exemple.fr/article" {
		t.Errorf("url %s", r.ArticleURL())
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	second := goodRules[strings.Index(goodRules, "[[rule]]"):]
	for _, c := range []struct{ rule, old, new, want string }{
		{"an unknown field", `nature =`, `natur =`, "champ « rule.natur »"},
		{"a rule without source", `sources = ["L1"]`, `sources = []`, "règle n° 1 « recenser » : aucune source"},
		{"a source that is not described", `sources = ["L1"]`, `sources = ["L9"]`, "la source « L9 » n'est pas décrite"},
		{"an address cut short", `https://exemple.fr/article`, `https://exemple.fr/…/article`, "source n° 1 « L1 » : l'adresse"},
		{"an address without scheme", `https://exemple.fr/article`, `exemple.fr`, "commencer par https://"},
		{"a date that does not exist", `valid_from = "2025-01-01"`, `valid_from = "2025-02-30"`, "n'est pas une date"},
		{"a rule without first day", `valid_from = "2025-01-01"`, ``, "valid_from) manque"},
		{"an end before the beginning", `valid_from = "2025-01-01"`, "valid_from = \"2025-01-01\"\nvalid_to = \"2024-12-31\"", "valid_to (2024-12-31) précède"},
		{"two versions that overlap", goodRules, goodRules + second, "règle n° 2 « recenser » : cette version chevauche la règle n° 1"},
		{"a threshold that is not the law's", `competences =`, "above = 5000\ncompetences =", "above = 5000"},
		{"an unknown competence", `["recenser"]`, `["compter"]`, "compétence « compter » inconnue"},
		{"a holder's rule without competence", `competences = ["recenser"]`, ``, "les compétences"},
		{"an unknown way of being fulfilled", `fulfilment = "evidence"`, `fulfilment = "magie"`, "fulfilment « magie » inconnu"},
		{"an unknown kind of date", `kind = "none"`, `kind = "bientôt"`, "due.kind « bientôt » inconnu"},
		{"a yearly date that not every year has", `{ kind = "none" }`, `{ kind = "yearly", month = 2, day = 29 }`, "qui existe chaque année"},
		{"months without an event", `{ kind = "none" }`, `{ kind = "months", months = 1 }`, "months > 0 et event"},
		{"an empty title", `title = "Recenser"`, `title = ""`, "le champ « title » est vide"},
		{"a code with an accent", `code = "recenser"`, `code = "schéma"`, "minuscules sans accent"},
		{"text that is not TOML", goodRules, "[[rule", "exemple.toml"},
		{"an empty file", goodRules, "", "aucune règle"},
	} {
		_, err := Parse("exemple.toml", []byte(strings.Replace(goodRules, c.old, c.new, 1)))
		if !errors.Is(err, ErrRules) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it to say %q", c.rule, err, c.want)
		}
	}
}

func TestVersionsFollowOneAnother(t *testing.T) {
	t.Parallel()
	second := strings.Replace(goodRules[strings.Index(goodRules, "[[rule]]"):], "2025-01-01", "2027-01-01", 1)
	first := strings.Replace(goodRules, `valid_from = "2025-01-01"`, "valid_from = \"2025-01-01\"\nvalid_to = \"2026-06-30\"", 1)
	rules, err := Parse("exemple.toml", []byte(first+second))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ date, from string }{
		{"2024-12-31", "2025-01-01"}, // to come
		{"2026-06-30", "2025-01-01"}, // last day included
		{"2026-07-01", "2027-01-01"}, // between two versions: the next one
		{"2030-01-01", "2027-01-01"},
	} {
		if r, ok := rules.At("recenser", day(c.date)); !ok || r.ValidFrom != day(c.from) {
			t.Errorf("at %s: version of %s, want %s", c.date, r.ValidFrom, c.from)
		}
	}
	if _, ok := rules.At("inconnu", day("2026-01-01")); ok {
		t.Error("an unknown code has a version")
	}
}

func TestShippedRulesAreComplete(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	want := []string{"recenser", "informer", "planifier", "soutenir-qualite", "schema", "actualisation", "bilans", "rpe",
		"avis-eaje", "autorisation-eaje", "renouvellement-eaje", "disponibilites", "compensation", "plan-controle", "sdsf"}
	if got := rules.Codes(); !slices.Equal(got, want) {
		t.Errorf("codes %v, want %v", got, want)
	}
	used := map[string]bool{}
	for _, r := range rules.All() {
		for _, key := range r.SourceKeys {
			used[key] = true
		}
		if !strings.HasSuffix(r.Explanation, ".") || !strings.HasSuffix(r.NextStep, ".") || strings.HasSuffix(r.Asks, ".") {
			t.Errorf("%s: explanation and next step end with a full stop, asks does not", r.Code)
		}
		for _, text := range append([]string{r.Title, r.Explanation, r.Asks, r.NextStep}, r.Doubts...) {
			if strings.Contains(text, "…") || strings.Contains(text, "  ") || strings.Contains(text, "\"") {
				t.Errorf("%s: %q", r.Code, text)
			}
		}
	}
	for _, s := range rules.Sources() {
		if !used[s.Key] {
			t.Errorf("source %s is cited by no rule", s.Key)
		}
	}
}

func TestCompetenceWords(t *testing.T) {
	t.Parallel()
	if got := Qualite.Label() + " " + Qualite.Number() + ", " + Recenser.Label() + " " + Recenser.Number(); got != "soutenir la qualité 4°, recenser 1°" {
		t.Error(got)
	}
}
