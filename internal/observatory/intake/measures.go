// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"maillage/internal/observatory/formula"
	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// status finds the columns that tell the state of the figures of a row.
func (r *recogniser) status() {
	s := &r.plan.Status
	s.Observation = r.column("obs status")
	s.Confidential = r.column("conf status")
	for i, l := range r.folded {
		// "NOTE", "NOTE_CNAF", "DISP_NOTE19": small whole numbers, 0 for a plain row.
		if !noteHeader.MatchString(l) || r.facts[i].decimals > 0 || len(r.facts[i].distinct) > 12 {
			continue
		}
		r.taken[i] = true
		if s.Note == None {
			s.Note = i
		}
	}
	r.taken[s.Observation], r.taken[s.Confidential] = true, true
}

var noteHeader = regexp.MustCompile(`^(disp )?note( [a-z0-9]+)*(\d\d)?$`)

// valueHeaders are the folded labels of the one column of numbers of a long table.
var valueHeaders = []string{"obs value", "nb equip", "valeur", "value", "obs value niveau"}

// long recognises a long table: one column of numbers, and others that say what they are.
func (r *recogniser) long() {
	value := r.column(valueHeaders...)
	if value == None {
		return
	}
	keys := r.dictionary.keysFor(r.folded)
	dimension := r.measureDimension()
	if len(keys) == 0 && dimension == None {
		return
	}
	r.plan.Long = &Long{ValueColumn: value}
	r.taken[value] = true
	for _, k := range keys {
		n, _ := r.dictionary.Indicator(k.code)
		r.plan.Measures = append(r.plan.Measures, Measure{Column: value, Label: n.Title, Key: r.spellKey(k), Indicator: k.code, Unit: n.Unit,
			Decimals: n.Decimals, Additive: n.Aggregation.Rule == statistic.Sum, Include: true, Confidence: Sure})
	}
	if len(keys) == 0 {
		r.proposeKeys(dimension, value)
	}
	r.filters()
}

// spellKey writes a key with the labels of this table, which may differ in case.
func (r *recogniser) spellKey(k key) string {
	parts := make([]string, len(k.pairs))
	for i, p := range k.pairs {
		parts[i] = r.plan.Columns[slices.Index(r.folded, p.column)] + "=" + p.value
	}
	return strings.Join(parts, "&")
}

// measureDimension is the column that tells the measures of an unknown Melodi table apart.
func (r *recogniser) measureDimension() int {
	for i, l := range r.folded {
		if strings.HasSuffix(l, " measure") || l == "measure" || l == "mesure" || l == "indicateur" || l == "typequ" {
			return i
		}
	}
	return None
}

func (r *recogniser) proposeKeys(dimension, value int) {
	r.taken[dimension] = true
	for _, v := range slices.Sorted(maps.Keys(r.facts[dimension].distinct)) {
		m := r.proposal(value, v)
		m.Key = r.plan.Columns[dimension] + "=" + v
		m.Label, m.Include = v, true
		r.plan.Measures = append(r.plan.Measures, m)
	}
}

// filters keeps the totals of the dimensions that no key names: SEX = _T.
func (r *recogniser) filters() {
	named := map[string]bool{}
	for _, m := range r.plan.Measures {
		for _, part := range strings.Split(m.Key, "&") {
			column, _, _ := strings.Cut(part, "=")
			named[column] = true
		}
	}
	for i := range r.plan.Columns {
		_, total := r.facts[i].distinct["_T"]
		if r.taken[i] || named[r.plan.Columns[i]] || slices.Contains(periodHeaders, r.folded[i]) {
			continue
		}
		r.taken[i] = true
		if total && len(r.facts[i].distinct) > 1 && !strings.HasPrefix(r.folded[i], "facility") {
			r.plan.Filters = append(r.plan.Filters, Filter{Column: i, Keep: []string{"_T"}})
		}
	}
}

