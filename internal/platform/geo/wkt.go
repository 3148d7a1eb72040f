// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"math"
	"strconv"
	"strings"
)

// wktNode is a node of a coordinate system written as text (OGC 01-009 and ESRI's .prj):
// NAME["label", value, CHILD[...]].
type wktNode struct {
	keyword string
	values  []string
	nodes   []*wktNode
}

// Real definitions are under 5 kB and ten levels; no more is read.
const maxWKT, maxWKTDepth = 64 << 10, 24

func parseWKT(s string) *wktNode {
	if len(s) > maxWKT {
		return nil
	}
	p := wktParser{s: s}
	n := p.node(0)
	if p.bad {
		return nil
	}
	return n
}

type wktParser struct {
	s   string
	bad bool
}

func (p *wktParser) space() { p.s = strings.TrimLeft(p.s, " \t\r\n\ufeff\x00") }

func (p *wktParser) node(depth int) *wktNode {
	p.space()
	i := strings.IndexAny(p.s, "[(")
	if i <= 0 || depth > maxWKTDepth {
		p.bad = true
		return nil
	}
	n := &wktNode{keyword: strings.ToUpper(strings.TrimSpace(p.s[:i]))}
	p.s = p.s[i+1:]
	for !p.bad {
		p.space()
		switch {
		case p.s == "":
			p.bad = true
		case p.s[0] == ']' || p.s[0] == ')':
			p.s = p.s[1:]
			return n
		case p.s[0] == ',':
			p.s = p.s[1:]
		case p.s[0] == '"':
			end := strings.IndexByte(p.s[1:], '"')
			if end < 0 {
				p.bad = true
				return nil
			}
			n.values = append(n.values, p.s[1:1+end])
			p.s = p.s[end+2:]
		default:
			p.item(n, depth)
		}
	}
	return nil
}

// item is a bare value or a node.
func (p *wktParser) item(n *wktNode, depth int) {
	i := strings.IndexAny(p.s, ",[]()\"")
	if i < 0 {
		p.bad = true
		return
	}
	if p.s[i] == '[' || p.s[i] == '(' {
		if child := p.node(depth + 1); child != nil {
			n.nodes = append(n.nodes, child)
		}
		return
	}
	n.values = append(n.values, strings.TrimSpace(p.s[:i]))
	p.s = p.s[i:]
}

func (n *wktNode) child(keyword string) *wktNode {
	for _, c := range n.nodes {
		if c.keyword == keyword {
			return c
		}
	}
	return nil
}

func (n *wktNode) label() string {
	if len(n.values) > 0 {
		return n.values[0]
	}
	return ""
}

// parameter finds a projection parameter by any of its names, compared without case.
func (n *wktNode) parameter(names ...string) float64 {
	for _, c := range n.nodes {
		if c.keyword != "PARAMETER" || len(c.values) < 2 {
			continue
		}
		for _, name := range names {
			if strings.EqualFold(c.values[0], name) {
				if v, err := strconv.ParseFloat(c.values[1], 64); err == nil {
					return v
				}
			}
		}
	}
	return math.NaN()
}

// crsByWKT understands a .prj file or a GeoPackage definition by authority, then by what it
// says of datum and projection: names vary from one program to the next, parameters do not.
func crsByWKT(text string) (crs, error) {
	n := parseWKT(text)
	if n == nil {
		return crs{}, crsErrorf("le système de coordonnées est illisible (« %s ») ; %s", shorten(text, 60), accepted)
	}
	if n.keyword == "COMPD_CS" && len(n.nodes) > 0 { // plane and height: the height is not read
		n = n.nodes[0]
	}
	if a := n.child("AUTHORITY"); a != nil && len(a.values) == 2 && strings.EqualFold(a.values[0], "EPSG") {
		if code, err := strconv.Atoi(a.values[1]); err == nil {
			if c, ok := crsByCode(code); ok {
				return c, nil
			}
		}
	}
	if c, ok := n.system(); ok {
		return c, nil
	}
	return crs{}, crsErrorf("le système de coordonnées « %s » n'est pas reconnu ; %s", shorten(n.label(), 80), accepted)
}

