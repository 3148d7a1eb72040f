// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/history"
)

func TestMergedPersonsAreFollowed(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx := h.ctx("Secretaire")
		kept, dup := h.who["Agent"], h.who["Collegue"]
		other := h.join("Ancienne", "Caf d'ici", "membre")
		id, err := h.MergePersons(ctx, kept.ID, dup.ID, []string{"telephone", "courriel"})
		if err != nil {
			t.Fatal(err)
		}
		if p, err := h.Person(ctx, h.DB.Read(), dup.ID); err != nil || p.ID != kept.ID || p.Mail != "collegue@x.example" {
			t.Errorf("the duplicate leads to %+v, %v", p, err)
		}
		if _, err := h.MergePersons(ctx, dup.ID, other.ID, nil); !errors.Is(err, ErrMergeMerged) {
			t.Errorf("merging into a duplicate: %v", err)
		}
		if _, err := h.MergePersons(ctx, dup.ID, kept.ID, nil); !errors.Is(err, ErrMergeMerged) {
			t.Errorf("a cycle: %v", err)
		}
		if _, err := h.MergePersons(ctx, kept.ID, kept.ID, nil); !errors.Is(err, ErrMergeSelf) {
			t.Errorf("with itself: %v", err)
		}
		if _, err := h.MergePersons(ctx, other.ID, kept.ID, nil); err != nil {
			t.Fatal(err)
		}
		for _, addr := range []string{"collegue@x.example", "ancienne@x.example"} {
			if p, err := h.ByMail(ctx, h.DB.Read(), addr); err != nil || p.ID != other.ID {
				t.Errorf("%s leads to %s, %v", addr, p.ID, err)
			}
		}
		if hats, err := h.Hats(ctx, h.DB.Read(), dup.ID); err != nil || len(hats) != 2 || hats[0].Affiliation.Person != other.ID {
			t.Errorf("hats through two merges: %+v, %v", hats, err)
		}
		if _, err := h.UndoMerge(ctx, id); err != nil {
			t.Fatal(err)
		}
		if p, err := h.Person(ctx, h.DB.Read(), dup.ID); err != nil || p.ID != dup.ID || p.Mail != dup.Mail {
			t.Errorf("separated: %+v, %v", p, err)
		}
		if p := h.person(kept.ID); p.Mail != kept.Mail || p.MergedInto != other.ID {
			t.Errorf("the kept one: %+v", p)
		}
		if _, err := h.UndoMerge(ctx, id); !errors.Is(err, ErrMergeUndone) {
			t.Errorf("undone twice: %v", err)
		}
	})
}

// What was changed since a merge is not taken back by undoing it; an address that somebody else
// bears now is not taken from them.
func TestUndoMergeKeepsWhatChangedSince(t *testing.T) {
	t.Parallel()
	h := quick(t)
	ctx := h.ctx("Secretaire")
	kept, dup := h.who["Agent"], h.who["Collegue"]
	id, err := h.MergePersons(ctx, kept.ID, dup.ID, []string{"courriel", "nom"})
	if err != nil {
		t.Fatal(err)
	}
	p := h.person(kept.ID)
	p.Mail = "autre@x.example"
	if err := h.ChangePerson(ctx, p); err != nil {
		t.Fatal(err)
	}
	taker, err := h.CreatePerson(ctx, Person{FamilyName: "Neuve", Mail: dup.Mail}, Affiliation{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.UndoMerge(ctx, id); !errors.Is(err, ErrTaken) {
		t.Errorf("the address is borne by %s: %v", taker, err)
	}
	moved := h.person(taker)
	moved.Mail = ""
	if err := h.ChangePerson(ctx, moved); err != nil {
		t.Fatal(err)
	}
	if _, err := h.UndoMerge(ctx, id); err != nil {
		t.Fatal(err)
	}
	if p := h.person(kept.ID); p.Mail != "autre@x.example" || p.FamilyName != kept.FamilyName {
		t.Errorf("after undo %+v", p)
	}
}

// The history undoes a merge too, whole: the duplicate stands alone again.
func TestMergeUndoneFromTheHistory(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx, kept, dup := h.ctx("Secretaire"), h.who["Agent"], h.who["Collegue"]
		if _, err := h.MergePersons(ctx, kept.ID, dup.ID, []string{"nom"}); err != nil {
			t.Fatal(err)
		}
		list, err := h.history.List(ctx, history.Filter{Subject: subjectPerson + "/" + kept.ID}, 1)
		if err != nil || len(list) != 1 || list[0].Verb != verbMerge {
			t.Fatalf("%+v, %v", list, err)
		}
		done, err := h.history.Undo(ctx, list[0].ID, false)
		if err != nil {
			t.Fatal(err)
		}
		if p := h.person(kept.ID); p.FamilyName != kept.FamilyName {
			t.Errorf("the kept one %+v", p)
		}
		if p := h.person(dup.ID); p.MergedInto != "" {
			t.Errorf("the duplicate %+v", p)
		}
		if _, err := h.history.Undo(ctx, done[0].ID, false); err == nil {
			t.Error("merged again from the history")
		}
	})
}

