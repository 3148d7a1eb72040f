// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// The fast road and the standard one write the same text.
func TestNumbersOfTheAPIAreTheShortest(t *testing.T) {
	t.Parallel()
	check := func(t interface{ Errorf(string, ...any) }, v float64) {
		if got, want := string(appendNumber(nil, v)), strconv.FormatFloat(v, 'f', -1, 64); got != want {
			t.Errorf("appendNumber(%v) = %s, want %s", v, got, want)
		}
	}
	for _, v := range []float64{0, math.Copysign(0, -1), 0.1, -0.1, 0.05, 12.5, -58.8, 100, 1e21, 0.30000000000000004, 1 << 49, math.MaxFloat64, 5e-324} {
		check(t, v)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.Float64().Draw(t, "v"))
		check(t, float64(rapid.Int64Range(-1e15, 1e15).Draw(t, "tenths"))/10)
	})
}
