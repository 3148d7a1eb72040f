// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"maillage/internal/platform/french"
)

// Number is an exact rational: a rate, a price per hour, a count of hours. It never rounds;
// only Cents and Text do. The zero Number is 0. A Number is not modified once made.
type Number struct{ r *big.Rat }

// Whole is the exact integer n.
func Whole[T ~int | ~int64](n T) Number { return Number{new(big.Rat).SetInt64(int64(n))} }

// ParseNumber reads a number as people write it ("4,85", "1 234,5", "12 %") and keeps its
// decimal digits exactly, up to fifteen of them. Its errors are those of french.ParseNumber.
func ParseNumber(text string) (Number, error) {
	v, err := french.ParseNumber(text)
	if err != nil {
		return Number{}, err
	}
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(v, 'f', -1, 64))
	if !ok {
		return Number{}, fmt.Errorf("« %s » : %w", text, french.ErrNumber)
	}
	return Number{r}, nil
}

// mustNumber is ParseNumber for constants written in the source.
func mustNumber(text string) Number {
	n, err := ParseNumber(text)
	if err != nil {
		panic(err)
	}
	return n
}

// UnmarshalText reads the same forms as ParseNumber, so that a Number can be read from TOML.
func (n *Number) UnmarshalText(b []byte) error {
	v, err := ParseNumber(string(b))
	if err == nil {
		*n = v
	}
	return err
}

// MarshalText writes the exact decimal with a dot, cut at twelve decimals when it has no end.
func (n Number) MarshalText() ([]byte, error) {
	s := n.rat().FloatString(12)
	return []byte(strings.TrimSuffix(strings.TrimRight(s, "0"), ".")), nil
}

func (n Number) rat() *big.Rat {
	if n.r == nil {
		return new(big.Rat)
	}
	return n.r
}

// Plus, Minus and Times are the exact sum, difference and product.
func (n Number) Plus(m Number) Number { return Number{new(big.Rat).Add(n.rat(), m.rat())} }

// Minus is the exact difference.
func (n Number) Minus(m Number) Number { return Number{new(big.Rat).Sub(n.rat(), m.rat())} }

// Times is the exact product.
func (n Number) Times(m Number) Number { return Number{new(big.Rat).Mul(n.rat(), m.rat())} }

// Over is the exact quotient; a zero divisor gives 0, which callers exclude beforehand.
func (n Number) Over(m Number) Number {
	if m.Sign() == 0 {
		return Number{}
	}
	return Number{new(big.Rat).Quo(n.rat(), m.rat())}
}

// Percent is n hundredths: Whole(66).Percent() is 0,66.
func (n Number) Percent() Number { return n.Over(Whole(100)) }

// Compare is -1, 0 or +1 as n is below, equal to or above m.
func (n Number) Compare(m Number) int { return n.rat().Cmp(m.rat()) }

// Sign is -1, 0 or +1.
func (n Number) Sign() int { return n.rat().Sign() }

// Float is the nearest float64, for charts.
func (n Number) Float() float64 { f, _ := n.rat().Float64(); return f }

// Text writes n in French with that many decimals, half away from zero; fewer than zero
// decimals means as many as n needs, six at most.
func (n Number) Text(decimals int) string {
	if decimals >= 0 {
		return french.Number(n.rounded(decimals), decimals)
	}
	return french.Number(n.rounded(6), -1)
}

func (n Number) rounded(decimals int) float64 {
	v, err := strconv.ParseFloat(n.rat().FloatString(decimals), 64)
	if err != nil {
		return 0 // cannot happen: FloatString writes a plain decimal
	}
	return v
}

// String is Text(-1).
func (n Number) String() string { return n.Text(-1) }

// Cents reads n as euros and rounds once to the cent, half away from zero.
func (n Number) Cents() Cents {
	scaled := new(big.Rat).Mul(n.rat(), big.NewRat(100, 1))
	return Cents(roundHalfAway(scaled))
}

// roundHalfAway is the nearest integer, half away from zero.
func roundHalfAway(r *big.Rat) int64 {
	twice := new(big.Int).Lsh(new(big.Int).Abs(r.Num()), 1)
	twice.Add(twice, r.Denom())
	twice.Quo(twice, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		twice.Neg(twice)
	}
	return twice.Int64()
}

func least(a, b Number) Number {
	if a.Compare(b) <= 0 {
		return a
	}
	return b
}

func most(a, b Number) Number {
	if a.Compare(b) >= 0 {
		return a
	}
	return b
}

// Cents is an amount of money in hundredths of a euro. All amounts that add up are Cents.
type Cents int64

// Euros is the whole amount n €.
func Euros(n int) Cents { return Cents(n) * 100 }

// Number is the amount in euros, exactly.
func (c Cents) Number() Number { return Number{big.NewRat(int64(c), 100)} }

// String is "1 234,50 €", without cents when they are nil: "1 234 €".
func (c Cents) String() string {
	decimals := 2
	if c%100 == 0 {
		decimals = 0
	}
	return french.Number(float64(c)/100, decimals) + french.NarrowSpace + "€"
}

// count writes a number of places: whole, or with two decimals for a mean over a year.
func count(n Number) string {
	if n.rat().IsInt() {
		return n.Text(0)
	}
	return n.Text(2)
}

// percent and perHour write a Number with its unit, for formulas.
func percent(n Number) string { return n.String() + french.NarrowSpace + "%" }

func perHour(n Number) string {
	decimals := 4
	if n.Times(Whole(100)).rat().IsInt() {
		decimals = 2
	}
	return n.Text(decimals) + french.NarrowSpace + "€/h"
}
