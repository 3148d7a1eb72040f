// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"slices"
	"strings"
	"testing"
)

func TestThresholdsAreStrict(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	two := "recenser informer"
	four := "recenser informer planifier soutenir-qualite avis-eaje"
	all := "recenser informer planifier soutenir-qualite schema rpe avis-eaje"
	for _, c := range []struct {
		rule       string
		population int
		date, want string
	}{
		{"a village owes the census and the information", 180, "2026-01-01", two},
		{"exactly 3,500 is not more than 3,500", 3500, "2026-01-01", two},
		{"3,501 is", 3501, "2026-01-01", four},
		{"exactly 10,000 is not more than 10,000", 10000, "2026-01-01", four},
		{"10,001 owes a scheme and a relay", 10001, "2026-01-01", all},
		{"no relay is due on the last day of 2025", 10001, "2025-12-31", "recenser informer planifier soutenir-qualite schema avis-eaje"},
		{"the opinion follows its decree, in force on 3 April 2025", 10001, "2025-04-02", "recenser informer planifier soutenir-qualite schema"},
		{"nothing is due on the last day of 2024", 150000, "2024-12-31", ""},
	} {
		if got := codes(Evaluate(rules, town("1", "Ville", c.population), day(c.date))); got != c.want {
			t.Errorf("%s: %d inhabitants on %s owe [%s], want [%s]", c.rule, c.population, c.date, got, c.want)
		}
	}
}

func TestFirstSentence(t *testing.T) {
	t.Parallel()
	montreuil := townOf93(Inhabitants{"93048", "Montreuil", 112549, 111934})
	got := of(t, Evaluate(shipped(t), montreuil, day("2026-01-01")), "schema").Reason
	want := "Montreuil compte 112\u202f549 habitants (population totale 2023, en vigueur au 1er janvier 2026), plus de 10\u202f000 : " +
		"la commune établit et met en œuvre le schéma pluriannuel de maintien et de développement de l'offre d'accueil du jeune enfant " +
		"(article L. 214-1-3, II, alinéa 3, du code de l'action sociale et des familles)."
	if got != want {
		t.Errorf("reason\n got %s\nwant %s", got, want)
	}
}

func TestSeineSaintDenisOnFirstJanuary2026(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	schemes, relays, four, two := 0, 0, 0, 0
	for _, c := range seineSaintDenis(t) {
		owed := codes(Evaluate(rules, townOf93(c), day("2026-01-01")))
		has := func(code string) bool { return slices.Contains(strings.Fields(owed), code) }
		switch {
		case has("schema"):
			schemes++
		case has("planifier") && has("soutenir-qualite"):
			four++
		default:
			two++
		}
		if has("rpe") {
			relays++
		}
	}
	if schemes != 35 || relays != 35 || four != 4 || two != 0 {
		t.Errorf("93 on 2026-01-01: %d schemes, %d relays, %d with four competences, %d with two; want 35, 35, 4, 0", schemes, relays, four, two)
	}
}

func TestBeforeTheLaw(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	ville := town("1", "Ville", 20000)
	d := of(t, Evaluate(rules, ville, day("2024-12-31")), "schema")
	if d.State != Upcoming || d.StateLabel != "à venir au 1er janvier 2025" || d.Due != day("2025-01-01") {
		t.Errorf("scheme on 2024-12-31: %s, %q, due %s", d.State, d.StateLabel, d.Due)
	}
	if !strings.Contains(d.Reason, "à compter du 1er janvier 2025, la commune") {
		t.Errorf("reason does not say from when: %s", d.Reason)
	}
	d = of(t, Evaluate(rules, ville, day("2025-06-01")), "rpe")
	if d.State != Upcoming || d.Applies || d.StateLabel != "à venir au 1er janvier 2026" {
		t.Errorf("relay on 2025-06-01: %s, applies %t, %q", d.State, d.Applies, d.StateLabel)
	}
}

