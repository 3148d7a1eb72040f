// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/platform/french"
)

// Unit is what a number counts: a product of things counted, and a scale. A value v in a
// unit of scale s is the quantity v/s: the scale of "%" is 100, that of "places pour
// 1 000 enfants" is 1000, that of "milliers d'euros" is 1/1000. The zero Unit is that of a
// bare number written in a formula, which goes with every unit.
type Unit struct {
	dims  []dim // sorted by stem; no exponent is 0
	scale float64
}

// dim is one thing counted. Two phrases with the same first noun count the same thing:
// "enfants" and "enfants de moins de 3 ans".
type dim struct {
	stem, label string
	exponent    int
}

var (
	per       = regexp.MustCompile(`^(.+?)\s+(?:pour|par|/)\s+(?:([0-9][0-9 \x{00A0}\x{202F}]*)\s*)?(.+)$`)
	multiples = regexp.MustCompile(`^(milliers?|millions?|milliards?)\s+(?:de\s+|d['’])(.+)$`)
	plain     = map[string]float64{"": 1, "nombre": 1, "indice": 1, "ratio": 1, "%": 100, "points": 100, "points de %": 100, "points de pourcentage": 100, "‰": 1000}
	sizes     = map[string]float64{"millier": 1e3, "million": 1e6, "milliard": 1e9}
)

