// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/paulmach/orb/geojson"

	"maillage/internal/platform/figure"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// shownHeader are the columns of what is on screen, in every format.
var shownHeader = []string{"insee", "nom", "indicateur", "periode", "valeur", "unite", "etat", "note", "source"}

// downloads are the view as files: the same address with an ending.
func (r *room) downloads() map[string]web.Handler {
	with := func(f func(http.ResponseWriter, *http.Request, *Snapshot, View, *Column) error) web.Handler {
		return func(w http.ResponseWriter, req *http.Request) error {
			s := r.Snapshot()
			v := s.ReadView(req.URL.Query(), r.Home)
			for _, text := range v.Problems { // a program must not take another figure for the one it asked
				return web.BadRequest(text)
			}
			c, err := s.Column(req.Context(), v.Indicator.Code, v.Period)
			if err != nil {
				return err
			}
			return f(w, req, s, v, c)
		}
	}
	return map[string]web.Handler{".csv": with(r.csv), ".xlsx": with(r.xlsx), ".json": with(r.json),
		".geojson": with(r.geojson), ".svg": with(r.svg), ".png": with(r.png)}
}

// shown are the rows of the view.
func (r *room) shown(s *Snapshot, v View, c *Column) [][]any {
	var rows [][]any
	add := func(id territory.ID, name string) {
		x := c.Of(id)
		var number any
		if x.Known() {
			number = sheet.Num{V: x.Number, Decimals: v.Indicator.Decimals}
		}
		rows = append(rows, []any{string(id), name, v.Indicator.Code, string(v.Period), number, v.Indicator.Unit, x.State.String(), x.Note, s.Credit(v.Indicator.Code)})
	}
	for _, t := range s.Places(v.Within) {
		add(t.ID, t.Name)
	}
	add(v.Within.ID, v.Within.Name)
	return rows
}

func fileName(v View, ext string) string {
	return "maillage-" + v.Indicator.Code + "-" + string(v.Within.ID) + "-" + string(v.Period) + ext
}

func (r *room) csv(w http.ResponseWriter, _ *http.Request, s *Snapshot, v View, c *Column) error {
	web.Attachment(w, fileName(v, ".csv"), "text/csv; charset=utf-8")
	return sheet.WriteData(w, shownHeader, slices.Values(r.shown(s, v, c)))
}

func (r *room) xlsx(w http.ResponseWriter, _ *http.Request, s *Snapshot, v View, c *Column) error {
	var b bytes.Buffer
	notes := []string{v.Indicator.Title + ", " + v.Period.French() + ".", v.Indicator.Definition}
	if src, ok := s.Source(v.Indicator.Code); ok {
		notes = append(notes, "Source : "+src.Name+" ("+src.Producer+", "+src.Licence+").", src.Limits)
	}
	err := sheet.WriteXLSX(&b, []sheet.OutSheet{{Name: v.Indicator.Short, Header: shownHeader, Rows: slices.Values(r.shown(s, v, c)), Notes: notes}})
	if err != nil {
		return err
	}
	web.Attachment(w, fileName(v, ".xlsx"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	_, err = w.Write(b.Bytes())
	return err
}

// valueJSON is a value for programs; Number is null when there is none.
type valueJSON struct {
	Code   string   `json:"insee"`
	Name   string   `json:"nom,omitempty"`
	Number *float64 `json:"valeur"`
	State  string   `json:"etat"`
	Note   string   `json:"note,omitempty"`
}

func (r *room) json(w http.ResponseWriter, req *http.Request, s *Snapshot, v View, c *Column) error {
	doc := struct {
		Indicator string      `json:"indicateur"`
		Title     string      `json:"titre"`
		Unit      string      `json:"unite"`
		Period    Period      `json:"periode"`
		Source    string      `json:"source"`
		Values    []valueJSON `json:"valeurs"`
	}{v.Indicator.Code, v.Indicator.Title, v.Indicator.Unit, v.Period, s.Credit(v.Indicator.Code), []valueJSON{}}
	for _, t := range s.Places(v.Within) {
		doc.Values = append(doc.Values, jsonOf(t.ID, t.Name, c.Of(t.ID)))
	}
	return web.JSON(w, req, doc)
}

func jsonOf(id territory.ID, name string, v Value) valueJSON {
	out := valueJSON{Code: string(id), Name: name, State: v.State.String(), Note: v.Note}
	if v.Known() {
		out.Number = &v.Number
	}
	return out
}

func (r *room) geojson(w http.ResponseWriter, req *http.Request, s *Snapshot, v View, c *Column) error {
	shapes, err := r.Site.Places.State().Outlines.At(req.Context(), territory.DepartementDetail)
	if err != nil {
		return err
	}
	fc := geojson.NewFeatureCollection()
	for _, t := range s.Places(v.Within) {
		f := &geojson.Feature{Type: "Feature", ID: string(t.ID), Properties: geojson.Properties{}}
		if mp := shapes[t.ID]; len(mp) > 0 {
			f.Geometry = mp
		}
		x := jsonOf(t.ID, t.Name, c.Of(t.ID))
		f.Properties["insee"], f.Properties["nom"], f.Properties["etat"] = x.Code, x.Name, x.State
		f.Properties["indicateur"], f.Properties["periode"], f.Properties["valeur"] = v.Indicator.Code, string(v.Period), x.Number
		fc.Append(f)
	}
	body, err := json.Marshal(fc)
	if err != nil {
		return err
	}
	return web.Bytes(w, req, http.StatusOK, "application/geo+json; charset=utf-8", body)
}

// drawing is what the view shows: its map, or its series.
func (r *room) drawing(req *http.Request, s *Snapshot, v View, c *Column) (figure.Spec, error) {
	if v.Shown == "series" {
		ids := v.Towns
		if len(ids) == 0 {
			ids = []territory.ID{v.Within.ID, territory.France}
		}
		return s.LinesOf(req.Context(), v.Indicator, ids, figure.Frame{ID: "f", Title: v.Indicator.Title})
	}
	m, ok, err := r.drawMap(req.Context(), s, v, c, s.Places(v.Within))
	if err == nil && !ok {
		err = web.NotFound("Ce territoire n'a pas encore de contours : importez-les, ou prenez le tableau (.csv, .xlsx).")
	}
	m.Bare = false
	for i := range m.Areas { // a file on its own leads nowhere
		m.Areas[i].Href = ""
	}
	return m, err
}

func (r *room) svg(w http.ResponseWriter, req *http.Request, s *Snapshot, v View, c *Column) error {
	spec, err := r.drawing(req, s, v, c)
	if err != nil {
		return err
	}
	web.Attachment(w, fileName(v, ".svg"), "image/svg+xml")
	_, err = w.Write([]byte(figure.SVG(spec))) // #nosec G705 -- escaped by package figure; a file to save, not a page
	return err
}

// pngScale makes a picture sharp enough for a printed page.
const pngScale = 2

func (r *room) png(w http.ResponseWriter, req *http.Request, s *Snapshot, v View, c *Column) error {
	spec, err := r.drawing(req, s, v, c)
	if err != nil {
		return err
	}
	body, err := figure.PNG(spec, pngScale)
	if err != nil {
		return err
	}
	web.Attachment(w, fileName(v, ".png"), "image/png")
	_, err = w.Write(body) // #nosec G705 -- a picture to save, not a page
	return err
}