func TestHolders(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	cc := Territory{"200000001", "CC des Exemples", EPCI}
	villages := make([]Facts, 5)
	for i := range villages {
		villages[i] = give(town(string(rune('1'+i)), "Village", 2500), cc, Planifier)
	}
	on := day("2026-01-01")

	t.Run("five communes of 2,500 that transfer planifier create the duty of their EPCI, not theirs", func(t *testing.T) {
		t.Parallel()
		duties := Evaluate(rules, HolderFacts(cc, villages), on)
		if got := codes(duties); got != "planifier schema avis-eaje" {
			t.Errorf("EPCI owes [%s]", got)
		}
		d := of(t, duties, "schema")
		if d.Population != 12500 || !strings.Contains(d.Reason, "pour 5 communes qui comptent ensemble 12\u202f500 habitants") {
			t.Errorf("%d: %s", d.Population, d.Reason)
		}
		for _, v := range villages {
			duties := Evaluate(rules, v, on)
			if got := codes(duties); got != "recenser informer" {
				t.Errorf("village owes [%s]", got)
			}
			d := of(t, duties, "schema")
			if d.State != Transferred || d.StateLabel != "transféré à CC des Exemples depuis le 1er janvier 2025" || d.Holders[0].ID != cc.ID {
				t.Errorf("%s %q %v", d.State, d.StateLabel, d.Holders)
			}
		}
	})
	t.Run("four of them, 10,000 exactly, owe no scheme", func(t *testing.T) {
		t.Parallel()
		if got := codes(Evaluate(rules, HolderFacts(cc, villages[:4]), on)); got != "planifier avis-eaje" {
			t.Errorf("EPCI owes [%s]", got)
		}
	})
	t.Run("the relay does not follow planifier: it follows informer and qualité", func(t *testing.T) {
		t.Parallel()
		d := of(t, Evaluate(rules, HolderFacts(cc, villages), on), "rpe")
		if d.State != NotConcerned || d.Applies {
			t.Errorf("%s: %s", d.State, d.Reason)
		}
	})
	t.Run("a grouping to which nothing was transferred owes nothing", func(t *testing.T) {
		t.Parallel()
		if got := codes(Evaluate(rules, Facts{Territory: cc}, on)); got != "" {
			t.Errorf("EPCI owes [%s]", got)
		}
	})
	t.Run("informer transferred alone leaves the relay to both, with a note", func(t *testing.T) {
		t.Parallel()
		ville := give(town("9", "Ville", 12000), cc, Informer)
		for _, f := range []Facts{ville, HolderFacts(cc, []Facts{ville})} {
			d := of(t, Evaluate(rules, f, on), "rpe")
			if !d.Applies || !noted(d, "ne sont pas dans les mêmes mains") {
				t.Errorf("%s: applies %t, notes %v", f.Territory.Name, d.Applies, d.Notes)
			}
		}
	})
	t.Run("State money stays with the commune above 3,500 that transferred", func(t *testing.T) {
		t.Parallel()
		d := of(t, Evaluate(rules, give(town("9", "Ville", 12000), cc, Planifier), on), "planifier")
		if !noted(d, "accompagnement financier de l'État reste versé à la commune") {
			t.Errorf("notes %v", d.Notes)
		}
		if d := of(t, Evaluate(rules, villages[0], on), "planifier"); noted(d, "accompagnement financier") {
			t.Errorf("a village of 2,500 is told of money it does not get: %v", d.Notes)
		}
	})
	t.Run("a transfer that ended gives the duty back", func(t *testing.T) {
		t.Parallel()
		ville := give(town("9", "Ville", 12000), cc, Planifier)
		ville.Assignments[0].To = day("2025-12-31")
		if d := of(t, Evaluate(rules, ville, day("2025-12-31")), "schema"); d.State != Transferred {
			t.Errorf("on the last day: %s", d.State)
		}
		if d := of(t, Evaluate(rules, ville, on), "schema"); !d.Applies || d.Since != on {
			t.Errorf("the day after: since %s, %s", d.Since, d.Reason)
		}
	})
	t.Run("the two readings of the sum are told when they differ", func(t *testing.T) {
		t.Parallel()
		a, b := give(town("1", "A", 8000), cc, Planifier), give(town("2", "B", 8000), cc, Recenser)
		d := of(t, Evaluate(rules, HolderFacts(cc, []Facts{a, b}), on), "schema")
		if d.Applies || !noted(d, "la somme serait de 16\u202f000 habitants") {
			t.Errorf("applies %t, notes %v", d.Applies, d.Notes)
		}
	})
}

func noted(d Duty, text string) bool {
	return slices.ContainsFunc(d.Notes, func(n Note) bool { return strings.Contains(n.Text, text) })
}

func TestOpinionFollowsPlanning(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	on := day("2026-01-01")
	village := town("1", "Village", 2500)
	d := of(t, Evaluate(rules, village, on), "avis-eaje")
	if d.Applies || !strings.Contains(d.NextStep, "aucun avis n'est requis") {
		t.Errorf("a village that does not plan: applies %t, %q", d.Applies, d.NextStep)
	}
	village.Voluntary = []Competence{Planifier}
	if d := of(t, Evaluate(rules, village, on), "avis-eaje"); !d.Applies {
		t.Errorf("a village that plans by choice gives the opinion: %s", d.Reason)
	}
	if d := of(t, Evaluate(rules, village, on), "planifier"); d.Applies || d.StateLabel != "facultatif, exercé par choix" {
		t.Errorf("planning stays optional: applies %t, %q", d.Applies, d.StateLabel)
	}
	cc := Territory{"200000001", "CC des Exemples", EPCI}
	given := give(town("1", "Village", 2500), cc, Planifier)
	if d := of(t, Evaluate(rules, given, on), "avis-eaje"); !strings.Contains(d.NextStep, "la transmettre à CC des Exemples") {
		t.Errorf("a village that transferred forwards the request: %q", d.NextStep)
	}
	if d := of(t, Evaluate(rules, HolderFacts(cc, []Facts{given}), on), "avis-eaje"); !d.Applies {
		t.Errorf("whoever received planning answers, whatever the population: %s", d.Reason)
	}
}

