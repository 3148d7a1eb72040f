// SPDX-License-Identifier: EUPL-1.2

package planning

import "fmt"

// CaseName names one of the three hypotheses.
type CaseName string

// The three cases are those of what remains for the town: LowCase is the mildest (cheaper,
// fuller, upper bound of the aids), HighCase the harshest (dearer, emptier, lower bound).
const (
	LowCase     CaseName = "basse"
	CentralCase CaseName = "centrale"
	HighCase    CaseName = "haute"
)

// Case is one hypothesis on costs and hours, in per cent of what the plan says.
type Case struct {
	Name       CaseName
	Running    Number // running costs: 100 is the plan's own figure
	Investment Number
	Hours      Number // realised and billed hours
	UpperAid   bool   // where a scale is a range: its upper bound instead of its lower one
}

// Uncertainty is how far the plan's figures may be wrong, in per cent; the town says it,
// the product proposes none.
type Uncertainty struct {
	Running, Investment, Hours Number
}

// Central is the plan's own figures, with the lower bound of every range (prudence).
func Central() Case {
	return Case{Name: CentralCase, Running: Whole(100), Investment: Whole(100), Hours: Whole(100)}
}

// Cases are the low, central and high hypotheses, in that order.
func (u Uncertainty) Cases() [3]Case {
	hundred := Whole(100)
	low, high := Central(), Central()
	low.Name, low.UpperAid = LowCase, true
	low.Running = most(hundred.Minus(u.Running), Number{})
	low.Investment = most(hundred.Minus(u.Investment), Number{})
	low.Hours = hundred.Plus(u.Hours)
	high.Name = HighCase
	high.Running, high.Investment = hundred.Plus(u.Running), hundred.Plus(u.Investment)
	high.Hours = most(hundred.Minus(u.Hours), Number{})
	return [3]Case{low, Central(), high}
}

// Check refuses a negative uncertainty, or one of more than the figure itself.
func (u Uncertainty) Check() error {
	for _, v := range []struct {
		name string
		n    Number
	}{{"les coûts de fonctionnement", u.Running}, {"l'investissement", u.Investment}, {"les heures", u.Hours}} {
		if outside(v.n, 100) {
			return fmt.Errorf("l'incertitude sur %s (%s %%) va de 0 à 100", v.name, v.n)
		}
	}
	return nil
}

// bound picks the bound of a range and says so.
func (c Case) bound(s Scale, certain bool) (Number, string) {
	reach := "fourchette de " + s.Low.String() + " à " + s.High.String() + " " + s.Unit
	if certain {
		return *s.High, "maximum, " + reach
	}
	if c.UpperAid {
		return *s.High, "borne haute, " + reach
	}
	return *s.Low, "borne basse par prudence, " + reach
}
