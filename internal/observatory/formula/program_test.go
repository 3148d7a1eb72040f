// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"math"
	"strings"
	"testing"

	"maillage/internal/observatory/statistic"
	"pgregory.net/rapid"
)

func column(vs ...any) Column {
	c := Column{Numbers: make([]float64, len(vs)), States: make([]statistic.State, len(vs))}
	for i, v := range vs {
		switch v := v.(type) {
		case float64:
			c.Numbers[i], c.States[i] = v, statistic.Observed
		case statistic.State:
			c.States[i] = v
		}
	}
	return c
}

func TestRunKeepsReasons(t *testing.T) {
	t.Parallel()
	e, err := Parse("100 * places / enfants")
	if err != nil {
		t.Fatal(err)
	}
	p := e.Compile()
	out := p.Run(6, []Column{
		column(10.0, 10.0, statistic.Missing, statistic.Missing, 1e308, 3.0),
		column(40.0, 0.0, 5.0, statistic.Secret, 1.0, statistic.NotApplicable),
	})
	want := []struct {
		number float64
		state  statistic.State
		why    string
	}{
		{25, statistic.Observed, ""},
		{0, statistic.NotApplicable, "division par zéro : « enfants » vaut 0"},
		{0, statistic.Missing, "« places » : non publié"},
		{0, statistic.Secret, "« enfants » : secret statistique"},
		{0, statistic.NotApplicable, "dépasse"},
		{0, statistic.NotApplicable, "« enfants » : sans objet"},
	}
	for i, w := range want {
		why := p.Explain(out.Causes[i], out.States[i])
		if out.Numbers[i] != w.number || out.States[i] != w.state || !strings.Contains(why, w.why) || (w.why == "") != (why == "") {
			t.Errorf("row %d: %v %v %q, want %+v", i, out.Numbers[i], out.States[i], why, w)
		}
	}
}

func TestSecretInTheBranchNotTakenStaysSecret(t *testing.T) {
	t.Parallel()
	e, err := Parse("si(a < 10; 0; b)")
	if err != nil {
		t.Fatal(err)
	}
	p := e.Compile()
	out := p.Run(4, []Column{column(5.0, 5.0, 15.0, statistic.Secret), column(statistic.Secret, statistic.Missing, 7.0, 1.0)})
	want := []statistic.State{statistic.Secret, statistic.Observed, statistic.Observed, statistic.Secret}
	for i, s := range want {
		if out.States[i] != s {
			t.Errorf("row %d: %v, want %v", i, out.States[i], s)
		}
	}
}

// drawNode makes any tree whose types are right (comparisons only under si).
func drawNode(t *rapid.T, depth int) node {
	kind := 0
	if depth > 0 {
		kind = rapid.IntRange(0, 6).Draw(t, "kind")
	} else {
		kind = rapid.IntRange(0, 1).Draw(t, "leaf")
	}
	sub := func() node { return drawNode(t, depth-1) }
	switch kind {
	case 0:
		return &num{value: float64(rapid.IntRange(0, 999).Draw(t, "n")) / 4}
	case 1:
		return &ref{Ref: Ref{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name"), -rapid.IntRange(0, 1).Draw(t, "lag")}}
	case 2:
		return &neg{x: sub()}
	case 3, 4:
		return &bin{op: rapid.SampledFrom([]string{"+", "-", "*", "/"}).Draw(t, "op"), x: sub(), y: sub()}
	case 5:
		name := rapid.SampledFrom([]string{"min", "max", "somme", "moyenne", "abs"}).Draw(t, "f")
		args := []node{sub()}
		if name != "abs" {
			for range rapid.IntRange(1, 2).Draw(t, "more") {
				args = append(args, sub())
			}
		}
		return &call{name: name, args: args}
	default:
		cond := &bin{op: rapid.SampledFrom([]string{"<", "<=", ">", ">=", "=", "<>"}).Draw(t, "cmp"), x: sub(), y: sub()}
		return &call{name: "si", args: []node{cond, sub(), sub()}}
	}
}

func TestPrintThenParseGivesTheSameFormula(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := &Expr{root: drawNode(t, 4)}
		text := e.String()
		if len(text) > MaxLength {
			return // a longer text is refused before it is read
		}
		again, err := Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if shape(again.root) != shape(e.root) {
			t.Fatalf("%q: tree changed", text)
		}
	})
}

// shape spells a tree with all its parentheses.
func shape(n node) string {
	switch n := n.(type) {
	case *neg:
		return "(-" + shape(n.x) + ")"
	case *bin:
		return "(" + shape(n.x) + n.op + shape(n.y) + ")"
	case *call:
		s := n.name + "("
		for _, a := range n.args {
			s += shape(a) + ";"
		}
		return s + ")"
	default:
		var b strings.Builder
		write(&b, n, 0)
		return b.String()
	}
}

type cell struct {
	v float64
	s statistic.State
}

