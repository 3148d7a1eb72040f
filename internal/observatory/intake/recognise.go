// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/platform/french"
)

// ErrNothing says that a table has no row to read.
var ErrNothing = errors.New("ce tableau est vide")

// Recognise proposes how to read a table from its first rows (see Sample). The plan says
// what it is not sure of in Doubts; those of severity Error must be settled by a person
// before Apply. The error is ErrNothing when there is no row.
func Recognise(table Table, sample []Row, d *Dictionary, places Places) (*Plan, error) {
	if !slices.ContainsFunc(sample, func(r Row) bool { return lineKind(r.Cells, 1) != lineBlank }) {
		return nil, ErrNothing
	}
	l := findHeader(sample)
	r := &recogniser{
		dictionary: d, places: places, names: newNames(places),
		plan: &Plan{Table: table, Columns: l.labels, Signature: signature(l.labels), HeaderRow: 0,
			Status: Status{None, None, None, None, None}},
		layout: l, rows: sample[l.last+1:],
	}
	if l.last >= 0 {
		r.plan.HeaderRow = sample[l.last].Line
	} else {
		r.doubt(Issue{Severity: Warning, Kind: KindNoHeader, Message: "aucune ligne d'en-têtes n'a été reconnue",
			Remedy: "Ajoutez une première ligne qui nomme les colonnes, ou nommez-les ici."})
	}
	r.look()
	if !r.own() {
		r.geography()
		r.status()
		r.setAside()
		r.long()
		r.measures()
		r.period()
		r.readings()
	}
	r.settle()
	r.dropped()
	return r.plan, nil
}

// recogniser is the work in progress on one table.
type recogniser struct {
	dictionary *Dictionary
	places     Places
	names      *names
	plan       *Plan
	layout     layout
	rows       []Row // of the sample, below the header

	folded []string // labels
	facts  []facts  // by column
	taken  map[int]bool
}

// facts is what the cells of a column of the sample look like.
type facts struct {
	filled   int
	numbers  int
	slips    int // numbers written as none is read: 1_000, 0x10, Infinity
	signs    int // codes of secrecy and absence
	years    int
	dates    int
	decimals int
	distinct map[string]int // at most maxDistinct
}

const maxDistinct = 200

func (r *recogniser) doubt(i Issue) {
	i.File = r.plan.Table.File
	r.plan.Doubts = append(r.plan.Doubts, i)
}

// label names a column for a person.
func (p *Plan) label(column int) string {
	if column >= 0 && column < len(p.Columns) && p.Columns[column] != "" {
		return p.Columns[column]
	}
	return "colonne " + strconv.Itoa(column+1)
}

// look gathers the facts of every column.
func (r *recogniser) look() {
	r.taken = map[int]bool{}
	r.folded = make([]string, len(r.plan.Columns))
	for i, l := range r.plan.Columns {
		r.folded[i] = french.Fold(l)
	}
	r.facts = make([]facts, len(r.plan.Columns))
	for i := range r.facts {
		r.facts[i].distinct = map[string]int{}
	}
	for _, row := range r.rows {
		for j, c := range row.Cells {
			if j < len(r.facts) && !isBlank(c) {
				r.facts[j].add(c)
			}
		}
	}
}

func (f *facts) add(cell string) {
	f.filled++
	if len(f.distinct) < maxDistinct {
		f.distinct[strings.TrimSpace(cell)]++
	}
	if isYear(cell) {
		f.years++
	}
	if _, ok := dateOf(cell); ok {
		f.dates++
	}
	switch _, s, err := readCell(cell); {
	case err == nil && s.HasNumber():
		f.numbers++
		f.decimals = max(f.decimals, decimals(cell))
	case err == nil:
		f.signs++
	case numberSlip.MatchString(strings.TrimSpace(cell)) && irisCommune(cleanCode(cell)) == "":
		f.slips++
	}
}

// numberSlip is a number that a program wrote and that is not read: grouped by underscores or
// by commas, hexadecimal, infinite, in scientific notation.
var numberSlip = regexp.MustCompile(`(?i)^[+-]?(\d+(_\d+)+|0x[0-9a-f.]+(p[+-]?\d+)?|inf(inity)?|\d{1,3}(,\d{3})+(\.\d+)?|\d+([.,]\d+)?e[+-]?\d+)$`)

// numeric says that a column holds numbers, blanks and signs aside. Slips are numbers too:
// Apply tells each of them, where the column left out would tell nothing.
func (f *facts) numeric() bool {
	n := f.numbers + f.slips
	return n > 0 && float64(n) >= enough*float64(f.filled-f.signs)
}

// identifier says that a column holds long codes of one length (SIRET, FINESS), not figures.
func (f *facts) identifier() bool {
	const long = 8
	length := map[int]int{}
	for text := range f.distinct {
		if isDigits(text) && len(text) >= long {
			length[len(text)]++
		}
	}
	for _, n := range length {
		if n >= 5 && 10*n >= 8*len(f.distinct) {
			return true
		}
	}
	return false
}

// cell is the cell of a row, "" beyond its end.
func cell(row Row, column int) string {
	if column < 0 || column >= len(row.Cells) {
		return ""
	}
	return row.Cells[column]
}

