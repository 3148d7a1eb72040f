// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"fmt"

	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// enoughPeople is the share of the inhabitants whose communes must be known for a mean to be
// shown: below, the communes left out could change it too much. A choice of the product, said
// on the page.
const enoughPeople = 0.9

// aggregate brings the communes of a territory together, as the indicator allows.
func (c *Column) aggregate(id territory.ID) Value {
	none := func(note string) Value {
		return Value{Indicator: c.Indicator.Code, Territory: id, Period: c.Period, State: Missing, Note: note}
	}
	if _, ok := c.snap.reg.Get(id); !ok || c.known == 0 {
		return none("")
	}
	if c.snap.formulas[c.Indicator.Code] != nil {
		return c.snap.derivedAt(c, id)
	}
	members := c.snap.members(id)
	switch c.Indicator.Aggregation.Rule {
	case Sum:
		if src, ok := c.snap.Source(c.Indicator.Code); ok && src.Secrecy.Rounded > 0 {
			return none(fmt.Sprintf("Non publié à cette échelle ; les effectifs arrondis à %d près ne s'additionnent pas.", src.Secrecy.Rounded))
		}
		return c.sum(members, none)
	case WeightedMean:
		return c.mean(members, none)
	}
	return none("Non publié à cette échelle.")
}

func (c *Column) sum(members []int, none func(string) Value) Value {
	known, total := 0, 0.0
	for _, i := range members {
		part := c.communes[i]
		switch {
		case part.state == Secret:
			return none("Une commune au moins est couverte par le secret statistique : pas de somme.")
		case part.state.HasNumber():
			known++
			total += part.number
		}
	}
	if known == 0 {
		return none("")
	}
	if known < len(members) {
		return none(fmt.Sprintf("Pas de somme : %s sans valeur sur %s.",
			french.Plural(len(members)-known, "commune", "communes"), french.Int(len(members))))
	}
	v := none("Somme des communes.")
	v.State, v.Number = Observed, total
	return v
}

func (c *Column) mean(members []int, none func(string) Value) Value {
	weights, people := c.weights(), c.snap.people()
	if weights == nil || people == nil {
		return none("Non publié à cette échelle.")
	}
	known, everyone, covered, sum, total := 0, 0.0, 0.0, 0.0, 0.0
	for _, i := range members {
		inhabitants := people.communes[i].number
		everyone += inhabitants
		part, w := c.communes[i], weights.communes[i]
		if !part.state.HasNumber() || !w.state.HasNumber() || w.number < 0 {
			continue
		}
		known++
		covered += inhabitants
		sum += w.number
		total += w.number * part.number
	}
	if sum == 0 || covered < enoughPeople*everyone {
		return none("Rien de publié à cette échelle cette année-là, et trop peu de communes connues pour une moyenne.")
	}
	v := none(fmt.Sprintf("Estimation de Maillage : moyenne de %s, pondérée par « %s » (%s).",
		french.Plural(known, "commune connue", "communes connues"), weights.Indicator.Title, weights.Period.French()))
	v.State, v.Number = Estimated, total/sum
	return v
}

// weights is the column that weighs this one: that of the nearest period with figures.
func (c *Column) weights() *Column {
	code := c.Indicator.Aggregation.Weight
	for _, p := range c.snap.nearestPeriods(code, c.Period) {
		if w, err := c.snap.Column(context.Background(), code, p); err == nil && w.Known() > 0 {
			return w
		}
	}
	return nil
}

// people is the last municipal population of every commune.
func (s *Snapshot) people() *Column {
	p, ok := s.Latest(MunicipalPopulation)
	if !ok {
		return nil
	}
	c, err := s.Column(context.Background(), MunicipalPopulation, p)
	if err != nil {
		return nil
	}
	return c
}
