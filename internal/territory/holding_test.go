// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"

	"pgregory.net/rapid"
)

const (
	estEnsemble    ID = "200057875"
	plaineCommune  ID = "200057867"
	grandParis     ID = "200054781"
	testSyndicatID ID = "123456782" // its Luhn key is right
)

func holdingOf(commune ID, c Competence, holder ID, from, to string) Holding {
	h := Holding{ID: db.NewID(), Commune: commune, Competence: c, Holder: holder, Proof: "délibération n° 1", From: clock.MustDate(from), Created: noon}
	if to != "" {
		h.To = clock.MustDate(to)
	}
	return h
}

func testSyndicat() SyndicatMixte {
	return SyndicatMixte{ID: testSyndicatID, Row: db.NewID(), Name: "Syndicat des Berceaux", Departement: "93", Created: noon}
}

func TestHoldingRules(t *testing.T) {
	t.Parallel()
	reg := loaded(t)
	change := func(f func(*Holding)) Holding {
		h := holdingOf("93010", Planifier, estEnsemble, "2025-01-01", "")
		f(&h)
		return h
	}
	for _, c := range []struct {
		name  string
		h     Holding
		field string // at fault, "" when accepted
	}{
		{"a member transfers to its EPT", change(func(*Holding) {}), ""},
		{"or to its métropole", change(func(h *Holding) { h.Holder = grandParis }), ""},
		{"or to a syndicat recorded here", change(func(h *Holding) { h.Holder = testSyndicatID }), ""},
		{"not to another commune", change(func(h *Holding) { h.Holder = "93066" }), "titulaire"},
		{"not to a département", change(func(h *Holding) { h.Holder = "93" }), "titulaire"},
		{"not to an unknown body", change(func(h *Holding) { h.Holder = "999999999" }), "titulaire"},
		{"not from an EPCI", change(func(h *Holding) { h.Commune = estEnsemble }), "commune"},
		{"one of the four competences only", change(func(h *Holding) { h.Competence = "eau" }), "competence"},
		{"from a day", change(func(h *Holding) { h.From = clock.Date{} }), "depuis"},
		{"that is likely", change(func(h *Holding) { h.From = clock.MustDate("0202-01-01") }), "depuis"},
		{"for a day at least", change(func(h *Holding) { h.To = h.From }), ""},
		{"to a day after", change(func(h *Holding) { h.To = h.From.AddDays(-1) }), "jusqu_au"},
		{"by a decision", change(func(h *Holding) { h.Proof = "" }), "preuve"},
		{"a former commune up to its end", change(func(h *Holding) {
			h.Commune, h.From, h.To = "93059", clock.MustDate("2024-01-01"), clock.MustDate("2024-12-31")
		}), ""},
		{"not beyond", change(func(h *Holding) { h.Commune = "93059" }), "commune"},
	} {
		err := Recorded{Syndicats: []SyndicatMixte{testSyndicat()}, Holdings: []Holding{c.h}}.Check(reg, []Holding{c.h})
		var field *FieldError
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.field != "" && (!errors.As(err, &field) || field.Field != c.field):
			t.Errorf("%s: error %v, want one about %s", c.name, err, c.field)
		}
	}
}

func TestOneHolderAtATime(t *testing.T) {
	t.Parallel()
	reg := loaded(t)
	first := holdingOf("93010", Planifier, estEnsemble, "2024-01-01", "2024-12-31")
	for _, c := range []struct {
		name    string
		h       Holding
		refused bool
	}{
		{"the day after", holdingOf("93010", Planifier, grandParis, "2025-01-01", ""), false},
		{"the last day", holdingOf("93010", Planifier, grandParis, "2024-12-31", ""), true},
		{"the day before the first", holdingOf("93010", Planifier, grandParis, "2023-01-01", "2023-12-31"), false},
		{"the first day", holdingOf("93010", Planifier, grandParis, "2023-01-01", "2024-01-01"), true},
		{"within", holdingOf("93010", Planifier, estEnsemble, "2024-03-01", "2024-04-01"), true},
		{"around, without end", holdingOf("93010", Planifier, grandParis, "2020-01-01", ""), true},
		{"another competence", holdingOf("93010", Qualite, grandParis, "2024-01-01", ""), false},
		{"another commune", holdingOf("93055", Planifier, grandParis, "2024-01-01", ""), false},
	} {
		err := Recorded{Holdings: []Holding{first, c.h}}.Check(reg, []Holding{c.h})
		if errors.Is(err, ErrOverlap) != c.refused {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.refused && (!strings.Contains(err.Error(), "Bondy") || !strings.Contains(err.Error(), "Est Ensemble")) {
			t.Errorf("%s: the error names neither the commune nor the holder: %v", c.name, err)
		}
	}
}

func TestDoubts(t *testing.T) {
	t.Parallel()
	member := holdingOf("93010", Planifier, estEnsemble, "2025-01-01", "")
	stranger := holdingOf("93031", Planifier, estEnsemble, "2025-01-01", "")
	got := Doubts(loaded(t), []Holding{member, stranger, stranger})
	if len(got) != 1 || !strings.Contains(got[0], "Épinay-sur-Seine") {
		t.Errorf("Doubts = %q", got)
	}
}

func TestSIRENKey(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"200057867": true, "200057875": true, "200057868": false, "20005786": false, "2000578670": false, "20005786x": false, "": false} {
		if got := validSIREN(s); got != want {
			t.Errorf("validSIREN(%q) = %v", s, got)
		}
	}
}

