// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"fmt"
	"strings"
	"testing"

	"maillage/internal/territory"
)

// issues keeps what was told, of one kind.
func issues(items []Item, kind string) []Issue {
	var out []Issue
	for _, i := range items {
		if i.Issue != nil && i.Issue.Kind == kind {
			out = append(out, *i.Issue)
		}
	}
	return out
}

func TestShortRowsAreTold(t *testing.T) {
	t.Parallel()
	communes := registry().All(territory.Commune)
	var b strings.Builder
	b.WriteString("code;nom;PMUN2021;PMUN2022\n")
	for i, c := range communes[:300] {
		switch {
		case i == 20:
			fmt.Fprintf(&b, "%s;nom;1;\n", c.ID) // blank is not short
		case i >= 100 && i < 160:
			fmt.Fprintf(&b, "%s;nom\n", c.ID)
		default:
			fmt.Fprintf(&b, "%s;nom;1;2\n", c.ID)
		}
	}
	b.WriteString("Source : Insee\n")
	rows, info := open(t, "court.csv", []byte(b.String()))
	got := issues(read(t, recognise(t, "court.csv", rows, info), rows), KindShortRow)
	if len(got) != manyIssues+1 || got[0].Line != 102 || got[0].Severity != Warning || got[0].Remedy == "" ||
		!strings.HasPrefix(got[0].Message, "la ligne n'a que 2 cellules sur 4") || got[manyIssues].Count != 10 {
		t.Errorf("%d issues: %+v", len(got), got)
	}
}

// A workbook does not write the empty cells at the end of its rows.
func TestARowOfAWorkbookIsNotShort(t *testing.T) {
	t.Parallel()
	lines := [][]string{{"code", "PMUN2021", "PMUN2022"}, {"93066", "1", "2"}, {"93008", "3"}, {"93055", "4", "5"}}
	rows := func(yield func(Row) error) error {
		for i, l := range lines {
			if err := yield(Row{Line: i + 1, Cells: l, Typed: make([]bool, len(l))}); err != nil {
				return err
			}
		}
		return nil
	}
	sample, err := Sample(rows)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Recognise(Table{File: "x.xlsx"}, sample, dictionary(), registry())
	if err != nil {
		t.Fatal(err)
	}
	if got := issues(read(t, p, rows), KindShortRow); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAColumnOfHistoryMayBeChosen(t *testing.T) {
	t.Parallel()
	rows, info := open(t, "histoire.csv", []byte("code insee;annee;PMUN\n93066;1876;1\n93066;1896;2\n93066;1901;3\n93066;2021;4\n"))
	p := recognise(t, "histoire.csv", rows, info)
	if p.Period.Mode != PeriodAsk {
		t.Errorf("%+v", p.Period)
	}
	p.Period = PeriodRule{Mode: PeriodColumn, Column: 1}
	items := read(t, p, rows)
	if got := issues(items, KindBadPeriod); len(got) != 0 || len(items) != 4 || items[0].Value.Period != "1876" {
		t.Errorf("%+v", items)
	}
}
