// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	_ "embed"
	"math"
	"net/http"

	"github.com/paulmach/orb"

	"maillage/internal/platform/figure"
	"maillage/internal/platform/geo"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// mapCSS dresses the map that script adds; only the page of the map links it.
//
//go:embed pages/map.css
var mapCSS []byte

const mapStyle = "map.css"

var _ = web.AddAsset(mapStyle, mapCSS)

// liveMap is what the browser needs to draw a view's map over our own vector tiles. Words,
// classes and colours are those of the printed map; the tiles carry codes only, so that
// they serve every indicator and no figure can leak through them.
type liveMap struct {
	Title    string       `json:"titre"`
	Unit     string       `json:"unite"`
	Within   string       `json:"territoire"`
	Tiles    string       `json:"tuiles"` // address with {z}, {x} and {y}
	MaxZoom  int          `json:"zoomMaximal"`
	Layer    string       `json:"couche"`  // of the tiles: communes or departements
	Credit   string       `json:"mention"` // who made the contours
	Bound    [4]float64   `json:"cadre"`   // west, south, east, north, in degrees
	Classes  []liveClass  `json:"classes"`
	Circles  *liveCircles `json:"cercles,omitempty"` // for quantities, in place of classes
	Absences []liveReason `json:"sansValeur"`
	Places   []livePlace  `json:"lieux"`
}

type liveClass struct {
	Colour string `json:"couleur"`
	Label  string `json:"libelle"`
	Count  int    `json:"nombre"`
	Pivot  string `json:"pivot,omitempty"`
}

type liveCircles struct {
	Name string    `json:"titre"`
	Keys []liveKey `json:"reperes"`
}

type liveKey struct {
	Share float64 `json:"part"` // of the largest radius
	Label string  `json:"libelle"`
}

type liveReason struct {
	Pattern string `json:"motif"` // hachures, points or uni
	Label   string `json:"libelle"`
	Count   int    `json:"nombre"`
}

type livePlace struct {
	Code     string     `json:"code"`
	Name     string     `json:"nom"`
	Short    string     `json:"court,omitempty"` // when it is not the name
	Class    int        `json:"classe"`          // from 0, -1 without a value
	Radius   float64    `json:"rayon,omitempty"` // of its circle, as a part of the largest
	Pattern  string     `json:"motif,omitempty"` // without a value
	Value    string     `json:"valeur"`          // "22,0", or why there is none
	Sentence string     `json:"phrase"`          // the whole, read aloud
	Selected bool       `json:"choisi,omitempty"`
	At       [2]float64 `json:"point"`   // where its name is written: always inside
	Width    float64    `json:"largeur"` // degrees of longitude that the name may take there
	Bound    [4]float64 `json:"cadre"`
}

// patterns are how areas without a value are filled, as the printed map does.
var patterns = map[figure.State]string{figure.Secret: "hachures", figure.NotApplicable: "uni"}

func patternOf(s figure.State) string {
	if p, ok := patterns[s]; ok {
		return p
	}
	return "points"
}

// liveMap answers what the script of the map asks for. Its address has the parameters of the
// page, and it takes for them what the page takes.
func (r *room) liveMap(w http.ResponseWriter, req *http.Request) error {
	s := r.Snapshot()
	v := s.ReadView(req.URL.Query(), r.Home)
	if v.Period == "" {
		return web.NotFound("Cet indicateur n'a encore aucun chiffre.")
	}
	c, err := s.Column(req.Context(), v.Indicator.Code, v.Period)
	if err != nil {
		return err
	}
	m, ok, err := r.drawMap(req.Context(), s, v, c, s.Places(v.Within))
	if err != nil {
		return err
	}
	bound, outlined := m.Bound()
	if !ok || m.Cells || !outlined {
		return web.NotFound("Ce territoire n'a pas de contours : sa carte ne peut pas être explorée.")
	}
	outlines := r.Site.Places.State().Outlines
	doc := liveMap{Title: web.Unbreakable(v.Indicator.Title + ", " + v.Period.French()), Unit: web.Unbreakable(v.Indicator.Unit), Within: web.Unbreakable(v.Within.Name), Layer: territory.CommuneLayer,
		Tiles: "/contours/tuiles/{z}/{x}/{y}.mvt?v=" + outlines.Version, MaxZoom: territory.MaxTileZoom,
		Credit: web.Unbreakable("Contours : " + outlines.Credit()), Bound: degrees(bound), Classes: []liveClass{}, Absences: []liveReason{}}
	if v.Within.Kind == territory.Country {
		doc.Layer = territory.DepartementLayer
	}
	for _, k := range m.Legend() {
		doc.Classes = append(doc.Classes, liveClass{k.Colour, k.Label, k.Count, k.Pivot})
	}
	if keys := m.CircleKeys(); len(keys) > 0 {
		doc.Circles = &liveCircles{Name: web.Unbreakable(m.Circles.Name)}
		for _, k := range keys {
			doc.Circles.Keys = append(doc.Circles.Keys, liveKey{rounded(k.Share), k.Label})
		}
	}
	for _, a := range m.Absences() {
		doc.Absences = append(doc.Absences, liveReason{patternOf(a.State), a.Words, a.Count})
	}
	for _, reading := range m.Readings() {
		doc.Places = append(doc.Places, livePlaceOf(reading))
	}
	return web.JSON(w, req, doc)
}

// livePlaceOf writes names and sentences as the page does.
func livePlaceOf(r figure.Reading) livePlace {
	at, width := nameSpot(r.Area.Shape)
	p := livePlace{Code: r.Area.Code, Name: web.Unbreakable(r.Area.Name), Class: r.Class, Value: r.Short, Sentence: web.Unbreakable(r.Sentence()),
		Selected: r.Area.Selected, At: [2]float64{rounded(at[0]), rounded(at[1])}, Width: rounded(width), Radius: rounded(r.Radius)}
	if r.Area.Short != r.Area.Name {
		p.Short = web.Unbreakable(r.Area.Short)
	}
	if r.State != figure.Known {
		p.Pattern = patternOf(r.State)
	}
	if b, ok := geo.Bound(r.Area.Shape); ok {
		p.Bound = degrees(b)
	}
	return p
}

func degrees(b orb.Bound) [4]float64 {
	return [4]float64{rounded(b.Min[0]), rounded(b.Min[1]), rounded(b.Max[0]), rounded(b.Max[1])}
}

// rounded keeps five decimals: of a degree, about a metre.
func rounded(x float64) float64 { return math.Round(x*1e5) / 1e5 }
