// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// wkbReader reads well-known binary: the ISO flavour (1001 for Polygon Z, 2001 for M, 3001
// for both), and the flag bits of PostGIS. Counts are checked against the bytes that follow.
type wkbReader struct {
	data  []byte
	m     *meter
	order binary.ByteOrder
	extra int // ordinates after x and y
}

var errWKB = errors.New("la géométrie binaire est tronquée ou incohérente")

const maxWKBDepth = 8

const (
	wkbPoint = iota + 1
	wkbLineString
	wkbPolygon
	wkbMultiPoint
	wkbMultiLineString
	wkbMultiPolygon
	wkbCollection
	wkbMultiSurface = 12
)

// readWKB adds the geometry to the feature. kind is its type's number without Z and M.
func readWKB(data []byte, to *Feature, m *meter) (kind int, err error) {
	r := &wkbReader{data: data, m: m}
	return r.geometry(to, 0)
}

func (r *wkbReader) geometry(to *Feature, depth int) (int, error) {
	kind, err := r.header()
	if err != nil {
		return 0, err
	}
	if depth > maxWKBDepth {
		return kind, errWKB
	}
	switch kind {
	case wkbPoint:
		p, err := r.points(1)
		if err != nil {
			return kind, err
		}
		if !math.IsNaN(p[0][0]) || !math.IsNaN(p[0][1]) { // all NaN is how WKB writes the empty point
			to.Points = append(to.Points, p[0])
		}
		return kind, nil
	case wkbPolygon:
		return kind, r.polygon(to)
	case wkbMultiPoint, wkbMultiPolygon, wkbCollection, wkbMultiSurface, wkbMultiLineString:
		n, err := r.count(5)
		for i := 0; i < n && err == nil; i++ {
			_, err = r.geometry(to, depth+1)
		}
		return kind, err
	case wkbLineString:
		n, err := r.count(8 * (2 + r.extra))
		if err == nil {
			r.data = r.data[n*8*(2+r.extra):]
		}
		return kind, err
	}
	if kind == 0 || kind > 17 {
		return kind, errWKB
	}
	return kind, fmt.Errorf("type de géométrie binaire %d non pris en charge (courbe ou surface complexe) : convertissez la couche en polygones simples", kind)
}

func (r *wkbReader) header() (kind int, err error) {
	if len(r.data) < 5 {
		return 0, errWKB
	}
	switch r.data[0] {
	case 0:
		r.order = binary.BigEndian
	case 1:
		r.order = binary.LittleEndian
	default:
		return 0, errWKB
	}
	code := r.order.Uint32(r.data[1:])
	r.data = r.data[5:]
	r.extra = 0
	const zFlag, mFlag, sridFlag = 0x80000000, 0x40000000, 0x20000000
	for _, flag := range []uint32{zFlag, mFlag} {
		if code&flag != 0 {
			r.extra++
		}
	}
	if code&sridFlag != 0 {
		if len(r.data) < 4 {
			return 0, errWKB
		}
		r.data = r.data[4:]
	}
	code &^= zFlag | mFlag | sridFlag
	switch code / 1000 {
	case 1, 2:
		r.extra = 1
	case 3:
		r.extra = 2
	}
	if code >= 4000 {
		return 0, errWKB
	}
	return int(code % 1000), nil
}

// count reads how many things follow, each of at least size bytes.
func (r *wkbReader) count(size int) (int, error) {
	if len(r.data) < 4 {
		return 0, errWKB
	}
	n := uint64(r.order.Uint32(r.data))
	r.data = r.data[4:]
	if n > uint64(len(r.data)/size) {
		return 0, errWKB
	}
	return int(n), nil // #nosec G115 -- not above len(data)
}

func (r *wkbReader) points(n int) ([]orb.Point, error) {
	size := 8 * (2 + r.extra)
	if len(r.data)/size < n {
		return nil, errWKB
	}
	if err := r.m.vertex(n); err != nil {
		return nil, err
	}
	out := make([]orb.Point, n)
	for i := range out {
		out[i][0] = math.Float64frombits(r.order.Uint64(r.data))
		out[i][1] = math.Float64frombits(r.order.Uint64(r.data[8:]))
		r.data = r.data[size:]
	}
	return out, nil
}

func (r *wkbReader) polygon(to *Feature) error {
	rings, err := r.count(4)
	if err != nil {
		return err
	}
	poly := make(orb.Polygon, 0, rings)
	for range rings {
		n, err := r.count(8 * (2 + r.extra))
		if err != nil {
			return err
		}
		pts, err := r.points(n)
		if err != nil {
			return err
		}
		poly = append(poly, orb.Ring(pts))
	}
	if rings > 0 {
		to.Geometry = append(to.Geometry, poly)
	}
	return nil
}
