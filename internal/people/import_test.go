// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"maillage/internal/people/paste"
	"maillage/internal/people/policy"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
)

// states is what a pasted list would be, a word a line.
func (h *house) states(text string) string {
	h.t.Helper()
	lines, dir, err := h.plan(context.Background(), paste.Parse(text))
	if err != nil {
		h.t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		s := string(l.State)
		switch {
		case l.Known != "":
			s += " " + dir.persons[l.Known].FamilyName
		case len(l.Maybe) > 0:
			s += " " + dir.persons[l.Maybe[0]].FamilyName
		}
		switch {
		case l.Org.ID != "":
			s += " @" + dir.orgName(l.Org.ID)
		case len(l.Org.Maybe) > 0:
			s += " ?" + dir.orgName(l.Org.Maybe[0])
		case l.Org.New.Name != "":
			s += " +" + string(l.Org.New.Kind) + " " + l.Org.New.Name
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func TestLinesAreMatched(t *testing.T) {
	t.Parallel()
	h := quick(t)
	h.add("Association Les Petits Pas", Association, "")
	for text, want := range map[string]string{
		"Lina DUPRÉ <lina@y.example>":                                      "nouvelle",
		"Lou AGENT <AGENT@x.example>":                                      "connue Agent",
		"AGENT Lou (Mairie de Bondy)":                                      "connue Agent @Commune de Bondy",
		"AGENT Lou":                                                        "douteuse Agent",
		"Lou AGENT <autre@y.example>":                                      "douteuse Agent",
		"Zoé INCONNUE <agent@x.example>":                                   "douteuse Agent",
		"Lina DUPRÉ (Ville de Bondy)":                                      "nouvelle @Commune de Bondy",
		"Lina DUPRÉ (Bondy)":                                               "nouvelle @Commune de Bondy",
		"Lina DUPRÉ (Mairie de Bobigny)":                                   "nouvelle +commune Commune de Bobigny",
		"Lina DUPRÉ (CAF)":                                                 "nouvelle @Caf d'ici",
		"Lina DUPRÉ (Caf du 93)":                                           "douteuse ?Caf d'ici",
		"Lou ADMIN (Caf du 93) <admin@x.example>":                          "connue Admin @Caf d'ici",
		"Lina DUPRÉ (Petits Pas)":                                          "douteuse ?Association Les Petits Pas",
		"Lina DUPRÉ (MSA Île-de-France)":                                   "nouvelle +msa MSA Île-de-France",
		"Lina DUPRÉ (CCAS de Bondy)":                                       "nouvelle +ccas CCAS de Bondy",
		"Lina DUPRÉ <l@y.example>; DUPRÉ Lina <l@y.example>":               "nouvelle\nrepetee",
		"Claude Martin":                                                    "douteuse",
		"Nom\tPrénom\tCourriel\nAgent\tLou\tagent@x.example":               "connue Agent",
		"Nom\tPrénom\tOrganisme\nDupré\tLina\tUniversité Imaginaire Ouest": "nouvelle +universite Université Imaginaire Ouest",
	} {
		if got := h.states(text); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

// take takes in all that is sure in a pasted list.
func (h *house) take(text string) string {
	h.t.Helper()
	ctx := h.ctx("Secretaire")
	lines, _, err := h.plan(ctx, paste.Parse(text))
	if err != nil {
		h.t.Fatal(err)
	}
	var list []decision
	for _, l := range lines {
		if l.State == lineNew || l.State == lineKnown {
			list = append(list, decision{line: l, person: l.Known, name: [2]string{l.Family, l.Given}, org: l.Org.ID, create: l.Org.New})
		}
	}
	id, err := h.takeIn(ctx, list)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// census counts what is in the directory.
func (h *house) census() [3]int {
	h.t.Helper()
	var n [3]int
	for i, text := range []string{`select count(*) from people_person where deleted_at = ''`, `select count(*) from people_organisation where deleted_at = ''`,
		`select count(*) from people_affiliation where deleted_at = ''`} {
		got, err := one(db.Query(context.Background(), h.DB.Read(), scanCount, text))
		if err != nil {
			h.t.Fatal(err)
		}
		n[i] = got
	}
	return n
}

const pasted = "Nom\tPrénom\tCourriel\tOrganisme\tFonction\tTéléphone\n" +
	"DUPRÉ\tLina\tlina@y.example\tMairie de Bobigny\tÉlue\t0123456789\n" +
	"VALMONT\tSami\tsami@y.example\tMairie de Bobigny\t\t\n" +
	"Agent\tLou\tagent@x.example\tMairie de Bondy\t\t01 98 76 54 32\n"

func TestImportAndUndo(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		before := h.census()
		id := h.take(pasted)
		if got := h.census(); got != [3]int{before[0] + 2, before[1] + 1, before[2] + 2} {
			t.Errorf("imported %v, were %v", got, before)
		}
		if p := h.person(h.who["Agent"].ID); p.Phone != "01 98 76 54 32" {
			t.Errorf("the telephone of who is known: %q", p.Phone)
		}
		o, err := h.BySIREN(context.Background(), h.DB.Read(), "219300084")
		if err != nil || o.Name != "Commune de Bobigny" || o.Territory != "93008" {
			t.Errorf("the town %+v, %v", o, err)
		}
		if err := h.UndoImport(h.ctx("Secretaire"), id); err != nil {
			t.Fatal(err)
		}
		if got := h.census(); got != before {
			t.Errorf("undone %v, were %v", got, before)
		}
		if p := h.person(h.who["Agent"].ID); p.Phone != "" {
			t.Errorf("the telephone stays: %q", p.Phone)
		}
		if again := h.take(pasted); again == id {
			t.Error("the same import twice")
		}
		if err := h.UndoImport(h.ctx("Secretaire"), "inconnu"); !errors.Is(err, ErrUnknown) {
			t.Errorf("an unknown import: %v", err)
		}
	})
}

// Undoing leaves what has been used since, says why, and takes the rest.
func TestUndoLeavesWhatWasUsed(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx := h.ctx("Secretaire")
		before := h.census()
		id := h.take(pasted)
		lina, err := h.ByMail(ctx, h.DB.Read(), "lina@y.example")
		if err != nil {
			t.Fatal(err)
		}
		h.who["Dupré"] = lina
		if _, err := h.GiveHat(ctx, Hat{Role: policy.Agent, Affiliation: h.tie("Dupré").Affiliation, Period: Period{From: h.Today()}}); err != nil {
			t.Fatal(err)
		}
		if err := h.UndoImport(ctx, id); err != nil {
			t.Fatal(err)
		}
		if got := h.census(); got != [3]int{before[0] + 1, before[1] + 1, before[2] + 1} {
			t.Errorf("left %v, were %v", got, before)
		}
		list, err := h.Imports(ctx, 5)
		if err != nil || len(list) != 1 || !list[0].Undone.IsZero() {
			t.Fatalf("%+v, %v", list, err)
		}
		var why []string
		for _, row := range list[0].Rows {
			if !row.Undone {
				why = append(why, row.Kind+" : "+row.Kept)
			}
		}
		want := []string{"organisation : des personnes en font partie", "personne : elle a un poste", "affiliation : une fonction est exercée à ce poste"}
		if !slices.Equal(why, want) {
			t.Errorf("%q, want %q", why, want)
		}
		hat := h.hats("Dupré")[0]
		h.InUse = append(h.InUse, func(context.Context, db.Querier, string) (string, error) { return "elle a voté", nil })
		entries, err := h.history.List(ctx, history.Filter{Subject: subjectHat + "/" + hat.ID}, 1)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v, %v", entries, err)
		}
		if _, err := h.history.Undo(ctx, entries[0].ID, false); err != nil {
			t.Fatal(err)
		}
		if err := h.UndoImport(ctx, id); err != nil {
			t.Fatal(err)
		}
		if list, err = h.Imports(ctx, 5); err != nil || list[0].Rows[1].Kept != "elle a voté" {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// What was corrected since the list filled it stays, with the reason; what still bears the
// list's value goes, whatever else was changed on the record.
func TestUndoKeepsACorrection(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx := h.ctx("Secretaire")
		who, err := h.CreatePerson(ctx, Person{FamilyName: "Sans", GivenName: "Lou"}, Affiliation{})
		if err != nil {
			t.Fatal(err)
		}
		line := planLine{Entry: paste.Entry{Mail: "Faux@ville.example", Phone: "0123456789"}}
		other := h.who["Collegue"]
		id, err := h.takeIn(ctx, []decision{{line: line, person: who}, {line: planLine{Entry: paste.Entry{Phone: "0198765432"}}, person: other.ID}})
		if err != nil {
			t.Fatal(err)
		}
		p := h.person(who)
		if p.Mail != "faux@ville.example" || p.Phone != "01 23 45 67 89" {
			t.Fatalf("filled %q, %q", p.Mail, p.Phone)
		}
		p.Mail = "corrige@ville.example"
		if err := h.ChangePerson(ctx, p); err != nil {
			t.Fatal(err)
		}
		other = h.person(other.ID)
		if other.Phone = "01 98 76 54 33"; h.ChangePerson(ctx, other) != nil {
			t.Fatal("not corrected")
		}
		if err := h.UndoImport(ctx, id); err != nil {
			t.Fatal(err)
		}
		if got := h.person(other.ID).Phone; got != "01 98 76 54 33" {
			t.Errorf("the corrected telephone is %q", got)
		}
		if p = h.person(who); p.Mail != "corrige@ville.example" || p.Phone != "" {
			t.Errorf("undone: %q, %q", p.Mail, p.Phone)
		}
		list, err := h.Imports(ctx, 1)
		if err != nil || list[0].Rows[0].Kept != changedSince || list[0].Rows[0].Undone || !list[0].Rows[1].Undone {
			t.Errorf("%+v, %v", list, err)
		}
		p.Mail = "faux@ville.example"
		if err := h.ChangePerson(ctx, p); err != nil {
			t.Fatal(err)
		}
		if err := h.UndoImport(ctx, id); err != nil || h.person(who).Mail != "" {
			t.Errorf("the list's value is back, and stays: %v", err)
		}
	})
}

func TestManyPeople(t *testing.T) {
	t.Parallel()
	h := quick(t)
	const many = 120
	var b strings.Builder
	for i := range many {
		fmt.Fprintf(&b, "NOM%c%c%c Lou <n%d@y.example>;\n", 'A'+i%26, 'A'+i/26, 'A'+i%7, i)
	}
	before := h.census()
	id := h.take(b.String())
	if got := h.census(); got[0] != before[0]+many {
		t.Errorf("%d persons, were %d", got[0], before[0])
	}
	if err := h.UndoImport(h.ctx("Secretaire"), id); err != nil {
		t.Fatal(err)
	}
	if got := h.census(); got != before {
		t.Errorf("undone %v, were %v", got, before)
	}
}
