// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"maillage/internal/platform/geo"
	"maillage/internal/platform/web"
)

// CurrentOutlines stands for a set's identifier in an address: the outlines in use, whatever
// set each comes from.
const CurrentOutlines = "actuels"

// tileInfo is what a map needs to know of the tiles, as TileJSON 3.0.
type tileInfo struct {
	TileJSON     string      `json:"tilejson"`
	Name         string      `json:"name"`
	Attribution  string      `json:"attribution"`
	Scheme       string      `json:"scheme"`
	Tiles        []string    `json:"tiles"`
	MinZoom      int         `json:"minzoom"`
	MaxZoom      int         `json:"maxzoom"`
	Bounds       []float64   `json:"bounds,omitempty"`
	VectorLayers []tileLayer `json:"vector_layers"`
}

type tileLayer struct {
	ID      string            `json:"id"`
	Fields  map[string]string `json:"fields"`
	MinZoom int               `json:"minzoom"`
	MaxZoom int               `json:"maxzoom"`
}

func (p *pages) tileJSON(w http.ResponseWriter, req *http.Request) error {
	o := p.room.State().Outlines
	info := tileInfo{TileJSON: "3.0.0", Name: "Contours des territoires", Attribution: o.Credit(), Scheme: "xyz",
		Tiles: []string{"/contours/tuiles/{z}/{x}/{y}.mvt?v=" + o.Version}, MaxZoom: MaxTileZoom, VectorLayers: []tileLayer{}}
	l, err := o.at(req.Context(), FranceDetail)
	if err != nil {
		return err
	}
	first := map[string]int{CommuneLayer: CommuneMinZoom, DepartementLayer: 0}
	var box *orb.Bound
	for _, name := range []string{CommuneLayer, DepartementLayer} {
		if !slices.ContainsFunc(l.areas, func(a tileArea) bool { return a.layer == name }) {
			continue
		}
		info.VectorLayers = append(info.VectorLayers, tileLayer{name, map[string]string{"code": "code Insee"}, first[name], MaxTileZoom})
	}
	for i := range l.areas {
		if box == nil {
			box = &orb.Bound{Min: l.areas[i].bound.Min, Max: l.areas[i].bound.Max}
		}
		*box = box.Union(l.areas[i].bound)
	}
	if box != nil {
		info.Bounds = []float64{box.Left(), box.Bottom(), box.Right(), box.Top()}
	}
	return web.JSON(w, req, info)
}

// Credit names the sources of the outlines in use, each once.
func (o *Outlines) Credit() string {
	var names []string
	for _, s := range o.Sets {
		if !slices.Contains(names, s.Source) {
			names = append(names, s.Source)
		}
	}
	return strings.Join(names, " ; ")
}

const tileType = "application/vnd.mapbox-vector-tile"

func (p *pages) tile(w http.ResponseWriter, req *http.Request) error {
	z, x, y, ok := tileAddress(req)
	if !ok {
		return web.NotFound(fmt.Sprintf("Cette tuile n'existe pas : les adresses sont /contours/tuiles/ZOOM/COLONNE/LIGNE.mvt, du zoom 0 au zoom %d.", MaxTileZoom))
	}
	o := p.room.State().Outlines
	body, err := o.Tile(req.Context(), z, x, y)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if req.URL.Query().Get("v") == o.Version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if body == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	h.Add("Vary", "Accept-Encoding")
	if acceptsGzip(req) {
		h.Set("Content-Encoding", "gzip")
		return web.Bytes(w, req, http.StatusOK, tileType, body)
	}
	if body, err = unpacked(body); err != nil {
		return err
	}
	return web.Bytes(w, req, http.StatusOK, tileType, body)
}

func tileAddress(req *http.Request) (z, x, y int, ok bool) {
	row, mvt := strings.CutSuffix(req.PathValue("file"), ".mvt")
	var n [3]int
	for i, text := range []string{req.PathValue("z"), req.PathValue("x"), row} {
		v, err := strconv.ParseUint(text, 10, 16)
		if err != nil || strconv.FormatUint(v, 10) != text { // one address a tile
			return 0, 0, 0, false
		}
		n[i] = int(v) // #nosec G115 -- 16 bits
	}
	z, x, y = n[0], n[1], n[2]
	return z, x, y, mvt && z <= MaxTileZoom && x < 1<<z && y < 1<<z
}

func acceptsGzip(req *http.Request) bool {
	for part := range strings.SplitSeq(req.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name = strings.TrimSpace(name); name == "gzip" || name == "*" {
			q, ok := strings.CutPrefix(strings.TrimSpace(weight), "q=")
			v, err := strconv.ParseFloat(q, 64)
			return !ok || err == nil && v > 0
		}
	}
	return false
}

func unpacked(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// maxOutlineVertices keeps the contours of a département light enough for a telephone: some
// 400 KB before compression.
const maxOutlineVertices = 20_000

// outlineFile answers the contours of the communes of a département as GeoJSON, as detailed as
// its size allows.
func (p *pages) outlineFile(w http.ResponseWriter, req *http.Request) error {
	code, named := strings.CutSuffix(req.PathValue("file"), ".geojson")
	d, ok := p.room.Registry.Get(ID(code))
	if !named || !ok || d.Kind != Departement && d.Kind != Collectivite {
		return web.NotFound("Donnez le code d'un département, par exemple /contours/actuels/departement/93.geojson.")
	}
	o, err := p.outlinesOf(req.PathValue("set"))
	if err != nil {
		return err
	}
	places := p.room.Registry.In(d.ID, Commune)
	for level := range geo.Levels {
		shapes, err := o.At(req.Context(), level)
		if err != nil {
			return err
		}
		if level == len(geo.Levels)-1 || vertices(places, shapes) <= maxOutlineVertices {
			return answerOutlines(w, req, places, shapes)
		}
	}
	return nil
}

// outlinesOf are those in use, or those of one of the sets in use alone.
func (p *pages) outlinesOf(set string) (*Outlines, error) {
	o := p.room.State().Outlines
	if set == CurrentOutlines {
		return o, nil
	}
	i := slices.IndexFunc(o.Sets, func(s ContourSet) bool { return s.ID == set })
	if i < 0 {
		return nil, web.NotFound("Ce jeu de contours n'existe pas ou n'est plus utilisé. Les contours en vigueur sont à l'adresse /contours/actuels/…")
	}
	if len(o.Sets) == 1 {
		return o, nil
	}
	return &Outlines{Sets: o.Sets[i : i+1], Version: set, reg: o.reg, store: o.store}, nil
}

func vertices(places []*Territory, shapes map[ID]orb.MultiPolygon) int {
	n := 0
	for _, t := range places {
		for _, poly := range shapes[t.ID] {
			for _, ring := range poly {
				n += len(ring)
			}
		}
	}
	return n
}

func answerOutlines(w http.ResponseWriter, req *http.Request, places []*Territory, shapes map[ID]orb.MultiPolygon) error {
	fc := geojson.NewFeatureCollection()
	for _, t := range places {
		mp := shapes[t.ID]
		if len(mp) == 0 {
			continue
		}
		f := geojson.NewFeature(mp)
		if len(mp) == 1 {
			f = geojson.NewFeature(mp[0])
		}
		f.ID = string(t.ID)
		f.Properties = geojson.Properties{"code": string(t.ID), "nom": t.Name}
		fc.Append(f)
	}
	body, err := fc.MarshalJSON()
	if err != nil {
		return fmt.Errorf("outlines: %w", err)
	}
	return web.Bytes(w, req, http.StatusOK, "application/geo+json; charset=utf-8", body)
}
