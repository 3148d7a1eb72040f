// SPDX-License-Identifier: EUPL-1.2

package fiche

import (
	"net/http"
	"strings"

	"maillage/internal/observatory"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

var sheetTemplate = web.NewTemplate[sheetPage](pages, "pages/fiche.html", "pages/parts.html")

// sheetPage is the town on one sheet of A4: what a director takes to the mayor.
type sheetPage struct {
	web.Page
	ID      territory.ID
	Kind    string
	Where   []string   // the territories it belongs to, the nearest first
	Codes   []web.Fact // its numbers
	Stats   []web.Stat
	Remarks []string // on the figures of Stats
	Duties  []dutyCard
	More    string // the duties that the sheet does not list
	Chart   *web.Figure
	Modes   *web.Figure
	Map     *web.Figure
	Peers   *web.Table
	Credits string
	Day     string
}

// sheetDuties is how many duties fit on the sheet; the page has them all.
const sheetDuties = 6

func (r *Room) sheet(w http.ResponseWriter, req *http.Request) error {
	id := territory.ID(req.PathValue("id"))
	if to, moved := r.moved(id); moved {
		return web.Redirect(w, req, "/territoires/"+string(to)+"/fiche")
	}
	s, err := r.find(req.Context(), id)
	if err != nil {
		return err
	}
	ctx, t := req.Context(), s.place
	p := sheetPage{ID: id, Kind: kindNames[t.Kind], Day: s.today.French(),
		Page: web.Page{Title: "Fiche " + french.DeName(t.Name), Heading: t.Name, Nav: "territoires",
			Crumbs: append(r.where(t), web.Crumb{Label: t.Name, Href: "/territoires/" + string(id)})}}
	for _, f := range r.identity(s) {
		if f.Href != "" {
			p.Where = append(p.Where, f.Value)
		} else {
			p.Codes = append(p.Codes, f)
		}
	}
	p.Stats, p.Remarks = r.stats(s)
	for i := range p.Stats {
		p.Stats[i].Note = strings.Replace(p.Stats[i].Note, "sous les chiffres", "en bas de la fiche", 1)
	}
	for i, remark := range p.Remarks {
		p.Remarks[i] = strings.TrimSuffix(remark, ".") + "."
	}
	now, later := cards(s)
	p.Duties = now[:min(len(now), sheetDuties)]
	if rest := len(now) - len(p.Duties) + len(later); rest > 0 {
		p.More = french.Plural(rest, "autre règle ne vaut", "autres règles ne valent") + " que plus tard, sur demande ou pour information : voir la page de la ville."
	}
	coverage, err := r.coverage(ctx, s)
	if err != nil {
		return err
	}
	if len(coverage) > 0 {
		p.Chart = &coverage[0]
	}
	if len(coverage) > 1 {
		p.Modes = &coverage[1]
	}
	if p.Map, err = r.situation(ctx, s); err != nil {
		return err
	}
	if p.Peers, err = r.sheetPeers(req, s); err != nil {
		return err
	}
	for i, src := range s.sources() {
		if i > 0 {
			p.Credits += " ; "
		}
		p.Credits += src.Name
	}
	return sheetTemplate.Render(w, req, http.StatusOK, p)
}

// sheetPeers sets the town beside its comparable towns on a few figures.
func (r *Room) sheetPeers(req *http.Request, s *subject) (*web.Table, error) {
	if s.place.Kind != territory.Commune {
		return nil, nil
	}
	found, err := s.snap.PeersOf(req.Context(), s.place.ID, observatory.Choice{Count: 4, Departement: true})
	if err != nil {
		return nil, err
	}
	t := &web.Table{ID: "comparables", Caption: "Quelques chiffres de villes comparables", Quiet: true, Columns: []web.Column{{Label: "Ville"}}}
	ids := []territory.ID{s.place.ID}
	for _, f := range found {
		ids = append(ids, f.Territory.ID)
	}
	for _, id := range append(ids, s.place.Departement) {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: s.snap.Name(id)}}, Current: id == s.place.ID, Total: id == s.place.Departement})
	}
	ids = append(ids, s.place.Departement)
	for _, code := range []string{"population_municipale", "couverture_globale", "pauvrete_60"} {
		period, ok := s.snap.LatestIn(req.Context(), code, r.places.Registry.In(s.within(), territory.Commune))
		if !ok {
			continue
		}
		column, err := s.snap.Column(req.Context(), code, period)
		if err != nil {
			return nil, err
		}
		t.Columns = append(t.Columns, web.Column{Label: column.Indicator.Short, Unit: period.French(), Numeric: true})
		for i, id := range ids {
			cell := valueCell(column.Indicator, column.Of(id))
			t.Rows[i].Cells = append(t.Rows[i].Cells, cell)
		}
	}
	return t, nil
}
