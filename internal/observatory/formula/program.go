// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"math"
	"slices"
	"strings"

	"maillage/internal/observatory/statistic"
)

// Cause says why a cell has no number; Program.Explain puts it in words. 0 is none.
type Cause uint16

// Column is one indicator over territories (or any other rows): Numbers[i] counts only
// when States[i] carries a number, and is 0 otherwise. Causes may be nil.
type Column struct {
	Numbers []float64
	States  []statistic.State
	Causes  []Cause
}

// Program is a compiled formula; it may be run by several goroutines at once.
type Program struct {
	refs   []Ref
	code   []instruction
	depth  int
	causes []string // of Cause, from 1
}

type opcode uint8

const (
	opNum opcode = iota
	opRef
	opNeg
	opAbs
	opAdd
	opSub
	opMul
	opDiv
	opLess
	opLessEqual
	opEqual
	opNotEqual
	opMin
	opMax
	opMean
	opIf
)

// instruction works on the top of the stack; argument is an operand's rank for opRef and
// a number of arguments for opMean.
type instruction struct {
	op       opcode
	argument int
	number   float64
	overflow Cause // when the result is out of reach
	zero     Cause // of opDiv, when the divisor is 0
}

// Compile makes the program. The formula is expected to have passed Check.
func (e *Expr) Compile() *Program {
	p := &Program{refs: e.Refs()}
	for _, r := range p.refs {
		p.cause("« " + r.Name + " »" + lagWords(r.Lag))
	}
	overflow := p.cause("le résultat dépasse les nombres représentables")
	p.emit(e.root, overflow)
	p.depth = p.stack()
	return p
}

func lagWords(lag int) string {
	switch lag {
	case 0:
		return ""
	case -1:
		return " de l'année précédente"
	default:
		return " d'il y a " + (&num{value: float64(-lag)}).spell() + " ans"
	}
}

func (n *num) spell() string {
	var b strings.Builder
	write(&b, n, 0)
	return b.String()
}

func (p *Program) cause(text string) Cause {
	p.causes = append(p.causes, text)
	return Cause(len(p.causes)) // #nosec G115 -- a formula of 2000 bytes has fewer than 65,535 nodes
}

var binary = map[string]opcode{"+": opAdd, "-": opSub, "*": opMul, "/": opDiv,
	"<": opLess, "<=": opLessEqual, "=": opEqual, "<>": opNotEqual}

func (p *Program) emit(n node, overflow Cause) {
	add := func(i instruction) {
		i.overflow = overflow
		p.code = append(p.code, i)
	}
	switch n := n.(type) {
	case *num:
		add(instruction{op: opNum, number: n.value})
	case *ref:
		add(instruction{op: opRef, argument: slices.Index(p.refs, n.Ref)})
	case *neg:
		p.emit(n.x, overflow)
		add(instruction{op: opNeg})
	case *bin:
		x, y, op := n.x, n.y, n.op
		switch op { // a > b is b < a
		case ">":
			x, y, op = y, x, "<"
		case ">=":
			x, y, op = y, x, "<="
		}
		p.emit(x, overflow)
		p.emit(y, overflow)
		i := instruction{op: binary[op]}
		if op == "/" {
			var b strings.Builder
			write(&b, n.y, 0)
			i.zero = p.cause("division par zéro : « " + b.String() + " » vaut 0")
		}
		add(i)
	case *call:
		p.emitCall(n, overflow, add)
	}
}

func (p *Program) emitCall(n *call, overflow Cause, add func(instruction)) {
	for i, a := range n.args {
		p.emit(a, overflow)
		if i == 0 {
			continue
		}
		switch n.name { // fold as the arguments come, so that the stack stays low
		case "min":
			add(instruction{op: opMin})
		case "max":
			add(instruction{op: opMax})
		case "somme", "moyenne":
			add(instruction{op: opAdd})
		}
	}
	switch n.name {
	case "abs":
		add(instruction{op: opAbs})
	case "moyenne":
		add(instruction{op: opMean, argument: len(n.args)})
	case "si":
		add(instruction{op: opIf})
	}
}

// stack is how high the stack gets.
func (p *Program) stack() int {
	high, now := 0, 0
	for _, i := range p.code {
		switch i.op {
		case opNum, opRef:
			now++
		case opNeg, opAbs, opMean:
		case opIf:
			now -= 2
		default:
			now--
		}
		high = max(high, now)
	}
	return high
}

// Refs are the operands, in the order Run expects their columns.
func (p *Program) Refs() []Ref { return slices.Clone(p.refs) }

// Explain says in French why a cell in state s has no number: "« enfants » : secret
// statistique", "division par zéro : « enfants » vaut 0". It is "" for cause 0.
func (p *Program) Explain(c Cause, s statistic.State) string {
	switch {
	case c == 0 || int(c) > len(p.causes):
		return ""
	case int(c) <= len(p.refs):
		return p.causes[c-1] + " : " + s.Label()
	default:
		return p.causes[c-1]
	}
}

