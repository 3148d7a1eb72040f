// SPDX-License-Identifier: EUPL-1.2

package statistic

// Source is who publishes figures, how, and what they may not be used for.
type Source struct {
	Code     string `toml:"code"`     // slug: "cnaf-taux-couverture"
	Name     string `toml:"name"`     // as cited beside every figure: "Cnaf, taux de couverture"
	Producer string `toml:"producer"` // "Caisse nationale des allocations familiales (Cnaf)"
	Licence  string `toml:"licence"`  // "Licence Ouverte 2.0"
	Method   string `toml:"method"`   // how the figures are made
	Limits   string `toml:"limits"`   // the sentence printed under each figure
	URL      string `toml:"url"`      // official page; "" when there is none
	Cadence  string `toml:"cadence"`  // "chaque année, en janvier"

	Secrecy     Secrecy `toml:"secrecy"`      // the rule our first layer applies
	SecrecyNote string  `toml:"secrecy_note"` // the rule in words, as the producer states it
}

// Secrecy is the rule of statistical secrecy of one source, as data.
type Secrecy struct {
	// MinCount withholds counts from 1 to MinCount-1; 0 means no threshold. Zero itself is
	// published: it says nothing about anyone.
	MinCount int `toml:"min_count"`
	// Rounded is the multiple the producer already rounds to (5 for the Caf); 0 when exact.
	// Rounded counts are not added up to a département.
	Rounded int `toml:"rounded"`
	// MinPopulation is the number of inhabitants strictly above which a commune is published;
	// 0 when all are. Below it, absence is the rule and not a hole in the data.
	MinPopulation int `toml:"min_population"`
	// Complementary asks for a second cell to be withheld when a total would give the first away.
	Complementary bool `toml:"complementary"`
}

// Direction says which way is better for families, for colours and wording.
type Direction string

// The directions.
const (
	Neutral      Direction = "neutre"
	MoreIsBetter Direction = "plus"
	LessIsBetter Direction = "moins"
)

// Kind says what sort of number an indicator is.
type Kind string

// The kinds. A stock is counted at a date, a count over a period, a rate is a quotient.
const (
	Stock Kind = "stock"
	Rate  Kind = "taux"
	Count Kind = "compte"
)

// AggregationRule says how the values of several territories make the value of their union.
type AggregationRule string

// The rules. A rate is never summed; what has no rule is never aggregated.
const (
	Never        AggregationRule = "jamais"
	Sum          AggregationRule = "somme"
	WeightedMean AggregationRule = "moyenne"
)

// Aggregation is the rule and, for a weighted mean, the indicator that weighs.
type Aggregation struct {
	Rule   AggregationRule `toml:"rule"`
	Weight string          `toml:"weight"` // code of an additive indicator; only for WeightedMean
}

// Indicator is one thing that is measured.
type Indicator struct {
	Code        string      `toml:"code"` // slug usable in formulas: lower case, digits, "_"
	Title       string      `toml:"title"`
	Short       string      `toml:"short"`     // for a chart axis or a narrow column
	Theme       string      `toml:"theme"`     // slug of a Theme
	Unit        string      `toml:"unit"`      // "places pour 100 enfants de moins de 3 ans", "%", "habitants"
	FreeUnit    bool        `toml:"free_unit"` // the unit of a derived indicator is declared, not deduced from its formula
	Decimals    int         `toml:"decimals"`
	Direction   Direction   `toml:"direction"`
	Kind        Kind        `toml:"kind"`
	Aggregation Aggregation `toml:"aggregation"`
	Source      string      `toml:"source"`  // code of the source; for a derived indicator, of its main operand
	Formula     string      `toml:"formula"` // "" unless derived
	Definition  string      `toml:"definition"`
	Limits      string      `toml:"limits"` // added to those of the source

	// Low and High bound what is plausible: values outside are pointed out when a file comes
	// in, and kept as they are. Nil means no bound.
	Low  *float64 `toml:"low"`
	High *float64 `toml:"high"`

	Chart   Chart    `toml:"chart"`
	Order   int      `toml:"order"`   // within the theme
	Headers []string `toml:"headers"` // columns under which files carry it; see intake.Dictionary
	Keys    []string `toml:"keys"`    // "TYPEQU=D502": how long files name it; see intake.Dictionary
}

// Derived says that the indicator is computed from others.
func (i Indicator) Derived() bool { return i.Formula != "" }

// Chart says how the indicator likes to be drawn.
type Chart struct {
	Form      string `toml:"form"`      // "barres", "courbe", "empilement", "petites-figures"
	Stack     string `toml:"stack"`     // the indicators of one stack share this word
	Reference string `toml:"reference"` // territory of the reference line: "departement", "FR"
}

// Theme is a heading under which indicators are listed.
type Theme struct {
	Code  string `toml:"code"`
	Title string `toml:"title"`
	Order int    `toml:"order"`
}
