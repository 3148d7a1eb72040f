// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"math"
	"slices"
	"strings"
	"testing"

	"maillage/internal/platform/clock"
)

func TestWriteData(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	rows := [][]any{
		{"01001", 12.5, Num{3, 1}, nil, true, clock.MustDate("2026-01-01")},
		{"01002", 0.1, Num{1.005, 2}, nil, false, clock.Date{}},
		{`a "b", c`, -1, math.NaN(), int64(7), "=1+1", ""},
	}
	if err := WriteData(&b, []string{"insee", "n"}, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	want := "insee,n\n01001,12.5,3.0,,true,2026-01-01\n01002,0.1,1.01,,false,\n\"a \"\"b\"\", c\",-1,,7,'=1+1,\n"
	if got := b.String(); got != want {
		t.Errorf("WriteData = %q, want %q", got, want)
	}
	if err := WriteData(&b, nil, slices.Values([][]any{{struct{}{}}})); err == nil {
		t.Error("a cell of an unknown type was written")
	}
}
