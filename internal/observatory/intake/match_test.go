// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"fmt"
	"testing"
)

// adopted recognises two files, corrects the reading of the first, and gives that of the
// second once the first is taken up, with what it reads.
func adopted(t *testing.T, first, second string, correct func(*Plan)) (plan *Plan, values string) {
	t.Helper()
	rows, info := open(t, "premier.csv", []byte(first))
	old := recognise(t, "premier.csv", rows, info)
	if correct != nil {
		correct(old)
	}
	rows, info = open(t, "second.csv", []byte(second))
	fresh := recognise(t, "second.csv", rows, info)
	plan = Adopt(fresh, old)
	if plan.Ready() != nil {
		return plan, ""
	}
	for _, i := range read(t, plan, rows) {
		if i.Issue == nil {
			values += fmt.Sprintf("%s %s %s %v\n", i.Value.Indicator, i.Value.Territory, i.Value.Period, i.Value.Number)
		}
	}
	return plan, values
}

// One producer gives the same header to its files by département, commune and EPCI.
func TestTheLevelIsThatOfTheFreshFile(t *testing.T) {
	t.Parallel()
	const header = "CODGEO;LIBGEO;TP6019\n"
	files := map[GeoKind]string{
		GeoDepartement: header + "01;Ain;10,3\n93;Seine-Saint-Denis;27,6\n2A;Corse-du-Sud;18,3\n",
		GeoCommune:     header + "93066;Saint-Denis;37\n93008;Bobigny;35\n93055;Pantin;27\n",
		GeoEPCI:        header + "200054781;Métropole du Grand Paris;18\n200046977;Métropole de Lyon;15,8\n",
		GeoIRIS:        header + "930660101;A;37\n930660102;B;38\n930080101;C;30\n",
	}
	for before, first := range files {
		for now, second := range files {
			p, got := adopted(t, first, second, nil)
			if p.Geo.Kind != now || p.Geo.Column != 0 || p.Geo.Confidence == Doubtful {
				t.Errorf("%s then %s: %+v", before, now, p.Geo)
			}
			if (got == "") != (now == GeoIRIS) { // the rate of an IRIS is not read
				t.Errorf("%s then %s reads %q", before, now, got)
			}
		}
	}
}

func TestAChosenColumnIsKeptWhileItHoldsTerritories(t *testing.T) {
	t.Parallel()
	choose := func(p *Plan) { p.Geo.Column, p.Geo.Kind = 1, GeoCommune }
	const header = "code insee;lieu;PMUN2021\n"
	const first = header + "93066;93008;1\n93008;93066;2\n93055;93010;3\n"
	p, got := adopted(t, first, header+"93066;93010;4\n93008;93055;5\n93055;93008;6\n", choose)
	if p.Geo.Column != 1 || p.Geo.Kind != GeoCommune || got != "pmun 93010 2021 4\npmun 93055 2021 5\npmun 93008 2021 6\n" {
		t.Errorf("%+v reads %s", p.Geo, got)
	}
	p, got = adopted(t, first, header+"93066;mairie;4\n93008;école;5\n93055;crèche;6\n", choose)
	if p.Geo.Column != 0 || got != "pmun 93066 2021 4\npmun 93008 2021 5\npmun 93055 2021 6\n" {
		t.Errorf("a column of other things is kept: %+v reads %s", p.Geo, got)
	}
}

// The codes of régions are all codes of départements: what a person said holds, in amber.
func TestALevelThatTheCodesDoNotTellIsRemembered(t *testing.T) {
	t.Parallel()
	const regions = "code;PMUN2021\n11;1\n93;2\n84;3\n"
	p, got := adopted(t, regions, regions, func(p *Plan) { p.Geo.Kind = GeoRegion })
	if p.Geo.Kind != GeoRegion || p.Geo.Confidence != Doubtful || got != "pmun R11 2021 1\npmun R93 2021 2\npmun R84 2021 3\n" {
		t.Errorf("%+v reads %s", p.Geo, got)
	}
}

func TestAFixedTerritoryIsNotThatOfTheNextFile(t *testing.T) {
	t.Parallel()
	fix := func(p *Plan) { p.Geo.Kind, p.Geo.Column, p.Geo.Fixed = GeoFixed, None, "93066" }
	p, _ := adopted(t, "theme;PMUN2021\na;1\nb;2\n", "theme;PMUN2021\na;3\nb;4\n", fix)
	if p.Geo.Kind != GeoNone || p.Geo.Fixed != "" {
		t.Errorf("%+v", p.Geo)
	}
	p, got := adopted(t, "code;PMUN2021\nx;1\ny;2\n", "code;PMUN2021\n93066;3\n93008;4\n93055;5\n", fix)
	if p.Geo.Kind != GeoCommune || got != "pmun 93066 2021 3\npmun 93008 2021 4\npmun 93055 2021 5\n" {
		t.Errorf("%+v reads %s", p.Geo, got)
	}
}

func TestTheYearsAreThoseOfTheFreshFile(t *testing.T) {
	t.Parallel()
	const header = "code insee;annee;campagne;pmun\n"
	chosen := func(p *Plan) {
		p.Period = PeriodRule{Mode: PeriodColumn, Column: 2, YearOnly: true, Confidence: Sure}
	}
	const first = header + "93066;2020;2021;1\n93008;2020;2021;2\n93055;2020;2021;3\n"
	for name, c := range map[string]struct {
		second string
		column int
	}{
		"the fresh file says it":           {header + "93066;2021;2022;1\n93008;2021;2022;2\n93055;2021;2022;3\n", 1},
		"it says nothing, the choice does": {header + "93066;;2022-01-31;1\n93008;;2022-02-28;2\n93055;;2022-03-31;3\n", 2},
		"neither does":                     {header + "93066;;A;1\n93008;;B;2\n93055;;C;3\n", None},
	} {
		p, _ := adopted(t, first, c.second, chosen)
		if p.Period.Column != c.column || p.Period.YearOnly {
			t.Errorf("%s: %+v", name, p.Period)
		}
	}
}
