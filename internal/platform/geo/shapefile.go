// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/paulmach/orb"
)

// shapeParts are the open files of one shapefile; only shp is never nil.
type shapeParts struct {
	name     string
	shp, dbf io.Reader
	prj, cpg string
}

// Shape types of the ESRI description of July 1998; 11 to 18 have heights, 21 to 28 measures.
const (
	shpNull       = 0
	shpPoint      = 1
	shpPolyLine   = 3
	shpPolygon    = 5
	shpMultiPoint = 8
)

// shapeReader streams the records of a .shp file.
type shapeReader struct {
	r    io.Reader
	m    *meter
	buf  bytes.Buffer
	kind int // of the file, without Z and M
	read int // records so far
}

const shapeFileCode, shapeVersion, shapeHeader = 9994, 1000, 100

func newShapeReader(r io.Reader, m *meter) (*shapeReader, error) {
	var head [shapeHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, shapeError(err)
	}
	if binary.BigEndian.Uint32(head[:]) != shapeFileCode || binary.LittleEndian.Uint32(head[28:]) != shapeVersion {
		return nil, formatErrorf("le fichier .shp n'en est pas un ; réexportez le shapefile")
	}
	return &shapeReader{r: r, m: m, kind: int(binary.LittleEndian.Uint32(head[32:]) % 10)}, nil // #nosec G115 -- under 10
}

func shapeError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return formatErrorf("le fichier .shp est tronqué ; téléchargez-le à nouveau")
	}
	return packError(err)
}

// next reads the geometry of one record into the feature and returns its shape type.
func (s *shapeReader) next(to *Feature) (kind int, err error) {
	var head [8]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		return 0, shapeError(err)
	}
	s.read++
	length := 2 * int64(binary.BigEndian.Uint32(head[4:]))
	if length < 4 || length > 64+int64(s.m.lim.MaxVertices)*36 {
		return 0, s.broken()
	}
	s.buf.Reset()
	// Copying grows with what is there, not with what the header promises.
	if _, err := io.CopyN(&s.buf, s.r, length); err != nil {
		return 0, shapeError(err)
	}
	data := s.buf.Bytes()
	kind = int(binary.LittleEndian.Uint32(data)) // #nosec G115
	if kind < 0 || kind > 31 {
		return 0, s.broken()
	}
	return kind % 10, s.shape(kind%10, data[4:], to)
}

func (s *shapeReader) broken() error {
	return formatErrorf("entité n° %d : l'enregistrement du fichier .shp est incohérent ; réexportez le shapefile", s.read)
}

func (s *shapeReader) shape(kind int, data []byte, to *Feature) error {
	switch kind {
	case shpNull, shpPolyLine:
		return nil
	case shpPoint:
		pts, err := s.points(data, 1)
		to.Points = append(to.Points, pts...)
		return err
	case shpMultiPoint:
		if len(data) < 36 {
			return s.broken()
		}
		pts, err := s.points(data[36:], uint64(binary.LittleEndian.Uint32(data[32:])))
		to.Points = append(to.Points, pts...)
		return err
	case shpPolygon:
		rings, err := s.rings(data)
		if err == nil {
			to.Geometry = nestByOrientation(rings)
		}
		return err
	}
	return formatErrorf("entité n° %d : type de forme %d non pris en charge (multipatch) ; exportez des polygones", s.read, kind)
}

func (s *shapeReader) points(data []byte, n uint64) ([]orb.Point, error) {
	if n > uint64(len(data)/16) {
		return nil, s.broken()
	}
	if err := s.m.vertex(int(n)); err != nil { // #nosec G115 -- not above len(data)
		return nil, err
	}
	out := make([]orb.Point, n)
	for i := range out {
		out[i][0] = math.Float64frombits(binary.LittleEndian.Uint64(data[16*i:]))
		out[i][1] = math.Float64frombits(binary.LittleEndian.Uint64(data[16*i+8:]))
	}
	return out, nil
}

// rings cuts the points of a polygon record into its parts: box, counts, part starts, points.
func (s *shapeReader) rings(data []byte) ([]orb.Ring, error) {
	if len(data) < 40 {
		return nil, s.broken()
	}
	parts, n := uint64(binary.LittleEndian.Uint32(data[32:])), uint64(binary.LittleEndian.Uint32(data[36:]))
	data = data[40:]
	if parts > uint64(len(data)/4) || parts > n {
		return nil, s.broken()
	}
	pts, err := s.points(data[4*parts:], n)
	if err != nil {
		return nil, err
	}
	rings := make([]orb.Ring, 0, parts)
	for i := range parts {
		from, to := uint64(binary.LittleEndian.Uint32(data[4*i:])), n
		if i+1 < parts {
			to = uint64(binary.LittleEndian.Uint32(data[4*i+4:]))
		}
		if from > to || to > n {
			return nil, s.broken()
		}
		if from < to {
			rings = append(rings, orb.Ring(pts[from:to:to]))
		}
	}
	return rings, nil
}