// measures recognises the columns of numbers of a wide table.
func (r *recogniser) measures() {
	if r.plan.Long != nil {
		return
	}
	common := r.commonYear()
	for i := range r.plan.Columns {
		if r.taken[i] || slices.Contains(periodHeaders, r.folded[i]) || r.facts[i].filled == 0 && r.plan.Columns[i] == "" {
			continue
		}
		code, year := r.dictionary.lookup(r.plan.Columns[i])
		if code == "" && isYear(r.plan.Columns[i]) { // years as columns: the subject is the table's
			code, _ = r.dictionary.lookup(r.subject())
			year = fullYear(r.plan.Columns[i])
		}
		switch n, known := r.dictionary.Indicator(code); {
		case known && (r.facts[i].numbers+r.facts[i].slips > 0 || r.facts[i].filled == r.facts[i].signs):
			m := Measure{Column: i, Label: r.plan.Columns[i], Indicator: code, Unit: n.Unit, Decimals: r.facts[i].decimals,
				Additive: n.Aggregation.Rule == statistic.Sum, Include: true, Confidence: Sure}
			if len(r.folded[i]) <= 3 {
				m.Confidence = Likely // "AM", "MED": other files give these letters another meaning
			}
			r.add(m, year)
		case r.facts[i].numeric():
			label := r.withoutCommonYear(i, common)
			if isYear(label) {
				label = r.subject()
			}
			r.add(r.proposal(i, label), common)
		}
	}
	r.chooseProposals()
	r.refuseRatesOfPieces()
	r.national()
}

// subject is what a table whose columns are bare years speaks of: the line above it, or the
// name of its sheet or file.
func (r *recogniser) subject() string {
	for _, text := range r.layout.preface {
		if !strings.HasPrefix(strings.ToLower(text), "source") {
			return text
		}
	}
	if name := r.plan.Table.Name; name != "" {
		return name
	}
	name, _, _ := strings.Cut(r.plan.Table.File, ".")
	return name
}

func (r *recogniser) add(m Measure, year int) {
	if year == 0 && m.Proposal != nil {
		if years := yearsIn(french.Fold(m.Label)); len(years) == 1 {
			year = years[0]
		}
	}
	if year != 0 {
		m.Period = statistic.YearPeriod(year)
	}
	r.plan.Measures = append(r.plan.Measures, m)
}

var (
	yearAtEnd   = regexp.MustCompile(`^([a-z][a-z0-9]*?)(\d\d)$`)
	yearAtStart = regexp.MustCompile(`^([a-z]{1,5})(\d\d) (.+)$`)
)

// shortYear splits a folded label such as "nbmen19" or "p21 pop" into its stem and year.
func shortYear(folded string) (string, int) {
	words := strings.Fields(folded)
	if len(words) == 0 {
		return "", 0
	}
	if m := yearAtStart.FindStringSubmatch(folded); m != nil {
		return m[1] + " " + m[3], fullYear(m[2])
	}
	if m := yearAtEnd.FindStringSubmatch(words[len(words)-1]); m != nil {
		return strings.TrimSpace(strings.Join(words[:len(words)-1], " ") + " " + m[1]), fullYear(m[2])
	}
	return folded, 0
}

// commonYear is the year that most numeric columns end with in two digits, as Insee writes
// them (NBMEN19, D119); 0 when there is none, or when the years differ.
func (r *recogniser) commonYear() int {
	count, numeric := map[int]int{}, 0
	for i := range r.plan.Columns {
		if r.taken[i] || !r.facts[i].numeric() {
			continue
		}
		numeric++
		if _, year := shortYear(r.folded[i]); year >= 1990 && year <= 2049 {
			count[year]++
		}
	}
	for year, n := range count {
		if n >= 3 && 10*n >= 6*numeric {
			return year
		}
	}
	return 0
}

func (r *recogniser) withoutCommonYear(i, common int) string {
	if _, year := shortYear(r.folded[i]); common != 0 && year == common {
		if cut, ok := strings.CutSuffix(r.plan.Columns[i], fmt.Sprintf("%02d", year%100)); ok {
			return cut
		}
	}
	return r.plan.Columns[i]
}

