// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// geoHeaders are the folded labels under which each kind of code is found; the first of a
// kind is the best.
var geoHeaders = map[GeoKind][]string{
	GeoIRIS:        {"iris", "code iris", "dciris", "codgeo", "codeiris"},
	GeoCommune:     {"codgeo", "code insee", "insee", "numcom", "numero commune", "code commune", "depcom", "com", "codecommune", "insee com", "code geo", "code commune insee", "codeinsee", "insee commune", "code", "geo", "commune"},
	GeoEPCI:        {"epci", "numepci", "numero epci", "siren epci", "code epci", "siren", "codgeo", "ept", "code"},
	GeoDepartement: {"numdep", "dep", "numero departement", "code departement", "departement", "codgeo", "code"},
	GeoRegion:      {"numreg", "reg", "numero region", "code region", "region", "codgeo", "code"},
	GeoPrefixed:    {"geo", "codgeo", "code"},
}

// finest is the order of preference when several columns place the row: the finest first.
var finest = []GeoKind{GeoPrefixed, GeoIRIS, GeoCommune, GeoEPCI, GeoDepartement, GeoRegion}

// enough of the cells of a column must be codes that exist for it to be a geography.
const enough = 0.8

// geography chooses the column of territories.
func (r *recogniser) geography() {
	r.plan.Geo = Geo{Column: None, NameColumn: None, DepColumn: None, ObjectColumn: None}
	if object := r.column("geo object"); object != None {
		if geo := r.column("geo"); geo != None {
			r.plan.Geo = Geo{Column: geo, Kind: GeoPrefixed, NameColumn: None, DepColumn: None, ObjectColumn: object, Confidence: Sure}
			r.taken[geo], r.taken[object] = true, true
			return
		}
	}
	if r.quarters() {
		return
	}
	for _, kind := range finest {
		if column, share := r.bestColumn(kind); column != None {
			r.plan.Geo.Column, r.plan.Geo.Kind, r.plan.Geo.Confidence = column, kind, Sure
			if share < 0.98 || !slices.Contains(geoHeaders[kind], r.folded[column]) {
				r.plan.Geo.Confidence = Likely
			}
			break
		}
	}
	if r.plan.Geo.Kind == GeoNone {
		r.byName()
	}
	if r.plan.Geo.Kind == GeoNone {
		return
	}
	r.taken[r.plan.Geo.Column] = true
	r.companions()
}

// priorityQuarter is the code of a quartier prioritaire de la politique de la ville, of 2015
// (QP093001) or of 2024 (QN09301M).
var priorityQuarter = regexp.MustCompile(`^Q[PN][0-9]{3}[0-9A-Z]{3}$`)

// quarters refuses tables of priority quarters: they cross communes and do not cover them,
// so that nothing in them is a figure of a commune.
func (r *recogniser) quarters() bool {
	for i := range r.plan.Columns {
		good, all := 0, 0
		for text, n := range r.facts[i].distinct {
			all += n
			if priorityQuarter.MatchString(cleanCode(text)) {
				good += n
			}
		}
		if all > 0 && float64(good) >= enough*float64(all) {
			r.doubt(Issue{Severity: Error, Kind: KindSubCommunal, Column: r.plan.label(i),
				Message: "les lignes décrivent des quartiers prioritaires de la politique de la ville, qui ne sont pas des morceaux de communes à additionner",
				Remedy:  "Importez le fichier communal de la même source."})
			return true
		}
	}
	return false
}

// bestColumn is the column whose cells are the most often existing codes of the kind.
func (r *recogniser) bestColumn(kind GeoKind) (column int, share float64) {
	column = None
	best := 0.0
	for i := range r.plan.Columns {
		if slices.Contains(periodHeaders, r.folded[i]) {
			continue // 2023 is also the code of a commune of the Aisne, without its leading zero
		}
		s := r.share(i, kind)
		rank := slices.Index(geoHeaders[kind], r.folded[i])
		if s < enough || rank < 0 && !r.plausibleWithoutName(i, kind) {
			continue
		}
		score := s
		if rank >= 0 {
			score += 1 - float64(rank)/100
		}
		if score > best {
			column, share, best = i, s, score
		}
	}
	return column, share
}

// plausibleWithoutName refuses to take for codes what may be plain numbers: short codes need
// a label, longer ones must be distinct and many.
func (r *recogniser) plausibleWithoutName(i int, kind GeoKind) bool {
	switch kind {
	case GeoDepartement, GeoRegion, GeoEPCI:
		return false
	case GeoCommune:
		f := &r.facts[i]
		return f.decimals == 0 && (f.filled >= 3 || r.plan.HeaderRow == 0) && 10*len(f.distinct) >= 3*min(f.filled, maxDistinct) && r.share(i, kind) >= 0.95
	default:
		return true
	}
}

// share is the part of the filled cells that are codes of the kind and exist, rows of
// totals and fillers aside.
func (r *recogniser) share(i int, kind GeoKind) float64 {
	good, all, kinds := 0, 0, 0
	for text, n := range r.facts[i].distinct {
		if isPlaceholder(text) || isTotal(text) {
			continue
		}
		all += n
		code := cleanCode(text)
		if kind == GeoIRIS && irisCommune(code) != "" || kind == GeoPrefixed && strings.Contains(code, "-") {
			kinds += n
		}
		if _, siren := r.places.Get(sirenCode(code)); siren && kind == GeoIRIS {
			continue // the SIREN of an EPCI has nine digits too
		}
		if id := kind.parse(text); id != "" && r.exists(id) {
			good += n
		}
	}
	if all == 0 || (kind == GeoIRIS || kind == GeoPrefixed) && float64(kinds) < 0.5*float64(all) {
		return 0
	}
	return float64(good) / float64(all)
}

