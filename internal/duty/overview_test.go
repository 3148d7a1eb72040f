// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"strings"
	"testing"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/territory"
)

func TestTallySentence(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	var golden []Town
	for _, c := range seineSaintDenis(t) {
		golden = append(golden, NewTown(rules, townOf93(c), day("2026-01-01")))
	}
	of := func(date string, facts ...Facts) []Town {
		var towns []Town
		for _, f := range facts {
			towns = append(towns, NewTown(rules, f, day(date)))
		}
		return towns
	}
	big, middle, small := town("1", "Grande", 12000), town("2", "Moyenne", 3501), town("3", "Petite", 3500)
	given := give(middle, Territory{"9", "CC", EPCI}, Planifier)
	for _, c := range []struct {
		name, date string
		towns      []Town
		want       string
	}{
		{"Seine-Saint-Denis", "2026-01-01", golden, "Au 1er janvier 2026, sur 39 communes : 35 sont tenues d'avoir un schéma pluriannuel et un relais petite enfance ; " +
			"4 sont tenues d'exercer les quatre compétences, sans le schéma ; aucune n'est tenue de recenser et d'informer seulement (3\u202f500 habitants ou moins)."},
		{"one of each band", "2026-06-01", of("2026-06-01", big, middle, small), "1 est tenue d'avoir un schéma pluriannuel et un relais petite enfance ; " +
			"1 est tenue d'exercer les quatre compétences, sans le schéma ; 1 est tenue de recenser et d'informer seulement"},
		{"the relay is still to come", "2025-06-01", of("2025-06-01", big), "1 est tenue d'avoir un schéma pluriannuel ; " +
			"1 est tenue d'avoir un relais petite enfance à compter du 1er janvier 2026"},
		{"everything is still to come", "2024-06-01", of("2024-06-01", big), "un schéma pluriannuel à compter du 1er janvier 2025"},
		{"a transfer", "2026-06-01", of("2026-06-01", big, given), "aucune n'est tenue d'exercer les quatre compétences, sans le schéma ; " +
			"aucune n'est tenue de recenser et d'informer seulement (3\u202f500 habitants ou moins) ; 1 a transféré une compétence au moins."},
		{"no town", "2026-06-01", nil, "Aucune commune connue à cette date."},
	} {
		if got := TallyOf(c.towns).Sentence(day(c.date)); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// The golden counts of the 93, on the real register.
func TestOverviewOfSeineSaintDenis(t *testing.T) {
	t.Parallel()
	room := newSite(t, dbtest.New(t, db.SQLite, rooms...)).room
	o, ok := room.Overview("93", day("2026-01-01"))
	if !ok {
		t.Fatal("no overview")
	}
	if want := (Tally{Communes: 39, Scheme: 35, Four: 4, Relay: 35}); o.Tally != want {
		t.Errorf("tally %+v, want %+v", o.Tally, want)
	}
	if _, ok := room.Overview("93066", day("2026-01-01")); ok {
		t.Error("a commune is not a département")
	}
	before, _ := room.Overview("93", day("2024-12-31"))
	if len(before.Towns) != 40 {
		t.Errorf("%d communes in 2024, want 40: Pierrefitte-sur-Seine joined Saint-Denis in 2025", len(before.Towns))
	}
}

// TestNationalCounts holds the figures of the law's own statistics: with the population
// totale 3,302 communes are above 3,500 (the decree of 2025 on compensation lists 3,304);
// 78 and 24 would change band by the population municipale.
func TestNationalCounts(t *testing.T) {
	t.Parallel()
	room := newSite(t, dbtest.New(t, db.SQLite, rooms...)).room
	on := day("2026-06-15")
	n := room.Nation(on)
	b := n.Bands
	if b.Large+b.Middle != 3302 || b.Large != 1063 || b.LargePM+b.MiddlePM != 3224 || b.LargePM != 1039 || len(b.AcrossLow) != 78 || len(b.AcrossHigh) != 24 {
		t.Errorf("above 3,500: %d (PMUN %d), above 10,000: %d (PMUN %d), across %d and %d",
			b.Large+b.Middle, b.LargePM+b.MiddlePM, b.Large, b.LargePM, len(b.AcrossLow), len(b.AcrossHigh))
	}
	if len(n.Departements) != 101 || len(n.Unknown) != 4 {
		t.Errorf("%d départements, %d communes not counted", len(n.Departements), len(n.Unknown))
	}
	for _, threshold := range []int{LowThreshold, HighThreshold} { // the register counts in its own way
		want := room.Places.Registry.Threshold(threshold, on)
		if across := map[int][]Inhabitants{LowThreshold: b.AcrossLow, HighThreshold: b.AcrossHigh}[threshold]; len(across) != len(want.Straddling) {
			t.Errorf("%d: %d across, the register says %d", threshold, len(across), len(want.Straddling))
		}
	}
	if again := room.Nation(on); again != n {
		t.Error("the count is not kept")
	}
	for i := range nationsKept + 3 {
		room.nations.on(on.AddDays(i+1), func() *Nation { return &Nation{} })
	}
	if kept := len(room.nations.made); kept != nationsKept {
		t.Errorf("%d counts kept, want %d", kept, nationsKept)
	}
}

// Where the population totale of 2023 is not in the sources, the one of 2022 stands, says so,
// and a population municipale already above the threshold is pointed out.
func TestLastKnownPopulationStands(t *testing.T) {
	t.Parallel()
	reg, err := france()
	if err != nil {
		t.Fatal(err)
	}
	rules, on := shipped(t), day("2026-06-01")
	var standing, above int
	for _, c := range reg.In("77", territory.Commune) {
		f := Facts{Territory: Territory{string(c.ID), c.Name, Commune}, Populations: legalPopulations(reg, c.ID)}
		p, ok := InForce(f.Populations, on)
		if !ok || p.Missing == 0 {
			t.Fatalf("%s: %+v", c.Name, p)
		}
		standing++
		d := of(t, Evaluate(rules, f, on), "planifier")
		if !strings.Contains(d.Reason, "la dernière connue") || !noted(d, "n'est pas dans les sources") {
			t.Fatalf("%s: %q %+v", c.Name, d.Reason, d.Notes)
		}
		if p.Total <= LowThreshold && p.MissingPM > LowThreshold {
			above++
			if d.Applies || !noted(d, "l'obligation s'applique sans doute") {
				t.Errorf("%s: %d then %d: %+v", c.Name, p.Total, p.MissingPM, d.Notes)
			}
		}
	}
	if standing < 500 || above == 0 {
		t.Errorf("%d communes, %d above by their population municipale", standing, above)
	}
}

// A merger is not growth: the trend is drawn within the limits of today.
func TestMergerIsNotATrend(t *testing.T) {
	t.Parallel()
	rules := shipped(t)
	f := Facts{Territory: Territory{"1", "Réunie", Commune}}
	for i, n := range []int{6000, 6000, 6000, 6000, 9000, 9000} {
		p := Population{Year: 2018 + i, InForce: clock.NewDate(2021+i, 1, 1), Municipal: n, Total: n, TotalKnown: true}
		f.Populations = append(f.Populations, p)
		p.Municipal, p.Total = 9000, 9000
		f.Rebased = append(f.Rebased, p)
	}
	for _, a := range Announce(rules, f, day("2026-06-01")) {
		t.Errorf("announced %s: %s", a.Kind, a.Sentence)
	}
	f.Rebased = nil
	if len(Announce(rules, f, day("2026-06-01"))) == 0 {
		t.Error("without the limits of today the merger would be taken for growth: the test proves nothing")
	}
}

func BenchmarkOverview(b *testing.B) {
	room := newSite(b, dbtest.New(b, db.SQLite, rooms...)).room
	for b.Loop() {
		if o, _ := room.Overview("93", day("2026-01-01")); len(o.Towns) != 39 {
			b.Fatal(len(o.Towns))
		}
	}
}

func BenchmarkNation(b *testing.B) {
	reg, err := france()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		countNation(reg, day("2026-01-01"))
	}
}