func (n *wktNode) system() (crs, bool) {
	geog := n
	if n.keyword == "PROJCS" {
		geog = n.child("GEOGCS")
	}
	if geog == nil || geog.keyword != "GEOGCS" || !geog.modernDatum() {
		return crs{}, false
	}
	if n.keyword == "GEOGCS" {
		return wgs84(strings.ReplaceAll(strings.TrimPrefix(shorten(n.label(), 80), "GCS_"), "_", " ")), true
	}
	projection := n.child("PROJECTION")
	if unit := n.child("UNIT"); projection == nil || unit == nil || len(unit.values) < 2 || !near(unit.values[1], 1) {
		return crs{}, false
	}
	switch strings.ToLower(projection.label()) {
	case "lambert_conformal_conic", "lambert_conformal_conic_2sp":
		return n.conic()
	case "transverse_mercator":
		return n.transverse()
	case "mercator_auxiliary_sphere", "popular_visualisation_pseudo_mercator":
		return crs{"Web Mercator", FromMercator}, true
	}
	return crs{}, false
}

// modernDatum wants a datum within a metre of WGS84: the old NTF, ED50 and local ones are
// off by up to 300 m, and Paris is no prime meridian of ours.
func (n *wktNode) modernDatum() bool {
	if p := n.child("PRIMEM"); p != nil && (len(p.values) < 2 || !near(p.values[1], 0)) {
		return false
	}
	name := n.label()
	if d := n.child("DATUM"); d != nil {
		name += " " + d.label()
	}
	name = strings.NewReplacer("_", "", " ", "", "-", "").Replace(strings.ToUpper(name))
	for _, known := range []string{"WGS1984", "WGS84", "RGF93", "RGF1993", "RESEAUGEODESIQUEFRANCAIS", "RÉSEAUGÉODÉSIQUEFRANÇAIS",
		"ETRS89", "ETRS1989", "EUROPEANTERRESTRIALREFERENCESYSTEM", "RGAF09", "RRAF1991", "RGFG95", "RGFG1995", "RGR92", "RGR1992",
		"RGM04", "RGM2004", "RGSPM06", "RGSPM2006"} {
		if strings.Contains(name, known) {
			return true
		}
	}
	return false
}

func near(text string, want float64) bool {
	v, err := strconv.ParseFloat(text, 64)
	return err == nil && math.Abs(v-want) < 1e-6
}

func same(got, want float64) bool { return math.Abs(got-want) < 1e-6 }

func (n *wktNode) conic() (crs, bool) {
	p1, p2 := n.parameter("standard_parallel_1"), n.parameter("standard_parallel_2")
	if same(min(p1, p2), l93Lat1) && same(max(p1, p2), l93Lat2) &&
		same(n.parameter("latitude_of_origin"), l93Lat0) && same(n.parameter("central_meridian", "longitude_of_center"), l93Lon0) &&
		same(n.parameter("false_easting"), l93X0) && same(n.parameter("false_northing"), l93Y0) {
		return lambert93(2154), true
	}
	return crs{}, false
}

func (n *wktNode) transverse() (crs, bool) {
	zone := (n.parameter("central_meridian") + 183) / 6
	north := n.parameter("false_northing")
	if !same(zone, math.Round(zone)) || zone < 1 || zone > 60 || !same(n.parameter("scale_factor"), utmScale) ||
		!same(n.parameter("latitude_of_origin"), 0) || !same(n.parameter("false_easting"), utmX0) || !same(north, 0) && !same(north, utmSouth) {
		return crs{}, false
	}
	if north > 0 {
		zone = -zone
	}
	return utm(shorten(n.label(), 80), int(math.Round(zone))), true
}