func (r *recogniser) exists(id territory.ID) bool {
	if _, ok := r.places.Get(id); ok {
		return true
	}
	return len(r.places.Successors(id)) > 0
}

// byName falls back on a column of names, always to be confirmed by a person.
func (r *recogniser) byName() {
	best, bestShare := None, enough*0.75
	for i := range r.plan.Columns {
		good, all := 0, 0
		for text, n := range r.facts[i].distinct {
			if isTotal(text) {
				continue
			}
			all += n
			if _, count := r.names.find(text, "", ""); count > 0 {
				good += n
			}
		}
		if all >= 2 && float64(good) > bestShare*float64(all) {
			best, bestShare = i, float64(good)/float64(all)
		}
	}
	if best == None {
		return
	}
	r.plan.Geo.Column, r.plan.Geo.Kind, r.plan.Geo.Confidence = best, GeoName, Doubtful
	r.plan.Geo.NameColumn = best
	if dep, share := r.bestColumn(GeoDepartement); dep != None && share >= enough {
		r.plan.Geo.DepColumn = dep
	}
	r.plan.Geo.Home = r.home(best)
	r.doubt(Issue{Severity: Warning, Kind: KindDoubtful, Column: r.plan.label(best),
		Message: "les communes sont reconnues par leur nom seulement, ce qui peut les confondre",
		Remedy:  "Ajoutez une colonne de codes Insee, ou vérifiez l'aperçu ligne à ligne."})
}

// home is the département of most of the names that only one commune bears.
func (r *recogniser) home(column int) territory.ID {
	count := map[territory.ID]int{}
	best := territory.ID("")
	for text := range r.facts[column].distinct {
		id, n := r.names.find(text, "", "")
		if t, ok := r.places.Get(id); ok && n == 1 {
			count[t.Departement]++
			if c := count[t.Departement]; c > count[best] || c == count[best] && t.Departement < best {
				best = t.Departement
			}
		}
	}
	return best
}

// companions finds the column of names that goes with the codes, and whether rows are pieces
// of a territory.
func (r *recogniser) companions() {
	g := &r.plan.Geo
	if g.NameColumn == None {
		g.NameColumn = r.column("libgeo", "nom commune", "nomcom", "libcom", "nom", "libelle", "commune", "nom de la commune", "lib iris", "libiris", "nom epci", "nomepci", "nom departement", "nomdep")
		if g.NameColumn != None && r.facts[g.NameColumn].numeric() {
			g.NameColumn = None
		}
	}
	if g.NameColumn != None {
		r.taken[g.NameColumn] = true
	}
	g.Split = g.Kind == GeoIRIS
	for i, l := range r.folded {
		if i != g.Column && slices.Contains([]string{"iris", "dciris", "code iris"}, l) {
			g.Split = true
		}
	}
	if g.Split {
		r.doubt(Issue{Severity: Note, Kind: KindSubCommunal, Column: r.plan.label(g.Column),
			Message: "les lignes décrivent des quartiers (IRIS) : les effectifs sont sommés par commune, les taux ne peuvent pas l'être"})
	}
}

// unknownPlace explains a code that the register does not have, with the nearest guess.
func (p *Plan) unknownPlace(places Places, row Row, text string) Issue {
	i := Issue{Severity: Warning, Kind: KindUnknownPlace, File: p.Table.File, Line: row.Line, Column: p.label(p.Geo.Column),
		Message: fmt.Sprintf("« %s » n'est le code d'aucun territoire connu, la ligne est laissée de côté", tidy(text)),
		Remedy:  "Corrigez le code dans le fichier ; les codes des communes ont cinq caractères."}
	name := tidy(cell(row, p.Geo.NameColumn))
	if p.Geo.Kind == GeoName {
		name = tidy(text)
		i.Message = fmt.Sprintf("« %s » n'est le nom d'aucune commune connue, la ligne est laissée de côté", name)
		i.Remedy = "Corrigez le nom, ou ajoutez une colonne de codes Insee."
	}
	if name == "" {
		return i
	}
	if hits := places.Search(spelt(name), 3); len(hits) > 0 {
		guesses := make([]string, 0, len(hits))
		for _, h := range hits {
			guesses = append(guesses, fmt.Sprintf("%s (%s)", h.Territory.Name, h.Territory.ID))
		}
		i.Remedy = "Vouliez-vous dire " + strings.Join(guesses, ", ") + " ?"
	}
	return i
}

// formerPlace explains a commune that merged before the first vintage of the register.
func (p *Plan) formerPlace(places Places, row Row, id, heir territory.ID, what string) Issue {
	name := string(heir)
	if t, ok := places.Get(heir); ok {
		name = t.Name + " (" + string(heir) + ")"
	}
	return Issue{Severity: Warning, Kind: KindFormerPlace, File: p.Table.File, Line: row.Line, Column: p.label(p.Geo.Column), Territory: heir,
		Message: fmt.Sprintf("%s fait partie %s ; %s", id, french.DeName(name), what),
		Remedy:  "Gardez la ligne de la commune entière, ou donnez le chiffre de l'ensemble."}
}