// proposal is a new indicator for a column that the catalogue does not know; nothing in it
// may be summed until a person says so, unless the label says it counts things.
func (r *recogniser) proposal(column int, label string) Measure {
	title := readable(label)
	n := &statistic.Indicator{Code: slug(label), Title: title, Short: title, Decimals: r.facts[column].decimals, Direction: statistic.Neutral,
		Kind: statistic.Stock, Aggregation: statistic.Aggregation{Rule: statistic.Never}, Unit: "nombre", Definition: "Colonne « " + r.plan.Columns[column] + " » du fichier importé."}
	folded := french.Fold(label)
	switch {
	case strings.Contains(label, "%") || hasWord(folded, "taux", "part", "pourcentage", "tx", "proportion"):
		n.Kind, n.Unit = statistic.Rate, "%"
	case strings.Contains(label, "€") || hasWord(folded, "euros", "montant", "budget"):
		n.Unit = "euros"
	case hasWord(folded, "places", "place"):
		n.Unit, n.Aggregation.Rule = "places", statistic.Sum
	case hasWord(folded, "nb", "nombre", "effectif", "effectifs"):
		n.Aggregation.Rule = statistic.Sum
	}
	return Measure{Column: column, Label: r.plan.Columns[column], Indicator: n.Code, Proposal: n, Unit: n.Unit, Decimals: n.Decimals,
		Additive: n.Aggregation.Rule == statistic.Sum, Confidence: Doubtful}
}

func hasWord(folded string, words ...string) bool {
	return slices.ContainsFunc(strings.Fields(folded), func(w string) bool { return slices.Contains(words, w) })
}

// readable is a label cleaned for a title: no underscores, a capital, no year.
func readable(label string) string {
	text := strings.Join(strings.Fields(strings.ReplaceAll(label, "_", " ")), " ")
	if text == "" {
		return "Colonne sans nom"
	}
	for _, y := range yearsIn(text) {
		text = strings.Trim(strings.Replace(text, fmt.Sprint(y), "", 1), " –-,:()")
	}
	if text == "" {
		return label
	}
	first := []rune(text)
	return strings.ToUpper(string(first[:1])) + string(first[1:])
}

// slug makes a code for formulas out of a label.
func slug(label string) string {
	folded, _ := withoutYear(french.Fold(label))
	var b strings.Builder
	for _, c := range strings.ReplaceAll(folded, " ", "_") {
		if c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
		}
	}
	code := strings.Trim(b.String(), "_")
	if code == "" || code[0] < 'a' || code[0] > 'z' {
		code = "c_" + code
	}
	code = strings.TrimRight(code[:min(len(code), 50)], "_")
	if !formula.ValidName(code) {
		code = "c_" + code
	}
	return code
}

// national recognises the national files of the Cnaf, which have no column of territories:
// their headers end with the level (txcouv_nat).
func (r *recogniser) national() {
	if r.plan.Geo.Kind != GeoNone {
		return
	}
	if slices.ContainsFunc(r.plan.Measures, func(m Measure) bool { return m.Include && !strings.HasSuffix(french.Fold(m.Label), " nat") }) || len(r.plan.Measures) == 0 {
		return
	}
	r.plan.Geo.Kind, r.plan.Geo.Fixed, r.plan.Geo.Confidence = GeoFixed, territory.France, Likely
}

// chooseProposals ticks the unknown columns only when none is known: a file of the Cnaf with
// one column more must not create an indicator unasked.
func (r *recogniser) chooseProposals() {
	known := slices.ContainsFunc(r.plan.Measures, func(m Measure) bool { return m.Proposal == nil })
	proposals := 0
	for i := range r.plan.Measures {
		m := &r.plan.Measures[i]
		if m.Proposal == nil {
			continue
		}
		if _, taken := r.dictionary.Indicator(m.Indicator); taken || r.dictionary.Computed(m.Indicator) {
			m.Indicator = "c_" + m.Indicator
			m.Proposal.Code = m.Indicator
		}
		proposals++
		m.Include = !known
	}
	if proposals > 0 {
		r.doubt(Issue{Severity: Note, Kind: KindDoubtful, Count: proposals,
			Message: french.Plural(proposals, "colonne de chiffres ne correspond", "colonnes de chiffres ne correspondent") + " à aucun indicateur connu",
			Remedy:  "Rattachez-les à un indicateur, créez celui qui est proposé, ou laissez-les de côté."})
	}
}

// refuseRatesOfPieces leaves out what may not be added up when rows are pieces of a commune.
func (r *recogniser) refuseRatesOfPieces() {
	if !r.plan.Geo.Split {
		return
	}
	for i := range r.plan.Measures {
		m := &r.plan.Measures[i]
		if m.Include && !m.Additive {
			m.Include = false
			r.doubt(Issue{Severity: Warning, Kind: KindSubCommunal, Column: m.Label, Indicator: m.Indicator,
				Message: "« " + m.Label + " » est donné par quartier et ne s'additionne pas : la colonne est laissée de côté",
				Remedy:  "Importez le fichier communal de la même source."})
		}
	}
}