// maxNested bounds the search for the shell of each hole, quadratic at worst. Beyond it the
// rings are left in one polygon, which Repair takes apart.
const maxNested = 5_000

// nestByOrientation makes polygons of rings: shells turn clockwise in a shapefile, holes the
// other way. A hole goes to the smallest shell around it; one without a shell is a shell
// that was turned the wrong way, and Repair has the last word.
func nestByOrientation(rings []orb.Ring) orb.MultiPolygon {
	if len(rings) > maxNested {
		return orb.MultiPolygon{rings}
	}
	var shells orb.MultiPolygon
	var holes []orb.Ring
	for _, r := range rings {
		if planarArea(r) <= 0 {
			shells = append(shells, orb.Polygon{r})
		} else {
			holes = append(holes, r)
		}
	}
	if len(holes) == 0 || len(shells) == 0 {
		for _, h := range holes {
			shells = append(shells, orb.Polygon{h})
		}
		return shells
	}
	n := len(shells)
	area := make([]float64, n)
	for i := range area {
		area[i] = -planarArea(shells[i][0])
	}
	tree := newBoxTree(n, func(i int) bounds { return ringBounds(shells[i][0]) })
	for _, h := range holes {
		best := -1
		b := ringBounds(h)
		tree.query(b, func(i int32) bool {
			k := int(i)
			if (best < 0 || area[k] < area[best]) && surrounds(shells[k][0], h) {
				best = k
			}
			return true
		})
		if best < 0 {
			shells = append(shells, orb.Polygon{h})
		} else {
			shells[best] = append(shells[best], h)
		}
	}
	return shells
}

func ringBounds(r orb.Ring) bounds {
	b := emptyBounds
	for _, p := range r {
		b = bounds{min(b.x0, p[0]), min(b.y0, p[1]), max(b.x1, p[0]), max(b.y1, p[1])}
	}
	return b
}

// planarArea is the signed area in the file's own units, twice.
func planarArea(r orb.Ring) float64 {
	var a float64
	for i := range r {
		p, q := r[i], r[(i+1)%len(r)]
		a += (p[0]-r[0][0])*(q[1]-r[0][1]) - (q[0]-r[0][0])*(p[1]-r[0][1])
	}
	return a
}

// surrounds asks the middles of the hole's edges: most of them are inside when it is.
func surrounds(shell, hole orb.Ring) bool {
	in, tries := 0, 0
	step := max(1, len(hole)/7)
	for i := 0; i+1 < len(hole); i += step {
		tries++
		m := orb.Point{(hole[i][0] + hole[i+1][0]) / 2, (hole[i][1] + hole[i+1][1]) / 2}
		if signedDistance(m, []orb.Ring{shell}) > 0 {
			in++
		}
	}
	return 2*in > tries
}

// readShapefile reads geometry and attributes side by side.
func readShapefile(parts shapeParts, m *meter) (*Layer, error) {
	var found *crs
	if parts.prj != "" {
		c, err := crsByWKT(parts.prj)
		if err != nil {
			return nil, err
		}
		found = &c
	}
	shapes, err := newShapeReader(parts.shp, m)
	if err != nil {
		return nil, err
	}
	l := &Layer{Name: parts.name, Format: "Shapefile"}
	var table *dbfReader
	if parts.dbf == nil {
		l.Warnings = append(l.Warnings, "Le shapefile n'a pas de table .dbf : les entités n'ont aucun attribut.")
	} else if table, err = newDBF(parts.dbf, parts.cpg, m); err != nil {
		return nil, err
	}
	ignored := map[string]int{}
	for {
		f := Feature{}
		kind, err := shapes.next(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := m.feature(); err != nil {
			return nil, err
		}
		if kind == shpPolyLine {
			ignored["LineString"]++
		}
		if table != nil {
			props, deleted, err := table.next()
			if errors.Is(err, io.EOF) {
				return nil, formatErrorf("la table .dbf s'arrête à l'entité n° %d alors que le fichier .shp continue : les deux ne vont pas ensemble", shapes.read)
			}
			if err != nil {
				return nil, err
			}
			if deleted {
				continue
			}
			f.Props = props
		}
		l.Features = append(l.Features, f)
	}
	if table != nil {
		if _, _, err := table.next(); err == nil {
			return nil, formatErrorf("la table .dbf a plus de lignes que le fichier .shp n'a de formes (%d) : les deux ne vont pas ensemble", shapes.read)
		}
	}
	l.warnIgnored(ignored)
	return l, l.settle(found)
}
