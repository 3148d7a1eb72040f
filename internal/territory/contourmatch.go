// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"maillage/internal/platform/french"
	"maillage/internal/platform/geo"
)

// codeProperties are the names under which producers write the code of a territory, the most
// precise first.
var codeProperties = []string{"insee_com", "code_insee", "codgeo", "codegeo", "insee", "code", "code_com", "com", "siren", "code_siren",
	"siren_epci", "insee_dep", "code_dept", "code_dep", "dep", "insee_reg", "code_reg", "reg"}

// regionProperties hold the code of a région, which a département may bear as well.
var regionProperties = []string{"insee_reg", "code_reg", "reg"}

var nameProperties = []string{"nom", "nom_com", "libelle", "libgeo", "name", "nom_dep", "nom_reg", "nom_officiel"}

var codePattern = regexp.MustCompile(`^([0-9][0-9AB][0-9]{0,3}|[0-9]{9})$`)

// matcher ties the features of files to territories that exist or existed, and brings
// together the pieces of the same one.
type matcher struct {
	reg      *Registry
	at       map[ID]int
	ids      []ID
	polys    []orb.MultiPolygon
	pieces   []int // features that made each
	property string
	guessed  bool // the property was found by its values

	repaired, empty, padded int
	unknown, outside, inner []string
}

// layer takes in the features of one file.
func (m *matcher) layer(name string, l *geo.Layer, property string) error {
	if len(l.Features) == 0 {
		return unusable("%s : le fichier ne contient aucun contour", name)
	}
	names := propertyNames(l)
	if err := m.chooseProperty(name, l, names, property); err != nil {
		return err
	}
	label := firstOf(names, nameProperties)
	for i := range l.Features {
		f := &l.Features[i]
		code, ok := m.code(f.Props[m.property], f.Props[label])
		if !ok {
			return unusable("%s, objet n° %d : « %s » n'est pas le code d'un territoire (attribut %s). "+
				"Indiquez l'attribut qui contient les codes Insee ou SIREN, parmi : %s",
				name, i+1, clipped(f.Props[m.property]), m.property, strings.Join(names, ", "))
		}
		m.feature(code, f.Geometry)
	}
	return nil
}

// code reads a code as files write it: spaces around it, a zero lost by a spreadsheet, the
// number of a région which is also that of a département.
func (m *matcher) code(text, label string) (ID, bool) {
	code := strings.ToUpper(strings.TrimSpace(text))
	if len(code) == 4 || len(code) == 1 {
		if padded := "0" + code; codePattern.MatchString(padded) {
			m.padded++
			code = padded
		}
	}
	if plain, ok := strings.CutPrefix(code, "R"); ok {
		_, known := m.reg.Get(ID(code))
		return ID(code), known && plain != ""
	}
	if !codePattern.MatchString(code) {
		return "", false
	}
	region, ok := m.reg.Get(ID("R" + code))
	if ok && (slices.Contains(regionProperties, strings.ToLower(m.property)) || french.Fold(label) == french.Fold(region.Name)) {
		return region.ID, true
	}
	return ID(code), true
}

func (m *matcher) feature(id ID, mp orb.MultiPolygon) {
	switch {
	case len(m.reg.Successors(id)) == 0:
		m.unknown = append(m.unknown, string(id))
		return
	case len(mp) == 0:
		m.empty++
		return
	case abroad(mp):
		m.outside = append(m.outside, string(id))
		return
	}
	k, seen := m.at[id]
	if !seen {
		k = len(m.ids)
		m.at[id] = k
		m.ids, m.polys, m.pieces = append(m.ids, id), append(m.polys, nil), append(m.pieces, 0)
	}
	m.polys[k] = append(m.polys[k], mp...)
	m.pieces[k]++
}

