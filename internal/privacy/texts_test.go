// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"database/sql"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"maillage/internal/people"
)

func namesOf(given, family, phone string, addresses ...string) names {
	var n names
	var whole, alone []string
	n.add(&whole, &alone, given, family, phone, addresses...)
	n.whole, n.alone = compile(whole), compile(alone)
	return n
}

func TestNamesInTexts(t *testing.T) {
	t.Parallel()
	n := namesOf("Zoélie", "Dupré-Martin", "01 99 00 41 17", "zoelie.dupre@ville.example")
	for _, c := range []struct{ rule, text, want string }{
		{"as it is written", "Vu avec Zoélie Dupré-Martin.", "Vu avec personne effacée."},
		{"the other way round, in capitals", "DUPRÉ-MARTIN Zoélie, cheffe", "personne effacée, cheffe"},
		{"without accents, in small letters", "zoelie dupre martin", "personne effacée"},
		{"twice", "Zoélie Dupré-Martin et ZOÉLIE DUPRÉ-MARTIN", "personne effacée et personne effacée"},
		{"a longer name is another's", "Anne-Zoélie Dupré-Martin, Zoélie Dupré-Martinet", "Anne-Zoélie Dupré-Martin, Zoélie Dupré-Martinet"},
		{"the family name alone stays", "M. Dupré-Martin", "M. Dupré-Martin"},
		{"an address", "écrire à Zoelie.Dupre@ville.example ou non", "écrire à personne effacée ou non"},
		{"another's address", "x.zoelie.dupre@ville.example", "x.zoelie.dupre@ville.example"},
		{"a telephone, however it is cut", "01.99.00.41.17 ou 0199004117", "personne effacée ou personne effacée"},
		{"another's telephone", "01 99 00 41 170", "01 99 00 41 170"},
		{"inside JSON", `{"a":["Zoélie Dupré-Martin"]}`, `{"a":["personne effacée"]}`},
	} {
		if got := n.without(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.rule, got, c.want)
		}
	}
	if len(spans(n.alone, "M. Dupré-Martin")) != 1 || len(spans(n.alone, "Dupré-Martinet")) != 0 {
		t.Error("the family name alone is not seen")
	}
	if m := namesOf("", "Recherche", ""); m.without("La recherche avance") != "La recherche avance" || len(spans(m.alone, "La recherche avance")) != 1 {
		t.Error("a name that is a word")
	}
}

// TestNoNameIsLeft: whatever the names and the text around, nothing of the whole name is left, and
// the rest of the text stays.
func TestNoNameIsLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-ZÉÈ][a-zéèêëàâîïôöûüç]{2,8}([ '-][A-ZÉÈ][a-zéèêëàâîïôöûüç]{2,8})?`)
		given, family := name.Draw(t, "given"), name.Draw(t, "family")
		before := rapid.StringMatching(`[x0-9 ,.;:()"]{0,12}[ (,]`).Draw(t, "before")
		after := rapid.StringMatching(`[ ),.;:][x0-9 ,.;:()"]{0,12}`).Draw(t, "after")
		n := namesOf(given, family, "")
		full := rapid.SampledFrom([]string{given + " " + family, family + " " + given, strings.ToUpper(family) + " " + given, strings.ToLower(given + " " + family)}).Draw(t, "full")
		if got := n.without(before + full + after); got != before+Nobody+after {
			t.Fatalf("%q in %q: %q", full, before+full+after, got)
		}
	})
}

// TestTextsOfOthersStay: erasing somebody leaves alone whoever has a longer name.
func TestTextsOfOthersStay(t *testing.T) {
	t.Parallel()
	everywhere(t, func(w *world) {
		person := w.person(people.Person{GivenName: "Marie", FamilyName: "Dupont", Mail: "marie@ville.example"})
		texts := []string{"Arrêté signé MARIE DUPONT", "Arrêté signé Marie Dupontel", "Courrier de M. Dupont"}
		w.tx(func(tx *sql.Tx) error {
			for i, text := range texts {
				_, err := tx.Exec(`insert into duty_evidence (id, territory, kind, day, reference, created_at) values ($1, '93010', 'x', '2026-01-01', $2, '')`, string(rune('a'+i)), text)
				if err != nil {
					return err
				}
			}
			return nil
		})
		plan, err := w.Plan(w.Context(), person)
		if err != nil || len(plan.Texts) != 1 || plan.Texts[0].Rows != 1 || len(plan.Doubts) != 1 || plan.Doubts[0].Rows != 1 {
			w.Errorf("%+v, %+v, %v", plan.Texts, plan.Doubts, err)
		}
		if _, err := w.Erase(w.Context(), person); err != nil {
			w.Fatal(err)
		}
		texts[0] = "Arrêté signé personne effacée"
		for _, text := range texts {
			if !strings.Contains(w.all()["duty_evidence.reference"], text+"\n") {
				w.Errorf("no %q in %q", text, w.all()["duty_evidence.reference"])
			}
		}
	})
}
