// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// crs is a coordinate reference system that the readers understand, x (or longitude) first.
type crs struct {
	name     string                                // for people
	toDegree func(x, y float64) (lon, lat float64) // nil when already in degrees
}

// accepted is what error messages offer.
const accepted = "sont acceptés : WGS84 (EPSG:4326), RGF93 en degrés (EPSG:4171), Lambert-93 (EPSG:2154), " +
	"Web Mercator (EPSG:3857) et les systèmes officiels d'outre-mer (UTM 20N, 21N, 22N, 38S, 40S). " +
	"Réexportez le fichier dans l'un d'eux, par exemple avec QGIS (Exporter › SCR : EPSG:4326)"

// geographic systems whose degrees differ from those of WGS84 by less than a metre. Names
// are those of the EPSG register.
var geographic = map[int]string{
	4326: "WGS84", 4979: "WGS84", 4258: "ETRS89", 4937: "ETRS89",
	4171: "RGF93", 4965: "RGF93", 9777: "RGF93 v2", 9776: "RGF93 v2", 9782: "RGF93 v2b", 9781: "RGF93 v2b",
	5489: "RGAF09", 4558: "RRAF 1991", 4624: "RGFG95", 4627: "RGR92", 4470: "RGM04", 4463: "RGSPM06",
}

// conics are Lambert-93 over the three editions of RGF93.
var conics = []int{2154, 9793, 9794}

var overseas = map[int]struct {
	name string
	zone int
}{
	5490: {"RGAF09 / UTM 20N", 20}, 4559: {"RRAF 1991 / UTM 20N", 20}, 2972: {"RGFG95 / UTM 22N", 22},
	4467: {"RGSPM06 / UTM 21N", 21}, 2975: {"RGR92 / UTM 40S", -40}, 4471: {"RGM04 / UTM 38S", -38},
}

func wgs84(name string) crs { return crs{name: name} }

func lambert93(code int) crs {
	return crs{fmt.Sprintf("Lambert-93 (EPSG:%d)", code), FromLambert93}
}

// utm takes a zone number, negative in the south.
func utm(name string, zone int) crs {
	u := transverse{lon0: math.Abs(float64(zone))*6 - 183, south: zone < 0}
	return crs{name, u.inverse}
}

func crsByCode(code int) (crs, bool) {
	if name, ok := geographic[code]; ok {
		return wgs84(fmt.Sprintf("%s (EPSG:%d)", name, code)), true
	}
	if slices.Contains(conics, code) {
		return lambert93(code), true
	}
	if o, ok := overseas[code]; ok {
		return utm(fmt.Sprintf("%s (EPSG:%d)", o.name, code), o.zone), true
	}
	switch {
	case code == 3857:
		return crs{"Web Mercator (EPSG:3857)", FromMercator}, true
	case code > 32600 && code <= 32660:
		return utm(fmt.Sprintf("WGS84 / UTM %dN (EPSG:%d)", code-32600, code), code-32600), true
	case code > 32700 && code <= 32760:
		return utm(fmt.Sprintf("WGS84 / UTM %dS (EPSG:%d)", code-32700, code), 32700-code), true
	case code >= 25828 && code <= 25838:
		return utm(fmt.Sprintf("ETRS89 / UTM %dN (EPSG:%d)", code-25800, code), code-25800), true
	}
	return crs{}, false
}

var epsgName = regexp.MustCompile(`(?i)epsg\b[^0-9]*(?:[0-9.]+[:/])?([0-9]{4,6})$`)

// crsByName understands "EPSG:2154", "urn:ogc:def:crs:EPSG::2154",
// "http://www.opengis.net/def/crs/EPSG/0/2154" and the names of CRS84.
func crsByName(name string) (crs, error) {
	name = strings.TrimSpace(name)
	if strings.HasSuffix(strings.ToUpper(name), "CRS84") || strings.HasSuffix(strings.ToUpper(name), "CRS84H") {
		return wgs84("WGS84 (CRS84)"), nil
	}
	if m := epsgName.FindStringSubmatch(name); m != nil {
		if code, err := strconv.Atoi(m[1]); err == nil {
			if c, ok := crsByCode(code); ok {
				return c, nil
			}
		}
	}
	return crs{}, crsErrorf("le système de coordonnées « %s » n'est pas reconnu ; %s", shorten(name, 80), accepted)
}