// abroad says that a polygon lies outside of every part of France.
func abroad(mp orb.MultiPolygon) bool {
	return slices.ContainsFunc(mp, func(p orb.Polygon) bool {
		_, in := geo.LandOf(p.Bound())
		return !in
	})
}

// complete refuses a file from which nothing can be drawn.
func (m *matcher) complete(name string) error {
	switch {
	case len(m.ids) > 0:
		return nil
	case len(m.outside) > 0:
		return unusable("%s : tous les contours tombent hors de France (premier : %s). Vérifiez le système de coordonnées du fichier : "+
			"WGS84 ou Lambert-93, déclaré dans le fichier", name, m.outside[0])
	case m.empty > 0 && len(m.unknown) == 0:
		return unusable("%s : aucun objet n'a de surface ; il faut des polygones, pas des points ni des lignes", name)
	case len(m.unknown) > 0:
		return unusable("%s : aucun code de l'attribut %s n'est celui d'un territoire connu (premier lu : « %s »)",
			name, m.property, m.unknown[0])
	}
	return unusable("%s : le fichier ne contient aucun contour", name)
}

func (m *matcher) repair(ctx context.Context, say ContourProgress) error {
	for i := range m.polys {
		if i%32 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			say("Vérification des contours", int64(i), int64(len(m.polys)))
		}
		var changed bool
		if m.polys[i], changed = geo.Repair(wound(m.polys[i])); changed && m.pieces[i] == 1 {
			m.repaired++
		}
	}
	m.keep(func(i int) bool {
		if len(m.polys[i]) == 0 {
			m.empty++
			return false
		}
		return true
	})
	return m.complete("Ce fichier")
}

// wound turns rings the way RFC 7946 asks. Files made before it turn them the other way: that
// is no fault to tell people about.
func wound(mp orb.MultiPolygon) orb.MultiPolygon {
	for _, poly := range mp {
		for i, ring := range poly {
			if o := ring.Orientation(); o == orb.CW && i == 0 || o == orb.CCW && i > 0 {
				ring.Reverse()
			}
		}
	}
	return mp
}

// dropInner leaves aside the parts that some files draw inside a whole they also draw: the
// arrondissements of Paris, Lyon and Marseille, the delegated communes of a commune nouvelle.
func (m *matcher) dropInner() {
	m.keep(func(i int) bool {
		if _, current := m.reg.Get(m.ids[i]); current {
			return true
		}
		for _, heir := range m.reg.Successors(m.ids[i]) {
			if k, ok := m.at[heir]; ok && geo.Contains(m.polys[k], geo.PointOnSurface(m.polys[i])) {
				m.inner = append(m.inner, string(m.ids[i]))
				return false
			}
		}
		return true
	})
}

// keep leaves only the shapes for which it is asked to.
func (m *matcher) keep(yes func(i int) bool) {
	var ids []ID
	var polys []orb.MultiPolygon
	var pieces []int
	for i := range m.ids {
		if yes(i) {
			ids, polys, pieces = append(ids, m.ids[i]), append(polys, m.polys[i]), append(pieces, m.pieces[i])
		}
	}
	m.ids, m.polys, m.pieces = ids, polys, pieces
	m.at = make(map[ID]int, len(ids))
	for i, id := range ids {
		m.at[id] = i
	}
}