// Whatever people do and undo, a competence has one holder at a time, and undoing what was
// just done brings back exactly what there was.
func TestLawsOfActs(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		r := opened(t, d)
		rapid.Check(t, func(rt *rapid.T) {
			for range rapid.IntRange(1, 3).Draw(rt, "acts") {
				oneAct(rt, t, r)
			}
		})
	})
}

func oneAct(rt *rapid.T, t *testing.T, r *Room) {
	ctx := t.Context()
	before, err := r.Store.Recorded(ctx)
	if err != nil {
		rt.Fatal(err)
	}
	act := NewAct("essai", noon)
	var c Change
	switch kind := rapid.IntRange(0, 3).Draw(rt, "kind"); {
	case kind < 2 || len(before.Holdings) == 0:
		for range rapid.IntRange(1, 3).Draw(rt, "n") {
			c.Holdings = append(c.Holdings, drawHolding(rt))
		}
	case kind == 2:
		c.Withdraw = []string{rapid.SampledFrom(before.Holdings).Draw(rt, "gone").ID}
	default:
		h := rapid.SampledFrom(before.Holdings).Draw(rt, "ended")
		c, _ = ended([]Holding{h}, h.From.AddDays(rapid.IntRange(0, 900).Draw(rt, "days")), noon)
	}
	err = r.Store.Do(ctx, act, c, r.check(c.Holdings...))
	after, readErr := r.Store.Recorded(ctx)
	if readErr != nil {
		rt.Fatal(readErr)
	}
	if err != nil {
		if !errors.Is(err, ErrOverlap) {
			rt.Fatalf("refused for another reason: %v", err)
		}
		if !same(before.Holdings, after.Holdings) {
			rt.Fatal("a refused act changed something")
		}
		return
	}
	oneHolderEach(rt, after.Holdings)
	if !rapid.Bool().Draw(rt, "undo") {
		return
	}
	undo := NewAct("annulation", noon)
	if err := r.Store.Undo(ctx, act.ID, undo, r.check(before.Holdings...)); err != nil {
		rt.Fatalf("undo: %v", err)
	}
	back, err := r.Store.Recorded(ctx)
	if err != nil || !same(before.Holdings, back.Holdings) {
		rt.Fatalf("undo did not bring back what there was (%v)", err)
	}
	if err := r.Store.Undo(ctx, act.ID, NewAct("encore", noon), r.check()); !errors.Is(err, ErrChanged) {
		rt.Fatalf("undone twice: %v", err)
	}
	if err := r.Store.Undo(ctx, undo.ID, NewAct("rétabli", noon), r.check(after.Holdings...)); err != nil {
		rt.Fatalf("redo: %v", err)
	}
	again, err := r.Store.Recorded(ctx)
	if err != nil || !same(after.Holdings, again.Holdings) {
		rt.Fatalf("redo did not bring back what there was (%v)", err)
	}
}

func drawHolding(rt *rapid.T) Holding {
	from := clock.MustDate("2020-01-01").AddDays(rapid.IntRange(0, 2500).Draw(rt, "from"))
	h := Holding{ID: db.NewID(), Commune: rapid.SampledFrom([]ID{"93010", "93055", "93031"}).Draw(rt, "commune"),
		Competence: rapid.SampledFrom(Competences()).Draw(rt, "competence"),
		Holder:     rapid.SampledFrom([]ID{estEnsemble, plaineCommune, grandParis}).Draw(rt, "holder"), From: from, Proof: "délibération", Created: noon}
	if rapid.Bool().Draw(rt, "ends") {
		h.To = from.AddDays(rapid.IntRange(0, 900).Draw(rt, "length"))
	}
	return h
}

// same ignores which act touched a row last.
func same(a, b []Holding) bool {
	return slices.EqualFunc(a, b, func(x, y Holding) bool {
		x.Act, y.Act = "", ""
		return x == y
	})
}

