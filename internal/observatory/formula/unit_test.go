// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"strings"
	"testing"
)

var testUnits = map[string]string{
	"places": "places", "enfants": "enfants", "petits": "enfants de moins de 3 ans", "population": "habitants",
	"pauvrete": "%", "couverture": "places pour 100 enfants de moins de 3 ans", "revenu": "euros", "budget": "milliers d'euros", "tension": "indice",
}

func unitOf(name string) (Unit, bool) {
	u, ok := testUnits[name]
	return ParseUnit(u), ok
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, declared, trouble string }{
		{"100 * places / enfants", "places pour 100 enfants de moins de 3 ans", ""},
		{"places / enfants * 1000", "places pour 1 000 enfants", ""},
		{"100 * enfants / petits", "%", ""},
		{"enfants / petits", "%", "Multipliez par 100"},
		{"100 * places / enfants", "%", "l'unité déclarée est « % »"},
		{"100 * (enfants - enfants[-1]) / enfants[-1]", "%", ""},
		{"pauvrete - pauvrete[-1]", "points", ""},
		{"pauvrete * population / 100", "habitants", ""},
		{"pauvrete * population", "habitants", "Divisez par 100"},
		{"couverture * petits / 100", "places", ""},
		{"places + pauvrete", "places", "des « places » et des « % »"},
		{"places + enfants", "places", "ni ajouter"},
		{"budget + revenu", "euros", "même échelle"},
		{"budget * 1000 + revenu", "euros", ""},
		{"budget + revenu / 1000", "milliers d'euros", ""},
		{"revenu / population", "euros par habitant", ""},
		{"si(enfants < 50; 0; 100 * places / enfants)", "places pour 100 enfants", ""},
		{"si(enfants < places; 0; 1)", "indice", "ni ajouter"},
		{"si(enfants; 0; 1)", "indice", "doit être une comparaison"},
		{"enfants < 50", "indice", "n'est pas un nombre"},
		{"enfants + (places < 3)", "enfants", "n'est pas un nombre"},
		{"max(places; 0) + 5", "places", ""},
		{"min(places; enfants)", "places", "ni ajouter"},
		{"1 / enfants", "1 par enfant", "l'unité déclarée"},
		{"enfants + inconnu", "enfants", "n'existe pas"},
		{"3 * 100", "%", ""},
	} {
		e, err := Parse(c.src)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.src, err)
			continue
		}
		u, err := e.Check(unitOf)
		if err == nil {
			err = Coherent(u, ParseUnit(c.declared), c.declared)
		}
		switch {
		case c.trouble == "" && err != nil:
			t.Errorf("%s in %q: %v", c.src, c.declared, err)
		case c.trouble != "" && (err == nil || !strings.Contains(err.Error(), c.trouble)):
			t.Errorf("%s in %q: got %v, want %q", c.src, c.declared, err, c.trouble)
		}
	}
}
