// SPDX-License-Identifier: EUPL-1.2

package fiche

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"maillage/internal/observatory"
	"maillage/internal/platform/figure"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// peers are the comparable towns, the reasons for their likeness, and what may be changed.
type peers struct {
	Towns    []peer
	Chart    *web.Figure
	Criteria []web.Option
	Pinned   string // codes added by hand
	Excluded string
	Wide     bool // beyond the département
	Changed  bool
	Notices  []web.Notice
}

type peer struct {
	ID      territory.ID
	Name    string
	Where   string // its département, when it is another
	Pinned  bool
	Alike   string
	Unlike  string
	Unknown string
}

// peerCount is how many comparable towns are shown: enough to compare, few enough to read.
const peerCount = 6

func (r *Room) peers(ctx context.Context, s *subject, query url.Values) (*peers, error) {
	if s.place.Kind != territory.Commune {
		return nil, nil
	}
	p := &peers{Wide: query.Get("partout") != "", Pinned: query.Get("avec"), Excluded: query.Get("sans"),
		Changed: query.Has("comparer")}
	choice := observatory.Choice{Count: peerCount, Departement: !p.Wide}
	choice.Pinned = r.codes(query.Get("avec"), p)
	choice.Excluded = r.codes(query.Get("sans"), p)
	kept := query["critere"]
	for _, c := range observatory.Criteria() {
		if _, known := s.snap.Indicator(c.Indicator); !known {
			continue
		}
		on := !p.Changed || slices.Contains(kept, c.Indicator)
		p.Criteria = append(p.Criteria, web.Option{Value: c.Indicator, Label: c.Name, Selected: on})
		if !on {
			choice.Off = append(choice.Off, c.Indicator)
		}
	}
	found, err := s.snap.PeersOf(ctx, s.place.ID, choice)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		p.Towns = append(p.Towns, r.peer(s, f))
	}
	if len(found) == 0 {
		p.Notices = append(p.Notices, web.Notice{Kind: web.Info,
			Text: "Aucune ville comparable avec ces critères : cochez-en d'autres, ou cherchez dans toute la France."})
	}
	p.Chart, err = r.peerChart(ctx, s, found)
	return p, err
}

// codes reads a list of codes or names typed by a person.
func (r *Room) codes(text string, p *peers) []territory.ID {
	var ids []territory.ID
	for _, word := range splitList(text) {
		if t, ok := r.places.Registry.Get(territory.ID(word)); ok && t.Kind == territory.Commune {
			ids = append(ids, t.ID)
			continue
		}
		hits := r.places.Registry.SearchNear(word, r.places.Home, 1)
		if len(hits) == 0 || hits[0].Territory.Kind != territory.Commune {
			p.Notices = append(p.Notices, web.Notice{Kind: web.Warning,
				Text: "« " + word + " » n'a pas été trouvée : écrivez le nom de la commune ou son code Insee."})
			continue
		}
		ids = append(ids, hits[0].Territory.ID)
	}
	return ids
}

func (r *Room) peer(s *subject, f observatory.Peer) peer {
	p := peer{ID: f.Territory.ID, Name: f.Territory.Name, Pinned: f.Pinned, Unknown: strings.Join(f.Unknown, ", ")}
	var alike, unlike []string
	if f.Elsewhere {
		p.Where = s.snap.Name(f.Territory.Departement)
	}
	for _, reason := range f.Reasons {
		if reason.Alike {
			alike = append(alike, reason.Text)
		} else {
			unlike = append(unlike, reason.Text)
		}
	}
	p.Alike, p.Unlike = capital(joined(alike)), joined(unlike)
	return p
}

// peerChart compares the coverage rate of the town and its peers.
func (r *Room) peerChart(ctx context.Context, s *subject, found []observatory.Peer) (*web.Figure, error) {
	period, ok := s.snap.LatestIn(ctx, "couverture_globale", r.places.Registry.In(s.within(), territory.Commune))
	if !ok || len(found) == 0 {
		return nil, nil
	}
	column, err := s.snap.Column(ctx, "couverture_globale", period)
	if err != nil {
		return nil, err
	}
	ids := []territory.ID{s.place.ID}
	for _, f := range found {
		ids = append(ids, f.Territory.ID)
	}
	bars := s.snap.BarsOf(column, ids, s.place.ID, []territory.ID{s.place.Departement, territory.France},
		figure.Frame{ID: "f-pairs", Title: column.Indicator.Title, Bare: true})
	f := observatory.FigureOf("pairs", column.Indicator.Title+", "+period.French(), bars, s.snap.Credit(column.Indicator.Code), "")
	return &f, nil
}

// reasonsShown is how many reasons are read at a glance.
const reasonsShown = 3

// joined makes one sentence of the first reasons.
func joined(reasons []string) string {
	return strings.Join(reasons[:min(len(reasons), reasonsShown)], " ; ")
}

// capital begins a sentence.
func capital(text string) string {
	for i, r := range text {
		if i == 0 {
			return strings.ToUpper(string(r)) + text[len(string(r)):]
		}
	}
	return text
}
