// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"cmp"
	"container/list"
	"context"
	"slices"
	"strconv"
	"sync"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"maillage/internal/platform/geo"
)

// Layers of the vector tiles.
const (
	CommuneLayer     = "communes"
	DepartementLayer = "departements"
)

// Zooms served: at MaxTileZoom a tile is some 1.6 km wide in Paris, and the finest contours
// are generalised to 15 m, which a browser may enlarge further.
const (
	MinTileZoom = 0
	MaxTileZoom = 14
)

// tileArea is a territory with the box that says in which tiles it may be.
type tileArea struct {
	layer string
	id    uint64
	code  map[string]string
	bound orb.Bound
	shape orb.MultiPolygon
}

// tileAreas are those of the layers, in the order of their codes: the same shapes always make
// the same bytes.
func tileAreas(reg *Registry, shapes map[ID]orb.MultiPolygon) []tileArea {
	areas := make([]tileArea, 0, len(shapes))
	for id, mp := range shapes {
		t, ok := reg.Get(id)
		b, drawn := geo.Bound(mp)
		if !ok || !drawn || (t.Kind != Commune && t.Kind != Departement) {
			continue
		}
		a := tileArea{layer: CommuneLayer, code: map[string]string{"code": string(id)}, bound: b, shape: mp}
		if t.Kind == Departement {
			a.layer = DepartementLayer
		}
		a.id, _ = strconv.ParseUint(string(id), 36, 64) // a code is a number in base 36
		areas = append(areas, a)
	}
	slices.SortFunc(areas, func(a, b tileArea) int { return cmp.Compare(a.id, b.id) })
	return areas
}

// Tile is the vector tile of all outlines, empty when nothing is there. Zooms, columns and rows
// are those of Web Mercator; ones that do not exist are an error.
func (o *Outlines) Tile(ctx context.Context, z, x, y int) ([]byte, error) {
	key := [3]int{z, x, y}
	if body, ok := o.tiles.get(key); ok {
		return body, nil
	}
	l, err := o.at(ctx, geo.LevelFor(z))
	if err != nil {
		return nil, err
	}
	layers := map[string][]geo.TileFeature{}
	if z >= 0 && x >= 0 && y >= 0 && z <= 30 { // EncodeTile refuses the rest
		reach := maptile.New(uint32(x), uint32(y), maptile.Zoom(z)).Bound(1.0 / 16) // #nosec G115 -- checked above
		for i := range l.areas {
			if a := &l.areas[i]; a.bound.Intersects(reach) {
				layers[a.layer] = append(layers[a.layer], geo.TileFeature{ID: a.id, Props: a.code, Geometry: a.shape})
			}
		}
	}
	body, err := geo.EncodeTile(z, x, y, layers)
	if err != nil {
		return nil, err
	}
	o.tiles.put(key, body)
	return body, nil
}

// tileCacheBytes bounds the encoded tiles kept in memory.
const tileCacheBytes = 32 << 20

// tileCache keeps the encoded tiles, the least used go first.
type tileCache struct {
	mu    sync.Mutex
	order list.List // of cachedTile, most recent first
	byKey map[[3]int]*list.Element
	used  int
}

type cachedTile struct {
	key  [3]int
	body []byte
}

func (t cachedTile) cost() int { return len(t.body) + 256 }

func (c *tileCache) get(key [3]int) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	if e == nil {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(cachedTile).body, true
}

func (c *tileCache) put(key [3]int, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil {
		c.byKey = map[[3]int]*list.Element{}
	}
	if c.byKey[key] != nil {
		return // another request made it meanwhile
	}
	t := cachedTile{key, body}
	if t.cost() > tileCacheBytes/4 {
		return
	}
	c.byKey[key] = c.order.PushFront(t)
	for c.used += t.cost(); c.used > tileCacheBytes; {
		last := c.order.Remove(c.order.Back()).(cachedTile)
		delete(c.byKey, last.key)
		c.used -= last.cost()
	}
}