func TestPopulationInForceOnTheDate(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	ville := Facts{Territory: Territory{"1", "Ville", Commune}, Populations: []Population{
		{Year: 2023, InForce: day("2026-01-01"), Municipal: 9900, Total: 10080, TotalKnown: true},
		{Year: 2022, InForce: day("2025-01-01"), Municipal: 9800, Total: 9950, TotalKnown: true},
	}}
	if d := of(t, Evaluate(rules, ville, day("2025-12-31")), "schema"); d.Applies || d.Population != 9950 {
		t.Errorf("2025-12-31: applies %t with %d", d.Applies, d.Population)
	}
	d := of(t, Evaluate(rules, ville, day("2026-01-01")), "schema")
	if !d.Applies || d.Population != 10080 || !noted(d, "La population municipale (9\u202f900) est au-dessous du seuil") {
		t.Errorf("2026-01-01: applies %t with %d, notes %v", d.Applies, d.Population, d.Notes)
	}
	if d.Since != day("2026-01-01") || d.Due != day("2026-01-01") || !strings.Contains(d.StateLabel, "depuis le 1er janvier 2026") {
		t.Errorf("a town that passed the threshold in 2026 is asked since 2026, not 2025: since %s, due %s, %q", d.Since, d.Due, d.StateLabel)
	}
	if d := of(t, Evaluate(rules, ville, day("2026-01-01")), "planifier"); d.Since != day("2025-01-01") {
		t.Errorf("planning since %s", d.Since)
	}
	d = of(t, Evaluate(rules, ville, day("2024-06-01")), "schema")
	if d.State != Unknown || !strings.Contains(d.Reason, "n'est pas renseignée") {
		t.Errorf("before any population: %s, %s", d.State, d.Reason)
	}
	ville.Populations[0].TotalKnown = false
	if d := of(t, Evaluate(rules, ville, day("2026-01-01")), "schema"); d.Population != 9900 || !noted(d, "population municipale est employée") {
		t.Errorf("municipal in place of total: %d, %v", d.Population, d.Notes)
	}
}

func TestDepartment(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	f := Facts{Territory: Territory{"93", "Seine-Saint-Denis", Departement}}
	for _, c := range []struct {
		rule, code, date, due string
		state                 State
		evidence              []Evidence
	}{
		{"the first plan is awaited for 31 January 2026", "plan-controle", "2025-06-01", "2026-01-31", ToDo, nil},
		{"each year has its plan", "plan-controle", "2027-01-15", "2027-01-31", ToDo, []Evidence{{Kind: "plan-controle", Date: day("2026-01-20"), Year: 2026}}},
		{"a plan signed moves the date to the next year", "plan-controle", "2026-02-01", "2027-01-31", Done, []Evidence{{Kind: "plan-controle", Date: day("2026-01-20"), Year: 2026}}},
		{"the scheme follows municipal elections by twelve months", "sdsf", "2026-11-23", "2027-03-22", ToDo, []Evidence{{Kind: "sdsf", Date: day("2024-03-01")}}},
		{"a scheme signed since the elections is enough", "sdsf", "2027-01-01", "", Done, []Evidence{{Kind: "sdsf", Date: day("2026-12-10")}}},
	} {
		f.Evidence = c.evidence
		d := of(t, Evaluate(rules, f, day(c.date)), c.code)
		if d.State != c.state || d.Due.String() != c.due || !d.Applies {
			t.Errorf("%s: %s, due %s, applies %t; want %s, %s", c.rule, d.State, d.Due, d.Applies, c.state, c.due)
		}
	}
	if duties := Evaluate(rules, town("1", "Ville", 20000), day("2026-01-01")); slices.ContainsFunc(duties, func(d Duty) bool { return d.Rule.Who == ToDepartment }) {
		t.Error("a commune sees the duties of the département")
	}
}

func TestOperators(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	ville := town("1", "Ville", 20000)
	if d := of(t, Evaluate(rules, ville, day("2026-02-01")), "renouvellement-eaje"); d.State != Informed || d.Applies {
		t.Errorf("a town that runs nothing is only informed: %s", d.State)
	}
	ville.Operator = true
	if d := of(t, Evaluate(rules, ville, day("2026-02-01")), "renouvellement-eaje"); !d.Applies {
		t.Errorf("a town that runs a crèche is bound: %s", d.State)
	}
	if d := of(t, Evaluate(rules, ville, day("2026-02-01")), "compensation"); d.Applies || d.State != Informed {
		t.Errorf("a right is not a duty: %s", d.State)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	rules := shipped(b)
	f := town("1", "Ville", 20000)
	on := day("2026-01-01")
	b.ReportAllocs()
	for b.Loop() {
		Evaluate(rules, f, on)
	}
}