// column finds the first column not yet taken whose folded label is one of those given; None.
func (r *recogniser) column(labels ...string) int {
	for _, want := range labels {
		for i, l := range r.folded {
			if l == want && !r.taken[i] {
				return i
			}
		}
	}
	return None
}

// setAside takes the columns that identify or place a row and are no measure.
func (r *recogniser) setAside() {
	for i, l := range r.folded {
		if slices.Contains(identity, l) || r.facts[i].identifier() {
			r.taken[i] = true
		}
	}
}

// identity are the folded labels of columns that describe the row. "com" and the like are
// here too: when they were not chosen as the geography, another column was.
var identity = []string{
	"objectid", "id", "fid", "reg", "region", "code region", "numero region", "nom region", "numreg", "nomreg", "dep", "departement", "code departement", "numero departement",
	"nom departement", "numdep", "nomdep", "arr", "cv", "can", "uu", "uu2010", "uu2020", "ze", "ze2010", "ze2020", "epci", "numero epci", "nom epci", "numepci", "nomepci",
	"code epci", "ept", "siren", "com", "depcom", "libcom", "codgeo", "libgeo", "libelle", "nom", "nom commune", "nomcom", "numcom", "numero commune", "commune", "code commune",
	"iris", "dciris", "code iris", "libiris", "lib iris", "typ iris", "grd quart", "code postal", "cp", "cpo", "lon", "lat", "long", "longitude", "latitude", "lng", "x", "y", "lambert x", "lambert y",
	"finess et", "finess ej", "fi et", "fi ej", "siret", "num siret", "num voie", "num dept", "num cat", "num type", "code tarif", "code psph", "code ape",
	"geo object", "freq", "obs status", "conf status", "obs status fr", "unit mult", "decimals", "code", "code 2026", "code insee", "insee",
}

// severalRows warns when many rows are about the same place and period: a directory of
// establishments, or pieces that only a person can say are to be added up.
func (r *recogniser) severalRows() {
	p := r.plan
	if p.Geo.Split || p.Long != nil || p.Geo.Column == None {
		return
	}
	seen, again := map[string]bool{}, 0
	for _, row := range r.rows {
		key := cell(row, p.Geo.Column) + "\x00" + cell(row, p.Period.Column)
		if p.Geo.DepColumn != None {
			key += "\x00" + cell(row, p.Geo.DepColumn)
		}
		if seen[key] && !isBlank(cell(row, p.Geo.Column)) {
			again++
		}
		seen[key] = true
	}
	if 5*again > len(r.rows) {
		r.doubt(Issue{Severity: Warning, Kind: KindDuplicate, Column: p.label(p.Geo.Column), Count: again,
			Message: "plusieurs lignes parlent du même territoire et de la même période : ce tableau est peut-être une liste d'établissements",
			Remedy:  "Si les lignes sont des effectifs à additionner, dites-le ; sinon ce fichier n'est pas un tableau de statistiques."})
	}
}

// dropped counts the rows of the sample that the plan sets aside.
func (r *recogniser) dropped() {
	if r.plan.Ready() != nil {
		return
	}
	a := newReader(r.plan, r.places, func(Item) bool { return true })
	for _, row := range r.rows {
		if a.row(row) != nil {
			return
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(a.tallies)) {
		r.plan.Dropped = append(r.plan.Dropped, Tally{reason, a.tallies[reason]})
	}
}

// notNumbers tells the first cell that keeps each column with some numbers from being a measure.
func (r *recogniser) notNumbers() {
	for i := range r.facts {
		f := &r.facts[i]
		if r.taken[i] || slices.Contains(periodHeaders, r.folded[i]) || f.numeric() || f.numbers+f.slips == 0 {
			continue
		}
		for _, row := range r.rows {
			text := cell(row, i)
			if _, _, err := readCell(text); isBlank(text) || err == nil {
				continue
			}
			r.doubt(Issue{Severity: Warning, Kind: KindBadNumber, Line: row.Line, Column: r.plan.label(i), Count: f.filled - f.signs - f.numbers,
				Message: "trop peu de cellules de la colonne « " + r.plan.label(i) + " » sont des nombres ; la première qui n'en est pas un dit « " + tidy(text) + " »",
				Remedy:  "Écrivez un nombre (1234,5), « s » pour un secret, ou laissez la cellule vide."})
			break
		}
	}
}

// settle says what is missing for the plan to be applied.
func (r *recogniser) settle() {
	r.severalRows()
	p := r.plan
	if p.Geo.Kind == GeoNone && !slices.ContainsFunc(p.Doubts, func(i Issue) bool { return i.Kind == KindSubCommunal }) {
		r.doubt(Issue{Severity: Error, Kind: KindNoGeography, Message: "aucune colonne de territoires n'a été reconnue",
			Remedy: "Indiquez la colonne qui porte le code Insee de la commune, ou le territoire dont parle tout le tableau."})
	}
	if !slices.ContainsFunc(p.Measures, func(m Measure) bool { return m.Include }) {
		r.notNumbers()
		r.doubt(Issue{Severity: Error, Kind: KindNoMeasure, Message: "aucun indicateur n'a été reconnu dans ce tableau",
			Remedy: "Cochez au moins une colonne de chiffres et dites à quel indicateur elle correspond."})
	}
}
