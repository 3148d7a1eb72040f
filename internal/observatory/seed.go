// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"

	"maillage/internal/observatory/statistic"
	"maillage/internal/territory"
)

//go:embed seed/*.csv
var seedFiles embed.FS

const (
	lowerBound = "Somme des IRIS publiés : au moins ce nombre, les IRIS sous secret n'étant pas comptés."
	tooSmall   = "La Cnaf ne publie pas les communes de 10 000 habitants ou moins."
)

// seedColumn says what a column of a shipped file means. period is "" when the file has a
// column of years.
type seedColumn struct {
	column, indicator string
	period            Period
	state             State
	note, blank       string
}

var seedCommunes = []seedColumn{
	{"caf_enfants_0_2_2020", "caf_enfants_0_2", "2020", Estimated, lowerBound, tooSmall},
	{"caf_enfants_3_5_2020", "caf_enfants_3_5", "2020", Estimated, lowerBound, tooSmall},
	{"caf_monoparents_2020", "caf_monoparents", "2020", Estimated, lowerBound, tooSmall},
	{"pauvrete60_2016", "pauvrete_60", "2016", Observed, "", ""},
	{"eaje_bpe2018", "eaje_bpe", "2018", Observed, "", ""},
	{"maternelles_bpe2018", "maternelles_bpe", "2018", Observed, "", ""},
}

var seedRates = []seedColumn{
	{"eaje_psu", "couverture_eaje_psu", "", Observed, "", ""},
	{"eaje_hors_psu", "couverture_eaje_hors_psu", "", Observed, "", ""},
	{"eaje", "couverture_eaje", "", Observed, "", ""},
	{"prescolarisation", "couverture_prescolarisation", "", Observed, "", ""},
	{"assistants_maternels", "couverture_assistants_maternels", "", Observed, "", ""},
	{"garde_a_domicile", "couverture_garde_domicile", "", Observed, "", ""},
	{"individuel", "couverture_individuel", "", Observed, "", ""},
	{"global", "couverture_globale", "", Observed, "", ""},
}

const publishedWhole = "Publié pour le territoire entier (Cnaf et Onape) ; France hors Mayotte."

var seedWholes = []seedColumn{{"global", "couverture_globale", "", Observed, publishedWhole, ""}}

// Seed is the real figures of Seine-Saint-Denis that ship with the product, in the geography
// of their publication (Pierrefitte-sur-Seine apart from Saint-Denis). What a file leaves
// blank is a missing value with its reason. Populations come from the register of territories.
func Seed() ([]Value, error) {
	values, places, err := readSeed("seed/communes-93.csv", seedCommunes)
	if err != nil {
		return nil, err
	}
	rates, published, err := readSeed("seed/taux-couverture-cnaf-93.csv", seedRates)
	if err != nil {
		return nil, err
	}
	wholes, _, err := readSeed("seed/couverture-publiee.csv", seedWholes)
	if err != nil {
		return nil, err
	}
	values = append(append(values, rates...), wholes...)
	// The four towns the Cnaf leaves out get the reason instead of a silence.
	years := map[Period]bool{}
	for _, v := range rates {
		years[v.Period] = true
	}
	for place := range places {
		if published[place] {
			continue
		}
		for year := range years {
			for _, col := range seedRates {
				values = append(values, statistic.None(col.indicator, place, year, Missing, tooSmall))
			}
		}
	}
	sortValues(values)
	return values, nil
}

func readSeed(name string, columns []seedColumn) (values []Value, places map[territory.ID]bool, err error) {
	f, err := seedFiles.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // an embedded file
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, nil, fmt.Errorf("%s : %w", name, err)
	}
	at := map[string]int{}
	for i, h := range rows[0] {
		at[h] = i
	}
	places = map[territory.ID]bool{}
	for line, row := range rows[1:] {
		place := territory.ID(row[at["code"]])
		places[place] = true
		for _, col := range columns {
			v, err := col.value(row, at, place)
			if err != nil {
				return nil, nil, fmt.Errorf("%s, ligne %d, colonne %s : %w", name, line+2, col.column, err)
			}
			values = append(values, v)
		}
	}
	return values, places, nil
}

func (c seedColumn) value(row []string, at map[string]int, place territory.ID) (Value, error) {
	p := c.period
	if p == "" {
		p = Period(row[at["annee"]])
	}
	cell := row[at[c.column]]
	if cell == "" {
		return statistic.None(c.indicator, place, p, Missing, c.blank), nil
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return Value{}, err
	}
	v := Value{Indicator: c.indicator, Territory: place, Period: p, State: c.state, Number: n, Note: c.note}
	return v, v.Check()
}