// ParseUnit understands the unit of an indicator as people write it: "%", "habitants",
// "euros par habitant", "places pour 100 enfants de moins de 3 ans", "milliers d'euros".
func ParseUnit(text string) Unit {
	text = strings.TrimSpace(text)
	if s, ok := plain[strings.ToLower(text)]; ok {
		return Unit{scale: s}
	}
	if m := per.FindStringSubmatch(text); m != nil {
		u := ParseUnit(m[1]).divide(ParseUnit(m[3]))
		if base, err := strconv.ParseFloat(strings.Join(strings.FieldsFunc(m[2], notDigit), ""), 64); err == nil {
			u.scale *= base
		}
		return u
	}
	if m := multiples.FindStringSubmatch(text); m != nil {
		u := ParseUnit(m[2])
		u.scale /= sizes[strings.TrimSuffix(m[1], "s")]
		return u
	}
	return Unit{dims: []dim{{stemOf(text), text, 1}}, scale: 1}
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// stemOf is the first noun, folded, in the singular.
func stemOf(phrase string) string {
	first, _, _ := strings.Cut(french.Fold(phrase), " ")
	if len(first) > 3 {
		first = strings.TrimRight(first, "sx")
	}
	return first
}

// bare says that the unit is that of a number written in the formula.
func (u Unit) bare() bool { return u.scale == 0 }

// settled gives a bare number the unit it has when nothing else decides.
func (u Unit) settled() Unit {
	if u.bare() {
		u.scale = 1
	}
	return u
}

func (u Unit) multiply(v Unit) Unit { return u.combine(v, 1) }
func (u Unit) divide(v Unit) Unit   { return u.combine(v, -1) }

func (u Unit) combine(v Unit, sign int) Unit {
	u, v = u.settled(), v.settled()
	out := Unit{dims: slices.Clone(u.dims), scale: u.scale * math.Pow(v.scale, float64(sign))}
	for _, d := range v.dims {
		i := slices.IndexFunc(out.dims, func(e dim) bool { return e.stem == d.stem })
		if i < 0 {
			out.dims = append(out.dims, dim{d.stem, d.label, sign * d.exponent})
			continue
		}
		out.dims[i].exponent += sign * d.exponent
	}
	out.dims = slices.DeleteFunc(out.dims, func(d dim) bool { return d.exponent == 0 })
	slices.SortFunc(out.dims, func(a, b dim) int { return strings.Compare(a.stem, b.stem) })
	return out
}

// sameThings says that both count the same things, whatever the scale.
func (u Unit) sameThings(v Unit) bool {
	return slices.EqualFunc(u.dims, v.dims, func(a, b dim) bool { return a.stem == b.stem && a.exponent == b.exponent })
}

// Same says that values in u and v may be added and compared.
func (u Unit) Same(v Unit) bool {
	u, v = u.settled(), v.settled()
	return u.sameThings(v) && math.Abs(u.scale-v.scale) <= 1e-9*math.Abs(u.scale)
}

// String is the unit in French: "places pour 100 enfants", "%", "nombre sans unité".
func (u Unit) String() string {
	var over, under []string
	for _, d := range u.dims {
		side, n := &over, d.exponent
		if n < 0 {
			side, n = &under, -n
		}
		for range n {
			*side = append(*side, d.label)
		}
	}
	u = u.settled()
	scale := strconv.FormatFloat(u.scale, 'g', 6, 64)
	switch {
	case len(over)+len(under) == 0 && u.scale == 100:
		return "%"
	case len(over)+len(under) == 0 && u.scale == 1:
		return "nombre sans unité"
	case len(under) == 0 && u.scale == 1:
		return strings.Join(over, " × ")
	case len(under) == 0:
		return strings.TrimSpace(strings.Join(over, " × ") + " × " + scale)
	case u.scale == 1:
		return orOne(over) + " par " + strings.Join(under, " × ")
	default:
		return orOne(over) + " pour " + scale + " " + strings.Join(under, " × ")
	}
}

func orOne(over []string) string {
	if len(over) == 0 {
		return "1"
	}
	return strings.Join(over, " × ")
}

// Check computes the unit of the formula from those of its operands, and refuses what has
// no meaning: adding places and percents, comparing euros and children, a condition where
// a number is due. unit gives the unit of an indicator, ok false when there is none.
func (e *Expr) Check(unit func(name string) (u Unit, ok bool)) (Unit, error) {
	c := checker{e.source, unit}
	if b, ok := e.root.(*bin); ok && binding(b.op) == bindCompare {
		return Unit{}, c.fail(b, "une comparaison n'est pas un nombre", "Mettez-la dans « si » : si(a < b; 1; 0).")
	}
	return c.number(e.root)
}

// Coherent says whether a formula whose unit is got may be declared in the unit declared.
func Coherent(got, declared Unit, declaredText string) error {
	if got.bare() || got.Same(declared) {
		return nil
	}
	e := &Error{Message: fmt.Sprintf("la formule donne des « %s », et l'unité déclarée est « %s »", got, declaredText)}
	switch {
	case got.sameThings(declared) && declared.scale > got.scale:
		e.Remedy = fmt.Sprintf("Multipliez par %g dans la formule, ou corrigez l'unité.", declared.scale/got.scale)
	case got.sameThings(declared):
		e.Remedy = fmt.Sprintf("Divisez par %g dans la formule, ou corrigez l'unité.", got.scale/declared.scale)
	default:
		e.Remedy = "Corrigez la formule ou l'unité ; si l'unité est une convention (un indice), déclarez-la libre."
	}
	return e
}

type checker struct {
	source string
	unit   func(string) (Unit, bool)
}

func (c checker) fail(n node, message, remedy string) error {
	return &Error{c.source, n.at(), message, remedy}
}

func (c checker) number(n node) (Unit, error) {
	switch n := n.(type) {
	case *ref:
		u, ok := c.unit(n.Name)
		if !ok {
			return u, c.fail(n, "l'indicateur « "+n.Name+" » n'existe pas", "Vérifiez son code dans la liste des indicateurs.")
		}
		return u.settled(), nil
	case *neg:
		return c.number(n.x)
	case *bin:
		return c.operation(n)
	case *call:
		if n.name == "si" {
			if err := c.condition(n.args[0]); err != nil {
				return Unit{}, err
			}
			return c.alike(n.args[1:])
		}
		return c.alike(n.args)
	default:
		return Unit{}, nil
	}
}

func (c checker) operation(n *bin) (Unit, error) {
	if binding(n.op) == bindCompare {
		return Unit{}, c.fail(n, "une comparaison n'est pas un nombre", "Mettez-la dans « si » : si(a < b; 1; 0).")
	}
	if binding(n.op) == bindSum {
		return c.alike([]node{n.x, n.y})
	}
	x, err := c.number(n.x)
	if err != nil {
		return x, err
	}
	y, err := c.number(n.y)
	if err != nil {
		return y, err
	}
	if x.bare() && y.bare() {
		return Unit{}, nil
	}
	// A power of ten from 100 up changes the scale ("pour 100"); any other number is a quantity.
	x.scale, y.scale = scaleOf(n.x, x), scaleOf(n.y, y)
	if n.op == "*" {
		return x.multiply(y), nil
	}
	return x.divide(y), nil
}

func scaleOf(n node, u Unit) float64 {
	if k, ok := n.(*num); ok {
		if slices.Contains([]float64{1e2, 1e3, 1e4, 1e5, 1e6, 1e9}, k.value) {
			return k.value
		}
	}
	return u.settled().scale
}

// alike checks that the nodes are in one unit and returns it.
func (c checker) alike(nodes []node) (Unit, error) {
	var unit Unit
	var first node
	for _, n := range nodes {
		u, err := c.number(n)
		if err != nil {
			return u, err
		}
		switch {
		case u.bare():
		case first == nil:
			unit, first = u, n
		case !u.sameThings(unit):
			return u, c.fail(n, fmt.Sprintf("on ne peut ni ajouter, ni comparer des « %s » et des « %s »", unit, u),
				"Ramenez-les d'abord à la même unité, par exemple par une division.")
		case !u.Same(unit):
			return u, c.fail(n, fmt.Sprintf("« %s » et « %s » ne sont pas à la même échelle", unit, u),
				"Multipliez ou divisez l'un des deux par 100 ou 1000.")
		}
	}
	return unit, nil
}

func (c checker) condition(n node) error {
	b, ok := n.(*bin)
	if !ok || binding(b.op) != bindCompare {
		return c.fail(n, "la condition de « si » doit être une comparaison", "Écrivez par exemple si(a < b; 1; 0).")
	}
	_, err := c.alike([]node{b.x, b.y})
	return err
}
