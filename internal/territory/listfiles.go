// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"bytes"
	"iter"
	"net/http"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

const (
	csvType  = "text/csv; charset=utf-8"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

var listHeader = []string{"insee", "nom", "type", "siren", "departement", "region", "epci", "ept",
	"population_totale", "population_municipale", "annee_population", "en_vigueur"}

// record is a line of the list for machines. Both populations are of the same year.
type record struct {
	Code        string `json:"insee"`
	Name        string `json:"nom"`
	Kind        string `json:"type"`
	SIREN       string `json:"siren,omitempty"`
	Departement string `json:"departement,omitempty"`
	Region      string `json:"region,omitempty"`
	EPCI        string `json:"epci,omitempty"`
	EPT         string `json:"ept,omitempty"`
	Total       *int   `json:"population_totale"`
	Municipal   *int   `json:"population_municipale"`
	Year        *int   `json:"annee_population"`
	InForce     string `json:"en_vigueur,omitempty"`
}

func (r *Room) record(t *Territory, day clock.Date) record {
	rec := record{Code: t.Code, Name: t.Name, Kind: string(t.Kind), SIREN: t.SIREN, Departement: string(t.Departement),
		EPCI: string(t.EPCI), EPT: string(t.EPT)}
	if region, ok := r.Registry.Get(t.Region); ok {
		rec.Region = region.Code
	}
	if p, ok := r.Registry.headcount(t, day); ok {
		rec.Municipal, rec.Year, rec.InForce = &p.Municipal, &p.Year, p.InForce.String()
		if p.TotalKnown {
			rec.Total = &p.Total
		}
	}
	return rec
}

func (rec record) cells() []any {
	number := func(n *int) any {
		if n == nil {
			return nil
		}
		return *n
	}
	return []any{rec.Code, rec.Name, rec.Kind, rec.SIREN, rec.Departement, rec.Region, rec.EPCI, rec.EPT,
		number(rec.Total), number(rec.Municipal), number(rec.Year), rec.InForce}
}

func (p *pages) rows(found []listed) iter.Seq[[]any] {
	day := clock.On(p.site.Now())
	return func(yield func([]any) bool) {
		for _, l := range found {
			if !yield(p.room.record(l.Territory, day).cells()) {
				return
			}
		}
	}
}

func (p *pages) listCSV(w http.ResponseWriter, req *http.Request) error {
	q, err := p.room.readListing(req.URL.Query())
	if err != nil {
		return err
	}
	return answerCSV(w, req, "territoires.csv", listHeader, p.rows(p.room.find(q)))
}

func (p *pages) listXLSX(w http.ResponseWriter, req *http.Request) error {
	q, err := p.room.readListing(req.URL.Query())
	if err != nil {
		return err
	}
	notes := []string{"Territoires, Maillage, " + clock.On(p.site.Now()).French() + ".",
		"Insee, code officiel géographique et populations de référence ; paquets @etalab/decoupage-administratif ; Licence Ouverte 2.0.",
		"population_totale et population_municipale sont de la même année ; en_vigueur est le premier jour où elles ont été les chiffres légaux.",
		"insee : code officiel ; pour un EPCI, un EPT ou un syndicat, son numéro SIREN."}
	return answerXLSX(w, req, "territoires.xlsx", sheet.OutSheet{Name: "Territoires", Header: listHeader, Rows: p.rows(p.room.find(q)), Notes: notes})
}

func (p *pages) listJSON(w http.ResponseWriter, req *http.Request) error {
	q, err := p.room.readListing(req.URL.Query())
	if err != nil {
		return err
	}
	day := clock.On(p.site.Now())
	found := p.room.find(q)
	list := make([]record, len(found))
	for i, l := range found {
		list[i] = p.room.record(l.Territory, day)
	}
	return web.JSON(w, req, struct {
		Total       int      `json:"total"`
		Territories []record `json:"territoires"`
	}{len(list), list})
}

// answerCSV writes for programs: commas, decimal points, no mark.
func answerCSV(w http.ResponseWriter, req *http.Request, name string, header []string, rows iter.Seq[[]any]) error {
	var b bytes.Buffer
	if err := sheet.WriteData(&b, header, rows); err != nil {
		return err
	}
	web.Attachment(w, name, csvType)
	return web.Bytes(w, req, http.StatusOK, csvType, b.Bytes())
}

func answerXLSX(w http.ResponseWriter, req *http.Request, name string, s sheet.OutSheet) error {
	var b bytes.Buffer
	if err := sheet.WriteXLSX(&b, []sheet.OutSheet{s}); err != nil {
		return err
	}
	web.Attachment(w, name, xlsxType)
	return web.Bytes(w, req, http.StatusOK, xlsxType, b.Bytes())
}
