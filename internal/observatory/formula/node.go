// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"slices"
	"strconv"
	"strings"
)

// Ref is an operand: an indicator, and how many years before (0 or negative).
type Ref struct {
	Name string
	Lag  int
}

// String is the operand as written: "naissances" or "naissances[-1]".
func (r Ref) String() string {
	if r.Lag == 0 {
		return r.Name
	}
	return r.Name + "[" + strconv.Itoa(r.Lag) + "]"
}

// node is one node of the tree. at is the byte of the formula to point at.
type node interface{ at() int }

type (
	num struct {
		value  float64
		offset int
	}
	ref struct {
		Ref
		offset int
	}
	neg struct {
		x      node
		offset int
	}
	bin struct {
		op     string
		x, y   node
		offset int
	}
	call struct {
		name   string
		args   []node
		offset int
	}
)

func (n *num) at() int  { return n.offset }
func (n *ref) at() int  { return n.offset }
func (n *neg) at() int  { return n.offset }
func (n *bin) at() int  { return n.offset }
func (n *call) at() int { return n.offset }

// Expr is a parsed formula.
type Expr struct {
	source string
	root   node
}

// Source is the formula as it was written.
func (e *Expr) Source() string { return e.source }

// String is the formula in its one canonical spelling: French decimals, one space around
// operators, no useless parentheses. Parsing it gives the same tree.
func (e *Expr) String() string {
	var b strings.Builder
	write(&b, e.root, 0)
	return b.String()
}

// Refs are the operands of the formula, each once, in order of appearance.
func (e *Expr) Refs() []Ref {
	var out []Ref
	walk(e.root, func(n node) {
		if r, ok := n.(*ref); ok && !slices.Contains(out, r.Ref) {
			out = append(out, r.Ref)
		}
	})
	return out
}

// Names are the indicators of the formula, each once, in order of appearance.
func (e *Expr) Names() []string {
	var out []string
	for _, r := range e.Refs() {
		if !slices.Contains(out, r.Name) {
			out = append(out, r.Name)
		}
	}
	return out
}

func walk(n node, visit func(node)) {
	visit(n)
	switch n := n.(type) {
	case *neg:
		walk(n.x, visit)
	case *bin:
		walk(n.x, visit)
		walk(n.y, visit)
	case *call:
		for _, a := range n.args {
			walk(a, visit)
		}
	}
}

// How tightly operators bind; a higher number binds tighter.
const (
	bindCompare = 1
	bindSum     = 2
	bindProduct = 3
	bindUnary   = 4
)

func binding(op string) int {
	switch op {
	case "+", "-":
		return bindSum
	case "*", "/":
		return bindProduct
	default:
		return bindCompare
	}
}

// write spells n, in parentheses when it binds less tightly than its surroundings ask.
func write(b *strings.Builder, n node, want int) {
	switch n := n.(type) {
	case *num:
		b.WriteString(strings.Replace(strconv.FormatFloat(n.value, 'f', -1, 64), ".", ",", 1))
	case *ref:
		b.WriteString(n.String())
	case *neg:
		enclose(b, bindUnary < want, func() {
			b.WriteByte('-')
			write(b, n.x, bindUnary)
		})
	case *bin:
		own := binding(n.op)
		left := own
		if own == bindCompare {
			left = own + 1 // comparisons do not chain
		}
		enclose(b, own < want, func() {
			write(b, n.x, left)
			b.WriteString(" " + n.op + " ")
			write(b, n.y, own+1)
		})
	case *call:
		b.WriteString(n.name + "(")
		for i, a := range n.args {
			if i > 0 {
				b.WriteString("; ")
			}
			write(b, a, 0)
		}
		b.WriteByte(')')
	}
}

func enclose(b *strings.Builder, parens bool, inner func()) {
	if parens {
		b.WriteByte('(')
	}
	inner()
	if parens {
		b.WriteByte(')')
	}
}
