// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"math"
	"strconv"
	"strings"

	"maillage/internal/platform/french"
)

// State says whether a value is known and, if not, why.
type State uint8

// The zero State is Missing, so that a forgotten value is never drawn as zero.
const (
	Missing       State = iota // non renseigné
	Known                      // a number
	Secret                     // secret statistique
	NotPublished               // non publié
	NotApplicable              // sans objet
)

var stateWords = [...]string{
	Missing: "non renseigné", Known: "connu", Secret: "secret statistique",
	NotPublished: "non publié", NotApplicable: "sans objet",
}

// String is the state in words, as figures print it.
func (s State) String() string {
	if int(s) < len(stateWords) {
		return stateWords[s]
	}
	return stateWords[Missing]
}

// Value is a number or the reason why there is none. The zero Value is missing.
type Value struct {
	V         float64 // meaningful when State is Known
	State     State
	Estimated bool   // drawn hollow, said in words
	Reason    string // replaces the words of the state: "moins de 5 enfants"
}

// Num is a known value; NaN and infinities are missing ones.
func Num(v float64) Value {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Value{}
	}
	return Value{V: v + 0, State: Known}
}

// Estimate is a known value that is estimated, not observed.
func Estimate(v float64) Value {
	val := Num(v)
	val.Estimated = val.State == Known
	return val
}

// Absent is a value that has no number, for the reason given.
func Absent(s State) Value {
	if s == Known {
		s = Missing
	}
	return Value{State: s}
}

// ok tells whether there is a number to draw.
func (v Value) ok() bool {
	return v.State == Known && !math.IsNaN(v.V) && !math.IsInf(v.V, 0)
}

// why is the reason in words when there is no number.
func (v Value) why() string {
	switch {
	case v.Reason != "":
		return v.Reason
	case v.State == Known: // NaN built by hand
		return Missing.String()
	}
	return v.State.String()
}

// Unit is what numbers count and how they are written.
type Unit struct {
	Name     string // "places pour 100 enfants de moins de 3 ans"; "" for plain numbers
	Suffix   string // right after the number, with its space: "\u202f%"; usually ""
	Decimals int
}

// format writes a known number, without the unit's name.
func (u Unit) format(v float64) string {
	if a := math.Abs(v); a >= 1e15 || (a > 0 && a < 1e-9 && u.Decimals > 9) {
		return strings.NewReplacer(".", ",", "-", "−", "e+", "e").Replace(strconv.FormatFloat(v, 'e', 2, 64)) + u.Suffix
	}
	return french.Number(v, u.Decimals) + u.Suffix
}

// text writes a value in short, or why there is none.
func (u Unit) text(v Value) string {
	switch {
	case !v.ok():
		return v.why()
	case v.Estimated:
		return u.format(v.V) + " (estimé)"
	}
	return u.format(v.V)
}

// full writes a value with its unit's name, for labels read out of context.
func (u Unit) full(v Value) string {
	if !v.ok() || u.Name == "" {
		return u.text(v)
	}
	s := u.format(v.V) + " " + u.Name
	if v.Estimated {
		s += " (estimé)"
	}
	return s
}