// naive is the meaning of the language, one row at a time, written as plainly as can be.
func naive(n node, row map[Ref]cell) cell {
	lift := func(x, y cell, f func(a, b float64) float64) cell {
		s := statistic.Combine(x.s, y.s)
		if !s.HasNumber() {
			return cell{0, s}
		}
		v := f(x.v, y.v)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return cell{0, statistic.NotApplicable}
		}
		return cell{v, s}
	}
	switch n := n.(type) {
	case *num:
		return cell{n.value, statistic.Observed}
	case *ref:
		return row[n.Ref]
	case *neg:
		x := naive(n.x, row)
		return cell{0 - x.v, x.s}
	case *bin:
		return lift(naive(n.x, row), naive(n.y, row), map[string]func(a, b float64) float64{
			"+": func(a, b float64) float64 { return a + b }, "-": func(a, b float64) float64 { return a - b },
			"*": func(a, b float64) float64 { return a * b }, "/": func(a, b float64) float64 { return a / b },
			"<": func(a, b float64) float64 { return truth(a < b) }, "<=": func(a, b float64) float64 { return truth(a <= b) },
			">": func(a, b float64) float64 { return truth(a > b) }, ">=": func(a, b float64) float64 { return truth(a >= b) },
			"=": func(a, b float64) float64 { return truth(a == b) }, "<>": func(a, b float64) float64 { return truth(a != b) },
		}[n.op])
	}
	c := n.(*call)
	args := make([]cell, len(c.args))
	for i, a := range c.args {
		args[i] = naive(a, row)
	}
	if c.name == "si" {
		taken, left := args[1], args[2]
		if args[0].v == 0 {
			taken, left = left, taken
		}
		s := statistic.Combine(args[0].s, taken.s)
		if left.s == statistic.Secret {
			s = statistic.Secret
		}
		if !s.HasNumber() {
			return cell{0, s}
		}
		return cell{taken.v, s}
	}
	out := args[0]
	for _, a := range args[1:] {
		out = lift(out, a, map[string]func(a, b float64) float64{
			"min": math.Min, "max": math.Max,
			"somme":   func(a, b float64) float64 { return a + b },
			"moyenne": func(a, b float64) float64 { return a + b },
		}[c.name])
	}
	switch c.name {
	case "abs":
		out.v = math.Abs(out.v)
	case "moyenne":
		out.v /= float64(len(args))
	}
	return out
}

func TestColumnsAgreeWithTheTreeAndStayFinite(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := &Expr{root: drawNode(t, 4)}
		p := e.Compile()
		n := rapid.SampledFrom([]int{1, 3, chunk + 2}).Draw(t, "rows")
		drawn := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cell {
			s := statistic.State(rapid.IntRange(0, int(statistic.Secret)).Draw(t, "state"))
			if !s.HasNumber() {
				return cell{0, s}
			}
			return cell{rapid.SampledFrom([]float64{0, 1, -3.5, 12, 1e200, -1e200, 1e-200, math.MaxFloat64}).Draw(t, "v"), s}
		}), 7, 7).Draw(t, "cells")
		cols := make([]Column, len(p.Refs()))
		for j := range cols {
			cols[j] = Column{make([]float64, n), make([]statistic.State, n), nil}
			for i := range n {
				c := drawn[(i*3+j*5)%7]
				cols[j].Numbers[i], cols[j].States[i] = c.v, c.s
			}
		}
		out := p.Run(n, cols)
		secret := func(i int) bool {
			for j := range cols {
				if cols[j].States[i] == statistic.Secret {
					return true
				}
			}
			return false
		}
		for i := range n {
			row := map[Ref]cell{}
			for j, r := range p.Refs() {
				row[r] = cell{cols[j].Numbers[i], cols[j].States[i]}
			}
			want := naive(e.root, row)
			if out.Numbers[i] != want.v || out.States[i] != want.s {
				t.Fatalf("%s on %v = %v %v, want %+v", e, row, out.Numbers[i], out.States[i], want)
			}
			if !finite(out.Numbers[i]) {
				t.Fatalf("%s = %v", e, out.Numbers[i])
			}
			if secret(i) && out.States[i] != statistic.Secret {
				t.Fatalf("%s on %v gives away a secret: %v", e, row, out.States[i])
			}
			if !out.States[i].HasNumber() && (out.Numbers[i] != 0 || p.Explain(out.Causes[i], out.States[i]) == "") {
				t.Fatalf("%s on %v: %v without number has %v and no reason", e, row, out.States[i], out.Numbers[i])
			}
		}
	})
}

func BenchmarkRunWholeCountry(b *testing.B) {
	e, err := Parse("100 * (a + b[-1]) / c")
	if err != nil {
		b.Fatal(err)
	}
	p := e.Compile()
	const communes = 34969
	cols := make([]Column, 3)
	for j := range cols {
		cols[j] = Column{make([]float64, communes), make([]statistic.State, communes), nil}
		for i := range communes {
			cols[j].Numbers[i], cols[j].States[i] = float64(i%97+j), statistic.Observed
		}
	}
	for b.Loop() {
		p.Run(communes, cols)
	}
}
