// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// ErrUnsettled says that the plan still lacks something that only a person can say.
var ErrUnsettled = errors.New("la lecture de ce tableau n'est pas encore décidée")

// manyIssues is how many issues of one kind are told one by one; the rest are counted.
const manyIssues = 50

// Ready says what is missing for the plan to be applied, ErrUnsettled, or nil.
func (p *Plan) Ready() error {
	switch {
	case p.Geo.Kind == GeoNone || p.Geo.Kind == GeoFixed && p.Geo.Fixed == "":
		return fmt.Errorf("%w : indiquez la colonne des territoires", ErrUnsettled)
	case p.Period.Mode == PeriodAsk || p.Period.Mode == PeriodFixed && !p.Period.Fixed.Valid():
		return fmt.Errorf("%w : indiquez l'année des chiffres", ErrUnsettled)
	case !slices.ContainsFunc(p.Measures, func(m Measure) bool { return m.Include }):
		return fmt.Errorf("%w : choisissez au moins une colonne de chiffres", ErrUnsettled)
	}
	for _, m := range p.Measures {
		if m.Include && p.Period.Mode == PeriodHeaders && m.Period == "" && !p.Period.Fixed.Valid() {
			return fmt.Errorf("%w : indiquez l'année de la colonne « %s »", ErrUnsettled, m.Label)
		}
		if m.Include && m.Indicator == "" {
			return fmt.Errorf("%w : dites à quel indicateur correspond la colonne « %s »", ErrUnsettled, m.Label)
		}
	}
	return nil
}

// Apply reads the rows through the plan. It yields a value for each figure and each reason
// there is none, and an issue for what a person should know; rows set aside are counted in
// tallies, yielded last as notes. Memory does not grow with the rows, only with the
// territories when pieces are added up.
//
// The error, yielded last, is ErrUnsettled or that of rows.
func (p *Plan) Apply(rows Rows, places Places) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if err := p.Ready(); err != nil {
			yield(Item{}, err)
			return
		}
		a := newReader(p, places, func(i Item) bool { return yield(i, nil) })
		err := rows(a.row)
		if errors.Is(err, errStopped) {
			return
		}
		if err == nil && a.finish() {
			return
		}
		if err != nil {
			yield(Item{}, err)
		}
	}
}

var errStopped = errors.New("stopped")

// reader applies a plan row by row.
type reader struct {
	plan   *Plan
	places Places
	names  *names
	yield  func(Item) bool

	today    bool             // the column of periods holds years of today, but for slips
	needed   int              // cells a row must have for all that the plan reads to be in it
	wide     []int            // included measures of a wide table
	keyed    map[string][]int // of a long one, by the value in keyColumn
	keyAt    int
	others   [][]condition // by measure: the rest of its key
	resolved map[string]resolution
	periods  map[string]statistic.Period
	sums     map[sumKey]*sum
	told     map[string]int  // issues by kind
	once     map[string]bool // unknown codes told
	tallies  map[string]int
	stopped  bool
}

type condition struct {
	column int
	value  string
}

type sumKey struct {
	place   territory.ID
	period  statistic.Period
	measure int
}

// sum gathers the pieces of one territory: whole is for its own rows, arr for those of its
// arrondissements, which count only when it has no row of its own.
type sum struct {
	line       int
	whole, arr pieces
}

type pieces struct {
	total                  float64
	known, secret, missing int
}

func (s *pieces) add(n float64, state statistic.State) {
	switch {
	case state.HasNumber():
		s.total += n
		s.known++
	case state == statistic.Secret:
		s.secret++
	default:
		s.missing++
	}
}

func newReader(p *Plan, places Places, yield func(Item) bool) *reader {
	a := &reader{plan: p, places: places, names: newNames(places), yield: yield, keyAt: None,
		resolved: map[string]resolution{}, periods: map[string]statistic.Period{}, sums: map[sumKey]*sum{},
		told: map[string]int{}, once: map[string]bool{}, tallies: map[string]int{}}
	a.needed, a.today = p.lastColumn()+1, p.Period.Mode == PeriodColumn && p.reading(p.Period.Column).Period
	if p.Long != nil {
		a.prepareKeys()
		return a
	}
	for i, m := range p.Measures {
		if m.Include {
			a.wide = append(a.wide, i)
		}
	}
	return a
}

// prepareKeys indexes the measures of a long table by the value in the first column of
// their keys, so that a row that no one wants costs one look.
func (a *reader) prepareKeys() {
	a.keyed, a.others = map[string][]int{}, make([][]condition, len(a.plan.Measures))
	for i, m := range a.plan.Measures {
		if !m.Include {
			continue
		}
		for k, part := range strings.Split(m.Key, "&") {
			label, value, _ := strings.Cut(part, "=")
			column := slices.Index(a.plan.Columns, label)
			if k == 0 && (a.keyAt == None || a.keyAt == column) {
				a.keyAt = column
				a.keyed[value] = append(a.keyed[value], i)
				continue
			}
			a.others[i] = append(a.others[i], condition{column, value})
		}
	}
}

