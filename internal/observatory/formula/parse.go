// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds that keep a hostile formula cheap.
const (
	MaxLength = 2000 // bytes
	MaxDepth  = 50   // nested parentheses, calls and signs
	MaxLag    = 20   // years back
)

// functions gives the least and the greatest number of arguments; -1 is no limit.
var functions = map[string]struct{ least, most int }{
	"abs": {1, 1}, "min": {2, -1}, "max": {2, -1}, "somme": {2, -1}, "moyenne": {2, -1}, "si": {3, 3},
}

// Reserved says that the word is a function of the language and cannot be an indicator.
func Reserved(name string) bool {
	_, ok := functions[name]
	return ok
}

// ValidName says that the word can be an indicator's code: a lower case letter, then lower
// case letters, digits and "_", at most 60 characters, not a function.
func ValidName(name string) bool {
	if name == "" || len(name) > 60 || name[0] < 'a' || name[0] > 'z' || Reserved(name) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
	})
}

// Parse reads a formula; the error is an *Error.
func Parse(src string) (*Expr, error) {
	if len(src) > MaxLength {
		return nil, &Error{Message: fmt.Sprintf("la formule est trop longue (%d caractères)", len(src)),
			Remedy: fmt.Sprintf("Restez sous %d caractères : découpez-la en plusieurs indicateurs dérivés.", MaxLength)}
	}
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, tokens: tokens}
	if p.peek().kind == tokEnd {
		return nil, &Error{src, 0, "la formule est vide", "Écrivez par exemple 100 * enfants / population."}
	}
	root, err := p.comparison(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokEnd {
		return nil, p.unexpected(t)
	}
	return &Expr{src, root}, nil
}

type parser struct {
	src    string
	tokens []token
	next   int
}

func (p *parser) peek() token { return p.tokens[p.next] }

// take consumes the next token when it is one of these signs.
func (p *parser) take(signs ...string) (token, bool) {
	t := p.peek()
	if t.kind != tokSign || !slices.Contains(signs, t.text) {
		return token{}, false
	}
	p.next++
	return t, true
}

func (p *parser) comparison(depth int) (node, error) {
	x, err := p.sum(depth)
	if err != nil {
		return nil, err
	}
	t, ok := p.take("<", "<=", ">", ">=", "=", "<>")
	if !ok {
		return x, nil
	}
	y, err := p.sum(depth)
	if err != nil {
		return nil, err
	}
	if again := p.peek(); again.kind == tokSign && binding(again.text) == bindCompare && strings.ContainsAny(again.text, "<>=") {
		return nil, &Error{p.src, again.offset, "deux comparaisons ne s'enchaînent pas", "Emboîtez deux « si » : si(a < b; si(b < c; 1; 0); 0)."}
	}
	return &bin{t.text, x, y, t.offset}, nil
}

func (p *parser) sum(depth int) (node, error) {
	return p.chain(depth, p.product, "+", "-")
}

func (p *parser) product(depth int) (node, error) {
	return p.chain(depth, p.unary, "*", "/")
}

// chain reads operands joined by operators of one rank, grouping to the left.
func (p *parser) chain(depth int, operand func(int) (node, error), signs ...string) (node, error) {
	x, err := operand(depth)
	for err == nil {
		t, ok := p.take(signs...)
		if !ok {
			return x, nil
		}
		var y node
		if y, err = operand(depth); err == nil {
			x = &bin{t.text, x, y, t.offset}
		}
	}
	return nil, err
}

func (p *parser) unary(depth int) (node, error) {
	if depth > MaxDepth {
		return nil, &Error{p.src, p.peek().offset, "la formule est trop emboîtée",
			fmt.Sprintf("Restez sous %d niveaux : découpez-la en plusieurs indicateurs dérivés.", MaxDepth)}
	}
	if t, ok := p.take("-"); ok {
		x, err := p.unary(depth + 1)
		return &neg{x, t.offset}, err
	}
	return p.primary(depth)
}

