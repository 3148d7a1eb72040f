// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"maps"
	"slices"

	"maillage/internal/observatory/statistic"
	"maillage/internal/territory"
)

// ownHeader are the columns of the files that Maillage itself writes: what leaves it can come
// back, with the reasons for what is not known.
var ownHeader = []string{"insee", "nom", "indicateur", "periode", "valeur", "etat", "note"}

// own recognises a file that Maillage wrote, in which nothing has to be guessed.
func (r *recogniser) own() bool {
	at := map[string]int{}
	for _, label := range ownHeader {
		if at[label] = r.column(label); at[label] == None {
			return false
		}
	}
	p := r.plan
	p.Geo = Geo{Column: at["insee"], Kind: GeoOwn, NameColumn: at["nom"], DepColumn: None, ObjectColumn: None, Confidence: Sure}
	p.Status = Status{Observation: None, Confidential: None, Note: None, State: at["etat"], Reason: at["note"]}
	p.Period = PeriodRule{Mode: PeriodColumn, Column: at["periode"], Origin: "colonne « " + p.label(at["periode"]) + " »", Confidence: Sure}
	p.Long = &Long{ValueColumn: at["valeur"]}
	for _, code := range slices.Sorted(maps.Keys(r.facts[at["indicateur"]].distinct)) {
		r.ownMeasure(at, code)
	}
	for i := range p.Columns {
		r.taken[i] = true
	}
	return true
}

func (r *recogniser) ownMeasure(at map[string]int, code string) {
	key := r.plan.Columns[at["indicateur"]] + "=" + code
	if n, known := r.dictionary.Indicator(code); known {
		r.plan.Measures = append(r.plan.Measures, Measure{Column: at["valeur"], Label: n.Title, Key: key, Indicator: code, Unit: n.Unit,
			Decimals: n.Decimals, Additive: n.Aggregation.Rule == statistic.Sum, Include: true, Confidence: Sure})
		return
	}
	if r.dictionary.Computed(code) {
		r.doubt(Issue{Severity: Note, Kind: KindDropped, Indicator: code,
			Message: "« " + code + " » est calculé par Maillage à partir d'autres indicateurs : ses lignes sont laissées de côté"})
		return
	}
	m := r.proposal(at["valeur"], code)
	m.Label, m.Key, m.Include = code, key, true
	r.plan.Measures = append(r.plan.Measures, m)
}

// ownCode reads the identifier of a territory as Maillage writes it, or as a spreadsheet left it.
func ownCode(code string) territory.ID {
	if id := communeCode(code); id != "" {
		return id
	}
	if id := departementCode(code); id != "" {
		return id
	}
	return territory.ID(code)
}

// own is the state of a figure and what is said of it, in a file that Maillage wrote.
func (s Status) own(r Row, blank bool) (state statistic.State, told bool) {
	state, err := statistic.ParseState(cell(r, s.State))
	return state, err == nil && (!blank || !state.HasNumber())
}
