// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"fmt"
	"slices"

	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// resolution is what a geography cell stands for.
type resolution struct {
	id     territory.ID
	arr    bool // a municipal arrondissement of id
	former territory.ID
	tally  string // set aside, for this reason
	bad    bool   // unknown
	count  int    // how many communes bear the name, when not 1
}

// place finds the territory of a row.
func (a *reader) place(r Row) resolution {
	g := &a.plan.Geo
	if g.Kind == GeoFixed {
		return resolution{id: g.Fixed}
	}
	text := cell(r, g.Column)
	key := text
	if g.ObjectColumn != None {
		key = cell(r, g.ObjectColumn) + "-" + text
	} else if g.Kind == GeoName && g.DepColumn != None {
		key = cell(r, g.DepColumn) + "\x00" + text
	}
	where, ok := a.resolved[key]
	if !ok {
		where = a.resolve(r, key, text)
		a.resolved[key] = where
	}
	if isBlank(text) {
		where.tally = a.blankPlace(r)
	}
	return where
}

func (a *reader) resolve(r Row, key, text string) resolution {
	g := &a.plan.Geo
	if isPlaceholder(text) {
		return resolution{tally: "lignes de remplissage (XX)"}
	}
	if isTotal(text) {
		return resolution{tally: "lignes de total"}
	}
	var id territory.ID
	switch {
	case g.ObjectColumn != None:
		ok := false
		if id, ok = melodi(key); !ok {
			return resolution{tally: "lignes d'un autre découpage (" + cell(r, g.ObjectColumn) + ")"}
		}
	case g.Kind == GeoPrefixed:
		ok := false
		if id, ok = melodi(cleanCode(text)); !ok {
			if id = communeCode(cleanCode(text)); id == "" {
				return resolution{tally: "lignes d'un autre découpage"}
			}
		}
	case g.Kind == GeoName:
		dep := g.Kind.departement(cell(r, g.DepColumn))
		found, count := a.names.find(text, dep, g.Home)
		if count != 1 {
			return resolution{bad: true, count: count}
		}
		id = found
	default:
		id = g.Kind.parse(text)
	}
	where := a.existing(id)
	if g.Kind == GeoCommune && g.NameColumn != None && where.id != "" && where.former == "" {
		a.checkName(r, where.id)
	}
	return where
}

// checkName tells a code whose name is that of another commune of the same département: one
// of the two is a slip.
func (a *reader) checkName(r Row, id territory.ID) {
	t, _ := a.places.Get(id)
	name := cell(r, a.plan.Geo.NameColumn)
	if t == nil || isBlank(name) || spelt(name) == spelt(t.Name) {
		return
	}
	other, count := a.names.find(name, t.Departement, "")
	if count != 1 || other == id || slices.Contains(a.places.Successors(other), id) {
		return
	}
	a.tell(Issue{Severity: Warning, Kind: KindOtherName, File: a.plan.Table.File, Line: r.Line, Column: a.plan.label(a.plan.Geo.Column), Territory: id,
		Message: fmt.Sprintf("le code %s est celui %s, mais la ligne dit « %s », dont le code est %s ; le code l'emporte", id, french.DeName(t.Name), tidy(name), other),
		Remedy:  "Corrigez le code ou le nom dans le fichier."})
}

func (GeoKind) departement(cell string) territory.ID { return departementCode(cleanCode(cell)) }

func (a *reader) existing(id territory.ID) resolution {
	if id == "" {
		return resolution{bad: true}
	}
	if _, ok := a.places.Get(id); ok {
		return resolution{id: id}
	}
	heirs := a.places.Successors(id)
	switch {
	case len(heirs) != 1:
		return resolution{bad: true}
	case isArrondissement(id):
		return resolution{id: heirs[0], arr: true, former: id}
	default:
		return resolution{id: heirs[0], former: id}
	}
}

// blankPlace says why a row without a territory is set aside.
func (a *reader) blankPlace(r Row) string {
	if slices.ContainsFunc(r.Cells, isTotal) {
		return "lignes de total"
	}
	switch filledCells(r) {
	case 0:
		return "lignes vides"
	case 1:
		return textLines
	default:
		return "lignes sans code de territoire"
	}
}

const textLines = "lignes de texte (notes, sources)"

func filledCells(r Row) int {
	n := 0
	for _, c := range r.Cells {
		if !isBlank(c) {
			n++
		}
	}
	return n
}

func (a *reader) unknown(r Row, where resolution) {
	text := cell(r, a.plan.Geo.Column)
	if isTotal(cell(r, a.plan.Geo.NameColumn)) {
		a.tallies["lignes de total"]++
		return
	}
	if filledCells(r) == 1 {
		a.tallies[textLines]++
		return
	}
	if a.once[text] {
		return
	}
	a.once[text] = true
	i := a.plan.unknownPlace(a.places, r, text)
	if where.count > 1 {
		i.Kind = KindAmbiguous
		i.Message = fmt.Sprintf("%d communes s'appellent « %s », la ligne est laissée de côté", where.count, tidy(text))
		i.Remedy = "Ajoutez une colonne de codes Insee ou de départements."
	}
	a.tell(i)
}