// shorten cuts a text found in a file before it is shown.
func shorten(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// lambertBox holds metropolitan France in Lambert-93, and nothing that the other systems in
// use for France give (Lambert II étendu is south of it, the nine CC zones east).
var lambertBox = orb.Bound{Min: orb.Point{50_000, 6_000_000}, Max: orb.Point{1_300_000, 7_200_000}}

// guessCRS chooses by the numbers when the file says nothing.
func guessCRS(features []Feature) (crs, string, error) {
	b, ok := boundOf(features)
	switch {
	case !ok:
		return wgs84("WGS84"), "", nil
	case b.Min[0] >= -360 && b.Max[0] <= 360 && b.Min[1] >= -360 && b.Max[1] <= 360:
		return wgs84("WGS84"), "Le fichier ne dit pas son système de coordonnées : lu comme des degrés WGS84.", nil
	case lambertBox.Contains(b.Min) && lambertBox.Contains(b.Max):
		return lambert93(2154), "Le fichier ne dit pas son système de coordonnées : les valeurs sont celles du Lambert-93, il est lu comme tel.", nil
	}
	return crs{}, "", crsErrorf("le fichier ne dit pas son système de coordonnées et ses valeurs, de %s à %s, ne sont ni des degrés ni du Lambert-93 ; %s",
		show(b.Min), show(b.Max), accepted)
}

func boundOf(features []Feature) (orb.Bound, bool) {
	var b orb.Bound
	found := false
	eachPoint(features, func(_ int, p *orb.Point) bool {
		if !found {
			b, found = orb.Bound{Min: *p, Max: *p}, true
		} else {
			b = b.Extend(*p)
		}
		return true
	})
	return b, found
}

// eachPoint calls visit with each vertex and the number of its feature, from 1, until false.
func eachPoint(features []Feature, visit func(feature int, p *orb.Point) bool) {
	for i := range features {
		for _, poly := range features[i].Geometry {
			for _, r := range poly {
				for k := range r {
					if !visit(i+1, &r[k]) {
						return
					}
				}
			}
		}
		for k := range features[i].Points {
			if !visit(i+1, &features[i].Points[k]) {
				return
			}
		}
	}
}

// settle turns the coordinates of a layer into WGS84 degrees and checks that they are
// plausible. found is nil when the file does not say its system.
func (l *Layer) settle(found *crs) error {
	if err := checkFinite(l.Features); err != nil {
		return err
	}
	c := crs{}
	if found != nil {
		c = *found
	} else {
		guess, warning, err := guessCRS(l.Features)
		if err != nil {
			return err
		}
		c = guess
		// RFC 7946 says WGS84: silence is then no doubt.
		if warning != "" && (c.toDegree != nil || l.Format == "Shapefile") {
			l.Warnings = append(l.Warnings, warning)
		}
	}
	l.CRS = c.name
	var fault error
	eachPoint(l.Features, func(n int, p *orb.Point) bool {
		q := *p
		if c.toDegree != nil {
			q[0], q[1] = c.toDegree(p[0], p[1])
		}
		if !finite(q) || math.Abs(q[0]) > 360 || math.Abs(q[1]) > 360 {
			fault = crsErrorf("entité n° %d : le point %s n'a pas de sens en %s ; vérifiez le système de coordonnées, %s", n, show(*p), c.name, accepted)
			return false
		}
		*p = q
		return true
	})
	if fault != nil {
		return fault
	}
	return checkAxes(l.Features)
}

func checkFinite(features []Feature) error {
	var fault error
	eachPoint(features, func(n int, p *orb.Point) bool {
		if !finite(*p) {
			fault = formatErrorf("entité n° %d : une coordonnée n'est pas un nombre fini ; corrigez l'entité ou réparez la couche (QGIS : Réparer les géométries)", n)
		}
		return fault == nil
	})
	return fault
}
