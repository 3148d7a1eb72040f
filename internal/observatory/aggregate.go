// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"fmt"

	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// enoughWeight is the share of the weights that must be known for a mean to be shown: below,
// the communes left out could change it too much. A choice of the product, said on the page.
const enoughWeight = 0.9

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
	weigh := c.snap.weigher(context.Background(), c.Indicator)
	if weigh == nil {
		return none("Non publié à cette échelle.")
	}
	known, weights, all, total := 0, 0.0, 0.0, 0.0
	for _, m := range members {
		weight, ok := weigh(m.ID, c.Period)
		if !ok || weight.Number < 0 {
			continue
		}
		w := weight.Number
		all += w
		if part := c.Of(m.ID); part.Known() {
			known++
			weights += w
			total += w * part.Number
		}
	}
	if weights == 0 || weights < enoughWeight*all {
		return none("Non publié à cette échelle ; trop peu de communes connues pour une moyenne.")
	}
	v := none("")
	v.State, v.Number = Estimated, total/weights
	weight := c.snap.indicators[c.Indicator.Aggregation.Weight]
	v.Note = fmt.Sprintf("Estimation de Maillage : moyenne de %s, pondérée par « %s ».",
		french.Plural(known, "commune connue", "communes connues"), weight.Title)
	return v
}
