// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"fmt"
	"io"

	"github.com/paulmach/orb"
)

// jsonFile gathers a GeoJSON or TopoJSON document while it streams by. The two differ only
// in members, and members come in any order: which it is shows at the end.
type jsonFile struct {
	s    *jsonScanner
	m    *meter
	keys map[string]string // names of attributes seen

	kind      string
	name      string
	crs       *crs
	features  []Feature
	hasList   bool // a "features" member was seen
	top       jsonGeometry
	inner     *jsonGeometry // the geometry of a lone Feature
	transform *topoTransform
	arcs      [][]orb.Point
	objects   []topoObject
	ignored   map[string]int // geometries that are neither areas nor points, by type
}

// jsonGeometry is a geometry, or a TopoJSON geometry with attributes of its own.
type jsonGeometry struct {
	kind    string
	id      string
	props   map[string]string
	coords  coordinates
	refs    *arcRefs
	members []jsonGeometry
}

// readJSON reads one GeoJSON document, or one layer of a TopoJSON one.
func readJSON(r io.Reader, layer string, m *meter) (*Layer, error) {
	f, err := parseJSON(r, m)
	if err != nil {
		return nil, err
	}
	if f.kind == "Topology" {
		return f.topology(layer)
	}
	return f.geoJSON(layer)
}

func parseJSON(r io.Reader, m *meter) (*jsonFile, error) {
	f := &jsonFile{s: newJSONScanner(r, m.lim.MaxText), m: m, keys: map[string]string{}, ignored: map[string]int{}}
	if err := f.s.object(f.member); err != nil {
		return nil, err
	}
	if err := f.s.end(); err != nil {
		return nil, err
	}
	return f, nil
}

// member reads a member of the document's outermost object.
func (f *jsonFile) member(key string) (err error) {
	switch key {
	case "type":
		f.kind, err = f.s.str()
		f.top.kind = f.kind
	case "name":
		f.name, _, err = f.s.scalar()
	case "crs":
		err = f.readCRS()
	case "features":
		if f.hasList {
			return f.s.errorf("« features » figure deux fois")
		}
		f.hasList = true
		err = f.s.array(f.feature)
	case "geometry":
		f.inner, err = f.geometryOrNull()
	case "transform":
		f.transform, err = f.readTransform()
	case "arcs":
		err = f.readArcs()
	case "objects":
		err = f.readObjects()
	default:
		err = f.geometryMember(&f.top, key)
	}
	return err
}

