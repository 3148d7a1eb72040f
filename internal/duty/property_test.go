// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

func anyDay() *rapid.Generator[clock.Date] {
	return rapid.Custom(func(t *rapid.T) clock.Date {
		return day("2024-01-01").AddDays(rapid.IntRange(0, 1600).Draw(t, "days since 2024"))
	})
}

// anyPopulation lingers around the thresholds.
func anyPopulation() *rapid.Generator[int] {
	return rapid.OneOf(rapid.IntRange(1, 30000), rapid.IntRange(3498, 3502), rapid.IntRange(9998, 10002))
}

func anyEvidence(rules *Rules) *rapid.Generator[[]Evidence] {
	var kinds []string
	for _, r := range rules.All() {
		for _, e := range r.Evidence {
			kinds = append(kinds, e.Kind)
		}
	}
	one := rapid.Custom(func(t *rapid.T) Evidence {
		return Evidence{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Date: anyDay().Draw(t, "act")}
	})
	return rapid.SliceOfN(one, 0, 6)
}

func applied(duties []Duty) []string {
	return strings.Fields(codes(duties))
}

func includes(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func TestMoreInhabitantsNeverRemoveADuty(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		n := anyPopulation().Draw(t, "population")
		more := n + rapid.IntRange(0, 20000).Draw(t, "more")
		date := anyDay().Draw(t, "date")
		f, g := town("1", "Ville", n), town("1", "Ville", more)
		f.Evidence = anyEvidence(rules).Draw(t, "evidence")
		g.Evidence = f.Evidence
		few, many := applied(Evaluate(rules, f, date)), applied(Evaluate(rules, g, date))
		if !includes(many, few) {
			t.Fatalf("%d owes %v, %d owes %v", n, few, more, many)
		}
	})
}

func TestTransferringMovesDutiesAndLosesNone(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	cc := Territory{"200000001", "CC des Exemples", EPCI}
	rapid.Check(t, func(t *rapid.T) {
		date := anyDay().Filter(func(d clock.Date) bool { return !d.Before(day("2025-01-01")) }).Draw(t, "date")
		sizes := rapid.SliceOfN(anyPopulation(), 1, 6).Draw(t, "populations")
		gift := rapid.SliceOfDistinct(rapid.SampledFrom(Competences()), rapid.ID[Competence]).Draw(t, "transferred")
		if rapid.Bool().Draw(t, "all four") {
			gift = Competences()
		}
		var before []string
		var communes []Facts
		for i, n := range sizes {
			f := town(string(rune('a'+i)), "Ville", n)
			before = append(before, applied(Evaluate(rules, f, date))...)
			communes = append(communes, give(f, cc, gift...))
		}
		after := applied(Evaluate(rules, HolderFacts(cc, communes), date))
		for _, f := range communes {
			own := applied(Evaluate(rules, f, date))
			if len(gift) == 4 && len(own) > 0 {
				t.Fatalf("a commune that transferred all still owes %v", own)
			}
			after = append(after, own...)
		}
		if !includes(after, before) {
			t.Fatalf("owed before %v, after the transfer of %v %v", before, gift, after)
		}
	})
}

// With the same facts, what binds on one day binds on every later day of the rule's life.
func TestDutiesStayAsTimePasses(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		f := town("1", "Ville", anyPopulation().Draw(t, "population"))
		f.Evidence = anyEvidence(rules).Draw(t, "evidence")
		a, b := anyDay().Draw(t, "day"), anyDay().Draw(t, "other day")
		if b.Before(a) {
			a, b = b, a
		}
		early, late := applied(Evaluate(rules, f, a)), applied(Evaluate(rules, f, b))
		if !includes(late, early) {
			t.Fatalf("on %s %v, on %s %v", a, early, b, late)
		}
	})
}

func TestEveryReasonHasItsArticleAndFigure(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	cc := Territory{"200000001", "CC des Exemples", EPCI}
	rapid.Check(t, func(t *rapid.T) {
		n := anyPopulation().Draw(t, "population")
		date := anyDay().Draw(t, "date")
		f := town("1", "Ville", n)
		f.Evidence = anyEvidence(rules).Draw(t, "evidence")
		if rapid.Bool().Draw(t, "transferred") {
			f = give(f, cc, rapid.SampledFrom(Competences()).Draw(t, "competence"))
		}
		for _, who := range []Facts{f, HolderFacts(cc, []Facts{f})} {
			for _, d := range Evaluate(rules, who, date) {
				if !strings.HasSuffix(d.Reason, ".") || strings.Contains(d.Reason, "  ") || d.StateLabel == "" {
					t.Fatalf("badly written: %q, label %q", d.Reason, d.StateLabel)
				}
				if d.Applies && !strings.Contains(d.Reason, d.Rule.Article) {
					t.Fatalf("no article in %q", d.Reason)
				}
				if d.Applies && d.Rule.Who == ToHolder && !strings.Contains(d.Reason, french.Plural(n, "habitant", "habitants")) {
					t.Fatalf("no figure in %q", d.Reason)
				}
				if d.State == Done && d.NextStep != "" || d.State.Open() && d.NextStep == "" {
					t.Fatalf("%s with next step %q", d.State, d.NextStep)
				}
			}
		}
	})
}

// Once the library's calendar is out of the picture, a month from date to date is the same
// day number, or the last day of a shorter month.
func TestMonthsRunFromDateToDate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := anyDay().Draw(t, "start")
		due := TransmissionDue(start)
		days := start.DaysUntil(due)
		if due.Day != start.Day && due.AddDays(1).Day != 1 || due.Day > start.Day || days < 28 || days > 31 {
			t.Fatalf("one month from %s is %s", start, due)
		}
		o := OpinionDue(start)
		if !start.Before(o.Reminder) || !o.Reminder.Before(o.Due) || o.Tacit != o.Due.AddDays(1) {
			t.Fatalf("opinion from %s: %+v", start, o)
		}
	})
}

func TestLegalMidnightEndsTheDayInParis(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDay().Draw(t, "day")
		if last := LastInstant(d); clock.On(last) != d || !InTime(last, d) {
			t.Fatalf("%s is not in %s", last, d)
		}
		if end := LegalMidnight(d); clock.On(end) != d.AddDays(1) || InTime(end, d) {
			t.Fatalf("%s still in %s", end, d)
		}
	})
}
