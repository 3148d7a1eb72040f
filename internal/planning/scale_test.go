// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"errors"
	"strings"
	"testing"

	"maillage/internal/platform/clock"
)

func TestTheCeilingOfResourcesFollowsItsDates(t *testing.T) {
	t.Parallel()
	s := shipped(t)
	for date, want := range map[string]string{
		"2018-06-01": "4874.62", "2019-09-01": "5300", "2020-01-01": "5600", "2022-01-01": "6000",
		"2024-08-31": "6000", "2024-09-01": "7000", "2025-08-31": "7000", "2025-09-01": "8500", "2031-01-01": "8500",
	} {
		v, ok := s.At("ressources-plafond", day(date))
		if !ok || v.Value.Compare(num(want)) != 0 {
			t.Errorf("ceiling on %s = %v, want %s", date, v.Value, want)
		}
	}
}

func TestEveryFigureHasItsSource(t *testing.T) {
	t.Parallel()
	s := shipped(t)
	for _, v := range s.All() {
		if v.Filled() && len(v.Sources) == 0 {
			t.Errorf("%s bears a figure without source", v.Code)
		}
		if !v.Filled() && v.Hint == "" {
			t.Errorf("%s is to be filled in and says nothing to whoever does", v.Code)
		}
	}
}

// What DOMAIN.md did not find must stay empty until somebody fills it in.
func TestWhatIsUnsourcedIsEmpty(t *testing.T) {
	t.Parallel()
	empty := map[string]bool{}
	for _, v := range shipped(t).ToFill(day("2026-11-23")) {
		empty[v.Code] = true
	}
	for _, code := range []string{
		"psu-plafond-bas-complet", "psu-plafond-haut-partiel", "ressources-plancher", "bonus-mixite",
		"bonus-handicap-taux", "bonus-handicap-plafond", "piaje-eaje-base", "fme-place", "sppe-unite",
		"sppe-potentiel", "rpe-taux", "bmaf", "effort-familial",
	} {
		if !empty[code] {
			t.Errorf("%s should be to fill in", code)
		}
	}
	for _, code := range []string{"effort-collectif", "ressources-plafond", "bonus-trajectoire", "ctre", "cmg-reference-am"} {
		if empty[code] {
			t.Errorf("%s is sourced and should not be to fill in", code)
		}
	}
}

func TestAnEnteredFigureStandsBeforeTheShippedOne(t *testing.T) {
	t.Parallel()
	s, err := shipped(t).With(Scale{
		Code: "sppe-unite", Value: ptr(num("21000")), ValidFrom: day("2026-01-01"), ValidTo: day("2026-12-31"),
		Origin: "arrêté du 3 novembre 2026",
	})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := s.At("sppe-unite", day("2026-07-01"))
	if v.Value == nil || v.Value.Compare(num("21000")) != 0 || v.Unit != "€/an" {
		t.Errorf("2026: %+v", v)
	}
	if v, _ := s.At("sppe-unite", day("2027-07-01")); v.Filled() {
		t.Errorf("2027 is filled: %+v", v)
	}
	if v, _ := s.At("sppe-unite", day("2025-07-01")); v.Value.Compare(num("20328.13")) != 0 {
		t.Errorf("2025: %+v", v)
	}
}

func TestWithRefuses(t *testing.T) {
	t.Parallel()
	good := Scale{Code: "bmaf", Value: ptr(num("470")), ValidFrom: day("2026-04-01"), Origin: "instruction"}
	for name, c := range map[string]struct {
		change func(*Scale)
		want   string
	}{
		"unknown code":   {func(s *Scale) { s.Code = "prime" }, "n'existe pas"},
		"no date":        {func(s *Scale) { s.ValidFrom = clock.Date{} }, "entre en vigueur"},
		"no origin":      {func(s *Scale) { s.Origin = " " }, "document"},
		"no figure":      {func(s *Scale) { s.Value = nil }, "indiquez le montant"},
		"wrong shape":    {func(s *Scale) { s.Low, s.High = ptr(num("1")), ptr(num("2")) }, "forme"},
		"negative":       {func(s *Scale) { s.Value = ptr(num("-3")) }, "négatif"},
		"ends too early": {func(s *Scale) { s.ValidTo = day("2025-01-01") }, "précède"},
	} {
		s := good
		c.change(&s)
		_, err := shipped(t).With(s)
		if !errors.Is(err, ErrScales) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want « %s »", name, err, c.want)
		}
	}
	if _, err := shipped(t).With(good, good); !errors.Is(err, ErrScales) {
		t.Errorf("two versions on one day: %v", err)
	}
}

func TestParseNamesTheFault(t *testing.T) {
	t.Parallel()
	const src = "[[source]]\nkey = \"S\"\ntitle = \"s\"\nread = \"2026-01-01\"\n"
	const ok = "[[scale]]\ncode = \"a\"\nlabel = \"A\"\nunit = \"€\"\nvalid_from = \"2025-01-01\"\n"
	for name, c := range map[string]struct{ text, want string }{
		"not TOML":        {"[[", "scales.toml"},
		"unknown field":   {src + ok + "prix = 3\n", "champ inconnu"},
		"no source":       {src + ok + "value = \"3\"\n", "sans source"},
		"unknown source":  {src + ok + "value = \"3\"\nsources = [\"T\"]\n", "« T » n'est pas décrite"},
		"overlap":         {src + ok + ok, "chevauche"},
		"not a number":    {src + ok + "value = \"cher\"\n", "cher"},
		"nothing":         {src, "aucun barème"},
		"rows that fall":  {src + ok + "shape = \"tableau\"\nrows = [{up_to=\"2\"},{up_to=\"1\"}]\n", "croître"},
		"no date, no why": {src + "[[scale]]\ncode = \"a\"\nlabel = \"A\"\nunit = \"€\"\n", "doubts"},
	} {
		_, err := Parse("scales.toml", []byte(c.text))
		if !errors.Is(err, ErrScales) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want « %s »", name, err, c.want)
		}
	}
}
