// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"slices"
	"testing"
	"time"

	"maillage/internal/platform/clock"
)

type sheet struct {
	Name   string     `history:"nom,Nom,personal"`
	Born   clock.Date `history:"naissance,Né le"`
	Agreed bool       `history:"accord,Accord"`
	Places int        `history:"places,Places"`
	Themes []string   `history:"themes,Thèmes"`
	Seen   time.Time  `history:"vu,Vu le"`
	Boss   *string    `history:"chef,Responsable"`
	Secret string
}

func TestDiff(t *testing.T) {
	t.Parallel()
	boss := "Ali"
	full := sheet{"Marie", clock.MustDate("1980-02-03"), true, 12, []string{"a", "b"}, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), &boss, "x"}
	all := []Field{
		{Name: "nom", Label: "Nom", After: "Marie", Personal: "p1"},
		{Name: "naissance", Label: "Né le", After: "1980-02-03"},
		{Name: "accord", Label: "Accord", After: "oui"},
		{Name: "places", Label: "Places", After: "12"},
		{Name: "themes", Label: "Thèmes", After: "a\nb"},
		{Name: "vu", Label: "Vu le", After: "2026-01-02T03:04:05.000000Z"},
		{Name: "chef", Label: "Responsable", After: "Ali"},
	}
	changed := full
	changed.Places, changed.Secret = 13, "y"
	for _, c := range []struct {
		name          string
		before, after any
		want          []Field
	}{
		{"what did not exist", nil, full, all},
		{"pointers", (*sheet)(nil), &full, all},
		{"one field, and one that is not looked at", full, changed, []Field{{Name: "places", Label: "Places", Before: "12", After: "13"}}},
		{"nothing", full, full, nil},
		{"nothing at all", nil, nil, nil},
	} {
		if got := Diff(c.before, c.after, "p1"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	names := []Named{{Name: "b", Label: "B", Personal: true}, {Name: "a", Label: "A"}}
	got := DiffMaps(names, map[string]string{"a": "1", "c": "x"}, map[string]string{"a": "1", "b": "2"}, "p1")
	if !slices.Equal(got, []Field{{Name: "b", Label: "B", After: "2", Personal: "p1"}}) {
		t.Errorf("maps: %+v", got)
	}
}
