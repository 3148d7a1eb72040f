// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"fmt"
	"regexp"

	"github.com/paulmach/orb"
)

// Problem is a fault of a layer that is to become a referential of contours.
type Problem struct {
	Feature int    // number in the file, from 1; 0 for the layer as a whole
	Code    string // as written in the file, may be empty
	Message string // French sentence that names the feature and the remedy
}

// Codes of the referentials in use. All are anchored: "93066\t" or "93 066" do not pass, nor
// does 20 for Corsica, which only postcodes still use.
var (
	CommuneCode     = regexp.MustCompile(`^(?:0[1-9]|1[0-9]|2[1-9AB]|[3-9][0-9])[0-9]{3}$`)
	SIRENCode       = regexp.MustCompile(`^[0-9]{9}$`)
	DepartementCode = regexp.MustCompile(`^(?:0[1-9]|1[0-9]|2[1-9AB]|[3-8][0-9]|9[0-5]|97[1-8]|98[4-9])$`)
)

// maxProblems: after so many, the file is the wrong one and more lines help nobody.
const maxProblems = 200

// Validate checks that a layer can serve as a referential: each feature has, in the attribute
// named codeField, a code that codeRE matches whole, no code comes twice, each has an area,
// and each lies in one part of France. It returns no more than some 200 problems.
func Validate(l *Layer, codeField string, codeRE *regexp.Regexp) []Problem {
	if len(l.Features) == 0 {
		return []Problem{{Message: "La couche ne contient aucune entité."}}
	}
	v := validator{seen: make(map[string]int, len(l.Features)), field: codeField, code: codeRE}
	missing := 0
	for i := range l.Features {
		if _, ok := l.Features[i].Props[codeField]; !ok {
			missing++
		}
	}
	if missing == len(l.Features) {
		return []Problem{{Message: fmt.Sprintf("Aucune entité n'a d'attribut « %s » : indiquez la colonne qui porte le code.", codeField)}}
	}
	for i := range l.Features {
		v.feature(i+1, &l.Features[i])
		if len(v.problems) >= maxProblems {
			v.add(0, "", fmt.Sprintf("La vérification s'arrête après %d anomalies : ce fichier n'est sans doute pas le bon.", maxProblems))
			break
		}
	}
	return v.problems
}

type validator struct {
	problems []Problem
	seen     map[string]int // number of the first feature with a code
	field    string
	code     *regexp.Regexp
}

func (v *validator) add(n int, code, message string) {
	v.problems = append(v.problems, Problem{n, code, message})
}

func (v *validator) feature(n int, f *Feature) {
	code := f.Props[v.field]
	switch match := v.code.FindString(code); {
	case code == "":
		v.add(n, code, fmt.Sprintf("Entité n° %d : l'attribut « %s » est vide.", n, v.field))
	case match != code:
		v.add(n, code, fmt.Sprintf("Entité n° %d : le code %q n'a pas la forme attendue ; vérifiez les espaces, les tabulations et les zéros de tête.", n, shorten(code, 40)))
	case v.seen[code] > 0:
		v.add(n, code, fmt.Sprintf("Entité n° %d : le code %s est déjà celui de l'entité n° %d ; réunissez les deux ou retirez-en une.", n, code, v.seen[code]))
	default:
		v.seen[code] = n
	}
	_, ok := Bound(f.Geometry)
	switch {
	case !ok && len(f.Points) > 0:
		v.add(n, code, fmt.Sprintf("Entité n° %d (%s) : c'est un point, un contour est attendu.", n, shorten(code, 40)))
	case !ok:
		v.add(n, code, fmt.Sprintf("Entité n° %d (%s) : elle n'a pas de géométrie.", n, shorten(code, 40)))
	case Area(f.Geometry) <= 0:
		v.add(n, code, fmt.Sprintf("Entité n° %d (%s) : son contour n'a pas de surface.", n, shorten(code, 40)))
	default:
		if b, out := outOfFrance(f.Geometry); out {
			v.add(n, code, fmt.Sprintf("Entité n° %d (%s) : son emprise, de %s à %s, sort de France ; vérifiez le système de coordonnées et l'ordre longitude, latitude.",
				n, shorten(code, 40), show(b.Min), show(b.Max)))
		}
	}
}

// outOfFrance finds a polygon whose box no part of France holds. Polygons are taken one by
// one: those of a région or of a country may be oceans apart.
func outOfFrance(mp orb.MultiPolygon) (orb.Bound, bool) {
	for i := range mp {
		if b, ok := Bound(mp[i : i+1]); ok {
			if _, in := LandOf(b); !in {
				return b, true
			}
		}
	}
	return orb.Bound{}, false
}