// chunk rows are computed at a time, so that the registers stay in the cache.
const chunk = 256

type register struct {
	num   [chunk]float64
	state [chunk]statistic.State
	cause [chunk]Cause
}

// Run computes the formula over n rows; in has one column per operand, each of at least n
// rows. The result is never NaN nor infinite, and is 0 where it has no number.
func (p *Program) Run(n int, in []Column) Column {
	out := Column{make([]float64, n), make([]statistic.State, n), make([]Cause, n)}
	regs := make([]register, p.depth)
	for from := 0; from < n; from += chunk {
		size := min(chunk, n-from)
		p.block(regs, in, from, size)
		copy(out.Numbers[from:], regs[0].num[:size])
		copy(out.States[from:], regs[0].state[:size])
		copy(out.Causes[from:], regs[0].cause[:size])
	}
	return out
}

func (p *Program) block(regs []register, in []Column, from, size int) {
	top := -1
	for _, i := range p.code {
		switch i.op {
		case opNum:
			top++
			regs[top].fill(i.number, size)
		case opRef:
			top++
			regs[top].load(in[i.argument], from, size, Cause(i.argument+1), i.overflow) // #nosec G115 -- few operands
		case opNeg, opAbs, opMean:
			regs[top].unary(i, size)
		case opIf:
			top -= 2
			regs[top].choose(&regs[top+1], &regs[top+2], size)
		default:
			top--
			regs[top].binary(i, &regs[top+1], size)
		}
	}
}

func (r *register) fill(v float64, size int) {
	for k := range size {
		r.num[k], r.state[k], r.cause[k] = v, statistic.Observed, 0
	}
}

// load copies an operand, refusing numbers that are not finite should any slip in.
func (r *register) load(c Column, from, size int, absent, overflow Cause) {
	copy(r.num[:size], c.Numbers[from:from+size])
	copy(r.state[:size], c.States[from:from+size])
	for k := range size {
		r.cause[k] = 0
		if !r.state[k].HasNumber() {
			r.num[k], r.cause[k] = 0, absent
		} else if !finite(r.num[k]) {
			r.num[k], r.state[k], r.cause[k] = 0, statistic.NotApplicable, overflow
		}
	}
}

func (r *register) unary(i instruction, size int) {
	for k := range size {
		switch i.op {
		case opNeg:
			r.num[k] = 0 - r.num[k] // not -x: there is no negative zero in a table
		case opAbs:
			r.num[k] = math.Abs(r.num[k])
		default:
			r.num[k] /= float64(i.argument)
		}
	}
}

func (r *register) binary(i instruction, s *register, size int) {
	for k := range size {
		state := statistic.Combine(r.state[k], s.state[k])
		if !state.HasNumber() {
			if r.state[k] != state {
				r.cause[k] = s.cause[k]
			}
			r.num[k], r.state[k] = 0, state
			continue
		}
		if i.op == opDiv && s.num[k] == 0 {
			r.num[k], r.state[k], r.cause[k] = 0, statistic.NotApplicable, i.zero
			continue
		}
		v := operate(i.op, r.num[k], s.num[k])
		if !finite(v) {
			r.num[k], r.state[k], r.cause[k] = 0, statistic.NotApplicable, i.overflow
			continue
		}
		r.num[k], r.state[k], r.cause[k] = v, state, 0
	}
}

// choose is si(r; yes; no). A secret in the branch not taken still makes the result secret:
// seeing which branch was taken must not bound what is withheld.
func (r *register) choose(yes, no *register, size int) {
	for k := range size {
		taken, left := yes, no
		if r.num[k] == 0 {
			taken, left = no, yes
		}
		state := statistic.Combine(r.state[k], taken.state[k])
		cause := taken.cause[k]
		if !state.HasNumber() && r.state[k] == state {
			cause = r.cause[k]
		}
		if left.state[k] == statistic.Secret && state != statistic.Secret {
			state, cause = statistic.Secret, left.cause[k]
		}
		r.num[k], r.state[k], r.cause[k] = taken.num[k], state, cause
		if !state.HasNumber() {
			r.num[k] = 0
		}
	}
}

func operate(op opcode, x, y float64) float64 {
	switch op {
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opMul:
		return x * y
	case opDiv:
		return x / y
	case opMin:
		return min(x, y)
	case opMax:
		return max(x, y)
	case opLess:
		return truth(x < y)
	case opLessEqual:
		return truth(x <= y)
	case opEqual:
		return truth(x == y)
	default:
		return truth(x != y)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func finite(v float64) bool { return v-v == 0 }
