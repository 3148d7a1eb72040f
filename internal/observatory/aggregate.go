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
	members := c.snap.reg.In(id, territory.Commune)
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

func (c *Column) sum(members []*territory.Territory, none func(string) Value) Value {
	v := none("")
	known, total := 0, 0.0
	for _, m := range members {
		part := c.Of(m.ID)
		switch {
		case part.State == Secret:
			return none("Une commune au moins est couverte par le secret statistique : pas de somme.")
		case part.Known():
			known++
			total += part.Number
		}
	}
	if known == 0 {
		return v
	}
	if known < len(members) {
		return none(fmt.Sprintf("Pas de somme : %s sans valeur sur %s.",
			french.Plural(len(members)-known, "commune", "communes"), french.Int(len(members))))
	}
	v.State, v.Number = Observed, total
	v.Note = "Somme des communes."
	return v
}

func (c *Column) mean(members []*territory.Territory, none func(string) Value) Value {
	weights, people := c.weights(), c.snap.people()
	if weights == nil || people == nil {
		return none("Non publié à cette échelle.")
	}
	known, everyone, covered, sum, total := 0, 0.0, 0.0, 0.0, 0.0
	for _, m := range members {
		inhabitants := people.Of(m.ID).Number
		everyone += inhabitants
		part, w := c.Of(m.ID), weights.Of(m.ID)
		if !part.Known() || !w.Known() || w.Number < 0 {
			continue
		}
		known++
		covered += inhabitants
		sum += w.Number
		total += w.Number * part.Number
	}
	if sum == 0 || covered < enoughPeople*everyone {
		return none("Non publié à cette échelle ; trop peu de communes connues pour une moyenne.")
	}
	v := none("")
	v.State, v.Number = Estimated, total/sum
	v.Note = fmt.Sprintf("Estimation de Maillage : moyenne de %s, pondérée par « %s » (%s).",
		french.Plural(known, "commune connue", "communes connues"), weights.Indicator.Title, weights.Period.French())
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