// notes say what was mended and what was left aside.
func (m *matcher) notes() []string {
	var notes []string
	add := func(n int, one, many, text string, examples []string) {
		if n == 0 {
			return
		}
		if len(examples) > 0 {
			more := ""
			if len(examples) > 12 {
				examples, more = examples[:12], "…"
			}
			text += " : " + strings.Join(examples, ", ") + more
		}
		notes = append(notes, french.Plural(n, one, many)+text+".")
	}
	if m.guessed {
		notes = append(notes, fmt.Sprintf("Codes lus dans l'attribut « %s », reconnu à ses valeurs.", m.property))
	}
	joined, whole := 0, 0
	for _, n := range m.pieces {
		if n > 1 {
			joined, whole = joined+n, whole+1
		}
	}
	add(joined, "objet réuni", "objets réunis", fmt.Sprintf(" en %s, d'après leur code", french.Plural(whole, "territoire", "territoires")), nil)
	add(m.repaired, "contour réparé", "contours réparés", " (boucles fermées, croisements défaits)", nil)
	add(m.padded, "code complété", "codes complétés", " de son zéro de tête", nil)
	add(len(m.unknown), "code inconnu, laissé de côté", "codes inconnus, laissés de côté", "", m.unknown)
	add(m.empty, "objet sans surface, laissé de côté", "objets sans surface, laissés de côté", "", nil)
	add(len(m.outside), "contour hors de France, laissé de côté", "contours hors de France, laissés de côté", "", m.outside)
	add(len(m.inner), "partie de commune, laissée de côté", "parties de communes, laissées de côté", " car la commune entière est là", m.inner)
	return append(notes, m.misplaced()...)
}

// misplaced looks for codes that were shifted against the shapes: a commune whose known
// middle is far from its outline.
func (m *matcher) misplaced() []string {
	middles, err := centroids()
	if err != nil {
		return nil
	}
	const margin = 0.03 // degrees, some 3 km
	var wrong []string
	for i, id := range m.ids {
		p, ok := middles[id]
		if b, drawn := geo.Bound(m.polys[i]); ok && drawn && !b.Pad(margin).Contains(p) {
			wrong = append(wrong, string(id))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Attention : %s ailleurs qu'attendu (%s). Les codes ont-ils été décalés ?",
		french.Plural(len(wrong), "contour est", "contours sont"), strings.Join(wrong[:min(len(wrong), 12)], ", "))}
}

func propertyNames(l *geo.Layer) []string {
	seen := map[string]bool{}
	var names []string
	for i := range l.Features[:min(len(l.Features), 50)] {
		for name := range l.Features[i].Props {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func firstOf(names, wanted []string) string {
	for _, w := range wanted {
		for _, name := range names {
			if strings.EqualFold(name, w) {
				return name
			}
		}
	}
	return ""
}

// chooseProperty takes the attribute asked for, else one with a usual name, else one whose
// values are known codes.
func (m *matcher) chooseProperty(file string, l *geo.Layer, names []string, asked string) error {
	m.property, m.guessed = asked, false
	switch {
	case asked != "" && !slices.Contains(names, asked):
		return unusable("%s : l'attribut « %s » n'existe pas ; ceux du fichier sont : %s", file, asked, strings.Join(names, ", "))
	case asked != "":
		return nil
	case len(names) == 0:
		return unusable("%s : les contours n'ont aucun attribut, donc aucun code de territoire", file)
	}
	if m.property = firstOf(names, codeProperties); m.property != "" {
		return nil
	}
	for _, name := range names {
		if m.holdsCodes(l, name) {
			m.property, m.guessed = name, true
			return nil
		}
	}
	return unusable("%s : aucun attribut ne semble contenir le code des territoires ; indiquez-le parmi : %s", file, strings.Join(names, ", "))
}

// plainCode is a code that a number of something else seldom looks like: five digits or nine.
var plainCode = regexp.MustCompile(`^([0-9][0-9AB][0-9]{3}|[0-9]{9})$`)

// holdsCodes says that nine values in ten of an attribute are codes of known territories.
func (m *matcher) holdsCodes(l *geo.Layer, name string) bool {
	some := l.Features[:min(len(l.Features), 500)]
	known := 0
	for i := range some {
		if code := strings.TrimSpace(some[i].Props[name]); plainCode.MatchString(code) && len(m.reg.Successors(ID(code))) > 0 {
			known++
		}
	}
	return known*10 >= len(some)*9
}

// clipped is what was typed, short enough for a sentence.
func clipped(s string) string { return shortened(s, 40) }

func shortened(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
