// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"net/http"
	"slices"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

var holderHeader = []string{"insee", "nom", "competence", "titulaire", "nom_titulaire", "type_titulaire",
	"depuis", "jusqu_au", "preuve", "population_totale", "annee_population"}

// holderRecord says who holds one competence of one commune on the day asked.
type holderRecord struct {
	Commune    string     `json:"insee"`
	Name       string     `json:"nom"`
	Competence Competence `json:"competence"`
	Holder     string     `json:"titulaire"`
	HolderName string     `json:"nom_titulaire"`
	HolderKind string     `json:"type_titulaire"`
	From       string     `json:"depuis,omitempty"`
	To         string     `json:"jusqu_au,omitempty"`
	Proof      string     `json:"preuve,omitempty"`
	Total      *int       `json:"population_totale"`
	Year       *int       `json:"annee_population"`
}

// holderRecords has one line a commune and a competence.
func (p *pages) holderRecords(t *Territory, day clock.Date) []holderRecord {
	communes := []*Territory{t}
	if t.Kind != Commune {
		communes = p.grid(t, day).communes
	}
	list := []holderRecord{}
	for _, commune := range communes {
		for _, c := range Competences() {
			holder, h := p.room.State().Holder(commune.ID, c, day)
			rec := holderRecord{Commune: string(commune.ID), Name: commune.Name, Competence: c, Holder: string(holder),
				HolderName: p.room.Name(holder), HolderKind: string(p.kindOf(holder))}
			if h != nil {
				rec.From, rec.To, rec.Proof = h.From.String(), h.To.String(), h.Proof
			}
			if n, ok := p.room.Registry.TotalPopulation(commune.ID, day); ok {
				rec.Total, rec.Year = &n.Total, &n.Year
			}
			list = append(list, rec)
		}
	}
	return list
}

func (p *pages) kindOf(id ID) Kind {
	if t, ok := p.room.Registry.Get(id); ok {
		return t.Kind
	}
	return Syndicat
}

func holderRows(list []holderRecord) [][]any {
	rows := make([][]any, len(list))
	for i, r := range list {
		var total, year any
		if r.Total != nil {
			total, year = *r.Total, *r.Year
		}
		rows[i] = []any{r.Commune, r.Name, string(r.Competence), r.Holder, r.HolderName, r.HolderKind, r.From, r.To, r.Proof, total, year}
	}
	return rows
}

func (p *pages) holdersCSV(w http.ResponseWriter, req *http.Request) error {
	t, day, err := p.holdersOf(req)
	if err != nil {
		return err
	}
	return answerCSV(w, req, "competences-"+string(t.ID)+".csv", holderHeader, slices.Values(holderRows(p.holderRecords(t, day))))
}

func (p *pages) holdersXLSX(w http.ResponseWriter, req *http.Request) error {
	t, day, err := p.holdersOf(req)
	if err != nil {
		return err
	}
	return answerXLSX(w, req, "competences-"+string(t.ID)+".xlsx", sheet.OutSheet{Name: "Compétences", Header: holderHeader,
		Rows: slices.Values(holderRows(p.holderRecords(t, day))), Notes: []string{
			"Qui exerce chaque compétence, " + t.Name + ", le " + day.French() + ". Maillage.", law,
			"Sans transfert enregistré, le titulaire est la commune. Populations : Insee."}})
}

func (p *pages) holdersJSON(w http.ResponseWriter, req *http.Request) error {
	t, day, err := p.holdersOf(req)
	if err != nil {
		return err
	}
	return web.JSON(w, req, struct {
		Date    string         `json:"date"`
		Records []holderRecord `json:"competences"`
	}{day.String(), p.holderRecords(t, day)})
}
