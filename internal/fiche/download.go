// SPDX-License-Identifier: EUPL-1.2

package fiche

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/observatory"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

// splitList separates what a person typed between commas, semicolons or new lines.
func splitList(text string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if w = strings.TrimSpace(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

var downloadHeader = []string{"territoire", "nom", "indicateur", "titre", "periode", "valeur", "unite", "etat", "note", "source"}

// rows are every figure of the territory, one a line.
func (s *subject) rows() [][]any {
	var rows [][]any
	for _, ind := range s.snap.Indicators() {
		for _, v := range s.sheet[ind.Code] {
			var number any
			if v.Known() {
				number = sheet.Num{V: v.Number, Decimals: ind.Decimals}
			}
			rows = append(rows, []any{string(s.place.ID), s.place.Name, ind.Code, ind.Title, string(v.Period), number,
				ind.Unit, v.State.String(), v.Note, s.snap.Credit(ind.Code)})
		}
	}
	return rows
}

func (r *Room) download(w http.ResponseWriter, req *http.Request, s *subject, ext string) error {
	name := "maillage-" + string(s.place.ID) + ext
	switch ext {
	case ".csv":
		web.Attachment(w, name, "text/csv; charset=utf-8")
		return sheet.WriteData(w, downloadHeader, slices.Values(s.rows()))
	case ".xlsx":
		var b bytes.Buffer
		if err := sheet.WriteXLSX(&b, []sheet.OutSheet{{Name: "Chiffres", Header: downloadHeader, Rows: slices.Values(s.rows()), Notes: s.notes()}}); err != nil {
			return err
		}
		web.Attachment(w, name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		_, err := w.Write(b.Bytes())
		return err
	}
	return web.JSON(w, req, r.document(s))
}

func (s *subject) notes() []string {
	notes := []string{"Chiffres " + s.place.Name + ", Maillage, " + s.today.French() + "."}
	for _, src := range s.sources() {
		notes = append(notes, src.Name+" ("+src.Producer+", "+src.Licence+"). "+src.Note)
	}
	return notes
}

// document is the machine twin of the page.
type document struct {
	Code        string           `json:"code"`
	Kind        string           `json:"type"`
	Name        string           `json:"nom"`
	SIREN       string           `json:"siren,omitempty"`
	Departement string           `json:"departement,omitempty"`
	Region      string           `json:"region,omitempty"`
	EPCI        string           `json:"epci,omitempty"`
	EPT         string           `json:"ept,omitempty"`
	PostalCodes []string         `json:"codes_postaux,omitempty"`
	From        string           `json:"debut,omitempty"`
	To          string           `json:"fin,omitempty"`
	Populations []populationDoc  `json:"populations"`
	Events      []string         `json:"evenements,omitempty"`
	Duties      []dutyDoc        `json:"obligations"`
	Values      map[string][]val `json:"valeurs"`
}

type populationDoc struct {
	Year      int    `json:"annee"`
	InForce   string `json:"en_vigueur"`
	Municipal int    `json:"municipale"`
	Total     *int   `json:"totale"`
	Source    string `json:"source"`
}

type dutyDoc struct {
	Code    string `json:"code"`
	Title   string `json:"titre"`
	Applies bool   `json:"s_applique"`
	State   string `json:"etat"`
	Due     string `json:"echeance,omitempty"`
	Article string `json:"article"`
	Reason  string `json:"raison"`
}

type val struct {
	Period string   `json:"periode"`
	Number *float64 `json:"valeur"`
	State  string   `json:"etat"`
	Note   string   `json:"note,omitempty"`
}

func (r *Room) document(s *subject) document {
	t := s.place
	d := document{Code: string(t.ID), Kind: string(t.Kind), Name: t.Name, SIREN: t.SIREN, Departement: string(t.Departement), Region: string(t.Region),
		EPCI: string(t.EPCI), EPT: string(t.EPT), PostalCodes: t.PostalCodes, From: t.From.String(), To: t.To.String(), Values: map[string][]val{},
		Populations: []populationDoc{}, Duties: []dutyDoc{}}
	for _, p := range r.places.Registry.Populations(t.ID) {
		doc := populationDoc{Year: p.Year, InForce: p.InForce.String(), Municipal: p.Municipal, Source: p.Source}
		if p.TotalKnown {
			doc.Total = &p.Total
		}
		d.Populations = append(d.Populations, doc)
	}
	for _, e := range r.places.Registry.Events(t.ID) {
		d.Events = append(d.Events, e.Sentence)
	}
	for _, x := range s.town.Duties {
		d.Duties = append(d.Duties, dutyDoc{x.Rule.Code, x.Rule.Title, x.Applies, x.StateLabel, x.Due.String(), x.Rule.Article, x.Reason})
	}
	for code, values := range s.sheet {
		for _, v := range values {
			d.Values[code] = append(d.Values[code], valOf(v))
		}
	}
	return d
}

func valOf(v observatory.Value) val {
	out := val{Period: string(v.Period), State: v.State.String(), Note: v.Note}
	if v.Known() {
		out.Number = &v.Number
	}
	return out
}
