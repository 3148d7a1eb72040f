// SPDX-License-Identifier: EUPL-1.2

// Package statistic is the vocabulary of the observatory: what a source, an indicator,
// a period and a value are. It is a leaf, so that the formula language and the reading
// of files speak it without knowing the room that stores the values; package observatory
// re-exports its names.
//
// It promises that a number is always finite and that what is missing or secret is never
// a zero: only Number makes a value with a number, and it refuses NaN and the infinities.
package statistic

import (
	"errors"
	"fmt"
	"math"

	"maillage/internal/territory"
)

// ErrNotFinite refuses NaN and the infinities, which are no statistics.
var ErrNotFinite = errors.New("un chiffre doit être un nombre fini")

// Value is one figure: what an indicator is worth somewhere at some time, or why it is
// not known. Number is 0 and means nothing unless State.HasNumber.
type Value struct {
	Indicator string       // code of the indicator
	Territory territory.ID // in the geography of the publication, unless re-based
	Period    Period
	State     State
	Number    float64 // in the unit of the indicator
	Note      string  // French sentence: why there is no number, or how it was estimated; often ""
}

// Number is an observed value. It panics on a number that is not finite: callers that read
// text or compute use Check first.
func Number(indicator string, place territory.ID, p Period, n float64) Value {
	v := Value{Indicator: indicator, Territory: place, Period: p, State: Observed, Number: n}
	if err := v.Check(); err != nil {
		panic(err)
	}
	return v
}

// None is a value without a number, in the state and for the reason given.
func None(indicator string, place territory.ID, p Period, s State, note string) Value {
	return Value{Indicator: indicator, Territory: place, Period: p, State: s, Note: note}
}

// Known says that the value carries a number.
func (v Value) Known() bool { return v.State.HasNumber() }

// Reason says in French why there is no number, or why the number is not a plain one:
// the note when there is one, else the label of the state.
func (v Value) Reason() string {
	if v.Note != "" {
		return v.Note
	}
	return v.State.Label()
}

// Check says what makes the value impossible to store.
func (v Value) Check() error {
	switch {
	case math.IsNaN(v.Number) || math.IsInf(v.Number, 0):
		return fmt.Errorf("%s, %s, %s : %w", v.Indicator, v.Territory, v.Period, ErrNotFinite)
	case !v.State.HasNumber() && v.Number != 0:
		return fmt.Errorf("%s, %s, %s : une valeur « %s » ne porte pas de nombre", v.Indicator, v.Territory, v.Period, v.State.Label())
	case !v.Period.Valid():
		return fmt.Errorf("%s, %s : « %s » n'est pas une période", v.Indicator, v.Territory, v.Period)
	}
	return nil
}
