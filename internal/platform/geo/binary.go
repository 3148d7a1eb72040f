// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/paulmach/orb"
)

// ErrBinary says that bytes are not what Marshal wrote.
var ErrBinary = errors.New("contour enregistré illisible")

const binaryVersion = 1

// Marshal packs a geometry for storage: a version byte, then counts and the differences
// between successive vertices in millionths of a degree, as variable-length integers; some
// four bytes a vertex. The repeated last vertex of a ring is left out. Points that are no
// place are left out. What Repair or Simplify returned comes back bit for bit.
func Marshal(mp orb.MultiPolygon) []byte {
	n := 8
	for _, poly := range mp {
		for _, r := range poly {
			n += 3 + 5*len(r)
		}
	}
	out := append(make([]byte, 0, n), binaryVersion)
	out = binary.AppendUvarint(out, uint64(len(mp)))
	var last vertex
	for _, poly := range mp {
		out = binary.AppendUvarint(out, uint64(len(poly)))
		for _, r := range poly {
			vs := openRing(r)
			out = binary.AppendUvarint(out, uint64(len(vs)))
			for _, v := range vs {
				out = binary.AppendVarint(out, int64(v.x)-int64(last.x))
				out = binary.AppendVarint(out, int64(v.y)-int64(last.y))
				last = v
			}
		}
	}
	return out
}

func openRing(r orb.Ring) ring {
	vs := make(ring, 0, len(r))
	for _, p := range r {
		if v, ok := snap(p); ok {
			vs = append(vs, v)
		}
	}
	if n := len(vs); n > 1 && vs[0] == vs[n-1] {
		vs = vs[:n-1]
	}
	return vs
}

// Unmarshal is the inverse of Marshal. It allocates no more than the bytes justify.
func Unmarshal(data []byte) (orb.MultiPolygon, error) {
	if len(data) == 0 || data[0] != binaryVersion {
		return nil, fmt.Errorf("%w : version inconnue", ErrBinary)
	}
	d := decoder{data: data[1:]}
	polys := d.count(1)
	mp := make(orb.MultiPolygon, 0, polys)
	var last vertex
	for range polys {
		rings := d.count(1)
		poly := make(orb.Polygon, 0, rings)
		for range rings {
			poly = append(poly, d.ring(&last))
		}
		mp = append(mp, poly)
		if d.broken {
			break
		}
	}
	if d.broken || len(d.data) > 0 {
		return nil, fmt.Errorf("%w : contenu incohérent", ErrBinary)
	}
	if len(mp) == 0 {
		return nil, nil
	}
	return mp, nil
}

type decoder struct {
	data   []byte
	broken bool
}

// count reads how many things follow, each at least size bytes long.
func (d *decoder) count(size int) int {
	v, n := binary.Uvarint(d.data)
	if d.broken || n <= 0 || v > uint64(len(d.data)-n)/uint64(size) {
		d.broken = true
		return 0
	}
	d.data = d.data[n:]
	return int(v) // #nosec G115 -- not above len(data)
}

func (d *decoder) ring(last *vertex) orb.Ring {
	n := d.count(2)
	if n == 0 {
		return orb.Ring{}
	}
	r := make(orb.Ring, 0, n+1)
	for range n {
		last.x = d.add(last.x)
		last.y = d.add(last.y)
		r = append(r, last.point())
	}
	return append(r, r[0])
}

func (d *decoder) add(to int32) int32 {
	v, n := binary.Varint(d.data)
	if d.broken || n <= 0 || v > 2*gridReach || v < -2*gridReach {
		d.broken = true
		return to
	}
	d.data = d.data[n:]
	sum := int64(to) + v
	if sum > gridReach || sum < -gridReach {
		d.broken = true
		return to
	}
	return int32(sum) // #nosec G115 -- within gridReach
}
