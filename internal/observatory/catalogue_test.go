// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"errors"
	"strings"
	"testing"
)

func shippedCatalogue(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestShippedCatalogueIsCoherent(t *testing.T) {
	t.Parallel()
	c := shippedCatalogue(t)
	if len(c.Indicators) < 35 || len(c.Sources) < 8 {
		t.Errorf("%d indicators, %d sources", len(c.Indicators), len(c.Sources))
	}
	for _, n := range c.Indicators {
		if n.Kind == Rate && n.Aggregation.Rule == Sum {
			t.Errorf("%s: a rate is summed", n.Code)
		}
	}
}

func with(c *Catalogue, n Indicator) (*Catalogue, error) {
	return NewCatalogue(c.Themes, c.Sources, append([]Indicator{n}, c.Indicators...))
}

func TestCatalogueNamesTheBadRow(t *testing.T) {
	t.Parallel()
	base := shippedCatalogue(t)
	good := Indicator{Code: "essai", Title: "Essai", Short: "Essai", Theme: "accueil", Unit: "places", Direction: Neutral,
		Kind: Stock, Aggregation: Aggregation{Rule: Sum}, Source: "cnaf-places", Definition: "Un essai."}
	for _, c := range []struct {
		change func(*Indicator)
		want   string
	}{
		{func(n *Indicator) { n.Code = "Essai" }, "minuscules"},
		{func(n *Indicator) { n.Code = "min" }, "fonction"},
		{func(n *Indicator) { n.Theme = "lune" }, "thème « lune »"},
		{func(n *Indicator) { n.Source = "lune" }, "source « lune »"},
		{func(n *Indicator) { n.Unit = " " }, "« unit » est obligatoire"},
		{func(n *Indicator) { n.Decimals = 9 }, "décimales"},
		{func(n *Indicator) { n.Kind = Rate }, "un taux ne se somme jamais"},
		{func(n *Indicator) { n.Aggregation = Aggregation{Rule: WeightedMean, Weight: "places_total"} }, "seul un taux se moyenne"},
		{func(n *Indicator) {
			n.Kind, n.Aggregation = Rate, Aggregation{Rule: WeightedMean, Weight: "pauvrete_60"}
		}, "doit être un indicateur qui se somme"},
		{func(n *Indicator) { n.Aggregation.Weight = "places_total" }, "un poids va avec la moyenne"},
		{func(n *Indicator) { n.Headers = []string{"tot offre {s}"} }, "désigne déjà"},
		{func(n *Indicator) { n.Keys = []string{"TYPEQU"} }, "COLONNE=valeur"},
		{func(n *Indicator) { n.Formula = "places_eaje" }, "son agrégation est « jamais »"},
		{func(n *Indicator) { n.Formula, n.Aggregation.Rule = "places_eaje + pauvrete_60", Never }, "ni ajouter"},
		{func(n *Indicator) { n.Formula, n.Aggregation.Rule = "100 * naissances", Never }, "l'unité déclarée"},
		{func(n *Indicator) { n.Formula, n.Aggregation.Rule = "places_lune", Never }, "« places_lune » n'existe pas"},
		{func(n *Indicator) { n.Formula, n.Aggregation.Rule = "essai[-1] + places_eaje", Never }, "essai → essai"},
	} {
		n := good
		c.change(&n)
		_, err := with(base, n)
		if !errors.Is(err, ErrCatalogue) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), n.Code) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	if _, err := with(base, good); err != nil {
		t.Errorf("a good row is refused: %v", err)
	}
	if _, err := ParseCatalogue("[[indicator]]\nunité = 3"); err == nil {
		t.Error("bad TOML accepted")
	}
	if _, err := ParseCatalogue("[[indicator]]\nunite = 3"); err == nil || !strings.Contains(err.Error(), "indicator.unite") {
		t.Errorf("an unknown key is accepted: %v", err)
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	c := shippedCatalogue(t)
	values, err := Seed()
	if err != nil {
		t.Fatal(err)
	}
	find := func(code, place, period string) Value {
		for _, v := range values {
			if v.Indicator == code && string(v.Territory) == place && string(v.Period) == period {
				return v
			}
		}
		t.Fatalf("no value for %s %s %s", code, place, period)
		return Value{}
	}
	seen := map[[3]string]bool{}
	for _, v := range values {
		if err := v.Check(); err != nil {
			t.Error(err)
		}
		if _, ok := c.Indicator(v.Indicator); !ok {
			t.Errorf("unknown indicator %s", v.Indicator)
		}
		key := [3]string{v.Indicator, string(v.Territory), string(v.Period)}
		if seen[key] {
			t.Errorf("twice %v", key)
		}
		seen[key] = true
	}
	if want := 40*6 + 40*5*8 + 10; len(values) != want { // towns, rates by town, rates of wholes
		t.Errorf("%d values, want %d", len(values), want)
	}
	if v := find("couverture_globale", "93001", "2021"); v.Number != 22 || v.State != Observed {
		t.Errorf("Aubervilliers 2021: %+v", v)
	}
	if v := find("caf_enfants_0_2", "93001", "2020"); v.Number != 3426 || v.State != Estimated {
		t.Errorf("Aubervilliers, Caf: %+v", v)
	}
	if v := find("caf_enfants_0_2", "93015", "2020"); v.Known() || v.State != Missing || v.Reason() == "" {
		t.Errorf("Coubron is not published and must say so: %+v", v)
	}
	if v := find("couverture_eaje", "93039", "2019"); v.Known() || !strings.Contains(v.Reason(), "10 000") {
		t.Errorf("L'Île-Saint-Denis has no Cnaf rate: %+v", v)
	}
}
