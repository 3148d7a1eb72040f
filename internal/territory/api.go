// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"fmt"
	"net/http"
	"strconv"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/web"
)

// Bounds of an answer of the API.
const (
	apiLimit    = 20
	apiMaxLimit = 1000
)

// suggestion is what the search box shows, and what a program needs to go on.
type suggestion struct {
	ID          string `json:"id"`
	Code        string `json:"code"`
	Name        string `json:"nom"`
	Kind        string `json:"type"`
	Departement string `json:"departement,omitempty"`
	Detail      string `json:"detail"`
	URL         string `json:"url"`
	Total       *int   `json:"population_totale,omitempty"`
	Year        *int   `json:"annee_population,omitempty"`
	To          string `json:"fin,omitempty"` // first day it no longer exists
}

type suggestions struct {
	Total   int          `json:"total"`
	Results []suggestion `json:"results"`
	Next    string       `json:"next,omitempty"`
}

// apiList answers a search or a list, by pages that lead to the next.
func (p *pages) apiList(w http.ResponseWriter, req *http.Request) error {
	v := req.URL.Query()
	q, err := p.room.readListing(v)
	if err != nil {
		return err
	}
	limit, err := within(v.Get("limit"), "limit", apiLimit, 1, apiMaxLimit)
	if err != nil {
		return err
	}
	offset, err := within(v.Get("offset"), "offset", 0, 0, 1<<30)
	if err != nil {
		return err
	}
	found := p.room.find(q)
	answer := suggestions{Total: len(found), Results: []suggestion{}}
	day := clock.On(p.site.Now())
	for _, l := range found[min(offset, len(found)):min(offset+limit, len(found))] {
		answer.Results = append(answer.Results, p.suggestion(l, day))
	}
	if offset+limit < len(found) {
		answer.Next = q.address("/api/v1/territoires", "limit", strconv.Itoa(limit), "offset", strconv.Itoa(offset+limit))
	}
	return web.JSON(w, req, answer)
}

func (p *pages) suggestion(l listed, day clock.Date) suggestion {
	s := suggestion{ID: string(l.ID), Code: l.Code, Name: l.Name, Kind: string(l.Kind), Departement: string(l.Departement),
		Detail: p.where(l.Territory), URL: l.href(), To: l.To.String()}
	if l.why != "" {
		s.Detail += " – " + l.why
	}
	if n, ok := p.room.Registry.headcount(l.Territory, day); ok && n.TotalKnown {
		s.Total, s.Year = &n.Total, &n.Year
	}
	return s
}

func within(text, field string, missing, least, most int) (int, error) {
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, web.Invalid(map[string]string{field: fmt.Sprintf("Donnez un nombre entier de %d à %d.", least, most)})
	}
	return n, nil
}

// identity is everything known of one territory.
type identity struct {
	ID          string          `json:"id"`
	Code        string          `json:"code"`
	Name        string          `json:"nom"`
	Kind        string          `json:"type"`
	SIREN       string          `json:"siren,omitempty"`
	Departement string          `json:"departement,omitempty"`
	Region      string          `json:"region,omitempty"`
	EPCI        string          `json:"epci,omitempty"`
	EPT         string          `json:"ept,omitempty"`
	PostalCodes []string        `json:"codes_postaux,omitempty"`
	From        string          `json:"debut,omitempty"`
	To          string          `json:"fin,omitempty"`
	Successors  []ID            `json:"successeurs,omitempty"`
	URL         string          `json:"url"`
	Populations []populationDoc `json:"populations"`
	Events      []eventDoc      `json:"evenements"`
	Holdings    []holdingDoc    `json:"competences"`
}

type populationDoc struct {
	Year      int    `json:"annee"`
	InForce   string `json:"en_vigueur"`
	Total     *int   `json:"totale"`
	Municipal int    `json:"municipale"`
	Estimated bool   `json:"estimee,omitempty"`
	Source    string `json:"source"`
	Note      string `json:"note,omitempty"`
}

type eventDoc struct {
	Date     string    `json:"date"`
	Kind     EventKind `json:"type"`
	From     []ID      `json:"avant"`
	To       []ID      `json:"apres"`
	Sentence string    `json:"phrase"`
}

type holdingDoc struct {
	Commune    string     `json:"commune"`
	Competence Competence `json:"competence"`
	Holder     string     `json:"titulaire"`
	HolderName string     `json:"nom_titulaire"`
	From       string     `json:"depuis,omitempty"`
	To         string     `json:"jusqu_au,omitempty"`
	Proof      string     `json:"preuve,omitempty"`
	Now        bool       `json:"aujourdhui"`
}

func (p *pages) apiOne(w http.ResponseWriter, req *http.Request) error {
	id := ID(req.PathValue("id"))
	t, err := p.known(id)
	if err != nil {
		return err
	}
	doc := identity{ID: string(t.ID), Code: t.Code, Name: t.Name, Kind: string(t.Kind), SIREN: t.SIREN, Departement: string(t.Departement),
		Region: string(t.Region), EPCI: string(t.EPCI), EPT: string(t.EPT), PostalCodes: t.PostalCodes, From: t.From.String(), To: t.To.String(),
		URL: listed{Territory: t}.href(), Populations: []populationDoc{}, Events: []eventDoc{}}
	if !t.Current() {
		doc.Successors = p.room.Registry.Successors(id)
	}
	for _, n := range p.room.Registry.Populations(id) {
		d := populationDoc{Year: n.Year, InForce: n.InForce.String(), Municipal: n.Municipal, Estimated: n.Estimated, Source: n.Source, Note: n.Note}
		if n.TotalKnown {
			d.Total = &n.Total
		}
		doc.Populations = append(doc.Populations, d)
	}
	for _, e := range p.room.Registry.Events(id) {
		doc.Events = append(doc.Events, eventDoc{e.Date.String(), e.Kind, e.From, e.To, e.Sentence})
	}
	doc.Holdings = p.holdingDocs(t)
	return web.JSON(w, req, doc)
}

// holdingDocs are, for a commune, who holds each competence today, itself included, and the
// transfers of other days; for another body, what it was given.
func (p *pages) holdingDocs(t *Territory) []holdingDoc {
	s, day := p.room.State(), clock.On(p.site.Now())
	docs := []holdingDoc{}
	add := func(h Holding) {
		docs = append(docs, holdingDoc{string(h.Commune), h.Competence, string(h.Holder), p.room.Name(h.Holder),
			h.From.String(), h.To.String(), h.Proof, h.On(day)})
	}
	if t.Kind != Commune {
		for _, h := range s.ReceivedBy(t.ID) {
			add(h)
		}
		return docs
	}
	for _, c := range Competences() {
		if _, h := s.Holder(t.ID, c, day); h == nil {
			docs = append(docs, holdingDoc{string(t.ID), c, string(t.ID), t.Name, "", "", "", true})
		}
	}
	for _, h := range s.GivenBy(t.ID) {
		add(h)
	}
	return docs
}

// known finds a territory or a recorded syndicat by its identifier.
func (p *pages) known(id ID) (*Territory, error) {
	if t, ok := p.room.Registry.Get(id); ok {
		return t, nil
	}
	if s, ok := p.room.State().Syndicat(id); ok {
		return s.territory(p.room.Registry), nil
	}
	return nil, web.NotFound(fmt.Sprintf("Aucun territoire ne porte le code « %s ». Cherchez-le par son nom, son code Insee, son code postal ou son numéro SIREN.", clipped(string(id))))
}
