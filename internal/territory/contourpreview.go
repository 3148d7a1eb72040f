// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"errors"
	"net/http"

	"github.com/paulmach/orb"

	"maillage/internal/platform/figure"
	"maillage/internal/platform/french"
	"maillage/internal/platform/geo"
	"maillage/internal/platform/web"
)

var setTemplate = web.NewTemplate[setPage](pageFiles, "pages/jeu-contours.html", "pages/parts.html")

type setPage struct {
	web.Page
	Set     setView
	Found   string
	Missing []*Territory
	Partial []*Territory
	Figure  *web.Figure
}

// contourSet shows a set before it is accepted, and afterwards.
func (p *pages) contourSet(w http.ResponseWriter, req *http.Request) error {
	ctx := req.Context()
	set, err := p.room.Store.ContourSet(ctx, req.PathValue("set"))
	if errors.Is(err, ErrUnknown) {
		return web.NotFound("Ce jeu de contours n'existe pas, ou a été refusé.")
	}
	if err != nil {
		return err
	}
	shapes := map[ID]orb.MultiPolygon{}
	var ids []ID
	err = p.room.Store.Shapes(ctx, set.ID, previewLevel(set), func(sh Shape) error {
		mp, err := geo.Unmarshal(sh.Data)
		shapes[sh.Territory], ids = mp, append(ids, sh.Territory)
		return err
	})
	if err != nil {
		return err
	}
	page := setPage{Set: p.setView(set, actionsOf(set)...), Page: web.Page{Title: set.Title, Nav: "territoires", Robots: "noindex",
		Crumbs: []web.Crumb{{Label: "Territoires", Href: "/territoires"}, {Label: "Contours", Href: "/territoires/contours"}, {Label: "Gestion", Href: contourDesk}}}}
	p.fillPreview(&page, set, ids)
	page.Figure = p.draw(set, ids, onToday(p.room.Registry, set, ids, shapes))
	return setTemplate.Render(w, req, http.StatusOK, page)
}

// fillPreview says what of the home the set can draw, when it holds communes at all.
func (p *pages) fillPreview(page *setPage, set ContourSet, ids []ID) {
	home := p.room.Name(p.room.Home)
	v := PreviewOf(p.room.Registry, p.room.Home, set, ids)
	page.Missing, page.Partial = v.Missing, v.Partial
	all := v.Found + len(v.Missing) + len(v.Partial)
	switch {
	case v.Found == all:
		page.Found = "Les " + french.Int(all) + " communes " + french.DeName(home) + " ont leur contour."
	case v.Found == 0 && len(v.Partial) == 0:
		page.Found, page.Missing = "Ce jeu ne dessine aucune commune "+french.DeName(home)+".", nil
	default:
		page.Found = french.Int(v.Found) + agree(v.Found, " commune ", " communes ") + french.DeName(home) + agree(v.Found, " a son contour", " ont leur contour") +
			", sur " + french.Int(all) + "."
	}
}

// drawable is how many outlines a preview can hold.
const drawable = 1400

// previewLevel is fine enough for a drawing in a page.
func previewLevel(set ContourSet) int {
	switch {
	case set.Count <= 60:
		return TownDetail
	case set.Count <= drawable:
		return DepartementDetail
	}
	return RegionDetail
}

// draw shows the outlines of the home, else all those of the set when they are not too many.
func (p *pages) draw(set ContourSet, ids []ID, shapes map[ID]orb.MultiPolygon) *web.Figure {
	m := figure.Map{Frame: figure.Frame{ID: "apercu", Title: set.Title, Bare: true}, One: "territoire", Many: "territoires"}
	add := func(t *Territory) {
		if len(shapes[t.ID]) > 0 {
			m.Areas = append(m.Areas, figure.Area{Code: string(t.ID), Name: t.Name, Shape: shapes[t.ID], Value: figure.Value{State: figure.NotApplicable, Reason: "contour lu"}})
		}
	}
	for _, t := range p.room.Registry.In(p.room.Home, Commune) {
		add(t)
	}
	title := "Les contours " + french.DeName(p.room.Name(p.room.Home))
	if len(m.Areas) == 0 {
		for _, id := range ids {
			if t, ok := p.room.Registry.Get(id); ok && len(m.Areas) < drawable {
				add(t)
			}
		}
		title = "Les contours du fichier"
	}
	if len(m.Areas) == 0 {
		return nil
	}
	m.Alt = title + " : " + french.Plural(len(m.Areas), "territoire dessiné", "territoires dessinés") + "."
	return &web.Figure{ID: "apercu-figure", Title: title, SVG: figure.Responsive(m), Source: "Source : " + set.Source + ", géographie au " + set.Day.French() + "."}
}
