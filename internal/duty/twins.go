// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"iter"
	"net/http"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

const (
	typeCSV  = "text/csv; charset=utf-8"
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// sendCSV answers with what programs read without asking: commas, UTF-8 without mark, codes
// as they are. (sheet.WriteCSV is for spreadsheets, and for them there is the XLSX twin.)
func sendCSV(w http.ResponseWriter, r *http.Request, name string, header []string, rows iter.Seq[[]any]) error {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	_ = out.Write(header) // to memory: Error, below, tells
	line := make([]string, len(header))
	for row := range rows {
		for i, cell := range row {
			line[i] = sheet.Neutral(fmt.Sprint(cell))
		}
		_ = out.Write(line)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	web.Attachment(w, name+".csv", typeCSV)
	return web.Bytes(w, r, http.StatusOK, typeCSV, b.Bytes())
}

func sendXLSX(w http.ResponseWriter, r *http.Request, name string, sheets []sheet.OutSheet) error {
	var b bytes.Buffer
	if err := sheet.WriteXLSX(&b, sheets); err != nil {
		return err
	}
	web.Attachment(w, name+".xlsx", typeXLSX)
	return web.Bytes(w, r, http.StatusOK, typeXLSX, b.Bytes())
}

// workbook is the rows of an export with what must be known to read them.
func workbook(towns []Town, date clock.Date, about string) []sheet.OutSheet {
	return []sheet.OutSheet{{Name: "Obligations", Header: ExportHeader, Rows: ExportRows(towns),
		Widths: []float64{10, 28, 44, 34, 12, 50, 90},
		Notes: []string{about, "Date choisie : " + date.French() + ".",
			"Une ligne par territoire et par obligation qui s'applique à cette date.",
			toDoNote, PopulationNote, CountingNote,
			"Populations : Insee, par @etalab/decoupage-administratif (Licence Ouverte 2.0). Textes : page « Ce que la loi demande »."}}}
}

// jsonDuty is a duty as machines read it; empty dates are left out.
type jsonDuty struct {
	Insee      string         `json:"insee"`
	Nom        string         `json:"nom"`
	Code       string         `json:"code"`
	Obligation string         `json:"obligation"`
	Applicable bool           `json:"applicable"`
	Etat       State          `json:"etat"`
	Libelle    string         `json:"libelle"`
	Depuis     string         `json:"depuis,omitempty"`
	Echeance   string         `json:"echeance,omitempty"`
	Article    string         `json:"article"`
	Lien       string         `json:"lien"`
	Raison     string         `json:"raison"`
	Etape      string         `json:"prochaine_etape,omitempty"`
	Population int            `json:"population,omitempty"`
	Titulaires []string       `json:"titulaires,omitempty"`
	Preuves    []jsonEvidence `json:"preuves,omitempty"`
	AVerifier  []string       `json:"a_verifier,omitempty"`
	Remarques  []string       `json:"remarques,omitempty"`
}

type jsonEvidence struct {
	Genre     string `json:"genre"`
	Date      string `json:"date"`
	Reference string `json:"reference"`
	Document  string `json:"document,omitempty"`
}

func jsonOf(t Town, keep func(Duty) bool) []jsonDuty {
	list := []jsonDuty{}
	for _, d := range t.Duties {
		if !keep(d) {
			continue
		}
		j := jsonDuty{Insee: t.Territory.ID, Nom: t.Territory.Name, Code: d.Rule.Code, Obligation: d.Rule.Title,
			Applicable: d.Applies, Etat: d.State, Libelle: d.StateLabel, Depuis: d.Since.String(), Echeance: d.Due.String(),
			Article: d.Rule.Article, Lien: d.Rule.ArticleURL(), Raison: d.Reason, Etape: d.NextStep, Population: d.Population}
		for _, h := range d.Holders {
			j.Titulaires = append(j.Titulaires, h.ID)
		}
		for _, e := range d.Evidence {
			j.Preuves = append(j.Preuves, jsonEvidence{e.Kind, e.Date.String(), e.Reference, e.Document})
		}
		for _, n := range d.Notes {
			if n.Check {
				j.AVerifier = append(j.AVerifier, n.Text)
			} else {
				j.Remarques = append(j.Remarques, n.Text)
			}
		}
		list = append(list, j)
	}
	return list
}

func applies(d Duty) bool { return d.Applies }

// jsonList is the answer for a département.
type jsonList struct {
	Departement string         `json:"departement"`
	Nom         string         `json:"nom"`
	Date        string         `json:"date"`
	Resume      string         `json:"resume"`
	Comptes     jsonTally      `json:"comptes"`
	Obligations []jsonDuty     `json:"obligations"`
	Annonces    []jsonAnnounce `json:"annonces"`
}

type jsonTally struct {
	Communes       int `json:"communes"`
	Schema         int `json:"schema"`
	Relais         int `json:"relais"`
	QuatreMissions int `json:"quatre_competences_sans_schema"`
	DeuxMissions   int `json:"recenser_et_informer_seulement"`
	Transferees    int `json:"competences_transferees"`
	Inconnues      int `json:"population_inconnue"`
}

type jsonAnnounce struct {
	Insee   string           `json:"insee"`
	Nom     string           `json:"nom"`
	Genre   AnnouncementKind `json:"genre"`
	Seuil   int              `json:"seuil"`
	Date    string           `json:"date"`
	Phrase  string           `json:"phrase"`
	Methode string           `json:"methode,omitempty"`
}

func listJSON(o Overview) jsonList {
	t := o.Tally
	out := jsonList{Departement: o.Departement.ID, Nom: o.Departement.Name, Date: o.Date.String(), Resume: t.Sentence(o.Date),
		Comptes:     jsonTally{t.Communes, t.Scheme, t.Relay, t.Four, t.Two, t.Moved, t.Unknown},
		Obligations: []jsonDuty{}, Annonces: []jsonAnnounce{}}
	for _, town := range o.All() {
		out.Obligations = append(out.Obligations, jsonOf(town, applies)...)
	}
	for _, a := range o.Announcements {
		out.Annonces = append(out.Annonces, announceJSON(a.Territory, a.Announcement))
	}
	return out
}

func announceJSON(t Territory, a Announcement) jsonAnnounce {
	return jsonAnnounce{t.ID, t.Name, a.Kind, a.Threshold, a.On.String(), a.Sentence, a.Method}
}

// jsonTown is the answer for one territory: what applies, and the rest with its reasons.
type jsonTown struct {
	Insee       string         `json:"insee"`
	Nom         string         `json:"nom"`
	Genre       Kind           `json:"genre"`
	Date        string         `json:"date"`
	Population  int            `json:"population,omitempty"`
	Obligations []jsonDuty     `json:"obligations"`
	Autres      []jsonDuty     `json:"autres"`
	Annonces    []jsonAnnounce `json:"annonces"`
}

func townJSON(t Town, announcements []Announcement, date clock.Date) jsonTown {
	out := jsonTown{Insee: t.Territory.ID, Nom: t.Territory.Name, Genre: t.Territory.Kind, Date: date.String(), Population: t.Population,
		Obligations: jsonOf(t, applies), Autres: jsonOf(t, func(d Duty) bool { return !d.Applies }), Annonces: []jsonAnnounce{}}
	for _, a := range announcements {
		out.Annonces = append(out.Annonces, announceJSON(t.Territory, a))
	}
	return out
}
