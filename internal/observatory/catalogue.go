// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"maillage/internal/observatory/formula"
	"maillage/internal/platform/french"
)

//go:embed catalogue.toml
var shipped string

// ErrCatalogue says that a catalogue contradicts itself; the text names each row.
var ErrCatalogue = errors.New("catalogue des indicateurs incohérent")

// Catalogue is the checked list of themes, sources and indicators. It is not to be changed
// once made, so that any number of goroutines may read it.
type Catalogue struct {
	Themes     []Theme     // in their order
	Sources    []Source    // by code
	Indicators []Indicator // by theme, then order

	source    map[string]*Source
	indicator map[string]*Indicator
}

// document is the TOML file.
type document struct {
	Themes     []Theme     `toml:"theme"`
	Sources    []Source    `toml:"source"`
	Indicators []Indicator `toml:"indicator"`
}

// Shipped is the catalogue that comes with the product.
func Shipped() (*Catalogue, error) { return ParseCatalogue(shipped) }

// ParseCatalogue reads and checks a catalogue written in TOML; an unknown key is an error.
func ParseCatalogue(text string) (*Catalogue, error) {
	var d document
	meta, err := toml.Decode(text, &d)
	if err != nil {
		return nil, fmt.Errorf("%w : %w", ErrCatalogue, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("%w : clé inconnue « %s » : corrigez son nom ou retirez-la", ErrCatalogue, unknown[0])
	}
	return NewCatalogue(d.Themes, d.Sources, d.Indicators)
}

// NewCatalogue checks the rows and links them; the error, ErrCatalogue, names every bad row.
func NewCatalogue(themes []Theme, sources []Source, indicators []Indicator) (*Catalogue, error) {
	c := &Catalogue{
		Themes: slices.Clone(themes), Sources: slices.Clone(sources), Indicators: slices.Clone(indicators),
		source: map[string]*Source{}, indicator: map[string]*Indicator{},
	}
	k := checks{c: c}
	k.themesAndSources()
	k.rows()
	for i := range c.Indicators {
		c.indicator[c.Indicators[i].Code] = &c.Indicators[i]
	}
	k.links()
	if len(k.troubles) > 0 {
		return nil, fmt.Errorf("%w :\n%w", ErrCatalogue, errors.Join(k.troubles...))
	}
	rank := map[string]int{}
	for _, t := range themes {
		rank[t.Code] = t.Order
	}
	slices.SortFunc(c.Themes, func(a, b Theme) int { return a.Order - b.Order })
	slices.SortStableFunc(c.Indicators, func(a, b Indicator) int {
		return cmp.Or(rank[a.Theme]-rank[b.Theme], a.Order-b.Order, strings.Compare(a.Code, b.Code))
	})
	for i := range c.Indicators {
		c.indicator[c.Indicators[i].Code] = &c.Indicators[i]
	}
	slices.SortFunc(c.Sources, func(a, b Source) int { return strings.Compare(a.Code, b.Code) })
	for i := range c.Sources {
		c.source[c.Sources[i].Code] = &c.Sources[i]
	}
	return c, nil
}

// Source finds a source by its code.
func (c *Catalogue) Source(code string) (*Source, bool) {
	s, ok := c.source[code]
	return s, ok
}

// Indicator finds an indicator by its code.
func (c *Catalogue) Indicator(code string) (*Indicator, bool) {
	i, ok := c.indicator[code]
	return i, ok
}

// checks gathers what is wrong with a catalogue, row by row, ranks as in the file.
type checks struct {
	c        *Catalogue
	formulas map[string]*formula.Expr
	troubles []error
}

func (k *checks) say(what string, row int, code, format string, args ...any) {
	k.troubles = append(k.troubles, fmt.Errorf("%s n° %d « %s » : %s", what, row+1, code, fmt.Sprintf(format, args...)))
}

func (k *checks) themesAndSources() {
	seen := map[string]bool{}
	for i, t := range k.c.Themes {
		if t.Code == "" || t.Title == "" || seen[t.Code] {
			k.say("thème", i, t.Code, "code et titre sont obligatoires, et le code ne sert qu'une fois")
		}
		seen[t.Code] = true
	}
	for i := range k.c.Sources {
		s := &k.c.Sources[i]
		if k.c.source[s.Code] != nil {
			k.say("source", i, s.Code, "ce code est déjà pris par une autre source")
		}
		k.c.source[s.Code] = s
		for name, text := range map[string]string{"code": s.Code, "name": s.Name, "producer": s.Producer, "licence": s.Licence, "method": s.Method, "limits": s.Limits, "secrecy_note": s.SecrecyNote} {
			if strings.TrimSpace(text) == "" {
				k.say("source", i, s.Code, "« %s » est obligatoire : une source se cite avec son producteur, sa licence, sa méthode et ses limites", name)
			}
		}
		if s.Secrecy.MinCount < 0 || s.Secrecy.Rounded < 0 || s.Secrecy.MinPopulation < 0 {
			k.say("source", i, s.Code, "les seuils de secret sont des nombres positifs, 0 pour aucun")
		}
	}
}

func (k *checks) rows() {
	codes, headers := map[string]bool{}, map[string]string{}
	for i := range k.c.Indicators {
		n := &k.c.Indicators[i]
		tell := func(format string, args ...any) { k.say("indicateur", i, n.Code, format, args...) }
		if !formula.ValidName(n.Code) {
			tell("le code s'écrit en minuscules sans accent, chiffres et « _ », et n'est pas une fonction des formules")
		}
		if codes[n.Code] {
			tell("ce code est déjà pris par un autre indicateur")
		}
		codes[n.Code] = true
		k.words(n, tell)
		k.numbers(n, tell)
		for _, h := range n.Headers {
			folded := french.Fold(h)
			if other := headers[folded]; other != "" && other != n.Code {
				tell("l'en-tête « %s » désigne déjà « %s »", h, other)
			}
			headers[folded] = n.Code
		}
	}
}

func (k *checks) words(n *Indicator, tell func(string, ...any)) {
	for name, text := range map[string]string{"title": n.Title, "short": n.Short, "unit": n.Unit, "definition": n.Definition} {
		if strings.TrimSpace(text) == "" {
			tell("« %s » est obligatoire", name)
		}
	}
	if !slices.ContainsFunc(k.c.Themes, func(t Theme) bool { return t.Code == n.Theme }) {
		tell("le thème « %s » n'existe pas", n.Theme)
	}
	if k.c.source[n.Source] == nil {
		tell("la source « %s » n'existe pas", n.Source)
	}
	if !slices.Contains([]Direction{Neutral, MoreIsBetter, LessIsBetter}, n.Direction) {
		tell("le sens « %s » n'existe pas : neutre, plus ou moins", n.Direction)
	}
	for _, key := range n.Keys {
		for _, part := range strings.Split(key, "&") {
			if column, value, ok := strings.Cut(part, "="); !ok || column == "" || value == "" {
				tell("la clé « %s » s'écrit COLONNE=valeur", key)
			}
		}
	}
}

func (k *checks) numbers(n *Indicator, tell func(string, ...any)) {
	if n.Decimals < 0 || n.Decimals > 6 {
		tell("le nombre de décimales va de 0 à 6")
	}
	if n.Low != nil && n.High != nil && *n.Low >= *n.High {
		tell("la borne basse doit être inférieure à la borne haute")
	}
	switch n.Kind {
	case Stock, Rate, Count:
	default:
		tell("la nature « %s » n'existe pas : stock, taux ou compte", n.Kind)
	}
	switch n.Aggregation.Rule {
	case Never:
	case Sum:
		if n.Kind == Rate {
			tell("un taux ne se somme jamais : choisissez « moyenne » avec un poids, ou « jamais »")
		}
	case WeightedMean:
		if n.Kind != Rate {
			tell("seul un taux se moyenne : un compte se somme")
		}
	default:
		tell("la règle d'agrégation « %s » n'existe pas : somme, moyenne ou jamais", n.Aggregation.Rule)
	}
	if (n.Aggregation.Weight != "") != (n.Aggregation.Rule == WeightedMean) {
		tell("un poids va avec la moyenne, et la moyenne avec un poids")
	}
	if n.Derived() && n.Aggregation.Rule != Never {
		tell("un indicateur dérivé se recalcule à partir de ses opérandes agrégés : son agrégation est « jamais »")
	}
	if n.Derived() && len(n.Headers)+len(n.Keys) > 0 {
		tell("un indicateur dérivé ne se lit pas dans un fichier")
	}
}

// links checks what indicators say of each other: weights and formulas.
func (k *checks) links() {
	units := func(name string) (formula.Unit, bool) {
		n, ok := k.c.indicator[name]
		if !ok {
			return formula.Unit{}, false
		}
		return formula.ParseUnit(n.Unit), true
	}
	k.formulas = map[string]*formula.Expr{}
	for i := range k.c.Indicators {
		n := &k.c.Indicators[i]
		if w := n.Aggregation.Weight; w != "" {
			weight := k.c.indicator[w]
			if weight == nil || weight.Aggregation.Rule != Sum {
				k.say("indicateur", i, n.Code, "le poids « %s » doit être un indicateur qui se somme", w)
			}
		}
		if n.Derived() {
			if err := k.formula(n, units); err != nil {
				k.say("indicateur", i, n.Code, "%v", err)
			}
		}
	}
	if _, err := formula.Order(k.formulas); err != nil {
		k.troubles = append(k.troubles, err)
	}
}

func (k *checks) formula(n *Indicator, units func(string) (formula.Unit, bool)) error {
	e, err := formula.Parse(n.Formula)
	if err != nil {
		return err
	}
	k.formulas[n.Code] = e
	unit, err := e.Check(units)
	if err != nil || n.FreeUnit {
		return err
	}
	return formula.Coherent(unit, formula.ParseUnit(n.Unit), n.Unit)
}