// row reads one row; errStopped when nobody listens any more.
func (a *reader) row(r Row) error {
	if r.Line <= a.plan.HeaderRow {
		return nil
	}
	wanted := a.wide
	if a.plan.Long != nil {
		if wanted = a.keyed[cell(r, a.keyAt)]; len(wanted) == 0 {
			a.tallies["lignes qui ne concernent aucun indicateur retenu"]++
			return nil
		}
	}
	for _, f := range a.plan.Filters {
		if !slices.Contains(f.Keep, cell(r, f.Column)) {
			a.tallies["lignes de détail d'une dimension dont seul le total est retenu"]++
			return nil
		}
	}
	where := a.place(r)
	switch {
	case where.tally != "":
		a.tallies[where.tally]++
	case where.bad:
		a.unknown(r, where)
	default:
		a.short(r, where)
		for _, i := range wanted {
			if a.plan.Long == nil || a.matches(r, i) {
				a.measure(r, i, where)
			}
		}
	}
	if a.stopped {
		return errStopped
	}
	return nil
}

// lastColumn is the rightmost column that the plan reads.
func (p *Plan) lastColumn() int {
	last := max(p.Geo.Column, p.Geo.ObjectColumn)
	if p.Period.Mode == PeriodColumn {
		last = max(last, p.Period.Column)
	}
	for _, m := range p.Measures {
		if m.Include {
			last = max(last, m.Column)
		}
	}
	return last
}

// short tells a line of text that ends before what is to be read in it, or before the middle
// of the table: its figures are not blank but cut off.
func (a *reader) short(r Row, where resolution) {
	if n := len(r.Cells); r.Full && (n < a.needed || 2*n < len(a.plan.Columns)) {
		a.tell(Issue{Severity: Warning, Kind: KindShortRow, File: a.plan.Table.File, Line: r.Line, Territory: where.id,
			Message: fmt.Sprintf("la ligne n'a que %s sur %d : ce qui manque est lu comme non publié", french.Plural(n, "cellule", "cellules"), len(a.plan.Columns)),
			Remedy:  "Complétez la ligne, ou téléchargez le fichier de nouveau s'il a été coupé."})
	}
}

func (a *reader) matches(r Row, measure int) bool {
	for _, c := range a.others[measure] {
		if cell(r, c.column) != c.value {
			return false
		}
	}
	return true
}

// when finds the period of a measure on a row.
func (a *reader) when(r Row, m *Measure) (statistic.Period, bool) {
	rule := &a.plan.Period
	switch {
	case rule.Mode == PeriodHeaders && m.Period != "":
		return m.Period, true
	case rule.Mode != PeriodColumn:
		return rule.Fixed, true
	}
	text := cell(r, rule.Column)
	p, ok := a.periods[text]
	if !ok {
		p = readPeriod(text, rule.YearOnly)
		a.periods[text] = p
	}
	if what := a.badPeriod(text, p); what != "" {
		a.tell(Issue{Severity: Error, Kind: KindBadPeriod, File: a.plan.Table.File, Line: r.Line, Column: a.plan.label(rule.Column),
			Message: what, Remedy: "Écrivez une année (2021) ou une date (2021-12-31)."})
		return "", false
	}
	return p, true
}

// badPeriod says what is wrong with a cell read as p, "" when nothing is. A year of another
// century is a slip in a column of years of today, not in one of history, which recognition
// does not propose but a person may choose.
func (a *reader) badPeriod(text string, p statistic.Period) string {
	switch {
	case isBlank(text):
		return "l'année manque"
	case p == "":
		return fmt.Sprintf("« %s » n'est pas une année ni une date", tidy(text))
	case !isYear(string(p[:4])) && a.today:
		return fmt.Sprintf("« %s » est trop loin des autres années de la colonne", tidy(text))
	default:
		return ""
	}
}

func readPeriod(text string, yearOnly bool) statistic.Period {
	text = strings.TrimFunc(text, invisible)
	p, ok := dateOf(text)
	if !ok {
		var err error
		if p, err = statistic.ParsePeriod(strings.TrimSuffix(text, ".0")); err != nil {
			return ""
		}
	}
	if yearOnly {
		p = statistic.YearPeriod(p.Year())
	}
	return p
}

func sentence(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:] + "."
}

// measure reads one figure of a row.
func (a *reader) measure(r Row, index int, where resolution) {
	m := &a.plan.Measures[index]
	period, ok := a.when(r, m)
	if !ok {
		return
	}
	text := cell(r, m.Column)
	n, state, err := readCell(text)
	if err != nil {
		i := Issue{Severity: Error, Kind: KindBadNumber, File: a.plan.Table.File, Line: r.Line, Column: m.Label, Territory: where.id,
			Message: err.Error(), Remedy: "Écrivez un nombre (1234,5), « s » pour un secret, ou laissez la cellule vide."}
		if bad := (*french.NumberError)(nil); errors.As(err, &bad) {
			i.Message = fmt.Sprintf("« %s » n'est pas un nombre lisible : %s", bad.Text, bad.Reason)
			i.Remedy = sentence(bad.Remedy)
		}
		a.tell(i)
		return
	}
	if s, told := a.plan.Status.of(r, isBlank(text)); told {
		state = s
		if !s.HasNumber() {
			n = 0
		}
	}
	if a.plan.Geo.Split || where.arr || a.plan.Long != nil && m.Additive && a.severalKeys(m) {
		a.gather(r, index, where, period, n, state)
		return
	}
	if where.former != "" {
		a.former(r, where)
		return
	}
	a.give(Item{Line: r.Line, Value: statistic.Value{Indicator: m.Indicator, Territory: where.id, Period: period, State: state, Number: n,
		Note: strings.TrimSpace(cell(r, a.plan.Status.Reason))}})
}
