// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	bondy := orb.MultiPolygon{{closed(0, 0, 100, 0, 100, 100)}}
	mamoudzou := orb.MultiPolygon{{{{45.22, -12.78}, {45.23, -12.78}, {45.23, -12.77}, {45.22, -12.78}}}}
	berlin := orb.MultiPolygon{{{{13.4, 52.5}, {13.5, 52.5}, {13.5, 52.6}, {13.4, 52.5}}}}
	feature := func(code string, g orb.MultiPolygon) Feature {
		return Feature{Props: map[string]string{"code": code}, Geometry: g}
	}
	l := &Layer{Features: []Feature{
		feature("93010", bondy),
		feature("97608", mamoudzou),
		feature("93010\t", bondy),
		feature("1001", bondy),
		feature("93010", bondy),
		feature("", bondy),
		feature("93006", nil),
		feature("93007", berlin),
		{Props: map[string]string{"code": "93008"}, Points: orb.MultiPoint{{2.4, 48.9}}},
		feature("93013", orb.MultiPolygon{{closed(0, 0, 100, 0)}}),
		feature("2A004", append(orb.MultiPolygon{mamoudzou[0]}, bondy...)),
	}}
	want := []Problem{
		{3, "93010\t", `Entité n° 3 : le code "93010 " n'a pas la forme attendue ; vérifiez les espaces, les tabulations et les zéros de tête.`},
		{4, "1001", `Entité n° 4 : le code "1001" n'a pas la forme attendue ; vérifiez les espaces, les tabulations et les zéros de tête.`},
		{5, "93010", `Entité n° 5 : le code 93010 est déjà celui de l'entité n° 1 ; réunissez les deux ou retirez-en une.`},
		{6, "", `Entité n° 6 : l'attribut « code » est vide.`},
		{7, "93006", `Entité n° 7 (93006) : elle n'a pas de géométrie.`},
		{8, "93007", `Entité n° 8 (93007) : son emprise, de (13,40000 ; 52,50000) à (13,50000 ; 52,60000), sort de France ; vérifiez le système de coordonnées et l'ordre longitude, latitude.`},
		{9, "93008", `Entité n° 9 (93008) : c'est un point, un contour est attendu.`},
		{10, "93013", `Entité n° 10 (93013) : son contour n'a pas de surface.`},
	}
	if diff := cmp.Diff(want, Validate(l, "code", CommuneCode)); diff != "" {
		t.Error(diff)
	}
	if got := Validate(l, "insee", CommuneCode); len(got) != 1 || got[0].Message != "Aucune entité n'a d'attribut « insee » : indiquez la colonne qui porte le code." {
		t.Errorf("%+v", got)
	}
	if got := Validate(&Layer{}, "code", CommuneCode); len(got) != 1 || got[0].Message != "La couche ne contient aucune entité." {
		t.Errorf("%+v", got)
	}
	many := &Layer{}
	for range 1000 {
		many.Features = append(many.Features, feature("x", bondy))
	}
	if got := Validate(many, "code", CommuneCode); len(got) != maxProblems+1 {
		t.Errorf("%d problems", len(got))
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][3]bool{
		"93066": {true, false, false}, "2A004": {true, false, false}, "97105": {true, false, false}, "20004": {}, "00001": {},
		"9306": {}, "93066 ": {}, " 93066": {}, "93066\t": {}, "93066\n": {}, "2C004": {},
		"200054781": {false, true, false}, "93": {false, false, true}, "2A": {false, false, true}, "971": {false, false, true}, "20": {}, "00": {}, "99": {},
	} {
		got := [3]bool{CommuneCode.MatchString(code), SIRENCode.MatchString(code), DepartementCode.MatchString(code)}
		if got != want {
			t.Errorf("%q: commune, SIREN, département = %v, want %v", code, got, want)
		}
	}
}

func TestLandsDoNotMeetEvenSwapped(t *testing.T) {
	t.Parallel()
	for i, a := range France {
		swapped := orb.Bound{Min: orb.Point{a.Bound.Min[1], a.Bound.Min[0]}, Max: orb.Point{a.Bound.Max[1], a.Bound.Max[0]}}
		for j, b := range France {
			if i != j && a.Bound.Intersects(b.Bound) {
				t.Errorf("%s meets %s", a.Name, b.Name)
			}
			if swapped.Intersects(b.Bound) {
				t.Errorf("%s with its axes swapped meets %s", a.Name, b.Name)
			}
		}
	}
}

func ExampleLandOf() {
	l, ok := LandOf(orb.Bound{Min: orb.Point{55.4, -20.95}, Max: orb.Point{55.5, -20.9}})
	fmt.Println(l.Name, ok)
	// Output: La Réunion true
}
