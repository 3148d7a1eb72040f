// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"bytes"
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/klauspost/compress/gzip"
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
const MaxTileZoom = 14

// CommuneMinZoom is the first zoom with communes: before it most are smaller than a pixel, and
// all those of France are more than a tile should weigh (geo.MaxTileBytes).
const CommuneMinZoom = 5

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

// Tile is the vector tile of all outlines, nil when nothing is there, compressed by gzip
// otherwise. Zooms, columns and rows are those of Web Mercator; ones that do not exist are an
// error.
func (o *Outlines) Tile(ctx context.Context, z, x, y int) ([]byte, error) {
	key := [3]int{z, x, y}
	if body, ok := o.tiles.get(key); ok {
		return body, nil
	}
	// People who open the same map at once wait for one tile, whoever of them leaves.
	body, err, _ := o.making.Do(fmt.Sprint(key), func() (any, error) { return o.makeTile(context.WithoutCancel(ctx), z, x, y) })
	if err != nil {
		return nil, err
	}
	return body.([]byte), nil
}

func (o *Outlines) makeTile(ctx context.Context, z, x, y int) ([]byte, error) {
	l, err := o.at(ctx, geo.LevelFor(z))
	if err != nil {
		return nil, err
	}
	body, err := geo.EncodeTile(z, x, y, l.within(z, x, y))
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return nil, nil // not kept: most of the world is empty, and finding it so is quick
	}
	if body, err = packed(body); err != nil {
		return nil, err
	}
	o.tiles.put([3]int{z, x, y}, body)
	return body, nil
}

// within are the features that may be in a tile.
func (l *outlineLevel) within(z, x, y int) map[string][]geo.TileFeature {
	layers := map[string][]geo.TileFeature{}
	if z < 0 || z > MaxTileZoom || x < 0 || y < 0 || x>>z > 0 || y>>z > 0 {
		return layers // EncodeTile refuses it
	}
	reach := maptile.New(uint32(x), uint32(y), maptile.Zoom(z)).Bound(1.0 / 16)
	for i := range l.areas {
		a := &l.areas[i]
		if a.bound.Intersects(reach) && (z >= CommuneMinZoom || a.layer != CommuneLayer) {
			layers[a.layer] = append(layers[a.layer], geo.TileFeature{ID: a.id, Props: a.code, Geometry: a.shape})
		}
	}
	return layers
}

func packed(body []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, 4)
	if err == nil {
		_, err = z.Write(body)
	}
	err = errors.Join(err, z.Close()) // before Bytes: closing writes what is held back
	return b.Bytes(), err
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
