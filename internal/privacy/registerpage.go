// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"bytes"
	"iter"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

type registerPage struct {
	web.Page
	Controller []web.Fact
	Security   []string
	Entries    []registerEntry
	Neutral    string
}

type registerEntry struct {
	ID, Title string
	Facts     []web.Fact
	Columns   web.Table
}

var registerTemplate = web.NewTemplate[registerPage](pageFiles, "pages/registre.html")

// security is what the service itself does; it holds for every installation.
var security = []string{
	"Chaque adresse du service demande un droit ; ce qui n'est pas ouvert à une fonction répond comme si cela n'existait pas.",
	"Secrétariat, signature et administration demandent un second facteur.",
	"Jetons et codes sont gardés sous forme d'empreintes, jamais en clair.",
	"Les actes officiels ne contiennent que des engagements (empreintes salées) à la place des noms.",
	"Aucun traceur, aucune origine tierce, aucun cookie ni stockage pour les visiteurs.",
	"Ce qui est effacé quitte la base, ses fichiers et le dépôt de fichiers, et s'efface de nouveau après la restauration d'une sauvegarde.",
}

// registerPage is the register of processings (GDPR article 30).
func (r *Room) registerPage(w http.ResponseWriter, req *http.Request) error {
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	p := registerPage{Page: web.Page{Title: "Registre des traitements", Crumbs: deskCrumbs, Robots: "noindex",
		Lead:      "Registre des activités de traitement (RGPD, article 30), tiré du dictionnaire des données au " + clock.On(r.Now()).French() + ".",
		Downloads: []web.Link{{Label: "Registre, une ligne par donnée (CSV)", Href: "/donnees/registre.csv"}, {Label: "Registre, une ligne par donnée (Excel)", Href: "/donnees/registre.xlsx"}}},
		Controller: controllerFacts(set, "responsable", "responsable-adresse", "responsable-contact", "dpo", "hebergeur"), Security: security}
	if own := set.Text("mesures"); own != "" {
		p.Security = append(slices.Clone(security), own)
	}
	p.Notices = missingNotice(set)
	for _, t := range r.Dictionary.Processings {
		p.Entries = append(p.Entries, r.entry(t, set))
	}
	var neutral []string
	for _, t := range r.Dictionary.Tables {
		if t.of == nil {
			neutral = append(neutral, t.Title)
		}
	}
	p.Neutral = french.Plural(len(neutral), "table ne contient", "tables ne contiennent") + " aucune donnée personnelle : " + strings.Join(neutral, " ; ") + "."
	return registerTemplate.Render(w, req, http.StatusOK, p)
}

func (r *Room) entry(p *Processing, set Settings) registerEntry {
	e := registerEntry{ID: "t-" + p.Name, Title: p.Title, Facts: []web.Fact{
		{Label: "Finalité", Value: p.Purpose},
		{Label: "Base légale", Value: p.Basis.French()},
		{Label: "Personnes concernées", Value: p.Persons},
		{Label: "Données", Value: strings.Join(plain(r.described(p)), " ; ")},
		{Label: "Destinataires", Value: p.Readers},
		{Label: "Origine des données", Value: p.Origin},
		{Label: "Conservation", Value: r.lifeInWords(p.Category, set)},
		{Label: "Transfert hors de l'Union européenne", Value: "Le service n'en fait aucun ; celui de votre hébergeur est à vérifier avec lui."},
	}}
	e.Columns = web.Table{ID: "donnees-" + p.Name, Caption: "Données du traitement « " + p.Title + " »", Stack: true,
		Columns: []web.Column{{Label: "Donnée"}, {Label: "Dans"}, {Label: "Texte libre"}, {Label: "À l'effacement"}}}
	for row := range r.registerRows(set) {
		if row[0] == p.Title {
			e.Columns.Rows = append(e.Columns.Rows, web.Row{Cells: []web.Cell{{Text: row[8].(string), Note: row[7].(string)}, {Text: row[6].(string)},
				{Text: row[9].(string)}, {Text: row[10].(string)}}})
		}
	}
	return e
}

var registerHeader = []string{"traitement", "finalite", "base_legale", "personnes", "destinataires", "conservation", "table", "colonne", "donnee", "texte_libre", "effacement", "origine"}

// registerRows is one row for each personal column.
func (r *Room) registerRows(set Settings) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, p := range r.Dictionary.Processings {
			for _, t := range r.Dictionary.Tables {
				if t.of != p {
					continue
				}
				for _, c := range t.order {
					free := "non"
					if slices.Contains(t.Free, c) {
						free = "oui : un nom peut s'y trouver"
					}
					life := p.Category
					if t.Life.Category != "" {
						life = t.Life.Category
					}
					if !yield([]any{p.Title, p.Purpose, p.Basis.French(), p.Persons, p.Readers, r.lifeInWords(life, set), t.Name, c, t.Personal[c], free, t.fate(c), p.Origin}) {
						return
					}
				}
			}
		}
	}
}

// fate is what erasing does to a column, in words.
func (t *Table) fate(column string) string {
	if why, kept := t.Kept[column]; kept {
		return "reste : " + why
	}
	var list []string
	for _, l := range t.Links {
		said := "effacée"
		switch {
		case l.Effect == DeleteRow:
			said = "effacée avec sa ligne"
		case l.Effect == Blank && !slices.Contains(t.blanked(l), column):
			continue
		}
		if !slices.Contains(list, said) {
			list = append(list, said)
		}
	}
	if slices.Contains(t.Free, column) && !slices.Contains(list, "effacée avec sa ligne") {
		list = append(list, "le nom y est remplacé")
	}
	return strings.Join(list, " ; ")
}

func (r *Room) registerCSV(w http.ResponseWriter, req *http.Request) error {
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	web.Attachment(w, "registre-des-traitements.csv", "text/csv; charset=utf-8")
	return sheet.WriteCSV(w, registerHeader, r.registerRows(set))
}

func (r *Room) registerXLSX(w http.ResponseWriter, req *http.Request) error {
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	var notes []string
	for _, c := range controllerSettings {
		value := set.Text(c.name)
		if value == "" {
			value = "à renseigner"
		}
		notes = append(notes, c.label+" : "+value)
	}
	var b bytes.Buffer
	err = sheet.WriteXLSX(&b, []sheet.OutSheet{{Name: "Registre", Header: registerHeader, Rows: r.registerRows(set), Notes: append(notes, security...)}})
	if err != nil {
		return err
	}
	web.Attachment(w, "registre-des-traitements.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	_, err = w.Write(b.Bytes())
	return err
}
