// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"maillage/internal/observatory/formula"
	"maillage/internal/territory"
)

// ErrUnknownIndicator is returned for a code that no definition bears.
var ErrUnknownIndicator = errors.New("cet indicateur n'existe pas")

// derived is an indicator computed from others.
type derived struct {
	expr    *formula.Expr
	program *formula.Program
}

// compile prepares the formulas, in an order where operands come first, and says for which
// periods each can be computed: those for which every operand has figures.
func (s *Snapshot) compile() error {
	exprs := map[string]*formula.Expr{}
	for _, ind := range s.ordered {
		if !ind.Derived() {
			continue
		}
		e, err := formula.Parse(ind.Formula)
		if err != nil {
			return fmt.Errorf("indicateur « %s » : %w", ind.Code, err)
		}
		exprs[ind.Code] = e
	}
	order, err := formula.Order(exprs)
	if err != nil {
		return err
	}
	for _, code := range order {
		e := exprs[code]
		if e == nil {
			continue
		}
		s.formulas[code] = &derived{e, e.Compile()}
		s.periods[code] = s.commonPeriods(e)
	}
	return nil
}

func (s *Snapshot) commonPeriods(e *formula.Expr) []Period {
	refs := e.Refs()
	if len(refs) == 0 {
		return nil
	}
	var list []Period
	for _, p := range s.periods[refs[0].Name] {
		p = p.AddYears(-refs[0].Lag)
		if !slices.ContainsFunc(refs, func(r formula.Ref) bool {
			return !slices.Contains(s.periods[r.Name], p.AddYears(r.Lag))
		}) {
			list = append(list, p)
		}
	}
	return list
}

// derivedColumn runs the formula over the communes of today.
func (s *Snapshot) derivedColumn(ctx context.Context, ind *Indicator, p Period) (*Column, error) {
	operands, err := s.operands(ctx, ind.Code, p)
	if err != nil {
		return nil, err
	}
	c := s.emptyColumn(ind, p)
	n := len(c.communes)
	in := make([]formula.Column, len(operands))
	for k, o := range operands {
		in[k] = formula.Column{Numbers: make([]float64, n), States: make([]State, n)}
		for i, x := range o.communes {
			in[k].Numbers[i], in[k].States[i] = x.number, x.state
		}
	}
	program := s.formulas[ind.Code].program
	out := program.Run(n, in)
	for i := range out.States {
		v := Value{State: out.States[i], Number: out.Numbers[i]}
		if !v.Known() {
			v.Number = 0
			if out.Causes != nil && out.Causes[i] != 0 {
				v.Note = s.titled(program.Explain(out.Causes[i], v.State))
			}
		}
		c.set(i, v)
	}
	return c, nil
}

func (s *Snapshot) operands(ctx context.Context, code string, p Period) ([]*Column, error) {
	refs := s.formulas[code].program.Refs()
	list := make([]*Column, len(refs))
	for k, r := range refs {
		var err error
		if list[k], err = s.Column(ctx, r.Name, p.AddYears(r.Lag)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// derivedAt runs the formula on the operands of one larger territory, so that a ratio over a
// département is the ratio of its sums and not a mean of ratios.
func (s *Snapshot) derivedAt(c *Column, id territory.ID) Value {
	v := Value{Indicator: c.Indicator.Code, Territory: id, Period: c.Period}
	operands, err := s.operands(context.Background(), c.Indicator.Code, c.Period)
	if err != nil {
		v.Note = "Les chiffres dont il dépend n'ont pas pu être lus."
		return v
	}
	in := make([]formula.Column, len(operands))
	for k, o := range operands {
		x := o.Of(id)
		in[k] = formula.Column{Numbers: []float64{x.Number}, States: []State{x.State}}
	}
	return s.explainDerived(v, s.formulas[c.Indicator.Code].program, in)
}

func (s *Snapshot) explainDerived(v Value, program *formula.Program, in []formula.Column) Value {
	out := program.Run(1, in)
	v.State, v.Number = out.States[0], out.Numbers[0]
	if !v.Known() {
		v.Number = 0
		if out.Causes != nil && out.Causes[0] != 0 {
			v.Note = s.titled(program.Explain(out.Causes[0], v.State))
		}
	}
	return v
}

// titled names indicators by their title where a formula names them by their code.
func (s *Snapshot) titled(note string) string {
	before, rest, ok := strings.Cut(note, "« ")
	code, after, closed := strings.Cut(rest, " »")
	if ind, known := s.indicators[code]; ok && closed && known {
		return before + "« " + ind.Title + " »" + after
	}
	return note
}

// NewIndicator checks a definition made by a person: its names, its unit, its formula.
// The error is in French and names the field.
func (s *Snapshot) NewIndicator(ind Indicator) error {
	if _, taken := s.indicators[ind.Code]; taken {
		return fmt.Errorf("le code « %s » est déjà pris ; choisissez-en un autre", ind.Code)
	}
	if !formula.ValidName(ind.Code) {
		return fmt.Errorf("le code « %s » ne convient pas : des minuscules sans accent, des chiffres et des tirets bas, une lettre d'abord", ind.Code)
	}
	if !ind.Derived() {
		return nil
	}
	e, err := formula.Parse(ind.Formula)
	if err != nil {
		return err
	}
	unit, err := e.Check(func(name string) (formula.Unit, bool) {
		operand, ok := s.indicators[name]
		if !ok {
			return formula.Unit{}, false
		}
		return formula.ParseUnit(operand.Unit), true
	})
	if err != nil || ind.FreeUnit {
		return err
	}
	return formula.Coherent(unit, formula.ParseUnit(ind.Unit), ind.Unit)
}
