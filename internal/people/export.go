// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"bytes"
	"iter"
	"net/http"
	"path"
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

func pluralPersons(n int) string { return french.Plural(n, "personne", "personnes") }

// downloads are the list on screen as files.
func downloads(path string, form *web.Form) []web.Link {
	v := kept(form)
	note := ""
	if path == "/personnes" {
		note = "se recolle tel quel dans « Coller une liste »"
	}
	return []web.Link{
		{Label: "Tableau (CSV)", Href: withQuery(path+".csv", v), Note: note},
		{Label: "Classeur (XLSX)", Href: withQuery(path+".xlsx", v)},
		{Label: "Classeur (ODS)", Href: withQuery(path+".ods", v)},
	}
}

// exportLimit is how many rows a file holds.
const exportLimit = maxDirectory

// personFile sends the persons of a list as a file: the columns that an import understands,
// addresses and telephones only for those who may read them.
func (r *Room) personFile(w http.ResponseWriter, req *http.Request) error {
	_, q, err := r.asked(req)
	if err != nil {
		return err
	}
	q.Limit, q.Skip = exportLimit, 0
	list, _, err := r.Persons(req.Context(), q)
	if err != nil {
		return err
	}
	ties, err := r.tiesByPerson(req.Context(), list)
	if err != nil {
		return err
	}
	header := []string{"Nom", "Prénom", "Organisation", "Fonction", "Depuis le", "Jusqu'au"}
	if q.Contacts {
		header = append(header, "Courriel", "Téléphone")
	}
	var rows [][]any
	for _, p := range list {
		mine := ties[p.ID]
		if len(mine) == 0 {
			mine = []Tie{{}}
		}
		for _, t := range mine {
			if !q.Past && t.ID != "" && !t.On(q.Day) || q.Organisation != "" && t.Org.ID != q.Organisation {
				continue
			}
			row := []any{p.FamilyName, p.GivenName, t.Org.Name, t.Title, t.From.String(), t.To.String()}
			if q.Contacts {
				row = append(row, p.Mail, p.Phone)
			}
			rows = append(rows, row)
		}
	}
	return send(w, req, "annuaire-"+q.Day.String(), "Personnes", header, rows)
}

// organisationFile sends the organisations of a list as a file.
func (r *Room) organisationFile(w http.ResponseWriter, req *http.Request) error {
	_, q, err := r.asked(req)
	if err != nil {
		return err
	}
	q.Limit, q.Skip = exportLimit, 0
	list, _, err := r.Organisations(req.Context(), q)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, m := range list {
		rows = append(rows, []any{m.Name, m.Kind.Label(), string(m.Territory), r.placeName(m.Organisation), m.SIREN, m.Members})
	}
	return send(w, req, "organisations-"+q.Day.String(), "Organisations", []string{"Organisation", "Genre", "Code du territoire", "Territoire", "SIREN", "Personnes"}, rows)
}

func (r *Room) placeName(o Organisation) string {
	if o.Territory == "" {
		return ""
	}
	return r.Places.Name(o.Territory)
}

// send writes a table in the format that the address asks for. Texts that a spreadsheet would
// run are neutralised by the writers.
func send(w http.ResponseWriter, req *http.Request, name, title string, header []string, rows [][]any) error {
	all := iter.Seq[[]any](func(yield func([]any) bool) {
		for _, row := range rows {
			if !yield(row) {
				return
			}
		}
	})
	var b bytes.Buffer
	var err error
	ext := strings.ToLower(path.Ext(req.URL.Path))
	kinds := map[string]string{".csv": "text/csv; charset=utf-8", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		".ods": "application/vnd.oasis.opendocument.spreadsheet"}
	switch ext {
	case ".csv":
		err = sheet.WriteCSV(&b, header, all)
	case ".xlsx":
		err = sheet.WriteXLSX(&b, []sheet.OutSheet{{Name: title, Header: header, Rows: all}})
	default:
		err = sheet.WriteODS(&b, []sheet.OutSheet{{Name: title, Header: header, Rows: all}})
	}
	if err != nil {
		return err
	}
	private(w)
	web.Attachment(w, name+ext, kinds[ext])
	return web.Bytes(w, req, http.StatusOK, kinds[ext], b.Bytes())
}
