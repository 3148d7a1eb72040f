// SPDX-License-Identifier: EUPL-1.2

package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func shippedTable(t testing.TB) *Table {
	t.Helper()
	table, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestDecide(t *testing.T) {
	t.Parallel()
	table, err := Parse(`
[[droit]]
nom = "preuve"
texte = "Joindre une preuve"
administrateur = "service"
secretariat = "departement"
signataire = "commune"
agent = "titulaire"
referent = "instance"

[[droit]]
nom = "moi"
texte = "Gérer son compte"
tous = "soi"

[[droit]]
nom = "moi.rare"
texte = "Faire de son compte ce que les élus ne font pas"
tous = "soi"
elu = "aucun"
administrateur = "service"
`)
	if err != nil {
		t.Fatal(err)
	}
	bondy := Object{Territory: "93010", Departements: []string{"93"}}
	noisy := Object{Territory: "93053", Departements: []string{"93"}}
	lille := Object{Territory: "59350", Departements: []string{"59"}}
	agent := Subject{Hat: Agent, Person: "a", Territories: []string{"93010"}, Held: []string{"93053"}, Home: "93"}
	desk := Subject{Hat: Secretariat, Person: "s", Home: "93", Proved: true}
	for name, c := range map[string]struct {
		subject Subject
		access  string
		object  Object
		want    Decision
	}{
		"an agent, at home":                        {agent, "preuve", bondy, Allowed},
		"an agent, where the competence was given": {agent, "preuve", noisy, Allowed},
		"an agent, elsewhere":                      {agent, "preuve", lille, Foreign},
		"an agent, on what does not exist":         {agent, "preuve", Object{Territory: "00000"}, Foreign},
		"an agent, on the common goods":            {agent, "preuve", Object{}, Foreign},
		"an agent, on what is in a body":           {agent, "preuve", Object{Body: "b", Territory: "93010"}, Foreign},
		"the secretariat, in the département":      {desk, "preuve", noisy, Allowed},
		"the secretariat, in another":              {desk, "preuve", lille, Foreign},
		"the secretariat, on the département":      {desk, "preuve", Object{Territory: "93"}, Allowed},
		"the secretariat, without second factor":   {Subject{Hat: Secretariat, Person: "s", Home: "93"}, "preuve", noisy, Unsure},
		"unsure only where it would be allowed":    {Subject{Hat: Secretariat, Person: "s", Home: "93"}, "preuve", lille, Foreign},
		"the administrator, anywhere":              {Subject{Hat: Administrator, Proved: true}, "preuve", lille, Allowed},
		"a lead, in their group":                   {Subject{Hat: Lead, Bodies: []string{"b"}}, "preuve", Object{Body: "b"}, Allowed},
		"a lead, in another group":                 {Subject{Hat: Lead, Bodies: []string{"b"}}, "preuve", Object{Body: "c"}, Foreign},
		"a hat the line does not name":             {Subject{Hat: Elected, Territories: []string{"93010"}}, "preuve", bondy, Denied},
		"an access the table does not know":        {desk, "autre", bondy, Denied},
		"no hat at all":                            {Subject{Person: "x"}, "preuve", bondy, Denied},
		"one's own account, with a hat":            {agent, "moi", Object{Person: "a"}, Allowed},
		"one's own account, without any hat":       {Subject{Person: "x"}, "moi", Object{}, Allowed},
		"somebody else's account":                  {agent, "moi", Object{Person: "b"}, Foreign},
		"the account of nobody, by nobody":         {Subject{}, "moi", Object{Person: ""}, Denied},
		"a hat's own line takes away":              {Subject{Hat: Elected, Person: "e"}, "moi.rare", Object{}, Denied},
		"a hat's own line gives more":              {Subject{Hat: Administrator, Person: "x", Proved: true}, "moi.rare", Object{Person: "b"}, Allowed},
		"a strong hat sets its second factor up":   {Subject{Hat: Secretariat, Person: "s"}, "moi", Object{}, Allowed},
	} {
		if got := table.Decide(c.subject, c.access, c.object); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestNarrowerReachesNeverOpenMore: what a reach opens, the wider ones open too, and nothing
// opens to a hat that the line does not name.
func TestNarrowerReachesNeverOpenMore(t *testing.T) {
	t.Parallel()
	territories := []string{"", "93", "93010", "93053", "59350", "00000"}
	departements := map[string][]string{"93": {"93"}, "93010": {"93"}, "93053": {"93"}, "59350": {"59"}}
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.SampledFrom(territories).Draw(t, "territory")
		s := Subject{Hat: Agent, Person: "p", Home: "93", Proved: true,
			Territories: rapid.SliceOfN(rapid.SampledFrom([]string{"93010", "93053"}), 0, 2).Draw(t, "own"),
			Held:        rapid.SliceOfN(rapid.SampledFrom([]string{"93010", "93053"}), 0, 2).Draw(t, "held")}
		o := Object{Territory: place, Departements: departements[place]}
		var before bool
		for _, reach := range []Reach{Commune, Holder, Home, Service} {
			table := &Table{rows: []Row{{Access: "a", Reach: map[Hat]Reach{Agent: reach}}}, index: map[string]int{"a": 0}}
			open := table.Decide(s, "a", o) == Allowed
			if before && !open {
				t.Fatalf("%s closes what a narrower reach opened on %+v", reach, o)
			}
			before = open
			other := s
			other.Hat = Elected
			if table.Decide(other, "a", o) != Denied {
				t.Fatalf("a hat without the right passes on %+v", o)
			}
		}
	})
}

func TestTableIsReadStrictly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, says string }{
		"an unknown hat":   {"[[droit]]\nnom='a'\ntexte='b'\nmaire='commune'", "n'est pas une fonction"},
		"an unknown reach": {"[[droit]]\nnom='a'\ntexte='b'\nagent='partout'", "n'est pas une portée"},
		"twice":            {"[[droit]]\nnom='a'\ntexte='b'\n[[droit]]\nnom='a'\ntexte='b'", "deux fois"},
		"no label":         {"[[droit]]\nnom='a'", "un nom et un texte"},
		"a stray key":      {"autre = 1", "inattendue"},
		"not TOML":         {"[[droit", "droits.toml"},
	} {
		if _, err := Parse(c.text); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestShippedTable holds what must never be given by mistake.
func TestShippedTable(t *testing.T) {
	t.Parallel()
	for _, row := range shippedTable(t).Rows() {
		for hat, reach := range row.Reach {
			if reach == Service && hat != Administrator {
				t.Errorf("%s reaches the whole service as %s", row.Access, hat)
			}
		}
		if strings.HasPrefix(row.Access, "donnees.") && len(row.Reach) > 1 && row.All == Nowhere {
			t.Errorf("%s is not for the administrator alone: %v", row.Access, row.Reach)
		}
	}
}