func oneHolderEach(rt *rapid.T, list []Holding) {
	for i, h := range list {
		for _, o := range list[i+1:] {
			if h.Commune == o.Commune && h.Competence == o.Competence && h.Overlaps(o) {
				rt.Fatalf("two holders at once: %+v and %+v", h, o)
			}
		}
	}
}

func TestStoreRefusesWhatChangedMeanwhile(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		ctx, r := t.Context(), opened(t, d)
		x, h := testSyndicat(), holdingOf("93010", Planifier, testSyndicatID, "2025-01-01", "")
		first := NewAct("syndicat et transfert", noon)
		if err := r.Store.Do(ctx, first, Change{Syndicats: []SyndicatMixte{x}, Holdings: []Holding{h}}, r.check(h)); err != nil {
			t.Fatal(err)
		}
		holders := func(after Recorded) error { return after.CheckHolders(r.Registry) }
		if err := r.Store.Do(ctx, NewAct("retrait", noon), Change{Withdraw: []string{x.Row}}, holders); !errors.Is(err, ErrInUse) {
			t.Errorf("a syndicat in use was withdrawn: %v", err)
		}
		twin := testSyndicat()
		if err := r.Store.Do(ctx, NewAct("doublon", noon), Change{Syndicats: []SyndicatMixte{twin}}, r.check()); !db.IsUnique(err) {
			t.Errorf("the same SIREN twice: %v", err)
		}
		gone := NewAct("retrait", noon)
		if err := r.Store.Do(ctx, gone, Change{Withdraw: []string{h.ID}}, holders); err != nil {
			t.Fatal(err)
		}
		if err := r.Store.Do(ctx, NewAct("retrait", noon), Change{Withdraw: []string{h.ID}}, holders); !errors.Is(err, ErrChanged) {
			t.Errorf("withdrawn twice: %v", err)
		}
		if err := r.Store.Undo(ctx, first.ID, NewAct("annulation", noon), holders); !errors.Is(err, ErrChanged) {
			t.Errorf("undone although half of it changed since: %v", err)
		}
		if err := r.Store.Undo(ctx, "inconnu", NewAct("annulation", noon), holders); !errors.Is(err, ErrUnknown) {
			t.Errorf("undo of nothing: %v", err)
		}
		if err := r.Store.Do(ctx, NewAct("retrait", noon), Change{Withdraw: []string{x.Row}}, holders); err != nil {
			t.Errorf("a syndicat that holds nothing: %v", err)
		}
		if err := r.Store.Undo(ctx, gone.ID, NewAct("annulation", noon), holders); !errors.Is(err, ErrInUse) {
			t.Errorf("a transfer came back to a syndicat that is gone: %v", err)
		}
	})
}

func TestTwoPeopleAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		r := opened(t, d)
		errs := make(chan error, 8)
		for range cap(errs) {
			h := holdingOf("93010", Planifier, estEnsemble, "2025-01-01", "")
			go func() {
				errs <- r.Store.Do(t.Context(), NewAct("essai", noon), Change{Holdings: []Holding{h}}, r.check(h))
			}()
		}
		accepted := 0
		for range cap(errs) {
			if err := <-errs; err == nil {
				accepted++
			} else if !errors.Is(err, ErrOverlap) {
				t.Error(err)
			}
		}
		if accepted != 1 {
			t.Errorf("%d of the same transfers were accepted, want 1", accepted)
		}
	})
}

func TestStateFollowsWhatIsRecorded(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, ourTables, func(t *testing.T, d *db.DB) {
		ctx, r := t.Context(), opened(t, d)
		before := r.State()
		h := holdingOf("93010", Planifier, estEnsemble, "2025-01-01", "2025-12-31")
		if err := r.Store.Do(ctx, NewAct("Transfert enregistré", noon.Add(time.Minute)), Change{Holdings: []Holding{h}}, r.check(h)); err != nil {
			t.Fatal(err)
		}
		if err := r.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		s := r.State()
		for day, want := range map[string]ID{"2024-12-31": "93010", "2025-01-01": estEnsemble, "2025-12-31": estEnsemble, "2026-01-01": "93010"} {
			if got, _ := s.Holder("93010", Planifier, clock.MustDate(day)); got != want {
				t.Errorf("holder on %s = %s, want %s", day, got, want)
			}
		}
		if len(s.ReceivedBy(estEnsemble)) != 1 || len(s.GivenBy("93010")) != 1 || len(before.Holdings) != 0 {
			t.Error("the state does not show the transfer, or the old state changed")
		}
		if s.Outlines != before.Outlines {
			t.Error("the outlines were read anew although no contour changed")
		}
		acts, err := r.Store.LastActs(ctx, estEnsemble, 5)
		if err != nil || len(acts) != 1 || acts[0].Title != "Transfert enregistré" {
			t.Errorf("LastActs = %v, %v", acts, err)
		}
	})
}