func (p *parser) primary(depth int) (node, error) {
	t := p.peek()
	switch {
	case t.kind == tokNumber:
		p.next++
		return &num{t.number, t.offset}, nil
	case t.kind == tokName:
		p.next++
		if open, ok := p.take("("); ok {
			return p.call(t, open, depth+1)
		}
		return p.reference(t)
	}
	if open, ok := p.take("("); ok {
		x, err := p.comparison(depth + 1)
		if err != nil {
			return nil, err
		}
		return x, p.close(open)
	}
	return nil, p.unexpected(t)
}

func (p *parser) close(open token) error {
	if _, ok := p.take(")"); ok {
		return nil
	}
	t := p.peek()
	if t.kind == tokEnd {
		return &Error{p.src, open.offset, "cette parenthèse n'est pas fermée", "Ajoutez « ) » à sa place."}
	}
	return p.unexpected(t)
}

func (p *parser) call(name, open token, depth int) (node, error) {
	arity, ok := functions[name.text]
	if !ok {
		return nil, &Error{p.src, name.offset, "la fonction « " + name.text + " » n'existe pas",
			"Les fonctions sont " + strings.Join(functionNames(), ", ") + "."}
	}
	var args []node
	for {
		a, err := p.comparison(depth)
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		if _, more := p.take(";"); !more {
			break
		}
	}
	if err := p.close(open); err != nil {
		return nil, err
	}
	if len(args) < arity.least || arity.most >= 0 && len(args) > arity.most {
		return nil, &Error{p.src, name.offset, fmt.Sprintf("« %s » reçoit %d argument(s)", name.text, len(args)), arityRemedy(name.text)}
	}
	return &call{name.text, args, name.offset}, nil
}

func functionNames() []string {
	names := make([]string, 0, len(functions))
	for n := range functions {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func arityRemedy(name string) string {
	switch name {
	case "si":
		return "Écrivez si(condition; alors; sinon), avec des points-virgules."
	case "abs":
		return "Écrivez abs(a)."
	default:
		return "Écrivez " + name + "(a; b), avec des points-virgules."
	}
}

// reference reads the lag that may follow a name.
func (p *parser) reference(name token) (node, error) {
	if !ValidName(name.text) {
		e := &Error{p.src, name.offset, "« " + name.text + " » n'est pas un code d'indicateur", "Un code commence par une minuscule et s'écrit en minuscules, chiffres et « _ »."}
		if Reserved(name.text) {
			e.Message = "la fonction « " + name.text + " » attend ses arguments"
			e.Remedy = arityRemedy(name.text)
		}
		return nil, e
	}
	open, ok := p.take("[")
	if !ok {
		return &ref{Ref{Name: name.text}, name.offset}, nil
	}
	bad := &Error{p.src, open.offset, "le décalage entre crochets se compte en années passées", fmt.Sprintf("Écrivez %s[-1] pour l'année précédente, au plus [-%d].", name.text, MaxLag)}
	if _, ok := p.take("-"); !ok {
		return nil, bad
	}
	t := p.peek()
	lag, err := strconv.Atoi(t.text)
	if t.kind != tokNumber || err != nil || lag < 1 || lag > MaxLag {
		return nil, bad
	}
	p.next++
	if _, ok := p.take("]"); !ok {
		return nil, &Error{p.src, open.offset, "ce crochet n'est pas fermé", "Ajoutez « ] » après le nombre d'années."}
	}
	return &ref{Ref{name.text, -lag}, name.offset}, nil
}

func (p *parser) unexpected(t token) error {
	switch {
	case t.kind == tokEnd:
		return &Error{p.src, t.offset, "la formule s'arrête trop tôt", "Il manque un nombre, un indicateur ou une parenthèse après le dernier signe."}
	case t.text == ")":
		return &Error{p.src, t.offset, "cette parenthèse ne ferme rien", "Retirez-la, ou ajoutez ce qui manque devant elle."}
	case t.text == ";":
		return &Error{p.src, t.offset, "un point-virgule ne sert qu'entre les arguments d'une fonction", "Écrivez par exemple min(a; b)."}
	case t.kind == tokSign:
		return &Error{p.src, t.offset, "« " + t.text + " » n'est pas attendu ici", "Mettez un nombre ou un indicateur de chaque côté d'un opérateur."}
	default:
		return &Error{p.src, t.offset, "il manque un opérateur avant « " + t.text + " »", "Ajoutez + - * ou /, et écrivez les nombres sans espace : 1000."}
	}
}