// readCRS reads the member of the GeoJSON of 2008 that GDAL and many portals still write:
// {"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}}, or null.
func (f *jsonFile) readCRS() error {
	b, err := f.s.peek()
	if err != nil {
		return err
	}
	if b == 'n' {
		return f.s.word("null")
	}
	name := ""
	err = f.s.object(func(key string) error {
		if key != "properties" {
			return f.s.skip()
		}
		return f.s.object(func(key string) error {
			text, _, err := f.s.scalar()
			if key == "name" || key == "code" {
				name = text
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	if name == "" {
		return crsErrorf("le membre « crs » ne nomme aucun système de coordonnées ; %s", accepted)
	}
	if len(name) <= 6 && isDigits(name) { // {"type":"EPSG","properties":{"code":2154}}
		name = "EPSG:" + name
	}
	c, err := crsByName(name)
	f.crs = &c
	return err
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (f *jsonFile) feature() error {
	if err := f.m.feature(); err != nil {
		return err
	}
	var g jsonGeometry
	var inner *jsonGeometry
	kind := ""
	err := f.s.object(func(key string) (err error) {
		switch key {
		case "type":
			kind, err = f.s.str()
		case "geometry":
			inner, err = f.geometryOrNull()
		default:
			err = f.geometryMember(&g, key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if kind != "Feature" {
		return f.s.errorf("entité n° %d : « type » vaut « %s » au lieu de « Feature »", len(f.features)+1, shorten(kind, 30))
	}
	feature, err := f.build(g.id, g.props, inner)
	f.features = append(f.features, feature)
	return err
}

// build makes a feature; geometry may be nil.
func (f *jsonFile) build(id string, props map[string]string, g *jsonGeometry) (Feature, error) {
	feature := Feature{ID: id, Props: props}
	if g == nil {
		return feature, nil
	}
	if err := f.place(&feature, g); err != nil {
		return feature, formatErrorf("ligne %d, entité n° %d : %v", f.s.line, max(f.m.features, 1), err)
	}
	return feature, nil
}

func (f *jsonFile) geometryOrNull() (*jsonGeometry, error) {
	b, err := f.s.peek()
	if err != nil {
		return nil, err
	}
	if b == 'n' {
		return nil, f.s.word("null")
	}
	g := &jsonGeometry{}
	return g, f.geometry(g)
}

func (f *jsonFile) geometry(g *jsonGeometry) error {
	return f.s.object(func(key string) (err error) {
		switch key {
		case "type":
			g.kind, _, err = f.s.scalar() // null for a TopoJSON object without geometry
			return err
		case "arcs":
			g.refs, err = f.readRefs()
			return err
		}
		return f.geometryMember(g, key)
	})
}

func (f *jsonFile) geometryMember(g *jsonGeometry, key string) (err error) {
	switch key {
	case "coordinates":
		g.coords, err = f.coordinates()
	case "geometries":
		err = f.s.array(func() error {
			var child jsonGeometry
			err := f.geometry(&child)
			g.members = append(g.members, child)
			if err == nil && len(g.members) > f.m.lim.MaxFeatures {
				err = tooBigf("ligne %d : plus de %d géométries dans une collection", f.s.line, f.m.lim.MaxFeatures)
			}
			return err
		})
	case "id":
		g.id, _, err = f.s.scalar()
	case "properties":
		g.props, err = f.properties()
	default:
		err = f.s.skip()
	}
	return err
}

func (f *jsonFile) properties() (map[string]string, error) {
	b, err := f.s.peek()
	if err != nil {
		return nil, err
	}
	if b == 'n' {
		return nil, f.s.word("null")
	}
	props, size := map[string]string{}, f.m.attributes()
	err = f.s.object(func(key string) error {
		b, err := f.s.peek()
		if err != nil {
			return err
		}
		text, _, err := f.s.scalar()
		if err != nil || b == '{' || b == '[' { // attributes of attributes are of no use here
			return err
		}
		key = f.sameKey(key)
		props[key] = text
		return size.add(key, text)
	})
	return props, err
}

// sameKey shares the names of attributes between features: there are few of them.
func (f *jsonFile) sameKey(key string) string {
	if known, ok := f.keys[key]; ok {
		return known
	}
	if len(f.keys) < 1000 {
		f.keys[key] = key
	}
	return key
}

// wantDepth is the depth of coordinates of each type of geometry.
var wantDepth = map[string]int{"Point": 1, "MultiPoint": 2, "LineString": 2, "MultiLineString": 3, "Polygon": 3, "MultiPolygon": 4}

// place adds a geometry to a feature.
func (f *jsonFile) place(to *Feature, g *jsonGeometry) error {
	if g.kind == "GeometryCollection" {
		for i := range g.members {
			if err := f.place(to, &g.members[i]); err != nil {
				return err
			}
		}
		return nil
	}
	want, known := wantDepth[g.kind]
	if !known {
		return fmt.Errorf("« %s » n'est pas un type de géométrie", shorten(g.kind, 30))
	}
	if d := g.coords.depth; d != 0 && d != want {
		return fmt.Errorf("les coordonnées ne sont pas celles d'un %s", g.kind)
	} else if d == 0 {
		return nil
	}
	switch g.kind {
	case "Point":
		to.Points = append(to.Points, g.coords.point)
	case "MultiPoint":
		to.Points = append(to.Points, g.coords.line...)
	case "Polygon":
		to.Geometry = append(to.Geometry, polygonOf(g.coords.rings))
	case "MultiPolygon":
		for _, rings := range g.coords.polys {
			to.Geometry = append(to.Geometry, polygonOf(rings))
		}
	default:
		f.ignored[g.kind]++
	}
	return nil
}

func polygonOf(rings [][]orb.Point) orb.Polygon {
	p := make(orb.Polygon, len(rings))
	for i, r := range rings {
		p[i] = orb.Ring(r)
	}
	return p
}

func (f *jsonFile) geoJSON(layer string) (*Layer, error) {
	switch {
	case f.kind == "FeatureCollection" && f.hasList:
	case f.kind == "FeatureCollection":
		return nil, formatErrorf("FeatureCollection sans membre « features » : le fichier n'est pas complet")
	case f.kind == "Feature":
		feature, err := f.build(f.top.id, f.top.props, f.inner)
		if err != nil {
			return nil, err
		}
		f.features = []Feature{feature}
	case wantDepth[f.kind] > 0 || f.kind == "GeometryCollection":
		feature, err := f.build("", nil, &f.top)
		if err != nil {
			return nil, err
		}
		f.features = []Feature{feature}
	default:
		return nil, formatErrorf("le document JSON a pour « type » « %s » : ce n'est ni du GeoJSON (FeatureCollection, Feature, Polygon…) ni du TopoJSON (Topology)", shorten(f.kind, 30))
	}
	if layer != "" && layer != f.name {
		return nil, noLayer(layer, []LayerInfo{{Name: f.name}})
	}
	l := &Layer{Name: f.name, Format: "GeoJSON", Features: f.features}
	l.warnIgnored(f.ignored)
	return l, l.settle(f.crs)
}

func (l *Layer) warnIgnored(ignored map[string]int) {
	n := 0
	for _, k := range ignored {
		n += k
	}
	if n > 0 {
		l.Warnings = append(l.Warnings, fmt.Sprintf("%d géométrie(s) qui ne sont ni des surfaces ni des points ont été laissées de côté.", n))
	}
}