// Whatever is merged, in whatever order, and then undone, last first: every record is as it was,
// everything leads to one root on the way, and that root stands alone.
func TestMergesUndoToTheIdentity(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, db.SQLite, rooms...)
	h := newHouse(t, d)
	ctx, round := h.ctx("Secretaire"), 0
	if err := flag.Set("rapid.checks", "30"); err != nil { // each is a dozen transactions; the only property of this package
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		round++
		var ids []string
		for i := range 5 {
			ids = append(ids, h.add(fmt.Sprintf("Organisation %d de %d", i, round), Kinds()[i], ""))
		}
		before := h.organisations(rt, ids)
		var done []string
		for range rapid.IntRange(1, 8).Draw(rt, "merges") {
			a, b := rapid.SampledFrom(ids).Draw(rt, "kept"), rapid.SampledFrom(ids).Draw(rt, "duplicate")
			take := rapid.SliceOfDistinct(rapid.SampledFrom(organisationMerged), rapid.ID).Draw(rt, "take")
			m, err := h.MergeOrganisations(ctx, a, b, take)
			if err == nil {
				done = append(done, m)
			} else if !errors.Is(err, ErrMergeMerged) && !errors.Is(err, ErrMergeSelf) {
				rt.Fatal(err)
			}
		}
		for _, o := range h.organisations(rt, ids) {
			root, err := h.Organisation(ctx, d.Read(), o.ID)
			if err != nil || root.MergedInto != "" {
				rt.Fatalf("%s leads to %+v, %v", o.ID, root, err)
			}
			if o.MergedInto != "" { // transitive: where it leads is where its parent leads
				parent, err := h.Organisation(ctx, d.Read(), o.MergedInto)
				if err != nil || parent.ID != root.ID {
					rt.Fatalf("%s leads to %s, its parent to %s, %v", o.ID, root.ID, parent.ID, err)
				}
			}
		}
		for _, m := range slices.Backward(done) {
			if _, err := h.UndoMerge(ctx, m); err != nil {
				rt.Fatal(err)
			}
		}
		for i, o := range h.organisations(rt, ids) {
			o.Version = before[i].Version
			if root, err := h.Organisation(ctx, d.Read(), o.ID); err != nil || o != before[i] || root.ID != o.ID {
				rt.Fatalf("after undo %+v, was %+v (%v)", o, before[i], err)
			}
		}
	})
}

func (h *house) organisations(t rapid.TB, ids []string) []Organisation {
	list := make([]Organisation, len(ids))
	for i, id := range ids {
		o, err := h.organisationAsIs(context.Background(), h.DB.Read(), id)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = o
	}
	return list
}

func TestWhatLooksAlike(t *testing.T) {
	t.Parallel()
	list := []record{
		{"1", "Lina Dupré", nameKey("Dupré Lina"), "lina.dupre"}, {"2", "Dupré Lina", nameKey("Lina DUPRE"), ""},
		{"3", "Lina Duprey", nameKey("Duprey Lina"), ""}, {"4", "Sami Valmont", nameKey("Valmont Sami"), "sami.valmont"},
		{"5", "Samy Rocher", nameKey("Rocher Samy"), "sami.valmont"}, {"6", "Lina Rocher", nameKey("Rocher Lina"), ""},
	}
	var got []string
	for _, a := range duplicates(kindPerson, list) {
		got = append(got, a.left+a.right)
	}
	slices.Sort(got)
	if want := []string{"12", "13", "23", "45"}; !slices.Equal(got, want) {
		t.Errorf("pairs %v, want %v", got, want)
	}
}
